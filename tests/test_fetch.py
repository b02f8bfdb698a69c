"""The door to HTTP against real servers: addresses, redirects, limits, manners."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from sources.addresses import address_is_public
from sources.base import NotModified, SourceError
from sources.fetch import Door, Fetcher
from sources.parsing import Parser
from tests.webserver import Reply, Seen, WebServer

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
BODY = b"<rss/>"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def fetcher(web: WebServer) -> Iterator[Fetcher]:
    yield from _fetcher(web.host, f"localhost:{web.port}")


def _fetcher(*allowed: str, **options: Any) -> Iterator[Fetcher]:
    made = Fetcher(
        "office@hollybrook.example", allowed, clock=lambda: NOW, version="1.2", **options
    )
    yield made
    made.close()


@pytest.fixture
def make() -> Iterator[Callable[..., Fetcher]]:
    """Fetchers with limits of the test's own, closed at its end."""
    made: list[Iterator[Fetcher]] = []

    def one(*allowed: str, **options: Any) -> Fetcher:
        made.append(_fetcher(*allowed, **options))
        return next(made[-1])

    yield one
    for each in made:
        next(each, None)


def _door(fetcher: Fetcher, saved: dict[str, Any] | None = None, *, fresh: bool = False) -> Door:
    return Door(fetcher, Parser(), saved or {}, fresh=fresh)


PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "2001:db8::1", "3fff::1", "100::1", "2001:2::1", "2001:20::1", "::7f00:1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::10.0.0.1", "2002:a9fe:a9fe::",
    "2002:7f00:1::1", "2002:0a00:0001::", "2001:0:5db8:d822:0:0:5601:5601",
    "2001:0:7f00:1:0:0:a247:27dd", "not an address", "",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255",
    "172.32.0.0", "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.17",
    "2606:4700:4700::1111", "2a00:1450:4009::1", "2001:4860:4860::8888", "::ffff:8.8.8.8",
    "64:ff9b::808:808", "64:ff9b:1::8.8.8.8", "2002:808:808::1", "2001:0:808:808:0:0:f7f7:f7f7",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not address_is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_outside_is_public(address: str) -> None:
    assert address_is_public(address)


def test_the_request_names_us_and_carries_nothing_else(web: WebServer, fetcher: Fetcher) -> None:
    web.answers["/feed"] = Reply(BODY, headers={"Set-Cookie": "who=you"})
    for _ in range(2):
        assert fetcher.get(web.url("/feed")).body == BODY
    sent = web.requests[1].headers
    assert sent["user-agent"] == "Footprint/1.2 (+office@hollybrook.example; feed reader)"
    assert not {"cookie", "referer", "authorization"} & set(sent)


def test_a_private_host_is_refused_before_a_connection(
    web: WebServer, make: Callable[..., Fetcher]
) -> None:
    web.answers["/"] = BODY
    for url in (web.url("/"), web.url("/", "localhost"), web.url("/", "127.1")):
        with pytest.raises(SourceError, match="private network") as caught:
            make(f"127.0.0.1:{web.port + 1}").get(url)
        assert caught.value.health == "needs you"
    assert not web.requests


def test_an_allowance_is_for_the_host_as_it_is_written(
    web: WebServer, make: Callable[..., Fetcher]
) -> None:
    web.answers["/"] = BODY
    ours = make(web.host)
    assert ours.get(web.url("/")).status == 200
    for other in ("127.1", "2130706433", "0x7f000001", "localhost", "127.0.0.2"):
        with pytest.raises(SourceError, match="private network"):
            ours.get(web.url("/", other))
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80\\@public.example/", "http://user:pw@public.example/",
        "http://public.example:0/", "http://public.example:99999/", "http://public.example:x/",
        "file:///etc/passwd", "ftp://public.example/", "gopher://x/", "//public.example/", "http://",
        "http:///x", "http://a b.example/", "http://a\tb.example/", "http://a\r\nHost: b/",
        "http://127%2e0.0.1/", "http://[::1%25lo]/", "http://[::1", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_an_odd_address_is_refused_in_one_line(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(SourceError) as caught:
        fetcher.get(url)
    assert caught.value.health == "needs you"
    assert "\n" not in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(web: WebServer, fetcher: Fetcher, status: int) -> None:
    web.answers["/a"] = Reply(status=status, headers={"Location": "b?x=1#here"})
    web.answers["/b"] = BODY
    response = fetcher.get(web.url("/a"))
    assert (response.body, response.url) == (BODY, web.url("/b?x=1"))
    assert [seen.method for seen in web.requests] == ["GET", "GET"]


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "http://u:p@127.0.0.1/", "javascript:x", "http://[", "http://a\\b"],
)
def test_a_redirect_to_an_odd_address_is_not_followed(
    web: WebServer, fetcher: Fetcher, target: str
) -> None:
    web.answers["/a"] = Reply(status=302, headers={"Location": target})
    with pytest.raises(SourceError, match="not followed"):
        fetcher.get(web.url("/a"))


def test_a_redirect_inside_is_refused_where_only_the_first_host_is_allowed(
    web: WebServer, fetcher: Fetcher
) -> None:
    with WebServer() as trap:
        trap.answers["/"] = BODY
        web.answers["/a"] = Reply(status=302, headers={"Location": trap.url("/")})
        with pytest.raises(SourceError, match="private network"):
            fetcher.get(web.url("/a"))
        assert not trap.requests


def test_a_loop_of_redirects_ends_after_five(web: WebServer, fetcher: Fetcher) -> None:
    web.answers["/a"] = Reply(status=302, headers={"Location": "/a"})
    with pytest.raises(SourceError, match="redirects too many times"):
        fetcher.get(web.url("/a"))
    assert len(web.requests) == 6


def test_the_body_of_a_redirect_is_not_read(web: WebServer, make: Callable[..., Fetcher]) -> None:
    bomb = gzip.compress(b"x" * 100_000)
    head = f"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: {len(bomb)}\r\n"

    def endless(seen: Seen) -> None:
        seen.wire(f"{head}Content-Encoding: gzip\r\n\r\n".encode() + bomb[:-1])
        seen.stopping.wait(5)

    web.answers["/a"], web.answers["/b"] = endless, BODY
    assert make(web.host, read_timeout=3, total=4, body_cap=100).get(web.url("/a")).body == BODY
    web.stopping.set()


def test_credentials_stay_with_their_own_host(web: WebServer, make: Callable[..., Fetcher]) -> None:
    with WebServer() as other:
        web.answers["/a"] = Reply(status=302, headers={"Location": "/b"})
        web.answers["/b"] = Reply(status=302, headers={"Location": other.url("/c")})
        other.answers["/c"] = BODY
        make(web.host, other.host).get(web.url("/a"), auth=("head", "secret"))
        assert [seen.headers.get("authorization") for seen in web.requests] == [
            "Basic aGVhZDpzZWNyZXQ="
        ] * 2
        assert "authorization" not in other.requests[0].headers


def _tls(names: tuple[str, ...], folder: Path) -> tuple[ssl.SSLContext, str]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context, str(folder / "ca.pem")


def test_credentials_do_not_follow_from_https_to_http(
    web: WebServer, make: Callable[..., Fetcher], tmp_path: Path
) -> None:
    context, authority = _tls(("127.0.0.1",), tmp_path)
    with WebServer(context) as secure:
        secure.answers["/a"] = Reply(status=302, headers={"Location": web.url("/b")})
        web.answers["/b"] = BODY
        make(web.host, secure.host, ca_file=authority).get(secure.url("/a"), auth=("u", "p"))
        assert "authorization" in secure.requests[0].headers
        assert "authorization" not in web.requests[0].headers


def test_a_certificate_of_nobody_is_refused(make: Callable[..., Fetcher], tmp_path: Path) -> None:
    context, _ = _tls(("127.0.0.1",), tmp_path)
    with WebServer(context) as secure:
        secure.answers["/"] = BODY
        with pytest.raises(SourceError, match=r"certificate of 127\.0\.0\.1 is not valid"):
            make(secure.host).get(secure.url("/"))
        assert not secure.requests


def test_a_certificate_of_another_name_is_refused(
    make: Callable[..., Fetcher], tmp_path: Path
) -> None:
    context, authority = _tls(("other.example",), tmp_path)
    with WebServer(context) as secure:
        ours = make(f"localhost:{secure.port}", ca_file=authority)
        with pytest.raises(SourceError, match="certificate"):
            ours.get(secure.url("/", "localhost"))


def test_plain_http_where_https_was_asked_is_refused(web: WebServer, fetcher: Fetcher) -> None:
    with pytest.raises(SourceError, match="secure connection"):
        fetcher.get(web.url("/").replace("http:", "https:"))


def test_no_answer_in_time_is_slow(web: WebServer, make: Callable[..., Fetcher]) -> None:
    web.answers["/"] = lambda seen: (seen.stopping.wait(5), None)[1]
    with pytest.raises(SourceError, match="in time") as caught:
        make(web.host, read_timeout=0.1).get(web.url("/"))
    assert caught.value.health == "slow"
    web.stopping.set()


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_drip_by_drip_ends_at_the_deadline(
    web: WebServer, make: Callable[..., Fetcher], start: bytes
) -> None:
    def drip(seen: Seen) -> None:
        seen.wire(start)
        while not seen.stopping.wait(0.02):
            seen.wire(b"x")

    web.answers["/"] = drip
    with pytest.raises(SourceError, match="in time") as caught:
        make(web.host, total=0.4).get(web.url("/"))
    assert caught.value.health == "slow"


def test_a_tls_handshake_that_stalls_ends_at_the_deadline(make: Callable[..., Fetcher]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(SourceError, match="in time"):
            make(f"127.0.0.1:{port}", total=0.3).get(f"https://127.0.0.1:{port}/")


def test_a_refused_connection_names_the_host_alone(make: Callable[..., Fetcher]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match="does not accept connections") as caught:
        make(f"127.0.0.1:{port}").get(f"http://127.0.0.1:{port}/secret?key=secret")
    assert "secret" not in str(caught.value)


def test_an_unknown_name_is_told(make: Callable[..., Fetcher]) -> None:
    with pytest.raises(SourceError, match="is not known"):
        make().get("http://a..b/")


def test_a_body_over_the_cap_is_not_read(web: WebServer, make: Callable[..., Fetcher]) -> None:
    ours = make(web.host, body_cap=1000)
    web.answers["/ok"] = b"x" * 1000
    web.answers["/over"] = b"x" * 1001
    web.answers["/bomb"] = Reply(gzip.compress(b"x" * 1001), headers={"Content-Encoding": "gzip"})
    assert len(ours.get(web.url("/ok")).body) == 1000
    for path in ("/over", "/bomb"):
        with pytest.raises(SourceError, match="sent more than"):
            ours.get(web.url(path))


def _raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(data) + machine.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(BODY)),
        ("x-gzip", gzip.compress(BODY[:3]) + gzip.compress(BODY[3:])),
        ("GZIP", gzip.compress(BODY) + b"trailing"),
        ("deflate", zlib.compress(BODY)),
        ("deflate", _raw_deflate(BODY)),
        ("identity", BODY),
    ],
)
def test_one_layer_is_unpacked(
    web: WebServer, fetcher: Fetcher, encoding: str, packed: bytes
) -> None:
    web.answers["/"] = Reply(packed, headers={"Content-Encoding": encoding})
    assert fetcher.get(web.url("/")).body == BODY


@pytest.mark.parametrize(
    ("encoding", "packed", "says"),
    [
        ("gzip", gzip.compress(BODY * 100)[:-10], "broke off"),
        ("gzip", b"not gzip", "unknown way"),
        ("gzip", gzip.compress(b"") * 1000, "unknown way"),
        ("deflate", b"\xff\xff\xff", "unknown way"),
        ("br", BODY, "unknown way"),
        ("zstd", BODY, "unknown way"),
        ("gzip, gzip", gzip.compress(gzip.compress(BODY)), "unknown way"),
    ],
)
def test_what_cannot_be_unpacked_is_told(
    web: WebServer, fetcher: Fetcher, encoding: str, packed: bytes, says: str
) -> None:
    web.answers["/"] = Reply(packed, headers={"Content-Encoding": encoding})
    with pytest.raises(SourceError, match=says):
        fetcher.get(web.url("/"))


def test_a_body_that_stops_short_broke_off(web: WebServer, fetcher: Fetcher) -> None:
    web.answers["/"] = lambda seen: seen.wire(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
    with pytest.raises(SourceError, match="broke off"):
        fetcher.get(web.url("/"))


def test_garbage_instead_of_http_is_told(web: WebServer, fetcher: Fetcher) -> None:
    web.answers["/"] = lambda seen: seen.wire(b"\x00\xff nonsense\r\n\r\n")
    with pytest.raises(SourceError, match="broke off"):
        fetcher.get(web.url("/"))


@pytest.mark.parametrize(
    ("status", "health", "wait"),
    [
        (401, "needs you", None), (403, "blocked", 86400), (404, "failing", 86400),
        (410, "dead", 86400), (429, "failing", None), (500, "failing", None),
        (503, "failing", None), (418, "failing", None), (204, "failing", None),
        (304, "failing", None), (300, "failing", None),
    ],
)  # fmt: skip
def test_a_status_becomes_a_state_of_health(
    web: WebServer, fetcher: Fetcher, status: int, health: str, wait: int | None
) -> None:
    web.answers["/secret"] = Reply(status=status)
    with pytest.raises(SourceError) as caught:
        _door(fetcher).get(web.url("/secret"))
    assert caught.value.health == health
    assert caught.value.retry_after == (timedelta(seconds=wait) if wait else None)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120), ("0", 0), ("86400", 86400), ("99999999", 86400), ("9" * 5000, 86400),
        ("Mon, 16 Nov 2026 09:02:03 GMT", 63), ("Mon, 16 Nov 2027 09:00:00 GMT", 86400),
        ("Mon, 16 Nov 2026 08:00:00 GMT", None), ("-5", None), ("1.5", None), ("soon", None),
        ("", None), ("²", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured_to_the_second(
    web: WebServer, fetcher: Fetcher, status: int, given: str, seconds: int | None
) -> None:
    date = "Mon, 16 Nov 2026 09:01:00 GMT"
    web.answers["/"] = Reply(status=status, headers={"Retry-After": given, "Date": date})
    door = _door(fetcher)
    with pytest.raises(SourceError) as caught:
        door.get(web.url("/"))
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert (caught.value.retry_after, door.pause) == (expected, expected)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Cache-Control": "public, max-age=900"}, 900),
        ({"Cache-Control": "max-age=315360000"}, 86400),
        ({"Cache-Control": "s-maxage=900"}, None),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Expires": "Mon, 16 Nov 2026 10:00:00 GMT"}, 3600),
        ({"Expires": "0"}, None),
        ({}, None),
    ],
)
def test_the_pause_a_site_asks_for_is_known(
    web: WebServer, fetcher: Fetcher, headers: dict[str, str], seconds: int | None
) -> None:
    web.answers["/"] = Reply(BODY, headers=headers)
    door = _door(fetcher)
    door.get(web.url("/"))
    assert door.pause == (timedelta(seconds=seconds) if seconds else None)


def test_validators_go_back_verbatim_and_304_is_not_modified(
    web: WebServer, fetcher: Fetcher
) -> None:
    tags = {"ETag": 'W/"a,b"', "Last-Modified": "yesterday, or so"}

    def answer(seen: Seen) -> Reply:
        same = seen.headers.get("if-none-match") == tags["ETag"]
        return Reply(status=304) if same else Reply(BODY, headers=tags)

    web.answers["/k"] = answer
    first = _door(fetcher)
    first.get(web.url("/k"))
    second = _door(fetcher, first.validators)
    with pytest.raises(NotModified):
        second.get(web.url("/k"))
    assert web.requests[1].headers["if-modified-since"] == tags["Last-Modified"]
    assert second.validators == first.validators
    assert _door(fetcher, first.validators, fresh=True).get(web.url("/k")).body == BODY
    assert web.url("/k") not in str(first.validators)


def test_an_equal_body_is_not_modified_whatever_the_tag(web: WebServer, fetcher: Fetcher) -> None:
    numbers = iter(range(9))
    web.answers["/"] = lambda _: Reply(BODY, headers={"ETag": f'"{next(numbers)}"'})
    first = _door(fetcher)
    first.get(web.url("/"))
    with pytest.raises(NotModified):
        _door(fetcher, first.validators).get(web.url("/"))
    web.answers["/"] = BODY + b" "
    assert _door(fetcher, first.validators).get(web.url("/")).body == BODY + b" "


def test_validators_are_for_one_address_and_one_user(web: WebServer, fetcher: Fetcher) -> None:
    web.answers["/"] = Reply(BODY, headers={"ETag": '"a"'})
    first = _door(fetcher)
    first.get(web.url("/"))
    other = _door(fetcher, first.validators)
    other.get(web.url("/?x"))
    other.get(web.url("/"), auth=("head", "secret"))
    assert not any("if-none-match" in seen.headers for seen in web.requests)
    assert not set(other.validators) & set(first.validators)
    assert len(other.validators) == 2


def test_validators_do_not_go_to_another_address_on_the_way(
    web: WebServer, fetcher: Fetcher
) -> None:
    web.answers["/a"] = Reply(status=302, headers={"Location": "/b"})
    web.answers["/b"] = Reply(BODY, headers={"ETag": '"b"'})
    first = _door(fetcher)
    first.get(web.url("/a"))
    with pytest.raises(NotModified):
        _door(fetcher, first.validators).get(web.url("/a"))
    assert [seen.headers.get("if-none-match") for seen in web.requests] == [None, None, None, '"b"']


def test_a_failure_keeps_the_validators_of_before(web: WebServer, fetcher: Fetcher) -> None:
    web.answers["/"] = Reply(BODY, headers={"ETag": '"a"'})
    first = _door(fetcher)
    first.get(web.url("/"))
    web.answers["/"] = Reply(status=500)
    second = _door(fetcher, first.validators)
    with pytest.raises(SourceError):
        second.get(web.url("/"))
    assert second.validators == first.validators


def test_many_threads_fetch_at_once(web: WebServer, fetcher: Fetcher) -> None:
    together = threading.Barrier(4, timeout=10)

    def answer(_: Seen) -> bytes:
        together.wait()
        return BODY

    web.answers["/"] = answer
    bodies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(fetcher.get(web.url("/")).body))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [BODY] * 4

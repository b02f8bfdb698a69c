"""The door to HTTP against real servers: addresses, redirects, credentials, manners."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from sources.base import SourceError
from sources.fetch import Fetcher
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

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


def test_credentials_stay_with_their_own_host(web: WebServer, make: Callable[..., Fetcher]) -> None:
    with WebServer() as other:
        web.answers["/a"] = Reply(status=302, headers={"Location": "/b"})
        web.answers["/b"] = Reply(status=302, headers={"Location": other.url("/c")})
        other.answers["/c"] = BODY
        make(web.host, other.host).get(web.url("/a"), headers={"Authorization": "Basic c2VjcmV0"})
        assert [seen.headers.get("authorization") for seen in web.requests] == [
            "Basic c2VjcmV0"
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
        make(web.host, secure.host, ca_file=authority).get(
            secure.url("/a"), headers={"Authorization": "Basic c2VjcmV0"}
        )
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


def test_a_refused_connection_names_the_host_alone(make: Callable[..., Fetcher]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceError, match="does not accept connections") as caught:
        make(f"127.0.0.1:{port}").get(f"http://127.0.0.1:{port}/secret?key=secret")
    assert "secret" not in str(caught.value)


def test_an_unknown_name_is_told(make: Callable[..., Fetcher]) -> None:
    with pytest.raises(SourceError, match="is not known"):
        make().get("http://a..b/")


def _at_once(fetcher: Fetcher, urls: list[str]) -> list[bytes]:
    bodies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda url=url: bodies.append(fetcher.get(url).body))
        for url in urls
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return bodies


def test_four_sites_are_read_at_once(make: Callable[..., Fetcher]) -> None:
    together = threading.Barrier(4, timeout=10)

    def answer(_: Seen) -> bytes:
        together.wait()
        return BODY

    with ExitStack() as stack:
        sites = [stack.enter_context(WebServer()) for _ in range(4)]
        for site in sites:
            site.answers["/"] = answer
        fetcher = make(*(site.host for site in sites))
        assert _at_once(fetcher, [site.url("/") for site in sites]) == [BODY] * 4


def test_one_site_is_asked_one_thing_at_a_time(web: WebServer, fetcher: Fetcher) -> None:
    overlaps: list[bool] = []

    def answer(_: Seen) -> bytes:
        try:
            meeting.wait(timeout=0.1)
        except threading.BrokenBarrierError:
            overlaps.append(False)
        else:
            overlaps.append(True)
        return BODY

    meeting = threading.Barrier(2)
    web.answers["/"] = answer
    assert _at_once(fetcher, [web.url("/")] * 2) == [BODY] * 2
    assert overlaps == [False] * 2

"""Answers that are slow, large, packed or broken: each ends in time with one plain line."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sources.base import SourceError
from sources.fetch import Fetcher
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
BODY = b"<rss/>"


def zipped(data: bytes) -> bytes:
    """The same bytes at every call: by default gzip writes the time down."""
    return gzip.compress(data, mtime=0)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def _fetcher(*allowed: str, **options: Any) -> Iterator[Fetcher]:
    made = Fetcher(
        "office@hollybrook.example", allowed, clock=lambda: NOW, version="1.2", **options
    )
    yield made
    made.close()


@pytest.fixture
def fetcher(web: WebServer) -> Iterator[Fetcher]:
    yield from _fetcher(web.host, f"localhost:{web.port}")


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


def test_the_body_of_a_redirect_is_not_read(web: WebServer, make: Callable[..., Fetcher]) -> None:
    bomb = zipped(b"x" * 100_000)
    head = f"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: {len(bomb)}\r\n"

    def endless(seen: Seen) -> None:
        seen.wire(f"{head}Content-Encoding: gzip\r\n\r\n".encode() + bomb[:-1])
        seen.stopping.wait(5)

    web.answers["/a"], web.answers["/b"] = endless, BODY
    assert make(web.host, read_timeout=3, total=4, body_cap=100).get(web.url("/a")).body == BODY
    web.stopping.set()


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


def test_a_body_over_the_cap_is_not_read(web: WebServer, make: Callable[..., Fetcher]) -> None:
    ours = make(web.host, body_cap=1000)
    web.answers["/ok"] = b"x" * 1000
    web.answers["/over"] = b"x" * 1001
    web.answers["/bomb"] = Reply(zipped(b"x" * 1001), headers={"Content-Encoding": "gzip"})
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
        ("gzip", zipped(BODY)),
        ("x-gzip", zipped(BODY[:3]) + zipped(BODY[3:])),
        ("GZIP", zipped(BODY) + b"trailing"),
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
        ("gzip", zipped(BODY * 100)[:-10], "broke off"),
        ("gzip", b"not gzip", "unknown way"),
        ("gzip", zipped(b"") * 1000, "unknown way"),
        ("deflate", b"\xff\xff\xff", "unknown way"),
        ("br", BODY, "unknown way"),
        ("zstd", BODY, "unknown way"),
        ("gzip, gzip", zipped(zipped(BODY)), "unknown way"),
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

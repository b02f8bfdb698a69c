"""A source's door: statuses, pauses, conditional requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

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


def _fetcher(*allowed: str, **options: Any) -> Iterator[Fetcher]:
    made = Fetcher(
        "office@hollybrook.example", allowed, clock=lambda: NOW, version="1.2", **options
    )
    yield made
    made.close()


@pytest.fixture
def fetcher(web: WebServer) -> Iterator[Fetcher]:
    yield from _fetcher(web.host, f"localhost:{web.port}")


def _door(fetcher: Fetcher, saved: dict[str, Any] | None = None, *, fresh: bool = False) -> Door:
    return Door(fetcher, Parser(), saved or {}, fresh=fresh)


@pytest.mark.parametrize(
    ("status", "health", "wait"),
    [
        (401, "needs you", None), (403, "blocked", None), (404, "dead", None),
        (410, "dead", None), (429, "failing", None), (500, "failing", None),
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


@pytest.mark.parametrize(
    ("header", "value", "seconds"),
    [
        ("X-RateLimit-Reset", "90", 90),
        ("X-RateLimit-Reset", "41.5", 41.5),
        ("x-rate-limit-reset", str(int(NOW.timestamp()) + 600), 600),
        ("RateLimit-Reset", "2026-11-16T09:05:00.000Z", 300),
        ("X-RateLimit-Reset", "1, 3000", 3000),
        ("X-RateLimit-Reset", "99999999", 86400),
        ("X-RateLimit-Reset", "soon", None),
        ("X-RateLimit-Reset", str(int(NOW.timestamp()) - 600), None),
        ("X-RateLimit-Reset", "9" * 400, None),
    ],
)
def test_an_allowance_that_begins_anew_says_when_to_come_again(
    web: WebServer, fetcher: Fetcher, header: str, value: str, seconds: float | None
) -> None:
    web.answers["/"] = Reply(status=429, headers={header: value})
    with pytest.raises(SourceError) as caught:
        _door(fetcher).get(web.url("/"))
    assert caught.value.retry_after == (timedelta(seconds=seconds) if seconds else None)

"""Mastodon: where each hashtag was read to, servers that say no, and posts that several show."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from sources.base import Ask, Flaw, Post, SourceError
from sources.fetch import Door, Fetcher
from sources.mastodon import Options, collect
from sources.parsing import Parser
from tests.webserver import Answer, Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TAGS = "/api/v1/timelines/tag/"
HOLLY, FAIR = f"{TAGS}Hollybrook", f"{TAGS}StanwickFair"
CLOSED = "shows hashtags to its own members alone"
Poll = Callable[..., list[Post | Flaw]]


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def other() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def poll(web: WebServer, other: WebServer, parser: Parser) -> Iterator[Poll]:
    """Reads the servers once with a memo of one's own."""
    allowed = [web.host, f"localhost:{other.port}"]
    fetcher = Fetcher("", allowed, clock=lambda: NOW, version="1", total=2)

    def one(
        memo: dict[str, Any] | None = None,
        *,
        now: datetime = NOW,
        servers: tuple[str, ...] = (),
        tags: tuple[str, ...] = ("Hollybrook",),
    ) -> Any:
        options = Options(servers=servers or (web.url(""),), tags=tags)
        ask = Ask("toots", options, (), now, {} if memo is None else memo)
        return list(collect(ask, Door(fetcher, parser, {})))

    yield one
    fetcher.close()


@pytest.fixture
def both(web: WebServer, other: WebServer) -> tuple[str, ...]:
    """Two servers that have different names."""
    return web.url(""), other.url("", host="localhost")


def _row(number: int, *, at: str = "2026-11-15T10:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {
        "id": str(1000 + number),
        "uri": f"https://hub.example/users/jo/statuses/{number}",
        "url": f"https://hub.example/@jo/{number}",
        "created_at": at,
        "content": f"<p>Hollybrook, post {number}</p>",
        "reblog": None,
        "account": {"acct": "jo@hub.example"},
        **more,
    }


def _page(*rows: Any) -> bytes:
    return json.dumps(rows).encode()


def _timeline(count: int, **more: Any) -> Answer:
    """A timeline of so many posts that is paged as Mastodon does it: newest first in a page."""
    rows = [_row(number, **more) for number in range(count, 0, -1)]

    def answer(seen: Seen) -> bytes:
        asked = {name: int(given[0]) for name, given in parse_qs(seen.query).items()}
        if "min_id" in asked:
            newer = [row for row in rows if int(row["id"]) > asked["min_id"]]
            return _page(*newer[-asked["limit"] :])
        older = [row for row in rows if int(row["id"]) < asked.get("max_id", 10**9)]
        return _page(*older[: asked["limit"]])

    return answer


def _asked(web: WebServer) -> list[dict[str, str]]:
    return [
        {name: given[0] for name, given in parse_qs(seen.query).items() if name != "limit"}
        for seen in web.requests
    ]


def _numbers(items: list[Post | Flaw]) -> list[int]:
    return [int(item.text.split()[-1]) for item in items if isinstance(item, Post)]


def _flaws(items: list[Post | Flaw]) -> list[str]:
    return [item.detail for item in items if isinstance(item, Flaw)]


def _fails(poll: Poll, *args: Any, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        poll(*args, **options)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


# Where each hashtag was read to


def test_what_came_after_the_last_poll_is_read_by_the_last_id(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _timeline(3)
    assert _numbers(poll(memo)) == [3, 2, 1]
    web.answers[HOLLY] = _timeline(5)
    assert _numbers(poll(memo)) == [5, 4]
    assert _numbers(poll(memo)) == []
    assert _asked(web) == [{}, {"min_id": "1003"}, {"min_id": "1005"}]


def test_the_first_look_goes_back_30_days_and_no_further(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _page(
        _row(3), _row(2, at="2026-10-17T09:00:01.000Z"), _row(1, at="2026-10-17T08:59:59.000Z")
    )
    assert _numbers(poll(memo)) == [3, 2]
    web.answers[HOLLY] = _page()
    poll(memo)
    assert _asked(web)[1] == {"min_id": "1003"}


def test_a_page_of_old_posts_is_the_last(web: WebServer, poll: Poll) -> None:
    web.answers[HOLLY] = _timeline(100, at="2026-09-01T10:00:00.000Z")
    assert poll() == []
    assert _asked(web) == [{}]


def test_the_first_look_follows_pages_and_says_where_it_stopped(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _timeline(100)
    assert _numbers(poll(memo)) == list(range(100, 0, -1))
    assert _numbers(poll(memo)) == []
    assert _asked(web) == [{}, {"max_id": "1061"}, {"max_id": "1021"}, {"min_id": "1100"}]
    web.answers[HOLLY] = _timeline(130)
    found = poll()
    assert _numbers(found) == list(range(130, 10, -1))
    (flaw,) = _flaws(found)
    assert "more than 120 posts" in flaw


def test_what_is_too_much_for_one_poll_comes_with_the_next(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _timeline(1)
    poll(memo)
    web.answers[HOLLY] = _timeline(151)
    first, second = poll(memo), poll(memo)
    assert sorted(_numbers(first)) == list(range(2, 122))
    assert sorted(_numbers(second)) == list(range(122, 152))
    assert ["come with the next poll" in flaw for flaw in _flaws(first)] == [True]
    assert _flaws(second) == []


def test_a_first_look_that_breaks_off_is_begun_again(web: WebServer, poll: Poll) -> None:
    whole = _timeline(60)

    def answer(seen: Seen) -> Any:
        assert callable(whole)
        return Reply(b"", 500) if "max_id" in seen.query else whole(seen)

    memo: dict[str, Any] = {}
    web.answers[HOLLY] = answer
    found = poll(memo)
    assert len(_numbers(found)) == 40
    assert len(_flaws(found)) == 1
    web.answers[HOLLY] = whole
    assert len(_numbers(poll(memo))) == 60


def test_each_server_and_hashtag_has_its_own_place(
    web: WebServer, other: WebServer, poll: Poll, both: tuple[str, ...]
) -> None:
    memo: dict[str, Any] = {}
    web.answers |= {HOLLY: _page(_row(1)), FAIR: _page(_row(2))}
    other.answers |= {HOLLY: _page(_row(3)), FAIR: _page()}
    tags = ("Hollybrook", "StanwickFair")
    for _ in range(2):
        poll(memo, servers=both, tags=tags)
    assert _asked(web)[2:] == [{"min_id": "1001"}, {"min_id": "1002"}]
    assert _asked(other)[2:] == [{"min_id": "1003"}, {}]


@pytest.mark.parametrize(
    ("ids", "newest"),
    [(("01HFA0ZZ", "01HFB100", "01HF9999"), "01HFB100"), (("999", "1000", "998"), "1000")],
)
def test_letters_and_longer_numbers_are_places_too(
    web: WebServer, poll: Poll, ids: tuple[str, ...], newest: str
) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _page(*(_row(n, id=ids[n]) for n in range(3)))
    poll(memo)
    poll(memo)
    assert _asked(web)[1] == {"min_id": newest}


def test_a_hashtag_of_any_letters_can_be_asked_for(web: WebServer, poll: Poll) -> None:
    web.answers[f"{TAGS}Ysgol%C5%B4yn"] = _page(_row(1))
    assert _numbers(poll(tags=("#YsgolŴyn",))) == [1]


# Posts


def test_a_post_that_several_servers_show_is_given_once(
    web: WebServer, other: WebServer, poll: Poll, both: tuple[str, ...]
) -> None:
    web.answers |= {HOLLY: _page(_row(1), _row(2)), FAIR: _page(_row(2))}
    other.answers |= {HOLLY: _page(_row(2, id="7"), _row(3)), FAIR: _page()}
    assert _numbers(poll(servers=both, tags=("Hollybrook", "StanwickFair"))) == [1, 2, 3]


def test_a_post_has_the_same_key_on_every_server(
    web: WebServer, other: WebServer, poll: Poll, both: tuple[str, ...]
) -> None:
    web.answers[HOLLY] = _page(_row(1))
    other.answers[HOLLY] = _page(_row(1, id="99"))
    (here,), (there,) = poll(servers=both[:1]), poll(servers=both[1:])
    assert isinstance(here, Post)
    assert isinstance(there, Post)
    assert here.key == there.key


def test_a_post_is_kept_with_its_own_markup_and_the_hashtag_that_found_it(
    web: WebServer, poll: Poll
) -> None:
    web.answers[HOLLY] = _page(_row(1, spoiler_text="Gossip", content="<p>It is <b>so</b></p>"))
    (post,) = poll()
    assert isinstance(post, Post)
    assert post.text == "Gossip\nIt is so"
    assert post.record["content"] == "<p>It is <b>so</b></p>"
    assert post.record["content_warning"] == "Gossip"
    assert post.record["query"] == "#Hollybrook"


def test_what_is_passed_on_is_left_to_where_it_was_written(web: WebServer, poll: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _page(_row(2, reblog={"id": "1"}), _row(1))
    found = poll(memo)
    assert _numbers(found) == [1]
    assert _flaws(found) == []
    poll(memo)
    assert _asked(web)[1] == {"min_id": "1002"}


def test_a_post_without_an_id_is_left_out_and_told(web: WebServer, poll: Poll) -> None:
    web.answers[HOLLY] = _page(_row(1), _row(2, uri=None), "junk", None)
    found = poll()
    assert _numbers(found) == [1]
    (flaw,) = _flaws(found)
    assert "3 of 4 posts had no id" in flaw


# Servers that say no


@pytest.mark.parametrize("status", [401, 422])
def test_a_server_that_keeps_hashtags_to_its_members_is_told_once(
    web: WebServer, other: WebServer, poll: Poll, both: tuple[str, ...], status: int
) -> None:
    shut = Reply(b'{"error":"This method requires an authenticated user"}', status)
    web.answers |= {HOLLY: shut, FAIR: shut}
    other.answers |= {HOLLY: _page(_row(1)), FAIR: _page(_row(2))}
    found = poll(servers=both, tags=("Hollybrook", "StanwickFair"))
    assert _numbers(found) == [1, 2]
    (flaw,) = _flaws(found)
    assert flaw.startswith(f"127.0.0.1 {CLOSED}")
    assert len(web.requests) == 1


def test_where_every_server_is_closed_somebody_must_act(
    web: WebServer, other: WebServer, poll: Poll, both: tuple[str, ...]
) -> None:
    web.answers[HOLLY] = other.answers[HOLLY] = Reply(b"{}", 401)
    error = _fails(poll, servers=both)
    assert error.health == "needs you"
    assert f"127.0.0.1 {CLOSED}" in str(error)
    assert f"localhost {CLOSED}" in str(error)


def test_a_server_that_has_shown_nothing_for_30_days_is_told_and_forgotten_once_it_speaks(
    web: WebServer, poll: Poll
) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _page()
    day = timedelta(days=1)
    assert poll(memo) == []
    assert poll(memo, now=NOW + 29 * day) == []
    (flaw,) = _flaws(poll(memo, now=NOW + 30 * day))
    assert "127.0.0.1 has shown nothing under any of the hashtags for 30 days" in flaw
    assert web.url("/tags/Hollybrook") in flaw
    web.answers[HOLLY] = _page(_row(1, at="2026-12-16T10:00:00Z"))
    assert _flaws(poll(memo, now=NOW + 31 * day)) == []
    web.answers[HOLLY] = _page()
    assert _flaws(poll(memo, now=NOW + 60 * day)) == []
    assert len(_flaws(poll(memo, now=NOW + 61 * day))) == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": "2026-11-16T09:04:00.123Z"}, timedelta(minutes=4, seconds=0.123)),
        ({"Retry-After": "30", "X-RateLimit-Reset": "2026-11-16T09:04:00Z"}, timedelta(seconds=30)),
        ({}, timedelta(minutes=5)),
    ],
)
def test_a_server_that_asks_for_less_says_until_when(
    web: WebServer, poll: Poll, headers: dict[str, str], wait: timedelta
) -> None:
    web.answers |= dict.fromkeys((HOLLY, FAIR), Reply(b'{"error":"Throttled"}', 429, headers))
    error = _fails(poll, tags=("Hollybrook", "StanwickFair"))
    assert (error.health, error.retry_after) == ("failing", wait)
    assert len(web.requests) == 1


def test_a_server_that_asks_for_less_is_left_alone_while_the_others_are_read(
    web: WebServer, other: WebServer, poll: Poll, both: tuple[str, ...]
) -> None:
    memo: dict[str, Any] = {}
    reset = {"X-RateLimit-Reset": "2026-11-16T09:04:00.000Z"}
    web.answers[HOLLY] = Reply(b"{}", 429, reset)
    other.answers[HOLLY] = _timeline(2)
    assert _numbers(poll(memo, servers=both)) == [2, 1]
    web.answers[HOLLY] = _timeline(1)
    found = poll(memo, servers=both)
    assert _flaws(found) == [
        "127.0.0.1 is to be left alone for another 4 minutes; it is asked after that."
    ]
    assert len(web.requests) == 1
    assert len(other.requests) == 2


def test_one_broken_hashtag_costs_itself(web: WebServer, poll: Poll) -> None:
    web.answers |= {HOLLY: Reply(b"", 500), FAIR: _page(_row(1))}
    found = poll(tags=("Hollybrook", "StanwickFair"))
    assert _numbers(found) == [1]
    assert _flaws(found) == ["127.0.0.1 answered with error 500."]


def test_a_server_that_never_answers_costs_itself(
    web: WebServer, other: WebServer, poll: Poll, both: tuple[str, ...]
) -> None:
    def silent(seen: Seen) -> None:
        seen.stopping.wait(30)

    web.answers |= {HOLLY: silent, FAIR: silent}
    other.answers |= {HOLLY: _page(_row(1)), FAIR: _page()}
    found = poll(servers=both, tags=("Hollybrook", "StanwickFair"))
    assert _numbers(found) == [1]
    assert _flaws(found) == ["127.0.0.1 did not answer in time; it is tried again."]
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("answer", "health"),
    [
        (Reply(b"<html><title>No</title></html>", 403), "blocked"),
        (Reply(b"", 404), "dead"),
        (b'{"error": "x"}', "failing"),
        (b"<!DOCTYPE html><html><title>Welcome</title></html>", "needs you"),
    ],
)
def test_what_is_wrong_with_the_only_server_is_told(
    web: WebServer, poll: Poll, answer: Answer, health: str
) -> None:
    web.answers[HOLLY] = answer
    assert _fails(poll).health == health


# Options


def test_servers_and_hashtags_are_taken_as_people_write_them() -> None:
    options = Options(
        servers=(" mastodon.example ", "https://mastodon.example/", "http://127.0.0.1:8000"),
        tags=("#Hollybrook", "hollybrook", "Stanwick_Fair"),
    )
    assert options.servers == ("https://mastodon.example", "http://127.0.0.1:8000")
    assert options.tags == ("hollybrook", "Stanwick_Fair")


@pytest.mark.parametrize(
    "wrong",
    [
        {"servers": ()}, {"servers": tuple(f"s{n}.example" for n in range(6))}, {"servers": (7,)},
        {"servers": ("https://mastodon.example/tags/x",)}, {"servers": ("ftp://m.example",)},
        {"servers": ("user:word@m.example",)}, {"servers": ("",)}, {"token": "x"},
        {"tags": ()}, {"tags": tuple("abcdefghijk")}, {"tags": ("Holly brook",)},
        {"tags": ("holly-brook",)}, {"tags": ("2026",)}, {"tags": ("#",)}, {"tags": ("../x",)},
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**({"servers": ("mastodon.example",), "tags": ("Hollybrook",)} | wrong))


def test_a_clock_that_was_once_ahead_does_not_keep_a_silence_from_being_told(
    web: WebServer, poll: Poll
) -> None:
    memo: dict[str, Any] = {}
    web.answers[HOLLY] = _page()
    assert poll(memo, now=NOW + timedelta(days=365)) == []
    assert poll(memo) == []
    assert len(poll(memo, now=NOW + timedelta(days=31))) == 1


def test_nothing_new_is_no_sign_of_trouble_by_itself() -> None:
    assert Options(servers=("hub.example",), tags=("Hollybrook",)).quiet_is_well

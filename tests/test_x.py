"""X is paid by the post: only what is new is read, within a poll's and a month's bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from sources.base import Health
from sources.parsing import Parser
from tests.asking import NOW, Polls, asked, flaws_in, polls_of, posts_in, problems_with
from tests.kinds import recorded
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

PATH = "/2/tweets/search/recent"
TOKEN = "AAAA-sesame-42"
EMPTY = b'{"meta": {"result_count": 0}}'


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        server.answers[PATH] = EMPTY
        yield server


@pytest.fixture
def polls(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("x", web, parser) as made:
        yield made


@pytest.fixture
def x(web: WebServer) -> dict[str, Any]:
    return {
        "service": web.url(""),
        "token": TOKEN,
        "monthly_posts": 1000,
        "i_have_read_the_terms": True,
    }


def _id_at(moment: datetime) -> int:
    """The id of a post that was written at that moment."""
    return (round(moment.timestamp() * 1000) - 1288834974657) << 22


def _page(number: int, *, next_token: str = "", newest: int = 0) -> bytes:
    """A page of so many posts, the newest of which has that id."""
    newest = newest or _id_at(NOW - timedelta(hours=1))
    rows = [{"id": str(newest - n), "text": f"Hollybrook {newest - n}"} for n in range(number)]
    meta = {"newest_id": str(newest), "result_count": number}
    return json.dumps(
        {"data": rows, "meta": meta | ({"next_token": next_token} if next_token else {})}
    ).encode()


def _endless(seen: Seen) -> bytes:
    """As full a page as was asked for, and always another after it."""
    token = int(asked(seen, "next_token") or 0)
    newest = _id_at(NOW - timedelta(hours=1)) - token * 1000
    return _page(int(asked(seen, "max_results")), next_token=str(token + 1), newest=newest)


def test_the_token_goes_in_a_header_and_nobodys_profile_is_asked_for(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    polls(**x)
    (seen,) = web.requests
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in seen.query
    assert asked(seen, "query") == '("Hollybrook Primary School") lang:en -is:retweet'
    assert asked(seen, "expansions") == ""
    assert "author" not in seen.query


def test_names_share_queries_as_far_as_x_reads(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    polls.names = tuple(f"Hollybrook Primary School of Stanwick {n}" for n in range(20))
    polls(**x)
    queries = [asked(seen, "query") for seen in web.requests]
    assert len(queries) == 2
    assert all(len(query) <= 512 for query in queries)
    assert all(any(f'"{name}"' in query for query in queries) for name in polls.names)


def test_an_edited_post_is_one_post_that_is_known_again(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    web.answers[PATH] = recorded("x", "page.json")
    first, second = posts_in(polls(**x))
    assert first.record["id"] == "x:1989000000000000001"
    assert (first.author, second.author) == ("", "")
    old = {"data": [{"id": "1989000000000000001", "text": "Before"}], "meta": {}}
    web.answers[PATH] = json.dumps(old).encode()
    (before,) = posts_in(polls(**x))
    assert before.key == first.key


def test_the_next_poll_asks_for_what_came_after_the_newest_of_the_first_page(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    newest = _id_at(NOW - timedelta(hours=1))
    pages = {"": _page(10, next_token="b", newest=newest), "b": _page(3, newest=newest - 50)}
    web.answers[PATH] = lambda seen: pages[asked(seen, "next_token")]
    assert len(posts_in(polls(**x))) == 13
    web.answers[PATH] = EMPTY
    polls(**x)
    polls(**x)
    assert [asked(seen, "since_id") for seen in web.requests] == ["", "", str(newest), str(newest)]


def test_a_cursor_from_before_what_x_searches_is_left_out(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    web.answers[PATH] = _page(1)
    polls(**x)
    polls.later(days=8)
    polls(**x)
    assert asked(web.requests[-1], "since_id") == ""


def test_a_cursor_that_is_none_is_left_out(web: WebServer, polls: Polls, x: dict[str, Any]) -> None:
    polls.memo["newest"] = {'("Hollybrook Primary School") lang:en -is:retweet': "no id"}
    polls(**x)
    assert asked(web.requests[-1], "since_id") == ""


def test_a_poll_reads_no_more_than_its_bound_and_says_so(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    web.answers[PATH] = _endless
    found = polls(**x, most_posts=130)
    assert len(posts_in(found)) == 130
    assert [asked(seen, "max_results") for seen in web.requests] == ["100", "30"]
    assert flaws_in(found) == [
        (
            'X holds more for “("Hollybrook Primary School") lang:en -is:retweet” than was read: '
            "a poll reads 130 posts at most (most_posts)."
        )
    ]


def test_pages_that_are_all_but_empty_come_to_an_end(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    web.answers[PATH] = _page(0, next_token="more")
    found = polls(**x)
    assert len(web.requests) == 20
    assert "a poll asks 20 times at most" in flaws_in(found)[0]


def test_what_was_read_is_counted_before_more_is_asked_for(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    web.answers[PATH] = _endless
    found = polls(**{**x, "monthly_posts": 65}, most_posts=500)
    assert len(posts_in(found)) == 65
    assert "65 posts (monthly_posts) are used up" in flaws_in(found)[0]
    error = polls.fails(**{**x, "monthly_posts": 65})
    assert error.health == "over budget"
    assert len(web.requests) == 1
    polls.later(days=20)
    polls(**{**x, "monthly_posts": 65})
    assert len(web.requests) == 2


def test_posts_that_x_counts_but_does_not_show_are_paid_for_all_the_same(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    web.answers[PATH] = b'{"meta": {"result_count": 10}}'
    polls(**{**x, "monthly_posts": 10})
    assert polls.fails(**{**x, "monthly_posts": 10}).health == "over budget"


def test_a_page_that_fails_leaves_what_was_read_and_comes_again(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    broken = Reply(b"{}", status=503)
    web.answers[PATH] = lambda seen: (
        broken if asked(seen, "next_token") else _page(10, next_token="b")
    )
    found = polls(**x)
    assert len(posts_in(found)) == 10
    assert flaws_in(found) == [
        "127.0.0.1 is not available just now (503); the rest is read at the next poll."
    ]
    polls(**x)
    assert asked(web.requests[-1], "since_id") == ""
    assert polls.memo["spent"]["units"] == 20


def test_a_query_that_x_does_not_take_costs_itself(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    refusal = {
        "title": "Invalid Request",
        "errors": [{"message": f"no viable\nalternative {TOKEN}"}],
    }
    bad = Reply(json.dumps(refusal).encode(), status=400)
    web.answers[PATH] = lambda seen: bad if asked(seen, "query") == "((" else _page(1)
    found = polls(**x, queries=["((", "hollybrook"])
    assert len(posts_in(found)) == 1
    assert flaws_in(found) == [
        (
            "127.0.0.1 does not take the query “((”: “Invalid Request: no viable alternative …”; "
            'change it under "queries".'
        )
    ]
    assert polls.fails(**x, queries=["(("]).health == "needs you"


def test_a_bound_does_not_always_cut_off_the_same_query(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    web.answers[PATH] = _endless
    for _ in range(2):
        polls(**x, queries=["one", "two"], most_posts=10)
    assert [asked(seen, "query") for seen in web.requests] == ["one", "two"]


@pytest.mark.parametrize(
    ("status", "body", "health", "says"),
    [
        (401, {"title": "Unauthorized"}, "needs you", "does not accept the token (401)"),
        (403, {"title": "Client Forbidden"}, "needs you", "(“Client Forbidden”)"),
        (402, {"title": "CreditsDepleted"}, "needs you", "no credit left"),
        (429, {"title": "UsageCapExceeded"}, "over budget", "allowance is used up"),
        (400, {}, "failing", "error 400"),
        (500, {}, "failing", "error 500"),
        (200, {"errors": [{"message": TOKEN}]}, "failing", "gave no posts but said “…”"),
        (200, {"weather": "fine"}, "failing", "came back as JSON that answers no search"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(
    web: WebServer,
    polls: Polls,
    x: dict[str, Any],
    status: int,
    body: dict[str, Any],
    health: Health,
    says: str,
) -> None:
    web.answers[PATH] = Reply(json.dumps(body).encode(), status=status)
    error = polls.fails(**x)
    assert error.health == health
    assert says in str(error)
    assert TOKEN not in str(error)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x-rate-limit-reset": f"{NOW.timestamp() + 600:.0f}"}, timedelta(minutes=10)),
        ({"x-rate-limit-reset": f"{NOW.timestamp() + 1e9:.0f}"}, timedelta(days=1)),
        ({"x-rate-limit-reset": f"{NOW.timestamp() - 1:.0f}"}, None),
        ({"x-rate-limit-reset": "9" * 40}, None),
        ({"x-rate-limit-reset": "soon"}, None),
        ({"Retry-After": "60", "x-rate-limit-reset": "9999999999"}, timedelta(minutes=1)),
    ],
)
def test_x_is_left_alone_till_its_window_is_over(
    web: WebServer,
    polls: Polls,
    x: dict[str, Any],
    headers: dict[str, str],
    wait: timedelta | None,
) -> None:
    body = b'{"errors": [{"code": 88, "message": "Rate limit exceeded"}]}'
    web.answers[PATH] = Reply(body, status=429, headers=headers)
    error = polls.fails(**x)
    assert (error.health, error.retry_after) == ("failing", wait)


def test_posts_without_an_id_cost_themselves_and_are_told(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    rows = [{"id": "abc", "text": "x"}, {"text": "y"}, {"id": "12", "text": "Hollybrook"}]
    web.answers[PATH] = json.dumps({"data": rows, "meta": {}}).encode()
    found = polls(**x)
    assert [post.text for post in posts_in(found)] == ["Hollybrook"]
    assert flaws_in(found) == ["The search at 127.0.0.1: 2 of its 3 posts had no id."]


def test_where_no_school_listens_there_is_nothing_to_search_for(
    web: WebServer, polls: Polls, x: dict[str, Any]
) -> None:
    polls.names = ()
    assert polls.fails(**x).health == "needs you"
    assert not web.requests


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"queries": ["x" * 513]}, "has 513 characters, and no more than 512 are read"),
        ({"monthly_posts": None}, "monthly_posts"),
        ({"monthly_posts": 9}, "must be at least 10"),
        ({"most_posts": 501}, "must be at most 500"),
        ({"token_env": None}, 'is missing: write token_file = "PATH" or token_env = "NAME"'),
        ({"i_have_read_the_terms": None}, "X charges for every post read"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_line(
    change: dict[str, Any], says: str
) -> None:
    table = {"kind": "x", "token_env": "T", "monthly_posts": 10, "i_have_read_the_terms": True}
    table = {name: value for name, value in (table | change).items() if value is not None}
    (problem,) = problems_with(table, T=TOKEN)
    assert says in problem
    assert len(problem.splitlines()) == 1


@pytest.mark.parametrize("query", ["from:jo", "Stanwick @jo", "list:1234", "retweets_of:jo"])
def test_a_query_for_what_somebody_writes_is_refused(query: str) -> None:
    table = {
        "kind": "x", "token_env": "X_TOKEN", "monthly_posts": 100, "i_have_read_the_terms": True
    }  # fmt: skip
    (problem,) = problems_with({**table, "queries": [query]}, X_TOKEN=TOKEN)
    assert "Footprint follows no person" in problem
    own = {"queries": ["@hollybrookpri -from:jo"], "own_accounts": ["@HollybrookPri"]}
    assert problems_with({**table, **own}, X_TOKEN=TOKEN) == []

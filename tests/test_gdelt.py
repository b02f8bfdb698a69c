"""GDELT is asked one thing a poll; its plain words, its crowding and its silence are told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sources.parsing import Parser
from tests.asking import Polls, asked, flaws_in, polls_of, posts_in, problems_with
from tests.kinds import recorded
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

PATH = "/api/v2/doc/doc"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        server.answers[PATH] = b"{}\n"
        yield server


@pytest.fixture
def polls(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("gdelt", web, parser) as made:
        yield made


@pytest.fixture
def gdelt(web: WebServer) -> dict[str, Any]:
    return {"service": web.url(""), "i_have_read_the_terms": True}


def test_a_schools_name_is_looked_for_in_english_papers_of_the_uk(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    polls(**gdelt)
    (seen,) = web.requests
    assert asked(seen, "query") == (
        '"Hollybrook Primary School" sourcecountry:UK sourcelang:english'
    )
    assert (asked(seen, "mode"), asked(seen, "format")) == ("ArtList", "json")


def test_an_empty_object_is_nothing_found(polls: Polls, gdelt: dict[str, Any]) -> None:
    assert polls(**gdelt) == []


def test_one_story_under_two_addresses_is_one_article(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    web.answers[PATH] = recorded("gdelt", "articles.json")
    found = polls(**gdelt)
    assert [post.record["outlet"] for post in posts_in(found)] == [
        "gazette.example",
        "echo.example",
    ]
    assert flaws_in(found) == ["The search at 127.0.0.1: 1 of its 4 articles had no web address."]


def test_each_query_has_its_turn_and_reaches_back_to_the_last(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    for _ in range(3):
        polls(**gdelt, queries=["hollybrook", "stanwick school"])
        polls.later(days=4)
    assert [(asked(seen, "query"), asked(seen, "timespan")) for seen in web.requests] == [
        ("hollybrook", "31d"),
        ("stanwick school", "31d"),
        ("hollybrook", "9d"),
    ]


def test_a_refusal_in_plain_text_costs_that_query_alone(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    two = {**gdelt, "queries": ['"H"', "hollybrook"]}
    web.answers[PATH] = Reply(
        b"The specified phrase is too short.\n", headers={"Content-Type": "text/html"}
    )
    (flaw,) = flaws_in(polls(**two))
    assert flaw == (
        'The search at 127.0.0.1 does not take the query “"H"”: “The specified phrase is too '
        'short.”; change it under "queries".'
    )
    web.answers[PATH] = recorded("gdelt", "articles.json")
    assert len(posts_in(polls(**two))) == 2


def test_where_every_query_is_refused_the_source_needs_somebody(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    web.answers[PATH] = b"Queries containing OR'd terms must be surrounded by ()."
    error = polls.fails(**gdelt)
    assert error.health == "needs you"
    assert "must be surrounded by ()" in str(error)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Reply(b"Please limit requests to one every 5 seconds.", 429), timedelta(hours=1)),
        (Reply(b"", 429, {"Retry-After": "7200"}), timedelta(hours=2)),
        (Reply(b"Please limit requests to one every 5 seconds."), timedelta(hours=1)),
    ],
)
def test_where_gdelt_is_short_of_room_it_is_left_alone(
    web: WebServer, polls: Polls, gdelt: dict[str, Any], answer: Reply, wait: timedelta
) -> None:
    web.answers[PATH] = answer
    error = polls.fails(**gdelt)
    assert (error.health, error.retry_after) == ("failing", wait)


def test_a_turn_that_gdelt_had_no_room_for_comes_again(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    web.answers[PATH] = Reply(b"Please limit requests to one every 5 seconds.", 429)
    polls.fails(**gdelt, queries=["one", "two"])
    web.answers[PATH] = b"{}"
    polls(**gdelt, queries=["one", "two"])
    assert asked(web.requests[-1], "query") == "one"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "came back empty"),
        (b'{"articles": "none"}', "no list of articles"),
        (b"[]", "no list of articles"),
        (b'{"articles": [', "broken JSON"),
        (b"<!doctype html><title>Busy</title>", "came back as a web page, not"),
    ],
)
def test_an_answer_that_is_none_is_not_taken_for_silence(
    web: WebServer, polls: Polls, gdelt: dict[str, Any], body: bytes, says: str
) -> None:
    web.answers[PATH] = body
    assert says in str(polls.fails(**gdelt))


def test_a_full_answer_says_that_there_may_be_more(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    rows = [{"url": f"https://g.example/{n}", "title": f"Story {n}"} for n in range(250)]
    web.answers[PATH] = json.dumps({"articles": rows}).encode()
    found = polls(**gdelt)
    assert len(posts_in(found)) == 250
    assert "250 articles or more" in flaws_in(found)[0]


def test_a_used_up_budget_is_told_before_anything_is_asked(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    polls(**gdelt, monthly_calls=1)
    assert polls.fails(**gdelt, monthly_calls=1).health == "over budget"
    assert len(web.requests) == 1


def test_where_no_school_listens_there_is_nothing_to_search_for(
    web: WebServer, polls: Polls, gdelt: dict[str, Any]
) -> None:
    polls.names = ()
    assert polls.fails(**gdelt).health == "needs you"
    assert not web.requests


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "short of room and often refuses; read the terms, then write i_have_read_the_terms"),
        ({"i_have_read_the_terms": False}, "then write i_have_read_the_terms = true"),
        ({"i_have_read_the_terms": True, "monthly_calls": 745}, "must be at most 744"),
        ({"i_have_read_the_terms": True, "queries": [""]}, "one of the queries is blank"),
        ({"i_have_read_the_terms": True, "query": "x"}, "is not a known setting"),
        ({"i_have_read_the_terms": True, "every_minutes": 30}, "must be at least 60"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_line(
    table: dict[str, Any], says: str
) -> None:
    (problem,) = problems_with({"kind": "gdelt", **table})
    assert says in problem

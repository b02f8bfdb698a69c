"""The web is searched through an engine: one query a poll, in turn, within the month's budget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sources.base import Health
from sources.parsing import Parser
from tests.asking import NOW, Polls, asked, flaws_in, polls_of, posts_in, problems_with
from tests.kinds import recorded
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

KEY = "sesame-41"
WEB, NEWS = "/res/v1/web/search", "/res/v1/news/search"
NOTHING = b'{"type": "search", "query": {"original": "q"}}'
BRAVE = {"backend": "brave", "key": KEY, "monthly_calls": 900}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        server.answers[WEB] = server.answers[NEWS] = NOTHING
        yield server


@pytest.fixture
def polls(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("websearch", web, parser) as made:
        yield made


@pytest.fixture
def brave(web: WebServer) -> dict[str, Any]:
    return {**BRAVE, "service": web.url("")}


def _queries(web: WebServer) -> list[str]:
    return [asked(seen, "q") for seen in web.requests]


def test_brave_is_asked_with_the_key_in_a_header_and_for_the_country(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    polls(**brave)
    (seen,) = web.requests
    assert seen.headers["x-subscription-token"] == KEY
    assert KEY not in seen.query
    assert (asked(seen, "country"), asked(seen, "spellcheck")) == ("GB", "false")


def test_without_queries_the_names_are_searched_for_everywhere_and_then_site_by_site(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    polls.names = ("Hollybrook Primary School", 'St "Ann" School')
    for _ in range(15):
        polls(**brave, own_sites=["hollybrook.example"])
    found = _queries(web)
    assert found[0] == '"Hollybrook Primary School" -site:hollybrook.example'
    assert found[1] == '"St Ann School" -site:hollybrook.example'
    assert found[2] == '"Hollybrook Primary School" site:mumsnet.com'
    assert len(set(found[:14])) == 14
    assert found[14] == found[0]


def test_one_query_is_asked_a_poll_and_each_has_its_turn(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    for _ in range(3):
        polls(**brave, queries=["hollybrook one", "hollybrook two"])
    assert _queries(web) == ["hollybrook one", "hollybrook two", "hollybrook one"]


def test_news_has_turns_of_its_own_but_not_for_single_sites(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    web.answers[NEWS] = recorded("websearch", "brave_news.json")
    found = []
    for _ in range(4):
        found += polls(**brave, queries=["hollybrook", "h site:mumsnet.com"], news=True)
    assert [seen.path for seen in web.requests] == [WEB, WEB, NEWS, WEB]
    (post,) = posts_in(found)
    assert (post.medium, post.url) == ("news", "https://gazette.example/news/flood")


def test_the_query_that_found_a_page_stands_in_its_evidence(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    web.answers[WEB] = recorded("websearch", "brave_web.json")
    first, *_ = posts_in(polls(**brave, queries=["hollybrook"]))
    assert first.record["query"] == "hollybrook"


def test_a_page_is_known_again_under_another_form_of_its_address(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    keys = set()
    for url in ("https://www.voice.example/gate?utm_source=a", "http://voice.example/gate/"):
        web.answers[WEB] = json.dumps({"web": {"results": [{"url": url, "title": url}]}}).encode()
        keys |= {post.key for post in posts_in(polls(**brave))}
    assert len(keys) == 1


def test_results_without_an_address_cost_themselves_and_are_told(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    web.answers[WEB] = recorded("websearch", "brave_web.json")
    found = polls(**brave)
    assert len(posts_in(found)) == 2
    assert flaws_in(found) == ["The search at 127.0.0.1: 1 of its 4 results had no web address."]


def test_a_first_look_reaches_back_a_month_and_later_ones_as_far_as_is_set(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    polls(**brave, queries=["hollybrook"])
    polls.later(hours=1)
    polls(**brave, queries=["hollybrook"])
    polls(**brave, queries=["hollybrook"], freshness="day")
    assert [asked(seen, "freshness") for seen in web.requests] == ["pm", "pw", "pd"]


def test_a_query_whose_turn_was_long_ago_reaches_back_to_it(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    polls(**brave, queries=["hollybrook"], freshness="day")
    polls.later(days=3)
    polls(**brave, queries=["hollybrook"], freshness="day")
    assert asked(web.requests[-1], "freshness") == "pw"


def test_a_used_up_budget_is_told_before_anything_is_asked(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    limited = {**brave, "monthly_calls": 2, "queries": ["one", "two", "three"]}
    polls(**limited)
    polls(**limited)
    error = polls.fails(**limited)
    assert error.health == "over budget"
    assert "2 searches (monthly_calls) are used up; it goes on on 1 December" in str(error)
    assert len(web.requests) == 2


def test_a_search_that_fails_is_counted_all_the_same(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    web.answers[WEB] = Reply(status=500)
    limited = {**brave, "monthly_calls": 1, "queries": ["one"]}
    assert polls.fails(**limited).health == "failing"
    assert polls.fails(**limited).health == "over budget"
    assert len(web.requests) == 1


def test_the_turn_goes_on_in_the_next_month_where_the_budget_stopped_it(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    limited = {**brave, "monthly_calls": 1, "queries": ["one", "two"]}
    polls(**limited)
    polls.fails(**limited)
    polls.later(days=20)
    polls(**limited)
    assert _queries(web) == ["one", "two"]


def test_news_is_searched_for_also_where_the_schools_own_pages_are_left_out(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    for _ in range(8):
        polls(**brave, own_sites=["hollybrook.example"], news=True)
    assert [seen.path for seen in web.requests] == [WEB] * 7 + [NEWS]


@pytest.mark.parametrize(
    ("status", "code", "health", "says"),
    [
        (422, "SUBSCRIPTION_TOKEN_INVALID", "needs you", "does not accept the key"),
        (401, "", "needs you", "does not accept the key (401)"),
        (402, "", "needs you", "top up the account"),
        (403, "", "needs you", "does not accept the key (403)"),
        (400, "OPTION_NOT_IN_PLAN", "needs you", "plan does not hold this search"),
        (400, "QUOTA_LIMITED", "over budget", "allowance is used up"),
        (403, "CREDIT_EXHAUSTED", "needs you", "no credit left"),
        (404, "", "dead", "nothing at this address"),
        (500, "", "failing", "error 500"),
    ],
)
def test_what_is_wrong_with_the_account_is_said_in_plain_words(
    web: WebServer,
    polls: Polls,
    brave: dict[str, Any],
    status: int,
    code: str,
    health: Health,
    says: str,
) -> None:
    body = json.dumps({"error": {"code": code, "detail": f"Rejected {KEY}"}} if code else {})
    web.answers[WEB] = Reply(body.encode(), status=status)
    error = polls.fails(**brave)
    assert error.health == health
    assert says in str(error)
    assert KEY not in str(error)


def test_a_query_that_is_refused_costs_itself_and_the_next_has_its_turn(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    two = {**brave, "queries": ["bad((", "hollybrook"]}
    body = {"error": {"code": "VALIDATION", "detail": f"Cannot read\nthis, {KEY}"}}
    web.answers[WEB] = Reply(json.dumps(body).encode(), status=422)
    (flaw,) = flaws_in(polls(**two))
    assert flaw == (
        "The search at 127.0.0.1 does not take the query “bad((”: “Cannot read this, …”; "
        'change it under "queries".'
    )
    web.answers[WEB] = NOTHING
    assert polls(**two) == []
    assert _queries(web) == ["bad((", "hollybrook"]


def test_where_every_query_is_refused_the_source_needs_somebody(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    web.answers[WEB] = Reply(b'{"error": {"code": "VALIDATION", "detail": "No"}}', status=422)
    polls(**brave, queries=["one", "two"])
    assert polls.fails(**brave, queries=["one", "two"]).health == "needs you"


@pytest.mark.parametrize(
    ("headers", "health", "wait"),
    [
        ({"Retry-After": "30"}, "failing", timedelta(seconds=30)),
        (
            {
                "X-RateLimit-Limit": "1, 2000",
                "X-RateLimit-Remaining": "0, 44",
                "X-RateLimit-Reset": "1, 900000",
            },
            "failing",
            timedelta(seconds=1),
        ),
        (
            {
                "X-RateLimit-Limit": "1, 2000",
                "X-RateLimit-Remaining": "0, 0",
                "X-RateLimit-Reset": "1, 900000",
            },
            "over budget",
            timedelta(days=1),
        ),
        (
            {
                "X-RateLimit-Limit": "50, 0",
                "X-RateLimit-Remaining": "0, 0",
                "X-RateLimit-Reset": "1, 900000",
            },
            "failing",
            timedelta(seconds=1),
        ),
        ({"X-RateLimit-Limit": "a, ²", "X-RateLimit-Remaining": ","}, "failing", None),
        ({}, "failing", None),
    ],
)
def test_each_window_of_braves_limits_is_heeded(
    web: WebServer,
    polls: Polls,
    brave: dict[str, Any],
    headers: dict[str, str],
    health: Health,
    wait: timedelta | None,
) -> None:
    sent = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    web.answers[WEB] = Reply(b"{}", status=429, headers=sent)
    error = polls.fails(**brave)
    assert (error.health, error.retry_after) == (health, wait)


def test_an_answer_that_is_none_is_not_taken_for_silence(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    web.answers[WEB] = b'{"weather": "fine"}'
    assert "came back as JSON that answers no search" in str(polls.fails(**brave))


def test_mojeek_is_read_and_its_key_is_never_told(web: WebServer, polls: Polls) -> None:
    mojeek = {**BRAVE, "backend": "mojeek", "service": web.url("")}
    web.answers["/search"] = recorded("websearch", "mojeek.json")
    first, second = posts_in(polls(**mojeek))
    assert (first.text, first.url) == (
        "What Hollybrook taught us.",
        "https://blog.example/hollybrook",
    )
    assert first.published is not None
    assert second.published is None
    assert asked(web.requests[0], "since") == "20261017"
    assert asked(web.requests[0], "api_key") == KEY
    web.answers["/search"] = b'{"response": {"status": "Error: sesame-41 is over its limit"}}'
    error = polls.fails(**mojeek)
    assert "gave no results but said “Error: … is over its limit”" in str(error)
    web.answers["/search"] = b'{"response": {"status": "Invalid API key sesame-41"}}'
    error = polls.fails(**mojeek)
    assert (error.health, KEY in str(error)) == ("needs you", False)


def test_kagi_is_asked_by_post_and_read(web: WebServer, polls: Polls) -> None:
    kagi = {**BRAVE, "backend": "kagi", "service": web.url("")}
    web.answers["/api/v1/search"] = recorded("websearch", "kagi.json")
    first, second = posts_in(polls(**kagi, queries=["hollybrook"]))
    (seen,) = web.requests
    assert seen.method == "POST"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(seen.body)["query"] == "hollybrook"
    assert json.loads(seen.body)["filters"] == {"after": "2026-10-17"}
    assert (first.text, first.medium) == ("What Hollybrook taught us.", "")
    assert second.medium == "news"
    bad = {"data": None, "errors": [{"code": "general.invalid_token", "message": KEY}]}
    web.answers["/api/v1/search"] = Reply(json.dumps(bad).encode(), status=400)
    error = polls.fails(**kagi)
    assert (error.health, KEY in str(error)) == ("needs you", False)


@pytest.fixture
def searxng(web: WebServer) -> dict[str, Any]:
    return {"backend": "searxng", "service": web.url("/"), "i_have_read_the_terms": True}


def test_engines_that_a_searxng_got_nothing_from_are_named_beside_what_it_found(
    web: WebServer, polls: Polls, searxng: dict[str, Any]
) -> None:
    web.answers["/search"] = recorded("websearch", "searxng.json")
    found = polls(**searxng)
    first, second = posts_in(found)
    assert (first.text, first.medium, first.published) == ("Marks < 5 & more", "", None)
    assert second.medium == "news"
    assert flaws_in(found) == [
        "The search at 127.0.0.1: some engines gave no answer: startpage (CAPTCHA)."
    ]
    assert asked(web.requests[0], "format") == "json"


@pytest.mark.parametrize(
    ("why", "health"), [("CAPTCHA", "blocked"), ("timeout", "failing"), ("", "failing")]
)
def test_a_searxng_whose_engines_all_fell_silent_is_not_calm(
    web: WebServer, polls: Polls, searxng: dict[str, Any], why: str, health: Health
) -> None:
    rows = [["brave", "too many requests"], ["duckduckgo", why]]
    web.answers["/search"] = json.dumps({"results": [], "unresponsive_engines": rows}).encode()
    error = polls.fails(**searxng)
    assert error.health == health
    assert "brave (too many requests), duckduckgo" in str(error)


def test_a_recorded_outage_of_a_searxng_is_blocked(
    web: WebServer, polls: Polls, searxng: dict[str, Any]
) -> None:
    web.answers["/search"] = recorded("websearch", "searxng_blocked.json")
    assert polls.fails(**searxng).health == "blocked"


def test_a_searxng_that_found_nothing_is_healthy(
    web: WebServer, polls: Polls, searxng: dict[str, Any]
) -> None:
    web.answers["/search"] = b'{"results": [], "unresponsive_engines": []}'
    assert polls(**searxng) == []


@pytest.mark.parametrize(
    ("status", "says"), [(403, "add json to search.formats in the settings.yml"), (429, "limiter")]
)
def test_what_to_set_in_a_searxng_is_said(
    web: WebServer, polls: Polls, searxng: dict[str, Any], status: int, says: str
) -> None:
    web.answers["/search"] = Reply(b"<!doctype html><title>No</title>", status=status)
    assert says in str(polls.fails(**searxng))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"monthly_calls": None}, "Brave is paid by the search; say how many a month may cost"),
        ({"monthly_calls": 0}, "must be at least 1"),
        ({"monthly_calls": True}, "must be a whole number"),
        ({"key_env": None}, 'Brave wants a key; write key_env = "NAME"'),
        ({"key_env": "SPACED"}, "the key holds a space"),
        ({"backend": "google"}, "must be one of brave, mojeek, searxng, kagi"),
        ({"queries": ["x" * 401]}, "has 401 characters, and no more than 400 are read"),
        ({"queries": [" "]}, "one of the queries is blank"),
        ({"own_sites": ["https://hollybrook.example/"]}, "write a site without https:// and /"),
        ({"country": "uk"}, "write a country as two capital letters"),
        ({"freshness": "pw"}, "must be one of day, week, month"),
        ({"service": "search.example"}, "does not begin with http"),
        ({"backend": "searxng", "service": "http://search.example"}, "i_have_read_the_terms"),
        ({"backend": "searxng", "i_have_read_the_terms": True}, "address of your own SearXNG"),
        ({"i_have_read_the_terms": "yes"}, "must be true or false"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_one_line(
    change: dict[str, Any], says: str
) -> None:
    table = {"kind": "websearch", "backend": "brave", "key_env": "KEY", "monthly_calls": 900}
    table = {name: value for name, value in (table | change).items() if value is not None}
    problems = problems_with(table, KEY=KEY, SPACED="a b")
    assert len(problems) == 1
    assert says in problems[0]
    assert "a b" not in problems[0]


def test_a_service_of_ones_own_may_stand_in_for_an_engines() -> None:
    assert (
        problems_with({"kind": "websearch", **_table(), "service": "https://relay.example"}, K="k")
        == []
    )


def _table() -> dict[str, Any]:
    return {"backend": "mojeek", "key_env": "K", "monthly_calls": 10}


def test_where_no_school_listens_there_is_nothing_to_search_for(
    web: WebServer, polls: Polls, brave: dict[str, Any]
) -> None:
    polls.names = ()
    assert polls.fails(**brave).health == "needs you"
    assert polls.now == NOW
    assert not web.requests

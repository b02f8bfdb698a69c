"""Look-alike domains: whose they are, how often they are looked for, and an overloaded place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sources.base import NotModified
from sources.certs import Options
from sources.domains import registrable
from sources.parsing import Parser
from tests.asking import Polls, asked, flaws_in, polls_of, posts_in
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

OVERLOADED = b"<!DOCTYPE html><html><head><title>crt.sh | Error</title></head></html>"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def poll(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("certs", web, parser) as polls:
        yield polls


def _at(web: WebServer, **more: Any) -> dict[str, Any]:
    usual = {"terms": ("hollybrook",), "own_domains": ("hollybrook.example",)}
    return {**usual, "service": web.url(""), **more}


def _list(*names: str) -> bytes:
    rows = [{"name_value": name, "entry_timestamp": "2026-11-12T03:58:33.798"} for name in names]
    return json.dumps(rows).encode()


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("hollybrook.com", "hollybrook.com"),
        ("a.b.hollybrook.com", "hollybrook.com"),
        ("www.hollybrook.co.uk", "hollybrook.co.uk"),
        ("mail.hollybrook.org.uk", "hollybrook.org.uk"),
        ("hollybrook.uk", "hollybrook.uk"),
        ("a.hollybrook.uk", "hollybrook.uk"),
        ("www.hollybrook.northants.sch.uk", "hollybrook.northants.sch.uk"),
        ("hollybrook.com.au", "hollybrook.com.au"),
        ("x.hollybrook.github.io", "hollybrook.github.io"),
        ("co.uk", "co.uk"),
    ],
)
def test_names_are_gathered_under_what_somebody_registered(name: str, domain: str) -> None:
    assert registrable(name) == domain


def test_the_schools_own_names_are_left_out_and_those_that_only_end_like_them_are_not(
    web: WebServer, poll: Polls
) -> None:
    web.answers["/"] = _list(
        "hollybrook.example", "*.hollybrook.example", "www.hollybrook.example",
        "nothollybrook.example", "hollybrook.example.evil.example",
    )  # fmt: skip
    found = posts_in(poll(**_at(web, own_domains=("www.Hollybrook.example",))))
    assert [post.text.splitlines()[1] for post in found] == [
        "hollybrook.example.evil.example", "nothollybrook.example"
    ]  # fmt: skip


def test_other_names_of_a_certificate_and_what_is_no_name_are_passed_over(
    web: WebServer, poll: Polls
) -> None:
    web.answers["/"] = _list("shop.example", "x@hollybrook.test", "Hollybrook Ltd", "hollybrook-.a")
    assert poll(**_at(web)) == []


def test_the_link_never_leads_to_the_look_alike(web: WebServer, poll: Polls) -> None:
    web.answers["/"] = _list("hollybrook-pay.test")
    (post,) = posts_in(poll(**_at(web)))
    assert post.url == web.url("/?q=hollybrook-pay.test")


def test_a_new_certificate_for_the_same_names_changes_nothing_and_a_new_name_does(
    web: WebServer, poll: Polls
) -> None:
    posts = []
    for names in (["hollybrook-a.test"], ["hollybrook-a.test"] * 2, ["pay.hollybrook-a.test"]):
        web.answers["/"] = _list("hollybrook-a.test", *names)
        posts += posts_in(poll(**_at(web)))
        poll.later(days=7)
    assert len({post.key for post in posts}) == 1
    assert posts[0].content_key == posts[1].content_key != posts[2].content_key


def test_each_term_is_looked_for_once_a_week(web: WebServer, poll: Polls) -> None:
    web.answers["/"] = _list()
    options = _at(web, terms=("hollybrook", "stanwick"))
    poll(**options)
    assert [asked(seen, "q") for seen in web.requests] == ["%hollybrook%", "%stanwick%"]
    poll.later(days=6, hours=23)
    with pytest.raises(NotModified):
        poll(**options)
    poll.later(hours=1)
    poll(**options)
    assert len(web.requests) == 4
    assert asked(web.requests[0], "exclude") == "expired"


def test_a_clock_that_was_once_ahead_keeps_no_term_from_being_looked_for(
    web: WebServer, poll: Polls
) -> None:
    web.answers["/"] = _list()
    poll.later(days=365)
    poll(**_at(web))
    poll.later(days=-365)
    poll(**_at(web))
    assert len(web.requests) == 2


def test_a_term_that_failed_is_due_again_and_the_other_is_not(web: WebServer, poll: Polls) -> None:
    def second_fails(seen: Seen) -> Reply:
        return Reply(_list()) if "hollybrook" in seen.query else Reply(status=503)

    web.answers["/"] = second_fails
    options = _at(web, terms=("hollybrook", "stanwick"))
    assert "503" in flaws_in(poll(**options))[0]
    web.answers["/"] = _list()
    poll.later(hours=8)
    poll(**options)
    assert [asked(seen, "q") for seen in web.requests[2:]] == ["%stanwick%"]


@pytest.mark.parametrize(
    ("reply", "health", "says"),
    [
        (Reply(OVERLOADED), "failing", "when it is overloaded"),
        (Reply(b""), "failing", "when it is overloaded"),
        (Reply(b'{"error": "timeout"}'), "failing", "when it is overloaded"),
        (Reply(OVERLOADED, status=404), "failing", "when it is overloaded"),
        (Reply(OVERLOADED, status=502), "failing", "error 502"),
        (Reply(OVERLOADED, status=503), "failing", "not available"),
        (Reply(b"This user agent has been blocked", status=403), "blocked", "refuses"),
        (Reply(status=429), "failing", "less often"),
    ],
)
def test_an_overloaded_place_is_tried_three_times_a_day(
    web: WebServer, poll: Polls, reply: Reply, health: str, says: str
) -> None:
    web.answers["/"] = reply
    error = poll.fails(**_at(web, terms=("hollybrook", "stanwick")))
    assert (error.health, error.retry_after) == (health, timedelta(hours=8))
    assert says in str(error)
    assert len(web.requests) == 1


def test_a_term_that_half_the_world_bears_is_told(web: WebServer, poll: Polls) -> None:
    web.answers["/"] = _list(*(f"hollybrook{at}.test" for at in range(301)))
    found = poll(**_at(web))
    assert len(posts_in(found)) == 300
    assert "301 domains hold “hollybrook”" in flaws_in(found)[0]


def test_whose_domain_is_meant_stands_in_the_title(web: WebServer, poll: Polls) -> None:
    web.answers["/"] = _list("hollybrook-a.test")
    poll.names = ("Hollybrook Primary School", "Stanwick School")
    unclear, named = (
        posts_in(poll(**_at(web)))[0].title,
        posts_in(poll(**_at(web, about="Hollybrook Primary School", terms=("ollybrook",))))[
            0
        ].title,
    )
    assert unclear == "Web address hollybrook-a.test"
    assert named == "Web address hollybrook-a.test: Hollybrook Primary School"


@pytest.mark.parametrize(
    "wrong",
    [
        {"terms": ()}, {"terms": ("holl",)}, {"terms": ("holly brook",)}, {"terms": ("a%b%c",)},
        {"own_domains": ()}, {"own_domains": ("https://hollybrook.example/",)},
        {"own_domains": ("hollybrook",)},
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    right = {"terms": ("hollybrook",), "own_domains": ("hollybrook.example",)}
    assert Options(**right)
    with pytest.raises(ValidationError):
        Options(**{**right, **wrong})

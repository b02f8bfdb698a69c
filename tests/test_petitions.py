"""Petitions are told anew at steps; Hansard and written questions stand beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from sources.base import Flaw, Post
from sources.parsing import Parser
from sources.petitions import Options
from tests.asking import Polls, asked, flaws_in, polls_of, posts_in
from tests.kinds.petitions import HANSARD, PETITIONS, QUESTIONS
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def poll(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("petitions", web, parser) as polls:
        yield polls


def _at(web: WebServer, **more: Any) -> dict[str, Any]:
    """Options for this server alone, which reads petitions unless more is asked for."""
    base = web.url("")
    services = {"service": base, "hansard_service": base, "questions_service": base}
    return {**services, "hansard": False, "written_questions": False, **more}


def _petition(number: int = 781204, **attributes: Any) -> dict[str, Any]:
    told = {
        "action": "Save Hollybrook",
        "background": "It is to close.",
        "state": "open",
        "signature_count": 0,
        "opened_at": "2026-11-10T09:00:00.000Z",
    }
    return {"type": "petition", "id": number, "attributes": {**told, **attributes}}


def _page(*petitions: dict[str, Any], further: bool = False) -> bytes:
    links = {"next": "https://elsewhere.example/petitions.json?page=2" if further else None}
    return json.dumps({"links": links, "data": petitions}).encode()


def _signed(web: WebServer, poll: Polls, count: int) -> Post:
    web.answers[PETITIONS] = _page(_petition(signature_count=count))
    (post,) = posts_in(poll(**_at(web)))
    return post


def test_a_petition_comes_again_only_when_it_passes_a_step(web: WebServer, poll: Polls) -> None:
    told = {count: _signed(web, poll, count) for count in (9, 10, 99, 100, 1_000, 9_999, 40_000)}
    assert len({post.key for post in told.values()}) == 1
    assert told[10].content_key == told[99].content_key
    assert told[1_000].content_key == told[9_999].content_key
    assert len({post.content_key for post in told.values()}) == 5
    assert told[9].text == "It is to close."
    assert told[40_000].text.endswith("\n10,000 people or more have signed it.")
    assert told[9_999].record["signature_count"] == "9999"
    assert told[9].record["query"] == "Hollybrook Primary School"


def test_a_rejected_petition_is_told_as_such_with_the_reason_or_its_code(
    web: WebServer, poll: Polls
) -> None:
    reasons = ({"code": "libellous", "details": None}, {"code": "x", "details": "Not so."}, None)
    web.answers[PETITIONS] = _page(
        *(
            _petition(at, state="rejected", rejection=why, rejected_at="2026-11-12")
            for at, why in enumerate(reasons, 1)
        )
    )
    assert [post.text.splitlines()[1] for post in posts_in(poll(**_at(web)))] == [
        "It was rejected: libellous", "It was rejected: Not so.", "It was rejected."
    ]  # fmt: skip


@pytest.mark.parametrize("ended", ["rejected_at", "closed_at", "completed_at", "archived_at"])
def test_a_petition_that_ended_long_ago_is_left_out_and_an_old_open_one_is_not(
    web: WebServer, poll: Polls, ended: str
) -> None:
    web.answers[PETITIONS] = _page(
        _petition(1, **{ended: "2026-10-01T00:00:00Z"}),
        _petition(2, **{ended: "2026-11-01T00:00:00Z"}),
        _petition(3, opened_at="2026-01-01T00:00:00Z"),
    )
    found = posts_in(poll(**_at(web)))
    assert [post.url.rpartition("/")[2] for post in found] == ["2", "3"]


def test_pages_are_turned_at_the_place_itself_and_no_more_than_three(
    web: WebServer, poll: Polls
) -> None:
    def page(seen: Seen) -> bytes:
        return _page(_petition(int(asked(seen, "page"))), further=True)

    web.answers[PETITIONS] = page
    found = poll(**_at(web))
    assert len(posts_in(found)) == 3
    assert [asked(seen, "page") for seen in web.requests] == ["1", "2", "3"]
    assert "more petitions for “Hollybrook Primary School”" in flaws_in(found)[0]


def test_queries_have_their_turns_five_at_a_poll(web: WebServer, poll: Polls) -> None:
    web.answers[PETITIONS] = _page()
    options = _at(web, queries=tuple(f'"School {at}"' for at in range(7)))
    for _ in range(3):
        poll(**options)
    sent = [asked(seen, "q") for seen in web.requests]
    assert sent == [f"School {at}" for at in (0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4)]


def test_one_petition_that_two_queries_find_is_one(web: WebServer, poll: Polls) -> None:
    web.answers[PETITIONS] = _page(_petition())
    assert len(poll(**_at(web, queries=("Hollybrook", "Stanwick")))) == 1


def test_wales_and_scotland_are_read_where_asked_for_and_numbers_do_not_collide(
    web: WebServer, poll: Polls
) -> None:
    scottish = {**_petition(), "pe_number": "PE2024"}
    del scottish["id"]
    web.answers[PETITIONS] = web.answers["/cy/petitions.json"] = _page(_petition(7))
    web.answers["/alba/petitions.json"] = _page(scottish)
    services = {"senedd_service": web.url("/cy"), "scottish_service": web.url("/alba/")}
    assert len(poll(**_at(web, **services))) == 1
    found = posts_in(poll(**_at(web, **services, senedd=True, scottish_parliament=True)))
    assert [post.url for post in found] == [
        web.url("/petitions/7"), web.url("/cy/petitions/7"), web.url("/alba/petitions/PE2024")
    ]  # fmt: skip
    assert len({post.key for post in found}) == 3


def test_a_place_that_fails_costs_itself_alone(web: WebServer, poll: Polls) -> None:
    web.answers[PETITIONS] = _page(_petition())
    web.answers[HANSARD] = Reply(status=500)
    web.answers[QUESTIONS] = b"<html><head><title>Down</title></head></html>"
    found = poll(**_at(web, hansard=True, written_questions=True))
    assert len(posts_in(found)) == 1
    assert "error 500" in flaws_in(found)[0]
    assert "came back as a web page, not as an answer" in flaws_in(found)[1]
    assert "Down" not in flaws_in(found)[1]


def test_a_petition_without_a_number_costs_itself_and_is_told(web: WebServer, poll: Polls) -> None:
    web.answers[PETITIONS] = _page(_petition(), {"id": "../admin", "attributes": {}}, {"id": None})
    found = poll(**_at(web))
    assert len(posts_in(found)) == 1
    assert "2 of its petitions had no number" in flaws_in(found)[0]


def test_hansard_is_asked_for_the_phrase_of_the_last_30_days_and_says_what_it_holds_back(
    web: WebServer, poll: Polls
) -> None:
    web.answers[PETITIONS] = _page()
    web.answers[HANSARD] = json.dumps({"TotalContributions": 7, "Contributions": []}).encode()
    found = poll(**_at(web, hansard=True))
    sent = web.requests[-1]
    assert asked(sent, "queryParameters.searchTerm") == '"Hollybrook Primary School"'
    assert asked(sent, "queryParameters.startDate") == "2026-10-17"
    assert "gives 0 of 7 Contributions" in flaws_in(found)[0]


def _question(number: int, text: str) -> dict[str, Any]:
    return {"value": {"id": number, "questionText": text, "dateTabled": "2026-11-04", "uin": "9"}}


def test_a_question_that_the_list_cuts_short_is_fetched_whole_five_at_most(
    web: WebServer, poll: Polls
) -> None:
    numbers = range(1, 8)
    rows = [_question(0, "Short and whole.")] + [_question(at, "To ask...") for at in numbers]
    web.answers[PETITIONS] = _page()
    web.answers[QUESTIONS] = json.dumps({"results": rows}).encode()
    for at in numbers:
        whole = _question(at, "To ask whether Hollybrook closes.")
        web.answers[f"{QUESTIONS}/{at}"] = json.dumps(whole).encode()
    found = poll(**_at(web, written_questions=True))
    texts = [post.text for post in posts_in(found)]
    assert (
        texts
        == ["Short and whole."] + ["To ask whether Hollybrook closes."] * 5 + ["To ask..."] * 2
    )
    assert isinstance(found[-1], Flaw)
    assert "beginning of 2 written questions" in found[-1].detail


def test_a_question_is_the_same_one_when_it_is_answered(web: WebServer, poll: Polls) -> None:
    web.answers[PETITIONS] = _page()
    posts = []
    for answered in ("", "<p>No.</p>"):
        row = _question(5, "Whether it closes.")
        row["value"]["answerText"] = answered
        web.answers[QUESTIONS] = json.dumps({"results": [row]}).encode()
        posts += posts_in(poll(**_at(web, written_questions=True)))
    assert posts[0].key == posts[1].key
    assert [post.text for post in posts] == ["Whether it closes.", "Whether it closes.\nNo."]


def test_without_a_name_to_search_for_it_needs_a_person(web: WebServer, poll: Polls) -> None:
    poll.names = ()
    assert poll.fails(**_at(web)).health == "needs you"
    assert not web.requests


@pytest.mark.parametrize(
    "wrong", [{"queries": [" "]}, {"queries": ["x" * 151]}, {"service": "petition"}, {"senedd": 1}]
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**wrong)

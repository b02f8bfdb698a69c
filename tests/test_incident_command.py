"""`footprint incident` as a person meets it: what is open, who has it, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.feeds import COMPLAINT, PRAISE, THREAT, Item, rss
from tests.test_commands import Desk
from tests.webserver import WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

HEAD, LEAD = "head@hollybrook.example", "dsl@hollybrook.example"
ACCUSED = "Jane Ashdown at Hollybrook Primary School hit my son, and nobody does anything"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A school whose feed holds a threat, a complaint, an allegation and thanks, all read."""
    with WebServer() as server:
        made = Desk(tmp_path, server)
        made.server.answers["/gazette"] = rss(
            Item(THREAT, "1"), Item(COMPLAINT, "2"), Item(PRAISE, "3"), Item(ACCUSED, "4")
        )
        made.run("poll", "--no-send")
        yield made


def listed(desk: Desk, *arguments: str) -> list[dict[str, Any]]:
    result = desk.run("incident", "list", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return list(json.loads(result.stdout)["incidents"])


def about(desk: Desk, text: str) -> dict[str, Any]:
    """The incident of the post with these words."""
    found = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    (mention,) = [each for each in found if each["text"] == text]
    (incident,) = [each for each in listed(desk, "--all") if each["id"] == mention["incident"]]
    return incident


def refusal(desk: Desk, *arguments: str) -> str:
    result = desk.run("incident", *arguments)
    assert result.exit_code in (1, 2)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_list_says_what_is_open_and_shows_no_words_of_a_post(desk: Desk) -> None:
    result = desk.run("incident", "list")
    assert result.exit_code == 0, result.stderr
    incident = about(desk, COMPLAINT)
    assert incident["id"][:8] in result.stdout
    assert "respond" in result.stdout
    assert "gazette" in result.stdout
    for word in ("knife", "bullying of my son", "Ashdown"):
        assert word not in result.stdout
    assert [each["level"] for each in listed(desk)][-1] == "respond"
    assert incident["places"] == 1
    assert (incident["state"], incident["owner"], incident["clocks"]) == ("open", "", [])


def test_what_is_taken_noted_closed_and_reopened_is_shown_with_time_and_person(desk: Desk) -> None:
    short = about(desk, COMPLAINT)["id"][:8]
    for arguments in (
        ("take", short.upper(), "--by", "HEAD@hollybrook.example"),
        ("assign", short, LEAD, "--by", HEAD),
        ("note", short, "Rang the mother [twice]", "--by", LEAD),
        ("close", short, "We met, and she is content", "--by", LEAD),
    ):
        result = desk.run("incident", *arguments)
        assert result.exit_code == 0, result.stderr
    assert f"Incident {short} is closed (We met, and she is content) now." in result.stdout
    assert short not in desk.run("incident", "list").stdout
    assert [each["id"][:8] for each in listed(desk, "--state", "closed")] == [short]
    again = json.loads(
        desk.run("incident", "reopen", short, "It is back", "--by", HEAD, "--json").stdout
    )["incident"]
    assert (again["state"], again["owner"], again["outcome"]) == ("open", "", "")
    assert [(act["kind"], act["who"]) for act in again["acts"]] == [
        ("opened", "footprint"),
        ("taken", HEAD),
        ("assigned", HEAD),
        ("noted", LEAD),
        ("closed", LEAD),
        ("reopened", HEAD),
    ]
    shown = desk.run("incident", "show", short).stdout
    assert "Rang the mother [twice]" in shown
    assert "my son" not in shown


def test_a_note_can_start_and_stop_a_clock(desk: Desk) -> None:
    short = about(desk, COMPLAINT)["id"][:8]
    mark = ("--mark", "complaint received", "--within", "10")
    result = desk.run("incident", "note", short, "By letter", "--by", HEAD, *mark)
    assert result.exit_code == 0, result.stderr
    (clock,) = about(desk, COMPLAINT)["clocks"]
    assert (clock["name"], clock["over"]) == ("complaint", False)
    assert "a complaint is to be answered" in desk.run("incident", "show", short).stdout
    desk.run("incident", "note", short, "Sent", "--by", HEAD, "--mark", "complaint answered")
    assert about(desk, COMPLAINT)["clocks"] == []


def test_nobody_takes_or_closes_what_is_about_them_nor_is_given_it(desk: Desk) -> None:
    short = about(desk, ACCUSED)["id"][:8]
    assert "about you, or may be" in refusal(desk, "take", short, "--by", HEAD)
    assert "about you, or may be" in refusal(desk, "close", short, "No", "--by", HEAD)
    assert "somebody else" in refusal(desk, "assign", short, HEAD, "--by", LEAD)
    assert about(desk, ACCUSED)["state"] == "open"


def test_who_comes_to_the_school_later_is_barred_too(desk: Desk) -> None:
    short = about(desk, ACCUSED)["id"][:8]
    namesake = 'name = "J. Ashdown"\nemail = "deputy@hollybrook.example"\nrole = "deputy"\n'
    desk.people += f"[[schools.people]]\n{namesake}"
    said = refusal(desk, "take", short, "--by", "deputy@hollybrook.example")
    assert "about you, or may be" in said


def test_what_is_wrong_is_one_line(desk: Desk) -> None:
    short = about(desk, COMPLAINT)["id"][:8]
    assert "nobody at hollybrook has the address" in refusal(desk, "take", short, "--by", "x@y.z")
    assert "no incident begins with" in refusal(desk, "show", "zz")
    assert "no incident begins with" in refusal(desk, "show", " ")
    assert 'did you mean "closed"' in refusal(desk, "list", "--state", "clsed")
    assert "the outcome is empty" in refusal(desk, "close", short, " ", "--by", HEAD)
    assert "reopen" in refusal(desk, "reopen", short, "Why not", "--by", HEAD)
    assert "there is no mark" in refusal(desk, "note", short, "x", "--by", HEAD, "--mark", "foo")
    wrong = ("--mark", "data breach found", "--within", "3")
    assert "--within goes with" in refusal(desk, "note", short, "x", "--by", HEAD, *wrong)

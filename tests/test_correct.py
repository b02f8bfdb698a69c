"""`footprint correct` as a person meets it: what it takes, what it says, and what it refuses."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.commands.correct import who
from tests.feeds import COMPLAINT, PRAISE, THREAT, Item, rss
from tests.test_commands import Desk
from tests.webserver import WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A school whose feed holds a threat, a complaint and thanks, all read."""
    with WebServer() as server:
        made = Desk(tmp_path, server)
        made.server.answers["/gazette"] = rss(
            Item(THREAT, "1"), Item(COMPLAINT, "2"), Item(PRAISE, "3")
        )
        made.run("poll", "--no-send")
        yield made


def found(desk: Desk, text: str, *arguments: str) -> dict[str, Any]:
    """The mention with these words."""
    listed = json.loads(desk.run("mentions", "--json", *arguments).stdout)["mentions"]
    (mention,) = [each for each in listed if each["text"] == text]
    return dict(mention)


def corrections(desk: Desk, *arguments: str) -> list[dict[str, Any]]:
    """What is listed."""
    result = desk.run("correct", "--list", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return list(json.loads(result.stdout)["corrections"])


def test_a_level_is_corrected_by_the_id_that_the_list_shows(desk: Desk) -> None:
    mention = found(desk, COMPLAINT)
    short = mention["id"][:8]
    assert short in desk.run("mentions").stdout
    result = desk.run("correct", short.upper(), "--level", "watch", "--by", "J. Ashdown")
    assert result.exit_code == 0, result.stderr
    assert f"mention {short} is at watch now (it was at respond)" in result.stdout
    assert "footprint correct --undo 1" in result.stdout
    assert found(desk, COMPLAINT)["level"] == "watch"
    assert found(desk, COMPLAINT)["reasons"][0]["says"].startswith("was put at watch by J. Ashdown")


def test_a_correction_prints_json_for_scripts(desk: Desk) -> None:
    mention = found(desk, PRAISE)
    arguments = (mention["id"], "--should-have-been", "respond", "--note", "asks for the sheet")
    result = desk.run("correct", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)["correction"]
    assert made.pop("made").endswith("+00:00")
    assert made == {
        "number": 1,
        "school": "hollybrook",
        "mention": mention["id"],
        "kind": "should-have-been",
        "level": "respond",
        "note": "asks for the sheet",
        "phrases": [],
        "by": getpass.getuser(),
        "undone": None,
        "undone_by": None,
    }
    assert found(desk, PRAISE)["level"] == "respond"


def test_a_correction_is_listed_and_undone_and_stays_in_the_list(desk: Desk) -> None:
    before = found(desk, COMPLAINT)
    desk.run("correct", before["id"], "--level", "routine", "--by", "A. [bold]Bell[/bold]")
    desk.run("correct", found(desk, PRAISE)["id"], "--not-about-us")
    assert [each["number"] for each in corrections(desk)] == [2, 1]
    result = desk.run("correct", "--undo", "1", "--by", "Priya Nair")
    assert result.exit_code == 0, result.stderr
    assert f"mention {before['id'][:8]} is at respond now" in result.stdout
    assert found(desk, COMPLAINT) == before
    undone = corrections(desk, "--school", "hollybrook")[1]
    assert undone["undone_by"] == "Priya Nair"
    assert undone["undone"] is not None
    table = desk.run("correct", "--list").stdout
    assert "level: routine" in table
    assert "[bold]" in table
    again = desk.run("correct", "--undo", "1")
    assert again.exit_code == 2
    assert "correction 1 was undone on" in again.stderr
    assert "by Priya Nair already" in again.stderr


def test_undoing_prints_json_for_scripts(desk: Desk) -> None:
    desk.run("correct", found(desk, COMPLAINT)["id"], "--level", "watch")
    result = desk.run("correct", "--undo", "1", "--by", "Priya Nair", "--json")
    undone = json.loads(result.stdout)["correction"]
    assert (undone["number"], undone["undone_by"]) == (1, "Priya Nair")
    assert undone["undone"] is not None


def test_what_is_not_about_the_school_leaves_the_list_and_can_be_had_back(desk: Desk) -> None:
    before = found(desk, COMPLAINT)
    result = desk.run("correct", before["id"], "--not-about-us")
    assert "is held not to be about the school now (it was at respond)" in result.stdout
    assert COMPLAINT not in desk.run("mentions", "--json").stdout
    assert found(desk, COMPLAINT, "--not-about-us")["level"] == "routine"
    back = desk.run("correct", before["id"], "--about-us", "--nickname", "the Reach")
    assert "From now on these mean hollybrook: the Reach." in back.stdout
    assert found(desk, COMPLAINT)["level"] == "respond"


def test_it_tells_what_name_it_learnt(desk: Desk) -> None:
    text = "Hollybrook Primary School Reunion Club has done nothing about the bullying of my son"
    desk.server.answers["/gazette"] = rss(Item(text, "9"))
    desk.run("poll", "--no-send")
    result = desk.run("correct", found(desk, text)["id"], "--not-about-us")
    learnt = "From now on these are not hollybrook: Hollybrook Primary School Reunion Club."
    assert learnt in result.stdout
    other = desk.run("correct", found(desk, PRAISE)["id"], "--not-about-us")
    assert "No name of something else was found in it" in other.stdout


def test_no_correction_sends_anything(desk: Desk) -> None:
    desk.run("poll")
    before = desk.outbox()
    desk.run("correct", found(desk, PRAISE)["id"], "--should-have-been", "urgent")
    assert found(desk, PRAISE)["level"] == "urgent"
    desk.run("poll")
    assert desk.outbox() == before


def test_a_later_post_in_like_words_is_judged_as_it_was_corrected(desk: Desk) -> None:
    desk.run("correct", found(desk, PRAISE)["id"], "--level", "watch", "--by", "J. Ashdown")
    later = f"{PRAISE} once more"
    desk.server.answers["/gazette"] = rss(Item(later, "8"))
    desk.run("poll", "--no-send")
    mention = found(desk, later)
    assert mention["level"] == "watch"
    assert "in like words was put at watch by J. Ashdown" in mention["reasons"][0]["says"]


ONE = ["a", "--level", "watch"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say one thing"),
        (["a"], "say one thing"),
        (["--level", "watch"], "say one thing"),
        ([*ONE, "--about-us"], "say one thing"),
        ([*ONE, "--list"], "say one thing"),
        (["--list", "--undo", "1"], "say one thing"),
        (["a", "--list"], "say one thing"),
        (["a", "--undo", "1"], "say one thing"),
        ([*ONE, "--school", "hollybrook"], "--school goes with --list alone"),
        ([*ONE, "--nickname", "the Reach"], "--nickname goes with --about-us alone"),
        (["--undo", "1", "--note", "x"], "--note goes with a correction alone"),
        ([*ONE, "--note", "two\nlines"], "--note must be one line of at most 500 characters"),
        ([*ONE, "--by", "x" * 61], "--by must be one line of at most 60 characters"),
        (["a", "--about-us", "--nickname", "our school"], "could mean any school"),
        (["--list", "--school", "elmside"], "there is no school 'elmside'; there are: hollybrook"),
        (["zzz", "--level", "watch"], "no mention begins with 'zzz': `footprint mentions`"),
        (["%", "--level", "watch"], "no mention begins with '%'"),
        (["", "--level", "watch"], "no mention begins with ''"),
        (["--undo", "7"], "there is no correction 7: `footprint correct --list` shows them"),
    ],
)
def test_a_wrong_use_is_told_in_one_line(desk: Desk, arguments: list[str], said: str) -> None:
    result = desk.run("correct", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert corrections(desk) == []


def test_an_impossible_number_is_refused(desk: Desk) -> None:
    assert desk.run("correct", "--undo", "9" * 30).exit_code == 2


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (COMPLAINT, ["--level", "respond"], "is at respond already"),
        (COMPLAINT, ["--about-us"], "is held to be about the school already"),
        (COMPLAINT, ["--should-have-been", "respond"], "was put at respond, so nothing was missed"),
        (THREAT, ["--should-have-been", "watch"], "was put at urgent, so nothing was missed"),
    ],
)
def test_a_correction_that_changes_nothing_is_refused(
    desk: Desk, text: str, arguments: list[str], said: str
) -> None:
    result = desk.run("correct", found(desk, text)["id"], *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert corrections(desk) == []


def test_what_was_missed_is_measured_by_the_program_not_by_another_correction(desk: Desk) -> None:
    mention = found(desk, COMPLAINT)["id"]
    desk.run("correct", mention, "--level", "routine")
    result = desk.run("correct", mention, "--should-have-been", "watch")
    assert result.exit_code == 2
    assert "was put at respond" in result.stderr


def test_what_is_held_not_to_be_about_the_school_cannot_be_so_twice(desk: Desk) -> None:
    mention = found(desk, COMPLAINT)["id"]
    desk.run("correct", mention, "--not-about-us")
    result = desk.run("correct", mention, "--not-about-us")
    assert result.exit_code == 2
    assert "is held not to be about the school already" in result.stderr


def test_a_beginning_that_two_mentions_share_is_not_enough(desk: Desk) -> None:
    many = [Item(f"{PRAISE}, said guest {number}", f"g{number}") for number in range(20)]
    desk.server.answers["/gazette"] = rss(*many)
    desk.run("poll", "--no-send")
    listed = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    firsts = [mention["id"][0] for mention in listed]
    shared = max(firsts, key=firsts.count)  # 23 ids begin with one of 16 signs
    result = desk.run("correct", shared, "--level", "watch")
    assert result.exit_code == 2
    assert f"more than one mention begins with {shared!r}: give more of its id" in result.stderr


def test_before_the_first_poll_it_says_what_to_do(tmp_path: Path) -> None:
    with WebServer() as server:
        result = Desk(tmp_path, server).run("correct", "--list")
    assert result.exit_code == 1
    assert "run `footprint poll` first" in result.stderr


def test_an_empty_list_says_so(desk: Desk) -> None:
    assert desk.run("correct", "--list").stdout == "No corrections.\n"


def test_level_and_not_about_us_are_two_questions_to_the_list(desk: Desk) -> None:
    result = desk.run("mentions", "--not-about-us", "--level", "watch")
    assert result.exit_code == 2
    assert "do not go together" in result.stderr


def test_without_a_login_name_it_asks_who_is_speaking(capsys: pytest.CaptureFixture[str]) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 54321")

    assert who(" J. Ashdown ", nobody) == "J. Ashdown"
    with pytest.raises(SystemExit) as ended:
        who("", nobody)
    assert ended.value.code == 2
    said = "your login name is not known here: say who you are with --by NAME\n"
    assert capsys.readouterr().err == said

"""`footprint data` as a person meets it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor import heads
from monitor.store import audit
from monitor.store.opening import open_store
from tests.feeds import THREAT, Item, rss
from tests.test_commands import Desk
from tests.webserver import WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
HEAD = "head@hollybrook.example"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The same for tests that change nothing."""
    with WebServer() as server:
        made = Desk(tmp_path_factory.mktemp("data"), server)
        made.run("poll", "--no-send")
        yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A school whose feed holds a threat and thanks, both read; somebody has looked at them."""
    with WebServer() as server:
        made = Desk(tmp_path, server)
        made.run("poll", "--no-send")
        store = open_store(url(made))
        with store.writing() as connection:
            for day in (1, 2, 3):
                at = NOW.replace(day=day)
                audit.note(connection, at, HEAD, "mention.opened", f"m{day}", "hollybrook")
            heads.append(made.folder, {"audit": audit.head(connection, "audit")}, NOW)
        store.close()
        yield made


def url(desk: Desk) -> str:
    return f"sqlite:///{desk.folder / 'footprint.db'}"


def tamper(desk: Desk, *statements: str) -> None:
    """Change the file as somebody who has it could."""
    connection = sqlite3.connect(desk.folder / "footprint.db")
    for statement in ("DROP TRIGGER audit_unchanged", "DROP TRIGGER audit_kept", *statements):
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_the_trail_is_listed_for_people_and_for_scripts(desk: Desk) -> None:
    shown = desk.run("data", "audit", "--school", "hollybrook").stdout
    assert "mention.opened" in shown
    assert "03 Sep 2026 11:00" in shown
    result = desk.run("data", "audit", "--since", "2026-09-02", "--json")
    (newest, older) = json.loads(result.stdout)["audit"]
    assert newest == {
        "number": 3,
        "at": "2026-09-03T10:00:00+00:00",
        "who": HEAD,
        "act": "mention.opened",
        "subject": "m3",
        "school": "hollybrook",
        "details": {},
    }
    assert older["number"] == 2


def test_a_whole_trail_is_said_to_be(desk: Desk) -> None:
    result = desk.run("data", "audit", "--verify")
    assert result.exit_code == 0, result.stderr
    assert "The audit trail (3 rows) and the evidence are as they were written." in result.stdout


def test_a_changed_row_is_named_and_the_command_fails(desk: Desk) -> None:
    tamper(desk, "UPDATE audit SET who = 'nobody' WHERE number = 2")
    result = desk.run("data", "audit", "--verify")
    assert result.exit_code == 1
    assert "The audit trail: row 2 was changed." in result.stdout
    assert json.loads(desk.run("data", "audit", "--verify", "--json").stdout)["faults"]


def test_an_end_that_was_cut_off_with_its_head_is_found_by_the_file(desk: Desk) -> None:
    move = "SET number = 2, hash = (SELECT hash FROM audit WHERE number = 2)"
    tamper(
        desk,
        "DELETE FROM audit WHERE number = 3",
        f"UPDATE chain_head {move} WHERE chain = 'audit'",
    )
    result = desk.run("data", "audit", "--verify")
    assert result.exit_code == 1
    said = "row 3 is not the one that audit-heads.txt names for 15 Sep 2026"
    assert said in result.stdout


def test_a_file_of_heads_that_was_scribbled_in_is_said_to_be(desk: Desk) -> None:
    (desk.folder / heads.FILE).write_text("yesterday audit three\n", "utf-8")
    result = desk.run("data", "audit", "--verify")
    assert "a line of audit-heads.txt cannot be read" in result.stdout


def test_a_wrong_use_is_told_in_one_line(shared: Desk) -> None:
    assert "there is no school 'elm'" in shared.run("data", "audit", "--school", "elm").stderr
    assert "is not a date" in shared.run("data", "audit", "--since", "soon").stderr


def first(desk: Desk) -> dict[str, str]:
    """The threat, as it is listed."""
    listed = json.loads(desk.run("mentions", "--json", "--level", "urgent").stdout)["mentions"]
    return dict(listed[0])


def test_a_post_on_hold_is_not_erased_until_it_is_released(desk: Desk) -> None:
    threat = first(desk)
    short = threat["id"][:8]
    held = desk.run("data", "hold", short, "--for", "police", "--name", "crime 7", "--by", "J. A.")
    assert held.exit_code == 0, held.stderr
    assert f"Hold 1: mention {short} is not deleted until it is released." in held.stdout
    assert "police: crime 7" in desk.run("data", "hold", "--list").stdout
    erase = ("data", "erase", "--mention", short, "--why", "asked", "--yes")
    refused = desk.run(*erase)
    assert refused.exit_code == 1
    assert "this is on hold, 1 (police: crime 7)" in refused.stderr
    assert desk.run("data", "release", "1").exit_code == 0
    assert json.loads(desk.run("data", "hold", "--list", "--json").stdout) == {"holds": []}
    erased = desk.run(*erase, "--json")
    assert json.loads(erased.stdout) == {"erased": [threat["id"]]}
    assert threat["id"] in (desk.folder / "erasures.txt").read_text("utf-8")
    acts = json.loads(desk.run("data", "audit", "--json").stdout)["audit"]
    assert [row["act"] for row in acts[:3]] == ["data.erased", "data.released", "data.held"]


def test_what_was_erased_does_not_come_back_with_the_next_poll(desk: Desk) -> None:
    address = "https://forum.example/threads/9"
    desk.server.answers["/gazette"] = rss(Item(THREAT, "1", link=address, title="Overheard"))
    desk.run("poll", "--no-send")
    threat = first(desk)
    result = desk.run("data", "erase", "--url", f"{address}/", "--why", "asked", "--yes")
    assert result.exit_code == 0, result.stderr
    assert threat["id"] not in desk.run("mentions", "--json").stdout
    desk.server.answers["/gazette"] = rss(Item(THREAT, "99", link=address, title="Overheard"))
    desk.run("poll", "--no-send")
    assert json.loads(desk.run("mentions", "--json", "--level", "urgent").stdout)["mentions"] == []


def test_the_people_at_the_desk_are_asked_again_before_anything_is_erased(desk: Desk) -> None:
    result = desk.run("data", "erase", "--mention", first(desk)["id"], "--why", "asked")
    assert result.exit_code == 2
    assert "add --yes to erase these for good" in result.stderr
    assert first(desk)


def test_what_was_moved_is_deleted_when_its_month_is_over(desk: Desk) -> None:
    moved = desk.run("data", "moved", first(desk)["id"], "--to", "MyConcern 17", "--by", "J. A.")
    assert "was moved to MyConcern 17; here it is deleted in 30 days" in moved.stdout
    kept = desk.run("data", "retain")
    assert "No post had been kept longer than it may be." in kept.stdout
    assert json.loads(desk.run("data", "retain", "--json").stdout)["mentions"] == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hold"], "say one thing"),
        (["hold", "abc", "--list"], "say one thing"),
        (["hold", "abc", "--for", "fun", "--name", "x"], "--for must be one of police, court"),
        (["hold", "abc", "--for", "police"], "--name must be one line"),
        (["hold", "zzz", "--for", "police", "--name", "x"], "no mention begins with 'zzz'"),
        (["release", "9"], "there is no hold 9"),
        (["moved", "zzz", "--to", "x\ny"], "--to must be one line"),
        (["erase", "--why", "x"], "say one thing"),
        (["erase", "--why", "x", "--mention", "a", "--url", "b"], "say one thing"),
        (["erase", "--why", "x", "--url", ""], "say one thing"),
        (["erase", "--why", "x", "--url", "b", "--copies"], "say one thing"),
        (["erase", "--url", "https://a.example/"], "--why must be one line"),
        (["erase", "--why", "x", "--url", "https://a.example/"], "nothing from that address"),
    ],
)
def test_a_wrong_use_of_the_others_is_told_too(desk: Desk, arguments: list[str], said: str) -> None:
    result = desk.run("data", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_whoever_made_a_report_is_not_named_to_the_head_who_may_be_its_subject(desk: Desk) -> None:
    store, teacher = open_store(url(desk)), "teacher@hollybrook.example"
    with store.writing() as connection:
        audit.note(connection, NOW, teacher, "report.made", "r1", "hollybrook")
        audit.note(connection, NOW, audit.ITSELF, "report.made", "r2", "hollybrook")
    store.close()
    listed = json.loads(desk.run("data", "audit", "--json").stdout)["audit"]
    assert [row["who"] for row in listed[:2]] == ["footprint", "a member of staff"]
    assert "teacher@" not in desk.run("data", "audit").stdout

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
from tests.test_commands import Desk
from tests.webserver import WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
HEAD = "head@hollybrook.example"


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
    assert "The audit trail is as it was written (3 rows)." in result.stdout


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


def test_a_wrong_use_is_told_in_one_line(desk: Desk) -> None:
    assert "there is no school 'elm'" in desk.run("data", "audit", "--school", "elm").stderr
    assert "is not a date" in desk.run("data", "audit", "--since", "soon").stderr

"""An incident goes into the school's own safeguarding record, as a file, with its date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.settings import School
from monitor.store import audit, erasing, incidents
from monitor.store.opening import open_store
from tests.test_commands import Desk
from tests.web_cast import THREAT, deal, keep
from tests.webserver import WebServer

pytestmark = pytest.mark.slow
SCHOOL = School(id="hollybrook", name="Hollybrook Primary School")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Desk, str]]:
    with WebServer() as server:
        made = Desk(tmp_path, server)
        store = open_store(url(made))
        keep(store, THREAT)
        name = deal(store, THREAT, school=SCHOOL)
        store.close()
        yield made, name


def url(desk: Desk) -> str:
    return f"sqlite:///{desk.folder / 'footprint.db'}"


def test_the_form_is_written_and_then_the_day_on_which_it_was_moved(
    desk: tuple[Desk, str],
) -> None:
    made, name = desk
    file = made.folder / "form.pdf"
    written = made.run("incident", "handover", name, "--to", "cpoms", "--out", str(file))
    assert written.exit_code == 0, written.stderr
    assert file.read_bytes().startswith(b"%PDF-")
    assert file.stat().st_mode & 0o077 == 0
    assert "Put it into CPOMS" in written.stderr
    words = ("--to", "cpoms", "--reference", "C-1042", "--by", "dsl@hollybrook.example")
    moved = made.run("incident", "handover", name, *words, "--json")
    assert json.loads(moved.stdout)["posts"] == 1
    store = open_store(url(made))
    with store.reading() as connection:
        (act,) = [one for one in incidents.acts_of(connection, [name]) if one.kind == "noted"]
        trail = {row.act for row in audit.listed(connection)}
        late = act.at + timedelta(days=31)
        assert erasing.overdue(connection, "hollybrook", SCHOOL.keep, late) == ()  # still open
    with store.writing() as connection:
        incidents.close(connection, name, "dsl@hollybrook.example", act.at, "dealt with")
        assert erasing.overdue(connection, "hollybrook", SCHOOL.keep, late) == (THREAT.id,)
    store.close()
    assert (act.who, act.facts) == (
        "dsl@hollybrook.example",
        {"moved_to": "CPOMS", "reference": "C-1042"},
    )
    assert {"incident.form_written", "data.moved", "incident.noted"} <= trail


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "cpom", "--reference", "x"),
        ("--to", "paper"),
        ("--to", "paper", "--reference", "a\nb"),
    ],
)
def test_a_wrong_use_is_told_in_one_line(desk: tuple[Desk, str], words: tuple[str, ...]) -> None:
    made, name = desk
    result = made.run("incident", "handover", name, *words)
    assert (result.exit_code, len(result.stderr.strip().splitlines())) == (2, 1)

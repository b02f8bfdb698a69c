"""`footprint people`: lists of joiners and leavers, and the ways in for who is shut out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.commands import app
from monitor.config import load
from monitor.school_settings import Person
from monitor.staff_list import ListError, changes, people_in
from monitor.store import accounts, audit
from monitor.store.opening import open_store
from tests.web_cast import HEAD, KEYS, NOW, sign_in

SETTINGS = """# our own words
[[schools]]
id = "hollybrook"
name = "Hollybrook Primary School"

# who hears
[[schools.people]]
name = "Jane Ashdown"   # the head
email = "Head@hollybrook.example"
role = "headteacher"
quiet_hours = "20:00-07:00"

[[schools.people]]
name = "Ravi Osei"
email = "dsl@hollybrook.example"
role = "dsl"

[schools.hours]
escalate_minutes = 20
"""
LIST = (
    "name,email,role\nJane Ashdown,head@hollybrook.example,headteacher\n"
    '"Amina Yusuf",new@hollybrook.example,dsl; deputy\n'
)


def _run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        app("people"), ["people", *words, "--config", f"{folder}/config.toml"]
    )
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(SETTINGS)
    (tmp_path / "list.csv").write_text(LIST)
    open_store(f"sqlite:///{tmp_path}/footprint.db").close()
    return tmp_path


def _import(folder: Path, *more: str) -> tuple[int, str]:
    return _run(folder, "import", f"{folder}/list.csv", "--school", "hollybrook", *more)


def test_a_list_says_who_joins_and_leaves_and_keeps_comments_and_choices(folder: Path) -> None:
    status, said = _import(folder)
    assert status == 0
    assert "Joiners: 1" in said
    assert "Amina Yusuf <new@hollybrook.example>, dsl, deputy" in said
    assert "Leavers: 1\n  Ravi Osei <dsl@hollybrook.example>, dsl" in said
    text = (folder / "config.toml").read_text()
    assert "# our own words" in text
    assert "# the head" in text
    assert 'quiet_hours = "20:00-07:00"' in text
    (school,) = load(folder / "config.toml", {}).schools
    assert {(one.email, one.roles) for one in school.people} == {
        ("Head@hollybrook.example", ("headteacher",)),
        ("new@hollybrook.example", ("dsl", "deputy")),
    }
    assert school.hours.escalate_minutes == 20


def test_a_dry_run_changes_nothing_and_says_the_same(folder: Path) -> None:
    status, said = _import(folder, "--dry-run", "--json")
    assert (status, json.loads(said)["leavers"]) == (0, ["Ravi Osei <dsl@hollybrook.example>, dsl"])
    assert (folder / "config.toml").read_text() == SETTINGS


def test_a_leaver_is_signed_out_and_their_second_step_is_gone(folder: Path) -> None:
    lead = HEAD.model_copy(update={"email": "dsl@hollybrook.example"})
    store = open_store(f"sqlite:///{folder}/footprint.db")
    sign_in(store, lead, "x")
    with store.writing() as connection:
        made = accounts.Factor(lead.email, KEYS.seal("y"), NOW, 0)
        accounts.set_factor(connection, made, ["z"])
    _import(folder)
    with store.reading() as connection:
        assert accounts.known(connection) == frozenset()
        assert accounts.recovery_left(connection, lead.email) == 0
        acts = [(row.act, row.details) for row in audit.listed(connection)]
    assert ("people.imported", {"joiners": 1, "leavers": 1}) in acts
    store.close()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "a first line with name,email,role"),
        (b"name,mail\nx,y\n", "a first line with name,email,role"),
        (b"name,email,role\n", "a line a person"),
        (b"\xff\xfe\x00", "no CSV in UTF-8"),
        (b"name,email,role\n=cmd|' /C calc'!A0,a@b.example,staff\n", "line 2: the name"),
        (b"name,email,role\n@SUM(A1),a@b.example,staff\n", "line 2: the name"),
        (b"name,email,role\nA B,a@b.example,king\n", "line 2: role"),
        (b"name,email,role\nA B,a@b.example,\n", "line 2: role"),
        (b"name,email,role\nA B,not an address,staff\n", "line 2: email"),
        (b"name,email,role\nA B,a@b.example,staff\nC D,A@B.example,staff\n", "twice"),
        ("name,email,role\nA\u202eB,a@b.example,staff\n".encode(), "line 2: the name"),
        (b"name,email,role\nA\x00B,a@b.example,staff\n", "line 2: the name"),
        (b'name,email,role\n"A B\nrole = ""it""",a@b.example,staff\n', "the name"),
        (b"name,email,role\n" + b"x" * 300 + b",a@b.example,staff\n", "line 2: the name"),
        (b"name,email,role\n" + b"A B,a@b.example,staff\n" * 2001, "more than 2000 lines"),
        (b"x" * (1024 * 1024 + 1), "longer than 1 MB"),
    ],
)
def test_a_hostile_list_is_refused_whole(folder: Path, content: bytes, why: str) -> None:
    (folder / "list.csv").write_bytes(content)
    status, said = _import(folder)
    assert status == 1
    assert why in said
    assert "nothing was changed" in said
    assert (folder / "config.toml").read_text() == SETTINGS


def test_a_list_that_would_spoil_the_settings_is_put_back(folder: Path) -> None:
    spoilt = SETTINGS.replace("Hollybrook Primary School", "Amina Yusuf")
    (folder / "config.toml").write_text(spoilt)
    status, said = _import(folder)
    assert status == 1
    assert "the settings would not be right" in said
    assert (folder / "config.toml").read_text() == spoilt


def test_letters_case_makes_no_leaver() -> None:
    same = HEAD.model_copy(update={"email": HEAD.email.upper()})
    made = changes((HEAD,), (same,))
    assert (made.joiners, made.changed, made.leavers) == ((), (), ())


def test_a_link_for_who_gets_no_mail_and_none_for_strangers(folder: Path) -> None:
    status, said = _run(folder, "link", "head@hollybrook.example")
    assert status == 0
    assert "http://127.0.0.1:8000/signin/link/" in said
    status, said = _run(folder, "link", "nobody@hollybrook.example")
    assert (status, "nobody under [[schools.people]]" in said) == (2, True)


def test_a_reset_takes_the_second_step_away(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder}/footprint.db")
    email = "head@hollybrook.example"
    with store.writing() as connection:
        accounts.set_factor(connection, accounts.Factor(email, b"x", NOW, 0), ["z"])
    assert _run(folder, "reset", email)[0] == 0
    with store.reading() as connection:
        assert accounts.factor(connection, email) is None
    store.close()


def test_people_of_a_list_are_as_those_of_the_settings() -> None:
    (head, other) = people_in(LIST.encode("utf-8-sig"))
    assert head == Person(
        name="Jane Ashdown", email="head@hollybrook.example", roles=("headteacher",)
    )
    assert other.roles == ("dsl", "deputy")
    with pytest.raises(ListError):
        people_in(b"name;email;role\nA;b@c.example;staff\n")

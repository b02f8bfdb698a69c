"""`footprint presence`, as a member of staff meets it on a machine of their own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from monitor.commands import app
from monitor.presence.record import KINDS, Finding
from monitor.presence.steps import NOT_SET, checklist, steps_for
from tests.webserver import WebServer

pytestmark = pytest.mark.slow

PHRASE = "four blue herons walking"
SEARCH = "/res/v1/web/search"
NAME = "Zebedina Quillfeather"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        rows = [
            {
                "url": "https://gazette.example/choir",
                "title": "Choir \x1b[31mwins",
                "description": f"{NAME} of Hollybrook Primary School",
            },
            {
                "url": "https://x.com/angry/status/9",
                "title": "angry on X",
                "description": f"{NAME} at Hollybrook Primary School is a vile cow",
            },
        ]
        answer = json.dumps({"type": "search", "web": {"results": rows}}).encode()
        server.answers[SEARCH] = answer
        yield server


class Person:
    """Somebody at a terminal, in a folder of their own."""

    def __init__(self, folder: Path, web: WebServer) -> None:
        self.folder = folder
        (folder / "key").write_text("sesame-41")
        (folder / "key").chmod(0o600)
        (folder / "config.toml").write_text(
            f"""[http]
private_hosts_allowed = ["{web.host}"]
private_spacing_seconds = 0
[[sources]]
id = "web"
kind = "websearch"
backend = "brave"
service = "{web.url("")}"
key_file = "key"
monthly_calls = 900
[[schools]]
id = "hollybrook"
name = "Hollybrook Primary School"
places = ["Stanwick"]
[[schools.staff]]
name = "Ann Marlow"
"""
        )

    def __call__(self, *arguments: str, typed: str = f"{PHRASE}\n") -> Result:
        verb, *rest = arguments
        where = ["--database", str(self.folder / "presence.db")]
        if verb in ("enrol", "run"):
            where += ["--config", str(self.folder / "config.toml")]
        return CliRunner().invoke(app("presence"), ["presence", verb, *where, *rest], input=typed)

    def enrolled(self, *more: str, **typed: str) -> Result:
        """The command with the name and the agreement."""
        return self("enrol", "--name", NAME, "--i-agree", *more, **typed)

    def json(self, *arguments: str) -> dict[str, Any]:
        """What the command prints for programs."""
        found: dict[str, Any] = json.loads(self(*arguments, "--json").stdout)
        return found

    @property
    def bytes(self) -> bytes:
        """Everything in the folder but the configuration."""
        files = sorted(path for path in self.folder.glob("presence*") if path.is_file())
        return b"".join(path.read_bytes() for path in files)


@pytest.fixture
def person(tmp_path: Path, web: WebServer) -> Person:
    return Person(tmp_path, web)


def test_a_person_enrols_looks_reads_marks_and_withdraws(person: Person) -> None:
    enrolled = person.enrolled("--also", f"Zeb {NAME.split()[1]}")
    assert enrolled.exit_code == 0, enrolled.stderr
    path = person.folder / "presence.db"
    assert path.stat().st_mode & 0o777 == 0o600
    found = person.json("run")["findings"]
    assert [(one["kind"], one["grade"], one["new"]) for one in found] == [
        ("abuse", "likely", True),
        ("mention", "likely", True),
    ]
    shown = person("show").stdout
    assert shown.index("vile cow") < shown.index("Choir")
    assert "0344 381 4772" in shown
    assert "Report it to X" in shown
    assert "\x1b" not in shown
    marked = person("show", "--mark", f"{found[0]['id']}=dealt-with")
    assert "[dealt with]" in marked.stdout
    again = person.json("run")["findings"]
    assert [(one["mark"], one["new"]) for one in again] == [("dealt with", False), ("", False)]
    assert person("withdraw", "--yes", typed="").exit_code == 0
    assert person.bytes == b""
    assert "is not there yet" in person("show").stderr


def test_the_files_tell_nothing_of_who_looked_for_what(person: Person) -> None:
    person.enrolled("--handle", "@zeb_quill_9", "--email", "zeb@letters.example")
    person("run")
    person("show", "--mark", "0=me")
    held = person.bytes
    for word in (
        NAME,
        "Zebedina",
        "zeb_quill",
        "zeb@letters",
        "gazette.example",
        "Hollybrook",
        PHRASE,
    ):
        assert word.encode() not in held
    with closing(sqlite3.connect(person.folder / "presence.db")) as file:
        assert file.execute("SELECT count(*) FROM site").fetchone() == (0,)


def test_without_the_passphrase_nothing_opens_and_the_way_on_is_said(person: Person) -> None:
    person.enrolled()
    for verb in ("run", "show"):
        result = person(verb, typed="some other words\n")
        assert result.exit_code == 2
        assert "does not open with this passphrase" in result.stderr
        assert "withdraw" in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_one_person_to_a_file(person: Person) -> None:
    person.enrolled()
    other = person("enrol", "--name", "Peter Parent", "--i-agree")
    assert other.exit_code == 2
    assert "somebody else" in other.stderr


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--also", "Ann Marlow"), "somebody else at the school"),
        (("--also", "Peter Parent"), "shares neither"),
        (("--handle", "no good"), "is not a user name"),
        (("--email", "nowhere"), "is not an e-mail address"),
    ],
)
def test_nobody_else_can_be_looked_for(person: Person, options: tuple[str, ...], why: str) -> None:
    result = person.enrolled(*options)
    assert result.exit_code == 2
    assert why in result.stderr
    assert person.bytes == b""


def test_what_is_looked_for_can_be_changed_three_times_a_year(person: Person) -> None:
    for number in range(4):
        assert person.enrolled("--handle", f"@zebq_{number}").exit_code == 0
    result = person.enrolled("--handle", "@zebq_9")
    assert result.exit_code == 2
    assert "was changed 3 times within a year" in result.stderr


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("short", "12 characters or more"),
        ("aaaaaaaaaaaaaaaa", "repeats a few characters"),
        ("zebedina-quillfeather1", "must not hold your name"),
    ],
)
def test_a_weak_passphrase_is_refused_before_anything_is_kept(
    person: Person, phrase: str, why: str
) -> None:
    result = person.enrolled(typed=f"{phrase}\n")
    assert (result.exit_code, why in result.stderr) == (2, True)
    assert person.bytes == b""


def test_who_does_not_agree_keeps_nothing_and_the_wording_is_kept_with_its_day(
    person: Person,
) -> None:
    refused = person("enrol", "--name", NAME, typed="n\n")
    assert refused.exit_code == 1
    assert "for nobody else" in refused.stderr
    assert person.bytes == b""
    person.enrolled()
    agreement = person.json("show")["agreement"]
    assert agreement["wording"] in refused.stderr
    assert agreement["at"].startswith("20")


def test_the_searches_are_counted_among_the_months(person: Person, web: WebServer) -> None:
    text = (person.folder / "config.toml").read_text()
    (person.folder / "config.toml").write_text(text.replace("= 900", "= 5"))
    person.enrolled()
    first = person("run")
    assert (first.exit_code, len(web.requests)) == (1, 5)
    assert "Could not look, so nothing is known: Brave" in first.stdout
    person("run")
    assert len(web.requests) == 5


def test_the_lesson_fills_in_the_persons_own_words(person: Person) -> None:
    person.enrolled("--handle", "@zebq_1")
    lesson = person("show", "--lesson").stdout
    assert f'"{NAME}" "Hollybrook Primary School"' in lesson
    assert '"@zebq_1"' in lesson
    assert "private window" in lesson


def test_ticks_of_the_checklist_are_kept_in_the_box(person: Person) -> None:
    person.enrolled()
    shown = person("show", "--tick", "set-facebook").stdout
    assert "[x] Facebook" in shown
    assert "[ ] TikTok" in shown
    assert "[x] Facebook" in person("show", "--checklist").stdout
    assert "no line nonsense" in person("show", "--tick", "nonsense").stderr


def test_each_sort_of_finding_has_a_step_and_each_line_an_id_of_its_own(person: Person) -> None:
    person.enrolled()
    person("run")
    lines = [line.id for part in checklist({}) for line in part.lines]
    assert len(lines) == len(set(lines))
    found = Finding.model_validate(
        {
            key: value
            for key, value in person.json("show")["findings"][0].items()
            if key not in ("new", "steps")
        }
    )
    for kind in KINDS:
        assert steps_for(found.model_copy(update={"kind": kind}))


def test_what_the_schools_policy_says_stands_in_the_checklist_and_else_that_it_is_not_known() -> (
    None
):
    said = [
        line.says for part in checklist({"friends_with_parents": "never"}) for line in part.lines
    ]
    assert "Parents among your friends: never." in said
    assert f"Former pupils among your friends: {NOT_SET}." in said

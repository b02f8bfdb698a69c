"""`footprint test-words` as an office manager meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from monitor.commands import app
from monitor.store import mentions
from monitor.store.mentions import Mention
from monitor.store.opening import open_store

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

SCHOOL = """[[schools]]
id = "hollybrook"
name = "Hollybrook Primary School"
aliases = ["Hollybrook Primary"]
places = ["Stanwick"]
exclude = ["Hollybrook Arms"]
[[schools.staff]]
name = "Jane Ashdown"
[[schools.people]]
name = "Priya Nair"
email = "dsl@hollybrook.example"
role = "dsl"
"""
ELMSIDE = '[[schools]]\nid = "elmside"\nname = "Elmside Academy"\n'
FAIR = "Thank you to the teachers at Hollybrook Primary School, a wonderful fair"
BROOK = "The teachers and pupils of The Brook are lovely, thank you all so much"
WEXCOMBE = "Pupils of Hollybrook Primary Wexcombe sang for the mayor and the teachers were proud"
ARMS = "Quiz night and a pint at the Hollybrook Arms"
CHIPS = "Fish and chips tonight"
TEXTS = (FAIR, BROOK, WEXCOMBE, ARMS, CHIPS)
NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)


class Office:
    """A folder with a configuration, posts, and the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config, self.width = folder, SCHOOL, 400

    def run(self, *options: str, stdin: bytes | None = None) -> Result:
        """Try names with this configuration."""
        path = self.folder / "config.toml"
        path.write_text(self.config, "utf-8")
        runner = CliRunner(env={"COLUMNS": str(self.width)})
        return runner.invoke(
            app("test_words"), ["test-words", "--config", str(path), *options], input=stdin
        )

    def json(self, *options: str) -> dict[str, Any]:
        """What scripts are told."""
        result = self.run("--json", *options)
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def file(self, *lines: str, name: str = "posts.txt") -> str:
        """A file with these lines."""
        path = self.folder / name
        path.write_text("\n".join(lines), "utf-8")
        return str(path)

    def store(self, *texts: str, school: str = "hollybrook") -> None:
        """Store mentions, each newer than the one before."""
        with closing(open_store(f"sqlite:///{self.folder / 'footprint.db'}")) as store:
            with store.writing() as connection:
                found = [_mention(number, text, school) for number, text in enumerate(texts)]
                mentions.add(connection, found)


def _mention(number: int, text: str, school: str) -> Mention:
    return Mention(
        id=f"{school}{number}", school=school, source="gazette", entry_key=f"k{number}",
        story="", same_as=None, url="", title="", text=text, author="", published=None,
        seen_at=NOW + timedelta(minutes=number), revision=1, relevant=True, confidence=0.9,
        level="routine", highest="routine", tier=None, sentiment="neutral", compound=0.0,
        language="en", categories=(), reasons=(), incident=None,
    )  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_plain_text_is_one_post_a_line(office: Office) -> None:
    found = office.json("--file", office.file(FAIR, "", WEXCOMBE, ARMS, CHIPS))
    assert found["school"] == "hollybrook"
    assert found["from"] == "from posts.txt"
    assert (found["tried"], found["caught"], found["unsure"]) == (4, 2, 1)
    assert ids(found["slip_in"]) == ["line 3"]
    assert ids(found["left_out"]) == ["line 4"]
    assert found["left_out"][0]["text"] == ARMS


def test_the_json_has_its_keys(office: Office) -> None:
    found = office.json("--file", office.file(FAIR))
    assert set(found) == {
        "school", "from", "tried", "caught", "unsure", "gained", "lost", "names", "slip_in",
        "left_out", "advice",
    }  # fmt: skip
    name, alias = found["names"]
    assert set(name) == {"kind", "name", "caught", "only", "unsure", "examples"}
    assert (name["kind"], name["caught"], alias["caught"]) == ("name", 1, 0)
    (example,) = name["examples"]
    assert set(example) == {"id", "source", "text", "names", "confidence", "why"}


def test_posts_in_the_form_of_judge_are_read(office: Office) -> None:
    lines = [
        json.dumps({"id": "a", "title": "Fair", "text": FAIR, "profile": "elsewhere"}),
        json.dumps({"id": "b", "text": CHIPS, "profile": "hollybrook", "source": "forum"}),
    ]
    found = office.json("--file", office.file(*lines, name="posts.jsonl"))
    assert (found["tried"], found["caught"]) == (2, 1)
    assert found["names"][0]["examples"][0]["id"] == "a"
    assert found["names"][0]["examples"][0]["text"] == f"Fair\n{FAIR}"


def test_a_bad_line_is_named_and_the_others_are_tried(office: Office) -> None:
    lines = office.file(json.dumps({"id": "a", "text": FAIR}), "nonsense", '{"id": "b"}')
    result = office.run("--file", lines, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["tried"] == 1
    assert [line[:7] for line in result.stderr.splitlines()] == ["line 2:", "line 3:"]


def test_names_are_tried_without_being_saved(office: Office) -> None:
    file = office.file(*TEXTS)
    options = ["--alias", "The Brook", "--exclude", "Hollybrook Primary Wexcombe"]
    found = office.json("--file", file, *options)
    assert found["gained"] == ["line 2"]
    assert found["lost"] == ["line 3"]
    shown = office.run("--file", file, *options).stdout
    assert "Against the names set up now: 1 post more, 1 fewer." in shown
    assert "Nothing has been saved." in shown
    assert 'aliases = ["Hollybrook Primary", "The Brook"]\n' in shown
    assert 'exclude = ["Hollybrook Arms", "Hollybrook Primary Wexcombe"]\n' in shown
    assert (office.folder / "config.toml").read_text("utf-8") == SCHOOL
    assert office.json("--file", file)["gained"] == []


def test_only_puts_what_is_given_in_the_place_of_its_own_kind(office: Office) -> None:
    found = office.json("--file", office.file(FAIR, ARMS), "--only", "--alias", "The Brook")
    assert [name["name"] for name in found["names"]] == ["Hollybrook Primary School", "The Brook"]
    assert ids(found["left_out"]) == ["line 2"]


@pytest.mark.parametrize(
    ("option", "word", "text"),
    [
        ("--handle", "@hbps", "well done @hbps, what a lovely assembly for the parents"),
        ("--hashtag", "#hollystars", "what a lovely assembly for the parents #hollystars"),
        ("--alias", "The Brook", BROOK),
    ],
)
def test_every_kind_of_name_can_be_tried(office: Office, option: str, word: str, text: str) -> None:
    found = office.json("--file", office.file(text), option, word)
    assert found["gained"] == ["line 1"]
    assert [name["only"] for name in found["names"] if name["name"] == word] == [1]


def test_a_place_that_is_tried_settles_a_doubt(office: Office) -> None:
    text = f"{WEXCOMBE} of Haxley"
    assert office.json("--file", office.file(text))["unsure"] == 1
    assert office.json("--file", office.file(text), "--place", "Haxley")["unsure"] == 0


@pytest.mark.parametrize(
    ("option", "word", "said"),
    [
        ("--alias", "Jane Ashdown", "--alias is the name of somebody at the school"),
        ("--alias", "Mrs Ashdown", "--alias is the name of somebody at the school"),
        ("--handle", "@priyanair", "--handle is the name of somebody at the school"),
        ("--alias", " ", "--alias must not be blank"),
        ("--place", "a\x1b[31mb", "--place must be one line without control characters"),
    ],
)
def test_what_the_configuration_would_refuse_is_not_tried(
    office: Office, option: str, word: str, said: str
) -> None:
    result = office.run("--file", office.file(FAIR), option, word)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1


def test_stored_posts_of_the_school_are_tried_newest_first(office: Office) -> None:
    office.store(FAIR, WEXCOMBE, ARMS)
    office.store(FAIR, school="elmside")
    found = office.json()
    assert found["tried"] == 3
    assert found["from"].startswith("stored")
    examples = found["names"][1]["examples"]
    assert [(row["id"], row["source"]) for row in examples] == [("hollybrook1", "gazette")]
    assert ids(found["left_out"]) == ["hollybrook2"]


def test_no_more_than_the_newest_five_hundred_are_tried(office: Office) -> None:
    office.store(FAIR, *([CHIPS] * 500))
    found = office.json()
    assert (found["tried"], found["caught"]) == (500, 0)


def test_a_school_without_posts_is_told_what_to_do(office: Office) -> None:
    never = office.run()
    office.store(FAIR, school="elmside")
    for result in (never, office.run()):
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.count("\n") == 1
        assert "no posts are stored for hollybrook yet" in result.stderr
        assert "--file" in result.stderr


def test_people_read_what_each_name_catches(office: Office) -> None:
    shown = office.run("--file", office.file(*TEXTS, FAIR)).stdout
    assert shown.startswith("Hollybrook Primary School: 6 posts tried (from posts.txt).\n")
    assert "3 caught, 1 of them unsure; 1 left out though a name stands in them; 2 without" in shown
    assert "name “Hollybrook Primary School”: catches 2 posts, 0 by it alone, 0 unsure" in shown
    assert "alias “Hollybrook Primary”: catches 1 post, 1 by it alone, 1 unsure" in shown
    assert "line 1: Thank you to the teachers at Hollybrook Primary School, a" in shown
    slips = shown.split("Would slip in")[1].split("Left out")[0]
    assert "goes on as “Hollybrook Primary Wexcombe”, which may be another place" in slips
    left = shown.split("Left out")[1]
    assert "line 4: Quiz night and a pint at the Hollybrook Arms" in left
    assert "names only what is listed as another place or thing" in left
    assert "If “Hollybrook Primary Wexcombe” is not yours, put it in exclude (1 post)." in shown
    assert "Nothing has been saved" not in shown


def test_three_examples_and_ten_of_a_list_are_shown_and_the_rest_counted(office: Office) -> None:
    shown = office.run("--file", office.file(*[FAIR] * 4, *[ARMS] * 12)).stdout
    assert shown.count("a wonderful fair") == 3
    assert shown.count("Quiz night") == 10
    assert "and 2 more; --json lists all of them" in shown


def test_a_name_that_catches_nothing_says_so(office: Office) -> None:
    shown = office.run("--file", office.file(CHIPS), "--alias", "HPS").stdout
    assert "alias “HPS”: catches nothing here" in shown
    assert "“HPS” - initials that mean other things too" in shown
    assert "Would slip in: caught, but may be something else (0 posts)" in shown


def test_one_of_several_schools_has_to_be_named(office: Office) -> None:
    office.config += ELMSIDE
    file = office.file(FAIR, "Elmside Academy is lovely, thank you to all the teachers")
    unnamed = office.run("--file", file)
    assert unnamed.exit_code == 2
    assert unnamed.stderr == "say with --school which one; there are: hollybrook, elmside\n"
    unknown = office.run("--file", file, "--school", "elmsid")
    assert unknown.exit_code == 2
    assert unknown.stderr == "there is no school 'elmsid'; there are: hollybrook, elmside\n"
    assert office.json("--file", file, "--school", "elmside")["caught"] == 1


def test_the_other_schools_names_are_heeded(office: Office) -> None:
    file = office.file("Parents of Hollybrook Primary School Larkford are proud of the pupils")
    assert office.json("--file", file)["caught"] == 1
    office.config += '[[schools]]\nid = "larkford"\nname = "Hollybrook Primary School Larkford"\n'
    assert office.json("--file", file, "--school", "hollybrook")["caught"] == 0
    assert office.json("--file", file, "--school", "larkford")["caught"] == 1


def test_a_configuration_without_schools_is_told_so(office: Office) -> None:
    office.config = '[http]\ncontact = "office@hollybrook.example"\n'
    result = office.run("--file", office.file(FAIR))
    assert result.exit_code == 2
    assert "add [[schools]]" in result.stderr


def test_names_may_come_from_a_file_of_schools(office: Office) -> None:
    schools = [{"id": "brook", "name": "The Brook School", "aliases": ["The Brook"]}]
    profiles = office.file(json.dumps(schools), name="profiles.json")
    arguments = ["test-words", "--profiles", profiles, "--file", office.file(BROOK), "--json"]
    result = CliRunner().invoke(app("test_words"), arguments)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["school"], found["caught"]) == ("brook", 1)


def test_a_dash_reads_standard_input(office: Office) -> None:
    result = office.run("--file", "-", "--json", stdin=f"{FAIR}\n".encode())
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["from"] == "from standard input"


@pytest.mark.parametrize(
    ("body", "said"), [(None, "cannot be read: No such file"), (b"\n \n", "holds no posts")]
)
def test_a_file_without_posts_is_one_clear_line(
    office: Office, body: bytes | None, said: str
) -> None:
    path = office.folder / "posts.txt"
    if body is not None:
        path.write_bytes(body)
    result = office.run("--file", str(path))
    assert result.exit_code == (2 if body is None else 1)
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_saved_by_windows_is_read(office: Office) -> None:
    path = office.folder / "posts.txt"
    path.write_bytes(f"{FAIR} “{ARMS}”\r\n{CHIPS}\r\n".encode("cp1252"))
    found = office.json("--file", str(path))
    assert found["tried"] == 2
    assert found["names"][0]["examples"][0]["text"].endswith(f"“{ARMS}”")


def test_foreign_text_is_never_markup_and_never_acts_on_the_terminal(office: Office) -> None:
    named = "Hollybrook Primary Wex\u202ecombe [link=https://e.example]\u2066x\x07"
    rude = f"[bold]\x1b[31m\u202e\x9b[/red] Pupils of {named} sang and the teachers were proud"
    line = json.dumps({"id": "[/bold]\x1b[2J\u202e\ud800", "text": f"\ud800{rude}"})
    bad = json.dumps({"id": "b", "text": "x", "labels": "\x1b[31m"})
    file = office.file(line, bad, name="po[red]sts.jsonl")
    result = office.run("--file", file, "--alias", "[/red]Brook")
    assert result.exit_code == 1
    for typed in (
        "[/red] Pupils",
        "[link=https",
        "as “Hollybrook Primary Wexcombe”",
        "[/bold]",
        "po[red]sts.jsonl",
        "[/red]Brook",
    ):
        assert typed in result.stdout, typed
    for sign in "\x1b\x9b\x07\u202e\u2066":
        assert sign not in result.stdout + result.stderr, repr(sign)
    found = office.run("--json", "--file", file)
    assert json.loads(found.stdout)["slip_in"][0]["text"].startswith("?[bold]")


def test_everything_fits_a_narrow_terminal(office: Office) -> None:
    office.width = 60
    shown = office.run("--file", office.file(*TEXTS)).stdout
    assert max(cell_len(row) for row in shown.splitlines()) <= 60
    assert "  - line 3: Pupils of Hollybrook Primary Wexcombe sang" in shown


def test_a_database_that_is_damaged_is_one_clear_line(office: Office) -> None:
    (office.folder / "footprint.db").write_bytes(b"not a database at all" * 500)
    result = office.run()
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "damaged" in result.stderr


def test_the_command_is_written_with_a_hyphen() -> None:
    start = [sys.executable, "-c", "from monitor.commands import main; main()", "test-words"]
    done = subprocess.run([*start, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "--exclude" in done.stdout


def test_what_is_to_be_copied_is_one_line_however_narrow_the_terminal(office: Office) -> None:
    office.width = 60
    names = [f"Hollybrook Number {number}" for number in range(9)]
    options = [word for name in names for word in ("--exclude", name)]
    shown = office.run("--file", office.file(FAIR), *options).stdout
    assert f"exclude = {json.dumps(['Hollybrook Arms', *names])}" in shown.splitlines()

"""`footprint init`: the first configuration, from the register or from answers."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import sources
from monitor.commands import app
from monitor.config import load, run_problems
from monitor.judge import Judge
from monitor.judge.terms import Words
from monitor.settings import Settings
from monitor.setup.checklist import TASKS
from monitor.setup.facts import School, Start, host_of, tidy
from monitor.setup.gias import look_up
from monitor.setup.names import aliases, initials, name_key
from monitor.setup.places import places
from monitor.setup.toml_text import comment, off, setting, text
from monitor.setup.writing import MOST_EXCLUDED, compose
from tests.register import CLOSED, HOLLYBROOK, ROWS, other, register

pytestmark = pytest.mark.slow  # a server, or a process, for each test

ROOT = Path(__file__).parent.parent
URN = "990001"
SECRETS = {
    "secrets/alert-1": "https://www.google.com/alerts/feeds/1/1",
    "secrets/alert-2": "https://www.google.com/alerts/feeds/1/2",
    "secrets/alerts-mail": "hunter2",
    "secrets/bluesky": "abcd-efgh-ijkl-mnop",
    "secrets/youtube": "hunter3",
    "secrets/brave": "hunter4",
}
# What is typed where everything is left for later but the name.
ANSWERS = ["Hollybrook Primary School", "Stanwick", "", "", "", "", "", "", "", "", "", "", "", ""]


def init(folder: Path, *typed: str, answers: list[str] | None = None) -> Result:
    """Run the command; `answers` are typed one after the other."""
    stdin = "".join(f"{answer}\n" for answer in answers or ())
    command = ["init", "--output", str(folder / "config.toml"), *typed]
    return CliRunner().invoke(app("init"), command, input=stdin)


def from_register(folder: Path, *typed: str) -> Result:
    return init(folder, "--urn", URN, "--gias", str(register(folder)), "--yes", *typed)


def loaded(folder: Path, words: str) -> Settings:
    path = folder / "config.toml"
    path.write_text(words, encoding="utf-8")
    return load(path, {})


def start(folder: Path, *rows: dict[str, str]) -> Start:
    found = look_up(register(folder, rows or ROWS, "utf-8"), int(URN))
    return Start(found.school, found.namesakes)


def test_the_register_alone_gives_a_configuration_that_loads(tmp_path: Path) -> None:
    result = from_register(tmp_path)
    assert result.exit_code == 0, result.stderr
    written = load(tmp_path / "config.toml", {})
    (school,) = written.schools
    assert (school.name, school.urn, school.id) == (
        "Hollybrook Primary School",
        990001,
        "hollybrook",
    )
    assert school.aliases == ("Hollybrook Primary",)
    assert school.urls == ("hollybrook-primary.sch.uk",)
    assert "NN9" in school.places
    assert school.staff == ()
    assert {source.kind for source in written.sources} <= set(sources.names())
    assert "press-bbc-northamptonshire" in {source.id for source in written.sources}


def test_only_the_people_and_the_approval_keep_it_from_running(tmp_path: Path) -> None:
    result = from_register(tmp_path)
    (problem,) = run_problems(load(tmp_path / "config.toml", {}))
    assert problem.key == "schools.hollybrook.people"
    assert "schools.hollybrook.people is missing" in result.stdout
    assert "schools.hollybrook.approval is missing" in result.stdout


def test_it_says_where_it_wrote_and_what_can_be_done_on_the_first_day(tmp_path: Path) -> None:
    said = from_register(tmp_path).stdout
    assert f"Wrote {tmp_path / 'config.toml'}" in said
    assert all(task.title in said and task.cost in said for task in TASKS)


def test_every_task_stands_in_the_document_and_its_block_in_the_file(tmp_path: Path) -> None:
    page = (ROOT / "docs/first-day.md").read_text("utf-8")
    for task in TASKS:
        assert f"| {task.title} | {task.brings} | {task.cost} | {task.how} |" in page
    ids = {place.id for place in places(start(tmp_path))}
    assert {task.source for task in TASKS} <= ids


def test_posts_about_the_school_are_caught_and_those_about_its_namesakes_are_not(
    tmp_path: Path,
) -> None:
    (school,) = loaded(tmp_path, compose(start(tmp_path))).schools
    judge = Judge((school.watch,))

    def caught(post: str) -> bool:
        return any(each.relevant for each in judge.judge(Words("", post), school.id))

    assert caught("Hollybrook Primary School in Stanwick has closed after a burst pipe.")
    assert caught("Fuming with Hollybrook Primary again, my son came home in tears.")
    assert not caught("Well done to the choir of Hollybrook Primary School, Leeds!")
    assert not caught("Hollybrook Primary Leeds has a new head.")
    assert not caught("Hollybrook C of E Junior School in Margate was praised by Ofsted.")


def test_every_block_that_is_switched_off_loads_once_it_is_switched_on(tmp_path: Path) -> None:
    words = compose(start(tmp_path))
    on = re.sub(r"^# (?=\[\[|[a-z_]+ = |\[schools\.)", "", words, flags=re.MULTILINE)
    on = on.replace('headteacher = ""', 'headteacher = "Jane Ashdown"')
    on = on.replace('dpo_advice = ""', 'dpo_advice = "DPIA v1 agreed"')
    on = on.replace('notice_url = ""', 'notice_url = "https://school.example/privacy"')
    (tmp_path / "secrets").mkdir()
    for name, secret in SECRETS.items():
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(secret)
    written = loaded(tmp_path, on)
    known = [place for place in places(start(tmp_path)) if place.kind in sources.names()]
    assert [source.id for source in written.sources] == [place.id for place in known]
    assert len(written.schools[0].people) == 3
    assert written.schools[0].staff[0].name == "Mrs Jane Ashdown"
    assert written.schools[0].approval is not None


@pytest.mark.parametrize("nation", ["wales", "scotland", "northern_ireland"])
def test_every_nation_s_blocks_load(tmp_path: Path, nation: str) -> None:
    answers = ["Ysgol Hollybrook", "", "", "", nation.replace("_", " "), *[""] * 9]
    assert init(tmp_path, answers=answers).exit_code == 0
    written = load(tmp_path / "config.toml", {})
    assert written.schools[0].nation == nation
    assert "inspection" not in {source.id for source in written.sources}


def test_an_independent_school_has_no_page_at_ofsted_taken_for_granted(tmp_path: Path) -> None:
    row = HOLLYBROOK | {"TypeOfEstablishment (name)": "Other independent school"}
    written = loaded(tmp_path, compose(start(tmp_path, row)))
    assert "inspection" not in {source.id for source in written.sources}


def test_the_head_is_recognised_only_once_somebody_switches_that_on(tmp_path: Path) -> None:
    words = compose(start(tmp_path))
    assert '# name = "Mrs Jane Ashdown"' in words
    assert "Ashdown" not in json.dumps(tomllib.loads(words))


def test_too_many_namesakes_are_told_rather_than_watched_against(tmp_path: Path) -> None:
    many = [other(100000 + n, "Hollybrook Primary School", f"Town {n:03}") for n in range(400)]
    words = compose(start(tmp_path, HOLLYBROOK, *many))
    (school,) = loaded(tmp_path, words).schools
    assert len(school.exclude) == MOST_EXCLUDED
    assert "too many of that name" in words
    assert "and 660 more" in words.replace("\n# ", " ")


def test_a_namesake_in_the_same_town_is_not_told_apart_by_the_town(tmp_path: Path) -> None:
    rows = [HOLLYBROOK, other(990007, "Hollybrook Primary Academy", "Stanwick")]
    assert loaded(tmp_path, compose(start(tmp_path, *rows))).schools[0].exclude == ()


def test_where_there_are_namesakes_a_hashtag_alone_does_not_mean_the_school(tmp_path: Path) -> None:
    assert loaded(tmp_path, compose(start(tmp_path))).schools[0].hashtags == ()
    alone = loaded(tmp_path, compose(start(tmp_path, HOLLYBROOK)))
    assert alone.schools[0].hashtags == ("#HollybrookPrimarySchool", "#HollybrookPrimary")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Hollybrook Primary School", ("Hollybrook Primary",)),
        (
            "St Mary's Church of England Primary School",
            ("St Mary's Church of England Primary", "St Mary's Primary"),
        ),
        ("St Anne's R.C. Primary School", ("St Anne's R.C. Primary", "St Anne's Primary")),
        ("The Grange School", ()),
        ("Hollybrook", ()),
    ],
)
def test_short_names_are_of_two_words_at_least(name: str, short: tuple[str, ...]) -> None:
    assert aliases(School(name)) == short


def test_initials_are_offered_where_they_are_no_ordinary_word() -> None:
    assert initials(School("Hollybrook Primary School")) == "HPS"
    assert initials(School("Hollybrook Academy Stanwick")) == ""
    assert initials(School("Greenhill Primary School")) == ""
    assert initials(School("Hollybrook School")) == ""


def test_names_that_differ_only_in_the_kind_of_school_are_nearly_the_same() -> None:
    same = ("St. Mary's CofE Primary School", "Saint Marys Catholic High School", "ST MARY\u2019S")
    assert len({name_key(name) for name in same}) == 1
    assert name_key("The Primary School") == "the primary school"
    assert name_key("Ashby Vale School") != name_key("Ashby School")


def test_an_unknown_or_a_closed_school_is_one_clear_line_and_writes_nothing(tmp_path: Path) -> None:
    path = str(register(tmp_path))
    for urn, said in (("900001", "is one of these meant"), (CLOSED["URN"], "which is closed")):
        result = init(tmp_path, "--urn", urn, "--gias", path, "--yes")
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stderr.count("\n") == 1
        assert not (tmp_path / "config.toml").exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--urn", URN], "--urn and --gias go together"),
        (["--gias", "register.csv"], "--urn and --gias go together"),
        (["--yes"], "--yes needs --urn and --gias"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, typed: list[str], said: str) -> None:
    result = init(tmp_path, *typed)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "config.toml").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mine")
    result = from_register(tmp_path)
    assert result.exit_code == 2
    assert "is there already: name another file with --output" in result.stderr
    assert (tmp_path / "config.toml").read_text() == "mine"


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "config.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert from_register(tmp_path).exit_code == 2
    assert not (tmp_path / "elsewhere.toml").exists()


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    result = init(tmp_path / "no" / "folder", answers=ANSWERS)
    assert result.exit_code == 1
    assert "cannot be written: no such file or directory" in result.stderr


def test_what_the_register_lacks_is_said(tmp_path: Path) -> None:
    path = register(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"SchoolWebsite"', b'"Site"')[:-120])
    result = init(tmp_path, "--urn", URN, "--gias", str(path), "--yes")
    assert result.exit_code == 0
    assert "has no column SchoolWebsite" in result.stderr
    assert "1 rows" not in result.stderr
    assert "1 row of" in result.stderr


def test_without_the_register_it_asks(tmp_path: Path) -> None:
    answers = [
        *("Hollybrook Primary School", "Stanwick", "Northamptonshire", "NN9 6QA", "england"),
        *("primary", "https://www.hollybrook-primary.sch.uk/"),
        *("Jane Ashdown", "head@school.example", "Amir Shah", "dsl@school.example", ""),
        *("office@school.example", "alerts@school.example", "", "letters"),
    ]
    result = init(tmp_path, answers=answers)
    assert result.exit_code == 0, result.stderr
    written = load(tmp_path / "config.toml", {})
    (school,) = written.schools
    assert [(one.name, one.roles) for one in school.people] == [
        ("Jane Ashdown", ("headteacher",)),
        ("Amir Shah", ("dsl",)),
    ]
    assert '# role = "chair"' in (tmp_path / "config.toml").read_text()
    assert written.http.contact == "office@school.example"
    assert written.mail.sender_address == "alerts@school.example"
    assert (written.mail.host, written.mail.folder) == ("", "letters")
    assert school.urls == ("hollybrook-primary.sch.uk",)


def test_a_mail_server_that_is_named_stands_in_the_file(tmp_path: Path) -> None:
    answers = [*ANSWERS[:10], "office@school.example", "", "smtp.school.example"]
    assert init(tmp_path, answers=answers).exit_code == 0
    mail = load(tmp_path / "config.toml", {}).mail
    assert (mail.host, mail.sender_address) == ("smtp.school.example", "office@school.example")


def test_an_answer_that_cannot_be_is_asked_again(tmp_path: Path) -> None:
    answers = [
        *("", "Hollybrook Primary School", "Stanwick", "", "", "france", "Wales", ""),
        *(
            "not a site",
            "",
            "jane@school.example",
            "Jane Ashdown",
            "jane",
            "head@school.example",
            "",
            "",
        ),
        *("office", "https://school.example", "", "smtp server", "", ""),
    ]
    result = init(tmp_path, answers=answers)
    assert result.exit_code == 0, result.stderr
    for said in (
        "must not be blank",
        "must be one of: england, wales, scotland, northern_ireland",
        "must be a web address such as hollybrook.sch.uk",
        'must be an email address such as "head@school.example", not "jane"',
        "must be a name, not an address",
        "must be an email address or a web address",
        "must be the name of a server",
    ):
        assert said in result.stderr
    assert load(tmp_path / "config.toml", {}).http.contact == "https://school.example"


def test_the_register_s_answers_are_offered_when_it_asks(tmp_path: Path) -> None:
    path = str(register(tmp_path))
    result = init(tmp_path, "--urn", URN, "--gias", path, answers=["", "Raunds", *[""] * 12])
    assert result.exit_code == 0, result.stderr
    (school,) = load(tmp_path / "config.toml", {}).schools
    assert school.name == "Hollybrook Primary School"
    assert "Raunds" in school.places
    assert school.exclude


def test_the_name_of_a_person_is_not_taken_for_a_school_s(tmp_path: Path) -> None:
    answers = [*ANSWERS[:7], "Hollybrook Primary School", "head@school.example", *[""] * 6]
    result = init(tmp_path, answers=answers)
    assert result.exit_code == 2
    assert "is the name of somebody at the school" in result.stderr
    assert "Nothing was written" in result.stderr
    assert not (tmp_path / "config.toml").exists()


def test_answers_that_end_too_soon_write_nothing(tmp_path: Path) -> None:
    for number in range(len(ANSWERS)):
        result = init(tmp_path, answers=ANSWERS[:number])
        assert result.exit_code == 1
        assert "Stopped: nothing was written." in result.stderr
        assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_is_interrupted_writes_nothing(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    # Whoever started the tests may have told the signal to be ignored, as a shell's & does.
    heeded = "import signal as s; s.signal(s.SIGINT, s.default_int_handler)"
    begin = f"{heeded}; from monitor.commands import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", begin, "init", "--output", str(tmp_path / "config.toml")],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = until(ours, b"in full")
        os.write(ours, b"Hollybrook\n")
        shown += until(ours, b"village")
        for _ in range(12):
            # Python may miss one that comes in the moment in which it begins to wait for a line.
            process.send_signal(signal.SIGINT)
            while b"nothing was written" not in shown and select.select([ours], [], [], 5)[0]:
                shown += os.read(ours, 1024)
            if b"nothing was written" in shown:
                break
        else:
            process.kill()
        assert process.wait(60) == 1
    os.close(ours)
    assert b"Traceback" not in shown
    assert list(tmp_path.iterdir()) == []


def until(terminal: int, words: bytes) -> bytes:
    """What the terminal shows up to these words."""
    shown = b""
    while words not in shown:
        assert select.select([terminal], [], [], 60)[0], shown
        shown += os.read(terminal, 1024)
    return shown


def test_json_says_what_was_written(tmp_path: Path) -> None:
    told = json.loads(from_register(tmp_path, "--json").stdout)
    assert told["written"] == str(tmp_path / "config.toml")
    assert told["school"] == {
        "id": "hollybrook",
        "name": "Hollybrook Primary School",
        "urn": 990001,
    }
    assert "petitions" in told["sources"]
    assert "Hollybrook Primary Leeds" in told["excluded"]
    assert any("approval" in line for line in told["missing"])
    assert len(told["checklist"]) == len(TASKS)


HOSTILE = [
    'Holly"brook" Primary\\School',
    "Hollybrook\r\n[[schools]]\r\nid = 'x'",
    '"""\n[mail]\nhost = "evil.example"\n"""',
    '=HYPERLINK("http://evil.example","click")',
    "\x00\x07\x1b[31mHollybrook\x7f\x85\u2028\u202e",
    "# not a comment",
    "v" * 90_000,
    "St Mary's \U0001f600 \ufeff School",
    "'''",
    "{title}%s%(x)s",
]


@pytest.mark.parametrize("cell", HOSTILE)
def test_hostile_cells_become_harmless_words(tmp_path: Path, cell: str) -> None:
    kept = ("URN", "EstablishmentStatus (name)")
    row = {column: HOLLYBROOK[column] if column in kept else cell for column in HOLLYBROOK}
    namesake = other(990002, f"{cell} Primary", cell)
    words = compose(start(tmp_path, row, namesake))
    (school,) = loaded(tmp_path, words).schools
    assert school.name == tidy(cell)
    assert loaded(tmp_path, words).mail.host == ""
    assert len(tomllib.loads(words)["schools"]) == 1


CELLS = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


@settings(max_examples=60, deadline=None)
@given(name=CELLS.filter(tidy), place=CELLS, site=CELLS, head=CELLS, namesakes=st.lists(CELLS))
def test_whatever_a_register_holds_the_file_loads(
    name: str, place: str, site: str, head: str, namesakes: list[str]
) -> None:
    school = School(
        name=tidy(name), town=tidy(place), postcode=tidy(place), website=host_of(site),
        head=tidy(head), urn=1,
    )  # fmt: skip
    others = tuple(School(name=tidy(each), town=tidy(place[::-1])) for each in namesakes)
    with tempfile.TemporaryDirectory() as folder:
        written = loaded(Path(folder), compose(Start(school, others)))
    assert written.schools[0].name == tidy(name)
    assert set(tomllib.loads(compose(Start(school, others)))) == {
        "database", "http", "mail", "sources", "schools",
    }  # fmt: skip


@given(CELLS)
def test_a_text_is_the_same_when_it_is_read_again(value: str) -> None:
    assert tomllib.loads(f"x = {text(value)}\n") == {"x": value}
    assert tomllib.loads(setting("x", (value,) * 9, value)) == {"x": [value] * 9}


@given(CELLS)
def test_nothing_gets_out_of_a_comment(value: str) -> None:
    assert tomllib.loads(comment(value, value)) == {}
    assert tomllib.loads(off(setting("x", value, value))) == {}

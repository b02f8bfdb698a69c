"""`footprint digest`: what it prints, writes and sends, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from monitor.commands import app
from monitor.digest.weeks import Week
from monitor.store import daily, deliveries
from monitor.store.opening import open_store, sole_use
from tests.test_commands import APPROVAL, PEOPLE, Desk
from tests.web_cast import keep, mention
from tests.webserver import WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

LAST = Week.at(datetime.now(UTC)).before()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configured school with one post of last week."""
    (tmp_path / "config.toml").write_text(
        f"""[database]
url = "sqlite:///{tmp_path}/footprint.db"
[http]
contact = "office@hollybrook.example"
[mail]
from = "Footprint <footprint@hollybrook.example>"
folder = "outbox"
[[sources]]
id = "stanwick-forum"
kind = "feed"
url = "https://forum.example/rss"
[[schools]]
id = "hollybrook"
name = "Hollybrook Primary School"
places = ["Stanwick"]
{PEOPLE}{APPROVAL}"""
    )
    store = open_store(f"sqlite:///{tmp_path}/footprint.db")
    posted = LAST.begins + timedelta(days=2)
    keep(store, mention("a", "words", level="urgent", seen_at=posted, published=posted))
    store.close()
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    arguments = ["digest", *words, "--config", str(folder / "config.toml")]
    return CliRunner().invoke(app("digest"), arguments)


def letters(folder: Path) -> list[Path]:
    return sorted((folder / "outbox").glob("*.eml"))


def answer(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_prints_the_last_whole_week(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    assert str(LAST) in result.stdout
    assert "1 mention: 1 needs action (1 urgent)" in " ".join(result.stdout.split())


def test_a_week_and_an_edition_can_be_chosen(folder: Path) -> None:
    early = LAST.before(5)
    result = run(folder, "--week", early.name, "--edition", "governors", "--json")
    (digest,) = answer(result)["digests"]
    assert (digest["edition"], digest["period"]) == ("governors", str(early))


def test_it_writes_a_page_and_a_sheet_to_print(folder: Path) -> None:
    page, sheet = folder / "week.html", folder / "week.pdf"
    result = run(folder, "--html", str(page), "--pdf", str(sheet))
    assert result.exit_code == 0
    assert "data:image/png;base64," in page.read_text("utf-8")
    assert sheet.read_bytes().startswith(b"%PDF-")
    assert letters(folder) == []


def test_it_is_sent_once_and_again_only_on_demand(folder: Path) -> None:
    assert run(folder, "--send").exit_code == 0
    assert len(letters(folder)) == 2
    second = run(folder, "--send")
    assert second.exit_code == 0
    assert "--again sends it once more" in second.stderr
    assert len(letters(folder)) == 2
    assert run(folder, "--send", "--again").exit_code == 0
    assert len(letters(folder)) == 4


def test_again_without_an_earlier_one_is_the_first_and_no_other_goes_after_it(
    folder: Path,
) -> None:
    assert run(folder, "--send", "--again").exit_code == 0
    assert len(letters(folder)) == 2
    assert "--again sends it once more" in run(folder, "--send").stderr
    assert len(letters(folder)) == 2


def test_one_that_was_dropped_can_be_sent(folder: Path) -> None:
    with sole_use(f"sqlite:///{folder}/footprint.db"):
        run(folder, "--send")
    store = open_store(f"sqlite:///{folder}/footprint.db")
    with store.writing() as connection:
        for one in deliveries.listed(connection, ["hollybrook"]):
            deliveries.ended(connection, one.id, "dropped", "its school is no longer kept")
    store.close()
    assert run(folder, "--send").exit_code == 0
    assert len(letters(folder)) == 2


def test_a_poll_sends_the_digest_that_is_due(tmp_path: Path) -> None:
    with WebServer() as server:
        desk = Desk(tmp_path, server)
        desk.write()
        store = open_store(f"sqlite:///{tmp_path}/footprint.db")
        with store.writing() as connection:
            long_ago = LAST.before(3).begins
            daily.begin(connection, "hollybrook", long_ago, long_ago)
        store.close()
        assert desk.run("poll", "--no-send").exit_code == 0
        assert subjects(tmp_path) == []
        desk.run("poll")
        desk.run("poll")
    assert len(subjects(tmp_path)) == 2


def subjects(folder: Path) -> list[str]:
    """Those of the letters about a week."""
    found = [message_from_bytes(one.read_bytes(), policy=default) for one in letters(folder)]
    return [str(one["Subject"]) for one in found if "The week at" in one["Subject"]]


def test_beside_a_running_program_it_is_left_to_that_to_send(folder: Path) -> None:
    with sole_use(f"sqlite:///{folder}/footprint.db"):
        result = run(folder, "--send")
    assert result.exit_code == 0
    assert "is running here, and sends it now" in result.stderr
    assert letters(folder) == []
    assert "is owed" in run(folder, "--send").stderr


def test_beside_a_running_program_an_unapproved_schools_waits_and_that_is_told(
    folder: Path,
) -> None:
    path = folder / "config.toml"
    other = '[[schools]]\nid = "thornfield"\nname = "Thornfield Infant School"\nplaces = ["Elm"]\n'
    path.write_text(path.read_text() + other + PEOPLE)
    with sole_use(f"sqlite:///{folder}/footprint.db"):
        result = run(folder, "--send", "--school", "thornfield")
    assert result.exit_code == 0, result.stderr
    assert (
        "the digest of Thornfield Infant School only once the school is approved" in result.stderr
    )
    assert "sends it now" not in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--week", "47"), "--week '47' is no week; write the year and the week, as in 2026-W47"),
        (("--week", "2099-W01"), "--week 2099-W01 is not over yet"),
        (("--week", "9999-W52"), "--week '9999-W52': the year must be from 2000 to 2100"),
        (("--school", "nowhere"), "there is no school 'nowhere'; there are: hollybrook"),
        (("--again",), "--again goes with --send alone"),
    ],
)
def test_a_mistake_is_told_in_one_line(folder: Path, words: tuple[str, ...], says: str) -> None:
    result = run(folder, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1


def test_a_file_that_cannot_be_written_is_told_in_one_line(folder: Path) -> None:
    result = run(folder, "--html", str(folder / "nowhere" / "week.html"))
    assert result.exit_code == 1
    assert result.stderr.endswith("week.html cannot be written: No such file or directory\n")

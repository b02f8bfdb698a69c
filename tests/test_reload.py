"""Settings that change while the program runs: schools come and go without a restart."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from monitor.commands._reload import Watched
from monitor.config import load
from tests.feeds import Item, rss
from tests.mailserver import MailServer
from tests.test_commands import APPROVAL, Desk
from tests.test_run import desk, program

__all__ = ["desk"]
pytestmark = pytest.mark.slow

ELM = f"""[[schools]]
id = "elmstead"
name = "Elmstead Primary School"
[[schools.people]]
name = "Ann Elm"
email = "head@elmstead.example"
role = "headteacher"
[[schools.people]]
name = "Bea Elm"
email = "dsl@elmstead.example"
role = "dsl"
{APPROVAL}"""
ELM_THREAT = "I am bringing a knife to Elmstead Primary School tomorrow and I will stab the head"


@pytest.fixture
def watched(desk: Desk) -> Watched:
    """The configuration of one school, as it was at the start."""
    desk.mail = '[web]\nlisten = "127.0.0.1:8100"'
    path = desk.write()
    return Watched(path, load(path, {}))


def changed(folder: Path, old: str, new: str) -> None:
    """Somebody edits the file."""
    path = folder / "config.toml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


def ids(watched: Watched) -> list[str]:
    """The schools as they are configured now."""
    return [school.id for school in watched.settings.schools]


def test_nothing_changes_while_the_file_does_not(watched: Watched) -> None:
    assert not watched.is_changed()


def test_a_school_in_a_file_of_its_own_is_found(desk: Desk, watched: Watched) -> None:
    (desk.folder / "schools.d").mkdir()
    (desk.folder / "schools.d" / "elmstead.toml").write_text(ELM, "utf-8")
    assert watched.is_changed()
    assert ids(watched) == ["hollybrook", "elmstead"]
    assert not watched.is_changed()


def test_a_mistake_changes_nothing_and_is_said_once(
    desk: Desk, watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(desk.folder, "[[schools]]", "[[shcools]]")
    assert not watched.is_changed()
    assert not watched.is_changed()
    assert ids(watched) == ["hollybrook"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "shcools" in said
    changed(desk.folder, "[[shcools]]", f"{ELM}[[schools]]")
    assert watched.is_changed()
    assert ids(watched) == ["elmstead", "hollybrook"]


def test_a_change_that_says_the_same_begins_nothing_anew(desk: Desk, watched: Watched) -> None:
    changed(desk.folder, "[[schools]]", "# A remark.\n[[schools]]")
    assert not watched.is_changed()


def test_where_the_pages_are_holds_from_the_next_start(
    desk: Desk, watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(desk.folder, "127.0.0.1:8100", "127.0.0.1:8200")
    assert not watched.is_changed()
    assert watched.settings.web.listen == "127.0.0.1:8100"
    assert "when Footprint is next started" in capsys.readouterr().err


def test_a_school_that_is_added_is_watched_without_a_restart_and_its_posts_are_found(
    desk: Desk,
) -> None:
    desk.server.answers["/gazette"] = rss(Item(ELM_THREAT, "1"))
    config = desk.write()
    with MailServer(security="none") as post:
        mail = f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n[web]'
        config.write_text(config.read_text("utf-8").replace("[web]", mail), "utf-8")
        with program(desk.folder) as running:
            running.wait_for("Watching Hollybrook Primary School.")
            config.write_text(f"{config.read_text('utf-8')}{ELM}", "utf-8")
            running.wait_for("Watching Hollybrook Primary School, Elmstead Primary School.")
            while len(post.accepted) < 2:
                assert running.process.poll() is None, running.said
                threading.Event().wait(0.05)
            assert running.stop() == 0
    told = sorted(message.recipients[0] for message in post.accepted)
    assert told == ["dsl@elmstead.example", "head@elmstead.example"]

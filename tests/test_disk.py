"""A real process on a machine that is well, and on one whose disk is full or read-only.

The limit on the size of files stands in for a full disk: the system refuses the write either way.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.feeds import THREAT, Item, rss
from tests.mailserver import MailServer
from tests.test_commands import Desk
from tests.test_run import MAIN, WAIT, Program, program
from tests.webserver import WebServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits another process, as Linux can"),
]
# Root may write anywhere; without this right it is refused like everybody else.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
FULL = 4096


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with WebServer() as server:
        yield Desk(tmp_path, server)


def watching(desk: Desk, post: MailServer) -> None:
    """A configuration that reads its source every second and mails by that server."""
    desk.mail = (
        f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n[web]\nlisten = "127.0.0.1:0"'
    )
    path = desk.write()
    words = path.read_text("utf-8").replace('kind = "feed"', 'kind = "feed"\nevery_minutes = 0.017')
    path.write_text(words, encoding="utf-8")


def limit(running: Program, size: int) -> None:
    """From now on no file of that process grows beyond so many bytes."""
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def until(running: Program, holds: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    for _ in range(WAIT * 20):
        if holds():
            return
        assert running.process.poll() is None, running.said
        try:
            running.process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(running.said)


def test_a_disk_that_fills_up_stops_nothing_for_good_and_loses_nothing(desk: Desk) -> None:
    with MailServer() as post:
        watching(desk, post)
        with program(desk.folder) as running:
            until(running, lambda: len(post.accepted) >= 2)
            address = running.address
            limit(running, FULL)
            more = (Item(THREAT, "1"), Item(f"{THREAT}. At the gate of Stanwick.", "7"))
            desk.server.answers["/gazette"] = rss(*more)
            running.wait_for(r"the disk (is full|did not answer)")
            assert running.get(f"{address}health")[0] in {200, 503}
            assert running.process.poll() is None
            told = len(post.accepted)
            limit(running, resource.RLIM_INFINITY)
            until(running, lambda: len(post.accepted) > told)
            assert running.said.count("the disk") <= 20, running.said
            assert "Traceback" not in running.said
            assert running.stop() == 0
    assert "At the gate of Stanwick" in desk.run("mentions", "--json").stdout


def start(folder: Path, *before: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [*before, sys.executable, "-c", MAIN, "run"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=WAIT, **more,
    )  # fmt: skip


def one_clear_line(result: subprocess.CompletedProcess[str], folder: Path) -> str:
    assert result.returncode == 1, result.stderr
    assert result.stderr.startswith(str(folder / "footprint.db")), result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def test_a_first_start_on_a_full_disk_is_refused_with_one_line(desk: Desk) -> None:
    desk.write()

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    said = one_clear_line(start(desk.folder, preexec_fn=small), desk.folder)
    assert "disk" in said


def test_a_start_in_a_folder_that_is_read_only_is_refused_with_one_line(desk: Desk) -> None:
    desk.run("poll", "--no-send")
    before = AS_ANYBODY if os.geteuid() == 0 else []
    for path in (*desk.folder.glob("footprint*"), desk.folder):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        said = one_clear_line(start(desk.folder, *before), desk.folder)
    finally:
        desk.folder.chmod(0o700)
    assert "cannot be" in said


def test_a_running_program_sends_notes_and_tells_the_outside_that_it_is_well(desk: Desk) -> None:
    server = desk.server
    server.answers["/note"] = server.answers["/beat"] = b"ok"
    with MailServer() as post:
        second = desk.folder / "second"
        second.write_text(f"json://{server.host}/note")
        second.chmod(0o600)
        named = 'email = "head@hollybrook.example"'
        desk.people = desk.people.replace(named, f'{named}\nsecond_file = "second"')
        watching(desk, post)
        path = desk.folder / "config.toml"
        beat = f'[heartbeat]\nurl = "{server.url("/beat")}"\n'
        path.write_text(beat + path.read_text("utf-8"), encoding="utf-8")
        with program(desk.folder) as running:
            until(running, lambda: {"/note", "/beat"} <= {seen.path for seen in server.requests})
            assert running.stop() == 0
    (note,) = (seen for seen in server.requests if seen.path == "/note")
    assert b"Footprint: something needs you now" in note.body
    assert len(post.accepted) == 2

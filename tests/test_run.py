"""`footprint run` as a process of its own: started, looked at, stopped."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.mailserver import MailServer
from tests.test_commands import Desk
from tests.webserver import Seen, WebServer

pytestmark = pytest.mark.slow
# Seconds; a guard against hanging, never a measure: longer than the program itself waits to stop.
WAIT = 120
MAIN = "from monitor.commands import main; main()"


class Program:
    """A running `footprint run`, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said = process, ""
        self._new = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._new:
                self.said += line
                self._new.notify_all()

    def wait_for(self, words: str) -> re.Match[str]:
        """Wait until it has said these words."""
        with self._new:
            assert self._new.wait_for(lambda: re.search(words, self.said), WAIT), self.said
        found = re.search(words, self.said)
        assert found is not None
        return found

    @property
    def address(self) -> str:
        """Where its pages are."""
        return self.wait_for(r"Open (\S+)").group(1)

    def get(self, address: str) -> tuple[int, str]:
        """One page, as a browser without cookies gets it."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=WAIT)
        try:
            connection.request("GET", f"{parts.path}?{parts.query}")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(signal_number)
        return self.process.wait(WAIT)


@contextmanager
def program(folder: Path, *arguments: str) -> Iterator[Program]:
    command = [sys.executable, "-c", MAIN, "run", *arguments]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        running = Program(process)
        try:
            yield running
        finally:
            process.kill()
            process.wait(WAIT)
            running._reader.join(WAIT)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with WebServer() as server:
        desk = Desk(tmp_path, server)
        desk.mail = '[web]\nlisten = "127.0.0.1:0"'
        yield desk


def test_it_reads_alerts_and_stops_when_told(desk: Desk) -> None:
    config = desk.write()
    with MailServer(security="none") as post:
        text = config.read_text().replace(
            "[web]", f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n[web]'
        )
        config.write_text(text)
        accepted = threading.Event()
        with program(desk.folder) as running:
            while len(post.accepted) < 2:
                assert running.process.poll() is None, running.said
                accepted.wait(0.05)
            assert running.stop() == 0
    assert "Watching Hollybrook Primary School." in running.said
    assert len(post.accepted) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_finishes_the_fetch_in_hand(desk: Desk, number: int) -> None:
    asked, go_on = threading.Event(), threading.Event()
    body = desk.server.answers["/gazette"]
    assert isinstance(body, bytes)

    def slow(_: Seen) -> bytes:
        asked.set()
        assert go_on.wait(WAIT)
        return body

    desk.server.answers["/gazette"] = slow
    desk.write()
    with program(desk.folder) as running:
        assert asked.wait(WAIT)
        running.process.send_signal(number)
        running.wait_for("what is in hand is finished first")
        go_on.set()
        assert running.process.wait(WAIT) == 0
    found = desk.run("mentions", "--json").stdout
    assert "knife" in found


def test_a_second_process_on_the_same_file_refuses_with_one_line(desk: Desk) -> None:
    desk.write()
    with program(desk.folder) as running:
        running.wait_for("Open ")
        for command in ("run", "poll"):
            second = subprocess.run(
                [sys.executable, "-c", MAIN, command],
                cwd=desk.folder, capture_output=True, text=True, check=False, timeout=WAIT,
            )  # fmt: skip
            assert second.returncode == 1
            assert "is in use by another Footprint" in second.stderr
            assert second.stderr.count("\n") == 1
        looked = subprocess.run(
            [sys.executable, "-c", MAIN, "mentions"],
            cwd=desk.folder, capture_output=True, text=True, check=False, timeout=WAIT,
        )  # fmt: skip
        assert looked.returncode == 0
        assert running.stop() == 0


def test_without_an_approval_it_serves_set_up_alone_and_reads_nothing(desk: Desk) -> None:
    desk.approval = ""
    desk.write()
    with program(desk.folder) as running:
        address = running.address
        assert "not watched" in running.said
        status, _ = running.get(address)
        assert status in {200, 303, 307}
        assert running.stop() == 0
    assert desk.server.requests == []


def test_the_first_start_prints_a_link_for_the_first_person_and_the_pages_stay_shut(
    desk: Desk,
) -> None:
    desk.write()
    with program(desk.folder) as running:
        address = running.address
        status, page = running.get(address)
        assert (status, "Hollybrook" in page) == (303, False)
        assert running.get(f"{address}health")[0] in {200, 503}
        first = re.search(r"^http://\S+/signin/link/\S{43}$", running.said, re.MULTILINE)
        assert first
        status, page = running.get(first[0])
        assert (status, "Jane Ashdown" in page) == (200, True)
        assert running.stop() == 0
    assert (desk.folder / "footprint.key").stat().st_mode & 0o777 == 0o600


def test_a_script_gets_the_address_as_json(desk: Desk) -> None:
    desk.write()
    command = [sys.executable, "-c", MAIN, "run", "--json"]
    with subprocess.Popen(
        command, cwd=desk.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        said = "".join(iter(process.stdout.readline, "}\n")) + "}"
        process.terminate()
        assert process.wait(WAIT) == 0
    assert json.loads(said)["watching"] == ["hollybrook"]
    assert json.loads(said)["address"].startswith("http://127.0.0.1:")


def test_a_school_without_people_is_refused(desk: Desk) -> None:
    desk.people = ""
    desk.write()
    with program(desk.folder) as running:
        assert running.process.wait(WAIT) == 2
        running.wait_for("nobody would be told")


def test_a_port_that_is_taken_is_one_clear_line(desk: Desk) -> None:
    desk.mail = f'[web]\nlisten = "{desk.server.host}"'
    desk.write()
    with program(desk.folder) as running:
        assert running.process.wait(WAIT) == 1
        running.wait_for("taken by another program")
    assert "taken by another program" in running.said.splitlines()[-1]
    assert "Traceback" not in running.said


def test_a_mail_server_that_is_down_at_the_start_stops_nothing(
    desk: Desk, closed_port: int
) -> None:
    desk.mail = f'host = "127.0.0.1"\nport = {closed_port}\nsecurity = "none"\n{desk.mail}'
    desk.write()
    with program(desk.folder) as running:
        address = running.address
        while not desk.server.requests:
            assert running.process.poll() is None
        assert running.get(address)[0] in {200, 303}
        assert running.stop() == 0


def test_the_demonstration_shows_mentions_and_mail_without_any_set_up(tmp_path: Path) -> None:
    with program(tmp_path, "--demo") as running:
        address = running.address
        assert "nothing is sent anywhere" in running.said
        outbox = tmp_path / "demonstration" / "outbox"
        while not list(outbox.glob("*.eml")):
            assert running.process.poll() is None, running.said
        status, page = running.get(f"{address}mail")
        assert (status, "/mail/" in page) == (200, True)
        while "/mentions/" not in running.get(f"{address}mentions?level=urgent")[1]:
            assert running.process.poll() is None, running.said
        with program(tmp_path / "demonstration", "--demo") as beside:
            beside.wait_for("Open ")
            assert beside.address != address
        assert running.stop() == 0
    with program(tmp_path, "--demo") as again:
        again.wait_for("Open ")
        assert again.stop() == 0


def test_the_demonstration_leaves_a_folder_that_is_not_its_own_alone(tmp_path: Path) -> None:
    (tmp_path / "demonstration").mkdir()
    (tmp_path / "demonstration" / "thesis.txt").write_text("years of work")
    with program(tmp_path, "--demo") as running:
        assert running.process.wait(WAIT) == 1
        running.wait_for("is not from a demonstration")
    assert (tmp_path / "demonstration" / "thesis.txt").exists()

"""The demonstration school: an invented school, what is said about it, and where that is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from monitor.demo.school import SCHOOL_ID, demo_settings
from monitor.demo.server import DemoServer
from monitor.judge.routing import LONDON
from monitor.setting_types import WEEKDAYS
from monitor.settings import Settings
from monitor.store import daily
from monitor.store.engine import Store

OURS = "demonstration.txt"
# A minute at least, since a time of day has no seconds.
FIRST_DIGEST = timedelta(minutes=2)
PRETENDED = timedelta(days=57)


@contextmanager
def demonstration(folder: Path, clock: Callable[[], datetime]) -> Iterator[Settings]:
    """Serve the demonstration's sources and give its settings; each one begins afresh.

    What an earlier demonstration left in `folder` is deleted; a folder that none has made is
    left alone, and refused with OSError.
    """
    if folder.exists() and not (folder / OURS).exists():
        raise FileExistsError(
            f"{folder.resolve()} is there and is not from a demonstration; "
            "move it away, or start from another folder"
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / OURS).write_text("Made by the demonstration; deleted at its next start.\n", "utf-8")
    server = DemoServer(clock(), clock)
    server.start()
    try:
        yield demo_settings(server.port, folder, digest=_soon(clock()))
    finally:
        server.stop()


def _soon(now: datetime) -> str:
    """A digest's day and time that comes once the sources have been read."""
    there = (now + FIRST_DIGEST).astimezone(LONDON)
    return f"{WEEKDAYS[there.weekday()]} {there:%H:%M}"


def pretend(store: Store, now: datetime) -> None:
    """Make it as if the school had been watched for as long as anything was said of it."""
    with store.writing() as connection:
        daily.begin(connection, SCHOOL_ID, now - PRETENDED, now)

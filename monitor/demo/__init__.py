"""The demonstration school: an invented school, what is said about it, and where that is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from monitor.demo.school import demo_settings
from monitor.demo.server import DemoServer
from monitor.settings import Settings

OURS = "demonstration.txt"


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
        yield demo_settings(server.port, folder)
    finally:
        server.stop()

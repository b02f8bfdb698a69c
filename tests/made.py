"""A SQLite file with its tables, made once a process: to make them costs more than most tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.store.opening import open_store


@cache
def tables() -> bytes:
    """The file's bytes, to be written where a test wants a database."""
    with TemporaryDirectory(prefix="fp-made-") as folder:
        path = Path(folder) / "footprint.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()

"""The list of what was erased, in a file beside the configuration.

A backup is older than what was erased after it. When one is restored this list is gone through, so
that nothing comes back. It holds ids and keyed hashes alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from monitor.store.erasing import Gone

FILE = "erasures.txt"
_NONE = "-"


class ListError(Exception):
    """The list of erasures cannot be read; the message is one plain line."""


def append(folder: Path, gone: Iterable[Gone], now: datetime) -> None:
    """Add what was erased. Raises OSError."""
    path = folder / FILE
    path.touch(mode=0o600)
    at = now.isoformat(timespec="seconds")
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{at} {one.mention} {one.content or _NONE}\n" for one in gone)


def read(folder: Path) -> tuple[Gone, ...]:
    """Everything that was ever erased. Raises ListError."""
    path = folder / FILE
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return tuple(_gone(line) for line in lines)
    except (OSError, ValueError) as error:
        raise ListError(
            f"{path} cannot be read, and without it what was erased would come back; "
            "restore it first"
        ) from error


def _gone(line: str) -> Gone:
    _, mention, content = line.split()
    return Gone(mention, "" if content == _NONE else content)

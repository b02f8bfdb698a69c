"""A drop folder: the only place where a source reads and moves files on this machine."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from heapq import nsmallest
from pathlib import Path
from typing import NamedTuple

from sources.base import Dropped, SourceError

TAKEN, REFUSED = "taken", "refused"
ENDINGS = (".eml", ".json")
# Whoever drops more has the rest read at the next polls.
_LISTED = 1_000
# A file that was changed so shortly ago may still be being written.
_SETTLED_SECONDS = 2.0
# A file from a machine whose clock is ahead; one dated later than that is as good as any.
_SKEW_SECONDS = 300.0
_UNFINISHED = (".part", ".tmp", ".crdownload")
_LONGEST_NAME = 200
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class _Seen(NamedTuple):
    """A file as it was listed, in the order in which it is read."""

    changed: float
    name: str
    size: int
    is_plain: bool


class DropFolder:
    """The files that lie in a folder itself; links and what lies deeper are never followed."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path, self._clock = path, clock

    def files(self, most_bytes: int) -> Iterator[Dropped]:
        """What lies in it, oldest first; raises SourceError where the folder cannot be used.

        What may still be being written is left for later, as are names that begin with a dot.
        """
        for seen in self._listed():
            yield self._opened(seen, most_bytes)

    def put_away(self, file: Dropped, why: str) -> None:
        """Move a file to `taken`, or to `refused` beside a note that says why."""
        home = self._path / (REFUSED if why else TAKEN)
        name = _free_name(home, file)
        try:
            (self._path / file.name).rename(home / name)
            if why:
                with (home / f"{name}.txt").open("x", encoding="utf-8") as note:
                    note.write(f"{why}\n")
        except OSError as error:
            raise SourceError(
                f"A file in {self._path} cannot be moved to {home.name} ({error.strerror}); it is "
                "tried again."
            ) from None

    def _listed(self) -> list[_Seen]:
        try:
            for name in (TAKEN, REFUSED):
                self._make(self._path / name)
            with os.scandir(self._path) as entries:
                return nsmallest(_LISTED, filter(self._is_ready, self._seen(entries)))
        except OSError as error:
            raise SourceError(
                f"The drop folder {self._path} cannot be used ({error.strerror}); make it, and let "
                "Footprint read and write there.",
                "needs you",
            ) from None

    def _make(self, home: Path) -> None:
        with suppress(FileExistsError):
            home.mkdir()
        # What is put away must not leave the folder.
        if home.is_symlink() or not home.is_dir() or not os.access(home, os.W_OK):
            raise SourceError(
                f"{home} must be a folder, no link, in which Footprint may write; remove it or "
                "rename it.",
                "needs you",
            )

    def _seen(self, entries: Iterator[os.DirEntry[str]]) -> Iterator[_Seen]:
        for entry in entries:
            with suppress(FileNotFoundError):  # taken away meanwhile
                state = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(state.st_mode):
                    is_plain = stat.S_ISREG(state.st_mode)
                    yield _Seen(state.st_mtime, entry.name, state.st_size, is_plain)

    def _is_ready(self, seen: _Seen) -> bool:
        name = seen.name.lower()
        age = self._clock().timestamp() - seen.changed
        is_new = -_SKEW_SECONDS < age < _SETTLED_SECONDS
        return not (is_new or name.startswith((".", "~")) or name.endswith(_UNFINISHED))

    def _opened(self, seen: _Seen, most_bytes: int) -> Dropped:
        unread = Dropped(seen.name, _hash(os.fsencode(f"{seen.name}\n{seen.size}\n{seen.changed}")))
        if not seen.is_plain:
            return _but(unread, "It is a link or no plain file. Put the file itself here.")
        if not seen.name.lower().endswith(ENDINGS):
            return _but(unread, "Only files that end in .eml or .json are read here.")
        try:
            content = _read(self._path / seen.name, most_bytes)
        except OSError as error:
            return _but(unread, f"It cannot be opened ({error.strerror}).")
        if len(content) > most_bytes:
            return _but(unread, f"It is larger than {most_bytes // 1024**2} MB.")
        return Dropped(seen.name, _hash(content), content)


def _but(file: Dropped, wrong: str) -> Dropped:
    return Dropped(file.name, file.mark, wrong=wrong)


def _read(path: Path, most_bytes: int) -> bytes:
    """The file's bytes, and one more than allowed where it is larger; raises OSError."""
    # Neither follows a link nor waits at a pipe that took the file's place since it was listed.
    handle = os.open(path, os.O_RDONLY | _NO_LINK)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is no plain file")
        return file.read(most_bytes + 1)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _free_name(home: Path, file: Dropped) -> str:
    """The file's own name where it is free there and not too long, else one with its mark."""
    fits = len(os.fsencode(file.name)) <= _LONGEST_NAME
    name, ending = (file.name, "") if fits else (file.mark[:16], Path(file.name).suffix[:10])
    wanted = f"{name}{ending}"
    number = 1
    while os.path.lexists(home / wanted) or os.path.lexists(home / f"{wanted}.txt"):
        number += 1
        wanted = f"{number} {name}{ending}"
    return wanted

"""Who may sign in, as the configuration says now: a change to the file holds at the next page."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from monitor.problems import ConfigError
from monitor.settings import School, Settings

log = logging.getLogger("footprint")
Stamp = tuple[tuple[str, int, int], ...]


class Roll:
    """The configured schools with their people, read again whenever their files have changed.

    A file that is being written, or has a mistake in it, changes nothing until it is right: then
    what was right last goes on holding, and the log says so.
    """

    def __init__(self, path: Path, load: Callable[[], Settings], first: Settings) -> None:
        """`first` is what `load` gave at the start, `path` the file that it reads."""
        self._path, self._load = path, load
        self._schools, self._stamp = first.schools, stamp(path)
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """The file that is read; those of schools.d lie beside it."""
        return self._path

    def schools(self) -> tuple[School, ...]:
        """Every school as it is configured now."""
        with self._lock:
            now = stamp(self._path)
            if now != self._stamp:
                self._stamp = now
                self._read()
            return self._schools

    def _read(self) -> None:
        try:
            self._schools = self._load().schools
        except ConfigError as error:
            first = error.problems[0] if error.problems else ""
            log.error("the settings were changed and are not right: %s. %s", first, _STANDS)


_STANDS = "Who may sign in stays as it was; footprint check names every mistake."


def stamp(path: Path) -> Stamp:
    """The settings' files as they lie there: another stamp, another content."""
    return tuple(_marks(path))


def _marks(path: Path) -> Iterator[tuple[str, int, int]]:
    for file in (path, *sorted(path.parent.glob("schools.d/*.toml"))):
        try:
            found = file.stat()
        except OSError:
            continue
        yield str(file), found.st_mtime_ns, found.st_size

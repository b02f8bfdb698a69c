"""The settings as they stand now: looked at again whenever their files change."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.advice import run_problems
from monitor.commands._world import say
from monitor.config import load
from monitor.problems import ConfigError
from monitor.settings import Settings
from monitor.web.roll import Stamp, stamp

_STANDS = "What was right last goes on; footprint check names every mistake."


class Watched:
    """A configuration file, with those of its schools.

    A change that is not right yet changes nothing, and is said once.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        """`settings` are what the file held a moment ago."""
        self._path, self.settings = path, settings
        self._stamp: Stamp = stamp(path)

    def is_changed(self) -> bool:
        """Whether `settings` are others than when this was last asked."""
        now = stamp(self._path)
        if now == self._stamp:
            return False
        self._stamp = now
        try:
            found = load(self._path, os.environ)
        except ConfigError as error:
            say(f"The settings were changed and are not right: {error.problems[0]}. {_STANDS}")
            return False
        problems = run_problems(found)
        if problems:
            say(f"The settings were changed and are not right: {problems[0]}. {_STANDS}")
            return False
        return self._taken(found)

    def _taken(self, found: Settings) -> bool:
        before = self.settings
        if (found.database, found.web) != (before.database, before.web):
            say("[database] and [web] were changed: that holds when Footprint is next started.")
            found = found.model_copy(update={"database": before.database, "web": before.web})
        self.settings = found
        return found != before

"""Changes that people make to a school's settings on the pages, written back into its file.

Comments and order stay. What is written is read first by the code that reads the settings at every
start, so that no file is ever left behind that the program would refuse.
"""

from __future__ import annotations

import copy
import hashlib
import os
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from monitor.config import SCHOOLS_FOLDER, ConfigError, load, run_problems
from monitor.problems import Problem
from monitor.settings import Settings
from monitor.toml_file import read_text
from monitor.toml_lines import KeyPath

SCHOOLS = "schools"
# A table of a list whose lines may hold a school's own settings (see monitor/config.py).
_STAFF, _STRAYS = "staff", ("nation", "languages", "official_accounts")


class ChangeError(Exception):
    """A change that is not made. `problems` are the settings' own; the message is a plain line."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Edit:
    """One value of a school: `key` leads to it from the school's table. None takes it out; one
    place behind the end of a list adds to it.
    """

    key: KeyPath
    value: Any


@dataclass(frozen=True, slots=True)
class Sheet:
    """The file that a school stands in, as it was read, and the how manieth school of it."""

    path: Path
    text: str = field(repr=False)
    at: int

    @property
    def mark(self) -> str:
        """Another mark, another content."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def school(self) -> dict[str, Any]:
        """The school's table as it stands in the file, with what its staff's lines hold of it."""
        found: dict[str, Any] = tomllib.loads(self.text)[SCHOOLS][self.at]
        for member in found.get(_STAFF, ()):
            for key in _STRAYS:
                if key in member:
                    found.setdefault(key, member[key])
        return found


def edited(sheet: Sheet, edits: Sequence[Edit]) -> str:
    """PURE: the file's words with these changes and no other; raises ChangeError."""
    wanted = tomllib.loads(sheet.text)
    _apply(wanted[SCHOOLS][sheet.at], edits)
    try:
        document = tomlkit.parse(sheet.text)
        _apply(document[SCHOOLS][sheet.at], edits)
        text = tomlkit.dumps(document)
        is_right = tomllib.loads(text) == wanted
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, ValueError):
        is_right, text = False, ""
    if not is_right:
        raise ChangeError(
            "The file is written in a way that cannot be changed here without changing more. "
            "Change it by hand."
        )
    return text


def _apply(school: Any, edits: Iterable[Edit]) -> None:
    """The same for plain tables and for those that keep their comments."""
    for edit in edits:
        if edit.key[0] in _STRAYS:
            for member in school.get(_STAFF, ()):
                member.pop(edit.key[0], None)
        _put(school, edit.key, edit.value)


def _put(table: Any, key: KeyPath, value: Any) -> None:
    first, rest = key[0], key[1:]
    if rest:
        if isinstance(first, str) and first not in table:
            if value is None:
                return
            table[first] = [] if isinstance(rest[0], int) else {}
        _put(table[first], rest, value)
    elif value is None:
        if isinstance(first, int) or first in table:
            del table[first]
    elif isinstance(first, int) and first == len(table):
        table.append(copy.deepcopy(value))
    else:
        table[first] = copy.deepcopy(value)


@dataclass
class SettingsFiles:
    """The files of the configuration at `path`; `env` holds secrets."""

    path: Path
    env: Mapping[str, str] = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def load(self) -> Settings:
        """The settings as they stand now; raises ConfigError."""
        return load(self.path, self.env)

    def sheet(self, school_id: str) -> Sheet | None:
        """The file that holds that school; None where none does, or where it cannot be read."""
        for path in self._files():
            try:
                text = read_text(path)
                tables = tomllib.loads(text).get(SCHOOLS, [])
            except (ConfigError, tomllib.TOMLDecodeError):
                continue
            for at, table in enumerate(tables):
                if table.get("id") == school_id:
                    return Sheet(path, text, at)
        return None

    def _files(self) -> Iterator[Path]:
        yield self.path
        yield from sorted((self.path.parent / SCHOOLS_FOLDER).glob("*.toml"))

    def drafted(self, sheet: Sheet, edits: Sequence[Edit]) -> tuple[Settings, str]:
        """The settings as they would be, and the file's words; raises ChangeError."""
        text = edited(sheet, edits)
        try:
            settings = load(self.path, self.env, {sheet.path: text})
        except ConfigError as error:
            raise ChangeError("The settings would not be right.", error.problems) from None
        problems = run_problems(settings)
        if problems:
            raise ChangeError("Footprint could not start with this.", tuple(problems))
        return settings, text

    def write(self, sheet: Sheet, text: str) -> None:
        """Replace the file at once and whole; raises ChangeError where it was changed meanwhile."""
        with self._lock:
            try:
                now = read_text(sheet.path)
            except ConfigError as error:
                raise ChangeError("The settings file cannot be read.", error.problems) from None
            if now != sheet.text:
                raise ChangeError(
                    "Somebody changed the settings meanwhile. Nothing was saved: look at them as "
                    "they are now, and make your change again."
                )
            _replace(sheet.path.resolve(), text)


def _replace(path: Path, text: str) -> None:
    try:
        number, draft = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            Path(draft).chmod(path.stat().st_mode & 0o777)
            Path(draft).replace(path)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise ChangeError(
            f"Footprint may not write its settings file here ({error.strerror}). Ask whoever runs "
            "it to let it, or to change the file by hand."
        ) from None

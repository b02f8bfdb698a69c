"""A mistake in a settings file as one plain line; nothing here reads a file or decides a rule."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from itertools import islice

from monitor.toml_lines import KeyPath, line_at

QUOTED_LENGTH = 60
MOST_PROBLEMS = 100
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")
_VAST = 200
_MOST_LISTED = 20
_MOST_COMPARED = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, or one warning: where it stands, which setting, what to do.

    `file` is empty and `line` is 0 where there is no such place; `key` is empty where the
    file as a whole is meant. `important` is for a warning that nobody may read past.
    """

    file: str
    line: int
    key: str
    message: str
    important: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line and self.file else self.file
        words = f"{self.key} {self.message}" if self.key else self.message
        loud = "IMPORTANT: " if self.important else ""
        return f"{place}: {loud}{words}" if place else f"{loud}{words}"


class ConfigError(Exception):
    """The settings cannot be used; `problems` holds every mistake found, at least one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Problem, ...]]]:
        return ConfigError, (self.problems,)


@dataclass(frozen=True)
class Place:
    """A file by the name that people know, and the lines of its keys."""

    file: str
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """A mistake at a key; `message` goes on from the key's name."""
        return Problem(self.file, self.line(path), key_text(path), message)

    def line(self, path: KeyPath) -> int:
        """The key's line, or that of the table it is missing from."""
        return line_at(self.lines, path)


def file_text(path: object) -> str:
    """A file's name as it is safe to print."""
    return _visible(str(path))


def key_text(path: KeyPath) -> str:
    """A key as people write it: lists are counted from 1, a strange key is quoted."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part + 1}]"
        else:
            bare = part if _BARE_KEY.fullmatch(part) else quoted(part)
            words += f".{bare}" if words else bare
    return words


def quoted(value: object) -> str:
    """A value for a message: cut, its control characters visible, no sign-in data in addresses."""
    if isinstance(value, str):
        safe = _visible(_CREDENTIALS.sub("…@", value[: QUOTED_LENGTH * 8]))
        return f'"{safe if len(safe) <= QUOTED_LENGTH else safe[: QUOTED_LENGTH - 1] + "…"}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _VAST else "a very large number"
    if isinstance(value, date | time):
        return value.isoformat()
    return _kind(value)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like a mistaken one, where any is near enough to be meant."""
    if len(word) > QUOTED_LENGTH:
        return None
    options = {_folded(option): option for option in islice(known, _MOST_COMPARED)}
    found = difflib.get_close_matches(_folded(word), options, n=1)
    return options[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a message: the word that was perhaps meant, or else all that there are."""
    words = tuple(known)
    meant = nearest(word, words)
    if meant:
        return f'; did you mean "{meant}"?'
    more = ", …" if len(words) > _MOST_LISTED else ""
    return f"; known here: {', '.join(words[:_MOST_LISTED]) or 'none'}{more}"


def bounded(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems in the order of their lines, each once, and no more than people can read."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line))
    left = len(ordered) - MOST_PROBLEMS
    if left <= 0:
        return tuple(ordered)
    more = Problem(ordered[0].file, 0, "", f"and {left} more; put these right first")
    return (*ordered[:MOST_PROBLEMS], more)


def _folded(word: str) -> str:
    return word.strip().casefold().replace("-", "_").replace(" ", "_")


def _kind(value: object) -> str:
    if isinstance(value, float):
        return str(value)
    return "a table" if isinstance(value, Mapping) else "a list"


def _visible(text: str) -> str:
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    # C* also covers the marks that turn a line's direction round, which can hide what it says.
    if unicodedata.category(character)[0] == "C" or character in "\u2028\u2029":
        return character.encode("unicode_escape", "backslashreplace").decode("ascii")
    return character

"""Says on which line of a TOML file each key stands, which the standard reader does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\[\s\S])*?"{3,5}'
    r"|'''[\s\S]*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
)
# No setting lies deeper; without an end, a very long key would take very long.
_DEEPEST = 12
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
# A date may hold a blank before its time, so a bare value ends at a comma, bracket or line.
_BARE = re.compile(r"[^,\]}#\n]+")


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """The line, counted from 1, of every key and list item in a text that `tomllib` accepts.

    A list counts from 0, as in the values that `tomllib` returns. For a text that is not valid
    TOML it ends as well, with an incomplete answer or a ValueError.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


def line_at(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of a key, or of the nearest table round a key that is missing; 0 for none."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 0


@dataclass
class _Scanner:
    text: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    _arrays: dict[KeyPath, int] = field(default_factory=dict)
    _at: int = 0
    _counted: int = 0
    _line: int = 1

    def document(self) -> None:
        table: KeyPath = ()
        while self._skip_blank():
            before = self._at
            if self._here("[["):
                table = self._next_of_array(self._header(2))
            elif self._here("["):
                table = self._note(self._last_items(self._header(1)))
            else:
                self._pair(table)
            if self._at == before:
                return

    def _skip_blank(self) -> bool:
        blank = _BLANK.match(self.text, self._at)
        self._at = blank.end() if blank else self._at
        return self._at < len(self.text)

    def _here(self, mark: str) -> bool:
        return self.text.startswith(mark, self._at)

    def _take(self, mark: str) -> bool:
        found = self._here(mark)
        self._at += len(mark) if found else 0
        return found

    def _header(self, brackets: int) -> KeyPath:
        self._at += brackets
        parts = self._key()
        self._at += brackets
        return parts

    def _key(self) -> KeyPath:
        parts: list[str | int] = []
        while self._skip_blank() and (found := _KEY_PART.match(self.text, self._at)):
            parts.append(_plain(found[0]))
            self._at = found.end()
            self._skip_blank()
            if not self._take("."):
                break
        return tuple(parts[:_DEEPEST])

    def _note(self, path: KeyPath) -> KeyPath:
        # Counted from the last mark, so that a long file is read through once.
        self._line += self.text.count("\n", self._counted, self._at)
        self._counted = self._at
        for end in range(1, len(path) + 1):
            self.lines.setdefault(path[:end], self._line)
        return path

    def _last_items(self, parts: KeyPath) -> KeyPath:
        path: KeyPath = ()
        for part in parts:
            path = (*path, part)
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return path

    def _next_of_array(self, parts: KeyPath) -> KeyPath:
        array = (*self._last_items(parts[:-1]), *parts[-1:])
        self._arrays[array] = self._arrays.get(array, -1) + 1
        return self._note((*array, self._arrays[array]))

    def _pair(self, table: KeyPath) -> None:
        path = self._note((*table, *self._key()))
        if self._take("="):
            self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip_blank()
        if self._take("["):
            self._items(path)
        elif self._take("{"):
            self._pairs(path)
        elif found := _STRING.match(self.text, self._at) or _BARE.match(self.text, self._at):
            self._at = found.end()

    def _items(self, path: KeyPath) -> None:
        index = 0
        while self._skip_blank() and not self._take("]"):
            before = self._at
            self._value(self._note((*path, index)))
            self._skip_blank()
            self._take(",")
            index += 1
            if self._at == before:
                return

    def _pairs(self, path: KeyPath) -> None:
        while self._skip_blank() and not self._take("}"):
            before = self._at
            self._pair(path)
            self._skip_blank()
            self._take(",")
            if self._at == before:
                return


def _plain(part: str) -> str:
    if part[0] not in "\"'":
        return part
    return str(tomllib.loads(f"k = {part}")["k"])

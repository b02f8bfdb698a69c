"""Reads one TOML file, whatever it turns out to hold, into values and the lines of its keys."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.problems import ConfigError, Place, Problem, file_text
from monitor.toml_lines import lines_of

MOST_BYTES = 5_000_000
_LINE = re.compile(r"\(at line (\d+), column \d+\)")
# What word processors make of quotation marks.
_CURLY = re.compile("[\u201c\u201d\u2018\u2019]")
_STRAIGHT = 'there are curly quotation marks; type straight quotation marks (")'
_TEXT_OPEN = 'a text is not closed: its second quotation mark (") is missing'
_TWICE = (
    'the same setting is given twice; or did you leave "# " before the heading (such as '
    "[[sources]]) above it?"
)
# The reader's own words quote the file, which may be a secret on the wrong line.
_PLAIN_WORDS = (
    ("Illegal character '\\n'", _TEXT_OPEN),
    ("Illegal character", "there is a character that may not stand here (a control character?)"),
    ("Found invalid character '\\n'", _TEXT_OPEN),
    ("Found invalid character", "there is a character that may not stand here"),
    ("Unterminated string", _TEXT_OPEN),
    ('Expected \'"""\'', _TEXT_OPEN),
    ("Expected \"'", _TEXT_OPEN),
    ("Invalid value", "a value is missing or not understood; text needs quotation marks"),
    ("Invalid date", "this day or time does not exist"),
    ("Unclosed array", 'a list is not closed: its "]" or a comma is missing'),
    ("Unclosed inline table", 'a table in braces is not closed: its "}" or a comma is missing'),
    ("Duplicate inline table key", "the same setting is given twice"),
    ("Cannot overwrite a value", _TWICE),
    ("Cannot declare", "the same heading stands twice"),
    ("Cannot redefine", "the same setting is given twice"),
    ("Cannot mutate", "this adds to a table or list that is already complete"),
    ("Expected newline", "something follows the value; each setting needs its own line"),
    ("Expected '=' after a key", 'there is no "=" after the name; a setting is name = value'),
    ("Expected ']' at the end", 'a heading is not closed: its "]" is missing'),
    ("Expected ']]' at the end", 'a heading is not closed: its "]]" is missing'),
    ("Unescaped '\\' in a string", "a backslash in a text needs to be doubled"),
    ("Invalid hex value", "a backslash in a text needs to be doubled"),
    ("Escaped character", "a backslash in a text needs to be doubled"),
    ("Invalid initial character", "here should be the name of a setting"),
    ("Invalid statement", "this is neither a setting (name = value) nor a heading ([name])"),
)


@dataclass(frozen=True)
class TomlFile:
    """What a file holds, and where its keys stand."""

    tables: dict[str, Any]
    place: Place


def read_toml(path: Path, draft: str | None = None) -> TomlFile:
    """The file's tables, or those of a draft of it; raises ConfigError with the one mistake that
    keeps it from being read.
    """
    text = read_text(path) if draft is None else draft
    try:
        tables = tomllib.loads(text)
        lines = lines_of(text)
    except tomllib.TOMLDecodeError as error:
        line = _line_of(str(error), text)
        curly = _CURLY.search(text.split("\n")[line - 1])
        raise _alone(path, _STRAIGHT if curly else _plain(str(error)), line) from None
    except RecursionError:
        raise _alone(path, "holds lists or tables that are nested too deeply") from None
    except ValueError:
        raise _alone(path, "holds a number with too many digits") from None
    if not tables:
        raise _alone(path, "holds no settings; config.example.toml shows what there is")
    return TomlFile(tables, Place(file_text(path), lines))


def read_text(path: Path) -> str:
    """A settings file's text without its byte order mark; raises ConfigError."""
    return _text(path, _bytes(path))


def _alone(path: Path, message: str, line: int = 0) -> ConfigError:
    return ConfigError((Problem(file_text(path), line, "", message),))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _alone(
            path, "is not there; run `footprint init`, or copy config.example.toml and fill it in"
        ) from None
    except IsADirectoryError:
        raise _alone(path, "is a folder; name the file in it") from None
    except PermissionError:
        raise _alone(path, "may not be read by the user that runs the program") from None
    except (OSError, ValueError) as error:
        raise _alone(path, f"cannot be read: {_reason(error)}") from None
    if len(raw) > MOST_BYTES:
        raise _alone(path, f"is larger than {MOST_BYTES // 1_000_000} MB; this is no settings file")
    return raw


def _reason(error: OSError | ValueError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number else "its name is not one that a file can have"


def _text(path: Path, raw: bytes) -> str:
    # UTF-16 without its mark shows by every other byte of plain English being zero.
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw.count(0) > len(raw) // 3:
        raise _alone(path, "is saved as UTF-16; save it as UTF-8 (plain text)")
    if b"\0" in raw:
        line = _line_at(raw, raw.index(b"\0"))
        raise _alone(path, "there is a NUL character; this is damaged or no text file", line)
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = _line_at(raw, error.start)
        raise _alone(
            path, "there is a character that is not UTF-8; save it as UTF-8", line
        ) from None


def _line_at(raw: bytes, offset: int) -> int:
    return raw.count(b"\n", 0, offset) + 1


def _line_of(message: str, text: str) -> int:
    found = _LINE.search(message)
    return int(found[1]) if found else len(text.rstrip().splitlines()) or 1


def _plain(message: str) -> str:
    known = (words for start, words in _PLAIN_WORDS if message.startswith(start))
    return next(known, "this is not valid TOML")

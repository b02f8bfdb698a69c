"""PURE: files for other programs: tables for spreadsheets, and calendars.

What is foreign is text in them: a spreadsheet reckons with no cell of ours, and a calendar takes
none of our words for a line of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.judge.routing import LONDON

# With these, full-width ones too, a cell begins that a spreadsheet would reckon with or run.
_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
# What some leave out before they look.
_BLANK = " \u00a0\u3000\ufeff\u200b"
# Spreadsheets take UTF-8 for what it is only with this mark before it.
BOM = "\ufeff"
_LINE = 75  # octets; RFC 5545, 3.1

Cell = str | int | float


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file (RFC 4180) in UTF-8; numbers stay numbers."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([cell(one) for one in row] for row in rows)
    return f"{BOM}{written.getvalue()}".encode("utf-8", "replace")


def cell(value: Cell) -> Cell:
    """A cell that is shown as it is written; an apostrophe before it says that it is text."""
    if not isinstance(value, str):
        return value
    text = value.replace("\x00", "")
    return f"'{text}" if text.lstrip(_BLANK)[:1] in _FORMULA else text


@dataclass(frozen=True, slots=True)
class Due:
    """Something in a calendar; `by_day` says that it ends with the day before `at`."""

    id: str
    says: str
    more: str
    link: str
    at: datetime
    by_day: bool


def calendar(name: str, dues: Iterable[Due], now: datetime) -> bytes:
    """An iCalendar file (RFC 5545)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Footprint//clocks//EN",
        f"X-WR-CALNAME:{_escaped(name)}",
    ]
    for one in dues:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(one.id)}",
            f"DTSTAMP:{_moment(now)}",
            *_when(one),
            f"SUMMARY:{_escaped(one.says)}",
            f"DESCRIPTION:{_escaped(one.more)}",
            *([f"URL:{_escaped(one.link)}"] if one.link else []),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode(
        "utf-8", "replace"
    )


def _when(due: Due) -> list[str]:
    if not due.by_day:
        return [f"DTSTART:{_moment(due.at)}"]
    day = (due.at.astimezone(LONDON) - timedelta(seconds=1)).date()
    return [f"DTSTART;VALUE=DATE:{day:%Y%m%d}"]


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    bare = "".join(max(char, " ") for char in text)
    return bare.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> str:
    """The line in parts that are short enough, none of which ends within a character."""
    parts: list[str] = []
    part = ""
    for char in line:
        if len(f"{part}{char}".encode("utf-8", "replace")) > _LINE - bool(parts):
            parts.append(part)
            part = ""
        part += char
    return "\r\n ".join([*parts, part])

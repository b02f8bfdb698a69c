"""Puts a roll-up into words: one message that names each of many posts. Pure; sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from alerts.base import Letter
from alerts.mail import Envelope, letter, link, list_slug, plain, render, subject_line

URGENT_COLOUR, RESPOND_COLOUR = "#9b1c1c", "#1d4f91"


@dataclass(frozen=True, slots=True)
class Line:
    """One incident: what it may be, where and when, and never what it says.

    `more` further posts belong to it; `again` says that it was told before and nobody has it.
    `school`, `link` and `page` may be empty.
    """

    level: str
    possible: bool
    kinds: str
    place: str
    when: str
    school: str
    link: str
    page: str
    more: int
    again: bool


@dataclass(frozen=True, slots=True)
class RollupNotice:
    """Every incident that one person would have had a letter of; all of them are `lines`."""

    school_id: str
    schools: tuple[str, ...]
    lines: tuple[Line, ...]
    reference: str


def rollup_letter(notice: RollupNotice, **envelope: Unpack[Envelope]) -> Letter:
    """The roll-up for one person. Raises as `alerts.mail.letter` does."""
    urgent = sum(line.level == "urgent" for line in notice.lines)
    number = len(notice.lines)
    words = {
        "subject": _subject(urgent, number),
        "colour": URGENT_COLOUR if urgent else RESPOND_COLOUR,
        "schools": [plain(school, 120) for school in notice.schools],
        "urgent": urgent,
        "number": number,
        "lines": [_shown(line) for line in notice.lines],
        "reference": plain(notice.reference, 40),
    }
    return letter(
        subject_line(str(words["subject"]), notice.reference),
        render("rollup.txt", **words),
        render("rollup.html", **words),
        list_name=f"alerts.{list_slug(notice.school_id)}",
        **envelope,
    )


def _subject(urgent: int, number: int) -> str:
    if not urgent:
        return "A post needs a response" if number == 1 else f"{number} posts need a response"
    if urgent == 1:
        return "Urgent: one more post needs you now"
    return f"Urgent: {urgent} more posts need you now"


def _shown(line: Line) -> dict[str, object]:
    named = {"urgent": "Urgent", "respond": "Needs a response"}
    level = "May be urgent" if line.possible else named.get(line.level, "Please look")
    return {
        "level": level,
        "kinds": plain(line.kinds, 240),
        "place": plain(line.place, 120),
        "when": plain(line.when, 80),
        "school": plain(line.school, 120),
        "page": link(line.page),
        "post": link(line.link),
        "more": line.more,
        "again": line.again,
    }

"""How the pages say things: levels, roles, states and moments in plain words. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from monitor.judge.routing import LONDON

LEVELS = {
    "urgent": "Urgent",
    "respond": "Needs a response",
    "watch": "Worth knowing",
    "routine": "Routine",
}
MEANINGS = {
    "urgent": "Somebody may come to harm, or a crime may be in progress.",
    "respond": "The school should answer it or act on it within the school day.",
    "watch": "The rules found nothing to answer here, but a head would want to know of it.",
    "routine": "The rules found nothing that needs you here. Rules miss things: skim these now and "
    "then.",
}
# The same beside one mention.
MEANING = {
    **MEANINGS,
    "watch": "The rules found nothing to answer here, but a head would want to know of it. Rules "
    "miss things: please read it.",
    "routine": "The rules found nothing that needs you here. Rules miss things: please read it.",
}
TONES = {"negative": "Negative", "neutral": "Neutral", "positive": "Positive"}
ROLES = {
    "headteacher": "headteacher",
    "deputy": "deputy head",
    "dsl": "safeguarding lead",
    "deputy_dsl": "deputy safeguarding lead",
    "duty": "duty contact",
    "office": "school office",
    "chair": "chair of governors",
    "vice_chair": "vice-chair of governors",
    "clerk": "clerk to the governors",
    "dpo": "data protection officer",
    "it": "IT support",
    "governor": "governor",
    "trust": "trust",
    "staff": "member of staff",
    "holiday_contact": "holiday contact",
}


def moment(when: datetime, now: datetime) -> str:
    """A moment as a school says it: `Saturday 21 November, 21:40`, the year where it differs."""
    there, today = when.astimezone(LONDON), now.astimezone(LONDON)
    year = "" if there.year == today.year else f" {there.year}"
    return f"{there:%A} {there.day} {there:%B}{year}, {there:%H:%M}"


def shortly(when: datetime, now: datetime) -> str:
    """The same inside a sentence: `today at 21:40`, or `on Monday 23 November at 07:30`."""
    day, _, at = moment(when, now).rpartition(", ")
    is_today = when.astimezone(LONDON).date() == now.astimezone(LONDON).date()
    return f"today at {at}" if is_today else f"on {day} at {at}"


def dated(when: datetime, now: datetime) -> str:
    """The same beside another one, where there is little room: `18 November at 07:30`."""
    there, today = when.astimezone(LONDON), now.astimezone(LONDON)
    return f"{'today' if there.date() == today.date() else day(when, now)} at {there:%H:%M}"


def day(when: datetime, now: datetime) -> str:
    """The day alone: `18 November`, the year where it differs."""
    there = when.astimezone(LONDON)
    year = "" if there.year == now.astimezone(LONDON).year else f" {there.year}"
    return f"{there.day} {there:%B}{year}"


def clipped(text: str, most: int) -> str:
    """Foreign text as one line of at most `most` characters.

    Controls, and the marks that turn the direction of writing, become spaces.
    """
    line = " ".join("".join(map(_visible, text[: most * 4])).split())
    return line if len(line) <= most else f"{line[: _cut(line, most - 1)].rstrip()}…"


def _cut(text: str, most: int) -> int:
    """Where a word ends in the second half of what may be shown; else all of it."""
    cut = text.rfind(" ", most // 2, most)
    return cut if cut > 0 else most


def _visible(character: str) -> str:
    hides = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return " " if hides and character != "\u200d" else character  # \u200d: families in emoji


def every(minutes: float) -> str:
    """How often: `30 minutes`, `2 hours`, `20 seconds`."""
    if minutes < 1:
        return counted(round(minutes * 60), "second", "seconds")
    hours, rest = divmod(round(minutes), 60)
    return counted(round(minutes), "minute", "minutes") if rest else counted(hours, "hour", "hours")


def counted(number: int, one: str, many: str) -> str:
    """`1 place`, `2 places`."""
    return f"{number} {one if number == 1 else many}"


def site(host: str) -> str:
    """A host as people know it; one of this machine's own names is no site."""
    is_here = host == "localhost" or host.startswith("127.") or host == "::1"
    return "this machine" if is_here else host


def chip(level: str, tier: str | None) -> str:
    """The level in words; an urgent one that the judge is not sure of says so."""
    is_possible = level == "urgent" and tier == "possible"
    return "Possibly urgent" if is_possible else LEVELS.get(level, level)


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]

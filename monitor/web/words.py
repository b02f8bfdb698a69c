"""How the pages say things, in their language: levels, roles, states and moments.

The constants are marked to be translated where they are shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from babel.dates import format_datetime

from monitor.judge.routing import LONDON
from monitor.web.translating import gettext as _
from monitor.web.translating import language, later, ngettext

LEVELS = {
    "urgent": later("Urgent"),
    "respond": later("Needs a response"),
    "watch": later("Worth knowing"),
    "routine": later("Routine"),
}
MEANINGS = {
    "urgent": later("Somebody may come to harm, or a crime may be in progress."),
    "respond": later("The school should answer it or act on it within the school day."),
    "watch": later("The rules found nothing to answer here, but a head would want to know of it."),
    "routine": later(
        "The rules found nothing that needs you here. Rules miss things: skim these now and then."
    ),
}
# The same beside one mention.
MEANING = {
    **MEANINGS,
    "watch": later(
        "The rules found nothing to answer here, but a head would want to know of it. Rules "
        "miss things: please read it."
    ),
    "routine": later(
        "The rules found nothing that needs you here. Rules miss things: please read it."
    ),
}
TONES = {
    "negative": later("Negative"),
    "neutral": later("Neutral"),
    "positive": later("Positive"),
}
ROLES = {
    "headteacher": later("headteacher"),
    "deputy": later("deputy head"),
    "dsl": later("safeguarding lead"),
    "deputy_dsl": later("deputy safeguarding lead"),
    "duty": later("duty contact"),
    "office": later("school office"),
    "chair": later("chair of governors"),
    "vice_chair": later("vice-chair of governors"),
    "clerk": later("clerk to the governors"),
    "dpo": later("data protection officer"),
    "it": later("IT support"),
    "governor": later("governor"),
    "trust": later("trust"),
    "staff": later("member of staff"),
    "holiday_contact": later("holiday contact"),
}


def moment(when: datetime, now: datetime) -> str:
    """A moment as a school says it: `Saturday 21 November, 21:40`, the year where it differs."""
    year = "" if _is_of_year(when, now) else " y"
    return _in_london(when, f"EEEE d MMMM{year}, HH:mm")


def shortly(when: datetime, now: datetime) -> str:
    """The same inside a sentence: `today at 21:40`, or `on Monday 23 November at 07:30`."""
    named, _comma, at = moment(when, now).rpartition(", ")
    if is_today(when, now):
        return _("today at {time}").format(time=at)
    return _("on {day} at {time}").format(day=named, time=at)


def dated(when: datetime, now: datetime) -> str:
    """The same beside another one, where there is little room: `18 November at 07:30`."""
    at = _in_london(when, "HH:mm")
    if is_today(when, now):
        return _("today at {time}").format(time=at)
    return _("{date} at {time}").format(date=day(when, now), time=at)


def day(when: datetime, now: datetime) -> str:
    """The day alone: `18 November`, the year where it differs."""
    return _in_london(when, "d MMMM" if _is_of_year(when, now) else "d MMMM y")


def is_today(when: datetime, now: datetime) -> bool:
    """True where both are on one day in London."""
    return when.astimezone(LONDON).date() == now.astimezone(LONDON).date()


def _is_of_year(when: datetime, now: datetime) -> bool:
    return when.astimezone(LONDON).year == now.astimezone(LONDON).year


def _in_london(when: datetime, pattern: str) -> str:
    locale = "cy" if language() == "cy" else "en_GB"
    return format_datetime(when.astimezone(LONDON), pattern, tzinfo=LONDON, locale=locale)


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
    return f"{number} {ngettext(one, many, number)}"


def site(host: str) -> str:
    """A host as people know it; one of this machine's own names is no site."""
    is_here = host == "localhost" or host.startswith("127.") or host == "::1"
    return _("this machine") if is_here else host


def chip(level: str, tier: str | None) -> str:
    """The level in words; an urgent one that the judge is not sure of says so."""
    is_possible = level == "urgent" and tier == "possible"
    return _("Possibly urgent") if is_possible else _(LEVELS.get(level, level))


def role(name: str) -> str:
    """A role in words."""
    return _(ROLES.get(name, name))


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(parts) < 2:  # noqa: PLR2004 - one thing is no list
        return "".join(parts)
    return _("{several} and {last}").format(several=", ".join(parts[:-1]), last=parts[-1])


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]

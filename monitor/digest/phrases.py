"""Small phrases: numbers, days, ages and stretches of time as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.digest.weeks import Week
from monitor.judge.routing import LONDON

# Fewer than this are told to nobody who may sit on a panel: they could point at somebody.
SMALL = 5
# From so many minutes on hours are said, and from so many hours days.
HOURS_FROM, DAYS_FROM = 90, 36


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 post", "2 posts"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def hidden(number: int) -> str:
    """A number as those may know it who must not work out a small one: to the nearest five."""
    return str(rounded(number)) if number >= SMALL else f"fewer than {SMALL}"


def series(items: Sequence[str]) -> str:
    """Items in a sentence: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def about(usual: float) -> str:
    return f"{usual:.0f}" if usual >= SMALL else f"{usual:.1f}".removesuffix(".0")


def rounded(number: int) -> int:
    """To the nearest five, so that no small part can be worked out from the whole."""
    return SMALL * round(number / SMALL)


def opened(text: str) -> str:
    return text[:1].upper() + text[1:]


def day(moment: datetime) -> str:
    here = moment.astimezone(LONDON)
    return f"{here:%A} {here.day} {here:%B}"


def age(moment: datetime, now: datetime) -> str:
    days = (now.astimezone(LONDON).date() - moment.astimezone(LONDON).date()).days
    return f"{counted(days, 'day')} old" if days > 0 else "today"


def lasted(time: timedelta) -> str:
    minutes = time / timedelta(minutes=1)
    if minutes < 1:
        return "under a minute"
    if minutes < HOURS_FROM:
        return counted(round(minutes), "minute")
    hours = minutes / 60
    return counted(round(hours), "hour") if hours < DAYS_FROM else counted(round(hours / 24), "day")


def label(week: Week) -> str:
    return f"{week.monday.day} {week.monday:%b}"

"""PURE: what could not be seen, since when and for how long; silence from there is no calm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.judge.routing import LONDON
from monitor.store.looks import Gap, Look

NAMED = 4
WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A stretch of a period in which a source could not be seen; `until` is None while it lasts.

    `lasted` is how much of it lies in the period.
    """

    source: str
    since: datetime
    until: datetime | None
    health: str
    lasted: timedelta


@dataclass(frozen=True, slots=True)
class Blind:
    """A source that is not seen now: since when, where that is known, and why in a word or two."""

    source: str
    since: datetime | None
    why: str


def unseen(
    looks: Iterable[Look], gaps: Iterable[Gap], begins: datetime, ends: datetime
) -> tuple[Unseen, ...]:
    """What a school's sources did not show in a period that ends now at the latest."""
    over = [
        Unseen(gap.source, gap.since, gap.until, gap.health, lasted)
        for gap in gaps
        if (lasted := min(gap.until, ends) - max(gap.since, begins)) > timedelta()
    ]
    lasting = [
        Unseen(look.source, since, None, look.health, ends - max(since, begins))
        for look in looks
        if (since := look.broken_since) and since < ends
    ]
    return tuple(sorted((*over, *lasting), key=lambda one: (one.since, one.source)))


def sentence(well: int, blind: Sequence[Blind], unread: Sequence[str], now: datetime) -> str:
    """How things are now: how many sources are well, which are not seen, which not read yet."""
    if not (well or blind or unread):
        return "No source is set up yet, so nothing is being read."
    if not (blind or unread):
        return f"All {well} sources are well." if well > 1 else "The only source is well."
    parts = []
    if blind:
        parts.append(f"Not seen: {_several([_said(one, now) for one in blind])}.")
    if unread:
        parts.append(f"Not read yet: {_several(unread)}.")
    if well:
        parts.append(f"{well} {'source is' if well == 1 else 'sources are'} well.")
    return " ".join(parts)


def _said(one: Blind, now: datetime) -> str:
    since = f" since {_since(one.since, now)}" if one.since else ""
    return f"{one.source}{since} ({one.why})"


def _several(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _since(when: datetime, now: datetime) -> str:
    """`21:10` of today, `Monday 21:10` of this week, else `12 November`, the year if it differs."""
    there, here = when.astimezone(LONDON), now.astimezone(LONDON)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if now - when < WEEK:
        return f"{there:%A %H:%M}"
    year = "" if there.year == here.year else f" {there.year}"
    return f"{there.day} {there:%B}{year}"

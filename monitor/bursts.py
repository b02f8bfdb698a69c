"""PURE: how many messages one person is sent in an hour, and which of them come in one.

A flood of posts must not bury the one that matters: after a few letters of their own, urgent
posts are named together in a roll-up, soon and then every ten minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from alerts.rollup import Line, RollupNotice
from monitor.addressing import place_of
from monitor.judge.routing import LONDON
from monitor.judge.terms import Level
from monitor.notices import kinds, worded
from monitor.school_days import moment, next_opening
from monitor.settings import School
from monitor.store.deliveries import (
    ALERT,
    DIGEST,
    ESCALATION,
    REMINDER,
    ROLLUP,
    SECOND,
    SIGNIN,
    SKEW,
    Delivery,
)
from monitor.store.mentions import Mention

HOURLY = 12
HOUR = timedelta(hours=1)
GAP = timedelta(minutes=10)
_DAY = timedelta(days=1)
# A digest is one a week at a fixed time, a reminder one a term, a note is no mail, and for a link
# that signs somebody in that person waits: they neither count nor wait.
FREE = frozenset({DIGEST, REMINDER, SECOND, SIGNIN})
# What a roll-up may name in place of a letter of its own.
ROLLED = frozenset({ALERT, ESCALATION})


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one address has been sent, or is being sent, at about this time, over all schools.

    `moments` are of the last hour; `rolled_at` is when the last roll-up was written.
    """

    moments: Sequence[datetime]
    rolled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wait:
    """That a letter does not go by itself now: until when it waits, and whether in a roll-up."""

    until: datetime
    in_rollup: bool


def has_room(moments: Collection[datetime], now: datetime) -> bool:
    """True where one letter more leaves room for a roll-up at once and every ten minutes.

    So at most twelve messages go in any hour, and in a flood six: what comes after them is named
    within ten minutes all the same.
    """
    return all(
        sum(moment > now + step * GAP - HOUR for moment in moments) + 1 + (step + 1) <= HOURLY
        for step in range(HOUR // GAP)
    )


def wait(letter: Delivery, traffic: Traffic, school: School, now: datetime) -> Wait | None:
    """How long a letter that is due has to wait; None where it goes by itself now.

    What is urgent is rolled up. What can wait is put off to the school's next opening, and what
    has waited for that opening already is rolled up there. A roll-up goes when it is due.
    """
    if letter.kind in FREE or letter.kind == ROLLUP or has_room(traffic.moments, now):
        return None
    if letter.kind not in ROLLED:
        return Wait(now + GAP, in_rollup=False)
    if letter.level != Level.URGENT and letter.owed_at >= midnight(now):
        return Wait(_next_morning(letter, school, now), in_rollup=False)
    last = traffic.rolled_at
    return Wait(max(now, last + GAP) if last else now, in_rollup=True)


def midnight(now: datetime) -> datetime:
    """When the day began in London."""
    return moment(now.astimezone(LONDON).date(), time())


def _next_morning(letter: Delivery, school: School, now: datetime) -> datetime:
    tomorrow = moment(now.astimezone(LONDON).date() + _DAY, time())
    quiet = next((one.quiet_hours for one in school.people if one.email == letter.email), None)
    return next_opening(school, tomorrow, quiet).at


def is_recent(then: datetime, now: datetime) -> bool:
    """True within the last hour; what is far ahead was written before the clock was set back."""
    return now - HOUR < then <= now + SKEW


@dataclass(frozen=True, slots=True)
class Item:
    """One letter that a roll-up takes the place of, and the post that it is about."""

    letter: Delivery
    mention: Mention
    school: School


def notice(items: Iterable[Item], web: str, reference: str, now: datetime) -> RollupNotice:
    """What the roll-up says: each incident once, the urgent first and the newest of those first."""
    groups: dict[str, list[Item]] = {}
    for item in sorted(items, key=_rank, reverse=True):
        groups.setdefault(item.mention.incident or item.mention.id, []).append(item)
    schools = list(dict.fromkeys(one.school.name for group in groups.values() for one in group))
    lines = tuple(_line(group, web, now, name_school=len(schools) > 1) for group in groups.values())
    first = next(iter(groups.values()))[0]
    return RollupNotice(first.school.id, tuple(schools), lines, reference)


def _rank(item: Item) -> tuple[int, datetime]:
    return Level(item.letter.level).rank, item.mention.seen_at


def _line(group: Sequence[Item], web: str, now: datetime, *, name_school: bool) -> Line:
    first = group[0]
    mention = first.mention
    posted = mention.published
    when = f"posted {worded(posted, beside=now)}" if posted else f"found {worded(mention.seen_at)}"
    return Line(
        level=first.letter.level,
        possible=first.letter.level == Level.URGENT and mention.tier == "possible",
        kinds="; ".join(kinds(mention.categories)),
        place=place_of(mention),
        when=when,
        school=first.school.name if name_school else "",
        link=mention.url,
        page=f"{web}/mentions/{mention.id}" if web else "",
        more=len({item.mention.id for item in group}) - 1,
        again=any(item.letter.kind == ESCALATION for item in group),
    )

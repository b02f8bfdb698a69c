"""Says which role is told of a judgement, and when; plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.judge.terms import Judgement, Level

LONDON = ZoneInfo("Europe/London")
FRESH = timedelta(hours=72)
_FRIDAY = 4
# Who stands in where nobody holds the role, nearest first.
STAND_INS: Mapping[str, tuple[str, ...]] = {
    "headteacher": ("deputy", "chair"),
    "dsl": ("deputy_dsl", "deputy"),
    "deputy": ("chair", "office"),
    "deputy_dsl": ("deputy",),
}
_LEADS = tuple((role, *STAND_INS[role]) for role in ("headteacher", "dsl"))
_OFFICE_HOURS = ("headteacher", "deputy", "office")
_OTHERS = ("deputy", "deputy_dsl", "duty", "chair", "vice_chair", "office")


@dataclass(frozen=True, slots=True)
class Due:
    """An alert that is owed: to whoever holds `role`, at `at` (UTC)."""

    role: str
    at: datetime


def plan(
    judgement: Judgement,
    roles: Set[str],
    opens: time,
    closes: time,
    now: datetime,
    *,
    published: datetime | None,
    first_sight: bool,
) -> tuple[Due, ...]:
    """The alerts that a judgement owes to the roles that somebody holds; empty where none.

    `opens` and `closes` are wall clock times in Europe/London, Monday to Friday. On the first
    sight of a source only an urgent post owes an alert, and only where it was published less than
    72 hours before `now` or bears no date. All other datetimes carry a time zone.
    """
    if not judgement.relevant or (first_sight and not _fresh(judgement, published, now)):
        return ()
    if judgement.level is Level.URGENT:
        return tuple(Due(role, now.astimezone(UTC)) for role in _urgent_roles(roles))
    if judgement.level is Level.RESPOND:
        at = next_opening(now, opens, closes)
        return tuple(Due(role, at) for role in _first(_OFFICE_HOURS, roles, ()))
    return ()


def _fresh(judgement: Judgement, published: datetime | None, now: datetime) -> bool:
    recent = published is None or now - published < FRESH
    return judgement.level is Level.URGENT and recent


def _first(chain: tuple[str, ...], roles: Set[str], taken: tuple[str, ...]) -> tuple[str, ...]:
    return next(((role,) for role in chain if role in roles and role not in taken), ())


def _urgent_roles(roles: Set[str]) -> tuple[str, ...]:
    """Head and safeguarding lead or their stand-ins: two different roles where there are two."""
    told: tuple[str, ...] = ()
    for chain in (*_LEADS, _OTHERS):
        if len(told) < len(_LEADS):
            told += _first(chain, roles, told)
    return told


def next_opening(now: datetime, opens: time, closes: time) -> datetime:
    """`now` inside the school's hours, else the next opening, in UTC; right over clock changes."""
    local = now.astimezone(LONDON)
    day = local.date()
    if local.weekday() <= _FRIDAY and opens <= local.time() < closes:
        return now.astimezone(UTC)
    if local.time() >= opens:
        day += timedelta(days=1)
    while day.weekday() > _FRIDAY:
        day += timedelta(days=1)
    return datetime.combine(day, opens, tzinfo=LONDON).astimezone(UTC)

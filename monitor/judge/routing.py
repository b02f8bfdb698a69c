"""Says whether a judgement owes an alert, and which role hears first; plain values in and out."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.judge.terms import Judgement, Level

LONDON = ZoneInfo("Europe/London")
FRESH = timedelta(hours=72)
# Who stands in where nobody holds the role, nearest first.
STAND_INS: Mapping[str, tuple[str, ...]] = {
    "headteacher": ("deputy", "chair"),
    "dsl": ("deputy_dsl", "deputy"),
    "deputy": ("chair", "office"),
    "deputy_dsl": ("deputy",),
    "holiday_contact": ("headteacher", "deputy", "chair", "office"),
}
_LEADS = tuple((role, *STAND_INS[role]) for role in ("headteacher", "dsl"))
_OFFICE_HOURS = ("headteacher", "deputy", "office")
_OTHERS = ("deputy", "deputy_dsl", "duty", "chair", "vice_chair", "office")
GOVERNORS = ("chair", "vice_chair", "trust")
# Whoever is meant to hear in the holidays; not one of the roles that people hold.
HOLIDAY = "holiday_contact"
# Who is the next to hear, where those who should cannot or must not.
NEXT: Mapping[str, tuple[str, ...]] = {
    Level.URGENT: (
        "headteacher", "dsl", "deputy_dsl", "deputy", *GOVERNORS, "duty", HOLIDAY, "office",
    ),
    Level.RESPOND: (
        "headteacher", "deputy", "chair", "office", "dsl", "deputy_dsl", "vice_chair", "trust",
        "duty", HOLIDAY,
    ),
}  # fmt: skip
# Who may hear of a post at all, whatever its level; all others only what a rule gives them.
HEARERS = frozenset(NEXT[Level.URGENT])


@dataclass(frozen=True, slots=True)
class Step:
    """Whom an urgent alert goes to next where nobody has taken it, and what people call them."""

    roles: tuple[str, ...]
    name: str


# One after the other; after the last, everybody who may hear.
STEPS = (
    Step(("deputy", "deputy_dsl"), "the deputies (deputy or deputy_dsl)"),
    Step(("duty",), "a duty leader (duty)"),
)


@dataclass(frozen=True, slots=True)
class Due:
    """An alert that is owed: to whoever holds `role`, at `at` (UTC)."""

    role: str
    at: datetime


def owes_alert(
    judgement: Judgement, now: datetime, *, published: datetime | None, first_sight: bool
) -> bool:
    """True where somebody must be told of a judgement.

    On the first sight of a source only an urgent post owes an alert, and only where it was
    published less than 72 hours before `now` or bears no date.
    """
    if first_sight and not _fresh(judgement, published, now):
        return False
    return judgement.relevant and judgement.level.needs_response


def first_to_hear(level: Level, roles: Set[str]) -> tuple[str, ...]:
    """Of the roles that somebody holds, those that hear first; empty where none does."""
    if level is Level.URGENT:
        return _urgent_roles(roles)
    return _first(_OFFICE_HOURS, roles, ()) if level is Level.RESPOND else ()


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

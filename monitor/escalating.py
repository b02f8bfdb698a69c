"""PURE: who is told next of an urgent incident that nobody has taken, and when.

First the deputies, then the duty leader, then everybody who may hear, again and again, at every
hour: only "I have this" ends it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.hearing import holders
from monitor.incidents import may_have
from monitor.judge.routing import HEARERS, STEPS
from monitor.settings import Person, School
from monitor.store.deliveries import SKEW

REPEAT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an incident has come that nobody has: `since` is when it was first to be told, or
    was reopened; `step` is the last step, 0 before the first, and `stepped_at` its moment.

    `told` are the addresses that have been owed any letter about it, `waiting` those among them
    for whom one has not gone yet, and `about` those whom it is about, or may be.
    """

    since: datetime
    step: int
    stepped_at: datetime | None
    told: frozenset[str]
    waiting: frozenset[str]
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is due: its number from 1, and who is told, each with the role."""

    number: int
    people: tuple[tuple[str, Person], ...]


def is_due(standing: Standing, school: School, now: datetime) -> bool:
    """True once the next step's time has come, whoever it would tell.

    The school's own minutes pass before each of the first two steps, or what stands in their
    place where nobody can be told by them; then half an hour each time.
    """
    early = standing.step < len(STEPS)
    gap = timedelta(minutes=school.hours.escalate_minutes) if early else REPEAT
    begun = _begun(standing, now)
    # What seems to lie ahead was written before the clock was set back.
    return now - begun >= gap or begun > now + SKEW


def _begun(standing: Standing, now: datetime) -> datetime:
    if standing.stepped_at is None:
        return standing.since
    is_reopened = standing.stepped_at < standing.since <= now + SKEW
    return standing.since if is_reopened else standing.stepped_at


def next_step(standing: Standing, able: School) -> Step | None:
    """The step that comes next; None where nobody is left whom it could tell at this moment.

    `able` is the school with those people alone who may hear. A step that would tell nobody new
    is passed over. Nobody is sent a second letter while a first has not gone.
    """
    for number in range(standing.step + 1, len(STEPS) + 1):
        people = _held(standing, able, STEPS[number - 1].roles)
        if people:
            return Step(number, people)
    number = max(standing.step, len(STEPS)) + 1
    people = tuple(
        (_role(person), person) for person in able.people if person.email not in standing.waiting
    )
    return Step(number, people) if people else None


def _held(
    standing: Standing, able: School, roles: tuple[str, ...]
) -> tuple[tuple[str, Person], ...]:
    """Who holds one of the roles, has not been told, and may take it."""
    found: dict[str, tuple[str, Person]] = {}
    for role in roles:
        for person in holders(able, role):
            if person.email not in standing.told and may_have(person.email, standing.about):
                found.setdefault(person.email, (role, person))
    return tuple(found.values())


def _role(person: Person) -> str:
    return next((role for role in person.roles if role in HEARERS), person.roles[0])


def facts(
    step: Step, incident: str, told_at: datetime | None, roles: Collection[str]
) -> Mapping[str, Any]:
    """What an escalated letter has to say: its step, its incident, when the first letter about
    that went ("" where none has), and the roles that were told before.
    """
    return {
        "escalation": step.number,
        "incident": incident,
        "first_told": told_at.isoformat() if told_at else "",
        "told": sorted(roles),
    }

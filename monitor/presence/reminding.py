"""The reminder to look oneself up: to every account alike, so that it says nothing of anybody."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.judge.routing import LONDON
from monitor.school_days import is_school_day, moment, next_opening
from monitor.settings import Person, School
from monitor.store import deliveries
from monitor.store.deliveries import REMINDER, Owed
from monitor.store.engine import Connection, Store, one_at_a_time

# Below every alert.
PRIORITY = 0
# When the three terms of a year have begun, or soon will have, in all four nations.
_TERMS = ((1, 5, "spring"), (4, 20, "summer"), (9, 1, "autumn"))
_LONGEST_HOLIDAY = 70


@dataclass(frozen=True, slots=True)
class Term:
    """A term by its name, and the first day on which it may have begun."""

    name: str
    begins: date


def term_of(now: datetime) -> Term:
    """The term that a moment is in; the days before a year's first one belong to the last."""
    today = now.astimezone(LONDON).date()
    begun = [
        Term(f"{year} {name}", date(year, month, day))
        for year in (today.year - 1, today.year)
        for month, day, name in _TERMS
    ]
    return [term for term in begun if term.begins <= today][-1]


def due(school: School, term: Term, now: datetime) -> datetime:
    """When somebody at the school is reminded: in its office hours, on a school day of the term.

    Whoever joins later is reminded when they join.
    """
    days = (term.begins + timedelta(days=ahead) for ahead in range(_LONGEST_HOLIDAY))
    first = next((day for day in days if is_school_day(school, day)), term.begins)
    opens = moment(first, school.hours.respond[0])
    return next_opening(school, max(opens, now)).at


@dataclass(frozen=True)
class Reminders:
    """The step that owes the term's reminder to whoever has not been owed it."""

    store: Store
    schools: Callable[[], tuple[School, ...]]
    clock: Callable[[], datetime]

    def owe(self) -> None:
        """Owe it to everybody who has an account and has none yet, whatever they did with it."""
        now = self.clock()
        term = term_of(now)
        with self.store.reading() as connection:
            if not any(self._left(connection, term)):
                return
        with self.store.writing() as connection:
            one_at_a_time(connection, "reminders")
            owed = [
                _owed(school, person, term, now) for school, person in self._left(connection, term)
            ]
            deliveries.owe(connection, owed, now)

    def _left(self, connection: Connection, term: Term) -> Iterator[tuple[School, Person]]:
        """Each address once, at the first school that it belongs to."""
        there = {
            one.email.casefold() for one in deliveries.of_subject(connection, REMINDER, term.name)
        }
        for school in self.schools():
            for person in school.people:
                if person.email.casefold() not in there:
                    there.add(person.email.casefold())
                    yield school, person


def _owed(school: School, person: Person, term: Term, now: datetime) -> Owed:
    return Owed(
        id=uuid.uuid4().hex,
        mention_id=None,
        school=school.id,
        level="routine",
        priority=PRIORITY,
        role=person.roles[0],
        email=person.email,
        due_at=due(school, term, now),
        kind=REMINDER,
        subject=term.name,
    )

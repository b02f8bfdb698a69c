"""Everybody is reminded each term to look themselves up, in the same words at the same time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from alerts.mail import Envelope
from monitor.presence.reminding import Reminders, due, term_of
from monitor.school_days import is_school_day
from monitor.settings import Person, School, Settings
from monitor.store import deliveries
from monitor.store.deliveries import REMINDER, Delivery
from monitor.store.engine import Store
from monitor.writing import draft
from tests.conftest import Clock
from tests.web_cast import HEAD, LEAD, SCHOOL, settings

TEACHER = Person(name="Zebedina Quillfeather", email="zq@hollybrook.example", roles=("staff",))
STAFFED = SCHOOL.model_copy(update={"people": (HEAD, LEAD, TEACHER)})


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 9, 1), "2026 autumn"),
        (date(2026, 12, 31), "2026 autumn"),
        (date(2027, 1, 3), "2026 autumn"),
        (date(2027, 1, 5), "2027 spring"),
        (date(2027, 4, 19), "2027 spring"),
        (date(2027, 4, 20), "2027 summer"),
        (date(2027, 8, 31), "2027 summer"),
    ],
)
def test_a_year_has_three_terms(day: date, name: str) -> None:
    assert term_of(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)).name == name


def test_nobody_is_reminded_before_the_first_school_day_or_at_night() -> None:
    before = datetime(2027, 1, 5, 0, 30, tzinfo=UTC)
    at = due(STAFFED, term_of(before), before)
    assert is_school_day(STAFFED, at.date())
    assert at == datetime(2027, 1, 5, 7, 30, tzinfo=UTC)
    evening = datetime(2027, 2, 5, 22, 0, tzinfo=UTC)  # a Friday
    assert due(STAFFED, term_of(evening), evening) == datetime(2027, 2, 8, 7, 30, tzinfo=UTC)


@pytest.mark.slow
def test_everybody_is_owed_it_once_a_term_and_whoever_joins_when_they_join(
    store: Store, clock: Clock
) -> None:
    schools = [STAFFED.model_copy(update={"people": (HEAD, LEAD)})]
    reminders = Reminders(store, lambda: tuple(schools), clock)
    reminders.owe()
    reminders.owe()
    assert _owed_to(store, "2026 autumn") == [LEAD.email, HEAD.email]
    schools[:] = [STAFFED]
    clock.forward(days=3)
    reminders.owe()
    assert _owed_to(store, "2026 autumn") == [LEAD.email, HEAD.email, TEACHER.email]
    clock.forward(days=120)
    reminders.owe()
    assert _owed_to(store, "2027 spring") == [LEAD.email, HEAD.email, TEACHER.email]


def _letters(store: Store, term: str) -> tuple[Delivery, ...]:
    with store.reading() as connection:
        return deliveries.of_subject(connection, REMINDER, term)


def _owed_to(store: Store, term: str) -> list[str]:
    return sorted(one.email for one in _letters(store, term))


@pytest.mark.slow
def test_every_letter_says_the_same_and_names_nobody(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    Reminders(store, lambda: (STAFFED,), clock).owe()
    configured = settings(
        tmp_path, schools=(STAFFED,), address="https://footprint.hollybrook.example"
    )
    letters = _letters(store, "2026 autumn")
    assert len({(one.due_at, one.owed_at, one.level, str(one.facts)) for one in letters}) == 1
    bodies = {_written(store, configured, one, STAFFED, clock()) for one in letters}
    (body,) = bodies
    assert b"https://footprint.hollybrook.example/presence" in body
    assert b"Everybody at the school" in body
    for person in STAFFED.people:
        assert person.name.encode() not in body


def _written(
    store: Store, configured: Settings, owed: Delivery, school: School, now: datetime
) -> bytes:
    with store.reading() as connection:
        found = draft(connection, configured, owed, now)
    assert found is not None
    (person,) = found.able.people
    assert person.email == owed.email
    envelope = Envelope(
        message_id="<1@hollybrook.example>",
        date=now,
        sender="Footprint <footprint@hollybrook.example>",
        recipient="somebody@hollybrook.example",
        name="Somebody",
    )
    return found.put(person, (), envelope).content


@pytest.mark.slow
def test_whoever_has_left_is_sent_none(store: Store, clock: Clock, tmp_path: Path) -> None:
    Reminders(store, lambda: (STAFFED,), clock).owe()
    left = STAFFED.model_copy(update={"people": (HEAD, LEAD)})
    gone = next(one for one in _letters(store, "2026 autumn") if one.email == TEACHER.email)
    with store.reading() as connection:
        assert draft(connection, settings(tmp_path, schools=(left,)), gone, clock()) is None

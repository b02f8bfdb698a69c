"""Who is told of a judgement, and when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from monitor.judge.routing import Due, plan
from monitor.judge.terms import Judgement, Level

OPENS, CLOSES = time(7, 30), time(17, 30)
ALL = frozenset(("headteacher", "dsl", "deputy", "deputy_dsl", "chair", "office"))
NOW = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)


def judgement(level: Level, *, relevant: bool = True) -> Judgement:
    return Judgement("holly", relevant, 0.9, "neutral", 0.0, (), level, None, "en")


def dues(
    level: Level,
    roles: frozenset[str] = ALL,
    now: datetime = NOW,
    *,
    published: datetime | None = None,
    first_sight: bool = False,
    relevant: bool = True,
) -> tuple[Due, ...]:
    return plan(
        judgement(level, relevant=relevant),
        roles,
        OPENS,
        CLOSES,
        now,
        published=published,
        first_sight=first_sight,
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_urgent_goes_to_the_head_and_the_safeguarding_lead_at_any_hour() -> None:
    assert dues(Level.URGENT) == (Due("headteacher", NOW), Due("dsl", NOW))


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ({"headteacher", "deputy"}, ["headteacher", "deputy"]),
        ({"deputy", "dsl"}, ["deputy", "dsl"]),
        ({"deputy", "deputy_dsl"}, ["deputy", "deputy_dsl"]),
        ({"chair", "dsl"}, ["chair", "dsl"]),
        ({"deputy", "chair"}, ["deputy", "chair"]),
        ({"deputy", "office"}, ["deputy", "office"]),
        ({"headteacher"}, ["headteacher"]),
        ({"duty"}, ["duty"]),
        ({"staff", "governor"}, []),
    ],
)
def test_an_unfilled_role_has_a_stand_in(roles: set[str], told: list[str]) -> None:
    assert [due.role for due in dues(Level.URGENT, frozenset(roles))] == told


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        (ALL, ["headteacher"]),
        ({"deputy", "office"}, ["deputy"]),
        ({"office", "chair"}, ["office"]),
        ({"chair"}, []),
    ],
)
def test_respond_goes_to_one_role(roles: set[str], told: list[str]) -> None:
    assert [due.role for due in dues(Level.RESPOND, frozenset(roles))] == told


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-18T12:00", "2026-11-18T12:00"),
        ("2026-11-18T07:30", "2026-11-18T07:30"),
        ("2026-11-18T07:29", "2026-11-18T07:30"),
        ("2026-11-18T17:29", "2026-11-18T17:29"),
        ("2026-11-18T17:30", "2026-11-19T07:30"),
        ("2026-11-18T23:59", "2026-11-19T07:30"),
        ("2026-11-20T18:00", "2026-11-23T07:30"),
        ("2026-11-21T10:00", "2026-11-23T07:30"),
        ("2026-11-22T10:00", "2026-11-23T07:30"),
        # The clocks go forward on Sunday 29 March 2026: Monday's 07:30 is 06:30 UTC.
        ("2026-03-27T18:00", "2026-03-30T06:30"),
        ("2026-03-29T00:30", "2026-03-30T06:30"),
        ("2026-03-29T01:30", "2026-03-30T06:30"),
        ("2026-03-30T06:29", "2026-03-30T06:30"),
        ("2026-03-30T16:29", "2026-03-30T16:29"),
        ("2026-03-30T16:30", "2026-03-31T06:30"),
        # They go back on Sunday 25 October 2026: Monday's 07:30 is 07:30 UTC.
        ("2026-10-23T16:30", "2026-10-26T07:30"),
        ("2026-10-25T00:30", "2026-10-26T07:30"),
        ("2026-10-25T01:30", "2026-10-26T07:30"),
        ("2026-10-26T06:45", "2026-10-26T07:30"),
        ("2026-10-26T17:15", "2026-10-26T17:15"),
    ],
)
def test_respond_waits_for_the_schools_hours(now: str, due: str) -> None:
    (owed,) = dues(Level.RESPOND, now=at(now))
    assert owed.at == at(due)
    assert owed.at.tzinfo is UTC


@pytest.mark.parametrize("level", [Level.WATCH, Level.ROUTINE])
def test_the_two_lower_levels_owe_nothing(level: Level) -> None:
    assert dues(level) == ()


def test_what_is_not_ours_owes_nothing() -> None:
    assert dues(Level.URGENT, relevant=False) == ()


@pytest.mark.parametrize(
    ("level", "age", "owed"),
    [
        (Level.URGENT, timedelta(hours=71, minutes=59), 2),
        (Level.URGENT, timedelta(hours=72), 0),
        (Level.URGENT, None, 2),
        (Level.RESPOND, timedelta(minutes=1), 0),
        (Level.RESPOND, None, 0),
    ],
)
def test_the_first_sight_of_a_source_owes_only_what_is_urgent_and_fresh(
    level: Level, age: timedelta | None, owed: int
) -> None:
    published = NOW - age if age else None
    assert len(dues(level, published=published, first_sight=True)) == owed


def test_an_old_urgent_post_still_counts_after_the_first_sight() -> None:
    assert len(dues(Level.URGENT, published=NOW - timedelta(days=30))) == 2

"""Whether a judgement owes an alert, and which role hears first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.judge.routing import first_to_hear, owes_alert
from monitor.judge.terms import Judgement, Level

ALL = frozenset(("headteacher", "dsl", "deputy", "deputy_dsl", "chair", "office"))
NOW = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)


def owed(
    level: Level,
    *,
    published: datetime | None = None,
    first_sight: bool = False,
    relevant: bool = True,
) -> bool:
    judged = Judgement("holly", relevant, 0.9, "neutral", 0.0, (), level, None, "en")
    return owes_alert(judged, NOW, published=published, first_sight=first_sight)


def test_urgent_goes_to_the_head_and_the_safeguarding_lead() -> None:
    assert first_to_hear(Level.URGENT, ALL) == ("headteacher", "dsl")


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
    assert list(first_to_hear(Level.URGENT, roles)) == told


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
    assert list(first_to_hear(Level.RESPOND, roles)) == told


@pytest.mark.parametrize("level", [Level.WATCH, Level.ROUTINE])
def test_the_two_lower_levels_owe_nothing(level: Level) -> None:
    assert not owed(level)
    assert first_to_hear(level, ALL) == ()


def test_what_is_not_ours_owes_nothing() -> None:
    assert owed(Level.URGENT)
    assert not owed(Level.URGENT, relevant=False)


@pytest.mark.parametrize(
    ("level", "age", "is_owed"),
    [
        (Level.URGENT, timedelta(hours=71, minutes=59), True),
        (Level.URGENT, timedelta(hours=72), False),
        (Level.URGENT, None, True),
        (Level.RESPOND, timedelta(minutes=1), False),
        (Level.RESPOND, None, False),
    ],
)
def test_the_first_sight_of_a_source_owes_only_what_is_urgent_and_fresh(
    level: Level, age: timedelta | None, is_owed: bool
) -> None:
    published = NOW - age if age else None
    assert owed(level, published=published, first_sight=True) is is_owed


def test_an_old_urgent_post_still_counts_after_the_first_sight() -> None:
    assert owed(Level.URGENT, published=NOW - timedelta(days=30))

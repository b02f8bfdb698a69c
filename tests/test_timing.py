"""When things are tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor import timing

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
HOURLY = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


def minutes(moment: datetime) -> float:
    return (moment - NOW).total_seconds() / 60


@pytest.mark.parametrize(
    ("every", "settings", "expected"),
    [
        (HOURLY, {}, 60),
        (HOURLY, {"jitter": 1.0}, 72),
        (QUARTER, {"health": "failing", "failures": 1}, 30),
        (QUARTER, {"health": "failing", "failures": 2}, 60),
        (QUARTER, {"health": "failing", "failures": 500}, 60),
        (timedelta(hours=6), {"health": "failing", "failures": 9}, 360),
        (QUARTER, {"health": "blocked", "failures": 1}, 24 * 60),
        (QUARTER, {"health": "needs you", "failures": 90}, 24 * 60),
        (timedelta(days=7), {}, 7 * 24 * 60),
        (QUARTER, {"asked": timedelta(minutes=90)}, 90),
        (QUARTER, {"asked": timedelta(days=400)}, 24 * 60),
        (QUARTER, {"asked": timedelta(seconds=5)}, 15),
        (QUARTER, {"health": "slow", "failures": 1, "asked": timedelta(hours=2)}, 120),
    ],
)
def test_a_source_is_looked_at_again(
    every: timedelta, settings: dict[str, object], expected: float
) -> None:
    due = timing.next_look(NOW, every, **{"jitter": 0.0, **settings})  # type: ignore[arg-type]
    assert minutes(due) == pytest.approx(expected)


@pytest.mark.parametrize("every", [QUARTER, HOURLY, timedelta(days=7)])
@pytest.mark.parametrize(
    "health", ["failing", "slow", "empty", "blocked", "dead", "needs you", "over budget"]
)
def test_every_source_that_is_not_well_is_tried_at_least_daily(
    health: str, every: timedelta
) -> None:
    for failures in (1, 5, 50, 5000):
        due = timing.next_look(
            NOW, every, jitter=1.0, health=health, failures=failures, asked=timedelta(days=9)
        )
        assert due - NOW <= timedelta(days=1)


def test_a_letter_is_tried_from_a_minute_to_an_hour_apart() -> None:
    waits = [minutes(timing.next_try(NOW, attempts)) for attempts in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert minutes(timing.next_try(NOW, 10_000)) == 60


def test_a_server_that_is_away_is_tried_every_five_minutes() -> None:
    waits = [minutes(timing.next_probe(NOW, failures)) for failures in (1, 2, 3, 4, 5, 9999)]
    assert waits == [1, 2, 4, 5, 5, 5]


def test_a_letter_is_given_up_after_five_days_and_not_before() -> None:
    assert not timing.has_waited_long_enough(NOW, NOW + timedelta(days=4, hours=23, minutes=59))
    assert timing.has_waited_long_enough(NOW, NOW + timedelta(days=5))

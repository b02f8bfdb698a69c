"""A month's budget is counted in a memo, by the calendar month in UTC."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sources.budget import left, spend, spent, used_up

NOVEMBER = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)


def test_what_is_spent_is_gone_for_the_month_and_there_again_in_the_next() -> None:
    memo: dict[str, Any] = {}
    spend(memo, NOVEMBER)
    spend(memo, NOVEMBER, 9)
    assert (spent(memo, NOVEMBER), left(memo, NOVEMBER, 15)) == (10, 5)
    assert (spent(memo, DECEMBER), left(memo, DECEMBER, 15)) == (0, 15)
    spend(memo, DECEMBER)
    assert spent(memo, DECEMBER) == 1


def test_the_month_is_that_of_utc_wherever_the_clock_stands() -> None:
    memo: dict[str, Any] = {}
    spend(memo, NOVEMBER)
    east = timezone(timedelta(hours=14))
    assert spent(memo, NOVEMBER.astimezone(east)) == 1


def test_nothing_is_left_where_more_was_spent_than_allowed() -> None:
    memo: dict[str, Any] = {}
    spend(memo, NOVEMBER, 20)
    assert left(memo, NOVEMBER, 15) == 0


def test_the_count_outlives_being_saved() -> None:
    memo: dict[str, Any] = {}
    spend(memo, NOVEMBER, 3)
    assert spent(json.loads(json.dumps(memo)), NOVEMBER) == 3


@pytest.mark.parametrize("kept", [None, 7, [], {}, {"month": "2026-11"}, {"month": 1, "units": 5}])
def test_a_count_that_cannot_be_read_is_none(kept: object) -> None:
    assert spent({"spent": kept}, NOVEMBER) == 0


def test_an_empty_budget_says_when_it_goes_on() -> None:
    error = used_up("The month's 900 searches (monthly_calls)", NOVEMBER)
    assert error.health == "over budget"
    assert str(error) == (
        "The month's 900 searches (monthly_calls) are used up; it goes on on 1 December."
    )
    assert "1 January" in str(used_up("The month's 9 posts", DECEMBER))

"""Queries take turns, one a poll, and the turn outlives changes of the plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sources.base import Flaw, SourceError
from sources.rotation import Rotation

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def _turns(memo: dict[str, Any], plan: list[str], number: int) -> list[str]:
    found = []
    for _ in range(number):
        turn = Rotation(memo, plan)
        found.append(turn.query)
        turn.answered(NOW)
    return found


def test_each_query_has_its_turn_and_then_the_first_again() -> None:
    assert _turns({}, ["a", "b", "c"], 5) == ["a", "b", "c", "a", "b"]


def test_a_query_added_before_the_last_does_not_begin_the_round_again() -> None:
    memo: dict[str, Any] = {}
    _turns(memo, ["a", "b", "c"], 2)
    assert _turns(memo, ["new", "a", "b", "c"], 2) == ["c", "new"]


def test_the_round_begins_again_where_the_last_query_is_gone() -> None:
    memo: dict[str, Any] = {}
    _turns(memo, ["a", "b"], 1)
    assert _turns(memo, ["b", "c"], 2) == ["b", "c"]


def test_it_is_known_when_each_query_was_answered() -> None:
    memo: dict[str, Any] = {}
    assert Rotation(memo, ["a"]).looked(NOW) is None
    Rotation(memo, ["a"]).answered(NOW)
    assert Rotation(memo, ["a"]).looked(NOW) == NOW


@pytest.mark.parametrize("kept", [None, 5, {"a": 1}, {"a": "soon"}, {"a": "2026-11-16T09:00:00"}])
def test_a_memo_that_cannot_be_read_is_none(kept: object) -> None:
    memo = {"last": ["a"], "looked": kept, "refused": kept}
    turn = Rotation(memo, ["a", "b"])
    assert (turn.query, turn.looked(NOW)) == ("a", None)
    turn.answered(NOW)
    assert Rotation(memo, ["a", "b"]).query == "b"


def test_a_refused_query_costs_itself_till_every_one_is_refused() -> None:
    memo: dict[str, Any] = {}
    assert Rotation(memo, ["a", "b"]).refused("No.") == Flaw("No.")
    with pytest.raises(SourceError, match="Nor this.") as caught:
        Rotation(memo, ["a", "b"]).refused("Nor this.")
    assert caught.value.health == "needs you"


def test_a_query_that_was_answered_after_all_is_no_longer_held_to_be_refused() -> None:
    memo: dict[str, Any] = {}
    Rotation(memo, ["a", "b"]).refused("No.")
    Rotation(memo, ["a", "b"]).answered(NOW)
    Rotation(memo, ["a", "b"]).answered(NOW)
    assert Rotation(memo, ["a", "b"]).refused("No.") == Flaw("No.")


def test_nothing_is_kept_of_queries_that_left_the_plan() -> None:
    memo: dict[str, Any] = {}
    _turns(memo, ["a", "b"], 2)
    Rotation(memo, ["b"]).answered(NOW)
    assert list(memo["looked"]) == ["b"]


def test_an_answer_that_a_clock_ahead_wrote_down_is_none() -> None:
    memo: dict[str, Any] = {}
    Rotation(memo, ["a"]).answered(NOW + timedelta(minutes=6))
    assert Rotation(memo, ["a"]).looked(NOW) is None
    Rotation(memo, ["a"]).answered(NOW + timedelta(minutes=4))
    assert Rotation(memo, ["a"]).looked(NOW) is not None

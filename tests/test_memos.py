"""What a source remembers after a poll: its place, what it spent, and what is on no disk."""

from __future__ import annotations

from typing import Any

from monitor import memos

BEFORE = {"since": "monday", "spent": {"units": 1}}
AFTER = {"since": "tuesday", "spent": {"units": 2}, "token": "secret"}


def test_a_poll_that_went_well_moves_on_and_writes_no_secret_down() -> None:
    kept = memos.kept(BEFORE, AFTER, failed=False, unjudged=0)
    assert kept == {"since": "tuesday", "spent": {"units": 2}}
    assert memos.signing_in(AFTER) == {"token": "secret"}
    assert memos.opened(kept, {"token": "secret"}) == AFTER


def test_a_poll_that_failed_stays_where_it_was_and_counts_what_it_spent() -> None:
    kept = memos.kept(BEFORE, AFTER, failed=True, unjudged=0)
    assert kept == {"since": "monday", "spent": {"units": 2}}


def test_a_place_that_was_found_wrong_is_forgotten_though_the_poll_failed() -> None:
    kept = memos.kept({**BEFORE, "feed": "https://old.example"}, BEFORE, failed=True, unjudged=0)
    assert "feed" not in kept


def test_a_post_that_cannot_be_judged_is_read_again_three_times_and_then_left() -> None:
    kept: dict[str, Any] = dict(BEFORE)
    places = []
    for _ in range(4):
        kept = memos.kept(kept, AFTER, failed=False, unjudged=1)
        places.append(kept["since"])
        assert "stumbled" not in memos.opened(kept, {})
    assert places == ["monday", "monday", "monday", "tuesday"]


def test_a_post_that_can_be_judged_again_begins_the_count_anew() -> None:
    once = memos.kept(BEFORE, AFTER, failed=False, unjudged=1)
    assert "stumbled" not in memos.kept(once, AFTER, failed=False, unjudged=0)

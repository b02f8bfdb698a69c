"""What may be done with an incident in which state, and when a thing spreads; no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import incidents
from monitor.incidents import KINDS, LIVE, MOVES, STATES, NotAllowed, Sighting, spread

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
KIND = st.sampled_from(KINDS)


def test_the_table_of_moves_says_of_every_act_in_every_state_what_it_leads_to() -> None:
    assert set(MOVES) == set(KINDS)
    for kind in KINDS:
        for state in STATES:
            if state in MOVES[kind]:
                assert incidents.moved(state, kind) == MOVES[kind][state]
                assert kind in incidents.allowed(state)
            else:
                with pytest.raises(NotAllowed, match=f"this incident is {state}, so it cannot"):
                    incidents.moved(state, kind)
                assert kind not in incidents.allowed(state)


def test_a_closed_incident_keeps_still_but_for_what_is_learnt_late() -> None:
    assert incidents.allowed("closed") == {"noted", "gone", "back", "corrected", "reopened"}
    with pytest.raises(NotAllowed, match="reopen it first"):
        incidents.moved("closed", "taken")


@given(st.lists(KIND, max_size=30))
def test_whatever_is_done_an_incident_is_closed_only_between_closing_and_reopening(
    tried: list[incidents.Kind],
) -> None:
    state: incidents.State = "open"
    last = "opened"
    for kind in tried:
        before = state
        try:
            state = incidents.moved(state, kind)
        except NotAllowed:
            assert kind not in incidents.allowed(before)
            continue
        if kind in ("closed", "reopened"):
            last = kind
        assert (state == "closed") == (last == "closed")
        if before == "closed" and state != "closed":
            assert (kind, state) == ("reopened", "open")


@given(st.lists(KIND, max_size=20), st.sampled_from(STATES))
def test_from_every_state_every_other_can_be_reached(
    tried: list[incidents.Kind], wanted: incidents.State
) -> None:
    state: incidents.State = "open"
    for kind in tried:
        state = MOVES[kind].get(state, state)
    ways = {"open": ("closed", "reopened"), "taken": ("taken",), "waiting": ("waiting",)}
    if state == "closed" and wanted != "closed":
        state = incidents.moved(state, "reopened")
    for kind in ways.get(wanted, ("closed",)):
        if state != wanted:
            state = incidents.moved(state, kind)  # type: ignore[arg-type]
    assert state == wanted


def test_no_letter_case_lets_the_accused_through() -> None:
    assert not incidents.may_have("Head@Hollybrook.example", ["head@hollybrook.example"])
    assert incidents.may_have("dsl@hollybrook.example", ["head@hollybrook.example"])


def seen(place: str, minutes: float, **changed: object) -> Sighting:
    when = NOW + timedelta(minutes=minutes)
    values = {"thread": "", "posted": when, "seen": when, **changed}
    return Sighting(place, **values)  # type: ignore[arg-type]


def spreads(*later: Sighting, told: float | None = None, at: float = 60) -> bool:
    first = seen("gazette.example", 0, thread="t")
    moment = None if told is None else NOW + timedelta(minutes=told)
    return spread([first, *later], NOW, moment, NOW + timedelta(minutes=at)) is not None


def test_three_new_places_within_two_hours_are_a_spread_and_two_are_not() -> None:
    places = [seen(f"{name}.example", 20 + number) for number, name in enumerate("abc")]
    assert spreads(*places)
    assert not spreads(*places[:2])
    assert not spreads(*places[:2], seen("a.example", 30))


def test_three_replies_on_its_page_are_a_spread() -> None:
    replies = [seen("gazette.example", 20 + number, thread="t") for number in range(3)]
    found = spread([seen("gazette.example", 0, thread="t"), *replies], NOW, None, replies[2].seen)
    assert found == incidents.Spread(0, 3, replies[0].seen)
    elsewhere = [seen("gazette.example", 20 + number, thread=f"u{number}") for number in range(3)]
    assert not spreads(*elsewhere)


def test_what_is_older_than_two_hours_counts_no_more_and_it_is_told_once_in_so_long() -> None:
    places = [seen(f"{name}.example", 20) for name in "abc"]
    assert not spreads(*places, at=200)
    assert not spreads(*places, told=30)
    assert spreads(*places, *(seen(f"{name}.example", 140) for name in "def"), told=30, at=150)


def test_what_was_posted_days_ago_does_not_spread_when_a_place_is_first_read() -> None:
    posted = NOW - timedelta(days=3)
    assert not spreads(*(seen(f"{name}.example", 40, posted=posted) for name in "abcd"))


def test_five_places_found_at_once_are_what_the_first_alert_is_about() -> None:
    assert not spreads(*(seen(f"{name}.example", 14) for name in "abcd"))


def test_words_posted_everywhere_at_once_do_not_spread_however_late_they_are_found() -> None:
    posted = NOW + timedelta(minutes=10)
    assert not spreads(*(seen(f"{name}.example", 40, posted=posted) for name in "abcd"))


def test_what_is_routine_is_no_sign_of_spreading() -> None:
    assert not spreads(*(seen(f"{name}.example", 40, counts=False) for name in "abcd"))


@given(st.sampled_from(LIVE))
def test_the_program_can_always_say_that_a_live_incident_spreads_or_is_worse(
    state: incidents.State,
) -> None:
    assert incidents.moved(state, "spread") == state == incidents.moved(state, "raised")

"""How well a source is after each reading, and when people hear of it; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.health import Seen, State, after
from monitor.settings import Person, School
from monitor.store import deliveries, looks
from monitor.store.deliveries import Delivery
from monitor.store.engine import Store
from monitor.store.looks import Look
from sources.base import Health, SourceError
from tests.conftest import Clock
from tests.feeds import HEAD, HOLLYBROOK, LEAD, PRAISE, Item, Town, rss, town
from tests.webserver import Reply

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
WELL = Look(
    source="gazette",
    kind="feed",
    host="gazette.example",
    due_at=NOW,
    not_before=None,
    leased_until=None,
    validators={},
    memo={},
    heard={},
    tried_at=NOW,
    good_at=NOW,
    failures=0,
    health="ok",
    error="",
    fetched=20,
    fresh_at=NOW,
    broken_since=None,
    told="",
)
READ = Seen(entries=20)
IT = Person(name="Sam Cole", email="it@hollybrook.example", roles=("it",))
OFFICE = Person(name="Lee Park", email="office@hollybrook.example", roles=("office",))
KEPT = HOLLYBROOK.model_copy(update={"people": (HEAD, LEAD, IT, OFFICE)})


def fails(health: Health) -> Seen:
    return Seen(error=SourceError(f"gazette.example is {health}.", health))


def follow(*readings: tuple[float, Seen], look: Look = WELL) -> list[State]:
    """The states that a source goes through, read at these hours from now."""
    states = []
    for hours, seen in readings:
        state = after(look, seen, NOW + timedelta(hours=hours))
        look = replace(look, **state.kept)
        states.append(state)
    return states


def news(*readings: tuple[float, Seen]) -> list[str]:
    return [state.news for state in follow(*readings)]


def test_a_place_that_holds_entries_or_has_not_changed_is_well() -> None:
    for seen in (READ, Seen(unchanged=True), Seen(entries=1, fresh=1)):
        (state,) = follow((0, seen))
        assert (state.health, state.error, state.failures) == ("ok", "", 0)


def test_a_place_without_entries_is_empty_unless_quiet_is_well_there() -> None:
    (state,) = follow((0, Seen()))
    assert state.health == "empty"
    assert "holds no entries at all" in state.error
    (quiet,) = follow((0, Seen(quiet=True)))
    assert (quiet.health, quiet.error) == ("ok", "")


def test_an_empty_place_that_says_it_has_not_changed_is_still_empty() -> None:
    none = replace(WELL, fetched=0)
    states = follow((0, Seen()), (1, fails("failing")), (2, Seen(unchanged=True)), look=none)
    assert [state.health for state in states] == ["empty", "failing", "empty"]


def test_entries_from_the_future_are_no_sign_of_health() -> None:
    tomorrow, later = NOW + timedelta(hours=20), NOW + timedelta(days=400)
    (ahead,) = follow((0, Seen(entries=2, dates=(later, later))))
    assert ahead.health == "empty"
    assert "in the future" in ahead.error
    for dates in ((tomorrow, tomorrow), (NOW, later)):
        (state,) = follow((0, Seen(entries=2, dates=dates)))
        assert state.health == "ok"


@pytest.mark.parametrize("seen", [READ, Seen(unchanged=True)])
def test_nothing_new_for_four_weeks_is_told_even_where_nothing_is_said_to_have_changed(
    seen: Seen,
) -> None:
    month = 28 * 24
    assert [s.health for s in follow((0, seen), (month - 1, seen))] == ["ok", "ok"]
    (state,) = follow((month, seen))
    assert state.health == "empty"
    assert "nothing new since 21 November" in state.error
    (fresh,) = follow((month, Seen(entries=20, fresh=1)))
    assert fresh.health == "ok"
    (quiet,) = follow((month, replace(seen, quiet=True)))
    assert quiet.health == "ok"


def test_a_year_that_has_passed_is_named() -> None:
    (state,) = follow((24 * 60, READ))
    assert "since 21 November 2026;" in state.error


@pytest.mark.parametrize("health", ["blocked", "dead", "needs you", "over budget"])
def test_what_needs_a_person_is_told_at_the_first_look_and_once(health: Health) -> None:
    seen = fails(health)
    assert news((0, seen), (24, seen), (48, seen), (240, seen)) == ["broken", "", "", ""]


@pytest.mark.parametrize("health", ["failing", "slow"])
def test_what_may_pass_is_told_after_six_hours_and_three_looks(health: Health) -> None:
    seen = fails(health)
    assert news((0, seen), (5.9, seen), (6, seen), (7, seen)) == ["", "", "broken", ""]
    assert news((0, seen), (7, seen), (8, seen)) == ["", "", "broken"]


def test_an_empty_place_is_told_of_after_six_hours() -> None:
    assert news((0, Seen()), (3, Seen()), (6, Seen())) == ["", "", "broken"]


def test_a_place_that_is_seldom_read_is_told_of_within_a_day() -> None:
    assert news((0, fails("failing")), (24, fails("failing"))) == ["", "broken"]


def test_a_short_trouble_is_told_neither_when_it_comes_nor_when_it_goes() -> None:
    assert news((0, fails("failing")), (1, fails("failing")), (2, READ)) == ["", "", ""]


def test_a_source_that_is_back_is_told_once() -> None:
    assert news((0, fails("dead")), (24, READ), (25, READ)) == ["broken", "back", ""]


def test_another_way_of_being_broken_is_no_news_unless_it_now_needs_somebody() -> None:
    down, shut, asks = fails("failing"), fails("blocked"), fails("needs you")
    assert news((0, shut), (24, down), (48, fails("dead"))) == ["broken", "", ""]
    assert news((0, shut), (24, asks), (48, shut), (72, asks)) == ["broken", "broken", "", ""]


def test_it_is_broken_since_the_first_look_that_showed_it() -> None:
    states = follow((0, fails("failing")), (3, fails("dead")), (4, READ), (5, fails("slow")))
    since = [state.broken_since for state in states]
    assert since == [NOW, NOW, None, NOW + timedelta(hours=5)]
    assert [state.failures for state in states] == [1, 2, 0, 1]


def letters(store: Store) -> list[Delivery]:
    with store.reading() as connection:
        return sorted(deliveries.listed(connection, ["hollybrook"]), key=lambda one: one.email)


def look(store: Store, source: str = "gazette") -> Look:
    with store.reading() as connection:
        (found,) = looks.everything(connection, [source])
    return found


def poll_for(it: Town, clock: Clock, **time: float) -> None:
    """Read whatever falls due, minute by minute, for so long."""
    end = clock.now + timedelta(**time)
    while clock.now < end:
        while it.monitor.poll_one():
            pass
        clock.forward(minutes=5)


def test_a_source_that_is_gone_is_told_to_those_who_run_the_program_once_each(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = Reply(status=404)
        for _ in range(3):
            it.monitor.poll("gazette")
            clock.forward(days=1)
    told = letters(store)
    assert [letter.email for letter in told] == [IT.email, OFFICE.email]
    assert {(letter.kind, letter.mention_id, letter.state) for letter in told} == {
        ("source", None, "owed")
    }
    assert "404" in told[0].facts["gazette"]["error"]


def test_where_nobody_runs_the_program_head_and_safeguarding_lead_hear(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = Reply(status=404)
        it.monitor.poll("gazette")
    assert [letter.email for letter in letters(store)] == [LEAD.email, HEAD.email]


def test_one_person_of_two_schools_hears_once_of_a_source_of_both(
    store: Store, clock: Clock
) -> None:
    other = School(id="elmside", name="Elmside Academy", people=(IT,))
    with town(store, clock, schools=(KEPT, other)) as it:
        it.server.answers["/gazette"] = Reply(status=404)
        it.monitor.poll("gazette")
    with store.reading() as connection:
        found = deliveries.listed(connection, ["hollybrook", "elmside"])
    assert sorted(letter.email for letter in found) == [IT.email, OFFICE.email]


def test_sources_that_break_together_share_one_letter(store: Store, clock: Clock) -> None:
    names = [f"feed{number}" for number in range(8)]
    with town(store, clock, *names, schools=(KEPT,)) as it:
        for name in names:
            it.server.answers[f"/{name}"] = Reply(status=410)
            it.monitor.poll(name)
            clock.forward(minutes=1)
    for letter in letters(store):
        assert sorted(letter.facts) == names
        assert letter.due_at - letter.owed_at == timedelta(minutes=15)
    assert len(letters(store)) == 2


def test_a_week_of_errors_is_told_once_and_so_is_their_end(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        poll_for(it, clock, hours=1)
        it.server.answers["/gazette"] = Reply(status=500)
        poll_for(it, clock, hours=5)
        assert letters(store) == []
        poll_for(it, clock, days=2)
        assert len(letters(store)) == 2
        assert look(store).due_at - clock.now <= timedelta(hours=1)
        with store.writing() as connection:
            for letter in letters(store):
                deliveries.sent(connection, letter.id, "smtp", "250", clock.now)
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        poll_for(it, clock, hours=3)
    back = [letter for letter in letters(store) if letter.level == "back"]
    assert [letter.email for letter in back] == [IT.email, OFFICE.email]
    facts = back[0].facts["gazette"]
    assert facts["since"] < facts["until"]
    with store.reading() as connection:
        (gap,) = looks.gaps(connection, ["gazette"], clock.now - timedelta(days=9), clock.now)
    assert gap.health == "failing"
    assert gap.until - gap.since > timedelta(days=2)


def test_a_feed_that_turned_into_a_page_is_told_at_once(store: Store, clock: Clock) -> None:
    page = Reply(b"<html><title>Sign in</title><input type=password></html>")
    with town(store, clock, schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = page
        assert it.monitor.poll("gazette").health == "blocked"
    assert len(letters(store)) == 2


def test_no_entries_where_there_were_some_is_never_taken_for_calm(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = rss(*(Item(PRAISE, str(n)) for n in range(50)))
        assert it.monitor.poll("gazette").health == "ok"
        it.server.answers["/gazette"] = rss()
        polled = it.monitor.poll("gazette")
        assert polled.health == "empty"
        assert "holds no entries" in polled.error
        poll_for(it, clock, hours=24)
    assert len(letters(store)) == 2


def test_a_site_that_says_for_ever_that_nothing_changed_is_told(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,), every=timedelta(days=1)) as it:
        it.server.answers["/gazette"] = Reply(rss(Item(PRAISE, "1")), headers={"ETag": '"1"'})
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = Reply(status=304)
        for _ in range(30):
            clock.forward(days=1)
            it.monitor.poll("gazette")
    assert look(store).health == "empty"
    assert "nothing new since 15 September" in look(store).error
    assert len(letters(store)) == 2


def test_nobody_hears_of_a_source_that_is_well(store: Store, clock: Clock) -> None:
    with town(store, clock, schools=(KEPT,)) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        poll_for(it, clock, hours=5)
    assert letters(store) == []

"""What could not be seen, in a period and now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.coverage import Blind, Unseen, sentence, unseen
from monitor.store.engine import Store
from monitor.store.looks import Gap
from tests.test_health import WELL
from tests.web_cast import FAILED, NOW, ask, served, settings, watch

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

MONDAY = datetime(2026, 11, 16, 21, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEGINS = NOW - timedelta(days=7)


def test_a_gap_that_is_over_counts_for_as_long_as_it_was_in_the_period() -> None:
    gaps = [
        Gap("gazette", BEGINS - HOUR, BEGINS + 2 * HOUR, "blocked"),
        Gap("forum", NOW - HOUR, NOW + HOUR, "dead"),
        Gap("council", BEGINS - 3 * HOUR, BEGINS - HOUR, "slow"),
    ]
    found = unseen([WELL], gaps, BEGINS, NOW)
    assert [(one.source, one.lasted) for one in found] == [
        ("gazette", 2 * HOUR),
        ("forum", HOUR),
    ]


def test_what_lasts_counts_until_the_end_of_the_period() -> None:
    broken = replace(WELL, health="blocked", broken_since=NOW - 3 * HOUR)
    (found,) = unseen([WELL, broken], [], BEGINS, NOW)
    assert found == Unseen("gazette", NOW - 3 * HOUR, None, "blocked", 3 * HOUR)
    (long,) = unseen([replace(broken, broken_since=BEGINS - HOUR)], [], BEGINS, NOW)
    assert long.lasted == timedelta(days=7)


def test_the_sentence_names_what_is_not_seen_since_when_and_why() -> None:
    assert sentence(6, [], [], NOW) == "All 6 sources are well."
    assert sentence(1, [], [], NOW) == "The only source is well."
    assert sentence(0, [], [], NOW) == "No source is set up yet, so nothing is being read."
    blocked = Blind("press-gazette", MONDAY, "blocked")
    assert sentence(0, [blocked], [], NOW) == (
        "Not seen: press-gazette since Monday 21:10 (blocked)."
    )
    never = Blind("forum", None, "dead")
    assert sentence(1, [never], ["council"], NOW) == (
        "Not seen: forum (dead). Not read yet: council. 1 source is well."
    )


def test_a_long_time_ago_is_a_date_and_many_sources_are_counted() -> None:
    old = Blind("a", datetime(2026, 10, 24, 9, 0, tzinfo=UTC), "empty")
    older = Blind("b", datetime(2025, 10, 24, 9, 0, tzinfo=UTC), "empty")
    today = Blind("c", NOW - HOUR, "slow")
    assert sentence(0, [old, older, today], [], NOW) == (
        "Not seen: a since 24 October (empty), b since 24 October 2025 (empty), "
        "c since 20:45 (slow)."
    )
    assert "and 5 more." in sentence(0, [today] * 9, [], NOW)


def test_the_pages_say_what_is_seen_and_what_is_not(small: Store, tmp_path: Path) -> None:
    watch(small)
    with served(small, settings(tmp_path)) as web:
        assert "All 3 sources are well." in ask(web, "/").text
    watch(small, press_gazette={**FAILED, "broken_since": MONDAY})
    with served(small, settings(tmp_path)) as web:
        for path in ("/", "/sources"):
            text = ask(web, path).text
            assert "Not seen: press-gazette since Monday 21:10 (failing)." in text
            assert "2 sources are well." in text
            assert "All 3 sources" not in text


def test_a_source_that_brings_nothing_is_never_counted_as_well(
    small: Store, tmp_path: Path
) -> None:
    watch(small, press_gazette={"health": "empty", "failures": 1, "broken_since": MONDAY})
    with served(small, settings(tmp_path)) as web:
        assert "Not seen: press-gazette since Monday 21:10 (empty)." in ask(web, "/").text

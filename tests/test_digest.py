"""What a digest says of a week, and what each edition must not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from alerts.digest import Digest, digest_text
from monitor.coverage import Unseen
from monitor.digest.editions import EDITIONS, for_governors, for_head, for_safeguarding, for_trust
from monitor.digest.figures import Post, Rows, figures
from monitor.digest.frame import Frame
from monitor.digest.themes import OTHER, ranked, themes
from monitor.digest.weeks import Week, last_due
from monitor.judge.terms import Level
from monitor.settings import Hours
from monitor.store.daily import Total

WEEK = Week(date(2026, 11, 9))
NOW = datetime(2026, 11, 16, 7, 30, tzinfo=UTC)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
FRAME = Frame("hollybrook", "Hollybrook Primary School", "https://fp.example", "ab12", NOW)
QUIET = Rows(WEEK, (), (), (), (), ("forum", "press"), SINCE)


def total(
    number: int, back: int = 0, *, level: str = "routine", mood: str = "neutral", kind: str = ""
) -> Total:
    return Total("hollybrook", WEEK.before(back).monday, "forum", level, mood, kind, number)


def usually(number: int) -> tuple[Total, ...]:
    return tuple(total(number, back) for back in range(1, 12))


def post(name: str = "p", level: Level = Level.RESPOND, *kinds: str, days: int = 3) -> Post:
    posted = WEEK.ends - timedelta(days=days)
    return Post(
        id=name,
        level=level,
        mood="negative",
        categories=kinds or ("complaint",),
        rules=(),
        words="the dinners are cold",
        place="forum (forum.example)",
        link="https://forum.example/1",
        posted=posted,
        found=posted,
        told=posted + timedelta(minutes=4),
    )


def said(digest: Digest) -> str:
    """Its words, as one line."""
    return " ".join(digest_text(digest).split())


def test_a_week_with_nothing_says_so_and_that_every_source_was_well() -> None:
    words = said(for_head(figures(QUIET), FRAME))
    assert "No mention was found in the week in what is public." in words
    assert "All 2 sources were well." in words


def test_a_week_with_nothing_and_a_dead_source_is_no_calm() -> None:
    gap = Unseen("forum", WEEK.begins - timedelta(days=3), None, "failing", timedelta(days=7))
    words = said(for_head(figures(replace(QUIET, unseen=(gap,))), FRAME))
    assert "1 source could not be seen for part of it: this is no proof of calm." in words
    assert "forum: not since Friday 6 November at 00:00, and still not (failing)." in words


def test_a_school_without_sources_is_told_that_nothing_was_read() -> None:
    words = said(for_head(figures(replace(QUIET, sources=())), FRAME))
    assert "since no source is set up yet" in words
    assert "nothing was read" in words


def test_what_needs_action_stands_worst_first_then_oldest_with_its_age() -> None:
    posts = (
        post("new"),
        post("old", days=12),
        post("worst", Level.URGENT, "threat", days=1),
        post("watch", Level.WATCH),
        post("next week", days=-1),
    )
    digest = for_head(figures(replace(QUIET, posts=posts)), FRAME)
    entries = digest.sections[0].entries
    assert [one.page.rpartition("/")[2] for one in entries] == ["worst", "old", "new"]
    assert entries[0].what == "Urgent: a possible threat"
    assert entries[1].where == "Wednesday 4 November, 12 days old, in forum (forum.example)"


def test_a_post_that_is_counted_and_not_listed_is_not_nothing() -> None:
    words = said(for_head(figures(replace(QUIET, totals=(total(1, level="urgent"),))), FRAME))
    assert "1 needs action (1 urgent)" in words
    assert "Nothing was found" not in words
    assert "None of the posts that are counted here can be listed in this edition." in words


def test_the_long_list_is_cut_and_says_by_how_many() -> None:
    posts = tuple(post(str(number)) for number in range(11))
    action = for_head(figures(replace(QUIET, posts=posts)), FRAME).sections[0]
    assert len(action.entries) == 8
    assert action.more.startswith("And 3 more in Footprint.")


def test_it_says_how_fast_somebody_was_told() -> None:
    slow = replace(post("b"), told=post().found + timedelta(hours=3))
    posts = (post("a"), slow, post("c", Level.URGENT, "threat"))
    words = said(for_head(figures(replace(QUIET, posts=posts)), FRAME))
    assert "Urgent: somebody was told of 1, as a rule 4 minutes after it was found." in words
    assert "told of 2, as a rule 3 hours after it was found, at the slowest 3 hours." in words


def test_praise_is_to_be_thanked_for_and_a_grumble_with_a_kind_word_is_not() -> None:
    kind = replace(post("a", Level.ROUTINE, "praise"), mood="positive")
    mixed = replace(post("b", Level.WATCH, "praise", "complaint"), mood="positive")
    digest = for_head(figures(replace(QUIET, posts=(kind, mixed))), FRAME)
    lists = {part.heading: [one.page for one in part.entries] for part in digest.sections}
    assert lists["Praise to thank for"] == ["https://fp.example/mentions/a"]
    assert lists["Worth knowing"] == ["https://fp.example/mentions/b"]


def test_a_spike_is_told_against_the_schools_own_weeks() -> None:
    found = figures(replace(QUIET, totals=(*usually(3), total(14, mood="negative"))))
    assert {one.name for one in found.spikes} == {"mentions", "negative", "forum"}
    words = said(for_head(found, FRAME))
    assert "14 mentions, far more than usual (3)" in words
    assert "All mentions: 14, where 3 is usual." in words


def test_a_week_like_any_other_is_no_spike() -> None:
    found = figures(replace(QUIET, totals=(*usually(12), total(15))))
    assert found.spikes == ()
    assert "Nothing stands out" in said(for_head(found, FRAME))


def test_weeks_before_the_watch_began_say_nothing_of_what_is_usual() -> None:
    new = replace(QUIET, since=WEEK.before(2).begins, totals=(*usually(0), total(30)))
    found = figures(new)
    assert [bar.is_seen for bar in found.bars] == [False] * 9 + [True] * 3
    assert found.mentions.usual is None
    assert "not enough weeks yet" in said(for_head(found, FRAME))


def test_a_week_that_was_mostly_dark_is_not_drawn_as_calm() -> None:
    dark = WEEK.before(3)
    gaps = tuple(
        Unseen(name, dark.begins, dark.ends, "failing", timedelta(days=7))
        for name in ("forum", "press")
    )
    found = figures(replace(QUIET, unseen=gaps, totals=usually(5)))
    assert [bar.week for bar in found.bars if not bar.is_seen] == [dark]
    assert "1 of these weeks was mostly not watched" in said(for_head(found, FRAME))


def test_corrections_are_counted_beside_the_mentions() -> None:
    rows = replace(QUIET, totals=(total(40),), fixes=("level", "level", "not-about-us"))
    words = said(for_head(figures(rows), FRAME))
    assert "3 corrections in the week: 2 put at another level and 1 not about the school." in words
    assert "40 mentions stood beside them." in words


@pytest.mark.parametrize(
    ("words", "rules", "labels"),
    [
        ("the dinners are cold", (), {"Food"}),
        ("parked across the zig zags again", (), {"Parking and traffic"}),
        ("they get nothing", ("complaint.send-not-met",), {"Support for special needs"}),
        ("I am fed up", ("complaint.grumble",), {OTHER}),
    ],
)  # fmt: skip
def test_a_complaint_has_fixed_labels(words: str, rules: tuple[str, ...], labels: set[str]) -> None:
    assert themes(words, rules) == labels


def test_labels_are_ranked_and_what_has_none_comes_last() -> None:
    found = [frozenset({OTHER}), frozenset({OTHER}), frozenset({"Food"})]
    assert ranked(found) == (("Food", 1), (OTHER, 2))


def test_the_governors_edition_holds_no_post_no_small_number_and_no_kind_that_is_few() -> None:
    totals = (
        *(total(9, kind=kind) for kind in ("", "complaint")),
        *(total(1, level="urgent", kind=kind) for kind in ("", "staff_conduct")),
    )
    posts = (post("a"), post("b", Level.URGENT, "staff_conduct"))
    rows = replace(QUIET, totals=totals, posts=posts, fixes=("level",))
    digest = for_governors(figures(rows), FRAME)
    words = said(digest)
    assert all(not part.entries for part in digest.sections)
    assert "https://" not in words
    assert "Staff conduct" not in words
    assert "Complaints: 10 Everything else: fewer than 5 each." in words
    assert "About 10 mentions in the week." in words
    cells = [cell for part in digest.sections for row in part.rows for cell in row[1:]]
    assert [cell for cell in cells if cell.isdigit() and int(cell) < 5] == []


def test_a_governor_cannot_tell_one_grave_post_from_none() -> None:
    one = replace(QUIET, totals=(total(1, level="urgent"),), posts=(post("a", Level.URGENT),))
    assert said(for_governors(figures(one), FRAME)) == said(for_governors(figures(QUIET), FRAME))


def test_no_small_number_can_be_worked_out_from_what_governors_and_trusts_are_shown() -> None:
    one = replace(QUIET, totals=(total(8), total(1, level="urgent", mood="negative")))
    none = replace(QUIET, totals=(total(8), total(1)))
    assert said(for_governors(figures(one), FRAME)) == said(for_governors(figures(none), FRAME))
    trusts = [said(for_trust([("Ashby", figures(rows))], FRAME)) for rows in (one, none)]
    assert trusts[0] == trusts[1]


def test_few_mentions_are_not_told_as_none() -> None:
    few = figures(replace(QUIET, totals=(total(2),)))
    assert "Fewer than 5 mentions in the week." in said(for_governors(few, FRAME))
    words = said(for_trust([("Ashby", few)], FRAME))
    assert "Fewer than 5 mentions of 1 school in the week." in words


def test_the_trusts_edition_stands_school_by_school_without_small_numbers() -> None:
    many = figures(replace(QUIET, totals=(total(7, mood="negative"),)))
    digest = for_trust([("Ashby", many), ("Hollybrook", figures(QUIET))], FRAME)
    assert digest.sections[0].rows == (
        ("Ashby", "5", "fewer than 5", "5", "0 of 2"),
        ("Hollybrook", *["fewer than 5"] * 3, "0 of 2"),
    )


def test_the_safeguarding_lead_is_not_sent_a_complaint_without_a_child_in_it() -> None:
    posts = (post("a"), post("b", Level.RESPOND, "cyberbullying"), post("c", Level.WATCH))
    words = said(for_safeguarding(figures(replace(QUIET, posts=posts)), FRAME))
    assert "mentions/b" in words
    assert "mentions/a" not in words
    assert "mentions/c" not in words


@pytest.mark.parametrize("edition", EDITIONS)
def test_no_edition_quotes_a_post(edition: str) -> None:
    posts = (post("a"), post("b", Level.WATCH), post("c", Level.URGENT, "threat"))
    digest = EDITIONS[edition](figures(replace(QUIET, posts=posts)), FRAME)  # type: ignore[index]
    assert "dinners are cold" not in said(digest)


def test_the_self_check_is_spoken_of_in_words_that_never_change() -> None:
    busy = replace(QUIET, totals=(total(50),), posts=(post(),))
    quiet, full = (for_head(figures(rows), FRAME).standing for rows in (QUIET, busy))
    assert quiet == full
    assert any("Members of staff can check for themselves" in line for line in quiet)


def test_a_late_digest_and_missed_weeks_are_told() -> None:
    frame = replace(FRAME, late=NOW, missed=(WEEK.before(2), WEEK.before()))
    words = said(for_head(figures(QUIET), frame))
    assert "is late: Footprint was not running on Monday 16 November at 07:30." in words
    assert "No digest went out for 26 October to 1 November 2026 and 2 to 8 November" in words


@pytest.mark.parametrize(
    ("day", "at", "now", "week"),
    [
        ("Mon 07:30", "2026-11-16T07:30+00:00", "2026-11-16T07:29+00:00", "2026-W45"),
        ("Mon 07:30", "2026-11-16T07:30+00:00", "2026-11-16T07:30+00:00", "2026-W46"),
        ("Mon 07:30", "2026-07-06T06:30+00:00", "2026-07-06T06:30+00:00", "2026-W27"),
        ("Sun 01:30", "2026-03-29T01:00+00:00", "2026-03-29T01:00+00:00", "2026-W12"),
        ("Sun 01:30", "2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00", "2026-W42"),
        ("Fri 15:00", "2027-01-08T15:00+00:00", "2027-01-08T15:00+00:00", "2026-W53"),
    ],
)
def test_a_digest_is_due_in_the_week_after_in_londons_time(
    day: str, at: str, now: str, week: str
) -> None:
    hours = Hours(digest=day)
    assert last_due(hours, datetime.fromisoformat(now)).name == week
    if week != "2026-W45":
        assert Week.named(week).due(hours) == datetime.fromisoformat(at)


@pytest.mark.parametrize("name", ["2026-47", "2026-W54", "2026-W00", "W47", "", "2026-W4\uff17"])
def test_a_name_that_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="week"):
        Week.named(name)


@pytest.mark.parametrize("name", ["9999-W52", "0001-W01", "1999-W52", "2101-W01"])
def test_a_week_of_a_far_year_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ValueError, match="the year must be from 2000 to 2100"):
        Week.named(name)


def test_weeks_run_from_monday_to_sunday_over_a_change_of_the_clocks() -> None:
    week = Week.named("2026-W13")
    assert (week.monday, week.sunday) == (date(2026, 3, 23), date(2026, 3, 29))
    assert week.ends - week.begins == timedelta(days=7, hours=-1)
    assert str(Week.named("2026-W53")) == "28 December 2026 to 3 January 2027"

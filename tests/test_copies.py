"""What tells one thing and what tells two, on pairs that were labelled by hand."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.copies import FEWEST, RUN, WINDOW, Text, is_anew, same
from monitor.judge.story import same_story
from sources.links import identity

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

LABELLED = Path(__file__).with_name("data") / "copies" / "pairs.jsonl"
PAIRS = [json.loads(line) for line in LABELLED.read_text("utf-8").splitlines()]
NOON = datetime(2026, 9, 15, 12, 0, tzinfo=UTC)
BODY = (
    "Six children were taken to hospital after a minibus of Hollybrook Primary School left the "
    "road near Stanwick on Tuesday morning. Northamptonshire Police said that the vehicle came to "
    "rest in a hedge on the A45 shortly after 9.20am. None of the injuries is thought to be "
    "serious. Headteacher Jane Ashdown said that the children had been very brave and that the "
    "school would be open as always on the next day."
)
TITLE = "Year 6 pupils hurt as school minibus leaves road"
ARTICLE = Text(TITLE, BODY, medium="news", when=NOON)


def text_of(item: Mapping[str, Any]) -> Text:
    when = datetime.fromisoformat(item["published"]) if item["published"] else None
    return Text(item["title"], item["text"], item["author"], item["medium"], when)


def is_joined(pair: Mapping[str, Any]) -> bool:
    """As a reading joins them: behind one link in like words, or by their texts."""
    one, other = pair["one"], pair["other"]
    words = [f"{item['title']}\n{item['text']}" for item in (one, other)]
    is_linked = identity(one["url"]) == identity(other["url"]) and same_story(*words)
    return is_linked or same(text_of(one), text_of(other))


def test_the_labelled_pairs_are_many_and_of_both_sorts() -> None:
    labels = [pair["same"] for pair in PAIRS]
    assert (labels.count(True), labels.count(False)) == (150, 150)
    assert len({pair["id"] for pair in PAIRS}) == 300


def test_nearly_every_copy_is_joined() -> None:
    copies = [pair for pair in PAIRS if pair["same"]]
    missed = [pair["id"] for pair in copies if not is_joined(pair)]
    assert len(missed) <= 0.02 * len(copies), missed


def test_nothing_else_is_joined() -> None:
    assert [pair["id"] for pair in PAIRS if not pair["same"] and is_joined(pair)] == []


def test_whatever_the_texts_join_is_found_by_their_sketches() -> None:
    for pair in PAIRS:
        one, other = text_of(pair["one"]), text_of(pair["other"])
        assert not same(one, other) or one.sketch & other.sketch, pair["id"]


def test_it_does_not_matter_which_came_first() -> None:
    for pair in PAIRS:
        one, other = text_of(pair["one"]), text_of(pair["other"])
        assert same(one, other) == same(other, one), pair["id"]


@given(st.integers(0, 2_000), st.randoms(use_true_random=False))
def test_a_piece_of_twelve_words_is_found_wherever_it_stands(
    start: int, chance: random.Random
) -> None:
    words = [f"w{chance.randrange(10**6)}" for _ in range(600)]
    length = RUN + WINDOW - 1
    start %= len(words) - length
    piece = Text("", " ".join(words[start : start + length]))
    assert piece.sketch & Text("", " ".join(words)).sketch


def test_a_sketch_is_a_small_part_of_a_long_text() -> None:
    text = Text("", " ".join(f"word{number}" for number in range(50_000)))
    assert len(text.words) == 4_000
    assert len(text.sketch) < 600


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("Six children", "Nine children"),
        ("near Stanwick", "near Raunds"),
        ("Hollybrook Primary School", "Elmside Academy"),
        ("Jane Ashdown", "Mary Treece"),
        ("9.20am", "3.40pm"),
        ("on Tuesday", "on Friday"),
        ("is thought", "is not thought"),
    ],
)
def test_another_number_place_name_or_a_not_in_the_same_place_is_another_thing(
    was: str, now: str
) -> None:
    assert was in BODY
    assert not same(ARTICLE, replace(ARTICLE, text=BODY.replace(was, now)))


def test_another_class_in_the_headline_is_another_thing() -> None:
    assert not same(ARTICLE, replace(ARTICLE, title=TITLE.replace("Year 6", "Year 9")))
    assert same(ARTICLE, replace(ARTICLE, title=f"UPDATE: {TITLE} | The Gazette"))


def test_numbers_are_the_same_in_words_and_figures() -> None:
    assert same(ARTICLE, replace(ARTICLE, text=BODY.replace("Six", "6")))


def test_a_headline_that_calls_it_untrue_is_another_thing() -> None:
    denial = replace(ARTICLE, title="Story of minibus crash is a hoax, police say")
    assert not same(ARTICLE, denial)


@pytest.mark.parametrize(("days", "joined"), [(9, True), (11, False)])
def test_an_article_brought_up_to_date_is_one_for_ten_days(days: int, joined: bool) -> None:
    story = replace(ARTICLE, text=BODY.replace("Tuesday", "that"))
    later = replace(story, text=f"{story.text} A report follows.", when=NOON + timedelta(days=days))
    assert same(story, later) is joined


@pytest.mark.parametrize(("days", "joined"), [(10, True), (11, False), (300, False)])
def test_the_same_long_text_under_two_names_is_one_for_ten_days(days: int, joined: bool) -> None:
    words = (
        "Hollybrook has known about the damp in the Year 2 room since last winter, and I "
        "have the emails to prove it, every one of them"
    )
    one = Text("", words, "Dee", "", NOON)
    other = Text("", words.upper(), "Ravi", "", NOON + timedelta(days=days))
    assert same(one, other) is joined


def test_a_long_text_that_speaks_of_tomorrow_speaks_of_another_day_a_week_later() -> None:
    words = (
        "Hollybrook Primary is closed tomorrow because of the snow, please keep your children "
        "at home and look at our site"
    )
    one = Text("", words, "", "", NOON)
    assert same(one, replace(one, when=NOON + timedelta(days=1)))
    assert not same(one, replace(one, when=NOON + timedelta(days=7)))


def test_an_article_that_speaks_of_monday_speaks_of_another_a_week_later() -> None:
    later = replace(ARTICLE, text=f"{BODY} A report follows.", when=NOON + timedelta(days=7))
    assert "Tuesday" in BODY
    assert not same(ARTICLE, later)
    assert same(ARTICLE, replace(later, when=NOON + timedelta(days=6)))


def test_signs_without_words_are_no_text_that_could_be_copied() -> None:
    assert not same(Text("", "\U0001f600" * 100, "Jo"), Text("", "\U0001f62d" * 100, "Sam"))


def test_a_text_of_nothing_but_scraps_is_no_copy() -> None:
    scraps = Text("A hit", " ".join(f"w{n} x{n} y{n}..." for n in range(60)))
    assert not same(scraps, replace(scraps, text=f"{scraps.text} z"))


def test_short_words_under_two_names_are_two_peoples() -> None:
    words = "Great school with lovely staff, would recommend Hollybrook to anyone"
    assert len(words) < 80
    assert not same(Text("", words, "Jo"), Text("", words, "Sam"))


def test_two_people_are_two_unless_every_word_is_the_same() -> None:
    one = Text("", BODY, "Jo")
    assert same(one, Text("", BODY, "Sam"))
    assert not same(one, Text("", f"{BODY} Shocking.", "Sam"))
    assert same(one, Text("", f"{BODY} Shocking.", "jo "))


def test_two_reviews_are_never_press() -> None:
    one = Text("Stars", BODY, "", "google_review", NOON)
    assert not same(one, replace(one, text=f"{BODY} Four stars."))


def test_a_piece_too_short_to_tell_is_no_copy() -> None:
    words = BODY.split()
    enough, few = (" ".join(words[: FEWEST + RUN - less]) for less in (1, 2))
    assert same(ARTICLE, Text("A hit", enough))
    assert not same(ARTICLE, Text("A hit", few))


def test_a_search_hits_age_cuts_and_invitations_are_no_words_of_its_text() -> None:
    words = BODY.split()
    start, middle = " ".join(words[:20]), " ".join(words[30:44])
    for hit in (
        f"3 hours ago · {start} chil...",
        f"15 Sep 2026 — {start}… {middle} ...",
        f"{start} [...] Continue reading →",
        f"{start}... The post {TITLE} appeared first on The Gazette.",
    ):
        assert same(ARTICLE, Text("A hit", hit)), hit


def test_a_headline_alone_joins_within_two_days() -> None:
    bare = Text(f"{TITLE} - The Gazette", f"{TITLE} The Gazette", when=NOON + timedelta(hours=40))
    assert same(ARTICLE, bare)
    assert not same(ARTICLE, replace(bare, when=NOON + timedelta(hours=50)))
    assert not same(Text("School news", ""), Text("School news", ""))


def test_what_looks_like_a_blogs_invitation_takes_no_longer_than_other_signs() -> None:
    text = f"{'the post ' * 10}x{' appeared first on' * 5} {'!' * 45_000} and on"
    began = process_time()
    assert Text("", text).words[-2:] == ("and", "on")
    assert process_time() - began < 0.5


def test_a_copy_is_anew_after_a_day_or_where_it_names_another() -> None:
    text = Text("", "I will do it", when=NOON)
    for name in ("today", "Tonight", "TOMORROW", "yfory"):
        named = replace(text, text=f"I will do it {name}!")
        assert is_anew(named, NOON - timedelta(hours=14)), name
        assert not is_anew(named, NOON - timedelta(hours=13)), name  # midnight in London
    assert not is_anew(text, NOON - timedelta(hours=24))
    assert is_anew(text, NOON - timedelta(hours=24, seconds=1))
    assert is_anew(text, NOON + timedelta(hours=25))


def test_the_days_of_what_is_said_are_londons() -> None:
    late = datetime(2026, 9, 15, 22, 30, tzinfo=UTC)
    text = Text("", "I will do it tomorrow", when=late + timedelta(hours=1))
    assert not is_anew(text, late + timedelta(minutes=45))
    assert is_anew(text, late)


@given(st.text(), st.text())
def test_no_text_breaks_it(one: str, other: str) -> None:
    first, second = Text(one, other), Text(other, one)
    assert same(first, second) == same(second, first)
    assert all(-(2**63) <= number < 2**63 for number in first.sketch)


@pytest.mark.parametrize("piece", ["a", " ", "... ", ".", "live: ", '."', "the post ", "a - ",
                                   "\ufdfa ", "Bob saw Ann at 9 not "])  # fmt: skip
def test_an_endless_text_is_looked_at_only_as_far_as_its_bound(piece: str) -> None:
    text = Text(piece * 400_000, piece * 400_000)
    assert len(text.words) <= 4_000
    assert isinstance(same(text, replace(text, author="x")), bool)

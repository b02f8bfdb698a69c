"""Patterns, clauses and the rules' verdict on a text."""

from __future__ import annotations

import pytest

from monitor.judge.canonical import canonical
from monitor.judge.clauses import layout
from monitor.judge.language import language
from monitor.judge.patterns import Lexicon, PatternError, end_of
from monitor.judge.ruled import triage
from monitor.judge.terms import Level

CLASSES = {"PERSON": ["him", "her"]}


def stands(pattern: str, text: str) -> bool:
    lexicon = Lexicon(CLASSES)
    steps = lexicon.compile(pattern)
    atoms = [lexicon.atoms_of(word) for word in canonical(text).words]
    return any(end_of(steps, atoms, at, len(atoms)) is not None for at in range(len(atoms)))


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        ("kill|stab [PERSON]", "stab her", True),
        ("kill|stab [PERSON]", "stab it", False),
        ("kill [PERSON]", "kill for her", False),
        ("kill {0,1} [PERSON]", "kill for her", True),
        ("kill {0,1} [PERSON]", "kill time for her", False),
        ("stab* her", "stabbing her", True),
        ("year # lads", "year 9 lads", True),
        ("year # lads", "year nine lads", False),
        ("the very? end", "the end", True),
        ("the very? end", "the very end", True),
        ("the _ end", "the end", False),
        ("kill her", "k1ll her", True),
        ("kill her", "kiiill herrrr", True),
        ("kill her", "k*ll her", True),
        ("kill her", "k* her", False),
    ],
)
def test_a_pattern_means_what_its_notation_says(pattern: str, text: str, holds: bool) -> None:
    assert stands(pattern, text) is holds


@pytest.mark.parametrize("pattern", ["", "{0,2} a", "a {0,2}", "a? b", "[NOBODY]"])
def test_a_pattern_that_cannot_be_read_is_named(pattern: str) -> None:
    with pytest.raises(PatternError, match="the pattern"):
        Lexicon(CLASSES).compile(pattern)


def test_clauses_end_at_punctuation_and_conjunctions() -> None:
    tokens = canonical("I like it, but why is she late? Fine")
    parts = layout(tokens).clauses
    read = [(" ".join(tokens.words[clause.first : clause.end]), clause.asked) for clause in parts]
    assert read == [("i like it", True), ("but why is she late", True), ("fine", False)]


def test_a_guard_works_in_its_own_clause_alone() -> None:
    assert triage(canonical("He will stab him in the school play")).level is not Level.URGENT
    alarm = "Lovely play today. He says he is going to stab the teacher tomorrow"
    assert triage(canonical(alarm)).level is Level.URGENT


@pytest.mark.parametrize(
    ("text", "level", "tier"),
    [
        ("I am going to stab that teacher", Level.URGENT, "sure"),
        ("did he say I am going to stab that teacher?", Level.URGENT, "possible"),
        ("im gonna k1ll miss okafor", Level.URGENT, "sure"),
        ("wait outside the gates for him", Level.URGENT, "possible"),
        ("the dinners are awful", Level.WATCH, None),
        ("my son is being bullied and the school does nothing", Level.RESPOND, None),
        ("a page is using the school logo", Level.RESPOND, None),
        ("a fake school page is asking parents for bank details", Level.URGENT, "sure"),
        ("the fair is on Saturday at two", Level.ROUTINE, None),
        ("thank you so much to all the staff", Level.ROUTINE, None),
    ],
)
def test_the_level_is_the_highest_that_fits(text: str, level: Level, tier: str | None) -> None:
    verdict = triage(canonical(text))
    assert (verdict.level, verdict.tier) == (level, tier)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("A man in a van gave my daughter a new phone outside school", Level.URGENT),
        ("The phone was a gift. My son met a stranger in the park", Level.URGENT),
        ("The teacher gave the children a phone number for the office", Level.ROUTINE),
    ],
)
def test_signs_that_stand_near_each_other_count_in_any_order(text: str, level: Level) -> None:
    assert triage(canonical(text)).level is level


def test_signs_far_from_each_other_do_not_count() -> None:
    near = "A stranger came by. {} My son has new trainers"
    assert triage(canonical(near.format(""))).level is Level.URGENT
    between = "The flowers by the hall are out and the sun is warm on the grass. " * 3
    assert triage(canonical(near.format(between))).level is not Level.URGENT


def test_a_guard_in_another_clause_does_not_hide_signs() -> None:
    text = "Lovely training day, but a stranger in a car gave my son a phone"
    assert triage(canonical(text)).level is Level.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "Police are searching for a man with a gun seen near the school, a spokesman said",
        "Officers are appealing for help to find a pupil of 13, last seen on Tuesday, police said",
        "Police said a gunman was in the building and that parents were told to keep away",
    ],
)
def test_a_danger_in_the_news_that_is_still_open_is_urgent(text: str) -> None:
    verdict = triage(canonical(text))
    assert (verdict.level, "press" in verdict.categories) == (Level.URGENT, True)


@pytest.mark.parametrize(
    "text",
    [
        "A man who brought a knife into the school last year has been jailed, police said",
        "Police said the pupil of 13 who was reported missing has been found safe",
        "Staff learned about county lines in a training day, the council said",
    ],
)
def test_a_danger_in_the_news_that_is_over_is_coverage(text: str) -> None:
    verdict = triage(canonical(text))
    assert (verdict.level, verdict.categories) == (Level.WATCH, ("press",))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Mae bachgen yn dod a chyllell i'r ysgol yfory", "threat"),
        ("Dw i eisiau marw, does dim pwynt byw", "self_harm"),
        ("Mae merch wyth oed ar goll ers amser cinio", "safeguarding"),
        ("Ma hi'n deud bod hi isio lladd ei hun", "self_harm"),
    ],
)
def test_a_danger_told_in_welsh_is_urgent_and_possible(text: str, category: str) -> None:
    verdict = triage(canonical(text))
    assert category in verdict.categories
    assert (verdict.level, verdict.tier) == (Level.URGENT, "possible")


@pytest.mark.parametrize(
    "text",
    [
        "Mae bachgen yn lladd y ddraig yn y sioe heno",
        "Siwmper ar goll, maint saith, diolch",
        "Diolch i bawb am ddiwrnod da yn yr ysgol",
    ],
)
def test_a_harmless_post_in_welsh_is_not_urgent(text: str) -> None:
    assert triage(canonical(text)).level is not Level.URGENT


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("bringing a \U0001f52a to school tomorrow", Level.URGENT),
        ("that r*tard in year 9 should not be here", Level.URGENT),
        ("they call my son a paki every day and nobody does anything", Level.RESPOND),
    ],
)
def test_dodged_words_are_read_and_reported_abuse_is_a_complaint(text: str, level: Level) -> None:
    assert triage(canonical(text)).level is level


def test_categories_stand_with_the_most_serious_first() -> None:
    text = "Thank you all, but the parking is awful and I will stab him tomorrow"
    assert triage(canonical(text)).categories[0] == "threat"


def test_coverage_in_the_press_is_not_a_complaint_beside() -> None:
    text = "Inspectors found the teaching was poor. A school spokesman said it was disappointed"
    assert triage(canonical(text)).categories == ("press",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Thank you so much for a lovely day at school", "en"),
        ("lol", "en"),
        ("Diolch yn fawr i bawb am ddiwrnod da yn yr ysgol heddiw", "cy"),
        ("Moja corka nie chce do szkoly i nikt nie pomaga", "pl"),
        ("\u0634\u0643\u0631\u0627 \u0644\u0643\u0645", "ar"),
        ("\u0434\u044f\u043a\u0443\u044e \u0432\u0430\u043c", "uk"),
        ("xqz wvb plk mnj rtz qqw bnm", "und"),
    ],
)
def test_the_language_is_guessed(text: str, code: str) -> None:
    assert language(canonical(text)) == code

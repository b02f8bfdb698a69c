"""The restated VADER against the package itself: the same scores, at a linear cost."""

from __future__ import annotations

import random
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment import vaderSentiment

from monitor.judge import vader
from monitor.judge.vader import compound, emoji_names

ANALYSER = vaderSentiment.SentimentIntensityAnalyzer()
LEXICON: list[str] = list(ANALYSER.lexicon)
EMOJI: list[str] = list(ANALYSER.emojis)
BOOSTERS: list[str] = list(vaderSentiment.BOOSTER_DICT)
IDIOMS: list[str] = list(vaderSentiment.SPECIAL_CASES)
NEGATIONS: list[str] = list(vaderSentiment.NEGATE)
# Rules look back three words, so those that they name must often stand close together.
RULED = """but but no no nor or least least at very never never so this without without doubt doubt
kind of kind the shit bomb bad ass bus stop yeah right kiss death to die for beating heart just
enough sort ain't whatn't"""
PLAIN = "the school a I we Monday year6 7:30 \u00a35 isn\u2019t crossing gate OK caf\u00e9"
MARKS = "! ? !! ?? ??? !!!! !!!!! . , :) :( :D ;-) <3 ... - '' ( )"
NAMED, ORDINARY, SIGNS = RULED.split(), PLAIN.split(), MARKS.split()
TURNS = ["kind of", "at least", "very least", "the least", "never so", "never this", "no good or"]
TURNS += ["without a doubt", "without doubt", "no kind or great", "no good nor bad", "least"]
ODD = ["\x00", "\ud800", "\udfff", "\u200f", "\u202e", "\u200d", "\ufe0f"]
ODD += ["\u0130", "\u03c2", "\u017fo", "\ufb01ne"]
POOLS = [LEXICON, BOOSTERS, NEGATIONS, IDIOMS, EMOJI, NAMED, TURNS, ORDINARY, SIGNS, ODD]
WEIGHTS = [25, 8, 8, 4, 3, 26, 8, 10, 4, 1]
SPACES = [" "] * 40 + ["\n", "\t", "  ", "", "\u00a0", "\u3000", "\x1c", "\u200b"]


def theirs(text: str) -> float:
    return float(ANALYSER.polarity_scores(text)["compound"])


def a_word(dice: random.Random) -> str:
    chosen = dice.choice(dice.choices(POOLS, WEIGHTS)[0])
    before, after = dice.choice(["", "", "", "", "(", '"']), dice.choice(" " * 9 + "!?.,").strip()
    dressed: str = f"{before}{chosen}{after}"
    shapes = [chosen, dressed, dressed, dressed, dressed.upper(), dressed.title()]
    return dice.choice(shapes)


def a_monster(dice: random.Random) -> str:
    """One shape of what nobody writes by accident."""
    many = dice.choice([2, 5, 50])
    return dice.choice(
        [
            dice.choice(EMOJI) * many,
            "".join(dice.choices(EMOJI, k=many)),
            "".join(dice.choices(ODD, k=many)),
            dice.choice("aÅ.!") * 10_000,
            "n't" * 3_000,
            "!" * dice.randint(3, 4_000),
            "?" * dice.randint(1, 4_000),
        ]
    )


def a_post(dice: random.Random) -> str:
    words = [a_word(dice) for _ in range(dice.randint(0, 14))]
    if not dice.randrange(100):
        words.insert(dice.randint(0, len(words)), a_monster(dice))
    if not dice.randrange(4):
        words += dice.choices([*words, "but", "BUT,"], k=4)
    return "".join(part for word in words for part in (word, dice.choice(SPACES)))


def compare(seed: int, posts: int) -> None:
    dice = random.Random(seed)
    for _ in range(posts):
        text = a_post(dice)
        # As written, so that even minus nought is told from nought.
        assert repr(compound(text)) == repr(theirs(text)), ascii(text)


def test_a_thousand_posts_that_meet_every_rule_score_the_same() -> None:
    compare(seed=0, posts=1_000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_fifty_thousand_posts_that_meet_every_rule_score_the_same(seed: int) -> None:
    compare(seed, posts=10_000)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([*NAMED, *TURNS, *SIGNS, *ODD, "GOOD", "good", "worst"]),
            st.sampled_from(LEXICON),
            st.sampled_from(EMOJI),
            st.text(st.characters(), max_size=5),
        )
    ),
    st.sampled_from(SPACES),
)
def test_any_words_in_a_row_score_the_same(words: list[str], space: str) -> None:
    text = space.join(words)
    assert repr(compound(text)) == repr(theirs(text))


def test_equal_scores_around_but_change_as_the_package_changes_them() -> None:
    dice = random.Random(3)
    for _ in range(20):
        few = [a_word(dice) for _ in range(12)] + ["but"]
        text = " ".join(dice.choices(few, k=200))
        assert compound(text) == theirs(text), ascii(text)


def test_each_emoji_alone_and_within_words_scores_the_same() -> None:
    for sign in EMOJI:
        for text in (sign, f"good{sign}bad {sign} NOT{sign}{sign}good"):
            assert compound(text) == theirs(text), ascii(text)


def test_each_lexicon_word_after_a_negation_scores_the_same() -> None:
    for word in LEXICON:
        text = f"this is not a very {word.upper()} {word}"
        assert compound(text) == theirs(text), text


def test_capitals_weigh_only_where_others_are_not_loud() -> None:
    assert compound("so GOOD a day") > compound("so good a day")
    assert compound("SO GOOD") == compound("so good")


def test_more_words_than_are_remembered_are_scored_and_then_forgotten() -> None:
    kept = vader._CACHED_TOKENS
    text = " ".join(f"w{n}" for n in range(kept + 10)) + " good"
    assert compound(text) == compound("good") == theirs("good")
    assert len(vader._known) <= kept


def test_a_word_of_absurd_length_is_not_remembered() -> None:
    long = "good" * 3_000
    assert compound(f"{long} good") == theirs(f"{long} good")
    assert long not in vader._known


def test_an_emoji_is_named_by_its_plain_words() -> None:
    assert emoji_names()["\U0001f600"] == ("grinning", "face")


def steps(text: str) -> int:
    """How many steps the module's own lines take to score a text, as the interpreter counts."""
    taken, before = 0, sys.gettrace()

    def count(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal taken
        if frame.f_code.co_filename != vader.__file__:
            return None
        frame.f_trace_opcodes = True
        taken += 1
        return count

    compound(text)
    sys.settrace(count)
    try:
        compound(text)
    finally:
        sys.settrace(before)
    return taken


@pytest.mark.parametrize(
    "words",
    [
        "\U0001f600",
        "good ",
        "not VERY good, ",
        "no kind of ",
        "the bomb so ",
        "good bad but ",
        "n't! ",
        "? ",
    ],
)
def test_twice_the_text_takes_no_more_than_twice_the_steps(words: str) -> None:
    once = steps(f"good {words * 200} but nice")
    twice = steps(f"good {words * 400} but nice")
    assert 50 < once < twice <= 2 * once


def test_a_hundred_thousand_emoji_before_and_after_but_are_scored() -> None:
    smiles = "\U0001f600" * 50_000
    assert compound(f"{smiles} but {smiles}") == 1.0

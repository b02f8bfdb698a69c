"""VADER's scores in linear time, and the mood towards the school."""

from __future__ import annotations

import random

import pytest
from vaderSentiment import vaderSentiment

from monitor.judge.canonical import canonical
from monitor.judge.sentiment import compound, corrected, label

ANALYSER = vaderSentiment.SentimentIntensityAnalyzer()
LEXICON, EMOJIS = list(ANALYSER.lexicon), list(ANALYSER.emojis)
BOOSTERS = list(vaderSentiment.BOOSTER_DICT)
OTHERS = [
    "but",
    "BUT",
    "no",
    "No",
    "nor",
    "or",
    "least",
    "at",
    "very",
    "never",
    "so",
    "this",
    "without",
    "doubt",
    "kind",
    "of",
    "the",
    "shit",
    "bomb",
    "bad",
    "ass",
    "bus",
    "stop",
    "yeah",
    "right",
    "kiss",
    "of",
    "death",
    "to",
    "die",
    "for",
    "beating",
    "heart",
    "school",
    "isn't",
    "SORT",
    "just",
    "enough",
    "hello!",
    "what?",
    "??",
    "!!!",
    "a",
    "I",
]
OWN_EXAMPLES = [
    "VADER is smart, handsome, and funny.",
    "VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!",
    "VADER is not smart, handsome, nor funny.",
    "At least it isn't a horrible book.",
    "The book was only kind of good.",
    "The plot was good, but the characters are uncompelling and the dialog is not great.",
    "Today only kinda sux! But I'll get by, lol",
    "Make sure you :) or :D today!",
    "Catch utf-8 emoji such as \U0001f498 and \U0001f48b and \U0001f601",
    "Not bad at all",
    "Sentiment analysis has never been this good!",
    "With VADER, sentiment analysis is the shit!",
    "Without a doubt, excellent idea.",
    "I like to hate Michael Bay films, but I couldn't fault this one",
    "Roger Dodger is one of the least compelling variations on this theme.",
    "",
    "   ",
]


def theirs(text: str) -> float:
    return float(ANALYSER.polarity_scores(text)["compound"])


def word(dice: random.Random) -> str:
    pick = dice.choices(
        [LEXICON, BOOSTERS, vaderSentiment.NEGATE, EMOJIS, OTHERS], [30, 10, 7, 3, 50]
    )[0]
    chosen = str(dice.choice(pick)) + dice.choice([""] * 9 + list("!?.,"))
    return dice.choice([chosen] * 6 + [chosen.upper(), chosen.title()])


@pytest.mark.parametrize("text", OWN_EXAMPLES)
def test_the_packages_own_examples_score_the_same(text: str) -> None:
    assert compound(text) == theirs(text)


@pytest.mark.parametrize("seed", range(5))
def test_thousands_of_word_salads_score_the_same(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(1000):
        text = dice.choice(" \n").join(word(dice) for _ in range(dice.randint(0, 14)))
        assert compound(text) == theirs(text), text


def test_long_texts_with_many_equal_scores_score_the_same() -> None:
    dice = random.Random(3)
    for _ in range(20):
        few = [word(dice) for _ in range(12)] + ["but"]
        text = " ".join(dice.choices(few, k=200))
        assert compound(text) == theirs(text), text


def test_a_hundred_thousand_emoji_are_scored() -> None:
    assert compound("\U0001f600" * 100_000) == 1.0


@pytest.mark.parametrize(
    ("text", "categories", "mood"),
    [
        ("Year 6 absolutely killed it last night", (), "positive"),
        ("lovely lovely great wonderful day", (), "positive"),
        ("the fair is on Saturday", (), "neutral"),
        ("a bit sad", (), "neutral"),
        ("horrible vile hateful place", (), "negative"),
        ("great great great", ("complaint",), "negative"),
        ("terrible", ("praise",), "positive"),
        ("please love me", ("self_harm",), "neutral"),
        ("nice nice nice", ("threat",), "negative"),
    ],
)
def test_the_mood_towards_the_school(text: str, categories: tuple[str, ...], mood: str) -> None:
    assert label(corrected(compound(text), canonical(text)), categories) == mood


def test_a_corrected_score_stays_between_minus_one_and_one() -> None:
    text = "killed it killed it killed it great great"
    assert corrected(compound(text), canonical(text)) == 1.0

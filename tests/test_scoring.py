"""Counts and measures, against tables worked out by hand and figures that were published."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monitor.judge.scoring import (
    Hits,
    Labels,
    LabelsError,
    Scores,
    Share,
    hits,
    labels_of,
    resampled,
    scores,
)
from monitor.judge.terms import Judgement, Level, Sentiment, Tier

NAMES = ("threat", "complaint", "praise")
GOOD = {"relevant": True, "sentiment": "negative", "categories": ["threat"], "level": "urgent"}


def says(
    level: str,
    mood: Sentiment = "neutral",
    categories: str = "",
    *,
    ours: bool = True,
    tier: Tier | None = None,
) -> Judgement:
    """What the program might say of a post."""
    return Judgement(
        "holly", ours, 0.9, mood, 0.0, tuple(categories.split()), Level(level), tier, "en"
    )


def true(
    level: str, mood: Sentiment = "neutral", categories: str = "", *, ours: bool = True
) -> Labels:
    """What a person says of a post."""
    return Labels(ours, mood, frozenset(categories.split()), Level(level))


# Ten posts. By hand: levels right in 6; urgent: 2 there, 1 found, 2 said.
TABLE = [
    (true("urgent", "negative", "threat"), says("urgent", "negative", "threat", tier="sure")),
    (true("urgent", "negative", "threat"), says("respond", "negative", "complaint")),
    (true("respond", "negative", "complaint"), says("respond", "neutral", "complaint")),
    (true("respond", "neutral", "complaint"), says("watch", "neutral")),
    (true("watch", "neutral"), says("respond", "negative", "complaint")),
    (true("watch", "positive", "praise"), says("watch", "positive", "praise")),
    (true("routine", "positive", "praise"), says("routine", "positive")),
    (true("routine", "neutral"), says("urgent", "neutral", "threat", tier="possible")),
    (true("routine", "neutral", ours=False), says("routine", "negative", ours=False)),
    (true("routine", "neutral", ours=False), says("routine", "neutral", ours=True)),
]


@pytest.fixture
def scored() -> Scores:
    return scores(TABLE, NAMES)


def test_levels_agree_with_the_table(scored: Scores) -> None:
    assert len(scored) == 10
    assert scored.level == Share(6, 10)
    assert scored.at_least(Level.URGENT) == Hits(right=1, missed=1, wrong=1)
    assert scored.at_least(Level.RESPOND) == Hits(right=3, missed=1, wrong=2)
    assert scored.urgent_seen == Share(2, 2)


def test_false_alarms_are_counted_over_the_posts_that_owe_no_response(scored: Scores) -> None:
    assert scored.wrongly_urgent == Share(1, 6)
    assert scored.wrongly_sure == Share(0, 6)
    assert scored.wrongly_respond == Share(1, 6)


def test_the_confusion_holds_every_post_once(scored: Scores) -> None:
    assert scored.confusion() == {
        "routine": {"routine": 3, "watch": 0, "respond": 0, "urgent": 1},
        "watch": {"routine": 0, "watch": 1, "respond": 1, "urgent": 0},
        "respond": {"routine": 0, "watch": 1, "respond": 1, "urgent": 0},
        "urgent": {"routine": 0, "watch": 0, "respond": 1, "urgent": 1},
    }


def test_relevance_agrees_with_the_table(scored: Scores) -> None:
    assert scored.relevance == Hits(right=8, missed=0, wrong=1)
    assert scored.left_out == Share(1, 2)


def test_the_mood_is_counted_over_relevant_posts_alone(scored: Scores) -> None:
    # Of eight: negative 2 of 3, neutral 2 of 3, positive 2 of 2.
    assert scored.mood == Share(6, 8)
    assert scored.mood_recall == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_categories_agree_with_the_table(scored: Scores) -> None:
    assert scored.categories == {
        "threat": Hits(right=1, missed=1, wrong=1),
        "complaint": Hits(right=1, missed=1, wrong=2),
        "praise": Hits(right=1, missed=1, wrong=0),
    }
    assert scored.categories["complaint"].precision.value == pytest.approx(1 / 3)
    assert scored.categories["complaint"].recall.value == pytest.approx(1 / 2)
    assert scored.categories["complaint"].f1 == pytest.approx(2 / 5)
    assert scored.macro_f1 == pytest.approx((1 / 2 + 2 / 5 + 2 / 3) / 3)
    assert scored.micro_f1 == pytest.approx(6 / 12)


def test_a_category_that_was_only_said_weighs_in_the_micro_mean_alone() -> None:
    found = scores([(true("watch"), says("watch", categories="praise"))], NAMES)
    assert list(found.categories) == ["praise"]
    assert found.categories["praise"].f1 == 0
    assert found.macro_f1 is None
    assert found.micro_f1 == 0


def test_nothing_was_measured_where_there_is_nothing() -> None:
    empty = scores([], NAMES)
    assert len(empty) == 0
    assert empty.level.value is None
    assert empty.level.interval is None
    assert empty.mood_recall is None
    assert (empty.macro_f1, empty.micro_f1, empty.relevance.f1) == (None, None, None)
    assert empty.categories == {}


def test_a_wrong_alarm_and_a_miss_are_told_apart() -> None:
    truth, said = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert hits(truth, said) == Hits(right=1, missed=1, wrong=1)
    assert hits(truth, ~truth) == Hits(right=0, missed=2, wrong=2)
    lopsided = Hits(right=3, missed=1, wrong=2)
    assert (lopsided.recall, lopsided.precision) == (Share(3, 4), Share(3, 5))


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_those_that_were_published(
    part: int, whole: int, low: float, high: float
) -> None:
    assert Share(part, whole).interval == pytest.approx((low, high), abs=0.00005)


def test_an_interval_ends_at_nought_and_one() -> None:
    assert Share(0, 3).interval == pytest.approx((0.0, 0.5615), abs=0.0001)
    assert Share(3, 3).interval == pytest.approx((0.4385, 1.0), abs=0.0001)


def test_rows_may_be_taken_in_any_order_and_twice(scored: Scores) -> None:
    taken = scored.rows(np.array([0, 0, 3]))
    assert len(taken) == 3
    assert taken.level == Share(2, 3)
    assert taken.categories["threat"] == Hits(2, 0, 0)


def test_a_resampled_interval_holds_the_mean_and_is_the_same_each_time(scored: Scores) -> None:
    def mood(found: Scores) -> float | None:
        return found.mood.value

    low, high = resampled(scored, mood)
    assert 0 < low < 0.75 < high <= 1
    assert resampled(scored, mood) == (low, high)


def test_what_cannot_be_measured_in_any_resample_may_be_anything(scored: Scores) -> None:
    assert resampled(scored, lambda _: None) == (0.0, 1.0)


def test_labels_are_read() -> None:
    assert labels_of(GOOD, NAMES) == true("urgent", "negative", "threat")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"level": "severe"}, "'labels.level' must be one of routine, watch, respond, urgent."),
        ({"level": None}, "'labels.level'"),
        ({"level": ["urgent"]}, "'labels.level'"),
        ({"sentiment": "sad"}, "'labels.sentiment' must be one of negative, neutral, positive."),
        ({"sentiment": {}}, "'labels.sentiment'"),
        ({"relevant": "yes"}, "'labels.relevant' must be true or false."),
        ({"relevant": 1}, "'labels.relevant'"),
        ({"categories": "threat"}, "'labels.categories' must be a list of these: threat, "),
        ({"categories": ["rude"]}, "'labels.categories'"),
        ({"categories": [["threat"]]}, "'labels.categories'"),
    ],
    ids=str,
)
def test_labels_that_cannot_be_used_are_named(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(LabelsError) as caught:
        labels_of({**GOOD, **changed}, NAMES)
    assert said in str(caught.value)


@pytest.mark.parametrize("key", GOOD)
def test_a_label_that_is_missing_is_named(key: str) -> None:
    left = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(LabelsError, match=key):
        labels_of(left, NAMES)


def test_a_post_without_labels_cannot_be_measured_with() -> None:
    with pytest.raises(LabelsError, match="no 'labels'"):
        labels_of(None, NAMES)

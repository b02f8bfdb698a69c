"""Who wins: the rules, the learned part, and what the guide says goes together."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.judge.canonical import canonical
from monitor.judge.decide import ALWAYS_URGENT, Decision, decide
from monitor.judge.learned import Cuts, Opinion
from monitor.judge.reasons import of_decision
from monitor.judge.ruled import triage
from monitor.judge.rules import category_names, rule_book
from monitor.judge.terms import Level

CUTS = Cuts(
    urgent=0.3,
    sure=0.9,
    respond=0.5,
    watch=0.5,
    relevant=0.4,
    standing=0.05,
    moods=(1.0, 1.0, 1.0),
    categories=dict.fromkeys(category_names(), 0.5),
)
THREAT = "I will stab him tomorrow"
DOUBTED = "he said I will stab him tomorrow?"


def opinion(
    levels: tuple[float, float, float, float] = (0.97, 0.01, 0.01, 0.01),
    moods: tuple[float, float, float] = (0.1, 0.8, 0.1),
    **chances: float,
) -> Opinion:
    named = dict.fromkeys(category_names(), 0.01) | chances
    return Opinion(np.array(levels, np.float32), named, np.array(moods, np.float32), 0.9)


def decided(text: str, said: Opinion, *, readable: bool = True) -> Decision:
    return decide(triage(canonical(text)), said, CUTS, readable=readable)


def test_the_learned_part_raises_what_no_rule_sees() -> None:
    made = decided("we noticed which way he walks", opinion((0.2, 0.1, 0.3, 0.4), threat=0.6))
    assert (made.level, made.tier, made.categories) == (Level.URGENT, "possible", ("threat",))
    assert made.floor is Level.ROUTINE


def test_a_rule_raises_what_the_learned_part_finds_unlikely() -> None:
    made = decided(THREAT, opinion((0.8, 0.05, 0.05, 0.1)))
    assert (made.level, made.tier, made.floor) == (Level.URGENT, "possible", Level.URGENT)
    assert made.categories == ("threat",)


def test_a_plain_urgent_rule_stands_whatever_the_learned_part_says() -> None:
    made = decided(THREAT, opinion((0.98, 0.01, 0.005, 0.005)))
    assert (made.level, made.tier, made.set_aside) == (Level.URGENT, "possible", ())


def test_a_doubtful_rule_is_set_aside_where_the_learned_part_is_all_but_sure() -> None:
    made = decided(DOUBTED, opinion((0.98, 0.01, 0.005, 0.005)))
    assert (made.level, made.standing) == (Level.ROUTINE, ())
    assert {found.rule.category for found in made.set_aside} == {"threat"}


def test_in_a_language_that_cannot_be_read_every_rule_stands_and_nothing_is_routine() -> None:
    calm = opinion((1.0, 0.0, 0.0, 0.0))
    assert decided(THREAT, calm, readable=False).level is Level.URGENT
    assert decided("dzień dobry", calm, readable=False).level is Level.WATCH


def test_urgent_is_sure_where_rule_and_learner_agree_or_the_learner_is_sure() -> None:
    assert decided(THREAT, opinion((0.4, 0.1, 0.1, 0.4))).tier == "sure"
    assert decided("meet me", opinion((0.02, 0.02, 0.01, 0.95))).tier == "sure"
    assert decided("meet me", opinion((0.4, 0.1, 0.1, 0.4))).tier == "possible"


def test_the_chance_of_a_level_counts_the_levels_above_it() -> None:
    assert decided("x", opinion((0.4, 0.1, 0.25, 0.25))).level is Level.RESPOND
    assert decided("x", opinion((0.45, 0.3, 0.15, 0.1))).level is Level.WATCH


@pytest.mark.parametrize("name", sorted(ALWAYS_URGENT))
def test_what_is_always_urgent_is_not_said_of_a_lower_level(name: str) -> None:
    made = decided("x", opinion((0.1, 0.1, 0.7, 0.1), complaint=0.9, **{name: 0.9}))
    assert made.categories == ("complaint",)


def test_a_level_that_needs_a_category_has_the_likeliest_that_explains_it() -> None:
    made = decided("x", opinion((0.1, 0.1, 0.2, 0.6), praise=0.9, safeguarding=0.4))
    assert made.categories == ("safeguarding",), "nobody thanks the school for a child at risk"
    made = decided("x", opinion((0.1, 0.1, 0.7, 0.1), request=0.3))
    assert made.categories == ("request",)


def test_routine_has_praise_or_no_category() -> None:
    assert decided("x", opinion(complaint=0.9, praise=0.8)).categories == ("praise",)
    assert decided("x", opinion(press=0.9)).categories == ()


def test_categories_are_named_the_most_serious_first() -> None:
    made = decided("x", opinion((0.0, 0.0, 0.0, 1.0), complaint=0.9, threat=0.9, hate=0.9))
    assert made.categories == ("threat", "hate", "complaint")


def test_the_likeliest_mood_is_told() -> None:
    assert decided("x", opinion(moods=(0.7, 0.2, 0.1))).sentiment == "negative"
    assert decided("x", opinion(moods=(0.2, 0.2, 0.6))).sentiment == "positive"


def test_a_rule_stands_where_the_learned_part_did_not_read_its_words() -> None:
    calm = opinion((0.99, 0.005, 0.003, 0.002))
    verdict = triage(canonical(DOUBTED))
    assert decide(verdict, calm, CUTS, readable=True).level is Level.ROUTINE
    made = decide(verdict, calm, CUTS, readable=True, unread={4})
    assert (made.level, made.floor) == (Level.URGENT, Level.URGENT)


def test_the_category_of_a_lower_rule_that_stands_is_kept_beside_a_learned_urgent() -> None:
    text = rule_book().categories["staff_conduct"].examples[0]
    named = {found.rule.category for found in triage(canonical(text)).findings}
    assert "staff_conduct" in named
    made = decided(text, opinion((0.1, 0.1, 0.2, 0.6), sexual=0.9))
    assert set(made.categories) >= {"sexual", "staff_conduct"}


def test_what_is_likely_and_does_not_fit_the_level_is_hinted_at() -> None:
    tokens = canonical("a word")
    made = decided("a word", opinion((0.1, 0.1, 0.7, 0.1), complaint=0.9, safeguarding=0.6))
    assert (made.categories, made.maybe) == (("complaint",), ("safeguarding",))
    rules = [one.rule for one in of_decision(made, tokens, tokens.words, [0, 1])]
    assert "maybe.safeguarding" in rules


def test_a_rule_that_was_set_aside_is_said_with_its_words() -> None:
    tokens = canonical(DOUBTED)
    made = decided(DOUBTED, opinion((0.98, 0.01, 0.005, 0.005)))
    reason, *_ = of_decision(made, tokens, tokens.words, list(range(len(tokens))))
    assert reason.rule.startswith("set-aside.threat.")
    assert reason.says.startswith("was set aside, as the whole does not read as that serious: ")
    assert DOUBTED[reason.start : reason.end] == reason.text


def test_a_rule_that_stands_is_reason_enough_for_its_level() -> None:
    tokens = canonical(THREAT)
    made = decided(THREAT, opinion((0.4, 0.1, 0.1, 0.4)))
    reasons = of_decision(made, tokens, tokens.words, list(range(len(tokens))))
    assert {reason.rule.partition(".")[0] for reason in reasons} == {"threat"}

"""The packaged rules: each file is judged by its own examples."""

from __future__ import annotations

import pytest

from monitor.judge.canonical import canonical
from monitor.judge.clauses import layout
from monitor.judge.finding import Category
from monitor.judge.rules import rule_book
from monitor.judge.terms import Level

GUIDE = [
    "threat",
    "self_harm",
    "safeguarding",
    "extremism",
    "hate",
    "sexual",
    "privacy",
    "impersonation",
    "cyberbullying",
    "harassment",
    "defamation",
    "staff_conduct",
    "misinformation",
    "press",
    "request",
    "complaint",
    "praise",
]
CATEGORIES = list(rule_book().categories.values())


def holds(category: Category, text: str) -> bool:
    tokens = canonical(text)
    findings = rule_book().find(tokens, layout(tokens))
    return any(f.rule.category == category.name and not f.rule.raises for f in findings)


def test_every_category_of_the_guide_has_a_file_and_nothing_else_has() -> None:
    assert set(rule_book().categories) == {*GUIDE, "notice"}


def test_ranks_differ() -> None:
    assert len({category.rank for category in CATEGORIES}) == len(CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_a_categorys_examples_are_found(category: Category) -> None:
    assert category.examples
    assert [text for text in category.examples if not holds(category, text)] == []


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_a_categorys_counter_examples_are_left_alone(category: Category) -> None:
    assert category.counter
    assert [text for text in category.counter if holds(category, text)] == []


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_every_rule_says_in_plain_english_why(category: Category) -> None:
    assert category.title[0].isupper()
    assert category.counts.endswith(".")
    for rule in category.rules:
        assert rule.says
        assert not rule.says.endswith(".")
        assert rule.patterns or rule.together


def test_the_four_gravest_are_urgent_by_themselves() -> None:
    grave = {category.name for category in CATEGORIES if category.level is Level.URGENT}
    assert grave == {"threat", "self_harm", "safeguarding", "extremism"}

"""Reads the packaged rules; it alone knows the format of their files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from monitor.judge.finding import Category, Rule, RuleBook, Steps
from monitor.judge.patterns import Lexicon, PatternError
from monitor.judge.terms import Level

_NEAR = 15
# Notices are read like a category and are none.
NOTICES = "notice"


def _tables(folder: str) -> Iterator[dict[str, Any]]:
    for entry in sorted(files("monitor.judge").joinpath(folder).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            yield tomllib.loads(entry.read_text(encoding="utf-8"))


@cache
def rule_book() -> RuleBook:
    """The packaged rules; raises PatternError where one cannot be read."""
    packaged = files("monitor.judge").joinpath("classes.toml").read_text(encoding="utf-8")
    words = tomllib.loads(packaged)
    lexicon = Lexicon({name: text.split() for name, text in words["classes"].items()})
    facts: dict[int, list[tuple[str, Steps]]] = {}
    for name, rows in words["facts"].items():
        for steps in map(lexicon.compile, rows):
            facts.setdefault(steps[0].atom, []).append((name, steps))
    parts = _Parts(lexicon, words["groups"])
    categories = {
        table["name"]: _category(table, lexicon, parts)
        for folder in ("categories", "notices")
        for table in _tables(folder)
    }
    starts: dict[int, list[tuple[Rule, Steps]]] = {}
    joins: dict[int, list[tuple[Rule, tuple[int, ...]]]] = {}
    for rule in (rule for category in categories.values() for rule in category.rules):
        for steps in rule.patterns:
            starts.setdefault(steps[0].atom, []).append((rule, steps))
        for row in rule.together:
            joins.setdefault(row[0], []).append((rule, row))
    return RuleBook(lexicon, categories, facts, starts, parts.by_start, joins)


def category_names() -> tuple[str, ...]:
    """The categories of the guide, the most serious first."""
    ranked = sorted(rule_book().categories.values(), key=lambda category: category.rank)
    return tuple(category.name for category in ranked if category.name != NOTICES)


class _Parts:
    """Numbers the patterns that stand together in rules, each one once for all rules.

    `<NAME>` is a group of classes.toml: any one of its patterns.
    """

    def __init__(self, lexicon: Lexicon, groups: Mapping[str, Sequence[str]]) -> None:
        self._lexicon = lexicon
        self._groups = groups
        self._numbers: dict[str, int] = {}
        self.by_start: dict[int, list[tuple[int, Steps]]] = {}

    def row(self, text: str) -> tuple[int, ...]:
        """The numbers of the patterns of one row; raises PatternError."""
        return tuple(self._number(part.strip()) for part in text.split("&"))

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self._numbers)
            for pattern in self._patterns(text):
                steps = self._lexicon.compile(pattern)
                self.by_start.setdefault(steps[0].atom, []).append((self._numbers[text], steps))
        return self._numbers[text]

    def _patterns(self, text: str) -> Sequence[str]:
        if not text.startswith("<"):
            return (text,)
        if text[1:-1] not in self._groups:
            raise PatternError(f"there is no group {text} of patterns")
        return self._groups[text[1:-1]]


def _category(table: dict[str, Any], lexicon: Lexicon, parts: _Parts) -> Category:
    return Category(
        name=table["name"],
        title=table["title"],
        rank=table["rank"],
        level=Level(table["level"]),
        counts=table["counts"],
        examples=tuple(table["examples"]),
        counter=tuple(table["counter"]),
        rules=tuple(_rule(table, row, lexicon, parts) for row in table["rules"]),
    )


def _rule(table: dict[str, Any], row: dict[str, Any], lexicon: Lexicon, parts: _Parts) -> Rule:
    return Rule(
        name=f"{table['name']}.{row['name']}",
        category=table["name"],
        says=row["says"],
        level=Level(row["level"]) if "level" in row else None,
        guards=frozenset(row.get("guards", table["guards"])),
        weak=row.get("weak", False),
        when=row.get("when", ""),
        raises=row.get("raises", False),
        patterns=tuple(lexicon.compile(pattern) for pattern in row.get("patterns", ())),
        unless=tuple(lexicon.compile(pattern) for pattern in row.get("unless", ())),
        together=tuple(parts.row(text) for text in row.get("together", ())),
        within=row.get("within", _NEAR),
    )

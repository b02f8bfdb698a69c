"""Reads the packaged rules, and finds in a text which of them hold; it sees words alone."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from monitor.judge.canonical import Tokens
from monitor.judge.clauses import Layout
from monitor.judge.patterns import Lexicon, Step, end_of
from monitor.judge.terms import Level

_BEFORE = 3
When = Literal["", "asked"]
Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason: its name, what it says in plain English, and the words that make it hold.

    `guards` name the facts of a clause that switch it off there; `weak` makes an urgent answer
    only possible. `level` is None where the category's own level stands, and `raises` marks a
    rule that adds no category but lifts the level of one that was found.
    """

    name: str
    category: str
    says: str
    level: Level | None
    guards: frozenset[str]
    weak: bool
    when: When
    raises: bool
    patterns: tuple[Steps, ...]
    unless: tuple[Steps, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A category of the guide as the rules know it; rank 1 is the most serious."""

    name: str
    title: str
    rank: int
    level: Level
    counts: str
    examples: tuple[str, ...]
    counter: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that holds: tokens `first` up to, not with, `end`, and whether it is doubtful."""

    rule: Rule
    first: int
    end: int
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A text made ready: what each token may be, and in which clauses a fact holds."""

    layout: Layout
    atoms: Sequence[frozenset[int]]
    facts: Mapping[str, set[int]]
    negators: set[int]

    def holds(self, fact: str, index: int, end: int) -> bool:
        """True where the fact holds in a clause of the match; negation must stand before it."""
        if fact == "negated":
            first = self.layout.span(index, index + 1)[0]
            return any(at in self.negators for at in range(max(first, index - _BEFORE), index))
        clauses = self.layout.clause_of
        return any(
            number in self.facts[fact] for number in range(clauses[index], clauses[end - 1] + 1)
        )


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules and facts, indexed by the element that each pattern begins with."""

    lexicon: Lexicon
    categories: Mapping[str, Category]
    facts: Mapping[int, Sequence[tuple[str, Steps]]]
    starts: Mapping[int, Sequence[tuple[Rule, Steps]]]

    def find(self, tokens: Tokens, layout: Layout) -> list[Finding]:
        """Every rule that holds in a text, in the order of the words; each rule at most once."""
        reading = self._read(tokens, layout)
        found: dict[str, Finding] = {}
        for index, here in enumerate(reading.atoms):
            for atom in here & self.starts.keys():
                for rule, steps in self.starts[atom]:
                    _keep(found, rule, _try(reading, rule, steps, index))
        return sorted(found.values(), key=lambda finding: (finding.first, finding.rule.name))

    def _read(self, tokens: Tokens, layout: Layout) -> Reading:
        atoms = [self.lexicon.atoms_of(word) for word in tokens.words]
        facts: dict[str, set[int]] = {
            name: set() for rows in self.facts.values() for name, _ in rows
        }
        negators: set[int] = set()
        for index, here in enumerate(atoms):
            for atom in here & self.facts.keys():
                for name, steps in self.facts[atom]:
                    if end_of(steps, atoms, index, layout.sentence_end[index]):
                        facts[name].add(layout.clause_of[index])
                        negators.update((index,) if name == "negated" else ())
        return Reading(layout, atoms, facts, negators)


def _keep(found: dict[str, Finding], rule: Rule, finding: Finding | None) -> None:
    """Hold on to the first finding of a rule, or to the first that is not doubtful."""
    known = found.get(rule.name)
    if finding and (known is None or (known.doubtful and not finding.doubtful)):
        found[rule.name] = finding


def _try(reading: Reading, rule: Rule, steps: Steps, index: int) -> Finding | None:
    layout = reading.layout
    end = end_of(steps, reading.atoms, index, layout.sentence_end[index])
    if end is None or (rule.when == "asked" and not layout.asked(end - 1)):
        return None
    if any(reading.holds(guard, index, end) for guard in rule.guards):
        return None
    if rule.unless and _cancelled(reading, rule, *layout.span(index, end)):
        return None
    doubtful = rule.weak or layout.asked(index) or reading.holds("reported", index, end)
    return Finding(rule, index, end, doubtful)


def _cancelled(reading: Reading, rule: Rule, first: int, stop: int) -> bool:
    return any(
        steps[0].atom in reading.atoms[at] and end_of(steps, reading.atoms, at, stop) is not None
        for at in range(first, stop)
        for steps in rule.unless
    )


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
    categories = {
        table["name"]: _category(table, lexicon)
        for folder in ("categories", "notices")
        for table in _tables(folder)
    }
    starts: dict[int, list[tuple[Rule, Steps]]] = {}
    for category in categories.values():
        for rule in category.rules:
            for steps in rule.patterns:
                starts.setdefault(steps[0].atom, []).append((rule, steps))
    return RuleBook(lexicon, categories, facts, starts)


def _category(table: dict[str, Any], lexicon: Lexicon) -> Category:
    return Category(
        name=table["name"],
        title=table["title"],
        rank=table["rank"],
        level=Level(table["level"]),
        counts=table["counts"],
        examples=tuple(table["examples"]),
        counter=tuple(table["counter"]),
        rules=tuple(_rule(table, row, lexicon) for row in table["rules"]),
    )


def _rule(table: dict[str, Any], row: dict[str, Any], lexicon: Lexicon) -> Rule:
    return Rule(
        name=f"{table['name']}.{row['name']}",
        category=table["name"],
        says=row["says"],
        level=Level(row["level"]) if "level" in row else None,
        guards=frozenset(row.get("guards", table["guards"])),
        weak=row.get("weak", False),
        when=row.get("when", ""),
        raises=row.get("raises", False),
        patterns=tuple(lexicon.compile(pattern) for pattern in row["patterns"]),
        unless=tuple(lexicon.compile(pattern) for pattern in row.get("unless", ())),
    )

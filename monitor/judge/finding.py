"""Finds in a text which of the rules hold; it sees words alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.judge.canonical import Tokens
from monitor.judge.clauses import Layout
from monitor.judge.patterns import Lexicon, Step, end_of
from monitor.judge.terms import Level

_BEFORE = 3
When = Literal["", "asked"]
Steps = tuple[Step, ...]
Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason: its name, what it says in plain English, and the words that make it hold.

    `guards` name the facts of a clause that switch it off there; `weak` makes an urgent answer
    only possible. `level` is None where the category's own level stands, and `raises` marks a
    rule that adds no category but lifts the level of one that was found. Each row of `together`
    holds where all its patterns (by their number in the book) stand in any order, none more than
    `within` words from the first.
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
    together: tuple[tuple[int, ...], ...]
    within: int


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
    """All rules and facts, indexed by the element that each pattern begins with.

    `parts` are the patterns that stand together in some rule, with their numbers; `joins` are
    those rules' rows by the number of their first pattern.
    """

    lexicon: Lexicon
    categories: Mapping[str, Category]
    facts: Mapping[int, Sequence[tuple[str, Steps]]]
    starts: Mapping[int, Sequence[tuple[Rule, Steps]]]
    parts: Mapping[int, Sequence[tuple[int, Steps]]]
    joins: Mapping[int, Sequence[tuple[Rule, tuple[int, ...]]]]

    def find(self, tokens: Tokens, layout: Layout) -> list[Finding]:
        """Every rule that holds in a text, in the order of the words; each rule at most once."""
        reading = self._read(tokens, layout)
        found: dict[str, Finding] = {}
        spots: dict[int, list[Spot]] = {}
        for index, here in enumerate(reading.atoms):
            for atom in here & self.starts.keys():
                for rule, steps in self.starts[atom]:
                    _keep(found, rule, _try(reading, rule, steps, index))
            for atom in here & self.parts.keys():
                for number, steps in self.parts[atom]:
                    end = end_of(steps, reading.atoms, index, layout.sentence_end[index])
                    if end is not None:
                        spots.setdefault(number, []).append((index, end))
        self._join(reading, spots, found)
        return sorted(found.values(), key=lambda finding: (finding.first, finding.rule.name))

    def _join(
        self, reading: Reading, spots: Mapping[int, list[Spot]], found: dict[str, Finding]
    ) -> None:
        for first in spots.keys() & self.joins.keys():
            for rule, parts in self.joins[first]:
                if all(part in spots for part in parts):
                    _keep(found, rule, _together(reading, rule, [spots[p] for p in parts]))

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


def _together(reading: Reading, rule: Rule, rows: Sequence[list[Spot]]) -> Finding | None:
    """The rule's first finding in which a spot of every row stands near one of the first row."""
    usable = [[spot for spot in row if not _guarded(reading, rule, spot)] for row in rows]
    for spot in usable[0]:
        group = [spot]
        for row in usable[1:]:
            group += _near(row, spot, rule.within)
        if len(group) == len(rows):
            first, end = min(group)[0], max(end for _, end in group)
            return Finding(rule, first, end, _doubtful(reading, rule, group))
    return None


def _near(row: list[Spot], spot: Spot, within: int) -> list[Spot]:
    """The first of the row's spots within reach that shares no word with the given one."""
    for at in range(bisect_left(row, (spot[0] - within, 0)), len(row)):
        if row[at][0] > spot[0] + within:
            break
        if row[at][1] <= spot[0] or row[at][0] >= spot[1]:
            return [row[at]]
    return []


def _guarded(reading: Reading, rule: Rule, spot: Spot) -> bool:
    """True where a guard or an exception of the rule holds in the clauses of the spot."""
    return any(reading.holds(guard, *spot) for guard in rule.guards) or (
        bool(rule.unless) and _cancelled(reading, rule, *reading.layout.span(*spot))
    )


def _doubtful(reading: Reading, rule: Rule, spots: Sequence[Spot]) -> bool:
    return rule.weak or any(
        reading.layout.asked(first) or reading.holds("reported", first, end) for first, end in spots
    )


def _try(reading: Reading, rule: Rule, steps: Steps, index: int) -> Finding | None:
    layout = reading.layout
    end = end_of(steps, reading.atoms, index, layout.sentence_end[index])
    if end is None or (rule.when == "asked" and not layout.asked(end - 1)):
        return None
    if _guarded(reading, rule, (index, end)):
        return None
    return Finding(rule, index, end, _doubtful(reading, rule, [(index, end)]))


def _cancelled(reading: Reading, rule: Rule, first: int, stop: int) -> bool:
    return any(
        steps[0].atom in reading.atoms[at] and end_of(steps, reading.atoms, at, stop) is not None
        for at in range(first, stop)
        for steps in rule.unless
    )

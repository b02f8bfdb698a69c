"""Finds in a text which of the rules hold; it sees words alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from monitor.judge.canonical import Tokens
from monitor.judge.clauses import Layout
from monitor.judge.patterns import Lexicon, Step, end_of
from monitor.judge.terms import Level

_BEFORE = 3
_TITLE = "mr"
When = Literal["", "asked"]
Steps = tuple[Step, ...]
Spot = tuple[int, int]
Owner = TypeVar("Owner")


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

    def find(self, tokens: Tokens, layout: Layout, staff: Collection[int] = ()) -> list[Finding]:
        """Every rule that holds in a text, in the order of the words; each rule at most once.

        `staff` are the tokens that name a member of staff: they count as a title does.
        """
        found = _Search(self, self._read(tokens, layout, staff)).run()
        return sorted(found.values(), key=lambda finding: (finding.first, finding.rule.name))

    def _read(self, tokens: Tokens, layout: Layout, staff: Collection[int]) -> Reading:
        atoms = [self.lexicon.atoms_of(word) for word in tokens.words]
        for index in staff:
            atoms[index] |= self.lexicon.atoms_of(_TITLE)
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


class _Search:
    """One search of one text: what was found, where signs stand, what was excepted in which clause.

    A rule is not tried again once nothing better can be found for it.
    """

    def __init__(self, book: RuleBook, reading: Reading) -> None:
        self._book = book
        self._reading = reading
        self._found: dict[str, Finding] = {}
        self._spots: dict[int, list[Spot]] = {}
        self._excepted: dict[tuple[str, int, int], bool] = {}

    def run(self) -> dict[str, Finding]:
        present = frozenset().union(*self._reading.atoms)
        starts, parts = _possible(self._book.starts, present), _possible(self._book.parts, present)
        for index, here in enumerate(self._reading.atoms):
            for atom in here & starts.keys():
                for rule, steps in starts[atom]:
                    if not self._is_settled(rule):
                        self._try(rule, steps, index)
            for atom in here & parts.keys():
                for number, steps in parts[atom]:
                    if end := self._end(steps, index):
                        self._spots.setdefault(number, []).append((index, end))
        self._join()
        return self._found

    def _is_settled(self, rule: Rule) -> bool:
        known = self._found.get(rule.name)
        return known is not None and (rule.weak or not known.doubtful)

    def _end(self, steps: Steps, index: int) -> int | None:
        reading = self._reading
        return end_of(steps, reading.atoms, index, reading.layout.sentence_end[index])

    def _try(self, rule: Rule, steps: Steps, index: int) -> None:
        end = self._end(steps, index)
        if end is None or (rule.when == "asked" and not self._reading.layout.asked(end - 1)):
            return
        if not self._is_guarded(rule, (index, end)):
            self._keep(rule, [(index, end)])

    def _join(self) -> None:
        for first in self._spots.keys() & self._book.joins.keys():
            for rule, parts in self._book.joins[first]:
                if all(part in self._spots for part in parts) and not self._is_settled(rule):
                    self._try_together(rule, [self._spots[part] for part in parts])

    def _try_together(self, rule: Rule, rows: Sequence[list[Spot]]) -> None:
        """Keep the first group in which a spot of every row stands near one of the first row."""
        usable = [[spot for spot in row if not self._is_guarded(rule, spot)] for row in rows]
        for spot in usable[0]:
            group = [spot]
            for row in usable[1:]:
                group += _near(row, spot, rule.within)
            if len(group) == len(rows):
                self._keep(rule, group)
                return

    def _keep(self, rule: Rule, group: Sequence[Spot]) -> None:
        """Hold on to the first finding of a rule, or to the first that is not doubtful."""
        layout, holds = self._reading.layout, self._reading.holds
        doubtful = rule.weak or any(layout.asked(a) or holds("reported", a, b) for a, b in group)
        if rule.name not in self._found or not doubtful:
            first, end = min(group)[0], max(end for _, end in group)
            self._found[rule.name] = Finding(rule, first, end, doubtful)

    def _is_guarded(self, rule: Rule, spot: Spot) -> bool:
        """True where a guard or an exception of the rule holds in the clauses of the spot."""
        if any(self._reading.holds(guard, *spot) for guard in rule.guards):
            return True
        return bool(rule.unless) and self._is_excepted(rule, spot)

    def _is_excepted(self, rule: Rule, spot: Spot) -> bool:
        first, stop = self._reading.layout.span(*spot)
        key = (rule.name, first, stop)
        if key not in self._excepted:
            self._excepted[key] = any(self._stands(rule, at, stop) for at in range(first, stop))
        return self._excepted[key]

    def _stands(self, rule: Rule, at: int, stop: int) -> bool:
        atoms = self._reading.atoms
        return any(
            steps[0].atom in atoms[at] and end_of(steps, atoms, at, stop) is not None
            for steps in rule.unless
        )


def _possible(
    index: Mapping[int, Sequence[tuple[Owner, Steps]]], present: frozenset[int]
) -> dict[int, list[tuple[Owner, Steps]]]:
    """The patterns whose every needed word stands somewhere in the text."""
    return {
        atom: [
            (owner, steps)
            for owner, steps in index[atom]
            if all(step.optional or step.atom in present for step in steps)
        ]
        for atom in present & index.keys()
    }


def _near(row: list[Spot], spot: Spot, within: int) -> list[Spot]:
    """The first of the row's spots within reach that shares no word with the given one."""
    for at in range(bisect_left(row, (spot[0] - within, 0)), len(row)):
        if row[at][0] > spot[0] + within:
            break
        if row[at][1] <= spot[0] or row[at][0] >= spot[1]:
            return [row[at]]
    return []

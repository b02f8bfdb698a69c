"""Word patterns over canonical tokens: a compact notation, matched in linear time.

A pattern is a row of elements: `kill|hurt` (either word), `stab*` (any word that begins so),
`[PERSON]` (a class of classes.toml), `#` (a number), `_` (any word), each optional with a `?`
behind it; `{0,3}` between two elements allows up to three other words there. A pattern never
crosses the end of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.judge.canonical import fold
from monitor.judge.disguise import guesses

_GAP = re.compile(r"\{(\d),(\d)\}\Z")
_LONGEST_WORD = 40
_SHORTEST_PREFIX = 1


class PatternError(ValueError):
    """A pattern that cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One element: what may stand here, how many words may stand before it, may it be missing."""

    atom: int
    least: int
    most: int
    optional: bool


class Lexicon:
    """Every element of every pattern, so that a word is looked up once for all of them."""

    def __init__(self, classes: Mapping[str, Sequence[str]]) -> None:
        self._classes = classes
        self._atoms: dict[str, int] = {}
        self._exact: dict[str, set[int]] = {}
        self._prefixes: dict[str, set[int]] = {}
        self._anywhere: set[int] = set()
        self._number: set[int] = set()
        self.atoms_of = lru_cache(maxsize=50_000)(self._atoms_of)

    def compile(self, pattern: str) -> tuple[Step, ...]:
        """Read a pattern; raises PatternError."""
        steps: list[Step] = []
        least = most = 0
        for part in pattern.split():
            if gap := _GAP.match(part):
                least, most = int(gap[1]), int(gap[2])
                continue
            optional = part.endswith("?")
            steps.append(Step(self._atom(part.rstrip("?"), pattern), least, most, optional))
            least = most = 0
        if not steps or steps[0].optional or steps[0].most or most:
            raise PatternError(f"the pattern '{pattern}' must begin and end with a word")
        return tuple(steps)

    def _atom(self, element: str, pattern: str) -> int:
        if element not in self._atoms:
            self._atoms[element] = len(self._atoms)
            for word in self._alternatives(element, pattern):
                self._learn(word, self._atoms[element])
        return self._atoms[element]

    def _alternatives(self, element: str, pattern: str) -> Iterator[str]:
        for choice in element.split("|"):
            if not choice.startswith("["):
                yield choice
            elif choice[1:-1] in self._classes:
                yield from self._classes[choice[1:-1]]
            else:
                raise PatternError(f"the pattern '{pattern}' names an unknown class {choice}")

    def _learn(self, word: str, atom: int) -> None:
        if word == "_":
            self._anywhere.add(atom)
        elif word == "#":
            self._number.add(atom)
        elif word.endswith("*"):
            self._prefixes.setdefault(fold(word[:-1]), set()).add(atom)
        else:
            self._exact.setdefault(fold(word), set()).add(atom)

    def _atoms_of(self, word: str) -> frozenset[int]:
        """The elements that a canonical word satisfies, its usual disguises undone."""
        found = self._known(word[:_LONGEST_WORD])
        if not found:
            found = next((f for w in guesses(word[:_LONGEST_WORD]) if (f := self._known(w))), found)
        if word.isdigit():
            found = found | self._number
        return frozenset(found | self._anywhere)

    def _known(self, word: str) -> set[int]:
        found = set(self._exact.get(word, ()))
        for size in range(_SHORTEST_PREFIX, len(word) + 1):
            found |= self._prefixes.get(word[:size], set())
        return found


def end_of(
    steps: tuple[Step, ...], atoms: Sequence[frozenset[int]], start: int, limit: int
) -> int | None:
    """The token after the shortest match that begins at token `start`, or None.

    `limit` is the first token that may not be used. Each step holds at most one position a token,
    so that the work is bounded by the pattern's length and gaps.
    """
    places = {start}
    for step in steps:
        following = {
            spot + 1
            for place in places
            for spot in range(place + step.least, min(place + step.most + 1, limit))
            if step.atom in atoms[spot]
        }
        places = following | places if step.optional else following
        if not places:
            return None
    return min(places)

"""Splits a text into sentences and clauses, so that a guard can act in its own clause alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitor.judge.canonical import Tokens

_SENTENCE = re.compile(r"[!?\n\u2026]|\.(?:\s|\Z|\.)|[.](?=[\"'\u2019\u201d)])")
_CLAUSE = re.compile(r"[,;:()\u2013\u2014]|\s-+\s|//")
_LONGEST_CLAUSE = 40
_CONJUNCTIONS = frozenset(
    ("but", "and", "because", "cos", "coz", "although", "though", "while", "then", "until", "so")
)


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens `first` up to, not with, `end`; `asked` where its sentence ends in a question mark."""

    first: int
    end: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The clauses of a text, the clause of each token, and where each token's sentence ends."""

    clauses: tuple[Clause, ...]
    clause_of: tuple[int, ...]
    sentence_end: tuple[int, ...]

    def span(self, first: int, end: int) -> tuple[int, int]:
        """The tokens of all clauses that tokens `first` to `end` (exclusive) touch."""
        clauses = self.clauses
        return clauses[self.clause_of[first]].first, clauses[self.clause_of[end - 1]].end

    def asked(self, first: int) -> bool:
        """True where the token stands in a question."""
        return self.clauses[self.clause_of[first]].asked


def layout(tokens: Tokens) -> Layout:
    """Split a text; linear in its length."""
    breaks = [
        *tokens.breaks[: len(tokens)],
        tokens.source[tokens.ends[-1] :] if len(tokens) else "",
    ]
    clauses: list[Clause] = []
    clause_of: list[int] = []
    sentence_end: list[int] = []
    first = 0
    while first < len(tokens):
        end = _sentence_end(breaks, first)
        asked = "?" in breaks[end]
        for start, stop in _clause_bounds(tokens.words, breaks, first, end):
            clause_of += [len(clauses)] * (stop - start)
            clauses.append(Clause(start, stop, asked))
        sentence_end += [end] * (end - first)
        first = end
    return Layout(tuple(clauses), tuple(clause_of), tuple(sentence_end))


def _sentence_end(breaks: list[str], first: int) -> int:
    end = first + 1
    while end < len(breaks) - 1 and not _SENTENCE.search(breaks[end]):
        end += 1
    return end


def _clause_bounds(
    words: list[str], breaks: list[str], first: int, end: int
) -> list[tuple[int, int]]:
    cuts: list[int] = []
    for at in range(first + 1, end):
        mark = words[at] in _CONJUNCTIONS or (breaks[at] != " " and _CLAUSE.search(breaks[at]))
        if mark or at - (cuts[-1] if cuts else first) >= _LONGEST_CLAUSE:
            cuts.append(at)
    return list(zip([first, *cuts], [*cuts, end], strict=True))

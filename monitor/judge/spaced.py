"""Finds words whose letters are spaced out ("k n i f e"); it sees tokens and what is between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from monitor.judge.known import ranks

SHORT_RUN = 3
_LONG_RUN = 4
_WIDE = re.compile(r"[ .\-_*~\u2022\u00b7|/]{2,3}")
_SIGN = re.compile(r" ([@$!*]) ")
# Small words that may stand before or behind a word whose letters are spaced out.
_LONE = frozenset("iaux")


class _Spaced:
    """Words, what stands before each of them, and how a spelt word is folded."""

    def __init__(
        self, words: Sequence[str], gaps: Sequence[str], fold: Callable[[str], str]
    ) -> None:
        self._words = words
        self._gaps = gaps
        self._fold = fold

    def spelt(self, first: int, last: int) -> str:
        """The letters of a run as one word, a sign that stands for a letter with them."""
        signs = (_SIGN.fullmatch(gap) for gap in self._gaps[first + 1 : last + 1])
        letters = zip(signs, self._words[first + 1 : last + 1], strict=True)
        return self._words[first] + "".join((sign[1] if sign else "") + w for sign, w in letters)

    def stretches(self) -> Iterator[tuple[int, int]]:
        """First and last of each stretch of single letters; any other word is one by itself."""
        index, total = 0, len(self._words)
        while index < total:
            last = index
            while last + 1 < total and self._goes_on(index, last):
                last += 1
            yield index, last
            index = last + 1

    def _goes_on(self, first: int, index: int) -> bool:
        if not self._single(index) or not self._single(index + 1):
            return False
        if self._narrow(first + 1):
            return self._narrow(index + 1)
        gap = self._gaps[index + 1]
        alike = gap == self._gaps[first + 1] and _WIDE.fullmatch(gap) is not None
        return alike and not self._narrow(index + 2)

    def _single(self, index: int) -> bool:
        return len(self._words[index]) == 1

    def _narrow(self, index: int) -> bool:
        """True where a single letter follows another closely."""
        if index >= len(self._words) or not self._single(index) or not self._single(index - 1):
            return False
        return len(self._gaps[index]) <= 1 or _SIGN.fullmatch(self._gaps[index]) is not None

    def is_apart(self, first: int, last: int) -> bool:
        """True for two or three spaced letters with more than a space to either side."""
        edges = self._gaps[first], *self._gaps[last + 1 : last + 2]
        return 1 < last - first + 1 <= SHORT_RUN and all(len(gap) != 1 for gap in edges)

    def words_in(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The stretch as one word, less a small word at either end where a known one is left."""
        start, end = self._bounds(first, last)
        yield from ((at, at) for at in range(first, start))
        if end >= start:
            yield start, end
        yield from ((at, at) for at in range(max(start, end + 1), last + 1))

    def _bounds(self, first: int, last: int) -> tuple[int, int]:
        words = self._words
        for start, end in (
            (first, last),
            (first + 1, last),
            (first, last - 1),
            (first + 1, last - 1),
        ):
            if {*words[first:start], *words[end + 1 : last + 1]} <= _LONE and self._is_word(
                start, end
            ):
                return start, end
        named = last - first + 1 >= _LONG_RUN and any(map(str.isalpha, words[first : last + 1]))
        return (first, last) if named else (first, first - 1)

    def _is_word(self, first: int, last: int) -> bool:
        """True for a known word; where it is very short, for one that people hide."""
        rank = ranks().get(self._fold(self.spelt(first, last))) if last > first else None
        return rank is not None and (rank < 0 or last - first + 1 >= _LONG_RUN)


def runs(
    words: Sequence[str], gaps: Sequence[str], fold: Callable[[str], str]
) -> Iterator[tuple[int, int, str]]:
    """First token, last token and word of each token or run of spaced letters, in order.

    `gaps` are what stands before each word. A run of three letters is a word where it is one that
    people hide, or where it stands beside longer ones: "C w m   H e l y g".
    """
    spaced = _Spaced(words, gaps, fold)
    stretches = list(spaced.stretches())
    sizes = [0, *(last - first + 1 for first, last in stretches), 0]
    for number, (first, last) in enumerate(stretches, 1):
        beside = max(sizes[number - 1], sizes[number + 1]) > SHORT_RUN
        parts: Iterator[tuple[int, int]] = ((at, at) for at in range(first, last + 1))
        if beside and spaced.is_apart(first, last):
            parts = iter([(first, last)])
        elif last - first + 1 >= SHORT_RUN:
            parts = spaced.words_in(first, last)
        for start, end in parts:
            yield start, end, spaced.spelt(start, end)

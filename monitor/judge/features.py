"""Turns a view of a text into numbered features; it sees words and knows no weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BITS = 18
SIZE = 1 << BITS
_HALF = SIZE >> 1
_LONGEST_WORD = 40
_PIECES = range(2, 6)
_FIRST, _SECOND = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77)

Numbers = NDArray[np.int64]


def letters(word: str) -> Numbers:
    """The numbers of a word's character features: its pieces of 2 to 5 letters, edges marked."""
    return _letters(word[:_LONGEST_WORD])


@lru_cache(maxsize=20_000)
def _letters(word: str) -> Numbers:
    padded = f" {word} "
    grams = {padded[at : at + size] for size in _PIECES for at in range(len(padded) - size + 1)}
    numbers = {_HALF + crc32(gram.encode(errors="replace")) % _HALF for gram in grams}
    return np.fromiter(numbers, np.int64, len(numbers))


def _code(word: str) -> int:
    return crc32(word[:_LONGEST_WORD].encode(errors="replace"))


def singles_and_pairs(words: Sequence[str]) -> tuple[Numbers, Numbers]:
    """The number of each word's own feature, and of each pair of neighbours."""
    codes = np.fromiter(map(_code, words), np.uint32, len(words))
    pairs = codes[:-1] * _FIRST + codes[1:] * _SECOND
    mixed = pairs ^ (pairs >> np.uint32(15))
    return (codes % _HALF).astype(np.int64), (mixed % _HALF).astype(np.int64)


def features(words: Sequence[str]) -> tuple[Numbers, Numbers]:
    """The numbers of all word features and of all character features, each once, sorted."""
    singles, pairs = singles_and_pairs(words)
    spelt = [letters(word) for word in set(words)]
    return (
        np.unique(np.concatenate((singles, pairs))),
        np.unique(np.concatenate(spelt)) if spelt else np.zeros(0, np.int64),
    )

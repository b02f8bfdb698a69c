"""Cuts a view of a text into the pieces that the encoder knows, WordPiece as BERT has it.

The vocabulary is that of all-MiniLM-L6-v2 (Apache-2.0); signs are read by the names that VADER
gives its emoji, and the marks of a view have entries of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from monitor.judge.vader import emoji_names
from monitor.judge.view import MARKS

PADDING, UNKNOWN, START, END = 0, 100, 101, 102
LONGEST = 224
# Entries that the vocabulary keeps free for such use, in the order of MARKS.
_FIRST_FREE = 1
_LONGEST_WORD = 40
_MOST_SIGNS = 3


@cache
def vocabulary() -> Mapping[str, int]:
    """Every entry of the vocabulary with its number."""
    text = files("monitor.judge").joinpath("weights/vocab.txt").read_text(encoding="utf-8")
    return {entry: number for number, entry in enumerate(text.split("\n")) if entry}


@cache
def _marks() -> Mapping[str, int]:
    return {mark: number for number, mark in enumerate(MARKS, start=_FIRST_FREE)}


@lru_cache(maxsize=20_000)
def _cut(word: str) -> tuple[int, ...]:
    """The pieces of one word of at most 40 characters."""
    known = vocabulary()
    if word in _marks():
        return (_marks()[word],)
    if word in known:
        return (known[word],)
    if names := emoji_names().get(word):
        return tuple(piece for name in names for piece in _longest_first(name))
    if word[0] in "@#" and len(word) > 1:
        return (known[word[0]], *_longest_first(word[1:]))
    if not word[0].isalnum():
        return tuple(known.get(sign, UNKNOWN) for sign in word[:_MOST_SIGNS] if not sign.isspace())
    return _longest_first(word)


def _longest_first(word: str) -> tuple[int, ...]:
    known, cut, start = vocabulary(), [], 0
    while start < len(word):
        lead = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if lead + word[start:end] in known), None)
        if end is None:
            return (UNKNOWN,)
        cut.append(known[lead + word[start:end]])
        start = end
    return tuple(cut)


def pieces(words: Iterable[str]) -> list[int]:
    """The numbers of all pieces of a view, without start and end."""
    return [piece for word in words for piece in _cut(word[:_LONGEST_WORD])]


def framed(cut: Sequence[int]) -> list[int]:
    """At most LONGEST numbers as the encoder takes them: start, pieces, end."""
    return [START, *cut[: LONGEST - 2], END]

"""Guesses the language of a text from its script, its small words and their looks; nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from monitor.judge.canonical import Tokens
from monitor.judge.known import common, letters_of, looks_of, small_words

# Welsh is judged as English is.
JUDGED = frozenset(("en", "cy"))
_MOST_WORDS = 400
_LONGEST_WORD = 30
_MOST_CHARACTERS = 4_000
_SCRIPTS = (
    ("ar", "\u0600", "\u06ff"),
    ("pa", "\u0a00", "\u0a7f"),
    ("gu", "\u0a80", "\u0aff"),
    ("hi", "\u0900", "\u097f"),
    ("bn", "\u0980", "\u09ff"),
    ("ta", "\u0b80", "\u0bff"),
    ("te", "\u0c00", "\u0c7f"),
    ("ml", "\u0d00", "\u0d7f"),
    ("uk", "\u0400", "\u04ff"),
    ("el", "\u0370", "\u03ff"),
    ("hy", "\u0530", "\u058f"),
    ("ka", "\u10a0", "\u10ff"),
    ("he", "\u0590", "\u05ff"),
    ("ja", "\u3040", "\u30ff"),
    ("zh", "\u4e00", "\u9fff"),
    ("ko", "\uac00", "\ud7af"),
    ("am", "\u1200", "\u137f"),
    ("th", "\u0e00", "\u0e7f"),
)
# Within a script: letters that only one of its languages writes, the likelier one last.
_WITHIN = {
    "ar": (("ur", frozenset("ٹڈڑںےہھ")), ("fa", frozenset("گچپژ"))),
    "uk": (("uk", frozenset("іїєґ")), ("ru", frozenset("ыэъё"))),
    "zh": (("ja", frozenset("のはをがにでした")),),
}
_SCRIPT_SHARE = 3
_SHORT = 6
_ENOUGH = 1.0
_SHARE_OF_ALL = 0.12
# A word of the common English list, and one that only looks like a language's words.
_COMMON, _LOOKS = 0.5, 0.4
_VERY_COMMON = 12_000


@cache
def _weights() -> Mapping[str, Sequence[tuple[str, float]]]:
    """What each small word says: one of two languages' own says half as much for either."""
    codes: dict[str, list[str]] = {}
    for code, words in small_words().items():
        for word in words:
            codes.setdefault(word, []).append(code)
    for word, whose in codes.items():
        if "en" not in whose and common().get(word, _VERY_COMMON) < _VERY_COMMON:
            whose.append("en")
    return {word: [(code, 1 / len(whose)) for code in whose] for word, whose in codes.items()}


@cache
def _looks() -> Mapping[str, re.Pattern[str]]:
    return {code: re.compile(pattern) for code, pattern in looks_of().items()}


def _script(words: Sequence[str]) -> str:
    """The language of the script that a good part is written in, or nothing for Latin letters."""
    letters = [char for char in "".join(words) if char.isalpha()]
    foreign = [char for char in letters if char > "\u02ff"]
    if len(foreign) * _SCRIPT_SHARE < max(len(letters), 1):
        return ""
    counts = {code: sum(low <= char <= high for char in foreign) for code, low, high in _SCRIPTS}
    code = max(counts, key=lambda name: counts[name])
    if not counts[code]:
        return ""
    own = frozenset(foreign)
    return next((name for name, some in _WITHIN.get(code, ()) if some & own), code)


def _by_words(words: Sequence[str]) -> dict[str, float]:
    scores = dict.fromkeys(small_words(), 0.0)
    weights = _weights()
    for word in words:
        for code, weight in weights.get(word) or _by_looks(word):
            scores[code] += weight
    return scores


def _by_looks(word: str) -> Sequence[tuple[str, float]]:
    """What a word says that is none of the small ones."""
    if word in common():
        return (("en", _COMMON),)
    if len(word) > _LONGEST_WORD:
        return ()
    fitting = [code for code, look in _looks().items() if look.fullmatch(word)]
    return [(code, _LOOKS / len(fitting)) for code in fitting]


def _by_letters(text: str, scores: dict[str, float]) -> None:
    """Add what the letters say that one language alone writes."""
    if not text.isascii():
        low = text.lower()
        for code, letters in letters_of().items():
            scores[code] += sum(low.count(letter) for letter in letters) / 2


def language(tokens: Tokens) -> str:
    """The language as a code of two letters, or "und"; a very short text is taken for English."""
    marked = {mark.index for mark in tokens.marks}
    words = [
        word
        for index, word in enumerate(tokens.words[:_MOST_WORDS])
        if index not in marked and word.isalpha()
    ]
    if code := _script(words):
        return code
    scores = _by_words(words)
    _by_letters(tokens.source[:_MOST_CHARACTERS], scores)
    return _chosen(scores, len(words))


def _chosen(scores: Mapping[str, float], number: int) -> str:
    best = max(scores, key=lambda code: scores[code])
    enough = scores[best] >= max(_ENOUGH, number * _SHARE_OF_ALL)
    if best != "en" and enough:
        return best
    if number < _SHORT or scores["en"] >= number * _SHARE_OF_ALL:
        return "en"
    return "und"

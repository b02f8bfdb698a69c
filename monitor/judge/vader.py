"""Scores as vaderSentiment scores, in linear time; the package stays the authority.

The package compares every word with every other, so that one long comment takes minutes. Its
lexicon, emoji and constants are taken from it at run time, its rules are restated here, and a
test holds both to the same scores, quirks included.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache, lru_cache
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from vaderSentiment import vaderSentiment

_SHORT_EMOTICON = 2
_CACHED_LENGTH = 40
_LOUD_MARKS = 4
_QUESTIONS = 3
_BUT_BEFORE, _BUT_AFTER = 0.5, 1.5
_DAMPING = (1.0, 0.95, 0.9)


class _Fact(NamedTuple):
    """What is known of a token by itself."""

    raw: str
    lower: str
    loud: bool
    valence: float | None
    boost: float | None
    negates: bool


@cache
def _authority() -> Any:
    """The package's own analyser: its lexicon and its emoji."""
    return vaderSentiment.SentimentIntensityAnalyzer()


@cache
def emoji_names() -> dict[str, tuple[str, ...]]:
    """The words that the package reads each emoji as."""
    named = _authority().emojis.items()
    return {emoji: tuple(re.findall("[a-z0-9]+", name.lower())) for emoji, name in named}


def _fact(token: str) -> _Fact:
    raw = token.strip(string.punctuation)
    if len(raw) <= _SHORT_EMOTICON:
        raw = token
    lower = raw.lower()
    valence = _authority().lexicon.get(lower)
    boost = vaderSentiment.BOOSTER_DICT.get(lower)
    return _Fact(raw, lower, raw.isupper(), valence, boost, vaderSentiment.negated([lower]))


_short_fact = lru_cache(maxsize=65_536)(_fact)


def _facts(text: str) -> list[_Fact]:
    return [
        _short_fact(token) if len(token) <= _CACHED_LENGTH else _fact(token)
        for token in text.split()
    ]


def _spelled(text: str) -> Iterator[str]:
    """The text with each emoji replaced by its description, spaced as the package does."""
    emojis, after_space = _authority().emojis, True
    for char in text:
        if char in emojis:
            yield emojis[char] if after_space else f" {emojis[char]}"
            after_space = False
        else:
            yield char
            after_space = char == " "


def compound(text: str) -> float:
    """VADER's compound score, -1 to 1, of a text; the same to the last digit as the package's."""
    plain = (text if text.isascii() else "".join(_spelled(text))).strip()
    facts = _facts(plain)
    if not facts:
        return 0.0
    loud = sum(fact.loud for fact in facts)
    mixed = 0 < loud < len(facts)
    scores: list[float] = [0] * len(facts)
    for index, fact in enumerate(facts):
        if fact.valence is not None and fact.boost is None and not _is_kind_of(facts, index):
            scores[index] = _valence(facts, index, mixed)
    if any(fact.lower == "but" for fact in facts):
        _but(scores, next(i for i, fact in enumerate(facts) if fact.lower == "but"))
    total = float(sum(scores))
    emphasis = _emphasis(plain)
    if total:
        total += emphasis if total > 0 else -emphasis
    return float(round(vaderSentiment.normalize(total), 4))


def _is_kind_of(facts: list[_Fact], index: int) -> bool:
    following = facts[index + 1].lower if index + 1 < len(facts) else ""
    return facts[index].lower == "kind" and following == "of"


def _emphasis(text: str) -> float:
    questions = text.count("?")
    louder: float = min(text.count("!"), _LOUD_MARKS) * 0.292
    asking = 0.0
    if questions > 1:
        asking = questions * 0.18 if questions <= _QUESTIONS else 0.96
    return louder + asking


def _word(facts: list[_Fact], index: int) -> str:
    return facts[index].lower if 0 <= index < len(facts) else ""


def _valence(facts: list[_Fact], index: int, mixed: bool) -> float:
    """The score of one lexicon word among its neighbours."""
    fact = facts[index]
    value = _after_no(facts, index, float(fact.valence or 0.0))
    if fact.loud and mixed:
        value += vaderSentiment.C_INCR if value > 0 else -vaderSentiment.C_INCR
    for back in range(min(3, index)):
        before = facts[index - back - 1]
        if before.valence is not None:
            continue
        value += _boost(before, value, mixed, back)
        value = _negation(facts, index, back, value)
        if back == 2:  # noqa: PLR2004 - the third word back, as the package has it
            value = _idiom(facts, index, value)
    return _least(facts, index, value)


def _after_no(facts: list[_Fact], index: int, own: float) -> float:
    value = own
    following = facts[index + 1] if index + 1 < len(facts) else None
    if facts[index].lower == "no" and following and following.valence is not None:
        value = 0.0
    one, two, three = (_word(facts, index - back) for back in (1, 2, 3))
    if one == "no" or two == "no" or (three == "no" and one in ("or", "nor")):
        value = own * vaderSentiment.N_SCALAR
    return value


def _boost(before: _Fact, value: float, mixed: bool, back: int) -> float:
    if before.boost is None:
        return 0.0
    boost = before.boost if value >= 0 else -before.boost
    if before.loud and mixed:
        boost += vaderSentiment.C_INCR if value > 0 else -vaderSentiment.C_INCR
    return boost * _DAMPING[back] if back and boost else boost


def _negation(facts: list[_Fact], index: int, back: int, value: float) -> float:
    words = [_word(facts, index - step) for step in (1, 2, 3)]
    negates = facts[index - back - 1].negates
    if back and _never_so(words, back):
        return value * 1.25
    if back and words[back] == "without" and "doubt" in words[:back]:
        return value
    return value * vaderSentiment.N_SCALAR if negates else value


def _never_so(words: list[str], back: int) -> bool:
    so = ("so", "this")
    if back == 1:
        return words[1] == "never" and words[0] in so
    return (words[2] == "never" and words[1] in so) or words[0] in so


def _idiom(facts: list[_Fact], index: int, value: float) -> float:
    three, two, one, zero = (_word(facts, index - back) for back in (3, 2, 1, 0))
    before = (f"{one} {zero}", f"{two} {one} {zero}", f"{two} {one}", f"{three} {two} {one}")
    special = vaderSentiment.SPECIAL_CASES
    value = next((special[x] for x in (*before, f"{three} {two}") if x in special), value)
    pair = f"{zero} {_word(facts, index + 1)}"
    triple = f"{pair} {_word(facts, index + 2)}"
    for ahead, steps in ((pair, 1), (triple, 2)):
        if index + steps < len(facts) and ahead in special:
            value = special[ahead]
    for grams in (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}"):
        value += vaderSentiment.BOOSTER_DICT.get(grams, 0)
    return float(value)


def _least(facts: list[_Fact], index: int, value: float) -> float:
    if index and facts[index - 1].lower == "least" and facts[index - 1].valence is None:
        if index > 1 and facts[index - 2].lower in ("at", "very"):
            return value
        return value * float(vaderSentiment.N_SCALAR)
    return value


def _but(scores: list[float], but: int) -> None:
    """Halve what stands before the first "but" and raise what stands after it.

    The package finds the score to change by its value, so that equal scores change the first of
    them; positions by value keep that quirk at the cost of a heap.
    """
    places: dict[float, list[int]] = {}
    for index, score in enumerate(scores):
        if score:
            places.setdefault(score, []).append(index)
    for heap in places.values():
        heapify(heap)
    for index in range(len(scores)):
        score = scores[index]
        if score:
            _reweigh(scores, places, score, but)


def _reweigh(scores: list[float], places: dict[float, list[int]], score: float, but: int) -> None:
    heap = places[score]
    while scores[heap[0]] != score:
        heappop(heap)
    first = heap[0]
    if first == but:
        return
    scores[first] = score * (_BUT_BEFORE if first < but else _BUT_AFTER)
    heappop(heap)
    heappush(places.setdefault(scores[first], []), first)

"""Scores as vaderSentiment scores, in linear time; the package stays the authority.

The package compares every word with every other, so that one long comment takes minutes. Its
lexicon, emoji and constants are taken from it at run time, its rules are restated here, and a
test holds both to the same scores, quirks included.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from typing import Any

from vaderSentiment import vaderSentiment

_SHORT_EMOTICON = 2
_CACHED_LENGTH, _CACHED_TOKENS = 40, 65_536
_LOUD_MARKS = 4
_QUESTIONS = 3
_BUT_BEFORE, _BUT_AFTER = 0.5, 1.5
_SECOND_BACK, _THIRD_BACK = 0.95, 0.9
_NEVER_SO = 1.25
_SO = ("so", "this")
_LOUDER: float = vaderSentiment.C_INCR
_TURNED: float = vaderSentiment.N_SCALAR
_BOOSTERS: dict[str, float] = vaderSentiment.BOOSTER_DICT
_IDIOMS: dict[str, float] = vaderSentiment.SPECIAL_CASES
_NEGATIONS = frozenset[str](vaderSentiment.NEGATE)
_PHRASES = [phrase.split() for phrase in (*_IDIOMS, *_BOOSTERS) if " " in phrase]
_PHRASE_FIRSTS = frozenset(words[0] for words in _PHRASES)
_PHRASE_LASTS = frozenset(words[-1] for words in _PHRASES)
_RULED = _NEGATIONS | {*_BOOSTERS, "no", "kind", "least", "this"}
_FOREIGN = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class _Fact:
    """What is known of a token by itself.

    `lexical`: the lexicon has it; `counts`: and scores it. `boost` is 0 where it boosts nothing.
    `phrasal`: it is a phrase's last word, or the first word of one and in the lexicon.
    `ruled`: a rule is about it, so that a word without such neighbours scores by itself.
    """

    lower: str
    loud: bool
    lexical: bool = False
    counts: bool = False
    valence: float = 0.0
    boost: float = 0.0
    negates: bool = False
    phrasal: bool = False
    ruled: bool = False


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
    lower, lexicon = raw.lower(), _authority().lexicon
    negates = lower in _NEGATIONS or "n't" in lower
    lexical = lower in lexicon
    phrasal = lower in _PHRASE_LASTS or (lexical and lower in _PHRASE_FIRSTS)
    return _Fact(
        lower,
        raw.isupper(),
        lexical,
        lexical and lower not in _BOOSTERS,
        lexicon.get(lower, 0.0),
        _BOOSTERS.get(lower, 0.0),
        negates,
        phrasal,
        phrasal or negates or lower in _RULED,
    )


class _Facts(dict[str, _Fact]):
    """Tokens already met; started afresh when full, and the long ones are not kept."""

    def __missing__(self, token: str) -> _Fact:
        fact = _fact(token)
        if len(token) <= _CACHED_LENGTH:
            if len(self) >= _CACHED_TOKENS:
                self.clear()
            self[token] = fact
        return fact


_known = _Facts()
# What stands around the text: the word before it is passed over, the word after says nothing.
_BEFORE, _AFTER = [_Fact("", loud=False, lexical=True)] * 3, [_Fact("", loud=False)] * 2


@cache
def _spellings() -> dict[int, str]:
    """Each emoji's description; the space before it parts words and nothing else."""
    return {ord(sign): f" {name}" for sign, name in _authority().emojis.items() if len(sign) == 1}


def _spelled(text: str) -> str:
    """The text with each emoji replaced by its description."""
    spellings = _spellings()
    return _FOREIGN.sub(lambda run: run[0].translate(spellings), text)


def compound(text: str) -> float:
    """VADER's compound score, -1 to 1, of a text; the same to the last digit as the package's."""
    plain = text if text.isascii() else _spelled(text)
    facts = [*map(_known.__getitem__, plain.split())]
    words = [*_BEFORE, *facts, *_AFTER]
    places = [place for place, word in enumerate(words) if word.counts]
    if not places:
        return 0.0
    mixed = len({word.loud for word in facts}) > 1
    scores = [_score(words, place, mixed) for place in places]
    if "but" in plain.lower():
        _but(scores, places, words)
    total = float(sum(scores))
    if total:
        total += _emphasis(plain) if total > 0 else -_emphasis(plain)
    return float(round(vaderSentiment.normalize(total), 4))


def _emphasis(text: str) -> float:
    questions = text.count("?")
    louder: float = min(text.count("!"), _LOUD_MARKS) * 0.292
    asking = 0.0
    if questions > 1:
        asking = questions * 0.18 if questions <= _QUESTIONS else 0.96
    return louder + asking


def _score(words: list[_Fact], place: int, mixed: bool) -> float:
    """The score of one lexicon word among its neighbours."""
    word, one, two, three = words[place], words[place - 1], words[place - 2], words[place - 3]
    if word.ruled or one.ruled or two.ruled or three.ruled:
        return _by_rules(words, place, mixed)
    return _shouted(word.valence) if mixed and word.loud else word.valence


def _shouted(value: float) -> float:
    return value + (_LOUDER if value > 0 else -_LOUDER)


def _by_rules(words: list[_Fact], place: int, mixed: bool) -> float:
    three, two, one, word, after = words[place - 3 : place + 2]
    if word.lower == "kind" and after.lower == "of":
        return 0.0
    value = _after_no(three, two, one, word, after)
    if mixed and word.loud:
        value = _shouted(value)
    if one.ruled and not one.lexical:
        value += _boost(one, value, mixed)
        value *= _TURNED if one.negates else 1.0
    if two.ruled and not two.lexical:
        value += _boost(two, value, mixed) * _SECOND_BACK
        value *= _second_back(two, one)
    if not three.lexical:
        value += _boost(three, value, mixed) * _THIRD_BACK
        value *= _third_back(three, two, one)
        if word.phrasal or one.phrasal or two.phrasal:
            value = _idiom(words, place, value)
    return value * _least(two) if one.lower == "least" and not one.lexical else value


def _after_no(three: _Fact, two: _Fact, one: _Fact, word: _Fact, after: _Fact) -> float:
    far = three.lower == "no" and one.lower in ("or", "nor")
    if far or one.lower == "no" or two.lower == "no":
        return word.valence * _TURNED
    return 0.0 if word.lower == "no" and after.lexical else word.valence


def _boost(before: _Fact, value: float, mixed: bool) -> float:
    if not before.boost:
        return 0.0
    boost = before.boost if value >= 0 else -before.boost
    if before.loud and mixed:
        boost += _LOUDER if value > 0 else -_LOUDER
    return boost


def _second_back(two: _Fact, one: _Fact) -> float:
    if two.lower == "never" and one.lower in _SO:
        return _NEVER_SO
    if two.lower == "without" and one.lower == "doubt":
        return 1.0
    return _TURNED if two.negates else 1.0


def _third_back(three: _Fact, two: _Fact, one: _Fact) -> float:
    if one.lower in _SO or (three.lower == "never" and two.lower in _SO):
        return _NEVER_SO
    if three.lower == "without" and "doubt" in (two.lower, one.lower):
        return 1.0
    return _TURNED if three.negates else 1.0


def _idiom(words: list[_Fact], place: int, value: float) -> float:
    three, two, one, zero, after, later = (fact.lower for fact in words[place - 3 : place + 3])
    before = (f"{one} {zero}", f"{two} {one} {zero}", f"{two} {one}", f"{three} {two} {one}")
    value = next((_IDIOMS[x] for x in (*before, f"{three} {two}") if x in _IDIOMS), value)
    for ahead in (f"{zero} {after}", f"{zero} {after} {later}"):
        value = _IDIOMS.get(ahead, value)
    for grams in (f"{three} {two} {one}", f"{three} {two}", f"{two} {one}"):
        value += _BOOSTERS.get(grams, 0.0)
    return value


def _least(two: _Fact) -> float:
    return 1.0 if two.lower in ("at", "very") else _TURNED


def _but(scores: list[float], places: list[int], words: list[_Fact]) -> None:
    """Halve what stands before the first "but" and raise what stands after it.

    The package finds the score to change by its value, so that equal scores change the first of
    them; their positions in order by value keep that quirk at the cost of a heap.
    """
    but = next((place for place, word in enumerate(words) if word.lower == "but"), None)
    if but is None:
        return
    equals: dict[float, list[int]] = {}
    for index, score in enumerate(scores):
        equals.setdefault(score, []).append(index)
    # Each score is read when its turn comes: an earlier turn may have changed it.
    for score in scores:
        first = heappop(equals[score])
        scores[first] = score * (_BUT_BEFORE if places[first] < but else _BUT_AFTER)
        heappush(equals.setdefault(scores[first], []), first)

"""Weighs whether a name that stands in a text means the school; it sees words and nothing else."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from monitor.judge.canonical import Tokens, phrase
from monitor.judge.terms import Watch

_NEAR_WORDS = 25
_YEAR_GROUP = re.compile(r"(?:y|yr|year)\d{1,2}[a-z]?\Z|[sp][1-7]\Z|\d{1,2}[a-h]\Z|ks[1-5]\Z")
_YEAR_WORDS = frozenset(("year", "yr", "years", "blwyddyn", "bl"))
_TIGHT = re.compile(r"[\s\-]*\Z")
_LOOSE = re.compile(r"[\s,(\-]*\Z")
_TAIL_REACH = 4
_NEAR_REACH = 6
_NOTICE = 18
_SPAM = 3


@cache
def word_lists() -> dict[str, frozenset[str]]:
    """The packaged lists of namesakes.toml, each as a set of canonical words."""
    text = files("monitor.judge").joinpath("namesakes.toml").read_text(encoding="utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}


@dataclass(frozen=True, slots=True)
class School:
    """A Watch made ready: its words, its places, and what after its name means another one."""

    watch: Watch
    home: frozenset[str]
    places: frozenset[str]
    names: frozenset[tuple[str, ...]]
    tails: tuple[tuple[str, ...], ...]


def school(watch: Watch) -> School:
    """Make a Watch ready for weighing."""
    names = frozenset(phrase(name) for name in (watch.name, *watch.aliases))
    excludes = [phrase(text) for text in watch.exclude]
    tails = {x[len(n) :] for x in excludes for n in names if n and x[: len(n)] == n}
    places = {word for text in watch.places for word in phrase(text)}
    named = {word for name in names for word in name}
    tailed = tuple(tail for tail in tails if tail)
    return School(watch, frozenset(places | named), frozenset(places - named), names, tailed)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name of the school in the text, from token `first` to token `last`."""

    number: int
    kind: str
    phrase: str
    first: int
    last: int
    strong: bool


@dataclass(frozen=True)
class Scene:
    """A text with what the weighing of every name in it shares."""

    tokens: Tokens

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words of the text, each once."""
        return frozenset(self.tokens.words)

    @cached_property
    def school_words(self) -> list[int]:
        """The numbers of the tokens that speak of a school."""
        known, words = word_lists()["school"], self.tokens.words
        return [
            number
            for number, word in enumerate(words)
            if word in known
            or _YEAR_GROUP.match(word)
            or (word.isdigit() and number and words[number - 1] in _YEAR_WORDS)
        ]

    @cached_property
    def is_headline(self) -> bool:
        """True where capitals say nothing, because most words have them or none has."""
        source = self.tokens.source
        capitals = sum(source[start].isupper() for start in self.tokens.starts)
        return capitals * 2 > len(self.tokens) > 5 or capitals == 0  # noqa: PLR2004

    def speaks_of_home(self, whose: School) -> bool:
        """True where a word of the school's places stands in the text outside its names."""
        return bool(whose.places & self.vocabulary)

    def other_towns(self, whose: School) -> frozenset[str]:
        """The words that name a town, county or country which is none of the school's places."""
        return word_lists()["towns"] & self.vocabulary - whose.home

    def capital(self, index: int) -> bool:
        """True where a token begins with a capital and is not all capitals."""
        raw = self.tokens.between(index, index)
        return raw[:1].isupper() and not (len(raw) > 1 and raw.isupper())

    def school_word_near(self, at: Occurrence) -> bool:
        """True where a school word stands within reach and outside the name itself."""
        spots = self.school_words
        start = bisect_left(spots, at.first - _NEAR_WORDS)
        for spot in spots[start:]:
            if spot > at.last + _NEAR_WORDS:
                return False
            if not at.first <= spot <= at.last:
                return True
        return False

    def tight(self, index: int) -> bool:
        """True where nothing but a blank or hyphen stands before a token."""
        return bool(_TIGHT.match(self.tokens.breaks[index]))


def objection(scene: Scene, at: Occurrence, whose: School) -> str:
    """Why this occurrence of a name is not the school, in plain English; empty where it may be."""
    checks = (
        _advertisement,
        _other_tail,
        _other_thing,
        _other_kind,
        _other_name,
        _other_town,
        _landmark,
    )
    return next((why for check in checks if (why := check(scene, at, whose))), "")


def _advertisement(scene: Scene, at: Occurrence, whose: School) -> str:
    if len(word_lists()["spam"].intersection(scene.vocabulary)) < _SPAM:
        return ""
    return f"carries {at.phrase} only to draw readers to an advertisement"


def _other_tail(scene: Scene, at: Occurrence, whose: School) -> str:
    after = scene.tokens.words[at.last + 1 : at.last + 1 + _TAIL_REACH]
    for tail in whose.tails:
        size = len(tail)
        if any(tuple(after[i : i + size]) == tail for i in range(len(after) - size + 1)):
            return f"names {at.phrase} {' '.join(tail).title()}, which is listed as another place"
    return ""


def _other_thing(scene: Scene, at: Occurrence, whose: School) -> str:
    words, lists = scene.tokens.words, word_lists()
    after = at.last + 1
    if after < len(words) and scene.tight(after):
        word = words[after]
        if word in lists["things"] and not (at.strong and word in lists["own_things"]):
            return f"names {at.phrase} {word}, which is another thing"
    before = words[at.first - 1] if at.first else ""
    if not at.strong and before in lists["befores"] and scene.tight(at.first):
        return f"names {before} {at.phrase}, which is another thing"
    return ""


def _other_name(scene: Scene, at: Occurrence, whose: School) -> str:
    """A one-word name inside a longer capitalised one: "Rowan Vine", "Robert Bowes"."""
    if at.strong or scene.is_headline or _length(at) > 1:
        return ""
    spots = scene.school_words
    near = bisect_left(spots, at.last + 1)
    ours = scene.tokens.owner(at.last) or (
        near < len(spots) and spots[near] <= at.last + _TAIL_REACH
    )
    if _foreign_capital(scene, at.first - 1, at.first, whose) or (
        not ours and _foreign_capital(scene, at.last + 1, at.last + 1, whose)
    ):
        return f"{at.phrase} is part of another name"
    return ""


def _length(at: Occurrence) -> int:
    return len(phrase(at.phrase)) - at.phrase.lower().startswith("the ")


def _other_kind(scene: Scene, at: Occurrence, whose: School) -> str:
    """A short name with another kind of school after it: "Bowes Primary" for Bowes Grammar."""
    index = at.last + 1
    if at.strong or index >= len(scene.tokens) or not scene.tight(index):
        return ""
    word = scene.tokens.words[index]
    if word not in word_lists()["other_kinds"] or not scene.capital(index):
        return ""
    own = {part for name in whose.names for part in name}
    return "" if word in own else f"names {at.phrase} {word}, which is another school"


def _foreign_capital(scene: Scene, index: int, gap: int, whose: School) -> bool:
    if not 0 <= index < len(scene.tokens) or not scene.tight(gap) or not scene.capital(index):
        return False
    if index < gap and _opens_sentence(scene, index):
        return False
    word, lists = scene.tokens.words[index], word_lists()
    known = word in lists["neutral"] or word in lists["school"] or word in lists["kinds"]
    return not (known or word in whose.home or _YEAR_GROUP.match(word) or word[0] in "@#")


def _opens_sentence(scene: Scene, index: int) -> bool:
    gap = scene.tokens.breaks[index]
    return index == 0 or any(char in gap for char in ".!?\n:\u2026")


def _other_town(scene: Scene, at: Occurrence, whose: School) -> str:
    if scene.speaks_of_home(whose):
        return ""
    index = at.last + 1
    words = scene.tokens.words
    index += index < len(words) and words[index] in word_lists()["kinds"]
    inside = index < len(words) and words[index] == "in"
    index += inside
    if index >= len(words) or not _LOOSE.match(scene.tokens.breaks[index]):
        return ""
    town = words[index] in word_lists()["towns"] and words[index] not in whose.home
    if town or _unknown_town(scene, index, inside, whose):
        return f"names {at.phrase} in {words[index].title()}, which is not one of its places"
    return ""


def _unknown_town(scene: Scene, index: int, inside: bool, whose: School) -> bool:
    """ "... in Wexcombe", or an acronym spelled out as another name: "BHS (Belmoor High)"."""
    if scene.is_headline:
        return False
    spelled_out = "(" in scene.tokens.breaks[index]
    if not (inside or spelled_out) or not scene.capital(index):
        return False
    word, lists = scene.tokens.words[index], word_lists()
    return not (
        word in whose.home
        or any(word in lists[name] for name in ("neutral", "school", "kinds"))
        or _YEAR_GROUP.match(word)
    )


def _landmark(scene: Scene, at: Occurrence, whose: School) -> str:
    lists, words = word_lists(), scene.tokens.words
    around = words[max(0, at.first - _NOTICE) : at.last + _NOTICE]
    if lists["community"] & scene.vocabulary or not lists["landmark"].intersection(around):
        return ""
    if lists["near"].intersection(words[max(0, at.first - _NEAR_REACH) : at.first]):
        return f"names {at.phrase} only as a landmark"
    return ""


def far_away(scene: Scene, whose: School) -> bool:
    """True where a notice, not somebody's own story, names a town that is not the school's."""
    lists, words = word_lists(), scene.vocabulary
    if words & lists["personal"] or scene.speaks_of_home(whose):
        return False
    return bool(scene.other_towns(whose))

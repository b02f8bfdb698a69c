"""PURE: how a person's name stands in a text, and which names somebody may call their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from monitor.presence.signs import signs

MOST_FURTHER = 3
_WORD = re.compile(r"[^\W_]+")
_PARTING = re.compile(r"[.,:;!?|\n()]")
_APOSTROPHES = str.maketrans("", "", "'\u2018\u2019\u02bc`\u00b4")
_PARTICLES = frozenset(
    "ap ab ferch van von de del della da di du la le der den al el bin".split()  # noqa: SIM905
)
_FEWEST = 2


class Strength(IntEnum):
    """How much of a name stands there: nothing, the surname, that with an initial or a title, or
    first name and surname.
    """

    NONE = 0
    SURNAME = 1
    SHORT = 2
    FULL = 3


@dataclass(frozen=True, slots=True)
class Words:
    """A text as folded words; `capital` says which began with a capital letter, `parted` which
    have a stop, a comma or a line's end before them.
    """

    words: tuple[str, ...]
    capital: tuple[bool, ...]
    parted: tuple[bool, ...]

    def find(self, phrase: Sequence[str]) -> Iterator[int]:
        """Where the phrase begins."""
        size, first = len(phrase), phrase[0] if phrase else None
        for at, word in enumerate(self.words):
            if word == first and self.words[at : at + size] == tuple(phrase):
                yield at

    def has(self, phrase: Sequence[str]) -> bool:
        """True where the phrase stands somewhere."""
        return next(self.find(phrase), None) is not None


def folded(text: str) -> str:
    """Small letters without accents and apostrophes."""
    bare = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return "".join(char for char in bare if not unicodedata.combining(char)).casefold()


def phrase(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(_WORD.findall(folded(text)))


def words_of(text: str) -> Words:
    """A text in words."""
    kept = unicodedata.normalize("NFC", text.translate(_APOSTROPHES))
    words: list[str] = []
    capital: list[bool] = []
    parted: list[bool] = []
    last = 0
    for found in _WORD.finditer(kept):
        between = kept[last : found.start()]
        pieces = _WORD.findall(folded(found.group()))
        for index, piece in enumerate(pieces):
            words.append(piece)
            capital.append(found.group()[0].isupper() and not index)
            parted.append(not last or bool(_PARTING.search(_after(words, between, index))))
        last = found.end()
    return Words(tuple(words), tuple(capital), tuple(parted))


def _after(words: Sequence[str], between: str, index: int) -> str:
    """What stands before a word; the stop after an initial parts nothing."""
    if index:
        return ""
    is_initial = len(words) > 1 and len(words[-2]) == 1
    return between.replace(".", "", 1) if is_initial else between


@dataclass(frozen=True, slots=True)
class Name:
    """One name: what it was, and its first name and surname in folded words."""

    whole: str
    first: str
    surname: tuple[str, ...]
    all: tuple[str, ...]

    def strength(self, text: Words) -> Strength:
        """The most of it that stands in the text."""
        if text.has(self.all) or any(map(text.has, self._full())):
            return Strength.FULL
        found = [self._before(text, at) for at in text.find(self.surname)]
        return max(found, default=Strength.NONE)

    def _full(self) -> Iterator[tuple[str, ...]]:
        yield (self.first, *self.surname)
        yield (*self.surname, self.first)
        yield (*self.surname, *self.all[: -len(self.surname)])

    def _before(self, text: Words, at: int) -> Strength:
        """What stands before a surname decides whose it is."""
        initials = 0
        at -= 1
        while at >= 0 and len(text.words[at]) == 1 and not text.parted[at + 1]:
            initials += 1
            at -= 1
        before = text.words[at] if at >= 0 else ""
        if initials:
            nearest = text.words[at + 1]
            if before == self.first:
                return Strength.FULL
            return Strength.SHORT if nearest == self.first[0] else Strength.NONE
        if before in signs().titles:
            return Strength.SHORT
        is_other = at >= 0 and text.capital[at] and not text.parted[at + 1] and before.isalpha()
        return Strength.NONE if is_other else Strength.SURNAME


def name(text: str) -> Name:
    """A name in its parts; without a second word the surname is the whole."""
    given = text.split()
    while len(given) > 1 and folded(given[0]).rstrip(".") in signs().titles:
        given = given[1:]
    last = len(given) - 1
    while last > 1 and folded(given[last - 1]) in _PARTICLES:
        last -= 1
    first = phrase(given[0])
    surname = phrase(" ".join(given[last:]))
    return Name(text, first[0] if first else "", surname, phrase(" ".join(given)))


def refusal(further: str, account: str, known: Collection[str], colleagues: Collection[str]) -> str:
    """Why a further name may not be looked for as one's own; "" where it may.

    `known` are the names declared so far. A name is one's own where it shares its first name or
    its surname with one of them, as names do before and after a marriage, in Welsh and for short;
    the name of a colleague never is.
    """
    made = name(further)
    if len(made.all) < _FEWEST:
        return "give a first name and a surname"
    if any(set(made.all) == set(name(other).all) for other in colleagues):
        return "this is the name of somebody else at the school; nobody looks for another person"
    own = [name(one) for one in (account, *known)]
    if any(made.all == one.all for one in own):
        return "this name is there already"
    if not any(made.first == one.first or set(made.surname) & set(one.surname) for one in own):
        return (
            "this shares neither a first name nor a surname with your own name; only names that "
            "you have had yourself are looked for"
        )
    return ""

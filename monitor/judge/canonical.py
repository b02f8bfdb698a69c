"""Reads a text as canonical tokens with offsets into it; it sees the text and word lists alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from monitor.judge.disguise import SIGNS, undone
from monitor.judge.known import ranks
from monitor.judge.letters import look_alike
from monitor.judge.spaced import SHORT_RUN, runs
from monitor.judge.writing import PICTURES, PIECE, POSSESSIVE, TOKEN

_CACHED_LENGTH = 40
_KEPT = "_.@#-&/:*$!|"
_SAME_WORD = {"saint": "st", "&": "and", "\uff06": "and"}
_SIGNED = re.compile(f"[{re.escape(SIGNS)}]")
_OWN_MARKS = {"url": "url", "handle": "handle", "hashtag": "hashtag"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A handle, hashtag or address in the text: its kind, canonical form and token number."""

    kind: str
    text: str
    index: int


@dataclass(frozen=True, slots=True)
class Disguise:
    """What a token may hide that no list knows, such as a name; `last` is its last token.

    A form may hold stars, each for one letter.
    """

    last: int
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Tokens:
    """A text as three lists of one length: canonical words, and where each starts and ends.

    `disguises` are by the number of the first token that each spans.
    """

    source: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    marks: tuple[Mark, ...]
    disguises: Mapping[int, Disguise] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def breaks(self) -> list[str]:
        """What stands between token i-1 and token i; the first entry is what stands before all."""
        befores = [0, *self.ends]
        return [self.source[a:b] for a, b in zip(befores, self.starts, strict=False)]

    def between(self, first: int, last: int) -> str:
        """The original text from token `first` up to and with token `last`."""
        return self.source[self.starts[first] : self.ends[last]]

    def owner(self, index: int) -> str | None:
        """The word without its possessive, where the token is written with one."""
        word = self.words[index]
        if word.endswith("s") and POSSESSIVE.search(self.between(index, index)):
            return word[:-1]
        return None


def _plain(raw: str) -> str:
    if raw.isascii():
        word = raw.lower().replace("'", "").replace("`", "")
    else:
        word = "".join(char for char in look_alike(raw) if char.isalnum() or char in _KEPT)
    return PICTURES.get(raw[:1]) or _SAME_WORD.get(word, word)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word in its canonical form, what else it may hide, and whether either needs care."""

    text: str
    forms: tuple[str, ...]
    odd: bool


def _known(raw: str) -> _Word:
    word = _plain(raw)
    found, forms = undone(word)
    word = _SAME_WORD.get(found, found) or word
    if forms and POSSESSIVE.search(raw):
        forms += tuple(form[:-1] for form in forms)
    return _Word(sys.intern(word), forms, bool(forms) or _is_signed(word))


_known_short = lru_cache(maxsize=65_536)(_known)


def _is_signed(word: str) -> bool:
    return _SIGNED.search(word) is not None


def _read(raw: str) -> _Word:
    return _known_short(raw) if len(raw) <= _CACHED_LENGTH else _long(raw)


def _long(raw: str) -> _Word:
    word = _plain(raw)
    return _Word(word, (), _is_signed(word))


def fold(raw: str) -> str:
    """One word in its canonical form: case, accents, apostrophes and disguises removed."""
    return _read(raw).text


class _Reader:
    """The tokens read so far."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.marks: list[Mark] = []
        self.disguises: dict[int, Disguise] = {}

    def own(self, kind: str, raw: str) -> str:
        """Note a handle, hashtag or address; returns its word, a danger written with "@" undone."""
        text = _plain(raw)
        self.marks.append(Mark(_OWN_MARKS[kind], text, len(self.words)))
        hidden = undone(text)[0] if kind == "handle" and len(text) <= _CACHED_LENGTH else ""
        return hidden if hidden and ranks()[hidden] < 0 else text

    def odd(self, word: _Word, start: int, end: int) -> None:
        """Note a word that may hide a name; signs that hide nothing known separate again."""
        first = len(self.words)
        if _is_signed(word.text):
            for piece in PIECE.finditer(self._text, start, end):
                self.add(fold(piece.group()), piece.start(), piece.end())
        else:
            self.add(word.text, start, end)
        if len(self.words) > first and word.forms:
            self.disguises[first] = Disguise(len(self.words) - 1, word.forms)

    def add(self, word: str, start: int, end: int) -> None:
        """Note a token; an empty word is none."""
        if word:
            self.words.append(word)
            self.starts.append(start)
            self.ends.append(end)

    def tokens(self) -> Tokens:
        """All that was read."""
        marks = tuple(self.marks)
        return Tokens(self._text, self.words, self.starts, self.ends, marks, self.disguises)


def canonical(text: str) -> Tokens:
    """The tokens of a text. Hyphens and all other punctuation separate; linear in its length."""
    reader = _Reader(text)
    # Every word of every post passes here: names are looked up once, plain words noted in place.
    read, add_word = _read, reader.words.append
    add_start, add_end = reader.starts.append, reader.ends.append
    for found in TOKEN.finditer(text):
        start, end = found.span()
        if kind := found.lastgroup:
            reader.add(reader.own(kind, found.group()), start, end)
        elif (word := read(found.group())).odd:
            reader.odd(word, start, end)
        elif word.text:
            add_word(word.text)
            add_start(start)
            add_end(end)
    tokens = reader.tokens()
    singles = [index for index, word in enumerate(tokens.words) if len(word) == 1]
    spaced = any(c - a == SHORT_RUN - 1 for a, c in zip(singles, singles[2:], strict=False))
    return _joined(tokens) if spaced else tokens


def _joined(tokens: Tokens) -> Tokens:
    """The same tokens with "k n i f e" read as one word."""
    reader = _Reader(tokens.source)
    places: list[int] = []
    for first, last, spelt in runs(tokens.words, tokens.breaks, fold):
        places += [len(reader.words)] * (last - first + 1)
        start, end = tokens.starts[first], tokens.ends[last]
        if first == last:
            reader.add(spelt, start, end)
        else:
            reader.odd(_read(spelt), start, end)
    reader.marks = [Mark(m.kind, m.text, places[m.index]) for m in tokens.marks]
    for index, hides in tokens.disguises.items():
        reader.disguises[places[index]] = Disguise(places[hides.last], hides.forms)
    return reader.tokens()


def phrase(text: str) -> tuple[str, ...]:
    """A name or other phrase as canonical words."""
    return tuple(canonical(text).words)

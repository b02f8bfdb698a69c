"""Reads a text as canonical tokens with offsets into it; it sees the text and word lists alone."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from monitor.judge.disguise import SIGNS, undone
from monitor.judge.known import ranks
from monitor.judge.letters import look_alike

_CACHED_LENGTH = 40
_SPACED_RUN = 4
_SHORT_RUN = 3
_APOSTROPHES = "'\u2018\u2019\u02bc\uff07`\u00b4"
_KEPT = "_.@#-&/:*$!|"
_SAME_WORD = {"saint": "st", "&": "and", "\uff06": "and"}
_PICTURES = {
    "\U0001f52a": "knife",
    "\U0001f5e1": "sword",
    "\U0001f52b": "gun",
    "\U0001f4a3": "bomb",
}


def _invisible() -> str:
    """The characters that live inside a word without being one, as a regex class."""
    kinds = {"Mn", "Mc", "Me", "Cf"}
    points = [p for p in range(0x80, 0x10000) if unicodedata.category(chr(p)) in kinds]
    runs: list[list[int]] = []
    for point in points:
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    ranges = "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in runs)
    return f"{ranges}\U000e0001-\U000e01ef\U0001f3fb-\U0001f3ff"


_INNER = _invisible()
# Letters in circles and squares, which Python takes for symbols; two flags' letters are a flag.
_ENCLOSED = "\u249c-\u24e9\U0001f110-\U0001f169\U0001f170-\U0001f189"
_FLAG = "\U0001f1e6-\U0001f1ff"
_LETTER = rf"(?:[^\W_]|[{_ENCLOSED}])"
_BODY = rf"(?:[^\W_]|[{_INNER}{_ENCLOSED}])+|(?:[{_APOSTROPHES}]|\*{{1,5}})(?={_LETTER})"
# Not before an address: "now!www.hollybrook.sch.uk", "office@hollybrook.sch.uk".
_SIGN = (
    r"(?:@(?![\w-]+\.\w)|\$\$?|!!?|\|)"
    rf"(?={_LETTER})(?!(?i:https?:|www\.))"
)
_TOKEN = re.compile(
    rf"(?P<url>(?i:https?://|www\.)[^\s<>\"]+)"
    rf"|(?P<handle>(?<![\w.])[@\uff20]\w[\w{_INNER}]*(?:[.-]\w[\w{_INNER}]*)*)"
    rf"|(?P<hashtag>[#\uff03]\w[\w{_INNER}]*)"
    rf"|(?:\$(?=[^\W\d_]))?{_LETTER}(?:{_BODY}|{_SIGN})*"
    rf"|(?<![{_FLAG}])[{_FLAG}](?![{_FLAG}])"
    rf"|[&\uff06]|[{''.join(_PICTURES)}]+"
)
_PIECE = re.compile(rf"{_LETTER}(?:{_BODY})*")
_POSSESSIVE = re.compile(rf"[{_APOSTROPHES}][sS]\Z")
_SIGNED = re.compile(f"[{re.escape(SIGNS)}]")
_WIDE_GAP = re.compile(r"[ .\-_*~\u2022\u00b7|/]{2,3}")
# Small words that may stand before or behind a word whose letters are spaced out.
_LONE = frozenset("iaux")
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
        if word.endswith("s") and _POSSESSIVE.search(self.between(index, index)):
            return word[:-1]
        return None


def _plain(raw: str) -> str:
    if raw.isascii():
        word = raw.lower().replace("'", "").replace("`", "")
    else:
        word = "".join(char for char in look_alike(raw) if char.isalnum() or char in _KEPT)
    return _PICTURES.get(raw[:1]) or _SAME_WORD.get(word, word)


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
    if forms and _POSSESSIVE.search(raw):
        forms += tuple(form[:-1] for form in forms)
    return _Word(sys.intern(word), forms, bool(forms) or _is_signed(word))


_known_short = lru_cache(maxsize=65_536)(_known)


def _is_signed(word: str) -> bool:
    return _SIGNED.search(word) is not None


def _read(raw: str) -> _Word:
    if len(raw) <= _CACHED_LENGTH:
        return _known_short(raw)
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
            for piece in _PIECE.finditer(self._text, start, end):
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
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        if kind := found.lastgroup:
            reader.add(reader.own(kind, found.group()), start, end)
        elif (word := _read(found.group())).odd:
            reader.odd(word, start, end)
        else:
            reader.add(word.text, start, end)
    tokens = reader.tokens()
    singles = [index for index, word in enumerate(tokens.words) if len(word) == 1]
    spaced = any(c - a == _SHORT_RUN - 1 for a, c in zip(singles, singles[2:], strict=False))
    return _joined(tokens) if spaced else tokens


def _runs(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """First and last token of each stretch; longer than one where letters are spaced out."""
    index, total = 0, len(tokens)
    while index < total:
        last = index
        while last + 1 < total and _spaced(tokens, index, last):
            last += 1
        if last - index + 1 >= _SHORT_RUN:
            yield from _words_in(tokens.words, index, last)
        else:
            yield from ((at, at) for at in range(index, last + 1))
        index = last + 1


def _spaced(tokens: Tokens, first: int, index: int) -> bool:
    """True where the next token is a letter as near as those before it, or set off alike."""
    if len(tokens.words[index]) != 1 or len(tokens.words[index + 1]) != 1:
        return False
    gap = tokens.source[tokens.ends[index] : tokens.starts[index + 1]]
    alike = tokens.source[tokens.ends[first] : tokens.starts[first + 1]]
    return len(gap) <= 1 or (gap == alike and _WIDE_GAP.fullmatch(gap) is not None)


def _words_in(words: list[str], first: int, last: int) -> Iterator[tuple[int, int]]:
    """The run as one word, without a small word at either end where the rest is a known one."""
    for start, end in ((first, last), (first + 1, last), (first, last - 1), (first + 1, last - 1)):
        outside = {*words[first:start], *words[end + 1 : last + 1]}
        if outside <= _LONE and _is_word(words[start : end + 1]):
            break
    else:
        start, end = first, last
        if last - first + 1 < _SPACED_RUN or not any(map(str.isalpha, words[first : last + 1])):
            end = first - 1
    yield from ((at, at) for at in range(first, start))
    if end >= start:
        yield start, end
    yield from ((at, at) for at in range(end + 1, last + 1))


def _is_word(letters: list[str]) -> bool:
    """True for a known word; where it is very short, for one that people hide."""
    rank = ranks().get(fold("".join(letters)))
    return rank is not None and (rank < 0 or len(letters) >= _SPACED_RUN)


def _joined(tokens: Tokens) -> Tokens:
    """The same tokens with "k n i f e" read as one word."""
    reader = _Reader(tokens.source)
    places: list[int] = []
    for first, last in _runs(tokens):
        places += [len(reader.words)] * (last - first + 1)
        start, end = tokens.starts[first], tokens.ends[last]
        if first == last:
            reader.add(tokens.words[first], start, end)
        else:
            reader.odd(_read("".join(tokens.words[first : last + 1])), start, end)
    reader.marks = [Mark(m.kind, m.text, places[m.index]) for m in tokens.marks]
    for index, hides in tokens.disguises.items():
        reader.disguises[places[index]] = Disguise(places[hides.last], hides.forms)
    return reader.tokens()


def phrase(text: str) -> tuple[str, ...]:
    """A name or other phrase as canonical words."""
    return tuple(canonical(text).words)

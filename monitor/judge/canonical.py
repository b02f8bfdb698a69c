"""Reads a text as canonical tokens with offsets into it; it may only look at the text."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

_CACHED_LENGTH = 40
_SPACED_RUN = 4
_APOSTROPHES = "'\u2018\u2019\u02bc\uff07`\u00b4"
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтвнгαοερνικτυχ\u0131\u0261",
    "aeopcyxijshdqwkmtbhraoepvikruxig",
)
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
_TOKEN = re.compile(
    rf"(?P<url>(?i:https?://|www\.)[^\s<>\"]+)"
    rf"|(?P<handle>(?<![\w.])[@\uff20]\w[\w{_INNER}]*(?:[.-]\w[\w{_INNER}]*)*)"
    rf"|(?P<hashtag>[#\uff03]\w[\w{_INNER}]*)"
    rf"|[^\W_](?:(?:[^\W_]|[{_INNER}])+|(?:[{_APOSTROPHES}]|\*{{1,3}})(?=[^\W_]))*"
    rf"|[&\uff06]|[{''.join(_PICTURES)}]+"
)
_POSSESSIVE = re.compile(rf"[{_APOSTROPHES}][sS]\Z")
_OWN_MARKS = {"url": "url", "handle": "handle", "hashtag": "hashtag"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A handle, hashtag or address in the text: its kind, canonical form and token number."""

    kind: str
    text: str
    index: int


@dataclass(frozen=True)
class Tokens:
    """A text as three lists of one length: canonical words, and where each starts and ends."""

    source: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    marks: tuple[Mark, ...]

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


def _look_alike(word: str) -> str:
    """Cyrillic and Greek letters in a word that pretends to be Latin, as what they look like."""
    folded = word.translate(_LOOKALIKES)
    mixed = any(char.isascii() and char.isalpha() for char in word)
    return folded if mixed or folded.isascii() else word


def _fold_any(raw: str) -> str:
    if raw.isascii():
        word = raw.lower().replace("'", "").replace("`", "")
    else:
        decomposed = unicodedata.normalize("NFKD", raw).casefold()
        word = "".join(char for char in decomposed if char.isalnum() or char in "_.@#-&/:")
        if not word.isascii():
            word = _look_alike(word)
    return _PICTURES.get(raw[:1]) or _SAME_WORD.get(word, word)


@lru_cache(maxsize=65_536)
def _fold_short(raw: str) -> str:
    return sys.intern(_fold_any(raw))


def fold(raw: str) -> str:
    """One word in its canonical form: case, accents, apostrophes and disguises removed."""
    return _fold_short(raw) if len(raw) <= _CACHED_LENGTH else _fold_any(raw)


def canonical(text: str) -> Tokens:
    """The tokens of a text. Hyphens and all other punctuation separate; linear in its length."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    marks: list[Mark] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        word = fold(found.group())
        if not word:
            continue
        if kind in _OWN_MARKS:
            marks.append(Mark(_OWN_MARKS[kind], word, len(words)))
        words.append(word)
        starts.append(found.start())
        ends.append(found.end())
    tokens = Tokens(text, words, starts, ends, tuple(marks))
    return _joined(tokens) if sum(map(_single, words)) >= _SPACED_RUN else tokens


def _single(word: str) -> bool:
    return len(word) == 1


def _runs(tokens: Tokens) -> Iterator[tuple[int, int]]:
    """First and last token of each stretch; longer than one where letters are spaced out."""
    index, total = 0, len(tokens)
    while index < total:
        last = index
        while last + 1 < total and _spaced(tokens, last):
            last += 1
        if last - index + 1 < _SPACED_RUN:
            last = index
        yield index, last
        index = last + 1


def _spaced(tokens: Tokens, index: int) -> bool:
    close = tokens.starts[index + 1] - tokens.ends[index] <= 1
    return close and _single(tokens.words[index]) and _single(tokens.words[index + 1])


def _joined(tokens: Tokens) -> Tokens:
    """The same tokens with "k n i f e" read as one word."""
    runs = list(_runs(tokens))
    places = {first: number for number, (first, _) in enumerate(runs)}
    return Tokens(
        tokens.source,
        ["".join(tokens.words[first : last + 1]) for first, last in runs],
        [tokens.starts[first] for first, _ in runs],
        [tokens.ends[last] for _, last in runs],
        tuple(Mark(m.kind, m.text, places[m.index]) for m in tokens.marks),
    )


def phrase(text: str) -> tuple[str, ...]:
    """A name or other phrase as canonical words."""
    return tuple(canonical(text).words)

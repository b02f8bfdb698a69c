"""PURE: do two posts at different addresses tell one thing, in the same words?

A text is seen as its runs of five words. A sketch of them, small and the same everywhere, finds
what may be a copy (Schleimer, Wilkerson and Aiken's winnowing: two texts that share twelve words
in a row always share a number of their sketches); the texts themselves then decide. In doubt two
posts are two: a second alert costs less than a missed one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from monitor.judge.routing import LONDON

RUN = 5  # words
LONGEST = 4_000  # words; what stands later in a text is not looked at
WINDOW = 8  # runs of which one is kept
SKETCH = 256  # numbers kept of a long text, roughly; its windows are wider

CHARACTERS = 80  # from here on the same words under two names are a copied text
ARTICLE = 48  # words from which two texts may differ in part
FEWEST = 7  # runs without which a piece of a text is too short to tell
NEARLY_WHOLE, MOSTLY = 0.9, 0.7
TITLES_ALIKE, TITLES_EQUAL = 0.9, 0.97
TITLE_WORDS = 5  # fewer are a column's name, not a story's
TEXT_DAYS, TITLE_DAYS = timedelta(days=10), timedelta(days=2)
ANEW = timedelta(hours=24)  # threats and hoaxes are used again word for word
COMPARABLE = 2  # times as long: two forms of one article, not an article and a piece of it

# Media whose many names over one text mean that a text was passed on, not that many wrote it.
_PRESS = frozenset(("news", "blog", "petition", "foi"))
_LONGEST_CHARACTERS = LONGEST * 12
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['\u2018\u2019\u02bc\u00b4`]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
# A search hit is cut in the midst of words, and begins with its age.
_CUT = re.compile(r"(?:\b\w++)?\s?\[?\.{3,}\]?")
_AGE = re.compile(
    r"^(?:\d+ (?:minute|hour|day)s? ago|\d{1,2} [A-Z][a-z]{2,8} \d{4})\s*[-\u2013\u2014\u00b7:]\s*"
)
# What blogs' programs put at the end of a summary.
_ONWARD = re.compile(
    r"(?:read more|continue reading|the post .{1,200} appeared first on .{1,60}?)\W{0,20}+$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])[\"\u201d\u2019')]*\s+|\n+")
_HERALD = re.compile(
    r"^(?:(?:live|updated?|breaking|latest|watch|exclusive|re|fwd?)\s*:\s*)+", re.IGNORECASE
)
_OUTLET = re.compile(r"(?<=\S\s)[-|\u2013\u2014\u00b7]\s+[^\d|]{2,40}$")
_NUMBER_NAMES = "one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: str(place) for place, word in enumerate(_NUMBER_NAMES.split(), start=1)}
_NEGATIONS = frozenset(("no", "not", "never"))
_DENIAL_NAMES = (
    "denied denies deny denying untrue false hoax unfounded rumour rumours retracted mistaken"
)
_DENIALS = frozenset(_DENIAL_NAMES.split())
# Words that mean another day when they are written again later, and how soon they do.
_WEEKDAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday"
_DAY_NAMES = "today tonight tomorrow yesterday tonite tmrw tomoz 2moro heddiw heno yfory ddoe"
_DAYS = frozenset(_DAY_NAMES.split())
_PASSING = (
    (timedelta(days=2), _DAYS),
    (timedelta(days=6, hours=12), frozenset(_WEEKDAY_NAMES.split())),
)

Place = tuple[str, str, str]  # which side, and the two words there


@dataclass(frozen=True)
class Text:
    """A post as far as copies of it are told; `when` is when it was posted, else first seen."""

    title: str
    text: str
    author: str = ""
    medium: str = ""
    when: datetime | None = None

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The text's words in one form."""
        return tuple(word for piece in self._pieces for word in piece)

    @cached_property
    def runs(self) -> dict[int, None]:
        """A number for each run of words, in their order; what was cut out breaks a run."""
        return {
            _number(" ".join(piece[start : start + RUN])): None
            for piece in self._pieces
            for start in range(len(piece) - RUN + 1)
        }

    @cached_property
    def headline(self) -> frozenset[str]:
        """The words of the title without the outlet's name."""
        title = _HERALD.sub("", _one_form(self.title.strip()))
        return frozenset(map(_folded, _WORD.findall(_CUT.sub("", _OUTLET.sub("", title)))))

    @cached_property
    def sketch(self) -> frozenset[int]:
        """The numbers by which copies are looked up: of some runs, and of a telling title."""
        runs = list(self.runs)
        width = max(WINDOW, 2 * len(runs) // SKETCH)
        windows = range(max(1, len(runs) - width + 1)) if runs else ()
        kept = {min(runs[start : start + width]) for start in windows}
        if len(self.headline) >= TITLE_WORDS:
            kept.add(_number("\n".join(sorted(self.headline))))
        return frozenset(kept)

    @cached_property
    def is_bare(self) -> bool:
        """True where the text says no more than the title."""
        return set(self.words) <= set(map(_folded, _WORD.findall(_one_form(self.title))))

    @cached_property
    def said(self) -> frozenset[str]:
        """Every word of title and text."""
        return self.headline.union(self.words)

    @cached_property
    def places(self) -> dict[Place, frozenset[str]]:
        """Numbers and names by the two words before, and the two after them."""
        return _places(self._clean)

    @cached_property
    def numbered(self) -> dict[Place, frozenset[str]]:
        """The title's numbers likewise; its names stand in too many forms."""
        found = _places(_one_form(self.title))
        return {place: kept for place, names in found.items() if (kept := _numbers_of(names))}

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Words side by side."""
        return frozenset(zip(self.words, self.words[1:], strict=False))

    @cached_property
    def refused(self) -> frozenset[tuple[str, str]]:
        """The words around each "not"."""
        three = zip(self.words, self.words[1:], self.words[2:], strict=False)
        return frozenset((one, other) for one, word, other in three if word in _NEGATIONS)

    @cached_property
    def _clean(self) -> str:
        """The text in one form, without what the place put around it."""
        return _ONWARD.sub("", _AGE.sub("", _one_form(self.text)))

    @cached_property
    def _pieces(self) -> tuple[tuple[str, ...], ...]:
        """The words between what a search hit left out."""
        left, pieces = LONGEST, []
        for piece in _CUT.split(self._clean):
            words = tuple(map(_folded, _WORD.findall(piece)[:left]))
            left -= len(words)
            pieces.append(words)
        return tuple(pieces)


def same(one: Text, other: Text) -> bool:
    """True where both tell one thing: a copy, a cut copy, or an article brought up to date."""
    if not _near(one, other, TEXT_DAYS) or not _may_be_copied(one, other):
        return False
    if _of_other_days(one, other) or _contradict(one, other):
        return False
    if _is_to_the_letter(one, other):
        return True
    if one.is_bare or other.is_bare:
        return _near(one, other, TITLE_DAYS) and _titles_equal(one, other)
    return _in_like_words(one, other)


def is_anew(text: Text, before: datetime) -> bool:
    """True where an urgent text says again, for another day, what was said at `before`."""
    if text.when is None:
        return False
    names_a_day = not _DAYS.isdisjoint(text.said)
    is_another = text.when.astimezone(LONDON).date() != before.astimezone(LONDON).date()
    return not _within(text.when, before, ANEW) or (names_a_day and is_another)


def is_past(text: Text, before: datetime) -> bool:
    """True where a text can no longer be that of `before`, though both are behind one link."""
    passing = (days for days, names in _PASSING if not names.isdisjoint(text.said))
    return not _within(text.when, before, min(passing, default=TEXT_DAYS))


def _may_be_copied(one: Text, other: Text) -> bool:
    return _passed_on(one, other) or _is_to_the_letter(one, other)


def _is_to_the_letter(one: Text, other: Text) -> bool:
    return one.words == other.words and len(" ".join(one.words)) > CHARACTERS


def _in_like_words(one: Text, other: Text) -> bool:
    fewer = min(len(one.runs), len(other.runs))
    shared = len(one.runs.keys() & other.runs.keys())
    if fewer < FEWEST:
        return False
    if min(len(one.words), len(other.words)) < ARTICLE:
        # One word in thirty is the difference between two notices of one form.
        return shared == fewer
    part = shared / fewer
    return part >= NEARLY_WHOLE or (part >= MOSTLY and _titles_alike(one, other))


def _passed_on(one: Text, other: Text) -> bool:
    """True unless these may be two people's own words: ten angry parents are ten facts."""
    if one.medium in _PRESS and other.medium in _PRESS:
        return True
    names = {one.author.casefold().strip(), other.author.casefold().strip()}
    if names == {one.author.casefold().strip()} != {""}:
        return True
    return "" in names and all(_is_titled(text) for text in (one, other))


def _is_titled(text: Text) -> bool:
    return text.medium in _PRESS or (not text.medium and bool(text.title))


def _near(one: Text, other: Text, days: timedelta) -> bool:
    return _within(one.when, other.when, days)


def _within(one: datetime | None, other: datetime | None, days: timedelta) -> bool:
    return one is None or other is None or abs(one - other) <= days


def _of_other_days(one: Text, other: Text) -> bool:
    """True where both speak of today, or of Monday, and cannot mean the same one."""
    both = one.said & other.said
    return any(
        not names.isdisjoint(both) and not _near(one, other, days) for days, names in _PASSING
    )


def _titles_alike(one: Text, other: Text) -> bool:
    """True where nearly all words of the shorter title stand in the longer."""
    fewer = min(len(one.headline), len(other.headline))
    return fewer > 0 and len(one.headline & other.headline) / fewer >= TITLES_ALIKE


def _titles_equal(one: Text, other: Text) -> bool:
    both = len(one.headline) + len(other.headline)
    shared = len(one.headline & other.headline)
    return shared >= TITLE_WORDS and 2 * shared / both >= TITLES_EQUAL


def _contradict(one: Text, other: Text) -> bool:
    """True where another number or name stands in the same place, or one denies the other."""
    return (
        _differ(one.places, other.places)
        or _differ(one.numbered, other.numbered)
        or _turned(one, other)
        or _turned(other, one)
    )


def _differ(some: dict[Place, frozenset[str]], others: dict[Place, frozenset[str]]) -> bool:
    return any(
        some[place] - others[place] and others[place] - some[place]
        for place in some.keys() & others.keys()
    )


def _turned(one: Text, other: Text) -> bool:
    """True where one says "not" amid the other's words, or calls untrue what it tells."""
    if any(pair in other.pairs and pair not in other.refused for pair in one.refused):
        return True
    is_form = len(one.words) <= COMPARABLE * len(other.words)
    denials = _DENIALS & (one.said if is_form else one.headline)
    return bool(denials) and _DENIALS.isdisjoint(other.said)


def _places(text: str) -> dict[Place, frozenset[str]]:
    found: dict[Place, set[str]] = {}
    for sentence in _SENTENCE.split(text):
        words = _WORD.findall(sentence)
        folded = [_folded(word) for word in words]
        for index, word in enumerate(words):
            if _is_mark(word, folded[index], first=index == 0):
                for place in _around(folded, index):
                    found.setdefault(place, set()).add(folded[index])
    return {place: frozenset(marks) for place, marks in found.items()}


def _around(words: Sequence[str], index: int) -> Iterator[Place]:
    if index > 1:
        yield "before", words[index - 2], words[index - 1]
    if index < len(words) - 2:
        yield "after", words[index + 1], words[index + 2]


def _is_mark(word: str, folded: str, *, first: bool) -> bool:
    """True of a number or a name; any word is written large at the head of a sentence."""
    return folded[0].isdigit() or (word[0].isupper() and not first)


def _numbers_of(marks: frozenset[str]) -> frozenset[str]:
    return frozenset(mark for mark in marks if mark[0].isdigit())


def _one_form(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[:_LONGEST_CHARACTERS])[:_LONGEST_CHARACTERS]
    return _THOUSANDS.sub("", _APOSTROPHE.sub("", text))


def _folded(word: str) -> str:
    word = word.casefold()
    return _NUMBERS.get(word, word)


def _number(words: str) -> int:
    """A number that fits a database's whole number of 64 bits."""
    digest = hashlib.blake2b(words.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)

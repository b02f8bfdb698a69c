"""Undoes the disguises of one word: digits and signs for letters, stretched letters, stars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice, product
from typing import Final

from monitor.judge.known import areas, dodges, ranks, units

SIGNS: Final = "@$!|"
STAR: Final = "*"
_READ_AS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b",
    "9": "g", "@": "a", "$": "s", "!": "il", "|": "li",
}  # fmt: skip
_SHAPED = re.compile(r"([^\W\d_])\1\1|[*@$!|]|[a-z][0-9]|[0-9][a-z]")
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
_STARS_BETWEEN = re.compile(r"\w(?:\*\w){2,}")
# What means itself: ordinals, clock times and measures, under-12s, year groups, roads.
_ITSELF = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|x|s|k|m|p|hr|yr|yo|min|sec|ft|in|cm|mm|km|kg|g|lb|oz|ml|l)?"
    r"|u\d+s?|(?:yr?|ks|key|p|s|a|b|m)\d+s?"
)
# In inner London a district ends in a letter; the last two letters are never C, I, K, M, O or V.
_POSTCODE = re.compile(
    r"([a-z]{1,2})[1-9]\d?\d[abd-hjlnp-uw-z]{2}"
    r"|(?:e|n|w|ec|nw|se|sw|wc)[1-9][a-z](?:\d[abd-hjlnp-uw-z]{2})?"
)
_NO_SIGNS = str.maketrans(SIGNS, "asil")
_TAIL = re.compile(r"([a-z]+)\d+")
_HEAD = re.compile(r"(\d+)([a-z]+)")
_LONG_STEM = 5
_MOST_FORMS = 24
_MOST_RUNS = 3
_SHORTEST = 3


class Shapes:
    """Words by length, first and last letter, so that one with stars in it is found."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words: dict[tuple[int, str, str], list[str]] = {}
        for word in words:
            self.add(word)

    def add(self, word: str) -> None:
        """Know a word that is not empty."""
        place = self._words.setdefault((len(word), word[0], word[-1]), [])
        if word not in place:
            place.append(word)

    def fits(self, form: str) -> list[str]:
        """The words that a form may stand for, a letter for each star; it ends in letters."""
        place = self._words.get((len(form), form[0], form[-1]), ())
        return [word for word in place if _fits(form, word)]


def _fits(form: str, word: str) -> bool:
    return all(a in (b, STAR) for a, b in zip(form, word, strict=True))


@cache
def _shapes() -> Shapes:
    return Shapes(ranks())


def undone(word: str) -> tuple[str, tuple[str, ...]]:
    """The known word that a canonical word hides, or "", and every form that it may hide.

    Forms are for names, which no list knows; a form may hold stars. Both are empty for a word
    that is no disguise, such as a year group, a postcode, a time or a measure.
    """
    if word in dodges():
        return dodges()[word], ()
    if not _SHAPED.search(word) or _ITSELF.fullmatch(word):
        return "", ()
    if len(word) < _SHORTEST:
        return _plain_nought(word), ()
    forms = tuple(islice(_forms(word), _MOST_FORMS))
    return _best(word, forms), forms if _may_be_name(word) else ()


def _plain_nought(word: str) -> str:
    """ "n0", "g0": with a nought for its second letter, a word of two is plain enough."""
    form = word.replace("0", "o")
    return form if form in ranks() else ""


def _is_postcode(word: str) -> bool:
    code = _POSTCODE.fullmatch(word)
    return code is not None and (not code[1] or code[1] in areas())


def _may_be_name(word: str) -> bool:
    if _is_postcode(word):
        return False
    if tail := _TAIL.fullmatch(word):
        return len(tail[1]) >= _LONG_STEM
    head = _HEAD.fullmatch(word)
    return not head or len(head[1]) == 1


def _best(word: str, forms: Iterable[str]) -> str:
    if word in ranks():
        return ""
    if STAR in word:
        return next(filter(None, map(_unstarred, forms)), "")
    rank, form = min(((ranks()[form], form) for form in forms if form in ranks()), default=(0, ""))
    if rank < 0 and not _is_road(word):
        return form
    return "" if _is_counted(word) else form


def _is_road(word: str) -> bool:
    """True for "A55" and for a postcode, even where a danger could be read into it."""
    return _is_postcode(word) or (len(word) == _SHORTEST and _TAIL.fullmatch(word) is not None)


def _is_counted(word: str) -> bool:
    """True where the digits of a word are more likely a number: "year7", "5kids", "10ser", "G4S".

    With a nought alone between letters even a short word is plain: "y0u".
    """
    short = len(word) == _SHORTEST and not word.replace("0", "o").translate(_NO_SIGNS).isalpha()
    if short or _TAIL.fullmatch(word) or _is_postcode(word):
        return True
    head = _HEAD.fullmatch(word)
    if not head:
        return False
    return len(head[1]) > 1 or head[2] in ranks() or head[2] in units()


def _unstarred(form: str) -> str:
    """The one word that fits; of several, one that people hide; else none."""
    if STAR not in form:
        return form if form in ranks() else ""
    fitting = sorted(_shapes().fits(form), key=lambda word: ranks()[word])
    if not fitting or (len(fitting) > 1 and ranks()[fitting[0]] >= 0):
        return ""
    return fitting[0]


def _forms(word: str) -> Iterator[str]:
    if STAR in word:
        yield from _starred(word)
        return
    for letters in product(*(_READ_AS.get(char, char) for char in word)):
        form = "".join(letters)
        if _STRETCH.search(form):
            yield from _shrunk(form)
        else:
            yield form


def _starred(word: str) -> Iterator[str]:
    """ "k*n*i*f*e" is stars between letters; in any other word a star stands for a letter."""
    if _STARS_BETWEEN.fullmatch(word):
        yield word.replace(STAR, "")
    yield "".join(_READ_AS.get(char, char)[0] for char in word)


def _shrunk(form: str) -> Iterator[str]:
    """The form with each stretched letter twice or once, in every mixture of a few."""
    runs = list(_STRETCH.finditer(form))
    mixtures = product((1, 2), repeat=len(runs)) if len(runs) <= _MOST_RUNS else ((1,) * len(runs),)
    for sizes in mixtures:
        size = iter(sizes)
        yield _STRETCH.sub(lambda run, size=size: run[1] * next(size), form)  # type: ignore[misc]


def guesses(word: str) -> Iterator[str]:
    """Forms without stars that a word no list knows may hide, for lists of a rule's own."""
    for form in undone(word)[1]:
        if STAR in form:
            yield from (re.sub(r"\*+", vowel, form) for vowel in "aeiouy")
        else:
            yield form

"""Looks at a search term: is it somebody's name, and does it mean the school and nothing else?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_SHORT = 3
NOT_A_PERSON = (
    "is like a person's name; people are never watched, whoever they are. If it means the school, "
    'write the word "School", or what it is, beside it'
)
# Words that many schools and many other things are called by.
_COMMON = frozenset(
    """academy abbey all ashes aspire bay beacon beech beeches birch bridge brook castle cathedral
    cedar cedars central chapel chestnut church city college common community compass court cross
    crown discovery endeavour elm elms faith farm field fields first forest gate grammar grange
    green grove hall harbour haven hawthorn head heath heights high hill hillside holly holy hope
    horizon house infant infants inspire ivy junior juniors king kings lake lane laurel lime link
    lodge manor maple marsh mead meadow meadows mill moor mount nursery oak oaks oakwood orchard
    park parkside parish phoenix pine port prep primary priory queen queens ridge rise river
    riverside road rowan royal saints school sea secondary sixth south north east west spring
    springfield spire star stone street summit swan temple tower town trinity trust unity upper
    vale valley victoria view village walk wall water way well white willow willows wood woodland
    woodlands woods ysgol""".split()  # noqa: SIM905 - a list of words is easier to read as words
)
_TITLES = (
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "rev",
    "revd",
    "sir",
    "dame",
    "prof",
    "mr.",
    "dr.",
)
# Beside one of these a name is a place's: "Alfred Sutton Primary", "King Edward VI".
_PLACES = _COMMON | frozenset(
    """comprehensive community federation foundation free girls boys governors kindergarten
    learning mat partnership playgroup pre preschool pta pupil ptfa saint saint's special st studio
    tech technology academies schools colegio cymru gymraeg gynradd uwchradd meithrin bro gyfun
    """.split()  # noqa: SIM905 - as above
)
_FEWEST, _MOST = 2, 3
_QUOTED = re.compile(r'"([^"]+)"|\u201c([^\u201d]+)\u201d')
_WORDS = re.compile(r"[^\W\d_][\w'\u2019.-]*")
# "#TomHarris": where a small letter stands before a capital one, a word begins.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])")


def seems_a_person(term: str, school: str = "") -> bool:
    """True for what is like somebody's name: a title and a name, or a first name and a surname.

    A part of `school`, the school's own name, is none; nor is what says which kind of place it is.
    """
    words = _WORDS.findall(_SEAM.sub(" ", term.lstrip("@#")))
    bare = [word.casefold().rstrip(".").removesuffix("'s") for word in words]
    own = {word.casefold().removesuffix("'s") for word in _WORDS.findall(school)}
    if not _FEWEST <= len(bare) <= _MOST or not _PLACES.isdisjoint(bare) or own.issuperset(bare):
        return False
    if not all(word[0].isupper() for word in words) and not term.islower():
        return False
    return bare[0] in _TITLES or bare[0] in _first_names()


def seeks_a_person(query: str) -> bool:
    """True for a search for somebody: what stands in quotation marks, or all of it, is a name, and
    no word beside it says that a place is meant.
    """
    phrases = ["".join(found) for found in _QUOTED.findall(query)] or [query]
    rest = {word.casefold() for word in _WORDS.findall(query)}
    return _PLACES.isdisjoint(rest) and any(map(seems_a_person, phrases))


@cache
def _first_names() -> frozenset[str]:
    """First names that are no other word; the masks hide the same."""
    table = tomllib.loads(files("monitor").joinpath("masks.toml").read_text("utf-8"))
    return frozenset(table["names"].split())


def is_name_of(term: str, person: str) -> bool:
    """True for the person's name, with or without a title, and for a title with the surname."""
    letters = _letters(term)
    if not letters:
        return False
    words = [word for word in person.split() if word.casefold() not in _TITLES]
    forms = {_letters(person), _letters("".join(words))}
    if words:
        forms |= {
            _letters(f"{title}{name}") for title in _TITLES for name in ("".join(words), words[-1])
        }
    return letters in forms


def weakness(term: str, places: Iterable[str]) -> str:
    """Why a school's name or alias also means other things; empty where it does not.

    The words go on from the term. `places` are the school's own.
    """
    word = term.casefold().removeprefix("the ")
    if len(term) < _SHORT:
        return "which is too short to mean a school"
    if word in {place.casefold() for place in places}:
        return "which is a place: news of the place would be taken for the school's; add a word"
    if word in _COMMON:
        return "a word that means many things; add a second word"
    return ""


def weak_form(alias: str) -> str:
    """The same for what is weak by its form alone: initials, and any single word."""
    if any(character.isspace() for character in alias):
        return ""
    if alias.isupper():
        return "initials that mean other things too; take it out unless everybody there says it"
    return "a single word; add a second one unless nobody and nothing else is called that"


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())

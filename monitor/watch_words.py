"""Looks at a search term: is it somebody's name, and does it mean the school and nothing else?"""

from __future__ import annotations

from collections.abc import Iterable

_SHORT = 3
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

"""Tells whether a search term is somebody's name, for people are never watched."""

from __future__ import annotations

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


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())

"""Knows which words are words, from the packaged lists; it sees no text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

# The classes of classes.toml whose words people hide.
_HIDDEN_CLASSES = ("STRIKE", "STRUCK", "WEAPON", "SLUR", "DANGER", "BULLY")
_SHORTEST = 3
_HIDDEN = -1


def _text(name: str) -> str:
    return files("monitor.judge").joinpath(name).read_text(encoding="utf-8")


@cache
def _languages() -> Mapping[str, Any]:
    return tomllib.loads(_text("languages.toml"))


@cache
def small_words() -> Mapping[str, frozenset[str]]:
    """The small words that give a language away, by its code of two letters."""
    lists = _languages().items()
    return {code: frozenset(words.split()) for code, words in lists if isinstance(words, str)}


def letters_of() -> Mapping[str, str]:
    """Letters that give a language away, by its code."""
    return cast("Mapping[str, str]", _languages()["letters"])


def looks_of() -> Mapping[str, str]:
    """A regular expression for the words of a language, by its code."""
    return cast("Mapping[str, str]", _languages()["looks"])


@cache
def _disguises() -> Mapping[str, Any]:
    return tomllib.loads(_text("disguises.toml"))


@cache
def _classes() -> Mapping[str, tuple[str, ...]]:
    classes = tomllib.loads(_text("classes.toml"))["classes"]
    return {name: tuple(words.split()) for name, words in classes.items()}


@cache
def common() -> Mapping[str, int]:
    """The whole words of the packaged English vocabulary by their rank, the commonest lowest."""
    lines = _text("weights/vocab.txt").split("\n")
    return {
        word: rank
        for rank, word in enumerate(lines)
        if word.isascii() and word.isalpha() and len(word) >= _SHORTEST
    }


def _added() -> Iterator[str]:
    yield from _disguises()["common"].split()
    yield from (word for words in _classes().values() for word in words)


@cache
def ranks() -> Mapping[str, int]:
    """Every known word by its rank; below nought where it is one that people hide."""
    known = dict(common())
    for word in filter(str.isalpha, _added()):
        known.setdefault(word, len(known))
    known |= dict.fromkeys((word for code in ("en", "cy") for word in small_words()[code]), 0)
    hidden = [word for name in _HIDDEN_CLASSES for word in _classes()[name]]
    for word in (*_disguises()["hidden"].split(), *filter(str.isalpha, hidden)):
        known[word] = _HIDDEN
    return known


@cache
def dodges() -> Mapping[str, str]:
    """Words that are written only to be read as another one, and that other one."""
    return dict(_disguises()["dodges"])


@cache
def units() -> frozenset[str]:
    """What stands behind a digit and makes a measure of it."""
    return frozenset(_disguises()["units"].split())


@cache
def areas() -> frozenset[str]:
    """The letters that postcodes begin with."""
    return frozenset(_disguises()["areas"].split())

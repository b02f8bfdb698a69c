"""The school's own places: what is written there need not name the school to be about it."""

from __future__ import annotations

from sources.base import Ask


def owner(ask: Ask, about: str) -> str:
    """Whose place it is: the option `about`, else the one school that listens; "" where unclear.

    It stands in the title of each post, for that is how the judge learns which school is meant.
    """
    if about:
        return about
    return ask.phrases[0] if len(ask.phrases) == 1 else ""


def titled(what: str, whose: str) -> str:
    """A title in the plainest words, so that they weigh nothing: "YouTube: Stanwick School"."""
    return f"{what}: {whose}" if whose else what

"""PURE: what people say of a mention, and what all that they said of it amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal
from urllib.parse import urlsplit

from monitor.judge.routing import LONDON
from monitor.judge.terms import Level

Kind = Literal["level", "should-have-been", "not-about-us", "about-us"]


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's answer about one mention.

    `phrases` are the nicknames of the school (about-us), or the names of something else in which
    the school's name stood (not-about-us). `source` and `host` say where the post was read.
    """

    mention: str
    kind: Kind
    level: Level | None
    phrases: tuple[str, ...]
    source: str
    host: str
    by: str
    at: datetime

    @property
    def signed(self) -> str:
        """Who gave it and on which day, as a sentence ends."""
        day = self.at.astimezone(LONDON)
        return f"by {self.by} on {day.day} {day:%B %Y}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What people say of one mention, all its corrections taken together.

    `level` is None where nobody gave one; `told` is the correction that decided.
    """

    relevant: bool
    level: Level | None
    told: Correction

    @property
    def shown(self) -> Level | None:
        """The level at which the mention is shown; None leaves it where the program put it."""
        return self.level if self.relevant else Level.ROUTINE

    @property
    def says(self) -> str:
        """The answer in plain English."""
        if not self.relevant:
            return f"was said not to be about the school {self.told.signed}"
        if self.level is None:
            return f"was said to be about the school {self.told.signed}"
        return f"was put at {self.level.value} {self.told.signed}"


def answer(corrections: Sequence[Correction]) -> Answer | None:
    """What the corrections of one mention amount to, the oldest first; None where there is none.

    The last decides whose it is, for whoever gives a level says that the post is the school's.
    """
    if not corrections:
        return None
    last = corrections[-1]
    relevant = last.kind != "not-about-us"
    levelled = [each for each in corrections if each.level is not None]
    told = levelled[-1] if levelled and relevant else last
    return Answer(relevant, levelled[-1].level if levelled else None, told)


def answers(corrections: Sequence[Correction]) -> tuple[Answer, ...]:
    """One answer for each mention, in the order in which they were last corrected."""
    by_mention = sorted(corrections, key=lambda each: each.mention)
    groups = groupby(by_mention, key=lambda each: each.mention)
    found = [given for _, group in groups if (given := answer(tuple(group)))]
    return tuple(sorted(found, key=lambda given: given.told.at))


def host_of(url: str) -> str:
    """The site of a link; "" where there is none, or none that can be read."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""

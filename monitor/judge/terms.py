"""The words of judging: a Watch and a text go in, a Judgement with its Reasons comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, get_args

Sentiment = Literal["negative", "neutral", "positive"]
Tier = Literal["sure", "possible"]
MOODS: tuple[Sentiment, ...] = get_args(Sentiment)
# No more of a text is judged, or learnt from.
MOST_CHARACTERS = 20_000


class Level(StrEnum):
    """What must happen, least first (triage guide, section 4)."""

    ROUTINE = "routine"
    WATCH = "watch"
    RESPOND = "respond"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for routine to 3 for urgent."""
        return list(Level).index(self)

    @property
    def needs_response(self) -> bool:
        """True for the two levels that owe an alert."""
        return self.rank >= Level.RESPOND.rank


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff whom a post about the school may speak of; never a search term."""

    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """A school as the judge knows it: its names, and the words that mean another one."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    staff: tuple[Staff, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """What is judged: `whole` is `title + "\\n" + text`, or `text` alone where there is no title.

    `found` says that somebody, or a search for this very school, brought the post, so that it
    is a candidate even where no name stands in its text. `medium` is what kind of place it stood
    in, where that is known: news, blog, google_review, petition, foi, forum, facebook, ...
    `source` is the id of the source that it was read from.
    """

    title: str
    text: str
    url: str = ""
    author: str = ""
    found: bool = False
    medium: str = ""
    source: str = ""

    @property
    def whole(self) -> str:
        """The text that a Reason's offsets count in."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a rule's name, where its words stand, and the same in plain English.

    `start` and `end` are character offsets into `Words.whole`; both 0 where no words decided.
    """

    rule: str
    start: int
    end: int
    text: str
    says: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The four answers of the triage guide for one post and one school.

    `floor` is the level that the packaged rules alone demand: no correction by a person goes
    below it where it is urgent.
    """

    profile: str
    relevant: bool
    confidence: float
    sentiment: Sentiment
    compound: float
    categories: tuple[str, ...]
    level: Level
    tier: Tier | None
    language: str
    reasons: tuple[Reason, ...] = field(default_factory=tuple)
    floor: Level = Level.ROUTINE

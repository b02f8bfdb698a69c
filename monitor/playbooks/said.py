"""A playbook as one school sees it: plain values, to be printed, mailed or shown on a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monitor.judge.terms import Level
from monitor.school_settings import Nation

ALERT_STEPS = 3


@dataclass(frozen=True, slots=True)
class Said:
    """A fact in the school's own words for its people, with where it is from."""

    says: str
    source: str
    checked: str


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who leads or is told; `contact` is the school's own, empty where it is blank."""

    role: str
    name: str
    when: str
    note: str
    contact: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A needed contact of [schools.contacts] that is blank: its key, and whom it means."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach a body."""

    kind: Literal["phone", "text", "email", "web", "own"]
    fact: Said


@dataclass(frozen=True, slots=True)
class Help:
    """An outside body. `is_open` is None where its hours are not known here."""

    key: str
    name: str
    when: Said
    ways: tuple[Reach, ...]
    opening: str
    is_open: bool | None
    hours: Said | None


@dataclass(frozen=True, slots=True)
class LawSaid:
    """A law that bears on the category in this nation."""

    key: str
    name: str
    facts: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """How something is reported to one platform."""

    platform: str
    ways: tuple[Said, ...]
    notes: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class TakeDown:
    """Asking for removal: the grounds and the steps, or `otherwise` where there is no ground."""

    grounds: tuple[str, ...]
    steps: tuple[Said, ...]
    otherwise: Said | None


@dataclass(frozen=True, slots=True)
class Reply:
    """Whether and how to answer. Without a text there is nothing to send."""

    route: Literal["none", "public", "private", "journalist", "if_asked"]
    says: str
    text: Said | None
    welsh: Said | None
    conditions: tuple[Said, ...]
    shape: tuple[Said, ...]
    never: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Playbook:
    """Everything that a school is told to do, and not to do, about a post of one category.

    `fair` is empty where the post is no criticism.
    """

    category: str
    title: str
    school: str
    nation: Nation
    level: Level
    levels: tuple[tuple[Level, str], ...]
    fair: str
    warnings: tuple[Said, ...]
    missing: tuple[Missing, ...]
    lead: tuple[Who, ...]
    told: tuple[Who, ...]
    now: tuple[Said, ...]
    same_day: tuple[Said, ...]
    follow_up: tuple[Said, ...]
    common: tuple[Said, ...]
    never: tuple[Said, ...]
    evidence: tuple[Said, ...]
    police: Said
    removal: TakeDown
    platform: TakeDown
    routes: tuple[Route, ...]
    bodies: tuple[Help, ...]
    law: tuple[LawSaid, ...]
    law_elsewhere: str
    differs: tuple[Said, ...]
    not_legal_advice: str
    decides: str
    reply: Reply

    @property
    def first_three(self) -> tuple[str, ...]:
        """The three things to do first, for an alert."""
        return tuple(step.says for step in (*self.now, *self.same_day)[:ALERT_STEPS])

    @property
    def never_first(self) -> str:
        """The one thing not to do, for an alert."""
        return self.never[0].says

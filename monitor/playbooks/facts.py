"""The shapes of the data files: every fact says where it is from and when it was last read there.

A key that is not known is an error. `checked` is the day on which the fact was found in its
source, of which a stored copy may have been read, or "not checked".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from monitor.judge.terms import Level
from monitor.school_settings import NATIONS, Language, Nation
from monitor.settings import KNOWN_CONTACTS

NOT_CHECKED = "not checked"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
# When the police are brought in; common.toml says each in words.
Police = Literal[
    "always",
    "danger",
    "always_or_advised",
    "advised",
    "consider_or_danger",
    "consider_or_person",
    "child_or_person",
    "consider",
    "consider_if_threat",
    "consider_if_danger",
    "consider_if_fraud",
    "person",
    "never_alone",
    "never",
]
ReplyKind = Literal[
    "none", "moderation", "private", "own_channel", "if_asked", "journalist", "public", "optional"
]
PUBLIC: frozenset[ReplyKind] = frozenset(("moderation", "own_channel", "public", "optional"))
Fair = Literal["always", "negative", "never"]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class PlaybookError(ValueError):
    """A data file that cannot be used, or a question that no file answers, in one line."""


def _day_or_not(value: str) -> str:
    if value == NOT_CHECKED:
        return value
    if not _DAY.fullmatch(value):
        raise ValueError(f'must be a day such as 2026-09-01, or "{NOT_CHECKED}"')
    date.fromisoformat(value)
    return value


def _contact(key: str) -> str:
    if key and key not in KNOWN_CONTACTS:
        raise ValueError(f"{key} is no contact of [schools.contacts]")
    return key


Checked = Annotated[str, AfterValidator(_day_or_not)]
ContactKey = Annotated[str, AfterValidator(_contact)]


class Row(BaseModel):
    """One table of a data file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(Row):
    """Something that is said, where it is from, and where it holds."""

    says: Text
    source: Text
    checked: Checked
    nations: tuple[Nation, ...] = NATIONS


class Hours(Fact):
    """When a body can be rung; `opens` and `closes` alike mean day and night. Europe/London."""

    days: tuple[Weekday, ...]
    opens: time
    closes: time
    bank_holidays: bool = False


class Contact(Fact):
    """One way to reach a body."""

    kind: Literal["phone", "text", "email", "web"]


class Body(Row):
    """An outside body; the school's own contact `local` stands in place of the general ones."""

    name: Text
    when: Fact
    nations: tuple[Nation, ...] = NATIONS
    contacts: tuple[Contact, ...] = ()
    hours: Hours | None = None
    local: ContactKey = ""
    police: bool = False


class Law(Row):
    """A law by its key; `instead` names the key that stands in its place in another nation."""

    name: Text
    facts: tuple[Fact, ...]
    nations: tuple[Nation, ...]
    instead: Mapping[Nation, str] = {}


class Address(Fact):
    """A page of a platform on which something is reported."""

    route: Literal["report", "impersonation", "privacy", "under_age", "legal"]


class Platform(Row):
    """How something is reported to one platform."""

    name: Text
    report: Fact
    addresses: tuple[Address, ...] = ()
    notes: tuple[Fact, ...] = ()


class Platforms(Row):
    """Kinds of rules that platforms have, and the platforms."""

    rules: Mapping[str, Fact]
    platforms: Mapping[str, Platform]


class Called(Fact):
    """What a nation calls a role, the school's contact for it, and a note to show beside it.

    `told` is the name in a list of who is told, with its article, where that differs.
    """

    told: str = ""
    contact: ContactKey = ""
    note: str = ""


class Role(Row):
    """Somebody who leads or is told, by the nation's name for them; `welsh` in that language."""

    welsh: str = ""
    everywhere: Called | None = None
    england: Called | None = None
    wales: Called | None = None
    scotland: Called | None = None
    northern_ireland: Called | None = None

    @model_validator(mode="after")
    def _is_called_something_everywhere(self) -> Self:
        for nation in NATIONS:
            self.called(nation)
        return self

    def called(self, nation: Nation) -> Called:
        """The name in that nation."""
        own: Called | None = getattr(self, nation)
        name = own or self.everywhere
        if name is None:
            raise ValueError(f"has no name for {nation}")
        return name


class NationRow(Row):
    """A nation's name, and what differs there."""

    name: Text
    differs: tuple[Fact, ...]


class NationFile(Row):
    """What people are called, nation by nation, and what else differs. `somebody` stands for who
    holds a role that is not known.
    """

    somebody: Mapping[Language, Text]
    roles: Mapping[str, Role]
    nations: Mapping[Nation, NationRow]

    def called(self, role: str, nation: Nation) -> Called:
        """What the nation calls a role."""
        return self.roles[role].called(nation)

    def told(self, role: str, nation: Nation, language: Language) -> str:
        """How a list of who is told names the holder of a role, known or not."""
        if role not in self.roles:
            return self.somebody[language]
        if language == "cy":
            return self.roles[role].welsh or self.somebody[language]
        called = self.called(role, nation)
        return called.told or f"the {called.says}"


class ReplyRules(Row):
    """What holds for every public reply."""

    conditions: tuple[Fact, ...]
    shape: tuple[Fact, ...]
    never: tuple[Fact, ...]


class Common(Row):
    """What holds for several categories or for all."""

    fair: Fact
    law: Fact
    decides: Fact
    anonymity: Fact
    steps: Mapping[str, Fact]
    warnings: Mapping[str, Fact]
    evidence: tuple[Fact, ...]
    removal: tuple[Fact, ...]
    platform: tuple[Fact, ...]
    never: tuple[Fact, ...]
    police: Mapping[Police, Fact]
    reply: ReplyRules


class LevelWhen(Row):
    """A level that a category may have, and when."""

    level: Level
    when: Text


class Part(Row):
    """A role that leads or is told, and when; always where `when` is empty."""

    role: str
    when: str = ""
    nations: tuple[Nation, ...] = NATIONS


class Asking(Row):
    """Asking the author or the platform to take something down.

    Its steps are shown only where one of `grounds` (keys of laws and of platforms' rules) stands;
    otherwise `otherwise` is. With `only_if_known` the caller has to know of the ground; a category
    without it is a ground by itself.
    """

    grounds: tuple[str, ...] = ()
    only_if_known: bool = False
    routes: tuple[str, ...] = ()
    steps: tuple[Fact, ...] = ()
    otherwise: Fact


class ReplyRow(Row):
    """A reply, with {office_phone}, {office_email} and {complaints} for the school's own."""

    kind: ReplyKind
    template: Fact | None = None
    welsh: Fact | None = None


class Category(Row):
    """One category's file. `urgent_bodies` are added where the level is urgent."""

    name: Text
    title: Text
    levels: tuple[LevelWhen, ...]
    fair: Fair
    lead: tuple[Part, ...]
    told: tuple[Part, ...]
    contacts: tuple[ContactKey, ...] = ()
    police: Police
    bodies: tuple[str, ...] = ()
    urgent_bodies: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    screen_print: bool
    now: tuple[Fact, ...]
    same_day: tuple[Fact, ...]
    follow_up: tuple[Fact, ...]
    never: tuple[Fact, ...]
    evidence: tuple[Fact, ...]
    removal: Asking
    platform: Asking
    reply: ReplyRow

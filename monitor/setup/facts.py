"""PURE: what is known of a school when its configuration is first written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from monitor.school_settings import Nation

_LONGEST = 120
_SPACE = re.compile(r"\s+")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_OUTWARD = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)(?: ?[0-9][A-Z]{2})?")


@dataclass(frozen=True, slots=True)
class School:
    """A school as the register, or somebody who was asked, describes it; "" is not known.

    `kind` is what kind of school it is in the register's words ("Community school"). `website`
    is a host such as hollybrook.sch.uk.
    """

    name: str
    nation: Nation = "england"
    kind: str = ""
    town: str = ""
    locality: str = ""
    county: str = ""
    authority: str = ""
    postcode: str = ""
    website: str = ""
    head: str = ""
    urn: int | None = None

    @property
    def district(self) -> str:
        """The first half of the postcode: NN9."""
        found = _OUTWARD.fullmatch(self.postcode.upper())
        return found[1] if found else ""

    @property
    def where(self) -> str:
        """The smallest place that people know it by."""
        return self.town or self.locality or self.authority or self.county

    @property
    def places(self) -> tuple[str, ...]:
        """The places it lies in, each once, smallest first."""
        known = (self.locality, self.town, self.district, self.county, self.authority)
        return tuple({place.casefold(): place for place in known if place}.values())


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is told. `role` is one of the configuration's roles."""

    name: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Start:
    """Everything that the first configuration is written from.

    `namesakes` are the open schools elsewhere of the same or nearly the same name. `contact` is for
    the sites that are read, `sender` the address that alerts come from.
    """

    school: School
    namesakes: tuple[School, ...] = ()
    people: tuple[Person, ...] = ()
    contact: str = ""
    sender: str = ""
    mail_host: str = ""
    mail_folder: str = "outbox"


def tidy(text: str) -> str:
    """Foreign text as one short line that any file can hold and any terminal can show."""
    cut = text[: _LONGEST * 8]
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in cut)
    return _SPACE.sub(" ", shown).strip()[:_LONGEST].strip()


def host_of(address: str) -> str:
    """The host of a web address as people write it, without www; "" where there is none."""
    bare = address.strip().lower().partition("://")[2] or address.strip().lower()
    host = re.split(r"[/?#]", bare, maxsplit=1)[0].removeprefix("www.").rstrip(".")
    return host if _HOST.fullmatch(host) else ""

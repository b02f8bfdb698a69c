"""PURE: what the papers say of one school: what is read, where, why, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from monitor.presence.accounts import places
from monitor.settings import School, Settings, SourceSettings
from sources import catalogue

# Why a school watches what is said of it. A change here is a change of purpose, and is approved
# anew.
PURPOSES = (
    "to see at once where a child, a member of staff or the public may be at risk, and act",
    "to answer complaints, questions and praise fairly and in time",
    "to help staff who are abused online",
    "to correct what is untrue where people may be harmed by it",
)
NEVER = (
    "watch, search for or follow a pupil, a parent, a member of staff or anybody else by name",
    "keep a profile, a history or a score of whoever writes, or count or sort posts by writer",
    "match accounts with each other or with people",
    "log in anywhere to see more, join closed groups, or use an account that hides who looks",
    "recognise faces, or fetch pictures or videos by itself",
    "post, reply, report or decide anything by itself: a person does, each time",
)


@dataclass(frozen=True, slots=True)
class Read:
    """One source: what it is, and the outside addresses that are asked."""

    id: str
    title: str
    sees: str
    law: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contacted:
    """An outside address, and what it is told by being asked."""

    host: str
    why: str
    told: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept so long."""

    what: str
    long: str


def sources_of(settings: Settings, school: School) -> tuple[Read, ...]:
    """The sources that are read for a school."""
    kinds = catalogue.kinds()
    found = []
    for source in settings.read_for([school]).values():
        kind = kinds[source.kind]
        found.append(Read(source.id, kind.title, kind.sees, kind.law, hosts_of(source)))
    return tuple(sorted(found, key=lambda one: one.id))


def hosts_of(source: SourceSettings) -> tuple[str, ...]:
    """The outside hosts that a source may ask; of an address that is a secret, its host alone."""
    options = source.options
    values = dict(options) if isinstance(options, BaseModel) else {}
    return tuple(sorted({host for name, value in values.items() for host in _hosts(name, value)}))


def _hosts(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, tuple | list):
        for one in value:
            yield from _hosts(name, one)
        return
    if isinstance(value, BaseModel):
        for inner, one in dict(value).items():
            yield from _hosts(inner, one)
        return
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return
    if text.startswith(("http://", "https://")):
        yield from filter(None, [urlsplit(text).hostname])
    elif name == "host" and text:
        yield text


def contacted(settings: Settings, school: School) -> tuple[Contacted, ...]:
    """Every outside address that is contacted, each with what it learns."""
    found = [
        Contacted(
            host, f"source {one.id}: {one.title}", "that this server asks, and the words asked"
        )
        for one in sources_of(settings, school)
        for host in one.hosts
    ]
    found += _of_program(settings)
    found += [
        Contacted(
            urlsplit(one.ask.replace("{name}.", "")).hostname or "",
            "a member of staff's own check, when they ask for it",
            "a user name to look for",
        )
        for one in places().values()
    ]
    return tuple(dict.fromkeys(sorted(found, key=lambda one: (one.host, one.why))))


def _of_program(settings: Settings) -> Iterator[Contacted]:
    if settings.mail.host:
        yield Contacted(settings.mail.host, "mail", "the letters to the school's people")
    if settings.heartbeat.url:
        host = urlsplit(settings.heartbeat.url).hostname or ""
        yield Contacted(host, "heartbeat", "that the program runs; nothing else")
    if settings.web.oidc:
        host = urlsplit(settings.web.oidc.issuer).hostname or ""
        yield Contacted(host, "signing in", "who signs in")


def kept(school: School) -> tuple[Keeping, ...]:
    """How long what is kept."""
    keep = school.keep
    return (
        Keeping("posts that turn out not to be about the school", f"{keep.not_about_us} days"),
        Keeping("routine posts, praise among them", f"{keep.routine} days"),
        Keeping("posts to keep an eye on", f"{keep.watch} days"),
        Keeping("posts that need an answer", f"{keep.respond} days after they were dealt with"),
        Keeping(
            "urgent posts",
            f"{keep.urgent} days after they were moved to the school's own safeguarding or "
            "personnel record",
        ),
        Keeping("the audit trail, without any post's words", "3 years"),
        Keeping("numbers that name nobody", "6 years"),
        Keeping("staff's own self-checks", "until they delete them, 12 months at most"),
    )


def holders(school: School, *roles: str) -> str:
    """The names of those who hold any of these roles; "" where nobody does."""
    return ", ".join(one.name for one in school.people if not set(roles).isdisjoint(one.roles))


def terms(settings: Settings, school: School) -> tuple[str, ...]:
    """What is approved, a line each: where one changes, the approval is asked for again."""
    keep = school.keep
    return (
        *(f"purpose: {purpose}" for purpose in PURPOSES),
        *(
            f"source {one.id} ({one.title}): {', '.join(one.hosts) or 'no outside address'}"
            for one in sources_of(settings, school)
        ),
        (
            f"kept, in days: not about us {keep.not_about_us}, routine {keep.routine}, "
            f"watch {keep.watch}, respond {keep.respond}, urgent {keep.urgent}"
        ),
        f"mails carry posts' own words: {'yes' if school.own_text else 'no'}",
        f"reports without an account: {'yes' if school.public_reports else 'no'}",
    )

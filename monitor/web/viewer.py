"""PURE: who is at the page, and what that person may see, by the configuration as it stands now."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.hearing import who_may_hear
from monitor.judge.routing import GOVERNORS
from monitor.judge.terms import Level
from monitor.matters import matter_of, signs, words_of
from monitor.school_settings import Language
from monitor.settings import School
from monitor.store.accounts import Session
from monitor.store.mentions import Mention

# Who deals with posts; all others see one only where the rules of who hears give it to them.
LEADERS = frozenset({"headteacher", "deputy", "dsl", "deputy_dsl", "duty"})
# Who reads posts at all, of whatever kind.
READERS = LEADERS | {*GOVERNORS, "office", "clerk", "dpo"}
# Who looks after the program itself, and sees no post there.
KEEPERS = READERS | {"it"}
# Whoever holds nothing else sees no post and nobody's data but their own.
OWN_ALONE = frozenset({"staff", "governor"})
_LONGEST = 500
# One slash at the beginning, then neither another nor a backslash: browsers take both for a host.
_OURS = re.compile(r"/(?![/\\])[!-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody at a page. `email` is in lower case; `roles` are theirs by the school's id.

    `demo` says that it is the demonstration, which has no sign-in.
    """

    email: str
    name: str
    roles: Mapping[str, frozenset[str]]
    language: Language = "en"
    demo: bool = False

    def holds(self, school_id: str, *roles: str) -> bool:
        """True where they hold any of these roles at that school."""
        return not self.roles.get(school_id, frozenset()).isdisjoint(roles)

    def holds_anywhere(self, roles: Iterable[str]) -> bool:
        """True where they hold any of these roles at any school."""
        return any(not held.isdisjoint(roles) for held in self.roles.values())

    def may_read(self, school_id: str) -> bool:
        """True where posts about that school are shown to them, each still by `may_see`."""
        return self.holds(school_id, *READERS)

    def may_see(self, mention: Mention, school: School) -> bool:
        """True where they may read this mention: never what may be an allegation against themself.

        The rule is that of who may hear, so that nobody finds on a page what no letter may tell
        them, and everybody finds there what a letter has told them.
        """
        told = signs(mention.categories, (reason["rule"] for reason in mention.reasons))
        return self.may_see_such(told, words_of(mention), mention.level, school)

    def may_see_such(self, told: Collection[str], words: str, level: str, school: School) -> bool:
        """The same of any post with these signs and words; without words, of their kind at all."""
        if not self.may_read(school.id):
            return False
        able = who_may_hear(school, told, words).people
        if not any(person.email.casefold() == self.email for person in able):
            return False
        if self.holds(school.id, *LEADERS, "office", "clerk", "dpo"):
            return True
        # Governors must stay free to sit on a panel: of what is about nobody who leads, they see
        # what is urgent or in the press.
        if level == Level.URGENT.value or "press" in told:
            return True
        matter = matter_of(school, told, words)
        return matter.unsure or bool(matter.about)


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at a page: the secret cookie that its forms' tokens are made of, and who it is.

    `is_new` says that it has no cookie yet, and is to be given this one. Where somebody has a
    `session` and has not proved it by their second factor yet, there is no `viewer`, and
    `claimed` is who they are then.
    """

    secret: str
    viewer: Viewer | None
    is_new: bool = False
    session: Session | None = None
    claimed: Viewer | None = None


def viewer_of(email: str, schools: Iterable[School]) -> Viewer | None:
    """The configured person of that address, with every role at every school; None for nobody."""
    wanted = email.casefold()
    found = [
        (school, person)
        for school in schools
        for person in school.people
        if person.email.casefold() == wanted
    ]
    if not found:
        return None
    roles: dict[str, frozenset[str]] = {}
    for school, person in found:
        roles[school.id] = roles.get(school.id, frozenset()) | frozenset(person.roles)
    first_school, first = found[0]
    return Viewer(wanted, first.name, roles, first_school.languages[0])


def needs_second_factor(viewer: Viewer) -> bool:
    """True for whoever may open more than what is their own: a mailbox alone must not do."""
    return any(held - OWN_ALONE for held in viewer.roles.values())


def demonstration_head(schools: Iterable[School]) -> Viewer:
    """Who opens the demonstration, which has no sign-in: its headteacher. Raises StopIteration
    where none of the schools has one.
    """
    kept = tuple(schools)
    head = next(one for school in kept for one in school.people if "headteacher" in one.roles)
    found = viewer_of(head.email, kept)
    assert found is not None  # noqa: S101 - the person has just been found among them
    return replace(found, demo=True)


def leading(path: str) -> str:
    """A path of ours, with its query, to go on to; "/" for whatever could lead elsewhere."""
    return path if len(path) <= _LONGEST and _OURS.fullmatch(path) else "/"

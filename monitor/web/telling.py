"""PURE: who has been told of a mention, who will be, and why nobody is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.hearing import who_may_hear
from monitor.judge.routing import FRESH
from monitor.judge.terms import Level
from monitor.matters import signs, words_of
from monitor.settings import School
from monitor.store.deliveries import ROLLUP, SECOND
from monitor.store.mentions import Mention
from monitor.store.pages import Told
from monitor.web import words
from monitor.web.translating import gettext as _
from monitor.web.translating import later

PLEASE = later("Please look, and tell whoever must know.")
FIRST = later("Told with the first report of this")
BESIDE = later("See the first report of this for who is told")


@dataclass(frozen=True, slots=True)
class Way:
    """How letters leave this program now. A folder is no person: what lies in it told nobody."""

    demo: bool
    has_server: bool

    @property
    def folder(self) -> str:
        """Where a letter goes that no server takes, and what that means."""
        if self.demo:
            return _("the demonstration's folder")
        if self.has_server:
            return _("the folder, not sent: no mail server was set")
        return _("the folder, not sent: no mail server is set")


@dataclass(frozen=True, slots=True)
class Line:
    """How one letter stands; `href` is its page. `mark` is sent, written, due, late or lost."""

    who: str
    says: str
    mark: str
    href: str


@dataclass(frozen=True, slots=True)
class Untold:
    """Why no letter is about this mention; `href` is the report that has one, or empty."""

    says: str
    href: str


def lines(letters: Sequence[Told], school: School, now: datetime, way: Way) -> tuple[Line, ...]:
    """Who has been told, or will be; what is not needed any more is left out."""
    return tuple(
        Line(who(letter, school), *_stands(letter, now, way), f"/mail/{letter.id}")
        for letter in letters
        if letter.state != "dropped" or letter.channel == ROLLUP
    )


def who(letter: Told, school: School) -> str:
    """The person a letter is meant for, by name where the school still knows them, and role."""
    role = words.role(letter.role)
    for person in school.people:
        if person.email.casefold() == letter.email.casefold():
            return f"{person.name}, {role}"
    return f"{letter.email}, {role}"


def _stands(letter: Told, now: datetime, way: Way) -> tuple[str, str]:
    if letter.state == "sent":
        return _went(letter, now, way)
    if letter.channel == ROLLUP:
        return _rolled_up(letter, now, way)
    if letter.state != "owed":
        return _("could not be told: {error}").format(error=letter.error), "lost"
    when = words.shortly(letter.next_at, now)
    if letter.attempts:
        says = _("not told yet: {error}. Tried again {when}")
        return says.format(error=letter.error.rstrip("."), when=when), "late"
    is_due = letter.next_at <= now
    if way.has_server:
        says = _("being told now") if is_due else _("will be told {when}")
    else:
        says = _("being written to {folder}") if is_due else _("will be written {when} to {folder}")
    return says.format(when=when, folder=way.folder), "due"


def _went(letter: Told, now: datetime, way: Way) -> tuple[str, str]:
    if letter.kind == SECOND and letter.sent_at:
        says = _("sent to the second channel {when}")
        return says.format(when=words.shortly(letter.sent_at, now)), "sent"
    if letter.channel != "smtp" or not letter.sent_at:
        when = f" {words.shortly(letter.sent_at, now)}" if way.demo and letter.sent_at else ""
        return _("written to {folder}").format(folder=way.folder) + when, "written"
    return _("told {when}").format(when=words.shortly(letter.sent_at, now)), "sent"


def _rolled_up(letter: Told, now: datetime, way: Way) -> tuple[str, str]:
    """Of a letter whose place another has taken, which names this post beside others."""
    if not letter.sent_at:
        return _("being told in a roll-up with other posts"), "due"
    if way.has_server:
        says = _("told in a roll-up with other posts {when}")
        return says.format(when=words.shortly(letter.sent_at, now)), "sent"
    says = _("written to {folder}, in a roll-up with other posts")
    return says.format(folder=way.folder), "written"


def untold(
    mention: Mention, school: School, told: Mapping[str, Sequence[Told]], now: datetime
) -> Untold | None:
    """Why nobody hears of a mention that must be heard of; None where somebody does, or need not.

    `told` holds the letters of this mention and of every other report of the same thing.
    """
    if told.get(mention.id) or not Level(mention.level).needs_response:
        return None
    said = _("No alert was sent: {why}").format(why=_why(mention, school, now))
    why = f"{said} {_(PLEASE)}"
    return _by_another(mention, told) or Untold(why, "")


def _by_another(mention: Mention, told: Mapping[str, Sequence[Told]]) -> Untold | None:
    rank = Level(mention.level).rank
    for report, letters in told.items():
        grave = [letter for letter in letters if Level(letter.level).rank >= rank]
        if grave:
            has_gone = any(letter.channel == "smtp" for letter in grave)
            return Untold(_(FIRST if has_gone else BESIDE), f"/mentions/{report}")
    return None


def _why(mention: Mention, school: School, now: datetime) -> str:
    told = signs(mention.categories, (reason["rule"] for reason in mention.reasons))
    if not who_may_hear(school, told, words_of(mention)).people:
        return _("the settings name nobody who may be told of it.")
    if mention.level == "urgent" and not was_old(mention.published, mention.seen_at):
        return _("the settings named nobody who could be told when it was found.")
    if mention.published is None:
        return _("this was already there when the source was first read.")
    says = _("this was already there when the source was first read (posted {day}).")
    return says.format(day=words.day(mention.published, now))


def was_old(published: datetime | None, seen: datetime) -> bool:
    """True where a post was too old, when it was found, for an alert at a source's first look."""
    return published is not None and seen - published >= FRESH

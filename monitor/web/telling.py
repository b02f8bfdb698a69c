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

NO_SERVER = "not sent: no mail server {} set"
PLEASE = "Please look, and tell whoever must know."
FIRST = "Told with the first report of this"
BESIDE = "See the first report of this for who is told"


@dataclass(frozen=True, slots=True)
class Way:
    """How letters leave this program now. A folder is no person: what lies in it told nobody."""

    demo: bool
    has_server: bool

    @property
    def folder(self) -> str:
        """Where a letter goes that no server takes, and what that means."""
        if self.demo:
            return "the demonstration's folder"
        return f"the folder, {NO_SERVER.format('was' if self.has_server else 'is')}"


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
        return f"could not be told: {letter.error}", "lost"
    when = words.shortly(letter.next_at, now)
    if letter.attempts:
        return f"not told yet: {letter.error.rstrip('.')}. Tried again {when}", "late"
    is_due = letter.next_at <= now
    if way.has_server:
        return ("being told now" if is_due else f"will be told {when}"), "due"
    return f"{'being written' if is_due else f'will be written {when}'} to {way.folder}", "due"


def _went(letter: Told, now: datetime, way: Way) -> tuple[str, str]:
    if letter.kind == SECOND and letter.sent_at:
        return f"sent to the second channel {words.shortly(letter.sent_at, now)}", "sent"
    if letter.channel != "smtp" or not letter.sent_at:
        when = f" {words.shortly(letter.sent_at, now)}" if way.demo and letter.sent_at else ""
        return f"written to {way.folder}{when}", "written"
    return f"told {words.shortly(letter.sent_at, now)}", "sent"


def _rolled_up(letter: Told, now: datetime, way: Way) -> tuple[str, str]:
    """Of a letter whose place another has taken, which names this post beside others."""
    if not letter.sent_at:
        return "being told in a roll-up with other posts", "due"
    if way.has_server:
        return f"told in a roll-up with other posts {words.shortly(letter.sent_at, now)}", "sent"
    return f"written to {way.folder}, in a roll-up with other posts", "written"


def untold(
    mention: Mention, school: School, told: Mapping[str, Sequence[Told]], now: datetime
) -> Untold | None:
    """Why nobody hears of a mention that must be heard of; None where somebody does, or need not.

    `told` holds the letters of this mention and of every other report of the same thing.
    """
    if told.get(mention.id) or not Level(mention.level).needs_response:
        return None
    why = f"No alert was sent: {_why(mention, school, now)} {PLEASE}"
    return _by_another(mention, told) or Untold(why, "")


def _by_another(mention: Mention, told: Mapping[str, Sequence[Told]]) -> Untold | None:
    rank = Level(mention.level).rank
    for report, letters in told.items():
        grave = [letter for letter in letters if Level(letter.level).rank >= rank]
        if grave:
            has_gone = any(letter.channel == "smtp" for letter in grave)
            return Untold(FIRST if has_gone else BESIDE, f"/mentions/{report}")
    return None


def _why(mention: Mention, school: School, now: datetime) -> str:
    told = signs(mention.categories, (reason["rule"] for reason in mention.reasons))
    if not who_may_hear(school, told, words_of(mention)).people:
        return "the settings name nobody who may be told of it."
    if mention.level == "urgent" and not was_old(mention.published, mention.seen_at):
        return "the settings named nobody who could be told when it was found."
    posted = f" (posted {words.day(mention.published, now)})" if mention.published else ""
    return f"this was already there when the source was first read{posted}."


def was_old(published: datetime | None, seen: datetime) -> bool:
    """True where a post was too old, when it was found, for an alert at a source's first look."""
    return published is not None and seen - published >= FRESH

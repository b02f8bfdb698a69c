"""PURE: a stored mention as the pages show it - its words, why, and who has been told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.judge.rules import rule_book
from monitor.judge.terms import Words
from monitor.notices import FAIR, advice
from monitor.settings import School
from monitor.store.mentions import Mention
from monitor.store.pages import Elsewhere, Told
from monitor.web import words
from monitor.web.links import Link, link

HEADING = 110
EXCERPT = 320
QUOTE = 140
OLD = timedelta(days=1)
SURE = 0.9
FAIRLY_SURE = 0.6


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in plain words, and the words of the post that decided it."""

    says: str
    quote: str


@dataclass(frozen=True, slots=True)
class Line:
    """How one letter stands. `mark` is sent, due, late or lost; `href` is the letter's page."""

    who: str
    says: str
    mark: str
    href: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a post's words, and whether they decided anything."""

    text: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A mention in a list. Every field may hold foreign words, and is text."""

    id: str
    school: str
    level: str
    chip: str
    kinds: tuple[str, ...]
    heading: str
    excerpt: str
    source: str
    posted: datetime | None
    found: datetime
    is_old: bool
    why: tuple[Why, ...]
    tone: str
    elsewhere: int
    link: Link | None
    told: tuple[Line, ...]
    fair: str


def card(
    mention: Mention,
    school: School,
    places: Sequence[Elsewhere],
    letters: Sequence[Told],
    now: datetime,
) -> Card:
    """What a list says of a mention."""
    heading, excerpt = _headed(mention)
    return Card(
        id=mention.id,
        school=school.name,
        level=mention.level,
        chip=chip(mention),
        kinds=kinds(mention.categories),
        heading=heading,
        excerpt=excerpt,
        source=mention.source,
        posted=mention.published,
        found=mention.seen_at,
        is_old=mention.seen_at - (mention.published or mention.seen_at) > OLD,
        why=why(mention),
        tone=words.TONES[mention.sentiment],
        elsewhere=len(places),
        link=link(mention.url),
        told=lines(letters, school, now),
        fair=fair(mention),
    )


def chip(mention: Mention) -> str:
    """The level in words; an urgent one that the judge is not sure of says so."""
    is_possible = mention.level == "urgent" and mention.tier == "possible"
    return "Possibly urgent" if is_possible else words.LEVELS[mention.level]


def kinds(categories: Sequence[str]) -> tuple[str, ...]:
    """What kinds of post it is, in plain words, as the judge ordered them."""
    known = rule_book().categories
    return tuple(known[name].title if name in known else name for name in categories)


def fair(mention: Mention) -> str:
    """What must stand beside criticism; where somebody may come to harm, that comes first."""
    known = advice()
    is_critical = any(known[name].critical for name in mention.categories if name in known)
    return FAIR if is_critical and mention.level != "urgent" else ""


def certainty(mention: Mention) -> str:
    """How sure it is that the post is about the school."""
    if mention.confidence >= SURE:
        return "Sure"
    return "Fairly sure" if mention.confidence >= FAIRLY_SURE else "Not sure: please check"


def why(mention: Mention) -> tuple[Why, ...]:
    """Every reason once, in the judge's order."""
    found = (Why(str(r["says"]), words.clipped(str(r["text"]), QUOTE)) for r in mention.reasons)
    return tuple(dict.fromkeys(found))


def lines(letters: Sequence[Told], school: School, now: datetime) -> tuple[Line, ...]:
    """Who has been told, or will be; what is not needed any more is left out."""
    return tuple(
        Line(who(letter, school), *_stands(letter, now), f"/mail/{letter.id}")
        for letter in letters
        if letter.state != "dropped"
    )


def who(letter: Told, school: School) -> str:
    """The person a letter is meant for, by name where the school still knows them, and role."""
    role = words.ROLES.get(letter.role, letter.role)
    for person in school.people:
        if person.email.casefold() == letter.email.casefold():
            return f"{person.name}, {role}"
    return f"{letter.email}, {role}"


def _stands(letter: Told, now: datetime) -> tuple[str, str]:
    if letter.state == "sent" and letter.sent_at:
        return f"told {words.shortly(letter.sent_at, now)}", "sent"
    if letter.state == "owed" and letter.attempts:
        again = words.shortly(letter.next_at, now)
        return f"not told yet: {letter.error.rstrip('.')}. Tried again {again}", "late"
    if letter.state == "owed":
        is_due = letter.next_at <= now
        when = words.shortly(letter.next_at, now)
        return ("being told now" if is_due else f"will be told {when}"), "due"
    return f"could not be told: {letter.error}", "lost"


def _headed(mention: Mention) -> tuple[str, str]:
    """The title and the text; or else the first words, and what comes after them."""
    text = words.clipped(mention.text, EXCERPT)
    title = words.clipped(mention.title, HEADING)
    if title:
        return title, "" if text == title else text
    first, rest = words.parted(text, HEADING)
    return first or "A post without words", rest


def pieces(mention: Mention) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The title and the text, each cut where the words that decided begin and end."""
    whole = Words(mention.title, mention.text).whole
    start = len(mention.title) + 1 if mention.title else 0
    spans = _spans(mention, len(whole))
    title = tuple(_cut(whole, 0, len(mention.title), spans))
    return title, tuple(_cut(whole, start, len(whole), spans))


def _spans(mention: Mention, length: int) -> list[tuple[int, int]]:
    """Where deciding words stand, in order, those that touch or overlap joined."""
    given = sorted((int(r["start"]), int(r["end"])) for r in mention.reasons)
    joined: list[tuple[int, int]] = []
    for start, end in given:
        if not 0 <= start < end <= length:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _cut(whole: str, first: int, last: int, spans: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    at = first
    for start, end in spans:
        start, end = max(start, first), min(end, last)  # noqa: PLW2901 - a span may cross the line
        if start >= end:
            continue
        if at < start:
            yield Piece(whole[at:start], False)
        yield Piece(whole[start:end], True)
        at = end
    if at < last:
        yield Piece(whole[at:last], False)

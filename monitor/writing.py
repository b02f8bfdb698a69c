"""What each kind of letter is about: who may hear of it, and how it is put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from alerts import mail, reminder, reports, signin
from alerts import second as second_channel
from alerts.base import Letter
from alerts.digest import Edition
from alerts.mail import Envelope
from alerts.rollup import rollup_letter
from monitor import alerting, bursts, machine_news, source_news, summaries, timing, weekly
from monitor.addressing import able_to_hear, able_to_hear_all, leaves_out_the_threatened
from monitor.bursts import Item
from monitor.judge.terms import Level
from monitor.settings import Person, School, Settings
from monitor.store import incidents, mentions, rollups
from monitor.store.deliveries import (
    ALERT,
    DIGEST,
    ESCALATION,
    MACHINE,
    REMINDER,
    ROLLUP,
    SECOND,
    SIGNIN,
    SOURCE,
    SUMMARY,
    Delivery,
)
from monitor.store.engine import Connection

_WARN = (
    "Somebody at the school who is named may be in danger, and is not sent this, because it "
    "accuses them too. One of you must tell them of the threat now, and of nothing else in it."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it is words.

    `able` is its school with those people alone who may hear; `put` takes the person who does,
    the roles of all others who are told, and the envelope. `anyone` of them will do where the
    one who was meant has gone. `covers` are the letters that this one takes the place of.
    """

    able: School
    put: Callable[[Person, tuple[str, ...], Envelope], Letter]
    anyone: bool = False
    covers: tuple[str, ...] = ()


def draft(
    connection: Connection, settings: Settings, delivery: Delivery, now: datetime
) -> Draft | None:
    """The draft of a letter that is owed; None where what it is about is no longer kept."""
    school = settings.school(delivery.school)
    if school is None:
        return None
    return _DRAFTS[delivery.kind](connection, settings, delivery, school, now)


def _alert(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    mention = mentions.one(connection, delivery.mention_id or delivery.subject)
    if mention is None:
        return None

    noticed = alerting.noticed(connection, mention, school, delivery, _web(settings), now)

    def put(_person: Person, others: tuple[str, ...], envelope: Envelope) -> Letter:
        notice = noticed(others)
        if leaves_out_the_threatened(school, mention):
            notice = replace(notice, steps=(_WARN, *notice.steps))
        return mail.compose(notice, **envelope)

    return Draft(able_to_hear(school, mention), put)


def _escalation(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    """The alert once more, of which the facts say that nobody has it; None once somebody does."""
    about = replace(delivery, subject=delivery.mention_id or "")
    again = _alert(connection, settings, about, school, now)
    if again is None or not _is_open(connection, delivery):
        return None
    told, put_alert = tuple(delivery.facts["told"]), again.put

    def put(person: Person, others: tuple[str, ...], envelope: Envelope) -> Letter:
        return put_alert(person, tuple(dict.fromkeys((*told, *others))), envelope)

    members = incidents.mentions_of(connection, delivery.facts["incident"])
    return Draft(able_to_hear_all(school, mentions.several(connection, members)), put)


def _is_open(connection: Connection, delivery: Delivery) -> bool:
    """False of what nobody needs to hear again, since somebody has the incident."""
    incident = incidents.one(connection, delivery.facts["incident"])
    return incident is not None and incident.state == "open"


def _source(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    web, reference = _web(settings), delivery.id[:8]
    page = f"{web}/sources" if web else ""

    def put(_person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        notice = source_news.notice(school, delivery.facts, page, reference, now)
        return reports.source_letter(notice, **envelope)

    people = tuple(person for _, person in source_news.keepers(school))
    return Draft(school.model_copy(update={"people": people}), put, anyone=True)


def _summary(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    found = mentions.several(connection, delivery.facts["mentions"])
    # A correction since may have taken a post away, or made little of it.
    left = [one for one in found if one.relevant and Level(one.level).needs_response]
    able = {one.id: able_to_hear(school, one).people for one in left}
    # Not those of the school alone: the holiday contact may be an address without a person.
    people = tuple(dict.fromkeys(person for may in able.values() for person in may))
    if not left:
        return None

    def put(person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        # Nobody is told of a post that may be an allegation against themself.
        mine = [one for one in left if person in able[one.id]]
        source, reference = delivery.facts["source"], delivery.id[:8]
        notice = summaries.notice(school, source, mine, _web(settings), reference, now)
        return reports.summary_letter(notice, **envelope)

    return Draft(school.model_copy(update={"people": people}), put)


def _digest(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    able = weekly.entitled(school, cast(Edition, delivery.level))
    people = tuple(reader.person for reader in able)

    def put(person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        words = weekly.written(connection, settings, delivery, school, person, now)
        return weekly.put(words, envelope)

    return Draft(school.model_copy(update={"people": people}), put)


def _machine(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    people = tuple(person for _, person in source_news.keepers(school))
    return _of_machine(people, settings, delivery, school, now)


def _of_machine(
    people: tuple[Person, ...],
    settings: Settings,
    delivery: Delivery,
    school: School,
    now: datetime,
) -> Draft:
    words = machine_news.Words(delivery.kind, delivery.facts, delivery.id)

    def put(_person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        return machine_news.written(words, school, _web(settings), now, envelope)

    return Draft(school.model_copy(update={"people": people}), put, anyone=True)


def _second(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    """A note to the very person whom it is meant for: nobody else is sent it instead."""
    if "mention" not in delivery.facts:
        return _of_machine(school.people, settings, delivery, school, now)
    mention = mentions.one(connection, delivery.facts["mention"])
    able = able_to_hear(school, mention).people if mention else ()
    people = tuple(one for one in able if one.email == delivery.email and one.second)
    if not (mention and people):
        return None
    page = f"{_web(settings)}/mentions/{mention.id}" if _web(settings) else ""

    def put(_person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        lines = [f"Level: {delivery.level}.", "The mail to you says more."]
        return second_channel.note(second_channel.HEADING, lines, page, **envelope)

    return Draft(school.model_copy(update={"people": people}), put)


def _rollup(
    connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    """Of one address at any of the schools, what waits for it."""
    kinds, day = bursts.ROLLED, bursts.midnight(now)
    found = rollups.waiting(connection, delivery, kinds, Level.URGENT, day, now)
    letters = [one for one in found if one.kind != ESCALATION or _is_open(connection, one)]
    posts = {one.id: one for one in mentions.several(connection, _mentions_of(letters))}
    items: list[Item] = []
    people: list[Person] = []
    for letter in letters:
        mention, where = posts.get(letter.mention_id or ""), settings.school(letter.school)
        # Nobody is told of a post that may be an allegation against themself.
        able = able_to_hear(where, mention).people if where and mention else ()
        person = next((one for one in able if one.email == delivery.email), None)
        if mention and where and person:
            items.append(Item(letter, mention, where))
            people.append(person)
    if not items:
        return None

    def put(_person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        notice = bursts.notice(items, _web(settings), delivery.id[:8], now)
        return rollup_letter(notice, **envelope)

    covers = tuple(item.letter.id for item in items)
    return Draft(school.model_copy(update={"people": tuple(people[:1])}), put, covers=covers)


def _mentions_of(letters: Sequence[Delivery]) -> list[str]:
    return sorted({letter.mention_id for letter in letters if letter.mention_id})


def _signin(
    _connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    """To that very person alone, who is named in it: the settings may have changed since."""
    if timing.is_link_late(delivery.owed_at, now):
        return None
    facts = delivery.facts
    person = Person(name=facts["name"], email=delivery.email, roles=("staff",))

    def put(_person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        if "path" not in facts:
            return signin.warning_letter(facts["tries"], **envelope)
        return signin.link_letter(f"{settings.web.origin}{facts['path']}", **envelope)

    return Draft(school.model_copy(update={"people": (person,)}), put)


def _reminder(
    _connection: Connection, settings: Settings, delivery: Delivery, school: School, now: datetime
) -> Draft | None:
    """To that very person; None for whoever has left. It says nothing of anybody."""
    people = tuple(one for one in school.people if one.email == delivery.email)
    page = f"{_web(settings)}/presence" if _web(settings) else ""

    def put(_person: Person, _others: tuple[str, ...], envelope: Envelope) -> Letter:
        return reminder.reminder_letter(page, **envelope)

    return Draft(school.model_copy(update={"people": people}), put) if people else None


_DRAFTS: Mapping[
    str, Callable[[Connection, Settings, Delivery, School, datetime], Draft | None]
] = {
    ALERT: _alert,
    ESCALATION: _escalation,
    ROLLUP: _rollup,
    SOURCE: _source,
    SUMMARY: _summary,
    DIGEST: _digest,
    SECOND: _second,
    MACHINE: _machine,
    SIGNIN: _signin,
    REMINDER: _reminder,
}


def _web(settings: Settings) -> str:
    """Where the pages are, as people reach them; "" where that is not configured."""
    return settings.web.address.rstrip("/")

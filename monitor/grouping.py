"""What a reading brought is put into incidents, and what they then owe, in its one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from monitor import hearing
from monitor.incidents import FOOTPRINT, Member, Spread, may_have, places
from monitor.incidents import spread as spread_of
from monitor.intake import Intake
from monitor.judge.terms import Judgement, Level, Reason, Sentiment
from monitor.matters import words_of
from monitor.settings import School
from monitor.store import deliveries, incidents, joining, mentions
from monitor.store.deliveries import Owed
from monitor.store.engine import Connection
from monitor.store.incidents import Incident
from monitor.store.mentions import Mention
from monitor.stories import first_of


def keep(
    connection: Connection, intake: Intake, schools: Mapping[str, School], now: datetime
) -> None:
    """Give every mention that needs a response its incident, and to the lesser the one that they
    belong to; owe an alert where an incident spreads.

    The mentions have been stored, and what is owed for each of them.
    """
    found = [_Joining(mention, member) for mention, member in _members(intake)]
    if not found:
        return
    joining.alone(connection)
    groups = joining.groups(connection, [each.member for each in found])
    touched: dict[str, list[_Joining]] = {}
    for each in found:
        known = joining.join(connection, groups, each.mention, each.member, FOOTPRINT, now)
        if known:
            touched.setdefault(known.id, []).append(each)
    for incident_id, joined in touched.items():
        _grow(connection, incident_id, joined, schools, now)


@dataclass(frozen=True, slots=True)
class _Joining:
    mention: Mention
    member: Member


def _members(intake: Intake) -> Iterator[tuple[Mention, Member]]:
    """What speaks of its school, or was taken for that when it was given an incident."""
    owed = {each.mention_id for each in intake.owed}
    old = {each.mention.id for each in intake.held}
    new = {mention.id for mention, _, _ in intake.new}
    for mention, _, _ in (*intake.new, *intake.revised):
        if mention.relevant:
            yield (
                mention,
                Member(
                    mention=mention.id,
                    school=mention.school,
                    first=first_of(mention),
                    thread=mention.thread,
                    level=Level(mention.level),
                    incident=mention.incident,
                    is_new=mention.id in new,
                    is_copy=mention.same_as is not None,
                    is_alert=mention.id in owed,
                    is_old=mention.id in old,
                ),
            )


def _grow(
    connection: Connection,
    incident_id: str,
    joined: Sequence[_Joining],
    schools: Mapping[str, School],
    now: datetime,
) -> None:
    """Bring an incident up to date with all that belongs to it, and say so where it spreads."""
    sightings = joining.sightings(connection, incident_id)
    school = schools[joined[0].mention.school]
    brought = [each.mention for each in joined]
    grown = joining.grow(
        connection,
        incident_id,
        kinds=_kinds(brought),
        about=accused(brought, school),
        places=places(sightings),
    )
    if grown.state in ("taken", "waiting") and not may_have(grown.owner, grown.about):
        # Nobody goes on having what has turned out to be about themself.
        facts = {"mention": brought[0].id}
        incidents.reopen(connection, incident_id, FOOTPRINT, now, facts=facts)
    if all(each.member.is_old for each in joined):
        return
    spread = spread_of(sightings, grown.opened_at, grown.last_spread_at, now)
    if spread:
        _tell(connection, grown, spread, brought, school, now)


def _kinds(brought: Iterable[Mention]) -> tuple[str, ...]:
    grave = (mention for mention in brought if Level(mention.level).needs_response)
    return tuple(dict.fromkeys(kind for mention in grave for kind in mention.categories))


def accused(brought: Iterable[Mention], school: School) -> tuple[str, ...]:
    """The addresses of those whom any of it is about, or may be."""
    return tuple(
        dict.fromkeys(
            person.email
            for mention in brought
            for person in school.people
            if not hearing.may_close(person, mention)
        )
    )


def _tell(
    connection: Connection,
    incident: Incident,
    spread: Spread,
    brought: Sequence[Mention],
    school: School,
    now: datetime,
) -> None:
    """Everybody who hears of the incident hears that it spreads: by the letter that they are
    still owed about it where that is not written yet, else by one of its own.
    """
    if incident.state == "closed":
        incidents.reopen(connection, incident.id, FOOTPRINT, now, facts={"mention": brought[0].id})
    counts: dict[str, str | int] = {
        "places": spread.places,
        "replies": spread.replies,
        "since": spread.since.isoformat(),
    }
    act = incidents.act(connection, incident.id, "spread", FOOTPRINT, now, facts=counts)
    facts = {"incident": incident.id, "spread": counts}
    mention = mentions.one(connection, incident.first_mention) or brought[0]
    owed = [
        letter
        for letter in _owed(incident, mention, school, f"{incident.id} spread {act.number}", now)
        if not joining.say_too(connection, incident.id, letter.email, facts)
    ]
    deliveries.owe(connection, [replace(letter, facts=facts) for letter in owed], now)


def _owed(
    incident: Incident, mention: Mention, school: School, subject: str, now: datetime
) -> Iterator[Owed]:
    level = Level(incident.level)
    words, judgement = words_of(mention), _judgement(mention, level)
    for person, due in hearing.dues(judgement, school, words, now, published=None, old=False):
        yield Owed(
            id=uuid.uuid4().hex,
            mention_id=mention.id,
            school=school.id,
            level=level.value,
            priority=level.rank,
            role=due.role,
            email=person.email,
            due_at=due.at,
            subject=subject,
        )


def _judgement(mention: Mention, level: Level) -> Judgement:
    """What was made of a mention, at the level of its incident."""
    return Judgement(
        profile=mention.school,
        relevant=True,
        confidence=mention.confidence,
        sentiment=cast(Sentiment, mention.sentiment),
        compound=mention.compound,
        categories=mention.categories,
        level=level,
        tier=None,
        language=mention.language,
        reasons=tuple(_reason(each) for each in mention.reasons),
    )


def _reason(kept: Mapping[str, Any]) -> Reason:
    return Reason(**{name: kept[name] for name in ("rule", "start", "end", "text", "says")})

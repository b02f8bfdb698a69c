"""How mentions are put into incidents: what they may belong to, and what is then kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from monitor.incidents import Groups, Known, Member, Sighting, changes
from monitor.incidents import places as places_of
from monitor.judge.terms import Level
from monitor.setting_types import is_loopback
from monitor.store import incidents
from monitor.store.deliveries import ALERT, DELIVERY
from monitor.store.engine import one_at_a_time
from monitor.store.incidents import ACT, INCIDENT, Incident, locked
from monitor.store.mentions import CHUNK, MENTION, Mention
from sources.links import canonical

_GRAVE = (Level.URGENT.value, Level.RESPOND.value)
_FIRST = func.coalesce(MENTION.c.same_as, MENTION.c.id).label("first")


def alone(connection: Connection) -> None:
    """Wait until no other transaction puts mentions into incidents, or one story had two."""
    one_at_a_time(connection, "incidents")


def groups(connection: Connection, members: Sequence[Member]) -> Groups:
    """The incidents that these mentions may belong to."""
    by_id: dict[str, Known] = {}
    by_story: dict[str, set[str]] = {}
    by_thread: dict[tuple[str, str], set[str]] = {}
    for part in _chunks(sorted({member.first for member in members})):
        is_of = or_(MENTION.c.id.in_(part), MENTION.c.same_as.in_(part))
        for row in _belonging(connection, is_of):
            by_id[row["id"]] = _known(row)
            by_story.setdefault(row["first"], set()).add(row["id"])
    for part in _chunks(sorted({member.thread for member in members} - {""})):
        for row in _belonging(connection, MENTION.c.thread.in_(part)):
            by_id[row["id"]] = _known(row)
            by_thread.setdefault((row["of_school"], row["thread"]), set()).add(row["id"])
    own = {member.incident for member in members if member.incident} - by_id.keys()
    for part in _chunks(sorted(own)):
        rows = select(INCIDENT).where(INCIDENT.c.id.in_(part))
        by_id |= {row.id: _known(dict(row._mapping)) for row in connection.execute(rows)}
    return Groups(by_id, by_story, by_thread)


def _belonging(connection: Connection, is_of: ColumnElement[bool]) -> Iterator[Mapping[str, Any]]:
    of = (_FIRST, MENTION.c.school.label("of_school"), MENTION.c.thread)
    known = (INCIDENT.c[name] for name in Known.__dataclass_fields__)
    join = INCIDENT.c.id == MENTION.c.incident
    for row in connection.execute(select(*of, *known).join(INCIDENT, join).where(is_of).distinct()):
        yield dict(row._mapping)


def _known(row: Mapping[str, Any]) -> Known:
    return Known(row["id"], Level(row["level"]), row["state"], row["opened_at"])


def join(
    connection: Connection,
    among: Groups,
    mention: Mention,
    member: Member,
    who: str,
    now: datetime,
) -> Known | None:
    """Let a mention belong where it does, and note what that changes there; open an incident
    where there is none and it needs a response. None where it belongs to none.
    """
    known = among.of(member)
    if known is None:
        if not member.level.needs_response:
            return None
        known = Known(uuid.uuid4().hex, member.level, "open", now)
        _open(connection, known, mention, who)
    facts = {"mention": member.mention}
    for kind in changes(member, known):
        if kind == "reopened":
            incidents.reopen(connection, known.id, who, now, facts=facts)
            known = replace(known, state="open")
        else:
            told = {**facts, "level": member.level.value}
            incidents.act(connection, known.id, kind, who, now, facts=told)
            _change(connection, known.id, level=member.level.value)
            known = replace(known, level=member.level)
    if member.incident != known.id:
        row = update(MENTION).where(MENTION.c.id == member.mention)
        connection.execute(row.values(incident=known.id))
    among.note(known, member)
    return known


def _open(connection: Connection, known: Known, mention: Mention, who: str) -> None:
    """Open an incident with a mention; the lesser ones of its story and its thread join it."""
    incident: dict[str, Any] = {
        "id": known.id,
        "school": mention.school,
        "level": known.level.value,
        "kinds": [],
        "state": known.state,
        "opened_at": known.opened_at,
        "changed_at": known.opened_at,
        "owner": "",
        "about": [],
        "first_mention": mention.id,
        "places": 0,
        "outcome": "",
    }
    connection.execute(insert(INCIDENT).values(incident))
    opened = {"incident": known.id, "at": known.opened_at, "who": who, "kind": "opened", "note": ""}
    facts = {"mention": mention.id, "level": mention.level}
    connection.execute(insert(ACT).values(**opened, facts=facts))
    first = mention.same_as or mention.id
    of_thread = and_(MENTION.c.thread == mention.thread, MENTION.c.thread != "")
    joins = or_(MENTION.c.id == first, MENTION.c.same_as == first, of_thread)
    alone_yet = (MENTION.c.incident.is_(None), MENTION.c.relevant)
    rows = update(MENTION).where(MENTION.c.school == mention.school, *alone_yet, joins)
    connection.execute(rows.values(incident=known.id))


def corrected(
    connection: Connection, mention: Mention, who: str, now: datetime, facts: Mapping[str, int]
) -> None:
    """A person has said what a mention is: what now needs a response has its incident, and that
    is as grave as the gravest that is left.
    """
    alone(connection)
    member = Member(
        mention=mention.id,
        school=mention.school,
        first=mention.same_as or mention.id,
        thread=mention.thread,
        level=Level(mention.level) if mention.relevant else Level.ROUTINE,
        incident=mention.incident,
        is_new=False,
    )
    if member.incident is None and not member.level.needs_response:
        return
    known = join(connection, groups(connection, [member]), mention, member, who, now)
    if known is None:
        return
    incidents.act(connection, known.id, "corrected", who, now, facts=facts)
    left = (MENTION.c.incident == known.id, MENTION.c.relevant, MENTION.c.level.in_(_GRAVE))
    levels = set(connection.execute(select(MENTION.c.level).where(*left)).scalars())
    kinds = mention.categories if member.level.needs_response else ()
    places = places_of(sightings(connection, known.id))
    grow(connection, known.id, kinds=kinds, about=(), places=places)
    level = next((level for level in _GRAVE if level in levels), known.level.value)
    _change(connection, known.id, level=level)


def sightings(connection: Connection, incident_id: str) -> tuple[Sighting, ...]:
    """What belongs to an incident and speaks of its school, in the order in which it was found."""
    first = select(INCIDENT.c.first_mention).where(INCIDENT.c.id == incident_id).scalar_subquery()
    names = ("source", "url", "thread", "published", "seen_at", "level")
    where = (MENTION.c.incident == incident_id, MENTION.c.relevant)
    order = (MENTION.c.seen_at, MENTION.c.id != first, MENTION.c.id)
    rows = select(*(MENTION.c[name] for name in names)).where(*where).order_by(*order)
    return tuple(
        Sighting(
            place=_place(row.url) or row.source,
            thread=row.thread,
            posted=row.published or row.seen_at,
            seen=row.seen_at,
            counts=Level(row.level) is not Level.ROUTINE,
        )
        for row in connection.execute(rows)
    )


def _place(url: str) -> str:
    """The site of a link, by its one name; "" where there is none, or this very machine is."""
    try:
        host = urlsplit(canonical(url)).hostname or ""
    except ValueError:
        return ""
    return "" if is_loopback(host) else host


def grow(
    connection: Connection,
    incident_id: str,
    *,
    kinds: Iterable[str],
    about: Iterable[str],
    places: int,
) -> Incident:
    """Add to an incident what joined it; it is about nobody fewer than before."""
    found = locked(connection, incident_id)
    values = {
        "kinds": list(dict.fromkeys((*found.kinds, *kinds))),
        "about": list(dict.fromkeys((*found.about, *about))),
        "places": places,
    }
    _change(connection, incident_id, **values)
    return locked(connection, incident_id)


def say_too(connection: Connection, incident_id: str, email: str, facts: Mapping[str, Any]) -> bool:
    """Let the alert about an incident that a person is owed, and that is not written yet, say
    this too; False where there is none.
    """
    theirs = select(MENTION.c.id).where(MENTION.c.incident == incident_id)
    unwritten = (
        DELIVERY.c.kind == ALERT,
        DELIVERY.c.mention_id.in_(theirs),
        DELIVERY.c.email == email,
        DELIVERY.c.state == "owed",
        DELIVERY.c.message_id.is_(None),
    )
    query = select(DELIVERY.c.id, DELIVERY.c.facts).where(*unwritten)
    row = connection.execute(query.order_by(DELIVERY.c.due_at).limit(1).with_for_update()).first()
    if row is None:
        return False
    said = update(DELIVERY).where(DELIVERY.c.id == row.id).values(facts={**row.facts, **facts})
    connection.execute(said)
    return True


def _change(connection: Connection, incident_id: str, **values: Any) -> None:
    connection.execute(update(INCIDENT).where(INCIDENT.c.id == incident_id).values(**values))


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))

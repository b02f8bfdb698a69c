"""How mentions are put into incidents: what they may belong to, and what is then kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from monitor.incidents import FOOTPRINT, Groups, Known, Member
from monitor.judge.terms import Level
from monitor.store.deliveries import ALERT, DELIVERY
from monitor.store.engine import one_at_a_time
from monitor.store.incidents import ACT, INCIDENT, Incident, locked
from monitor.store.mentions import CHUNK, MENTION, Mention

_FIRST = func.coalesce(MENTION.c.same_as, MENTION.c.id).label("first")


@dataclass(frozen=True, slots=True)
class Seen:
    """Where and when a mention of an incident was seen."""

    source: str
    url: str
    thread: str
    published: datetime | None
    seen_at: datetime
    level: str


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


def open_with(connection: Connection, incident_id: str, mention: Mention, now: datetime) -> None:
    """Open an incident with a mention; the lesser ones of its story and its thread join it."""
    incident = {
        "id": incident_id,
        "school": mention.school,
        "level": mention.level,
        "kinds": [],
        "state": "open",
        "opened_at": now,
        "changed_at": now,
        "owner": "",
        "about": [],
        "first_mention": mention.id,
        "places": 0,
        "outcome": "",
    }
    connection.execute(insert(INCIDENT).values(incident))
    opened = {"incident": incident_id, "at": now, "who": FOOTPRINT, "kind": "opened", "note": ""}
    facts = {"mention": mention.id, "level": mention.level}
    connection.execute(insert(ACT).values(**opened, facts=facts))
    first = mention.same_as or mention.id
    of_thread = and_(MENTION.c.thread == mention.thread, MENTION.c.thread != "")
    joins = or_(MENTION.c.id == first, MENTION.c.same_as == first, of_thread)
    alone_yet = (MENTION.c.incident.is_(None), MENTION.c.relevant)
    rows = update(MENTION).where(MENTION.c.school == mention.school, *alone_yet, joins)
    connection.execute(rows.values(incident=incident_id))


def put(connection: Connection, incident_id: str, member: Member) -> None:
    """Let a mention belong to an incident."""
    if member.incident != incident_id:
        row = update(MENTION).where(MENTION.c.id == member.mention)
        connection.execute(row.values(incident=incident_id))


def seen(connection: Connection, incident_id: str) -> tuple[Seen, ...]:
    """What belongs to an incident and speaks of its school, the first that was seen first."""
    first = select(INCIDENT.c.first_mention).where(INCIDENT.c.id == incident_id).scalar_subquery()
    columns = [MENTION.c[name] for name in Seen.__dataclass_fields__]
    where = (MENTION.c.incident == incident_id, MENTION.c.relevant)
    order = (MENTION.c.seen_at, MENTION.c.id != first, MENTION.c.id)
    rows = connection.execute(select(*columns).where(*where).order_by(*order))
    return tuple(Seen(**row._mapping) for row in rows)


def grow(
    connection: Connection,
    incident_id: str,
    *,
    level: Level,
    kinds: Iterable[str],
    about: Iterable[str],
    places: int,
) -> Incident:
    """Add to an incident what joined it: it is never of a lower level, and about nobody fewer."""
    found = locked(connection, incident_id)
    higher = max(Level(found.level), level, key=lambda each: each.rank)
    values = {
        "level": higher.value,
        "kinds": list(dict.fromkeys((*found.kinds, *kinds))),
        "about": list(dict.fromkeys((*found.about, *about))),
        "places": places,
    }
    connection.execute(update(INCIDENT).where(INCIDENT.c.id == incident_id).values(**values))
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


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))

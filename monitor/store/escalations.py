"""Escalations in the outbox: which urgent incidents nobody has taken, and who was told of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.store.deliveries import ALERT, DELIVERY, ESCALATION, HELD
from monitor.store.incidents import ACT, INCIDENT
from monitor.store.mentions import CHUNK, MENTION

URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter about an urgent mention of an incident, as far as escalation looks at it."""

    kind: str
    subject: str
    mention_id: str
    role: str
    email: str
    state: str
    owed_at: datetime
    due_at: datetime
    sent_at: datetime | None
    channel: str


@dataclass(frozen=True, slots=True)
class Untaken:
    """An urgent incident that nobody has, since when it is open, and its letters."""

    incident: str
    school: str
    opened_at: datetime
    about: tuple[str, ...]
    letters: tuple[Letter, ...]


def untaken(connection: Connection, schools: Collection[str]) -> tuple[Untaken, ...]:
    """The urgent incidents of these schools that nobody has, the oldest first.

    Those of which nobody was owed an urgent alert are left out: there was nothing to answer. So
    are those of a restored backup whose letters are held until a person decides, where there
    has been no alert since.
    """
    reopened = (
        select(func.max(ACT.c.at))
        .where(ACT.c.incident == INCIDENT.c.id, ACT.c.kind == "reopened")
        .scalar_subquery()
    )
    columns = (INCIDENT.c.id, INCIDENT.c.school, INCIDENT.c.opened_at, INCIDENT.c.about)
    query = (
        select(*columns, reopened.label("reopened_at"))
        .where(INCIDENT.c.school.in_(schools), INCIDENT.c.state == "open")
        .where(INCIDENT.c.level == URGENT)
        .order_by(INCIDENT.c.opened_at, INCIDENT.c.id)
    )
    rows = connection.execute(query).all()
    letters = _letters(connection, [row.id for row in rows])
    return tuple(
        Untaken(
            row.id, row.school, row.reopened_at or row.opened_at, tuple(row.about), letters[row.id]
        )
        for row in rows
        if row.id in letters
    )


def _letters(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[Letter, ...]]:
    """By incident, what was owed about it."""
    columns = [DELIVERY.c[name] for name in Letter.__dataclass_fields__]
    found: dict[str, list[Letter]] = {}
    for start in range(0, len(ids), CHUNK):
        query = (
            select(MENTION.c.incident, *columns)
            .join(DELIVERY, DELIVERY.c.mention_id == MENTION.c.id)
            .where(MENTION.c.incident.in_(ids[start : start + CHUNK]))
            .where(DELIVERY.c.kind.in_((ALERT, ESCALATION)), DELIVERY.c.level == URGENT)
            .order_by(DELIVERY.c.due_at, DELIVERY.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.incident, []).append(Letter(*row[1:]))
    return {
        incident: tuple(letter for letter in letters if letter.state != HELD)
        for incident, letters in found.items()
        if _calls(letters)
    }


def _calls(letters: Sequence[Letter]) -> bool:
    """True where there is an alert to answer: one that is not held, and no older than what is."""
    held = [letter.owed_at for letter in letters if letter.state == HELD]
    alerts = (one for one in letters if one.kind == ALERT and one.state != HELD)
    return any(not held or alert.owed_at > max(held) for alert in alerts)

"""Answers by mail in the outbox: which letter one answers, what that told of, and to whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from monitor.store.deliveries import COLUMNS, DELIVERY, ROLLUP, Delivery
from monitor.store.incidents import ACT
from monitor.store.mentions import MENTION


def letter_of(connection: Connection, token: str) -> Delivery | None:
    """The letter whose Message-ID begins with that mark."""
    begins = DELIVERY.c.message_id.startswith(f"<{token}@", autoescape=True)
    row = connection.execute(select(*COLUMNS).where(begins).limit(1)).first()
    return Delivery(**row._mapping) if row else None


def incidents_of(connection: Connection, letter: Delivery) -> tuple[str, ...]:
    """The incidents that a letter told of: one, or every one of a roll-up."""
    covered = and_(DELIVERY.c.channel == ROLLUP, DELIVERY.c.reply == letter.id)
    told = select(DELIVERY.c.mention_id).where(or_(DELIVERY.c.id == letter.id, covered))
    query = select(MENTION.c.incident).where(MENTION.c.id.in_(told)).distinct()
    rows = connection.execute(query.where(MENTION.c.incident.is_not(None)))
    return tuple(rows.scalars())


def told(connection: Connection, letter: Delivery, incident: str) -> frozenset[str]:
    """The addresses that have been sent a letter about an incident, that one's included."""
    ours = select(MENTION.c.id).where(MENTION.c.incident == incident)
    gone = (DELIVERY.c.mention_id.in_(ours), DELIVERY.c.sent_at.is_not(None))
    rows = connection.execute(select(DELIVERY.c.email).where(*gone).distinct())
    return frozenset((*rows.scalars(), letter.email))


def reopened_at(connection: Connection, incident: str) -> datetime | None:
    """When an incident was last reopened."""
    query = select(func.max(ACT.c.at)).where(ACT.c.incident == incident, ACT.c.kind == "reopened")
    found: datetime | None = connection.execute(query).scalar()
    return found

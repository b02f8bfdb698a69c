"""Which urgent alerts are still without the note that goes to the same person's second channel."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from monitor.judge.terms import Level
from monitor.store.deliveries import (
    ALERT,
    COLUMNS,
    DELIVERY,
    ESCALATION,
    HELD,
    ROLLUP,
    SECOND,
    Delivery,
)

_NOTE = DELIVERY.alias("note")


def without_note(
    connection: Connection, schools: Collection[str], emails: Collection[str], since: datetime
) -> tuple[Delivery, ...]:
    """The urgent alerts to these people that were owed since then and have no note of their own,
    the oldest first; those too that a roll-up has named before their note could be owed.
    """
    rolled_up = and_(DELIVERY.c.state == "dropped", DELIVERY.c.channel == ROLLUP)
    same = (_NOTE.c.subject == DELIVERY.c.id, _NOTE.c.email == DELIVERY.c.email)
    where = (
        DELIVERY.c.kind.in_((ALERT, ESCALATION)),
        DELIVERY.c.level == Level.URGENT,
        or_(DELIVERY.c.state.not_in(("dropped", HELD)), rolled_up),
        DELIVERY.c.owed_at >= since,
        DELIVERY.c.school.in_(schools),
        DELIVERY.c.email.in_(emails),
        ~exists().where(_NOTE.c.kind == SECOND, *same),
    )
    query = select(*COLUMNS).where(*where).order_by(DELIVERY.c.owed_at, DELIVERY.c.id)
    return tuple(Delivery(**row._mapping) for row in connection.execute(query))


def last_owed(connection: Connection, emails: Collection[str]) -> dict[str, datetime]:
    """When each of these people was last owed a note."""
    ours = (DELIVERY.c.kind == SECOND, DELIVERY.c.email.in_(emails))
    latest = select(DELIVERY.c.email, func.max(DELIVERY.c.owed_at)).where(*ours)
    return {row[0]: row[1] for row in connection.execute(latest.group_by(DELIVERY.c.email))}

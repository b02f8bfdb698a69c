"""Numbers about the work itself, for whoever looks after the machines: what waits, how long."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from monitor.store import jobs
from monitor.store.deliveries import DELIVERY, HELD, OUTAGE
from monitor.store.looks import LOOK

# Those that have arrived are many, and tell nothing.
STATES = ("owed", "refused", "given up", HELD)
# For so long a worker that has said nothing is still counted.
PRESENT = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the work stands.

    `sources` counts those that are read by their health, and `letters` those that have not
    arrived by their state; `oldest` is how long the letter has waited that has been due longest,
    and `latest` how late the source is. `idle` is how long no worker has done anything; None
    where there never was one.
    """

    sources: Mapping[str, int]
    letters: Mapping[str, int]
    oldest: timedelta
    latest: timedelta
    is_mail_shut: bool
    workers: int
    idle: timedelta | None


def figures(connection: Connection, sources: Collection[str], now: datetime) -> Figures:
    """All of them, of one moment."""
    looks = [
        row
        for row in connection.execute(select(LOOK.c.source, LOOK.c.health, LOOK.c.due_at))
        if row.source in sources
    ]
    waiting = select(DELIVERY.c.state, func.count(), func.min(DELIVERY.c.due_at)).where(
        DELIVERY.c.state.in_(STATES)
    )
    letters = connection.execute(waiting.group_by(DELIVERY.c.state)).all()
    health = [row.health for row in looks]
    oldest = min((due for state, _, due in letters if state == "owed"), default=now)
    shared = connection.dialect.name == "postgresql"
    return Figures(
        sources={name: health.count(name) for name in sorted(set(health))},
        letters={**dict.fromkeys(STATES, 0), **{state: number for state, number, _ in letters}},
        oldest=max(now - oldest, timedelta()),
        latest=max(now - min((row.due_at for row in looks), default=now), timedelta()),
        is_mail_shut=connection.execute(select(OUTAGE.c.channel)).first() is not None,
        workers=len(jobs.present(connection, PRESENT)) if shared else 0,
        idle=jobs.idle(connection) if shared else None,
    )

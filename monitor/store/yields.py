"""What each source has brought: entries, and how many of them are about a school."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, distinct, func, select

from monitor.store.mentions import ENTRY, MENTION

# Fewer entries than this say nothing of a source.
ENOUGH = 10
NOISY_TENTHS = 8


@dataclass(frozen=True, slots=True)
class Yield:
    """How many entries a source brought in a while, and how many of them are about a school."""

    entries: int = 0
    matched: int = 0

    @property
    def tenths_not_ours(self) -> int:
        """How many in ten were judged not to be about a school."""
        return (self.entries - self.matched) * 10 // self.entries if self.entries else 0

    @property
    def is_mostly_noise(self) -> bool:
        """True where nearly all is about others: no fault of a newspaper, but one of a search."""
        return self.entries >= ENOUGH and self.tenths_not_ours >= NOISY_TENTHS


def yields(connection: Connection, sources: Collection[str], since: datetime) -> dict[str, Yield]:
    """What each of these sources has brought since a moment; those that brought nothing are out."""
    ours = and_(
        MENTION.c.source == ENTRY.c.source,
        MENTION.c.entry_key == ENTRY.c.key,
        MENTION.c.relevant.is_(True),
    )
    query = (
        select(
            ENTRY.c.source,
            func.count(distinct(ENTRY.c.key)),
            func.count(distinct(MENTION.c.entry_key)),
        )
        .select_from(ENTRY.outerjoin(MENTION, ours))
        .where(ENTRY.c.source.in_(sources), ENTRY.c.seen_at >= since)
        .group_by(ENTRY.c.source)
    )
    return {row[0]: Yield(row[1], row[2]) for row in connection.execute(query)}

"""Reports: what has been handed in to an inbox and waits there to be read as a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from monitor.store.engine import Store, one_at_a_time
from monitor.store.mentions import EVIDENCE
from monitor.store.tables import Report as ReportRow
from monitor.store.tables import table
from sources.base import Report

REPORT = table(ReportRow)
# So many are read within the time that a poll has.
AT_ONCE = 200
# How long a key is known after its report has been taken in: no sender tries again for longer.
KNOWN_FOR = timedelta(days=1)
_EMPTY = b""


def hand_in(connection: Connection, source: str, key: str, content: bytes, now: datetime) -> bool:
    """Keep a report until it is read; False where one with this key has come before."""
    # One at a time, so that numbers become visible in their order and none is read past.
    one_at_a_time(connection, f"inbox {source}")
    known = select(REPORT.c.id).where(REPORT.c.source == source, REPORT.c.key == key)
    if connection.execute(known).first():
        return False
    new = {"source": source, "key": key, "received_at": now, "content": content}
    connection.execute(insert(REPORT).values(new))
    return True


def waiting(connection: Connection, source: str, after: int) -> tuple[Report, ...]:
    """The reports after that number, oldest first, 200 at most."""
    columns = (REPORT.c.id, REPORT.c.received_at, REPORT.c.content)
    full = (REPORT.c.source == source, REPORT.c.id > after, REPORT.c.content != _EMPTY)
    rows = connection.execute(select(*columns).where(*full).order_by(REPORT.c.id).limit(AT_ONCE))
    return tuple(Report(*row) for row in rows)


def came_after(connection: Connection, source: str, number: int) -> bool:
    """True where there is more to read than up to that number."""
    later = (REPORT.c.source == source, REPORT.c.id > number, REPORT.c.content != _EMPTY)
    return connection.execute(select(REPORT.c.id).where(*later).limit(1)).first() is not None


def forget(connection: Connection, source: str, numbers: Sequence[int], now: datetime) -> None:
    """Empty reports that have been taken in; their keys are let go of a day after they came."""
    taken = (REPORT.c.source == source, REPORT.c.id.in_(numbers))
    connection.execute(update(REPORT).where(*taken).values(content=_EMPTY))
    # The last row stays: SQLite would give its number out again, to a report then never read.
    last = select(func.max(REPORT.c.id)).scalar_subquery()
    old = (REPORT.c.content == _EMPTY, REPORT.c.received_at < now - KNOWN_FOR, REPORT.c.id < last)
    connection.execute(delete(REPORT).where(*old))


def files_named(connection: Connection) -> Iterator[str]:
    """The texts that may name a file which was handed in: reports that wait, and the records of
    mentions that are kept.
    """
    for content in connection.execute(select(REPORT.c.content)).scalars():
        yield content.decode("utf-8", "replace")
    named = EVIDENCE.c.record.contains("attachments")
    yield from connection.execute(select(EVIDENCE.c.record).where(named)).scalars()


@dataclass(frozen=True, slots=True)
class ReportQueue:
    """The reports of one inbox in the database (see `sources.base.Queue`)."""

    store: Store
    source: str
    clock: Callable[[], datetime]

    def waiting(self, after: int) -> Iterator[Report]:
        """Those with higher numbers than that, oldest first."""
        with self.store.reading() as connection:
            found = waiting(connection, self.source, after)
        return iter(found)

    def forget(self, numbers: Sequence[int]) -> None:
        """Let go of what they hold."""
        with self.store.writing() as connection:
            forget(connection, self.source, numbers, self.clock())

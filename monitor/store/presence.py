"""Sealed boxes in and out of the database, all of them at once; what is in them is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from monitor.store.engine import Store, StoreError, one_at_a_time
from monitor.store.presence_tables import PresenceBox
from monitor.store.tables import Look as LookRow
from monitor.store.tables import table

BOX, LOOK = table(PresenceBox), table(LookRow)


def rows(connection: Connection) -> dict[str, bytes]:
    """Every box by its name."""
    return {row.name: bytes(row.sealed) for row in connection.execute(select(BOX))}


def hold(connection: Connection) -> None:
    """Let nobody else write boxes until this transaction ends."""
    one_at_a_time(connection, "presence")


def replace(connection: Connection, boxes: Mapping[str, bytes]) -> None:
    """Write every box anew, in an order that says nothing, and drop all others.

    SQLite overwrites what the old ones took.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    connection.execute(delete(BOX))
    values = [{"name": name, "sealed": boxes[name]} for name in sorted(boxes)]
    if values:
        connection.execute(insert(BOX), values)


def scrub(store: Store) -> None:
    """Leave no byte of boxes that are gone in the database's own files; raises StoreError.

    SQLite's log is emptied and its file written anew. PostgreSQL's table is written anew; its
    write-ahead log, its replicas and backups of it keep the sealed bytes as long as they are kept.
    """
    if store.engine.dialect.name != "sqlite":
        store.outside(f"VACUUM (FULL) {BOX.name}")
        return
    store.outside("VACUUM")
    busy, *_ = store.outside("PRAGMA wal_checkpoint(TRUNCATE)")
    if busy:
        raise StoreError(
            f"{store.name}: what was sealed is erased from the database, but a part of its log is "
            "still being read; it goes when the program next stops"
        )


def counts(connection: Connection, sources: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What each source remembers; what is spent of an allowance is among it."""
    query = select(LOOK.c.source, LOOK.c.memo).where(LOOK.c.source.in_(sources))
    return {row.source: dict(row.memo) for row in connection.execute(query)}


def keep_counts(
    connection: Connection, source: str, kind: str, counted: Mapping[str, Any], now: datetime
) -> None:
    """Put what was spent where the source's polls count it; a poll under way may count over it."""
    query = select(LOOK.c.memo).where(LOOK.c.source == source).with_for_update()
    memo = connection.execute(query).scalar()
    if memo is None:
        row = LookRow(source=source, kind=kind, due_at=now, memo=dict(counted))
        connection.execute(insert(LOOK).values(row.model_dump()))
    else:
        changed = update(LOOK).where(LOOK.c.source == source)
        connection.execute(changed.values(memo={**memo, **counted}))

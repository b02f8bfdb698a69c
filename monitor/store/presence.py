"""Sealed boxes in and out of the database, all of them at once; what is in them is not known."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from monitor.store.engine import Store, StoreError, one_at_a_time
from monitor.store.presence_tables import PresenceBox
from monitor.store.tables import table

BOX = table(PresenceBox)


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

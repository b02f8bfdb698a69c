"""A whole database, table by table: into a file beside it, and into an empty one of either kind."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, Table, delete, func, insert, select, text, update
from sqlmodel import SQLModel

import monitor.store
from monitor.store import rollups
from monitor.store.audit_tables import ChainHead
from monitor.store.daily import WATCHED
from monitor.store.deliveries import DELIVERY, HELD, ROLLUP, SIGNIN
from monitor.store.engine import Connection, Store, StoreError
from monitor.store.leases import LEASED
from monitor.store.names import SECRET
from monitor.store.opening import open_store
from monitor.store.tables import table

BATCH = 2_000
# What every new database makes for itself, and a copy brings along.
OWN = (SECRET, table(ChainHead))
# What lets people and programs in. Who was shut out after a backup was made stays out after a
# restore: nobody is signed in, and no token holds.
KEYS = frozenset({"session", "signin_link", "signin_visit", "token"})


class NotEmptyError(StoreError):
    """The database already holds something, which nothing may be laid over."""


def tables() -> tuple[Table, ...]:
    """Every table of ours, those first that others refer to."""
    for module in pkgutil.iter_modules(monitor.store.__path__):
        importlib.import_module(f"monitor.store.{module.name}")  # each may hold tables
    return tuple(SQLModel.metadata.sorted_tables)


def snapshot(store: Store, path: Path) -> None:
    """One moment of the whole database as a new SQLite file, while others go on writing."""
    path.touch(mode=0o600)
    if store.engine.dialect.name == "sqlite":
        _copy_file(store, path)
        return
    path.unlink()
    with (
        closing(open_store(f"sqlite:///{path}")) as made,
        one_moment(store) as source,
        made.writing() as target,
    ):
        fill(source, target)


def _copy_file(store: Store, path: Path) -> None:
    bare = store.engine.raw_connection()
    try:
        with closing(sqlite3.connect(path)) as target:
            # All in one step: another that writes meanwhile would have it begin anew.
            bare.driver_connection.backup(target)  # type: ignore[union-attr]
    except sqlite3.Error as error:
        raise StoreError(f"{store.name}: the copy could not be made ({error})") from error
    finally:
        bare.close()


@contextmanager
def one_moment(store: Store) -> Iterator[Connection]:
    """A connection that sees one moment of the database, however long it reads."""
    if store.engine.dialect.name == "sqlite":
        with store.reading() as connection:
            yield connection
        return
    with store.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def is_empty(connection: Connection) -> bool:
    """True where the database holds nothing but what every new one does."""
    return (
        not any(
            connection.execute(select(func.count()).select_from(one)).scalar()
            for one in tables()
            if one not in OWN and one.name != "alembic_version"
        )
        and not connection.execute(select(OWN[1]).where(OWN[1].c.number > 0)).first()
    )


def fill(source: Connection, target: Connection) -> dict[str, int]:
    """Copy every table into an empty database, in the target's transaction; how many rows each.

    Raises NotEmptyError.
    """
    if not is_empty(target):
        raise NotEmptyError("the database is not empty, and nothing is laid over what it holds")
    for own in OWN:
        target.execute(delete(own))
    copied: dict[str, int] = {}
    for one in tables():
        copied[one.name] = 0
        for rows in _batches(source, one):
            target.execute(insert(one), rows)
            copied[one.name] += len(rows)
    _count_on(target)
    return copied


def _batches(source: Connection, one: Table) -> Iterator[list[dict[str, Any]]]:
    streamed = source.execution_options(yield_per=BATCH).execute(select(one))
    for part in streamed.mappings().partitions(BATCH):
        yield [dict(row) for row in part]


def _count_on(target: Connection) -> None:
    """On PostgreSQL the numbers that rows are given go on after the highest."""
    if target.dialect.name != "postgresql":
        return
    for one in tables():
        key = one.autoincrement_column
        if key is not None and isinstance(key.type, Integer) and not key.foreign_keys:
            sequence = text("SELECT pg_get_serial_sequence(:table, :column)")
            name = target.execute(sequence, {"table": f'"{one.name}"', "column": key.name}).scalar()
            highest = target.execute(select(func.max(key))).scalar()
            if name and highest:
                target.execute(select(func.setval(name, highest)))


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        one.name: connection.execute(select(func.count()).select_from(one)).scalar() or 0
        for one in tables()
    }


def digests(connection: Connection) -> dict[str, tuple[int, str]]:
    """Of each table the number of its rows, and a hash of them all in whatever order."""
    found: dict[str, tuple[int, str]] = {}
    for one in tables():
        number, total = 0, 0
        for rows in _batches(connection, one):
            number += len(rows)
            total += sum(_row_number(row) for row in rows)
        found[one.name] = number, f"{total % 2**256:064x}"
    return found


def _row_number(row: Mapping[str, Any]) -> int:
    plain = json.dumps(row, sort_keys=True, default=_plain, ensure_ascii=True)
    return int.from_bytes(hashlib.sha256(plain.encode()).digest(), "big")


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def after_restore(connection: Connection, made_at: datetime, now: datetime) -> int:
    """Send nothing again: what was owed when the backup was made may have been sent since, and is
    held. Nobody is signed in, no token or lease holds, and no digest is owed for a week that is
    over. How many letters are held.
    """
    why = f"owed when the backup of {made_at:%d %b %Y %H:%M} UTC was made; it may have been sent"
    for one in tables():
        if one.name in KEYS:
            connection.execute(delete(one))
    connection.execute(delete(DELIVERY).where(DELIVERY.c.kind == SIGNIN))
    owed = update(DELIVERY).where(DELIVERY.c.state == "owed")
    held = connection.execute(owed.values(state=HELD, error=why)).rowcount
    for leased in LEASED:
        connection.execute(update(leased).values(lease_owner="", leased_until=None))
    connection.execute(update(WATCHED).values(digests_from=now))
    return held


def held_letters(connection: Connection) -> tuple[Mapping[str, Any], ...]:
    """The letters that a restore held back, the most serious first."""
    names = [DELIVERY.c[name] for name in ("id", "kind", "school", "level", "email", "owed_at")]
    query = select(*names).where(DELIVERY.c.state == HELD)
    rows = connection.execute(query.order_by(DELIVERY.c.priority.desc(), DELIVERY.c.owed_at))
    return tuple(dict(row._mapping) for row in rows)


def decide_held(connection: Connection, *, send: bool, now: datetime) -> int:
    """Send what is held after all, or let it be; how many letters.

    What is sent is written anew: its links and its reader are those of another day. What a
    roll-up names goes the same way as the roll-up.
    """
    is_held = DELIVERY.c.state == HELD
    rolled = select(DELIVERY.c.id).where(is_held, DELIVERY.c.kind == ROLLUP)
    names = connection.execute(rolled).scalars().all()
    held = update(DELIVERY).where(is_held)
    if send:
        rollups.let_go(connection, names)
        anew = held.values(message_id=None, date=None, content=None)
        return connection.execute(anew.values(state="owed", next_at=now, error="")).rowcount
    why = "not sent again after a backup was restored"
    rollups.let_go(connection, names, "dropped", why)
    return connection.execute(held.values(state="dropped", error=why)).rowcount

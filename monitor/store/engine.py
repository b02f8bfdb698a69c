"""SQLite or PostgreSQL: this file alone knows which, and opens the one chosen by the URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

__all__ = [
    "Connection",
    "Store",
    "StoreError",
    "connect",
    "display_name",
    "one_at_a_time",
    "sqlite_path",
]

BUSY_SECONDS = 30


class StoreError(Exception):
    """The database could not do what was asked; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open database. Every query runs inside `reading()` or `writing()`."""

    engine: Engine
    name: str

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database and never waits for a writer."""
        with _plain_errors(self.name), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is kept, or on any error nothing."""
        with _plain_errors(self.name), self.engine.connect() as plain:
            connection = plain.execution_options(footprint_writes=True)
            with connection.begin():
                yield connection

    def outside(self, statement: str) -> tuple[Any, ...]:
        """Run what may stand in no transaction, such as VACUUM; SQLite's first row of an answer."""
        with _plain_errors(self.name):
            if self.engine.dialect.name != "sqlite":
                with self.engine.connect() as plain:
                    connection = plain.execution_options(isolation_level="AUTOCOMMIT")
                    connection.exec_driver_sql(statement)
                return ()
            bare = self.engine.raw_connection()  # one for which we would have to say BEGIN
            try:
                return tuple(bare.cursor().execute(statement).fetchone() or ())
            except sqlite3.Error as error:
                raise StoreError(f"{self.name}: {_first_line(error)}") from error
            finally:
                bare.close()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


@contextmanager
def _plain_errors(name: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{name}: {_first_line(error.orig or error)}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"{name}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    words = str(error).strip().splitlines()[:1] or [type(error).__name__]
    known = {
        "attempt to write a readonly database": "the database cannot be written: its disk or "
        "folder is read-only, or belongs to another user",
        "database is locked": f"another program has held the database for {BUSY_SECONDS} seconds; "
        "close it and try again",
        "database or disk is full": "the disk is full; make room, and work goes on by itself",
        "disk I/O error": "the disk did not answer (full, read-only or failing)",
        "unable to open database file": "the file cannot be opened; is its folder there, and ours "
        "to write?",
    }
    return known.get(words[0], words[0])


def sqlite_path(url: str) -> Path | None:
    """The file behind a SQLite URL; None for a database server."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def display_name(url: str) -> str:
    """How the database is called in messages: the file, or the server without its password."""
    path = sqlite_path(url)
    return str(path) if path else make_url(url).render_as_string(hide_password=True)


def connect(url: str) -> Store:
    """An engine for the URL, without looking at what is in the database."""
    if sqlite_path(url):
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(_with_driver(make_url(url)), pool_pre_ping=True, pool_recycle=1800)
    return Store(engine, display_name(url))


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg")


def one_at_a_time(connection: Connection, name: str) -> None:
    """Wait until no other transaction is at this; SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"footprint {name}"))))


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transactions begin too late and end too early for migrations;
    # with isolation_level None we say BEGIN ourselves.
    connection.isolation_level = None
    # WAL with FULL keeps the last commit through a power cut; NORMAL may lose it.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _begin_sqlite(connection: Connection) -> None:
    # A plain BEGIN that later writes dies of "database is locked" beside another writer.
    writes = connection.get_execution_options().get("footprint_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

"""Secrets of programs: who made them, and what they open. Only their hashes are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from monitor.store.tables import table
from monitor.store.token_tables import TokenRow

TOKEN = table(TokenRow)
# That it was used is written down so often at most.
_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Token:
    """A secret by its hash (see the table). `email` is in lower case."""

    hash: str
    email: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    used_at: datetime | None


COLUMNS = [TOKEN.c[name] for name in Token.__dataclass_fields__]


def make(
    connection: Connection,
    hashed: str,
    email: str,
    name: str,
    scopes: Sequence[str],
    now: datetime,
) -> None:
    """Keep a new one."""
    row = {"hash": hashed, "email": email, "name": name, "scopes": list(scopes), "made_at": now}
    connection.execute(insert(TOKEN).values(**row, used_at=None))


def of(connection: Connection, email: str) -> tuple[Token, ...]:
    """Everything that somebody made, the newest first."""
    query = select(*COLUMNS).where(TOKEN.c.email == email).order_by(TOKEN.c.made_at.desc())
    rows = connection.execute(query)
    return tuple(Token(**{**row._mapping, "scopes": tuple(row.scopes)}) for row in rows)


def one(connection: Connection, hashed: str) -> Token | None:
    """The one of that hash, if there is one."""
    row = connection.execute(select(*COLUMNS).where(TOKEN.c.hash == hashed)).one_or_none()
    return Token(**{**row._mapping, "scopes": tuple(row.scopes)}) if row else None


def is_to_note(token: Token, now: datetime) -> bool:
    """True where it was not written down for a while that it is used."""
    return token.used_at is None or now - token.used_at > _NOTED_EVERY


def used(connection: Connection, hashed: str, now: datetime) -> None:
    """Write down that it was used."""
    connection.execute(update(TOKEN).where(TOKEN.c.hash == hashed).values(used_at=now))


def end(connection: Connection, email: str, hashed: str) -> bool:
    """End one of somebody's own; False where it is not theirs."""
    theirs = (TOKEN.c.email == email, TOKEN.c.hash == hashed)
    return connection.execute(delete(TOKEN).where(*theirs)).rowcount == 1

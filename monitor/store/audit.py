"""The audit trail: who saw, revealed, changed, exported or deleted what, and when.

It says nothing of what a post holds: ids, acts and numbers alone. Rows are chained (see
monitor/chain.py) and the database refuses to change them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from monitor.chain import Head, Link, breaks, canonical, linked
from monitor.store.audit_tables import AuditRow, ChainHead
from monitor.store.engine import one_at_a_time
from monitor.store.tables import table

AUDIT, HEAD = table(AuditRow), table(ChainHead)
NAME = "audit"
# Who did it where nobody was signed in.
ITSELF, COMMAND_LINE = "footprint", "command line"
PRUNED = "audit.pruned"
UNREADABLE = "a row was changed to what cannot be read"
# Where a detail is longer, somebody is about to write a post's words into the trail.
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Noted:
    """A row of the trail; `details` are its short further facts."""

    number: int
    at: datetime
    who: str
    act: str
    subject: str
    school: str
    details: dict[str, Any]


def note(
    connection: Connection,
    now: datetime,
    who: str,
    act: str,
    subject: str,
    school: str = "",
    **details: str | int | float,
) -> None:
    """Write down that somebody did something, in the transaction in which it is done.

    `who` is an email address, ITSELF or COMMAND_LINE; `act` a dotted verb such as
    mention.revealed; `subject` an id; `details` short strings or numbers, never a post's words:
    ValueError where one is longer than 500 characters. Best the last act of a transaction, since
    on PostgreSQL two that note wait for each other.
    """
    for name, value in details.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise ValueError(f"the detail {name} is too long for the audit trail")
    one_at_a_time(connection, NAME)
    last = head(connection, NAME)
    row = {
        "number": last.number + 1,
        "at": now,
        "who": who,
        "act": act,
        "subject": subject,
        "school": school,
        "details": json.dumps(details, ensure_ascii=False, sort_keys=True),
    }
    made = linked(last.hash, canonical(*row.values()))
    connection.execute(insert(AUDIT).values(**row, previous=last.hash, hash=made))
    move_head(connection, NAME, last.number + 1, made)


def head(connection: Connection, chain: str) -> Head:
    """Where a chain ends."""
    names = [HEAD.c[name] for name in Head.__dataclass_fields__]
    row = connection.execute(select(*names).where(HEAD.c.chain == chain)).one()
    return Head(**row._mapping)


def move_head(connection: Connection, chain: str, number: int, made: str) -> None:
    """A chain has one row more."""
    row = update(HEAD).where(HEAD.c.chain == chain)
    connection.execute(row.values(number=number, hash=made))


def listed(
    connection: Connection,
    *,
    school: str | None = None,
    since: datetime | None = None,
    subject: str | None = None,
    act: str | None = None,
    limit: int = 1000,
) -> tuple[Noted, ...]:
    """The trail, newest first: of one school, since then, of one thing, of one act."""
    where: list[ColumnElement[bool]] = []
    if school is not None:
        where.append(AUDIT.c.school == school)
    if since is not None:
        where.append(AUDIT.c.at >= since)
    if subject is not None:
        where.append(AUDIT.c.subject == subject)
    if act is not None:
        where.append(AUDIT.c.act == act)
    names = [AUDIT.c[name] for name in Noted.__dataclass_fields__]
    rows = select(*names).where(*where).order_by(AUDIT.c.number.desc()).limit(limit)
    return tuple(
        Noted(**{**row._mapping, "details": json.loads(row.details)})
        for row in connection.execute(rows)
    )


def faults(connection: Connection) -> tuple[str, ...]:
    """What is wrong with the trail, a sentence each; empty where it is as it was written."""
    last = head(connection, NAME)
    try:
        found = list(breaks(_links(connection), last))
    except (ValueError, TypeError):
        found = [UNREADABLE]
    query = select(AUDIT.c.details).where(AUDIT.c.act == PRUNED)
    pruned = connection.execute(query.order_by(AUDIT.c.number.desc()).limit(1)).scalar()
    if last.pruned != (_number(pruned) if pruned else 0):
        found.append(f"rows up to {last.pruned} were deleted, and nothing says that they might be")
    return tuple(found)


def _number(details: str) -> int | None:
    try:
        return int(json.loads(details)["to"])
    except (ValueError, KeyError, TypeError):
        return None  # the row was changed, and is named for that


def hash_at(connection: Connection, number: int) -> str | None:
    """The hash of one row; None where it is not there (any more)."""
    found: str | None = connection.execute(
        select(AUDIT.c.hash).where(AUDIT.c.number == number)
    ).scalar()
    return found


def prune(connection: Connection, before: datetime, now: datetime) -> int:
    """Delete the rows older than that, from the first on; how many. The trail says so itself."""
    one_at_a_time(connection, NAME)
    last = head(connection, NAME)
    kept = select(func.min(AUDIT.c.number)).where(AUDIT.c.at >= before)
    end = (connection.execute(kept).scalar() or last.number + 1) - 1
    if end <= last.pruned:
        return 0
    ended = connection.execute(select(AUDIT.c.hash).where(AUDIT.c.number == end)).scalar_one()
    row = update(HEAD).where(HEAD.c.chain == NAME)
    connection.execute(row.values(pruned=end, pruned_hash=ended))
    connection.execute(delete(AUDIT).where(AUDIT.c.number <= end))
    note(connection, now, ITSELF, PRUNED, NAME, to=end)
    return end - last.pruned


def _links(connection: Connection) -> Iterator[Link]:
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number)):
        facts = (row.number, row.at, row.who, row.act, row.subject, row.school, row.details)
        yield Link(row.number, canonical(*facts), row.previous, row.hash)

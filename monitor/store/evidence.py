"""Evidence: what is owed of a mention, what is kept of it, and whether it is as it was kept.

Every item is sealed in a chain (see monitor/chain.py). Removing one, when its time is over or it
is erased, is a row of the chain too; so what is gone without one was taken away.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from monitor.chain import Link, breaks, canonical, linked, missing
from monitor.evidence import Item, is_owed
from monitor.store.audit import UNREADABLE, head, move_head
from monitor.store.engine import one_at_a_time
from monitor.store.evidence_tables import CaptureRow, EvidenceItem, Seal
from monitor.store.mentions import Mention
from monitor.store.tables import table

CAPTURE, ITEM, SEAL = table(CaptureRow), table(EvidenceItem), table(Seal)
NAME = "evidence"
KEPT, REMOVED = "kept", "removed"
LEASE = timedelta(minutes=5)
FACTS = ("revision", "school", "kind", "address", "at", "version", "said", "words", "content")


@dataclass(frozen=True, slots=True)
class Capture:
    """Evidence that is owed, or how it went (see the table for the fields' meaning)."""

    mention_id: str
    revision: int
    owed_at: datetime
    next_at: datetime
    state: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """An item with its number, its salt, and the row of the chain that seals it."""

    number: int
    item: Item
    salt: str
    digest: str
    previous: str
    hash: str


FIELDS = [CAPTURE.c[name] for name in Capture.__dataclass_fields__]


def owe(connection: Connection, mentions: Iterable[Mention], now: datetime) -> None:
    """Owe evidence of those that call for it, in the transaction that says so; anew where a post
    was rewritten since it was last taken.
    """
    for mention in mentions:
        if not is_owed(mention.relevant, mention.level):
            continue
        row = CaptureRow(
            mention_id=mention.id, revision=mention.revision, owed_at=now, next_at=now
        ).model_dump()
        ours = CAPTURE.c.mention_id == mention.id
        known = connection.execute(select(CAPTURE.c.revision).where(ours)).scalar()
        if known is None:
            connection.execute(insert(CAPTURE).values(row))
        elif known < mention.revision:
            connection.execute(update(CAPTURE).where(ours).values(row))


def claim(connection: Connection, now: datetime, owner: str) -> Capture | None:
    """Lease what has been owed longest; None where nothing is due."""
    # A lease that seems longer than any was taken before the clock was set back.
    over = or_(CAPTURE.c.leased_until <= now, CAPTURE.c.leased_until > now + 2 * LEASE)
    free = and_(CAPTURE.c.state == "owed", or_(CAPTURE.c.leased_until.is_(None), over))
    due = or_(CAPTURE.c.next_at <= now, CAPTURE.c.owed_at > now + LEASE)
    first = (CAPTURE.c.next_at, CAPTURE.c.mention_id)
    chosen = select(*FIELDS).where(free, due).order_by(*first).limit(1)
    row = connection.execute(chosen.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    ours = update(CAPTURE).where(CAPTURE.c.mention_id == row.mention_id)
    connection.execute(ours.values(lease_owner=owner, leased_until=now + LEASE))
    return Capture(**row._mapping)


def settle(connection: Connection, capture: Capture, state: str, error: str = "") -> None:
    """Say how it went (done or failed), unless the post was rewritten meanwhile."""
    _after(connection, capture, state=state, error=error, attempts=capture.attempts + 1)


def postpone(
    connection: Connection, capture: Capture, error: str, next_at: datetime, *, tried: bool = True
) -> None:
    """It is tried again; not `tried` where its turn at the site had not come."""
    attempts = capture.attempts + tried
    _after(connection, capture, error=error, next_at=next_at, attempts=attempts)


def _after(connection: Connection, capture: Capture, **values: Any) -> None:
    ours = update(CAPTURE).where(CAPTURE.c.mention_id == capture.mention_id)
    connection.execute(ours.values(lease_owner="", leased_until=None))
    same = ours.where(CAPTURE.c.revision == capture.revision)
    connection.execute(same.values(**values))


def how_it_went(connection: Connection, mention_id: str) -> Capture | None:
    """Whether evidence of a mention is owed, done or failed; None where none is called for."""
    row = connection.execute(select(*FIELDS).where(CAPTURE.c.mention_id == mention_id)).first()
    return Capture(**row._mapping) if row else None


def keep(connection: Connection, item: Item, now: datetime) -> int:
    """Keep an item and seal it; its number."""
    salt = secrets.token_hex(16)
    number = _seal(connection, KEPT, 0, item.digest(salt), now)
    facts = {name: getattr(item, name) for name in FACTS}
    row = {**facts, "number": number, "mention_id": item.mention, "salt": salt}
    connection.execute(insert(ITEM).values(row))
    return number


def remove(connection: Connection, mention_ids: Collection[str], now: datetime) -> int:
    """Remove all evidence of these mentions, and say so in the chain; how many items."""
    found = select(ITEM.c.number).where(ITEM.c.mention_id.in_(mention_ids)).order_by(ITEM.c.number)
    numbers = connection.execute(found).scalars().all()
    for number in numbers:
        _seal(connection, REMOVED, number, "", now)
    connection.execute(delete(ITEM).where(ITEM.c.mention_id.in_(mention_ids)))
    connection.execute(delete(CAPTURE).where(CAPTURE.c.mention_id.in_(mention_ids)))
    return len(numbers)


def _seal(connection: Connection, act: str, of: int, digest: str, now: datetime) -> int:
    one_at_a_time(connection, NAME)
    last = head(connection, NAME)
    number = last.number + 1
    row = {"number": number, "at": now, "act": act, "of": of, "digest": digest}
    made = linked(last.hash, canonical(*row.values()))
    connection.execute(insert(SEAL).values(**row, previous=last.hash, hash=made))
    move_head(connection, NAME, number, made)
    return number


def of_mentions(connection: Connection, mention_ids: Collection[str]) -> tuple[Sealed, ...]:
    """Everything that is kept of these mentions, oldest first."""
    query = (
        select(ITEM, SEAL.c.digest, SEAL.c.previous, SEAL.c.hash)
        .join(SEAL, SEAL.c.number == ITEM.c.number)
        .where(ITEM.c.mention_id.in_(mention_ids))
        .order_by(ITEM.c.number)
    )
    return tuple(
        Sealed(row.number, _item(row), row.salt, row.digest, row.previous, row.hash)
        for row in connection.execute(query)
    )


def chain(connection: Connection) -> tuple[Link, ...]:
    """The whole chain, oldest first."""
    return tuple(_links(connection))


def hash_at(connection: Connection, number: int) -> str | None:
    """The hash of one row of the chain; None where it is not there."""
    found: str | None = connection.execute(
        select(SEAL.c.hash).where(SEAL.c.number == number)
    ).scalar()
    return found


def faults(connection: Connection) -> tuple[str, ...]:
    """What is wrong with the evidence, a sentence each; empty where it is as it was kept."""
    try:
        found = list(breaks(_links(connection), head(connection, NAME)))
        found += _of_items(connection)
    except (ValueError, TypeError):
        found = [UNREADABLE]
    return tuple(found)


def _of_items(connection: Connection) -> Iterator[str]:
    sealed = {row.number: row for row in connection.execute(select(SEAL)) if row.act == KEPT}
    removed = set(
        connection.execute(select(SEAL.c.of).where(SEAL.c.act == REMOVED)).scalars().all()
    )
    there: set[int] = set()
    for row in connection.execute(select(ITEM).order_by(ITEM.c.number)):
        there.add(row.number)
        if row.number not in sealed or row.number in removed:
            yield f"item {row.number} was put in"
        elif _item(row).digest(row.salt) != sealed[row.number].digest:
            yield f"item {row.number} was changed"
    for number in sorted(sealed.keys() - removed - there):
        yield missing(number, number).replace("row", "item")


def _links(connection: Connection) -> Iterator[Link]:
    for row in connection.execute(select(SEAL).order_by(SEAL.c.number)):
        text = canonical(row.number, row.at, row.act, row.of, row.digest)
        yield Link(row.number, text, row.previous, row.hash)


def _item(row: Row[Any]) -> Item:
    return Item(mention=row.mention_id, **{name: getattr(row, name) for name in FACTS})

"""What may not be deleted, what has been moved to the school's own records, and daily upkeep."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection, func, insert, select, update

from monitor.store import audit
from monitor.store.looks import LOOK
from monitor.store.mentions import Mention
from monitor.store.record_tables import HoldRow, MovedRow, Upkeep
from monitor.store.tables import table

HOLD, MOVED, UPKEEP = table(HoldRow), table(MovedRow), table(Upkeep)
HoldKind = Literal["police", "court", "complaint", "subject-access", "freedom-of-information"]
HOLD_KINDS: tuple[HoldKind, ...] = get_args(HoldKind)


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is kept; `released_at` and `released_by` are None while it holds."""

    id: int
    school: str
    mention_id: str
    kind: str
    name: str
    placed_at: datetime
    placed_by: str
    released_at: datetime | None
    released_by: str | None


COLUMNS = [HOLD.c[name] for name in Hold.__dataclass_fields__]


def hold(
    connection: Connection, mention: Mention, kind: HoldKind, name: str, who: str, now: datetime
) -> Hold:
    """Let nothing delete a mention until this is released; `name` is the case's own."""
    row = {
        "school": mention.school,
        "mention_id": mention.id,
        "kind": kind,
        "name": name,
        "placed_at": now,
        "placed_by": who,
    }
    made = connection.execute(insert(HOLD).values(row).returning(*COLUMNS)).one()
    audit.note(connection, now, who, "data.held", mention.id, mention.school, kind=kind, name=name)
    return Hold(**made._mapping)


def release(connection: Connection, number: int, who: str, now: datetime) -> Hold | None:
    """End a hold; None where none of that number holds."""
    ours = (HOLD.c.id == number, HOLD.c.released_at.is_(None))
    change = update(HOLD).where(*ours).values(released_at=now, released_by=who)
    row = connection.execute(change.returning(*COLUMNS)).one_or_none()
    if row is None:
        return None
    ended = Hold(**row._mapping)
    audit.note(connection, now, who, "data.released", ended.mention_id, ended.school, hold=number)
    return ended


def holds(connection: Connection, *, released: bool = False) -> tuple[Hold, ...]:
    """The holds that hold, newest first; with `released` the others too."""
    where = [] if released else [HOLD.c.released_at.is_(None)]
    rows = connection.execute(select(*COLUMNS).where(*where).order_by(HOLD.c.id.desc()))
    return tuple(Hold(**row._mapping) for row in rows)


def held(connection: Connection, mention_ids: Collection[str]) -> tuple[Hold, ...]:
    """What holds any of these mentions."""
    ours = (HOLD.c.released_at.is_(None), HOLD.c.mention_id.in_(mention_ids))
    rows = connection.execute(select(*COLUMNS).where(*ours).order_by(HOLD.c.id))
    return tuple(Hold(**row._mapping) for row in rows)


def moved(connection: Connection, mention: Mention, place: str, who: str, now: datetime) -> None:
    """Write down that a mention stands in the school's own record now, so that its time begins."""
    row = {"school": mention.school, "at": now, "who": who, "place": place}
    ours = MOVED.c.mention_id == mention.id
    if not connection.execute(update(MOVED).where(ours).values(row)).rowcount:
        connection.execute(insert(MOVED).values(mention_id=mention.id, **row))
    audit.note(connection, now, who, "data.moved", mention.id, mention.school, to=place)


def last_done(connection: Connection, name: str) -> datetime | None:
    """When a thing that is owed once a day was last done; None where it never was."""
    found: datetime | None = connection.execute(
        select(UPKEEP.c.done_at).where(UPKEEP.c.name == name)
    ).scalar()
    return found


def last_read(connection: Connection) -> datetime | None:
    """When any source was last read as it should be; None where none ever was."""
    found: datetime | None = connection.execute(select(func.max(LOOK.c.good_at))).scalar()
    return found


def done(connection: Connection, name: str, now: datetime) -> None:
    """It is done for now."""
    ours = UPKEEP.c.name == name
    if not connection.execute(update(UPKEEP).where(ours).values(done_at=now)).rowcount:
        connection.execute(insert(UPKEEP).values(name=name, done_at=now))

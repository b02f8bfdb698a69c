"""Roll-ups in the outbox: what an address is being sent, what waits, and what one letter covers.

A letter that a roll-up covers becomes dropped in the transaction that fixes the roll-up's bytes:
its `channel` is then ROLLUP and its `reply` the roll-up's id.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from monitor.store.deliveries import (
    COLUMNS,
    DELIVERY,
    ROLLUP,
    SKEW,
    Delivery,
    Owed,
    owe,
)

COVERED = "named in a roll-up with others"
# A little after the roll-up, which takes in whatever waits for it.
AFTER = timedelta(minutes=1)


def moments(
    connection: Connection, letter: Delivery, free: Collection[str], since: datetime, now: datetime
) -> tuple[datetime, ...]:
    """When the address of a letter was sent others since then; what is on its way counts as now.

    Letters of the kinds in `free` are not counted.
    """
    counted = (
        DELIVERY.c.email == letter.email,
        DELIVERY.c.kind.not_in(free),
        DELIVERY.c.id != letter.id,
    )
    gone = and_(
        DELIVERY.c.state == "sent", DELIVERY.c.sent_at > since, DELIVERY.c.sent_at <= now + SKEW
    )
    written = or_(DELIVERY.c.message_id.is_not(None), DELIVERY.c.leased_until > now)
    going = and_(DELIVERY.c.state == "owed", written)
    rows = connection.execute(select(DELIVERY.c.sent_at).where(*counted, or_(gone, going)))
    return tuple(row.sent_at or now for row in rows)


def rolled_at(connection: Connection, email: str, now: datetime) -> datetime | None:
    """When the address's last roll-up was written."""
    where = (DELIVERY.c.kind == ROLLUP, DELIVERY.c.email == email, DELIVERY.c.date <= now + SKEW)
    newest = select(DELIVERY.c.date).where(*where).order_by(DELIVERY.c.date.desc()).limit(1)
    found: datetime | None = connection.execute(newest).scalar()
    return found


def owe_rollup(
    connection: Connection,
    letter: Delivery,
    due_at: datetime,
    schools: Collection[str],
    now: datetime,
) -> datetime:
    """Owe the address of a letter a roll-up, unless one is owed and unwritten; when it is due."""
    where = (
        DELIVERY.c.kind == ROLLUP,
        DELIVERY.c.email == letter.email,
        DELIVERY.c.school.in_(schools),
        DELIVERY.c.state == "owed",
        DELIVERY.c.message_id.is_(None),
    )
    row = connection.execute(select(DELIVERY.c.id, DELIVERY.c.next_at).where(*where)).first()
    if row is None:
        rollup = Owed(
            id=uuid.uuid4().hex,
            mention_id=None,
            school=letter.school,
            level=letter.level,
            priority=letter.priority,
            role=letter.role,
            email=letter.email,
            due_at=due_at,
            kind=ROLLUP,
        )
        owe(connection, [rollup], now)
        return due_at
    graver = (DELIVERY.c.id == row.id, DELIVERY.c.priority < letter.priority)
    raised = update(DELIVERY).where(*graver)
    connection.execute(raised.values(priority=letter.priority, level=letter.level))
    found: datetime = row.next_at
    return found


def hold(
    connection: Connection, letter: Delivery, until: datetime, midnight: datetime, now: datetime
) -> None:
    """Let a letter that has been claimed wait, and with it whatever is owed alike.

    Alike is what goes to that address from the same school, of the same kind and level, and owed
    on the same side of that midnight.
    """
    alike = [DELIVERY.c[name] == getattr(letter, name) for name in ("email", "school", "level")]
    today = DELIVERY.c.owed_at >= midnight
    unleased = or_(DELIVERY.c.leased_until.is_(None), DELIVERY.c.leased_until <= now)
    connection.execute(
        update(DELIVERY)
        .where(
            *alike,
            DELIVERY.c.kind == letter.kind,
            _unwritten(),
            DELIVERY.c.next_at <= now,
            today if letter.owed_at >= midnight else ~today,
            or_(DELIVERY.c.id == letter.id, unleased),
        )
        .values(next_at=until, lease_owner="", leased_until=None)
    )
    # A letter that was due for another reason than its time, after the clock was set back.
    itself = update(DELIVERY).where(DELIVERY.c.id == letter.id)
    connection.execute(itself.values(next_at=until, lease_owner="", leased_until=None))


def waiting(
    connection: Connection,
    rollup: Delivery,
    kinds: Collection[str],
    urgent: str,
    midnight: datetime,
    now: datetime,
) -> tuple[Delivery, ...]:
    """What a roll-up covers: every letter to its address, unwritten and due, that is of these
    kinds, and of that level or owed before that midnight.
    """
    where = (
        DELIVERY.c.email == rollup.email,
        DELIVERY.c.kind.in_(kinds),
        _unwritten(),
        DELIVERY.c.due_at <= now,
        or_(DELIVERY.c.level == urgent, DELIVERY.c.owed_at < midnight),
        or_(DELIVERY.c.leased_until.is_(None), DELIVERY.c.leased_until <= now),
    )
    rows = connection.execute(select(*COLUMNS).where(*where).order_by(DELIVERY.c.due_at))
    return tuple(Delivery(**row._mapping) for row in rows)


def cover(connection: Connection, rollup_id: str, covered: Collection[str]) -> bool:
    """Settle the letters that a roll-up takes the place of; False, and none of them, where one
    has gone by itself meanwhile.
    """
    ours = (DELIVERY.c.id.in_(covered), _unwritten())
    found = connection.execute(select(DELIVERY.c.id).where(*ours).with_for_update()).all()
    if len(found) != len(covered):
        return False
    settled = update(DELIVERY).where(*ours)
    connection.execute(
        settled.values(
            state="dropped", error=COVERED, channel=ROLLUP, reply=rollup_id,
            lease_owner="", leased_until=None,
        )
    )  # fmt: skip
    facts = update(DELIVERY).where(DELIVERY.c.id == rollup_id)
    connection.execute(facts.values(facts={"covers": sorted(covered)}))
    return True


def arrived(connection: Connection, rollup_id: str, now: datetime) -> None:
    """The roll-up has been accepted: so is the news of everything in it."""
    connection.execute(update(DELIVERY).where(*_covered_by(rollup_id)).values(sent_at=now))


def lost(connection: Connection, rollup_id: str, state: str, error: str) -> tuple[Delivery, ...]:
    """The roll-up will not arrive: each letter in it ends so as well; returns them."""
    ours = _covered_by(rollup_id)
    rows = connection.execute(select(*COLUMNS).where(*ours)).all()
    ended = update(DELIVERY).where(*ours)
    connection.execute(ended.values(state=state, error=error, channel="", reply=""))
    return tuple(Delivery(**row._mapping) for row in rows)


def let_go(
    connection: Connection, rollup_ids: Collection[str], state: str = "owed", error: str = ""
) -> None:
    """These roll-ups are written anew, if at all: each letter that one covered is owed again, or
    ends so.
    """
    ours = (DELIVERY.c.channel == ROLLUP, DELIVERY.c.reply.in_(rollup_ids))
    again = update(DELIVERY).where(DELIVERY.c.state == "dropped", *ours)
    connection.execute(again.values(state=state, error=error, channel="", reply=""))


def is_rolled_up(state: str, channel: str) -> bool:
    """True of a letter that a roll-up has taken the place of."""
    return state == "dropped" and channel == ROLLUP


def _covered_by(rollup_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        DELIVERY.c.state == "dropped",
        DELIVERY.c.channel == ROLLUP,
        DELIVERY.c.reply == rollup_id,
    )


def _unwritten() -> ColumnElement[bool]:
    return and_(DELIVERY.c.state == "owed", DELIVERY.c.message_id.is_(None))

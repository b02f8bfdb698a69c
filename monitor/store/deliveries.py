"""Deliveries: the outbox. Who is owed what, the fixed message, and how it went.

Steps of a delivery's life, each one transaction: owed with its mention; claimed and composed;
told (outside any transaction); settled. A crash between told and settled sends the same bytes
again, never nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from alerts.base import Letter
from monitor.store.tables import Delivery as DeliveryRow
from monitor.store.tables import Outage as OutageRow
from monitor.store.tables import table

DELIVERY = table(DeliveryRow)
OUTAGE = table(OutageRow)
# What a letter is about: a post, a source's health, what a source held when first read, a week.
ALERT, SOURCE, SUMMARY, DIGEST = "alert", "source", "summary", "digest"
# An alert that nobody has taken, told again; many alerts to one person, named in one letter.
ESCALATION, ROLLUP = "escalation", "rollup"
# The machine's own health; and a note that goes to somebody's second channel instead of by mail.
MACHINE, SECOND = "machine", "second"
# A link that signs somebody in; nobody but that person may ever read it.
SIGNIN = "signin"
# To look oneself up: the same to every account.
REMINDER = "reminder"
# The state of what a restored backup still owed, and that may have been sent since.
HELD = "held"
# Short, so that another process soon takes up a dead one's letters; renewed while one is sent.
LEASE = timedelta(seconds=60)
# Clocks of two machines, or of two threads, differ; one that has been set back differs by more.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Owed:
    """A letter that is owed, before it is stored; one without `subject` is about its mention."""

    id: str
    mention_id: str | None
    school: str
    level: str
    priority: int
    role: str
    email: str
    due_at: datetime
    kind: str = ALERT
    subject: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored delivery (see the table for the fields' meaning)."""

    id: str
    kind: str
    subject: str
    facts: Mapping[str, Any]
    mention_id: str | None
    school: str
    level: str
    priority: int
    role: str
    email: str
    owed_at: datetime
    due_at: datetime
    next_at: datetime
    state: str
    attempts: int
    tried_at: datetime | None
    error: str
    message_id: str | None
    date: datetime | None
    sender: str
    recipient: str
    content: bytes | None
    sent_at: datetime | None
    channel: str
    reply: str

    @property
    def letter(self) -> Letter | None:
        """The message, once it has been composed."""
        if self.message_id is None or self.date is None or self.content is None:
            return None
        return Letter(self.message_id, self.date, self.sender, self.recipient, self.content)


@dataclass(frozen=True, slots=True)
class Outage:
    """A way out that is shut for every letter."""

    channel: str
    since: datetime
    failures: int
    paused_until: datetime
    error: str


FIELDS = tuple(Delivery.__dataclass_fields__)
COLUMNS = [DELIVERY.c[name] for name in FIELDS]


def owe(connection: Connection, owed: Sequence[Owed], now: datetime) -> None:
    """Write down what is owed, in the transaction of what it tells of.

    What a person was still owed about the same thing at a lower level is dropped.
    """
    rows = [_row(letter, now) for letter in owed]
    for row in rows:
        lesser = and_(
            *(DELIVERY.c[name] == row[name] for name in ("kind", "subject", "email")),
            DELIVERY.c.priority < row["priority"],
            DELIVERY.c.state == "owed",
            DELIVERY.c.message_id.is_(None),
        )
        connection.execute(
            update(DELIVERY).where(lesser).values(state="dropped", error="told at a higher level")
        )
    if rows:
        connection.execute(insert(DELIVERY), rows)


def owe_news(connection: Connection, owed: Sequence[Owed], now: datetime) -> None:
    """The same of letters about sources; one that is still unwritten takes newer facts in."""
    for letter in owed:
        unwritten = (
            DELIVERY.c.kind == letter.kind,
            DELIVERY.c.school == letter.school,
            DELIVERY.c.email == letter.email,
            DELIVERY.c.state == "owed",
            DELIVERY.c.message_id.is_(None),
        )
        found = select(DELIVERY.c.id, DELIVERY.c.facts).where(*unwritten).limit(1)
        row = connection.execute(found.with_for_update()).first()
        if row is None:
            owe(connection, [letter], now)
        else:
            facts = {**row.facts, **letter.facts}
            joined = update(DELIVERY).where(DELIVERY.c.id == row.id)
            connection.execute(joined.values(facts=facts))


def _row(letter: Owed, now: datetime) -> dict[str, Any]:
    return DeliveryRow(
        id=letter.id,
        kind=letter.kind,
        subject=letter.subject or letter.mention_id or letter.id,
        facts=dict(letter.facts),
        mention_id=letter.mention_id,
        school=letter.school,
        level=letter.level,
        priority=letter.priority,
        role=letter.role,
        email=letter.email,
        owed_at=now,
        due_at=letter.due_at,
        next_at=letter.due_at,
    ).model_dump()


def claim(
    connection: Connection,
    now: datetime,
    owner: str,
    schools: Collection[str],
    *,
    second: bool = False,
) -> Delivery | None:
    """Lease the letter that is due, the most serious and oldest first; None where none is.

    `second` takes what goes to a second channel, and nothing else does.
    """
    # What was owed or tried in the future shows that the clock has been set back: it is due.
    ahead = now + SKEW
    late = or_(DELIVERY.c.next_at <= now, DELIVERY.c.owed_at > ahead, DELIVERY.c.tried_at > ahead)
    way = DELIVERY.c.kind == SECOND if second else DELIVERY.c.kind != SECOND
    due = and_(late, way, DELIVERY.c.school.in_(schools), _free(now))
    first = (DELIVERY.c.priority.desc(), DELIVERY.c.due_at, DELIVERY.c.id)
    chosen = select(*COLUMNS).where(due).order_by(*first).limit(1)
    row = connection.execute(chosen.with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    taken = connection.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == row.id, _free(now))
        .values(lease_owner=owner, leased_until=now + LEASE, tried_at=now)
    )
    return Delivery(**row._mapping) if taken.rowcount == 1 else None


def _free(now: datetime) -> ColumnElement[bool]:
    # No lease is longer than LEASE: one that seems so was taken before the clock was set back.
    over = or_(DELIVERY.c.leased_until <= now, DELIVERY.c.leased_until > now + LEASE + SKEW)
    unleased = or_(DELIVERY.c.leased_until.is_(None), over)
    return and_(DELIVERY.c.state == "owed", unleased)


def fix(connection: Connection, delivery_id: str, letter: Letter, email: str) -> None:
    """Write the message down for good; it is never composed again."""
    unwritten = (DELIVERY.c.id == delivery_id, DELIVERY.c.message_id.is_(None))
    connection.execute(
        update(DELIVERY)
        .where(*unwritten)
        .values(
            message_id=letter.message_id,
            date=letter.date,
            sender=letter.sender,
            recipient=letter.recipient,
            content=letter.content,
            email=email,
        )
    )


def renew(connection: Connection, delivery_id: str, owner: str, now: datetime) -> None:
    """Keep a lease while a slow server makes up its mind."""
    ours = (DELIVERY.c.id == delivery_id, DELIVERY.c.lease_owner == owner)
    connection.execute(update(DELIVERY).where(*ours).values(leased_until=now + LEASE))


def sent(connection: Connection, delivery_id: str, channel: str, reply: str, now: datetime) -> None:
    """The other side of this channel has said that it holds the letter now."""
    _settle(
        connection, delivery_id, state="sent", sent_at=now, channel=channel, reply=reply, error=""
    )


def postponed(connection: Connection, delivery_id: str, error: str, next_at: datetime) -> None:
    """Not accepted this time; it stays owed."""
    attempts = DELIVERY.c.attempts + 1
    _settle(connection, delivery_id, next_at=next_at, error=error, attempts=attempts)


def ended(connection: Connection, delivery_id: str, state: str, error: str) -> None:
    """Not accepted, and asking again cannot help (`state` is refused, given up or dropped)."""
    attempts = DELIVERY.c.attempts + 1
    _settle(connection, delivery_id, state=state, error=error, attempts=attempts)


def undelivered(
    connection: Connection, schools: Collection[str], since: datetime
) -> tuple[Delivery, ...]:
    """Letters that were refused or given up, and owed since then."""
    ended_so = DELIVERY.c.state.in_(("refused", "given up"))
    where = (ended_so, DELIVERY.c.school.in_(schools), DELIVERY.c.owed_at >= since)
    rows = connection.execute(select(*COLUMNS).where(*where))
    return tuple(Delivery(**row._mapping) for row in rows)


def replaced(connection: Connection, delivery_id: str) -> None:
    """A letter that was refused goes to a corrected address, as a letter of its own."""
    row = update(DELIVERY).where(DELIVERY.c.id == delivery_id)
    connection.execute(row.values(state="dropped", error="sent again to a corrected address"))


def _settle(connection: Connection, delivery_id: str, **values: Any) -> None:
    row = (DELIVERY.c.id == delivery_id, DELIVERY.c.state == "owed")
    settled = update(DELIVERY).where(*row)
    connection.execute(settled.values(**values, lease_owner="", leased_until=None))


def addressed(connection: Connection, delivery: Delivery) -> dict[str, str]:
    """Who is, or has been, owed the same thing at the same level: address to role."""
    alike = [DELIVERY.c[name] == getattr(delivery, name) for name in ("kind", "subject", "level")]
    rows = connection.execute(select(DELIVERY.c.email, DELIVERY.c.role).where(*alike))
    return {row.email: row.role for row in rows}


def of_subject(connection: Connection, kind: str, subject: str) -> tuple[Delivery, ...]:
    """Every letter of a kind about one thing, however it went."""
    where = (DELIVERY.c.kind == kind, DELIVERY.c.subject == subject)
    rows = connection.execute(select(*COLUMNS).where(*where).order_by(DELIVERY.c.email))
    return tuple(Delivery(**row._mapping) for row in rows)


def latest_subject(connection: Connection, kind: str, school: str) -> str | None:
    """The greatest subject among a school's letters of a kind; None where it has none."""
    where = (DELIVERY.c.kind == kind, DELIVERY.c.school == school)
    found: str | None = connection.execute(
        select(func.max(DELIVERY.c.subject)).where(*where)
    ).scalar()
    return found


def next_due(connection: Connection, schools: Collection[str]) -> datetime | None:
    """When the next letter owed for these schools is due; None where nothing is owed."""
    ours = (DELIVERY.c.state == "owed", DELIVERY.c.school.in_(schools))
    waiting = select(func.min(DELIVERY.c.next_at)).where(*ours)
    found: datetime | None = connection.execute(waiting).scalar()
    return found


def counts(connection: Connection, schools: Collection[str]) -> dict[str, int]:
    """How many deliveries there are in each state."""
    ours = DELIVERY.c.school.in_(schools)
    rows = connection.execute(
        select(DELIVERY.c.state, func.count()).where(ours).group_by(DELIVERY.c.state)
    )
    return {row[0]: row[1] for row in rows}


def orphaned(connection: Connection, schools: Collection[str]) -> dict[str, int]:
    """How many letters are owed for schools that are not among these, by school."""
    lost = (DELIVERY.c.state == "owed", DELIVERY.c.school.not_in(schools))
    rows = connection.execute(
        select(DELIVERY.c.school, func.count()).where(*lost).group_by(DELIVERY.c.school)
    )
    return {row[0]: row[1] for row in rows}


def troubled(connection: Connection, schools: Collection[str]) -> tuple[Delivery, ...]:
    """Letters that will not arrive, or have not been accepted yet, the newest first."""
    trouble = or_(
        DELIVERY.c.state.in_((HELD, "refused", "given up")),
        and_(DELIVERY.c.state == "owed", DELIVERY.c.attempts > 0),
    )
    where = (trouble, DELIVERY.c.school.in_(schools))
    query = select(*COLUMNS).where(*where).order_by(DELIVERY.c.owed_at.desc())
    return tuple(Delivery(**row._mapping) for row in connection.execute(query))


def listed(
    connection: Connection, schools: Collection[str], limit: int = 100
) -> tuple[Delivery, ...]:
    """The newest deliveries, waiting ones first."""
    ours = select(*COLUMNS).where(DELIVERY.c.school.in_(schools))
    newest = (DELIVERY.c.sent_at.is_not(None), DELIVERY.c.sent_at.desc(), DELIVERY.c.due_at)
    rows = connection.execute(ours.order_by(*newest).limit(limit))
    return tuple(Delivery(**row._mapping) for row in rows)


def one(connection: Connection, delivery_id: str) -> Delivery | None:
    """The delivery of that id, if there is one."""
    row = connection.execute(select(*COLUMNS).where(DELIVERY.c.id == delivery_id)).first()
    return Delivery(**row._mapping) if row else None


def outage(connection: Connection, channel: str) -> Outage | None:
    """Whether, since when and why this way out is shut."""
    row = connection.execute(select(OUTAGE).where(OUTAGE.c.channel == channel)).first()
    return Outage(**row._mapping) if row else None


def shut(connection: Connection, now: Outage) -> None:
    """Write down that a way out is shut, so that letters wait without being tried one by one."""
    connection.execute(delete(OUTAGE).where(OUTAGE.c.channel == now.channel))
    values = {name: getattr(now, name) for name in Outage.__dataclass_fields__}
    connection.execute(insert(OUTAGE).values(values))


def reopen(connection: Connection, channel: str) -> None:
    """A letter has gone through: everything that waits may go at once."""
    connection.execute(delete(OUTAGE).where(OUTAGE.c.channel == channel))

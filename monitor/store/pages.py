"""What the web pages ask of the database: a page at a time, a fixed number of queries a page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from monitor.judge.terms import Level
from monitor.store.deliveries import DELIVERY, HELD, OUTAGE, SECOND, SIGNIN, SUMMARY, Outage
from monitor.store.mentions import COLUMNS, EVIDENCE, MENTION, Mention


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery without its message: small enough to be listed by the hundred."""

    id: str
    kind: str
    subject: str
    mention_id: str | None
    school: str
    level: str
    role: str
    email: str
    due_at: datetime
    next_at: datetime
    state: str
    attempts: int
    error: str
    sent_at: datetime | None
    channel: str
    reply: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same story as it was found in another place."""

    id: str
    source: str
    url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """What a letter is about: how its title or text begins, and how sure the judge is."""

    heading: str
    tier: str | None


@dataclass(frozen=True, slots=True)
class FirstEvidence:
    """When and where a post was first read, and the SHA-256 of its record."""

    address: str
    read_at: datetime
    sha256: str


TOLD = [DELIVERY.c[name] for name in Told.__dataclass_fields__]


def unheard(
    connection: Connection, schools: Collection[str], moment: datetime
) -> tuple[tuple[datetime | None, datetime], ...]:
    """Urgent stories found since a moment that no letter tells of: when posted, when found."""
    urgent = Level.URGENT.value
    is_told = exists(select(DELIVERY.c.id).where(_about(MENTION.c.id, urgent)))
    report = MENTION.alias("report")
    # Each by an index of its own: with "or" between them every mention would be looked at.
    is_told_elsewhere = or_(
        *(
            exists(
                select(report.c.id)
                .join(DELIVERY, _about(report.c.id, urgent))
                .where(DELIVERY.c.school == MENTION.c.school, column == _family(MENTION.c))
            )
            for column in (report.c.id, report.c.same_as)
        )
    )
    untold = (~is_told, ~is_told_elsewhere)
    where = (*_listed(schools), MENTION.c.level == urgent, MENTION.c.seen_at >= moment, *untold)
    query = select(MENTION.c.id, MENTION.c.published, MENTION.c.seen_at).where(*where)
    listed = _summed_up(connection, schools, moment)
    return tuple((row[1], row[2]) for row in connection.execute(query) if row[0] not in listed)


def _summed_up(
    connection: Connection, schools: Collection[str], moment: datetime
) -> frozenset[str]:
    """The mentions that a summary tells of which was owed since a moment."""
    where = (
        DELIVERY.c.kind == SUMMARY,
        DELIVERY.c.school.in_(schools),
        DELIVERY.c.owed_at >= moment,
        DELIVERY.c.state != "dropped",
    )
    rows = connection.execute(select(DELIVERY.c.facts).where(*where))
    return frozenset(name for row in rows for name in row[0]["mentions"])


def _about(mention: ColumnElement[str], level: str) -> ColumnElement[bool]:
    return and_(DELIVERY.c.mention_id == mention, DELIVERY.c.level == level)


def _family(columns: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[str]:
    return func.coalesce(columns.same_as, columns.id)


def _listed(schools: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    first = MENTION.alias("first")
    is_told_there = exists(
        select(first.c.id).where(
            first.c.id == MENTION.c.same_as, first.c.level == MENTION.c.level, first.c.relevant
        )
    )
    return MENTION.c.school.in_(schools), MENTION.c.relevant.is_(True), ~is_told_there


def _mention(row: Row[tuple[object, ...]]) -> Mention:
    values = row._asdict()
    lists = {name: tuple(values[name]) for name in ("categories", "reasons")}
    return Mention(**{**values, **lists})


def of_incidents(
    connection: Connection, incidents: Collection[str]
) -> dict[str, tuple[Mention, ...]]:
    """For each of these incidents its mentions that are kept, the first seen first; those too that
    are held not to be about the school.
    """
    if not incidents:
        return {}
    query = select(*COLUMNS).where(MENTION.c.incident.in_(incidents))
    of_each: dict[str, list[Mention]] = {name: [] for name in incidents}
    for row in connection.execute(query.order_by(MENTION.c.seen_at, MENTION.c.id)):
        of_each[row.incident].append(_mention(row))
    return {name: tuple(found) for name, found in of_each.items()}


def elsewhere(
    connection: Connection, mentions: Sequence[Mention]
) -> dict[str, tuple[Elsewhere, ...]]:
    """For each of these mentions, the other places that hold the same story, the first first."""
    family = _family(MENTION.c)
    wanted = {mention.id: mention.same_as or mention.id for mention in mentions}
    firsts = set(wanted.values())
    where = (
        MENTION.c.school.in_({mention.school for mention in mentions}),
        or_(MENTION.c.id.in_(firsts), MENTION.c.same_as.in_(firsts)),
        MENTION.c.relevant.is_(True),
    )
    columns = [MENTION.c[name] for name in Elsewhere.__dataclass_fields__]
    query = select(family.label("family"), *columns).where(*where)
    rows = connection.execute(query.order_by(MENTION.c.seen_at, MENTION.c.id)).all()
    families: dict[str, list[Elsewhere]] = {}
    for root, *values in rows:
        families.setdefault(root, []).append(Elsewhere(*values))
    return {
        name: tuple(place for place in families.get(root, ()) if place.id != name)
        for name, root in wanted.items()
    }


def told(connection: Connection, mentions: Collection[str]) -> dict[str, tuple[Told, ...]]:
    """For each of these mentions, who has been told or will be, the earliest first."""
    query = select(*TOLD).where(DELIVERY.c.mention_id.in_(mentions))
    rows = connection.execute(query.order_by(DELIVERY.c.due_at, DELIVERY.c.id))
    by_mention: dict[str, list[Told]] = {name: [] for name in mentions}
    for row in rows:
        by_mention[row.mention_id].append(Told(**row._mapping))
    return {name: tuple(letters) for name, letters in by_mention.items()}


def about(connection: Connection, mentions: Collection[str], most: int) -> dict[str, About]:
    """Of each of these mentions its beginning, at most so many characters of it."""
    title = func.nullif(MENTION.c.title, "")
    beginning = func.substr(func.coalesce(title, MENTION.c.text), 1, most)
    query = select(MENTION.c.id, beginning, MENTION.c.tier).where(MENTION.c.id.in_(mentions))
    return {row[0]: About(row[1], row[2]) for row in connection.execute(query)}


def waiting(connection: Connection, schools: Collection[str], limit: int) -> tuple[Told, ...]:
    """Letters that are still owed, the next due first."""
    return _letters(connection, schools, ("owed",), DELIVERY.c.next_at.asc(), limit)


def sent(
    connection: Connection, schools: Collection[str], limit: int, *, by_mail: bool
) -> tuple[Told, ...]:
    """Letters and notes that a server has taken, or else letters that lie in a folder; the newest
    first.
    """
    newest = DELIVERY.c.sent_at.desc()
    by_server = DELIVERY.c.channel.in_(("smtp", SECOND))
    way = by_server if by_mail else ~by_server
    return _letters(connection, schools, ("sent",), newest, limit, way)


def unsent(connection: Connection, schools: Collection[str], limit: int) -> tuple[Told, ...]:
    """Letters that will not go: refused, given up, or not needed any more; the newest first."""
    states = (HELD, "refused", "given up", "dropped")
    return _letters(connection, schools, states, DELIVERY.c.owed_at.desc(), limit)


def _letters(
    connection: Connection,
    schools: Collection[str],
    states: Collection[str],
    order: ColumnElement[datetime],
    limit: int,
    *more: ColumnElement[bool],
) -> tuple[Told, ...]:
    # A link that signs somebody in is for that person's eyes alone.
    others = DELIVERY.c.kind != SIGNIN
    where = (DELIVERY.c.school.in_(schools), DELIVERY.c.state.in_(states), others, *more)
    query = select(*TOLD).where(*where).order_by(order, DELIVERY.c.id).limit(limit)
    return tuple(Told(**row._mapping) for row in connection.execute(query))


def first_evidence(connection: Connection, mention_id: str) -> FirstEvidence | None:
    """What was kept when the mention was first read."""
    columns = [EVIDENCE.c[name] for name in FirstEvidence.__dataclass_fields__]
    query = select(*columns).where(EVIDENCE.c.mention_id == mention_id)
    row = connection.execute(query.order_by(EVIDENCE.c.revision).limit(1)).first()
    return FirstEvidence(**row._mapping) if row else None


def outages(connection: Connection) -> tuple[Outage, ...]:
    """Every way out that is shut."""
    columns = [OUTAGE.c[name] for name in Outage.__dataclass_fields__]
    return tuple(Outage(**row._mapping) for row in connection.execute(select(*columns)))


def undelivered(connection: Connection, schools: Collection[str], moment: datetime) -> int:
    """How many letters owed since a moment will never arrive; a note stands beside a letter."""
    lost = (
        DELIVERY.c.school.in_(schools),
        DELIVERY.c.state.in_((HELD, "refused", "given up")),
        DELIVERY.c.kind.not_in((SECOND, SIGNIN)),
        DELIVERY.c.owed_at >= moment,
    )
    return connection.execute(select(func.count()).where(*lost)).scalar_one()


def late(connection: Connection, schools: Collection[str], moment: datetime) -> int:
    """How many letters were due before a moment and are still owed."""
    overdue = (
        DELIVERY.c.school.in_(schools),
        DELIVERY.c.kind != SECOND,
        DELIVERY.c.state == "owed",
        DELIVERY.c.due_at < moment,
    )
    return connection.execute(select(func.count()).where(*overdue)).scalar_one()

"""Deleting: what goes with a mention, when its time is over, and what is erased for good.

Whatever is kept of a mention anywhere is named in `_delete`; a table that a mention's words may
stand in and that is not named there is a mistake. Its daily totals stay: they say nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, insert, or_, select
from sqlalchemy import update as change

from monitor.settings import Keep
from monitor.store import daily, evidence, rollups
from monitor.store.corrections import CORRECTION
from monitor.store.daily import DAILY, WATCHED
from monitor.store.deliveries import ALERT, DELIVERY, ROLLUP, SUMMARY
from monitor.store.incidents import ACT, INCIDENT
from monitor.store.mentions import ENTRY, EVIDENCE, JUDGEMENT, MENTION, SHINGLE
from monitor.store.names import names
from monitor.store.record_tables import Erased
from monitor.store.records import HOLD, MOVED
from monitor.store.rights_tables import Restriction, TakeDown
from monitor.store.tables import table

ERASED = table(Erased)
RESTRICTION, TAKE_DOWN = table(Restriction), table(TakeDown)
BATCH = 400
# The facts of an act that are anybody's own words.
TYPED = frozenset({"contact", "reference", "platform"})
# A letter that is about no single post may tell of some: its bytes go when a watched post's do.
LETTERS = timedelta(days=90)
TOTALS = timedelta(days=6 * 365 + 2)


@dataclass(frozen=True, slots=True)
class Gone:
    """An erased mention: its id, and the keyed name of its words ("" where that is not known)."""

    mention: str
    content: str


def schools(connection: Connection) -> tuple[str, ...]:
    """Every school that anything is kept of, those that are configured no more included."""
    found = connection.execute(select(MENTION.c.school).distinct()).scalars().all()
    watched = connection.execute(select(WATCHED.c.school)).scalars().all()
    return tuple(sorted({*found, *watched}))


def overdue(connection: Connection, school: str, keep: Keep, now: datetime) -> tuple[str, ...]:
    """Some mentions of a school whose time is over, a bounded number; none where none are left.

    What is on hold or kept unused, still owes an alert, or belongs to an incident that is not
    closed, stays.
    """
    query = select(MENTION.c.id).where(
        MENTION.c.school == school,
        or_(*_over(keep, now)),
        ~exists().where(HOLD.c.mention_id == MENTION.c.id, HOLD.c.released_at.is_(None)),
        ~exists().where(RESTRICTION.c.mention_id == MENTION.c.id),
        ~exists().where(DELIVERY.c.mention_id == MENTION.c.id, DELIVERY.c.state == "owed"),
        ~exists().where(INCIDENT.c.id == MENTION.c.incident, INCIDENT.c.state != "closed"),
    )
    return tuple(connection.execute(query.order_by(MENTION.c.seen_at).limit(BATCH)).scalars())


def _over(keep: Keep, now: datetime) -> Iterable[ColumnElement[bool]]:
    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    seen, level = MENTION.c.seen_at, MENTION.c.level
    yield and_(~MENTION.c.relevant, seen < ago(keep.not_about_us))
    yield and_(MENTION.c.relevant, level == "routine", seen < ago(keep.routine))
    yield and_(MENTION.c.relevant, level == "watch", seen < ago(keep.watch))
    late = ago(keep.respond)
    recent = exists().where(INCIDENT.c.id == MENTION.c.incident, INCIDENT.c.changed_at >= late)
    yield and_(MENTION.c.relevant, level == "respond", seen < late, ~recent)
    there = exists().where(MOVED.c.mention_id == MENTION.c.id, MOVED.c.at < ago(keep.urgent))
    yield and_(MENTION.c.relevant, level == "urgent", there)


def expire(connection: Connection, mention_ids: Collection[str], now: datetime) -> None:
    """Delete mentions whose time is over, with all that is kept of them.

    What corrections of them taught stays, without the words in which it was said.
    """
    daily.alone(connection)
    ours = CORRECTION.c.mention_id.in_(mention_ids)
    connection.execute(change(CORRECTION).where(ours).values(note=""))
    _delete(connection, mention_ids, now)


def erase(connection: Connection, mention_ids: Collection[str], now: datetime) -> tuple[Gone, ...]:
    """Erase mentions for good: also what was learnt of them, what was noted about them, and the
    bytes of every letter in which they may be named. Their words are not taken in again.
    """
    daily.alone(connection)
    rows = connection.execute(select(MENTION).where(MENTION.c.id.in_(mention_ids))).all()
    gone = tuple(Gone(row.id, _content(connection, row)) for row in rows)
    bar(connection, [one.content for one in gone if one.content], now)
    ours = CORRECTION.c.mention_id.in_(mention_ids)
    connection.execute(change(CORRECTION).where(ours).values(note="", phrases=[]))
    incidents = {row.incident for row in rows if row.incident}
    notes = change(ACT).where(ACT.c.incident.in_(incidents), ACT.c.note != "")
    connection.execute(notes.values(note="(erased)"))
    _forget_facts(connection, incidents)
    told = change(INCIDENT).where(INCIDENT.c.id.in_(incidents), INCIDENT.c.outcome != "")
    connection.execute(told.values(outcome="(erased)"))
    for row in rows:
        _forget_letters(connection, row.school, row.seen_at)
    _delete(connection, mention_ids, now)
    left = select(MENTION.c.incident).where(MENTION.c.incident.in_(incidents))
    _delete_incidents(connection, incidents - set(connection.execute(left).scalars()))
    return gone


def bar(connection: Connection, contents: Collection[str], now: datetime) -> None:
    """Never take these words in again (keyed names)."""
    known = set(
        connection.execute(select(ERASED.c.content).where(ERASED.c.content.in_(contents))).scalars()
    )
    fresh = [{"content": one, "erased_at": now} for one in sorted(set(contents) - known)]
    if fresh:
        connection.execute(insert(ERASED), fresh)


def barred(connection: Connection, contents: Collection[str]) -> frozenset[str]:
    """Those of these words (by their hash, as an entry is known) that were erased."""
    if connection.execute(select(ERASED.c.content).limit(1)).first() is None:
        return frozenset()
    keyed = names(connection)
    plain = {keyed(content): content for content in contents}
    found: set[str] = set()
    asked = sorted(plain)
    for start in range(0, len(asked), BATCH):
        part = asked[start : start + BATCH]
        rows = connection.execute(select(ERASED.c.content).where(ERASED.c.content.in_(part)))
        found.update(plain[content] for content in rows.scalars())
    return frozenset(found)


def of_gone(connection: Connection, gone: Sequence[Gone]) -> tuple[str, ...]:
    """The mentions that an older backup brought back, by their ids or their words."""
    ids = {one.mention for one in gone}
    contents = {one.content for one in gone if one.content}
    same = exists().where(
        ENTRY.c.source == MENTION.c.source,
        ENTRY.c.key == MENTION.c.entry_key,
        ENTRY.c.content.in_(contents),
    )
    query = select(MENTION.c.id).where(or_(MENTION.c.id.in_(ids), same))
    return tuple(connection.execute(query).scalars())


def expire_letters(connection: Connection, now: datetime) -> None:
    """Let go of the bytes of old letters that are about no single post, and of old totals."""
    old = (
        DELIVERY.c.kind != ALERT,
        DELIVERY.c.state != "owed",
        DELIVERY.c.owed_at < now - LETTERS,
        DELIVERY.c.content.is_not(None),
    )
    connection.execute(change(DELIVERY).where(*old).values(content=None))
    connection.execute(delete(DAILY).where(DAILY.c.day < (now - TOTALS).date()))


def expire_incidents(connection: Connection, keeping: Mapping[str, Keep], now: datetime) -> int:
    """Delete closed incidents of which no post is left, when their time is over; how many. An
    urgent one goes when its posts, which were moved, are gone.
    """
    found: list[str] = []
    for school, keep in keeping.items():
        empty = ~exists().where(MENTION.c.incident == INCIDENT.c.id)
        late = INCIDENT.c.changed_at < now - timedelta(days=keep.respond)
        over = or_(late, INCIDENT.c.level == "urgent")
        ours = (INCIDENT.c.school == school, INCIDENT.c.state == "closed", over, empty)
        found += connection.execute(select(INCIDENT.c.id).where(*ours)).scalars()
    _delete_incidents(connection, found)
    return len(found)


def _content(connection: Connection, row: Row[Any]) -> str:
    entry = (ENTRY.c.source == row.source, ENTRY.c.key == row.entry_key)
    return connection.execute(select(ENTRY.c.content).where(*entry)).scalar() or ""


def _forget_facts(connection: Connection, incidents: Collection[str]) -> None:
    """What somebody typed beside an act goes with the notes: nothing says which of an incident's
    posts it was about. That the act was done, and what it starts or ends, stays.
    """
    rows = connection.execute(select(ACT.c.id, ACT.c.facts).where(ACT.c.incident.in_(incidents)))
    for row in rows.all():
        typed = dict.fromkeys(row.facts.keys() & TYPED, "(erased)")
        if typed:
            ours = change(ACT).where(ACT.c.id == row.id)
            connection.execute(ours.values(facts={**row.facts, **typed}))


def _forget_letters(connection: Connection, school: str, since: datetime) -> None:
    """The bytes of each letter that may quote a post go; one that is still owed is written anew."""
    # A roll-up names posts of every school that its reader hears of.
    may_tell = or_(DELIVERY.c.school == school, DELIVERY.c.kind == ROLLUP)
    ours = (may_tell, DELIVERY.c.kind != ALERT, DELIVERY.c.date >= since)
    settled = change(DELIVERY).where(*ours, DELIVERY.c.state != "owed")
    connection.execute(settled.values(content=None))
    rolled = select(DELIVERY.c.id).where(*ours, DELIVERY.c.state == "owed")
    rollups.let_go(connection, connection.execute(rolled).scalars().all())
    unsent = change(DELIVERY).where(*ours, DELIVERY.c.state == "owed")
    connection.execute(unsent.values(content=None, message_id=None, date=None))


def _delete(connection: Connection, mention_ids: Collection[str], now: datetime) -> None:
    evidence.remove(connection, mention_ids, now)
    for kept in (JUDGEMENT, EVIDENCE, SHINGLE, HOLD, MOVED, RESTRICTION, TAKE_DOWN):
        connection.execute(delete(kept).where(kept.c.mention_id.in_(mention_ids)))
    about = or_(DELIVERY.c.mention_id.in_(mention_ids), DELIVERY.c.subject.in_(mention_ids))
    connection.execute(delete(DELIVERY).where(about))
    _unlist(connection, frozenset(mention_ids))
    connection.execute(delete(MENTION).where(MENTION.c.id.in_(mention_ids)))


def _delete_incidents(connection: Connection, incidents: Collection[str]) -> None:
    connection.execute(delete(ACT).where(ACT.c.incident.in_(incidents)))
    connection.execute(delete(INCIDENT).where(INCIDENT.c.id.in_(incidents)))


def _unlist(connection: Connection, mention_ids: frozenset[str]) -> None:
    """Summaries list posts by their ids."""
    letters = select(DELIVERY.c.id, DELIVERY.c.facts).where(DELIVERY.c.kind == SUMMARY)
    for row in connection.execute(letters).all():
        listed = row.facts.get("mentions", [])
        left = [one for one in listed if one not in mention_ids]
        if len(left) < len(listed):
            facts = {**row.facts, "mentions": left}
            connection.execute(change(DELIVERY).where(DELIVERY.c.id == row.id).values(facts=facts))

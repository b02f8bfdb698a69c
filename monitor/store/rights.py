"""What people asked about their data, posts that are kept and not used, approvals, consent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from monitor.store import audit
from monitor.store.mentions import MENTION, Mention, several
from monitor.store.rights_tables import (
    ApprovalRow,
    ConsentList,
    Restriction,
    RightsRequest,
    TakeDown,
)
from monitor.store.tables import table

REQUEST, RESTRICTION = table(RightsRequest), table(Restriction)
APPROVAL, CONSENT, TAKE_DOWN = table(ApprovalRow), table(ConsentList), table(TakeDown)
# What stands in place of a post's words while it is kept and not used.
UNUSED = "[kept and not used: the data protection officer decides]"
_WORDS = ("title", "text", "author", "reasons")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is kept (see the table for the fields' meaning)."""

    id: int
    school: str
    kind: str
    reference: str
    received_at: datetime
    due_at: datetime
    recorded_by: str
    acknowledged_at: datetime | None
    extended: str
    decision: str
    reason: str
    decided_at: datetime | None
    decided_by: str


_COLUMNS = [REQUEST.c[name] for name in Request.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Approved:
    """The last approval of a school's watching (see the table for the fields' meaning)."""

    school: str
    at: datetime
    who: str
    headteacher: str
    dpo_advice: str
    day: date
    fingerprint: str
    terms: tuple[str, ...]


def rows(connection: Connection, tables: Collection[Table]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of these tables, by the table's name; for a request of the person alone."""
    for one in tables:
        for row in connection.execute(select(one)):
            yield one.name, dict(row._mapping)


def ask(
    connection: Connection,
    school: str,
    kind: str,
    reference: str,
    received: datetime,
    due: datetime,
    who: str,
    now: datetime,
) -> Request:
    """Write down that somebody asked."""
    row = {
        "school": school,
        "kind": kind,
        "reference": reference,
        "received_at": received,
        "due_at": due,
        "recorded_by": who,
        "extended": "",
        "decision": "",
        "reason": "",
        "decided_by": "",
    }
    made = Request(
        **connection.execute(insert(REQUEST).values(**row).returning(*_COLUMNS)).one()._mapping
    )
    audit.note(connection, now, who, "rights.asked", str(made.id), school, kind=kind)
    return made


def request(connection: Connection, number: int) -> Request | None:
    """The request of that number, if there is one."""
    row = connection.execute(select(*_COLUMNS).where(REQUEST.c.id == number)).one_or_none()
    return Request(**row._mapping) if row else None


def requests(
    connection: Connection, schools: Collection[str], *, decided: bool = False
) -> tuple[Request, ...]:
    """The requests that are open, what is due first coming first; with `decided` the others too."""
    where: list[ColumnElement[bool]] = [REQUEST.c.school.in_(schools)]
    if not decided:
        where.append(REQUEST.c.decision == "")
    found = connection.execute(
        select(*_COLUMNS).where(*where).order_by(REQUEST.c.due_at, REQUEST.c.id)
    )
    return tuple(Request(**row._mapping) for row in found)


def acknowledge(connection: Connection, found: Request, who: str, now: datetime) -> None:
    """Write down that whoever asked was told that it is here."""
    _change(connection, found.id, acknowledged_at=now)
    audit.note(connection, now, who, "rights.acknowledged", str(found.id), found.school)


def extend(
    connection: Connection, found: Request, due: datetime, why: str, who: str, now: datetime
) -> None:
    """Take the further time that the law allows."""
    _change(connection, found.id, due_at=due, extended=why)
    audit.note(connection, now, who, "rights.extended", str(found.id), found.school)


def decide(
    connection: Connection, found: Request, decision: str, reason: str, who: str, now: datetime
) -> None:
    """Write down what was decided, by whom and why; the words stay in the record alone."""
    _change(
        connection,
        found.id,
        decision=decision,
        reason=reason,
        decided_at=now,
        decided_by=who,
    )
    act = "rights.decided"
    audit.note(connection, now, who, act, str(found.id), found.school, decision=decision)


def _change(connection: Connection, number: int, **values: Any) -> None:
    connection.execute(update(REQUEST).where(REQUEST.c.id == number).values(**values))


def expire(connection: Connection, before: datetime) -> int:
    """Delete the records of requests that were decided before then; how many."""
    over = (REQUEST.c.decision != "", REQUEST.c.decided_at < before)
    return connection.execute(delete(REQUEST).where(*over)).rowcount


def restricted(connection: Connection, mention_id: str) -> str | None:
    """Since when and why a post is not used; None where it is."""
    row = connection.execute(
        select(RESTRICTION.c.why).where(RESTRICTION.c.mention_id == mention_id)
    ).one_or_none()
    return row.why if row else None


def restrict(connection: Connection, mention: Mention, why: str, who: str, now: datetime) -> bool:
    """Keep a post and use it no more: no page, letter or file has its words until it is lifted.

    False where it is so already.
    """
    if restricted(connection, mention.id) is not None:
        return False
    words = {
        "title": mention.title,
        "text": mention.text,
        "author": mention.author,
        "reasons": [dict(reason) for reason in mention.reasons],
    }
    row = {"mention_id": mention.id, "at": now, "who": who, "why": why, "words": words}
    connection.execute(insert(RESTRICTION).values(**row))
    _put(connection, mention.id, {"title": "", "text": UNUSED, "author": "", "reasons": []})
    audit.note(connection, now, who, "rights.restricted", mention.id, mention.school)
    return True


def lift(connection: Connection, mention: Mention, who: str, now: datetime) -> bool:
    """Use a post again; False where it was not restricted."""
    ours = RESTRICTION.c.mention_id == mention.id
    words = connection.execute(select(RESTRICTION.c.words).where(ours)).scalar()
    if words is None:
        return False
    connection.execute(delete(RESTRICTION).where(ours))
    _put(connection, mention.id, {name: words[name] for name in _WORDS})
    audit.note(connection, now, who, "rights.lifted", mention.id, mention.school)
    return True


def _put(connection: Connection, mention_id: str, words: dict[str, Any]) -> None:
    connection.execute(update(MENTION).where(MENTION.c.id == mention_id).values(**words))


def approve(connection: Connection, approved: Approved) -> None:
    """Write down an approval, beside the earlier ones."""
    row = {name: getattr(approved, name) for name in Approved.__dataclass_fields__}
    connection.execute(insert(APPROVAL).values(**{**row, "terms": list(approved.terms)}))
    audit.note(
        connection,
        approved.at,
        approved.who,
        "approval.recorded",
        approved.fingerprint[:16],
        approved.school,
        day=approved.day.isoformat(),
    )


def approval(connection: Connection, school: str) -> Approved | None:
    """The last approval that was written down for a school; None where none was."""
    names = [APPROVAL.c[name] for name in Approved.__dataclass_fields__]
    newest = select(*names).where(APPROVAL.c.school == school).order_by(APPROVAL.c.id.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    return Approved(**{**row._mapping, "terms": tuple(row.terms)}) if row else None


def approvals(connection: Connection, school: str) -> frozenset[tuple[str, str, date]]:
    """Every approval of a school: by whom, on what advice, on which day."""
    said = [APPROVAL.c[name] for name in ("headteacher", "dpo_advice", "day")]
    found = connection.execute(select(*said).where(APPROVAL.c.school == school))
    return frozenset((row.headteacher, row.dpo_advice, row.day) for row in found)


def keep_consent(
    connection: Connection, school: str, sealed: bytes, pupils: int, who: str, now: datetime
) -> None:
    """Keep a school's list of who may be shown, in the place of the one before."""
    connection.execute(delete(CONSENT).where(CONSENT.c.school == school))
    connection.execute(insert(CONSENT).values(school=school, at=now, who=who, sealed=sealed))
    audit.note(connection, now, who, "consent.kept", school, school, pupils=pupils)


def forget_consent(connection: Connection, school: str, who: str, now: datetime) -> bool:
    """Delete a school's list; False where there was none."""
    gone = connection.execute(delete(CONSENT).where(CONSENT.c.school == school)).rowcount
    if gone:
        audit.note(connection, now, who, "consent.forgotten", school, school)
    return bool(gone)


def consent(connection: Connection, school: str) -> bytes | None:
    """A school's list as it was sealed; None where there is none."""
    found: bytes | None = connection.execute(
        select(CONSENT.c.sealed).where(CONSENT.c.school == school)
    ).scalar()
    return found


@dataclass(frozen=True, slots=True)
class Due:
    """A post of the school's own that is to be taken down."""

    mention_id: str
    url: str
    at: datetime
    owner: str


def posts_of(connection: Connection, school: str) -> tuple[Mention, ...]:
    """Every post of a school that is kept."""
    ids = connection.execute(select(MENTION.c.id).where(MENTION.c.school == school)).scalars()
    return several(connection, tuple(ids))


def take_down(
    connection: Connection, posts: Collection[Mention], owner: str, who: str, now: datetime
) -> int:
    """Have posts of the school's own taken down by somebody; how many are new to the list."""
    ids = [post.id for post in posts]
    waiting = (TAKE_DOWN.c.mention_id.in_(ids), TAKE_DOWN.c.done_at.is_(None))
    known = set(connection.execute(select(TAKE_DOWN.c.mention_id).where(*waiting)).scalars())
    fresh = [post for post in posts if post.id not in known]
    connection.execute(
        delete(TAKE_DOWN).where(TAKE_DOWN.c.mention_id.in_([post.id for post in fresh]))
    )
    for post in fresh:
        row = {"mention_id": post.id, "school": post.school, "at": now, "owner": owner}
        connection.execute(insert(TAKE_DOWN).values(**row, done_by=""))
        audit.note(connection, now, who, "consent.take_down", post.id, post.school, owner=owner)
    return len(fresh)


def to_take_down(connection: Connection, school: str) -> tuple[Due, ...]:
    """The posts of the school's own that are still to be taken down, the oldest task first."""
    of = TAKE_DOWN.c.mention_id == MENTION.c.id
    columns = (TAKE_DOWN.c.mention_id, MENTION.c.url, TAKE_DOWN.c.at, TAKE_DOWN.c.owner)
    ours = (TAKE_DOWN.c.school == school, TAKE_DOWN.c.done_at.is_(None))
    found = connection.execute(
        select(*columns).join(MENTION, of).where(*ours).order_by(TAKE_DOWN.c.at, MENTION.c.id)
    )
    return tuple(Due(**row._mapping) for row in found)


def taken_down(connection: Connection, mention_id: str, who: str, now: datetime) -> bool:
    """It is done; False where it was not on the list."""
    ours = (TAKE_DOWN.c.mention_id == mention_id, TAKE_DOWN.c.done_at.is_(None))
    row = update(TAKE_DOWN).where(*ours).values(done_at=now, done_by=who)
    school = connection.execute(row.returning(TAKE_DOWN.c.school)).scalar()
    if school is None:
        return False
    audit.note(connection, now, who, "consent.taken_down", mention_id, school)
    return True

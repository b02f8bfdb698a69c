"""Corrections: what people say of mentions, kept for ever, and what a mention shows for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from monitor.judge.corrected import Answer, Correction, Kind, answer, answers, host_of
from monitor.judge.lessons import Lessons
from monitor.judge.terms import Level, Reason
from monitor.store import daily, evidence, joining
from monitor.store.mentions import JUDGEMENT, MENTION, Mention, several
from monitor.store.tables import CorrectionRow, table

CORRECTION = table(CorrectionRow)
LIVE = CORRECTION.c.undone_at.is_(None)
# What every reason begins with that a lesson, not the program, gave.
LEARNT = "lesson."

# Changes whenever the lessons may have: corrections made and undone, and the posts behind them.
Mark = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Record:
    """A correction as it is kept; `undone_at` and `undone_by` are None while it holds."""

    number: int
    school: str
    mention: str
    kind: Kind
    level: str | None
    note: str
    phrases: tuple[str, ...]
    made_at: datetime
    made_by: str
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A correction before it is kept: the kind, what it says, who says it and when."""

    kind: Kind
    level: Level | None
    phrases: tuple[str, ...]
    note: str
    by: str
    at: datetime


def starting(connection: Connection, beginning: str, most: int = 2) -> tuple[str, ...]:
    """The ids of mentions that begin so, at most so many; a whole id stands before longer ones."""
    begins = MENTION.c.id.startswith(beginning, autoescape=True)
    query = select(MENTION.c.id).where(begins).order_by(MENTION.c.id).limit(most)
    found = tuple(connection.execute(query).scalars())
    return found[:1] if found[:1] == (beginning,) else found


def program_level(connection: Connection, mention_id: str) -> Level:
    """The level at which the program put a mention, whatever people said of it."""
    said = _program(connection, mention_id)
    return Level(said["level"]) if said else Level.ROUTINE


def keep(connection: Connection, mention: Mention, said: Said) -> Record:
    """Keep a correction; the mention shows it from then on. Nothing is owed to anybody for it."""
    row = {
        "school": mention.school,
        "mention_id": mention.id,
        "kind": said.kind,
        "level": said.level and said.level.value,
        "note": said.note,
        "phrases": list(said.phrases),
        "source": mention.source,
        "host": host_of(mention.url),
        "made_at": said.at,
        "made_by": said.by,
    }
    kept = connection.execute(insert(CORRECTION).values(row).returning(*CORRECTION.c)).one()
    _show(connection, mention.id, said.at)
    _tell_incident(connection, mention.id, said.by, said.at, correction=kept.id)
    return _record(kept)


def undo(connection: Connection, number: int, by: str, now: datetime) -> Record | None:
    """Undo a correction; its mention shows what the program said, or what is left of what people
    say. None where none of that number holds.
    """
    change = update(CORRECTION).where(CORRECTION.c.id == number, LIVE)
    undone = connection.execute(
        change.values(undone_at=now, undone_by=by).returning(*CORRECTION.c)
    ).one_or_none()
    if undone is None:
        return None
    _show(connection, undone.mention_id, now)
    _tell_incident(connection, undone.mention_id, by, now, undone=number)
    return _record(undone)


def listed(connection: Connection, school: str | None = None) -> tuple[Record, ...]:
    """Every correction, newest first, those that were undone too."""
    where = [] if school is None else [CORRECTION.c.school == school]
    rows = select(CORRECTION).where(*where).order_by(CORRECTION.c.id.desc())
    return tuple(_record(row) for row in connection.execute(rows))


def one(connection: Connection, number: int) -> Record | None:
    """The correction of that number, if there is one."""
    row = connection.execute(select(CORRECTION).where(CORRECTION.c.id == number)).one_or_none()
    return _record(row) if row else None


def mark(connection: Connection) -> Mark:
    """What lessons made now are good for: those made at another mark may be out of date."""
    query = select(
        func.count(CORRECTION.c.id),
        func.count(CORRECTION.c.undone_at),
        func.count(MENTION.c.id),
        func.coalesce(func.sum(MENTION.c.revision), 0),
    ).select_from(CORRECTION.outerjoin(MENTION, MENTION.c.id == CORRECTION.c.mention_id))
    made, undone, kept, revisions = connection.execute(query).one()
    return int(made), int(undone), int(kept), int(revisions)


def lessons(connection: Connection) -> dict[str, Lessons]:
    """What each school's live corrections teach; a school without any is not in it."""
    found: dict[str, Lessons] = {}
    rows = connection.execute(
        select(CORRECTION).where(LIVE).order_by(CORRECTION.c.school, CORRECTION.c.id)
    )
    for school, group in groupby(rows, key=lambda row: str(row.school)):
        made = [_correction(row) for row in group]
        kept = _kept(connection, school, {each.source for each in made})
        found[school] = Lessons.of(made, _texts(connection, school, made), kept)
    return found


def _kept(
    connection: Connection, school: str, sources: Collection[str]
) -> Counter[tuple[str, str]]:
    """How many mentions from each place within these sources count as the school's."""
    where = (MENTION.c.school == school, MENTION.c.relevant, MENTION.c.source.in_(sources))
    rows = connection.execute(select(MENTION.c.source, MENTION.c.url).where(*where))
    return Counter((row.source, host_of(row.url)) for row in rows)


def _texts(connection: Connection, school: str, made: Sequence[Correction]) -> dict[str, str]:
    """The words of the corrected mentions that still show what was said of them.

    A post that was rewritten, and judged afresh since, is not the one that a person spoke of.
    """
    columns = (MENTION.c.id, MENTION.c.title, MENTION.c.text, MENTION.c.relevant, MENTION.c.level)
    corrected = select(CORRECTION.c.mention_id).where(CORRECTION.c.school == school, LIVE)
    rows = connection.execute(select(*columns).where(MENTION.c.id.in_(corrected)))
    given = {each.told.mention: each for each in answers(made)}
    return {
        row.id: f"{row.title}\n{row.text}"
        for row in rows
        if row.id in given and _stands(given[row.id], row.relevant, row.level)
    }


def _stands(given: Answer, relevant: bool, level: str) -> bool:
    return given.relevant == relevant and (given.shown is None or given.shown.value == level)


def _show(connection: Connection, mention_id: str, now: datetime) -> None:
    """Write into the mention what the program said of it, and over that what people say."""
    said = _program(connection, mention_id)
    if said is None:
        return  # the post is no longer kept; what it taught is
    daily.alone(connection)
    before = several(connection, (mention_id,))
    live = (CORRECTION.c.mention_id == mention_id, LIVE)
    rows = connection.execute(select(CORRECTION).where(*live).order_by(CORRECTION.c.id))
    given = answer([_correction(row) for row in rows])
    values = {**said, **_over(said, given)} if given else said
    connection.execute(update(MENTION).where(MENTION.c.id == mention_id).values(**values))
    after = several(connection, (mention_id,))
    daily.change(connection, before, after)
    evidence.owe(connection, after, now)


def _tell_incident(
    connection: Connection, mention_id: str, by: str, now: datetime, **facts: int
) -> None:
    for mention in several(connection, (mention_id,)):
        joining.corrected(connection, mention, by, now, facts)


def _over(said: Mapping[str, Any], given: Answer) -> dict[str, Any]:
    level = given.shown or Level(said["level"])
    reason = Reason("correction", 0, 0, "", given.says)
    # The categories stay: who must not be told of an allegation is read from them.
    return {
        "relevant": given.relevant,
        "level": level.value,
        "tier": said["tier"] if given.shown is None else _tier(level),
        "reasons": [asdict(reason), *said["reasons"]],
    }


def _tier(level: Level) -> str | None:
    return "sure" if level is Level.URGENT else None


def _program(connection: Connection, mention_id: str) -> dict[str, Any] | None:
    """The program's last answer that no lesson had a part in, or that is older than the first
    correction of this mention; None where the mention is gone.
    """
    first = select(func.min(CORRECTION.c.made_at)).where(CORRECTION.c.mention_id == mention_id)
    corrected = connection.execute(first).scalar()
    rows = connection.execute(
        select(JUDGEMENT.c.judged_at, JUDGEMENT.c.answer)
        .where(JUDGEMENT.c.mention_id == mention_id)
        .order_by(JUDGEMENT.c.revision.desc())
    )
    for judged_at, said in rows:
        if corrected is None or judged_at <= corrected or not _is_learnt(said):
            return dict(said)
    return None


def _is_learnt(said: Mapping[str, Any]) -> bool:
    return any(reason["rule"].startswith(LEARNT) for reason in said["reasons"])


def _record(row: Row[Any]) -> Record:
    return Record(
        number=row.id,
        school=row.school,
        mention=row.mention_id,
        kind=row.kind,
        level=row.level,
        note=row.note,
        phrases=tuple(row.phrases),
        made_at=row.made_at,
        made_by=row.made_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


def _correction(row: Row[Any]) -> Correction:
    return Correction(
        mention=row.mention_id,
        kind=row.kind,
        level=Level(row.level) if row.level else None,
        phrases=tuple(row.phrases),
        source=row.source,
        host=row.host,
        by=row.made_by,
        at=row.made_at,
    )

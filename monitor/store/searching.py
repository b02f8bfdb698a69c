"""Lists of mentions by what they are, and by the words that anybody may read of them.

The tables are those of migration 0015: triggers keep the facets, and note whose words are to be
read; what is indexed are masked words alone, and never who wrote them. Every list is in one order:
what was found last first, of one minute's what was posted last; of words, what was indexed last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    String,
    Subquery,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    text,
    tuple_,
    union_all,
    update,
)

from monitor.school_days import moment as moment_of
from monitor.store.corrections import Record, listed
from monitor.store.mentions import COLUMNS, EVIDENCE, JUDGEMENT, MENTION, Mention
from monitor.store.minutes import minute
from monitor.store.tables import Utc

_OURS = MetaData()
TODO = Table("search_todo", _OURS, Column("mention_id", String(32)))
TEXT = Table(
    "search_text",
    _OURS,
    Column("id", Integer, primary_key=True),
    Column("mention_id", String(32)),
    Column("words", Text),
)
# SQLite's own index; PostgreSQL has one on the text itself.
WORDS = Table("search_words", _OURS, Column("rowid", Integer), Column("words", Text))
FACET = Table(
    "search_facet",
    _OURS,
    Column("mention_id", String(32)),
    *(Column(name, String) for name in ("school", "category", "found", "level", "mood", "source")),
    Column("posted", Utc()),
    Column("relevant", Boolean),
    Column("again", Boolean),
    Column("delicate", Boolean),
)
# The order of every list.
ORDER = (FACET.c.found, FACET.c.posted, FACET.c.mention_id)
# So many of the newest posts with the words are looked through for the other wishes at once.
LOOKED_THROUGH = 2_000
# Of what only some may see so many are counted one by one.
MOST_COUNTED = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is to hold: "" and None stand for no wish. The days are London's, both included.

    There is none for who wrote a post, and there must not be.
    """

    level: str = ""
    category: str = ""
    mood: str = ""
    source: str = ""
    first: date | None = None
    last: date | None = None
    relevant: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Some mentions of a list in its order; there may be more `before` what `goes_on` names."""

    mentions: tuple[Mention, ...]
    goes_on: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement of a post, and when the words that it is of were read."""

    revision: int
    at: datetime
    level: str
    relevant: bool


@dataclass(frozen=True, slots=True)
class History:
    """What became of one post: each judgement and correction, the first first."""

    judged: tuple[Judged, ...]
    corrected: tuple[Record, ...]


def found(
    connection: Connection,
    schools: Collection[str],
    wanted: Wanted,
    *,
    limit: int,
    before: str = "",
) -> Page:
    """One page of the mentions that are wanted, which starts after the one of the id `before`.

    A story found again elsewhere is listed once, unless it was judged differently there.
    """
    start = _place(connection, before) if before else None
    parts = [_of_school(school, wanted, limit, start) for school in schools]
    if not parts or (before and start is None):
        return Page(())
    merged = union_all(*(select(part) for part in parts)).subquery()
    newest = (merged.c[column.name].desc() for column in ORDER)
    query = select(merged.c.mention_id).order_by(*newest).limit(limit)
    order = connection.execute(query).scalars().all()
    return Page(_in_order(connection, order), order[-1] if len(order) == limit else "")


def _place(connection: Connection, mention_id: str) -> tuple[Any, ...] | None:
    """Where a mention stands in the order of the lists; None where there is none."""
    is_it = (FACET.c.mention_id == mention_id, FACET.c.category == "")
    row = connection.execute(select(*ORDER).where(*is_it)).one_or_none()
    return tuple(row) if row else None


def _of_school(school: str, wanted: Wanted, limit: int, start: tuple[Any, ...] | None) -> Subquery:
    where = [FACET.c.school == school, *_wishes(wanted)]
    if wanted.relevant:
        where.append(~TOLD_THERE)
    if start is not None:
        types = [column.type for column in ORDER]
        where.append(tuple_(*ORDER) < tuple_(*start, types=types))
    newest = (column.desc() for column in ORDER)
    return select(*ORDER).where(*where).order_by(*newest).limit(limit).subquery()


def _wishes(wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [FACET.c.category == wanted.category, FACET.c.relevant.is_(wanted.relevant)]
    given = {name: getattr(wanted, name) for name in ("level", "mood", "source")}
    where += [FACET.c[name] == value for name, value in given.items() if value]
    return [*where, *_days(wanted)]


def _days(wanted: Wanted) -> list[ColumnElement[bool]]:
    where = []
    if wanted.first:
        where.append(FACET.c.found >= minute(_begins(wanted.first)))
    if wanted.last:
        where.append(FACET.c.found < minute(_begins(date.fromordinal(wanted.last.toordinal() + 1))))
    return where


def _begins(day: date) -> datetime:
    return moment_of(day, datetime.min.time()).astimezone(UTC)


def _told_there() -> ColumnElement[bool]:
    """The same story stands in the list already, as it was found first and at the same level."""
    again, first = MENTION.alias("again"), MENTION.alias("first")
    same = and_(first.c.id == again.c.same_as, first.c.level == FACET.c.level, first.c.relevant)
    is_it = again.c.id == FACET.c.mention_id
    story = select(again.c.id).select_from(again.join(first, same)).where(is_it)
    # What was found once, as most was, needs no look at the mentions.
    return and_(FACET.c.again, exists(story.correlate(FACET)))


TOLD_THERE = _told_there()


def with_words(
    connection: Connection,
    schools: Collection[str],
    terms: Sequence[str],
    wanted: Wanted,
    *,
    limit: int,
    before: str = "",
) -> Page:
    """One page of the mentions that hold every one of these terms (as `monitor.indexing.terms`
    makes them), and are wanted besides. Only so many that hold them are looked through at a time,
    so that a page may be short and go on; `before` is a number that a page went on with.
    """
    if not terms or not schools:
        return Page(())
    holding = _holding(connection, terms, int(before) if before else None)
    hits = holding.limit(LOOKED_THROUGH).subquery()
    query = (
        select(hits.c.id, hits.c.mention_id)
        .join(FACET, FACET.c.mention_id == hits.c.mention_id)
        .where(FACET.c.school.in_(schools), *_wishes(wanted))
        .order_by(hits.c.id.desc())
    )
    rows = connection.execute(query.limit(limit)).all()
    shown = _in_order(connection, [row.mention_id for row in rows])
    if len(rows) == limit:
        return Page(shown, str(rows[-1].id))
    looked, last = connection.execute(select(func.count(), func.min(hits.c.id))).one()
    return Page(shown, str(last) if looked == LOOKED_THROUGH else "")


def _holding(connection: Connection, terms: Sequence[str], start: int | None) -> Select[Any]:
    """The rows of the text table that hold the terms, the newest first."""
    query = select(TEXT.c.id, TEXT.c.mention_id)
    if connection.dialect.name == "sqlite":
        wish = " AND ".join(f'"{term}"*' for term in terms)
        both = WORDS.join(TEXT, TEXT.c.id == WORDS.c.rowid)
        query = query.select_from(both).where(WORDS.c.words.op("MATCH")(wish))
        if start is not None:
            query = query.where(WORDS.c.rowid < start)
        return query.order_by(WORDS.c.rowid.desc())
    vector = func.to_tsvector(literal_column("'simple'"), TEXT.c.words)
    for term in terms:
        query = query.where(vector.op("@@")(func.to_tsquery("simple", _for_postgresql(term))))
    if start is not None:
        query = query.where(TEXT.c.id < start)
    return query.order_by(TEXT.c.id.desc())


def _for_postgresql(term: str) -> str:
    """The words in a row, the last of them as the beginning of one."""
    words = [f"'{word}'" for word in term.split()]
    return " <-> ".join([*words[:-1], f"{words[-1]}:*"])


def _in_order(connection: Connection, names: Sequence[str]) -> tuple[Mention, ...]:
    rows = connection.execute(select(*COLUMNS).where(MENTION.c.id.in_(names)))
    known = {row.id: _mention(row._asdict()) for row in rows}
    return tuple(known[name] for name in names if name in known)


def _mention(values: Mapping[str, Any]) -> Mention:
    lists = {name: tuple(values[name]) for name in ("categories", "reasons")}
    return Mention(**{**values, **lists})


def plain_counts(
    connection: Connection, schools: Collection[str], since: datetime
) -> dict[tuple[str, str, bool], int]:
    """How many stories found since a moment are of a kind that is no delicate matter, by school,
    level and whether they are of the press.
    """
    counted = func.count(FACET.c.mention_id)
    columns = FACET.c.school, FACET.c.level, FACET.c.category
    where = (
        FACET.c.school.in_(schools),
        FACET.c.category.in_(("", "press")),
        FACET.c.relevant,
        ~FACET.c.delicate,
        FACET.c.found >= minute(since),
        ~TOLD_THERE,
    )
    rows = connection.execute(select(*columns, counted).where(*where).group_by(*columns)).all()
    numbers = {(row[0], row[1], row[2]): row[3] for row in rows}
    found: dict[tuple[str, str, bool], int] = {}
    for (school, level, category), number in numbers.items():
        if category:
            found[school, level, True] = number
        else:
            found[school, level, False] = number - numbers.get((school, level, "press"), 0)
    return found


def delicate(
    connection: Connection, schools: Collection[str], level: str, since: datetime
) -> tuple[Mention, ...]:
    """The newest stories of a level found since a moment that may not be for everybody: at most
    so many that a page need not count them all.
    """
    where = (
        FACET.c.school.in_(schools),
        FACET.c.category == "",
        FACET.c.relevant,
        FACET.c.level == level,
        FACET.c.delicate,
        FACET.c.found >= minute(since),
        ~TOLD_THERE,
    )
    query = select(FACET.c.mention_id).where(*where).order_by(FACET.c.found.desc())
    return _in_order(connection, connection.execute(query.limit(MOST_COUNTED)).scalars().all())


def unindexed(connection: Connection, most: int) -> tuple[Mention, ...]:
    """Some of the mentions whose words are not in the index yet, the first found first."""
    query = select(*COLUMNS).join(TODO, TODO.c.mention_id == MENTION.c.id)
    rows = connection.execute(query.order_by(MENTION.c.seen_at, MENTION.c.id).limit(most))
    return tuple(_mention(row._asdict()) for row in rows)


def index(connection: Connection, words: Mapping[str, str], revisions: Mapping[str, int]) -> None:
    """Take the masked words of these mentions, by id, into the index: of those that are still
    there, and are of these revisions. Any other is read again.
    """
    now = select(MENTION.c.id, MENTION.c.revision).where(MENTION.c.id.in_(words))
    names = [row.id for row in connection.execute(now) if revisions[row.id] == row.revision]
    known = select(TEXT.c.mention_id).where(TEXT.c.mention_id.in_(names))
    there = set(connection.execute(known).scalars())
    for name in there:
        row = update(TEXT).where(TEXT.c.mention_id == name)
        connection.execute(row.values(words=words[name]))
    fresh = [{"mention_id": name, "words": words[name]} for name in names if name not in there]
    if fresh:
        connection.execute(insert(TEXT), fresh)
    connection.execute(delete(TODO).where(TODO.c.mention_id.in_(names)))


def waiting(connection: Connection) -> int:
    """How many mentions are not in the index yet."""
    return connection.execute(select(func.count()).select_from(TODO)).scalar_one()


def tidy(connection: Connection) -> None:
    """On SQLite, overwrite in the index what was deleted; a server does so by itself."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO search_words (search_words) VALUES ('optimize')"))


def history(connection: Connection, mention: Mention) -> History:
    """What became of a post, as far as it is kept."""
    read = select(EVIDENCE.c.revision, EVIDENCE.c.read_at).where(
        EVIDENCE.c.mention_id == mention.id
    )
    when = {row.revision: row.read_at for row in connection.execute(read)}
    query = select(JUDGEMENT).where(JUDGEMENT.c.mention_id == mention.id)
    judged = tuple(
        Judged(
            row.revision,
            when.get(row.revision, row.judged_at),
            str(row.answer.get("level", "")),
            bool(row.answer.get("relevant", True)),
        )
        for row in connection.execute(query.order_by(JUDGEMENT.c.revision))
    )
    ours = (one for one in listed(connection, mention.school) if one.mention == mention.id)
    return History(judged, tuple(sorted(ours, key=lambda one: one.made_at)))

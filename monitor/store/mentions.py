"""Mentions: what has been read, what was found to speak of a school, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from monitor.judge.lines import answer_json
from monitor.judge.terms import Judgement, Level
from monitor.store import daily
from monitor.store.deliveries import ALERT, DELIVERY, ROLLUP, SUMMARY
from monitor.store.incident_tables import IncidentRow
from monitor.store.names import names
from monitor.store.rights_tables import Restriction
from monitor.store.tables import Entry, Evidence, JudgementRow, Shingle, table
from monitor.store.tables import Mention as MentionRow

ENTRY = table(Entry)
MENTION = table(MentionRow)
JUDGEMENT = table(JudgementRow)
EVIDENCE = table(Evidence)
SHINGLE = table(Shingle)
INCIDENT = table(IncidentRow)
RESTRICTION = table(Restriction)
CHUNK = 400  # names in one IN (...): well under every database's limit
T = TypeVar("T")
MOST_SHARED = 4_000  # numbers of sketches read for each of these
STANDING = ("owed", "sent")  # the letters that tell somebody


@dataclass(frozen=True, slots=True)
class Mention:
    """A stored mention (see the table for the fields' meaning)."""

    id: str
    school: str
    source: str
    entry_key: str
    story: str
    same_as: str | None
    url: str
    title: str
    text: str
    author: str
    published: datetime | None
    seen_at: datetime
    revision: int
    relevant: bool
    confidence: float
    level: str
    highest: str
    tier: str | None
    sentiment: str
    compound: float
    language: str
    categories: tuple[str, ...]
    reasons: tuple[Mapping[str, Any], ...]
    incident: str | None
    medium: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Alike:
    """A stored mention with those numbers of its sketch that were asked for."""

    mention: Mention
    shared: frozenset[int]


@dataclass(frozen=True, slots=True)
class Told:
    """That somebody was to hear of a mention, by an alert or, `listed`, by a line of a summary.

    `stands` is False where the alert will not arrive, or was about what is not the school's.
    """

    mention: Mention
    email: str
    level: Level
    stands: bool = True
    listed: bool = False


FIELDS = tuple(Mention.__dataclass_fields__)
COLUMNS = [MENTION.c[name] for name in FIELDS]


def known_entries(
    connection: Connection, source: str, keys: Collection[str], contents: Collection[str]
) -> dict[str, str]:
    """Key to content of every entry of a source already read under one of these names.

    A name that was not asked for comes as the database knows it: keyed (see names.py).
    """
    if not (keys or contents):
        return {}
    keyed = names(connection)
    plain = {keyed(name): name for name in (*keys, *contents)}
    known: dict[str, str] = {}
    for column, wanted in ((ENTRY.c.key, keys), (ENTRY.c.content, contents)):
        for part in _chunks(sorted(map(keyed, wanted))):
            rows = select(ENTRY.c.key, ENTRY.c.content).where(
                ENTRY.c.source == source, column.in_(part)
            )
            for row in connection.execute(rows):
                known[plain.get(row.key, row.key)] = plain.get(row.content, row.content)
    return known


def of_entries(
    connection: Connection, source: str, keys: Collection[str]
) -> dict[tuple[str, str], Mention]:
    """The stored mentions of these entries, by (school, entry key as it was asked for)."""
    if not keys:
        return {}
    keyed = names(connection)
    asked = {keyed(key): key for key in keys}
    found: dict[tuple[str, str], Mention] = {}
    for part in _chunks(sorted(asked)):
        where = (MENTION.c.source == source, MENTION.c.entry_key.in_(part))
        for mention in _read(connection, select(*COLUMNS).where(*where)):
            found[mention.school, asked[mention.entry_key]] = mention
    return found


def of_stories(connection: Connection, stories: Collection[str]) -> tuple[Mention, ...]:
    """Every relevant mention of these stories, the first seen first."""
    found: list[Mention] = []
    for part in _chunks(sorted(stories)):
        where = (MENTION.c.story.in_(part), MENTION.c.relevant)
        query = select(*COLUMNS).where(*where).order_by(MENTION.c.seen_at, MENTION.c.id)
        found.extend(_read(connection, query))
    return tuple(found)


def alike(connection: Connection, wanted: Mapping[str, Collection[int]]) -> tuple[Alike, ...]:
    """The mentions of each school whose sketches hold one of these numbers.

    Where they are too many, those that share what few others hold, and the newest, are found.
    """
    shared: dict[str, set[int]] = {}
    for school, numbers in wanted.items():
        for part in _chunks(sorted(numbers)):
            for row in connection.execute(_holding(school, part)):
                shared.setdefault(row.mention_id, set()).add(row.hash)
    found = (
        mention
        for part in _chunks(sorted(shared))
        for mention in _read(connection, select(*COLUMNS).where(MENTION.c.id.in_(part)))
    )
    oldest = sorted(found, key=lambda mention: (mention.seen_at, mention.id))
    return tuple(Alike(mention, frozenset(shared[mention.id])) for mention in oldest)


def _holding(school: str, numbers: Sequence[int]) -> Select[Any]:
    sharing = func.count().over(partition_by=SHINGLE.c.hash)
    where = (SHINGLE.c.school == school, SHINGLE.c.hash.in_(numbers))
    rarest = (sharing, MENTION.c.seen_at.desc(), MENTION.c.id)
    rows = select(SHINGLE.c.mention_id, SHINGLE.c.hash).join(MENTION).where(*where)
    return rows.order_by(*rarest).limit(MOST_SHARED)


def told(connection: Connection, stories: Collection[str]) -> dict[str, list[Told]]:
    """Who was to hear of any mention of a story, by its first mention's id."""
    found: dict[str, list[Told]] = {}
    for part in _chunks(sorted(stories)):
        is_of = or_(MENTION.c.id.in_(part), MENTION.c.same_as.in_(part))
        for each in (*_alerted(connection, is_of), *_summed_up(connection, is_of)):
            found.setdefault(each.mention.same_as or each.mention.id, []).append(each)
    return found


def told_on_pages(
    connection: Connection, threads: Collection[str]
) -> dict[tuple[str, str], list[Told]]:
    """Who was owed an alert about the incidents, not closed yet, that these threads belong to, by
    (school, thread).
    """
    pages: dict[str, set[tuple[str, str]]] = {}
    for part in _chunks(sorted(threads)):
        live = and_(INCIDENT.c.id == MENTION.c.incident, INCIDENT.c.state != "closed")
        columns = [MENTION.c[name] for name in ("incident", "school", "thread")]
        rows = select(*columns).join(INCIDENT, live).where(MENTION.c.thread.in_(part)).distinct()
        for row in connection.execute(rows):
            pages.setdefault(row.incident, set()).add((row.school, row.thread))
    found: dict[tuple[str, str], list[Told]] = {}
    for part in _chunks(sorted(pages)):
        for each in _alerted(connection, MENTION.c.incident.in_(part)):
            for page in pages[each.mention.incident or ""]:
                found.setdefault(page, []).append(each)
    return found


def _alerted(connection: Connection, is_of: ColumnElement[bool]) -> Iterator[Told]:
    said = ("email", "level", "state", "channel")
    letter = [DELIVERY.c[name].label(f"letter_{name}") for name in said]
    about = and_(DELIVERY.c.kind == ALERT, DELIVERY.c.subject == MENTION.c.id)
    query = select(*COLUMNS, *letter).join(DELIVERY, about).where(is_of)
    for row in connection.execute(query):
        values = row._asdict()
        email, level, state, channel = (values.pop(f"letter_{name}") for name in said)
        # What was dropped for a roll-up is told by that.
        stands = values["relevant"] and (state in STANDING or channel == ROLLUP)
        yield Told(_mention(values), email, Level(level), stands)


def _summed_up(connection: Connection, is_of: ColumnElement[bool]) -> Iterator[Told]:
    members = connection.execute(select(MENTION.c.id, MENTION.c.school).where(is_of)).all()
    where = (
        DELIVERY.c.kind == SUMMARY,
        DELIVERY.c.school.in_({row.school for row in members}),
        DELIVERY.c.state.in_(STANDING),
    )
    letters = connection.execute(select(DELIVERY.c.email, DELIVERY.c.facts).where(*where))
    ids = {row.id for row in members}
    heard: dict[str, set[str]] = {}
    for row in letters:
        for name in ids.intersection(row.facts["mentions"]):
            heard.setdefault(name, set()).add(row.email)
    for mention in several(connection, sorted(heard)):
        for email in heard[mention.id]:
            yield Told(mention, email, Level(mention.highest), mention.relevant, listed=True)


def note_entries(
    connection: Connection, source: str, entries: Mapping[str, str], now: datetime
) -> None:
    """Remember entries (key to content) as read; those under a known key get their new words."""
    if not entries:
        return
    keyed = names(connection)
    known = known_entries(connection, source, entries, entries.values())
    fresh = [
        {"source": source, "key": keyed(key), "content": keyed(content), "seen_at": now}
        for key, content in entries.items()
        if key not in known
    ]
    if fresh:
        connection.execute(insert(ENTRY), fresh)
    for key, content in entries.items():
        if known.get(key, content) != content:
            row = (ENTRY.c.source == source, ENTRY.c.key == keyed(key))
            connection.execute(update(ENTRY).where(*row).values(content=keyed(content)))


def rename_entries(connection: Connection, source: str, renamed: Mapping[str, str]) -> None:
    """An entry whose place gives it a new id at each fetch goes on under the new one."""
    if not renamed:
        return
    keyed = names(connection)
    daily.alone(connection)
    for old, new in renamed.items():
        entry = (ENTRY.c.source == source, ENTRY.c.key == keyed(old))
        connection.execute(update(ENTRY).where(*entry).values(key=keyed(new)))
        mention = (MENTION.c.source == source, MENTION.c.entry_key == keyed(old))
        connection.execute(update(MENTION).where(*mention).values(entry_key=keyed(new)))


def add(connection: Connection, mentions: Sequence[Mention]) -> None:
    """Store new mentions in one batch, each under its entry's keyed name, and count them."""
    if not mentions:
        return
    keyed = names(connection)
    rows = [{**_row(mention), "entry_key": keyed(mention.entry_key)} for mention in mentions]
    daily.alone(connection)
    connection.execute(insert(MENTION), rows)
    daily.change(connection, (), mentions)


def revise(connection: Connection, mention: Mention) -> None:
    """Put a mention's new words and judgement in the place of the old ones, and count it anew.

    It stays in its incident: it may have been put there since it was read. One that is kept and
    not used stays without its words.
    """
    daily.alone(connection)
    before = several(connection, (mention.id,))
    row = {**_row(mention), "entry_key": names(connection)(mention.entry_key)}
    del row["incident"]
    unused = select(RESTRICTION.c.mention_id).where(RESTRICTION.c.mention_id == mention.id)
    if connection.execute(unused).first():
        row = {name: row[name] for name in row.keys() - {"title", "text", "author", "reasons"}}
    connection.execute(update(MENTION).where(MENTION.c.id == mention.id).values(**row))
    daily.change(connection, before, (mention,) if before else ())


def keep_sketches(
    connection: Connection, mentions: Sequence[Mention], sketches: Mapping[str, Collection[int]]
) -> None:
    """Keep what copies of these mentions are found by, in the place of what there was."""
    for part in _chunks([mention.id for mention in mentions]):
        connection.execute(delete(SHINGLE).where(SHINGLE.c.mention_id.in_(part)))
    rows = [
        {"mention_id": mention.id, "hash": number, "school": mention.school}
        for mention in mentions
        for number in sorted(sketches.get(mention.id, ()))
    ]
    if rows:
        connection.execute(insert(SHINGLE), rows)


def keep_judgements(
    connection: Connection,
    judged: Iterable[tuple[Mention, Judgement]],
    judge: str,
    now: datetime,
) -> None:
    """Keep each judgement beside the earlier ones of its mention."""
    rows = [
        {
            "mention_id": mention.id,
            "revision": mention.revision,
            "judged_at": now,
            "judge": judge,
            "answer": answer_json(judgement),
        }
        for mention, judgement in judged
    ]
    if rows:
        connection.execute(insert(JUDGEMENT), rows)


def keep_evidence(
    connection: Connection,
    read: Iterable[tuple[Mention, Mapping[str, str]]],
    now: datetime,
) -> None:
    """Keep what was read as it was read, with the SHA-256 of exactly the text that is stored."""
    rows = []
    for mention, record in read:
        text = json.dumps(dict(record), ensure_ascii=False, sort_keys=True)
        rows.append(
            {
                "mention_id": mention.id,
                "revision": mention.revision,
                "address": mention.url,
                "read_at": now,
                "record": text,
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
            }
        )
    if rows:
        connection.execute(insert(EVIDENCE), rows)


def of_story(connection: Connection, first: str) -> tuple[Mention, ...]:
    """The first mention of a story and all that tell the same."""
    is_of = or_(MENTION.c.id == first, MENTION.c.same_as == first)
    return _read(connection, select(*COLUMNS).where(is_of).order_by(MENTION.c.seen_at))


def of_address(connection: Connection, url: str, story: str) -> tuple[Mention, ...]:
    """Every mention at an address, or at another form of it (`story`, "" for none)."""
    same = MENTION.c.story == story if story else MENTION.c.url == url
    is_at = or_(MENTION.c.url == url, same)
    return _read(connection, select(*COLUMNS).where(is_at).order_by(MENTION.c.seen_at))


def record(connection: Connection, mention_id: str) -> str:
    """The source's own record of a mention, as last read; "" where there is none."""
    query = select(EVIDENCE.c.record).where(EVIDENCE.c.mention_id == mention_id)
    return connection.execute(query.order_by(EVIDENCE.c.revision.desc()).limit(1)).scalar() or ""


def listed(
    connection: Connection,
    *,
    school: str | None = None,
    level: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
    relevant: bool = True,
) -> tuple[Mention, ...]:
    """Mentions that are about their school, or those held not to be, newest first."""
    where: list[ColumnElement[bool]] = [MENTION.c.relevant.is_(relevant)]
    if school is not None:
        where.append(MENTION.c.school == school)
    if level is not None:
        where.append(MENTION.c.level == level)
    if since is not None:
        where.append(MENTION.c.seen_at >= since)
    newest = (MENTION.c.seen_at.desc(), MENTION.c.id)
    return _read(connection, select(*COLUMNS).where(*where).order_by(*newest).limit(limit))


def first_seen(connection: Connection, school: str) -> datetime | None:
    """When the first of a school's mentions that are kept was found; None where there is none."""
    query = select(func.min(MENTION.c.seen_at)).where(MENTION.c.school == school)
    found: datetime | None = connection.execute(query).scalar()
    return found


def one(connection: Connection, mention_id: str) -> Mention | None:
    """The mention of that id, if there is one."""
    found = _read(connection, select(*COLUMNS).where(MENTION.c.id == mention_id))
    return found[0] if found else None


def several(connection: Connection, ids: Sequence[str]) -> tuple[Mention, ...]:
    """Those of these mentions that are kept."""
    found: list[Mention] = []
    for part in _chunks(ids):
        found.extend(_read(connection, select(*COLUMNS).where(MENTION.c.id.in_(part))))
    return tuple(found)


def _read(connection: Connection, query: Select[Any]) -> tuple[Mention, ...]:
    return tuple(_mention(row._asdict()) for row in connection.execute(query))


def _mention(row: Mapping[str, Any]) -> Mention:
    lists = {"categories": tuple(row["categories"]), "reasons": tuple(row["reasons"])}
    return Mention(**{**row, **lists})


def _row(mention: Mention) -> dict[str, Any]:
    row = {name: getattr(mention, name) for name in FIELDS}
    return {**row, "categories": list(mention.categories), "reasons": list(mention.reasons)}


def _chunks(names: Sequence[T]) -> Iterable[Sequence[T]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))

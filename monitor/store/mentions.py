"""Mentions: what has been read, what was found to speak of a school, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, insert, select, update

from monitor.judge.lines import answer_json
from monitor.judge.terms import Judgement
from monitor.store.tables import Entry, Evidence, JudgementRow, table
from monitor.store.tables import Mention as MentionRow

ENTRY = table(Entry)
MENTION = table(MentionRow)
JUDGEMENT = table(JudgementRow)
EVIDENCE = table(Evidence)
CHUNK = 400  # names in one IN (...): well under every database's limit


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


FIELDS = tuple(Mention.__dataclass_fields__)
COLUMNS = [MENTION.c[name] for name in FIELDS]


def known_entries(
    connection: Connection, source: str, keys: Collection[str], contents: Collection[str]
) -> dict[str, str]:
    """Key to content of every entry of a source already read under one of these names."""
    known: dict[str, str] = {}
    for column, wanted in ((ENTRY.c.key, keys), (ENTRY.c.content, contents)):
        for part in _chunks(sorted(wanted)):
            rows = select(ENTRY.c.key, ENTRY.c.content).where(
                ENTRY.c.source == source, column.in_(part)
            )
            known.update({row.key: row.content for row in connection.execute(rows)})
    return known


def of_entries(
    connection: Connection, source: str, keys: Collection[str]
) -> dict[tuple[str, str], Mention]:
    """The stored mentions of these entries, by (school, entry key)."""
    found: dict[tuple[str, str], Mention] = {}
    for part in _chunks(sorted(keys)):
        where = (MENTION.c.source == source, MENTION.c.entry_key.in_(part))
        for mention in _read(connection, select(*COLUMNS).where(*where)):
            found[mention.school, mention.entry_key] = mention
    return found


def of_stories(connection: Connection, stories: Collection[str]) -> tuple[Mention, ...]:
    """Every relevant mention of these stories, the first seen first."""
    found: list[Mention] = []
    for part in _chunks(sorted(stories)):
        where = (MENTION.c.story.in_(part), MENTION.c.relevant)
        query = select(*COLUMNS).where(*where).order_by(MENTION.c.seen_at, MENTION.c.id)
        found.extend(_read(connection, query))
    return tuple(found)


def note_entries(
    connection: Connection, source: str, entries: Mapping[str, str], now: datetime
) -> None:
    """Remember entries (key to content) as read; those under a known key get their new words."""
    known = known_entries(connection, source, entries, ())
    fresh = [
        {"source": source, "key": key, "content": content, "seen_at": now}
        for key, content in entries.items()
        if key not in known
    ]
    if fresh:
        connection.execute(insert(ENTRY), fresh)
    for key, content in entries.items():
        if known.get(key, content) != content:
            row = (ENTRY.c.source == source, ENTRY.c.key == key)
            connection.execute(update(ENTRY).where(*row).values(content=content))


def rename_entries(connection: Connection, source: str, renamed: Mapping[str, str]) -> None:
    """An entry whose place gives it a new id at each fetch goes on under the new one."""
    for old, new in renamed.items():
        entry = (ENTRY.c.source == source, ENTRY.c.key == old)
        connection.execute(update(ENTRY).where(*entry).values(key=new))
        mention = (MENTION.c.source == source, MENTION.c.entry_key == old)
        connection.execute(update(MENTION).where(*mention).values(entry_key=new))


def add(connection: Connection, mentions: Sequence[Mention]) -> None:
    """Store new mentions in one batch."""
    if mentions:
        connection.execute(insert(MENTION), [_row(mention) for mention in mentions])


def revise(connection: Connection, mention: Mention) -> None:
    """Put a mention's new words and judgement in the place of the old ones."""
    connection.execute(update(MENTION).where(MENTION.c.id == mention.id).values(**_row(mention)))


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


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))

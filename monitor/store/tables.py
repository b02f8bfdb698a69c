"""The tables, and the one column type that keeps a time's zone on every database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Index, LargeBinary, Table, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Utc(TypeDecorator[datetime]):
    """A moment: refused without a zone, kept in UTC, given back in UTC (SQLite forgets zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone was to be stored: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Out of the database."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def _moment(nullable: bool = True) -> Any:
    return Column(Utc(), nullable=nullable)


def _there(name: str, column: str) -> Index:
    """An index of a column that most rows have nothing in: it holds the others alone."""
    there = text(f"{column} IS NOT NULL")
    return Index(name, column, sqlite_where=there, postgresql_where=there)


class Look(SQLModel, table=True):
    """A source as the program remembers it: when it is next looked at, and how it went.

    `heard` maps each school that the source has been read for to a fingerprint of its watch;
    `validators` belongs to the fetch, `memo` to the source. `host` keeps two polls of one site
    from running at once. `failures` counts the looks in a row after which it was not well,
    `broken_since` is the first of them; `told` is the health that people were told of, "" while
    there is nothing to tell; `fresh_at` is when it last brought a new entry; `flaws` are what it
    could not read at its last reading, a sentence each.
    """

    source: str = Field(primary_key=True)
    kind: str
    host: str = ""
    due_at: datetime = Field(sa_column=_moment(nullable=False))
    not_before: datetime | None = Field(default=None, sa_column=_moment())
    lease_owner: str = ""
    leased_until: datetime | None = Field(default=None, sa_column=_moment())
    validators: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    memo: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    heard: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    tried_at: datetime | None = Field(default=None, sa_column=_moment())
    good_at: datetime | None = Field(default=None, sa_column=_moment())
    failures: int = 0
    health: str = "ok"
    error: str = ""
    fetched: int = 0
    fresh_at: datetime | None = Field(default=None, sa_column=_moment())
    broken_since: datetime | None = Field(default=None, sa_column=_moment())
    told: str = ""
    flaws: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class Gap(SQLModel, table=True):
    """A stretch of time, now over, in which a source was not well, and how it was at its end."""

    source: str = Field(primary_key=True)
    since: datetime = Field(sa_column=Column(Utc(), primary_key=True))
    until: datetime = Field(sa_column=_moment(nullable=False))
    health: str


class Site(SQLModel, table=True):
    """When a site may next be asked for anything, by whichever process and source."""

    site: str = Field(primary_key=True)
    free_at: datetime = Field(sa_column=_moment(nullable=False))


class Report(SQLModel, table=True):
    """What was handed in to an inbox, by form or webhook, and waits to be read as a source.

    `key` is the sender's own mark against sending twice, else a hash of what was sent.
    """

    __table_args__ = (Unique("source", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    key: str
    received_at: datetime = Field(sa_column=_moment(nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Secret(SQLModel, table=True):
    """Keys that this database made for itself."""

    name: str = Field(primary_key=True)
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Entry(SQLModel, table=True):
    """That an entry of a source has been read: by its id, and by its words where ids change.

    It outlives the mention that was made of it, or an old entry would be new again; so `key` and
    `content` are hashes with a key of this database's own (see names.py).
    """

    __table_args__ = (
        Index("ix_entry_words", "source", "content"),
        Index("ix_entry_seen", "source", "seen_at"),
    )

    source: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    content: str
    seen_at: datetime = Field(sa_column=_moment(nullable=False))


class Mention(SQLModel, table=True):
    """A post that speaks of a school, as last read and judged.

    There is no index, filter or total by author: a name is shown with its post and no more.
    `story` is a hash of what the link leads to; `same_as` names the first mention of the same
    thing, behind that link or in the same words; `thread` is a hash of the page on which it is
    said or answered. `entry_key` is keyed, as in the table entry.
    """

    __table_args__ = (
        Unique("school", "source", "entry_key"),
        Index("ix_mention_story", "school", "story"),
        _there("ix_mention_same_as", "same_as"),
        Index("ix_mention_school_seen", "school", "seen_at"),
        Index("ix_mention_level_seen", "level", "seen_at"),
        Index("ix_mention_thread", "school", "thread"),
        _there("ix_mention_incident", "incident"),
        Index("ix_mention_entry", "source", "entry_key"),
    )

    id: str = Field(primary_key=True, max_length=32)
    school: str
    source: str
    entry_key: str
    story: str = ""
    same_as: str | None = None
    thread: str = ""
    url: str = Field(default="", sa_column=Column(Text, nullable=False))
    title: str = Field(default="", sa_column=Column(Text, nullable=False))
    text: str = Field(default="", sa_column=Column(Text, nullable=False))
    author: str = Field(default="", sa_column=Column(Text, nullable=False))
    published: datetime | None = Field(default=None, sa_column=_moment())
    medium: str = ""
    seen_at: datetime = Field(sa_column=_moment(nullable=False))
    revision: int = 1
    relevant: bool = True
    confidence: float = 1.0
    level: str
    highest: str
    tier: str | None = None
    sentiment: str
    compound: float
    language: str = "en"
    categories: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    reasons: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    incident: str | None = None


class Daily(SQLModel, table=True):
    """How many mentions there were of a school on one of its days (Europe/London), of each sort.

    A mention is counted once under the category "", and once under each that it has. The row
    outlives the posts: nothing in it says what any of them held or whose they were.
    """

    school: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    source: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    mood: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    mentions: int


class Watched(SQLModel, table=True):
    """Since when a school is watched, and since when its digests are owed: none that was due
    before then is.
    """

    school: str = Field(primary_key=True)
    since: datetime = Field(sa_column=_moment(nullable=False))
    digests_from: datetime = Field(sa_column=_moment(nullable=False))


class Shingle(SQLModel, table=True):
    """Hashes of some runs of words of a mention, by which copies of it are found."""

    __table_args__ = (Index("ix_shingle_hash", "school", "hash"),)

    mention_id: str = Field(primary_key=True, foreign_key="mention.id")
    hash: int = Field(sa_column=Column(BigInteger, primary_key=True))
    school: str


class JudgementRow(SQLModel, table=True):
    """Each judgement of a mention, the first included: what was thought, when, by which judge."""

    __tablename__ = "judgement"

    mention_id: str = Field(primary_key=True, foreign_key="mention.id")
    revision: int = Field(primary_key=True)
    judged_at: datetime = Field(sa_column=_moment(nullable=False))
    judge: str
    answer: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Evidence(SQLModel, table=True):
    """What was read, as it was read: the entry's own fields, where, when, and their SHA-256."""

    mention_id: str = Field(primary_key=True, foreign_key="mention.id")
    revision: int = Field(primary_key=True)
    address: str = Field(sa_column=Column(Text, nullable=False))
    read_at: datetime = Field(sa_column=_moment(nullable=False))
    record: str = Field(sa_column=Column(Text, nullable=False))
    sha256: str = Field(max_length=64)


class Delivery(SQLModel, table=True):
    """The outbox: who is owed what, when; then the message itself, fixed; then how it went.

    `kind` is alert, source (one that is not well, or well again), summary (what was there when
    a source was first read) or digest (a week; its `level` is the edition); `subject` is what it
    is about, a mention's id for an alert, and `facts` what it has to say where no mention says it.

    `state` is owed, sent, refused (for ever), given up (five days of trying), dropped (the same
    person has been told by another message) or held (a restored backup owed it, and it may have
    been sent since). While it is owed, `next_at` says when it is due; `message_id`, `date`,
    `sender`, `recipient` and `content` are written once, at the first claim, before any server is
    spoken to. `channel` names the way it went; a folder is no person.
    """

    __table_args__ = (
        Unique("kind", "subject", "level", "email"),
        Index("ix_delivery_due", "state", "next_at"),
        Index("ix_delivery_mention", "mention_id"),
    )

    id: str = Field(primary_key=True, max_length=32)
    kind: str = "alert"
    subject: str
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    mention_id: str | None = Field(default=None, foreign_key="mention.id")
    school: str
    level: str
    priority: int
    role: str
    email: str
    owed_at: datetime = Field(sa_column=_moment(nullable=False))
    due_at: datetime = Field(sa_column=_moment(nullable=False))
    next_at: datetime = Field(sa_column=_moment(nullable=False))
    state: str = "owed"
    lease_owner: str = ""
    leased_until: datetime | None = Field(default=None, sa_column=_moment())
    attempts: int = 0
    tried_at: datetime | None = Field(default=None, sa_column=_moment())
    error: str = Field(default="", sa_column=Column(Text, nullable=False))
    message_id: str | None = None
    date: datetime | None = Field(default=None, sa_column=_moment())
    sender: str = ""
    recipient: str = ""
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    sent_at: datetime | None = Field(default=None, sa_column=_moment())
    channel: str = ""
    reply: str = Field(default="", sa_column=Column(Text, nullable=False))


class Outage(SQLModel, table=True):
    """A way out that is shut for every letter: since when, why, and when it is tried again."""

    channel: str = Field(primary_key=True)
    since: datetime = Field(sa_column=_moment(nullable=False))
    failures: int
    paused_until: datetime = Field(sa_column=_moment(nullable=False))
    error: str = Field(sa_column=Column(Text, nullable=False))


class CorrectionRow(SQLModel, table=True):
    """A person's correction of a mention; one that was undone stays, with when and by whom.

    `mention_id` is no foreign key: what was learnt of a name or a place outlives the post, whose
    own words go when it goes. `phrases` are the names learnt; `source` and `host` are where the
    post was read, and never whose it was.
    """

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_mention", "mention_id"),)

    id: int | None = Field(default=None, primary_key=True)
    school: str
    mention_id: str = Field(max_length=32)
    kind: str
    level: str | None = None
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    phrases: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    source: str
    host: str
    made_at: datetime = Field(sa_column=_moment(nullable=False))
    made_by: str
    undone_at: datetime | None = Field(default=None, sa_column=_moment())
    undone_by: str | None = None


def table(model: type[SQLModel]) -> Table:
    """The table behind a model, for queries that read and write many rows at once."""
    return model.metadata.tables[str(model.__tablename__)]

"""The tables of evidence: what is owed, what is kept, and the chain that seals it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


class CaptureRow(SQLModel, table=True):
    """That evidence of a mention is owed, for the revision that it had then; or how it went.

    `state` is owed, done or failed. It is tried again at `next_at`.
    """

    __tablename__ = "capture"
    __table_args__ = (Index("ix_capture_due", "state", "next_at"),)

    mention_id: str = Field(primary_key=True, foreign_key="mention.id", max_length=32)
    revision: int
    owed_at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    next_at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    state: str = "owed"
    attempts: int = 0
    error: str = Field(default="", sa_column=Column(Text, nullable=False))
    lease_owner: str = ""
    leased_until: datetime | None = Field(default=None, sa_column=Column(Utc(), nullable=True))


class EvidenceItem(SQLModel, table=True):
    """What is kept of a mention, as monitor.evidence.Item has it, under the number of its seal."""

    __tablename__ = "evidence_item"
    __table_args__ = (Index("ix_evidence_item_mention", "mention_id"),)

    number: int = Field(primary_key=True)
    mention_id: str = Field(foreign_key="mention.id", max_length=32)
    revision: int
    school: str
    kind: str
    address: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    version: str
    said: str = Field(sa_column=Column(Text, nullable=False))
    words: str = Field(sa_column=Column(Text, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    salt: str


class Seal(SQLModel, table=True):
    """One row of the chain of evidence: that an item of this digest was kept, or that the item
    `of` was removed. It holds no word of any post, and is never deleted.
    """

    number: int = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    act: str
    of: int
    digest: str = Field(max_length=64)
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)

"""The tables of what is held, moved and erased, and of what is done once a day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


class HoldRow(SQLModel, table=True):
    """That a mention is not to be deleted, on whose account and since when; `name` is the case's,
    such as a crime reference. One that was released stays, with when and by whom.
    """

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_mention", "mention_id"),)

    id: int | None = Field(default=None, primary_key=True)
    school: str
    mention_id: str = Field(max_length=32)
    kind: str
    name: str
    placed_at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    placed_by: str
    released_at: datetime | None = Field(default=None, sa_column=Column(Utc(), nullable=True))
    released_by: str | None = None


class MovedRow(SQLModel, table=True):
    """That an urgent mention was moved to the school's own record: when, by whom, to which."""

    __tablename__ = "moved"

    mention_id: str = Field(primary_key=True, max_length=32)
    school: str
    at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    who: str
    place: str


class Erased(SQLModel, table=True):
    """Words that were erased and are never taken in again: their keyed hash (see names.py)."""

    content: str = Field(primary_key=True)
    erased_at: datetime = Field(sa_column=Column(Utc(), nullable=False))


class Upkeep(SQLModel, table=True):
    """When a thing that is owed once a day was last done."""

    name: str = Field(primary_key=True)
    done_at: datetime = Field(sa_column=Column(Utc(), nullable=False))

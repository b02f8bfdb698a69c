"""The tables of what many workers share, with the queue left out, which is the library's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


class DutyRow(SQLModel, table=True):
    """A step that falls due again and again, for all workers together."""

    __tablename__ = "duty"

    name: str = Field(primary_key=True)
    due_at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    done_at: datetime | None = Field(default=None, sa_column=Column(Utc(), nullable=True))


class WorkerRow(SQLModel, table=True):
    """A process at work, by the name that it gives itself in leases, and when it last said so."""

    __tablename__ = "worker"

    owner: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_column=Column(Utc(), nullable=False))

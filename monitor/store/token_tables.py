"""The table of what opens the interface for programs, and the calendars, without a sign-in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


class TokenRow(SQLModel, table=True):
    """A secret that somebody made for a program of theirs, as its hash; `scopes` say what it
    opens. It opens no more than its owner may see, at the time when it is used.
    """

    __tablename__ = "token"
    __table_args__ = (Index("ix_token_email", "email"),)

    hash: str = Field(primary_key=True, max_length=64)
    email: str
    name: str
    scopes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    made_at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(Utc(), nullable=True))

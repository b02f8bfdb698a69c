"""The tables of what people asked about their data, and of what was approved for a school."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


def _moment(nullable: bool = True) -> Any:
    return Column(Utc(), nullable=nullable)


def _text() -> Any:
    return Column(Text, nullable=False)


class RightsRequest(SQLModel, table=True):
    """What somebody asked about their data, and what was decided.

    `reference` is the school's own name of the case: nobody is named here. `kind` is one of
    `monitor.rights.KINDS`, `decision` one of its DECISIONS, "" while it is open.
    """

    __tablename__ = "rights_request"
    __table_args__ = (Index("ix_rights_request_school", "school"),)

    id: int | None = Field(default=None, primary_key=True)
    school: str
    kind: str
    reference: str
    received_at: datetime = Field(sa_column=_moment(nullable=False))
    due_at: datetime = Field(sa_column=_moment(nullable=False))
    recorded_by: str
    acknowledged_at: datetime | None = Field(default=None, sa_column=_moment())
    extended: str = Field(default="", sa_column=_text())
    decision: str = ""
    reason: str = Field(default="", sa_column=_text())
    decided_at: datetime | None = Field(default=None, sa_column=_moment())
    decided_by: str = ""


class Restriction(SQLModel, table=True):
    """That a post is kept and not used: its words lie here, and nowhere that shows posts."""

    mention_id: str = Field(primary_key=True, foreign_key="mention.id", max_length=32)
    at: datetime = Field(sa_column=_moment(nullable=False))
    who: str
    why: str = Field(sa_column=_text())
    words: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class ApprovalRow(SQLModel, table=True):
    """That a school's watching was approved as it stood then: `terms` are the lines of it, and
    `fingerprint` their hash.
    """

    __tablename__ = "approval"
    __table_args__ = (Index("ix_approval_school", "school"),)

    id: int | None = Field(default=None, primary_key=True)
    school: str
    at: datetime = Field(sa_column=_moment(nullable=False))
    who: str
    headteacher: str
    dpo_advice: str = Field(sa_column=_text())
    day: date
    fingerprint: str = Field(max_length=64)
    terms: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class ConsentList(SQLModel, table=True):
    """A school's list of who may be shown, sealed with the key that is not in the database."""

    __tablename__ = "consent_list"

    school: str = Field(primary_key=True)
    at: datetime = Field(sa_column=_moment(nullable=False))
    who: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class TakeDown(SQLModel, table=True):
    """That a post of the school's own is to be taken down, since a consent has ended: who sees to
    it, and when it was done. Whose consent it was is not said.
    """

    __tablename__ = "take_down"

    mention_id: str = Field(primary_key=True, foreign_key="mention.id", max_length=32)
    school: str
    at: datetime = Field(sa_column=_moment(nullable=False))
    owner: str
    done_at: datetime | None = Field(default=None, sa_column=_moment())
    done_by: str = ""

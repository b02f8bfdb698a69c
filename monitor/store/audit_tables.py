"""The tables of the audit trail, of the heads of chains, and of repeated looks at one account."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


class AuditRow(SQLModel, table=True):
    """Who did what to which thing, and when; never what a post says.

    Append-only: the database itself refuses a change, and a deletion of what is not yet pruned.
    `details` is JSON as it was hashed, byte for byte.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_school", "school", "at"),)

    number: int = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    who: str
    act: str
    subject: str
    school: str
    details: str = Field(sa_column=Column(Text, nullable=False))
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class ChainHead(SQLModel, table=True):
    """Where each chain ends, kept apart from it, so that an end that was cut off shows.

    Rows up to `pruned` were deleted when their time was over; `pruned_hash` is the last of theirs.
    """

    __tablename__ = "chain_head"

    chain: str = Field(primary_key=True)
    number: int
    hash: str = Field(max_length=64)
    pruned: int
    pruned_hash: str = Field(max_length=64)


class Viewed(SQLModel, table=True):
    """That posts of some account were opened here on a day: a hash whose key lasts one month.

    Nothing says whose account it is, who opened them, or which; last month's are deleted.
    """

    account: str = Field(primary_key=True, max_length=64)
    day: date = Field(primary_key=True)


class ViewingReason(SQLModel, table=True):
    """That a reason for looking again was written down in this month, or that it was agreed to:
    `step` is reason, headteacher or dpo. The words stand in the audit trail.
    """

    __tablename__ = "viewing_reason"

    account: str = Field(primary_key=True, max_length=64)
    step: str = Field(primary_key=True)
    who: str

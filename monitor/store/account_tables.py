"""The tables of those who sign in: their second factor, their sessions, and what was tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


def _moment(nullable: bool = False) -> Any:
    return Column(Utc(), nullable=nullable)


class Account(SQLModel, table=True):
    """A person's second factor; who may sign in at all, the configuration says.

    `sealed` is the secret of the authenticator app, encrypted with a key that is not in the
    database; `step` the last of its half minutes whose code was used, since each counts once.
    """

    email: str = Field(primary_key=True)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    since: datetime = Field(sa_column=_moment())
    step: int = 0


class RecoveryCode(SQLModel, table=True):
    """A code that stands in for the app once; the row goes when it is used."""

    __tablename__ = "recovery_code"

    email: str = Field(primary_key=True)
    hash: str = Field(primary_key=True, max_length=64)


class SessionRow(SQLModel, table=True):
    """A browser in which somebody has signed in.

    `hash` is that of its cookie; `is_proven` says that the second factor was given too; `agent`
    is what the browser calls itself, in a few words, for its owner to know it by.
    """

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_email", "email"),)

    hash: str = Field(primary_key=True, max_length=64)
    email: str
    is_proven: bool = False
    agent: str = ""
    made_at: datetime = Field(sa_column=_moment())
    seen_at: datetime = Field(sa_column=_moment())


class SigninLink(SQLModel, table=True):
    """A link that signs somebody in once. Without `email` it is that of the first start, which
    lets its holder say who of the configured people they are.
    """

    __tablename__ = "signin_link"

    hash: str = Field(primary_key=True, max_length=64)
    email: str
    leads: str = "/"
    made_at: datetime = Field(sa_column=_moment())
    until: datetime = Field(sa_column=_moment())
    used_at: datetime | None = Field(default=None, sa_column=_moment(nullable=True))


class SigninVisit(SQLModel, table=True):
    """Somebody who has been sent to the school's own sign-in service and is not back yet."""

    __tablename__ = "signin_visit"

    hash: str = Field(primary_key=True, max_length=64)
    nonce: str
    verifier: str
    leads: str = "/"
    until: datetime = Field(sa_column=_moment())


class Attempt(SQLModel, table=True):
    """That something was tried: `subject` is a keyed hash of whose account, or of where from."""

    __table_args__ = (Index("ix_attempt_subject", "kind", "subject", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    subject: str
    at: datetime = Field(sa_column=_moment())

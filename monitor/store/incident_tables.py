"""The tables of incidents: what belongs together, who has it, and everything that was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel

from monitor.store.tables import Utc


def _moment(nullable: bool = True) -> Any:
    return Column(Utc(), nullable=nullable)


class IncidentRow(SQLModel, table=True):
    """Mentions of one story or one thread, as the school deals with them: no title, no words.

    `kinds` are the categories of its mentions, the most serious first; `state` is one of
    `monitor.incidents.STATES`; `owner` is the e-mail address of whoever has it, "" for nobody.
    `about` are the addresses of those at the school whom it is about, or may be: they may neither
    have it nor close it. `first_mention` is no foreign key: an incident outlives its posts.
    `places` is how many places it has been seen at, people never counted; `last_spread_at` is
    when it was last told to be spreading. `changed_at` moves with every act.
    """

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_school_state", "school", "state"),)

    id: str = Field(primary_key=True, max_length=32)
    school: str
    level: str
    kinds: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    state: str
    opened_at: datetime = Field(sa_column=_moment(nullable=False))
    changed_at: datetime = Field(sa_column=_moment(nullable=False))
    owner: str = ""
    about: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    first_mention: str = Field(max_length=32)
    places: int
    last_spread_at: datetime | None = Field(default=None, sa_column=_moment())
    outcome: str = Field(default="", sa_column=Column(Text, nullable=False))


class ActRow(SQLModel, table=True):
    """One thing that was done about an incident, by whom and when; never changed or deleted
    before its incident is.

    `who` is an e-mail address, or "footprint"; `kind` is one of `monitor.incidents.KINDS`;
    `facts` are what the kind needs: an address, a reference, a number.
    """

    __tablename__ = "act"
    __table_args__ = (Index("ix_act_incident", "incident"),)

    id: int | None = Field(default=None, primary_key=True)
    incident: str = Field(foreign_key="incident.id", max_length=32)
    at: datetime = Field(sa_column=_moment(nullable=False))
    who: str
    kind: str
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))

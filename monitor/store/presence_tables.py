"""The table of sealed boxes: nothing in it says whose a box is, or whether it holds anything."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel


class PresenceBox(SQLModel, table=True):
    """A box of one size for every staff account, used or not (see monitor/presence/sealing.py).

    There is no date, count or account beside it, and every row is written whenever one is.
    """

    __tablename__ = "presence_box"

    name: str = Field(primary_key=True, max_length=64)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

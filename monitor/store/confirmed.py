"""Who said that a test message reached them, and what is wrong with the machine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, delete, func, insert, select, update
from sqlmodel import Field, SQLModel

from monitor.machine import Kept
from monitor.store.deliveries import DELIVERY, SECOND
from monitor.store.names import names
from monitor.store.tables import Utc, table

MAIL = "mail"


class ConfirmedRow(SQLModel, table=True):
    """A test message: to whom, by which way, and when they said that it had reached them.

    `channel` is mail, or second with a keyed mark of the address, so that another address is
    another row and has to be confirmed anew.
    """

    __tablename__ = "confirmed"

    school: str = Field(primary_key=True)
    email: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    sent_at: datetime = Field(sa_column=Column(Utc(), nullable=False))
    confirmed_at: datetime | None = Field(default=None, sa_column=Column(Utc(), nullable=True))


class TroubleRow(SQLModel, table=True):
    """Something that is wrong with the machine, since when, and whether people were told."""

    __tablename__ = "trouble"

    name: str = Field(primary_key=True)
    title: str
    since: datetime = Field(sa_column=Column(Utc(), nullable=False))
    told: bool


CONFIRMED = table(ConfirmedRow)
TROUBLE = table(TroubleRow)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A test message as it is remembered; see the table."""

    school: str
    email: str
    channel: str
    sent_at: datetime
    confirmed_at: datetime | None


def channel_of(connection: Connection, address: str) -> str:
    """What a second channel's address is remembered by: another address is another channel."""
    return f"{SECOND} {names(connection)(address)}"


def sent(connection: Connection, school: str, email: str, channel: str, now: datetime) -> None:
    """A test message has gone; one that was confirmed stays so."""
    row = {"school": school, "email": email.casefold(), "channel": channel}
    known = update(CONFIRMED).where(*(CONFIRMED.c[name] == row[name] for name in row))
    if not connection.execute(known.values(sent_at=now)).rowcount:
        connection.execute(insert(CONFIRMED).values(**row, sent_at=now))


def mark_of(connection: Connection, email: str, channel: str) -> str:
    """What stands in the link of a test message: it tells nobody whose that is."""
    return names(connection)(f"test {email.casefold()} {channel}").lstrip("~")


def confirm(connection: Connection, mark: str, now: datetime) -> tuple[Confirmed, ...]:
    """Whoever that mark is for says that the message has arrived; empty where it is nobody's."""
    rows = connection.execute(select(CONFIRMED))
    found = tuple(Confirmed(**row._mapping) for row in rows)
    theirs = [one for one in found if mark_of(connection, one.email, one.channel) == mark]
    for one in theirs:
        values = {name: getattr(one, name) for name in ("school", "email", "channel")}
        row = update(CONFIRMED).where(*(CONFIRMED.c[name] == values[name] for name in values))
        first = func.coalesce(CONFIRMED.c.confirmed_at, now)
        connection.execute(row.values(confirmed_at=first))
    return tuple(theirs)


def listed(connection: Connection, schools: Collection[str]) -> tuple[Confirmed, ...]:
    """Every test message to people of these schools."""
    rows = connection.execute(select(CONFIRMED).where(CONFIRMED.c.school.in_(schools)))
    return tuple(Confirmed(**row._mapping) for row in rows)


def troubles(connection: Connection) -> tuple[Kept, ...]:
    """What was wrong on the last round."""
    return tuple(Kept(**row._mapping) for row in connection.execute(select(TROUBLE)))


def remember(connection: Connection, kept: Iterable[Kept]) -> None:
    """Put what is wrong now in place of what was."""
    connection.execute(delete(TROUBLE))
    rows = [{name: getattr(one, name) for name in Kept.__dataclass_fields__} for one in kept]
    if rows:
        connection.execute(insert(TROUBLE), rows)


def refused(
    connection: Connection, emails: Collection[str], since: datetime
) -> Mapping[str, tuple[datetime, str]]:
    """The addresses that the mail server refuses for good, since when and with which words: the
    last thing that happened to them, since that moment, was a refusal.
    """
    ours = (DELIVERY.c.kind != SECOND, DELIVERY.c.email.in_(emails), DELIVERY.c.tried_at >= since)
    ended = DELIVERY.c.state.in_(("refused", "sent"))
    columns = [DELIVERY.c[name] for name in ("email", "state", "tried_at", "error")]
    last: dict[str, tuple[datetime, str]] = {}
    for row in connection.execute(select(*columns).where(*ours, ended).order_by("tried_at")):
        if row.state == "sent":
            last.pop(row.email, None)
        else:
            last.setdefault(row.email, (row.tried_at, row.error))
    return last

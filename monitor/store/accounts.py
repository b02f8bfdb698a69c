"""Who has signed in where, with what second factor, and what was tried.

Whatever opens something is kept as a hash alone: a stolen copy of the database opens nothing.
Mail addresses are in lower case throughout.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from monitor.store.account_tables import (
    Account,
    Attempt,
    RecoveryCode,
    SessionRow,
    SigninLink,
    SigninVisit,
)
from monitor.store.deliveries import DELIVERY, SIGNIN
from monitor.store.tables import table

ACCOUNT, RECOVERY = table(Account), table(RecoveryCode)
SESSION, LINK, VISIT, ATTEMPT = (
    table(SessionRow),
    table(SigninLink),
    table(SigninVisit),
    table(Attempt),
)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
WINDOW = timedelta(minutes=15)
# After so long what was tried, or sent, is of no use to anybody.
KEPT = timedelta(days=1)
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Factor:
    """A person's authenticator app: its sealed secret, and the half minute last used."""

    email: str
    sealed: bytes
    since: datetime
    step: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in (see the table)."""

    hash: str
    email: str
    is_proven: bool
    agent: str
    made_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """A sign-in link that is still good; `leads` is a path of ours."""

    hash: str
    email: str
    leads: str


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody who is at the school's own sign-in service."""

    nonce: str
    verifier: str
    leads: str


def add_link(connection: Connection, link: Link, now: datetime, until: datetime) -> None:
    """Write a link down; it is good until then."""
    row = {"hash": link.hash, "email": link.email, "leads": link.leads}
    connection.execute(insert(LINK).values(**row, made_at=now, until=until))


def link(connection: Connection, hashed: str, now: datetime) -> Link | None:
    """The link, where it is still good; looking at it does not use it up."""
    good = (LINK.c.hash == hashed, LINK.c.used_at.is_(None), LINK.c.until > now)
    row = connection.execute(select(LINK).where(*good)).first()
    return Link(row.hash, row.email, row.leads) if row else None


def take_link(connection: Connection, hashed: str, now: datetime) -> bool:
    """Use it up; False where another has, or its time is over."""
    good = (LINK.c.hash == hashed, LINK.c.used_at.is_(None), LINK.c.until > now)
    return connection.execute(update(LINK).where(*good).values(used_at=now)).rowcount == 1


def factor(connection: Connection, email: str) -> Factor | None:
    """The person's second factor, once it is set up."""
    row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.email == email)).first()
    return Factor(row.email, bytes(row.sealed), row.since, row.step) if row else None


def has_anybody(connection: Connection) -> bool:
    """True once somebody has set up a second factor."""
    return connection.execute(select(ACCOUNT.c.email).limit(1)).first() is not None


def set_factor(connection: Connection, made: Factor, codes: Collection[str]) -> None:
    """Set up a second factor in place of any other; `codes` are the recovery codes' hashes."""
    forget_factor(connection, made.email)
    values = {name: getattr(made, name) for name in Factor.__dataclass_fields__}
    connection.execute(insert(ACCOUNT).values(values))
    set_recovery(connection, made.email, codes)


def set_recovery(connection: Connection, email: str, codes: Collection[str]) -> None:
    """New recovery codes in place of the old ones."""
    connection.execute(delete(RECOVERY).where(RECOVERY.c.email == email))
    connection.execute(insert(RECOVERY), [{"email": email, "hash": code} for code in codes])


def recovery_left(connection: Connection, email: str) -> int:
    """How many recovery codes have not been used."""
    query = select(func.count()).where(RECOVERY.c.email == email)
    return int(connection.execute(query).scalar_one())


def use_step(connection: Connection, email: str, step: int) -> bool:
    """Use up the code of a half minute and of all before it; False where it was used already."""
    fresh = (ACCOUNT.c.email == email, ACCOUNT.c.step < step)
    return connection.execute(update(ACCOUNT).where(*fresh).values(step=step)).rowcount == 1


def use_recovery(connection: Connection, email: str, hashed: str) -> bool:
    """Use up a recovery code; False where there is no such one."""
    which = (RECOVERY.c.email == email, RECOVERY.c.hash == hashed)
    return connection.execute(delete(RECOVERY).where(*which)).rowcount == 1


def forget_factor(connection: Connection, email: str) -> bool:
    """Take the second factor away, so that it is set up anew at the next sign-in."""
    connection.execute(delete(RECOVERY).where(RECOVERY.c.email == email))
    return connection.execute(delete(ACCOUNT).where(ACCOUNT.c.email == email)).rowcount == 1


def begin(connection: Connection, made: Session) -> None:
    """A browser has signed in."""
    values = {name: getattr(made, name) for name in Session.__dataclass_fields__}
    connection.execute(insert(SESSION).values(values))


def session(connection: Connection, hashed: str, now: datetime) -> Session | None:
    """The session of a cookie, while it lasts: half an hour without a page, twelve hours in all."""
    row = connection.execute(select(SESSION).where(SESSION.c.hash == hashed)).first()
    found = Session(**row._mapping) if row else None
    return found if found and lasts(found, now) else None


def lasts(found: Session, now: datetime) -> bool:
    """Whether a session is still good; one from the future began before the clock was set back."""
    return now - found.seen_at < IDLE and abs(now - found.made_at) < LONGEST


def is_stale(found: Session, now: datetime) -> bool:
    """Whether it is time to write down that the session is still in use."""
    return now - found.seen_at >= _NOTED_EVERY


def seen(connection: Connection, hashed: str, now: datetime) -> None:
    """The session is still in use."""
    connection.execute(update(SESSION).where(SESSION.c.hash == hashed).values(seen_at=now))


def sessions(connection: Connection, email: str, now: datetime) -> tuple[Session, ...]:
    """Where a person is signed in now, the latest used first."""
    query = select(SESSION).where(SESSION.c.email == email).order_by(SESSION.c.seen_at.desc())
    found = (Session(**row._mapping) for row in connection.execute(query))
    return tuple(one for one in found if lasts(one, now))


def end(connection: Connection, email: str, hashed: str) -> bool:
    """End one session of a person's own."""
    which = (SESSION.c.email == email, SESSION.c.hash == hashed)
    return connection.execute(delete(SESSION).where(*which)).rowcount == 1


def end_all(connection: Connection, email: str, but: str = "") -> int:
    """End every session of a person but that one; links that were sent open nothing any more."""
    connection.execute(delete(LINK).where(LINK.c.email == email))
    which = (SESSION.c.email == email, SESSION.c.hash != but)
    return int(connection.execute(delete(SESSION).where(*which)).rowcount)


def erase_person(connection: Connection, email: str) -> None:
    """Somebody has left: their sessions end, and all that was kept for them alone goes."""
    end_all(connection, email)
    forget_factor(connection, email)
    connection.execute(
        delete(DELIVERY).where(DELIVERY.c.kind == SIGNIN, func.lower(DELIVERY.c.email) == email)
    )


def erase_leavers(connection: Connection, present: Collection[str]) -> None:
    """Erase what is kept for everybody who is not among those present, such as whoever was taken
    out of the settings by hand.
    """
    for email in known(connection).difference(email.casefold() for email in present):
        erase_person(connection, email)


def known(connection: Connection) -> frozenset[str]:
    """Every address that something is kept for here."""
    columns = (ACCOUNT.c.email, SESSION.c.email)
    return frozenset(
        row[0] for column in columns for row in connection.execute(select(column).distinct())
    )


def count(connection: Connection, kind: str, subject: str, now: datetime) -> int:
    """How often this was tried in the last quarter of an hour."""
    which = (ATTEMPT.c.kind == kind, ATTEMPT.c.subject == subject, ATTEMPT.c.at > now - WINDOW)
    return int(connection.execute(select(func.count()).where(*which)).scalar_one())


def tried(connection: Connection, kind: str, subjects: Sequence[str], now: datetime) -> None:
    """Write down that something was tried, once for the account and once for the address."""
    rows = [{"kind": kind, "subject": subject, "at": now} for subject in subjects]
    connection.execute(insert(ATTEMPT), rows)


def leave(connection: Connection, hashed: str, away: Away, until: datetime) -> None:
    """Somebody is sent to the school's own sign-in service."""
    values: dict[str, Any] = {name: getattr(away, name) for name in Away.__dataclass_fields__}
    connection.execute(insert(VISIT).values(hash=hashed, until=until, **values))


def come_back(connection: Connection, hashed: str, now: datetime) -> Away | None:
    """Somebody is back from there; each visit counts once, and within its time."""
    row = connection.execute(select(VISIT).where(VISIT.c.hash == hashed)).first()
    gone = connection.execute(delete(VISIT).where(VISIT.c.hash == hashed)).rowcount == 1
    return Away(row.nonce, row.verifier, row.leads) if row and gone and row.until > now else None


def tidy(connection: Connection, now: datetime) -> None:
    """Let go of what is of no use any more, letters with their links among it."""
    connection.execute(delete(LINK).where(LINK.c.until < now - KEPT))
    connection.execute(delete(VISIT).where(VISIT.c.until < now))
    connection.execute(delete(ATTEMPT).where(ATTEMPT.c.at < now - KEPT))
    over = or_(SESSION.c.seen_at < now - IDLE, SESSION.c.made_at < now - LONGEST)
    connection.execute(delete(SESSION).where(over))
    old = (DELIVERY.c.kind == SIGNIN, DELIVERY.c.owed_at < now - WINDOW)
    connection.execute(delete(DELIVERY).where(*old))

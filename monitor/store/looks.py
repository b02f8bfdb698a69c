"""Looks: which source is due, who is looking at it now, and how the last look went."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from monitor.store.engine import one_at_a_time
from monitor.store.tables import Gap as GapRow
from monitor.store.tables import Look as LookRow
from monitor.store.tables import Site, Utc, table

LOOK, SITE, GAP = table(LookRow), table(Site), table(GapRow)
# A poll has 60 s for each address and 10 s for its body; a look that takes longer has died.
LEASE = timedelta(minutes=10)
# Clocks of two machines, or of two threads, differ; one that has been set back differs by more.
SKEW = timedelta(minutes=5)
# A turn that has come by the time the request is made; one that a site may ask for at most.
TICK, LONGEST_TURN = timedelta(seconds=1), timedelta(days=1, minutes=5)
# An interval and the fifth that chance adds to it.
LONGEST = 1.2
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Look:
    """A source as it was when last looked at (see the table for the fields' meaning)."""

    source: str
    kind: str
    host: str
    due_at: datetime
    not_before: datetime | None
    leased_until: datetime | None
    validators: Mapping[str, Any]
    memo: Mapping[str, Any]
    heard: Mapping[str, str]
    tried_at: datetime | None
    good_at: datetime | None
    failures: int
    health: str
    error: str
    fetched: int
    fresh_at: datetime | None
    broken_since: datetime | None
    told: str
    flaws: Sequence[str] = ()
    lease_owner: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time, now over, in which a source was not well."""

    source: str
    since: datetime
    until: datetime
    health: str


FIELDS = tuple(Look.__dataclass_fields__)
COLUMNS = [LOOK.c[name] for name in FIELDS]


@dataclass(frozen=True, slots=True)
class Place:
    """A source as it is configured: its kind, its site, and how often it is looked at."""

    kind: str
    host: str
    every: timedelta


def sync(connection: Connection, sources: Mapping[str, Place], now: datetime) -> None:
    """Make a row for each configured source that has none, and follow a changed configuration.

    A source at another site, or of another kind, is due at once; so is one that failed, for its
    settings may have been put right. One that is to be looked at more often than before is due
    as if it had always been.
    """
    # Two that start at once would both make the rows that are not there.
    one_at_a_time(connection, "looks")
    known = {look.source: look for look in everything(connection, sources)}
    for source, place in sources.items():
        look = known.get(source)
        row = update(LOOK).where(LOOK.c.source == source)
        if look is None:
            new = LookRow(source=source, kind=place.kind, host=place.host, due_at=now)
            connection.execute(insert(LOOK).values(new.model_dump()))
        elif (look.kind, look.host) != (place.kind, place.host):
            moved = {"kind": place.kind, "host": place.host, "due_at": now, "not_before": None}
            anew = {"failures": 0, "error": "", "health": "ok", "fresh_at": None}
            connection.execute(row.values(**moved, **anew))
        elif look.failures and look.not_before is None:
            connection.execute(row.values(due_at=now))
        elif (
            not look.failures
            and look.tried_at
            and look.due_at > look.tried_at + LONGEST * place.every
        ):
            connection.execute(row.values(due_at=look.tried_at + place.every))


def claim_due(
    connection: Connection, now: datetime, owner: str, among: Collection[str]
) -> Look | None:
    """Lease the source that has been due longest; None where nothing is due.

    A source that was tried in the future shows that the clock has been set back: it is due.
    A site is asked one thing at a time: a source waits while another of its host is being read.
    """
    one_at_a_time(connection, "looks")
    return _claim(connection, _LONGEST_DUE, now, owner, among=sorted(among))


def due(
    connection: Connection, now: datetime, among: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """The sources that `claim_due` would give, each with its site, the longest due first."""
    # Chosen by hand: a database takes no list of every source of a country.
    rows = connection.execute(_EVERY_DUE, _moments(now))
    return tuple((row.source, row.host) for row in rows if row.source in among)


def claim(connection: Connection, source: str, now: datetime, owner: str) -> Look | None:
    """Lease one source, due or not; None while it is being read or has asked to be left alone."""
    return _claim(connection, _THIS_ONE, now, owner, source=source)


def _claim(
    connection: Connection, chosen: Select[Any], now: datetime, owner: str, **which: object
) -> Look | None:
    row = connection.execute(chosen, {**_moments(now), **which}).first()
    if row is None:
        return None
    # Each claim by a name of its own: whoever overslept a lease must not settle the next one's.
    lease = f"{owner}:{uuid.uuid4().hex[:8]}"
    ours = {"this": row.source, "lease_owner": lease, "leased_until": now + LEASE}
    taken = connection.execute(_TAKE, {**_moments(now), **ours, "tried_at": now})
    return replace(Look(**row._mapping), lease_owner=lease) if taken.rowcount == 1 else None


def _moments(now: datetime) -> dict[str, datetime]:
    """The moments that the statements below compare with."""
    return {
        "now": now,
        "soon": now + TICK,
        "skewed": now + SKEW,
        "latest_lease": now + LEASE + SKEW,
        "latest_turn": now + LONGEST_TURN,
    }


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=Utc())


# The statements of every poll are put together once: that costs more than running them.
def _unleased() -> ColumnElement[bool]:
    # No lease is longer than LEASE: one that seems so was taken before the clock was set back.
    until = LOOK.c.leased_until
    return or_(until.is_(None), until <= _moment("now"), until > _moment("latest_lease"))


def _host_is_free() -> ColumnElement[bool]:
    other = LOOK.alias("other")
    leased = other.c.leased_until.between(_moment("now"), _moment("latest_lease"))
    asked = and_(other.c.not_before > _moment("now"), other.c.tried_at <= _moment("skewed"))
    # What is no web site has no host, and nothing to share with others like it.
    busy = and_(other.c.host == LOOK.c.host, LOOK.c.host != "", or_(leased, asked))
    return ~exists(select(other.c.source).where(busy))


def _has_its_turn() -> ColumnElement[bool]:
    later = SITE.c.free_at.between(_moment("soon"), _moment("latest_turn"))
    return ~exists(select(SITE.c.site).where(and_(SITE.c.site == LOOK.c.host, later)))


def _may_be_read() -> ColumnElement[bool]:
    set_back = LOOK.c.tried_at > _moment("skewed")
    asked = or_(LOOK.c.not_before.is_(None), LOOK.c.not_before <= _moment("now"), set_back)
    return and_(_host_is_free(), _unleased(), asked)


def _is_due() -> ColumnElement[bool]:
    late = or_(LOOK.c.due_at <= _moment("now"), LOOK.c.tried_at > _moment("skewed"))
    return and_(late, _has_its_turn(), _may_be_read())


def _choosing(*wanted: ColumnElement[bool]) -> Select[Any]:
    chosen = select(*COLUMNS).where(*wanted)
    return chosen.order_by(LOOK.c.due_at).limit(1).with_for_update(skip_locked=True)


_THIS_ONE = _choosing(LOOK.c.source == bindparam("source"), _may_be_read())
_LONGEST_DUE = _choosing(LOOK.c.source.in_(bindparam("among", expanding=True)), _is_due())
_EVERY_DUE = select(LOOK.c.source, LOOK.c.host).where(_is_due()).order_by(LOOK.c.due_at)
_TAKE = (
    update(LOOK)
    .where(LOOK.c.source == bindparam("this"), _unleased())
    .values({name: bindparam(name) for name in ("lease_owner", "leased_until", "tried_at")})
)


def settle(connection: Connection, look: Look, outcome: Mapping[str, Any]) -> bool:
    """Write how a look went and let go of it; False where the lease had gone to another."""
    written = connection.execute(
        update(LOOK)
        .where(LOOK.c.source == look.source, LOOK.c.lease_owner == look.lease_owner)
        .values(**outcome, lease_owner="", leased_until=None)
    )
    return written.rowcount == 1


def make_due(connection: Connection, source: str, now: datetime) -> None:
    """Something has come in that is not to wait for the source's next turn."""
    later = (LOOK.c.source == source, LOOK.c.due_at > now)
    connection.execute(update(LOOK).where(*later).values(due_at=now))


def let_go(connection: Connection, sources: Collection[str], owner: str) -> None:
    """Give back leases of ours that could not be settled; they are due when they were."""
    mine = LOOK.c.lease_owner.startswith(f"{owner}:", autoescape=True)
    ours = (LOOK.c.source.in_(sources), mine)
    connection.execute(update(LOOK).where(*ours).values(lease_owner="", leased_until=None))


def everything(connection: Connection, sources: Collection[str]) -> tuple[Look, ...]:
    """Each of these sources as it was last looked at."""
    wanted = tuple(sources)
    # A database takes 65,535 parameters at once; a country has more sources.
    parts = (wanted[at : at + MOST_AT_ONCE] for at in range(0, len(wanted), MOST_AT_ONCE))
    return tuple(
        Look(**row._mapping)
        for part in parts
        for row in connection.execute(select(*COLUMNS).where(LOOK.c.source.in_(part)))
    )


def keep_gap(connection: Connection, gap: Gap) -> None:
    """Write down that a source was not well for a while, now that it is again."""
    values = {name: getattr(gap, name) for name in Gap.__dataclass_fields__}
    connection.execute(insert(GAP).values(values))


def gaps(
    connection: Connection, sources: Collection[str], since: datetime, until: datetime
) -> tuple[Gap, ...]:
    """The gaps of these sources that touch a period, the first first."""
    columns = [GAP.c[name] for name in Gap.__dataclass_fields__]
    touches = (GAP.c.source.in_(sources), GAP.c.until > since, GAP.c.since < until)
    rows = connection.execute(select(*columns).where(*touches).order_by(GAP.c.since, GAP.c.source))
    return tuple(Gap(**row._mapping) for row in rows)

"""Daily totals: how many mentions there were, by source, level, mood and category.

They are kept up in the transaction that changes a mention, and outlive it: when a post is
deleted at the end of its time, what it counted for stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection, insert, select, update

from monitor.judge.routing import LONDON
from monitor.store.engine import one_at_a_time
from monitor.store.tables import Daily as DailyRow
from monitor.store.tables import Watched, table

DAILY, WATCHED = table(DailyRow), table(Watched)
NAMES = ("school", "day", "source", "level", "mood", "category")
Key = tuple[str, date, str, str, str, str]


class Countable(Protocol):
    """What of a mention is counted."""

    @property
    def school(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def published(self) -> datetime | None: ...
    @property
    def seen_at(self) -> datetime: ...
    @property
    def relevant(self) -> bool: ...
    @property
    def level(self) -> str: ...
    @property
    def sentiment(self) -> str: ...
    @property
    def categories(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Total:
    """So many mentions of one sort on one day; `category` is "" where each is counted once."""

    school: str
    day: date
    source: str
    level: str
    mood: str
    category: str
    mentions: int


@dataclass(frozen=True, slots=True)
class Watch:
    """Since when a school is watched, and since when its digests are owed."""

    since: datetime
    digests_from: datetime


def day_of(published: datetime | None, seen_at: datetime) -> date:
    """The day on which a post counts: when it was posted, or found where it does not say so.

    None counts later than it was found, whatever date it bears.
    """
    return min(published or seen_at, seen_at).astimezone(LONDON).date()


def alone(connection: Connection) -> None:
    """Wait until no other transaction counts. Asked for before any mention is touched, so that no
    two wait for each other.
    """
    one_at_a_time(connection, "daily")


def change(connection: Connection, before: Iterable[Countable], after: Iterable[Countable]) -> None:
    """What was counted as it was before is now counted as it is after."""
    moved: Counter[Key] = Counter(key for mention in after for key in _keys(mention))
    moved.subtract(key for mention in before for key in _keys(mention))
    fresh = [
        {**dict(zip(NAMES, key, strict=True)), "mentions": number}
        for key, number in sorted(moved.items())
        if number and not _add(connection, key, number)
    ]
    if fresh:
        connection.execute(insert(DAILY), fresh)


def _keys(mention: Countable) -> Iterator[Key]:
    if not mention.relevant:
        return
    day = day_of(mention.published, mention.seen_at)
    for category in ("", *dict.fromkeys(mention.categories)):
        yield mention.school, day, mention.source, mention.level, mention.sentiment, category


def _add(connection: Connection, key: Key, number: int) -> bool:
    """Add to a row that is there; False where there is none."""
    where = (DAILY.c[name] == part for name, part in zip(NAMES, key, strict=True))
    row = update(DAILY).where(*where)
    return connection.execute(row.values(mentions=DAILY.c.mentions + number)).rowcount == 1


def totals(
    connection: Connection, schools: Collection[str], first: date, last: date
) -> tuple[Total, ...]:
    """The totals of these schools from one day to another, both included."""
    columns = [DAILY.c[name] for name in (*NAMES, "mentions")]
    where = (DAILY.c.school.in_(schools), DAILY.c.day.between(first, last), DAILY.c.mentions > 0)
    rows = connection.execute(select(*columns).where(*where).order_by(*columns))
    return tuple(Total(**row._mapping) for row in rows)


def without(totals: Iterable[Total], hidden: Iterable[Countable]) -> tuple[Total, ...]:
    """The same totals as if there were not these mentions."""
    left = Counter(key for mention in hidden for key in _keys(mention))
    fewer = (
        replace(one, mentions=one.mentions - left[_key(one)]) if _key(one) in left else one
        for one in totals
    )
    return tuple(one for one in fewer if one.mentions > 0)


def _key(total: Total) -> Key:
    return total.school, total.day, total.source, total.level, total.mood, total.category


def watch(connection: Connection, school: str) -> Watch | None:
    """Since when a school is watched; None where that was never written down."""
    query = select(WATCHED.c.since, WATCHED.c.digests_from).where(WATCHED.c.school == school)
    row = connection.execute(query).one_or_none()
    return Watch(**row._mapping) if row else None


def begin(connection: Connection, school: str, since: datetime, now: datetime) -> None:
    """Write down since when a school is watched; its digests are owed from now on."""
    connection.execute(insert(WATCHED).values(school=school, since=since, digests_from=now))


def begin_again(connection: Connection, school: str, since: datetime, now: datetime) -> None:
    """The same of a school whose watch was written down by a clock that was ahead."""
    row = update(WATCHED).where(WATCHED.c.school == school)
    connection.execute(row.values(since=since, digests_from=now))

"""Reads what a school's week is made of: plain rows out of the database, for one moment of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor import coverage
from monitor.addressing import able_to_hear, place_of
from monitor.digest.figures import WEEKS, Post, Rows
from monitor.digest.weeks import Week
from monitor.judge.terms import Level
from monitor.settings import Person, School, Settings
from monitor.store import corrections, daily, looks, mentions, pages
from monitor.store.engine import Connection
from monitor.store.mentions import Mention

# What needs action is looked for in so many weeks, the digest's own included.
OPEN_WEEKS = 4
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Read:
    """What a school's week is written from, and the school's mentions by their ids."""

    rows: Rows
    mentions: Mapping[str, Mention]

    def heard_by(self, school: School, person: Person) -> Rows:
        """Without the posts that may be an allegation against this very person."""
        posts = tuple(
            post
            for post in self.rows.posts
            if person in able_to_hear(school, self.mentions[post.id]).people
        )
        return replace(self.rows, posts=posts)


def read(
    connection: Connection, settings: Settings, school: School, week: Week, now: datetime
) -> Read:
    """Everything that a school's digest of a week is made of."""
    first = week.before(WEEKS - 1)
    since = week.before(OPEN_WEEKS - 1).begins
    found = mentions.listed(connection, school=school.id, since=since, limit=MOST)
    stories = _stories(found)
    sources = tuple(s.id for s in settings.sources if s.enabled and s.listens_for(school.id))
    ends = min(week.ends, now)
    watch = daily.watch(connection, school.id)
    told = _told(connection, [one.id for one in stories])
    rows = Rows(
        week=week,
        totals=daily.totals(connection, (school.id,), first.monday, week.sunday),
        posts=tuple(_post(one, told.get(one.id)) for one in stories),
        fixes=tuple(_fixes(connection, school, week)),
        unseen=coverage.unseen(
            looks.everything(connection, sources),
            looks.gaps(connection, sources, first.begins, ends),
            first.begins,
            ends,
        ),
        sources=sources,
        since=watch.since if watch else None,
    )
    return Read(rows, {one.id: one for one in stories})


def _stories(found: Sequence[Mention]) -> tuple[Mention, ...]:
    """Each story once: its gravest mention, of those the first."""
    stories: dict[str, Mention] = {}
    for one in sorted(found, key=lambda each: (-Level(each.level).rank, each.seen_at, each.id)):
        stories.setdefault(one.same_as or one.id, one)
    return tuple(stories.values())


def _post(one: Mention, told: datetime | None) -> Post:
    return Post(
        id=one.id,
        level=Level(one.level),
        mood=one.sentiment,
        categories=one.categories,
        rules=tuple(str(reason["rule"]) for reason in one.reasons),
        words=f"{one.title}\n{one.text}",
        place=place_of(one),
        link=one.url,
        posted=min(one.published or one.seen_at, one.seen_at),
        found=one.seen_at,
        told=told,
    )


def _told(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """When the first letter about each of these left."""
    sent = {
        name: [letter.sent_at for letter in letters if letter.sent_at]
        for name, letters in pages.told(connection, ids).items()
    }
    return {name: min(moments) for name, moments in sent.items() if moments}


def _fixes(connection: Connection, school: School, week: Week) -> Iterator[str]:
    for record in corrections.listed(connection, school.id):
        if record.undone_at is None and week.begins <= record.made_at < week.ends:
            yield record.kind

"""Reads what a school's week is made of: plain rows out of the database, for one moment of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from monitor import coverage
from monitor.addressing import able_to_hear
from monitor.digest.figures import WEEKS, Post, Rows
from monitor.digest.weeks import Week
from monitor.judge.terms import Level
from monitor.matters import signs
from monitor.settings import Person, School, Settings
from monitor.store import corrections, daily, looks, mentions, pages
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from sources.domains import lender_of, registrable

# What needs action is looked for in so many weeks, the digest's own included.
OPEN_WEEKS = 4
MOST = 10_000
# What speaks ill of nobody and is no matter of safeguarding: whom it names is not looked for.
_HARMLESS = frozenset({"praise", "press", "request"})


@dataclass(frozen=True, slots=True)
class Read:
    """What a school's week is written from; `stories` are the mentions of each, by its post."""

    rows: Rows
    stories: Mapping[str, tuple[Mention, ...]]

    def heard_by(self, school: School, person: Person) -> Rows:
        """Without the posts that may be an allegation against this very person, and without what
        they count for: a number that no list explains would betray them.
        """
        hidden = {
            name
            for name, (gravest, *_) in self.stories.items()
            if _may_be_hidden(gravest) and person not in able_to_hear(school, gravest).people
        }
        return replace(
            self.rows,
            totals=daily.without(
                self.rows.totals, (m for name in hidden for m in self.stories[name])
            ),
            posts=tuple(post for post in self.rows.posts if post.id not in hidden),
        )


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
    gravest = [copies[0] for copies in stories]
    told = _told(connection, [one.id for one in gravest])
    rows = Rows(
        week=week,
        totals=daily.totals(connection, (school.id,), first.monday, week.sunday),
        posts=tuple(_post(one, told.get(one.id)) for one in gravest),
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
    return Read(rows, {copies[0].id: copies for copies in stories})


def _stories(found: Sequence[Mention]) -> tuple[tuple[Mention, ...], ...]:
    """The mentions of each story, the gravest first, of those the earliest."""
    stories: dict[str, list[Mention]] = {}
    for one in sorted(found, key=lambda each: (-Level(each.level).rank, each.seen_at, each.id)):
        stories.setdefault(one.same_as or one.id, []).append(one)
    return tuple(map(tuple, stories.values()))


def _may_be_hidden(one: Mention) -> bool:
    """False for what no list holds or what is harmless, which costs no reading of its words."""
    is_listed = Level(one.level) is not Level.ROUTINE or "praise" in one.categories
    rules = (str(reason["rule"]) for reason in one.reasons)
    return is_listed and not signs(one.categories, rules) <= _HARMLESS


def _post(one: Mention, told: datetime | None) -> Post:
    return Post(
        id=one.id,
        level=Level(one.level),
        mood=one.sentiment,
        categories=one.categories,
        rules=tuple(str(reason["rule"]) for reason in one.reasons),
        words=f"{one.title}\n{one.text}",
        place=_place(one),
        link=one.url,
        posted=min(one.published or one.seen_at, one.seen_at),
        found=one.seen_at,
        told=told,
    )


def _place(one: Mention) -> str:
    """The source as the school called it, and the site without what may be a person's name."""
    host = urlsplit(one.url).hostname or ""
    is_named = "." in host and not host.replace(".", "").isdigit()
    return f"{one.source} ({_site(host)})" if is_named else one.source


def _site(host: str) -> str:
    """The domain; of one below which anybody may have a name no more than that, for the first part
    is whoever writes there.
    """
    return lender_of(host) or registrable(host)


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

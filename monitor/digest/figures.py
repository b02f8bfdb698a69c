"""What the week was, in figures: from totals, posts, corrections and gaps to what is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import mean, median_high
from typing import Literal

from monitor.coverage import Unseen
from monitor.digest.themes import ranked, themes
from monitor.digest.weeks import Week
from monitor.judge.terms import MOODS, Level
from monitor.store.daily import Total

WEEKS = 12
# Fewer earlier weeks than this do not say what is usual.
ENOUGH = 4
# A spike is at least so many, and further above the usual number than chance goes.
LEAST, SPREAD = 5, 2
HALF = 0.5
_Field = Literal["level", "mood", "category", "source"]


@dataclass(frozen=True, slots=True)
class Post:
    """A story as the digest knows it: where and when, what it may be, and who was told when.

    `words` and `rules` are read for themes alone, and never shown.
    """

    id: str
    level: Level
    mood: str
    categories: tuple[str, ...]
    rules: tuple[str, ...]
    words: str
    place: str
    link: str
    posted: datetime
    found: datetime
    told: datetime | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of a school's week and the weeks before it.

    `totals` are of twelve weeks, the week included; `posts` each story once, of four weeks;
    `fixes` the kinds of the week's corrections; `unseen` what of all twelve weeks could not be
    seen; `sources` are those that are switched on, and `since` is when
    the school's watch began, where it has.
    """

    week: Week
    totals: tuple[Total, ...]
    posts: tuple[Post, ...]
    fixes: tuple[str, ...]
    unseen: tuple[Unseen, ...]
    sources: tuple[str, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One week of the chart; `is_seen` is false where most of it was not watched."""

    week: Week
    moods: Mapping[str, int]
    is_seen: bool

    @property
    def mentions(self) -> int:
        """All of them."""
        return sum(self.moods.values())


@dataclass(frozen=True, slots=True)
class Compared:
    """A number beside that of a usual week; None where too few weeks say what is usual."""

    name: str
    number: int
    usual: float | None

    @property
    def is_spike(self) -> bool:
        """True where it is more than chance makes of a usual week."""
        if self.usual is None or self.number < LEAST:
            return False
        return self.number > self.usual + SPREAD * sqrt(self.usual + 1)


@dataclass(frozen=True, slots=True)
class Speed:
    """How many posts somebody was told of, and how long that took from finding them."""

    told: int
    middle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Figures:
    """The week: see each field's name; lists hold each story once, the gravest or newest first."""

    week: Week
    mentions: Compared
    levels: tuple[Compared, ...]
    moods: tuple[Compared, ...]
    categories: tuple[Compared, ...]
    sources: tuple[Compared, ...]
    bars: tuple[Bar, ...]
    action: tuple[Post, ...]
    praise: tuple[Post, ...]
    watch: tuple[Post, ...]
    themes: tuple[tuple[str, int], ...]
    speeds: Mapping[Level, Speed]
    fixes: Mapping[str, int]
    older: int
    unseen: tuple[Unseen, ...]
    watched: int
    begun: datetime | None

    @property
    def spikes(self) -> tuple[Compared, ...]:
        """What there was much more of than in a usual week."""
        every = (self.mentions, *self.moods[:1], *self.categories, *self.sources)
        return tuple(one for one in every if one.is_spike)


def figures(rows: Rows) -> Figures:
    """Count the week."""
    bars = _bars(rows)
    earlier = [bar.week for bar in bars[:-1] if bar.is_seen]
    usual = earlier if len(earlier) >= ENOUGH else []
    count = _Counts(rows.totals, rows.week, usual)
    mine = [post for post in rows.posts if _is_of(post, rows.week)]
    return Figures(
        week=rows.week,
        mentions=Compared("mentions", bars[-1].mentions, _usual(bars, usual)),
        levels=count.by("level", [level.value for level in reversed(Level)]),
        moods=count.by("mood", MOODS),
        categories=count.by("category"),
        sources=count.by("source"),
        bars=bars,
        action=_action(rows),
        praise=_newest(one for one in mine if _is_praise(one)),
        watch=_newest(one for one in mine if one.level is Level.WATCH and not _is_praise(one)),
        themes=ranked(themes(one.words, one.rules) for one in mine if _is_complaint(one)),
        speeds=_speeds(mine),
        fixes=Counter(rows.fixes),
        older=sum(post.posted < rows.week.begins for post in mine),
        unseen=tuple(one for one in rows.unseen if _touches(one, rows.week)),
        watched=len(rows.sources),
        begun=rows.since if rows.since and rows.since > rows.week.begins else None,
    )


class _Counts:
    """Totals by some property of theirs, in the week and in usual ones."""

    def __init__(self, totals: Sequence[Total], week: Week, usual: Sequence[Week]) -> None:
        self._totals, self._week, self._usual = totals, week, usual

    def by(self, field: _Field, names: Sequence[str] = ()) -> tuple[Compared, ...]:
        """One line for each of these names, else for whatever there is, the most first.

        A category is counted by its own rows, anything else by those that hold each mention once.
        """
        counts: dict[str, Counter[Week]] = {known: Counter() for known in names}
        for one in self._totals:
            if bool(one.category) == (field == "category"):
                counts.setdefault(getattr(one, field), Counter())[Week.of(one.day)] += one.mentions
        found = [self._compared(known, weeks) for known, weeks in counts.items()]
        if names:
            return tuple(found)
        present = [one for one in found if one.number]
        return tuple(sorted(present, key=lambda one: (-one.number, one.name)))

    def _compared(self, name: str, weeks: Mapping[Week, int]) -> Compared:
        earlier = [weeks.get(week, 0) for week in self._usual]
        return Compared(name, weeks.get(self._week, 0), mean(earlier) if earlier else None)


def _bars(rows: Rows) -> tuple[Bar, ...]:
    moods: dict[Week, Counter[str]] = {}
    for one in rows.totals:
        if not one.category:
            moods.setdefault(Week.of(one.day), Counter())[one.mood] += one.mentions
    weeks = (rows.week.before(back) for back in reversed(range(WEEKS)))
    return tuple(
        Bar(
            week,
            moods.get(week, Counter()),
            is_seen=_share_unseen(rows, week) < HALF,
        )
        for week in weeks
    )


def _share_unseen(rows: Rows, week: Week) -> float:
    """How much of what its sources might have shown in a week could not be seen."""
    length = week.ends - week.begins
    before = min(max(rows.since - week.begins, timedelta()), length) if rows.since else length
    parts = (_within(one, week) for one in rows.unseen if one.source in rows.sources)
    whole = length * len(rows.sources)
    return sum(parts, before * len(rows.sources)) / whole if whole else 1.0


def _within(one: Unseen, week: Week) -> timedelta:
    ends = min(one.until or week.ends, week.ends)
    return max(ends - max(one.since, week.begins), timedelta())


def _touches(one: Unseen, week: Week) -> bool:
    return _within(one, week) > timedelta()


def _usual(bars: Sequence[Bar], usual: Sequence[Week]) -> float | None:
    numbers = [bar.mentions for bar in bars if bar.week in usual]
    return mean(numbers) if numbers else None


def _is_of(post: Post, week: Week) -> bool:
    """True for what was posted in the week, and for what is older and was found in it."""
    return any(week.begins <= moment < week.ends for moment in (post.posted, post.found))


def _is_praise(post: Post) -> bool:
    return "praise" in post.categories and post.mood == "positive" and not _is_complaint(post)


def _is_complaint(post: Post) -> bool:
    return "complaint" in post.categories


def _action(rows: Rows) -> tuple[Post, ...]:
    """What needs somebody and was posted by the week's end: the gravest first, then the oldest."""
    grave = [one for one in rows.posts if one.level.needs_response and one.posted < rows.week.ends]
    return tuple(sorted(grave, key=lambda one: (-one.level.rank, one.posted, one.id)))


def _newest(posts: Iterable[Post]) -> tuple[Post, ...]:
    return tuple(sorted(posts, key=lambda one: (one.posted, one.id), reverse=True))


def _speeds(posts: Sequence[Post]) -> dict[Level, Speed]:
    waits: dict[Level, list[timedelta]] = {}
    for post in posts:
        if post.told:
            waits.setdefault(post.level, []).append(post.told - post.found)
    return {level: Speed(len(each), median_high(each), max(each)) for level, each in waits.items()}

"""PURE: one letter about what a source held when it was first read for a school, in place of many.

What is urgent and fresh is told at once, by an alert; this is of the older and the lesser.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from alerts.reports import Found, SummaryNotice
from monitor.addressing import place_of
from monitor.intake import Held
from monitor.judge.terms import Level
from monitor.notices import kinds, worded
from monitor.school_days import next_opening
from monitor.settings import School
from monitor.store.deliveries import SUMMARY, Owed
from monitor.store.mentions import Mention

# Below every alert.
PRIORITY = 1
LISTED = 30
_LEVELS: Mapping[str, tuple[str, str]] = {
    "urgent": ("Urgent", "urgent"),
    "respond": ("Needs a response", "to respond to"),
}


def owed(
    source: str, held: Iterable[Held], schools: Mapping[str, School], now: datetime
) -> list[Owed]:
    """A summary for each person who would have been alerted, at their school's next opening."""
    heard: dict[tuple[str, str], list[Held]] = {}
    for one in held:
        heard.setdefault((one.mention.school, one.email), []).append(one)
    return [_owed(source, schools[school], several, now) for (school, _), several in heard.items()]


def _owed(source: str, school: School, held: Sequence[Held], now: datetime) -> Owed:
    return Owed(
        id=uuid.uuid4().hex,
        mention_id=None,
        school=school.id,
        level=max((Level(one.mention.level) for one in held), key=lambda level: level.rank).value,
        priority=PRIORITY,
        role=held[0].role,
        email=held[0].email,
        due_at=next_opening(school, now).at,
        kind=SUMMARY,
        subject=f"{source} {school.id} {now.isoformat()}",
        facts={"source": source, "mentions": [one.mention.id for one in held]},
    )


def notice(
    school: School, source: str, found: Sequence[Mention], web: str, reference: str, now: datetime
) -> SummaryNotice:
    """What the summary says of these mentions; `web` is where Footprint's pages are, or empty."""
    graver = sorted(found, key=_gravity, reverse=True)
    return SummaryNotice(
        school_id=school.id,
        school=school.name,
        source=source,
        counts=tuple(_counts(graver)),
        found=tuple(_found(mention, web, now) for mention in graver[:LISTED]),
        more=max(len(graver) - LISTED, 0),
        reference=reference,
    )


def _gravity(mention: Mention) -> tuple[int, datetime]:
    return Level(mention.level).rank, mention.published or mention.seen_at


def _counts(found: Sequence[Mention]) -> Iterator[str]:
    for level, number in Counter(mention.level for mention in found).items():
        yield f"{number} {_LEVELS[level][1]}"
    numbers = Counter(kind for mention in found for kind in kinds(mention.categories))
    yield from (f"{kind}: {number}" for kind, number in numbers.most_common())


def _found(mention: Mention, web: str, now: datetime) -> Found:
    posted = mention.published
    when = f"posted {worded(posted, beside=now)}" if posted else f"found {worded(mention.seen_at)}"
    return Found(
        level=_LEVELS[mention.level][0],
        kinds="; ".join(kinds(mention.categories)),
        when=when,
        place=place_of(mention),
        link=mention.url,
        page=f"{web}/mentions/{mention.id}" if web else "",
    )

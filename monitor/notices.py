"""Says what an alert has to say: a mention's plain values become a Notice. Pure; names nobody."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Literal

from alerts.base import Notice
from monitor.judge.routing import LONDON
from monitor.judge.terms import Level, Tier
from monitor.nations import role_name
from monitor.school_settings import Nation

FAIR = "This may be fair. People are entitled to say it."
OTHER = "other"

# To copy an indecent image of a child is a crime, whatever else the post may be.
_NO_IMAGES = (
    "If an image may show a child indecently, do not open or copy it: note its address only."
)
_IMAGES = frozenset({"safeguarding", "sexual"})


@dataclass(frozen=True, slots=True)
class Advice:
    """One category of `steps.toml`: what it may be, what to do now and what not to do."""

    kind: str
    steps: tuple[str, ...]
    avoid: str
    critical: bool = False


@cache
def advice() -> Mapping[str, Advice]:
    """The advice for each category, the most serious first and `OTHER` last."""
    table = tomllib.loads(files("monitor").joinpath("steps.toml").read_text("utf-8"))
    return {
        name: Advice(row["kind"], tuple(row["steps"]), row["avoid"], row.get("critical", False))
        for name, row in table.items()
    }


def alert(
    *,
    school_id: str,
    school: str,
    level: Level,
    tier: Tier | None,
    categories: Sequence[str],
    says: Sequence[str],
    place: str,
    link: str,
    page: str,
    published: datetime | None,
    seen: datetime,
    told: Sequence[str],
    reference: str,
    nation: Nation = "england",
    sentiment: str = "negative",
    zone: tzinfo = LONDON,
) -> Notice:
    """What one person is told of a mention.

    `says` are its reasons in plain English; `place` is the source's name as people know it;
    `page` is the mention's page in Footprint, or empty; `told` are the roles of everybody else
    who hears of it, in the words of their `nation`. Only what is negative is
    criticism. Raises ValueError for a level that owes no alert.
    """
    if not level.needs_response:
        raise ValueError(f"a mention of level {level} owes no alert")
    kinds = _ranked(categories)
    return Notice(
        school_id=school_id,
        school=school,
        level=_named(level),
        possible=level is Level.URGENT and tier == "possible",
        kinds=tuple(advice()[kind].kind for kind in kinds),
        place=place,
        posted=worded(published, zone, beside=seen) if published else "",
        seen=worded(seen, zone),
        link=link,
        page=page,
        why=tuple(dict.fromkeys(filter(None, says))),
        steps=_steps(kinds, is_criticism=level is Level.RESPOND and sentiment == "negative"),
        avoid=_avoid(kinds),
        told=tuple(dict.fromkeys(role_name(role, nation) for role in told)),
        reference=reference,
    )


def worded(moment: datetime, zone: tzinfo = LONDON, *, beside: datetime | None = None) -> str:
    """A moment as people say it: "Saturday 21 November at 21:40".

    The year is said too where it is not that of `beside`: an old post must not look like news.
    """
    here = moment.astimezone(zone)
    year = f" {here.year}" if beside and beside.astimezone(zone).year != here.year else ""
    return f"{here:%A} {here.day} {here:%B}{year} at {here:%H:%M}"


def _named(level: Level) -> Literal["urgent", "respond"]:
    return "urgent" if level is Level.URGENT else "respond"


def _ranked(categories: Sequence[str]) -> tuple[str, ...]:
    """The known categories, the most serious first; `OTHER` where there is none."""
    return tuple(name for name in advice() if name in categories) or (OTHER,)


def _steps(kinds: tuple[str, ...], *, is_criticism: bool) -> tuple[str, ...]:
    """The most serious category decides; criticism is called fair before any step against it."""
    first, *others = advice()[kinds[0]].steps
    is_fair = is_criticism and any(advice()[kind].critical for kind in kinds)
    return (f"{FAIR} {first}" if is_fair else first, *others)


def _avoid(kinds: tuple[str, ...]) -> str:
    avoid = advice()[kinds[0]].avoid
    hidden = kinds[0] not in _IMAGES and not _IMAGES.isdisjoint(kinds)
    return f"{avoid} {_NO_IMAGES}" if hidden else avoid

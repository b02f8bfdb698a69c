"""PURE: how well a source is after a reading, and whether anybody must be told of it.

A source that gives nothing is not well: its silence must not be taken for calm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from monitor.judge.routing import LONDON
from monitor.store.looks import Look
from sources.base import Health, SourceError

# A place that used to bring new entries and has brought none for so long.
STALE = timedelta(days=28)
# Clocks and zones differ by hours; a place whose every entry is dated later than this is not right.
AHEAD = timedelta(days=1)
# What needs a person, who is told at the first look; anything else may pass by itself.
AT_ONCE = frozenset({"blocked", "dead", "needs you", "over budget"})
LASTED, LOOKS, AT_THE_LATEST = timedelta(hours=6), 3, timedelta(days=1)

WORDS: Mapping[str, str] = {
    "ok": "Working",
    "slow": "Answers too slowly",
    "empty": "Answers, but holds nothing new",
    "blocked": "Refuses to be read",
    "failing": "Not working",
    "dead": "Gone",
    "over budget": "Used up its allowance",
    "needs you": "Needs you",
    "waiting": "Asked to be left alone for a while",
}
ADVICE: Mapping[str, str] = {
    "slow": "It may be busy. There is nothing to do for now; if it lasts for days, read it less "
    "often (every_minutes).",
    "empty": "Open its address in a browser and look whether it is still kept up. If it has "
    "moved, put the new address into the configuration.",
    "blocked": "It does not let programs read it, and Footprint does not work around that. Ask "
    "the place for a feed or for leave, or take another way to it.",
    "failing": "Its server has trouble, or the internet connection here. There is nothing to do "
    "for now; if it lasts, open its address in a browser.",
    "dead": "The address leads nowhere. Find the new one and put it into the configuration, or "
    "remove the source.",
    "over budget": "Its allowance is used up. It goes on by itself when the next one begins; "
    "until then, read it less often (every_minutes) or ask the place for more.",
    "needs you": "It needs a setting of yours: a password, a key or an address, as the error "
    "says. Change the configuration and start Footprint again.",
    "waiting": "There is nothing to do: it is tried again by itself.",
}
_NOTHING = (
    "It answers, but holds no entries at all; look whether its address is still the right one."
)
_AHEAD = (
    "It answers, but dates every entry more than a day in the future; "
    "look whether it is still kept up."
)
News = Literal["", "broken", "back"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reading of a source showed.

    `blind` says which part of it could not be read at all, where the others could; `entries` and
    `fresh` count what it held and what of that was new, `dates` are those its entries bear;
    `quiet` is true where finding nothing is no sign of trouble.
    """

    error: SourceError | None = None
    blind: str = ""
    unchanged: bool = False
    entries: int = 0
    fresh: int = 0
    dates: Sequence[datetime] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A source's state after a reading (see the look's table); `news` is what people are owed."""

    health: Health
    error: str
    failures: int
    broken_since: datetime | None
    told: str
    fresh_at: datetime | None
    news: News

    @property
    def kept(self) -> dict[str, Any]:
        """What the look remembers of it."""
        return {
            "health": self.health,
            "error": self.error,
            "failures": self.failures,
            "broken_since": self.broken_since,
            "told": self.told,
            "fresh_at": self.fresh_at,
        }


def after(look: Look, seen: Seen, now: datetime) -> State:
    """The state that a reading leaves a source in. One whose turn has not come is not read."""
    fresh_at = now if seen.fresh else look.fresh_at
    health, error = _judged(look, seen, fresh_at, now)
    if health == "ok":
        return State(health, "", 0, None, "", fresh_at, "back" if look.told else "")
    # One that lies ahead was written before the clock was set right.
    failures, since = look.failures + 1, min(look.broken_since or now, now)
    told = _told(look.told, health, failures, now - since)
    return State(
        health, error, failures, since, told, fresh_at, "broken" if told != look.told else ""
    )


def has_waited_long(look: Look, every: timedelta, now: datetime) -> bool:
    """True where a source whose turn never comes has not been read for long: something is wrong."""
    patience = max(LASTED, 3 * every)
    return look.good_at is None or now - look.good_at > patience


def unread(look: Look) -> State:
    """The state of a source that was not read at all: the one that it was in."""
    return State(
        cast(Health, look.health),
        look.error,
        look.failures,
        look.broken_since,
        look.told,
        look.fresh_at,
        "",
    )


def _judged(look: Look, seen: Seen, fresh_at: datetime | None, now: datetime) -> tuple[Health, str]:
    if seen.error:
        waits = seen.error.health == "waiting"
        return "failing" if waits else seen.error.health, str(seen.error)
    if seen.blind:
        return "failing", seen.blind
    if seen.dates and min(seen.dates) > now + AHEAD:
        return "empty", _AHEAD
    missing = "" if seen.quiet else _missing(look, seen, fresh_at, now)
    return ("empty", missing) if missing else ("ok", "")


def _missing(look: Look, seen: Seen, fresh_at: datetime | None, now: datetime) -> str:
    """What is wrong with what a place holds that should have something; "" where nothing is."""
    if seen.unchanged and look.health == "empty":
        return look.error or _NOTHING
    if not (look.fetched if seen.unchanged else seen.entries):
        return _NOTHING
    if fresh_at and now - fresh_at >= STALE:
        since = _day(fresh_at, now)
        return f"It answers, but with nothing new since {since}; look whether it is still kept up."
    return ""


def _told(before: str, health: Health, failures: int, lasted: timedelta) -> str:
    """The health that people have been told of after this: once, unless it now needs them."""
    if before:
        return health if health == "needs you" else before
    is_lasting = lasted >= AT_THE_LATEST or (lasted >= LASTED and failures >= LOOKS)
    return health if health in AT_ONCE or is_lasting else ""


def _day(moment: datetime, now: datetime) -> str:
    here = moment.astimezone(LONDON)
    year = "" if here.year == now.astimezone(LONDON).year else f" {here.year}"
    return f"{here.day} {here:%B}{year}"

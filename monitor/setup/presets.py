"""PURE: which newspapers' feeds a new school reads, by where it lies."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from monitor.school_settings import Nation
from monitor.setup.facts import School

# A school's own papers and its region; more would only tell of other towns.
MOST_FEEDS = 5
BROADCASTER = "bbc"
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['\u2019.]")
# What the register and people add to a place's name, or leave out.
_EMPTY = frozenset(("and", "borough", "city", "council", "county", "of", "the", "royal"))


@dataclass(frozen=True, slots=True)
class Feed:
    """A newspaper's or broadcaster's feed. `checked` says how far its address is known."""

    name: str
    publisher: str
    url: str
    nation: Nation
    checked: str
    covers: tuple[str, ...]


@cache
def feeds() -> tuple[Feed, ...]:
    """The packaged feeds, the most local ones first."""
    text = files("monitor.setup").joinpath("presets.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return tuple(
        Feed(
            name=row["name"],
            publisher=row["publisher"],
            url=table["patterns"][row["publisher"]].format(title=row["title"]),
            nation=row["nation"],
            checked=row["checked"],
            covers=tuple(row["covers"]),
        )
        for row in table["feeds"]
    )


def press(school: School) -> tuple[Feed, ...]:
    """The feeds that cover where the school lies; its nation's where no region's does."""
    own = _keys((school.town, school.locality, school.county, school.authority))
    national = [feed for feed in feeds() if feed.nation == school.nation]
    found = [feed for feed in national if own & _keys(feed.covers)]
    regional = [feed for feed in found if feed.publisher == BROADCASTER][:1]
    papers = [feed for feed in found if feed.publisher != BROADCASTER]
    regional = regional or [feed for feed in national if not feed.covers]
    return (*papers[: MOST_FEEDS - len(regional)], *regional)


def _keys(places: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, map(_key, places)))


def _key(place: str) -> str:
    words = _WORD.findall(_APOSTROPHE.sub("", place.casefold()))
    return " ".join(word for word in words if word not in _EMPTY)

"""PURE: how a poll went, in values and in words."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.health import Seen
from monitor.intake import Intake
from monitor.settings import School, SourceSettings
from monitor.store.looks import Look
from sources.base import Post, SourceError
from sources.turns import site_of


@dataclass(frozen=True, slots=True)
class Polled:
    """How one poll went, in the terms of `poll --json`; `flaws` are what could not be read."""

    id: str
    kind: str
    health: str
    fetched: int = 0
    new: int = 0
    matched: int = 0
    alerted: int = 0
    error: str = ""
    flaws: tuple[str, ...] = ()


@dataclass(slots=True)
class Harvest:
    """What a source gave before it ended or failed."""

    posts: list[Post] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    blind: str = ""
    unchanged: bool = False
    error: SourceError | None = None


def unjudged(number: int) -> str:
    """What to say of posts that the judge stumbled over."""
    if number == 1:
        return "1 post could not be judged; it is tried again at each poll"
    return f"{number} posts could not be judged; they are tried again at each poll"


def fault_of(error: Exception) -> str:
    """What to say of a fault of our own."""
    # Where and of what kind, never its text: that may hold a post's words.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"a fault in Footprint itself ({type(error).__name__} at {where}); please report it"


def host_of(source: SourceSettings) -> str:
    """The site that a source is read from, as turns name it; "" where it is none, or several."""
    options = source.options
    url = str(getattr(options, "address", "") or getattr(options, "url", ""))
    url = url or str(getattr(options, "service", ""))
    if url:
        return site_of(url)
    host, port = getattr(options, "host", ""), getattr(options, "port", "")
    return f"{host}:{port}" if host else ""


def fingerprint(school: School) -> str:
    """Changes with a school's names, so that what a source holds is read again for new ones."""
    return hashlib.blake2b(repr(school.watch).encode(), digest_size=8).hexdigest()


def seen_in(harvest: Harvest, source: SourceSettings, fresh: int) -> Seen:
    """What a reading says of the source's health; `fresh` counts the entries that were new."""
    return Seen(
        error=harvest.error,
        blind=harvest.blind,
        unchanged=harvest.unchanged,
        entries=len(harvest.posts),
        fresh=fresh,
        dates=[post.published for post in harvest.posts if post.published],
        quiet=getattr(source.options, "quiet_is_well", False),
    )


def polled_of(look: Look, harvest: Harvest, intake: Intake, outcome: Mapping[str, Any]) -> Polled:
    """The poll as it is reported."""
    return Polled(
        id=look.source,
        kind=look.kind,
        health=harvest.error.health if harvest.error else str(outcome["health"]),
        fetched=len(harvest.posts),
        new=intake.fresh,
        matched=intake.matched,
        alerted=intake.alerted,
        error=str(harvest.error or outcome["error"]),
        flaws=tuple(harvest.flaws),
    )

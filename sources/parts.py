"""What kinds share that read several parts of a place (searches, hashtags) and remember each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sources.answers import judge_status
from sources.base import Flaw, Post, Response, SourceError
from sources.steps import SiteError, is_shared

# The window in which Bluesky and Mastodon count requests, for a refusal that names no time.
_WINDOW = timedelta(minutes=5)
_TOO_MANY = 429


def refusal(response: Response, now: datetime) -> SourceError | None:
    """What an interface's status means; only a fault of the server may be one part's alone."""
    host = urlsplit(response.url).hostname or ""
    error = judge_status(host, response.status, response.headers, now)
    if error and response.status == _TOO_MANY:
        return SiteError(str(error), error.health, error.retry_after or _WINDOW)
    if error and error.health != "failing":
        return SiteError(str(error), error.health, error.retry_after)
    return error


def part(items: Iterator[Post | Flaw], seen: set[str]) -> Iterator[Post | Flaw]:
    """What a part gives that is not `seen` yet; failing after posts costs its rest alone."""
    given = False
    try:
        for item in items:
            if isinstance(item, Flaw):
                yield item
                continue
            given = True
            if item.key not in seen:
                seen.add(item.key)
                yield item
    except SourceError as error:
        if not given or is_shared(error):
            raise
        yield Flaw(str(error))


def kept(memo: Mapping[str, Any], name: str) -> dict[str, str]:
    """What the memo keeps for each part under that name."""
    found = memo.get(name)
    return dict(found) if isinstance(found, dict) else {}

"""Several parts of a place (searches, hashtags, servers) in turn: one that fails costs itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sources.answers import judge_status
from sources.base import Flaw, Post, Response, SourceError

# The window in which Bluesky and Mastodon count requests, for a refusal that names no time.
WINDOW = timedelta(minutes=5)
_TOO_MANY = 429
Part = TypeVar("Part")


class PartError(SourceError):
    """What is wrong with one part alone, so that the others are worth asking."""


def refusal(response: Response, now: datetime) -> SourceError | None:
    """What an interface's status means; who is told to come less often always knows when."""
    host = urlsplit(response.url).hostname or ""
    error = judge_status(host, response.status, response.headers, now)
    if error and response.status == _TOO_MANY:
        return SourceError(str(error), error.health, error.retry_after or WINDOW)
    return error


def read_each(
    parts: Iterable[Part],
    read: Callable[[Part], Iterator[Post | Flaw]],
    *,
    one_site: bool,
) -> Iterator[Post | Flaw]:
    """Yield what each part gives, each post once; raises SourceError where no part gave anything.

    Where all are at `one_site`, a refusal, a wait or silence ends the round: it would meet the
    others too, and asking on would be bad manners.
    """
    seen: set[str] = set()
    errors: list[SourceError] = []
    done = 0
    for part in parts:
        try:
            yield from _unseen(read(part), seen)
            done += 1
        except SourceError as error:
            errors.append(error)
            if one_site and not _is_the_parts_own(error):
                break
    if errors and not done and not seen:
        raise _together(errors)
    yield from (Flaw(detail) for detail in dict.fromkeys(map(str, errors)))


def kept(memo: Mapping[str, Any], name: str) -> dict[str, str]:
    """What the memo keeps for each part under that name."""
    found = memo.get(name)
    return dict(found) if isinstance(found, dict) else {}


def _unseen(items: Iterator[Post | Flaw], seen: set[str]) -> Iterator[Post | Flaw]:
    for item in items:
        if isinstance(item, Flaw):
            yield item
        elif item.key not in seen:
            seen.add(item.key)
            yield item


def _is_the_parts_own(error: SourceError) -> bool:
    """True for what may be wrong with one part alone, as a broken answer may."""
    return isinstance(error, PartError) or (error.health == "failing" and not error.retry_after)


def _together(errors: Sequence[SourceError]) -> SourceError:
    """One error for all; "waiting" hides nothing that is wrong."""
    wrong = [error for error in errors if error.health != "waiting"] or list(errors)
    waits = [error.retry_after for error in errors if error.retry_after is not None]
    message = " ".join(dict.fromkeys(map(str, wrong)))
    return SourceError(message, wrong[0].health, min(waits) if len(waits) == len(errors) else None)

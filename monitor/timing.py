"""PURE: when a source is looked at again, and when a letter is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# What Postfix does with a mail server that is away (RFC 5321, 4.5.4.1: at least 4 to 5 days).
PATIENCE = timedelta(days=5)
# Whoever waits for a link to sign in with asks for another after so long.
LINK_PATIENCE = 5 * MINUTE
# While the server refuses every letter one is tried at least this often, so that all of them
# leave within minutes of its return.
LONGEST_PAUSE = 5 * MINUTE
DAILY = frozenset({"blocked", "dead", "needs you"})


def next_look(
    now: datetime,
    every: timedelta,
    *,
    jitter: float,
    health: str = "ok",
    failures: int = 0,
    asked: timedelta | None = None,
    own: bool = False,
) -> datetime:
    """When a source is due again; `own` says that it is the school's own place.

    `jitter` is a chance from 0 to 1: up to a fifth of the interval is added, so that schools do
    not all ask at nine. A failing source is left longer each time, an hour at most unless its
    own interval is longer; one that needs a person, for a day, or an hour where it is one's own:
    a folder or mailbox comes back by itself. Each is tried at least daily, for good. What a site
    asks for is kept, a day at most.
    """
    wait = every
    if health in DAILY:
        wait = max(every, HOUR) if own else DAY
    elif failures:
        wait = max(every, min(every * (1 << min(failures, 10)), HOUR))
    wait *= 1 + jitter / 5
    if failures:
        wait = min(wait, DAY)
    return now + max(wait, min(asked or timedelta(), DAY))


def next_try(now: datetime, attempts: int) -> datetime:
    """When one letter is tried again after so many tries: 1, 2, 4 ... minutes, an hour at most."""
    return now + min(MINUTE * (1 << min(max(attempts - 1, 0), 10)), HOUR)


def next_probe(now: datetime, failures: int) -> datetime:
    """When a server that refuses every letter is tried again: 1, 2, 4, then every 5 minutes."""
    return now + min(MINUTE * (1 << min(max(failures - 1, 0), 10)), LONGEST_PAUSE)


def has_waited_long_enough(first_due: datetime, now: datetime) -> bool:
    """True once a letter has been tried for five days."""
    return now - first_due >= PATIENCE


def is_link_late(owed_at: datetime, now: datetime) -> bool:
    """True once nobody waits for a link to sign in with any more."""
    return now - owed_at >= LINK_PATIENCE

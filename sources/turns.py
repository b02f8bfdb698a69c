"""Turns at a site: one request at a time and so far apart, whoever asks, over a restart too."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from sources.addresses import checked, private_allowances
from sources.base import SourceError

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
# What these sites have said, or are known, to put up with from one address.
SPACINGS = {
    "reddit.com": timedelta(seconds=70),
    "api.gdeltproject.org": timedelta(seconds=6),
    "crt.sh": timedelta(seconds=10),
}
# A poll waits so long for its turn within itself; beyond that it is put off.
MOST_WAITED = timedelta(seconds=15)
# A request ends after 60 s whatever happens.
_QUEUE_SECONDS = 75.0


class Book(Protocol):
    """Where turns are written down, for every process and over a restart."""

    def take(self, site: str, spacing: timedelta, most: timedelta) -> timedelta:
        """How long to wait for the next turn, which is kept for us unless that is over `most`.

        A site that asked to be left alone has its next turn after that.
        """
        ...

    def leave_alone(self, site: str, until: datetime) -> None:
        """Nobody's turn comes before that moment."""
        ...


class MemoryBook:
    """A book for one process that remembers nothing afterwards."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._free: dict[str, datetime] = {}

    def take(self, site: str, spacing: timedelta, most: timedelta) -> timedelta:
        """How long to wait for the next turn."""
        with self._lock:
            now = self._clock()
            free = max(self._free.get(site, now), now)
            if free - now <= most:
                self._free[site] = free + spacing
            return free - now

    def leave_alone(self, site: str, until: datetime) -> None:
        """Nobody's turn comes before that moment."""
        with self._lock:
            self._free[site] = max(until, self._free.get(site, until))


class Turns:
    """Keeps requests to one site apart; `own` gives the spacing of one's own machines by site."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        book: Book | None = None,
        own: Callable[[str], timedelta | None] = lambda _: timedelta(),
    ) -> None:
        self._clock = clock
        self._book: Book = book or MemoryBook(clock)
        self._own = own
        self._lock = threading.Lock()
        self._busy: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def turn(self, site: str) -> Iterator[None]:
        """Have the site for oneself from one's turn on; raises SourceError where that is far off.

        The error's health is "waiting": nothing is wrong with the source.
        """
        with self._lock:
            busy = self._busy[site]
        if not busy.acquire(timeout=_QUEUE_SECONDS):
            raise _put_off(site, MOST_WAITED)
        try:
            self.wait(site)
            yield
        finally:
            busy.release()

    def wait_on(self, site: str, from_site: str) -> None:
        """Wait before following a redirect; on one site a second, for its turn is ours already."""
        if site != from_site:
            self.wait(site)
        else:
            time.sleep(min(self._spacing(site), SECOND).total_seconds())

    def wait(self, site: str) -> None:
        """Wait for a turn at a site that one may share; raises SourceError as `turn` does."""
        wait = self._book.take(site, self._spacing(site), MOST_WAITED)
        if wait > MOST_WAITED:
            raise _put_off(site, wait)
        if wait > timedelta():
            time.sleep(wait.total_seconds())

    def leave_alone(self, site: str, wait: timedelta | None) -> None:
        """The site has asked for it; None where it did not say how long."""
        if wait:
            self._book.leave_alone(site, self._clock() + wait)

    def _spacing(self, site: str) -> timedelta:
        own = self._own(site)
        if own is not None:
            return own
        return SPACINGS.get(site, SECOND)


def site_of(url: str) -> str:
    """The host of an address as turns name it: small letters, the port where it is unusual.

    Hosts of one place that counts requests together (old.reddit.com) are one site.
    """
    parts = checked(url)
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    usual = 443 if parts.scheme == "https" else 80
    if parts.port not in (None, usual):
        return f"{host}:{parts.port}"
    return next((name for name in _parents(host) if name in SPACINGS), host)


def own_sites(private_hosts_allowed: Sequence[str]) -> frozenset[str]:
    """The sites that the configuration calls one's own machines."""
    return frozenset(
        host if port in (80, 443) else f"{host}:{port}"
        for host, port in private_allowances(tuple(private_hosts_allowed))
    )


def _parents(host: str) -> Iterator[str]:
    names = host.split(".")
    return (".".join(names[at:]) for at in range(len(names)))


def _put_off(site: str, wait: timedelta) -> SourceError:
    seconds = round(wait.total_seconds())
    said = f"{seconds} seconds" if wait < 2 * MINUTE else f"{seconds // 60} minutes"
    return SourceError(
        f"{site.partition(':')[0]} is to be left alone for another {said}; it is asked after that.",
        "waiting",
        wait,
    )

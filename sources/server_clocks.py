"""By how much our clock is ahead of those of the servers that are read, from their Date headers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_MOST = 20
# What was seen longer ago may have been before somebody set the clock right.
_GOOD_FOR = 2 * 3600.0


class ServerClocks:
    """What the last answer of each site said, for the sites that were read last."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, timedelta]] = OrderedDict()

    def note(self, site: str, headers: Mapping[str, str], now: datetime) -> None:
        """Take in an answer's headers (names in lower case); without a usable Date, nothing."""
        said = _date(headers)
        if said is None:
            return
        with self._lock:
            self._seen.pop(site, None)
            self._seen[site] = (self._monotonic(), now - said)
            while len(self._seen) > _MOST:
                self._seen.popitem(last=False)

    def ahead(self) -> tuple[timedelta, ...]:
        """By how much our clock is ahead of each site's; below zero where it is behind."""
        with self._lock:
            first = self._monotonic() - _GOOD_FOR
            return tuple(ahead for seen, ahead in self._seen.values() if seen >= first)


def _date(headers: Mapping[str, str]) -> datetime | None:
    if headers.get("age", "0").strip() != "0":  # a cache's answer bears the time of its making
        return None
    try:
        said = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said

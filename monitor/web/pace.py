"""How often somebody may hand something in: so many within a while, counted in memory."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta

# Strangers' addresses are counted too, and there are many of those.
_MOST_KNOWN = 1_000


class Pace:
    """Counts what has come from each, for any thread."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most, self._within = most, within
        self._lock = threading.Lock()
        self._came: defaultdict[str, deque[datetime]] = defaultdict(deque)

    def wait(self, who: str, now: datetime) -> int:
        """0, and one more has come; else after how many seconds another may."""
        with self._lock:
            if len(self._came) > _MOST_KNOWN:
                self._forget(now)
            came = self._came[who]
            self._drop(came, now)
            if len(came) < self._most:
                came.append(now)
                return 0
            return int((came[0] + self._within - now).total_seconds()) + 1

    def _forget(self, now: datetime) -> None:
        for who, came in list(self._came.items()):
            self._drop(came, now)
            if not came:
                del self._came[who]

    def _drop(self, came: deque[datetime], now: datetime) -> None:
        # What came in the future came before the clock was set back.
        while came and not now - self._within < came[0] <= now:
            came.popleft()

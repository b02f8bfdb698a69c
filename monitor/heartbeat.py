"""Tells an outside service that all is well, so that it notices when it is told no more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sources.base import Response, SourceError

log = logging.getLogger("footprint")

APART = timedelta(minutes=1)
_DONE = range(200, 300)


@dataclass
class Heartbeat:
    """The step that asks for the service's address, at most once a minute.

    `get` goes through the guarded door; `is_good` says that the last round found everything well.
    Without a `url` it does nothing. `failing` is since when the service has not been reached, and
    why.
    """

    url: str
    get: Callable[[str], Response]
    is_good: Callable[[], bool]
    clock: Callable[[], datetime]
    failing: tuple[datetime, str] | None = None
    _last: datetime | None = field(default=None, init=False)

    def ping(self) -> None:
        """Ask, where it is time and all is well. A failure is remembered and costs nothing else."""
        now = self.clock()
        if not (self.url and self._is_time(now) and self.is_good()):
            return
        self._last = now
        error = self._tried()
        if error and not self.failing:
            log.warning("the outside heartbeat: %s", error)
        self.failing = (self.failing[0] if self.failing else now, error) if error else None

    def _is_time(self, now: datetime) -> bool:
        # What lies ahead was before the clock was set back.
        return self._last is None or not timedelta() <= now - self._last < APART

    def _tried(self) -> str:
        try:
            answer = self.get(self.url)
        except SourceError as error:
            return str(error)
        return "" if answer.status in _DONE else f"its address answered {answer.status}"

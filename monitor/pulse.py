"""When each step last came round, by a clock that nobody can set."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta


class Pulse:
    """Shared by the threads that work and by whoever watches them."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic` gives seconds since some moment."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._every: dict[str, timedelta] = {}
        self._last: dict[str, float] = {}

    def expect(self, name: str, seconds: float) -> None:
        """From now on a step of that name comes round so often."""
        with self._lock:
            self._every[name] = timedelta(seconds=seconds)
            self._last[name] = self._monotonic()

    def beat(self, name: str) -> None:
        """The step has come round; of several workers at one step, the last counts."""
        with self._lock:
            self._last[name] = self._monotonic()

    def idle(self) -> Mapping[str, tuple[timedelta, timedelta]]:
        """For how long each step has not come round, and how often it should."""
        with self._lock:
            now = self._monotonic()
            return {
                name: (timedelta(seconds=now - self._last[name]), every)
                for name, every in self._every.items()
            }

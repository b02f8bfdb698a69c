"""How often each step is called: the only APScheduler.

Ticks only ask; what is due, and when, is in the database. So a late tick loses nothing, and a
restart forgets nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitor.pulse import Pulse
from monitor.steps import Step
from monitor.store.engine import StoreError

log = logging.getLogger("footprint")

CLOCK_SECONDS = 5
# A fetch ends within 60 seconds; service managers kill after 90.
PATIENCE_SECONDS = 75.0


class Schedule:
    """Calls the steps until it is stopped; a step in hand is finished first."""

    def __init__(
        self,
        steps: Sequence[Step],
        clock: Callable[[], datetime],
        patience: float = PATIENCE_SECONDS,
        *,
        pulse: Pulse | None = None,
    ) -> None:
        """`pulse` is told whenever a step has come round.

        The first calls are due at once by `clock`; `patience` is how many seconds a step in hand
        is waited for at the end.
        """
        self.stopping = threading.Event()
        self._clock, self._patience = clock, patience
        self._pulse = pulse or Pulse(time.monotonic)
        self._every = {step.name: step.seconds for step in steps}
        self._watcher = threading.Thread(target=self._watch_the_clock, name="clock", daemon=True)
        self._said: dict[Callable[[], object], str] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(sum(step.at_once for step in steps))},
            # By default a job over a second late is dropped without a word.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._ending = threading.Thread(target=self._scheduler.shutdown, name="ending", daemon=True)
        for step in steps:
            for index in range(step.at_once):
                self._scheduler.add_job(
                    self._work,
                    IntervalTrigger(seconds=step.seconds, timezone=UTC),
                    (step.name, step.work),
                    id=f"{step.name}-{index}",
                    next_run_time=clock(),
                )

    def start(self) -> None:
        """Begin."""
        for name, seconds in self._every.items():
            self._pulse.expect(name, seconds)
        self._scheduler.start()
        self._watcher.start()

    def stop(self) -> bool:
        """Let the steps in hand finish, and begin no other; False where one would not end.

        A mail server may think for ten minutes about one letter. What is cut off then is taken
        up at the next start, since a step that has not settled its row still holds only a lease.
        Whoever asks again waits as long again.
        """
        if not self.stopping.is_set():
            self.stopping.set()
            self._watcher.join()
            self._ending.start()
        self._ending.join(self._patience)
        return not self._ending.is_alive()

    def _watch_the_clock(self) -> None:
        """APScheduler sleeps by the wall clock: set back two days, it would sleep for two days."""
        ahead = self._ahead()
        while not self.stopping.wait(CLOCK_SECONDS):
            if abs(self._ahead() - ahead) > CLOCK_SECONDS:
                ahead = self._ahead()
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=self._clock())

    def _ahead(self) -> float:
        """Seconds by which the wall clock is ahead of one that nobody can set."""
        return self._clock().timestamp() - time.monotonic()

    def _work(self, name: str, step: Callable[[], object]) -> None:
        try:
            while not self.stopping.is_set() and step() is not None:
                self._pulse.beat(name)
        except StoreError as error:
            # Told once, not at each tick; the next tick tries again.
            if str(error) != self._said.get(step):
                log.error("%s", error)
            self._said[step] = str(error)
        else:
            self._said.pop(step, None)
        self._pulse.beat(name)

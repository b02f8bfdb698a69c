"""Who does the work that `footprint run` need not do itself: it, or workers on its database."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from monitor.commands._world import say
from monitor.jobs import workers_at_work
from monitor.steps import Step
from monitor.store.engine import Store, sqlite_path

LOOK_SECONDS = 5.0
IN_A_FILE = "All work is done in this process, because the database is a SQLite file."
NOBODY = "All work is done in this process, because no footprint worker is at work on the database."


def shared_out(store: Store, url: str, steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps as this process takes them; says which engine does the work, and why."""
    if sqlite_path(url):
        say(IN_A_FILE)
        return tuple(steps)
    relief = Relief(store)
    relief.look()
    return tuple(replace(step, work=relief.around(step.work)) for step in steps)


@dataclass
class Relief:
    """Rests while workers do what is due, and says each time that this changes."""

    store: Store
    _number: int = field(default=-1, init=False)
    _looked: float = field(default=0.0, init=False)

    def around(self, work: Callable[[], object]) -> Callable[[], object]:
        """The same unit of work, left alone while others do it."""
        return lambda: None if self.is_at_rest() else work()

    def is_at_rest(self) -> bool:
        """Whether workers have done something within the last minute. Raises StoreError."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self.look()
        return self._number > 0

    def look(self) -> None:
        """Ask the database now. Raises StoreError."""
        with self.store.reading() as connection:
            number = workers_at_work(connection)
        self._looked = time.monotonic()
        # How many they are changes with every update; whether there are any matters.
        if self._number < 0 or bool(number) != bool(self._number):
            say(_said(number))
        self._number = number


def _said(number: int) -> str:
    if not number:
        return NOBODY
    workers = "1 footprint worker" if number == 1 else f"{number} footprint workers"
    return (
        f"The work is left to {workers} on the database, which others may join; "
        "should all of them stop, it is done in this process within a minute."
    )

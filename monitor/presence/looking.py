"""A check in the world: the configured sources, the door to the network, what is spent of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.presence import checking
from monitor.presence.checking import Check
from monitor.presence.record import Finding, Record, Run
from monitor.settings import Settings
from monitor.store import presence
from monitor.store.engine import Store
from sources.fetch import Door, Fetcher
from sources.parsing import BodyParser


@dataclass(frozen=True)
class Looker:
    """Looks for one person at a time; what engines count is counted with their sources."""

    settings: Settings
    store: Store
    fetcher: Fetcher
    parser: BodyParser
    clock: Callable[[], datetime]
    chance: Callable[[], float]

    def look(
        self, record: Record, told: Callable[[str], object] = lambda _: None
    ) -> tuple[Run, tuple[Finding, ...]]:
        """Ask everywhere for the person; `told` hears what is being asked. Raises StoreError."""
        now, sources = self.clock(), self.settings.sources
        with self.store.reading() as connection:
            memos = presence.counts(connection, [source.id for source in sources])
        places = checking.asked_of(sources, self._door, now, memos, self.settings.folder)
        check = Check(record.identity, record.school.watch, places, self._door(), now, self.chance)
        try:
            return check.run(told)
        finally:
            with self.store.writing() as connection:
                for place in places:
                    source = place.source
                    presence.keep_counts(connection, source.id, source.kind, place.counted, now)

    def _door(self) -> Door:
        return Door(self.fetcher, self.parser, {})

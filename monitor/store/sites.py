"""When each site may next be asked, kept for every process and over a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from monitor.store.engine import Store, one_at_a_time
from monitor.store.tables import Site, table

SITE = table(Site)
# The most that a site may ask for; a turn further off was kept before the clock was set back.
LONGEST = timedelta(days=1, minutes=5)


@dataclass(frozen=True, slots=True)
class SiteBook:
    """The book of turns in the database (see `sources.turns.Book`)."""

    store: Store
    clock: Callable[[], datetime]

    def take(self, site: str, spacing: timedelta, most: timedelta) -> timedelta:
        """How long to wait for the next turn, which is kept for us unless that is over `most`."""
        if not spacing:
            return self._looked_up(site)
        with self.store.writing() as connection:
            one_at_a_time(connection, "sites")
            now = self.clock()
            free = _free(connection, site, now)
            if free - now <= most:
                _write(connection, site, free + spacing)
            return free - now

    def leave_alone(self, site: str, until: datetime) -> None:
        """Nobody's turn comes before that moment."""
        with self.store.writing() as connection:
            one_at_a_time(connection, "sites")
            _write(connection, site, max(until, _free(connection, site, self.clock())))

    def _looked_up(self, site: str) -> timedelta:
        with self.store.reading() as connection:
            now = self.clock()
            return _free(connection, site, now) - now


def _free(connection: Connection, site: str, now: datetime) -> datetime:
    found = connection.execute(select(SITE.c.free_at).where(SITE.c.site == site)).scalar()
    return found if found is not None and now < found <= now + LONGEST else now


def _write(connection: Connection, site: str, free_at: datetime) -> None:
    row = update(SITE).where(SITE.c.site == site).values(free_at=free_at)
    if not connection.execute(row).rowcount:
        connection.execute(insert(SITE).values(site=site, free_at=free_at))

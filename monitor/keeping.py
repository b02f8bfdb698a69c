"""HOW THINGS GO, ON ONE SCREEN: once a day what is over is deleted, and the chains' ends kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor import erasures, heads, uploads
from monitor.machine import silent
from monitor.settings import Keep, Settings
from monitor.store import audit, erasing, evidence, mentions, records, rights, searching
from monitor.store.engine import Connection, Store, StoreError
from monitor.store.erasing import Gone
from monitor.store.records import Hold
from monitor.store.reports import files_named

log = logging.getLogger("footprint")

DAILY = "keeping"
EVERY = timedelta(days=1)
AUDIT_KEPT = timedelta(days=3 * 365 + 1)


class SilentError(Exception):
    """No source has been read for so long that the clock is not believed; nothing is deleted."""


class HeldError(Exception):
    """Something is on hold and must not be erased."""

    def __init__(self, holds: Collection[Hold]) -> None:
        """The message names each hold by its number and what it is for."""
        names = ", ".join(f"{one.id} ({one.kind}: {one.name})" for one in holds)
        super().__init__(
            f"this is on hold, {names}, and destroying it could be an offence; "
            "if the hold is over, release it first: footprint data release NUMBER"
        )


@dataclass(slots=True)
class Expired:
    """What was deleted because its time was over: mentions by school, incidents, audit rows."""

    mentions: dict[str, int] = field(default_factory=dict)
    incidents: int = 0
    audit_rows: int = 0


@dataclass(frozen=True)
class Keeper:
    """What is needed to delete what is over."""

    settings: Settings
    store: Store
    clock: Callable[[], datetime]

    def keep_one(self) -> Expired | None:
        """Delete what is over where that has not been done for a day; None where it has."""
        now = self.clock()
        with self.store.reading() as connection:
            last = records.last_done(connection, DAILY)
        if last is not None and last <= now < last + EVERY:
            return None
        try:
            return self.expire()
        except SilentError as error:
            log.error("nothing was deleted: %s", error)
            return None

    def expire(self) -> Expired:
        """Delete what is over, now; raises SilentError."""
        now, expired = self.clock(), Expired()
        with self.store.reading() as connection:
            if says := silent(records.last_read(connection), now):
                raise SilentError(says)
            keeping = {school: self._keep(school) for school in erasing.schools(connection)}
        for school, keep in keeping.items():
            number = self._expire_mentions(school, keep)
            if number:
                expired.mentions[school] = number
        with self.store.writing() as connection:
            erasing.expire_letters(connection, now)
            expired.incidents = erasing.expire_incidents(connection, keeping, now)
            rights.expire(connection, now - AUDIT_KEPT)
            expired.audit_rows = audit.prune(connection, now - AUDIT_KEPT, now)
            for school, number in expired.mentions.items():
                audit.note(
                    connection, now, audit.ITSELF, "data.expired", school, school, mentions=number
                )
            records.done(connection, DAILY, now)
        self._keep_heads()
        return expired

    def _keep(self, school: str) -> Keep:
        configured = self.settings.school(school)
        return configured.keep if configured else Keep()

    def _expire_mentions(self, school: str, keep: Keep) -> int:
        """A batch at a time, so that nobody waits long for the database."""
        number = 0
        while True:
            with self.store.writing() as connection:
                ids = erasing.overdue(connection, school, keep, self.clock())
                if not ids:
                    return number
                erasing.expire(connection, ids, self.clock())
            number += len(ids)

    def _keep_heads(self) -> None:
        """Write down where the chains end, beside the configuration."""
        with self.store.reading() as connection:
            ends = {name: audit.head(connection, name) for name in (audit.NAME, evidence.NAME)}
        try:
            heads.append(self.settings.folder, ends, self.clock())
        except OSError as error:
            log.error("%s could not be written: %s", heads.FILE, error.strerror)

    def erase(self, mention_ids: Collection[str], who: str, why: str) -> tuple[Gone, ...]:
        """Erase mentions for good, everywhere; raises HeldError, and OSError where the list of
        erasures cannot be written: then nothing is erased.
        """
        now = self.clock()
        with self.store.writing() as connection:
            holds = records.held(connection, mention_ids)
            if holds:
                raise HeldError(holds)
            found = mentions.several(connection, tuple(mention_ids))
            schools = {mention.id: mention.school for mention in found}
            pictures = pictures_in_use(connection)
            gone = erasing.erase(connection, mention_ids, now)
            pictures -= pictures_in_use(connection)
            for one in gone:
                school = schools[one.mention]
                audit.note(connection, now, who, "data.erased", one.mention, school, why=why)
            erasures.append(self.settings.folder, gone, now)
        uploads.drop(self.settings.path(uploads.FOLDER), pictures)
        self.clean()
        return gone

    def replay(self) -> int:
        """Erase again what an older backup brought back; how many mentions. Raises ListError."""
        gone = erasures.read(self.settings.folder)
        now = self.clock()
        with self.store.writing() as connection:
            ids = erasing.of_gone(connection, gone) if gone else ()
            pictures = pictures_in_use(connection)
            if ids:
                erasing.erase(connection, ids, now)
            pictures -= pictures_in_use(connection)
            erasing.bar(connection, [one.content for one in gone if one.content], now)
        uploads.drop(self.settings.path(uploads.FOLDER), pictures)
        self.clean()
        return len(ids)

    def clean(self) -> bool:
        """Overwrite what was deleted on the disk: free pages, and the write-ahead log. False where
        others were at the database; then it is for another time.
        """
        try:
            with self.store.writing() as connection:
                searching.tidy(connection)
            self.store.outside("VACUUM")
            if self.store.engine.dialect.name == "sqlite":
                busy, *_ = self.store.outside("PRAGMA wal_checkpoint(TRUNCATE)")
                return not busy
        except StoreError as error:
            log.warning("what was deleted is not overwritten on the disk yet: %s", error)
            return False
        return True


def pictures_in_use(connection: Connection) -> frozenset[str]:
    """The names of the pictures that a report or a kept post names."""
    texts = files_named(connection)
    return frozenset(name for text in texts for name in uploads.named_in(text))

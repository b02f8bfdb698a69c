"""Watches the program itself: one round finds what is wrong, remembers it, and owes the news."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.base import Channel, DeliveryError, Letter
from alerts.mail import Envelope
from monitor import machine_news
from monitor.addressing import new_message_id
from monitor.machine import (
    JUMP,
    STORE,
    Jump,
    Kept,
    News,
    Reading,
    Trouble,
    news,
    store_trouble,
    troubles,
)
from monitor.pulse import Pulse
from monitor.settings import School, Settings
from monitor.store import confirmed, deliveries, records
from monitor.store.deliveries import SECOND, Owed
from monitor.store.engine import Connection, Store, StoreError, sqlite_path

log = logging.getLogger("footprint")

# Older refusals are remembered on the page of the mail.
RECENT = timedelta(days=7)


@dataclass
class Caretaker:
    """The step that looks after the program.

    `channel` is the way out for mail and `second` that for notes; `ahead` says by how much the
    clock is before those of other servers, and `failing` why the outside service is not reached.
    `monotonic` gives seconds by a clock that nobody can set.
    """

    settings: Settings
    schools: tuple[School, ...]
    store: Store
    channel: Channel
    second: Channel
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    pulse: Pulse
    ahead: Callable[[], tuple[timedelta, ...]]
    failing: Callable[[], tuple[datetime, str] | None] = lambda: None
    _found: tuple[Trouble, ...] | None = field(default=None, init=False)
    _looked: tuple[datetime, float] | None = field(default=None, init=False)
    _jump: Jump | None = field(default=None, init=False)
    _shut: tuple[datetime, bool] | None = field(default=None, init=False)

    def round(self) -> None:
        """Look at everything once. What a broken database cannot remember is told without it."""
        now = self.clock()
        self._jump = self._jumped(now) or self._jump
        try:
            # One transaction, so that a database that cannot be written shows itself here.
            with self.store.writing() as connection:
                found = self._looked_at(connection, now)
        except StoreError as error:
            self._found = (self._unwritable(str(error), now), *self._stalled(now))
            return
        self._found, self._shut = found, None

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong: as the last round found it, and which steps stand still now.

        Empty before the first round.
        """
        now, found = self.clock(), self._found or ()
        names = {trouble.name for trouble in found}
        return (*found, *(one for one in self._stalled(now) if one.name not in names))

    @property
    def is_good(self) -> bool:
        """True where a round has been made and found nothing vital wrong."""
        return self._found is not None and not any(one.is_vital for one in self.troubles)

    def _stalled(self, now: datetime) -> tuple[Trouble, ...]:
        return troubles(Reading(idle=self.pulse.idle()), (), now)

    def _looked_at(self, connection: Connection, now: datetime) -> tuple[Trouble, ...]:
        before = confirmed.troubles(connection)
        found = troubles(self._reading(connection, now), [one.name for one in before], now)
        if self._shut and self._shut[1]:
            shut = store_trouble("", self._shut[0])
            before = (*before, Kept(STORE, shut.title, shut.since, told=True))
        changed = news(before, found, now)
        confirmed.remember(connection, changed.kept)
        self._owe(connection, changed, now)
        return found

    def _owe(self, connection: Connection, changed: News, now: datetime) -> None:
        for trouble in changed.begun:
            log.warning("%s: %s", trouble.title, trouble.says)
            owed = machine_news.owed_at_beginning(trouble, self.schools, now)
            deliveries.owe(connection, owed, now)
        for kept in changed.over:
            log.warning("over: %s", kept.title)
            deliveries.owe(connection, machine_news.owed_at_end(kept, self.schools, now), now)

    def _reading(self, connection: Connection, now: datetime) -> Reading:
        outage = deliveries.outage(connection, self.channel.name)
        return Reading(
            outage=(outage.since, outage.error) if outage else None,
            refused=confirmed.refused(connection, self._emails, now - RECENT),
            free=free_bytes(self.settings),
            jump=self._jump,
            ahead=self.ahead(),
            idle=self.pulse.idle(),
            heartbeat=self.failing(),
            read=records.last_read(connection),
        )

    @property
    def _emails(self) -> Collection[str]:
        return {person.email for school in self.schools for person in school.people}

    def _jumped(self, now: datetime) -> Jump | None:
        """Whether the clock moved otherwise than time did since the last round."""
        before, passed = self._looked, self.monotonic()
        self._looked = (now, passed)
        if before is None:
            return None
        by = now - before[0] - timedelta(seconds=passed - before[1])
        return Jump(by, now) if abs(by) > JUMP else None

    def _unwritable(self, error: str, now: datetime) -> Trouble:
        """Remembered here alone, and told past the outbox, once."""
        since, told = self._shut or (now, False)
        trouble = store_trouble(error, since)
        if not told and trouble.is_to_be_told(since, now):
            told = True
            self._tell(trouble, now)
        self._shut = (since, told)
        return trouble

    def _tell(self, trouble: Trouble, now: datetime) -> None:
        """Carry at once what the outbox cannot take, once and without its promise."""
        log.warning("%s: %s", trouble.title, trouble.says)
        for owed in machine_news.owed_at_beginning(trouble, self.schools, now):
            way = self.second if owed.kind == SECOND else self.channel
            try:
                way.tell(self._composed(owed, now))
            except DeliveryError as error:
                log.warning("%s could not be told: %s", owed.role, error)

    def _composed(self, owed: Owed, now: datetime) -> Letter:
        (school,) = (one for one in self.schools if one.id == owed.school)
        name = next(one.name for one in school.people if one.email == owed.email)
        sender = self.settings.mail.from_
        envelope: Envelope = {
            "sender": sender,
            "recipient": owed.email,
            "name": name,
            "message_id": new_message_id(sender),
            "date": now.replace(microsecond=0),
        }
        words = machine_news.Words(owed.kind, owed.facts, owed.id)
        page = self.settings.web.address.rstrip("/")
        return machine_news.written(words, school, page, now, envelope)


def free_bytes(settings: Settings) -> int | None:
    """The bytes that are free where the database is; None where that is a server."""
    path = sqlite_path(settings.database_url)
    if path is None:
        return None
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return None

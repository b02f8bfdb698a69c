"""HOW WORDS GO OUT, ON ONE SCREEN: a letter that is owed is written once, carried, and settled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from alerts.base import Channel, DeliveryError, Letter
from alerts.mail import Envelope
from monitor import bursts, timing
from monitor.addressing import (
    answer_address,
    holds_mail,
    new_message_id,
    owed_again,
    present_holder,
)
from monitor.bursts import Traffic
from monitor.hearing import next_to_hear
from monitor.settings import School, Settings
from monitor.store import deliveries, rollups
from monitor.store.deliveries import (
    ALERT,
    ESCALATION,
    ROLLUP,
    SECOND,
    SIGNIN,
    Delivery,
    Outage,
)
from monitor.store.engine import Connection, Store, StoreError, one_at_a_time
from monitor.writing import Draft, draft

log = logging.getLogger("footprint")

RENEW_SECONDS = 20
MARKING_TRIES = 20
# How long a letter that was refused is remembered, for its address to be corrected.
REMEMBERED = timedelta(days=30)
LEFT = "the school does not name this address any more for what it says"
NOT_KEPT = "its school or post is no longer kept"
# An answer to these can say who has the incident.
ANSWERED = frozenset({ALERT, ESCALATION, ROLLUP})
_GONE = {
    ROLLUP: "nothing waits for it any more",
    ESCALATION: "it is not needed any more",
    SIGNIN: "nobody waits for its link any more",
}


@dataclass(frozen=True, slots=True)
class Delivered:
    """How one try went: `state` is sent, owed (to be tried again), refused, given up, dropped."""

    id: str
    level: str
    recipient: str
    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Written:
    """A message, and the letters that it takes the place of."""

    letter: Letter
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """Why there is no message: `state` is owed (to be tried again), refused or dropped."""

    state: str
    error: str


@dataclass(frozen=True)
class Postroom:
    """The outgoing half of the world, made once by `commands.build`.

    `schools` are those whose letters leave now; `owner` names this process in leases. `second`
    is for the room that hands out the notes of people's second channels: what one of them
    refuses, or lets wait, holds up no mail.
    """

    settings: Settings
    schools: tuple[School, ...]
    store: Store
    channel: Channel
    clock: Callable[[], datetime]
    owner: str
    second: bool = False

    def deliver_one(self) -> Delivered | None:
        """Carry the most serious letter that is due; None where none is, or the way is shut."""
        now = self.clock()
        with self.store.writing() as connection:
            outage = deliveries.outage(connection, self.channel.name)
            # A longer pause than there is was begun before the clock was set back.
            if outage and now < outage.paused_until <= now + timing.LONGEST_PAUSE:
                return None
            delivery = self._next(connection, now)
            if delivery is None:
                return None
            if delivery.letter and self._has_left(connection, delivery, delivery.letter, now):
                self._lose(connection, delivery, "refused", LEFT, now)
                email = delivery.letter.recipient
                return Delivered(delivery.id, delivery.level, email, "refused", LEFT)
        letter = delivery.letter or self._write(delivery, now)
        if isinstance(letter, Delivered):
            return letter
        return self._carry(delivery, letter)

    def _next(self, connection: Connection, now: datetime) -> Delivery | None:
        """Claim the next letter that may go now; those that would be too many are made to wait."""
        # One claim at a time: two at once could both see room for one letter more.
        one_at_a_time(connection, "letters")
        ours = partial(deliveries.claim, connection, now, self.owner, self._school_ids)
        while delivery := ours(second=self.second):
            if not self._is_held(connection, delivery, now):
                return delivery
        return None

    def _is_held(self, connection: Connection, delivery: Delivery, now: datetime) -> bool:
        """Let a letter wait where its person has had so many; in a flood a roll-up is owed."""
        school = self.settings.school(delivery.school)
        if delivery.letter or school is None:
            return False
        wait = bursts.wait(delivery, self._traffic(connection, delivery, now), school, now)
        about = draft(connection, self.settings, delivery, now) if wait else None
        # What goes to somebody else than was meant is not held up by what that one has had.
        if wait is None or about is None or not holds_mail(about.able, delivery.email):
            return False
        until = wait.until
        if wait.in_rollup:
            due_at = rollups.owe_rollup(connection, delivery, until, self._school_ids, now)
            until = max(due_at, now) + rollups.AFTER
        rollups.hold(connection, delivery, until, bursts.midnight(now), now)
        return True

    def _traffic(self, connection: Connection, delivery: Delivery, now: datetime) -> Traffic:
        moments = rollups.moments(connection, delivery, bursts.FREE, now - bursts.HOUR, now)
        return Traffic(moments, rollups.rolled_at(connection, delivery.email, now))

    @property
    def _school_ids(self) -> tuple[str, ...]:
        return tuple(school.id for school in self.schools)

    def _write(self, delivery: Delivery, now: datetime) -> Letter | Delivered:
        """Compose the message and fix it before any server hears of it.

        A digest takes a while to compose; meanwhile others may write, and the lease is kept.
        """
        with self._lease_kept(delivery.id):
            found = self._composed(delivery, now)
            with self.store.writing() as connection:
                if isinstance(found, _Written):
                    return self._fix(connection, delivery, found)
                if found.state == "owed":
                    return self._put_off(connection, delivery, found.error)
                return self._end(connection, delivery, found.state, found.error)

    def _composed(self, delivery: Delivery, now: datetime) -> _Written | _Unwritten:
        try:
            with self.store.reading() as connection:
                found = draft(connection, self.settings, delivery, now)
                if found is None:
                    return _Unwritten("dropped", _GONE.get(delivery.kind, NOT_KEPT))
                return self._address(connection, delivery, found, now)
        except DeliveryError as error:
            return _Unwritten("refused" if error.permanent else "owed", str(error))
        except StoreError:
            raise
        except Exception as error:
            # The fence around the words of one letter: it waits and is shown, the others go on.
            fault = f"a fault in Footprint itself ({type(error).__name__}); please report it"
            log.error("a letter could not be written: %s", fault)
            return _Unwritten("owed", fault)

    def _fix(
        self, connection: Connection, delivery: Delivery, written: _Written
    ) -> Letter | Delivered:
        """Write the message down, unless what is owed was settled while it was composed.

        What a roll-up takes the place of is settled in the same transaction.
        """
        deliveries.renew(connection, delivery.id, self.owner, self.clock())
        kept = deliveries.one(connection, delivery.id) or delivery
        if kept.state != "owed":
            return Delivered(kept.id, kept.level, kept.email, kept.state, kept.error)
        if kept.letter:
            # Whoever wrote it first, there is one message, and that is carried.
            return kept.letter
        if written.covers and not rollups.cover(connection, delivery.id, written.covers):
            return self._put_off(connection, delivery, "a letter in it has gone by itself")
        deliveries.fix(connection, delivery.id, written.letter, written.letter.recipient)
        return written.letter

    def _address(
        self, connection: Connection, delivery: Delivery, found: Draft, now: datetime
    ) -> _Written | _Unwritten:
        told = deliveries.addressed(connection, delivery)
        person = present_holder(found.able, delivery, told)
        if person is None and found.anyone:
            person = next((one for one in found.able.people if one.email not in told), None)
        if person is None:
            if any(holds_mail(found.able, email) for email in told if email != delivery.email):
                return _Unwritten("dropped", "the present holder has been told")
            error = f"nobody at {delivery.school} is configured to be told; add [[schools.people]]"
            return _Unwritten("owed", error)
        others = tuple(role for email, role in told.items() if email != delivery.email)
        sender = self.settings.mail.from_
        envelope: Envelope = {
            "sender": sender,
            "recipient": person.email,
            "name": person.name,
            "message_id": new_message_id(sender),
            "date": now.replace(microsecond=0),
        }
        if self.settings.reply_to and delivery.kind in ANSWERED:
            envelope["reply_to"] = answer_address(self.settings.reply_to, envelope["message_id"])
        return _Written(found.put(person, others, envelope), found.covers)

    def _end(self, connection: Connection, delivery: Delivery, state: str, error: str) -> Delivered:
        deliveries.ended(connection, delivery.id, state, error)
        return Delivered(delivery.id, delivery.level, delivery.email, state, error)

    def _put_off(self, connection: Connection, delivery: Delivery, error: str) -> Delivered:
        again = timing.next_try(self.clock(), delivery.attempts + 1)
        deliveries.postponed(connection, delivery.id, error, again)
        return Delivered(delivery.id, delivery.level, delivery.email, "owed", error)

    def _carry(self, delivery: Delivery, letter: Letter) -> Delivered:
        try:
            with self._lease_kept(delivery.id):
                reply = self.channel.tell(letter)
                self._mark(delivery, reply)
        except DeliveryError as error:
            return self._failed(delivery, letter, error)
        except StoreError:
            raise
        except Exception as error:
            # The one fence around a channel: this letter waits, the others go on.
            log.error("a letter met a fault in Footprint itself (%s)", type(error).__name__)
            unforeseen = DeliveryError(f"a fault in Footprint itself ({type(error).__name__})")
            return self._failed(delivery, letter, unforeseen)
        return Delivered(delivery.id, delivery.level, letter.recipient, "sent")

    def _mark(self, delivery: Delivery, reply: str) -> None:
        """Write down that it was accepted; a database that is away for a while is waited for,
        since we know what it does not: the letter must not go again.
        """
        for left in reversed(range(MARKING_TRIES)):
            try:
                with self.store.writing() as connection:
                    deliveries.sent(connection, delivery.id, self.channel.name, reply, self.clock())
                    if delivery.kind == ROLLUP:
                        rollups.arrived(connection, delivery.id, self.clock())
                    deliveries.reopen(connection, self.channel.name)
            except StoreError:
                if not left:
                    raise
                threading.Event().wait(1)
            else:
                return

    def _failed(self, delivery: Delivery, letter: Letter, error: DeliveryError) -> Delivered:
        now, words = self.clock(), str(error)
        # Five days of trying: a machine that was off for a week has not tried at all. A fault
        # of the server is shown as an outage, and outlasted.
        late = not error.server and timing.has_waited_long_enough(letter.date, now)
        if delivery.kind == SIGNIN:
            late = timing.is_link_late(delivery.owed_at, now)
        state = "refused" if error.permanent else "given up" if late else "owed"
        with self.store.writing() as connection:
            if state != "owed":
                self._lose(connection, delivery, state, words, now)
            else:
                again = timing.next_try(now, delivery.attempts + 1)
                if error.server:
                    again = self._shut(connection, words, now)
                deliveries.postponed(connection, delivery.id, words, again)
        return Delivered(delivery.id, delivery.level, letter.recipient, state, words)

    def _has_left(
        self, connection: Connection, delivery: Delivery, letter: Letter, now: datetime
    ) -> bool:
        """True where a message was written to somebody who may not be told any more: a long outage
        may outlast a person's post.
        """
        about = draft(connection, self.settings, delivery, now)
        if about is None and delivery.kind != ROLLUP:
            return False
        # What a roll-up was written from is covered by it, and makes no second draft.
        schools = (about.able,) if about else self.settings.schools
        return not any(
            holds_mail(one, letter.recipient) or one.hours.holiday_contact == letter.recipient
            for one in schools
        )

    def _lose(
        self, connection: Connection, delivery: Delivery, state: str, words: str, now: datetime
    ) -> None:
        """It will not arrive: what it told is passed on, that of a roll-up letter by letter."""
        deliveries.ended(connection, delivery.id, state, words)
        for lost in (delivery, *rollups.lost(connection, delivery.id, state, words)):
            self._pass_on(connection, lost, now)

    def _pass_on(self, connection: Connection, delivery: Delivery, now: datetime) -> None:
        """Somebody cannot be told: the next leader who has not been is owed it at once.

        Not of a note, which only ever stands beside a letter.
        """
        if delivery.kind == SECOND:
            return
        about = draft(connection, self.settings, delivery, now)
        told = deliveries.addressed(connection, delivery)
        found = next_to_hear(about.able, told, delivery.level) if about else None
        if found:
            role, person = found
            deliveries.owe(connection, [owed_again(delivery, role, person, now)], now)

    def reconsider(self) -> None:
        """Owe again what an address refused that has since been corrected or replaced.

        Called at the start, since the configuration is read then.
        """
        now = self.clock()
        since = now - REMEMBERED
        with self.store.writing() as connection:
            for delivery in deliveries.undelivered(connection, self._school_ids, since):
                school = self.settings.school(delivery.school)
                about = draft(connection, self.settings, delivery, now)
                if school and about and not holds_mail(school, delivery.email):
                    self._replace(connection, delivery, about.able, now)

    def _replace(
        self, connection: Connection, delivery: Delivery, able: School, now: datetime
    ) -> None:
        told = deliveries.addressed(connection, delivery)
        person = present_holder(able, delivery, told)
        if person and person.email not in told:
            deliveries.replaced(connection, delivery.id)
            again = owed_again(delivery, delivery.role, person, now)
            deliveries.owe(connection, [again], now)

    def _shut(self, connection: Connection, error: str, now: datetime) -> datetime:
        before = deliveries.outage(connection, self.channel.name)
        failures = before.failures + 1 if before else 1
        until = timing.next_probe(now, failures)
        since = before.since if before else now
        deliveries.shut(connection, Outage(self.channel.name, since, failures, until, error))
        return until

    @contextmanager
    def _lease_kept(self, delivery_id: str) -> Iterator[None]:
        """Renew the lease while a server takes its time: it may take ten minutes for one reply."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(RENEW_SECONDS):
                try:
                    with self.store.writing() as connection:
                        deliveries.renew(connection, delivery_id, self.owner, self.clock())
                except StoreError as error:
                    log.warning("a lease could not be renewed: %s", error)

        keeper = threading.Thread(target=renew, name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

"""HOW A WEEK GOES OUT: when its digest is owed, to whom, and what it is written from."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast, get_args

from alerts import chart, digest
from alerts.base import Letter
from alerts.digest import Digest, Edition
from alerts.mail import Envelope
from monitor import week_rows
from monitor.digest import editions
from monitor.digest.figures import WEEKS, figures
from monitor.digest.frame import Frame
from monitor.digest.weeks import Week, last_due
from monitor.hearing import holders
from monitor.settings import Person, School, Settings
from monitor.store import daily, deliveries, mentions
from monitor.store.daily import Watch
from monitor.store.deliveries import DIGEST, SKEW, Delivery, Owed
from monitor.store.engine import Connection, Store, one_at_a_time

# Below every alert.
PRIORITY = 0
# A computer that starts at eight is not late for half past seven.
LATE = timedelta(hours=2)
EDITIONS: tuple[Edition, ...] = get_args(Edition)
_ROLES: Mapping[Edition, tuple[str, ...]] = {
    "head": ("headteacher",),
    "dsl": ("dsl",),
    "governors": ("chair", "vice_chair", "clerk", "governor"),
    "trust": ("trust",),
}
# Who reads it where there is no head.
_INSTEAD = ("deputy", "chair", "office", "dsl")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is owed an edition, and by which role."""

    edition: Edition
    role: str
    person: Person


@dataclass(frozen=True)
class Digests:
    """The step that owes the digests of `schools`; which are owed is in the outbox alone."""

    settings: Settings
    schools: tuple[School, ...]
    store: Store
    clock: Callable[[], datetime]

    def owe_one(self) -> str | None:
        """Owe the digest of one school whose time has come; None where none has."""
        for school in self.schools:
            week = self._due(school)
            if week and self._owe(school, week):
                return f"{school.id} {week.name}"
        return None

    def _due(self, school: School) -> Week | None:
        """The week whose digest the school should have and is not owed yet."""
        now = self.clock()
        week = last_due(school.hours, now)
        with self.store.reading() as connection:
            watch = daily.watch(connection, school.id)
            if watch and not _is_ahead(watch, now):
                return week if self._left(connection, school, week, watch) else None
        with self.store.writing() as connection:
            one_at_a_time(connection, "digests")
            watch = daily.watch(connection, school.id)
            if watch is None:
                # A database may be older than its digests.
                since = mentions.first_seen(connection, school.id) or now
                daily.begin(connection, school.id, min(since, now), now)
            elif _is_ahead(watch, now):
                daily.begin_again(connection, school.id, min(watch.since, now), now)
        return None

    def _left(
        self, connection: Connection, school: School, week: Week, watch: Watch
    ) -> tuple[Reader, ...]:
        """The readers who have no letter of the week, however that went."""
        if watch.digests_from > week.due(school.hours):
            return ()
        there = {
            (one.level, one.email.casefold())
            for one in deliveries.of_subject(connection, DIGEST, subject(school, week))
        }
        return tuple(
            reader
            for reader in readers(school, self.schools)
            if (reader.edition, reader.person.email.casefold()) not in there
        )

    def _owe(self, school: School, week: Week) -> bool:
        now = self.clock()
        due = week.due(school.hours)
        with self.store.writing() as connection:
            one_at_a_time(connection, "digests")
            watch = daily.watch(connection, school.id)
            left = self._left(connection, school, week, watch) if watch else ()
            late = due.isoformat() if now - due > LATE else ""
            missed = _missed(connection, school, week)
            facts = {"week": week.name, "late": late, "missed": [one.name for one in missed]}
            owed = [owed_to(school, reader, week, facts, due) for reader in left]
            deliveries.owe(connection, owed, now)
        return bool(owed)


def _is_ahead(watch: Watch, now: datetime) -> bool:
    """True where the clock was ahead when the watch began: digests would wait until then."""
    return watch.digests_from > now + SKEW


def subject(school: School, week: Week) -> str:
    """What a digest is known by in the outbox."""
    return f"{school.id} {week.name}"


def readers(school: School, schools: Sequence[School]) -> tuple[Reader, ...]:
    """Who gets which edition by mail, each person one: those whom their role gives it, unless
    they said no, and governors and the trust where they said yes.

    The trust's edition is one letter over all schools, owed with the first of them.
    """
    return tuple(
        reader
        for email, reader in _chosen(school).items()
        if reader.edition != "trust" or _first_of_trust(schools, email) == school.id
    )


def _chosen(school: School) -> Mapping[str, Reader]:
    """Each reader at a school by address, with the first edition that is theirs."""
    found: dict[str, Reader] = {}
    for edition in EDITIONS:
        for reader in _wanting(school, edition):
            found.setdefault(reader.person.email.casefold(), reader)
    return found


def _first_of_trust(schools: Sequence[School], email: str) -> str:
    """The first school where the trust's is the edition that an address gets."""
    chosen = ((one.id, _chosen(one).get(email)) for one in schools)
    return next((name for name, reader in chosen if reader and reader.edition == "trust"), "")


def entitled(school: School, edition: Edition) -> tuple[Reader, ...]:
    """Everybody to whom a role gives an edition."""
    roles = _ROLES[edition]
    found = [Reader(edition, role, one) for role in roles for one in holders(school, role)]
    if not found and edition == "head":
        role = next((role for role in _INSTEAD if holders(school, role)), "")
        found = [Reader(edition, role, one) for one in holders(school, role)]
    return tuple(found)


def _wanting(school: School, edition: Edition) -> Iterator[Reader]:
    for reader in entitled(school, edition):
        wish = reader.person.digest
        if wish or (wish is None and edition in {"head", "dsl"}):
            yield reader


def _is_of_trust(school: School, email: str) -> bool:
    return any(one.email.casefold() == email for one in holders(school, "trust"))


def owed_to(
    school: School,
    reader: Reader,
    week: Week,
    facts: Mapping[str, Any],
    due: datetime,
    again: str = "",
) -> Owed:
    """A digest for one person; `again` tells a repeated one from the first."""
    return Owed(
        id=uuid.uuid4().hex,
        mention_id=None,
        school=school.id,
        level=reader.edition,
        priority=PRIORITY,
        role=reader.role,
        email=reader.person.email,
        due_at=due,
        kind=DIGEST,
        subject=f"{subject(school, week)} {again}".rstrip(),
        facts=facts,
    )


def _missed(connection: Connection, school: School, week: Week) -> tuple[Week, ...]:
    """The weeks between the last that had a digest and this one."""
    last = deliveries.latest_subject(connection, DIGEST, school.id)
    if last is None:
        return ()
    begins = Week.named(last.split(" ")[1]).after()
    weeks = (week.before(back) for back in range(WEEKS - 1, 0, -1))
    return tuple(one for one in weeks if one >= begins)


def build(
    connection: Connection,
    settings: Settings,
    school: School,
    week: Week,
    edition: Edition,
    frame: Frame,
    person: Person | None = None,
) -> Digest:
    """A school's week, or the trust's, as one person may read it."""
    if edition == "trust":
        email = person.email.casefold() if person else ""
        ours = [one for one in settings.schools if not email or _is_of_trust(one, email)]
        read = (week_rows.read(connection, settings, one, week, frame.now) for one in ours)
        weeks = [(one.name, figures(found.rows)) for one, found in zip(ours, read, strict=True)]
        return editions.for_trust(weeks, frame)
    found = week_rows.read(connection, settings, school, week, frame.now)
    # Numbers alone, and none that is small, betray no post; a list would.
    is_listed = edition in {"head", "dsl"}
    rows = found.heard_by(school, person) if person and is_listed else found.rows
    return editions.EDITIONS[edition](figures(rows), frame)


def frame_of(
    settings: Settings,
    school: School,
    now: datetime,
    facts: Mapping[str, Any],
    reference: str = "",
) -> Frame:
    """What a digest says besides its figures, by the facts that were kept when it was owed."""
    late = facts.get("late")
    return Frame(
        school_id=school.id,
        school=school.name,
        web=settings.web.address.rstrip("/"),
        reference=reference,
        now=now,
        late=datetime.fromisoformat(late) if late else None,
        missed=tuple(Week.named(name) for name in facts.get("missed", ())),
        to_folder=not settings.mail.host,
    )


def picture(words: Digest) -> bytes:
    """The chart of a digest; empty where it has none."""
    trends = (part.trend for part in words.sections if part.trend)
    return next(map(chart.png, trends), b"")


def put(words: Digest, envelope: Envelope) -> Letter:
    """A digest as a letter."""
    return digest.digest_letter(words, picture(words), **envelope)


def written(
    connection: Connection,
    settings: Settings,
    delivery: Delivery,
    school: School,
    person: Person,
    now: datetime,
) -> Digest:
    """The digest that a delivery owes to a person."""
    week = Week.named(delivery.facts["week"])
    edition = cast(Edition, delivery.level)
    frame = frame_of(settings, school, now, delivery.facts, delivery.id[:8])
    return build(connection, settings, school, week, edition, frame, person)

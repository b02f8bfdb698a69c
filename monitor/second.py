"""Owes a note by the second channel beside each urgent alert, to whoever has such a channel.

It looks at the alerts that are owed rather than being called where they are: so none is forgotten,
whichever step owed it, and one whose note was not owed before a crash has it owed after.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.settings import School
from monitor.store import deliveries, second
from monitor.store.deliveries import SECOND, Delivery, Owed
from monitor.store.engine import Connection, Store

# An alert from before the program was off for so long is no news on a telephone.
LOOK_BACK = timedelta(days=1)
# One note tells of all that comes so soon after it.
APART = timedelta(minutes=5)


def addresses(schools: tuple[School, ...]) -> dict[str, str]:
    """The second channel of each person who has one, by mail address in lower case."""
    return {
        person.email.casefold(): person.second.get_secret_value()
        for school in schools
        for person in school.people
        if person.second
    }


def beside(alert: Delivery) -> Owed:
    """The note that is owed beside an alert: to the same person, at the same moment."""
    return Owed(
        id=uuid.uuid4().hex,
        mention_id=None,
        school=alert.school,
        level=alert.level,
        priority=alert.priority,
        role=alert.role,
        email=alert.email,
        due_at=alert.due_at,
        kind=SECOND,
        subject=alert.id,
        facts={"mention": alert.mention_id},
    )


def needed(
    alerts: Iterable[Delivery], last: Mapping[str, datetime], now: datetime
) -> tuple[Owed, ...]:
    """The notes that are owed beside these alerts, the oldest of them first.

    `last` says when each person was last owed one: a note tells them to look, and in a flood that
    need not be said for each post.
    """
    told, found = dict(last), []
    for alert in alerts:
        if alert.email not in told or alert.owed_at >= told[alert.email] + APART:
            found.append(beside(alert))
            told[alert.email] = now
    return tuple(found)


@dataclass(frozen=True)
class Notes:
    """The step that owes the notes."""

    schools: tuple[School, ...]
    store: Store
    clock: Callable[[], datetime]

    def owe(self) -> None:
        """Owe what is missing; most times that is nothing."""
        if not self._emails:
            return
        now = self.clock()
        with self.store.reading() as connection:
            is_missing = bool(self._needed(connection, now))
        if is_missing:
            with self.store.writing() as connection:
                deliveries.owe(connection, self._needed(connection, now), now)

    @property
    def _emails(self) -> tuple[str, ...]:
        return tuple(one.email for school in self.schools for one in school.people if one.second)

    def _needed(self, connection: Connection, now: datetime) -> tuple[Owed, ...]:
        ids = [school.id for school in self.schools]
        alerts = second.without_note(connection, ids, self._emails, now - LOOK_BACK)
        return needed(alerts, second.last_owed(connection, self._emails), now)

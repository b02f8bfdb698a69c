"""PURE: who has still to say that a test message reached them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.judge.routing import first_to_hear
from monitor.judge.terms import Level
from monitor.notices import worded
from monitor.settings import Person, School
from monitor.store.confirmed import MAIL, Confirmed

# Who hears first of what is urgent, or next where nobody has taken it.
_LEADERS = frozenset({"headteacher", "dsl", "deputy", "deputy_dsl", "duty"})
_NAMED = 3
HOW = "`footprint check --send-test` sends each person a test message with a button."


@dataclass(frozen=True, slots=True)
class Awaited:
    """A person who has not said that a test reached them by this channel; None: none was sent."""

    school: str
    person: Person
    channel: str
    sent_at: datetime | None

    def sentence(self, now: datetime) -> str:
        """The same as one line."""
        way = "mail" if self.channel == MAIL else "a note by the second channel"
        who = f"{self.person.name} ({self.person.email})"
        if self.sent_at is None:
            return f"Whether {way} reaches {who} has not been tried. {HOW}"
        sent = worded(self.sent_at, beside=now)
        return (
            f"{who} has not said that the test of {sent} arrived as {way}: ask them to look for "
            "it, in the junk folder too, and to press its button."
        )


def together(waited: Iterable[Awaited]) -> str:
    """Everybody who is awaited, in one sentence; "" where nobody is."""
    names = list(dict.fromkeys(one.person.name for one in waited))
    if not names:
        return ""
    first, more = names[:_NAMED], len(names) - _NAMED
    rest = [f"{more} more"] if more > 0 else []
    *most, last = [*first, *rest]
    who = f"{', '.join(most)} and {last}" if most else last
    return (
        f"Nobody knows yet whether alerts reach {who}: the button in a test message has not been "
        f"pressed. {HOW}"
    )


def hears_urgent(school: School, person: Person) -> bool:
    """True for whoever is sent what is urgent at once, or soon after where nobody takes it."""
    held = {role for one in school.people for role in one.roles}
    first = first_to_hear(Level.URGENT, held)
    return not (_LEADERS | set(first)).isdisjoint(person.roles)


def awaited(
    schools: Iterable[School], rows: Iterable[Confirmed], channel_of: Callable[[str], str]
) -> tuple[Awaited, ...]:
    """Who has not confirmed; `channel_of` gives what a second channel's address is known by."""
    kept = {(row.school, row.email, row.channel): row for row in rows}
    found = []
    for school in schools:
        for person, channel in _ways(school, channel_of):
            row = kept.get((school.id, person.email.casefold(), channel))
            if row is None or row.confirmed_at is None:
                found.append(Awaited(school.id, person, channel, row.sent_at if row else None))
    return tuple(found)


def _ways(school: School, channel_of: Callable[[str], str]) -> Iterator[tuple[Person, str]]:
    for person in school.people:
        if hears_urgent(school, person):
            yield person, MAIL
        if person.second:
            yield person, channel_of(person.second.get_secret_value())

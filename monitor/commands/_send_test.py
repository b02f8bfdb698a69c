"""What `check --send-test` does: a test message to each person, by each of their ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from alerts.base import DeliveryError, Letter
from alerts.mail import Envelope, test_letter
from alerts.second import note
from monitor.addressing import new_message_id
from monitor.commands._world import channel, clock, fetcher, second_channel
from monitor.links_signed import GOOD_FOR, signed
from monitor.settings import Person, School, Settings
from monitor.store import confirmed
from monitor.store.confirmed import MAIL
from monitor.store.engine import Store
from monitor.store.names import key_of_links

_TEST = "Nothing has happened: this is a test."
_PRESS = "Open the link and press the button."


@dataclass(frozen=True, slots=True)
class Tried:
    """How one test message went: `error` is empty where it was taken."""

    email: str
    channel: str
    error: str

    @property
    def way(self) -> str:
        """By which way, in a word or two."""
        return "mail" if self.channel == MAIL else "note"


def send_tests(settings: Settings, store: Store) -> Iterator[Tried]:
    """Send them, one after another; what was taken is remembered as sent."""
    door = fetcher(settings)
    mail, second = channel(settings), second_channel(settings, door)
    try:
        for school, person in _people(settings):
            yield _tried(settings, store, school, person, MAIL, mail.tell)
            if person.second:
                address = person.second.get_secret_value()
                with store.reading() as connection:
                    name = confirmed.channel_of(connection, address)
                yield _tried(settings, store, school, person, name, second.tell)
    finally:
        door.close()


def _people(settings: Settings) -> Iterator[tuple[School, Person]]:
    """Each address once, with the first school that names it."""
    seen: set[str] = set()
    for school in settings.schools:
        for person in school.people:
            if person.email.casefold() not in seen:
                seen.add(person.email.casefold())
                yield school, person


def _tried(
    settings: Settings,
    store: Store,
    school: School,
    person: Person,
    name: str,
    tell: Callable[[Letter], str],
) -> Tried:
    try:
        tell(_written(settings, store, school, person, name))
    except DeliveryError as error:
        return Tried(person.email, name, str(error))
    with store.writing() as connection:
        for one in settings.schools:
            if any(each.email.casefold() == person.email.casefold() for each in one.people):
                confirmed.sent(connection, one.id, person.email, name, clock())
    return Tried(person.email, name, "")


def _written(settings: Settings, store: Store, school: School, person: Person, name: str) -> Letter:
    now = clock().replace(microsecond=0)
    envelope: Envelope = {
        "sender": settings.mail.from_,
        "recipient": person.email,
        "name": person.name,
        "message_id": new_message_id(settings.mail.from_),
        "date": now,
    }
    page = ""
    if web := settings.web.address.rstrip("/"):
        with store.reading() as connection:
            mark = confirmed.mark_of(connection, person.email, name)
            page = web + signed(f"/confirm/{mark}", key_of_links(connection), now + GOOD_FOR)
    if name == MAIL:
        return test_letter(school=school.name, page=page, **envelope)
    lines = [_TEST, _PRESS] if page else [_TEST]
    return note("Footprint: a test message, nothing to do", lines, page, **envelope)

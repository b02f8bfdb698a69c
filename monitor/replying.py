"""HOW AN ANSWER BY MAIL IS HEEDED: "I have this" from somebody who was told takes the incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.addressing import able_to_hear_all
from monitor.grouping import accused
from monitor.settings import Person, Settings
from monitor.store import answers, incidents, mentions
from monitor.store.deliveries import Delivery
from monitor.store.engine import Connection
from monitor.store.incidents import Incident, NotAllowed
from sources.base import Reply

_LOOK = "Look at the incident, and take it there."


def heed(
    connection: Connection, settings: Settings, replies: Sequence[Reply], now: datetime
) -> list[str]:
    """Let each answer that says so take its incident in its sender's name.

    Returns a plain sentence for each that could not, which names nobody. What a machine sent, and
    what takes nothing, is passed over here.
    """
    said = (_heeded(connection, settings, one, now) for one in replies if _takes(one))
    return [f'An answer "I have this" was not taken: {why} {_LOOK}' for why in said if why]


def _takes(reply: Reply) -> bool:
    return reply.takes and not reply.automatic


def _heeded(connection: Connection, settings: Settings, reply: Reply, now: datetime) -> str:
    """Why the incident was not taken; "" where it was, or where they have it already."""
    letter = answers.letter_of(connection, reply.token)
    if letter is None:
        return "the letter that it answers is no longer kept."
    about = answers.incidents_of(connection, letter)
    if len(about) != 1:
        return "the letter that it answers names several incidents, or one that is no more."
    incident = incidents.one(connection, about[0])
    person = _told(connection, settings, letter, incident, reply.sender) if incident else None
    if incident is None or person is None:
        return "it came from an address that was not told of this, or that may not hear of it."
    return _taken(connection, incident, person, reply, now)


def _taken(
    connection: Connection, incident: Incident, person: Person, reply: Reply, now: datetime
) -> str:
    if incident.owner.casefold() == person.email.casefold():
        return ""
    if incident.state != "open":
        return f"the incident is {incident.state} already."
    reopened = answers.reopened_at(connection, incident.id)
    if reopened and reply.sent and reply.sent < reopened:
        return "the incident has been reopened since."
    try:
        incidents.take(connection, incident.id, person.email, now)
    except NotAllowed as error:
        return f"{error}."
    return ""


def _told(
    connection: Connection, settings: Settings, letter: Delivery, incident: Incident, sender: str
) -> Person | None:
    """Who wrote it, where that is somebody who was told and may hear of all of it."""
    school = settings.school(incident.school)
    told = {email.casefold() for email in answers.told(connection, letter, incident.id)}
    if school is None or sender.casefold() not in told:
        return None
    found = mentions.several(connection, incidents.mentions_of(connection, incident.id))
    # The settings may name more people than when its posts were found.
    incidents.bar(connection, incident.id, accused(found, school))
    able = able_to_hear_all(school, found).people
    return next((one for one in able if one.email.casefold() == sender.casefold()), None)

"""To whom a letter goes, and what it is known by; only chance enters here, for new ids."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from monitor.hearing import holders, next_to_hear, who_may_hear
from monitor.judge import routing
from monitor.matters import matter_of, signs, words_of
from monitor.settings import Person, School
from monitor.store.deliveries import Delivery, Owed
from monitor.store.mentions import Mention


def able_to_hear(school: School, mention: Mention) -> School:
    """The school with only those people who may hear of this mention."""
    told = signs(mention.categories, (reason["rule"] for reason in mention.reasons))
    return who_may_hear(school, told, words_of(mention))


def able_to_hear_all(school: School, found: Sequence[Mention]) -> School:
    """The school with those people alone who may hear of each of these mentions, the first seen
    first; where that leaves nobody, those who may hear of the first.
    """
    able = [able_to_hear(school, mention).people for mention in found]
    first = able[0] if able else ()
    of_all = tuple(person for person in first if all(person in people for people in able))
    return school.model_copy(update={"people": of_all or first})


def leaves_out_the_threatened(school: School, mention: Mention) -> bool:
    """True where a threat names somebody who must not hear of it, since it accuses them too."""
    told = signs(mention.categories, (reason["rule"] for reason in mention.reasons))
    about = matter_of(school, told, words_of(mention)).about
    able = able_to_hear(school, mention).people
    return "threat" in told and any(person not in able for person in about)


def owed_again(delivery: Delivery, role: str, person: Person, now: datetime) -> Owed:
    """What was owed to one, owed to another person at once."""
    return Owed(
        id=uuid.uuid4().hex,
        mention_id=delivery.mention_id,
        school=delivery.school,
        level=delivery.level,
        priority=delivery.priority,
        role=role,
        email=person.email,
        due_at=now,
        kind=delivery.kind,
        subject=delivery.subject,
        facts=delivery.facts,
    )


def place_of(mention: Mention) -> str:
    """Where it was seen: the source as the school called it, and the site of the post itself."""
    host = urlsplit(mention.url).hostname
    return f"{mention.source} ({host})" if host and host != "127.0.0.1" else mention.source


def present_holder(school: School, delivery: Delivery, told: dict[str, str]) -> Person | None:
    """Who hears now: the person first meant, else the role's present holder, else a stand-in,
    else whoever is next to hear of a post of that level, where nobody at all has been told.

    None where everybody who could hear in this place is told by a message of their own.
    """
    for person in school.people:
        if person.email == delivery.email:
            return person
    for role in (delivery.role, *routing.STAND_INS.get(delivery.role, ())):
        if held := holders(school, role):
            return next((person for person in held if person.email not in told), None)
    if any(holds_mail(school, email) for email in told):
        return None
    found = next_to_hear(school, told, delivery.level)
    return found[1] if found else None


def holds_mail(school: School, email: str) -> bool:
    """True where somebody at the school is configured with that address."""
    return any(person.email == email for person in school.people)


def answer_address(reply_to: str, message_id: str) -> str:
    """Where an answer to that very letter goes: the address with the letter's own secret mark."""
    local, _, domain = reply_to.rpartition("@")
    return f"{local}+{message_id.strip('<>').partition('@')[0]}@{domain}"


def new_message_id(sender: str) -> str:
    """A Message-ID that nobody has used (RFC 5322, 3.6.4), in the sender's domain."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid4().hex}@{domain}>"

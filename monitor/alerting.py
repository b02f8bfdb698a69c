"""An alert's mention as it stands in the store when the letter is written, put into a Notice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from alerts.base import Notice
from monitor import notices
from monitor.addressing import place_of
from monitor.judge.terms import Level, Sentiment, Words
from monitor.links_signed import GOOD_FOR, signed
from monitor.settings import School
from monitor.store import incidents
from monitor.store.deliveries import Delivery
from monitor.store.engine import Connection
from monitor.store.incidents import Incident
from monitor.store.mentions import Mention
from monitor.store.names import key_of_links
from monitor.stories import first_of


def noticed(
    connection: Connection,
    mention: Mention,
    school: School,
    delivery: Delivery,
    web: str,
    now: datetime,
) -> Callable[[tuple[str, ...]], Notice]:
    """What is said of a mention to somebody, by the roles of all others who are told.

    `web` is where Footprint's pages are, or empty.
    """
    incident = incidents.of_mention(connection, mention.id)
    thread = incident.id if incident else first_of(mention)
    page = f"/letter/{mention.id}"
    link = signed(page, key_of_links(connection), now + GOOD_FOR) if web else ""
    taken = _taken(incident, school)

    def notice(others: tuple[str, ...]) -> Notice:
        return notices.alert(
            _seen(mention, Level(delivery.level)),
            school,
            now,
            told=others,
            # The same for all letters of an incident, so that mail programs keep them together.
            reference=thread[:8],
            page=f"{web}{link}",
            page_until=now + GOOD_FOR if web else None,
            taken=taken,
            thread=thread,
            facts=delivery.facts,
        )

    return notice


def _seen(mention: Mention, level: Level) -> notices.Seen:
    return notices.Seen(
        level=level,
        tier="possible" if mention.tier == "possible" else "sure",
        categories=mention.categories,
        says=[str(reason["says"]) for reason in mention.reasons],
        place=place_of(mention),
        link=mention.url,
        published=mention.published,
        found=mention.seen_at,
        words=Words(mention.title, mention.text).whole,
        sentiment=cast(Sentiment, mention.sentiment),
    )


def _taken(incident: Incident | None, school: School) -> str:
    """The role of whoever has said that they have it; "" where nobody has."""
    owner = incident.owner.casefold() if incident else ""
    found = (person.roles[0] for person in school.people if person.email.casefold() == owner)
    return next(found, "") if owner else ""

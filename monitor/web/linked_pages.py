"""The page behind an alert's link: one post and what to do about it, for seven days.

The signature in the address stands for a sign-in and opens no other page. To open it changes
nothing, and nothing can be done there: whoever presses it is not known.
"""

from __future__ import annotations

from typing import cast

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from monitor import notices
from monitor.judge.terms import Level, Sentiment
from monitor.links_signed import opened
from monitor.store import mentions
from monitor.store.mentions import Mention
from monitor.store.names import key_of_links
from monitor.web import posts
from monitor.web.cases import is_shut
from monitor.web.links import link
from monitor.web.site import Site, known_id, own_path, plain_page

GONE = 410
_TITLE = "This link is too old"
_WHERE = (
    "A link in an alert opens for seven days. Open Footprint itself and look for the post under "
    "Mentions: what the alert told of is kept there."
)


class LinkedPages:
    """Handlers for whoever holds an alert."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def mention(self, request: Request, mention_id: str) -> HTMLResponse:
        """One post, its personal details hidden; 404 for a link that was not signed here."""
        site, now = self._site, self._site.clock()
        with site.store.reading() as connection:
            state = opened(own_path(request), key_of_links(connection), now)
            mention = mentions.one(connection, known_id(mention_id)) if state == "open" else None
            shut = mention is not None and is_shut(connection, mention)
        if state == "expired":
            return plain_page(site.environment, GONE, _TITLE, _WHERE)
        if mention is None or not mention.relevant:
            raise HTTPException(404)
        school, level = site.school(mention.school), Level(mention.level)
        mood = cast(Sentiment, mention.sentiment)
        template = site.environment.get_template("linked.html")
        return HTMLResponse(
            template.render(
                mention=mention,
                school=school,
                now=now,
                advice=notices.advice(mention.categories, school, now, level, mood),
                post=posts.post(mention, school) if _may_show(mention) and not shut else None,
                link=None if shut else link(mention.url),
            )
        )


def _may_show(mention: Mention) -> bool:
    """Whether its words may stand where nobody has signed in."""
    is_never_sent = not notices.NEVER_IN_MAIL.isdisjoint(mention.categories)
    return not (is_never_sent or posts.is_not_to_look_at(mention))

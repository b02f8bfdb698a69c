"""Before one account's posts are opened yet again: what is asked for, and writing it down."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

from fastapi import Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from monitor.judge.terms import Level
from monitor.store import mentions, viewing
from monitor.store.engine import Connection, StoreError
from monitor.store.mentions import Mention
from monitor.store.viewing import NotAgreedError
from monitor.viewing import AGREEING, REASON, Standing
from monitor.web.seer import Seer
from monitor.web.site import Site, known_id

log = logging.getLogger("footprint")

UNCOUNTED = Standing(0, frozenset())


def looked(site: Site, mention: Mention) -> Standing:
    """Count that a post is about to be opened; how things stand then. A database that cannot be
    written is no reason to show nothing.
    """
    return all_looked(site, [mention]).get(mention.id, UNCOUNTED)


def all_looked(site: Site, found: Sequence[Mention]) -> dict[str, Standing]:
    """The same of several posts on one page, by their ids; none where nothing is counted."""
    if site.demo or not found:
        return {}
    try:
        with site.store.writing() as connection:
            now = site.clock()
            return {one.id: viewing.opened(connection, one, now) for one in found}
    except StoreError as error:
        log.warning("that a post was opened could not be counted: %s", error)
        return {}


def is_waiting(mention: Mention, standing: Standing) -> bool:
    """True where something has to be written down first; what is urgent waits for nobody."""
    return bool(standing.wants) and mention.level != Level.URGENT


class ViewingPages:
    """Handlers for the step that is asked for before a post is opened again."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def shut(
        self, request: Request, connection: Connection, mention: Mention, standing: Standing
    ) -> HTMLResponse:
        """The page in the place of the post: why, and the form for whoever can answer it."""
        return self._site.page(
            request,
            connection,
            "viewing.html",
            self._site.clock(),
            mention=mention,
            standing=standing,
            may_answer=bool(self._step(request, mention, standing)),
        )

    def ask(self, request: Request, mention_id: str) -> HTMLResponse:
        """The same at an address of its own, for a data protection officer who has to agree to what
        is not for them to read.
        """
        site = self._site
        with site.store.writing() as connection:  # a new month has its key made
            mention = self._mention(connection, request, mention_id)
            standing = viewing.standing(connection, mention, site.clock())
            return self.shut(request, connection, mention, standing)

    def answer(
        self, request: Request, mention_id: str, why: Annotated[str, Form(max_length=500)] = ""
    ) -> Response:
        """Write the reason, or the agreement, down; then back to the post."""
        now = self._site.clock()
        with self._site.store.writing() as connection:
            mention = self._mention(connection, request, mention_id)
            step = self._step(request, mention, viewing.standing(connection, mention, now))
            if not step:
                raise HTTPException(403)
            who = request.state.viewer.email
            try:
                viewing.take_step(connection, mention, step, who, why, now)
            except NotAgreedError as error:
                raise HTTPException(400, str(error)) from error
        sees = Seer(request.state.viewer, self._site).may_see(mention)
        return RedirectResponse(f"/mentions/{mention.id}{'' if sees else '/viewing'}", 303)

    def _mention(self, connection: Connection, request: Request, name: str) -> Mention:
        """A mention that they may see, or may have to agree about; 404 where there is none."""
        viewer = request.state.viewer
        mention = mentions.one(connection, known_id(name))
        if mention is None or mention.school not in self._site.ids:
            raise HTTPException(404)
        if not (Seer(viewer, self._site).may_see(mention) or viewer.holds(mention.school, "dpo")):
            raise HTTPException(404)
        return mention

    def _step(self, request: Request, mention: Mention, standing: Standing) -> str:
        """The step that whoever is at the page can take; "" where there is none for them."""
        if standing.wants == "reason":
            return REASON
        roles = (role for role in AGREEING if request.state.viewer.holds(mention.school, role))
        left = [role for role in roles if role not in standing.steps]
        return left[0] if standing.wants and left else ""

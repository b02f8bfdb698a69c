"""The page behind a test message's link: one button, "I got it". To open it changes nothing."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from monitor.links_signed import opened
from monitor.store import audit, confirmed
from monitor.store.names import key_of_links
from monitor.web.site import Site, own_path, plain_page

_TITLE = "This link does not work"
_WHY = {
    "expired": "It is too old. Ask whoever runs Footprint for another test message.",
    "refused": "Open the whole address as it stands in the test message.",
}


class ConfirmPages:
    """Handlers for whoever holds the message; it says whose it is, so that nobody signs in."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def page(self, request: Request, mark: str) -> HTMLResponse:
        """The button."""
        with self._site.store.reading() as connection:
            state = opened(own_path(request), key_of_links(connection), self._site.clock())
        if state != "open":
            return plain_page(self._site.environment, 403, _TITLE, _WHY[state])
        return self._shown(request, is_done=False)

    def press(self, request: Request, mark: str) -> HTMLResponse:
        """It has reached them."""
        now = self._site.clock()
        with self._site.store.writing() as connection:
            state = opened(own_path(request), key_of_links(connection), now)
            rows = confirmed.confirm(connection, mark, now) if state == "open" else ()
            for row in rows:
                audit.note(connection, now, row.email, "test.confirmed", mark, row.school)
        if not rows:
            why = _WHY["refused" if state == "open" else state]
            return plain_page(self._site.environment, 403, _TITLE, why)
        return self._shown(request, is_done=True)

    def _shown(self, request: Request, *, is_done: bool) -> HTMLResponse:
        template = self._site.environment.get_template("confirm.html")
        return HTMLResponse(
            template.render(csrf=request.state.csrf, here=own_path(request), is_done=is_done)
        )

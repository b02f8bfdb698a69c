"""The page of the sources, the watchdog's answer, and the page before a school is approved."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from monitor.store.engine import StoreError
from monitor.web import condition
from monitor.web.lacking import lacking
from monitor.web.site import Site


class SourcePages:
    """Handlers about the program itself."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def sources(self, request: Request) -> HTMLResponse:
        """Each source in plain words, and what the settings still lack."""
        site = self._site
        left = () if site.demo else site.notices()
        ids = [school.id for school in site.settings.schools] if site.demo else site.ids
        found = lacking(site.settings, ids, left)
        with site.store.reading() as connection:
            return site.page(request, connection, "sources.html", site.clock(), lacking=found)

    def health(self) -> PlainTextResponse:
        """For a watchdog: 200 while the program works, else 503; it says no more to strangers."""
        site = self._site
        try:
            with site.store.reading() as connection:
                found = condition.is_well(connection, site.settings, site.ids, site.clock())
            well = found and not any(trouble.is_vital for trouble in site.troubles())
        except StoreError:
            well = False
        return PlainTextResponse("ok" if well else "not well", 200 if well else 503)

    def setup(self) -> HTMLResponse:
        """What is missing before anything is watched."""
        site = self._site
        template = site.environment.get_template("setup.html")
        found = lacking(site.settings, site.ids, site.notices())
        configured = site.settings.schools
        return HTMLResponse(template.render(lacking=found, configured=configured))

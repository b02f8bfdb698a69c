"""The page about Footprint itself: what it collects and why, for how long, and who sees it.

It is written so that a school can take it over into its privacy notice.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import Request
from fastapi.responses import HTMLResponse

from monitor.settings import Keep, School
from monitor.web import words
from monitor.web.site import Site
from monitor.web.translating import gettext as _
from monitor.web.viewer import LEADERS, OWN_ALONE, READERS, Viewer


@dataclass(frozen=True, slots=True)
class Of:
    """What holds for one school."""

    name: str
    notice: str
    officer: str
    sources: tuple[tuple[str, str], ...]
    keep: Keep


class AboutPages:
    """The handler; it shows nothing of what is stored."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def about(self, request: Request) -> HTMLResponse:
        """What is collected for the schools of whoever is at the page."""
        site, viewer = self._site, request.state.viewer
        with site.store.reading() as connection:
            return site.page(
                request,
                connection,
                "about.html",
                site.clock(),
                of=[self._of(one) for one in _theirs(site, viewer)],
                readers=_roles(READERS - LEADERS),
                leaders=_roles(LEADERS),
                others=_roles({*OWN_ALONE, "it"}),
                versions=(
                    ("Footprint", version("footprint")),
                    ("Python", platform.python_version()),
                    (_("Database"), "SQLite" if site.settings.database.is_sqlite else "PostgreSQL"),
                ),
            )

    def _of(self, school: School) -> Of:
        listed = [
            (one.id, one.kind)
            for one in self._site.settings.sources
            if one.enabled and one.listens_for(school.id)
        ]
        officers = [one.email for one in school.people if "dpo" in one.roles]
        return Of(
            name=school.name,
            notice=school.approval.notice_url if school.approval else "",
            officer=school.contacts.get("dpo", "") or ", ".join(officers),
            sources=tuple(listed),
            keep=school.keep,
        )


def _theirs(site: Site, viewer: Viewer) -> list[School]:
    return [one for one in site.schools if one.id in viewer.roles]


def _roles(names: set[str] | frozenset[str]) -> str:
    return words.listed([words.role(name) for name in words.ROLES if name in names])

"""The page of the sources, the watchdog's answer, and the page before a school is approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from monitor import coverage
from monitor.coverage import Unseen
from monitor.settings import SourceSettings
from monitor.store import audit, looks
from monitor.store.engine import Connection, StoreError
from monitor.store.yields import Yield, yields
from monitor.web import condition, words
from monitor.web.condition import SourceState
from monitor.web.lacking import lacking
from monitor.web.site import Site
from monitor.web.translating import gettext as _
from monitor.web.translating import later
from sources.catalogue import unseen

PERIOD = timedelta(days=28)
# A site is not to be asked more often than this because somebody presses a button.
APART = timedelta(minutes=5)
GAPS = 3
ASKED = {
    "asked": later("It is read within a few seconds. Open this page again to see how it went."),
    "soon": later("It was read less than five minutes ago: its site is not asked again so soon."),
    "off": later("It is switched off in the settings, and is not read."),
}


@dataclass(frozen=True, slots=True)
class Doing:
    """How a source is doing: its state, what it brought in 28 days, and where it was not seen."""

    state: SourceState
    brought: Yield
    gaps: tuple[Unseen, ...]
    noisy: bool

    @property
    def blind(self) -> str:
        """How much of the 28 days it could not be seen; empty where that is nothing."""
        lost = sum((gap.lasted for gap in self.gaps), timedelta())
        return words.every(round(lost.total_seconds() / 60)) if lost >= timedelta(minutes=1) else ""

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        state = self.state
        return {
            "id": state.id,
            "kind": state.kind,
            "state": state.state,
            "health": state.health,
            "last_read": _iso(state.good_at),
            "next_look": _iso(state.due_at),
            "error": state.error or None,
            "entries_28_days": self.brought.entries,
            "about_us_28_days": self.brought.matched,
            "noisy": self.noisy,
            "not_seen": [
                {"since": _iso(gap.since), "until": _iso(gap.until), "health": gap.health}
                for gap in self.gaps
            ],
        }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def doing(connection: Connection, site: Site, now: datetime) -> tuple[Doing, ...]:
    """How each source is doing."""
    states = condition.condition(connection, site.settings, site.schools, now).sources
    ids = [state.id for state in states]
    brought = yields(connection, ids, now - PERIOD)
    gaps = coverage.unseen(
        looks.everything(connection, ids),
        looks.gaps(connection, ids, now - PERIOD, now),
        now - PERIOD,
        now,
    )
    searches = {source.id for source in site.settings.sources if _is_search(source)}
    return tuple(
        Doing(
            state,
            found := brought.get(state.id, Yield()),
            tuple(gap for gap in gaps if gap.source == state.id),
            state.id in searches and found.is_mostly_noise,
        )
        for state in states
    )


def _is_search(source: SourceSettings) -> bool:
    """A newspaper that writes of others is not noisy; a search that finds them is."""
    return bool(getattr(source.options, "quiet_is_well", False))


class SourcePages:
    """Handlers about the program itself."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def sources(self, request: Request, done: str = "", source: str = "") -> HTMLResponse:
        """Each source in plain words, and what the settings still lack."""
        site, now = self._site, self._site.clock()
        left = () if site.demo else site.notices()
        ids = [school.id for school in site.settings.schools] if site.demo else site.ids
        found = lacking(site.settings, ids, left)
        with site.store.reading() as connection:
            return site.page(
                request,
                connection,
                "sources.html",
                now,
                lacking=found,
                doing=doing(connection, site, now),
                gaps=GAPS,
                asked=_(ASKED[done]) if done in ASKED else "",
                asked_of=source,
                unseen=unseen(),
            )

    def test(self, request: Request, source: str) -> Response:
        """Have one source read now, by whatever reads the others, and within the same limits."""
        site, now = self._site, self._site.clock()
        known = {one.id: one for one in site.settings.read_for(site.schools).values()}
        configured = {one.id for one in site.settings.sources}
        if source not in configured:
            raise HTTPException(404)
        done = "off"
        if source in known:
            with site.store.writing() as connection:
                done = _ask(connection, source, now)
                if done == "asked":
                    who = request.state.viewer.email
                    audit.note(connection, now, who, "source.tested", source)
        return RedirectResponse(f"/sources?done={done}&source={source}#{source}", 303)

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


def _ask(connection: Connection, source: str, now: datetime) -> str:
    """Make a source due, unless it was read just now."""
    look = next(iter(looks.everything(connection, [source])), None)
    if look and look.tried_at and now - look.tried_at < APART:
        return "soon"
    looks.make_due(connection, source, now)
    return "asked"

"""The page of a trust: its schools side by side, in numbers that point at nobody and no words.

Whoever looks may sit on a panel later: numbers under five, none among them, are not told apart,
and all others are to the nearest five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_high

from fastapi import Request
from fastapi.responses import HTMLResponse

from monitor import week_rows
from monitor.digest.figures import Figures, figures
from monitor.digest.phrases import SMALL, rounded
from monitor.digest.weeks import Week
from monitor.incidents import LIVE
from monitor.settings import School
from monitor.store import incidents
from monitor.store.engine import Connection
from monitor.store.incidents import Act, Incident
from monitor.web import condition
from monitor.web.site import Site
from monitor.web.translating import gettext as _
from monitor.web.viewer import Viewer

TRUST = frozenset({"trust"})
_DAY = timedelta(days=1)
# Up to so old; what is older comes last.
AGES = (_DAY, 7 * _DAY)
_LEVELS = ("urgent", "respond")
_TAKEN_WITHIN = 28 * _DAY
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One school; every number is in words already. `open` has a level's by age, youngest first."""

    name: str
    open: tuple[tuple[str, ...], ...]
    mentions: str
    usual: str
    negative: str
    took: str
    blind: int
    sources: int


class TrustPages:
    """The handler; it reads one moment of the database."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def trust(self, request: Request) -> HTMLResponse:
        """The schools of whoever is at the page, where they are of the trust."""
        site, now, viewer = self._site, self._site.clock(), request.state.viewer
        week = Week.at(now).before()
        with site.store.reading() as connection:
            rows = [self._row(connection, one, week, now) for one in _theirs(site, viewer)]
            return site.page(request, connection, "trust.html", now, rows=rows, week=week)

    def _row(self, connection: Connection, school: School, week: Week, now: datetime) -> Row:
        read = week_rows.read(connection, self._site.settings, school, week, now)
        found: Figures = figures(read.rows)
        every = incidents.listed(connection, (school.id,), limit=_MOST)
        recent = [one for one in every if now - one.opened_at < _TAKEN_WITHIN]
        acts = incidents.acts_of(connection, [one.id for one in recent])
        state = condition.condition(connection, self._site.settings, (school,), now)
        negative = next(one.number for one in found.moods if one.name == "negative")
        usual = found.mentions.usual
        return Row(
            name=school.name,
            open=tuple(by_age(every, level, now) for level in _LEVELS),
            mentions=hidden(found.mentions.number),
            usual=hidden(round(usual)) if usual is not None else _("not known yet"),
            negative=hidden(negative),
            took=took(recent, acts),
            blind=len(state.unread),
            sources=len(state.sources),
        )


def _theirs(site: Site, viewer: Viewer) -> list[School]:
    return [one for one in site.schools if viewer.holds(one.id, *TRUST)]


def hidden(number: int) -> str:
    """A number as those may know it who must not work out a small one."""
    return str(rounded(number)) if number >= SMALL else _("fewer than 5")


def by_age(every: Sequence[Incident], level: str, now: datetime) -> tuple[str, ...]:
    """How many of that level are not closed, of each age."""
    ages = [now - one.opened_at for one in every if one.level == level and one.state in LIVE]
    counts = [0] * (len(AGES) + 1)
    for age in ages:
        counts[sum(age > limit for limit in AGES)] += 1
    return tuple(map(hidden, counts))


def took(recent: Sequence[Incident], acts: Sequence[Act]) -> str:
    """How long it took in the middle until somebody had an incident, where enough were taken."""
    opened = {one.id: one.opened_at for one in recent}
    had: dict[str, datetime] = {}
    for act in acts:
        if act.kind in ("taken", "assigned"):
            had.setdefault(act.incident, act.at)
    waits = [at - opened[name] for name, at in had.items()]
    if len(waits) < SMALL:
        return _("fewer than 5 were taken")
    hours, rest = divmod(median_high(waits), timedelta(hours=1))
    return f"{hours} h {rest // timedelta(minutes=1)} min"

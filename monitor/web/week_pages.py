"""The pages of weeks: what was said week by week, and each week's digest to read and to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from alerts.digest import Edition
from alerts.pdf import pdf
from monitor import week_rows, weekly
from monitor.digest.figures import Bar, Figures, figures
from monitor.digest.phrases import SMALL, hidden, rounded
from monitor.digest.weeks import Week
from monitor.judge.terms import MOODS
from monitor.settings import Person, School
from monitor.store import deliveries, pages
from monitor.store.deliveries import DIGEST
from monitor.store.engine import Connection
from monitor.web.seer import Seer
from monitor.web.site import Site
from monitor.web.translating import later
from monitor.web.viewer import Viewer

# Whoever has none of the other editions may read this one: no number in it points at anybody.
FOR_ALL: Edition = "governors"
NAMES: Mapping[Edition, str] = {
    "head": later("For the headteacher"),
    "dsl": later("For the safeguarding lead"),
    "governors": later("For the governors"),
    "trust": later("For the trust"),
}
# Every number of these is exact; in the others a small one could point at somebody.
_EXACT = frozenset({"head", "dsl"})
HIGH = 100


@dataclass(frozen=True, slots=True)
class Numbers:
    """A week in numbers; where `is_rounded` each is to the nearest five, and none is small."""

    week: Week
    mentions: int
    moods: Mapping[str, int]
    is_seen: bool
    is_rounded: bool

    def says(self, number: int) -> str:
        """A number as it may be read."""
        return hidden(number) if self.is_rounded else str(number)


@dataclass(frozen=True, slots=True)
class Column:
    """A week in the chart: of 100 in height, how much each mood takes, from the bottom."""

    label: str
    parts: tuple[tuple[str, float, float], ...]
    is_seen: bool


class WeekPages:
    """Handlers; each reads one moment of the database."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def index(self, request: Request, school: str = "") -> HTMLResponse:
        """The last twelve weeks of one school, as a chart and as a table."""
        site, now = self._site, self._site.clock()
        seer = Seer(request.state.viewer, site)
        theirs = seer.schools("")
        chosen = (seer.schools(school) if school else theirs)[:1]
        if not chosen:
            raise HTTPException(404)
        with site.store.reading() as connection:
            found, made = _figures(connection, site, seer.viewer, chosen[0], now)
            return site.page(
                request,
                connection,
                "weeks.html",
                now,
                chosen=chosen[0],
                theirs=theirs,
                numbers=found,
                columns=columns(tuple(reversed(found))),
                top=max((one.mentions for one in found), default=0),
                speeds=made.speeds if not found[0].is_rounded else {},
                moods=MOODS,
                small=SMALL,
            )

    def week(self, request: Request, iso: str, school: str = "", edition: str = "") -> HTMLResponse:
        """One week's digest, as it may be read by whoever asks, and as it was sent."""
        site, now = self._site, self._site.clock()
        viewer, chosen, week, named = self._asked(request, iso, school, edition)
        with site.store.reading() as connection:
            digest = self._digest(connection, viewer, chosen, week, named)
            return site.page(
                request,
                connection,
                "week.html",
                now,
                chosen=chosen,
                week=week,
                edition=named,
                editions=[(one, NAMES[one]) for one in editions_of(viewer, chosen)],
                digest=digest,
                letters=self._letters(connection, viewer, chosen, week),
                before=week.before().name,
                after=week.after().name if week.after().ends <= now else "",
            )

    def printed(self, request: Request, iso: str, school: str = "", edition: str = "") -> Response:
        """The same to print."""
        viewer, chosen, week, named = self._asked(request, iso, school, edition)
        with self._site.store.reading() as connection:
            digest = self._digest(connection, viewer, chosen, week, named)
        content = pdf(digest, weekly.picture(digest), self._site.clock())
        file = f'attachment; filename="{week.name}-{chosen.id}-{named}.pdf"'
        return Response(
            content, media_type="application/pdf", headers={"content-disposition": file}
        )

    def _asked(
        self, request: Request, iso: str, school: str, edition: str
    ) -> tuple[Viewer, School, Week, Edition]:
        """404 for a week that is not over, and an edition that is not theirs."""
        viewer: Viewer = request.state.viewer
        try:
            week = Week.named(iso)
        except ValueError:
            raise HTTPException(404) from None
        chosen = Seer(viewer, self._site).schools(school)
        if not chosen or week.ends > self._site.clock():
            raise HTTPException(404)
        theirs = editions_of(viewer, chosen[0])
        named = next((one for one in theirs if one == (edition or theirs[0])), None)
        if named is None:
            raise HTTPException(404)
        return viewer, chosen[0], week, named

    def _digest(
        self, connection: Connection, viewer: Viewer, school: School, week: Week, edition: Edition
    ) -> Any:
        settings, now = self._site.settings, self._site.clock()
        frame = weekly.frame_of(settings, school, now, {})
        person = _person(viewer, school)
        return weekly.build(connection, settings, school, week, edition, frame, person)

    def _letters(
        self, connection: Connection, viewer: Viewer, school: School, week: Week
    ) -> Sequence[pages.Told]:
        """The digests of the week that were sent and that the viewer may open: their own."""
        sent = deliveries.of_subject(connection, DIGEST, weekly.subject(school, week))
        told = [
            pages.Told(**{name: getattr(one, name) for name in pages.Told.__dataclass_fields__})
            for one in sent
            if one.state == "sent"
        ]
        return Seer(viewer, self._site).letters(connection, told)


def editions_of(viewer: Viewer, school: School) -> tuple[Edition, ...]:
    """The editions that somebody may read at a school, their own first; the governors' is there
    for everybody who reads at all, to print.
    """
    theirs = [
        name
        for name in get_args(Edition)
        if any(
            reader.person.email.casefold() == viewer.email
            for reader in weekly.entitled(school, name)
        )
    ]
    return tuple(dict.fromkeys((*theirs, FOR_ALL)))


def _person(viewer: Viewer, school: School) -> Person | None:
    return next((one for one in school.people if one.email.casefold() == viewer.email), None)


def _figures(
    connection: Connection, site: Site, viewer: Viewer, school: School, now: datetime
) -> tuple[tuple[Numbers, ...], Figures]:
    """The last whole week and those before it, the newest first, as somebody may know them."""
    read = week_rows.read(connection, site.settings, school, Week.at(now).before(), now)
    person = _person(viewer, school)
    exact = not _EXACT.isdisjoint(editions_of(viewer, school))
    made = figures(read.heard_by(school, person) if person else read.rows)
    return tuple(_numbers(bar, exact=exact) for bar in reversed(made.bars)), made


def _numbers(bar: Bar, *, exact: bool) -> Numbers:
    moods: dict[str, int] = {mood: bar.moods.get(mood, 0) for mood in MOODS}
    found = Numbers(bar.week, bar.mentions, moods, bar.is_seen, not exact)
    if exact:
        return found
    # Only the whole is told: parts of a small number would be small.
    return replace(found, mentions=_at_least(found.mentions), moods={})


def _at_least(number: int) -> int:
    return rounded(number) if number >= SMALL else 0


def weeks_of(
    connection: Connection, site: Site, viewer: Viewer, school: School, now: datetime
) -> tuple[Numbers, ...]:
    """The last weeks in numbers, the newest first."""
    return _figures(connection, site, viewer, school, now)[0]


def numbers_of(found: Numbers) -> dict[str, Any]:
    """A week for a program; where `rounded`, 0 stands for fewer than five."""
    return {
        "week": found.week.name,
        "mentions": found.mentions,
        "moods": dict(found.moods) or None,
        "watched": found.is_seen,
        "rounded": found.is_rounded,
    }


def columns(numbers: Sequence[Numbers]) -> tuple[Column, ...]:
    """The chart, the oldest week first."""
    top = max((one.mentions for one in numbers), default=0) or 1
    return tuple(
        Column(f"{one.week.monday.day}/{one.week.monday.month}", _parts(one, top), one.is_seen)
        for one in numbers
    )


def _parts(one: Numbers, top: int) -> tuple[tuple[str, float, float], ...]:
    """Each mood's stretch: its name, where its top is, and how high it is."""
    at, parts = float(HIGH), []
    for mood, number in (one.moods or {"all": one.mentions}).items():
        high = HIGH * number / top
        at -= high
        parts.append((mood, round(at, 2), round(high, 2)))
    return tuple(parts)

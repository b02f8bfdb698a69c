"""The interface for programs: what the pages show, as JSON, CSV and a calendar, to read alone.

What somebody may not see is not there for their programs either, names of children and the like
are masked as on the pages, and nobody can ask for posts by who wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, Response

from monitor.clocks import running
from monitor.settings import School
from monitor.store import audit, incidents, searching
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.store.searching import Page
from monitor.web import cases, exports, posts, words
from monitor.web.describing import described
from monitor.web.exports import Due
from monitor.web.mention_pages import Asked, MentionPages, events, with_image
from monitor.web.seer import Seer
from monitor.web.site import Site, address
from monitor.web.source_pages import doing
from monitor.web.viewer import Viewer
from monitor.web.viewing_pages import is_waiting, looked
from monitor.web.week_pages import numbers_of, weeks_of
from monitor.web.wishes import Wishes

MOST_ROWS = 5_000
COLUMNS = (
    "id", "school", "found", "posted", "level", "tier", "kinds", "tone", "source", "about us",
    "title", "text", "address",
)  # fmt: skip
HIDDEN = "[words hidden]"


class Api:
    """Handlers; each reads one moment of the database."""

    def __init__(self, site: Site, whose: Callable[[str], Viewer | None] | None) -> None:
        """`whose` finds whose calendar a secret opens; the demonstration has none."""
        self._site, self._whose = site, whose
        self._pages = MentionPages(site)

    def openapi(self) -> JSONResponse:
        """What there is to ask for, as OpenAPI says it."""
        return JSONResponse(described(self._site.settings.web.origin))

    def mentions(self, request: Request, wishes: Asked) -> JSONResponse:
        """One page of a list; `next` is the address of the next one."""
        seer, ids = self._chosen(request, wishes)
        with self._site.store.reading() as connection:
            page = self._read(connection, seer, ids, wishes)
            shown = [self._json(one) for one in self._veiled(connection, page.mentions)]
        after = wishes.params(before=page.goes_on)
        further = address("/api/mentions", **after) if page.goes_on else None
        return JSONResponse({"mentions": shown, "next": further})

    def mention(self, request: Request, mention_id: str) -> JSONResponse:
        """One mention with what became of it."""
        site = self._site
        mention = self._pages.opened(request, mention_id)
        if is_waiting(mention, looked(site, mention)):
            raise HTTPException(403)
        with site.store.reading() as connection:
            (shown,) = self._veiled(connection, [mention])
            found = events(searching.history(connection, mention), site.school(mention.school))
        became = [{"at": one.at.isoformat(), "who": one.who, "says": one.says} for one in found]
        return JSONResponse({**self._json(shown), "history": became})

    def table(self, request: Request, wishes: Asked) -> Response:
        """The same list as a table for a spreadsheet: at most so many rows, and it says so."""
        site, viewer = self._site, request.state.viewer
        seer, ids = self._chosen(request, wishes)
        rows: list[Sequence[exports.Cell]] = []
        with site.store.reading() as connection:
            while len(rows) < MOST_ROWS:
                page = self._read(connection, seer, ids, wishes)
                rows += [_row(one) for one in self._veiled(connection, page.mentions)]
                if not page.goes_on:
                    break
                wishes = replace(wishes, before=page.goes_on)
            else:
                rows.append([f"There are more than {MOST_ROWS}: choose fewer days."])
        with site.store.writing() as connection:
            audit.note(
                connection, site.clock(), viewer.email, "mentions.exported", ",".join(ids),
                rows=len(rows),
            )  # fmt: skip
        named = f'attachment; filename="mentions-{site.clock():%Y-%m-%d}.csv"'
        return Response(
            exports.table(COLUMNS, rows),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": named},
        )

    def weeks(self, request: Request, school: str = "") -> JSONResponse:
        """The last weeks in numbers, the newest first, for each school."""
        seer, now = Seer(request.state.viewer, self._site), self._site.clock()
        with self._site.store.reading() as connection:
            found = [
                {"school": one.id, **numbers_of(figures)}
                for one in seer.schools(school)
                for figures in weeks_of(connection, self._site, seer.viewer, one, now)
            ]
        return JSONResponse({"weeks": found})

    def sources(self) -> JSONResponse:
        """How each source is doing, what it brought, and since when it is not seen."""
        with self._site.store.reading() as connection:
            found = doing(connection, self._site, self._site.clock())
        return JSONResponse({"sources": [one.as_json() for one in found]})

    def calendar(self, key: str = "") -> Response:
        """What runs out, for a calendar program; 404 for any key but one that was made for it."""
        viewer = self._whose(key) if self._whose and key else None
        if viewer is None:
            raise HTTPException(404)
        site, now = self._site, self._site.clock()
        ids = [one.id for one in site.schools if viewer.may_read(one.id)]
        with site.store.reading() as connection:
            found = incidents.listed(connection, ids)
            seen = cases.seen(connection, site.schools, viewer, found)
        dues = (due for case in seen for due in _dues(case, site.settings.web.origin, now))
        return Response(
            exports.calendar("Footprint", dues, now),
            media_type="text/calendar; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="clocks.ics"'},
        )

    def _chosen(self, request: Request, wishes: Wishes) -> tuple[Seer, tuple[str, ...]]:
        if wishes.problem:
            raise HTTPException(400)
        seer = Seer(request.state.viewer, self._site)
        return seer, tuple(one.id for one in seer.schools(wishes.school))

    def _read(self, connection: Connection, seer: Seer, ids: Sequence[str], wishes: Wishes) -> Page:
        self._pages.check_start(connection, seer, wishes)
        return self._pages.fitting(connection, seer, ids, wishes)

    def _veiled(self, connection: Connection, found: Sequence[Mention]) -> list[Mention]:
        """The mentions with their words as everybody who may see them sees them."""
        shut = with_image(connection, found)
        return [_veiled(one, self._site.school(one.school), one.id in shut) for one in found]

    def _json(self, mention: Mention) -> dict[str, Any]:
        """A veiled mention; not who wrote it, which is for whoever reads it on its page."""
        return {
            "id": mention.id,
            "school": mention.school,
            "source": mention.source,
            "url": mention.url,
            "title": mention.title,
            "text": mention.text,
            "published": mention.published.isoformat() if mention.published else None,
            "seen": mention.seen_at.isoformat(),
            "relevant": mention.relevant,
            "level": mention.level,
            "tier": mention.tier,
            "sentiment": mention.sentiment,
            "categories": list(mention.categories),
            "reasons": [{"rule": one["rule"], "says": one["says"]} for one in mention.reasons],
            "incident": mention.incident,
        }


def _veiled(mention: Mention, school: School, has_image: bool) -> Mention:
    if has_image or posts.is_not_to_look_at(mention):
        return replace(mention, title="", text=HIDDEN, url="" if has_image else mention.url)
    post = posts.post(mention, school)
    return replace(mention, title=_said(post.title), text=_said(post.text))


def _said(pieces: Iterable[posts.Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _row(mention: Mention) -> Sequence[exports.Cell]:
    return (
        mention.id,
        mention.school,
        mention.seen_at.isoformat(sep=" ", timespec="minutes"),
        mention.published.isoformat(sep=" ", timespec="minutes") if mention.published else "",
        mention.level,
        mention.tier or "",
        ", ".join(mention.categories),
        mention.sentiment,
        mention.source,
        "yes" if mention.relevant else "no",
        mention.title,
        mention.text,
        mention.url,
    )


def _dues(case: cases.Case, origin: str, now: datetime) -> Iterable[Due]:
    """What runs about an incident, without any word of a post."""
    for clock in running(case.acts, case.school, now):
        if clock.due is None:
            continue
        name = f"{case.incident.id}-{clock.name.replace(' ', '-')}-{clock.started:%Y%m%dT%H%M%S}"
        yield Due(
            id=f"{name}@footprint",
            says=f"{case.school.name}: {words.sentence(clock.name)}",
            more=words.sentence(clock.says),
            link=f"{origin}/incidents/{case.incident.id}",
            at=clock.due,
            by_day=clock.by_day,
        )

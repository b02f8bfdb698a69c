"""The pages of data protection: what is kept of whom, requests, the search for the person alone,
the approval; and what to look at before the school itself posts.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated

from fastapi import Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from monitor import consent, rights
from monitor.consent import Draft
from monitor.documents import approval
from monitor.documents.facts import terms
from monitor.finding_for import found_for
from monitor.judge.routing import LONDON
from monitor.rights import DECISIONS, HELD, KINDS, Piece, RightsError, Subject
from monitor.school_days import moment
from monitor.settings import School
from monitor.store import audit
from monitor.store import rights as records
from monitor.web.signin_pages import Entrance
from monitor.web.viewer import Viewer

DECIDERS = frozenset({"headteacher", "dpo"})
OFFICER = frozenset({"dpo"})
APPROVING = frozenset({"headteacher"})
Line = Annotated[str, Form(max_length=200)]
Words = Annotated[str, Form(max_length=2_000)]
Post = Annotated[str, Form(max_length=consent.LONGEST_POST)]
Number = Annotated[int, Form()]
Ticks = Annotated[list[int] | None, Form(max_length=10_000)]
NO_LIST = "No consent list is kept here, so no pupil's consent could be looked up."
UNREADABLE = "The consent list cannot be opened: it was sealed with another key. Give it again."


class RightsPages:
    """Handlers; each checks for which school somebody may decide."""

    def __init__(self, entrance: Entrance) -> None:
        self._site, self._keys = entrance.site, entrance.keys

    def index(self, request: Request) -> HTMLResponse:
        """What is kept of whom, by kind; for those who decide, the requests and the approval."""
        site, now, viewer = self._site, self._site.clock(), _viewer(request)
        theirs = [one for one in site.schools if viewer.holds(one.id, *DECIDERS)]
        with site.store.reading() as connection:
            ids = [one.id for one in theirs]
            return site.page(
                request,
                connection,
                "rights.html",
                now,
                held=sorted(HELD.values(), key=lambda one: one.name),
                theirs=theirs,
                requests=records.requests(connection, ids) if ids else (),
                kinds=KINDS,
                decisions=DECISIONS,
                outgrown=approval.outgrown(connection, site.settings, theirs),
                heads=[one for one in theirs if viewer.holds(one.id, *APPROVING)],
                officer=[one for one in theirs if viewer.holds(one.id, *OFFICER)],
                posting=self._posting(request),
                covers={one.id: terms(site.settings, one) for one in theirs},
            )

    def ask(
        self,
        request: Request,
        school: Line = "",
        kind: Line = "",
        reference: Line = "",
        received: Line = "",
    ) -> Response:
        """Write down that somebody asked."""
        about, now = self._school(request, school, DECIDERS), self._site.clock()
        day = _day(received)
        when = moment(day, time(12)) if day else now
        if kind not in KINDS or not reference.strip() or when > now:
            raise HTTPException(422)
        with self._site.store.writing() as connection:
            due = rights.due(kind, when, about)
            name, who = reference.strip(), _viewer(request).email
            records.ask(connection, about.id, kind, name, when, due, who, now)
        return RedirectResponse("/data#requests", 303)

    def decide(
        self, request: Request, number: int, decision: Line = "", why: Words = ""
    ) -> Response:
        """Decide a request, with the reason; or say that whoever asked knows that it is here."""
        now, who = self._site.clock(), _viewer(request).email
        with self._site.store.writing() as connection:
            found = records.request(connection, number)
            if found is None or not _viewer(request).holds(found.school, *DECIDERS):
                raise HTTPException(404)
            if found.decision:
                raise HTTPException(409)
            if decision == "acknowledged":
                records.acknowledge(connection, found, who, now)
            elif decision in DECISIONS and why.strip():
                records.decide(connection, found, decision, why.strip(), who, now)
            else:
                raise HTTPException(422)
        return RedirectResponse("/data#requests", 303)

    def form(self, request: Request, school: str = "") -> HTMLResponse:
        """Whom to search for: the data protection officer's page, for a request of that person."""
        return self._search(request, self._school(request, school, OFFICER))

    def search(
        self,
        request: Request,
        school: Line = "",
        number: Number = 0,
        terms: Words = "",
        hide: Words = "",
        leave: Ticks = None,
        act: Line = "",
    ) -> Response:
        """Look through what names the person; then the file, without what is left out."""
        about, now = self._school(request, school, OFFICER), self._site.clock()
        who = _viewer(request).email
        try:
            subject = Subject(terms.splitlines())
        except RightsError as error:
            return self._search(request, about, number, terms, hide, problem=str(error))
        with self._site.store.writing() as connection:
            asked = records.request(connection, number)
            if asked is None or asked.school != about.id or asked.kind != "access":
                why = "Say for which open request this is: nobody is searched for without one."
                return self._search(request, about, number, terms, hide, problem=why)
            found = found_for(connection, subject, about, hide.splitlines())
            left = set(leave or ())
            given = [piece for at, piece in enumerate(found) if at not in left]
            done = "data.exported" if act == "file" else "data.searched"
            audit.note(connection, now, who, done, str(number), about.id, found=len(given))
        if act == "file":
            return _file(rights.as_text(given, rights.NAMES, about, number, now), number)
        return self._search(request, about, number, terms, hide, found=found)

    def _search(
        self,
        request: Request,
        about: School,
        number: int = 0,
        terms: str = "",
        hide: str = "",
        *,
        problem: str = "",
        found: list[Piece] | None = None,
    ) -> HTMLResponse:
        site = self._site
        with site.store.reading() as connection:
            page = site.page(
                request,
                connection,
                "rights_search.html",
                site.clock(),
                about=about,
                open=[
                    one for one in records.requests(connection, [about.id]) if one.kind == "access"
                ],
                number=number,
                terms=terms,
                hide=hide,
                problem=problem,
                found=found,
                names=rights.NAMES,
                unsearched=rights.UNSEARCHED,
            )
        page.status_code = 422 if problem else 200
        page.headers["cache-control"] = "no-store"
        return page

    def approve(self, request: Request, school: Line = "", advice: Words = "") -> Response:
        """The headteacher approves of what is watched as it stands now."""
        about, now = self._school(request, school, APPROVING), self._site.clock()
        said = " ".join(advice.split())
        if not said:
            raise HTTPException(422)
        viewer = _viewer(request)
        day = now.astimezone(LONDON).date()
        with self._site.store.writing() as connection:
            settings = self._site.settings
            approval.record(connection, settings, about, viewer.name, said, day, viewer.email, now)
        return RedirectResponse("/data#approval", 303)

    def draft(self, request: Request) -> HTMLResponse:
        """Where those who may post for the school look at a post before it goes out."""
        return self._draft(request, self._poster(request, ""), Draft(""), None)

    def check(
        self, request: Request, school: Line = "", text: Post = "", shows: Line = ""
    ) -> HTMLResponse:
        """What to look at in it. The words are kept nowhere."""
        about = self._poster(request, school)
        draft = Draft(text, shows == "picture", shows == "video")
        today = self._site.clock().astimezone(LONDON).date()
        with self._site.store.reading() as connection:
            sealed = records.consent(connection, about.id)
        listed = self._keys.opened(sealed) if sealed else "[]"
        pupils = consent.unpacked(listed or "[]")
        found = consent.warnings(draft, about, pupils, today)
        note = UNREADABLE if listed is None else "" if pupils else NO_LIST
        return self._draft(request, about, draft, (*found, *filter(None, [note])))

    def _draft(
        self, request: Request, about: School, draft: Draft, found: tuple[str, ...] | None
    ) -> HTMLResponse:
        site = self._site
        with site.store.reading() as connection:
            page = site.page(
                request,
                connection,
                "check_post.html",
                site.clock(),
                about=about,
                posting=self._posting(request),
                draft=draft,
                found=found,
                tasks=records.to_take_down(connection, about.id),
            )
        page.headers["cache-control"] = "no-store"
        return page

    def done(self, request: Request, mention: Line = "", school: Line = "") -> Response:
        """A post of the school's own has been taken down."""
        about = self._poster(request, school)
        with self._site.store.writing() as connection:
            if mention not in [
                one.mention_id for one in records.to_take_down(connection, about.id)
            ]:
                raise HTTPException(404)
            who = _viewer(request).email
            records.taken_down(connection, mention, who, self._site.clock())
        return RedirectResponse("/check-post#tasks", 303)

    def _posting(self, request: Request) -> list[School]:
        email = _viewer(request).email
        return [
            one
            for one in self._site.schools
            if email in [poster.casefold() for poster in one.posters]
        ]

    def _poster(self, request: Request, wanted: str) -> School:
        """The school that they may post for; 404 where there is none, or not this one."""
        theirs = self._posting(request)
        chosen = [one for one in theirs if wanted in ("", one.id)]
        if not chosen:
            raise HTTPException(404)
        return chosen[0]

    def _school(self, request: Request, wanted: str, roles: frozenset[str]) -> School:
        """A watched school at which they hold one of these roles; 404 for any other."""
        theirs = [one for one in self._site.schools if _viewer(request).holds(one.id, *roles)]
        chosen = [one for one in theirs if wanted in ("", one.id)]
        if not chosen:
            raise HTTPException(404)
        return chosen[0]


def _file(text: str, number: int) -> Response:
    named = {"content-disposition": f'attachment; filename="request-{number}.txt"'}
    kept = {**named, "cache-control": "no-store"}
    return Response(text.encode("utf-8", "replace"), media_type="text/plain", headers=kept)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise HTTPException(422) from None


def _viewer(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    return viewer

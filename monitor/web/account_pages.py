"""The page of one's own account: where one is signed in, and the second factor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from monitor.store import accounts, audit
from monitor.store.accounts import Session
from monitor.store.engine import Connection
from monitor.web import words
from monitor.web.signin_pages import (
    CODES,
    TOO_MANY,
    WRONG,
    Entrance,
    Wish,
    is_right,
    kept_codes,
    new_codes,
)
from monitor.web.tokens import allowed
from monitor.web.viewer import Viewer, Visit


@dataclass(frozen=True, slots=True)
class Browser:
    """One of the person's sessions, as the page shows it; `is_this` marks the one at the page."""

    id: str
    name: str
    since: datetime
    seen: datetime
    is_this: bool


class AccountPages:
    """Handlers; each shows and changes what is the viewer's own alone."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance, self._site = entrance, entrance.site

    def account(self, request: Request) -> Response:
        """Who they are here, where they are signed in, and their second factor."""
        return self._page(request, status=200)

    def _page(
        self, request: Request, *, status: int, error: str = "", codes: tuple[str, ...] = ()
    ) -> Response:
        site, now, viewer = self._site, self._site.clock(), _viewer(request)
        with site.store.reading() as connection:
            found = accounts.sessions(connection, viewer.email, now)
            response = site.page(
                request,
                connection,
                "account.html",
                now,
                error=error,
                codes=codes,
                may_make=bool(allowed(viewer)),
                roles=self._roles(viewer),
                browsers=[_browser(one, _visit(request).session) for one in found],
                factor=accounts.factor(connection, viewer.email),
                left=accounts.recovery_left(connection, viewer.email),
            )
        response.status_code = status
        return response

    def _roles(self, viewer: Viewer) -> list[tuple[str, str]]:
        """Each school by name, with what they are there."""
        names = {school.id: school.name for school in self._entrance.sessions.schools()}
        return [
            (names[school], words.listed([words.ROLES[role] for role in sorted(held)]))
            for school, held in viewer.roles.items()
        ]

    def end(self, request: Request, session: Wish = "") -> Response:
        """End one of one's own sessions; nobody else's can be named."""
        with self._site.store.writing() as connection:
            accounts.end(connection, _viewer(request).email, session)
        return RedirectResponse("/account", 303)

    def end_others(self, request: Request) -> Response:
        """End every session but this one."""
        visit = _visit(request)
        this = visit.session.hash if visit.session else ""
        with self._site.store.writing() as connection:
            accounts.end_all(connection, _viewer(request).email, but=this)
        return RedirectResponse("/account", 303)

    def codes(self, request: Request, code: Wish = "") -> Response:
        """New recovery codes in place of the old ones, for whoever has the app at hand."""
        email, made = _viewer(request).email, new_codes()
        with self._site.store.writing() as connection:
            error = self._unproved(connection, request, code)
            if not error:
                accounts.set_recovery(connection, email, kept_codes(self._entrance.keys, made))
                act = "account.recovery_codes_made"
                audit.note(connection, self._site.clock(), email, act, email)
        if error:
            return self._page(request, status=403, error=error)
        return self._page(request, status=200, codes=made)

    def app(self, request: Request, code: Wish = "") -> Response:
        """Give up the app for another: every session ends, and this one sets the new app up."""
        viewer = _viewer(request)
        with self._site.store.writing() as connection:
            error = self._unproved(connection, request, code)
            if not error:
                accounts.end_all(connection, viewer.email)
                accounts.forget_factor(connection, viewer.email)
                act = "account.second_factor_dropped"
                audit.note(connection, self._site.clock(), viewer.email, act, viewer.email)
                return self._entrance.welcomed(connection, request, viewer, "/account")
        return self._page(request, status=403, error=error)

    def _unproved(self, connection: Connection, request: Request, code: str) -> str:
        """Why a code does not prove that it is they, or ""; it is asked for again before what
        would lock the person out, since a browser may stand open.
        """
        now, email = self._site.clock(), _viewer(request).email
        subjects = self._entrance.subjects(request, email)
        if not self._entrance.may_try(connection, CODES, subjects):
            return TOO_MANY
        if is_right(connection, self._entrance.keys, email, code, now):
            return ""
        accounts.tried(connection, CODES, subjects, now)
        return WRONG


def _browser(session: Session, this: Session | None) -> Browser:
    is_this = this is not None and this.hash == session.hash
    return Browser(session.hash, session.agent, session.made_at, session.seen_at, is_this)


def _viewer(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    return viewer


def _visit(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit

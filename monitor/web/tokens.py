"""What opens the interface for programs, and a calendar, without a sign-in: its page, and its use.

A token opens what its scopes say and its owner may see at the time, to read and no more; whoever
leaves the settings takes their tokens with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from monitor.store import audit, tokens
from monitor.store.tokens import Token
from monitor.web.keys import hashed, new_secret
from monitor.web.sessions import Sessions
from monitor.web.signin_pages import Entrance
from monitor.web.site import Site
from monitor.web.translating import gettext as _
from monitor.web.translating import later
from monitor.web.viewer import KEEPERS, READERS, Viewer, Visit, viewer_of

API = "/api/"
CALENDAR = "clocks"
# What each scope opens, and who may give it to a program.
SCOPES: Mapping[str, tuple[str, frozenset[str]]] = {
    "mentions": (later("Mentions: lists, and each with its masked words"), READERS),
    "incidents": (later("Incidents: lists, and each with its steps and acts"), READERS),
    "weeks": (later("Weeks: the numbers of each"), READERS),
    "sources": (later("Sources: how each is doing"), KEEPERS),
    CALENDAR: (later("A calendar of what runs out, at a secret address"), READERS),
}
MOST = 20
LONGEST_NAME = 60
# Of a hash so much is shown and noted: enough to tell two apart.
SHORT = 12


@dataclass(frozen=True)
class Bearers:
    """Who is at the page, by a program's token or else as `sessions` says."""

    sessions: Sessions

    def visit(self, request: Request) -> Visit:
        """Raises HTTPException 401 where a program shows nothing that opens anything, and 403
        where it asks for more than its token opens.
        """
        given = request.headers.get("authorization", "")
        if not (given and request.url.path.startswith(API)):
            return self._signed_in(request)
        scheme, _space, secret = given.partition(" ")
        token = self.token(secret.strip()) if scheme.casefold() == "bearer" else None
        viewer = viewer_of(token.email, self.sessions.schools()) if token else None
        if token is None or viewer is None:
            raise _unknown()
        scope = request.url.path.removeprefix(API).partition("/")[0]
        if scope != "openapi.json" and scope not in token.scopes:
            raise HTTPException(403)
        return Visit("", viewer)

    def _signed_in(self, request: Request) -> Visit:
        visit = self.sessions.visit(request)
        is_read = request.method in ("GET", "HEAD") and request.url.path.startswith(API)
        if visit.viewer is None and is_read:
            raise _unknown()
        return visit

    def token(self, secret: str) -> Token | None:
        """The token of that secret, and that it was used is written down."""
        now = self.sessions.clock()
        with self.sessions.store.reading() as connection:
            found = tokens.one(connection, hashed(secret))
        if found and tokens.is_to_note(found, now):
            with self.sessions.store.writing() as connection:
                tokens.used(connection, found.hash, now)
        return found


def _unknown() -> HTTPException:
    return HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="Footprint"'})


def allowed(viewer: Viewer) -> dict[str, str]:
    """The scopes that somebody may give to a program, each in words."""
    return {name: says for name, (says, who) in SCOPES.items() if viewer.holds_anywhere(who)}


class TokenPages:
    """The page of one's own tokens. A secret is shown once, when it is made."""

    def __init__(self, entrance: Entrance) -> None:
        self._site: Site = entrance.site

    def page(self, request: Request) -> Response:
        """What there is, and the form for another."""
        return self._page(request)

    def make(
        self,
        request: Request,
        name: Annotated[str, Form(max_length=LONGEST_NAME)] = "",
        scope: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        """Make one, and show it once."""
        viewer, now = _viewer(request), self._site.clock()
        scopes = tuple(dict.fromkeys(scope or ()))
        secret = new_secret()
        with self._site.store.writing() as connection:
            number = len(tokens.of(connection, viewer.email))
            problem = _problem(name.strip(), scopes, viewer, number)
            if not problem:
                key = hashed(secret)
                tokens.make(connection, key, viewer.email, name.strip(), scopes, now)
                said = ", ".join(scopes)
                audit.note(connection, now, viewer.email, "token.made", key[:SHORT], scopes=said)
        if problem:
            return self._page(request, problem=problem, status=409)
        return self._page(request, secret=secret, made=scopes)

    def end(self, request: Request, ended: Annotated[str, Form()] = "") -> Response:
        """End one of one's own; nobody else's can be named."""
        viewer, now = _viewer(request), self._site.clock()
        with self._site.store.writing() as connection:
            if tokens.end(connection, viewer.email, ended):
                audit.note(connection, now, viewer.email, "token.ended", ended[:SHORT])
        return RedirectResponse("/account/tokens", 303)

    def _page(
        self,
        request: Request,
        *,
        secret: str = "",
        made: tuple[str, ...] = (),
        problem: str = "",
        status: int = 200,
    ) -> Response:
        site, viewer = self._site, _viewer(request)
        origin = site.settings.web.origin or str(request.base_url).rstrip("/")
        with site.store.reading() as connection:
            response = site.page(
                request,
                connection,
                "tokens.html",
                site.clock(),
                tokens=tokens.of(connection, viewer.email),
                scopes=allowed(viewer),
                said={name: says for name, (says, _who) in SCOPES.items()},
                secret=secret if set(made) != {CALENDAR} else "",
                calendar=f"{origin}/clocks.ics?key={secret}" if CALENDAR in made else "",
                api=f"{origin}{API}openapi.json",
                problem=problem,
            )
        response.status_code = status
        return response


def _problem(name: str, scopes: tuple[str, ...], viewer: Viewer, number: int) -> str:
    """Why it cannot be made, in a line; empty where it can."""
    if not name:
        return _("Give it a name, so that you know later what it is for.")
    if not scopes or not set(scopes) <= allowed(viewer).keys():
        return _("Choose what it may open.")
    if CALENDAR in scopes and len(scopes) > 1:
        return _("Make the calendar by itself: its address is passed on to other programs.")
    if number >= MOST:
        return _("You have {most} already: end one that is not used any more.").format(most=MOST)
    return ""


def _viewer(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    return viewer


def reader(sessions: Sessions) -> Callable[[str], Viewer | None]:
    """Finds whose calendar a secret opens."""
    bearers = Bearers(sessions)

    def whose(secret: str) -> Viewer | None:
        token = bearers.token(secret)
        if token is None or CALENDAR not in token.scopes:
            return None
        return viewer_of(token.email, sessions.schools())

    return whose

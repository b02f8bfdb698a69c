"""Sessions: who a browser's cookie belongs to, and how one begins, is proved and ends.

A cookie holds a random secret, of which the database has a hash. What its owner may do is asked of
the configuration at every request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import Request
from fastapi.responses import Response

from monitor.settings import School
from monitor.store import accounts, audit
from monitor.store.accounts import Session
from monitor.store.engine import Connection, Store
from monitor.web import words
from monitor.web.access import cookie
from monitor.web.keys import hashed, new_secret
from monitor.web.viewer import Viewer, Visit, needs_second_factor, viewer_of

SESSION_COOKIE, FORM_COOKIE = "footprint-session", "footprint-form"
_HOST = "__Host-"
_LONGEST_AGENT = 60
# As browsers name themselves: what others pretend to be comes last.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("CriOS", "Chrome"),
    ("FxiOS", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("CrOS", "a Chromebook"),
    ("Windows", "Windows"), ("Mac OS", "a Mac"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class Sessions:
    """Sessions over one database; `schools` are all that are configured now."""

    store: Store
    schools: Callable[[], tuple[School, ...]]
    clock: Callable[[], datetime]

    def visit(self, request: Request) -> Visit:
        """Who is at the page; without a session their forms have a cookie of their own."""
        secret = given(request, SESSION_COOKIE)
        session = self._session(secret) if secret else None
        viewer = viewer_of(session.email, self.schools()) if session else None
        if session and viewer:
            is_whole = session.is_proven or not needs_second_factor(viewer)
            return Visit(secret, viewer if is_whole else None, session=session, claimed=viewer)
        form = given(request, FORM_COOKIE)
        return Visit(form or new_secret(), None, is_new=not form)

    def _session(self, secret: str) -> Session | None:
        now = self.clock()
        with self.store.reading() as connection:
            found = accounts.session(connection, hashed(secret), now)
        if found and accounts.is_stale(found, now):
            with self.store.writing() as connection:
                accounts.seen(connection, found.hash, now)
        return found

    def begin(
        self, connection: Connection, request: Request, viewer: Viewer, *, is_proven: bool
    ) -> str:
        """Sign somebody in, with a new secret for the cookie whatever the browser had before."""
        now, secret = self.clock(), new_secret()
        old = given(request, SESSION_COOKIE)
        if old:
            accounts.end(connection, viewer.email, hashed(old))
        agent = browser_of(request.headers.get("user-agent", ""))
        accounts.begin(
            connection, Session(hashed(secret), viewer.email, is_proven, agent, now, now)
        )
        if is_proven or not needs_second_factor(viewer):
            audit.note(connection, now, viewer.email, "session.began", viewer.email)
        return secret

    def prove(self, connection: Connection, session: Session) -> str:
        """The second factor was given: the same session under a new secret."""
        now, secret = self.clock(), new_secret()
        accounts.end(connection, session.email, session.hash)
        proven = replace(session, hash=hashed(secret), is_proven=True, seen_at=now)
        accounts.begin(connection, proven)
        audit.note(connection, now, session.email, "session.began", session.email)
        return secret


def given(request: Request, name: str) -> str:
    """A cookie of ours as the browser sent it, or "". Under https only one bound to this host."""
    return cookie(request.headers.get("cookie", ""), _named(request, name))


def keep(response: Response, request: Request, name: str, secret: str) -> None:
    """Give the browser a cookie; it goes when the browser is closed."""
    secure = request.url.scheme == "https"
    named = _named(request, name)
    response.set_cookie(named, secret, httponly=True, samesite="lax", secure=secure)


def keep_form(response: Response, request: Request, secret: str) -> None:
    """Give a browser in which nobody is signed in the cookie of its forms."""
    keep(response, request, FORM_COOKIE, secret)


def forget(response: Response, request: Request, name: str) -> None:
    """Take a cookie away."""
    secure = request.url.scheme == "https"
    response.delete_cookie(_named(request, name), httponly=True, samesite="lax", secure=secure)


def _named(request: Request, name: str) -> str:
    """Browsers keep a cookie of this prefix for one host alone, and under https only."""
    return f"{_HOST}{name}" if request.url.scheme == "https" else name


def browser_of(agent: str) -> str:
    """What a browser calls itself, in words: `Firefox on Windows`; foreign words, made plain."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    known = " on ".join(part for part in (browser, system) if part)
    return known or words.clipped(agent, _LONGEST_AGENT) or "a browser without a name"

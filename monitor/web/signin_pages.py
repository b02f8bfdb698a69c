"""The pages of signing in: a link by mail, the second factor, then the page that was wanted.

A page says the same, after the same time, of an address that is known and of one that is not.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import pyotp
from fastapi import Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from monitor.store import accounts, audit, deliveries
from monitor.store.accounts import Factor, Link
from monitor.store.deliveries import SIGNIN, Owed
from monitor.store.engine import Connection
from monitor.web import csrf, factor
from monitor.web.keys import Keys, hashed, new_secret
from monitor.web.oidc import Service
from monitor.web.sessions import FORM_COOKIE, SESSION_COOKIE, Sessions, forget, given, keep
from monitor.web.site import Site, own_path
from monitor.web.translating import later
from monitor.web.viewer import Viewer, Visit, leading, needs_second_factor, viewer_of

GOOD_FOR = timedelta(minutes=15)
FIRST_GOOD_FOR = timedelta(hours=1)
MOST_OF_ACCOUNT = 10
# A whole school may sit behind one address.
MOST_OF_ADDRESS = 60
# As long as the slowest answer takes on a small machine; no answer comes sooner.
ANSWER_SECONDS = 0.25
LINKS, CODES = "link", "code"
LONGEST_EMAIL = 254
# Above every alert: somebody waits for it at the page.
PRIORITY = 10
TOO_MANY = later("There were too many tries. Wait a quarter of an hour, then try again.")
WRONG = later(
    "That code is not right, or was used already. Wait for the app's next one. If this goes on, "
    "see that the telephone sets its clock by itself."
)
LOST = later(
    "The key that your second step was sealed with is not here any more. Ask whoever runs "
    "Footprint to put footprint.key back, or to run footprint people reset with your address."
)
Wish = Annotated[str, Form()]


@dataclass(frozen=True)
class Entrance:
    """What signing in needs; `service` is the school's own, where one is configured."""

    site: Site
    sessions: Sessions
    keys: Keys
    service: Service | None = None

    def page(self, request: Request, name: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """A page of the sign-in: it shows nothing of what is stored."""
        template = self.site.environment.get_template(name)
        # What answers a form has no address of its own to come back to.
        path = own_path(request) if request.method != "POST" else "/signin"
        words = template.render(csrf=request.state.csrf, path=path, **shown)
        return HTMLResponse(words, status)

    def subjects(self, request: Request, email: str) -> tuple[str, str]:
        """What is counted against: the account, and the address that the request comes from."""
        place = request.client.host if request.client else ""
        return self.keys.name("account", email), self.keys.name("address", _network(place))

    def may_try(self, connection: Connection, kind: str, subjects: tuple[str, str]) -> bool:
        """Whether there is a try left, of the account and of the address."""
        now, (account, place) = self.site.clock(), subjects
        return (
            accounts.count(connection, kind, account, now) < MOST_OF_ACCOUNT
            and accounts.count(connection, kind, place, now) < MOST_OF_ADDRESS
        )

    def welcomed(
        self, connection: Connection, request: Request, viewer: Viewer, leads: str
    ) -> Response:
        """Begin a session for somebody who has shown that an address is theirs, and go on."""
        secret = self.sessions.begin(connection, request, viewer, is_proven=False)
        wish = urlencode({"next": leading(leads)})
        target = f"/signin/second?{wish}" if needs_second_factor(viewer) else leading(leads)
        response = RedirectResponse(target, 303)
        keep(response, request, SESSION_COOKIE, secret)
        forget(response, request, FORM_COOKIE)
        return response


class SigninPages:
    """Handlers that strangers may open, but for the second factor: that takes a session."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._site, self._keys = entrance.site, entrance.keys
        self._sessions = entrance.sessions

    def signin(self, request: Request) -> Response:
        """Where an address is asked for."""
        leads = leading(request.query_params.get("next", "/"))
        if request.state.viewer:
            return RedirectResponse(leads, 303)
        service = self._entrance.service
        name = service.name if service else ""
        return self._entrance.page(request, "signin.html", leads=leads, service=name)

    async def send_link(self, request: Request, email: Wish = "", leads: Wish = "/") -> Response:
        """Mail a link to whoever has that address; the answer does not say whether anybody has."""
        began = time.monotonic()
        wanted = email.strip().casefold()[:LONGEST_EMAIL]
        is_open = await run_in_threadpool(self._send, request, wanted, leading(leads))
        await asyncio.sleep(max(0.0, began + ANSWER_SECONDS - time.monotonic()))
        if not is_open:
            return self._stopped(request)
        return self._entrance.page(request, "signin_sent.html", minutes=15)

    def _send(self, request: Request, email: str, leads: str) -> bool:
        now, subjects = self._site.clock(), self._entrance.subjects(request, email)
        viewer = viewer_of(email, self._sessions.schools())
        with self._site.store.writing() as connection:
            accounts.tidy(connection, now)
            if accounts.count(connection, LINKS, subjects[1], now) >= MOST_OF_ADDRESS:
                return False
            may = self._entrance.may_try(connection, LINKS, subjects)
            accounts.tried(connection, LINKS, subjects, now)
            if viewer and may:
                path = issued(connection, email, now, GOOD_FOR, leads)
                self._owe(connection, viewer, {"path": path})
        return True

    def _owe(self, connection: Connection, viewer: Viewer, facts: Mapping[str, str]) -> None:
        """A letter to that person alone, by way of whichever of their schools is watched."""
        now, name = self._site.clock(), secrets.token_hex(16)
        schools = [school for school in viewer.roles if school in self._site.ids]
        owed = Owed(
            id=name,
            mention_id=None,
            school=(schools or [*self._site.ids, *viewer.roles])[0],
            level=SIGNIN,
            priority=PRIORITY,
            role="staff",
            email=viewer.email,
            due_at=now,
            kind=SIGNIN,
            subject=name,
            facts={"name": viewer.name, **facts},
        )
        deliveries.owe(connection, [owed], now)

    def _stopped(self, request: Request) -> Response:
        return self._entrance.page(request, "signin_again.html", 429, says=TOO_MANY)

    def link(self, request: Request, secret: str) -> Response:
        """A link from a mail: a page with a button, for programs open links in mails as well."""
        with self._site.store.reading() as connection:
            found = accounts.link(connection, hashed(secret), self._site.clock())
        if found is None:
            return self._used(request)
        people = self._choice() if not found.email else ()
        return self._entrance.page(request, "signin_link.html", secret=secret, people=people)

    def _used(self, request: Request) -> Response:
        says = later("This link has been used, or its time is over. Ask for a new one.")
        return self._entrance.page(request, "signin_again.html", 404, says=says)

    def _choice(self) -> tuple[Viewer, ...]:
        """Who may be the first to sign in: everybody but those who see only what is their own."""
        schools = self._sessions.schools()
        emails = dict.fromkeys(one.email.casefold() for each in schools for one in each.people)
        found = (viewer_of(email, schools) for email in emails)
        return tuple(one for one in found if one and needs_second_factor(one))

    def take_link(self, request: Request, secret: Wish = "", who: Wish = "") -> Response:
        """Use a link up."""
        now, subjects = self._site.clock(), self._entrance.subjects(request, "")
        with self._site.store.writing() as connection:
            if not self._entrance.may_try(connection, "taken", subjects):
                return self._stopped(request)
            found = accounts.link(connection, hashed(secret), now)
            viewer = self._meant(found, who.casefold()) if found else None
            if (
                found is None
                or viewer is None
                or not accounts.take_link(connection, found.hash, now)
            ):
                accounts.tried(connection, "taken", subjects[1:], now)
                return self._used(request)
            return self._entrance.welcomed(connection, request, viewer, found.leads)

    def _meant(self, found: Link, who: str) -> Viewer | None:
        if found.email:
            return viewer_of(found.email, self._sessions.schools())
        return next((one for one in self._choice() if one.email == who), None)

    def second(self, request: Request) -> Response:
        """The second factor: its code, or where there is none yet, its setting up."""
        visit, leads = _visit(request), leading(request.query_params.get("next", "/"))
        if visit.session is None or visit.claimed is None:
            return RedirectResponse("/signin", 303)
        if visit.viewer:
            return RedirectResponse(leads, 303)
        with self._site.store.reading() as connection:
            known = accounts.factor(connection, visit.claimed.email)
        if known:
            is_lost = self._keys.opened(known.sealed) is None
            error = LOST if is_lost else ""
            return self._entrance.page(request, "signin_second.html", leads=leads, error=error)
        return self._setting_up(request, visit.claimed, pyotp.random_base32(), leads)

    def _setting_up(
        self, request: Request, viewer: Viewer, secret: str, leads: str, error: str = ""
    ) -> Response:
        return self._entrance.page(
            request,
            "signin_setup.html",
            leads=leads,
            error=error,
            picture=factor.picture(factor.address(secret, viewer.email)),
            letters=factor.spaced(secret),
            # The secret goes to the browser and back; it is bound to the person all the same.
            sealed=self._keys.seal(f"{viewer.email} {secret}").decode(),
        )

    def prove(self, request: Request, code: Wish = "", leads: Wish = "/") -> Response:
        """A code of the app, or one that was written down."""
        visit = _visit(request)
        if visit.session is None or visit.claimed is None:
            return RedirectResponse("/signin", 303)
        viewer, now = visit.claimed, self._site.clock()
        subjects = self._entrance.subjects(request, viewer.email)
        with self._site.store.writing() as connection:
            if not self._entrance.may_try(connection, CODES, subjects):
                return self._stopped(request)
            if not is_right(connection, self._keys, viewer.email, code, now):
                self._failed(connection, viewer, subjects)
                return self._entrance.page(
                    request, "signin_second.html", 403, leads=leading(leads), error=WRONG
                )
            secret = self._sessions.prove(connection, visit.session)
        response = RedirectResponse(leading(leads), 303)
        keep(response, request, SESSION_COOKIE, secret)
        return response

    def _failed(self, connection: Connection, viewer: Viewer, subjects: tuple[str, str]) -> None:
        """Count it, and where that was the last try, tell the person by mail."""
        now = self._site.clock()
        accounts.tried(connection, CODES, subjects, now)
        audit.note(connection, now, viewer.email, "session.refused", viewer.email)
        if accounts.count(connection, CODES, subjects[0], now) == MOST_OF_ACCOUNT:
            self._owe(connection, viewer, {"tries": str(MOST_OF_ACCOUNT)})

    def set_up(
        self, request: Request, sealed: Wish = "", code: Wish = "", leads: Wish = "/"
    ) -> Response:
        """The first code of a new app: from now on it is needed, or one of these codes."""
        visit, now = _visit(request), self._site.clock()
        if visit.session is None or visit.claimed is None or visit.viewer:
            return RedirectResponse("/signin", 303)
        owner, _, secret = (self._keys.opened(sealed.encode()) or "").partition(" ")
        email = visit.claimed.email
        if owner != email or not secret:
            raise HTTPException(403)
        step = factor.step_of(secret, code, now)
        if step is None:
            return self._setting_up(request, visit.claimed, secret, leading(leads), WRONG)
        codes = new_codes()
        with self._site.store.writing() as connection:
            if accounts.factor(connection, email):
                # Another browser of theirs, or somebody else's, has been quicker.
                raise HTTPException(403)
            made = Factor(email, self._keys.seal(secret), now, step)
            accounts.set_factor(connection, made, kept_codes(self._keys, codes))
            cookie = self._sessions.prove(connection, visit.session)
            audit.note(connection, now, email, "account.second_factor_set", email)
        request.state.csrf = csrf.token(cookie)
        response = self._entrance.page(
            request, "signin_codes.html", codes=codes, leads=leading(leads)
        )
        keep(response, request, SESSION_COOKIE, cookie)
        return response

    def sign_out(self, request: Request) -> Response:
        """End this session."""
        visit = _visit(request)
        if visit.session:
            with self._site.store.writing() as connection:
                accounts.end(connection, visit.session.email, visit.session.hash)
        response = RedirectResponse("/signin", 303)
        if given(request, SESSION_COOKIE):
            forget(response, request, SESSION_COOKIE)
        return response


def issued(
    connection: Connection, email: str, now: datetime, good_for: timedelta, leads: str = "/"
) -> str:
    """The path of a new link for that address; without one, for whoever is the first."""
    secret = new_secret()
    accounts.add_link(connection, Link(hashed(secret), email, leads), now, now + good_for)
    return f"/signin/link/{secret}"


def first_link(connection: Connection, now: datetime) -> str:
    """The path of the link for the first person, printed where the program is started; "" once
    somebody has set up a second step. A new one takes the place of all before it.
    """
    if accounts.has_anybody(connection):
        return ""
    accounts.end_all(connection, "")
    return issued(connection, "", now, FIRST_GOOD_FOR)


def is_right(connection: Connection, keys: Keys, email: str, code: str, now: datetime) -> bool:
    """Whether a code proves that person, and use it up; a recovery code too."""
    known = accounts.factor(connection, email)
    secret = keys.opened(known.sealed) if known else None
    if known is None or secret is None:
        return False
    step = factor.step_of(secret, code, now)
    if step is not None:
        return accounts.use_step(connection, email, step)
    plain = factor.plain_recovery_code(code)
    if not plain or not accounts.use_recovery(connection, email, keys.name("recovery", plain)):
        return False
    audit.note(connection, now, email, "account.recovery_code_used", email)
    return True


def new_codes() -> tuple[str, ...]:
    """Recovery codes, to be shown once."""
    return tuple(factor.recovery_code(secrets.token_bytes(16)) for _ in range(factor.CODES))


def kept_codes(keys: Keys, codes: tuple[str, ...]) -> list[str]:
    """Recovery codes as the database holds them."""
    return [keys.name("recovery", factor.plain_recovery_code(code)) for code in codes]


def _visit(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


def _network(place: str) -> str:
    """An address as it is counted: of IPv6 a household has 2^64, which count as one."""
    return ":".join(place.split(":")[:4]) if ":" in place else place

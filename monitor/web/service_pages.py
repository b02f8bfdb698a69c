"""Signing in through the school's own service: to it, and back."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from monitor.store import accounts
from monitor.web.keys import hashed
from monitor.web.oidc import Service, ServiceError
from monitor.web.sessions import forget, given, keep
from monitor.web.signin_pages import LINKS, MOST_OF_ADDRESS, Entrance
from monitor.web.viewer import leading, viewer_of

STATE_COOKIE = "footprint-service"
GOOD_FOR = timedelta(minutes=10)
BACK = "/signin/service/back"
NOBODY = (
    "That account belongs to nobody who may sign in here. Ask whoever runs Footprint whether you "
    "are among the people in its settings, under that very address."
)
STALE = "This sign-in was begun in another browser, or too long ago. Try again."


class ServicePages:
    """Handlers; the way back counts once, and only in the browser that went."""

    def __init__(self, entrance: Entrance, service: Service) -> None:
        self._entrance, self._service = entrance, service
        self._store, self._clock = entrance.site.store, entrance.site.clock

    def leave(self, request: Request) -> Response:
        """Send a browser to the service."""
        leads = leading(request.query_params.get("next", "/"))
        try:
            address, state, away = self._service.leave(leads)
        except ServiceError as error:
            return self._failed(request, str(error))
        now = self._clock()
        with self._store.writing() as connection:
            accounts.tidy(connection, now)
            accounts.leave(connection, hashed(state), away, now + GOOD_FOR)
        response = RedirectResponse(address, 303)
        keep(response, request, STATE_COOKIE, state)
        return response

    def back(self, request: Request, code: str = "", state: str = "") -> Response:
        """Somebody is back: who they are, the service says; whether they may, the settings."""
        kept, subjects = given(request, STATE_COOKIE), self._entrance.subjects(request, "")
        now = self._clock()
        with self._store.writing() as connection:
            away = accounts.come_back(connection, hashed(state), now) if state == kept else None
            is_many = accounts.count(connection, LINKS, subjects[1], now) >= MOST_OF_ADDRESS
            accounts.tried(connection, LINKS, subjects[1:], now)
        if away is None or not code or is_many:
            return self._failed(request, STALE)
        try:
            email = self._service.arrived(code, away)
        except ServiceError as error:
            return self._failed(request, str(error))
        viewer = viewer_of(email, self._entrance.sessions.schools())
        if viewer is None:
            return self._failed(request, NOBODY)
        with self._store.writing() as connection:
            response = self._entrance.welcomed(connection, request, viewer, away.leads)
        forget(response, request, STATE_COOKIE)
        return response

    def _failed(self, request: Request, says: str) -> Response:
        return self._entrance.page(request, "signin_again.html", 403, says=says)

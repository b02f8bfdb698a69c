"""The web application: which address leads to which page. It sends nothing.

It reads the store; only what is handed in to an inbox is written there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import Response
from jinja2 import Environment
from starlette.exceptions import HTTPException as AnyHTTPException

from monitor.machine import Trouble
from monitor.settings import School, Settings
from monitor.settings_changes import SettingsFiles
from monitor.store.engine import Store, StoreError
from monitor.web import routes
from monitor.web.access import Gate, Refusal, names_answered
from monitor.web.guard import guarded
from monitor.web.keys import Keys, new_secret
from monitor.web.oidc import Door, Service
from monitor.web.presence_pages import Look
from monitor.web.service_pages import BACK
from monitor.web.sessions import FORM_COOKIE, Sessions, given, keep_form
from monitor.web.signin_pages import Entrance
from monitor.web.site import Site, nothing_wrong, plain_page, templates
from monitor.web.tokens import Bearers
from monitor.web.translating import ENGLISH, WELSH, Speaking, later
from monitor.web.viewer import Visit, demonstration_head

SAID = {
    400: (
        later("This address is not ours"),
        later("Open Footprint by the address that it printed at its start."),
    ),
    401: (
        later("Nobody is signed in"),
        later("A program must show a token that somebody made for it, and that is still there."),
    ),
    403: (
        later("This is not open to you"),
        later(
            "Either this page is not for your role at the school, or you were signed out while it "
            "stood open. Nothing was changed. Open the first page, and sign in where it asks for "
            "that."
        ),
    ),
    404: (
        later("There is no such page"),
        later("The post may have been removed because its time was up."),
    ),
    405: (
        later("That cannot be done here"),
        later("This page is for reading alone."),
    ),
    500: (
        later("Something went wrong"),
        later("The fault is Footprint's own. Watching goes on, and the log says what it was."),
    ),
    503: (
        later("The database does not answer"),
        later("What is stored cannot be shown just now. Run footprint check to see what is wrong."),
    ),
}


def _no_notices() -> tuple[str, ...]:
    return ()


def create_app(
    *,
    settings: Settings,
    schools: tuple[School, ...],
    store: Store,
    clock: Callable[[], datetime],
    demo: bool,
    keys: Keys,
    people: Callable[[], tuple[School, ...]] | None = None,
    door: Door | None = None,
    notices: Callable[[], tuple[str, ...]] = _no_notices,
    troubles: Callable[[], tuple[Trouble, ...]] = nothing_wrong,
    look: Look | None = None,
    files: SettingsFiles | None = None,
) -> FastAPI:
    """The pages over an open store.

    `schools` are those that are watched; with none, and no `demo`, there is a set-up page alone.
    `people` gives every configured school as it stands now, for who may sign in and open what:
    otherwise that is settled at the start. `door` is the one to HTTP, for [web.oidc]. `notices`
    gives what the settings still lack, a plain line each; the set-up page and that of the sources
    show it.
    `troubles` gives what is wrong with the machine, and every page says so. `look` asks the world
    about somebody who looks for themself. `files` hold the settings that people change here.
    """
    environment = templates()
    site = Site(settings, schools, store, clock, demo, notices, environment, troubles)
    refusal = partial(_refusal, environment)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(Gate, hosts=names_answered(settings.web), refusal=refusal)
    app.add_middleware(Speaking, usual=_usual(schools))
    for kind in (AnyHTTPException, StoreError):
        app.add_exception_handler(kind, partial(_answered, refusal))
    sessions = Sessions(store, people or (lambda: settings.schools), clock)
    entrance = None if demo else Entrance(site, sessions, keys, _service(settings, door, clock))
    visitor = partial(_demonstrated, site) if demo else Bearers(sessions).visit
    is_watching = bool(schools) or demo
    table = routes.table(site, entrance, is_watching=is_watching, look=look, files=files)
    app.state.opens = {route.path: route.who for route in table if "GET" in route.methods}
    for route in table:
        app.router.add_api_route(
            route.path,
            route.handler,
            methods=list(route.methods),
            response_model=None,
            route_class_override=guarded(route, visitor, settings.web.address, keep_form),
        )
    return app


def _service(
    settings: Settings, door: Door | None, clock: Callable[[], datetime]
) -> Service | None:
    """The school's own sign-in service, where one is configured and can be reached."""
    if settings.web.oidc is None or door is None:
        return None
    return Service(settings.web.oidc, f"{settings.web.origin}{BACK}", door, clock)


def _usual(schools: tuple[School, ...]) -> str:
    """The language of whoever has chosen none: Welsh where every school's first one is."""
    firsts = {school.languages[0] for school in schools}
    return WELSH if firsts == {WELSH} else ENGLISH


def _demonstrated(site: Site, request: Request) -> Visit:
    """The demonstration has no sign-in: whoever comes is its headteacher."""
    form = given(request, FORM_COOKIE)
    viewer = demonstration_head(site.settings.schools)
    return Visit(form or new_secret(), viewer, is_new=not form)


def _answered(refusal: Refusal, _request: Request, error: Exception) -> Response:
    """The plain page for what a handler, or the routing itself, could not do."""
    if not isinstance(error, AnyHTTPException):
        return refusal(503)
    response = refusal(error.status_code)
    response.headers.update(error.headers or {})
    return response


def _refusal(environment: Environment, status: int) -> Response:
    title, text = SAID.get(status, (HTTPStatus(status).phrase, ""))
    return plain_page(environment, status, title, text)

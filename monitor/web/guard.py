"""The guard at each route: who may pass by the table, and whether a form is one of ours."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from monitor.web import csrf
from monitor.web.routes import ANYONE, PROGRAMS, READ, Route
from monitor.web.site import own_path
from monitor.web.translating import language
from monitor.web.viewer import Viewer, Visit, leading


def guarded(
    route: Route,
    visitor: Callable[[Request], Visit],
    address: str,
    keep: Callable[[Response, Request, str], None],
) -> type[APIRoute]:
    """A kind of route that lets in whom the table names alone, before a body is read.

    `address` is the configured one of the pages; `keep` gives a browser the cookie of its forms.
    """

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def handled(request: Request) -> Response:
                if route.who == PROGRAMS:
                    return await answer(request)
                visit = await run_in_threadpool(visitor, request)
                request.state.visit, request.state.viewer = visit, _speaking(visit.viewer)
                request.state.csrf = csrf.token(visit.secret)
                elsewhere = _turned_away(route, visit, request)
                if elsewhere:
                    return elsewhere
                if request.method == "POST":
                    await _check_form(request, visit.secret, address)
                response = await answer(request)
                if visit.is_new and response.headers.get("content-type", "").startswith(
                    "text/html"
                ):
                    keep(response, request, visit.secret)
                return response

            return handled

    return Guarded


def _speaking(viewer: Viewer | None) -> Viewer | None:
    """The viewer with the language that this browser has chosen."""
    return replace(viewer, language=language()) if viewer else None


def _turned_away(route: Route, visit: Visit, request: Request) -> Response | None:
    """The way to the sign-in for whoever has not; 403 for others whom the table does not name."""
    viewer = visit.viewer
    if route.who == ANYONE or (viewer and viewer.holds_anywhere(route.who)):
        return None
    if viewer is not None or request.method not in READ:
        raise HTTPException(403)
    if visit.session:
        return RedirectResponse(
            f"/signin/second?{urlencode({'next': leading(own_path(request))})}", 303
        )
    leads = leading(own_path(request))
    wish = f"?{urlencode({'next': leads})}" if leads != "/" else ""
    return RedirectResponse(f"/signin{wish}", 303)


async def _check_form(request: Request, secret: str, address: str) -> None:
    """Whether the form is from a page of ours: 403 where it is not."""
    headers = request.headers
    scheme, host = request.url.scheme, headers.get("host", "")
    if not csrf.is_own_origin(headers.get("origin", ""), scheme=scheme, host=host, address=address):
        raise HTTPException(403)
    given = (await request.form()).get(csrf.FIELD, "")
    if not isinstance(given, str) or not csrf.is_token(given, secret):
        raise HTTPException(403)

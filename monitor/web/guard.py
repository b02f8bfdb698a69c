"""The guard at each route: who may pass by the table, and whether a form is one of ours."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from monitor.web import csrf
from monitor.web.routes import ANYONE, PROGRAMS, Route
from monitor.web.viewer import Viewer

FORM_COOKIE = "footprint-form"


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at a page: the secret cookie that its forms' tokens are made of, and who it is.

    `is_new` says that it has no cookie yet, and is to be given this one.
    """

    secret: str
    viewer: Viewer | None
    is_new: bool = False


def guarded(route: Route, visitor: Callable[[Request], Visit], address: str) -> type[APIRoute]:
    """A kind of route that lets in whom the table names alone, before a body is read.

    `address` is the configured one of the pages.
    """

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def handled(request: Request) -> Response:
                if route.who == PROGRAMS:
                    return await answer(request)
                visit = await run_in_threadpool(visitor, request)
                _admit(route, visit.viewer)
                request.state.viewer, request.state.csrf = visit.viewer, csrf.token(visit.secret)
                if request.method == "POST":
                    await _check_form(request, visit.secret, address)
                response = await answer(request)
                if visit.is_new:
                    _keep(response, request, visit.secret)
                return response

            return handled

    return Guarded


def _admit(route: Route, viewer: Viewer | None) -> None:
    if route.who != ANYONE and not (viewer and viewer.holds_anywhere(route.who)):
        raise HTTPException(403)


async def _check_form(request: Request, secret: str, address: str) -> None:
    """Whether the form is from a page of ours: 403 where it is not."""
    headers = request.headers
    scheme, host = request.url.scheme, headers.get("host", "")
    if not csrf.is_own_origin(headers.get("origin", ""), scheme=scheme, host=host, address=address):
        raise HTTPException(403)
    given = (await request.form()).get(csrf.FIELD, "")
    if not isinstance(given, str) or not csrf.is_token(given, secret):
        raise HTTPException(403)


def _keep(response: Response, request: Request, secret: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(FORM_COOKIE, secret, httponly=True, samesite="lax", secure=secure)

"""The choice of the language, kept by the browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, HTTPException, Request
from fastapi.responses import RedirectResponse

from monitor.web.translating import COOKIE, LANGUAGES
from monitor.web.viewer import leading

A_YEAR = 365 * 24 * 3600


def choose_language(
    request: Request,
    language: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> RedirectResponse:
    """Keep the choice, and go back to the page where it was made; 400 for no language of ours."""
    if language not in LANGUAGES:
        raise HTTPException(400)
    response = RedirectResponse(leading(back), 303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, language, max_age=A_YEAR, httponly=True, samesite="lax", secure=secure
    )
    return response

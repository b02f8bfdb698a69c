"""Which language a page speaks: English or Welsh, by the catalogues in monitor/locales.

The language belongs to the request that is being answered, so that the words of a page can be
asked for wherever they are made: `_("Sources")`. Outside a request it is English.
"""

from __future__ import annotations

import gettext as standard
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.school_settings import Language

ENGLISH: Language = "en"
WELSH: Language = "cy"
# Each in its own words.
LANGUAGES = {ENGLISH: "English", WELSH: "Cymraeg"}
# As `lang` of a page says it.
TAGS = {ENGLISH: "en-GB", WELSH: "cy"}
COOKIE = "footprint-language"
DOMAIN = "footprint"
_language: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def language() -> Language:
    """The language of the page that is being made."""
    return _language.get()


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Within the block pages are made in that language; English where it is not one of ours."""
    before = _language.set(WELSH if chosen == WELSH else ENGLISH)
    try:
        yield
    finally:
        _language.reset(before)


def gettext(message: str) -> str:
    """The message in the language of the page; in English where it is not translated."""
    return _catalogue(language()).gettext(message) if message else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The form of a message that goes with a number; Welsh has five."""
    return _catalogue(language()).ngettext(one, many, number)


_ = gettext


def later(message: str) -> str:
    """Marks a constant for the catalogue; it is translated where it is shown."""
    return message


@cache
def _catalogue(chosen: str) -> standard.NullTranslations:
    if chosen == ENGLISH:
        return standard.NullTranslations()
    source = files("monitor.locales").joinpath(chosen, "LC_MESSAGES", f"{DOMAIN}.po")
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=chosen, domain=DOMAIN))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


def chosen_by(headers: Headers, usual: str = ENGLISH) -> str:
    """What a browser asks for: the choice that was made in it, else Welsh where that is its own
    first language, else the school's `usual` one.
    """
    kept = _kept(headers.get("cookie", ""))
    first = headers.get("accept-language", "").partition(",")[0].partition(";")[0]
    is_welsh = first.strip().casefold().partition("-")[0] == WELSH
    return kept or (WELSH if is_welsh else usual)


def _kept(header: str) -> str:
    # By hand: the standard parser gives up at the first odd cookie of another local program.
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((given for name, _eq, given in pairs if name == COOKIE and given in LANGUAGES), "")


class Speaking:
    """ASGI middleware: every answer, a refusal too, is made in the language of its browser."""

    def __init__(self, app: ASGIApp, usual: str = ENGLISH) -> None:
        """`usual` is the language of whoever has chosen none."""
        self._app = app
        self._usual = usual

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with speaking(chosen_by(Headers(scope=scope), self._usual)):
            await self._app(scope, receive, send)

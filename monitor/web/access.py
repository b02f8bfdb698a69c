"""The gate before every page: which names it answers to, who may read, and what it tells browsers.

Sign-in by people is not here: until a school has it, the key that was printed at start opens the
pages, and without one they stay shut.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.settings import Web

log = logging.getLogger("footprint")

# An inbox is for programs: it asks each request for a signature instead of the key.
OPEN = ("/health", "/static/", "/inbox/")
COOKIE = "footprint-key"
SELF = "'self'"
POLICY = {
    "default-src": "'none'",
    "style-src": SELF,
    "img-src": f"{SELF} data:",
    "form-action": SELF,
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": browsers would then keep back the origin of our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
Refusal = Callable[[int], Response]


def policy(**changed: str) -> str:
    """The content security policy of a page, with some directives (`frame_src`) set otherwise."""
    rules = {**POLICY, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return "; ".join(f"{name} {value}".strip() for name, value in rules.items())


def names_answered(web: Web) -> frozenset[str]:
    """The host names a browser may use; any other may be a stranger's that points at us."""
    loopback = {"localhost", "127.0.0.1", "::1"}
    ours = {urlsplit(web.address).hostname or "", web.host.casefold()}
    return frozenset((loopback | ours) - {"", "0.0.0.0", "::"})  # noqa: S104 - taken out, not bound


class Gate:
    """ASGI middleware. `key` empty and `open_to_all` False lets nobody in."""

    def __init__(
        self, app: ASGIApp, *, hosts: Iterable[str], key: str, open_to_all: bool, refusal: Refusal
    ) -> None:
        """`refusal` makes the plain page for a status."""
        self._app = app
        self._hosts = frozenset(hosts)
        self._key = key
        self._open_to_all = open_to_all
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _Guarded(send)
        try:
            await (self._answer(scope) or self._app)(scope, receive, guarded)
        except Exception as error:
            # Its words stay out of the log and off the page: they may hold a post's.
            log.error("a page met a fault in Footprint itself (%s)", type(error).__name__)
            if not guarded.started:
                await self._refusal(500)(scope, receive, guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """The gate's own answer; None where the request may go on to its page."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        if _host(headers.get("host", "")) not in self._hosts:
            return self._refusal(400)
        path = str(scope["path"])
        if self._open_to_all or path.startswith(OPEN):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        secure = scope["scheme"] == "https"
        if self._is_key(dict(query).get("key", "")):
            return self._welcome(path, [pair for pair in query if pair[0] != "key"], secure)
        if self._is_key(cookie(headers.get("cookie", ""), _cookie_name(secure))):
            return None
        return self._refusal(403)

    def _is_key(self, given: str) -> bool:
        return bool(self._key) and hmac.compare_digest(given.encode(), self._key.encode())

    def _welcome(self, path: str, query: list[tuple[str, str]], secure: bool) -> Response:
        """Keep the key in a cookie and take it out of the address."""
        # One slash: a path of two would lead a browser to another host.
        target = "/" + quote(path.lstrip("/")) + (f"?{urlencode(query)}" if query else "")
        response = RedirectResponse(target, 303)
        response.set_cookie(
            _cookie_name(secure), self._key, httponly=True, samesite="strict", secure=secure
        )
        return response


class _Guarded:
    """A `send` that puts our headers on every answer that has none of its own by that name."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            there = {name for name, _ in message["headers"]}
            ours = {"content-security-policy": policy(), **HEADERS}
            added = [(name.encode(), value.encode()) for name, value in ours.items()]
            message["headers"] += [pair for pair in added if pair[0] not in there]
        await self._send(message)


def _host(header: str) -> str:
    """The name in a Host header without its port, or "" where it is no such thing."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return ""
    return parts.hostname or "" if parts.netloc == header and "@" not in header else ""


def _cookie_name(secure: bool) -> str:
    return f"__Host-{COOKIE}" if secure else COOKIE


def cookie(header: str, name: str) -> str:
    """A cookie's value by the Cookie header, or ""."""
    # By hand: the standard parser gives up at the first odd cookie of another local program.
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for found, _, value in pairs if found == name), "")

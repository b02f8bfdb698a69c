"""The gate before every page: which names it answers to, how much it reads, what browsers hear."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from fastapi import HTTPException
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.settings import Web

log = logging.getLogger("footprint")

# An inbox counts for itself, and answers in JSON.
INBOX = "/inbox/"
# No form of ours is longer, but for the one that brings a picture of 8 MB.
MOST_BYTES = 1024 * 1024
MOST_OF = {"/report": 9 * MOST_BYTES}
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
    """ASGI middleware before every page; who may open which is the guard's to say."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], refusal: Refusal) -> None:
        """`refusal` makes the plain page for a status."""
        self._app = app
        self._hosts = frozenset(hosts)
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _Guarded(send)
        try:
            path = str(scope["path"])
            most = MOST_OF.get(path, MOST_BYTES)
            counted = receive if path.startswith(INBOX) else _Counted(receive, most)
            await (self._answer(scope) or self._app)(scope, counted, guarded)
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
        return None


class _Counted:
    """A `receive` that takes in no more than a form of ours can hold, whatever length was said."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._taken, self._most = 0, most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > self._most:
            raise HTTPException(413)
        return message


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


def cookie(header: str, name: str) -> str:
    """A cookie's value by the Cookie header, or ""."""
    # By hand: the standard parser gives up at the first odd cookie of another local program.
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for found, _, value in pairs if found == name), "")

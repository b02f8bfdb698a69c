"""The way in for programs: a signed report is kept, and its inbox is read within seconds."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from monitor.settings import SourceSettings
from monitor.store import looks, reports
from monitor.web.pace import Pace
from monitor.web.site import Site
from sources.inbox import Options

MOST_BYTES = 64 * 1024
# A larger body is read on for a while, so that its sender gets to see the answer.
_DRAINED = 1024 * 1024
_BODY_SECONDS = 15
_OFF = timedelta(minutes=5)
_MINUTE, _A_MINUTE = timedelta(minutes=1), 60
_TIME, _SIGNATURE = "x-footprint-timestamp", "x-footprint-signature"
_LONGEST_TIME, _LONGEST_KEY = 12, 200


class _Refused(Exception):  # noqa: N818 - an answer to the sender, not a failure
    """What the sender is told, with the status of the answer."""

    def __init__(self, status: int, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.status, self.headers = status, headers


class Inbox:
    """Handlers for what is handed in; which inboxes there are is settled at the start."""

    def __init__(self, site: Site) -> None:
        self._site = site
        read = site.settings.read_for(site.schools)
        self._secrets = {name: secret for name, source in read.items() if (secret := _of(source))}
        self._pace = Pace(_A_MINUTE, _MINUTE)

    async def receive(self, request: Request, source: str) -> JSONResponse:
        """Keep a signed report; 202 once it is stored."""
        try:
            body = await _body(request)
            self._check(request.headers, source, body)
            key = _key(request.headers, body)
        except _Refused as refused:
            return JSONResponse({"error": str(refused)}, refused.status, refused.headers)
        await run_in_threadpool(self._keep, source, key, body)
        return JSONResponse({"status": "accepted"}, 202)

    def _check(self, headers: Headers, source: str, body: bytes) -> None:
        """Whether it may come in; strangers learn no more than which inboxes there are."""
        secret = self._secrets.get(source)
        if secret is None:
            raise _Refused(404, "There is no inbox of this name that takes signed reports.")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise _Refused(415, "Send JSON, with Content-Type: application/json.")
        now = self._site.clock()
        _check_signature(headers, secret, body, now)
        _check_json(body)
        # After the signature: strangers must not use up what the school's own programs may send.
        wait = self._pace.wait(source, now)
        if wait:
            raise _Refused(
                429, f"At most {_A_MINUTE} reports a minute.", {"Retry-After": f"{wait}"}
            )

    def _keep(self, source: str, key: str, body: bytes) -> None:
        """In one transaction the report, and that its inbox is due."""
        now = self._site.clock()
        with self._site.store.writing() as connection:
            if reports.hand_in(connection, source, key, body, now):
                looks.make_due(connection, source, now)


def _of(source: SourceSettings) -> bytes:
    """The secret of an inbox that has one."""
    options = source.options
    return options.hmac_secret.get_secret_value().encode() if isinstance(options, Options) else b""


async def _body(request: Request) -> bytes:
    body, length = bytearray(), 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.stream():
                length += len(piece)
                if length <= MOST_BYTES:
                    body += piece
                elif length > _DRAINED:
                    break
    except TimeoutError:
        raise _Refused(408, "The report took too long to arrive.") from None
    except ClientDisconnect:
        raise _Refused(400, "The report broke off.") from None
    if length > MOST_BYTES:
        raise _Refused(413, f"A report may have {MOST_BYTES // 1024} KB at most.")
    return bytes(body)


def _check_signature(headers: Headers, secret: bytes, body: bytes, now: datetime) -> None:
    time = headers.get(_TIME, "")
    if not (time.isascii() and time.isdigit() and len(time) <= _LONGEST_TIME):
        raise _Refused(401, "X-Footprint-Timestamp must be the time in seconds since 1970.")
    right = hmac.new(secret, time.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = headers.get(_SIGNATURE, "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, f"sha256={right}".encode()):
        raise _Refused(401, "X-Footprint-Signature does not fit secret, time and body.")
    if abs(int(time) - now.timestamp()) > _OFF.total_seconds():
        raise _Refused(401, "The time is more than five minutes off; set the sender's clock.")


def _check_json(body: bytes) -> None:
    """Told at once, for only now is the sender there to hear it."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise _Refused(400, "The body must be one JSON object.")


def _key(headers: Headers, body: bytes) -> str:
    """The sender's own mark against sending twice, else the body; never one for the other."""
    own = headers.get("idempotency-key", "")
    if len(own) > _LONGEST_KEY:
        raise _Refused(400, f"Idempotency-Key may have {_LONGEST_KEY} characters at most.")
    kind, said = ("key", own.encode("utf-8", "replace")) if own else ("body", body)
    return f"{kind}:{hashlib.sha256(said).hexdigest()}"

"""Figures for a monitoring system, as Prometheus reads them: numbers alone, of no school."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from fastapi import Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from monitor.settings import Web
from monitor.store.figures import Figures, figures
from monitor.web.site import Site

TOKEN_FILE = "metrics.token"  # noqa: S105 - a file's name
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_REFUSED = (
    "These figures are for programs on the machine that Footprint runs on, and for those that "
    f"send the token of the file {TOKEN_FILE} (see docs/operating.md).\n"
)


class Metrics:
    """The handler; whoever is not on this machine has to show the token."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sources = frozenset(site.settings.read_for(site.schools))

    def page(self, request: Request) -> PlainTextResponse:
        """Every figure of this moment."""
        site = self._site
        if not (is_local(request, site.settings.web) or self._shows_token(request)):
            return PlainTextResponse(_REFUSED, 401, {"www-authenticate": "Bearer"})
        with site.store.reading() as connection:
            found = figures(connection, self._sources, site.clock())
        return PlainTextResponse(exposed(found), media_type=CONTENT_TYPE_LATEST)

    def _shows_token(self, request: Request) -> bool:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        token = _token(self._site.settings.path(TOKEN_FILE))
        is_same = hmac.compare_digest(given.strip().encode(), token.encode())
        return bool(token) and kind.casefold() == "bearer" and is_same


def is_local(request: Request, web: Web) -> bool:
    """Whether a program on this very machine asks, rather than a proxy on behalf of somebody."""
    by_proxy = bool(web.trusted_proxies) or any(name in request.headers for name in _FORWARDED)
    # People reach a name of its own without our certificate through a proxy alone.
    by_proxy = by_proxy or bool(web.address and not web.tls_cert)
    if by_proxy or request.client is None:
        return False
    return ipaddress.ip_address(request.client.host).is_loopback


def _token(path: Path) -> str:
    """What is to be shown; "" where nobody elsewhere is to be answered."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def exposed(found: Figures) -> bytes:
    """The figures in Prometheus' text format."""
    registry = CollectorRegistry()
    for name, says, value in _single(found):
        Gauge(f"footprint_{name}", says, registry=registry).set(value)
    sources = Gauge("footprint_sources", "Sources by health.", ["health"], registry=registry)
    for health, number in found.sources.items():
        sources.labels(health).set(number)
    letters = Gauge("footprint_letters", "Letters not arrived.", ["state"], registry=registry)
    for state, number in found.letters.items():
        letters.labels(state).set(number)
    return generate_latest(registry)


def _single(found: Figures) -> Iterator[tuple[str, str, float]]:
    yield "oldest_letter_seconds", "How long a letter has been due.", _seconds(found.oldest)
    yield "latest_source_seconds", "How late a source is.", _seconds(found.latest)
    yield "mail_shut", "1 while the way out for mail is shut.", float(found.is_mail_shut)
    yield "workers", "Footprint workers on the database.", float(found.workers)
    if found.idle is not None:
        yield "worker_idle_seconds", "Since a worker last did anything.", _seconds(found.idle)


def _seconds(time: timedelta) -> float:
    return time.total_seconds()

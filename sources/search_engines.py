"""PURE: how each search engine is asked, and what its answers hold; none is trusted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sources.formats.api import answer, at, entry, rows_at, text_at
from sources.links import canonical, safe_link

DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=31)
_ENGINES_NAMED = 10
_WORDS = 100


@dataclass(frozen=True, slots=True)
class Search:
    """One question to an engine; `back` is how far into the past it reaches.

    `most` is how many results are wanted, where the engine can be told.
    """

    query: str
    news: bool
    back: timedelta
    now: datetime
    country: str
    service: str
    key: str
    most: int = 20


class Request(NamedTuple):
    """What is sent; `data` makes it a POST."""

    url: str
    headers: dict[str, str]
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of an answer as the engine gave it; `html` says whether its words are markup."""

    url: str
    title: str
    text: str
    published: str
    html: bool
    medium: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """A back end: its public address ("" where there is none), and its ways.

    `hits` gives None where the JSON is no answer to a search.
    """

    name: str
    service: str
    paid: bool
    ask: Callable[[Search], Request]
    hits: Callable[[Any], list[Hit] | None]


def read_hits(engine: Engine, found: Any, query: str) -> dict[str, Any]:
    """The entries of an engine's JSON, or its complaint (`code`, `said`), or `error`."""
    code, said = _complaint(found)
    if code or said:
        return {"code": code, "said": said}
    hits = engine.hits(found)
    if hits is None:
        return {"error": "came back as JSON that answers no search"}
    result = answer(_entries(hits, query), unresponsive=list(_unresponsive(found)))
    lost = sum(1 for hit in hits if not safe_link(hit.url))
    if lost:
        result["notes"].append(f"{lost} of its {len(hits)} results had no web address.")
    return result


def _entries(hits: Iterable[Hit], query: str) -> Iterator[dict[str, Any]]:
    """Each page once: an engine may give one under several addresses."""
    seen: set[str] = set()
    for hit in hits:
        link = safe_link(hit.url)
        key = canonical(link)
        if not link or key in seen:
            continue
        seen.add(key)
        yield entry(
            id=key,
            link=link,
            title=hit.title,
            text=hit.text,
            published=hit.published,
            html=hit.html,
            medium=hit.medium,
            more={"query": query},
        )


def _complaint(found: Any) -> tuple[str, str]:
    """An error's code and words, where an engine writes them.

    Brave: `error.code`, `error.detail`. Kagi: `errors[0].code`, `.message`. Mojeek: a
    `response.status` that does not begin with OK. SearXNG: `error`.
    """
    first = at(found, "errors", 0)
    code = text_at(found, "error", "code") or text_at(first, "code")
    said = text_at(found, "error", "detail") or text_at(first, "message") or text_at(found, "error")
    status = text_at(found, "response", "status")
    if status and not status.startswith("OK"):
        said = said or status
    return code[:_WORDS], said


def _unresponsive(found: Any) -> Iterator[str]:
    """The engines that a SearXNG got nothing from, each with its reason."""
    rows = at(found, "unresponsive_engines")
    for row in rows[:_ENGINES_NAMED] if isinstance(rows, list) else ():
        name, why = text_at(row, 0)[:_WORDS], text_at(row, 1)[:_WORDS]
        if name:
            yield f"{name} ({why or 'no reason given'})"


def _reach_back(search: Search) -> str:
    """The smallest span that engines know and that reaches far enough; "" for all time."""
    return next((name for name, span in _SPANS if search.back <= span), "")


_SPANS = (("day", DAY), ("week", WEEK), ("month", MONTH))
_BRAVE_SPANS = {"day": "pd", "week": "pw", "month": "pm"}


def _ask_brave(search: Search) -> Request:
    """As Brave documents it; `spellcheck` would else change a school's name into a likelier one."""
    query = {
        "q": search.query,
        "count": search.most,
        "country": search.country,
        "spellcheck": "false",
    }
    span = _reach_back(search)
    query |= {"freshness": _BRAVE_SPANS[span]} if span else {}
    where = "news" if search.news else "web"
    return Request(
        f"{search.service}/res/v1/{where}/search?{urlencode(query)}",
        {"X-Subscription-Token": search.key},
    )


def _brave_hits(found: Any) -> list[Hit] | None:
    """Web results stand under `web`, which is missing where there are none; news at the top."""
    if not isinstance(found, dict) or not found.keys() & {"web", "query", "type", "results"}:
        return None
    web = [_brave_hit(row, "") for row in rows_at(found, "web", "results")]
    return web + [_brave_hit(row, "news") for row in rows_at(found, "results")]


def _brave_hit(row: dict[str, Any], medium: str) -> Hit:
    snippets = at(row, "extra_snippets")
    more = (
        [text for text in snippets if isinstance(text, str)] if isinstance(snippets, list) else []
    )
    return Hit(
        url=text_at(row, "url"),
        title=text_at(row, "title"),
        text="<br>".join(filter(None, [text_at(row, "description"), *more])),
        published=text_at(row, "page_age"),
        html=True,
        medium=medium,
    )


def _ask_mojeek(search: Search) -> Request:
    """As Mojeek documents it: the key goes in the address, which is therefore never shown."""
    query = {
        "q": search.query,
        "fmt": "json",
        "t": search.most,
        "date": 1,
        "rb": search.country,
        "since": f"{search.now - search.back:%Y%m%d}",
        "api_key": search.key,
    }
    return Request(f"{search.service}/search?{urlencode(query)}", {})


def _mojeek_hits(found: Any) -> list[Hit] | None:
    """`response.results`; the `date` that `date=1` asks for is remembered, not seen written."""
    if not isinstance(at(found, "response"), dict):
        return None
    return [_hit(row, "desc", "date", html=True) for row in rows_at(found, "response", "results")]


def _ask_kagi(search: Search) -> Request:
    """Version 1 as Kagi's OpenAPI description has it, read at second hand: a POST of JSON."""
    asked = {
        "query": search.query,
        "workflow": "search",
        "limit": search.most,
        "filters": {"after": f"{search.now - search.back:%Y-%m-%d}"},
    }
    headers = {"Authorization": f"Bearer {search.key}", "Content-Type": "application/json"}
    return Request(f"{search.service}/api/v1/search", headers, json.dumps(asked).encode())


def _kagi_hits(found: Any) -> list[Hit] | None:
    """`data.search` and `data.news`, as programs that use version 1 read them."""
    if not isinstance(at(found, "data"), dict):
        return None
    web = [_hit(row, "snippet", "time", html=True) for row in rows_at(found, "data", "search")]
    news = rows_at(found, "data", "news")
    return web + [_hit(row, "snippet", "time", html=True, medium="news") for row in news]


def _ask_searxng(search: Search) -> Request:
    """As SearXNG documents it; some of its engines heed the time range, others do not."""
    query = {
        "q": search.query,
        "format": "json",
        "categories": "general,news",
        "language": f"en-{search.country}",
        "pageno": 1,
    }
    span = _reach_back(search)
    query |= {"time_range": span} if span else {}
    return Request(f"{search.service}/search?{urlencode(query)}", {})


def _searxng_hits(found: Any) -> list[Hit] | None:
    if not isinstance(at(found, "results"), list):
        return None
    return [
        _hit(
            row,
            "content",
            "publishedDate",
            html=False,
            medium="news" if text_at(row, "category") == "news" else "",
        )
        for row in rows_at(found, "results")
    ]


def _hit(row: dict[str, Any], text: str, date: str, *, html: bool, medium: str = "") -> Hit:
    return Hit(
        url=text_at(row, "url"),
        title=text_at(row, "title"),
        text=text_at(row, text),
        published=text_at(row, date),
        html=html,
        medium=medium,
    )


ENGINES = {
    "brave": Engine("Brave", "https://api.search.brave.com", True, _ask_brave, _brave_hits),
    "mojeek": Engine("Mojeek", "https://api.mojeek.com", True, _ask_mojeek, _mojeek_hits),
    "kagi": Engine("Kagi", "https://kagi.com", True, _ask_kagi, _kagi_hits),
    "searxng": Engine("SearXNG", "", False, _ask_searxng, _searxng_hits),
}

"""Searches the web through an engine's interface: one query a poll, within a month's budget."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
)

from sources.answers import judge_status, retry_after
from sources.asking import own_words, queries_within, terms_read
from sources.base import Ask, Flaw, Health, Post, Reach, Response, SourceError
from sources.budget import left, spend, used_up
from sources.formats.api import NotJsonError, document
from sources.posts import flaws, posts, refuse
from sources.rotation import Rotation
from sources.search_engines import DAY, ENGINES, MONTH, WEEK, Engine, Search, read_hits
from sources.services import Sendable, Service

# Places that have no feed and forbid collecting, but that engines index.
_SITES = (
    "mumsnet.com",
    "netmums.com",
    "change.org",
    "reddit.com",
    "tiktok.com",
    "facebook.com",
)
# Brave reads no more; the others say nothing or more.
_LONGEST_QUERY = 400
_NOWHERE = "https://search.invalid"
_FRESHNESS = {"day": DAY, "week": WEEK, "month": MONTH}
_OK = (200, 203)
_REFUSED, _NOT_PAID, _FORBIDDEN, _TOO_OFTEN, _FAULTS = (400, 422), 402, (401, 403), 429, 500
_SOON = timedelta(hours=1)
_LONGEST_NUMBER = 9
# In the order in which they are looked for in an engine's own words.
_COMPLAINTS: tuple[tuple[str, Health, str], ...] = (
    ("quota|usage.?limit", "over budget", "says that the account's allowance is used up"),
    (
        "credit|balance|payment|billing|funds",
        "needs you",
        "says that the account has no credit left; top it up",
    ),
    (
        "not_in_plan|not_allowed",
        "needs you",
        "says that the account's plan does not hold this search; change the plan",
    ),
    (
        "token|api.?key|authenti|authori|subscription",
        "needs you",
        "does not accept the key; check it",
    ),
)
_ON_ONE_SITE = re.compile(r"(?<![\w-])site:")  # "-site:" leaves one out
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_COUNTRY = re.compile("[A-Z]{2}")


def _host(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise ValueError('write a site without https:// and /, such as "hollybrook.example"')
    return name


def _country(code: str) -> str:
    if not _COUNTRY.fullmatch(code):
        raise ValueError("write a country as two capital letters, such as GB")
    return code


class Options(BaseModel):
    """Which engine is asked what, how often in a month, and how far back.

    Without `queries` the names of the schools are searched for everywhere, then on each site that
    is known to matter and offers no feed. `own_sites` are left out of the general search.
    `news` has Brave's news searched too; the other engines give news among the rest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    quiet_is_well: ClassVar[bool] = True

    backend: Literal["brave", "mojeek", "searxng", "kagi"]
    service: Annotated[Service, Field(validate_default=True)] = ""
    key: Annotated[Sendable, Field(validate_default=True)] = SecretStr("")
    queries: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    own_sites: Annotated[
        tuple[Annotated[str, AfterValidator(_host)], ...], Field(max_length=20)
    ] = ()
    news: StrictBool = False
    freshness: Literal["day", "week", "month"] = "week"
    country: Annotated[str, AfterValidator(_country)] = "GB"
    monthly_calls: Annotated[StrictInt | None, Field(ge=1, le=100_000, validate_default=True)] = (
        None
    )
    i_have_read_the_terms: Annotated[StrictBool, Field(validate_default=True)] = False

    @property
    def trial_costs(self) -> str:
        """What a trial is charged; "" where it is free."""
        return "one search" if ENGINES[self.backend].paid else ""

    @field_validator("service", mode="before")
    @classmethod
    def _known(cls, service: object, info: ValidationInfo) -> object:
        engine = _engine_of(info)
        if service:
            return service
        if engine is None:  # that mistake is told already
            return _NOWHERE
        if not engine.service:
            raise ValueError("give the address of your own SearXNG")
        return engine.service

    @field_validator("key")
    @classmethod
    def _given(cls, key: SecretStr, info: ValidationInfo) -> SecretStr:
        engine = _engine_of(info)
        if engine and engine.paid and not key.get_secret_value():
            raise ValueError(f'{engine.name} wants a key; write key_env = "NAME"')
        return key

    @field_validator("queries")
    @classmethod
    def _sendable(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        return queries_within(queries, _LONGEST_QUERY)

    @field_validator("monthly_calls")
    @classmethod
    def _bounded(cls, calls: int | None, info: ValidationInfo) -> int | None:
        engine = _engine_of(info)
        if engine and engine.paid and calls is None:
            raise ValueError(
                f"{engine.name} is paid by the search; say how many a month may cost, "
                "such as monthly_calls = 900"
            )
        return calls

    @field_validator("i_have_read_the_terms")
    @classmethod
    def _chosen(cls, read: bool, info: ValidationInfo) -> bool:
        engine = _engine_of(info)
        if engine is None or engine.paid:
            return read
        return terms_read(
            read,
            "a SearXNG reads other engines' pages for you, which some of them forbid",
        )


def _engine_of(info: ValidationInfo) -> Engine | None:
    """The engine; None where `backend` itself is wrong, which is told once."""
    return ENGINES.get(info.data.get("backend", ""))


def read(body: bytes, url: str, charset: str, *, backend: str, query: str) -> dict[str, Any]:
    """The entries of an answer, or the engine's complaint, or what came instead."""
    try:
        found = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    return read_hits(ENGINES[backend], found, query)


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what one query finds, the next in turn; raises SourceError.

    A request counts when it is made: the engine may count one that fails on its way back.
    """
    options: Options = ask.options
    plan = _plan(options, ask.phrases)
    if not plan:
        raise SourceError('There is nothing to search for; write "queries".', "needs you")
    if options.monthly_calls is not None and not left(ask.memo, ask.now, options.monthly_calls):
        searches = f"The month's {options.monthly_calls:,} searches (monthly_calls)"
        raise used_up(searches, ask.now)
    turn = Rotation(ask.memo, tuple(plan))
    search = _search(ask, plan[turn.query], turn.looked(ask.now))
    search = replace(search, most=1) if ask.trial else search
    spend(ask.memo, ask.now)
    response, result = _asked(search, options, reach)
    what = f"The search at {urlsplit(response.url).hostname}"
    if response.status in _REFUSED and result.get("said"):
        yield turn.refused(_refusal(what, search, result))
        return
    refuse(what, result, "an answer to a search")
    yield from _shortfall(what, result)
    turn.answered(ask.now)
    yield from flaws(what, result)
    yield from posts(result["entries"])


def _plan(options: Options, phrases: tuple[str, ...]) -> dict[str, tuple[str, bool]]:
    """Every query by a name of its own, and whether it is asked of the news.

    What finds most comes first: the names everywhere, then on one site after another.
    """
    asked = options.queries or tuple(_of_names(options, phrases))
    plan = {query: (query, False) for query in asked}
    if options.news and options.backend == "brave":
        plan |= {
            f"news {query}": (query, True) for query in asked if not _ON_ONE_SITE.search(query)
        }
    return plan


def _of_names(options: Options, phrases: tuple[str, ...]) -> Iterator[str]:
    names = tuple(f'"{" ".join(name.replace(chr(34), " ").split())}"' for name in phrases)
    outside = "".join(f" -site:{site}" for site in options.own_sites)
    yield from (f"{name}{outside}" for name in names)
    yield from (f"{name} site:{site}" for site in _SITES for name in names)


def _search(ask: Ask, query: tuple[str, bool], looked: datetime | None) -> Search:
    """The question, which reaches back to when it was last answered, at least."""
    options: Options = ask.options
    return Search(
        query=query[0],
        news=query[1],
        back=max(_FRESHNESS[options.freshness], ask.now - (looked or ask.since)),
        now=ask.now,
        country=options.country,
        service=options.service,
        key=options.key.get_secret_value(),
    )


def _asked(search: Search, options: Options, reach: Reach) -> tuple[Response, Mapping[str, Any]]:
    """The answer, read; raises SourceError for one that is an error of any query."""
    request = ENGINES[options.backend].ask(search)
    response = reach.call(request.url, headers=request.headers, data=request.data)
    if response.status == _TOO_OFTEN or response.status >= _FAULTS:
        raise _turned_away(response, options, search.now)
    result = reach.parse("websearch", response, backend=options.backend, query=search.query)
    error = _wrong(response, result, options, search)
    if error:
        raise error
    return response, result


def _turned_away(response: Response, options: Options, now: datetime) -> SourceError:
    """What 429 and faults of the service mean; Brave says in headers of its own how long."""
    host = urlsplit(response.url).hostname or ""
    if response.status != _TOO_OFTEN:
        error = judge_status(host, response.status, response.headers, now)
        return error or SourceError(f"{host} answered in no known way.")
    wait = retry_after(response.headers, now)
    window = _longest_window(response.headers)
    if wait is None and window > _SOON:
        says = "says that the account's allowance is used up"
        return SourceError(f"{host} {says} (429).", "over budget", min(window, DAY))
    says = "asks us to come less often (429)"
    if options.backend == "searxng":
        says += "; switch off the limiter of your own SearXNG"
    return SourceError(f"{host} {says}.", "failing", wait or window or None)


def _longest_window(headers: Mapping[str, str]) -> timedelta:
    """How long until the last of the used-up windows of Brave's X-RateLimit headers opens again.

    Each header holds a number for each window, split by commas; a limit of 0 is none.
    """
    limits, remaining, resets = (
        _numbers(headers.get(f"x-ratelimit-{name}", "")) for name in ("limit", "remaining", "reset")
    )
    waits = [
        reset
        for limit, rest, reset in zip(limits, remaining, resets, strict=False)
        if limit and not rest
    ]
    return timedelta(seconds=max(waits, default=0))


def _numbers(value: str) -> list[int]:
    parts = (part.strip() for part in value.split(","))
    return [
        int(part) if part.isascii() and part.isdigit() and len(part) <= _LONGEST_NUMBER else 0
        for part in parts
    ]


def _wrong(
    response: Response, result: Mapping[str, Any], options: Options, search: Search
) -> SourceError | None:
    """The error that an answer is, whatever was asked; None where it may be read."""
    host = urlsplit(response.url).hostname or ""
    words = str(result.get("code") or result.get("said") or "")
    for pattern, health, says in _COMPLAINTS:
        if re.search(pattern, words, re.IGNORECASE):
            return SourceError(f"{host} {says} ({response.status}).", health)
    if response.status in _OK:
        if not words:
            return None
        said = own_words(str(result.get("said") or words), search.key)
        return SourceError(f"{host} gave no results but said “{said}”.")
    return _by_status(host, response, result, options, search)


def _by_status(
    host: str,
    response: Response,
    result: Mapping[str, Any],
    options: Options,
    search: Search,
) -> SourceError | None:
    status = response.status
    if status in _REFUSED and result.get("said"):
        return None
    if status == _NOT_PAID:
        return SourceError(f"{host} wants to be paid (402); top up the account.", "needs you")
    if status in _FORBIDDEN and ENGINES[options.backend].paid:
        return SourceError(f"{host} does not accept the key ({status}); check it.", "needs you")
    if status in _FORBIDDEN:
        return SourceError(
            f"{host} refuses to answer in JSON ({status}); add json to search.formats in the "
            "settings.yml of your SearXNG.",
            "needs you",
        )
    return judge_status(host, status, response.headers, search.now)


def _refusal(what: str, search: Search, result: Mapping[str, Any]) -> str:
    said = own_words(str(result["said"]), search.key)
    query = own_words(search.query)
    return f'{what} does not take the query “{query}”: “{said}”; change it under "queries".'


def _shortfall(what: str, result: Mapping[str, Any]) -> Iterator[Flaw]:
    """Engines that a SearXNG got nothing from; raises SourceError where nothing came at all."""
    silent = [own_words(name) for name in result["unresponsive"]]
    if not silent:
        return
    named = ", ".join(silent)
    if not result["entries"]:
        barred = re.search("captcha|denied|suspended|blocked|forbidden", named, re.IGNORECASE)
        health: Health = "blocked" if barred else "failing"
        raise SourceError(f"{what} found nothing, for engines gave no answer: {named}.", health)
    yield Flaw(f"{what}: some engines gave no answer: {named}.")

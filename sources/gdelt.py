"""News of the world's press that GDELT has seen: one query a poll, and gently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, field_validator

from sources.answers import judge_status, retry_after
from sources.asking import own_words, queries_within, terms_read
from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.budget import left, spend, used_up
from sources.formats.api import NotJsonError, answer, document, entry, rows_at, text_at
from sources.formats.page import is_page
from sources.links import canonical, safe_link
from sources.posts import flaws, posts, refuse
from sources.rotation import Rotation
from sources.services import Service
from sources.text import decode

# GDELT sheds load by refusing even a first request, and says of itself only to come less often.
_AN_HOUR = timedelta(hours=1)
_TOO_OFTEN = 429
_ASKED_FOR_LESS = "limit requests"
_MOST_RECORDS = 250  # GDELT gives no more, and has no second page
_LONGEST_QUERY = 500
_DAYS = (2, 31)  # GDELT itself can be a day late
_SAID = 500


class Options(BaseModel):
    """What GDELT is asked; without `queries`, for the schools' names in English papers of the UK.

    `monthly_calls` is one an hour unless something else is written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    quiet_is_well: ClassVar[bool] = True
    # More often than that it only sheds more load.
    least_minutes: ClassVar[float] = 60

    service: Service = "https://api.gdeltproject.org"
    queries: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    monthly_calls: Annotated[StrictInt, Field(ge=1, le=744)] = 744
    i_have_read_the_terms: Annotated[StrictBool, Field(validate_default=True)] = False

    @field_validator("queries")
    @classmethod
    def _sendable(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        return queries_within(queries, _LONGEST_QUERY)

    @field_validator("i_have_read_the_terms")
    @classmethod
    def _chosen(cls, read: bool) -> bool:
        return terms_read(read, "GDELT is a free service that is short of room and often refuses")


def read(body: bytes, url: str, charset: str, *, query: str) -> dict[str, Any]:
    """The articles of an answer; `said` where GDELT answers in plain text, as it does for errors.

    That errors come with status 200, and nothing found as `{}`, is remembered and has been seen
    in the tests of other programs.
    """
    try:
        found = document(body, url, charset)
    except NotJsonError as error:
        text = decode(body, charset).strip()
        plain = text and not is_page(text) and not text.startswith(("{", "[", "<"))
        return {"said": text[:_SAID]} if plain else error.result
    if not isinstance(found, dict) or (found and not isinstance(found.get("articles"), list)):
        return {"error": "came back as JSON that is no list of articles"}
    rows = rows_at(found, "articles")
    result = answer(_entries(rows, query))
    lost = len([row for row in rows if not safe_link(text_at(row, "url"))])
    if lost:
        result["notes"].append(f"{lost} of its {len(rows)} articles had no web address.")
    if len(rows) >= _MOST_RECORDS:
        result["notes"].append(
            f"It holds {_MOST_RECORDS} articles or more; only the newest were given. "
            'Make the query narrower, under "queries".'
        )
    return result


def _entries(rows: list[dict[str, Any]], query: str) -> Iterator[dict[str, Any]]:
    """Each article once, without what trackers add to its address."""
    seen: set[str] = set()
    for row in rows:
        link = safe_link(text_at(row, "url"))
        key = canonical(link)
        if not link or key in seen:
            continue
        seen.add(key)
        yield entry(
            id=key,
            link=link,
            title=text_at(row, "title"),
            # When GDELT saw it, which for news is within minutes or hours of its publication.
            published=text_at(row, "seendate"),
            more={"query": query, "outlet": text_at(row, "domain")},
        )


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield the articles that one query finds, the next in turn; raises SourceError."""
    options: Options = ask.options
    plan = options.queries or tuple(_of_names(ask.phrases))
    if not plan:
        raise SourceError('There is nothing to search for; write "queries".', "needs you")
    if not left(ask.memo, ask.now, options.monthly_calls):
        calls = f"The month's {options.monthly_calls} searches (monthly_calls)"
        raise used_up(calls, ask.now)
    turn = Rotation(ask.memo, plan)
    response = reach.call(_address(options.service, turn.query, ask, turn.looked(ask.now)))
    what = f"The search at {urlsplit(response.url).hostname}"
    _judge(what, response, ask.now)
    result = reach.parse("gdelt", response, query=turn.query)
    spend(ask.memo, ask.now)
    if "said" in result:
        yield turn.refused(_refusal(what, turn.query, result))
        return
    refuse(what, result, "a list of articles")
    turn.answered(ask.now)
    yield from flaws(what, result)
    yield from posts(result["entries"], medium="news")


def _of_names(phrases: tuple[str, ...]) -> Iterator[str]:
    for name in phrases:
        words = " ".join(name.replace('"', " ").split())
        yield f'"{words}" sourcecountry:UK sourcelang:english'


def _address(service: str, query: str, ask: Ask, looked: datetime | None) -> str:
    days = (ask.now - (looked or ask.since)).days + 1
    asked = {
        "query": query,
        "mode": "ArtList",
        "format": "json",
        "maxrecords": _MOST_RECORDS,
        "timespan": f"{min(max(days, _DAYS[0]), _DAYS[1])}d",
        "sort": "DateDesc",
    }
    return f"{service}/api/v2/doc/doc?{urlencode(asked)}"


def _judge(what: str, response: Response, now: datetime) -> None:
    """Raise SourceError for a status that is an error; a 429 without a time means an hour."""
    if response.status == _TOO_OFTEN:
        wait = retry_after(response.headers, now)
        raise _short_of_room(what, wait)
    host = urlsplit(response.url).hostname or ""
    error = judge_status(host, response.status, response.headers, now)
    if error:
        raise error


def _short_of_room(what: str, wait: timedelta | None = None) -> SourceError:
    return SourceError(
        f"{what} is short of room and asks us to come less often; it is left alone for a while.",
        "failing",
        wait or _AN_HOUR,
    )


def _refusal(what: str, query: str, result: Mapping[str, Any]) -> str:
    """What is wrong with the query; raises SourceError where the text is about something else."""
    said = own_words(str(result["said"]))
    if _ASKED_FOR_LESS in said.lower():
        raise _short_of_room(what)
    return (
        f'{what} does not take the query “{own_words(query)}”: “{said}”; change it under "queries".'
    )

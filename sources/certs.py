"""Look-alike web addresses: names in new security certificates that hold the school's own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sources.answers import judge_status
from sources.base import Ask, Flaw, NotModified, Post, Reach, Response, SourceError
from sources.domains import registrable
from sources.formats.api import NotJsonError, answer, document, entry, moment_at, text_at
from sources.moments import kept_moment
from sources.own import owner, titled
from sources.parts import kept, part
from sources.posts import flaws, posts
from sources.services import Service
from sources.steps import each

# A certificate lasts months, and the one free service that lists them is short of room.
_WEEK = timedelta(days=7)
# It fails often and recovers within hours: three tries a day, and no more.
_TRY = timedelta(hours=8)
_DOMAINS, _NAMES = 300, 20
_NAME = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}"
)
_TERM = re.compile(r"[a-z0-9-]{5,40}")


def _term(term: str) -> str:
    term = term.strip().lower()
    if not _TERM.fullmatch(term):
        raise ValueError(
            "write 5 to 40 letters, digits or hyphens, as they stand in a web address, "
            'such as "hollybrook"'
        )
    return term


def _domain(name: str) -> str:
    name = name.strip().lower().removeprefix("www.")
    if not _NAME.fullmatch(name):
        raise ValueError('write a domain without https:// and /, such as "hollybrook.example"')
    return name


class Options(BaseModel):
    """What a look-alike would hold, and which domains are the school's own.

    `about` names the school that is meant, where several listen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    terms: Annotated[
        tuple[Annotated[str, AfterValidator(_term)], ...], Field(min_length=1, max_length=5)
    ]
    own_domains: Annotated[
        tuple[Annotated[str, AfterValidator(_domain)], ...], Field(min_length=1, max_length=20)
    ]
    about: str = Field(default="", max_length=200)
    service: Service = "https://crt.sh"

    least_minutes: ClassVar[float] = _TRY / timedelta(minutes=1)
    quiet_is_well: ClassVar[bool] = True


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield the look-alikes of each term that has not been looked for within a week.

    Raises NotModified where none is due, SourceError where none could be read.
    """
    options: Options = ask.options
    looked = kept(ask.memo, "looked")
    due = [term for term in options.terms if _is_due(looked.get(term, ""), ask.now)]
    if not due:
        raise NotModified
    seen: set[str] = set()
    yield from each(part(_look(ask, reach, term), seen) for term in due)


def _is_due(looked: str, now: datetime) -> bool:
    last = kept_moment(looked, now)
    return last is None or now - last >= _WEEK


def _look(ask: Ask, reach: Reach, term: str) -> Iterator[Post | Flaw]:
    options: Options = ask.options
    result = _asked(ask, reach, term)
    yield from flaws(f"The look for {term}", result)
    yield from posts(result["entries"])
    looked = kept(ask.memo, "looked") | {term: ask.now.isoformat()}
    ask.memo["looked"] = {name: looked[name] for name in options.terms if name in looked}


def _asked(ask: Ask, reach: Reach, term: str) -> Mapping[str, Any]:
    """The answer, read; whatever goes wrong is tried again three times a day."""
    options: Options = ask.options
    asked = {"q": f"%{term}%", "output": "json", "exclude": "expired", "deduplicate": "Y"}
    try:
        response = reach.call(f"{options.service}/?{urlencode(asked)}")
        _judge(response, ask.now)
        result = reach.parse(
            "certs",
            response,
            term=term,
            own=list(options.own_domains),
            whose=owner(ask, options.about),
            service=options.service,
        )
        if "entries" not in result:
            raise _overloaded(response)
    except SourceError as error:
        raise SourceError(str(error), error.health, error.retry_after or _TRY) from None
    return result


def _judge(response: Response, now: datetime) -> None:
    """Raise SourceError for a refusal; this place says "not found" too where it is overloaded."""
    host = urlsplit(response.url).hostname or ""
    error = judge_status(host, response.status, response.headers, now)
    if error and error.health == "dead":
        raise _overloaded(response)
    if error:
        raise error


def _overloaded(response: Response) -> SourceError:
    host = urlsplit(response.url).hostname
    return SourceError(
        f"{host} answered with no list of certificates ({response.status}), as it does when it "
        "is overloaded; it is tried again in 8 hours."
    )


def read(
    body: bytes,
    url: str,
    charset: str,
    *,
    term: str,
    own: list[str],
    whose: str,
    service: str,
) -> dict[str, Any]:
    """One entry for each domain that is not the school's own, with its names that hold the term."""
    try:
        found = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    if not isinstance(found, list):
        return {"error": "came back without a list of certificates"}
    domains = _domains(found, term, own)
    shown = sorted(domains)[:_DOMAINS]
    result = answer(_entry(name, domains[name], term, whose, service) for name in shown)
    if len(domains) > len(shown):
        result["notes"].append(
            f"{len(domains)} domains hold “{term}”, and only {_DOMAINS} were read; "
            'write a longer one under "terms".'
        )
    return result


def _domains(rows: list[Any], term: str, own: list[str]) -> dict[str, dict[str, str]]:
    """By domain, the names found under it and when a certificate first named each."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        moment = moment_at(row, "entry_timestamp")
        for name in _names(row):
            if term in name and not _is_own(name, own):
                names = found[registrable(name)]
                names[name] = min(filter(None, (names.get(name), moment)), default="")
    return found


def _names(row: Any) -> Iterator[str]:
    """The host names of a certificate; mail addresses and free words stand there too."""
    said = f"{text_at(row, 'common_name')}\n{text_at(row, 'name_value')}"
    for line in said.lower().splitlines():
        name = line.strip().removeprefix("*.").removeprefix("www.")
        if _NAME.fullmatch(name):
            yield name


def _is_own(name: str, own: list[str]) -> bool:
    return any(name == domain or name.endswith(f".{domain}") for domain in own)


def _entry(
    domain: str, names: Mapping[str, str], term: str, whose: str, service: str
) -> dict[str, Any]:
    """The link leads to the list of certificates, never to the look-alike itself."""
    shown = sorted(names, key=lambda name: (len(name), name))[:_NAMES]
    return entry(
        id=domain,
        link=f"{service}/?q={quote(domain)}",
        title=titled(f"Web address {domain}", whose),
        text="\n".join(("A security certificate was issued for:", *shown)),
        published=min(filter(None, names.values()), default=""),
        more={"query": term, "names": "\n".join(sorted(names))},
    )

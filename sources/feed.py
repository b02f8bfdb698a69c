"""A feed of any kind (RSS, Atom, JSON Feed) becomes posts; a page gives the feed it offers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    SecretStr,
    StrictBool,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sources.addresses import checked, origin
from sources.base import Ask, Flaw, Post, Reach, SourceError
from sources.people import NOT_FOLLOWED, is_profile
from sources.posts import flaws, posts, refuse

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, "
    "application/xml;q=0.8, */*;q=0.1"
)
Flavour = Literal[
    "generic",
    "google_alerts",
    "google_news",
    "bing_news",
    "reddit",
    "youtube_channel",
    "wdtk",
    "wiki_history",
]


@dataclass(frozen=True)
class _Manner:
    """How one place's feeds differ from any other's.

    `by_link` tells entries apart by their address, where the place gives one page several ids.
    `quiet` is true where finding nothing is no sign of trouble. `comes_back` is true where "not
    found" has been known to pass. `terms` must have been read. `tail` ends its texts and is no
    part of what somebody wrote.
    """

    medium: str = ""
    by_link: bool = False
    quiet: bool = True
    least_minutes: float = 15
    terms: str = ""
    comes_back: bool = False
    tail: re.Pattern[str] | None = None


# How the address of a Google Alert's feed is known; whoever knows the whole of it can read along.
_ALERT = "/alerts/feeds/"
_GOOGLE = re.compile(r"(?:.+\.)?google\.(?:[a-z]{2,3}\.)?[a-z]{2,3}")
_SUBMITTED = re.compile(r"\s*submitted by\s+/u/[\w-]+\s+\[link\]\s+\[comments\]\s*$")
# Its text is the title and the outlet over again.
_REPEATED = re.compile(r"^.*$", re.DOTALL)
_PERSONAL = (
    "its terms allow the feed in a personal reader for personal, non-commercial use alone; read "
    "them, and write i_have_read_the_terms = true if the school may use it all the same"
)
_MANNERS: dict[Flavour, _Manner] = {
    "generic": _Manner(quiet=False),
    "google_alerts": _Manner(by_link=True),
    "google_news": _Manner(medium="news", terms=_PERSONAL, tail=_REPEATED),
    "bing_news": _Manner(medium="news", by_link=True, terms=_PERSONAL),
    "reddit": _Manner(least_minutes=60, tail=_SUBMITTED),
    "youtube_channel": _Manner(quiet=False, least_minutes=60, comes_back=True),
    # Its robots.txt asks programs to keep out of feeds that its help page offers: hence slow.
    "wdtk": _Manner(medium="foi", least_minutes=360),
    "wiki_history": _Manner(least_minutes=60),
}


class Options(BaseModel):
    """The feed's address, whose flavour of feed it is, and what the place asks of its readers.

    `secret_url` is for an address that is itself a secret (a Google alert's); `secret_query` for
    what a place adds to it for one reader (Reddit's `feed=...&user=...`). `medium` says how the
    words are to be read (news, blog, ...) where the flavour does not. `own_account` says that a
    profile is the school's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    # First, for the addresses are judged by it.
    flavour: Flavour = "generic"
    url: str = ""
    secret_url: SecretStr = SecretStr("")
    secret_query: SecretStr = SecretStr("")
    medium: Literal["", "news", "blog", "google_review", "petition", "foi"] = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    own_account: StrictBool = False
    i_have_read_the_terms: bool = False

    @field_validator("url")
    @classmethod
    def _fetchable(cls, url: str, info: ValidationInfo) -> str:
        if _ALERT in url:
            raise ValueError(
                "a Google Alert's address is a secret; write it into a file and "
                'secret_url_file = "PATH" here, or use secret_url_env = "NAME"'
            )
        return _of_flavour(_fetchable(url), info)

    @field_validator("secret_url")
    @classmethod
    def _fetchable_too(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        return SecretStr(_of_flavour(_fetchable(url.get_secret_value()), info))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.url and not self.secret_url.get_secret_value():
            raise ValueError('the feed\'s address is missing; write url = "https://…"')
        if self.manner.terms and not self.i_have_read_the_terms:
            raise ValueError(f"is of a place that asks for care: {self.manner.terms}")
        if is_profile(self.address) and not self.own_account:
            raise ValueError(NOT_FOLLOWED)
        return self

    @property
    def manner(self) -> _Manner:
        """How this flavour's feeds differ."""
        return _MANNERS[self.flavour]

    @property
    def least_minutes(self) -> float:
        """The shortest interval that the place allows."""
        return self.manner.least_minutes

    @property
    def quiet_is_well(self) -> bool:
        """True where finding nothing is no sign of trouble."""
        return self.manner.quiet

    @property
    def is_open(self) -> bool:
        """True where no part of the address is secret: what its page leads to may be told."""
        return not (self.secret_url.get_secret_value() or self.secret_query.get_secret_value())

    @property
    def address(self) -> str:
        """The whole address, secrets and all: never to be shown."""
        parts = urlsplit(self.secret_url.get_secret_value() or self.url)
        more = parse_qsl(self.secret_query.get_secret_value(), keep_blank_values=True)
        query = "&".join(filter(None, (parts.query, urlencode(more))))
        return urlunsplit(parts._replace(query=query))


def _fetchable(url: str) -> str:
    try:
        if url.strip():
            checked(url.strip())
    except SourceError as error:
        raise ValueError(str(error)) from None
    return url.strip()


def _of_flavour(url: str, info: ValidationInfo) -> str:
    """The address, which at Google must be that of an alert where it is said to be one."""
    is_google = bool(_GOOGLE.fullmatch(urlsplit(url).hostname or ""))
    if is_google and info.data.get("flavour") == "google_alerts" and _ALERT not in url:
        raise ValueError(
            f"this is no alert's feed, whose address holds {_ALERT}; at google.com/alerts deliver "
            'the alert to "RSS feed" and copy the address behind the feed sign'
        )
    return url


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield the feed's entries in its own order; raises NotModified or SourceError."""
    options: Options = ask.options
    if not options.is_open:
        ask.memo.pop("feed", None)
    address = str(ask.memo.get("feed") or options.address)
    try:
        what, result = _read(reach, options, address)
        if _offers(result, ask):
            address = result["page"]["feeds"][0]
            ask.memo.update({"feed": address} if options.is_open else {})
            what, result = _read(reach, options, address)
        refuse(what, result, "a feed", is_open=options.is_open)
    except SourceError as error:
        if error.health != "waiting":
            ask.memo.pop("feed", None)
        raise _in_its_manner(error, options.manner) from None
    if address == options.address:
        ask.memo["was_feed"] = True
    yield from flaws(what, result)
    found = [_named(entry, options.manner) for entry in result["entries"]]
    yield from posts(found, medium=options.medium or options.manner.medium)


def _read(reach: Reach, options: Options, address: str) -> tuple[str, Mapping[str, Any]]:
    at_home = origin(checked(address)) == origin(checked(options.address))
    own = options.user and at_home
    auth = (options.user, options.password.get_secret_value()) if own else None
    response = reach.get(address, accept=_ACCEPT, auth=auth)
    return f"The feed of {urlsplit(response.url).hostname}", reach.parse("feed", response)


def _offers(result: Mapping[str, Any], ask: Ask) -> bool:
    """True where the address given is a page that offers a feed, and not a feed become a page."""
    page = result.get("page")
    return bool(page and page["feeds"] and not page["barred"] and not ask.memo.get("was_feed"))


def _in_its_manner(error: SourceError, manner: _Manner) -> SourceError:
    """The error as this place means it."""
    if manner.comes_back and error.health == "dead":
        said = f"{error} Feeds of this place go away for days at times; it is tried again."
        return SourceError(said, "failing", error.retry_after)
    return error


def _named(entry: Mapping[str, Any], manner: _Manner) -> Mapping[str, Any]:
    """The entry without what the place adds, known by its address alone where its id says less."""
    named = {**entry, "id": ""} if manner.by_link and entry["link"] else {**entry}
    return {**named, "text": manner.tail.sub("", entry["text"])} if manner.tail else named

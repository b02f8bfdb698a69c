"""Bluesky: public posts found by search, with an app password of the school's own account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple, Self
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from sources.answers import hashed
from sources.asking import queries_within
from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.formats.api import NotJsonError, answer, at, document, entry, rows_at, text_at
from sources.formats.dates import read_date
from sources.moments import kept_moment
from sources.parts import kept, part, refusal
from sources.people import OwnAccounts, follow_nobody
from sources.posts import flaws, posts, refuse
from sources.services import Service
from sources.steps import SiteError, each

# Bluesky asks that its search serve people's questions and is no tap for bulk data: few words,
# few pages. At most 15 x 3 requests, and three for the session, make up a poll.
_QUERIES, _DOMAINS, _PAGES = 10, 5, 3
_PAGE = 100  # the most that a page may hold
# Posts become findable some time after they are indexed.
_OVERLAP = timedelta(minutes=10)
_LONGEST_QUERY = 300
_BAD_REQUEST, _NO_ENTRY = 400, 401

_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_APP_PASSWORD = re.compile(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,10000}")
# A label that accounts put on themselves (atproto.com, specifications, labels).
_MEMBERS_ONLY = "!no-unauthenticated"
_POST = re.compile(r"at://(did:[a-z]+:[\w.:%-]+)/app\.bsky\.feed\.post/([\w.:~-]+)", re.ASCII)
_LONGEST_CURSOR = 1_000

_ANOTHER = (
    "make a new app password in Bluesky (Settings, Privacy and security, App passwords) and put "
    "it where app_password_env or app_password_file says"
)
_REFUSED = {
    "AccountTakedown": "has closed the account {handle}; sign in there to see why",
    "AuthFactorTokenRequired": f"wants a code besides the password of {{handle}}; {_ANOTHER}",
}
_NOT_ACCEPTED = f"does not accept the app password of {{handle}}; {_ANOTHER}"


class Options(BaseModel):
    """The account that searches, and what for; without `queries`, for the schools' names.

    `own_accounts` are the school's further accounts, which queries may name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    quiet_is_well: ClassVar[bool] = True

    handle: str
    app_password: SecretStr
    queries: tuple[str, ...] = Field(default=(), max_length=_QUERIES)
    domains: tuple[str, ...] = Field(default=(), max_length=_DOMAINS)
    own_accounts: OwnAccounts = ()
    service: Service = "https://bsky.social"

    @field_validator("handle")
    @classmethod
    def _is_handle(cls, handle: str) -> str:
        handle = handle.strip().removeprefix("@").lower()
        if not _HANDLE.fullmatch(handle):
            raise ValueError("must be the account's handle, such as hollybrook.bsky.social")
        return handle

    @field_validator("app_password")
    @classmethod
    def _is_app_password(cls, password: SecretStr) -> SecretStr:
        """The form in which Bluesky makes them; the account's own password could do anything."""
        if not _APP_PASSWORD.fullmatch(password.get_secret_value().strip()):
            raise ValueError(
                "must lead to an app password, four groups of four such as abcd-efgh-ijkl-mnop; "
                "the account's own password is never used"
            )
        return SecretStr(password.get_secret_value().strip())

    @field_validator("queries")
    @classmethod
    def _can_be_asked(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        return queries_within(queries, _LONGEST_QUERY)

    @field_validator("domains")
    @classmethod
    def _are_hosts(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        hosts = [domain.strip().lower().removeprefix("www.") for domain in domains]
        if not all(map(_HANDLE.fullmatch, hosts)):
            raise ValueError("must name web sites without https:// and path: hollybrook.sch.uk")
        return tuple(dict.fromkeys(hosts))

    @model_validator(mode="after")
    def _follows_nobody(self) -> Self:
        follow_nobody(self.queries, (self.handle, *self.own_accounts))
        return self


class _Search(NamedTuple):
    """One thing that is searched for: words, or links to a web site."""

    by: str
    value: str

    @property
    def name(self) -> str:
        return f"{self.by}:{self.value}"

    @property
    def parameters(self) -> dict[str, str]:
        """`q` must be given even for a site; `*` is how others ask for posts of any words."""
        return {"q": self.value} if self.by == "words" else {"q": "*", "domain": self.value}


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what each search finds, newest first; raises SourceError where all of them fail."""
    options: Options = ask.options
    words = options.queries or tuple(f'"{name.replace(chr(34), "")}"' for name in ask.phrases)
    if len(words) > _QUERIES:
        yield Flaw(
            f"Bluesky is searched for {_QUERIES} of {len(words)} schools' names alone; split the "
            "schools between several sources of this kind, or write queries."
        )
    searches = [_Search("words", query) for query in words[:_QUERIES]]
    searches += [_Search("site", domain) for domain in options.domains]
    account, seen = _Account(ask, reach), set[str]()
    yield from each(part(_found(ask, reach, account, search), seen) for search in searches)


def _found(ask: Ask, reach: Reach, account: _Account, search: _Search) -> Iterator[Post | Flaw]:
    """What one search finds since the last poll that read it to its end."""
    since, moments, cursor = _since(ask, search), [], ""
    for _ in range(_PAGES):
        response = account.get(_address(ask.options.service, search, since, cursor))
        result = _page(ask, reach, response, search)
        yield from flaws(f"The search of Bluesky for {search.value}", result)
        yield from posts(result["entries"])
        moments += [datetime.fromisoformat(result["newest"])] if result["newest"] else []
        cursor = result["cursor"]
        # A page may hold rows of which none may be shown.
        if not cursor or not result["rows"]:
            break
    else:
        yield Flaw(
            f"Bluesky has more than {_PAGES * _PAGE} new posts for {search.value}; the newest of "
            "them were read. Search for something narrower."
        )
    if moments:
        newest = max(since, min(max(moments), ask.now) - _OVERLAP)
        ask.memo["since"] = kept(ask.memo, "since") | {search.name: newest.isoformat()}


def _since(ask: Ask, search: _Search) -> datetime:
    return kept_moment(kept(ask.memo, "since").get(search.name), ask.now) or ask.since


def _address(service: str, search: _Search, since: datetime, cursor: str) -> str:
    asked = search.parameters | {
        "sort": "latest",
        "limit": str(_PAGE),
        "since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    asked |= {"cursor": cursor} if cursor else {}
    return f"{service}/xrpc/app.bsky.feed.searchPosts?{urlencode(asked)}"


def _page(ask: Ask, reach: Reach, response: Response, search: _Search) -> Mapping[str, Any]:
    host = urlsplit(response.url).hostname
    if response.status == _BAD_REQUEST:
        raise SourceError(
            f"{host} does not understand the search for {search.value} (400); write it in "
            "plainer words.",
            "needs you",
        )
    error = refusal(response, ask.now)
    if error:
        raise error
    result = reach.parse("bluesky", response, query=search.value)
    refuse(f"The search of {host}", result, "posts")
    return result


class _Account:
    """The school's account. Its session is kept in the memo and renewed, for sign-ins are few.

    Bluesky allows 300 sign-ins a day. A kept session is of one service and handle: its tokens go
    nowhere else, whatever the configuration says later.
    """

    def __init__(self, ask: Ask, reach: Reach) -> None:
        self._options: Options = ask.options
        self._memo, self._now, self._reach = ask.memo, ask.now, reach
        self._owner = hashed(f"{self._options.service}\n{self._options.handle}".encode())
        self._is_new = False

    def get(self, url: str) -> Response:
        """The answer to a signed-in request, of any status."""
        response = self._get(url, self._token("access") or self._begin())
        if not self._is_new and self._has_expired(response):
            response = self._get(url, self._begin())
        return response

    def _get(self, url: str, token: str) -> Response:
        return self._reach.call(url, headers={"Authorization": f"Bearer {token}"})

    def _token(self, name: str) -> str:
        session = kept(self._memo, "session")
        return session.get(name, "") if session.get("of") == self._owner else ""

    def _has_expired(self, response: Response) -> bool:
        """Bluesky says 400 to an old token, 401 to one that it does not know."""
        if response.status != _BAD_REQUEST:
            return response.status == _NO_ENTRY
        return self._read(response).get("refusal") in ("ExpiredToken", "InvalidToken")

    def _begin(self) -> str:
        """A new access token: by the refresh token, else by the app password."""
        try:
            session = self._refreshed() or self._signed_in()
        except SourceError as error:
            # Each further search would sign in once more, and sign-ins are few.
            raise SiteError(str(error), error.health, error.retry_after) from None
        self._memo["session"] = {**session, "of": self._owner}
        self._is_new = True
        return session["access"]

    def _refreshed(self) -> dict[str, str] | None:
        token = self._token("refresh")
        if not token:
            return None
        response = self._post("refreshSession", {"Authorization": f"Bearer {token}"}, b"")
        if response.status in (_BAD_REQUEST, _NO_ENTRY):
            return None
        return self._session(response)

    def _signed_in(self) -> dict[str, str]:
        password = self._options.app_password.get_secret_value()
        data = json.dumps({"identifier": self._options.handle, "password": password}).encode()
        response = self._post("createSession", {"Content-Type": "application/json"}, data)
        if response.status == _NO_ENTRY:
            refused = _REFUSED.get(self._read(response).get("refusal", ""), _NOT_ACCEPTED)
            raise SourceError(
                f"{self._host} {refused.format(handle=self._options.handle)}.", "needs you"
            )
        return self._session(response)

    def _session(self, response: Response) -> dict[str, str]:
        error = refusal(response, self._now)
        if error:
            raise error
        result = self._read(response)
        refuse(f"The sign-in at {self._host}", result, "a session")
        if not result["access"] or not result["refresh"]:
            raise SourceError(f"The sign-in at {self._host} was answered without a session.")
        return {"access": result["access"], "refresh": result["refresh"]}

    def _post(self, what: str, headers: Mapping[str, str], data: bytes) -> Response:
        url = f"{self._options.service}/xrpc/com.atproto.server.{what}"
        return self._reach.call(url, headers=headers, data=data)

    def _read(self, response: Response) -> Mapping[str, Any]:
        return self._reach.parse("bluesky", response)

    @property
    def _host(self) -> str:
        return urlsplit(self._options.service).hostname or ""


def read(body: bytes, url: str, charset: str, *, query: str = "") -> dict[str, Any]:
    """The posts that a `query` found, with `cursor`, `newest`, `rows`; without one, a session.

    A session has `access` and `refresh`, "" where they are missing, and `refusal`, the name of
    the error where the answer is one.
    """
    try:
        found = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    if query:
        return _posts(found, query)
    return {
        "access": _token(found, "accessJwt"),
        "refresh": _token(found, "refreshJwt"),
        "refusal": text_at(found, "error"),
    }


def _token(found: Any, name: str) -> str:
    """The token, where a header can carry it."""
    token = text_at(found, name)
    return token if _TOKEN.fullmatch(token) else ""


def _posts(found: Any, query: str) -> dict[str, Any]:
    rows = at(found, "posts")
    if not isinstance(rows, list):
        return {"error": "came back without a list of posts"}
    shown = [row for row in rows if not _keeps_to_members(row)]
    entries = [made for row in shown if (made := _entry(row, query))]
    result = answer(
        entries,
        cursor=text_at(found, "cursor")[:_LONGEST_CURSOR],
        newest=_newest(found),
        rows=len(rows),
    )
    lost = len(shown) - len(entries)
    if lost:
        result["notes"].append(f"{lost} of {len(shown)} posts had no proper id and were left out.")
    return result


def _newest(found: Any) -> str:
    moments = [read_date(text_at(row, "indexedAt")) for row in rows_at(found, "posts")]
    known = [moment for moment in moments if moment]
    return max(known).isoformat() if known else ""


def _keeps_to_members(row: Any) -> bool:
    """True where the author asks that only people who are signed in are shown the post.

    Nothing behind a sign-in is read, and our own is only there because the search wants one.
    """
    labels = rows_at(row, "author", "labels")
    return any(text_at(label, "val") == _MEMBERS_ONLY for label in labels)


def _entry(row: Any, query: str) -> dict[str, Any] | None:
    """A post, by its number and its author's: handles change, and may pass to somebody else."""
    uri = text_at(row, "uri")
    named = _POST.fullmatch(uri)
    if not named:
        return None
    handle = text_at(row, "author", "handle")
    root = _POST.fullmatch(text_at(row, "record", "reply", "root", "uri"))
    return entry(
        id=uri,
        link=_link(named),
        thread=_link(root) if root else "",
        text="\n".join(filter(None, _words(row))),
        author=f"@{handle}" if handle else "",
        published=text_at(row, "record", "createdAt") or text_at(row, "indexedAt"),
        more={
            "query": query,
            "indexed": text_at(row, "indexedAt"),
            "display_name": text_at(row, "author", "displayName"),
        },
    )


def _link(named: re.Match[str]) -> str:
    return f"https://bsky.app/profile/{named.group(1)}/post/{named.group(2)}"


def _words(row: Any) -> Iterator[str]:
    """The post's text, its links' addresses, and what is told of what it shows and quotes.

    The addresses are there for the search by site, whose posts need not name the school.
    """
    yield text_at(row, "record", "text")
    for facet in rows_at(row, "record", "facets"):
        yield from (text_at(feature, "uri") for feature in rows_at(facet, "features"))
    embed = at(row, "embed") or at(row, "record", "embed")
    for shown in (embed, at(embed, "media")):
        yield from (text_at(image, "alt") for image in rows_at(shown, "images"))
        yield text_at(shown, "alt")
        yield from (text_at(shown, "external", name) for name in ("title", "description", "uri"))
    for quoted in (at(embed, "record"), at(embed, "record", "record")):
        yield text_at(quoted, "value", "text")

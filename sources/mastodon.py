"""Mastodon and its kin: what servers show to anybody under a hashtag."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.formats.api import NotJsonError, answer, at, document, entry, rows_at, text_at
from sources.moments import kept_moment
from sources.parts import kept, part, refusal
from sources.posts import flaws, posts, refuse
from sources.services import Service
from sources.steps import SiteError, each
from sources.text import plain

# A server allows 300 requests in five minutes from one address: 10 hashtags of 3 pages are 30.
_SERVERS, _TAGS, _PAGES = 5, 10, 3
_PAGE = 40  # the most that a page may hold
_SILENCE = timedelta(days=30)
# Which of them a server that keeps its hashtags to its members gives depends on its version.
_CLOSED = (401, 422)
_TAG = re.compile(r"\w{1,100}")
_LONGEST_ID = 100


def _with_scheme(server: Any) -> Any:
    """People write the name of a server; what is no text is left for pydantic to refuse."""
    return (
        f"https://{server.strip()}" if isinstance(server, str) and "://" not in server else server
    )


class Options(BaseModel):
    """The servers that are asked, and the hashtags, with or without #."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    # A server that has been silent for long is told by name.
    quiet_is_well: ClassVar[bool] = True

    servers: tuple[Annotated[Service, BeforeValidator(_with_scheme)], ...] = Field(
        min_length=1, max_length=_SERVERS
    )
    tags: tuple[str, ...] = Field(min_length=1, max_length=_TAGS)

    @field_validator("servers")
    @classmethod
    def _are_servers(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        if any(urlsplit(server).path for server in servers):
            raise ValueError("must name servers alone, such as mastodon.social")
        return tuple(dict.fromkeys(servers))

    @field_validator("tags")
    @classmethod
    def _are_tags(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        found = [tag.strip().removeprefix("#") for tag in tags]
        if not all(_TAG.fullmatch(tag) and not tag.isdigit() for tag in found):
            raise ValueError("must be hashtags: letters, digits and _ without a space or a hyphen")
        return tuple({tag.casefold(): tag for tag in found}.values())


class _Timeline(NamedTuple):
    """A hashtag as one server shows it."""

    server: str
    tag: str

    @property
    def name(self) -> str:
        return f"{self.server} {self.tag.casefold()}"

    @property
    def host(self) -> str:
        return urlsplit(self.server).hostname or ""

    def address(self, **where: str) -> str:
        """Where its posts are, newer than `min_id` or older than `max_id`."""
        asked = {"limit": str(_PAGE)} | where
        return f"{self.server}/api/v1/timelines/tag/{quote(self.tag)}?{urlencode(asked)}"


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what every server shows, each post once; raises SourceError where all of them fail."""
    options: Options = ask.options
    seen: set[str] = set()
    servers = (_server(ask, reach, server, seen) for server in options.servers)
    yield from each(servers, one_site=False)


def _server(ask: Ask, reach: Reach, server: str, seen: set[str]) -> Iterator[Post | Flaw]:
    timelines = [_Timeline(server, tag) for tag in ask.options.tags]
    yield from each(part(_timeline(ask, reach, timeline), seen) for timeline in timelines)
    yield from _silence(ask, timelines[0])


def _timeline(ask: Ask, reach: Reach, timeline: _Timeline) -> Iterator[Post | Flaw]:
    last = kept(ask.memo, "newest").get(timeline.name, "")
    yield from _newer(ask, reach, timeline, last) if last else _back(ask, reach, timeline)


def _newer(ask: Ask, reach: Reach, timeline: _Timeline, last: str) -> Iterator[Post | Flaw]:
    """What came after the last post read, oldest pages first; what is left comes next time."""
    for _ in range(_PAGES):
        result = _page(ask, reach, timeline, min_id=last)
        yield from flaws(f"#{timeline.tag} at {timeline.host}", result)
        yield from posts(result["entries"])
        last = result["newest"] or last
        _remember(ask, "newest", timeline.name, last)
        if result["count"] < _PAGE:
            return
    yield Flaw(
        f"{timeline.host} has more new posts under #{timeline.tag} than are read at once; the "
        "others come with the next poll."
    )


def _back(ask: Ask, reach: Reach, timeline: _Timeline) -> Iterator[Post | Flaw]:
    """The posts of the last 30 days, newest first, on the first look."""
    newest = ""
    where: dict[str, str] = {}
    for _ in range(_PAGES):
        result = _page(ask, reach, timeline, **where)
        yield from flaws(f"#{timeline.tag} at {timeline.host}", result)
        found = list(posts(result["entries"]))
        recent = [post for post in found if not post.published or post.published >= ask.since]
        yield from recent
        newest, where = newest or result["newest"], {"max_id": result["oldest"]}
        if result["count"] < _PAGE or len(recent) < len(found):
            break
    else:
        yield Flaw(
            f"{timeline.host} has more than {_PAGES * _PAGE} posts of the last 30 days under "
            f"#{timeline.tag}; the newest of them were read."
        )
    if newest:
        _remember(ask, "newest", timeline.name, newest)


def _page(ask: Ask, reach: Reach, timeline: _Timeline, **where: str) -> Mapping[str, Any]:
    response = reach.call(timeline.address(**where))
    error = _refusal(response, timeline, ask.now)
    if error:
        raise error
    result = reach.parse("mastodon", response, tag=timeline.tag)
    refuse(f"#{timeline.tag} at {timeline.host}", result, "posts")
    if result["count"]:
        _remember(ask, "heard", timeline.server, ask.now.isoformat())
    return result


def _refusal(response: Response, timeline: _Timeline, now: datetime) -> SourceError | None:
    if response.status in _CLOSED:
        return SiteError(
            f"{timeline.host} shows hashtags to its own members alone; take it out of servers, "
            "or name another server.",
            "needs you",
        )
    return refusal(response, now)


def _silence(ask: Ask, timeline: _Timeline) -> Iterator[Flaw]:
    """Some servers answer strangers with nothing, for ever, instead of saying no."""
    heard = kept_moment(kept(ask.memo, "heard").get(timeline.server), ask.now)
    if heard is None:
        _remember(ask, "heard", timeline.server, ask.now.isoformat())
    elif ask.now - heard >= _SILENCE:
        yield Flaw(
            f"{timeline.host} has shown nothing under any of the hashtags for {_SILENCE.days} days "
            "or more: they may be quiet there, or kept to its members. Open "
            f"{timeline.server}/tags/{quote(timeline.tag)} without signing in to see which."
        )


def _remember(ask: Ask, name: str, key: str, value: str) -> None:
    ask.memo[name] = kept(ask.memo, name) | {key: value}


def read(body: bytes, url: str, charset: str, *, tag: str) -> dict[str, Any]:
    """The posts of a page, with the ids of its `newest` and `oldest`, and how many it held."""
    try:
        found = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    if not isinstance(found, list):
        return {"error": "came back without a list of posts"}
    # What somebody passed on stands for itself where it was written.
    rows = [row for row in found if at(row, "reblog") is None]
    entries = [made for row in rows if (made := _entry(row, tag))]
    ids = sorted((text_at(row, "id")[:_LONGEST_ID] for row in found), key=_age)
    ids = [id_ for id_ in ids if id_]
    result = answer(
        entries, count=len(found), newest=ids[-1] if ids else "", oldest=ids[0] if ids else ""
    )
    lost = len(rows) - len(entries)
    if lost:
        result["notes"].append(f"{lost} of {len(rows)} posts had no id and were left out.")
    return result


def _age(id_: str) -> tuple[int, str]:
    """Ids are numbers too long for some programs, or letters of one length: both grow."""
    return len(id_), id_


def _entry(row: Any, tag: str) -> dict[str, Any] | None:
    """A post, by its `uri`: its id differs from server to server."""
    uri = text_at(row, "uri")
    if not uri:
        return None
    return entry(
        id=uri,
        link=text_at(row, "url") or uri,
        text="\n".join(filter(None, _words(row))),
        author=_author(row),
        published=text_at(row, "created_at"),
        more={
            "query": f"#{tag}",
            "content": text_at(row, "content"),
            "content_warning": text_at(row, "spoiler_text"),
            "display_name": text_at(row, "account", "display_name"),
        },
    )


def _author(row: Any) -> str:
    """The whole handle; a server leaves its own name off those of its members."""
    name = text_at(row, "account", "acct")
    if not name or "@" in name:
        return f"@{name}" if name else ""
    try:
        host = urlsplit(text_at(row, "account", "url")).hostname
    except ValueError:
        host = None
    return f"@{name}@{host}" if host else f"@{name}"


def _words(row: Any) -> Iterator[str]:
    """The warning that stands before a post, its text, and what is told of what it shows."""
    yield from _text(row)
    yield from (text_at(media, "description") for media in rows_at(row, "media_attachments"))
    yield from (text_at(choice, "title") for choice in rows_at(row, "poll", "options"))
    yield from (text_at(row, "card", name) for name in ("title", "description"))
    yield from _text(at(row, "quote", "quoted_status"))


def _text(row: Any) -> Iterator[str]:
    yield text_at(row, "spoiler_text")
    yield plain(text_at(row, "content"))

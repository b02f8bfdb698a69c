"""The school's own Facebook Page, by the Graph API with the Page's own token, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from sources.answers import judge_status
from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.formats.api import (
    NotJsonError,
    answer,
    at,
    document,
    entry,
    moment_at,
    number_at,
    rows_at,
    text_at,
)
from sources.own import owner, titled
from sources.posts import flaws, posts, refuse
from sources.services import Sendable, Service, in_form
from sources.steps import SiteError, each

# 100 posts a page: more than a school's page holds in the 30 days that are read.
_PAGES = 5
# A second each, so that a poll stays well under the ten minutes that it may take.
_POSTS_A_POLL = 30
_COMMENT_PAGES = 3
_PAGE_SIZE = "100"
_POST_FIELDS = "id,message,created_time,updated_time,permalink_url,from{id,name}"
_COMMENT_FIELDS = "id,message,created_time,permalink_url,from{id,name}"
_OK = 200
_FULL = 95  # percent of an allowance; at 100 the Page's other programs would stop too
_USE_HEADERS = ("x-app-usage", "x-page-usage", "x-business-use-case-usage")
_USED = re.compile(r'"(?:call_count|total_cputime|total_time)"\s*:\s*(\d{1,9})', re.ASCII)
_REGAIN = re.compile(r'"estimated_time_to_regain_access"\s*:\s*(\d{1,6})', re.ASCII)
_ID = re.compile(r"\d{1,40}(?:_\d{1,40})?\Z", re.ASCII)  # it goes into an address
_CODES = 1_000_000
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# What the next page is asked with. Its ready-made address is not followed: it holds the token.
_PLACES = ("after", "until", "__paging_token")


_Number = Annotated[
    str, in_form(r"\d{1,30}", "give the Page's number in quotation marks, not its name or address")
]
_Version = Annotated[str, in_form(r"v\d{1,3}\.\d{1,2}", 'write it as "v26.0"')]


class Options(BaseModel):
    """The Page's number, its own access token, and the version of the Graph API.

    `about` names the school, where several listen to this source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    quiet_is_well: ClassVar[bool] = True

    page: _Number
    token: Sendable
    about: str = Field(default="", max_length=200)
    version: _Version = "v26.0"
    service: Service = "https://graph.facebook.com"


def read(body: bytes, url: str, charset: str, *, own: str, title: str) -> dict[str, Any]:
    """Posts or comments of others than the Page `own`, and where the list goes on.

    Keys beside those of `answer`: `next` (what to ask the next page with), `moved` (each post's
    id with the moment of its last change) and `oldest`; or `code` where the answer is an error.
    """
    try:
        value = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    if at(value, "error") is not None:
        code = number_at(value, "error", "code")
        return {"code": code if 0 <= code < _CODES else 0}
    if not isinstance(at(value, "data"), list):
        return {"error": "came back without a list of posts"}
    rows = [row for row in rows_at(value, "data") if text_at(row, "id")]
    made = [(row, _entry(row, title)) for row in rows]
    times = [one["published"] for _, one in made if one["published"]]
    return answer(
        # A Page's own words are not what is said about it.
        (one for row, one in made if text_at(row, "from", "id") != own and one["text"]),
        next=_next(value),
        moved={
            one["id"]: moment_at(row, "updated_time") for row, one in made if _ID.match(one["id"])
        },
        oldest=min(times, key=datetime.fromisoformat, default=""),
    )


def _entry(row: Mapping[str, Any], title: str) -> dict[str, Any]:
    return entry(
        id=text_at(row, "id"),
        link=text_at(row, "permalink_url"),
        title=title,
        text=text_at(row, "message"),
        author=text_at(row, "from", "name"),
        published=text_at(row, "created_time"),
        more={"updated": text_at(row, "updated_time")},
    )


def _next(value: Any) -> dict[str, str]:
    """What leads to the next page; empty where there is none."""
    address = text_at(value, "paging", "next")
    try:
        asked = dict(parse_qsl(urlsplit(address).query))
    except ValueError:
        asked = {}
    found = {name: asked[name] for name in _PLACES if asked.get(name)}
    after = text_at(value, "paging", "cursors", "after")
    return found or ({"after": after} if address and after else {})


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what visitors wrote on the Page, where they tagged it, and comments on its posts."""
    yield from _Poll(ask, reach).items()


class _Poll:
    """One poll. The memo keeps, under `moved`, when each post last moved whose comments were read.

    `used` is the fullest of the allowances that the last answer told of, in percent.
    """

    def __init__(self, ask: Ask, reach: Reach) -> None:
        self.reach, self.now, self.start = reach, ask.now, ask.since
        self.options: Options = ask.options
        self.title = titled("Facebook", owner(ask, self.options.about))
        self.read: dict[str, str] = ask.memo.setdefault("moved", {})
        self.moved: dict[str, str] = {}
        self.used = 0
        self.seen: set[str] = set()

    def items(self) -> Iterator[Post | Flaw]:
        """Everything; it ends early rather than use up what the school is allowed."""
        yield from each(self._steps())
        if self.used > _FULL:
            yield Flaw(
                f"{self.used} % of what Facebook allows this app is used; the rest is read at the "
                "next poll."
            )

    def _steps(self) -> Iterator[Iterator[Post | Flaw]]:
        yield self._list("feed", self.moved)
        yield self._list("tagged", {})  # comments there are on other people's pages
        due = self._due()
        if due:
            yield each(self._comments(post) for post in due[:_POSTS_A_POLL])
        if len(due) > _POSTS_A_POLL:
            yield iter([Flaw("Comments on some posts are left for the next poll: there are many.")])

    def _list(self, edge: str, moved: dict[str, str]) -> Iterator[Post | Flaw]:
        """A list of posts of the last 30 days; `moved` is told when each last moved."""
        start, end = int(self.start.timestamp()), int(self.now.timestamp())
        asked = {"fields": _POST_FIELDS, "limit": _PAGE_SIZE, "since": str(start)}
        place = {"until": str(end)}
        for _ in range(_PAGES):
            if self.used > _FULL:
                return
            result = self._ask(f"{self.options.page}/{edge}", asked | place)
            moved |= result["moved"]
            yield from self._fresh(result)
            place = result["next"]
            if not place:
                return
        yield Flaw("The Page holds more posts than were read; look at the Page itself too.")

    def _due(self) -> list[str]:
        """Posts that moved since their comments were read, the last to move first."""
        for post, moved in list(self.read.items()):
            if post not in self.moved and _moment(moved, self.start) <= self.start:
                del self.read[post]
        known = self.read
        due = [post for post, moved in self.moved.items() if not moved or known.get(post) != moved]
        return sorted(due, key=lambda post: self.moved[post], reverse=True)

    def _comments(self, post: str) -> Iterator[Post | Flaw]:
        """The newest comments and replies, down to those that were there at the last reading."""
        known = self.read.get(post, "")
        end = _moment(known, self.start)
        asked = {"fields": _COMMENT_FIELDS, "filter": "stream", "limit": _PAGE_SIZE}
        asked["order"] = "reverse_chronological"
        place: dict[str, str] = {}
        for _ in range(_COMMENT_PAGES):
            if self.used > _FULL:
                return
            result = self._ask(f"{post}/comments", asked | place)
            yield from self._fresh(result)
            place = result["next"]
            if not place or _moment(result["oldest"], end) < end:
                break
        else:
            yield Flaw("A post has more new comments than were read; look at the Page itself too.")
        self.read[post] = self.moved[post]

    def _fresh(self, result: Mapping[str, Any]) -> Iterator[Post | Flaw]:
        """The posts that did not come in this poll yet: the feed holds tagged ones too."""
        yield from flaws("Facebook", result)
        for post in posts(result["entries"]):
            if post.key not in self.seen:
                self.seen.add(post.key)
                yield post

    def _ask(self, path: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        response = self.reach.call(
            f"{self.options.service}/{self.options.version}/{path}?{urlencode(asked)}",
            # In a header, so that no address holds the token; Facebook takes both [remembered].
            headers={"Authorization": f"Bearer {self.options.token.get_secret_value()}"},
        )
        used = [int(found) for found in _USED.findall(_uses(response))]
        self.used = max(used, default=self.used)
        given = {"own": self.options.page, "title": self.title}
        result = self.reach.parse("facebook_page", response, **given)
        if response.status != _OK or "code" in result:
            raise self._error(response, result)
        refuse("Facebook", result)
        return result

    def _error(self, response: Response, result: Mapping[str, Any]) -> SourceError:
        code = result.get("code", 0)
        if code in _OVER:
            minutes = max(map(int, _REGAIN.findall(_uses(response))), default=0)
            wait = min(timedelta(minutes=minutes), _DAY) or _HOUR
            says = f"Facebook's allowance for this app or Page is used up (code {code})"
            return SourceError(f"{says}; it is asked again later.", "over budget", wait)
        if _PERMISSIONS.start <= code < _PERMISSIONS.stop:
            code = _MAY_NOT
        if code in _ENDED:
            says = "no longer accepts the Page's token; make a new one and put it in its place"
            return SiteError(f"Facebook {says} (code {code}).", "needs you")
        if code in _NEEDS:
            return SourceError(f"Facebook {_NEEDS[code]} (code {code}).", "needs you")
        error = judge_status("Facebook", response.status, response.headers, self.now)
        return error or SourceError(f"Facebook answered with an error (code {code}).")


# The codes as Meta's page on handling errors has them; 80001 is a Page's own allowance.
_OVER = frozenset((4, 17, 32, 613, 80001))
_ENDED = frozenset((102, 190))
_MAY_NOT = 10
_PERMISSIONS = range(200, 300)
_NEEDS: Mapping[int, str] = {
    _MAY_NOT: "does not let the token read this; it needs pages_read_engagement and "
    "pages_read_user_content, given by somebody who manages the Page",
    803: "knows no such Page, or the token is not this Page's own; check page and token",
    12: "has withdrawn this part of the interface; set a newer version",
}


def _uses(response: Response) -> str:
    """What the headers tell of used allowances, as JSON that only numbers are picked from."""
    return "\n".join(response.headers.get(name, "") for name in _USE_HEADERS)


def _moment(text: str, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise

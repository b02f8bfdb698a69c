"""YouTube's Data API v3: videos that a search finds, their comments, and those of own channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StrictInt, field_validator, model_validator

from sources.answers import judge_status
from sources.asking import queries_within
from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.formats.api import NotJsonError, answer, at, document, entry, rows_at, text_at
from sources.google import (
    BAD_KEY,
    DISABLED,
    RESTRICTED_KEY,
    SPENT,
    reasons_of,
    trouble_in,
)
from sources.moments import kept_moment
from sources.own import owner, titled
from sources.posts import flaws, posts, refuse
from sources.services import Sendable, Service, in_form
from sources.steps import SiteError, each

# A search is one of 100 calls a day, and so is each further page of it, as Google documents it.
_SEARCH_PAGES = 3
# 100 threads a page: 500 of the newest are enough between two polls of any school's channel.
_COMMENT_PAGES = 5
# A second each, so that a poll stays well under the ten minutes that it may take.
_VIDEOS_A_POLL = 30
_VIDEOS_KEPT = 500
_LONGEST_QUERY = 300
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# Search finds a video up to a day or two after it was published [remembered].
_OVERLAP = timedelta(days=2)
_TITLE = 200
_PACIFIC = ZoneInfo("America/Los_Angeles")  # where the allowance's day begins, as Google documents
_CLOSED = frozenset(("commentsDisabled", "videoNotFound"))
_OK = 200
_FIELDS: Mapping[str, str] = {"maxResults": "100", "order": "time", "textFormat": "plainText"}
_ADVICE = "ask less often (every_minutes), for fewer queries, or raise daily_search_calls"


_Channel = Annotated[
    str,
    in_form(r"UC[\w-]{22}", "give the channel's id, UC and 22 letters, not its name or address"),
]


class Options(BaseModel):
    """The key, what is searched for, and which channels are the school's own.

    Without `queries` each school's name is searched for, as a phrase; an empty list means no
    search. `about` names the school that the channels belong to, where several listen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    quiet_is_well: ClassVar[bool] = True
    trial_costs: ClassVar[str] = f"{_SEARCH_PAGES} of the day's search calls at most"

    key: Sendable
    queries: Annotated[tuple[str, ...], Field(max_length=20)] | None = None
    channels: Annotated[tuple[_Channel, ...], Field(max_length=10)] = ()
    about: str = Field(default="", max_length=200)
    follow_video_comments_days: StrictInt = Field(default=30, ge=0, le=60)
    daily_search_calls: StrictInt = Field(default=40, ge=1, le=100)
    service: Service = "https://www.googleapis.com"

    @field_validator("queries")
    @classmethod
    def _searchable(cls, queries: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return queries and queries_within(queries, _LONGEST_QUERY)

    @model_validator(mode="after")
    def _reads_something(self) -> Options:
        if self.queries == () and not self.channels:
            raise ValueError("has neither queries nor channels, so that nothing would be read")
        return self


def read(
    body: bytes, url: str, charset: str, *, own: list[str], about: str, query: str = ""
) -> dict[str, Any]:
    """Videos and comments of others than `own` channels, which page is next, and how far it goes.

    `about` is the title that comments get. Keys beside those of `answer`: `next`, `newest` and
    `oldest` (moments of threads); or `trouble` where the answer is an error.
    """
    try:
        value = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    trouble = trouble_in(value)
    if trouble:
        return {"trouble": trouble}
    if not isinstance(at(value, "items"), list):
        return {"error": "came back without a list of results"}
    rows = rows_at(value, "items")
    videos = [video for row in rows if (video := _video(row, own, query))]
    threads = [_thread(row, about) for row in rows if at(row, "snippet", "topLevelComment")]
    times = [top["published"] for top, *_ in threads if top["published"]]
    comments = [made for thread in threads for made in thread if _author_id(made) not in own]
    return answer(
        [*videos, *comments],
        next=text_at(value, "nextPageToken"),
        newest=max(times, key=datetime.fromisoformat, default=""),
        oldest=times[-1] if times else "",
    )


def _video(row: Mapping[str, Any], own: list[str], query: str) -> dict[str, Any] | None:
    video, channel = text_at(row, "id", "videoId"), text_at(row, "snippet", "channelId")
    if not video or channel in own:
        return None
    return entry(
        id=video,
        link=f"https://www.youtube.com/watch?v={quote(video, safe='')}",
        title=text_at(row, "snippet", "title"),
        text=text_at(row, "snippet", "description"),
        author=text_at(row, "snippet", "channelTitle"),
        published=text_at(row, "snippet", "publishedAt"),
        html=True,  # what a search gives is escaped: "St Mary&#39;s"
        more={"query": query, "channel": channel},
    )


def _thread(row: Mapping[str, Any], about: str) -> list[dict[str, Any]]:
    """The comment that began it, and the replies that came with it (YouTube gives the first)."""
    video = text_at(row, "snippet", "videoId")
    top: dict[str, Any] = at(row, "snippet", "topLevelComment")
    return [_comment(each, video, about) for each in (top, *rows_at(row, "replies", "comments"))]


def _comment(row: Any, video: str, about: str) -> dict[str, Any]:
    comment, said = text_at(row, "id"), at(row, "snippet")
    watched = {"v": text_at(said, "videoId") or video, "lc": comment}
    return entry(
        id=comment,
        link=f"https://www.youtube.com/watch?{urlencode(watched)}" if watched["v"] else "",
        title=about,
        text=text_at(said, "textOriginal") or text_at(said, "textDisplay"),
        author=text_at(said, "authorDisplayName"),
        published=text_at(said, "publishedAt"),
        more={
            "updated": text_at(said, "updatedAt"),
            "author_channel": text_at(said, "authorChannelId", "value"),
        },
    )


def _author_id(made: Mapping[str, Any]) -> str:
    return str(made["record"].get("author_channel", ""))


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield comments on own channels, videos found, and comments on those found before."""
    yield from each(_Poll(ask, reach).steps(), one_budget=False)


class _ClosedError(SourceError):
    """Comments are switched off, or the video is gone: normal."""


class _Poll:
    """One poll. The memo: `search` (day, used, next), `since` a query, `comments`, `videos`."""

    def __init__(self, ask: Ask, reach: Reach) -> None:
        self.reach, self.now, self.start = reach, ask.now, ask.since
        self.options: Options = ask.options
        names = tuple(f'"{phrase}"' for phrase in ask.phrases)
        queries = names if self.options.queries is None else self.options.queries
        self.queries = queries[:1] if ask.trial else queries
        self.channel_title = titled("YouTube", owner(ask, self.options.about))
        self.search: dict[str, Any] = ask.memo.setdefault("search", {})
        self.since: dict[str, str] = ask.memo.setdefault("since", {})
        self.comments: dict[str, str] = ask.memo.setdefault("comments", {})
        self.videos: dict[str, dict[str, str]] = ask.memo.setdefault("videos", {})
        self.seen: set[str] = set()

    def steps(self) -> Iterator[Iterator[Post | Flaw]]:
        """What there is to do; which videos are followed is known after the search."""
        for channel in self.options.channels:
            yield self._of_channel(channel)
        if self.queries:
            yield self._searches()
        followed = self._followed()
        if followed:
            yield each(self._of_video(video) for video in followed)

    def _searches(self) -> Iterator[Post | Flaw]:
        today = self.now.astimezone(_PACIFIC).date().isoformat()
        if self.search.get("day") != today:
            self.search |= {"day": today, "used": 0}
        for gone in set(self.since) - set(self.queries):
            del self.since[gone]
        first = self.search.get("next", 0) % len(self.queries)
        turns = [*range(first, len(self.queries)), *range(first)]
        yield from each(self._search(turn) for turn in turns)
        if len(self.videos) >= _VIDEOS_KEPT and self.options.follow_video_comments_days:
            yield Flaw(
                f"Comments are read on {_VIDEOS_KEPT} videos at most; word queries narrower."
            )

    def _search(self, turn: int) -> Iterator[Post | Flaw]:
        """A query's turn; it keeps its turn where the day's calls are used up before it."""
        query, page = self.queries[turn], ""
        self.search["next"] = turn
        known = kept_moment(self.since.get(query), self.now)
        after = known - _OVERLAP if known else self.start
        for _ in range(_SEARCH_PAGES):
            try:
                result = self._page_of_search(query, after, page)
            except SourceError as error:
                if not page:
                    raise
                # What was read stays counted, and the next query has the next turn.
                yield Flaw(f"Not all videos for {query} were read: {error}")
                return
            self.search["next"] = turn + 1
            self._follow(result["entries"])
            yield from self._fresh(result)
            page = result["next"]
            if not page:
                break
        else:
            yield Flaw(f"YouTube found more videos for {query} than were read; word it narrower.")
        self.since[query] = self.now.isoformat()

    def _page_of_search(self, query: str, after: datetime, page: str) -> Mapping[str, Any]:
        if self.search["used"] >= self.options.daily_search_calls:
            raise self._spent("The day's search calls (daily_search_calls) are used up")
        self.search["used"] += 1
        asked = {
            "part": "snippet",
            "type": "video",
            "order": "date",
            "q": query,
            "publishedAfter": after.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "regionCode": "GB",
            "relevanceLanguage": "en",
            "maxResults": "50",
            "pageToken": page,
        }
        try:
            return self._ask("search", asked, query=query)
        except SourceError as error:
            if error.health == "over budget":  # other programs use the same allowance
                self.search["used"] = self.options.daily_search_calls
            raise

    def _of_channel(self, channel: str) -> Iterator[Post | Flaw]:
        try:
            yield from self._threads(
                channel, {"allThreadsRelatedToChannelId": channel}, self.channel_title
            )
        except _ClosedError:
            return

    def _of_video(self, video: str) -> Iterator[Post | Flaw]:
        known = self.videos[video]
        known["looked"] = self.now.isoformat()
        try:
            yield from self._threads(video, {"videoId": video}, titled("YouTube", known["title"]))
        except _ClosedError:
            del self.videos[video]

    def _threads(self, place: str, asked: Mapping[str, str], title: str) -> Iterator[Post | Flaw]:
        """The newest threads down to those of the last poll; a whole page is always read.

        So an edited comment among the newest hundred comes again, under the same id.
        """
        end, page = kept_moment(self.comments.get(place), self.now) or self.start, ""
        newest = end
        for _ in range(_COMMENT_PAGES):
            fields = {"part": "snippet,replies", **_FIELDS, **asked, "pageToken": page}
            result = self._ask("commentThreads", fields, about=title)
            yield from self._fresh(result)
            newest = max(newest, _moment(result["newest"], end))
            page = result["next"]
            if not page or _moment(result["oldest"], end) < end:
                break
        else:
            yield Flaw(f"There are more new comments than were read ({title}); look there too.")
        self.comments[place] = newest.isoformat()

    def _follow(self, entries: list[Mapping[str, Any]]) -> None:
        """Keep in mind the videos just found, so that their comments are read from now on."""
        for video in entries:
            if len(self.videos) < _VIDEOS_KEPT and self.options.follow_video_comments_days:
                known = {"title": video["title"][:_TITLE], "found": self.now.isoformat()}
                self.videos.setdefault(video["id"], known)

    def _followed(self) -> list[str]:
        """The videos whose turn it is, those that waited longest first; old ones are let go."""
        oldest = self.now - timedelta(days=self.options.follow_video_comments_days)
        for video, known in list(self.videos.items()):
            found = kept_moment(known["found"], self.now) or self.now
            known["found"] = found.isoformat()
            if found <= oldest:
                del self.videos[video]
        for place in set(self.comments) - set(self.videos) - set(self.options.channels):
            del self.comments[place]
        return sorted(self.videos, key=self._looked)[:_VIDEOS_A_POLL]

    def _looked(self, video: str) -> datetime:
        return kept_moment(self.videos[video].get("looked"), self.now) or _LONG_AGO

    def _fresh(self, result: Mapping[str, Any]) -> Iterator[Post | Flaw]:
        """The posts of a page that did not come in this poll yet: two queries find one video."""
        yield from flaws("YouTube", result)
        for post in posts(result["entries"]):
            if post.key not in self.seen:
                self.seen.add(post.key)
                yield post

    def _ask(
        self, path: str, asked: Mapping[str, str], *, about: str = "", query: str = ""
    ) -> Mapping[str, Any]:
        fields = {name: value for name, value in asked.items() if value}
        response = self.reach.call(
            f"{self.options.service}/youtube/v3/{path}?{urlencode(fields)}",
            # In a header, as Google documents beside the address, which may be written down.
            headers={"X-Goog-Api-Key": self.options.key.get_secret_value()},
        )
        given = {"own": list(self.options.channels), "about": about, "query": query}
        result = self.reach.parse("youtube", response, **given)
        if response.status != _OK or "trouble" in result:
            raise self._error(response, result)
        refuse("YouTube", result)
        return result

    def _error(self, response: Response, result: Mapping[str, Any]) -> SourceError:
        reasons = reasons_of(result)
        if reasons & SPENT or result.get("trouble", {}).get("daily"):
            return self._spent("YouTube says that the key's calls for today are used up")
        if reasons & _CLOSED:
            return _ClosedError("Comments are switched off there.", "empty")
        if "channelNotFound" in reasons:
            says = "YouTube knows no such channel; check the ids under channels."
            return SourceError(says, "needs you")
        for known, says in _BAD_KEYS.items():
            if reasons & known:
                return SiteError(f"YouTube {says}.", "needs you")
        error = judge_status("YouTube", response.status, response.headers, self.now)
        return error or SourceError("YouTube answered with an error that it does not explain.")

    def _spent(self, what: str) -> SourceError:
        local = self.now.astimezone(_PACIFIC)
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), _PACIFIC)
        says = f"{what} until midnight in California; to avoid it, {_ADVICE}."
        # Counted in UTC: on two days a year the clocks there are changed before midnight.
        left = timedelta(seconds=midnight.timestamp() - self.now.timestamp())
        return SourceError(says, "over budget", left)


_BAD_KEYS: Mapping[frozenset[str], str] = {
    BAD_KEY: "does not accept the key; make a new one in Google Cloud and put it in its place",
    RESTRICTED_KEY: "does not accept the key from here; take its restriction to other addresses, "
    "or to other interfaces, off in Google Cloud",
    DISABLED: "is not switched on for the key's project; "
    "enable “YouTube Data API v3” there in Google Cloud",
}


def _moment(text: str, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise

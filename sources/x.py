"""Recent posts on X by its paid search: new ones only, within budgets, and nobody's profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlencode, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    field_validator,
    model_validator,
)

from sources.answers import judge_status
from sources.asking import own_words, queries_within, terms_read
from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.budget import left, spend, used_up
from sources.formats.api import (
    NotJsonError,
    answer,
    at,
    document,
    entry,
    number_at,
    rows_at,
    text_at,
)
from sources.people import OwnAccounts, follow_nobody
from sources.posts import flaws, posts, refuse
from sources.rotation import Rotation
from sources.services import Sendable, Service
from sources.steps import each

_LONGEST_QUERY = 512
_ENDING = "lang:en -is:retweet"
_FEWEST, _MOST = 10, 100  # posts in a page, as X allows
# Pages can come back all but empty, so that posts alone would not bound the requests.
_MOST_REQUESTS = 20
# X searches seven days and refuses a cursor from before them.
_CURSOR_LASTS = timedelta(days=6, hours=12)
_SNOWFLAKES_BEGIN = 1288834974657  # milliseconds, in the upper bits of every id
_LONGEST_ID = 20
_UNPAID, _BAD, _UNKNOWN, _FORBIDDEN, _FAULTS = 402, 400, 401, 403, 500
Cursors = dict[str, str]


class Options(BaseModel):
    """The bearer token, what is searched for, and how many paid posts may be read.

    Without `queries` the schools' names are searched for in English, without reposts. `most_posts`
    bounds a poll and `monthly_posts` a calendar month, since X is paid by the post read.
    `own_accounts` are the school's accounts, which queries may name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    quiet_is_well: ClassVar[bool] = True
    trial_costs: ClassVar[str] = f"{_FEWEST} posts at most"

    service: Service = "https://api.x.com"
    token: Sendable
    queries: Annotated[tuple[str, ...], Field(max_length=10)] = ()
    own_accounts: OwnAccounts = ()
    most_posts: Annotated[StrictInt, Field(ge=_FEWEST, le=500)] = 50
    monthly_posts: Annotated[StrictInt, Field(ge=_FEWEST, le=1_000_000)]
    i_have_read_the_terms: Annotated[StrictBool, Field(validate_default=True)] = False

    @field_validator("queries")
    @classmethod
    def _sendable(cls, queries: tuple[str, ...]) -> tuple[str, ...]:
        return queries_within(queries, _LONGEST_QUERY)

    @field_validator("i_have_read_the_terms")
    @classmethod
    def _chosen(cls, read: bool) -> bool:
        return terms_read(
            read,
            "X charges for every post read, and forbids profiling people and keeping posts "
            "that were deleted",
        )

    @model_validator(mode="after")
    def _follows_nobody(self) -> Self:
        follow_nobody(self.queries, self.own_accounts)
        return self


def read(body: bytes, url: str, charset: str, *, query: str) -> dict[str, Any]:
    """The posts of a page with its `newest` id and `next` token, or what X `said` was wrong."""
    try:
        found = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    meta = at(found, "meta")
    if isinstance(meta, dict):
        rows = rows_at(found, "data")
        result = answer(
            _entries(rows, query),
            newest=_id(meta, "newest_id"),
            next=text_at(meta, "next_token"),
            read=max(len(rows), min(number_at(meta, "result_count"), _MOST)),
        )
        lost = len([row for row in rows if not _id(row, "id")])
        if lost:
            result["notes"].append(f"{lost} of its {len(rows)} posts had no id.")
        return result
    said = _said(found)
    return {"said": said} if said else {"error": "came back as JSON that answers no search"}


def _entries(rows: list[dict[str, Any]], query: str) -> Iterator[dict[str, Any]]:
    """Each post once, by the id that it had before it was edited."""
    seen: set[str] = set()
    for row in rows:
        own = _id(row, "id")
        first = _id(row, "edit_history_tweet_ids", 0) or own
        if not own or first in seen:
            continue
        seen.add(first)
        yield entry(
            id=f"x:{first}",
            link=f"https://x.com/i/status/{own}",
            thread=f"https://x.com/i/status/{_id(row, 'conversation_id') or own}",
            # X escapes &, < and > in texts, and gives a long post's whole text apart.
            text=unescape(text_at(row, "note_tweet", "text") or text_at(row, "text")),
            published=text_at(row, "created_at"),
            more={"query": query},
        )


def _id(value: Any, *path: str | int) -> str:
    found = text_at(value, *path)
    return found if found.isascii() and found.isdigit() and len(found) <= _LONGEST_ID else ""


def _said(found: Any) -> str:
    """X's own words on an error: a problem document, or a list of errors."""
    first = at(found, "errors", 0)
    whole = (text_at(found, "title"), text_at(found, "detail"), text_at(first, "message"))
    return ": ".join(dict.fromkeys(filter(None, whole)))


@dataclass(slots=True)
class _Reading:
    """One poll: what may still be asked and read in it."""

    ask: Ask
    reach: Reach
    requests: int = _MOST_REQUESTS
    posts: int = 0

    @property
    def room(self) -> int:
        """How many more posts may be read now; X gives no fewer than ten."""
        options: Options = self.ask.options
        month = left(self.ask.memo, self.ask.now, options.monthly_posts)
        most = _FEWEST if self.ask.trial else options.most_posts
        return min(most - self.posts, month)

    @property
    def is_over(self) -> bool:
        """True where nothing more may be asked in this poll."""
        return self.room < _FEWEST or not self.requests

    def page(self, query: str, since: str, token: str) -> tuple[str, Mapping[str, Any]]:
        """One page, its posts counted before more is asked for; raises SourceError."""
        options: Options = self.ask.options
        self.requests -= 1
        asked = {
            "query": query,
            "max_results": min(self.room, _MOST),
            "tweet.fields": "created_at,note_tweet,conversation_id",
            "since_id": since,
            "next_token": token,
        }
        given = urlencode({name: value for name, value in asked.items() if value})
        response = self.reach.call(
            f"{options.service}/2/tweets/search/recent?{given}",
            headers={"Authorization": f"Bearer {options.token.get_secret_value()}"},
        )
        what = f"The search at {urlsplit(response.url).hostname}"
        result = self._read(what, query, response)
        self.posts += result["read"]
        spend(self.ask.memo, self.ask.now, result["read"])
        return what, result

    def _read(self, what: str, query: str, response: Response) -> Mapping[str, Any]:
        host = urlsplit(response.url).hostname or ""
        usual = judge_status(host, response.status, response.headers, self.ask.now)
        if usual and response.status >= _FAULTS:
            raise usual
        result = self.reach.parse("x", response, query=query)
        secret = self.ask.options.token.get_secret_value()
        said = own_words(str(result.get("said", "")), secret)
        if usual:
            raise _error(host, response.status, said, query) or usual
        if said:
            raise SourceError(f"{what} gave no posts but said “{said}”.")
        refuse(what, result, "an answer to a search")
        return result


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield what is new for each query; raises SourceError where none could be read."""
    options: Options = ask.options
    plan = options.queries or tuple(_of_names(ask.phrases))
    if not plan:
        raise SourceError('There is nothing to search for; write "queries".', "needs you")
    reading = _Reading(ask, reach)
    if reading.is_over:
        raise used_up(f"The month's {options.monthly_posts:,} posts (monthly_posts)", ask.now)
    turn = Rotation(ask.memo, plan)
    order = plan[:1] if ask.trial else plan[turn.at :] + plan[: turn.at]
    yield from each(_of_query(query, reading) for query in order)
    turn.answered(ask.now)


def _of_names(phrases: tuple[str, ...]) -> Iterator[str]:
    """As few queries as hold the names: a post that names two schools is then paid for once."""
    alternatives: list[str] = []
    for name in phrases:
        quoted = f'"{" ".join(name.replace(chr(34), " ").split())}"'
        if alternatives and len(_joined([*alternatives, quoted])) > _LONGEST_QUERY:
            yield _joined(alternatives)
            alternatives = []
        alternatives.append(quoted)
    if alternatives:
        yield _joined(alternatives)


def _joined(alternatives: list[str]) -> str:
    return f"({' OR '.join(alternatives)}) {_ENDING}"


def _of_query(query: str, reading: _Reading) -> Iterator[Post | Flaw]:
    """Every page of what is new; raises SourceError where there is not even a first.

    The cursor moves only where the reading came to an end: what a page that failed would have held
    comes again, and X does not charge twice for a post on one day (UTC).
    """
    if reading.is_over:
        yield Flaw(f"X was not asked for “{own_words(query)}”: {_bound(reading)}.")
        return
    cursors = _cursors(reading.ask.memo)
    since = _still_good(cursors.get(query, ""), reading.ask.now)
    what, result = reading.page(query, since, "")
    newest = result["newest"]
    while True:
        yield from flaws(what, result)
        yield from posts(result["entries"])
        if not result["next"] or reading.ask.trial:
            break
        if reading.is_over:
            yield Flaw(f"X holds more for “{own_words(query)}” than was read: {_bound(reading)}.")
            break
        try:
            what, result = reading.page(query, since, result["next"])
        except SourceError as error:
            yield Flaw(f"{str(error).rstrip('.')}; the rest is read at the next poll.")
            return
    if newest:
        reading.ask.memo["newest"] = cursors | {query: newest}


def _bound(reading: _Reading) -> str:
    """Which bound was met, by its name in the settings."""
    options: Options = reading.ask.options
    if left(reading.ask.memo, reading.ask.now, options.monthly_posts) < _FEWEST:
        return f"the month's {options.monthly_posts:,} posts (monthly_posts) are used up"
    if not reading.requests:
        return f"a poll asks {_MOST_REQUESTS} times at most"
    return f"a poll reads {options.most_posts} posts at most (most_posts)"


def _cursors(memo: Mapping[str, Any]) -> Cursors:
    kept = memo.get("newest")
    return dict(kept) if isinstance(kept, dict) else {}


def _still_good(newest: str, now: datetime) -> str:
    """The cursor; "" where it is older than X searches, which X would refuse for ever."""
    if not _id(newest):
        return ""
    written = datetime.fromtimestamp(((int(newest) >> 22) + _SNOWFLAKES_BEGIN) / 1000, UTC)
    return newest if now - written < _CURSOR_LASTS else ""


def _error(host: str, status: int, said: str, query: str) -> SourceError | None:
    """What a refusal means beyond the usual; None where it is the usual."""
    if "UsageCapExceeded" in said:
        return SourceError(f"{host} says that the month's allowance is used up.", "over budget")
    if status == _UNPAID or "CreditsDepleted" in said:
        return SourceError(f"{host} says that there is no credit left; top it up.", "needs you")
    if status in (_UNKNOWN, _FORBIDDEN):
        more = f" (“{said}”)" if said else ""
        return SourceError(
            f"{host} does not accept the token ({status}){more}; check it and the plan it is of.",
            "needs you",
        )
    if status == _BAD and said:
        return SourceError(
            f"{host} does not take the query “{own_words(query)}”: “{said}”; "
            'change it under "queries".',
            "needs you",
        )
    return None

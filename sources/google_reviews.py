"""Reviews of the school's own place on Google, by the Business Profile interface (v4).

The access token that Google gives for the refresh token is kept in the memo for its hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from sources.answers import hashed, judge_status
from sources.base import Ask, Flaw, Post, Reach, Response, SourceError
from sources.formats.api import (
    NotJsonError,
    answer,
    document,
    entry,
    moment_at,
    number_at,
    rows_at,
    text_at,
)
from sources.google import DISABLED, reasons_of, trouble_in
from sources.moments import kept_moment
from sources.own import owner
from sources.posts import flaws, posts, refuse
from sources.services import Sendable, Service, in_form

# 50 reviews each: more than any school gets between two polls, or in its first 30 days.
_PAGES = 10
_STARS: Mapping[str, int] = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_EARLY = 120  # seconds: a token is not used so close to its end
_LONGEST = 3600  # seconds that a token is trusted for
_OK, _UNKNOWN, _FORBIDDEN, _NOWHERE = 200, 401, 403, 404
_Number = Annotated[str, in_form(r"\d{1,30}", "give the number alone, in quotation marks")]
_ASK_FOR_ACCESS = (
    "Google has not granted this project access to reviews yet (its allowance is 0): ask for it "
    "with the form “Application for Basic API Access” of Google Business Profile; until then let "
    "Google's notification mails go to the mailbox that is read here"
)


class Options(BaseModel):
    """Which place it is, and the OAuth client and refresh token of whoever manages its profile.

    `about` names the school, where several listen to this source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    quiet_is_well: ClassVar[bool] = True

    account: _Number
    location: _Number
    client_id: str = Field(min_length=1, max_length=300)
    client_secret: Sendable
    refresh_token: Sendable
    about: str = Field(default="", max_length=200)
    service: Service = "https://mybusiness.googleapis.com"
    sign_in_service: Service = "https://oauth2.googleapis.com"


def read(body: bytes, url: str, charset: str, *, title: str = "") -> dict[str, Any]:
    """Reviews, or a token, or `trouble` where the answer is an error.

    Keys beside those of `answer`: `next`; `newest` and `oldest` (moments of change); `token`
    and `seconds`, which are empty in a list of reviews.
    """
    try:
        value = document(body, url, charset)
    except NotJsonError as error:
        return error.result
    trouble = trouble_in(value)
    if trouble:
        # The token's own errors are a word: {"error": "invalid_grant"}, as OAuth 2 has it.
        return {"trouble": trouble, "word": text_at(value, "error")[:100]}
    if not isinstance(value, dict):
        return {"error": "came back without a list of reviews"}
    rows = [row for row in rows_at(value, "reviews") if text_at(row, "reviewId")]
    changed = [
        made
        for row in rows
        if (made := moment_at(row, "updateTime") or moment_at(row, "createTime"))
    ]
    return answer(
        (_review(row, title) for row in rows),
        next=text_at(value, "nextPageToken"),
        newest=max(changed, key=datetime.fromisoformat, default=""),
        oldest=min(changed, key=datetime.fromisoformat, default=""),
        token=text_at(value, "access_token"),
        seconds=max(0, min(number_at(value, "expires_in"), _LONGEST)),
    )


def _review(row: Mapping[str, Any], title: str) -> dict[str, Any]:
    stars = _STARS.get(text_at(row, "starRating"))
    return entry(
        id=text_at(row, "reviewId"),
        title=f"{title}: {stars} of 5" if stars else title,
        text=text_at(row, "comment"),
        author=text_at(row, "reviewer", "displayName"),
        published=text_at(row, "createTime") or text_at(row, "updateTime"),
        medium="google_review",
        more={
            "stars": str(stars or ""),
            "updated": text_at(row, "updateTime"),
            "reply": text_at(row, "reviewReply", "comment"),
            "replied": text_at(row, "reviewReply", "updateTime"),
        },
    )


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield the reviews that changed last, down to where the last poll ended."""
    poll = _Poll(ask, reach)
    end, page = kept_moment(ask.memo.get("newest"), ask.now) or ask.since, ""
    newest = end
    for _ in range(_PAGES):
        result = poll.reviews(page)
        yield from flaws("Google", result)
        yield from posts(result["entries"])
        newest = max(newest, _moment(result["newest"], end))
        page = result["next"]
        if not page or _moment(result["oldest"], end) < end:
            break
    else:
        yield Flaw("There are more new reviews than were read; look at the profile itself too.")
    ask.memo["newest"] = newest.isoformat()


class _Poll:
    """One poll: a token for its requests, a new one where the kept one is over or refused."""

    def __init__(self, ask: Ask, reach: Reach) -> None:
        self.reach, self.now, self.memo = reach, ask.now, ask.memo
        self.options: Options = ask.options
        whose = owner(ask, self.options.about)
        self.title = f"Review of {whose}" if whose else "Review"

    def reviews(self, page: str) -> Mapping[str, Any]:
        """A page of reviews, as `read` gives it; raises SourceError."""
        token, is_new = self._kept(), False
        if not token:
            token, is_new = self._renewed(), True
        response, result = self._page(token, page)
        if response.status == _UNKNOWN and not is_new:
            # Google may end a token before its time, as when somebody changed the password.
            response, result = self._page(self._renewed(), page)
        if response.status != _OK or "trouble" in result:
            raise self._refusal(response, result)
        refuse("Google", result)
        return result

    def _page(self, token: str, page: str) -> tuple[Response, Mapping[str, Any]]:
        place = f"accounts/{self.options.account}/locations/{self.options.location}"
        asked = {"pageSize": "50", "orderBy": "updateTime desc"}
        if page:
            asked["pageToken"] = page
        response = self.reach.call(
            f"{self.options.service}/v4/{place}/reviews?{urlencode(asked)}",
            headers={"Authorization": f"Bearer {token}"},
        )
        return response, self.reach.parse("google_reviews", response, title=self.title)

    def _kept(self) -> str:
        """The token in the memo; "" where it is over, or belongs to an earlier refresh token."""
        kept = self.memo.get("token", {})
        since = kept_moment(kept.get("since"), self.now)
        if kept.get("for") != self._mark() or since is None:
            return ""
        return str(kept["token"]) if since + timedelta(seconds=kept["lasts"]) > self.now else ""

    def _mark(self) -> str:
        return hashed(self.options.refresh_token.get_secret_value().encode())

    def _renewed(self) -> str:
        """A new access token, which goes into the memo; raises SourceError."""
        asked = {
            "grant_type": "refresh_token",
            "client_id": self.options.client_id,
            "client_secret": self.options.client_secret.get_secret_value(),
            "refresh_token": self.options.refresh_token.get_secret_value(),
        }
        response = self.reach.call(
            f"{self.options.sign_in_service}/token",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            data=urlencode(asked).encode(),
        )
        result = self.reach.parse("google_reviews", response)
        if response.status != _OK or "trouble" in result:
            raise self._no_token(response, result)
        refuse("Google's answer to the sign-in", result)
        if not result["token"]:
            raise SourceError("Google's answer to the sign-in holds no token; it is tried again.")
        self.memo["token"] = {
            "for": self._mark(),
            "token": result["token"],
            "since": self.now.isoformat(),
            "lasts": result["seconds"] - _EARLY,
        }
        return str(result["token"])

    def _no_token(self, response: Response, result: Mapping[str, Any]) -> SourceError:
        says = _NO_TOKEN.get(str(result.get("word", "")))
        if says:
            return SourceError(f"Google {says}.", "needs you")
        return self._usual("Google's sign-in", response)

    def _refusal(self, response: Response, result: Mapping[str, Any]) -> SourceError:
        if result.get("trouble", {}).get("no_quota") or reasons_of(result) & DISABLED:
            return SourceError(f"{_ASK_FOR_ACCESS}.", "needs you")
        if "trouble" in result and response.status in _REFUSALS:
            return SourceError(f"Google {_REFUSALS[response.status]}.", "needs you")
        return self._usual("Google", response)

    def _usual(self, what: str, response: Response) -> SourceError:
        error = judge_status(what, response.status, response.headers, self.now)
        return error or SourceError(f"{what} answered with an error that it does not explain.")


_NO_TOKEN: Mapping[str, str] = {
    "invalid_grant": "no longer accepts the refresh token; sign in again and put the new one in "
    "its place (one of an app in “Testing” lasts 7 days: publish the app)",
    "invalid_client": "does not accept client_id and client_secret; copy both from Google Cloud",
    "unauthorized_client": "gave the refresh token to another client; use the client_id and "
    "client_secret that it was made with",
    "invalid_scope": "made the refresh token for something else; sign in again with the scope "
    "https://www.googleapis.com/auth/business.manage",
}
_REFUSALS: Mapping[int, str] = {
    _UNKNOWN: "does not accept the token that it gave; sign in again for a new refresh token",
    _FORBIDDEN: "does not let this account read the reviews; it must manage the profile, and the "
    "refresh token must be for the scope https://www.googleapis.com/auth/business.manage",
    _NOWHERE: "knows no such place; check account and location",
}


def _moment(text: str, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise

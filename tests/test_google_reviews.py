"""Google reviews: the sign-in and its token, where reading ends, and access not yet granted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from sources.google_reviews import Options
from sources.parsing import Parser
from tests.asking import Polls, asked, flaws_in, polls_of, posts_in, problems_with
from tests.kinds import recorded
from tests.kinds.google_reviews import CLIENT_SECRET, GRANTED, REFRESH, REVIEWS, SIGN_IN, TOKEN
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

SECRETS = (CLIENT_SECRET, REFRESH, TOKEN)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as made:
        made.answers |= {SIGN_IN: GRANTED, REVIEWS: b"{}"}
        yield made


@pytest.fixture
def reviews(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("google_reviews", web, parser) as polls:
        yield polls


def _options(web: WebServer, **more: Any) -> dict[str, Any]:
    base = web.url("").rstrip("/")
    return {
        "service": base,
        "sign_in_service": base,
        "account": "111",
        "location": "222",
        "client_id": "1234.apps.example",
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH,
        **more,
    }


def _review(name: str, when: str, **more: Any) -> dict[str, Any]:
    return {"reviewId": name, "comment": f"Words {name}", "updateTime": when, **more}


def _list(*rows: dict[str, Any], page: str = "") -> bytes:
    return json.dumps({"reviews": rows, "nextPageToken": page}).encode()


def _refusal(status: int, **details: Any) -> Reply:
    error = {"code": status, "message": f"No: {TOKEN}", "status": "NO", **details}
    return Reply(json.dumps({"error": error}).encode(), status)


def _paths(web: WebServer) -> list[str]:
    return [seen.path for seen in web.requests]


def test_the_refresh_token_is_changed_for_a_token_that_is_kept_until_it_ends(
    reviews: Polls, web: WebServer
) -> None:
    reviews(**_options(web))
    reviews.later(minutes=57)
    reviews(**_options(web))
    assert _paths(web) == [SIGN_IN, REVIEWS, REVIEWS]
    reviews.later(minutes=1)
    reviews(**_options(web))
    assert _paths(web)[3:] == [SIGN_IN, REVIEWS]
    sign_in, first, *_ = web.requests
    assert parse_qs(sign_in.body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["1234.apps.example"],
        "client_secret": [CLIENT_SECRET],
        "refresh_token": [REFRESH],
    }
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    assert not [seen for seen in web.requests if any(word in seen.query for word in SECRETS)]


def test_a_token_is_trusted_for_an_hour_whatever_is_said(reviews: Polls, web: WebServer) -> None:
    web.answers[SIGN_IN] = b'{"access_token": "t", "expires_in": %d}' % (10**100)
    reviews(**_options(web))
    reviews.later(minutes=59)
    reviews(**_options(web))
    assert _paths(web) == [SIGN_IN, REVIEWS] * 2


def test_another_refresh_token_does_not_use_the_old_ones_token(
    reviews: Polls, web: WebServer
) -> None:
    reviews(**_options(web))
    reviews(**_options(web, refresh_token="1//another"))
    assert _paths(web) == [SIGN_IN, REVIEWS, SIGN_IN, REVIEWS]


def test_a_kept_token_that_google_ended_early_is_renewed_once(
    reviews: Polls, web: WebServer
) -> None:
    reviews(**_options(web))
    web.answers[REVIEWS] = _refusal(401)
    error = reviews.fails(**_options(web))
    assert error.health == "needs you"
    assert _paths(web)[2:] == [REVIEWS, SIGN_IN, REVIEWS]


@pytest.mark.parametrize(
    ("word", "health", "says"),
    [
        ("invalid_grant", "needs you", "refresh token"),
        ("invalid_client", "needs you", "client_id"),
        ("unauthorized_client", "needs you", "another client"),
        ("invalid_scope", "needs you", "business.manage"),
        ("temporarily_unavailable", "failing", "400"),
    ],
)
def test_a_sign_in_that_is_refused_says_what_to_do(
    reviews: Polls, web: WebServer, word: str, health: str, says: str
) -> None:
    body = json.dumps({"error": word, "error_description": f"Bad {REFRESH}"}).encode()
    web.answers[SIGN_IN] = Reply(body, 400)
    error = reviews.fails(**_options(web))
    assert (error.health, says in str(error)) == (health, True)
    assert not [secret for secret in SECRETS if secret in str(error)]
    assert _paths(web) == [SIGN_IN]


def test_a_sign_in_without_a_token_is_told(reviews: Polls, web: WebServer) -> None:
    web.answers[SIGN_IN] = b"{}"
    assert "holds no token" in str(reviews.fails(**_options(web)))


def test_an_allowance_of_nought_says_how_to_ask_for_access_and_what_works_meanwhile(
    reviews: Polls, web: WebServer
) -> None:
    limit = {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit_value": "0"}}
    web.answers[REVIEWS] = _refusal(429, details=[limit])
    error = reviews.fails(**_options(web))
    assert error.health == "needs you"
    assert "Application for Basic API Access" in str(error)
    assert "notification mails" in str(error)


@pytest.mark.parametrize(
    ("status", "details", "health", "says"),
    [
        (403, {}, "needs you", "must manage the profile"),
        (403, {"details": [{"reason": "SERVICE_DISABLED"}]}, "needs you", "Basic API Access"),
        (404, {}, "needs you", "account and location"),
        (429, {"details": [{"metadata": {"quota_limit_value": "300"}}]}, "failing", "less often"),
        (503, {}, "failing", "not available"),
    ],
)
def test_what_google_says_is_wrong_is_told_in_plain_words(
    reviews: Polls, web: WebServer, status: int, details: Any, health: str, says: str
) -> None:
    web.answers[REVIEWS] = _refusal(status, **details)
    error = reviews.fails(**_options(web))
    assert (error.health, says in str(error)) == (health, True)
    assert TOKEN not in str(error)


def test_a_place_without_reviews_is_healthy_and_one_that_answers_no_object_is_not(
    reviews: Polls, web: WebServer
) -> None:
    assert reviews(**_options(web)) == []
    web.answers[REVIEWS] = b"[]"
    assert "without a list" in str(reviews.fails(**_options(web)))


def test_reviews_are_asked_for_newest_first_and_read_down_to_the_last_poll(
    reviews: Polls, web: WebServer
) -> None:
    pages = {
        "": _list(_review("c", "2026-11-15T08:00:00Z"), page="p1"),
        "p1": _list(_review("b", "2026-11-10T08:00:00Z"), page="p2"),
        "p2": _list(_review("a", "2026-09-10T08:00:00Z"), page="p3"),
    }
    web.answers[REVIEWS] = lambda seen: pages[asked(seen, "pageToken")]
    assert len(posts_in(reviews(**_options(web)))) == 3
    assert len(posts_in(reviews(**_options(web)))) == 2
    assert {asked(seen, "orderBy") for seen in web.requests[1:]} == {"updateTime desc"}


def test_a_failure_on_a_later_page_keeps_what_came_and_reads_all_again(
    reviews: Polls, web: WebServer
) -> None:
    def pages(seen: Seen) -> bytes | Reply:
        if asked(seen, "pageToken"):
            return _refusal(500)
        return _list(_review("b", "2026-11-15T08:00:00Z"), page="p1")

    web.answers[REVIEWS] = pages
    reviews.fails(**_options(web))
    assert set(reviews.memo) == {"token"}


def test_more_reviews_than_are_read_are_told(reviews: Polls, web: WebServer) -> None:
    web.answers[REVIEWS] = _list(_review("a", "2026-11-15T08:00:00Z"), page="again")
    (flaw,) = flaws_in(reviews(**_options(web)))
    assert "more new reviews than were read" in flaw
    assert _paths(web).count(REVIEWS) == 10


def test_a_changed_review_comes_again_under_its_id(reviews: Polls, web: WebServer) -> None:
    web.answers[REVIEWS] = _list(_review("a", "2026-11-10T08:00:00Z", starRating="FIVE"))
    (old,) = posts_in(reviews(**_options(web)))
    web.answers[REVIEWS] = _list(_review("a", "2026-11-16T08:00:00Z", starRating="ONE"))
    (new,) = posts_in(reviews(**_options(web)))
    assert old.key == new.key
    assert (old.title[-6:], new.title[-6:]) == ("5 of 5", "1 of 5")


def test_the_schools_reply_is_no_post_but_stays_in_the_record(
    reviews: Polls, web: WebServer
) -> None:
    web.answers[REVIEWS] = recorded("google_reviews", "reviews.json")
    first, second = posts_in(reviews(**_options(web)))
    assert first.record["reply"] == "Thank you, please ring me. The head"
    assert "ring me" not in first.text
    assert first.record["stars"] == "2"
    assert "reply" not in second.record


def test_a_rating_and_a_date_that_cannot_be_read_are_left_out(
    reviews: Polls, web: WebServer
) -> None:
    web.answers[REVIEWS] = _list(_review("a", "yesterday", starRating="ELEVEN"), {"comment": "x"})
    (post,) = posts_in(reviews(**_options(web, about="Stanwick Academy")))
    assert (post.title, post.published) == ("Review of Stanwick Academy", None)


def test_options_that_cannot_work_are_refused() -> None:
    given = {"client_id": "x", "client_secret": "y", "refresh_token": "z"}
    for wrong in ({"account": "accounts/111"}, {"location": ""}, {"refresh_token": "a b"}):
        with pytest.raises(ValidationError):
            Options(**{"account": "111", "location": "222", **given, **wrong})


def test_every_secret_is_given_by_name() -> None:
    problems = "\n".join(problems_with({"kind": "google_reviews", "account": "accounts/1"}))
    assert "give the number alone" in problems
    assert "client_secret_env" in problems
    assert "refresh_token_file" in problems


def test_a_clock_that_was_once_ahead_leaves_neither_a_dead_token_nor_a_place_to_come(
    reviews: Polls, web: WebServer
) -> None:
    reviews.later(days=365)
    web.answers[REVIEWS] = _list(_review("r1", "2027-11-01T08:00:00Z"))
    reviews(**_options(web))
    reviews.later(days=-365)
    web.answers[REVIEWS] = lambda seen: _list(
        _review("r2", "2026-11-15T08:00:00Z"), page="" if "pageToken" in seen.query else "b"
    )
    reviews(**_options(web))
    assert _paths(web) == [SIGN_IN, REVIEWS, SIGN_IN, REVIEWS, REVIEWS]


def test_no_new_review_is_no_sign_of_trouble(web: WebServer) -> None:
    assert Options(**_options(web)).quiet_is_well

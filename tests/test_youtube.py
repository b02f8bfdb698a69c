"""YouTube: the day's search calls, comments that come and change, and what a key can suffer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sources.parsing import Parser
from sources.youtube import Options
from tests.asking import Polls, asked, flaws_in, polls_of, posts_in, problems_with
from tests.kinds import recorded
from tests.kinds.youtube import CHANNEL, COMMENTS, KEY, SEARCH
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

QUERIES = ("one", "two", "three")
SOON = timedelta(hours=3)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as made:
        made.answers |= {SEARCH: _list(), COMMENTS: _list()}
        yield made


@pytest.fixture
def youtube(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("youtube", web, parser) as polls:
        yield polls


def _options(web: WebServer, **more: Any) -> dict[str, Any]:
    return {"service": web.url("").rstrip("/"), "key": KEY, **more}


def _list(*items: dict[str, Any], page: str = "") -> bytes:
    return json.dumps({"items": items, "nextPageToken": page}).encode()


def _video(video: str, title: str = "Hollybrook") -> dict[str, Any]:
    said = {"title": title, "publishedAt": "2026-11-15T08:00:00Z", "channelId": "UCx"}
    return {"id": {"videoId": video}, "snippet": said}


def _thread(name: str, when: str, text: str = "Hello", **more: str) -> dict[str, Any]:
    said = {"textDisplay": text, "publishedAt": when, "updatedAt": when, **more}
    comment = {"id": name, "snippet": said}
    return {"id": name, "snippet": {"videoId": "v1", "topLevelComment": comment}}


def _refusal(status: int, reason: str, **details: Any) -> Reply:
    error = {"code": status, "message": f"No: {KEY}", "errors": [{"reason": reason}], **details}
    return Reply(json.dumps({"error": error}).encode(), status)


def _searched(web: WebServer) -> list[str]:
    return [asked(seen, "q") for seen in web.requests if seen.path == SEARCH]


def test_the_key_goes_in_a_header_and_stands_in_no_address(youtube: Polls, web: WebServer) -> None:
    youtube(**_options(web, channels=(CHANNEL,)))
    assert {seen.headers["x-goog-api-key"] for seen in web.requests} == {KEY}
    assert not [seen for seen in web.requests if KEY in seen.query]


def test_the_names_of_the_schools_are_searched_for_where_no_query_is_given(
    youtube: Polls, web: WebServer
) -> None:
    youtube.names = ("Hollybrook Primary School", "Stanwick Academy")
    youtube(**_options(web))
    assert _searched(web) == ['"Hollybrook Primary School"', '"Stanwick Academy"']


def test_a_search_reads_back_a_month_and_later_to_two_days_before_the_last_one(
    youtube: Polls, web: WebServer
) -> None:
    youtube(**_options(web, queries=("holly",)))
    youtube.later(days=5)
    youtube(**_options(web, queries=("holly",)))
    after = [asked(seen, "publishedAfter") for seen in web.requests]
    assert after == ["2026-10-17T09:00:00Z", "2026-11-14T09:00:00Z"]


def test_the_record_holds_the_query_and_two_queries_give_a_video_once(
    youtube: Polls, web: WebServer
) -> None:
    web.answers[SEARCH] = _list(_video("v1"))
    found = posts_in(youtube(**_options(web, queries=("one", "two"))))
    assert [post.record["query"] for post in found] == ["one"]


def test_further_pages_are_read_and_each_costs_a_call(youtube: Polls, web: WebServer) -> None:
    def pages(seen: Seen) -> bytes:
        page = asked(seen, "pageToken")
        return _list(_video(f"v{page}"), page="" if page == "p2" else "p2" if page else "p1")

    web.answers[SEARCH] = pages
    found = youtube(**_options(web, queries=("holly",), follow_video_comments_days=0))
    assert len(posts_in(found)) == 3
    assert flaws_in(found) == []
    assert youtube.memo["search"]["used"] == 3


def test_a_search_without_end_is_read_for_three_pages_and_said_to_go_on(
    youtube: Polls, web: WebServer
) -> None:
    web.answers[SEARCH] = _list(page="again")
    (flaw,) = flaws_in(youtube(**_options(web, queries=("holly",))))
    assert "more videos for holly" in flaw
    assert len(web.requests) == 3


def test_where_the_days_calls_do_not_suffice_the_queries_take_turns(
    youtube: Polls, web: WebServer
) -> None:
    options = _options(web, queries=QUERIES, daily_search_calls=2)
    (flaw,) = flaws_in(youtube(**options))
    assert "daily_search_calls" in flaw
    youtube.later(days=1)
    youtube(**options)
    youtube.later(days=1)
    youtube(**options)
    assert _searched(web) == ["one", "two", "three", "one", "two", "three"]


def test_a_query_with_many_pages_does_not_keep_the_others_from_their_turn(
    youtube: Polls, web: WebServer
) -> None:
    web.answers[SEARCH] = _list(page="more")
    options = _options(web, queries=QUERIES, daily_search_calls=1)
    first, second = flaws_in(youtube(**options))
    assert first.startswith("Not all videos for one were read: ")
    assert "daily_search_calls" in second
    youtube.later(days=1)
    youtube(**options)
    assert _searched(web) == ["one", "two"]


def test_a_used_up_day_is_told_before_anything_is_asked_and_ends_at_midnight_in_california(
    youtube: Polls, web: WebServer
) -> None:
    options = _options(web, queries=("one",), daily_search_calls=1)
    youtube(**options)
    youtube.now += SOON  # 04:00 in California
    error = youtube.fails(**options)
    assert error.health == "over budget"
    assert error.retry_after == timedelta(hours=20)
    assert len(web.requests) == 1
    youtube.now += timedelta(hours=20)
    youtube(**options)
    assert len(web.requests) == 2


def test_midnight_is_right_on_the_day_on_which_californias_clocks_change(
    youtube: Polls, web: WebServer
) -> None:
    youtube.now = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)  # 01:00 there, for the first time
    web.answers[SEARCH] = _refusal(403, "quotaExceeded")
    assert youtube.fails(**_options(web)).retry_after == timedelta(hours=24)


def test_comments_are_read_while_the_search_is_over_its_budget(
    youtube: Polls, web: WebServer
) -> None:
    web.answers[SEARCH] = _refusal(403, "quotaExceeded")
    web.answers[COMMENTS] = recorded("youtube", "channel_comments.json")
    options = _options(web, channels=(CHANNEL,), queries=QUERIES)
    found = youtube(**options)
    assert len(posts_in(found)) == 2
    (flaw,) = flaws_in(found)
    assert "until midnight in California" in flaw
    assert _searched(web) == ["one"]
    youtube(**options)
    assert _searched(web) == ["one"]  # not asked again today
    youtube.later(days=1)
    youtube(**options)
    assert _searched(web) == ["one", "one"]  # whose turn it still is


def test_one_query_that_is_refused_costs_itself(youtube: Polls, web: WebServer) -> None:
    def some(seen: Seen) -> bytes | Reply:
        return _refusal(400, "invalid") if asked(seen, "q") == "two" else _list(_video("v1"))

    web.answers[SEARCH] = some
    found = youtube(**_options(web, queries=QUERIES, follow_video_comments_days=0))
    assert len(posts_in(found)) == 1
    assert flaws_in(found) == ["YouTube answered with error 400."]
    assert _searched(web) == list(QUERIES)


@pytest.mark.parametrize(
    ("status", "reason", "health", "says"),
    [
        (400, "keyInvalid", "needs you", "does not accept the key"),
        (400, "badRequest", "failing", "400"),
        (403, "quotaExceeded", "over budget", "midnight"),
        (403, "ipRefererBlocked", "needs you", "restriction"),
        (403, "accessNotConfigured", "needs you", "YouTube Data API v3"),
        (403, "SERVICE_UNAVAILABLE", "blocked", "403"),
        (404, "channelNotFound", "needs you", "channels"),
        (500, "backendError", "failing", "500"),
        (200, "odd", "failing", "does not explain"),
    ],
)
def test_what_youtube_says_is_wrong_is_told_in_plain_words(
    youtube: Polls, web: WebServer, status: int, reason: str, health: str, says: str
) -> None:
    web.answers[COMMENTS] = _refusal(status, reason)
    error = youtube.fails(**_options(web, channels=(CHANNEL,), queries=()))
    assert (error.health, says in str(error)) == (health, True)
    assert KEY not in str(error)


def test_a_key_that_is_not_accepted_is_tried_once(youtube: Polls, web: WebServer) -> None:
    web.answers |= dict.fromkeys((SEARCH, COMMENTS), _refusal(400, "keyInvalid"))
    youtube.fails(**_options(web, channels=(CHANNEL,), queries=QUERIES))
    assert len(web.requests) == 1


def test_the_newer_form_of_errors_is_understood(youtube: Polls, web: WebServer) -> None:
    web.answers[SEARCH] = _refusal(400, "badRequest", details=[{"reason": "API_KEY_INVALID"}])
    assert youtube.fails(**_options(web)).health == "needs you"
    limit = {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit": "SearchPerDay"}}
    web.answers[SEARCH] = _refusal(429, "rateLimitExceeded", details=[limit])
    assert youtube.fails(**_options(web)).health == "over budget"


def test_comments_that_are_switched_off_are_normal(youtube: Polls, web: WebServer) -> None:
    web.answers[SEARCH] = _list(_video("v1"))
    web.answers[COMMENTS] = _refusal(403, "commentsDisabled")
    found = youtube(**_options(web, channels=(CHANNEL,), queries=("holly",)))
    assert len(found) == 1
    assert youtube.memo["videos"] == {}


def test_a_found_videos_comments_are_read_for_so_many_days(youtube: Polls, web: WebServer) -> None:
    web.answers[SEARCH] = _list(_video("v1", "Gates at Hollybrook"))
    options = _options(web, queries=("holly",), follow_video_comments_days=7)
    web.answers[COMMENTS] = _list(_thread("c1", "2026-11-15T09:00:00Z"))
    first = posts_in(youtube(**options))
    assert [post.title for post in first] == ["Gates at Hollybrook", "YouTube: Gates at Hollybrook"]
    web.answers[SEARCH] = _list()
    youtube.later(days=6)
    assert len(posts_in(youtube(**options))) == 1
    youtube.later(days=1)
    assert posts_in(youtube(**options)) == []
    assert (youtube.memo["videos"], youtube.memo["comments"]) == ({}, {})


def test_videos_beyond_a_polls_number_are_looked_at_by_turns(
    youtube: Polls, web: WebServer
) -> None:
    web.answers[SEARCH] = _list(*(_video(f"v{number:02}") for number in range(50)))
    options = _options(web, queries=("holly",))
    for _ in range(2):
        youtube(**options)
        youtube.now += SOON
    looked = [asked(seen, "videoId") for seen in web.requests if seen.path == COMMENTS]
    assert len(looked) == 60
    assert len(set(looked)) == 50


def test_comments_are_read_down_to_those_of_the_last_poll(youtube: Polls, web: WebServer) -> None:
    pages = {
        "": _list(_thread("c3", "2026-11-16T08:00:00Z"), page="p1"),
        "p1": _list(_thread("c2", "2026-11-10T08:00:00Z"), page="p2"),
        "p2": _list(_thread("c1", "2026-09-01T08:00:00Z"), page="p3"),
    }
    web.answers[COMMENTS] = lambda seen: pages[asked(seen, "pageToken")]
    options = _options(web, channels=(CHANNEL,), queries=())
    assert len(posts_in(youtube(**options))) == 3
    assert len(web.requests) == 3
    assert len(posts_in(youtube(**options))) == 2  # until one that is older than the newest known
    assert len(web.requests) == 5


def test_an_old_comment_pinned_to_the_top_does_not_hide_new_ones(
    youtube: Polls, web: WebServer
) -> None:
    pinned = _thread("c0", "2024-01-01T08:00:00Z")
    pages = {
        "": _list(pinned, _thread("c2", "2026-11-15T08:00:00Z"), page="p1"),
        "p1": _list(_thread("c1", "2026-11-14T08:00:00Z")),
    }
    web.answers[COMMENTS] = lambda seen: pages[asked(seen, "pageToken")]
    assert len(posts_in(youtube(**_options(web, channels=(CHANNEL,), queries=())))) == 3


def test_more_comments_than_are_read_are_told(youtube: Polls, web: WebServer) -> None:
    web.answers[COMMENTS] = _list(_thread("c1", "2026-11-16T08:00:00Z"), page="again")
    (flaw,) = flaws_in(youtube(**_options(web, channels=(CHANNEL,), queries=())))
    assert "more new comments than were read" in flaw
    assert len(web.requests) == 5


def test_an_edited_comment_comes_again_under_its_id(youtube: Polls, web: WebServer) -> None:
    options = _options(web, channels=(CHANNEL,), queries=())
    web.answers[COMMENTS] = _list(_thread("c1", "2026-11-15T08:00:00Z", "Fine"))
    (old,) = posts_in(youtube(**options))
    web.answers[COMMENTS] = _list(
        _thread("c1", "2026-11-15T08:00:00Z", "Not fine", updatedAt="2026-11-16T08:00:00Z")
    )
    (new,) = posts_in(youtube(**options))
    assert (old.key, old.text, new.text) == (new.key, "Fine", "Not fine")
    assert new.record["updated"] == "2026-11-16T08:00:00Z"


def test_where_several_schools_listen_the_channels_school_is_named_or_left_open(
    youtube: Polls, web: WebServer
) -> None:
    youtube.names = ("Hollybrook Primary School", "Stanwick Academy")
    web.answers[COMMENTS] = _list(_thread("c1", "2026-11-15T08:00:00Z"))
    options = _options(web, channels=(CHANNEL,), queries=())
    (unclear,) = posts_in(youtube(**options))
    (clear,) = posts_in(youtube(**options, about="Stanwick Academy"))
    assert (unclear.title, clear.title) == ("YouTube", "YouTube: Stanwick Academy")


def test_an_answer_without_a_list_is_no_silence(youtube: Polls, web: WebServer) -> None:
    web.answers[SEARCH] = b"{}"
    assert "without a list" in str(youtube.fails(**_options(web)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": ("@hollybrook",)},
        {"channels": (), "queries": ()},
        {"queries": (" ",)},
        {"daily_search_calls": 0},
        {"daily_search_calls": 101},
        {"service": "https://api.example/?key=1"},
        {"service": "ftp://api.example"},
        {"key": "two words"},
        {"apikey": "x"},
    ],
)
def test_options_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**{"key": KEY, **wrong})


def test_a_key_in_the_configuration_itself_is_refused() -> None:
    problems = problems_with({"kind": "youtube", "key": KEY})
    assert "key_env" in problems[0]
    assert KEY not in "".join(problems)


def test_a_channels_name_is_refused_in_words_that_say_what_to_write() -> None:
    table = {"kind": "youtube", "key_env": "KEY", "channels": ["@hollybrook"]}
    (problem,) = problems_with(table, KEY=KEY)
    assert "give the channel's id" in problem


def test_a_clock_that_was_once_ahead_leaves_no_place_to_come(
    youtube: Polls, web: WebServer
) -> None:
    web.answers[SEARCH] = _list(_video("v1"))
    options = _options(web, queries=("holly",))
    youtube.later(days=365)
    youtube(**options)
    youtube.later(days=-365)
    web.requests.clear()
    youtube(**options)
    assert asked(web.requests[0], "publishedAfter") == "2026-10-17T09:00:00Z"
    web.answers[SEARCH] = _list()
    youtube.later(days=31)
    web.requests.clear()
    youtube(**options)
    assert COMMENTS not in [seen.path for seen in web.requests]


def test_no_new_video_is_no_sign_of_trouble(web: WebServer) -> None:
    assert Options(**_options(web)).quiet_is_well

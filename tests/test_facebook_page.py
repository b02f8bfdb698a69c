"""A school's Facebook Page: lists, comments that move, allowances, and a token that ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sources.facebook_page import Options
from sources.parsing import Parser
from tests.asking import Polls, asked, flaws_in, polls_of, posts_in, problems_with
from tests.kinds.facebook_page import CASE, FEED, NOTHING, OF_FAIR, PAGE, TAGGED, TOKEN
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

BUSY = {"X-App-Usage": '{"call_count":96,"total_cputime":3,"total_time":20}'}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as made:
        made.answers |= {FEED: NOTHING, TAGGED: NOTHING}
        yield made


@pytest.fixture
def page(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("facebook_page", web, parser) as polls:
        yield polls


def _options(web: WebServer, **more: Any) -> dict[str, Any]:
    return {"service": web.url("").rstrip("/"), "page": PAGE, "token": TOKEN, **more}


def _post(number: int, moved: str = "2026-11-15T08:00:00+0000", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{PAGE}_{number}",
        "message": f"Words {number}",
        "created_time": "2026-11-01T08:00:00+0000",
        "updated_time": moved,
        **more,
    }


def _list(*rows: dict[str, Any], following: str = "") -> bytes:
    paging = {"next": f"https://graph.example/x?access_token=SECRET&{following}"}
    return json.dumps({"data": rows, **({"paging": paging} if following else {})}).encode()


def _refusal(code: int, status: int = 400, **headers: str) -> Reply:
    error = {"message": f"No: {TOKEN}", "type": "OAuthException", "code": code}
    return Reply(json.dumps({"error": error}).encode(), status, headers)


def _comments_of(number: int) -> str:
    return f"/v26.0/{PAGE}_{number}/comments"


def _paths(web: WebServer) -> list[str]:
    return [seen.path for seen in web.requests]


def test_the_token_goes_in_a_header_and_stands_in_no_address(page: Polls, web: WebServer) -> None:
    page(**_options(web))
    assert {seen.headers["authorization"] for seen in web.requests} == {f"Bearer {TOKEN}"}
    assert not [seen for seen in web.requests if TOKEN in seen.query]


def test_the_last_thirty_days_are_asked_for(page: Polls, web: WebServer) -> None:
    page(**_options(web))
    feed = web.requests[0]
    start, end = int(asked(feed, "since")), int(asked(feed, "until"))
    assert end == int(page.now.timestamp())
    assert end - start == timedelta(days=30).total_seconds()


def test_the_next_page_is_asked_for_without_the_token_that_its_address_holds(
    page: Polls, web: WebServer
) -> None:
    def feed(seen: Seen) -> bytes:
        if asked(seen, "__paging_token"):
            return _list(_post(2))
        return _list(_post(1), following="until=1762000000&__paging_token=enc_1")

    web.answers |= {FEED: feed, _comments_of(1): NOTHING, _comments_of(2): NOTHING}
    assert len(posts_in(page(**_options(web)))) == 2
    second = web.requests[1]
    assert asked(second, "until") == "1762000000"
    assert "SECRET" not in second.query


def test_a_list_without_end_is_read_for_five_pages_and_said_to_go_on(
    page: Polls, web: WebServer
) -> None:
    web.answers[FEED] = _list(following="after=again")
    (flaw,) = flaws_in(page(**_options(web)))
    assert "more posts than were read" in flaw
    assert _paths(web) == [FEED] * 5 + [TAGGED]


def test_comments_are_read_again_only_where_a_post_has_moved(page: Polls, web: WebServer) -> None:
    web.answers |= {FEED: _list(_post(1), _post(2)), _comments_of(1): NOTHING}
    web.answers[_comments_of(2)] = NOTHING
    page(**_options(web))
    web.requests.clear()
    web.answers[FEED] = _list(_post(1), _post(2, moved="2026-11-16T08:00:00+0000"))
    page(**_options(web))
    assert _paths(web) == [FEED, TAGGED, _comments_of(2)]


def test_comments_are_read_newest_first_down_to_those_of_the_last_reading(
    page: Polls, web: WebServer
) -> None:
    new = {"id": "2", "message": "New", "created_time": "2026-11-15T21:00:00+0000"}
    old = {"id": "1", "message": "Old", "created_time": "2026-11-14T20:00:00+0000"}

    def comments(seen: Seen) -> bytes:
        return (
            _list(old, following="after=b")
            if asked(seen, "after")
            else _list(new, following="after=a")
        )

    web.answers |= {FEED: _list(_post(1)), _comments_of(1): comments}
    assert len(flaws_in(page(**_options(web)))) == 1  # three pages, and still more
    web.requests.clear()
    web.answers[FEED] = _list(_post(1, moved="2026-11-15T21:00:00+0000"))
    assert flaws_in(page(**_options(web))) == []
    assert _paths(web).count(_comments_of(1)) == 2
    assert asked(web.requests[-1], "order") == "reverse_chronological"


def test_the_pages_own_words_are_no_posts(page: Polls, web: WebServer) -> None:
    CASE.serve(web)
    found = posts_in(page(**_options(web)))
    assert not [post for post in found if post.author == "Hollybrook Primary School"]
    assert not [post for post in found if "winter fair" in post.text]


def test_what_is_in_both_lists_comes_once(page: Polls, web: WebServer) -> None:
    web.answers |= {FEED: _list(_post(1)), TAGGED: _list(_post(1)), _comments_of(1): NOTHING}
    assert len(posts_in(page(**_options(web)))) == 1


def test_many_posts_that_moved_are_read_over_several_polls(page: Polls, web: WebServer) -> None:
    web.answers[FEED] = _list(*map(_post, range(40)))
    web.answers |= {_comments_of(number): NOTHING for number in range(40)}
    (flaw,) = flaws_in(page(**_options(web)))
    assert "left for the next poll" in flaw
    assert flaws_in(page(**_options(web))) == []
    read = [path for path in _paths(web) if path.endswith("/comments")]
    assert len(read) == len(set(read)) == 40


def test_an_allowance_that_is_nearly_used_up_ends_the_poll_early_and_nothing_is_lost(
    page: Polls, web: WebServer
) -> None:
    web.answers[FEED] = Reply(_list(_post(1)), headers=BUSY)
    web.answers[_comments_of(1)] = NOTHING
    found = page(**_options(web))
    assert len(posts_in(found)) == 1
    (flaw,) = flaws_in(found)
    assert flaw.startswith("96 % of what Facebook allows")
    assert _paths(web) == [FEED]
    web.answers[FEED] = _list(_post(1))
    assert flaws_in(page(**_options(web))) == []
    assert _paths(web)[1:] == [FEED, TAGGED, _comments_of(1)]


@pytest.mark.parametrize("header", ["{}", "[" * 9000, '{"call_count":"97"}', '{"call_count":95}'])
def test_a_use_that_is_in_bounds_or_unreadable_ends_nothing(
    page: Polls, web: WebServer, header: str
) -> None:
    web.answers[FEED] = Reply(NOTHING, headers={"X-App-Usage": header})
    assert page(**_options(web)) == []
    assert _paths(web) == [FEED, TAGGED]


@pytest.mark.parametrize(
    ("code", "health", "says"),
    [
        (4, "over budget", "allowance"),
        (17, "over budget", "allowance"),
        (32, "over budget", "allowance"),
        (613, "over budget", "allowance"),
        (190, "needs you", "make a new one"),
        (10, "needs you", "pages_read_user_content"),
        (200, "needs you", "pages_read_user_content"),
        (283, "needs you", "pages_read_user_content"),
        (803, "needs you", "check page and token"),
        (12, "needs you", "newer version"),
        (1, "failing", "error 400"),
    ],
)
def test_what_facebook_says_is_wrong_is_told_in_plain_words(
    page: Polls, web: WebServer, code: int, health: str, says: str
) -> None:
    web.answers |= {FEED: _refusal(code), TAGGED: _refusal(code)}
    error = page.fails(**_options(web))
    assert (error.health, says in str(error)) == (health, True)
    assert TOKEN not in str(error)


def test_a_code_beyond_all_bounds_is_not_repeated(page: Polls, web: WebServer) -> None:
    web.answers |= {FEED: _refusal(10**100, 200), TAGGED: _refusal(10**100, 200)}
    assert str(page.fails(**_options(web))) == "Facebook answered with an error (code 0)."


def test_a_token_that_ended_is_tried_once(page: Polls, web: WebServer) -> None:
    web.answers |= {FEED: _refusal(190), TAGGED: _refusal(190)}
    page.fails(**_options(web))
    assert _paths(web) == [FEED]


def test_a_used_up_allowance_is_left_alone_as_long_as_facebook_says_or_an_hour(
    page: Polls, web: WebServer
) -> None:
    web.answers[FEED] = _refusal(4)
    assert page.fails(**_options(web)).retry_after == timedelta(hours=1)
    use = '{"1":[{"type":"pages","call_count":101,"estimated_time_to_regain_access":19}]}'
    web.answers[FEED] = _refusal(32, **{"X-Business-Use-Case-Usage": use})
    assert page.fails(**_options(web)).retry_after == timedelta(minutes=19)
    assert _paths(web) == [FEED, FEED]


def test_one_list_that_is_not_permitted_costs_itself(page: Polls, web: WebServer) -> None:
    web.answers |= {TAGGED: _refusal(10, 403), FEED: _list(_post(1)), _comments_of(1): NOTHING}
    found = page(**_options(web))
    assert len(posts_in(found)) == 1
    (flaw,) = flaws_in(found)
    assert "(code 10)" in flaw


def test_comments_that_fail_are_read_at_the_next_poll(page: Polls, web: WebServer) -> None:
    CASE.serve(web)
    web.answers[OF_FAIR] = _refusal(1, 500)
    assert len(flaws_in(page(**_options(web)))) == 1
    CASE.serve(web)
    web.requests.clear()
    assert flaws_in(page(**_options(web))) == []
    assert _paths(web) == [FEED, TAGGED, OF_FAIR]


def test_an_id_that_could_lead_elsewhere_is_not_asked_about(page: Polls, web: WebServer) -> None:
    web.answers[FEED] = _list({**_post(1), "id": "../../me/accounts?x="})
    assert len(posts_in(page(**_options(web)))) == 1
    assert _paths(web) == [FEED, TAGGED]


def test_a_post_whose_change_is_not_dated_is_looked_at_each_time(
    page: Polls, web: WebServer
) -> None:
    web.answers |= {FEED: _list(_post(1, moved="soon")), _comments_of(1): NOTHING}
    page(**_options(web))
    page(**_options(web))
    assert _paths(web).count(_comments_of(1)) == 2


def test_old_posts_are_forgotten(page: Polls, web: WebServer) -> None:
    web.answers |= {FEED: _list(_post(1)), _comments_of(1): NOTHING}
    page(**_options(web))
    web.answers[FEED] = NOTHING
    page.later(days=20)
    page(**_options(web))
    assert len(page.memo["moved"]) == 1
    page.later(days=20)
    page(**_options(web))
    assert page.memo["moved"] == {}


def test_another_version_is_asked_by_its_name(page: Polls, web: WebServer) -> None:
    web.answers |= {f"/v27.0/{PAGE}/{edge}": NOTHING for edge in ("feed", "tagged")}
    assert page(**_options(web, version="v27.0")) == []


def test_options_that_cannot_work_are_refused() -> None:
    for wrong in ({"page": "hollybrook"}, {"version": "26"}, {"token": "a b"}, {"group": "1"}):
        with pytest.raises(ValidationError):
            Options(**{"page": PAGE, "token": TOKEN, **wrong})
    table = {"kind": "facebook_page", "page": "hollybrook", "token_env": "TOKEN"}
    (problem,) = problems_with(table, TOKEN=TOKEN)
    assert "give the Page's number" in problem


def test_a_page_on_which_nobody_writes_is_no_sign_of_trouble() -> None:
    assert Options(page=PAGE, token=TOKEN).quiet_is_well

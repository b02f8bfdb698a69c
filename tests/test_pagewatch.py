"""Pages that are watched: what is an entry, what is noise, and what robots.txt has to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sources.base import Ask, NotModified, Post
from sources.fetch import Door, Fetcher
from sources.pagewatch import Options, collect
from sources.parsing import Parser
from tests.asking import NOW, Polls, flaws_in, polls_of, posts_in
from tests.kinds import recorded
from tests.kinds.pagewatch import PAGE, ROBOTS
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

CHALLENGE = "<title>Just a moment...</title><p>Checking your browser before you can go on</p>"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def poll(web: WebServer, parser: Parser) -> Iterator[Polls]:
    with polls_of("pagewatch", web, parser) as polls:
        yield polls


def _shown(web: WebServer, poll: Polls, body: str, **options: Any) -> list[Post]:
    """What a poll reads where the page has this body."""
    page = f"<!DOCTYPE html><html><head><title>News</title></head><body>{body}</body></html>"
    web.answers[PAGE] = page.encode()
    return posts_in(poll(url=web.url(PAGE), **options))


def _keys(posts: list[Post]) -> list[str]:
    return [post.key for post in posts]


def test_selected_links_go_by_their_address_and_relative_ones_are_made_whole(
    web: WebServer, poll: Polls
) -> None:
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    found = posts_in(poll(url=web.url(PAGE), select="ul.reports a", medium="news"))
    assert [(post.url, post.text, post.medium) for post in found] == [
        (web.url("/file/50299001"), "School inspection: 12 March 2026", "news"),
        (web.url("/file/50211007"), "School inspection: 5 May 2021", "news"),
    ]
    assert found[0].title == ""
    assert found[0].record["select"] == "ul.reports a"


def test_new_words_under_an_old_link_are_the_same_entry_changed(
    web: WebServer, poll: Polls
) -> None:
    (one,) = _shown(web, poll, '<a href="/1">Report</a>', select="a")
    (two,) = _shown(web, poll, '<a href="/1?utm_source=x">Report, corrected</a>', select="a")
    assert one.key == two.key
    assert one.content_key != two.content_key


def test_a_picture_and_its_headline_that_lead_to_one_page_are_one_entry(
    web: WebServer, poll: Polls
) -> None:
    body = '<a href="/1"><img></a><h2><a href="/1">New head</a></h2><a href="/1">New head</a>'
    (post,) = _shown(web, poll, body, select="a")
    assert post.text == "New head"


def test_a_block_that_leads_to_several_pages_goes_by_its_words(web: WebServer, poll: Polls) -> None:
    body = '<div class="card">Two <a href="/1">reports</a> and <a href="/2">more</a></div>'
    (post,) = _shown(web, poll, body, select=".card")
    assert (post.url, post.text) == (web.url(PAGE), "Two reports and more")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Seen 1,204 times by other people", "Seen 1,310 times by other people"),
        ("Last updated on 14 November 2026 at 9:30am", "Last updated on 2 December 2026 at 11.00"),
        ("The office answered this 3 hours ago", "The office answered this yesterday"),
        ("A  parent\n of the  school", "A parent of the school"),
        ("Thank <b>you</b> all so much", "Thank you all so <i>much</i>"),
        ("Thank you all<!-- 17 --> so much", "Thank you all<!-- 18 --> so much"),
    ],
)
def test_what_changes_by_itself_makes_no_new_entry(
    web: WebServer, poll: Polls, before: str, after: str
) -> None:
    first = _shown(web, poll, f"<p>{before}</p>")
    assert _keys(_shown(web, poll, f"<p>{after}</p>")) == _keys(first)
    assert _keys(_shown(web, poll, f"<p>{before}</p>")) == _keys(first)
    assert len(first) == 1


def test_a_second_block_that_differs_in_its_date_alone_is_new_and_the_others_stay(
    web: WebServer, poll: Polls
) -> None:
    old = "<p>School inspection held on 5 May 2021</p>"
    new = "<p>School inspection held on 9 November 2026</p>"
    first = _shown(web, poll, old)
    second = _shown(web, poll, new + old)
    third = _shown(web, poll, new + old)
    assert _keys(second)[1:] == _keys(first)
    assert _keys(second)[0] not in _keys(first)
    assert _keys(third) == _keys(second)


def test_other_words_make_a_new_entry(web: WebServer, poll: Polls) -> None:
    first = _shown(web, poll, "<p>Overall effectiveness: Good</p>")
    assert _keys(_shown(web, poll, "<p>Overall effectiveness: Inadequate</p>")) != _keys(first)


def test_words_outside_any_paragraph_are_seen_and_menus_and_buttons_are_not(
    web: WebServer, poll: Polls
) -> None:
    body = (
        "<nav><p>Words of the menu here</p></nav><div>Words in a box"
        "<p>Words in a paragraph</p><button>Read more</button> and after it</div>"
        "<script>var words = 'of the script'</script><footer>Words of the footer</footer>"
    )
    texts = [post.text for post in _shown(web, poll, body)]
    assert texts == ["Words in a box Read more and after it", "Words in a paragraph"]


def test_a_link_is_told_and_never_followed(web: WebServer, poll: Polls) -> None:
    (post,) = _shown(web, poll, '<p>Read <a href="/secret">the whole report</a></p>')
    assert post.url == web.url("/secret")
    assert [seen.path for seen in web.requests] == [ROBOTS, PAGE]


def test_a_link_that_could_act_is_no_link(web: WebServer, poll: Polls) -> None:
    (post,) = _shown(web, poll, '<a href="javascript:alert(1)">Click here now</a>', select="a")
    assert post.url == web.url(PAGE)


def test_a_selector_that_finds_nothing_needs_a_person(web: WebServer, poll: Polls) -> None:
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    never = poll.fails(url=web.url(PAGE), select=".gone")
    poll(url=web.url(PAGE), select="ul.reports a")
    web.answers[PAGE] = b"<html><head><title>New design</title></head><p>Hello to all</p></html>"
    lost = poll.fails(url=web.url(PAGE), select="ul.reports a")
    assert (never.health, lost.health) == ("needs you", "needs you")
    assert "does not hold what “select” names" in str(never)
    assert "no longer holds what “select” names; open it" in str(lost)
    assert "New design" not in str(lost)


def test_a_page_without_text_needs_a_person(web: WebServer, poll: Polls) -> None:
    web.answers[PAGE] = (
        b'<html><body><div id="app"></div><script src="/a.js"></script></body></html>'
    )
    error = poll.fails(url=web.url(PAGE))
    assert error.health == "needs you"
    assert "without running its programs" in str(error)


def test_a_check_against_robots_is_a_refusal_and_not_news(web: WebServer, poll: Polls) -> None:
    _shown(web, poll, "<p>What the page usually says</p>")
    web.answers[PAGE] = CHALLENGE.encode()
    error = poll.fails(url=web.url(PAGE))
    assert error.health == "blocked"
    assert "Just a moment" not in str(error)


def test_a_page_with_a_box_for_signing_in_is_read_all_the_same(web: WebServer, poll: Polls) -> None:
    body = "<form><input type=password></form><p>What the page usually says</p>"
    assert len(_shown(web, poll, body)) == len(_shown(web, poll, body)) == 1


def test_no_more_than_500_parts_are_watched(web: WebServer, poll: Polls) -> None:
    web.answers[PAGE] = "".join(f'<a href="/{at}">Part</a>' for at in range(502)).encode()
    found = poll(url=web.url(PAGE), select="a")
    assert len(posts_in(found)) == 500
    assert "502 parts" in flaws_in(found)[0]


def test_a_page_that_has_moved_to_another_site_is_not_read_there(
    web: WebServer, poll: Polls
) -> None:
    elsewhere = web.url("/moved", host="localhost")
    web.answers[PAGE] = Reply(status=301, headers={"Location": elsewhere})
    web.answers["/moved"] = b"<p>What the other site says</p>"
    poll.fetcher.close()
    poll.fetcher = Fetcher("", [web.host, f"localhost:{web.port}"], clock=lambda: NOW, version="1")
    error = poll.fails(url=web.url(PAGE))
    assert error.health == "needs you"
    assert f"has moved to localhost:{web.port}" in str(error)


@pytest.mark.parametrize("forbidden", [True, False])
def test_a_page_that_has_moved_within_its_site_is_read_where_robots_txt_lets_it(
    web: WebServer, poll: Polls, forbidden: bool
) -> None:
    web.answers[ROBOTS] = b"User-agent: *\nDisallow: /private\nCrawl-delay: 1\n"
    target = "/private" if forbidden else "/public"
    web.answers[PAGE] = Reply(status=301, headers={"Location": target})
    web.answers[target] = b"<p>What the page says there</p>"
    if forbidden:
        error = poll.fails(url=web.url(PAGE))
        assert (error.health, "robots.txt" in str(error)) == ("blocked", True)
    else:
        assert len(posts_in(poll(url=web.url(PAGE)))) == 1
    assert [seen.path for seen in web.requests] == [ROBOTS, PAGE, target, ROBOTS]


def test_what_robots_txt_said_to_a_clock_that_was_ahead_is_asked_again(
    web: WebServer, poll: Polls
) -> None:
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    poll.later(days=365)
    poll(url=web.url(PAGE))
    poll.later(days=-365)
    poll(url=web.url(PAGE))
    assert [seen.path for seen in web.requests] == [ROBOTS, PAGE, ROBOTS, PAGE]


def test_what_a_person_writes_is_not_watched() -> None:
    with pytest.raises(ValidationError, match="Footprint follows no person"):
        Options(url="https://hub.example/@jo")
    assert Options(url="https://hub.example/@hollybrook", own_account=True)


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        ("User-agent: *\nDisallow: /provider", False),
        ("User-agent: *\nDisallow: /\nAllow: /provider/", True),
        ("User-agent: Footprint\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: footprint\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: *\nDisallow: /*/21/*", False),
        ("<html><body>no such page</body></html>", True),
        ("", True),
    ],
)
def test_robots_txt_is_obeyed(web: WebServer, poll: Polls, robots: str, allowed: bool) -> None:
    web.answers[ROBOTS] = robots.encode()
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    if allowed:
        assert poll(url=web.url(PAGE))
    else:
        assert poll.fails(url=web.url(PAGE)).health == "blocked"
    assert (PAGE in [seen.path for seen in web.requests]) == allowed


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_site_without_robots_txt_allows_it(web: WebServer, poll: Polls, status: int) -> None:
    web.answers[ROBOTS] = Reply(b"User-agent: *\nDisallow: /", status=status)
    assert _shown(web, poll, "<p>What the page says</p>")


@pytest.mark.parametrize("status", [429, 500, 503, 304])
def test_a_robots_txt_that_cannot_be_had_for_now_forbids_for_now(
    web: WebServer, poll: Polls, status: int
) -> None:
    web.answers[ROBOTS] = Reply(status=status)
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    error = poll.fails(url=web.url(PAGE))
    assert error.health == "failing"
    assert "left alone for now" in str(error)
    assert [seen.path for seen in web.requests] == [ROBOTS]


def test_robots_txt_is_read_once_a_day_and_anew_for_another_page(
    web: WebServer, poll: Polls
) -> None:
    web.answers[PAGE] = web.answers["/other"] = recorded("pagewatch", "page.html")
    for hours in (0, 23, 1):
        poll.later(hours=hours)
        poll(url=web.url(PAGE))
    poll(url=web.url("/other"))
    assert [seen.path for seen in web.requests] == [
        ROBOTS, PAGE, PAGE, ROBOTS, PAGE, ROBOTS, "/other"
    ]  # fmt: skip


@pytest.mark.parametrize(("asks", "waits"), [("30", 30), ("7200", 60), ("20.5", 20.5)])
def test_a_crawl_delay_keeps_every_source_from_the_site_a_minute_at_most(
    web: WebServer, poll: Polls, asks: str, waits: float
) -> None:
    web.answers[ROBOTS] = f"User-agent: *\nCrawl-delay: {asks}\n".encode()
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    poll(url=web.url(PAGE))
    error = poll.fails(url=web.url(PAGE))
    assert (error.health, error.retry_after) == ("waiting", timedelta(seconds=waits))


@pytest.mark.parametrize("asks", ["nan", "-5", "0", "soon", ""])
def test_a_crawl_delay_that_is_none_delays_nothing(web: WebServer, poll: Polls, asks: str) -> None:
    web.answers[ROBOTS] = f"User-agent: *\nCrawl-delay: {asks}\n".encode()
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    poll(url=web.url(PAGE))
    assert poll(url=web.url(PAGE))


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("a[", "Malformed attribute selector"),
        ("li >", "is no CSS selector"),
        ("p::before", "Pseudo-element"),
        (":foo", "is no CSS selector"),
    ],
)
def test_a_selector_that_is_none_is_refused_in_one_plain_line(select: str, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(url="https://stanwick.example/", select=select)
    (error,) = caught.value.errors()
    assert says in error["msg"]
    assert len(error["msg"].splitlines()) == 1


@pytest.mark.parametrize(
    "url", ["", "stanwick.example", "https://u:p@stanwick.example/", "ftp://a"]
)
def test_an_address_that_cannot_be_fetched_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Options(url=url)


def test_an_unchanged_page_says_so(web: WebServer, poll: Polls, parser: Parser) -> None:
    web.answers[PAGE] = recorded("pagewatch", "page.html")
    ask = Ask("it", Options(url=web.url(PAGE)), (), NOW, {})
    first = Door(poll.fetcher, parser, {})
    assert list(collect(ask, first))
    with pytest.raises(NotModified):
        list(collect(ask, Door(poll.fetcher, parser, first.validators)))

"""The demonstration's server answers real requests: feeds, pages, conditional requests, an end."""

from __future__ import annotations

import http.client
import json
import socket
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest

from monitor.demo.content import outlets
from monitor.demo.school import demo_settings
from monitor.demo.server import DemoServer
from sources.base import Ask, Post
from sources.feed import collect
from sources.fetch import Door, Fetcher
from sources.parsing import Parser

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 20, 9, 30, 0, 250_000, tzinfo=UTC)
XML_FEEDS = ["alerts", "forum", "press", "search", "village"]


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Reply:
    status: int
    headers: HTTPMessage
    body: bytes


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[DemoServer]:
    running = DemoServer(START, clock)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def reader(server: DemoServer, clock: Clock) -> Iterator[tuple[Fetcher, Parser]]:
    allowed = [f"127.0.0.1:{server.port}"]
    fetcher, parser = Fetcher("", allowed, clock=clock, version="0"), Parser()
    yield fetcher, parser
    parser.close()
    fetcher.close()


def get(server: DemoServer, path: str, **headers: str) -> Reply:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        line.request("GET", path, headers=headers)
        reply = line.getresponse()
        return Reply(reply.status, reply.headers, reply.read())
    finally:
        line.close()


def entries(server: DemoServer, name: str) -> list[feedparser.FeedParserDict]:
    parsed = feedparser.parse(get(server, f"/feeds/{name}").body)
    return list(parsed.entries)


def expected(name: str) -> int:
    outlet = next(outlet for outlet in outlets() if outlet.id == name)
    return sum(post.appears <= timedelta() for post in outlet.posts)


@pytest.mark.parametrize("name", XML_FEEDS)
def test_an_xml_feed_is_well_formed_and_whole(server: DemoServer, name: str) -> None:
    parsed = feedparser.parse(get(server, f"/feeds/{name}").body)
    assert not parsed.bozo
    assert parsed.version in ("rss20", "atom10")
    assert len(parsed.entries) == expected(name)
    assert len({entry.id for entry in parsed.entries}) == len(parsed.entries)


@pytest.mark.parametrize("name", XML_FEEDS)
def test_entries_carry_a_link_and_a_past_date_newest_first(server: DemoServer, name: str) -> None:
    found = entries(server, name)
    dates = [datetime.fromtimestamp(timegm(entry.published_parsed), UTC) for entry in found]
    assert dates == sorted(dates, reverse=True)
    assert START - timedelta(weeks=8) <= dates[-1]
    assert dates[0] <= START
    assert all(entry.link for entry in found)


def test_the_json_feed_holds_the_blogs(server: DemoServer) -> None:
    feed = json.loads(get(server, "/feeds/blogs").body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert len(feed["items"]) == expected("blogs")
    for item in feed["items"]:
        assert item["content_html"].startswith("<p>")
        assert datetime.fromisoformat(item["date_published"]).tzinfo is not None


def test_the_programs_own_reader_gets_every_post_whole(
    server: DemoServer, clock: Clock, reader: tuple[Fetcher, Parser], tmp_path: Path
) -> None:
    fetcher, parser = reader
    told = {(outlet.id, " ".join(p.text.split())) for outlet in outlets() for p in outlet.posts}
    clock.now = START + timedelta(minutes=5)
    read = set()
    *feeds, _reports = demo_settings(server.port, tmp_path).sources
    for source in feeds:
        ask = Ask(source.id, source.options, (), clock.now)
        for post in collect(ask, Door(fetcher, parser, {})):
            assert isinstance(post, Post), post
            assert post.url.startswith(f"{server.address}/p/")
            assert post.published is not None
            read.add((source.id, " ".join(post.text.removesuffix("[...]").split())))
    assert told == read


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("press", "application/rss+xml; charset=utf-8"),
        ("village", "application/rss+xml; charset=utf-8"),
        ("alerts", "application/atom+xml; charset=utf-8"),
        ("blogs", "application/feed+json; charset=utf-8"),
    ],
)
def test_each_feed_says_what_it_is(server: DemoServer, name: str, kind: str) -> None:
    assert get(server, f"/feeds/{name}").headers["Content-Type"] == kind


def test_an_alert_leads_to_the_article_through_a_redirect_link(server: DemoServer) -> None:
    alert = next(at for at in entries(server, "alerts") if "requires improvement" in at.title)
    link = urlsplit(alert.link)
    assert (link.hostname, link.path) == ("www.google.com", "/url")
    target = parse_qs(link.query)["url"][0]
    assert target == f"{server.address}/p/press-inspection"
    assert "<b>Hollybrook Primary</b>" in alert.title
    assert get(server, urlsplit(target).path).status == 200


def test_the_press_feed_has_its_authors_pictures_and_trackers(server: DemoServer) -> None:
    story = entries(server, "press")[0]
    assert story.author == "Gemma Thrale"
    assert story.media_content[0]["url"].endswith(".jpg")
    assert "utm_source=rss" in story.link
    assert story.id not in story.link


def test_the_forum_gives_an_excerpt_and_the_whole(server: DemoServer) -> None:
    post = next(at for at in entries(server, "forum") if at.title == "Third time now")
    assert post.author == "marcus_dad_of_2"
    assert "[...]" in post.summary
    assert "Who do I complain to over the head?" in post.content[0].value


def test_a_village_post_has_no_title_and_its_signs_are_escaped(server: DemoServer) -> None:
    fair = next(at for at in entries(server, "village") if "flapjack" in at.summary)
    assert "title" not in fair
    assert "trim trail &amp; the best" in fair.summary
    assert "brilliant &lt;3" in get(server, urlsplit(fair.link).path).body.decode()


def test_every_link_of_every_feed_leads_to_a_page(server: DemoServer, clock: Clock) -> None:
    clock.now = START + timedelta(minutes=5)
    links = [at.link for name in XML_FEEDS for at in entries(server, name)]
    links += [at["url"] for at in json.loads(get(server, "/feeds/blogs").body)["items"]]
    assert len(links) == sum(len(outlet.posts) for outlet in outlets())
    for link in links:
        parts = urlsplit(parse_qs(urlsplit(link).query).get("url", [link])[0])
        page = get(server, parts.path)
        assert page.status == 200, link
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_later_post_is_nowhere_until_its_second_has_come(
    server: DemoServer, clock: Clock
) -> None:
    clock.now = START + timedelta(seconds=39)
    assert get(server, "/p/village-gates").status == 404
    early = get(server, "/feeds/village")
    clock.now = START + timedelta(seconds=40)
    assert get(server, "/p/village-gates").status == 200
    late = get(server, "/feeds/village", **{"If-None-Match": early.headers["ETag"]})
    assert late.status == 200
    assert b"leaving in an ambulance" in late.body
    assert b"leaving in an ambulance" not in early.body


@pytest.mark.parametrize(
    ("ours", "theirs"), [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")]
)
def test_a_feed_that_has_not_changed_is_not_sent_again(
    server: DemoServer, clock: Clock, ours: str, theirs: str
) -> None:
    first = get(server, "/feeds/press")
    clock.now = START + timedelta(seconds=30)
    again = get(server, "/feeds/press", **{theirs: first.headers[ours]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Fri, 20 Nov 2026 09:30:15 GMT", 304),
        ("Fri, 20 Nov 2026 09:30:14 GMT", 200),
        ("not a date at all", 200),
    ],
)
def test_a_date_counts_to_the_second_and_nonsense_not_at_all(
    server: DemoServer, clock: Clock, since: str, status: int
) -> None:
    clock.now = START + timedelta(seconds=39)
    assert get(server, "/feeds/village", **{"If-Modified-Since": since}).status == status


def test_a_wrong_tag_wins_over_a_right_date(server: DemoServer) -> None:
    headers = {"If-None-Match": '"other"', "If-Modified-Since": "Fri, 20 Nov 2026 12:00:00 GMT"}
    assert get(server, "/feeds/press", **headers).status == 200


@pytest.mark.parametrize(
    "path", ["/feeds/", "/feeds/nothing", "/p/alert-family", "/p/../server.py", "/x"]
)
def test_what_does_not_exist_is_not_found(server: DemoServer, path: str) -> None:
    assert get(server, path).status == 404


def test_the_front_page_lists_the_feeds(server: DemoServer) -> None:
    page = get(server, "/").body.decode()
    assert all(f'href="/feeds/{outlet.id}"' in page for outlet in outlets())


def test_a_visitor_who_hangs_up_leaves_no_word_behind(
    server: DemoServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"GET /feeds/press HT")
    assert get(server, "/x").status == 404
    server.stop()
    assert capfd.readouterr() == ("", "")


def test_a_stopped_server_has_given_its_port_back(clock: Clock) -> None:
    server = DemoServer(START, clock)
    server.start()
    assert get(server, "/").status == 200
    server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_a_server_that_never_started_can_be_stopped(clock: Clock) -> None:
    server = DemoServer(START, clock)
    server.stop()
    server.stop()

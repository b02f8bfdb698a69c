"""Turns at a site: how far apart, for whom, and what a restart remembers."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from monitor.store.engine import Store
from monitor.store.sites import SiteBook
from sources.base import SourceError
from sources.fetch import Door, Fetcher
from sources.parsing import Parser
from sources.turns import MOST_WAITED, SPACINGS, Turns, own_sites, site_of
from tests.conftest import Clock
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

SECOND = timedelta(seconds=1)


def test_the_second_turn_at_a_site_is_a_second_later_for_every_process(
    store: Store, clock: Clock
) -> None:
    one, other = SiteBook(store, clock), SiteBook(store, clock)
    assert one.take("a.example", SECOND, MOST_WAITED) == timedelta()
    assert other.take("a.example", SECOND, MOST_WAITED) == SECOND
    assert one.take("a.example", SECOND, MOST_WAITED) == 2 * SECOND
    assert one.take("b.example", SECOND, MOST_WAITED) == timedelta()


def test_a_turn_that_is_too_far_off_is_not_kept(store: Store, clock: Clock) -> None:
    book = SiteBook(store, clock)
    book.take("a.example", timedelta(seconds=70), MOST_WAITED)
    for _ in range(3):
        assert book.take("a.example", SECOND, MOST_WAITED) == timedelta(seconds=70)


def test_a_site_that_asked_to_be_left_alone_is_over_a_restart(store: Store, clock: Clock) -> None:
    SiteBook(store, clock).leave_alone("a.example", clock.now + timedelta(hours=20))
    assert SiteBook(store, clock).take("a.example", SECOND, MOST_WAITED) == timedelta(hours=20)
    clock.forward(hours=20)
    assert SiteBook(store, clock).take("a.example", SECOND, MOST_WAITED) == timedelta()


def test_a_clock_that_was_set_back_does_not_shut_a_site(store: Store, clock: Clock) -> None:
    SiteBook(store, clock).leave_alone("a.example", clock.now + timedelta(hours=20))
    clock.forward(days=-3)
    assert SiteBook(store, clock).take("a.example", SECOND, MOST_WAITED) == timedelta()


def test_one_site_is_asked_a_second_apart(store: Store) -> None:
    from monitor.commands._world import clock

    moments: list[float] = []

    def answer(_: Seen) -> bytes:
        moments.append(time.monotonic())
        return b"<rss/>"

    with WebServer() as web:
        web.answers["/"] = answer
        turns = Turns(clock, SiteBook(store, clock), lambda _: timedelta(seconds=0.3))
        fetcher = Fetcher("", [web.host], clock=clock, version="0", turns=turns)
        began = time.monotonic()
        fetcher.get(web.url("/"))
        fetcher.get(web.url("/"))
        fetcher.close()
    assert moments[1] - began >= 0.29


def test_a_site_that_asks_for_peace_gets_it_from_every_source(clock: Clock) -> None:
    with WebServer() as web:
        web.answers["/a"] = Reply(status=429, headers={"Retry-After": "3600"})
        web.answers["/b"] = b"{}"
        fetcher, parser = Fetcher("", [web.host], clock=clock, version="0"), Parser()
        door = Door(fetcher, parser, {})
        assert door.call(web.url("/a")).status == 429
        with pytest.raises(SourceError, match="left alone for another 60 minutes") as caught:
            door.call(web.url("/b"))
        assert (caught.value.health, caught.value.retry_after) == ("waiting", timedelta(hours=1))
        clock.forward(hours=1)
        assert door.call(web.url("/b")).body == b"{}"
        assert [seen.path for seen in web.requests] == ["/a", "/b"]
        fetcher.close()
        parser.close()


def test_sites_that_are_known_to_want_more_get_more(clock: Clock) -> None:
    book = _Spacings()
    turns = Turns(clock, book, lambda _: None)
    for url in ("https://old.reddit.com/new.rss", "https://crt.sh/", "https://gazette.example/"):
        turns.wait(site_of(url))
    assert book.asked == [SPACINGS["reddit.com"], SPACINGS["crt.sh"], SECOND]


class _Spacings:
    def __init__(self) -> None:
        self.asked: list[timedelta] = []

    def take(self, site: str, spacing: timedelta, most: timedelta) -> timedelta:
        self.asked.append(spacing)
        return timedelta()

    def leave_alone(self, site: str, until: object) -> None:
        raise AssertionError


def test_a_site_is_named_by_its_host_and_an_unusual_port() -> None:
    assert site_of("https://www.Gazette.example/news?x=1") == "gazette.example"
    assert site_of("http://gazette.example:80/") == "gazette.example"
    assert site_of("http://127.0.0.1:8888/rss") == "127.0.0.1:8888"
    assert site_of("https://old.reddit.com/r/x.rss") == site_of("https://www.reddit.com/y.rss")
    assert own_sites(["127.0.0.1:8888", "search.local"]) == {"127.0.0.1:8888", "search.local"}


def test_a_call_gives_the_body_whatever_the_status_and_keeps_its_headers_at_home(
    clock: Clock,
) -> None:
    with WebServer() as web, WebServer() as other:
        web.answers["/error"] = Reply(b'{"reason":"quota"}', status=403)
        web.answers["/away"] = Reply(status=302, headers={"Location": other.url("/b")})
        other.answers["/b"] = b"{}"
        fetcher, parser = Fetcher("", [web.host, other.host], clock=clock, version="0"), Parser()
        door = Door(fetcher, parser, {})
        answer = door.call(web.url("/error"), headers={"X-Token": "secret"})
        assert (answer.status, answer.body) == (403, b'{"reason":"quota"}')
        door.call(web.url("/away"), headers={"X-Token": "secret"})
        assert "x-token" not in other.requests[0].headers
        posted = door.call(web.url("/away"), headers={"X-Token": "secret"}, data=b"name=1")
        assert posted.status == 302
        assert len(other.requests) == 1
        assert (web.requests[-1].method, web.requests[-1].body) == ("POST", b"name=1")
        fetcher.close()
        parser.close()


def test_a_redirect_on_one_site_needs_no_second_turn(clock: Clock) -> None:
    with WebServer() as web:
        web.answers["/a"] = Reply(status=301, headers={"Location": "/b"})
        web.answers["/b"] = b"<rss/>"
        turns = Turns(clock, own=lambda _: timedelta(seconds=70))
        fetcher = Fetcher("", [web.host], clock=clock, version="0", turns=turns)
        assert fetcher.get(web.url("/a")).body == b"<rss/>"
        fetcher.close()


def test_a_site_cannot_have_another_left_alone_by_redirecting_to_it(clock: Clock) -> None:
    with WebServer() as bad, WebServer() as good:
        bad.answers["/a"] = Reply(status=302, headers={"Location": good.url("/busy")})
        good.answers["/busy"] = Reply(status=429, headers={"Retry-After": "86400"})
        good.answers["/feed"] = b"<rss/>"
        fetcher, parser = Fetcher("", [bad.host, good.host], clock=clock, version="0"), Parser()
        with pytest.raises(SourceError):
            Door(fetcher, parser, {}).get(bad.url("/a"))
        assert Door(fetcher, parser, {}).get(good.url("/feed")).body == b"<rss/>"
        fetcher.close()
        parser.close()


def test_a_reading_that_takes_too_long_asks_for_nothing_more(clock: Clock) -> None:
    with WebServer() as web:
        web.answers["/a"] = b"<rss/>"
        fetcher, parser = Fetcher("", [web.host], clock=clock, version="0"), Parser()
        with pytest.raises(SourceError, match="so slowly") as caught:
            Door(fetcher, parser, {}, patience=-1).get(web.url("/a"))
        assert caught.value.health == "slow"
        assert not web.requests
        fetcher.close()
        parser.close()

"""`footprint check --online`: what is wrong with a source, and what to do, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.feeds import PRAISE, Item, rss
from tests.test_commands import Desk
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A folder with a configuration and a real feed server."""
    with WebServer() as server:
        yield Desk(tmp_path, server)


def online(desk: Desk, answer: Reply | bytes) -> str:
    """What is said of a source that answers so."""
    desk.server.answers["/gazette"] = answer
    said = desk.run("check", "--online").output
    (line,) = [line for line in said.splitlines() if "Source gazette" in line]
    return line


@pytest.mark.parametrize(
    ("status", "wrong", "advice"),
    [
        (404, "has nothing at this address (404)", "Find the new one and put it into the conf"),
        (410, "is gone for good (410)", "or remove the source"),
        (401, "asks for a user name and password", "It needs a setting of yours"),
        (403, "refuses to let us read (403)", "Ask the place for a feed or for leave"),
        (500, "answered with error 500", "There is nothing to do for now"),
    ],
)
def test_each_trouble_comes_with_what_to_do(
    desk: Desk, status: int, wrong: str, advice: str
) -> None:
    line = online(desk, Reply(status=status))
    assert line.startswith("WRONG")
    assert wrong in line
    assert advice in line


def test_a_login_page_is_said_to_be_one(desk: Desk) -> None:
    line = online(desk, Reply(b"<html><title>Sign in</title><input type=password></html>"))
    assert line.startswith("WRONG")
    assert "asks for a sign-in" in line
    assert "does not work around that" in line


def test_a_feed_without_entries_is_no_all_clear(desk: Desk) -> None:
    line = online(desk, rss())
    assert line.startswith("advice")
    assert "holds no entries. Open its address in a browser" in line


def test_a_page_that_offers_a_feed_is_read_and_the_feed_is_named(desk: Desk) -> None:
    desk.server.answers["/news.xml"] = rss(Item(PRAISE, "1"))
    page = b"<html><link rel=alternate type='application/rss+xml' href='/news.xml'>News</html>"
    line = online(desk, Reply(page, headers={"Content-Type": "text/html"}))
    assert line.startswith("advice")
    assert f"write the feed that it offers as its url: {desk.server.url('/news.xml')}" in line


@pytest.mark.parametrize(
    ("kind", "path", "answer", "asks", "costs"),
    [
        ('kind = "websearch"\nbackend = "brave"\nmonthly_calls = 9\nkey_file = "key"\n',
         "/res/v1/web/search", b'{"type": "search"}', {"count": ["1"]}, "one search"),
        ('kind = "x"\nmonthly_posts = 90\ni_have_read_the_terms = true\ntoken_file = "key"\n',
         "/2/tweets/search/recent",
         b'{"data": [{"id": "19890000000", "text": "a"}], "meta": {"next_token": "b"}}',
         {"max_results": ["10"]}, "10 posts at most"),
        ('kind = "youtube"\nkey_file = "key"\n',
         "/youtube/v3/search", b'{"items": []}', {}, "3 of the day's search calls at most"),
    ],
)  # fmt: skip
def test_what_is_paid_for_is_asked_for_the_least_and_told(
    desk: Desk, kind: str, path: str, answer: bytes, asks: dict[str, list[str]], costs: str
) -> None:
    key = desk.folder / "key"
    key.write_text("sesame-41")
    key.chmod(0o600)
    service = desk.server.url("").rstrip("/")
    desk.sources = []
    desk.approval += (
        f'\n[[sources]]\nid = "it"\n{kind}queries = ["a", "b"]\nservice = "{service}"\n'
    )
    desk.server.answers[path] = answer
    said = desk.run("check", "--online").output
    assert f"Trying it cost {costs}, which its allowance here does not count." in said
    assert "of which could not be read" not in said
    (seen,) = desk.server.requests
    assert asks.items() <= parse_qs(seen.query).items()


def test_what_the_last_poll_found_comes_with_what_to_do(desk: Desk) -> None:
    desk.server.answers["/gazette"] = Reply(status=404)
    desk.run("poll", "--no-send")
    said = desk.run("check").output
    assert "Find the new one and put it into the configuration" in said
    assert "(Last good: never.)" in said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"ok", "ok     The pages answer at "),
        (Reply(b"not well", 503), "ok     The pages answer at "),
        (b"<h1>Welcome to nginx</h1>", "WRONG  What answers at "),
        (Reply(status=404), "WRONG  What answers at "),
    ],
)
def test_the_address_of_the_pages_is_tried_from_outside(
    desk: Desk, answer: Reply | bytes, said: str
) -> None:
    with WebServer() as pages:
        pages.answers["/health"] = answer
        desk.mail = f'[web]\naddress = "{pages.url("/")}"'
        lines = desk.run("check", "--online").output.splitlines()
    assert any(line.startswith(f"{said}{pages.url('')}") for line in lines)


def test_an_address_where_nothing_answers_asks_whether_the_program_runs(
    desk: Desk, closed_port: int
) -> None:
    desk.mail = f'[web]\naddress = "http://127.0.0.1:{closed_port}"'
    output = desk.run("check", "--online").output
    assert "advice Nothing answers at web.address: 127.0.0.1" in output
    assert "Is footprint run running?" in output

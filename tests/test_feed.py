"""Feeds become posts: identity, errors in plain words, credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from sources.base import Ask, Flaw, NotModified, Post, SourceError
from sources.feed import Options, collect
from sources.fetch import Door, Fetcher
from sources.parsing import Parser
from tests.webserver import WebServer

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
DATA = Path(__file__).parent / "data" / "feed"
Poll = Callable[..., list[Post | Flaw]]


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture
def poll(web: WebServer, parser: Parser) -> Iterator[Poll]:
    """Serves a body and reads it as a feed."""
    fetcher = Fetcher("", [web.host], clock=lambda: NOW, version="1")

    def one(body: bytes | str, validators: dict[str, Any] | None = None, **options: Any) -> Any:
        web.answers["/feed"] = body.encode() if isinstance(body, str) else body
        ask = Ask("gazette", Options(url=web.url("/feed"), **options), (), NOW)
        door = Door(fetcher, parser, validators or {})
        found = list(collect(ask, door))
        if validators is not None:
            validators.update(door.validators)
        return found

    yield one
    fetcher.close()


def _rss(*items: str) -> str:
    return f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'


def _item(**fields: str) -> str:
    return f"<item>{''.join(f'<{name}>{text}</{name}>' for name, text in fields.items())}</item>"


def _keys(posts: list[Post | Flaw]) -> list[str]:
    return [post.key for post in posts if isinstance(post, Post)]


def test_a_feed_becomes_posts_in_its_own_order(poll: Poll) -> None:
    posts = poll((DATA / "rss20.xml").read_bytes())
    assert [post.title for post in posts if isinstance(post, Post)] == [
        "Hollybrook Primary & the flood: pupils safe",
        "Bake sale raises £300",
        "No link, only a permanent id",
    ]
    first = posts[0]
    assert isinstance(first, Post)
    assert first.published == datetime(2026, 9, 14, 7, 30, tzinfo=UTC)
    assert (first.author, first.url) == ("Priya Shah", "https://gazette.example/news/1?a=1&b=2")
    assert first.record["id"] == "gazette-1"
    assert len(first.key) == len(first.content_key) == 32


def test_the_id_is_the_key_even_where_everything_else_changes(poll: Poll) -> None:
    old = poll(_rss(_item(guid="a1", title="Fire", link="https://g.example/1")))
    new = poll(_rss(_item(guid="a1", title="Fire: update", link="https://g.example/1-update")))
    assert _keys(old) == _keys(new)
    assert old[0] != new[0]


def test_a_new_id_for_the_same_words_keeps_the_content_key(poll: Poll) -> None:
    words = {"title": "Fire", "link": "https://g.example/1", "description": "At the gate."}
    (one,) = poll(_rss(_item(guid="a1", **words)))
    (two,) = poll(_rss(_item(guid="a2", **words)))
    assert isinstance(one, Post)
    assert isinstance(two, Post)
    assert one.key != two.key
    assert one.content_key == two.content_key


def test_a_counter_of_revisions_is_not_identity(poll: Poll) -> None:
    keys = [_keys(poll(_rss(_item(guid=f"https://g.example/1#{n}", title="x")))) for n in range(3)]
    assert keys[0] == keys[1] == keys[2]
    assert _keys(poll(_rss(_item(guid="tag:1#7", title="x")))) != _keys(
        poll(_rss(_item(guid="tag:1#8", title="x")))
    )


def test_without_an_id_the_link_is_the_key(poll: Poll) -> None:
    wrapped = "http://www.bing.com/news/apiclick.aspx?tid={}&amp;url=https%3a%2f%2fg.example%2f1"
    one = poll(_rss(_item(title="x", link=wrapped.format(1))))
    two = poll(_rss(_item(title="y", link=wrapped.format(2))))
    assert _keys(one) == _keys(two)
    assert isinstance(one[0], Post)
    assert one[0].url == "https://g.example/1"


def test_without_id_and_link_the_words_are_the_key(poll: Poll) -> None:
    one, two, again = poll(
        _rss(_item(title="x", description="a"), _item(title="x", description="b")),
    ) + poll(_rss(_item(title="x", description="a")))
    assert isinstance(one, Post)
    assert isinstance(two, Post)
    assert isinstance(again, Post)
    assert one.key == again.key
    assert one.key != two.key


def test_no_post_is_hidden_by_a_shared_id(poll: Poll) -> None:
    items = [_item(guid="same", title=f"Post {n}", link=f"https://g.example/{n}") for n in range(9)]
    items += [_item(guid="same", title=f"Linkless {n}") for n in range(9)]
    keys = _keys(poll(_rss(*items)))
    assert len(set(keys)) == 18
    assert _keys(poll(_rss(*reversed(items)))) == keys[::-1]


def test_what_could_not_be_read_is_a_flaw_beside_the_posts(poll: Poll) -> None:
    posts = poll((DATA / "feed11.json").read_bytes())
    flaws = [post for post in posts if isinstance(post, Flaw)]
    assert len(posts) == 3
    assert flaws == [
        Flaw("The feed of 127.0.0.1: Entry 2 of the feed is not an entry and was left out.")
    ]


@pytest.mark.parametrize(
    ("body", "health", "says"),
    [
        (
            "sign_in.html",
            "blocked",
            "a web page that asks for a sign-in or a check against robots, not as a feed.",
        ),
        ("", "failing", "came back empty"),
        ("<opml/>", "failing", "not a feed"),
        ('{"error": "no"}', "failing", "JSON that is not a feed"),
        ("just words", "failing", "not a feed"),
    ],
)
def test_something_other_than_a_feed_is_told(poll: Poll, body: str, health: str, says: str) -> None:
    data = (DATA / body).read_bytes() if body.endswith("html") else body
    with pytest.raises(SourceError) as caught:
        poll(data)
    assert caught.value.health == health
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_feed_without_entries_is_healthy(poll: Poll) -> None:
    assert poll((DATA / "empty.xml").read_bytes()) == []


def test_an_unchanged_feed_is_not_read_again(poll: Poll) -> None:
    validators: dict[str, Any] = {}
    assert len(poll(_rss(_item(guid="1", title="x")), validators)) == 1
    with pytest.raises(NotModified):
        poll(_rss(_item(guid="1", title="x")), validators)


def test_name_and_password_are_sent_and_never_told(poll: Poll, web: WebServer) -> None:
    poll(_rss(), user="head", password=SecretStr("pass:wörd"))
    assert web.requests[0].headers["authorization"] == "Basic aGVhZDpwYXNzOnfDtnJk"
    assert "wörd" not in repr(Options(url=web.url("/"), user="head", password=SecretStr("wörd")))


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ftp://g.example/"}, {"url": "https://user:pw@g.example/"}, {"url": ""}, {},
        {"url": "https://g.example/", "unknown": 1}, {"url": "http://g.example:0/"},
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**options)


def _offering(web: WebServer, path: str) -> bytes:
    link = f'<link rel="alternate" type="application/rss+xml" href="{web.url(path)}">'
    return (
        f"<!DOCTYPE html><html><head><title>News</title>{link}</head><body></body></html>".encode()
    )


@pytest.fixture
def read(web: WebServer, parser: Parser) -> Iterator[Poll]:
    """Reads a feed's address with a memory between polls."""
    fetcher = Fetcher("", [web.host], clock=lambda: NOW, version="1")

    def one(memo: dict[str, Any], **options: Any) -> Any:
        ask = Ask("gazette", Options(**options), (), NOW, memo)
        return list(collect(ask, Door(fetcher, parser, {})))

    yield one
    fetcher.close()


def test_a_page_is_read_by_the_feed_that_it_offers(web: WebServer, read: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers["/news"] = _offering(web, "/news/rss")
    web.answers["/news/rss"] = _rss(_item(guid="1", title="A")).encode()
    assert len(read(memo, url=web.url("/news"))) == 1
    read(memo, url=web.url("/news"))
    assert [seen.path for seen in web.requests] == ["/news", "/news/rss", "/news/rss"]


def test_the_password_of_a_page_does_not_go_to_a_feed_elsewhere(
    web: WebServer, parser: Parser
) -> None:
    with WebServer() as other:
        web.answers["/news"] = _offering(other, "/rss")
        other.answers["/rss"] = _rss().encode()
        fetcher = Fetcher("", [web.host, other.host], clock=lambda: NOW, version="1")
        options = Options(url=web.url("/news"), user="u", password=SecretStr("p"))
        list(collect(Ask("a", options, (), NOW), Door(fetcher, parser, {})))
        fetcher.close()
        assert "authorization" in web.requests[0].headers
        assert "authorization" not in other.requests[0].headers


def test_a_feed_that_has_become_a_page_is_told_and_not_replaced(web: WebServer, read: Poll) -> None:
    memo: dict[str, Any] = {}
    web.answers["/news"] = _rss(_item(guid="1", title="A")).encode()
    read(memo, url=web.url("/news"))
    web.answers["/news"] = _offering(web, "/comments/rss")
    with pytest.raises(SourceError, match="the page offers the feed http://127.0.0.1") as caught:
        read(memo, url=web.url("/news"))
    assert caught.value.health == "needs you"
    assert "/comments/rss" not in [seen.path for seen in web.requests]


def test_an_offered_feed_that_has_gone_is_looked_for_anew(web: WebServer, read: Poll) -> None:
    memo: dict[str, Any] = {"feed": web.url("/old/rss")}
    with pytest.raises(SourceError, match="404"):
        read(memo, url=web.url("/news"))
    web.answers["/news"] = _offering(web, "/rss")
    web.answers["/rss"] = _rss(_item(guid="1", title="A")).encode()
    assert len(read(memo, url=web.url("/news"))) == 1


@pytest.mark.parametrize(
    ("flavour", "medium", "title", "url", "text"),
    [
        ("google_alerts", "", "Parents of Hollybrook Primary ask for a crossing",
         "https://gazette.example/news/crossing?utm_source=alert",
         "Cars do not stop, say families at Hollybrook Primary\u00a0..."),
        ("google_news", "news", "Hollybrook Primary wins reading prize - Stanwick Gazette",
         "https://news.google.com/rss/articles/CBMiHolly?oc=5", ""),
        ("bing_news", "news", "Hollybrook Primary to grow", "https://gazette.example/news/grow",
         "A second form of entry is planned."),
        ("reddit", "", "School replies", "https://www.reddit.com/r/Northants/comments/1abc23/x/",
         "Anyone else at Hollybrook Primary still waiting for a reply?"),
        ("wdtk", "foi", "Exclusions at Hollybrook 2025-26",
         "https://www.whatdotheyknow.com/request/exclusions_hollybrook#outgoing-888",
         "Request sent to Hollybrook Primary School by A Requester on 10 September 2026."),
        ("wiki_history", "", "~2026-48233-24: /* History */",
         "https://en.wikipedia.org/w/index.php?title=Hollybrook&diff=4711&oldid=prev",
         "History\n+\tThe head of Hollybrook Primary School is a fool."),
    ],
)  # fmt: skip
def test_each_place_is_read_in_its_manner(
    web: WebServer, read: Poll, flavour: str, medium: str, title: str, url: str, text: str
) -> None:
    web.answers["/feed"] = (DATA / f"{flavour}.xml").read_bytes()
    (post,) = read({}, url=web.url("/feed"), flavour=flavour, i_have_read_the_terms=True)
    assert (post.medium, post.title, post.url) == (medium, title, url)
    assert " ".join(post.text.split()) == " ".join(text.split())


def test_one_page_under_two_ids_of_an_alert_is_one_entry(web: WebServer, read: Poll) -> None:
    body = (DATA / "google_alerts.xml").read_bytes()
    keys = []
    for number in (b"feed:9001", b"feed:9002"):
        web.answers["/feed"] = body.replace(b"feed:9001", number)
        (post,) = read({}, url=web.url("/feed"), flavour="google_alerts")
        keys.append(post.key)
    assert keys[0] == keys[1]


def test_a_channel_that_is_not_found_is_not_taken_for_gone(web: WebServer, read: Poll) -> None:
    with pytest.raises(SourceError, match="go away for days") as caught:
        read({}, url=web.url("/channel"), flavour="youtube_channel")
    assert caught.value.health == "failing"


def test_a_secret_address_and_a_secret_query_reach_the_place_and_no_message(
    web: WebServer, read: Poll
) -> None:
    web.answers["/alerts/4711"] = _rss().encode()
    query = SecretStr("feed=s3cret&user=school")
    read({}, secret_url=SecretStr(web.url("/alerts/4711?a=1")), secret_query=query)
    assert web.requests[0].query == "a=1&feed=s3cret&user=school"
    web.answers["/alerts/4711"] = b""
    with pytest.raises(SourceError) as caught:
        read({}, secret_url=SecretStr(web.url("/alerts/4711")), secret_query=query)
    assert "4711" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "4711" not in repr(Options(secret_url=SecretStr(web.url("/alerts/4711"))))


@pytest.mark.parametrize("href", ["?", "", "/alerts/4711/rss", "?feed=s3cret"])
def test_a_page_at_a_secret_address_has_it_repeated_in_no_message_and_no_memo(
    web: WebServer, read: Poll, href: str
) -> None:
    link = f'<link rel=alternate type="application/rss+xml" href="{href}">'
    page = f"<html><title>Jo is a thief</title>{link}</html>"
    web.answers["/alerts/4711"] = page.encode()
    for secret in (
        {"secret_url": SecretStr(web.url("/alerts/4711?feed=s3cret"))},
        {"url": web.url("/alerts/4711"), "secret_query": SecretStr("feed=s3cret")},
    ):
        memo: dict[str, Any] = {"was_feed": True, "feed": web.url("/alerts/4711?feed=s3cret")}
        with pytest.raises(SourceError) as caught:
            read(memo, **secret)
        told = f"{caught.value} {memo}"
        assert not [word for word in ("4711", "s3cret", "Jo is") if word in told]
        assert "offers a feed at 127.0.0.1" in told or not href


def test_a_feed_that_a_secret_page_offers_is_looked_for_at_each_poll(
    web: WebServer, read: Poll
) -> None:
    memo: dict[str, Any] = {}
    web.answers["/news"] = _offering(web, "/rss")
    web.answers["/rss"] = _rss(_item(guid="1", title="A")).encode()
    for _ in range(2):
        assert len(read(memo, secret_url=SecretStr(web.url("/news")))) == 1
    assert [seen.path for seen in web.requests] == ["/news", "/rss"] * 2
    assert memo == {}


@pytest.mark.parametrize(
    "url",
    [
        "https://www.reddit.com/user/jo/.rss", "https://old.reddit.com/u/jo.rss",
        "https://www.reddit.com/r/stanwick/search.rss?q=author%3Ajo&restrict_sr=on",
        "https://hub.example/@jo.rss", "https://hub.example/users/jo.rss",
        "https://hub.example/%40jo.rss", "https://bsky.app/profile/jo.example/rss",
        "https://x.com/jo", "https://www.tiktok.com/@jo", "https://medium.com/feed/@jo",
    ],
)  # fmt: skip
def test_the_feed_of_what_a_person_writes_is_refused_unless_it_is_the_schools_own(url: str) -> None:
    tables: list[dict[str, Any]] = [{"url": url}, {"secret_url": SecretStr(url)}]
    for given in tables:
        with pytest.raises(ValidationError, match="Footprint follows no person") as caught:
            Options(**given)
        assert url not in caught.value.errors()[0]["msg"]
        assert Options(**given, own_account=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.reddit.com/r/stanwick/search.rss?q=%22Hollybrook%22",
        "https://hub.example/tags/hollybrook.rss", "https://x.com/search?q=hollybrook",
        "https://gazette.example/users-guide/rss", "https://gazette.example/?q=author:jo",
    ],
)  # fmt: skip
def test_a_feed_of_a_place_or_a_word_is_nobodys(url: str) -> None:
    assert Options(url=url).url == url


@pytest.mark.parametrize("flavour", ["google_news", "bing_news"])
def test_a_place_for_personal_readers_asks_that_its_terms_are_read(flavour: str) -> None:
    with pytest.raises(ValidationError, match="personal, non-commercial"):
        Options(url="https://g.example/", flavour=flavour)  # type: ignore[arg-type]
    assert Options(url="https://g.example/", flavour=flavour, i_have_read_the_terms=True)  # type: ignore[arg-type]

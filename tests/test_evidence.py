"""Evidence: what is kept of which post, in which form, and that any change of it is found."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from warcio.archiveiterator import ArchiveIterator

from monitor.capturing import Capturer
from monitor.evidence import CHANGED, NEUTRAL, is_withheld, stands, warc
from monitor.store import evidence, mentions
from monitor.store.engine import Store, StoreError
from monitor.store.evidence import Sealed
from monitor.store.mentions import Mention
from sources.capture import Page, why_not
from sources.fetch import Fetcher
from sources.parsing import Parser
from sources.turns import Turns
from tests.conftest import Clock
from tests.test_store import a_mention
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow  # a server and a database for each test

WORDS = "Somebody said they would wait outside Hollybrook Primary School with a knife"
PAGE = f"<html><body><h1>Stanwick talk</h1><p>{WORDS}</p></body></html>".encode()
HTML = {"Content-Type": "text/html; charset=utf-8", "X-Served-By": "cache-7"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00picture" * 9


@dataclass
class Desk:
    """A server with the page of a post, a database with the post, and what takes evidence."""

    server: WebServer
    store: Store
    capturer: Capturer
    clock: Clock

    def post(self, **changed: object) -> Mention:
        """Store a mention that owes evidence."""
        fields: dict[str, object] = {"title": "", "text": WORDS, "url": self.server.url("/p/1")}
        mention = a_mention(**{**fields, **changed})
        with self.store.writing() as connection:
            mentions.add(connection, [mention])
            mentions.keep_evidence(connection, [(mention, {"title": WORDS})], self.clock())
            evidence.owe(connection, [mention], self.clock())
        return mention

    def kept(self, *, tries: int = 1) -> list[Sealed]:
        """Take what is due, and again after as long as it takes; what is there then."""
        for _ in range(tries):
            while self.capturer.capture_one():
                pass
            self.clock.forward(hours=2)
        with self.store.reading() as connection:
            return list(evidence.of_mentions(connection, ["m1"]))

    def faults(self) -> tuple[str, ...]:
        """What is found wrong."""
        with self.store.reading() as connection:
            return evidence.faults(connection)


@pytest.fixture
def desk(store: Store, parser: Parser, clock: Clock) -> Iterator[Desk]:
    """Everything, on both databases."""
    with WebServer() as server:
        server.answers["/p/1"] = Reply(PAGE, headers=HTML)
        turns = Turns(clock, own=lambda _: timedelta())
        fetcher = Fetcher("", [server.host], clock=clock, version="1", turns=turns)
        yield Desk(server, store, Capturer(store, fetcher, parser, clock, "us", "0.1"), clock)
        fetcher.close()


def test_a_posts_page_is_kept_as_a_web_archive_beside_its_record(desk: Desk) -> None:
    desk.post()
    record, page = desk.kept()
    assert (record.item.kind, record.item.content) == ("record", f'{{"title": "{WORDS}"}}'.encode())
    assert page.item.kind == "page"
    assert page.item.words == f"Stanwick talk\n{WORDS}"
    assert (page.item.address, page.item.said) == (desk.server.url("/p/1"), "")
    _, answer = ArchiveIterator(io.BytesIO(page.item.content))
    assert answer.rec_headers["WARC-Target-URI"] == desk.server.url("/p/1")
    assert answer.rec_headers["WARC-Date"] == "2026-09-15T10:00:00Z"
    assert answer.http_headers["x-served-by"] == "cache-7"
    assert desk.faults() == ()


def test_nothing_else_is_due_once_it_is_kept(desk: Desk) -> None:
    desk.post()
    desk.kept()
    assert len(desk.kept()) == 2
    assert [seen.path for seen in desk.server.requests] == ["/robots.txt", "/p/1"]


@pytest.mark.parametrize("changed", [{"level": "watch"}, {"relevant": False}])
def test_no_evidence_is_kept_of_what_needs_no_answer(
    desk: Desk, changed: dict[str, object]
) -> None:
    desk.post(**changed)
    assert desk.kept() == []
    assert desk.server.requests == []


@pytest.mark.parametrize(
    "changed",
    [
        {"categories": ("safeguarding",)},
        {"categories": ("complaint", "sexual")},
        {"categories": ("extremism",)},
        {"categories": ("cyberbullying",), "text": "Nudes of a Year 9 going round"},
    ],
)
def test_of_what_must_not_be_copied_the_address_and_time_alone_are_kept(
    desk: Desk, changed: dict[str, object]
) -> None:
    desk.post(**changed)
    (note,) = desk.kept()
    assert (note.item.kind, note.item.said) == ("note", NEUTRAL)
    assert (note.item.content, note.item.words) == (b"", "")
    assert note.item.address == desk.server.url("/p/1")
    assert desk.server.requests == []


def test_no_picture_is_fetched_or_kept_whatever_the_page_calls_it(desk: Desk) -> None:
    desk.server.answers["/p/1"] = Reply(PNG, headers={"Content-Type": "image/png"})
    desk.post()
    said = [one.item.said for one in desk.kept()]
    assert said == ["", "The address leads to no text (it says image/png): it was not fetched."]
    desk.server.answers["/p/1"] = Reply(PNG, headers=HTML)
    with desk.store.writing() as connection:
        evidence.owe(connection, [replace(a_mention(level="urgent"), revision=9)], desk.clock())
    assert desk.kept()[-1].item.said.startswith("The page says that it is text and is not")
    assert all(b"picture" not in one.item.content for one in desk.kept())


def test_a_picture_written_into_a_page_is_taken_out_and_that_is_said(desk: Desk) -> None:
    inside = b'<img src="data:image/png;base64,cGljdHVyZQ==">'
    desk.server.answers["/p/1"] = Reply(PAGE + inside, headers=HTML)
    desk.post()
    page = desk.kept()[1].item
    assert b"cGljdHVyZQ" not in page.content
    assert b"data:,taken-out" in page.content
    assert page.said == "Pictures that were written into the page were taken out of it."


def test_pictures_beside_a_page_are_not_asked_for(desk: Desk) -> None:
    desk.server.answers["/p/1"] = Reply(PAGE + b'<img src="/a.png"><video src="/b">', headers=HTML)
    desk.post()
    desk.kept()
    assert [seen.path for seen in desk.server.requests] == ["/robots.txt", "/p/1"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Reply(status=404), "is not there any more (its site answers 404)"),
        (Reply(status=410), "is not there any more (its site answers 410)"),
        (Reply(status=403), "is not open to everybody"),
        (Reply(PAGE + b" " * 2_100_000, headers=HTML), "longer than is kept (2 MB)"),
    ],
)
def test_a_page_that_is_gone_or_shut_is_said_to_be(desk: Desk, answer: Reply, said: str) -> None:
    desk.server.answers["/p/1"] = answer
    desk.post()
    record, note = desk.kept()
    assert record.item.content
    assert note.item.kind == "note"
    assert said in note.item.said
    assert note.item.content == b""


def test_a_page_that_has_changed_is_kept_and_said_to_have(desk: Desk) -> None:
    desk.server.answers["/p/1"] = Reply(b"<p>Sorry, I took that down</p>", headers=HTML)
    desk.post()
    page = desk.kept()[1].item
    assert (page.words, page.said) == ("Sorry, I took that down", CHANGED)


def test_a_page_that_fails_is_tried_twice_more_and_then_said_to(desk: Desk) -> None:
    desk.server.answers["/p/1"] = Reply(status=500)
    desk.post()
    assert [one.item.kind for one in desk.kept()] == ["record"]
    record, note = desk.kept(tries=3)
    assert record.item.kind == "record"
    assert note.item.said.startswith("The page could not be fetched in three tries: 127.0.0.1 ")
    assert sum(seen.path == "/p/1" for seen in desk.server.requests) == 3
    with desk.store.reading() as connection:
        how = evidence.how_it_went(connection, "m1")
    assert how is not None
    assert (how.state, how.attempts) == ("failed", 3)


def test_a_page_that_answers_at_the_second_try_is_kept(desk: Desk) -> None:
    desk.server.answers["/p/1"] = Reply(status=503)
    desk.post()
    desk.kept()
    desk.server.answers["/p/1"] = Reply(PAGE, headers=HTML)
    assert [one.item.kind for one in desk.kept(tries=2)] == ["record", "page"]


def test_a_page_that_robots_may_not_read_is_left_alone(desk: Desk) -> None:
    desk.server.answers["/robots.txt"] = b"User-agent: *\nDisallow: /p/\n"
    desk.post()
    note = desk.kept()[1].item
    assert "its robots.txt says so" in note.said
    assert [seen.path for seen in desk.server.requests] == ["/robots.txt"]


@pytest.mark.parametrize(
    "address", ["https://x.com/a/1", "https://m.facebook.com/x", "https://www.instagram.com/p/1"]
)
def test_places_whose_terms_forbid_it_are_left_to_a_persons_screen_print(address: str) -> None:
    assert "take a screen print by hand" in why_not(address)


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "file:///etc/passwd", "//x"])
def test_what_is_no_address_is_said_to_be_none(address: str) -> None:
    assert why_not(address).startswith("The post came without an address of its own")
    assert why_not("https://x.company.example/1") == ""


def test_a_rewritten_post_is_kept_again_beside_the_first(desk: Desk) -> None:
    first = desk.post()
    desk.kept()
    with desk.store.writing() as connection:
        evidence.owe(connection, [first], desk.clock())
        evidence.owe(connection, [replace(first, revision=2)], desk.clock())
    assert [one.item.kind for one in desk.kept()] == ["record", "page", "record", "page"]


def test_two_processes_do_not_take_the_same(desk: Desk) -> None:
    desk.post()
    with desk.store.writing() as connection:
        assert evidence.claim(connection, desk.clock(), "one") is not None
        assert evidence.claim(connection, desk.clock(), "other") is None
    desk.clock.forward(minutes=6)
    with desk.store.writing() as connection:
        assert evidence.claim(connection, desk.clock(), "other") is not None


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE evidence_item SET words = 'x' WHERE number = 2", "item 2 was changed"),
        ("UPDATE evidence_item SET address = 'x' WHERE number = 1", "item 1 was changed"),
        ("UPDATE evidence_item SET salt = 'x' WHERE number = 1", "item 1 was changed"),
        ("DELETE FROM evidence_item WHERE number = 2", "item 2 is missing"),
        ("UPDATE evidence_item SET number = 9 WHERE number = 2", "item 9 was put in"),
        ("UPDATE chain_head SET number = 1 WHERE chain = 'evidence'", "row 2 is not the last"),
    ],
)
def test_a_change_of_what_was_kept_is_found(desk: Desk, statement: str, said: str) -> None:
    desk.post()
    desk.kept()
    with desk.store.writing() as connection:
        connection.execute(text(statement))
    assert any(fault.startswith(said) for fault in desk.faults())


@pytest.mark.parametrize("statement", ["UPDATE seal SET act = 'x'", "DELETE FROM seal"])
def test_the_chain_itself_cannot_be_changed(desk: Desk, statement: str) -> None:
    desk.post()
    desk.kept()
    with pytest.raises(StoreError, match="the chain of evidence is never changed"):
        with desk.store.writing() as connection:
            connection.execute(text(statement))


def test_what_is_removed_on_purpose_leaves_a_whole_chain(desk: Desk) -> None:
    desk.post()
    desk.kept()
    with desk.store.writing() as connection:
        assert evidence.remove(connection, ["m1"], desk.clock()) == 2
        assert evidence.of_mentions(connection, ["m1"]) == ()
        assert len(evidence.chain(connection)) == 4
    assert desk.faults() == ()


def test_a_foreign_header_cannot_begin_another() -> None:
    page = Page("https://a.example/", 200, {"x": "1\r\nEvil: 2"}, b"<p>x</p>")
    made = warc(page, page.address, datetime(2026, 9, 15, tzinfo=UTC), "1")
    assert b"\r\nEvil" not in made


def test_most_of_a_posts_words_have_to_stand_on_its_page() -> None:
    assert stands("Head of Hollybrook sacked", "News: head of HOLLYBROOK sacked today")
    assert not stands("Head of Hollybrook sacked", "Page not found")
    assert stands("", "anything")


def test_a_word_for_pictures_of_that_kind_is_enough_to_hold_back() -> None:
    assert is_withheld(("privacy",), "Sexting at Hollybrook", "")
    assert not is_withheld(("complaint",), "The sixth form", "explicit instruction")

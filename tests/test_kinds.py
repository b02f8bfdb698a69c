"""Every kind of source, walked: its recorded page gives its posts, and a bad place costs itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

import sources
from monitor.problems import Place
from monitor.setting_secrets import Vault
from monitor.source_settings import SourceReader
from sources.base import Ask, Flaw, Health, NotModified, Post, SourceError
from sources.fetch import Door, Fetcher
from sources.parsing import Parser
from tests.kinds import Case, case_of
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow  # a server, or a process, for each test

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SHORT = 1.0  # seconds that a whole fetch may take here
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
DEEP = b"[" * 100_000
HOSTILE = b'{"a":"\\ud800\\u0000<script>alert(1)</script>","b":[null,{"c":1e999}]}\x00\xff'
WRONG = {
    "null": b"null",
    "text": b'"posts"',
    "list": b"[[],{},1,null]",
    "object": b'{"error":{"message":"no","code":1},"errors":[{}],"data":{},"items":7,"posts":"x"}',
    "deep": DEEP,
    "hostile": HOSTILE,
    "page": PAGE,
    "empty": b"",
    "nul": b"\x00" * 100,
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}
STATUSES = (400, 401, 403, 404, 410, 418, 429, 500, 503)
ON_THE_WEB = [name for name in sources.names() if case_of(name).web]


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as made:
        yield made


class Reader:
    """Reads a kind from a local server, as a poll does."""

    def __init__(self, kind: str, case: Case, server: WebServer, parser: Parser) -> None:
        self.kind, self.case, self.parser = kind, case, parser
        self.fetcher = Fetcher("", [server.host], clock=lambda: NOW, version="1", total=SHORT)
        table = {"id": "it", "kind": kind, **case.table(server.url("").rstrip("/"))}
        own = [("127.0.0.1", server.port)]
        reading = SourceReader(schools=(), own_hosts=own, vault=Vault(Path(), case.env))
        source, problems = reading.read(table, ("sources", 0), Place("config.toml", {}))
        assert not problems, [str(problem) for problem in problems]
        assert source is not None
        self.options = source.options
        self.memo: dict[str, Any] = {}

    def read(self) -> list[Post]:
        door = Door(self.fetcher, self.parser, {})
        ask = Ask("it", self.options, ("Hollybrook Primary School",), NOW, self.memo)
        found = list(sources.load(self.kind).collect(ask, door))
        assert all(isinstance(item, Post | Flaw) for item in found)
        return [item for item in found if isinstance(item, Post)]

    def fails_well(self) -> SourceError | None:
        """Reads; whatever goes wrong is one plain line without secrets."""
        error = self._error()
        if error is not None:
            assert len(str(error).splitlines()) == 1
            assert error.health in get_args(Health)
            assert not [secret for secret in self.case.secrets if secret in str(error)]
        return error

    def _error(self) -> SourceError | None:
        try:
            self.read()
        except NotModified:
            return None
        except SourceError as error:
            return error
        return None


@pytest.fixture
def reader(request: pytest.FixtureRequest, server: WebServer, parser: Parser) -> Iterator[Reader]:
    kind: str = request.param
    case = case_of(kind)
    case.serve(server)
    made = Reader(kind, case, server, parser)
    yield made
    made.fetcher.close()


each = pytest.mark.parametrize("reader", ON_THE_WEB, indirect=True)


def _shown(post: Post) -> dict[str, Any]:
    when = post.published.isoformat() if post.published else None
    fields = {name: getattr(post, name) for name in ("title", "text", "url", "author", "medium")}
    return {**fields, "published": when}


@each
def test_the_recorded_place_gives_its_posts(reader: Reader) -> None:
    posts = [_shown(post) for post in reader.read()]
    assert len(posts) == len(reader.case.expected)
    for post, expected in zip(posts, reader.case.expected, strict=True):
        assert {name: post[name] for name in expected} == expected


@each
def test_the_keys_of_its_posts_are_hashes_and_stay(reader: Reader) -> None:
    first = [post.key for post in reader.read()]
    reader.memo.clear()
    assert [post.key for post in reader.read()] == first
    assert len(set(first)) == len(first)
    assert all(len(key) == 32 for key in first)


@each
@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_is_told_in_one_line(reader: Reader, server: WebServer, status: int) -> None:
    for path in list(server.answers):
        server.answers[path] = Reply(PAGE, status=status)
    assert reader.fails_well() is not None


@each
def test_a_place_that_asks_for_less_gets_what_it_asks(reader: Reader, server: WebServer) -> None:
    for path in list(server.answers):
        server.answers[path] = Reply(b"{}", status=429, headers={"Retry-After": "4321"})
    error = reader.fails_well()
    assert error is not None
    assert error.retry_after == timedelta(seconds=4321)


@each
@pytest.mark.parametrize("what", WRONG)
def test_a_body_of_another_sort_costs_itself(reader: Reader, server: WebServer, what: str) -> None:
    for path in list(server.answers):
        server.answers[path] = WRONG[what]
    reader.fails_well()


@each
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_body_that_is_cut_off_costs_itself(
    reader: Reader, server: WebServer, share: float
) -> None:
    for path, answer in list(server.answers.items()):
        server.answers[path] = _cut(answer, share)
    reader.fails_well()


def _cut(answer: Any, share: float) -> Any:
    if callable(answer):
        return lambda seen: _cut(answer(seen), share)
    if isinstance(answer, Reply):
        return Reply(answer.body[: int(len(answer.body) * share)], answer.status, answer.headers)
    return answer[: int(len(answer) * share)]


@each
def test_a_place_that_never_answers_is_given_up(reader: Reader, server: WebServer) -> None:
    gone = threading.Event()

    def silent(seen: Seen) -> None:
        seen.stopping.wait(30)
        gone.set()

    for path in list(server.answers):
        server.answers[path] = silent
    error = reader.fails_well()
    assert error is not None
    assert error.health == "slow"


@each
def test_only_the_place_itself_is_asked(reader: Reader, server: WebServer) -> None:
    reader.read()
    assert server.requests
    assert {seen.headers["host"] for seen in server.requests} == {server.host}
    assert not [seen for seen in server.requests if seen.headers.get("cookie")]
    assert all("Footprint/" in seen.headers["user-agent"] for seen in server.requests)
    assert not [s for s in server.requests if "hollybrook" in s.headers["user-agent"].lower()]

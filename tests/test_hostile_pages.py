"""Whatever is written, asked for or sent: pages show words, keep to themselves, and change nothing.

Every case is made from the routes table, so that a new page is tried by itself.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from alerts.folder import FolderChannel
from monitor.delivery import Postroom
from monitor.demo import pretend
from monitor.demo.school import demo_settings
from monitor.demo.server import DemoServer
from monitor.judge import Judge
from monitor.pipeline import Monitor
from monitor.store.opening import open_store
from monitor.web.app import create_app
from monitor.web.server import WebServer
from monitor.web.site import STATIC
from sources.fetch import Fetcher
from sources.parsing import Parser
from tests.browser import chromium
from tests.conftest import Clock
from tests.proofs import hostile
from tests.proofs.hostile import World, addresses, strings
from tests.signing import Client
from tests.web_cast import KEY, KEYS, ask
from tests.webserver import WebServer as Stub

pytestmark = pytest.mark.slow
START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
LARGEST = 100 * 1024
TRAVERSAL = (
    "..", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "..%252f..%252fetc%252fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cwindows%5cwin.ini", "..%c0%af..%c0%afetc%c0%af",
    "....%2f%2f....%2f%2fetc%2fpasswd", "%2fetc%2fpasswd", "file:%2f%2f%2fetc%2fpasswd",
    "%00", "footprint.css%00", "footprint.db", "..%2ffootprint.db", "..;%2ffootprint.key",
    "%ff%fe", "-1", "0x10", "' or 1=1 --", "CON", "a" * 3_000, "%", "%zz", "~root", "*",
)  # fmt: skip
ELSEWHERE = (
    "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example",
    "/%0d%0aLocation:%20https://elsewhere.example", "///elsewhere.example", "/%5celsewhere.example",
    "https:elsewhere.example", "/%09/elsewhere.example", "//elsewhere.example/%2f..",
    "javascript:alert(1)", "data:text/html,x", "http://127.0.0.1@elsewhere.example",
    "http:/elsewhere.example", "elsewhere.example", "/.elsewhere.example//",
)  # fmt: skip


@pytest.mark.browser
def test_whatever_is_written_is_shown_as_it_was_typed_and_does_nothing(tmp_path: Path) -> None:
    account = hostile.prove(strings(32, 20261121), tmp_path)
    assert account.faults == []
    assert account.shown >= 32
    assert {"/", "/mentions/{mention_id}", "/incidents/{incident_id}", "/mail/{letter_id}"} <= (
        account.kinds
    )


@pytest.mark.browser
def test_a_page_that_took_words_for_markup_would_be_seen() -> None:
    taken = [form for form in hostile.FORMS if form.startswith("<") and form[1].isalpha()]
    assert len(taken) > 20
    with chromium() as browser, Stub() as server:
        page = browser.new_page()
        for form in taken:
            made = form.replace("ACT", "window.__pwn=1").replace("HOW", "onerror")
            if "http-equiv" not in made:
                server.answers["/"] = f"<!doctype html><body><p>{made}".encode()
                page.goto(server.url("/"), wait_until="commit")
                page.wait_for_function("document.readyState !== 'loading'")
                assert page.evaluate(hostile.BROUGHT) != [], form


def test_the_strings_are_many_and_always_the_same() -> None:
    made = strings(5_000, 1)
    assert made == strings(5_000, 1)
    assert len(set(made)) == 5_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A school to which hostile words have been written."""
    with hostile.world(tmp_path_factory.mktemp("hostile"), strings(24, 7)) as world:
        yield world


def _kept(made: World) -> list[str]:
    """Every row of the database."""
    with closing(sqlite3.connect(made.store.name)) as connection:
        return list(connection.iterdump())


def _forms(made: World) -> list[tuple[str, str]]:
    """Every address that takes a form; the inbox takes what programs sign."""
    return [one for one in addresses(made, "POST") if one[0] != "/inbox/{source}"]


def test_no_form_changes_anything_without_our_token_or_from_elsewhere(made: World) -> None:
    head, stranger = Client(made.pages), Client(made.pages)
    head.cookies["footprint-session"] = KEY
    head.get("/account")
    stranger.get("/signin")
    tries: tuple[tuple[dict[str, str], str], ...] = (
        ({}, ""),
        ({}, stranger.token),
        ({"Origin": "https://elsewhere.example"}, head.token),
        ({"Origin": "null"}, head.token),
        ({"Content-Type": "text/plain"}, head.token),
        ({"Content-Type": "application/json"}, head.token),
    )
    forms, before = _forms(made), _kept(made)
    assert len({pattern for pattern, _ in forms}) > 15
    for pattern, path in forms:
        for headers, token in tries:
            head.token = token
            answer = head.post(path, headers, text="x", reason="safety", language="cy", to="x")
            assert answer.status == 403, (pattern, headers)
            assert "set-cookie" not in answer.headers, pattern
    assert _kept(made) == before


def test_nothing_that_a_form_does_is_done_by_a_link(made: World) -> None:
    reads = {pattern for pattern, _ in addresses(made)}
    before = _kept(made)
    for pattern, path in addresses(made, "POST"):
        if pattern not in reads:
            answer = ask(made.pages, f"{path}?token=x&text=x")
            assert answer.status in {303, 404, 405}, pattern
            assert answer.headers.get("location", "/").startswith("/"), pattern
    assert _kept(made) == before


def test_no_path_leads_to_a_file(made: World) -> None:
    for odd in TRAVERSAL:
        for pattern, path in addresses(made, odd=quote(odd, safe="%.;~*=")):
            if "{" not in pattern:
                continue
            answer = ask(made.pages, path)
            assert answer.status in {303, 400, 403, 404, 405, 410, 422}, (pattern, odd)
            assert not re.search(r"root:|SQLite format|def create_app", answer.body), pattern


def test_no_page_leads_a_browser_to_another_host(made: World) -> None:
    for pattern, path in dict(addresses(made)).items():
        for wish in ELSEWHERE if "{" not in pattern else ELSEWHERE[:2]:
            query = "&".join(f"{name}={quote(wish, safe='%')}" for name in ("next", "back", "url"))
            # A stranger is led everywhere; whoever is signed in hardly ever.
            for cookie in (f"footprint-session={KEY}", "")[wish != ELSEWHERE[0] :]:
                answer = ask(made.pages, f"{path}?{query}", cookie=cookie)
                leads = answer.headers.get("location", "/")
                assert re.fullmatch(r"/(?![/\\])[!-~]*", leads), (pattern, wish, leads)


def test_every_page_of_the_demonstration_is_small(tmp_path: Path) -> None:
    style = len(STATIC["footprint.css"])
    with _demonstration(tmp_path) as made:
        sizes: dict[str, int] = {}
        for pattern, path in addresses(made):
            answer = ask(made.pages, path)
            if answer.headers.get("content-type", "").startswith("text/html"):
                size = len(answer.body.encode()) + style
                sizes[pattern] = max(size, sizes.get(pattern, 0))
    assert len(sizes) > 8
    assert {pattern: size for pattern, size in sizes.items() if size >= LARGEST} == {}


@contextmanager
def _demonstration(folder: Path) -> Iterator[World]:
    """The demonstration with everything that it tells, read and written about at one moment."""
    clock = Clock(START)
    server, store = DemoServer(START, clock), open_store(f"sqlite:///{folder / 'footprint.db'}")
    server.start()
    configured = demo_settings(server.port, folder)
    fetcher = Fetcher("", configured.http.private_hosts_allowed, clock=clock, version="0")
    parser = Parser()
    monitor = Monitor(
        settings=configured,
        schools=configured.schools,
        store=store,
        fetcher=fetcher,
        parser=parser,
        judge=Judge(tuple(school.watch for school in configured.schools)),
        clock=clock,
        jitter=lambda: 0.0,
        owner="me",
        judge_version="0",
    )
    try:
        pretend(store, clock.now)
        monitor.prepare()
        for _ in range(2):  # what was there, and what is written later
            for name in monitor.sources:
                monitor.poll(name)
            clock.forward(minutes=5)
        channel = FolderChannel(folder / "outbox")
        room = Postroom(configured, configured.schools, store, channel, clock, "me")
        while room.deliver_one() is not None:
            pass
        app = create_app(
            settings=configured,
            schools=configured.schools,
            store=store,
            clock=clock,
            demo=True,
            keys=KEYS,
        )
        pages = WebServer(app, "127.0.0.1", 0)
        pages.start()
        try:
            yield World(store, app, pages, ())
        finally:
            pages.stop()
    finally:
        parser.close()
        fetcher.close()
        server.stop()
        store.close()

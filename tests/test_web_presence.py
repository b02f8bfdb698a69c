"""One's own check on the pages: it works for the person, and tells nobody else that it was used."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from monitor.presence.looking import Looker
from monitor.school_settings import Policy
from monitor.settings import Http, Person, School, SourceSettings
from monitor.store.engine import Store
from monitor.web.presence_pages import boxes_of
from monitor.web.server import WebServer
from sources.fetch import Fetcher
from sources.parsing import Parser
from sources.websearch import Options
from tests import webserver
from tests.browser import chromium
from tests.conftest import Clock
from tests.signing import Client
from tests.web_cast import (
    HEAD,
    KEYS,
    LEAD,
    NOW,
    SCHOOL,
    ask,
    opened,
    served,
    settings,
    sign_in,
)

pytestmark = pytest.mark.slow

SECRET = "s3cret-of-the-teacher"
PHRASE = "four blue herons walking"
SEARCH = "/res/v1/web/search"
# A name that stands nowhere else, so that it can be searched for.
TEACHER = Person(name="Zebedina Quillfeather", email="zq@hollybrook.example", roles=("staff",))
OTHER = Person(name="Tom Birch", email="t.birch@hollybrook.example", roles=("staff",))
IT = Person(name="Ola Admin", email="it@hollybrook.example", roles=("it",))
STAFFED = SCHOOL.model_copy(
    update={
        "people": (HEAD, LEAD, TEACHER, OTHER, IT),
        "policy": Policy(former_pupils="not for five years"),
    }
)
PLANTED = (
    b"Quillfeather-Oldname",
    b"zeb_quill_9",
    b"zeb@letters.example",
    b"gazette.example/choir",
)
CHOIR = "Choir with <b>Zebedina Quillfeather</b> of Hollybrook Primary School"


class Desk:
    """A school's pages, a search engine, and a clock."""

    def __init__(self, store: Store, web: WebServer, clock: Clock, schools: list[School]) -> None:
        self.store, self.web, self.clock, self.schools = store, web, clock, schools

    def signed_in(self, person: Person) -> Client:
        """A browser in which somebody is signed in."""
        client = Client(self.web)
        secret = f"s3cret-of-{person.email}"
        sign_in(self.store, person, secret, now=self.clock())
        client.cookies["footprint-session"] = secret
        return client

    def begun(self, person: Person = TEACHER, **fields: str) -> Client:
        """Somebody who has begun, and whose record is open."""
        client = self.signed_in(person)
        client.get("/presence")
        given = {"passphrase": PHRASE, "again": PHRASE, "agree": "yes", "months": "12"}
        answer = client.post("/presence/enrol", **{**given, **fields})
        assert answer.status == 303, answer.text
        return client


@contextmanager
def _desk(folder: Path, parser: Parser) -> Iterator[Desk]:
    clock, schools = Clock(NOW), [STAFFED]
    with webserver.WebServer() as engine, opened(folder) as store:
        engine.answers[SEARCH] = _answered
        options = Options(
            backend="brave", key="sesame-41", monthly_calls=900, service=engine.url("")
        )
        web = SourceSettings(id="web", kind="websearch", options=options)
        configured = settings(folder, schools=(STAFFED,)).model_copy(
            update={"sources": (web,), "http": Http(private_hosts_allowed=(engine.host,))}
        )
        fetcher = Fetcher("", [engine.host], clock=clock, version="1")
        look = Looker(configured, store, fetcher, parser, clock, lambda: 0.0)
        try:
            with served(
                store, configured, clock=clock, people=lambda: tuple(schools), look=look
            ) as pages:
                yield Desk(store, pages, clock, schools)
        finally:
            fetcher.close()


def _answered(seen: webserver.Seen) -> bytes:
    """Two pages about the teacher, for whoever asks by her name."""
    named = "Quillfeather" in parse_qs(seen.query)["q"][0]
    rows = [
        {"url": "https://gazette.example/choir", "title": "Choir <script>", "description": CHOIR},
        {
            "url": "https://x.com/angry/status/9",
            "title": "angry on X",
            "description": f"{TEACHER.name} at Hollybrook Primary School is a vile cow",
        },
    ]
    found = {"type": "search", "web": {"results": rows if named else []}}
    return json.dumps(found).encode()


@pytest.fixture
def desk(tmp_path: Path, parser: Parser) -> Iterator[Desk]:
    with _desk(tmp_path, parser) as made:
        yield made


def _looked(client: Client) -> str:
    """Press the button, and wait until the looking is over."""
    client.get("/presence")
    assert client.post("/presence/run").status == 303
    until = time.monotonic() + 30
    while "Looking:" in (page := client.get("/presence").text):
        assert time.monotonic() < until
    return page


def test_a_teacher_begins_looks_marks_and_stops(desk: Desk) -> None:
    client = desk.begun(also="Zebedina Quillfeather-Oldname", handles="@zeb_quill_9")
    page = _looked(client)
    assert page.index("vile cow") < page.index("Choir with Zebedina")
    assert "Likely you" in page
    finding = client.field("finding")
    client.post("/presence/mark", finding=finding, mark="dealt with")
    assert "marked: dealt with" in client.get("/presence").text
    client.post("/presence/shut")
    assert "vile cow" not in client.get("/presence").text
    client.post("/presence/open", passphrase=PHRASE)
    assert "marked: dealt with" in client.get("/presence").text
    assert "Erased" in client.post("/presence/withdraw", sure="yes").text
    assert client.post("/presence/open", passphrase=PHRASE).status == 403


def test_nobody_elses_page_says_whether_she_takes_part(desk: Desk) -> None:
    before = {
        person.email: desk.signed_in(person).get("/presence").text for person in (HEAD, OTHER)
    }
    client = desk.begun()
    _looked(client)
    for person in (HEAD, OTHER):
        other = desk.signed_in(person)
        assert other.get("/presence").text == before[person.email]
        refused = other.post("/presence/open", passphrase=PHRASE)
        assert refused.status == 403
        assert "either it is another one, or nothing is kept" in refused.text
        assert (
            other.post("/presence/mark", finding="0", mark="me").headers["location"] == "/presence"
        )


def test_no_other_page_database_letter_or_log_holds_anything_of_it(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client = desk.begun(
        also="Zebedina Quillfeather-Oldname",
        handles="@zeb_quill_9",
        emails="zeb@letters.example",
    )
    assert "gazette.example/choir" in _looked(client)
    pages = ("/", "/mentions", "/mail", "/sources", "/account", "/presence", "/presence/list")
    for person in (HEAD, LEAD, OTHER, IT):
        other = desk.signed_in(person)
        for path in pages:
            body = other.get(path).body.encode()
            assert not any(word in body for word in PLANTED), (person.roles, path)
    assert not any(word.decode() in caplog.text for word in (*PLANTED, PHRASE.encode()))
    with desk.store.reading() as connection:
        dump = "\n".join(
            str(row)
            for (table,) in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall()
            if table != "presence_box"
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall()
        )
    assert "presence" not in dump
    assert TEACHER.name not in dump
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(word in held for word in (*PLANTED, TEACHER.name.encode(), PHRASE.encode()))


def test_the_boxes_are_as_many_as_the_accounts_whoever_takes_part(desk: Desk) -> None:
    boxes_of(desk.store, KEYS, lambda: tuple(desk.schools)).tidy(NOW)
    before = _boxes(desk.store)
    desk.begun()
    after = _boxes(desk.store)
    assert len(before) == len(after) == len(STAFFED.people)
    assert before.isdisjoint(after)


def _boxes(store: Store) -> set[bytes]:
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT sealed FROM presence_box").fetchall()
    return {bytes(row[0]) for row in rows}


def test_whoever_leaves_the_school_takes_everything_along(desk: Desk) -> None:
    client = desk.begun()
    left = STAFFED.model_copy(update={"people": (HEAD, LEAD, OTHER, IT)})
    desk.schools[:] = [left]
    assert client.get("/presence").status == 303
    boxes = boxes_of(desk.store, KEYS, lambda: (left,))
    boxes.tidy(desk.clock())
    boxes.tidy(desk.clock.forward(days=8))
    assert len(_boxes(desk.store)) == 4
    desk.schools[:] = [STAFFED]
    back = desk.signed_in(TEACHER)
    back.get("/presence")
    assert back.post("/presence/open", passphrase=PHRASE).status == 403


def test_it_shuts_by_itself_after_ten_minutes_and_in_another_browser_it_is_shut(desk: Desk) -> None:
    client = desk.begun()
    assert "Open for you alone" in client.get("/presence").text
    assert "Open for you alone" not in desk.signed_in(OTHER).get("/presence").text
    desk.clock.forward(minutes=9)
    assert "Open for you alone" in client.get("/presence").text
    desk.clock.forward(minutes=10)
    assert "Open for you alone" not in client.get("/presence").text


def test_a_passphrase_cannot_be_guessed_at_for_long(desk: Desk) -> None:
    desk.begun()
    client = desk.signed_in(TEACHER)
    client.get("/presence")
    tried = [client.post("/presence/open", passphrase=f"guess {n}").status for n in range(9)]
    assert tried == [403] * 8 + [429]
    assert client.post("/presence/open", passphrase=PHRASE).status == 429
    desk.clock.forward(minutes=16)
    assert client.post("/presence/open", passphrase=PHRASE).status == 303


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"also": "Tom Birch"}, "somebody else at the school"),
        ({"also": "Peter Parent"}, "shares neither"),
        ({"also": "Zeb Quill"}, "shares neither"),
        ({"again": "something else"}, "not the same"),
        ({"agree": ""}, "unless you agree"),
        ({"passphrase": "short", "again": "short"}, "12 characters"),
    ],
)
def test_what_is_refused_is_said_and_nothing_is_kept(
    desk: Desk, fields: dict[str, str], why: str
) -> None:
    client = desk.signed_in(TEACHER)
    client.get("/presence")
    given = {"passphrase": PHRASE, "again": PHRASE, "agree": "yes", "months": "12"}
    answer = client.post("/presence/enrol", **{**given, **fields})
    assert (answer.status, why in answer.text) == (422, True)
    assert client.post("/presence/open", passphrase=PHRASE).status == 403


def test_nothing_works_for_strangers_or_without_the_forms_token(desk: Desk) -> None:
    assert ask(desk.web, "/presence", cookie="").status == 303
    client = desk.begun()
    client.token = "0" * 64
    for path in ("open", "enrol", "run", "mark", "tick", "shut", "withdraw"):
        assert client.post(f"/presence/{path}").status == 403
    assert "Open for you alone" in client.get("/presence").text


def test_ticks_are_kept_and_the_list_can_be_printed_by_anybody(desk: Desk) -> None:
    client = desk.begun()
    client.get("/presence/list")
    assert client.post("/presence/tick", line="set-facebook").status == 303
    assert (
        "Former pupils among your friends: not for five years." in client.get("/presence/list").text
    )
    page = client.get("/presence/list").body
    assert re.search(r'value="set-facebook" checked', page)
    assert "<input" in (other := desk.signed_in(OTHER).get("/presence/list").body)
    assert " checked>" not in other


@pytest.mark.browser
def test_a_teacher_goes_through_it_on_a_telephone(desk: Desk) -> None:
    sign_in(desk.store, TEACHER, SECRET, now=desk.clock())
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 360, "height": 800})
        context.add_cookies(
            [{"name": "footprint-session", "value": SECRET, "url": desk.web.address}]
        )
        page, axe = context.new_page(), Axe()
        page.goto(f"{desk.web.address}/presence")
        _sound(page, axe)
        page.get_by_label("Accounts of your own").fill("@zeb_quill_9")
        page.get_by_label("A passphrase of your own").fill(PHRASE)
        page.get_by_label("The same again").fill(PHRASE)
        page.get_by_label("I have read this and agree").check()
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("button", name="Look for me").click()
        expect(page.get_by_role("heading", name="Likely you")).to_be_visible(timeout=30_000)
        _sound(page, axe)
        first = page.get_by_role("article").first
        expect(first).to_contain_text("abuse")
        first.get_by_text("What helps").click()
        expect(first).to_contain_text("0344 381 4772")
        first.get_by_role("button", name="Dealt with").click()
        expect(page.get_by_role("article").first).to_contain_text("marked: dealt with")
        page.get_by_text("The checklist, with your ticks").click()
        page.get_by_label("Bebo, MySpace").check()
        page.get_by_role("button", name="Keep the ticks").click()
        expect(page.get_by_label("Bebo, MySpace")).to_be_checked()
        _sound(page, axe)
        page.goto(f"{desk.web.address}/presence")
        page.get_by_text("Stop, and erase everything").click()
        page.get_by_label("I am sure").check()
        page.get_by_role("button", name="Erase everything").click()
        expect(page.get_by_text("Nothing is kept for you.")).to_be_visible()
        context.close()


def _sound(page: Page, axe: Axe) -> None:
    """No rule of WCAG is broken, and nothing is wider than the telephone."""
    rules: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
    page.eval_on_selector_all("details", "all => all.forEach((it) => { it.open = true })")
    results = axe.run(page, options=rules)
    assert results.violations_count == 0, results.generate_report()
    page.eval_on_selector_all("details", "all => all.forEach((it) => { it.open = false })")
    assert page.evaluate("document.documentElement.scrollWidth") == 360

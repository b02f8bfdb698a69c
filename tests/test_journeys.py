"""What people do with an incident, in a real browser, on a phone and on a wide screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from monitor.settings import Person, School
from monitor.store import incidents
from monitor.store.engine import Store
from monitor.web.server import WebServer
from tests.browser import chromium
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    KEY,
    LEAD,
    NOW,
    PRAISE,
    SCHOOL,
    THREAT,
    deal,
    keep,
    mention,
    named,
    opened,
    owe,
    send,
    served,
    settings,
)

pytestmark = pytest.mark.browser

LATE = datetime(2026, 11, 21, 23, 10, tzinfo=UTC)
CHAIR = Person(name="Bethan Price", email="chair@hollybrook.example", roles=("chair",))
WHOLE = SCHOOL.model_copy(
    update={"people": (HEAD, LEAD, CHAIR), "official_accounts": ("@hollybrookpri",)}
)
ACCUSED = mention(
    "accused",
    "The headteacher Jane Ashdown hit my son in the corridor",
    level="urgent",
    categories=("safeguarding",),
    deciding="hit my son",
    rule="safeguarding.hit",
)
CHILD = mention(
    "child",
    "My daughter Ava in Year 3 was left outside the gate",
    level="urgent",
    categories=("safeguarding",),
    deciding="left outside",
    rule="safeguarding.left",
)
SIZES = pytest.mark.parametrize(
    ("width", "scripts"), [(360, False), (1280, True)], ids=["phone-no-scripts", "wide"]
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for these tests."""
    with chromium() as made:
        yield made


@contextmanager
def visiting(
    browser: Browser,
    store: Store,
    folder: Path,
    *,
    width: int = 360,
    scripts: bool = True,
    now: datetime = NOW,
    school: School = WHOLE,
) -> Iterator[tuple[Page, WebServer]]:
    """The headteacher's browser at the first page."""
    with served(store, settings(folder, schools=(school,)), clock=lambda: now) as web:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=scripts
        )
        context.add_cookies([{"name": "footprint-session", "value": KEY, "url": web.address}])
        page = context.new_page()
        page.set_default_timeout(5000)
        page.goto(web.address)
        try:
            yield page, web
        finally:
            context.close()


def open_drawer(page: Page, name: str) -> None:
    page.locator("summary", has_text=name).click()


@SIZES
def test_an_urgent_one_at_ten_past_eleven_is_taken_worked_on_and_closed(
    browser: Browser, small: Store, tmp_path: Path, width: int, scripts: bool
) -> None:
    keep(small, THREAT, PRAISE)
    name = deal(small, THREAT)
    seen = {"width": width, "scripts": scripts, "now": LATE}
    with visiting(browser, small, tmp_path, **seen) as (page, _web):
        expect(page.get_by_role("heading", level=1)).to_have_text("1 thing needs somebody now")
        page.get_by_role("button", name="I have this").click()
        expect(page.get_by_role("heading", name="You have this")).to_be_visible()
        page.get_by_role("button", name="Done: If it speaks of a life").click()
        expect(page.locator("li.ticked")).to_contain_text("Done today at 23:10 by Jane Ashdown.")
        open_drawer(page, "Add a note")
        page.get_by_label("What happened").fill("Rang 999.\nThey send somebody.")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.get_by_text("They send somebody.")).to_be_visible()
        open_drawer(page, "Close it")
        page.get_by_label("How it ended").fill("The police spoke to him")
        page.locator("details[open]").get_by_role("button", name="Close it").click()
        expect(page.get_by_role("heading", name="This is closed")).to_be_visible()
        page.get_by_role("link", name="Today").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Nothing that was found needs you now"
        )
        expect(page.locator("main")).to_contain_text("Jane Ashdown closed it")
        assert page.evaluate("document.documentElement.scrollWidth") == width
    with small.reading() as connection:
        found = incidents.one(connection, name)
    assert found
    assert (found.state, found.outcome) == ("closed", "The police spoke to him")


@SIZES
def test_a_complaint_is_handed_on(
    browser: Browser, small: Store, tmp_path: Path, width: int, scripts: bool
) -> None:
    keep(small, COMPLAINT)
    deal(small, COMPLAINT)
    with visiting(browser, small, tmp_path, width=width, scripts=scripts) as (page, _web):
        page.get_by_role("link", name="What to do").click()
        expect(page.get_by_text("This may be fair.")).to_be_visible()
        open_drawer(page, "Hand it on")
        page.get_by_label("To whom").select_option(label="Ravi Osei, safeguarding lead")
        page.get_by_role("button", name="Hand it on").click()
        expect(page.get_by_role("heading", name="Ravi Osei has this")).to_be_visible()
        expect(page.locator("main")).to_contain_text("Jane Ashdown handed this on to Ravi Osei")


@SIZES
def test_a_correction_and_its_undoing_are_a_press_each(
    browser: Browser, small: Store, tmp_path: Path, width: int, scripts: bool
) -> None:
    keep(small, COMPLAINT)
    name = deal(small, COMPLAINT)
    with visiting(browser, small, tmp_path, width=width, scripts=scripts) as (page, web):
        page.goto(f"{web.address}/incidents/{name}")
        open_drawer(page, "Is Footprint wrong about this?")
        page.get_by_role("button", name="It is not about us").click()
        expect(page.get_by_role("status")).to_contain_text("Footprint learns from it")
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("status")).to_contain_text("Taken back.")
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_head_sees_nothing_of_an_allegation_against_the_head(
    browser: Browser, small: Store, tmp_path: Path
) -> None:
    keep(small, ACCUSED)
    name = deal(small, ACCUSED, school=WHOLE)
    with visiting(browser, small, tmp_path) as (page, web):
        expect(page.get_by_role("heading", level=1)).to_contain_text("Nothing that was found")
        answer = page.goto(f"{web.address}/incidents/{name}")
        assert answer
        assert answer.status == 404
        assert "corridor" not in page.content()


def test_words_that_nobody_need_read_are_shown_to_whoever_says_why(
    browser: Browser, small: Store, tmp_path: Path
) -> None:
    keep(small, CHILD)
    deal(small, CHILD)
    with visiting(browser, small, tmp_path) as (page, _web):
        page.get_by_role("link", name="What to do").click()
        expect(page.get_by_role("heading", name="You do not need to read this")).to_be_visible()
        assert "outside the gate" not in page.content()
        open_drawer(page, "I need to read the words")
        page.get_by_label("To see who may be at risk").check()
        page.get_by_role("button", name="Show the words to me once").click()
        expect(page.locator("figure.post mark")).to_have_text("left outside")
        page.goto(page.url.partition("/reveal")[0])
        assert "outside the gate" not in page.content()


def test_the_keyboard_alone_is_enough(browser: Browser, small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    deal(small, THREAT)
    with visiting(browser, small, tmp_path, width=1280) as (page, _web):
        tab_to(page, "I have this")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="You have this")).to_be_visible()
        tab_to(page, "Add a note")
        page.keyboard.press("Enter")
        tab_to(page, "")
        page.keyboard.type("By keyboard alone")
        tab_to(page, "Keep the note")
        page.keyboard.press("Space")
        expect(page.get_by_text("By keyboard alone")).to_be_visible()


FOCUSED = "document.activeElement.textContent.trim()"


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says this; with no words, once."""
    page.keyboard.press("Tab")
    for _ in range(100):
        if page.evaluate(FOCUSED).startswith(words):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard never came to {words}")


def test_the_language_is_changed_by_one_press(
    browser: Browser, small: Store, tmp_path: Path
) -> None:
    keep(small, THREAT)
    deal(small, THREAT)
    with visiting(browser, small, tmp_path) as (page, _web):
        page.get_by_role("button", name="Cymraeg").click()
        expect(page.locator("html")).to_have_attribute("lang", "cy")
        expect(page.get_by_role("button", name="Mae hwn gen i")).to_be_visible()
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="I have this")).to_be_visible()


def test_on_a_phone_the_menu_opens_without_scripts(
    browser: Browser, small: Store, tmp_path: Path
) -> None:
    with visiting(browser, small, tmp_path, scripts=False) as (page, _web):
        expect(page.get_by_role("link", name="Sources", exact=True)).to_have_count(0)
        page.get_by_role("link", name="Menu").click()
        page.get_by_role("link", name="Sources", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sources")


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """A school with one incident of each sort."""
    folder = tmp_path_factory.mktemp("journeys")
    with opened(folder) as store:
        keep(store, THREAT, COMPLAINT, CHILD, PRAISE)
        send(store, owe(store, THREAT))
        for one in (THREAT, COMPLAINT, CHILD):
            deal(store, one)
        complaint = named(f"incident of {COMPLAINT.id}")
        with store.writing() as connection:
            incidents.take(connection, complaint, HEAD.email, NOW - timedelta(hours=1))
            incidents.step_done(connection, complaint, HEAD.email, NOW, "complaint.now.1")
            incidents.note(connection, complaint, HEAD.email, NOW, "Rang the family")
        with served(store, settings(folder, schools=(WHOLE,))) as server:
            yield server


PAGES = (
    "/",
    f"/incidents/{named(f'incident of {THREAT.id}')}",
    f"/incidents/{named(f'incident of {COMPLAINT.id}')}",
    f"/incidents/{named(f'incident of {CHILD.id}')}",
    "/mentions",
    f"/mentions/{THREAT.id}",
    "/mail",
    "/sources",
    "/account",
    "/signin",
    "/nothing",
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize(
    ("scheme", "locale", "width"), [("light", "en-GB", 360), ("dark", "cy", 1280)]
)
def test_no_page_breaks_a_rule_of_wcag(
    browser: Browser, busy: WebServer, scheme: Any, locale: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, locale=locale
    )
    context.add_cookies([{"name": "footprint-session", "value": KEY, "url": busy.address}])
    page, axe = context.new_page(), Axe()
    try:
        for path in PAGES:
            page.goto(busy.address + path)
            page.eval_on_selector_all("details", "all => all.forEach((it) => { it.open = true })")
            results = axe.run(page, options=RULES)
            assert results.violations_count == 0, f"{path}: {results.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
    finally:
        context.close()

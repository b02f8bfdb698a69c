"""The pages for doing in a real browser: small and wide, by keyboard, without scripts, hostile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from monitor.config import load
from monitor.settings import Settings
from monitor.settings_changes import SettingsFiles
from monitor.store import reports
from monitor.store.engine import Store
from monitor.web.report_pages import public_link
from monitor.web.server import WebServer
from tests.browser import chromium
from tests.web_cast import HEAD, KEY, NOW, keep, mention, opened, served

pytestmark = pytest.mark.browser

HOSTILE = "<script>window.__pwn=1</script>\"><img src=x onerror='window.__pwn=1'> {{7*7}} \u202e"
CONFIG = f"""\
[[sources]]
id = "reports"
kind = "inbox"

[[schools]]
id = "hollybrook"
name = "Hollybrook Primary School"
aliases = ["Hollybrook Primary"]
places = ["Stanwick"]
public_reports = true
[[schools.people]]
name = "Jane Ashdown"
email = "{HEAD.email}"
roles = ["headteacher", "trust"]
[[schools.people]]
name = "Ravi Osei"
email = "dsl@hollybrook.example"
role = "dsl"
[[schools.people]]
name = "Ada Chair"
email = "chair@hollybrook.example"
role = "chair"
[schools.contacts]
hr = '''{HOSTILE[:-1]}'''
[schools.approval]
headteacher = "Jane Ashdown"
dpo_advice = "DPIA v1 agreed"
date = 2026-09-01
notice_url = "https://hollybrook.example/privacy"
"""
PAGES = (
    "/report",
    "/report?picture=no",
    "/report?picture=maybe",
    "/report/kept",
    "/settings",
    "/settings/hollybrook/names",
    "/settings/hollybrook/people",
    "/settings/hollybrook/hours",
    "/settings/hollybrook/contacts",
    "/settings/hollybrook/general",
    "/settings/hollybrook/approval",
    "/trust",
    "/about",
)


@dataclass
class Doing:
    """The pages, the browser that opens them, and what is behind them."""

    browser: Browser
    web: WebServer
    store: Store
    settings: Settings
    config: Path

    def context(self, **options: Any) -> BrowserContext:
        """A browser in which the headteacher is signed in."""
        made = self.browser.new_context(base_url=self.web.address, **options)
        made.add_cookies([{"name": "footprint-session", "value": KEY, "url": self.web.address}])
        return made

    def link(self) -> str:
        with self.store.reading() as connection:
            whole = public_link(connection, self.settings, self.settings.schools[0], NOW)
        return whole.removeprefix(self.settings.web.origin)

    def waiting(self) -> int:
        with self.store.reading() as connection:
            return len(reports.waiting(connection, "reports", 0))


@pytest.fixture(scope="module")
def doing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doing]:
    folder = tmp_path_factory.mktemp("doing")
    config = folder / "config.toml"
    config.write_text(CONFIG, "utf-8")
    settings = load(config, {})
    with opened(folder) as store:
        keep(store, mention("one", f"Hollybrook Primary in Stanwick {HOSTILE}"))
        with (
            served(store, settings, files=SettingsFiles(config, {})) as web,
            chromium() as browser,
        ):
            yield Doing(browser, web, store, settings, config)


def _is_narrow(page: Page) -> bool:
    """Whether nothing but what scrolls by itself is wider than the page."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_fits_and_holds_the_rules_for_everybody(doing: Doing, width: int) -> None:
    with doing.context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        for path in (*PAGES, doing.link()):
            answer = page.goto(path)
            assert answer
            assert answer.ok, path
            assert _is_narrow(page), path
            for drawer in page.locator("details").all()[:1]:
                drawer.locator("summary").first.click()
            found = Axe().run(page)
            assert found.violations_count == 0, (path, found.generate_report())


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_in_welsh_fit_too(doing: Doing, width: int) -> None:
    with doing.context(viewport={"width": width, "height": 800}, locale="cy-GB") as context:
        page = context.new_page()
        for path, says in (
            ("/report", "Rhoi gwybod am yr hyn a welsoch"),
            ("/report?picture=maybe", "Peidiwch â'i agor"),
            ("/trust", "Yr ysgolion ochr yn ochr"),
            ("/about", "Beth a gesglir"),
            (doing.link(), "Dywedwch wrth Hollybrook"),
        ):
            page.goto(path)
            assert says in page.inner_text("main"), path
            assert _is_narrow(page), path
            assert page.get_attribute("html", "lang") == "cy"


def test_a_report_is_made_by_keyboard_and_without_scripts(doing: Doing) -> None:
    out = BytesIO()
    Image.new("RGB", (20, 20)).save(out, "PNG")
    before = doing.waiting()
    with doing.context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/report")
        page.get_by_role("link", name="No", exact=True).focus()
        page.keyboard.press("Enter")
        page.get_by_label("What it says").focus()
        page.keyboard.type("The gates at Hollybrook were locked again")
        page.keyboard.press("Tab")
        page.keyboard.type("https://forum.example/9")
        page.set_input_files("#picture", files=[
            {"name": HOSTILE, "mimeType": "image/png", "buffer": out.getvalue()}
        ])  # fmt: skip
        page.get_by_role("button", name="Send the report").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/report/kept?school=hollybrook")
        assert "We have it" in page.inner_text("h1")
    assert doing.waiting() == before + 1


def test_what_is_refused_stands_above_the_form_with_what_was_typed(doing: Doing) -> None:
    with doing.context() as context:
        page = context.new_page()
        page.goto("/report?picture=no")
        page.fill("#words", HOSTILE)
        page.set_input_files("#picture", files=[
            {"name": "x.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"}
        ])  # fmt: skip
        page.get_by_role("button", name="Send the report").click()
        assert "not a PNG, JPEG or WebP picture" in page.inner_text("[role=alert]")
        assert page.input_value("#words") == HOSTILE
        assert page.evaluate("window.__pwn") is None


def test_names_are_tried_and_then_saved_in_a_browser(doing: Doing) -> None:
    with doing.context(viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        page.goto("/settings/hollybrook/names")
        page.get_by_label("Other names").fill(f"Hollybrook Primary\n{HOSTILE}")
        page.get_by_role("button", name="Try these names").click()
        assert "What these names would catch" in page.inner_text("main")
        assert page.evaluate("window.__pwn") is None
        assert _is_narrow(page)
        assert Axe().run(page).violations_count == 0
        page.get_by_label("Other names").fill("Ravi Osei")
        page.get_by_role("button", name="Save").click()
        assert "is the name of somebody at the school" in page.inner_text("[role=alert]")
        page.get_by_label("Other names").fill("Hollybrook Primary\nHolly Brook")
        page.get_by_role("button", name="Save").click()
        assert "Saved." in page.inner_text("[role=status]")
    assert load(doing.config, {}).schools[0].aliases == ("Hollybrook Primary", "Holly Brook")


def test_nothing_hostile_in_the_settings_runs_on_any_page(doing: Doing) -> None:
    asked: list[str] = []
    with doing.context() as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for path in PAGES:
            page.goto(path)
            assert page.evaluate("window.__pwn") is None, path
        page.goto("/settings/hollybrook/contacts")
        assert HOSTILE[:-1] in [one.input_value() for one in page.locator("main input").all()]
    assert [url for url in asked if not url.startswith(doing.web.address)] == []

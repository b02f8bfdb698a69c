"""The pages of data protection in a real browser: on a telephone, for everybody, hostile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from monitor.settings import Person, School
from monitor.store import rights
from tests.browser import chromium
from tests.web_cast import HEAD, KEY, NOW, keep, mention, opened, served, settings

pytestmark = pytest.mark.browser
HOSTILE = "<script>window.__pwn=1</script>\"><img src=x onerror='window.__pwn=1'> \u202e"
EVERYTHING = Person(name="Jane Ashdown", email=HEAD.email, roles=("headteacher", "dpo"))
SCHOOL = School(
    id="hollybrook",
    name="Hollybrook Primary School",
    people=(EVERYTHING,),
    posters=(HEAD.email,),
)
POST = mention("dale", f"Marcus Dale {HOSTILE}", author="x" * 300)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("rights")
    with opened(folder) as store, chromium() as browser:
        keep(store, POST)
        with store.writing() as connection:
            rights.ask(connection, "hollybrook", "access", HOSTILE[:60], NOW, NOW, "x", NOW)
            rights.take_down(connection, [POST], HEAD.email, HEAD.email, NOW)
        with served(store, settings(folder, schools=(SCHOOL,))) as web:
            context = browser.new_context(
                base_url=web.address, viewport={"width": 320, "height": 640}
            )
            cookie = {"name": "footprint-session", "value": KEY, "url": web.address}
            context.add_cookies([cookie])  # type: ignore[list-item]
            yield context.new_page()
            context.close()


def is_right(page: Page) -> None:
    """It fits a telephone, holds the rules of accessibility, and runs nothing of a post's."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, page.url
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], page.url
    assert page.evaluate("window.__pwn") is None


@pytest.mark.parametrize("path", ["/data", "/data/search", "/check-post"])
def test_every_page_fits_and_holds_the_rules_for_everybody(page: Page, path: str) -> None:
    page.goto(path)
    for drawer in page.locator("details").all():
        drawer.evaluate("one => one.open = true")
    is_right(page)


def test_a_search_is_looked_through_and_made_a_file(page: Page, tmp_path: Path) -> None:
    page.goto("/data/search")
    page.get_by_label("Their names, handles and addresses").fill("Marcus Dale")
    page.get_by_role("button", name="Look").click()
    page.get_by_role("heading", name="name them").wait_for()
    is_right(page)
    page.get_by_label("Leave this one out").first.check()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Make the file").click()
    path = tmp_path / "answer.txt"
    waited.value.save_as(path)
    assert "Marcus Dale" in path.read_text("utf-8")
    assert waited.value.suggested_filename == "request-1.txt"


def test_a_draft_is_looked_at(page: Page) -> None:
    page.goto("/check-post")
    page.get_by_label("The words of the post").fill(f"Ring 07700 900123 {HOSTILE}")
    page.get_by_label("What goes with it").select_option("picture")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("It holds a telephone number: take it out.").wait_for()
    is_right(page)

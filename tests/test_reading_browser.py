"""The pages for reading as a person has them: search, weeks, sources and programs, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from monitor.indexing import Indexer
from monitor.web.server import WebServer
from tests.browser import chromium
from tests.test_browser import BY_KEYBOARD, FOCUSED, HOSTILE, Visit, view
from tests.test_journeys import RULES
from tests.web_cast import (
    COMPLAINT,
    FAILED,
    OTHER,
    PRAISE,
    SCHOOL,
    THREAT,
    keep,
    mention,
    named,
    opened,
    served,
    settings,
    watch,
)

pytestmark = pytest.mark.browser
NASTY = quote("\"><img src=x onerror='window.__pwn=1'>{{7*7}}")
PATHS = (
    "/mentions",
    f"/mentions?q={NASTY}",
    "/mentions?q=hollybrook&since=soon",
    "/mentions?hidden=yes",
    f"/mentions/{named('safe')}",
    f"/mentions/{named('nasty5')}",
    "/weeks",
    "/weeks/2026-W46",
    "/weeks/2026-W46?edition=governors",
    "/sources?done=asked&source=press-gazette",
    "/account/tokens",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for these tests."""
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """Two schools with posts of two weeks, hostile ones among them and among those left out."""
    folder = tmp_path_factory.mktemp("reading")
    with opened(folder) as store:
        keep(store, THREAT, COMPLAINT, PRAISE, _safeguarding())
        for number, words in enumerate(HOSTILE):
            keep(store, _nasty(f"nasty{number}", words), _nasty(f"left{number}", words, False))
        old = [mention(f"old{n}", "x", minutes_ago=9 * 24 * 60 + n) for n in range(6)]
        keep(store, *old, *_moods())
        watch(store, press_gazette={**FAILED, "error": "".join(HOSTILE)})
        Indexer(store, (SCHOOL, OTHER)).index_some()
        with served(store, settings(folder, schools=(SCHOOL, OTHER))) as server:
            yield server


def _nasty(name: str, words: str, relevant: bool = True) -> Any:
    made = mention(name, words, title=words, level="watch", relevant=relevant)
    why = {**THREAT.reasons[0], "rule": "press.coverage", "text": words, "says": words}
    return replace(made, author=words, source=words, reasons=(why,))


def _safeguarding() -> Any:
    kinds = ("safeguarding",)
    return mention("safe", "He touched the boys", level="urgent", categories=kinds)


def _moods() -> list[Any]:
    sorts = {"negative": 4, "neutral": 2, "positive": 3}
    return [
        mention(f"{mood}{n}", "x", sentiment=mood, minutes_ago=8 * 24 * 60 + n)
        for mood, number in sorts.items()
        for n in range(number)
    ]


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_each_page_fits_obeys_nobody_and_passes_wcag(
    browser: Browser, web: WebServer, width: int, scheme: str
) -> None:
    own = urlsplit(web.address).netloc
    for path in PATHS:
        with Visit(browser, web, path, **view(width, scheme)) as visit:
            page = visit.page
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
            assert page.evaluate("window.__pwn") is None, path
            assert page.locator("main script, main style, main img").count() == 0
            assert visit.hosts == {own}
            assert visit.said == [], path
            results = Axe().run(page, options=RULES)
            assert results.violations_count == 0, (path, results.generate_report())


def test_each_page_passes_wcag_in_welsh(browser: Browser, web: WebServer) -> None:
    options = {**view(360), "locale": "cy-GB"}
    for path in PATHS:
        with Visit(browser, web, path, **options) as visit:
            assert visit.page.evaluate("document.documentElement.lang") == "cy", path
            results = Axe().run(visit.page, options=RULES)
            assert results.violations_count == 0, (path, results.generate_report())


@pytest.mark.parametrize("path", ["/mentions", "/weeks", "/sources", "/account/tokens"])
def test_everything_is_reached_by_the_keyboard(browser: Browser, web: WebServer, path: str) -> None:
    with Visit(browser, web, path, **view(1280)) as visit:
        number = visit.page.evaluate(BY_KEYBOARD)
        seen = set()
        for _ in range(2 * number + 20):
            visit.page.keyboard.press("Tab")
            at, style, wide, inside = visit.page.evaluate(FOCUSED)
            if at is not None:
                seen.add(at)
                assert (style, wide >= 2, inside) == ("solid", True, True)
    assert seen == {str(index) for index in range(number)}


def test_a_search_works_without_scripts(browser: Browser, web: WebServer) -> None:
    with Visit(browser, web, "/mentions", **view(360), java_script_enabled=False) as visit:
        page = visit.page
        page.get_by_label("Look for words").fill("bullying")
        page.get_by_role("button", name="Show", exact=True).click()
        page.get_by_role("link", name="Hollybrook does nothing").click()
        assert page.get_by_role("heading", name="First evidence").is_visible()


def test_words_are_shown_once_to_somebody_who_says_why(browser: Browser, web: WebServer) -> None:
    with Visit(browser, web, f"/mentions/{named('safe')}", **view(360)) as visit:
        page = visit.page
        page.get_by_text("I need to read the words").click()
        page.get_by_text("To see who may be at risk").click()
        page.get_by_role("button", name="Show the words to me once").click()
        assert page.get_by_text("He touched the boys").is_visible()
        page.goto(page.url.removesuffix("/reveal"))
        assert page.get_by_text("He touched the boys").count() == 0

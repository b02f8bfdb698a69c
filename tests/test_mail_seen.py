"""An alert as a person sees it, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests import browser
from tests.letters import HOSTILE, NOTICE, body, with_everywhere, write


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser, which may not reach anything."""
    with browser.chromium() as opened:
        yield opened


MEASURE = """() => {
    const light = (rgb) => {
        const [r, g, b] = rgb.match(/\\d+/g).map((n) => {
            const c = n / 255;
            return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (node) => {
        for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if (!colour.startsWith("rgba(") ) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const texts = [...document.querySelectorAll("h1,h2,p,li,td,th,a,span")];
    return {
        width: document.documentElement.scrollWidth,
        size: Math.min(...texts.map((t) => parseFloat(getComputedStyle(t).fontSize))),
        contrast: Math.min(...texts.map((t) => {
            const both = [light(getComputedStyle(t).color), light(ground(t))].sort((a, b) => b - a);
            return (both[0] + 0.05) / (both[1] + 0.05);
        })),
        target: Math.min(...[...document.links].map((a) => a.getBoundingClientRect().height)),
        card: document.querySelector(".card").getBoundingClientRect().width,
    };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1000])
@pytest.mark.parametrize("level", ["urgent", "respond"])
def test_a_person_can_read_and_press_it_on_any_screen(
    chromium: Browser, tmp_path: Path, level: str, width: int, scheme: str
) -> None:
    notice = replace(NOTICE, level=level, place="w" * 100, possible=level == "urgent")
    (tmp_path / "alert.html").write_text(body(write(notice), "html"), "utf-8")
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto((tmp_path / "alert.html").as_uri())
    seen = page.evaluate(MEASURE)
    context.close()
    assert seen["width"] == width
    assert seen["card"] <= 600
    assert seen["size"] >= 16
    assert seen["target"] >= 48
    assert seen["contrast"] >= 4.5


@pytest.mark.browser
def test_hostile_words_do_nothing_in_a_real_browser(chromium: Browser, tmp_path: Path) -> None:
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for words in HOSTILE:
        (tmp_path / "alert.html").write_text(body(write(with_everywhere(words)), "html"), "utf-8")
        page.goto((tmp_path / "alert.html").as_uri())
        assert page.evaluate("typeof window.__pwn") == "undefined"
    context.close()
    assert set(asked) == {(tmp_path / "alert.html").as_uri()}

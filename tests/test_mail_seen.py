"""An alert as a person sees it, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from alerts.base import Notice
from monitor import notices
from monitor.judge.terms import Level
from monitor.notices import Seen
from monitor.settings import School
from tests import browser
from tests.letters import DATE, HOSTILE, NOTICE, body, with_everywhere, write


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


def _letters() -> Iterator[tuple[str, Notice]]:
    """An alert of each sort, for a school in England and one in Wales, as it is really worded."""
    english = School(
        id="hollybrook",
        name="Hollybrook Primary School",
        official_accounts=("@hollybrookpri",),
        own_text=True,
    )
    welsh = School(
        id="coch", name="Ysgol Gynradd Tŷ Coch", nation="wales", contacts={"lado": "01492 575111"}
    )
    urgent = Seen(
        level=Level.URGENT,
        tier="sure",
        categories=("threat", "harassment"),
        says=("says someone will be hurt",),
        place="Stanwick forum (forum.example)",
        link=f"https://forum.example/{'w' * 300}",
        published=DATE,
        found=DATE,
        words="My Ava in Year 3 is scared.",
    )
    respond = replace(urgent, level=Level.RESPOND, tier=None, categories=("complaint",))
    spread = {"spread": {"places": 4, "replies": 12, "since": DATE.isoformat()}}
    untaken = {"escalation": 2, "first_told": DATE.isoformat()}
    for school in (english, welsh):
        write_of = partial(
            notices.alert,
            school=school,
            now=DATE,
            told=("dsl", "chair"),
            reference="5f0c",
            page=f"https://footprint.hollybrook.example/letter/{'5' * 200}",
            page_until=DATE,
        )
        yield "urgent", write_of(urgent)
        yield "possible", write_of(replace(urgent, tier="possible", categories=("safeguarding",)))
        yield "respond", write_of(respond)
        yield "spread", write_of(respond, facts=spread)
        yield "untaken", write_of(urgent, facts=untaken, taken="dsl")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_every_sort_of_alert_fits_the_screen_and_asks_nobody(
    chromium: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number, (sort, notice) in enumerate(_letters()):
        file = tmp_path / f"{number}.html"
        file.write_text(body(write(notice), "html"), "utf-8")
        page.goto(file.as_uri())
        seen = page.evaluate(MEASURE)
        assert seen["width"] == width, sort
        assert seen["size"] >= 16, sort
        assert seen["contrast"] >= 4.5, sort
        assert seen["target"] >= 48, sort
        assert page.evaluate("document.documentElement.lang") == "en-GB"
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")
        assert levels[0] == "H1"
        assert set(levels[1:]) == {"H2"}
    context.close()
    assert all(url.startswith(tmp_path.as_uri()) for url in asked)

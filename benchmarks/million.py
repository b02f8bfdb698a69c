"""How long each page takes to be made with a million mentions in the database, on SQLite.

The rows are made by SQLite itself and by executemany, as they would stand after years of a trust
of ten schools; the pages are asked for over loopback by one person, one after another. The times
are the processor's, the asking included; the queries are timed within the same requests.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table
from sqlalchemy import event

from benchmarks.timing import SEED
from benchmarks.town import WORDS
from monitor.settings import School
from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.store.opening import open_store
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    KEY,
    LEAD,
    NOW,
    SOURCES,
    THREAT,
    keep,
    mention,
    owe,
    reach,
    served,
    settings,
    watch,
)

MENTIONS = 1_000_000
SCHOOLS = 10
YEARS = 3
ROUNDS = 7
SCHOOL_LIST = tuple(
    School(id=f"school-{n}", name=f"School {n}", people=(HEAD, LEAD)) for n in range(SCHOOLS)
)
# How often each level and kind comes.
KINDS: tuple[tuple[str, tuple[str, ...], str, int], ...] = (
    ("routine", (), "neutral", 50),
    ("routine", ("praise",), "positive", 20),
    ("watch", ("complaint",), "negative", 20),
    ("watch", ("press",), "neutral", 5),
    ("respond", ("complaint",), "negative", 4),
    ("urgent", ("threat",), "negative", 1),
)
# What triggers and steps would have made of the mentions, each with one kind at most.
FACETS = """INSERT INTO search_facet (school, category, found, posted, mention_id, level, mood,
    source, relevant, again, delicate)
    SELECT school, {kind}, substr(seen_at, 1, 16), published, id, level, sentiment, source,
    relevant, 0, categories NOT IN ('[]', '["praise"]', '["press"]') FROM mention"""
FOLLOWING = (
    FACETS.format(kind="''"),
    FACETS.format(kind="json_extract(categories, '$[0]')") + " WHERE categories <> '[]'",
    "INSERT INTO search_text (mention_id, words) SELECT id, text FROM mention",
    "INSERT INTO search_words (search_words) VALUES ('rebuild')",
    """INSERT INTO entry (source, key, content, seen_at)
    SELECT source, entry_key, story, seen_at FROM mention""",
    """INSERT INTO daily (school, day, source, level, mood, category, mentions)
    SELECT school, substr(found, 1, 10), source, level, mood, category, count(*)
    FROM search_facet WHERE relevant GROUP BY 1, 2, 3, 4, 5, 6""",
)
PATHS = (
    "/",
    "/mentions",
    "/mentions?level=urgent",
    "/mentions?level=routine",
    "/mentions?category=complaint",
    "/mentions?category=threat&school=school-3",
    "/mentions?mood=positive&source=town-reviews",
    "/mentions?since=2025-02-01&until=2025-02-07",
    "/mentions?hidden=yes",
    "/mentions?q=parking",
    "/mentions?q=parking+station&level=urgent",
    "/mentions?q=zeppelin",
    f"/mentions/{THREAT.id}",
    "/weeks",
    "/weeks?school=school-3",
    "/mail",
    "/sources",
    "/api/mentions",
    "/api/mentions?q=bus&category=complaint",
)


@dataclass(frozen=True, slots=True)
class Timed:
    """A page's times in milliseconds: of the whole request, and of its slowest query."""

    path: str
    whole: float
    query: float


def rows(number: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """So many mentions, the oldest first, as the table holds them."""
    plain = mention("x", "")
    names = [field.name for field in fields(Mention)]
    at = {name: place for place, name in enumerate(names)}
    kinds = [kind for kind in KINDS for _ in range(kind[3])]
    span = timedelta(days=365 * YEARS)
    fixed = list(astuple(plain))
    for n in range(number):
        level, categories, mood, _share = chance.choice(kinds)
        found = NOW - span + span * (n / number)
        words = " ".join(chance.choice(WORDS) for _ in range(30))
        row = fixed.copy()
        moment = f"{found:%Y-%m-%d %H:%M:%S.%f}"
        given = {
            "id": f"{n:032x}", "school": f"school-{n % SCHOOLS}", "source": SOURCES[n % 3],
            "entry_key": f"{n}", "story": f"{n:032x}", "text": words, "seen_at": moment,
            "published": moment, "level": level, "highest": level, "sentiment": mood,
            "categories": f'["{categories[0]}"]' if categories else "[]", "reasons": "[]",
            "relevant": n % 5 != 0, "url": f"https://forum.example/{n}",
        }  # fmt: skip
        for name, value in given.items():
            row[at[name]] = value
        yield tuple(row)


def fill(path: Path, number: int) -> None:
    """The mentions, and what is listed and searched of them, without the triggers: one by one
    they would take ten times as long.
    """
    names = [field.name for field in fields(Mention)]
    marks = ", ".join("?" * len(names))
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
            base.execute(f"PRAGMA {pragma}")
        triggers = base.execute(
            "SELECT name, sql FROM sqlite_master WHERE type='trigger'"
        ).fetchall()
        for name, _sql in triggers:
            base.execute(f"DROP TRIGGER {name}")
        base.execute("BEGIN")
        insert = f"INSERT INTO mention ({', '.join(names)}) VALUES ({marks})"
        base.executemany(insert, rows(number, random.Random(SEED)))
        for statement in FOLLOWING:
            base.execute(statement)
        base.execute("COMMIT")
        for _name, sql in triggers:
            base.execute(sql)
        base.execute("ANALYZE")
        base.execute("PRAGMA journal_mode=WAL")


@contextmanager
def _slowest(store: Store) -> Iterator[list[float]]:
    """How long each query takes, while the block lasts."""
    taken: list[float] = []

    def before(connection: Any, *_rest: Any) -> None:
        connection.info["since"] = time.thread_time()

    def after(connection: Any, *_rest: Any) -> None:
        taken.append(time.thread_time() - connection.info["since"])

    event.listen(store.engine, "before_cursor_execute", before)
    event.listen(store.engine, "after_cursor_execute", after)
    yield taken


def pages(number: int = MENTIONS, rounds: int = ROUNDS) -> list[Timed]:
    """The median of each page, and of its slowest query, over some rounds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "million.db"
        open_store(f"sqlite:///{path}").close()
        fill(path, number)
        store = open_store(f"sqlite:///{path}")
        try:
            watch(store)
            reach(store, *SCHOOL_LIST)
            ours = [_of(one, "school-3") for one in (THREAT, COMPLAINT)]
            keep(store, *ours)
            for one in ours:
                owe(store, one)
            configured = settings(Path(folder), schools=SCHOOL_LIST)
            with served(store, configured) as web, _slowest(store) as taken:
                return [_timed(web.address, page, taken, rounds) for page in PATHS]
        finally:
            store.close()


def _of(one: Mention, school: str) -> Mention:
    return replace(one, school=school)


def _timed(origin: str, path: str, taken: list[float], rounds: int) -> Timed:
    whole, queries = [], []
    for _ in range(rounds):
        taken.clear()
        start = time.process_time()
        _ask(origin, path)
        whole.append(1000 * (time.process_time() - start))
        queries.append(1000 * max(taken, default=0.0))
    return Timed(path, statistics.median(whole), statistics.median(queries))


def _ask(origin: str, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", urlsplit(origin).port)
    try:
        connection.request("GET", path, headers={"Cookie": f"footprint-session={KEY}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
    finally:
        connection.close()


def table(found: list[Timed], number: int = MENTIONS) -> Table:
    """The times, to print."""
    title = f"pages with {number:,} mentions, SQLite, median of {ROUNDS} (processor, ms)"
    made = Table("page", "whole", "slowest query", box=None, title=title, title_justify="left")
    for one in found:
        made.add_row(one.path, f"{one.whole:.0f}", f"{one.query:.0f}")
    return made


if __name__ == "__main__":
    Console(width=120).print(table(pages()))

"""Three days of polling with a fifth of the sources dead, slow or hostile; the others stay on time.

The clock is moved, the rest is real: a web server that a host of sources lives on, the program's
own fetching, parsing, judging and storing. One worker does all the polling (the program has
four), and whoever is slow costs it the minute that a fetch may take, so that what is proved here
holds all the more there.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

from monitor.judge import Judge
from monitor.pipeline import Monitor
from monitor.settings import Http, Person, School, Settings, SourceSettings
from monitor.store import looks
from monitor.store.engine import Store
from monitor.store.opening import open_store
from sources.feed import Options
from sources.fetch import Fetcher
from sources.parsing import Parser
from tests.postgres import PostgresServer

BEGIN = datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
EVERY = timedelta(minutes=15)
PATIENCE = timedelta(seconds=60)
ANSWER = timedelta(seconds=1)
# A poll may be late by half an interval; the fifth that chance adds is no lateness.
ON_TIME = 1.5
TROUBLES = ("refused", "slow", "not found", "error", "too many", "page", "hostile", "cut off")
SCHOOL = School(
    id="hollybrook",
    name="Hollybrook Primary School",
    places=("Stanwick",),
    people=(Person(name="Jane Ashdown", email="head@hollybrook.example", roles=("headteacher",)),),
)
BOMB = gzip.compress(bytes(64 * 1024 * 1024))


@dataclass
class Clock:
    """A clock that is moved by whoever takes time."""

    now: datetime = BEGIN
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> datetime:
        """What time it is."""
        return self.now

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        with self.lock:
            self.now += by


@dataclass
class Account:
    """What was seen at the sources' side."""

    hours: int
    sources: int
    troubled: dict[str, str]
    asked: dict[str, list[datetime]]
    end: datetime
    told: dict[str, str]

    @property
    def gaps(self) -> list[float]:
        """The times between two requests of each healthy source, in intervals."""
        return [
            (later - earlier) / EVERY
            for source, moments in self.asked.items()
            if source not in self.troubled
            for earlier, later in pairwise([*moments, self.end])
        ]

    @property
    def on_time(self) -> float:
        """The share of polls of healthy sources that came within one and a half intervals."""
        gaps = self.gaps
        return sum(gap <= ON_TIME for gap in gaps) / len(gaps)

    @property
    def forgotten(self) -> list[str]:
        """Troubled sources that were not tried for a day and a fifth."""
        longest = timedelta(days=1.2) + EVERY
        return [
            source
            for source in self.troubled
            if any(b - a > longest for a, b in pairwise([BEGIN, *self.asked[source], self.end]))
        ]

    @property
    def silent(self) -> list[str]:
        """Troubled sources that the program takes for well."""
        return [source for source in self.troubled if not self.told[source]]

    @property
    def clean(self) -> bool:
        """Nothing late, nothing forgotten, nothing kept quiet about."""
        return self.on_time >= 0.999 and not self.forgotten and not self.silent

    def lines(self) -> str:
        """The account in words."""
        gaps = self.gaps
        return (
            f"{self.hours} h, {self.sources} sources, {len(self.troubled)} of them in trouble: "
            f"{len(gaps)} polls of the healthy ones, {self.on_time:.2%} within {ON_TIME} "
            f"intervals, the longest gap {max(gaps):.2f}; not tried daily: {len(self.forgotten)}; "
            f"taken for well: {len(self.silent)}"
        )


class Town:
    """A web server whose every path is a source: healthy, or in one of the troubles."""

    def __init__(self, clock: Clock, troubled: dict[str, str]) -> None:
        self._clock, self._troubled = clock, troubled
        self.asked: defaultdict[str, list[datetime]] = defaultdict(list)
        town = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                town.answer(self, self.path.strip("/"))

            def log_message(self, *_: object) -> None:
                """Proofs print their account alone."""

        self.server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])

    def answer(self, handler: BaseHTTPRequestHandler, source: str) -> None:
        """Answer as this source does; time passes meanwhile."""
        trouble = self._troubled.get(source, "")
        self.asked[source].append(self._clock())
        self._clock.forward(PATIENCE if trouble in ("slow", "hostile") else ANSWER)
        if trouble in ("refused", "slow"):
            handler.close_connection = True
            return
        status, body = self._said(source, trouble)
        handler.send_response_only(status)
        if status == 429:
            handler.send_header("Retry-After", "1800")
        if trouble == "hostile":
            handler.send_header("Content-Encoding", "gzip")
        length = len(body) * 2 if trouble == "cut off" else len(body)
        handler.send_header("Content-Length", str(length))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)

    def _said(self, source: str, trouble: str) -> tuple[int, bytes]:
        if trouble in ("not found", "error", "too many"):
            return {"not found": 404, "error": 500, "too many": 429}[trouble], b""
        if trouble == "page":
            return 200, b"<!DOCTYPE html><html><title>Just a moment...</title></html>"
        if trouble == "hostile":
            return 200, BOMB
        hour = int((self._clock() - BEGIN) / timedelta(hours=1))
        items = "".join(
            f"<item><guid>{source}-{n}</guid><title>Summer fair {n}</title>"
            f"<description>Hollybrook Primary School in Stanwick, fair {n}</description></item>"
            for n in range(max(0, hour - 5), hour + 1)
        )
        return 200, f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


@contextmanager
def _world(
    store: Store, clock: Clock, town: Town, names: list[str], seed: int
) -> Iterator[Monitor]:
    chance = random.Random(seed)
    # Each source is a site of its own: loopback has addresses enough.
    hosts = {
        name: f"127.0.{1 + n // 250}.{1 + n % 250}:{town.port}" for n, name in enumerate(names)
    }
    settings = Settings(
        folder=Path("/"),
        http=Http(contact="office@hollybrook.example", private_hosts_allowed=(*hosts.values(),)),
        schools=(SCHOOL,),
        sources=tuple(
            SourceSettings(
                id=name,
                kind="feed",
                every_minutes=EVERY / timedelta(minutes=1),
                options=Options(url=f"http://{hosts[name]}/{name}"),
            )
            for name in names
        ),
    )
    fetcher = Fetcher("", settings.http.private_hosts_allowed, clock=clock, version="0")
    parser = Parser()
    try:
        monitor = Monitor(
            settings=settings,
            schools=(SCHOOL,),
            store=store,
            fetcher=fetcher,
            parser=parser,
            judge=Judge((SCHOOL.watch,)),
            clock=clock,
            jitter=chance.random,
            owner="me",
            judge_version="0",
        )
        monitor.prepare()
        yield monitor
    finally:
        parser.close()
        fetcher.close()


def prove(
    hours: int,
    sources: int,
    seed: int,
    url: str,
    say: Callable[[str], None] = lambda _: None,
) -> Account:
    """Let so many hours pass over so many sources, a fifth of them in trouble."""
    names = [f"source-{number:03d}" for number in range(sources)]
    chosen = random.Random(seed).sample(names, sources // 5)
    troubled = {name: TROUBLES[n % len(TROUBLES)] for n, name in enumerate(chosen)}
    clock = Clock()
    town, store = Town(clock, troubled), open_store(url)
    serving = threading.Thread(target=town.server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        with _world(store, clock, town, names, seed) as monitor:
            _live(monitor, clock, hours, say)
        with store.reading() as connection:
            told = {look.source: look.error for look in looks.everything(connection, names)}
    finally:
        town.server.shutdown()
        serving.join()
        town.server.server_close()
        store.close()
    return Account(hours, sources, troubled, town.asked, clock.now, told)


def _live(monitor: Monitor, clock: Clock, hours: int, say: Callable[[str], None]) -> None:
    end, told = BEGIN + timedelta(hours=hours), 0
    while clock.now < end:
        if monitor.poll_one() is None:
            clock.forward(timedelta(seconds=2))  # how often the program looks
        passed = int((clock.now - BEGIN) / timedelta(hours=6))
        if passed > told:
            told = passed
            say(f"{told * 6} of {hours} hours")


def main() -> int:
    """The whole proof, on both databases; exit status 1 where a healthy source was late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=72)
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    clean = True
    with PostgresServer() as postgres, tempfile.TemporaryDirectory(prefix="fp-days-") as folder:
        for name, url in (
            ("sqlite", f"sqlite:///{folder}/footprint.db"),
            ("postgresql", postgres.new_database()),
        ):
            account = prove(asked.hours, asked.sources, asked.seed, url, print)
            print(f"{name}: {account.lines()}")
            clean &= account.clean
    print("PROVED" if clean else "NOT PROVED")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

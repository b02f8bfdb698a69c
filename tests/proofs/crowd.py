"""The crowd proof: many posts at once, and many workers at once.

A flood of 500 urgent posts in ten minutes is read, judged and carried by five workers on one
database, with the clock moved: nobody is sent more than twelve messages in any hour, and every
alert is told once, in a letter of its own or in a roll-up. Then real processes, two and five at
once, share one database on which posts arrive: every post is alerted once. On a file a second
process must refuse with one plain line.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.smtp import SmtpChannel
from monitor.bursts import HOUR, HOURLY
from monitor.delivery import Postroom
from monitor.judge import Judge
from monitor.pipeline import Monitor
from monitor.settings import Http, Mail, Person, School, Settings, SourceSettings
from monitor.store import deliveries
from monitor.store.deliveries import ALERT, Delivery
from monitor.store.engine import Store
from monitor.store.opening import open_store
from sources.feed import Options
from sources.fetch import Fetcher
from sources.parsing import Parser
from tests.mailserver import MailServer
from tests.postgres import PostgresServer
from tests.proofs import kill
from tests.proofs.kill import Killer, PostOffice, Town

ODD = 900_000
PEOPLE = (
    Person(name="Jane Ashdown", email="head0@school.example", roles=("headteacher",)),
    Person(name="Priya Nair", email="dsl0@school.example", roles=("dsl",)),
)
SCHOOL = School(id="school-0", name=kill.school_of(0, 1), places=("Stanwick",), people=PEOPLE)
STEP = timedelta(seconds=30)
FLOOD = timedelta(minutes=10)


class Clock:
    """Begins now and is moved by hand: the posts bear today's date."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Flood(Town):
    """A feed that is flooded, and in which somebody then says something else."""

    odd: bool = False

    def feed(self) -> bytes:
        """Every post so far."""
        whole = super().feed()
        if not self.odd:
            return whole
        words = (
            f"<item><guid isPermaLink='false'>odd</guid><title>Please help</title>"
            f"<link>https://town.example/p/{ODD}</link><description>A girl in year 5 at "
            f"{SCHOOL.name} says that she will kill herself tonight.</description></item>"
        )
        return whole.replace(b"</channel>", f"{words}</channel>".encode())


@dataclass(frozen=True)
class Told:
    """What came of a flood. Every list and `most_an_hour` above twelve is a fault."""

    posts: int
    alerts: int
    messages: Counter[str]
    most_an_hour: int
    first_after: timedelta
    odd_after: timedelta | None
    untold: list[str]
    twice: list[str]

    @property
    def clean(self) -> bool:
        """True where everything was told once, in time, and nobody was buried."""
        in_time = self.first_after <= timedelta(seconds=60)
        odd_in_time = self.odd_after is not None and self.odd_after <= timedelta(minutes=10)
        few = self.most_an_hour <= HOURLY
        return in_time and odd_in_time and few and not (self.untold or self.twice)

    def lines(self) -> str:
        """The account for people."""
        each = ", ".join(f"{name} {number}" for name, number in sorted(self.messages.items()))
        return (
            f"posts {self.posts}; alerts owed {self.alerts}; messages: {each}; most in any hour "
            f"to one person {self.most_an_hour}; first after {self.first_after}; the different "
            f"post named after {self.odd_after}; untold {len(self.untold)}; told twice "
            f"{len(self.twice)}"
        )


@dataclass
class World:
    """A program in one process, whose clock is moved, and the mail server that it sends to."""

    monitor: Monitor
    rooms: Sequence[Postroom]
    clock: Clock
    server: MailServer
    sent: list[tuple[datetime, str, frozenset[int]]] = field(default_factory=list)

    def step(self, by: timedelta) -> None:
        """Let so much time pass, read what there is, and let every worker carry what is due."""
        self.clock.now += by
        before = len(self.server.accepted)
        self.monitor.poll("town")
        with ThreadPoolExecutor(len(self.rooms)) as pool:
            for one in [pool.submit(_carry, room) for room in self.rooms]:
                one.result()
        for message in self.server.accepted[before:]:
            body = message.message.get_body(("plain",))
            links = re.findall(r"town\.example/p/(\d+)", body.get_content() if body else "")
            posts = frozenset(int(number) for number in links)
            self.sent.append((self.clock.now, message.recipients[0], posts))


def _carry(room: Postroom) -> None:
    while room.deliver_one() is not None:
        pass


def flood(posts: int, workers: int, url: str) -> Told:
    """So many posts within ten minutes, and then an hour of silence."""
    clock, town, store = Clock(), Flood(Killer()), open_store(url)
    try:
        with world(store, clock, town, workers) as made:
            made.step(STEP)
            begun, odd_at = clock.now, clock.now + FLOOD / 2
            steps = FLOOD // STEP
            for number in range(1, steps + 1):
                town.posts = posts * number // steps
                town.odd = clock.now >= odd_at
                made.step(STEP)
            for _ in range(30):
                made.step(timedelta(minutes=2))
        with store.reading() as connection:
            rows = deliveries.listed(connection, [SCHOOL.id], 10 * posts)
    finally:
        town.close()
        store.close()
    return _told(posts, rows, made.sent, begun, odd_at)


@contextmanager
def world(store: Store, clock: Clock, town: Town, workers: int) -> Iterator[World]:
    """So many workers on a store that reads a town's feed."""
    place = f"127.0.0.1:{town.port}"
    source = SourceSettings(
        id="town", kind="feed", every_minutes=15, options=Options(url=f"http://{place}/feed")
    )
    settings = Settings(
        folder=Path("/"),
        http=Http(private_hosts_allowed=(place,), private_spacing_seconds=0),
        mail=Mail.model_validate({"from": "Footprint <footprint@school.example>"}),
        schools=(SCHOOL,),
        sources=(source,),
    )
    with ExitStack() as stack:
        server = stack.enter_context(MailServer())
        fetcher, parser = Fetcher("", (place,), clock=clock, version="0"), Parser()
        stack.callback(fetcher.close)
        stack.callback(parser.close)
        monitor = Monitor(
            settings=settings,
            schools=(SCHOOL,),
            store=store,
            fetcher=fetcher,
            parser=parser,
            judge=Judge((SCHOOL.watch,)),
            clock=clock,
            jitter=random.Random(0).random,
            owner="reader",
            judge_version="0",
        )
        monitor.prepare()
        channel = SmtpChannel(server.host, server.port, "none", "", "")
        rooms = [
            Postroom(settings, (SCHOOL,), store, channel, clock, f"worker {number}")
            for number in range(workers)
        ]
        yield World(monitor, rooms, clock, server)


def _told(
    posts: int,
    rows: Sequence[Delivery],
    sent: Sequence[tuple[datetime, str, frozenset[int]]],
    begun: datetime,
    odd_at: datetime,
) -> Told:
    alerts = [row for row in rows if row.kind == ALERT]
    named = Counter((email, post) for _, email, found in sent for post in found)
    odd = [at for at, _, found in sent if ODD in found]
    return Told(
        posts=posts + 1,
        alerts=len(alerts),
        messages=Counter(email for _, email, _ in sent),
        most_an_hour=max(
            sum(at - HOUR < other <= at for other, whose, _ in sent if whose == email)
            for at, email, _ in sent
        ),
        first_after=sent[0][0] - begun - STEP,
        odd_after=min(odd) - odd_at if odd else None,
        untold=[row.id for row in alerts if row.sent_at is None],
        twice=[f"{email} {post}" for (email, post), times in named.items() if times > 1],
    )


@dataclass(frozen=True)
class Shared:
    """What came of several processes on one database."""

    workers: int
    account: kill.Account

    @property
    def clean(self) -> bool:
        """True where every post was alerted once, by one message."""
        return self.account.clean and self.account.repeats == 0

    def lines(self) -> str:
        """The account for people."""
        found = self.account
        return (
            f"{self.workers} processes at once; posts {found.posts}; alerts owed {found.alerts}; "
            f"lost {found.lost}; repeats {found.repeats}; made anew {found.made_anew}"
        )


def share(workers: int, posts: int, folder: Path, url: str) -> Shared:
    """So many processes started at once on one database server, while posts arrive."""
    killer = Killer()
    schools = posts // kill.POSTS_EACH + 1
    town, office = Town(killer, schools), PostOffice(killer, random.Random(workers))
    path = kill.config(folder, url, town.port, office.port, schools)
    try:
        with (folder / "program.log").open("wb") as log:
            running = [kill.start(path, log) for _ in range(workers)]
            try:
                _feed(town, office, posts)
            finally:
                _end(running)
        account = kill.account(0, {}, town, office.accepted, url)
    finally:
        town.close()
        office.close()
    return Shared(workers, account)


def _feed(town: Town, office: PostOffice, posts: int) -> None:
    deadline = time.monotonic() + kill.REST_SECONDS
    while time.monotonic() < deadline:
        if kill.owed(town) <= kill.told(office.accepted):
            if town.posts == posts:
                break
            town.posts = min(posts, town.posts + 5)
        threading.Event().wait(0.1)
    # As long again as any of them needs to send something a second time.
    threading.Event().wait(3)


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        process.wait(kill.REST_SECONDS)


def refusal(folder: Path) -> str:
    """What a second process says of a file that a first one has open; "" where it does not end."""
    killer = Killer()
    town, office = Town(killer, 1), PostOffice(killer, random.Random(0))
    path = kill.config(folder, f"sqlite:///{folder}/footprint.db", town.port, office.port)
    try:
        with (folder / "first.log").open("wb") as log, (folder / "second.log").open("wb") as other:
            first = kill.start(path, log)
            deadline = time.monotonic() + kill.REST_SECONDS
            while b"Watching" not in (folder / "first.log").read_bytes():
                if time.monotonic() > deadline or first.poll() is not None:
                    break
                threading.Event().wait(0.1)
            second = kill.start(path, other)
            try:
                status = second.wait(kill.REST_SECONDS)
            except subprocess.TimeoutExpired:
                status = 0
            _end([one for one in (first, second) if one.poll() is None])
    finally:
        town.close()
        office.close()
    said = (folder / "second.log").read_text("utf-8").strip()
    return said if status == 1 else ""


def main() -> int:
    """The whole proof, on both databases; exit status 1 where anything was lost or repeated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=500)
    asked = parser.parse_args()
    clean = True
    with PostgresServer() as postgres:
        for name in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory(prefix="fp-crowd-") as folder:
                file = f"sqlite:///{folder}/footprint.db"
                found = flood(asked.posts, 5, file if name == "sqlite" else postgres.new_database())
            print(f"{name}: {found.lines()}")
            clean &= found.clean
        for workers in (2, 5):
            with tempfile.TemporaryDirectory(prefix="fp-crowd-") as folder:
                shared = share(workers, 50, Path(folder), postgres.new_database())
            print(f"postgresql: {shared.lines()}")
            clean &= shared.clean
    with tempfile.TemporaryDirectory(prefix="fp-crowd-") as folder:
        said = refusal(Path(folder))
    print(f"sqlite, a second process: {said or 'it was let in'}")
    clean &= bool(said) and "\n" not in said
    print("PROVED" if clean else "NOT PROVED")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

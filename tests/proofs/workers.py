"""The workers proof: many schools, many workers on one PostgreSQL, and nothing that holds still.

Posts about many schools arrive on several loopback sites while `footprint worker` processes are
killed with kill -9 and started at random, and PostgreSQL itself is stopped short and started
again. Afterwards every post must have been judged once and every alert accepted once, but for the
letters that were on their way when somebody died; and no lease, lock or job may be left behind.

With --compare it measures how fast workers empty what has gathered, one against several.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from monitor.store.jobs import QUEUE
from tests.postgres import PostgresServer
from tests.proofs import kill
from tests.proofs.kill import Account, Killer, PostOffice, Town

SITES = 10
# A worker carries so many letters at once: so many may be on their way when it dies.
LANES = 4
PATIENCE = 900.0  # seconds; a guard against hanging


@dataclass
class Site(Town):
    """One of several places where posts arrive; every so-manieth post is its own."""

    first: int = 0
    apart: int = 1
    shown: Callable[[], int] = field(default=lambda: 0)

    def feed(self) -> bytes:
        """Its share of every post so far."""
        whole = kill.items(range(self.first, self.shown(), self.apart), self.schools)
        return f"<rss version='2.0'><channel><title>T</title>{whole}</channel></rss>".encode()


@dataclass
class Region(Town):
    """All the sites together: `posts` is how many there are so far."""

    sites: tuple[Site, ...] = ()

    def __post_init__(self) -> None:
        """Each site listens on a port of its own, and is a host of its own."""
        self.sites = tuple(
            Site(self.killer, self.schools, 0, number, SITES, lambda: self.posts)
            for number in range(SITES)
        )

    def close(self) -> None:
        """Stop listening."""
        for site in self.sites:
            site.close()


@dataclass(frozen=True)
class Shared:
    """What came of it. Every number after `restarts` must be as the posts say, or 0."""

    workers: int
    kills: int
    restarts: int
    account: Account
    mentions: int
    judgements: int
    left: dict[str, int]
    seconds: float

    @property
    def clean(self) -> bool:
        """True where nothing was lost, done twice or left behind."""
        found = self.account
        once = self.mentions == self.judgements == found.posts
        few = found.repeats <= LANES * self.kills + self.restarts
        whole = not (found.lost or found.made_anew or found.altered)
        return once and few and whole and not any(self.left.values())

    def lines(self) -> str:
        """The account for people."""
        found = self.account
        return (
            f"{self.workers} workers, {self.kills} killed, PostgreSQL restarted {self.restarts} "
            f"times, {self.seconds:.0f} s; posts {found.posts}, kept {self.mentions}, judged "
            f"{self.judgements}; alerts owed {found.alerts}, lost {found.lost}, made anew "
            f"{found.made_anew}, raw repeats {found.repeats}; left behind {self.left}"
        )


@dataclass
class Crowd:
    """The worker processes, and the chance by which they come and go."""

    path: Path
    silence: float
    log: Any
    chance: random.Random
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """One more."""
        command = [sys.executable, "-m", "tests.proofs.worker", str(self.path), str(self.silence)]
        self.running.append(subprocess.Popen(command, stdout=self.log, stderr=self.log))

    def kill(self) -> None:
        """Somebody dies, without a word, and another is started."""
        victim = self.running.pop(self.chance.randrange(len(self.running)))
        victim.kill()
        victim.wait()
        self.start()

    def end(self) -> None:
        """All are asked to stop."""
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(PATIENCE)
        self.running.clear()


def config(folder: Path, url: str, region: Region, mail_port: int, schools: int) -> Path:
    """As the crash proof has it, with several sites."""
    path = kill.config(folder, url, region.sites[0].port, mail_port, schools)
    text = path.read_text("utf-8")
    own = ", ".join(f'"127.0.0.1:{site.port}"' for site in region.sites)
    text = text.replace(f'["127.0.0.1:{region.sites[0].port}"]', f"[{own}]")
    more = "".join(
        f'[[sources]]\nid = "town{number}"\nkind = "feed"\n'
        f'url = "http://127.0.0.1:{site.port}/feed"\nevery_minutes = 0.05\n'
        for number, site in enumerate(region.sites[1:], 1)
    )
    path.write_text(text.replace("[[schools]]", f"{more}[[schools]]", 1), "utf-8")
    return path


@contextmanager
def region_of(schools: int) -> Iterator[tuple[Region, PostOffice]]:
    """The sites and the mail server."""
    with ExitStack() as stack:
        region = Region(Killer(), schools)
        stack.callback(region.close)
        office = PostOffice(region.killer, random.Random(schools))
        stack.callback(office.close)
        yield region, office


def prove(
    server: PostgresServer,
    folder: Path,
    *,
    workers: int,
    schools: int,
    kills: int,
    restarts: int,
    silence: float = 45.0,
    seed: int = 20261121,
    say: Callable[[str], None] = lambda _: None,
) -> Shared:
    """One post about each school, in as many rounds as there are kills and restarts."""
    chance, url, begun = random.Random(seed), server.new_database(), time.monotonic()
    blows = ["kill"] * kills + ["restart"] * restarts
    chance.shuffle(blows)
    with region_of(schools) as (region, office), (folder / "program.log").open("wb") as log:
        crowd = Crowd(config(folder, url, region, office.port, schools), silence, log, chance)
        try:
            for _ in range(workers):
                crowd.start()
            _wait(lambda: _is_up(url))
            for number, blow in enumerate(blows, 1):
                before = len(office.accepted)
                region.posts = schools * number // len(blows)
                # A blow falls on workers that work, not on such as have yet to begin.
                _wait(lambda: len(office.accepted) > before)  # noqa: B023 - called at once
                threading.Event().wait(chance.uniform(0, 1.5))
                crowd.kill() if blow == "kill" else server.restart()
                say(f"{number}: {blow}; {len(office.accepted)} messages accepted")
            _wait(lambda: kill.owed(region) <= kill.told(office.accepted))
            # Until the last of the dead has been missed.
            _wait(lambda: _known(url) == {process.pid for process in crowd.running})
            # And until the jobs whose answer was lost have been found.
            _wait(lambda: not _left(url)["jobs being done"])
        finally:
            crowd.end()
        account = kill.account(kills, {}, region, office.accepted, url)
    return _shared(url, account, workers, kills, restarts, time.monotonic() - begun)


def _shared(
    url: str, account: Account, workers: int, kills: int, restarts: int, seconds: float
) -> Shared:
    counts = _counts(url, {"mentions": "mention", "judgements": "judgement"})
    return Shared(
        workers=workers,
        kills=kills,
        restarts=restarts,
        account=account,
        mentions=counts["mentions"],
        judgements=counts["judgements"],
        left=_left(url),
        seconds=seconds,
    )


def _left(url: str) -> dict[str, int]:
    """What is held in the database."""
    doing = f"{QUEUE}.procrastinate_jobs WHERE status = 'doing'"
    return _counts(
        url,
        {
            "leases on sources": "look WHERE lease_owner <> ''",
            "leases on letters": "delivery WHERE lease_owner <> ''",
            "jobs being done": doing,
            "workers beyond": "worker",
        },
    )


def _counts(url: str, tables: dict[str, str]) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return {
            name: int(connection.execute(f"SELECT count(*) FROM {where}".encode()).fetchone()[0])  # type: ignore[index]
            for name, where in tables.items()
        }


def _known(url: str) -> set[int]:
    """The processes that the database believes to be at work."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT owner FROM worker").fetchall()
    return {int(owner.split(":")[1]) for (owner,) in rows}


def _is_up(url: str) -> bool:
    """Whether workers have begun."""
    try:
        return _left(url)["workers beyond"] > 0
    except psycopg.Error:
        return False


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not is_so():
        threading.Event().wait(0.1)


def emptied(server: PostgresServer, folder: Path, workers: int, schools: int) -> float:
    """Seconds until so many workers have read, judged and carried what has gathered."""
    url = server.new_database()
    with region_of(schools) as (region, office), (folder / "program.log").open("wb") as log:
        path = config(folder, url, region, office.port, schools)
        crowd = Crowd(path, 45.0, log, random.Random(workers))
        try:
            for _ in range(workers):
                crowd.start()
            _wait(lambda: _is_up(url) and _left(url)["workers beyond"] == workers)
            begun = time.monotonic()
            region.posts = schools
            _wait(lambda: kill.owed(region) <= kill.told(office.accepted))
            return time.monotonic() - begun
        finally:
            crowd.end()


def _compared(server: PostgresServer, counts: Sequence[int], schools: int) -> None:
    for workers in counts:
        with tempfile.TemporaryDirectory(prefix="fp-workers-") as folder:
            seconds = emptied(server, Path(folder), workers, schools)
        print(f"{workers} workers: {schools} posts, {2 * schools} alerts in {seconds:.1f} s")


def main() -> int:
    """The whole proof; exit status 1 where anything was lost, done twice or left behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=5)
    parser.add_argument("--schools", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--compare", type=int, nargs="*", help="only measure so many workers")
    asked = parser.parse_args()
    with PostgresServer() as server:
        # A worker holds about twenty connections.
        server.run("ALTER SYSTEM SET max_connections = 400")
        server.restart()
        if asked.compare:
            _compared(server, asked.compare, asked.schools)
            return 0
        with tempfile.TemporaryDirectory(prefix="fp-workers-") as folder:
            found = prove(
                server,
                Path(folder),
                workers=asked.workers,
                schools=asked.schools,
                kills=asked.kills,
                restarts=asked.restarts,
                seed=asked.seed,
                say=print,
            )
    print(found.lines())
    print("PROVED" if found.clean else "NOT PROVED")
    return 0 if found.clean else 1


if __name__ == "__main__":
    sys.exit(main())

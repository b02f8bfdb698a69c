"""The crash proof: kill -9 at random and at chosen moments; no alert is lost, none is made anew.

Posts arrive on a real loopback web server, a real SMTP server answers after 0 to 20 ms, and
`footprint run` is killed again and again: at a random moment, or exactly when the servers see it
at a chosen stage. Then it is left in peace, and the accounts are made up from what the SMTP
server had accepted at the moment of each of its 250s.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import hashlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.postgres import PostgresServer

FEED_STAGES = ("asked", "half the feed", "feed sent")
MAIL_STAGES = ("connect", "mail", "rcpt", "data", "before 250", "after 250")
STAGES = FEED_STAGES + MAIL_STAGES
# Posts go to many schools in turn, so that nobody is sent so much that letters are rolled up.
POSTS_EACH = 5
MOST_POSTS = 3  # before each life
NAMES = (
    "Amberfield", "Birchcombe", "Cloverdown", "Dunmarsh", "Elmstead", "Fernhollow", "Gorsebank",
    "Hazelbourne", "Ivybridge", "Juniper Vale", "Kestrel Heath", "Larchwick",
)  # fmt: skip
# From the first instruction of the interpreter to well into the first deliveries.
LONGEST_LIFE = 4.0
REST_SECONDS = 300  # a guard against hanging


class Killer:
    """Kills the program when it reaches the stage that is wished for next."""

    def __init__(self) -> None:
        self.wish = ""
        self.process: subprocess.Popen[bytes] | None = None

    def reached(self, stage: str) -> None:
        """One of the servers says where the program is now."""
        if stage == self.wish and self.process is not None:
            self.wish = ""
            self.process.kill()


@dataclass
class Town:
    """Where posts arrive: a feed that grows."""

    killer: Killer
    schools: int = 1
    posts: int = 0
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        """Listen on a free port of this machine."""
        town = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                town.killer.reached("asked")
                body = town.feed()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body[: len(body) // 2])
                    self.wfile.flush()
                    town.killer.reached("half the feed")
                    self.wfile.write(body[len(body) // 2 :])
                except OSError:
                    return
                town.killer.reached("feed sent")

            def log_message(self, *_: object) -> None:
                """Quiet: the accounts are printed at the end."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """The port that was free."""
        return int(self.server.server_address[1])

    def feed(self) -> bytes:
        """Every post so far as RSS."""
        shown = items(range(self.posts), self.schools)
        return f"<rss version='2.0'><channel><title>Town</title>{shown}</channel></rss>".encode()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


def items(posts: Iterable[int], schools: int) -> str:
    """These posts as they stand in a feed."""
    now = format_datetime(datetime.now(UTC))
    return "".join(
        f"<item><guid isPermaLink='false'>post-{n}</guid><title>Threat {n}</title>"
        f"<link>https://town.example/p/{n}</link><pubDate>{now}</pubDate><description>"
        f"I am going to bring a knife to {school_of(n, schools)} tomorrow and stab the "
        f"head, this is message {n}.</description></item>"
        for n in posts
    )


def school_of(post: int, schools: int) -> str:
    """The name of the school that a post is about."""
    return (
        f"{NAMES[post % schools % len(NAMES)]}{post % schools // len(NAMES) or ''} Primary School"
    )


def recipients(post: int, schools: int) -> tuple[str, str]:
    """Who is owed an alert about a post."""
    return (f"head{post % schools}@school.example", f"dsl{post % schools}@school.example")


@dataclass(frozen=True)
class Accepted:
    """A message at the moment of its 250, with every post whose address it gives."""

    message_id: str
    date: str
    recipient: str
    digest: str
    posts: tuple[int, ...]


class PostOffice:
    """A real SMTP server that takes 0 to 20 ms for each reply and writes down what it accepts."""

    def __init__(self, killer: Killer, chance: random.Random) -> None:
        self.accepted: list[Accepted] = []
        self._killer, self._chance = killer, chance
        self._open: set[asyncio.BaseTransport | None] = set()
        office = self

        class Server(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                office._open.add(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                office._open.discard(self.transport)
                super().connection_lost(error)

            async def push(self, status: str | bytes) -> None:
                await asyncio.sleep(office._chance.uniform(0, 0.02))
                await super().push(status)
                text = status if isinstance(status, str) else status.decode("ascii", "replace")
                if text.startswith("220"):
                    office._killer.reached("connect")
                elif text.startswith("354"):
                    office._killer.reached("data")
                elif text.startswith("250 held"):
                    office._killer.reached("after 250")

        class Desk(Controller):
            def factory(self) -> SMTP:
                return Server(self.handler, loop=self.loop, data_size_limit=None)

        self._controller = Desk(self, hostname="127.0.0.1", port=_free_port())
        self._controller.start()

    @property
    def port(self) -> int:
        """The port that was free."""
        return int(self._controller.port)

    async def handle_MAIL(
        self, _s: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The sender is named."""
        self._killer.reached("mail")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 ok"

    async def handle_RCPT(
        self, _s: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """The recipient is named."""
        self._killer.reached("rcpt")
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _s: SMTP, _session: Session, envelope: Envelope) -> str:
        """The final dot has come: from the next instruction on, the message is held."""
        self._killer.reached("before 250")
        content = bytes(envelope.content or b"")
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(("plain",))
        links = re.findall(r"town\.example/p/(\d+)", body.get_content() if body else "")
        self.accepted.append(
            Accepted(
                str(message["Message-ID"]),
                str(message["Date"]),
                envelope.rcpt_tos[0],
                hashlib.sha256(content).hexdigest(),
                tuple(sorted({int(number) for number in links})),
            )
        )
        return "250 held"

    def close(self) -> None:
        """Cut what is still open, and stop listening."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._controller.loop).result()
        self._controller.stop()

    async def _cut(self) -> None:
        for transport in list(self._open):
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        await asyncio.sleep(0)


def _free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as probe:
        return int(probe.server_address[1])


@dataclass(frozen=True)
class Account:
    """What the run shows. Every number but `kills`, `posts` and `repeats` must be 0."""

    kills: int
    by_stage: dict[str, int]
    posts: int
    alerts: int
    lost: int
    repeats: int
    too_many_repeats: int
    made_anew: int
    altered: int
    integrity: str

    @property
    def clean(self) -> bool:
        """True where nothing was lost, nothing made anew, and the database is whole."""
        wrong = self.lost + self.made_anew + self.altered + self.too_many_repeats
        return wrong == 0 and self.integrity == "ok"

    def lines(self) -> str:
        """The account for people."""
        stages = ", ".join(f"{name} {number}" for name, number in sorted(self.by_stage.items()))
        return (
            f"kills {self.kills} ({stages}); posts {self.posts}; alerts owed {self.alerts}; "
            f"lost {self.lost}; raw repeats {self.repeats} (over one a kill: "
            f"{self.too_many_repeats}); alerts made anew {self.made_anew}; repeats that differ "
            f"{self.altered}; database {self.integrity}"
        )


def config(folder: Path, url: str, feed_port: int, mail_port: int, schools: int = 1) -> Path:
    """Schools whose feed is read every second."""
    path = folder / "config.toml"
    tables = "".join(_school(number, schools) for number in range(schools))
    path.write_text(
        f"""[database]
url = "{url}"
[http]
contact = "office@hollybrook.example"
private_hosts_allowed = ["127.0.0.1:{feed_port}"]
private_spacing_seconds = 0
[web]
listen = "127.0.0.1:0"
[mail]
from = "Footprint <footprint@hollybrook.example>"
host = "127.0.0.1"
port = {mail_port}
security = "none"
[[sources]]
id = "town"
kind = "feed"
url = "http://127.0.0.1:{feed_port}/feed"
every_minutes = 0.02
{tables}""",
        encoding="utf-8",
    )
    return path


def _school(number: int, schools: int) -> str:
    people = "".join(
        f'[[schools.people]]\nname = "P"\nemail = "{address}"\nrole = "{role}"\n'
        for address, role in zip(recipients(number, schools), ("headteacher", "dsl"), strict=True)
    )
    return f"""[[schools]]
id = "school-{number}"
name = "{school_of(number, schools)}"
places = ["Stanwick"]
{people}[schools.hours]
escalate_minutes = 1440
[schools.approval]
headteacher = "Jane Ashdown"
dpo_advice = "DPIA v1 agreed"
date = 2026-09-01
notice_url = "https://hollybrook.example/privacy"
"""


def start(path: Path, log: Any) -> subprocess.Popen[bytes]:
    """The program itself, as a person starts it."""
    code = "from monitor.commands import main; main()"
    command = [sys.executable, "-c", code, "run", "--config", str(path)]
    return subprocess.Popen(command, stdout=log, stderr=log)


def prove(
    kills: int, seed: int, folder: Path, url: str, say: Callable[[str], None] = lambda _: None
) -> Account:
    """Kill the program so many times, leave it in peace, and make up the accounts."""
    chance, killer = random.Random(seed), Killer()
    schools = kills * MOST_POSTS // POSTS_EACH + 1
    town, office = Town(killer, schools), PostOffice(killer, chance)
    path = config(folder, url, town.port, office.port, schools)
    by_stage: dict[str, int] = defaultdict(int)
    try:
        with (folder / "program.log").open("wb") as log:
            for number in range(kills):
                town.posts += chance.randint(1, MOST_POSTS)
                stage = chance.choice((*STAGES, *["at random"] * len(STAGES)))
                by_stage[_one_life(start(path, log), killer, stage, chance)] += 1
                if number % 20 == 19:
                    say(f"{number + 1} kills, {len(office.accepted)} messages accepted")
            rest(start(path, log), lambda: owed(town) <= told(office.accepted))
    finally:
        town.close()
        office.close()
    return account(kills, dict(by_stage), town, office.accepted, url)


def _one_life(
    process: subprocess.Popen[bytes], killer: Killer, stage: str, chance: random.Random
) -> str:
    """Let the program live until its stage, or a random moment, and kill it."""
    killer.process, killer.wish = process, stage
    life = chance.uniform(0, LONGEST_LIFE) if stage == "at random" else 2 * LONGEST_LIFE
    try:
        process.wait(life)
        reached = stage
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        reached = "at random"
    killer.wish = ""
    return reached


def rest(process: subprocess.Popen[bytes], is_done: Callable[[], bool]) -> None:
    """Leave the program in peace until all is done, then stop it."""
    deadline = time.monotonic() + REST_SECONDS
    try:
        while time.monotonic() < deadline and not is_done():
            threading.Event().wait(0.1)
    finally:
        process.terminate()
        process.wait(30)


def told(accepted: list[Accepted]) -> set[tuple[int, str]]:
    """Who has been told of which post."""
    return {(post, message.recipient) for message in accepted for post in message.posts}


def owed(town: Town) -> set[tuple[int, str]]:
    """Who must be told of which post."""
    return {
        (post, recipient)
        for post in range(town.posts)
        for recipient in recipients(post, town.schools)
    }


def account(
    kills: int, by_stage: dict[str, int], town: Town, accepted: list[Accepted], url: str
) -> Account:
    """What came of it, by what the SMTP server had accepted at the moment of each of its 250s."""
    copies: dict[str, list[Accepted]] = defaultdict(list)
    letters: dict[tuple[int, str], set[str]] = defaultdict(set)
    for message in accepted:
        copies[message.message_id].append(message)
        for post in message.posts:
            letters[post, message.recipient].add(message.message_id)
    wanted = owed(town)
    repeats = len(accepted) - len(copies)
    return Account(
        kills=kills,
        by_stage=by_stage,
        posts=town.posts,
        alerts=len(wanted),
        lost=len(wanted - set(letters)),
        repeats=repeats,
        too_many_repeats=max(0, repeats - kills),
        made_anew=sum(len(ids) - 1 for ids in letters.values()),
        altered=sum(len({(m.date, m.digest) for m in same}) - 1 for same in copies.values()),
        integrity=_integrity(url),
    )


def _integrity(url: str) -> str:
    if not url.startswith("sqlite:///"):
        return "ok"
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


def main() -> int:
    """The whole proof, on both databases; exit status 1 where anything was lost or made anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    clean = True
    with PostgresServer() as postgres:
        for name in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory(prefix="fp-kill-") as folder:
                file = f"sqlite:///{folder}/footprint.db"
                url = file if name == "sqlite" else postgres.new_database()
                account = prove(asked.kills, asked.seed, Path(folder), url, print)
            print(f"{name}: {account.lines()}")
            clean &= account.clean
    print("PROVED" if clean else "NOT PROVED")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

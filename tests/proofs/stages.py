"""The stages proof: kill -9 exactly at every named stage; nothing is lost, none is made anew.

Posts arrive on a real loopback web server and a real SMTP server takes the letters. `footprint
run` ends itself with SIGKILL at a stage (see dying.py), again and again at each of them. Then it
is left in peace, and the accounts are made up as in kill.py; the digests that were owed at the
start must be there once each. Steps of the database are killed in the middle too: the next start
must find the old database or the new one.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.store import daily, looks
from monitor.store.opening import open_store
from tests.postgres import PostgresServer
from tests.proofs import kill
from tests.proofs.dying import STAGES
from tests.proofs.kill import Killer, PostOffice, Town

# The digests that there are go early, so these come first.
ALIVE = ("during digest", *(name for name in STAGES if not name.startswith("during ")))
ALIVE += ("during evidence write",)
POSTS_A_LIFE = 2


@dataclass(frozen=True)
class Account:
    """What came of it. `missed` counts lives in which the stage was not reached."""

    by_stage: Counter[str]
    missed: Counter[str]
    alerts: kill.Account
    digests: int
    digests_lost: int
    digests_anew: int

    @property
    def clean(self) -> bool:
        """True where every stage was died at, and nothing was lost or made anew."""
        wrong = self.digests_lost + self.digests_anew
        return self.alerts.clean and wrong == 0 and not self.missed

    def lines(self) -> str:
        """The account for people."""
        missed = "".join(f"; never reached: {name}" for name in sorted(self.missed))
        return (
            f"{self.alerts.lines()}; digests owed {self.digests}, lost {self.digests_lost}, made "
            f"anew {self.digests_anew}{missed}"
        )


def prove(
    stages: Sequence[str],
    each: int,
    folder: Path,
    url: str,
    say: Callable[[str], None] = lambda _: None,
) -> Account:
    """Die so many times at each of these stages, then live, and make up the accounts."""
    killer = Killer()
    lives = [stage for stage in stages for _ in range(each)]
    schools = max(len(lives) * POSTS_A_LIFE // kill.POSTS_EACH + 1, each)
    town, office = Town(killer, schools), PostOffice(killer, random.Random(each))
    path = kill.config(folder, url, town.port, office.port, schools)
    died: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    _owe_digests(url, schools)
    try:
        with (folder / "program.log").open("wb") as log:
            for number, stage in enumerate(lives):
                town.posts += POSTS_A_LIFE
                reached = _die(stage, 1 + number % 2, ("run", "--config", str(path)), log)
                (died if reached else missed)[stage] += 1
                if number % 20 == 19:
                    say(f"{number + 1} of {len(lives)} lives")
            kill.rest(kill.start(path, log), lambda: _is_told(town, office, 2 * schools))
    finally:
        town.close()
        office.close()
    alerts = kill.account(len(lives), dict(died), town, office.accepted, url)
    return _account(died, missed, alerts, office, 2 * schools)


def _owe_digests(url: str, schools: int) -> None:
    """Let each school have been watched for a month: last week's digest is owed."""
    now = datetime.now(UTC)
    with closing(open_store(url)) as store, store.writing() as connection:
        for number in range(schools):
            month, fortnight = now - timedelta(days=30), now - timedelta(days=14)
            daily.begin(connection, f"school-{number}", month, fortnight)


def _die(stage: str, times: int, command: Sequence[str], log: Any) -> bool:
    """One life; True where it ended at its stage."""
    module = [sys.executable, "-m", "tests.proofs.dying", stage, str(times), *command]
    process = subprocess.Popen(module, stdout=log, stderr=log)
    try:
        return process.wait(kill.REST_SECONDS) == -signal.SIGKILL
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


def _is_told(town: Town, office: PostOffice, digests: int) -> bool:
    is_all = kill.owed(town) <= kill.told(office.accepted)
    return is_all and len(_digests(office)) >= digests


def _digests(office: PostOffice) -> dict[str, set[str]]:
    """The Message-IDs of digests by recipient: what names no post."""
    found: dict[str, set[str]] = defaultdict(set)
    for message in office.accepted:
        if not message.posts:
            found[message.recipient].add(message.message_id)
    return found


def _account(
    died: Counter[str], missed: Counter[str], alerts: kill.Account, office: PostOffice, digests: int
) -> Account:
    found = _digests(office)
    return Account(
        by_stage=died,
        missed=missed,
        alerts=alerts,
        digests=digests,
        digests_lost=max(digests - len(found), 0),
        digests_anew=sum(len(ids) - 1 for ids in found.values()),
    )


def migrate(times: int, folder: Path, url: str) -> str:
    """Die in the so-manieth step of a new database; what is wrong at the next start, or ""."""
    path = kill.config(folder, url, 1, 1)
    with (folder / "migration.log").open("wb") as log:
        if not _die("during migration", times, ("poll", "--no-send", "--config", str(path)), log):
            return "the step was not reached"
    with closing(open_store(url)) as store, store.reading() as connection:
        looks.everything(connection, ("town",))
    return ""


def main() -> int:
    """The whole proof, on both databases; exit status 1 where anything was lost or made anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--migrations", type=int, default=48)
    asked = parser.parse_args()
    clean = True
    with PostgresServer() as postgres:
        for name in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory(prefix="fp-stages-") as folder:
                file = f"sqlite:///{folder}/footprint.db"
                url = file if name == "sqlite" else postgres.new_database()
                account = prove(ALIVE, asked.each, Path(folder), url, print)
                print(f"{name}: {account.lines()}")
                clean &= account.clean
                wrong = []
                for number in range(asked.migrations):
                    file = f"sqlite:///{folder}/{number}.db"
                    new = file if name == "sqlite" else postgres.new_database()
                    wrong += filter(None, [migrate(1 + number % 16, Path(folder), new)])
                print(f"{name}: steps of the database killed {asked.migrations}, wrong {wrong}")
                clean &= not wrong
    print("PROVED" if clean else "NOT PROVED")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

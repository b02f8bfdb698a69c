"""Backups amid full writing: each is restored elsewhere, is one moment of the whole, and is sound.

Writers add a mention, its evidence, an alert and a row of the audit trail in each transaction; so
in every moment there are equally many of each. A backup that caught half of one would show it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from monitor import backup
from monitor.settings import Backup
from monitor.store import audit, copying, deliveries, mentions
from monitor.store.engine import Store
from monitor.store.opening import open_store
from tests.postgres import PostgresServer
from tests.test_store import a_mention, an_alert

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
ACCESS = Backup(passphrase=SecretStr("correct horse battery staple"))
WRITERS = 2
REST, LONGEST_PAUSE = 0.002, 0.15  # seconds
ALIKE = ("mention", "evidence", "delivery", "audit")


@dataclass
class Account:
    """What came of it."""

    backups: int = 0
    rows: int = 0
    torn: int = 0
    unsound: int = 0
    sendable: int = 0
    least_grown: int = 0

    @property
    def clean(self) -> bool:
        """True where nothing was torn, unsound, or would be sent again."""
        return self.torn + self.unsound + self.sendable == 0 and self.least_grown > 0

    def lines(self) -> str:
        """The account as a person reads it."""
        return (
            f"{self.backups} backups restored, {self.rows} posts written meanwhile; {self.torn} "
            f"torn, {self.unsound} unsound, {self.sendable} letters that would be sent again"
        )


def prove(
    times: int, seed: int, folder: Path, url: str, tell: Callable[[str], None] = lambda _: None
) -> Account:
    """Make so many backups while others write, restore each, and look at what is in it."""
    account, chance, done = Account(), random.Random(seed), threading.Event()
    store = open_store(url)
    writers = [
        threading.Thread(target=_write, args=(store, f"w{number}", done), daemon=True)
        for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    try:
        counts = [_once(account, store, folder, chance, done) for _ in range(times)]
        tell(account.lines())
    finally:
        done.set()
        for writer in writers:
            writer.join()
    account.rows = counts[-1]
    account.least_grown = counts[-1] - counts[0]
    store.close()
    return account


def _write(store: Store, name: str, done: threading.Event) -> None:
    number = 0
    while not done.wait(REST):
        number += 1
        key = f"{name}-{number}"
        mention = replace(a_mention(), id=key, entry_key=key)
        with store.writing() as connection:
            mentions.add(connection, [mention])
            mentions.keep_evidence(connection, [(mention, {"text": key})], NOW)
            owed = replace(an_alert(), id=key, mention_id=key)
            deliveries.owe(connection, [owed], NOW)
            audit.note(connection, NOW, "footprint", "mention.found", key)


def _once(
    account: Account, store: Store, folder: Path, chance: random.Random, done: threading.Event
) -> int:
    done.wait(chance.uniform(0, LONGEST_PAUSE))
    file, copy = folder / "proof.backup", folder / "proof.db"
    backup.make(store, file, ACCESS, "proof", NOW)
    with closing(open_store(f"sqlite:///{copy}")) as other:
        with backup.opened(file, ACCESS, "") as (source, manifest):
            with source.reading() as old, other.writing() as new:
                copied = copying.fill(old, new)
                copying.after_restore(new, manifest.moment, NOW)
        with other.reading() as connection:
            sound = connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            sound &= not audit.faults(connection)
            left = deliveries.counts(connection, ["hollybrook"]).get("owed", 0)
    account.backups += 1
    account.torn += len({copied[name] for name in ALIKE}) != 1
    account.unsound += not sound
    account.sendable += left
    for used in (file, copy, Path(f"{copy}-wal"), Path(f"{copy}-shm")):
        used.unlink(missing_ok=True)
    return copied["mention"]


def main() -> int:
    """The whole proof, on both databases; exit status 1 where a backup was not what it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backups", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    clean = True
    with PostgresServer() as postgres:
        for name in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory(prefix="fp-backup-") as folder:
                url = postgres.new_database()
                if name == "sqlite":
                    url = f"sqlite:///{folder}/footprint.db"
                account = prove(asked.backups, asked.seed, Path(folder), url)
            print(f"{name}: {account.lines()}")
            clean &= account.clean
    print("PROVED" if clean else "NOT PROVED")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

"""Random edits of what is kept as evidence and of the audit trail, each of which must be found.

Somebody with the run of the database takes its guards away and changes one thing: a value of a
row, a row, two rows' places, the end of a chain. After each edit everything is put back.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.evidence import Item
from monitor.store import audit, evidence, mentions
from monitor.store.engine import Store
from monitor.store.opening import open_store
from tests.test_store import a_mention

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
ROWS = 40
GUARDS = ("audit_unchanged", "audit_kept", "seal_update", "seal_delete")
TABLES = {
    "audit": ("at", "who", "act", "subject", "school", "details", "previous", "hash"),
    "seal": ("at", "act", "of", "digest", "previous", "hash"),
    "evidence_item": (
        *("mention_id", "revision", "school", "kind", "address", "at", "version", "said"),
        *("words", "content", "salt"),
    ),
}
HOWS = ("value", "value", "value", "delete", "swap", "cut", "copy")


@dataclass
class Account:
    """What came of it."""

    edits: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True where every edit was found."""
        return not self.missed

    def lines(self) -> str:
        """The account as a person reads it."""
        kinds = ", ".join(f"{name} {number}" for name, number in sorted(self.by_kind.items()))
        missed = "".join(f"\nmissed: {one}" for one in self.missed)
        return f"{self.edits} edits ({kinds}), {len(self.missed)} missed{missed}"


def prove(edits: int, seed: int, folder: Path) -> Account:
    """Make so many edits, one at a time, and look for each."""
    path, chance, account = folder / "edits.db", random.Random(seed), Account()
    with closing(open_store(f"sqlite:///{path}")) as store:
        _fill(store)
        if _faults(store):
            account.missed.append("a fault before anything was edited")
        with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
            for guard in GUARDS:
                intruder.execute(f"DROP TRIGGER {guard}")
            intruder.execute("PRAGMA foreign_keys=OFF")
            for _ in range(edits):
                _once(account, store, intruder, chance)
    return account


def _fill(store: Store) -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention()])
        for number in range(ROWS):
            at = NOW + timedelta(minutes=number)
            audit.note(connection, at, "head@b.example", "mention.opened", f"m{number}", part="x")
            words = f"words {number}"
            item = Item("m1", 1, "hollybrook", "page", "https://a.example/", at, "0.1", "", words)
            evidence.keep(connection, item, at)


def _faults(store: Store) -> bool:
    with store.reading() as connection:
        return bool(audit.faults(connection) or evidence.faults(connection))


def _once(
    account: Account, store: Store, intruder: sqlite3.Connection, chance: random.Random
) -> None:
    name, how = chance.choice(sorted(TABLES)), chance.choice(HOWS)
    before = intruder.execute(f"SELECT * FROM {name} ORDER BY number").fetchall()
    intruder.execute("BEGIN IMMEDIATE")
    what = _edit(intruder, name, how, chance)
    after = intruder.execute(f"SELECT * FROM {name} ORDER BY number").fetchall()
    intruder.execute("COMMIT")
    if after != before:
        account.edits += 1
        account.by_kind[how] += 1
        if not _faults(store):
            account.missed.append(f"{name}: {what}")
    intruder.execute("BEGIN IMMEDIATE")
    intruder.execute(f"DELETE FROM {name}")
    marks = ", ".join("?" * len(before[0]))
    intruder.executemany(f"INSERT INTO {name} VALUES ({marks})", before)
    intruder.execute("COMMIT")


def _edit(intruder: sqlite3.Connection, name: str, how: str, chance: random.Random) -> str:
    number = chance.randint(1, ROWS)
    if how == "value":
        column = chance.choice(TABLES[name])
        query = f'SELECT "{column}" FROM {name} WHERE number = ?'
        value = _changed(intruder.execute(query, (number,)).fetchone()[0], chance)
        change = f'UPDATE {name} SET "{column}" = ? WHERE number = ?'
        intruder.execute(change, (value, number))
        return f"{column} of row {number} to {value!r}"
    if how == "delete":
        intruder.execute(f"DELETE FROM {name} WHERE number = ?", (number,))
    elif how == "cut":
        intruder.execute(f"DELETE FROM {name} WHERE number >= ?", (number,))
    elif how == "copy":
        columns = ", ".join(f'"{column}"' for column in TABLES[name])
        copy = f"INSERT INTO {name} (number, {columns}) SELECT ?, {columns} FROM {name}"
        intruder.execute(f"{copy} WHERE number = ?", (ROWS + 1, number))
    else:
        other = number % ROWS + 1
        for old, new in ((number, 0), (other, number), (0, other)):
            intruder.execute(f"UPDATE {name} SET number = ? WHERE number = ?", (new, old))
    return f"{how} at row {number}"


def _changed(value: object, chance: random.Random) -> object:
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 1000))
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    is_time = text[:2] == "20"
    # The signs between a time's digits are no part of what it says.
    places = [at for at, sign in enumerate(text) if sign.isdigit() or not is_time] or [0]
    place = chance.choice(places)
    letters = "0123456789" if is_time else "abcdef"
    other = chance.choice([one for one in letters if one != text[place : place + 1]])
    changed = text[:place] + other + text[place + 1 :]
    return changed.encode("latin-1") if isinstance(value, bytes) else changed


def main() -> int:
    """The whole proof; exit status 1 where any edit was not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fp-edits-") as folder:
        account = prove(asked.edits, asked.seed, Path(folder))
    print(account.lines())
    print("PROVED" if account.clean else "NOT PROVED")
    return 0 if account.clean else 1


if __name__ == "__main__":
    sys.exit(main())

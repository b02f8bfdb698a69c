"""Where records lie: a box for every staff account, opened by its owner's passphrase alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from monitor.presence import sealing
from monitor.presence.record import Finding, Record
from monitor.presence.sealing import Box, NotOpenedError, TooLargeError
from monitor.store import presence
from monitor.store.engine import Connection, Store, StoreError

# A list of staff that is wrong for a day must not cost everybody what they keep.
LEFT_FOR = timedelta(days=7)
_FEWER = 10


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of one database. `accounts` gives who has one: every staff account there is.

    Each change writes all of them anew, and what nobody opens is emptied a year after it was last
    saved, or sooner where its owner said so.
    """

    store: Store
    house_key: bytes
    accounts: Callable[[], Collection[str]]

    def open(self, account: str, passphrase: str, now: datetime) -> Record:
        """What the person has kept; raises NotOpenedError, which does not say whether they have."""
        key = sealing.own_key(self.house_key, account, passphrase)
        name = sealing.box_name(self.house_key, account)
        with self.store.reading() as connection:
            row = presence.rows(connection).get(name)
        box = sealing.unwrapped(row, self.house_key, name) if row else None
        if box is None or box.until <= now:
            raise NotOpenedError
        return Record.model_validate_json(sealing.opened(box, key)).current(now)

    def save(self, account: str, passphrase: str, record: Record, now: datetime) -> Record:
        """Put it away, and give it back as it was put away: the least harmful is left out
        where there is no room for everything.
        """
        key = sealing.own_key(self.house_key, account, passphrase)
        kept, box = _fitted(record.current(now), key, now)
        with self.store.writing() as connection:
            self._write(connection, now, {account: box})
        return kept

    def erase(self, account: str, now: datetime) -> None:
        """Nothing of the person's can be opened any more; the passphrase is not asked for."""
        with self.store.writing() as connection:
            self._write(connection, now, {account: sealing.empty(now)})

    def scrub(self) -> None:
        """Leave no sealed byte of what was erased in the database's files; raises StoreError."""
        presence.scrub(self.store)

    def tidy(self, now: datetime) -> None:
        """Give each new account a box, empty what is over, drop whose account is long gone."""
        with self.store.writing() as connection:
            self._write(connection, now, {})

    def _write(self, connection: Connection, now: datetime, changed: dict[str, Box]) -> None:
        presence.hold(connection)
        old = presence.rows(connection)
        rows: dict[str, bytes] = {}
        for account in {*self.accounts(), *changed}:
            name = sealing.box_name(self.house_key, account)
            box = changed.get(account) or self._as_it_was(old, name, now)
            rows[name] = sealing.wrapped(replace(box, left_at=None), self.house_key, name)
        for name in old.keys() - rows.keys():
            rows |= self._left(old[name], name, now)
        presence.replace(connection, rows)

    def _left(self, row: bytes, name: str, now: datetime) -> dict[str, bytes]:
        """The box of an account that nobody has, for a week; what no key opens any more goes."""
        try:
            box = sealing.unwrapped(row, self.house_key, name)
        except NotOpenedError:
            return {}
        left_at = box.left_at or now
        if left_at + LEFT_FOR <= now or box.until <= now:
            return {}
        return {name: sealing.wrapped(replace(box, left_at=left_at), self.house_key, name)}

    def _as_it_was(self, old: dict[str, bytes], name: str, now: datetime) -> Box:
        """The box; an empty one where there is none, it is over, or somebody changed it."""
        try:
            box = sealing.unwrapped(old[name], self.house_key, name)
        except (KeyError, NotOpenedError):
            return sealing.empty(now)
        return box if box.until > now else sealing.empty(now)


def _fitted(record: Record, key: bytes, now: datetime) -> tuple[Record, Box]:
    """The record and its box, without as many of the last findings as do not fit."""
    while True:
        try:
            words = record.model_dump_json().encode()
            return record, sealing.sealed(words, key, now, record.kept)
        except TooLargeError:
            findings: tuple[Finding, ...] = record.findings[:-_FEWER]
            if not record.findings:
                raise
            record = record.model_copy(update={"findings": findings})


def house_key(path: Path) -> bytes:
    """The key in that file, made where there is none; raises StoreError.

    The file is for its owner alone. Without it no box opens any more.
    """
    try:
        with path.open("rb") as file:
            key = file.read()
    except FileNotFoundError:
        return _made(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from None
    if len(key) != sealing.KEY_BYTES:
        raise StoreError(
            f"{path} is damaged: put the file back as it was, or remove it; without "
            "it nobody's own results open any more"
        )
    return key


def _made(path: Path) -> bytes:
    key = sealing.new_key()
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return house_key(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from None
    return key

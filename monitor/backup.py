"""A backup: one file that holds the whole database, which only its owner can open.

FILE is a ZIP archive that any program opens, of `backup.age`, in the age format, and, where a
passphrase is used, `key.json`: the key of backup.age under that passphrase. With a recipient
there is no key.json. Within backup.age is a ZIP archive again, of `manifest.json`
and `database.sqlite`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyrage
from pyrage import x25519

from monitor.backup_key import WrongPassphraseError, locked, unlocked
from monitor.settings import Backup
from monitor.store import audit, copying
from monitor.store.engine import Store
from monitor.store.opening import open_store

OUTER, KEY = "backup.age", "key.json"
MANIFEST, DATABASE = "manifest.json", "database.sqlite"
README = "README.txt"
EXPLAINED = (
    "A backup of Footprint. To restore it: footprint restore FILE\n"
    "By hand: unzip this file. With a recipient, the key of backup.age is the owner's own. With a\n"
    "passphrase it is in key.json: Argon2id of passphrase and salt (3 passes, 64 MiB, 4 lanes,\n"
    "32 bytes) is the key of AES-256-GCM, the form its associated data; what is sealed there is\n"
    "an AGE-SECRET-KEY. Write it to a file, and use any age tool (https://age-encryption.org):\n"
    "age -d -i key backup.age > backup.zip. In there are manifest.json and database.sqlite,\n"
    "whose SHA-256 the manifest gives.\n"
)
_CHUNK = 1 << 20
_LONGEST_MANIFEST = 1 << 20


class BackupError(Exception):
    """A backup cannot be made or opened; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: by which version of the program, when, its rows by table, its heads."""

    version: str
    made_at: str
    sha256: str
    rows: Mapping[str, int]
    heads: Mapping[str, str]

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.made_at)


def make(store: Store, target: Path, access: Backup, version: str, now: datetime) -> Manifest:
    """Write a backup while others go on writing; raises BackupError and StoreError.

    The file appears whole or not at all; one that is there is not written over.
    """
    if not (access.recipient or access.passphrase):
        raise BackupError(
            "nobody could open a backup yet: add passphrase_file or recipient to [backup] in the "
            "configuration first"
        )
    if target.exists():
        raise BackupError(f"{target} is there already; give another name")
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            manifest = _pack(store, Path(folder), version, now)
            _lock(Path(folder), access)
            os.replace(Path(folder) / "whole", target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}") from error
    return manifest


def _pack(store: Store, folder: Path, version: str, now: datetime) -> Manifest:
    database = folder / DATABASE
    copying.snapshot(store, database)
    with closing(open_store(f"sqlite:///{database}")) as made:
        with made.reading() as connection:
            rows = copying.counts(connection)
            heads = {name: audit.head(connection, name).hash for name in ("audit", "evidence")}
        made.outside("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    sha256 = _sha256(database)
    manifest = Manifest(version, now.isoformat(), sha256, rows, heads)
    with zipfile.ZipFile(folder / "inner", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as inner:
        inner.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
        inner.write(database, DATABASE)
    database.unlink()
    return manifest


def _lock(folder: Path, access: Backup) -> None:
    key = x25519.Identity.generate()
    recipient = key.to_public()
    if access.recipient:
        try:
            recipient = x25519.Recipient.from_str(access.recipient)
        except pyrage.RecipientError as error:
            raise BackupError("[backup] recipient is not a public key of age") from error
    with (folder / "inner").open("rb") as plain, (folder / OUTER).open("wb") as sealed:
        pyrage.encrypt_io(plain, sealed, [recipient])
    (folder / "inner").unlink()
    whole = folder / "whole"
    whole.touch(mode=0o600)
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as outer:
        outer.writestr(README, EXPLAINED)
        if not access.recipient:
            words = access.passphrase.get_secret_value()
            outer.writestr(KEY, locked(str(key), words))
        outer.write(folder / OUTER, OUTER)


@contextmanager
def opened(source: Path, access: Backup, key: str) -> Iterator[tuple[Store, Manifest]]:
    """A backup's database, opened from a copy that is deleted afterwards, and its manifest.

    `key` is the owner's own (AGE-SECRET-KEY-…) where there was a recipient. Raises BackupError.
    """
    with tempfile.TemporaryDirectory(prefix="footprint-restore-") as name:
        folder = Path(name)
        try:
            _unlock(source, folder, access, key)
            manifest = _unpack(folder)
        except (OSError, zipfile.BadZipFile, KeyError) as error:
            raise BackupError(f"{source} is not a whole backup of Footprint ({error})") from error
        with closing(open_store(f"sqlite:///{folder / DATABASE}")) as store:
            yield store, manifest


def _unlock(source: Path, folder: Path, access: Backup, key: str) -> None:
    with zipfile.ZipFile(source) as outer:
        identity = _identity(outer, access, key)
        with outer.open(OUTER) as sealed, (folder / "inner").open("wb") as plain:
            try:
                pyrage.decrypt_io(sealed, plain, [identity])
            except pyrage.DecryptError as error:
                raise BackupError(
                    f"{source} cannot be opened: it was changed, or belongs to another key"
                ) from error


def _identity(outer: zipfile.ZipFile, access: Backup, key: str) -> x25519.Identity:
    if KEY not in outer.namelist():
        if not key:
            raise BackupError("this backup is for the owner of a key: give it with --key-file")
        return _read_identity(key)
    words = access.passphrase.get_secret_value()
    if not words:
        raise BackupError("this backup needs its passphrase: add passphrase_file to [backup]")
    try:
        return _read_identity(unlocked(outer.read(KEY), words))
    except WrongPassphraseError as error:
        raise BackupError("this is not the passphrase that the backup was made with") from error


def _read_identity(words: str) -> x25519.Identity:
    lines = [line.strip() for line in words.splitlines() if line.strip().startswith("AGE-")]
    try:
        return x25519.Identity.from_str(lines[0] if lines else words)
    except pyrage.IdentityError as error:
        raise BackupError("the key is not one of age (AGE-SECRET-KEY-…)") from error


def _unpack(folder: Path) -> Manifest:
    """Take the two parts out, by names of ours alone, and check the second by the first."""
    with zipfile.ZipFile(folder / "inner") as inner:
        with inner.open(MANIFEST) as file:
            manifest = _manifest(file.read(_LONGEST_MANIFEST))
        size = inner.getinfo(DATABASE).file_size
        if size > shutil.disk_usage(folder).free:
            raise BackupError(f"there is no room to unpack it: {size // 1_000_000} MB are needed")
        with inner.open(DATABASE) as packed, (folder / DATABASE).open("wb") as file:
            _copy(packed, file, size)
    (folder / "inner").unlink()
    if _sha256(folder / DATABASE) != manifest.sha256:
        raise BackupError("its database is not the one that its manifest names")
    return manifest


def _manifest(content: bytes) -> Manifest:
    try:
        read: Any = json.loads(content)
        manifest = Manifest(**read)
        _ = manifest.moment
    except (ValueError, TypeError) as error:
        raise BackupError("its manifest cannot be read") from error
    return manifest


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> None:
    left = most
    while chunk := source.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise BackupError("it holds more than it says")
        target.write(chunk)


def _sha256(path: Path) -> str:
    made = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
    return made.hexdigest()

"""Opening a database with care: whole, writable, of our version, and brought up to date."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url

from monitor.store import migrations
from monitor.store.engine import (
    Store,
    StoreError,
    connect,
    one_at_a_time,
    sqlite_path,
)


class InUseError(StoreError):
    """Another process has the database for itself."""


NETWORK_MOUNTS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"})


def open_store(url: str) -> Store:
    """Open the database, make or migrate its tables. Raises StoreError with one plain line."""
    path = sqlite_path(url)
    if path is None:
        store = connect(url)
    else:
        _check_file(path)
        if not path.exists():
            _create_sqlite(path, url)
        store = connect(url)
        _check_whole(store)
    try:
        migrate(store)
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def sole_use(url: str) -> Iterator[None]:
    """Hold a SQLite file for this process alone; a database server is shared and needs no lock.

    Raises InUseError where another process has it. Reading needs no lock.
    """
    path = sqlite_path(url)
    if path is None:
        yield
        return
    lock = FileLock(f"{path.resolve()}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InUseError(
            f"{path} is in use by another Footprint on this machine; stop that one first "
            "(one process to a SQLite file)"
        ) from error
    except OSError as error:
        raise StoreError(f"{path}: its folder cannot be written ({error.strerror})") from error
    try:
        yield
    finally:
        lock.release()


def _check_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise StoreError(f"{path}: the folder {path.parent} is not there; make it first")
    kind = _mount_kind(path.resolve().parent)
    if kind in NETWORK_MOUNTS:
        raise StoreError(
            f"{path} is on a network drive ({kind}), where SQLite can lose data; "
            "use a local disk, or PostgreSQL"
        )
    if path.exists() and path.stat().st_size == 0:
        raise StoreError(
            f"{path} is empty, so what it held is gone: delete it, {path.name}-wal and "
            f"{path.name}-shm, then put a backup in its place, or start anew without"
        )


def _mount_kind(folder: Path) -> str:
    """The file system's type by Linux's mount table; "" where there is no such table."""
    try:
        rows = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return ""
    inside = [(row[1], row[2]) for row in rows if folder.is_relative_to(row[1])]
    return max(inside, key=lambda mount: len(mount[0]))[1] if inside else ""


def _create_sqlite(path: Path, url: str) -> None:
    """Make the file under another name first, so that one that is there is always whole."""
    unfinished = path.with_name(f"{path.name}.new")
    for leftover in (unfinished, *_beside(unfinished)):
        leftover.unlink(missing_ok=True)
    try:
        unfinished.touch(mode=0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    new = connect(make_url(url).set(database=str(unfinished)).render_as_string())
    try:
        migrate(new)
    finally:
        new.close()
    # What another database of this name left would be laid over the new one.
    for leftover in _beside(path):
        leftover.unlink(missing_ok=True)
    os.replace(unfinished, path)


def _beside(path: Path) -> tuple[Path, Path]:
    """The write-ahead log of a SQLite file and its index."""
    return Path(f"{path}-wal"), Path(f"{path}-shm")


def _check_whole(store: Store) -> None:
    try:
        with store.reading() as connection:
            answer = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except StoreError as error:
        if isinstance(error.__cause__, Exception) and "readonly" in str(error.__cause__):
            raise
        raise _damaged(store, str(error).partition(": ")[2]) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(store, str(error)) from error
    if answer != "ok":
        raise _damaged(store, answer.splitlines()[-1])


def _damaged(store: Store, detail: str) -> StoreError:
    store.close()
    return StoreError(
        f"{store.name} is damaged or not a database of ours ({detail}); it was not touched: "
        "move it and the files of its name that end in -wal and -shm away, "
        "then put a backup in its place"
    )


def migrate(store: Store) -> None:
    """Bring the tables up to date in one transaction; refuse a newer version without a write."""
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    head = script.get_current_head()
    with store.reading() as connection:
        current = _version(connection, store.name)
    if current == head:
        return
    if current is not None and current not in {step.revision for step in script.walk_revisions()}:
        raise StoreError(
            f"{store.name} was written by a newer Footprint (version {current} of its tables; "
            f"this one knows {head}): update Footprint; nothing was changed"
        )
    config = Config()
    config.set_main_option("script_location", str(script.dir))
    with store.writing() as connection:
        one_at_a_time(connection, "migration")
        if _version(connection, store.name) == head:
            return  # another process has just done it
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection, name: str) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if tables:
        raise StoreError(f"{name} holds another program's tables; choose another database")
    return None

"""Backups: whole while others write, closed to all but their owner, and nothing sent again."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from pyrage import x25519
from sqlalchemy import insert, inspect, text

from monitor import backup
from monitor.backup import BackupError, Manifest
from monitor.settings import Backup
from monitor.store import accounts, audit, copying, deliveries, mentions
from monitor.store.accounts import Session
from monitor.store.copying import NotEmptyError
from monitor.store.engine import Store
from monitor.store.opening import open_store
from monitor.store.tables import Report, table
from tests.conftest import Clock
from tests.feeds import PRAISE, THREAT, Item, rss
from tests.postgres import PostgresServer
from tests.proofs.backups import prove
from tests.test_commands import Desk
from tests.test_store import a_mention, an_alert, keep
from tests.webserver import WebServer

pytestmark = pytest.mark.slow  # a database for each test

REPORT = table(Report)
WORDS = "correct horse battery staple"
BY_WORDS = Backup(passphrase=SecretStr(WORDS))


@pytest.fixture
def kept(store: Store, clock: Clock) -> Store:
    """A database with something in most tables."""
    keep(store, an_alert(1), an_alert(2))
    with store.writing() as connection:
        mentions.keep_evidence(connection, [(a_mention(), {"text": "Ysgol Tŷ Coch"})], clock())
        mentions.keep_sketches(connection, [a_mention()], {"m1": [2**62, -5]})
        audit.note(connection, clock(), "head@hollybrook.example", "mention.opened", "m1")
        deliveries.sent(connection, "d2", "smtp", "250 ok", clock())
    return store


def make(store: Store, file: Path, clock: Clock, access: Backup = BY_WORDS) -> Manifest:
    return backup.make(store, file, access, "0.1", clock())


def a_report(now: datetime, key: str) -> dict[str, object]:
    return {"source": "inbox", "key": key, "received_at": now, "content": b"x"}


def test_every_table_there_is_is_copied(store: Store) -> None:
    with store.reading() as connection:
        there = set(inspect(connection).get_table_names())
    left = there - {table.name for table in copying.tables()}
    # What is searched in is made anew from the mentions.
    assert {name for name in left if not name.startswith("search_")} <= {"alembic_version"}


def test_a_backup_restored_elsewhere_is_the_same_to_the_letter(
    kept: Store, clock: Clock, tmp_path: Path
) -> None:
    manifest = make(kept, tmp_path / "a.backup", clock)
    assert manifest.rows["mention"] == 1
    with kept.reading() as connection:
        before = copying.digests(connection)
    with closing(open_store(f"sqlite:///{tmp_path / 'other.db'}")) as other:
        with backup.opened(tmp_path / "a.backup", BY_WORDS, "") as (source, read):
            assert read == manifest
            with source.reading() as old, other.writing() as new:
                copying.fill(old, new)
        with other.reading() as connection:
            assert copying.digests(connection) == before
            assert audit.faults(connection) == ()


def test_a_row_that_is_added_afterwards_gets_a_number_of_its_own(
    kept: Store, clock: Clock, tmp_path: Path, postgres: PostgresServer
) -> None:
    with kept.writing() as connection:
        connection.execute(insert(REPORT).values(**a_report(clock(), "b")))
    with closing(open_store(postgres.new_database())) as other:
        with kept.reading() as old, other.writing() as new:
            copying.fill(old, new)
            new.execute(insert(REPORT).values(**a_report(clock(), "c")))
            assert new.execute(text("SELECT max(id) FROM report")).scalar() == 2


def test_nothing_is_laid_over_a_database_that_holds_something(kept: Store, tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:///{tmp_path / 'other.db'}")) as other:
        keep(other)
        with pytest.raises(NotEmptyError, match="nothing is laid over what it holds"):
            with kept.reading() as old, other.writing() as new:
                copying.fill(old, new)


def test_a_backup_shows_nothing_to_whoever_has_the_file(
    kept: Store, clock: Clock, tmp_path: Path
) -> None:
    make(kept, tmp_path / "a.backup", clock)
    content = (tmp_path / "a.backup").read_bytes()
    assert b"hollybrook" not in content
    assert b"SQLite" not in content
    assert os.stat(tmp_path / "a.backup").st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".backup")] == []


def test_a_wrong_passphrase_opens_nothing(kept: Store, clock: Clock, tmp_path: Path) -> None:
    make(kept, tmp_path / "a.backup", clock)
    wrong = Backup(passphrase=SecretStr(WORDS.upper()))
    with pytest.raises(BackupError, match="not the passphrase that the backup was made with"):
        with backup.opened(tmp_path / "a.backup", wrong, ""):
            pass
    with pytest.raises(BackupError, match="needs its passphrase"):
        with backup.opened(tmp_path / "a.backup", Backup(), ""):
            pass


def test_a_backup_for_a_recipient_is_opened_with_the_recipients_key(
    kept: Store, clock: Clock, tmp_path: Path
) -> None:
    owner = x25519.Identity.generate()
    access = Backup(recipient=str(owner.to_public()))
    make(kept, tmp_path / "a.backup", clock, access)
    with backup.opened(tmp_path / "a.backup", access, f"# mine\n{owner}\n") as (source, _):
        with source.reading() as connection:
            found = mentions.one(connection, "m1")
    assert found is not None
    assert found.text == a_mention().text
    with pytest.raises(BackupError, match="give it with --key-file"):
        with backup.opened(tmp_path / "a.backup", access, ""):
            pass
    with pytest.raises(BackupError, match="belongs to another key"):
        with backup.opened(tmp_path / "a.backup", access, str(x25519.Identity.generate())):
            pass


def test_without_a_way_to_open_it_no_backup_is_made(
    kept: Store, clock: Clock, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="nobody could open a backup yet"):
        make(kept, tmp_path / "a.backup", clock, Backup())
    (tmp_path / "b.backup").touch()
    with pytest.raises(BackupError, match="is there already"):
        make(kept, tmp_path / "b.backup", clock)
    with pytest.raises(BackupError, match="cannot be written"):
        make(kept, tmp_path / "no" / "b.backup", clock)


def test_a_changed_or_cut_backup_is_refused(small: Store, clock: Clock, tmp_path: Path) -> None:
    whole = tmp_path / "a.backup"
    make(small, whole, clock)
    content = whole.read_bytes()
    for name, broken in {
        "cut": content[: len(content) // 2],
        "flipped": content[:9000] + bytes([content[9000] ^ 1]) + content[9001:],
        "empty": b"",
        "other": b"PK\x03\x04 no archive",
    }.items():
        file = tmp_path / name
        file.write_bytes(broken)
        with pytest.raises(BackupError):
            with backup.opened(file, BY_WORDS, ""):
                pass


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (b"[]", "its manifest cannot be read"),
        (b'{"version": "1"}', "its manifest cannot be read"),
        (
            json.dumps(
                {"version": "1", "made_at": "2026-09-15", "sha256": "0", "rows": {}, "heads": {}}
            ).encode(),
            "not the one that its manifest names",
        ),
    ],
)
def test_a_crafted_backup_is_refused_before_its_database_is_opened(
    tmp_path: Path, manifest: bytes, said: str
) -> None:
    owner = x25519.Identity.generate()
    inner, outer, sealed = tmp_path / "inner", tmp_path / "outer", tmp_path / "sealed"
    with zipfile.ZipFile(inner, "w") as made:
        made.writestr("../../escaped", "x")
        made.writestr("manifest.json", manifest)
        made.writestr("database.sqlite", b"not a database")
    with inner.open("rb") as plain, sealed.open("wb") as file:
        backup.pyrage.encrypt_io(plain, file, [owner.to_public()])
    with zipfile.ZipFile(outer, "w") as made:
        made.write(sealed, "backup.age")
    with pytest.raises(BackupError, match=said):
        with backup.opened(outer, Backup(recipient=str(owner.to_public())), str(owner)):
            pass
    assert not (tmp_path.parent / "escaped").exists()


def test_what_was_owed_is_held_and_who_was_signed_in_is_not(kept: Store, clock: Clock) -> None:
    made_at = clock()
    now = clock.forward(days=2)
    with kept.writing() as connection:
        connection.execute(text("UPDATE delivery SET lease_owner = 'x' WHERE id = 'd1'"))
        accounts.begin(
            connection, Session("hash", "head@b.example", True, "Firefox", clock(), clock())
        )
        assert copying.after_restore(connection, made_at, now) == 1
        assert deliveries.claim(connection, now, "us", ["hollybrook"]) is None
        held = deliveries.one(connection, "d1")
        sent = deliveries.one(connection, "d2")
        assert [one.id for one in deliveries.troubled(connection, ["hollybrook"])] == ["d1"]
        assert [one["id"] for one in copying.held_letters(connection)] == ["d1"]
        assert connection.execute(text("SELECT count(*) FROM session")).scalar() == 0
    assert held is not None
    assert sent is not None
    assert (held.state, sent.state) == ("held", "sent")
    assert "when the backup of 15 Sep 2026 10:00 UTC was made" in held.error
    with kept.writing() as connection:
        assert copying.decide_held(connection, send=True, now=now) == 1
        assert deliveries.claim(connection, now, "us", ["hollybrook"]) is not None
        assert copying.decide_held(connection, send=False, now=now) == 0


def test_a_backup_made_amid_writing_is_consistent(tmp_path: Path) -> None:
    account = prove(2, 20261121, tmp_path, f"sqlite:///{tmp_path / 'f.db'}")
    assert account.clean, account.lines()


@pytest.mark.postgres
def test_a_backup_of_postgresql_amid_writing_is_consistent(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    account = prove(2, 20261121, tmp_path, postgres.new_database())
    assert account.clean, account.lines()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A school whose feed has been read, and whose backups have a passphrase."""
    with WebServer() as server:
        made = Desk(tmp_path, server)
        secret = tmp_path / "words"
        secret.write_text(WORDS)
        secret.chmod(0o600)
        made.mail = '[backup]\npassphrase_file = "words"'
        made.run("poll", "--no-send")
        yield made


def forget(desk: Desk) -> None:
    for name in ("footprint.db", "footprint.db-wal", "footprint.db-shm"):
        (desk.folder / name).unlink(missing_ok=True)


def test_a_backup_is_made_and_restored_and_no_letter_goes_twice(desk: Desk) -> None:
    file = str(desk.folder / "a.backup")
    made = desk.run("backup", file, "--json")
    assert made.exit_code == 0, made.stderr
    assert json.loads(made.stdout)["backup"]["rows"]["mention"] == 2
    desk.run("poll")
    sent = desk.outbox()
    assert sent
    threat = json.loads(desk.run("mentions", "--json", "--level", "urgent").stdout)["mentions"][0]
    desk.run("data", "erase", "--mention", threat["id"], "--why", "asked", "--yes")
    refused = desk.run("restore", file)
    assert refused.exit_code == 1
    assert "not empty" in refused.stderr
    forget(desk)
    restored = desk.run("restore", file)
    assert restored.exit_code == 0, restored.stderr
    assert "1 posts that had been erased since were erased again." in restored.stderr
    listed = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    assert [mention["text"] for mention in listed] == [PRAISE]
    desk.run("poll")
    assert desk.outbox() == sent


def test_what_a_restored_backup_owed_goes_when_a_person_says_so(desk: Desk) -> None:
    file = str(desk.folder / "a.backup")
    desk.run("backup", file)
    forget(desk)
    restored = desk.run("restore", file)
    assert "they are held" in restored.stderr
    desk.run("poll")
    assert not (desk.folder / "outbox").exists() or desk.outbox() == []
    listed = desk.run("data", "letters").stdout
    assert "urgent  hollybrook  head@hollybrook.example" in listed
    assert "not both" in desk.run("data", "letters", "--send", "--drop").stderr
    assert "go out now" in desk.run("data", "letters", "--send").stdout
    desk.run("poll")
    assert "Jane Ashdown <head@hollybrook.example>" in desk.outbox()
    assert "No letter is held." in desk.run("data", "letters").stdout


def test_without_a_passphrase_the_command_says_what_to_do(desk: Desk) -> None:
    desk.mail = ""
    result = desk.run("backup", str(desk.folder / "a.backup"))
    assert result.exit_code == 1
    assert "add passphrase_file or recipient to [backup]" in result.stderr


def test_a_school_moves_to_postgresql_and_nothing_is_lost(
    desk: Desk, postgres: PostgresServer
) -> None:
    desk.server.answers["/gazette"] = rss(Item(THREAT, "1"), Item(PRAISE, "2"))
    url = postgres.new_database()
    moved = desk.run("move", url, "--json")
    assert moved.exit_code == 0, moved.stderr
    assert json.loads(moved.stdout)["rows"]["mention"] == 2
    with closing(open_store(url)) as other, other.reading() as connection:
        there = copying.digests(connection)
    with closing(open_store(f"sqlite:///{desk.folder / 'footprint.db'}")) as here:
        with here.reading() as connection:
            assert copying.digests(connection) == there
    again = desk.run("move", url)
    assert again.exit_code == 1
    assert "not empty" in again.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://x", "must begin with sqlite:/// or postgresql://"),
        ("sqlite:///footprint.db", "the database that the configuration names already"),
    ],
)
def test_a_move_to_nowhere_is_refused_in_one_line(desk: Desk, url: str, said: str) -> None:
    result = desk.run("move", url)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_backup_of_a_damaged_copy_never_replaces_a_good_file(desk: Desk) -> None:
    good = desk.folder / "a.backup"
    desk.run("backup", str(good))
    before = good.read_bytes()
    assert "is there already" in desk.run("backup", str(good)).stderr
    assert good.read_bytes() == before
    connection = sqlite3.connect(desk.folder / "footprint.db")
    assert connection.execute("SELECT count(*) FROM mention").fetchone() == (2,)
    connection.close()

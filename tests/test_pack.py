"""An incident's archive: what is in it, what is not, and that a changed one is found out."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.capturing import Capturer
from monitor.evidence import NEUTRAL
from monitor.pack import FIELDS, NotAnArchiveError, blank_form, verified
from monitor.store.opening import open_store
from sources.fetch import Fetcher
from sources.parsing import Parser
from sources.turns import Turns
from tests.conftest import Clock
from tests.feeds import COMPLAINT, Item, rss
from tests.proofs.edits import prove
from tests.test_commands import Desk
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
HEAD = "head@hollybrook.example"
TITLE = "../../CON<b>\u202egpj.exe " + "x" * 300
HTML = {"Content-Type": "text/html"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, parser: Parser) -> Iterator[Desk]:
    """A complaint with a hostile title, taken and noted, whose page has been kept."""
    with WebServer() as server:
        made = Desk(tmp_path_factory.mktemp("pack"), server)
        server.answers["/p"] = Reply(f"<p>{COMPLAINT}</p>".encode(), headers=HTML)
        post = Item(COMPLAINT, "1", link=server.url("/p"), title=TITLE)
        server.answers["/gazette"] = rss(post)
        made.run("poll", "--no-send")
        capture(made, parser)
        incident = incident_of(made)
        made.run("incident", "take", incident, "--by", HEAD)
        made.run("incident", "note", incident, "Rang the mother", "--by", HEAD)
        yield made


def capture(desk: Desk, parser: Parser) -> None:
    clock = Clock(datetime.now(UTC))
    fetcher = Fetcher("", [desk.server.host], clock=clock, version="1", turns=Turns(clock))
    with closing(open_store(f"sqlite:///{desk.folder / 'footprint.db'}")) as store:
        while Capturer(store, fetcher, parser, clock, "us", "0.1").capture_one():
            pass
    fetcher.close()


def incident_of(desk: Desk) -> str:
    (found,) = json.loads(desk.run("incident", "list", "--json").stdout)["incidents"]
    return str(found["id"])


def packed(desk: Desk) -> Path:
    file = desk.folder / "evidence.zip"
    file.unlink(missing_ok=True)
    result = desk.run("incident", "pack", incident_of(desk), str(file))
    assert result.exit_code == 0, result.stderr
    assert "Write down the SHA-256 of its manifest" in result.stderr
    return file


def test_an_archive_holds_words_page_form_time_line_and_how_to_verify_it(desk: Desk) -> None:
    with zipfile.ZipFile(packed(desk)) as archive:
        names = archive.namelist()
        assert names == [
            "README.txt",
            "evidence/000001-record.json",
            "evidence/000002-page.txt",
            "evidence/000002-page.warc",
            "incident-form.pdf",
            "posts/001.txt",
            "time-line.txt",
            "manifest.json",
        ]
        assert COMPLAINT in archive.read("posts/001.txt").decode()
        assert archive.read("evidence/000002-page.txt").decode() == COMPLAINT
        assert b"WARC/1.1" in archive.read("evidence/000002-page.warc")
        assert archive.read("incident-form.pdf").startswith(b"%PDF")
        line = archive.read("time-line.txt").decode()
        assert line.index("found: respond") < line.index("taken by head@hollybrook.example")
        assert "noted by head@hollybrook.example: Rang the mother" in line
        assert "kept: page 000002" in line
        manifest = json.loads(archive.read("manifest.json"))
    assert set(manifest["made"]) == {"utc", "london"}
    assert manifest["items"][1]["address"] == desk.server.url("/p")


def test_an_archive_verifies_and_is_known_to_the_audit_trail(desk: Desk) -> None:
    file = packed(desk)
    result = desk.run("incident", "verify", str(file), "--json")
    assert result.exit_code == 0, result.stderr
    verdict = json.loads(result.stdout)
    assert (verdict["faults"], verdict["in_audit_trail"]) == ([], True)
    with zipfile.ZipFile(file) as archive:
        manifest = hashlib.sha256(archive.read("manifest.json")).hexdigest()
    assert verdict["manifest"] == manifest
    rows = json.loads(desk.run("data", "audit", "--json").stdout)["audit"]
    (newest, *_) = [row for row in rows if row["act"] == "incident.packed"]
    assert newest["details"] == {"manifest": manifest}


def changed(content: bytes, chance: random.Random) -> bytes:
    """The archive with one of its files changed, swapped with another, taken away or put in."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name, other = chance.sample(sorted(files), 2)
    how = chance.choice(("flip", "swap", "delete", "add"))
    if how == "flip":
        place = chance.randrange(len(files[name]))
        byte = bytes([files[name][place] ^ 1 << chance.randrange(7)])
        files[name] = files[name][:place] + byte + files[name][place + 1 :]
    elif how == "swap":
        files[name], files[other] = files[other], files[name]
    elif how == "delete":
        del files[name]
    else:
        files[f"evidence/{chance.randrange(10**6):06}-note.txt"] = b"x"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for each, body in files.items():
            archive.writestr(each, body)
    return made.getvalue()


def test_sixty_changed_archives_are_all_found_out(desk: Desk) -> None:
    content = packed(desk).read_bytes()
    faults, manifest = verified(content)
    assert faults == ()
    chance = random.Random(20261121)
    for _ in range(60):
        try:
            found, other = verified(changed(content, chance))
        except NotAnArchiveError:
            continue
        assert found or other != manifest


def test_a_changed_archive_is_named_file_by_file(desk: Desk) -> None:
    file = packed(desk)
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["posts/001.txt"] += b" and more"
    del files["README.txt"]
    file.unlink()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    result = desk.run("incident", "verify", str(file))
    assert result.exit_code == 1
    assert "README.txt is missing" in result.stderr
    assert "posts/001.txt was changed" in result.stderr


def test_an_archive_that_was_made_anew_is_unknown_to_the_audit_trail(desk: Desk) -> None:
    file = packed(desk)
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["posts/001.txt"] = b"other words"
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["posts/001.txt"] = hashlib.sha256(b"other words").hexdigest()
    files["manifest.json"] = json.dumps(manifest).encode()
    file.unlink()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    result = desk.run("incident", "verify", str(file))
    assert result.exit_code == 1
    assert "the audit trail here knows of no archive with this manifest" in result.stderr


def test_of_what_must_not_be_copied_the_archive_holds_the_address_alone(
    tmp_path: Path, parser: Parser
) -> None:
    words = (
        "A teacher at Hollybrook Primary School messages girls in Year 6 at night and asks to meet"
    )
    with WebServer() as server:
        desk = Desk(tmp_path, server)
        server.answers["/gazette"] = rss(Item(words, "1", link=server.url("/p"), title="Help"))
        desk.run("poll", "--no-send")
        capture(desk, parser)
        content = packed(desk).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        note = archive.read("evidence/000001-note.txt").decode()
    assert b"messages girls" not in everything
    assert note.startswith(NEUTRAL)
    assert f"Address: {server.url('/p')}" in note


def test_a_wrong_use_is_told_in_one_line(desk: Desk) -> None:
    (desk.folder / "there.zip").touch()
    (desk.folder / "no.zip").write_bytes(b"PK\x03\x04 none")
    incident = incident_of(desk)
    for arguments, said in (
        (("pack",), "say which incident, and the file to write"),
        (("pack", "zzz", "a.zip"), "no incident begins with"),
        (("pack", incident, str(desk.folder / "there.zip")), "is there already"),
        (("pack", incident, str(desk.folder / "no" / "a.zip")), "cannot be written"),
        (("pack", incident, "--blank", "a.pdf"), "--blank FILE.pdf goes without an incident"),
        (("verify", str(desk.folder / "no.zip")), "no archive of an incident, or was changed"),
        (("verify", str(desk.folder / "none.zip")), "cannot be read"),
    ):
        result = desk.run("incident", *arguments)
        assert result.exit_code in (1, 2)
        assert said in result.stderr
        assert result.stderr.count("\n") == 1


def test_an_empty_form_can_be_printed(desk: Desk) -> None:
    file = desk.folder / "form.pdf"
    assert desk.run("incident", "pack", "--blank", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"%PDF")
    assert [name for name, _, _ in FIELDS][:2] == ["Reference", "Seen by, and when"]
    assert len(FIELDS) == 15
    assert blank_form("Ysgol Tŷ Coch", NOW).startswith(b"%PDF")


def test_random_edits_of_evidence_and_audit_rows_are_all_found(tmp_path: Path) -> None:
    account = prove(100, 20261121, tmp_path)
    assert account.clean, account.lines()
    assert account.edits > 60

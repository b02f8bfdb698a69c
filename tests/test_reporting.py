"""Staff, and whoever has the school's link, report what they saw; what they send stays inert."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image, PngImagePlugin

from monitor import uploads
from monitor.judge import Judge
from monitor.pipeline import Monitor
from monitor.settings import Person, School, Settings, SourceSettings
from monitor.store import audit, deliveries, incidents, looks, mentions, reports
from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.uploads import MOST_BYTES, UploadError, redrawn, tidy
from monitor.web.report_pages import inbox_of, public_link
from monitor.web.server import WebServer
from sources.fetch import Fetcher
from sources.inbox import Options
from sources.parsing import Parser
from tests.conftest import Clock
from tests.signing import Client
from tests.web_cast import HEAD, LEAD, Answer, ask, served, sign_in

pytestmark = pytest.mark.slow

TEACHER = Person(name="Zeb Quill", email="zq@hollybrook.example", roles=("staff",))
SCHOOL = School(
    id="hollybrook",
    name="Hollybrook Primary School",
    places=("Stanwick",),
    people=(HEAD, LEAD, TEACHER),
    public_reports=True,
)
SHUT = School(id="shut", name="Thornfield Infant School", people=(HEAD, LEAD))
THREAT = "I am bringing a knife to school tomorrow and I will stab the head"
HOSTILE = '<script>window.__pwn=1</script>"><img src=x onerror=alert(1)> {{7*7}} \u202e'


def png(size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    """A picture with a comment and a second file behind it."""
    out, beside = BytesIO(), PngImagePlugin.PngInfo()
    beside.add_text("Comment", "GPS 52.33,-0.57 <script>")
    Image.new(mode, size, None).save(out, "PNG", pnginfo=beside)
    return out.getvalue() + b"<html><script>alert(1)</script>"


@dataclass
class Desk:
    """A school that takes reports: its pages, and the monitor that reads them."""

    monitor: Monitor
    web: WebServer
    clock: Clock
    folder: Path

    @property
    def store(self) -> Store:
        return self.monitor.store

    def signed_in(self, person: Person) -> Client:
        """A browser in which somebody is signed in."""
        secret = f"s3cret-of-{person.email}"
        sign_in(self.store, person, secret, now=self.clock())
        client = Client(self.web)
        client.cookies["footprint-session"] = secret
        return client

    def report(self, client: Client, file: bytes = b"", **fields: str) -> Answer:
        """Send the form as a browser does, with a file where there is one."""
        client.get("/report?picture=no")
        edge = uuid.uuid4().hex
        parts = {"token": client.token, "school": "hollybrook", "kind": "no", **fields}
        body = b"".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in parts.items()
        )
        if file:
            named = 'name="picture"; filename="../../<svg onload=alert(1)>.png"'
            head = f"--{edge}\r\nContent-Disposition: form-data; {named}\r\n"
            body += f"{head}Content-Type: image/png\r\n\r\n".encode() + file + b"\r\n"
        body += f"--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        return client.send("/report", body, {"Content-Type": kind})

    def fetch(self, client: Client, path: str) -> tuple[int, dict[str, str], bytes]:
        """A file as the pages send it."""
        connection = HTTPConnection("127.0.0.1", urlsplit(self.web.address).port)
        try:
            secret = client.cookies["footprint-session"]
            connection.request("GET", path, headers={"Cookie": f"footprint-session={secret}"})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def read(self) -> Mention | None:
        """Read the inbox; the newest mention."""
        while self.monitor.poll_one():
            pass
        with self.store.reading() as connection:
            return next(iter(mentions.listed(connection)), None)

    def waiting(self) -> list[dict[str, str]]:
        with self.store.reading() as connection:
            kept = reports.waiting(connection, "reports", 0)
        return [json.loads(one.content) for one in kept]

    def link(self) -> str:
        """The school's own link, as a path."""
        with self.store.reading() as connection:
            whole = public_link(connection, self.monitor.settings, SCHOOL, self.clock())
        parts = urlsplit(whole)
        return f"{parts.path}?{parts.query}"


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge((SCHOOL.watch,))


@contextmanager
def _desk(store: Store, clock: Clock, parser: Parser, judge: Judge, home: Path) -> Iterator[Desk]:
    inbox = SourceSettings(id="reports", kind="inbox", schools=("hollybrook",), options=Options())
    settings = Settings(folder=home, schools=(SCHOOL, SHUT), sources=(inbox,))
    fetcher = Fetcher("", (), clock=clock, version="0")
    monitor = Monitor(
        settings=settings,
        schools=settings.schools,
        store=store,
        fetcher=fetcher,
        parser=parser,
        judge=judge,
        clock=clock,
        jitter=lambda: 0.0,
        owner="me",
        judge_version="0",
    )
    monitor.prepare()
    with served(store, settings, clock=clock) as web:
        yield Desk(monitor, web, clock, home)
    fetcher.close()


@pytest.fixture
def desk(
    store: Store, clock: Clock, parser: Parser, judge: Judge, tmp_path: Path
) -> Iterator[Desk]:
    with _desk(store, clock, parser, judge, tmp_path) as made:
        yield made


@pytest.fixture
def one(small: Store, clock: Clock, parser: Parser, judge: Judge, tmp_path: Path) -> Iterator[Desk]:
    with _desk(small, clock, parser, judge, tmp_path) as made:
        yield made


def test_a_teachers_report_of_a_threat_is_judged_at_once_and_told(desk: Desk) -> None:
    teacher = desk.signed_in(TEACHER)
    answer = desk.report(teacher, words=THREAT, where="Snapchat", link="https://snap.example/1")
    assert (answer.status, answer.headers["location"]) == (303, "/report/kept?school=hollybrook")
    assert "We have it" in teacher.get("/report/kept").text
    found = desk.read()
    assert found
    assert (found.level, found.text, found.url) == ("urgent", THREAT, "https://snap.example/1")
    with desk.store.reading() as connection:
        owed = {each.role for each in deliveries.listed(connection, ["hollybrook"])}
        record = json.loads(mentions.record(connection, found.id))
        (noted,) = [each for each in audit.listed(connection) if each.act == "report.made"]
    assert owed == {"headteacher", "dsl"}
    assert record["reported_by"] == "a member of staff"
    assert (noted.who, noted.school) == (TEACHER.email, "hollybrook")


def test_whoever_reported_never_sees_what_came_of_it(one: Desk) -> None:
    teacher = one.signed_in(TEACHER)
    one.report(teacher, png(), words=THREAT)
    found = one.read()
    assert found
    name = next(one.folder.joinpath("uploads").iterdir()).name
    for path in (f"/mentions/{found.id}", f"/mentions/{found.id}/pictures/{name}"):
        assert teacher.get(path).status == 403
    assert THREAT not in teacher.get("/report").text + teacher.get("/report/kept").text


def test_a_report_that_is_sent_twice_is_one(one: Desk) -> None:
    teacher = one.signed_in(TEACHER)
    for _ in range(2):
        one.report(teacher, png(), words=THREAT, seen="2026-09-14T08:00")
    assert len(one.waiting()) == 1
    assert len(list(one.folder.joinpath("uploads").iterdir())) == 1


def test_a_screenshot_is_drawn_anew_and_opened_only_as_a_file(one: Desk) -> None:
    one.report(one.signed_in(TEACHER), png(), words="The gates were locked at Hollybrook again")
    found = one.read()
    assert found
    head = one.signed_in(HEAD)
    page = head.get(f"/mentions/{found.id}").body
    (kept,) = one.folder.joinpath("uploads").iterdir()
    assert f"/mentions/{found.id}/pictures/{kept.name}" in page
    assert '<img src="/mentions' not in page
    content = kept.read_bytes()
    assert b"script" not in content
    assert b"GPS" not in content
    status, headers, sent = one.fetch(head, f"/mentions/{found.id}/pictures/{kept.name}")
    assert (status, sent) == (200, content)
    assert headers["content-type"] == "image/png"
    assert headers["content-disposition"] == f'attachment; filename="{kept.name}"'
    assert "sandbox" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    with one.store.reading() as connection:
        (noted,) = [each for each in audit.listed(connection) if each.act == "picture.opened"]
    assert (noted.who, noted.subject) == (HEAD.email, found.id)
    for other in ("0" * 32 + ".png", "..%2f..%2ffootprint.key", "footprint.db", f"x{kept.name}"):
        assert head.get(f"/mentions/{found.id}/pictures/{other}").status == 404


def test_a_screenshot_that_may_show_a_child_or_was_changed_is_shown_to_nobody(one: Desk) -> None:
    one.report(one.signed_in(TEACHER), png(), words=THREAT)
    found = one.read()
    assert found
    assert found.incident
    head = one.signed_in(HEAD)
    (kept,) = one.folder.joinpath("uploads").iterdir()
    path, content = f"/mentions/{found.id}/pictures/{kept.name}", kept.read_bytes()
    assert path in head.get(f"/incidents/{found.incident}").body
    kept.write_bytes(content + b"x")
    assert head.get(path).status == 404
    kept.write_bytes(content)
    assert one.fetch(head, path)[0] == 200
    with one.store.writing() as connection:
        now = one.clock()
        incidents.act(connection, found.incident, "noted", HEAD.email, now, facts={"image": 1})
    assert head.get(path).status == 404
    for page in (f"/incidents/{found.incident}", f"/mentions/{found.id}"):
        assert path not in head.get(page).body


def test_a_possible_indecent_image_is_reported_by_its_address_alone(one: Desk) -> None:
    teacher = one.signed_in(TEACHER)
    page = teacher.get("/report?picture=maybe")
    assert "Do not open it, and keep nothing of it" in page.text
    assert "Ravi Osei" in page.text
    assert 'type="file"' not in page.body
    assert "<textarea" not in page.body
    refused = one.report(teacher, png(), kind="child", link="https://x.example/1")
    assert (refused.status, "No picture may be sent of this" in refused.text) == (422, True)
    assert one.report(teacher, kind="child").status == 422
    assert not one.folder.joinpath("uploads").exists()
    sent = one.report(teacher, kind="child", link="https://x.example/1", words="what it shows")
    assert sent.status == 303
    found = one.read()
    assert found
    assert (found.level, "what it shows" in found.text) == ("urgent", False)


def test_terrorist_material_is_reported_by_its_address_alone(one: Desk) -> None:
    assert one.report(one.signed_in(TEACHER), kind="terror", where="Telegram").status == 303
    found = one.read()
    assert found
    assert (found.level, "extremism" in found.categories) == ("urgent", True)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Write what it says"),
        ({"words": "a" * 8001}, "too many words"),
        ({"words": "x", "link": "javascript:alert(1)"}, "must be a web address"),
        ({"words": "x", "link": "https://a@b.example/"}, "must be a web address"),
        ({"words": "x", "seen": "31/02"}, "The time must be such as"),
    ],
)
def test_what_cannot_be_used_is_said_and_what_was_typed_stays(
    one: Desk, fields: dict[str, str], says: str
) -> None:
    answer = one.report(one.signed_in(TEACHER), where="Snapchat", **fields)
    assert (answer.status, says in answer.text) == (422, True)
    assert 'value="Snapchat"' in answer.body
    assert one.waiting() == []


def test_hostile_words_come_back_as_text(one: Desk) -> None:
    answer = one.report(one.signed_in(TEACHER), words=HOSTILE, where=HOSTILE, link="x")
    assert "<script>window" not in answer.body
    assert "<img src=x" not in answer.body
    assert "{{7*7}}" in answer.text


@pytest.mark.parametrize("seen", ["2030-01-01T00:00", "9999-12-31T23:59", ""])
def test_nothing_was_seen_in_the_future(one: Desk, seen: str) -> None:
    one.report(one.signed_in(TEACHER), words=THREAT, seen=seen)
    (report,) = one.waiting()
    assert datetime.fromisoformat(report["seen_at"]) == one.clock()


def _bomb() -> bytes:
    return png((10_000, 10_000), "1")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a PNG"),
        (b"<html><script>alert(1)</script>", "not a PNG"),
        (b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script>", "not a PNG"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "not a PNG"),
        (b"%PDF-1.7", "not a PNG"),
        (png()[:60], "not a PNG"),
        (_bomb(), "too large"),
        (b"\0" * (MOST_BYTES + 1), "larger than 8 MB"),
    ],
    ids=["svg", "html", "html as png", "gif", "pdf", "cut", "bomb", "9 MB"],
)
def test_a_hostile_file_is_refused_and_the_words_stay(one: Desk, file: bytes, says: str) -> None:
    answer = one.report(one.signed_in(TEACHER), file, words="what it says")
    assert (answer.status, says in answer.text) == (422, True)
    assert "what it says</textarea>" in answer.body
    assert one.waiting() == []
    assert not one.folder.joinpath("uploads").exists()


def test_a_form_of_a_hundred_megabytes_is_cut_off(one: Desk) -> None:
    assert one.report(one.signed_in(TEACHER), b"\0" * 10 * MOST_BYTES, words="x").status == 413
    assert one.waiting() == []


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_photograph_keeps_its_points_and_loses_what_came_beside_them(kind: str) -> None:
    out, exif = BytesIO(), Image.Exif()
    exif[0x010E], exif[0x0112] = "taken at 4 Mill Lane", 6  # said beside it; lies on its side
    Image.new("RGB", (60, 20), "red").save(out, kind, exif=exif)
    made = redrawn(out.getvalue())
    assert b"Mill Lane" in out.getvalue()
    assert b"Mill Lane" not in made.content
    with Image.open(BytesIO(made.content)) as picture:
        assert (picture.size, len(picture.getexif())) == ((20, 60), 0)


def test_a_damaged_picture_is_refused_whatever_its_damage() -> None:
    whole = png((64, 64))
    for at in range(8, 120, 3):
        broken = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        with suppress(UploadError):
            assert redrawn(broken).name.endswith(".png")


def test_a_picture_goes_a_day_after_nothing_names_it_any_more(tmp_path: Path) -> None:
    kept, gone = redrawn(png((2, 2))), redrawn(png((3, 3)))
    folder = tmp_path / "uploads"
    for picture in (kept, gone):
        uploads.keep(folder, picture)
    (folder / "notes.txt").write_text("not ours")
    (folder / f"{gone.name}.x1y2.part").write_bytes(b"cut off")
    soon = datetime.now(UTC)
    assert tidy(folder, {kept.name}, soon) == 0
    assert tidy(folder, {kept.name}, soon + timedelta(days=2)) == 2
    assert {file.name for file in folder.iterdir()} == {kept.name, "notes.txt"}
    assert tidy(tmp_path / "none", (), soon) == 0


def test_what_a_report_or_a_mention_names_is_in_use(one: Desk) -> None:
    one.report(one.signed_in(TEACHER), png(), words=THREAT)
    (kept,) = one.folder.joinpath("uploads").iterdir()
    for _ in range(2):
        with one.store.reading() as connection:
            named = list(reports.files_named(connection))
        assert any(kept.name in text for text in named)
        one.read()
        one.clock.forward(hours=1)


def test_nobody_reports_without_end(one: Desk) -> None:
    teacher = one.signed_in(TEACHER)
    for number in range(20):
        assert one.report(teacher, words=f"{number}").status == 303
    answer = one.report(teacher, words="one more")
    assert (answer.status, "Wait a while" in answer.text) == (429, True)
    assert one.report(one.signed_in(HEAD), words="somebody else").status == 303
    one.clock.forward(minutes=61)
    assert one.report(one.signed_in(TEACHER), words="later").status == 303


def test_where_no_inbox_takes_reports_the_page_says_whom_to_tell(one: Desk) -> None:
    head = one.signed_in(HEAD)
    page = head.get("/report?school=shut&picture=no")
    assert "No reports are taken for this school yet" in page.text
    assert "<textarea" not in page.body
    assert one.report(head, words="x", school="shut").status == 409


def test_nobody_reports_for_a_school_that_is_not_theirs(one: Desk) -> None:
    teacher = one.signed_in(TEACHER)
    assert teacher.get("/report?school=shut").status == 404
    assert one.report(teacher, words="x", school="shut").status == 404


def test_whoever_has_the_schools_link_may_report_without_a_file(one: Desk) -> None:
    stranger = Client(one.web)
    page = stranger.get(one.link())
    assert "Tell Hollybrook Primary School what you saw" in page.text
    assert 'type="file"' not in page.body
    answer = stranger.post(one.link(), words=THREAT, where="a group")
    assert (answer.status, "We have it" in answer.text) == (200, True)
    found = one.read()
    assert found
    assert found.level == "urgent"
    with one.store.reading() as connection:
        record = json.loads(mentions.record(connection, found.id))
    assert record["reported_by"] == "whoever has the school's link"


def test_the_link_opens_for_its_school_alone_and_for_a_year(one: Desk) -> None:
    link = one.link()
    assert ask(one.web, link, cookie="").status == 200
    for forged in (
        link.replace("hollybrook", "shut"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.partition("?")[0],
        f"{link}&until=9999999999",
    ):
        assert ask(one.web, forged, cookie="").status == 404, forged
    stranger = Client(one.web)
    stranger.get(link)
    assert stranger.post(link.partition("?")[0], words=THREAT).status == 404
    one.clock.forward(days=366 + 366)
    assert ask(one.web, link, cookie="").status == 410
    assert one.waiting() == []


def test_strangers_are_slowed_down_and_what_is_wrong_is_said(one: Desk) -> None:
    stranger = Client(one.web)
    stranger.get(one.link())
    answer = stranger.post(one.link(), words="")
    assert (answer.status, "Write what it says" in answer.text) == (422, True)
    for number in range(4):
        assert stranger.post(one.link(), words=f"{number}").status == 200
    assert stranger.post(one.link(), words="one more").status == 429
    assert len(one.waiting()) == 4


def test_a_form_without_our_token_hands_in_nothing(one: Desk) -> None:
    teacher = one.signed_in(TEACHER)
    assert one.report(teacher, words=THREAT, token="0" * 64).status == 403
    stranger = Client(one.web)
    stranger.get(one.link())
    assert stranger.post(one.link(), words=THREAT, token="0").status == 403
    assert one.waiting() == []


def test_a_report_makes_its_inbox_due(one: Desk) -> None:
    one.read()
    one.clock.forward(minutes=5)
    one.report(one.signed_in(TEACHER), words=THREAT)
    with one.store.reading() as connection:
        (look,) = looks.everything(connection, ["reports"])
    assert look.due_at == one.clock()


def test_of_several_inboxes_the_schools_own_takes_its_reports() -> None:
    shared = SourceSettings(id="all", kind="inbox", options=Options())
    own = shared.model_copy(update={"id": "own", "schools": ("hollybrook",)})
    others = SourceSettings(id="theirs", kind="inbox", options=Options(about=SHUT.name))
    off = shared.model_copy(update={"id": "off", "enabled": False, "schools": ("hollybrook",)})
    settings = Settings(folder=Path(), schools=(SCHOOL, SHUT), sources=(shared, others, off, own))
    found = [inbox_of(settings, school) for school in (SCHOOL, SHUT)]
    assert [source.id for source in found if source] == ["own", "all"]

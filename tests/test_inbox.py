"""An inbox: signed reports and dropped files are read once, told at once, and none is lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.judge import Judge
from monitor.judge.terms import Judgement, Words
from monitor.pipeline import Monitor
from monitor.settings import Settings, SourceSettings
from monitor.store import deliveries, looks, mentions, reports
from monitor.store.engine import Store
from monitor.store.mentions import EVIDENCE, Mention
from monitor.store.opening import open_store
from monitor.web.inbox import MOST_BYTES
from monitor.web.server import WebServer
from sources.base import Flaw, Post
from sources.fetch import Fetcher
from sources.inbox import Options, read
from sources.parsing import Parser
from tests.asking import NOW, Polls, flaws_in, posts_in, problems_with
from tests.conftest import Clock
from tests.feeds import HOLLYBROOK, PRAISE, THREAT
from tests.kinds import recorded
from tests.kinds.inbox import CASE, FILES, drop
from tests.web_cast import Answer, ask, served

pytestmark = pytest.mark.slow

SECRET = "swordfish-77-swordfish"
GUIDE = Path(__file__).parent.parent / "docs" / "sources" / "inbox.md"
NAMELESS = "I am bringing a knife to school tomorrow and I will stab the head"


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge((HOLLYBROOK.watch,))


@dataclass
class School:
    """A school with an inbox: its monitor, its pages, and a program that hands in."""

    monitor: Monitor
    web: WebServer
    clock: Clock

    def send(
        self,
        body: bytes | dict[str, Any],
        *,
        source: str = "inbox",
        secret: str = SECRET,
        late: float = 0,
        **headers: str,
    ) -> Answer:
        """Hand in a report, signed so many seconds ago; `headers` replace what is sent."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        time = str(int(self.clock().timestamp() - late))
        sent = {
            "Content-Type": "application/json",
            "X-Footprint-Timestamp": time,
            "X-Footprint-Signature": signature(secret, time, body),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection = HTTPConnection("127.0.0.1", urlsplit(self.web.address).port, timeout=10)
        try:
            connection.request("POST", f"/inbox/{source}", body, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    @property
    def store(self) -> Store:
        return self.monitor.store

    def waiting(self) -> list[bytes]:
        with self.store.reading() as connection:
            return [report.content for report in reports.waiting(connection, "inbox", 0)]

    def mentions(self) -> tuple[Mention, ...]:
        with self.store.reading() as connection:
            return mentions.listed(connection)

    def alerted(self) -> set[tuple[str, str]]:
        with self.store.reading() as connection:
            return {(it.level, it.role) for it in deliveries.listed(connection, ["hollybrook"])}

    def due_at(self) -> datetime:
        with self.store.reading() as connection:
            (look,) = looks.everything(connection, ["inbox"])
        return look.due_at


def signature(secret: str, time: str, body: bytes) -> str:
    signed = hmac.new(secret.encode(), time.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


@contextmanager
def school(
    store: Store, clock: Clock, parser: Parser, judge: Judge, home: Path, **options: Any
) -> Iterator[School]:
    own = {"hmac_secret": SECRET, **options}
    settings = Settings(
        folder=home,
        schools=(HOLLYBROOK,),
        sources=(
            SourceSettings(id="inbox", kind="inbox", every_minutes=60, options=Options(**own)),
            SourceSettings(id="shut", kind="inbox", options=Options()),
            SourceSettings(id="off", kind="inbox", enabled=False, options=Options(**own)),
        ),
    )
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
        yield School(monitor, web, clock)
    fetcher.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'footprint.db'}")
    yield opened
    opened.close()


@pytest.fixture
def it(own: Store, clock: Clock, parser: Parser, judge: Judge, tmp_path: Path) -> Iterator[School]:
    with school(own, clock, parser, judge, tmp_path) as made:
        yield made


def test_a_signed_report_of_a_threat_is_owed_at_the_next_tick(it: School) -> None:
    assert it.monitor.poll("inbox").health == "ok"
    it.clock.forward(minutes=5)
    assert it.due_at() > it.clock()
    report = {"where": "Snapchat", "text": NAMELESS, "reported_by": "office@hollybrook.example"}
    answer = it.send(report)
    assert (answer.status, json.loads(answer.body)) == (202, {"status": "accepted"})
    assert it.due_at() == it.clock()
    while polled := it.monitor.poll_one():
        assert polled.health == "ok"
    (found,) = it.mentions()
    assert found.title == "Report from Snapchat: Hollybrook Primary School"
    assert it.alerted() == {("urgent", "dsl"), ("urgent", "headteacher")}
    with it.store.reading() as connection:
        (record,) = connection.execute(EVIDENCE.select()).mappings()
    assert json.loads(record["record"])["reported_by"] == "office@hollybrook.example"
    assert "Snapchat" in record["record"]


def test_an_empty_inbox_is_well_for_months(it: School) -> None:
    for _ in range(4):
        assert it.monitor.poll("inbox").health == "ok"
        it.clock.forward(days=30)


def test_what_is_sent_twice_is_taken_in_once(it: School) -> None:
    twice = {"text": THREAT}
    for late in (0, 0, 60):  # sent, replayed to the letter, and signed anew
        assert it.send(twice, late=late).status == 202
    assert len(it.waiting()) == 1
    it.monitor.poll("inbox")
    assert it.send(twice).status == 202
    assert it.monitor.poll("inbox").new == 0
    assert len(it.mentions()) == 1


def test_the_senders_own_mark_counts_for_more_than_the_words(it: School) -> None:
    assert it.send({"text": PRAISE}, Idempotency_Key="41").status == 202
    assert it.send({"text": THREAT}, Idempotency_Key="41").status == 202
    assert it.send({"text": PRAISE}, Idempotency_Key="42").status == 202
    assert len(it.waiting()) == 2
    assert it.send({"text": PRAISE}, Idempotency_Key="4" * 201).status == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "swordfish-78-swordfish"},
        {"late": 301},
        {"late": -302},
        {"X_Footprint_Signature": ""},
        {"X_Footprint_Signature": "sha256="},
        {"X_Footprint_Signature": "sha256=\xe9"},
        {"X_Footprint_Timestamp": ""},
        {"X_Footprint_Timestamp": "\xb2"},
        {"X_Footprint_Timestamp": "9" * 5000},
        {"X_Footprint_Timestamp": "1"},
    ],
)
def test_without_the_right_signature_nothing_is_kept(it: School, changed: dict[str, Any]) -> None:
    answer = it.send({"text": THREAT}, **changed)
    assert answer.status == 401
    assert SECRET not in answer.body
    assert it.waiting() == []


def test_a_signature_holds_for_its_own_body_and_time_alone(it: School) -> None:
    time = str(int(it.clock().timestamp()))
    other = signature(SECRET, time, b'{"text": "other"}')
    assert it.send({"text": THREAT}, X_Footprint_Signature=other).status == 401
    assert it.send(b'{"text": "other"}', X_Footprint_Signature=other).status == 202
    later = str(int(time) + 1)
    moved = it.send(b'{"text": "other"}', X_Footprint_Signature=other, X_Footprint_Timestamp=later)
    assert moved.status == 401


def test_a_report_that_is_too_large_is_refused_and_one_just_within_is_not(it: School) -> None:
    around = len(json.dumps({"text": ""}))
    assert it.send({"text": "a" * (MOST_BYTES - around)}).status == 202
    assert it.send({"text": "a" * (MOST_BYTES - around + 1)}).status == 413
    assert len(it.waiting()) == 1


@pytest.mark.parametrize("source", ["shut", "off", "nothing", "in%2Fbox", "..%2Finbox"])
def test_only_an_inbox_with_a_secret_takes_reports(it: School, source: str) -> None:
    for secret in (SECRET, ""):
        assert it.send({"text": THREAT}, source=source, secret=secret).status == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("application/json; charset=utf-8", 202), ("text/plain", 415), ("", 415),
        ("application/x-www-form-urlencoded", 415), ("multipart/form-data", 415),
    ],
)  # fmt: skip
def test_only_json_is_taken(it: School, sent: str, status: int) -> None:
    assert it.send({"text": THREAT}, Content_Type=sent).status == status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"a"', b"[" * 60_000, b"\xff\x00"])
def test_what_is_no_json_object_is_told_to_its_sender(it: School, body: bytes) -> None:
    answer = it.send(body)
    assert (answer.status, it.waiting()) == (400, [])
    assert json.loads(answer.body) == {"error": "The body must be one JSON object."}


def test_sixty_reports_a_minute_are_taken_and_strangers_use_none_of_them_up(it: School) -> None:
    assert it.send({"text": "0"}, secret="stranger").status == 401
    for number in range(60):
        assert it.send({"text": str(number)}).status == 202
    it.clock.forward(seconds=20)
    refused = it.send({"text": "61"})
    assert (refused.status, refused.headers["retry-after"]) == (429, "41")
    it.clock.forward(seconds=41)
    assert it.send({"text": "61"}).status == 202


def test_the_way_in_opens_no_page_and_answers_to_our_names_alone(it: School) -> None:
    assert ask(it.web, "/inbox/inbox", cookie="").status == 405
    assert ask(it.web, "/sources", cookie="").headers["location"].startswith("/signin")
    assert ask(it.web, "/inbox/../sources", cookie="").status in (303, 404)
    assert it.send({"text": THREAT}, Host="elsewhere.example").status == 400
    assert it.waiting() == []


def test_what_waits_beyond_one_poll_is_due_at_once(it: School) -> None:
    with it.store.writing() as connection:
        for number in range(reports.AT_ONCE + 1):
            body = json.dumps({"text": f"{PRAISE} {number}"}).encode()
            assert reports.hand_in(connection, "inbox", str(number), body, it.clock())
    assert it.monitor.poll("inbox").fetched == reports.AT_ONCE
    assert it.due_at() == it.clock()
    assert it.monitor.poll("inbox").fetched == 1
    assert it.due_at() > it.clock()


HOSTILE = [
    {"text": {"a": [1, None]}, "url": ["x"], "title": 1e300, "where": {"b": 2}},
    {"text": "<script>alert(1)</script>\x00\ud800", "url": "javascript:alert(1)", "\x00": "a"},
    {"items": [1, None, {"url": 7}, {"text": "fair", "tags": {"0": "x"}}]},
    {"text": "a", **{f"field {number}": "b" * 900 for number in range(60)}},
    {
        "text": "a",
        "attachments": [{"name": "../../x", "bytes": "9" * 3000}, 1],
        "link": [],
        "id": 1,
    },
    {"text": "a", "nested": json.loads("[" * 400 + "]" * 400)},
]


@pytest.mark.parametrize("body", HOSTILE)
def test_odd_values_cost_themselves_alone(it: School, body: dict[str, Any]) -> None:
    assert it.send(body).status == 202
    assert it.send({"text": THREAT}).status == 202
    polled = it.monitor.poll("inbox")
    assert (polled.health, polled.alerted) == ("ok", 1)
    for found in it.mentions():
        assert not found.url.startswith("javascript")


def test_a_report_that_says_nothing_is_named_and_kept(it: School) -> None:
    it.send({"seen_at": "2026-09-15"})
    it.send({"text": THREAT})
    polled = it.monitor.poll("inbox")
    (flaw,) = polled.flaws
    assert flaw == (
        "Report 1, handed in on 15 September 2026 at 10:00 UTC, holds neither an address nor "
        "words. It is kept in the database as it came."
    )
    again = it.monitor.poll("inbox")
    assert (again.flaws, again.fetched) == ((), 0)
    assert it.waiting() == [b'{"seen_at": "2026-09-15"}']


def test_a_report_that_could_not_be_judged_comes_again(it: School) -> None:
    class Stumbling:
        def taught(self, _: object) -> Stumbling:
            return self

        def judge(self, _: Words) -> tuple[Judgement, ...]:
            raise ValueError

    it.send({"text": THREAT})
    stumbling = replace(it.monitor, judge=Stumbling())  # type: ignore[arg-type]
    assert "could not be judged" in stumbling.poll("inbox").flaws[0]
    assert it.monitor.poll("inbox").alerted == 1


def test_a_report_that_can_never_be_judged_holds_up_nothing_and_is_kept(it: School) -> None:
    class Choosy:
        def taught(self, _: object) -> Choosy:
            return self

        def judge(self, words: Words) -> tuple[Judgement, ...]:
            if "unspeakable" in words.text:
                raise ValueError
            return it.monitor.judge.judge(words)

    with it.store.writing() as connection:
        for number in range(reports.AT_ONCE):
            body = json.dumps({"text": f"{PRAISE} {number}" if number else "unspeakable"}).encode()
            assert reports.hand_in(connection, "inbox", str(number), body, it.clock())
        assert reports.hand_in(connection, "inbox", "x", report(THREAT).encode(), it.clock())
    choosy = replace(it.monitor, judge=Choosy())  # type: ignore[arg-type]
    told = [choosy.poll("inbox").flaws for _ in range(4)]
    assert [len(flaws) for flaws in told] == [1, 1, 1, 2]
    assert any(
        flaw.startswith("Something in reports 1 to 200 could not be judged") for flaw in told[3]
    )
    assert choosy.poll("inbox").alerted == 1
    choosy.poll("inbox")
    waiting = it.waiting()
    assert b'{"text": "unspeakable"}' in waiting
    assert report(THREAT).encode() not in waiting


def test_a_reader_that_ran_out_of_time_is_asked_once_more(it: School) -> None:
    it.send({"text": THREAT})
    hurried = Parser(seconds=0.001)
    held_up = replace(it.monitor, parser=hurried)
    assert held_up.poll("inbox").flaws[0].endswith("not be read safely. It is tried once more.")
    assert it.monitor.poll("inbox").alerted == 1
    it.send({"text": PRAISE})
    assert held_up.poll("inbox").flaws[0].endswith("It is tried once more.")
    assert held_up.poll("inbox").flaws[0].endswith("It is kept in the database as it came.")
    assert it.monitor.poll("inbox").fetched == 0
    assert it.waiting() == [json.dumps({"text": PRAISE}).encode()]
    hurried.close()


def test_an_address_alone_is_a_report_and_known_by_it(it: School) -> None:
    for where in ("Facebook", "a forum"):
        it.send({"url": "https://forum.example/t/9?utm_source=a", "where": where})
    assert it.monitor.poll("inbox").new == 1


def test_two_posts_of_one_discussion_are_two(it: School) -> None:
    for text in (PRAISE, THREAT):
        it.send({"url": "https://facebook.com/groups/stanwick", "text": text})
    assert it.monitor.poll("inbox").new == 2
    assert it.alerted() == {("urgent", "dsl"), ("urgent", "headteacher")}


def test_what_has_been_taken_in_is_emptied_and_its_key_known_for_a_day(
    store: Store, clock: Clock
) -> None:
    def hand_in(key: str, source: str = "inbox") -> bool:
        with store.writing() as connection:
            return reports.hand_in(connection, source, key, key.encode(), clock())

    queue = reports.ReportQueue(store, "inbox", clock)
    assert hand_in("a")
    assert hand_in("b")
    assert hand_in("a", "other")
    assert not hand_in("a")
    first, second = queue.waiting(0)
    assert (first.content, first.received_at) == (b"a", clock())
    assert [report.content for report in queue.waiting(first.number)] == [b"b"]
    queue.forget([first.number, second.number])
    assert list(queue.waiting(0)) == []
    assert not hand_in("a")
    clock.forward(days=1, minutes=1)
    queue.forget([first.number])
    assert hand_in("a")
    (third,) = queue.waiting(second.number)
    assert third.content == b"a"


def test_a_number_is_never_given_out_again(store: Store, clock: Clock) -> None:
    queue = reports.ReportQueue(store, "inbox", clock)
    number = 0
    for day in range(3):
        with store.writing() as connection:
            assert reports.hand_in(connection, "inbox", f"day {day}", b"{}", clock())
        (report,) = queue.waiting(number)
        number = report.number
        clock.forward(days=2)
        queue.forget([number])
    with store.reading() as connection:
        assert len(connection.execute(reports.REPORT.select()).all()) == 1


@dataclass
class Folder:
    """A drop folder, and the polls that read it."""

    path: Path
    polls: Polls
    home: Path

    def __call__(self, **options: Any) -> list[Post | Flaw]:
        return self.polls(**{"folder": "drop", **options})

    def put(self, name: str, content: bytes | str, *, seconds_ago: float = 60) -> Path:
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.aged(path, seconds_ago)

    def aged(self, path: Path, seconds_ago: float) -> Path:
        then = self.polls.now.timestamp() - seconds_ago
        os.utime(path, (then, then), follow_symlinks=False)
        return path

    def lies(self, where: str = ".") -> list[str]:
        return sorted(p.name for p in (self.path / where).iterdir() if not p.is_dir())

    def note(self, name: str) -> str:
        return (self.path / "refused" / name).read_text("utf-8")


@pytest.fixture
def folder(parser: Parser, tmp_path: Path) -> Iterator[Folder]:
    fetcher = Fetcher("", (), clock=lambda: NOW, version="1")
    (tmp_path / "drop").mkdir()
    polls = Polls("inbox", fetcher, parser, folder=tmp_path)
    yield Folder(tmp_path / "drop", polls, tmp_path)
    fetcher.close()


def report(text: str = PRAISE, **more: Any) -> str:
    return json.dumps({"text": text, **more})


def test_files_of_every_sort_become_posts_oldest_first(folder: Folder) -> None:
    drop(folder.path, *FILES)
    for age, name in enumerate(reversed(FILES), 10):
        folder.aged(folder.path / name, age)
    found = folder()
    posts = posts_in(found)
    assert len(posts) == len(CASE.expected)
    for post, expected in zip(posts, CASE.expected, strict=True):
        published = post.published.isoformat() if post.published else None
        shown = {name: getattr(post, name) for name in expected} | {"published": published}
        assert {name: shown[name] for name in expected} == expected
    (flaw,) = flaws_in(found)
    assert flaw.endswith("feed.json in drop: 1 of 2 items holds no address and no words; left out.")


def test_the_record_keeps_every_field_and_no_picture(folder: Folder) -> None:
    drop(folder.path, *FILES)
    for name in FILES:
        folder.aged(folder.path / name, 60)
    records = {post.title[:6]: post.record for post in posts_in(folder())}
    told = records["Report"]
    assert told["consent"] == "I am a member of this group and copied only what is needed"
    assert told["where"] == 'Facebook group "Stanwick Mums" (closed)'
    assert json.loads(told["attachments"]) == [
        {"name": "../../IMG_1.png", "sha256": "00ff", "bytes": "123456"}
    ]
    assert records["Hollyb"]["query"] == "Hollybrook Primary School"
    assert records["Hollyb"]["id"] == "F5BOT-alert-1"
    assert records["Change"]["watch_uuid"] == "d4f0"
    assert "iVBOR" not in json.dumps([dict(record) for record in records.values()])


def test_a_file_is_moved_only_when_what_it_held_is_safe(folder: Folder) -> None:
    folder.put("a.json", report())
    before = dict(folder.polls.memo)
    assert len(posts_in(folder())) == 1
    assert folder.lies() == ["a.json"]
    folder.polls.memo = before  # the program died before it had kept anything
    assert len(posts_in(folder())) == 1
    assert folder.lies() == ["a.json"]
    assert folder() == []
    assert (folder.lies(), folder.lies("taken")) == ([], ["a.json"])
    assert folder() == []


def test_a_restart_between_taking_in_and_moving_costs_nothing(
    own: Store, clock: Clock, parser: Parser, judge: Judge, tmp_path: Path
) -> None:
    path = tmp_path / "drop" / "threat.json"
    path.parent.mkdir()
    path.write_text(report(THREAT))
    os.utime(path, (clock().timestamp() - 60,) * 2)
    for alerted, is_there in ((1, True), (0, False), (0, False)):
        with school(own, clock, parser, judge, tmp_path, folder="drop") as it:
            assert it.monitor.poll("inbox").alerted == alerted
            assert path.exists() == is_there
            assert len(it.mentions()) == 1
    assert (path.parent / "taken" / "threat.json").exists()


def test_a_file_that_may_still_be_being_written_is_left_for_the_next_poll(folder: Folder) -> None:
    folder.put("a.json", report(), seconds_ago=1.5)
    folder.put("b.json.part", report())
    folder.put(".c.json", report())
    assert folder() == []
    folder.polls.fetcher.clock = lambda: NOW + timedelta(seconds=1)
    assert len(posts_in(folder())) == 1
    assert folder.lies() == [".c.json", "a.json", "b.json.part"]


def test_a_file_dated_in_the_far_future_is_read(folder: Folder) -> None:
    folder.put("a.json", report(), seconds_ago=-3600)
    assert len(posts_in(folder())) == 1


def test_a_file_that_changed_after_it_was_read_is_read_again(folder: Folder) -> None:
    folder.put("a.json", '{"text": "half')
    assert posts_in(folder()) == []
    folder.put("a.json", report())
    assert len(posts_in(folder())) == 1
    folder()
    assert folder.lies("taken") == ["a.json"]
    assert folder.lies("refused") == []


BAD = {
    "broken.json": (b'{"text": ', "is neither JSON nor a mail that can be read."),
    "empty.eml": (b"", "is neither JSON nor a mail that can be read."),
    "nobody.eml": (b"Subject: Hello\n\nHello", "names no single sender in its From line."),
    "picture.png": (b"\x89PNG", "Only files that end in .eml or .json are read here."),
    "nothing.json": (b"{}", "holds neither an address nor words."),
    "large.json": (b" " * (1024**2 + 1), "It is larger than 1 MB."),
    "deep.json": (b"[" * 100_000, "is neither JSON nor a mail that can be read."),
    "page.json": (b"<html><body>Sign in</body></html>", "is neither JSON nor a mail"),
    "new\nline.json": (b"{}", "The file new line.json in"),
    f"{'long' * 60}.json": (b"{}", "holds neither an address nor words."),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_a_note_and_the_others_are_read(
    folder: Folder, name: str
) -> None:
    content, why = BAD[name]
    folder.put(name, content, seconds_ago=90)
    folder.put("good.json", report())
    found = folder(max_file_mb=1)
    assert len(posts_in(found)) == 1
    (flaw,) = flaws_in(found)
    assert why in flaw
    assert len(flaw.splitlines()) == 1
    assert folder(max_file_mb=1) == []
    assert folder.lies() == []
    kept, note = folder.lies("refused")
    assert note == f"{kept}.txt"
    assert folder.note(note) == f"{flaw}\n"
    assert (folder.path / "refused" / kept).read_bytes() == content


def test_links_and_pipes_are_never_opened(folder: Folder) -> None:
    private = folder.home / "private.json"
    private.write_text(report("of somebody else"))
    (folder.path / "link.json").symlink_to(private)
    os.mkfifo(folder.path / "pipe.json")
    (folder.path / "deeper").mkdir()
    (folder.path / "deeper" / "a.json").write_text(report())
    for name in ("link.json", "pipe.json"):
        folder.aged(folder.path / name, 60)
    found = folder()
    assert posts_in(found) == []
    assert len(flaws_in(found)) == 2
    folder()
    assert folder.lies("refused") == [
        "link.json", "link.json.txt", "pipe.json", "pipe.json.txt"
    ]  # fmt: skip
    assert private.read_text() == report("of somebody else")
    assert (folder.path / "deeper" / "a.json").exists()


@pytest.mark.parametrize("name", ["taken", "refused"])
def test_nothing_is_moved_out_of_the_folder_by_a_link(folder: Folder, name: str) -> None:
    (folder.home / "elsewhere").mkdir()
    (folder.path / name).symlink_to(folder.home / "elsewhere")
    folder.put("a.json", report())
    error = folder.polls.fails(folder="drop")
    assert error.health == "needs you"
    assert "must be a folder, no link" in str(error)
    assert list((folder.home / "elsewhere").iterdir()) == []


def test_files_of_one_name_are_all_kept(folder: Folder) -> None:
    for number in range(3):
        folder.put("a.json", report(f"{PRAISE} {number}"))
        assert len(posts_in(folder())) == 1
        folder()
    assert folder.lies("taken") == ["2 a.json", "3 a.json", "a.json"]


def test_a_folder_that_cannot_be_used_needs_a_person(folder: Folder) -> None:
    error = folder.polls.fails(folder="nowhere")
    assert error.health == "needs you"
    assert "make it, and let Footprint read and write there" in str(error)
    folder.put("file", "")
    assert folder.polls.fails(folder="drop/file").health == "needs you"


def test_the_configurations_own_folder_is_never_emptied(
    own: Store, clock: Clock, parser: Parser, judge: Judge, tmp_path: Path
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "config.toml").write_text("secret")
    for named in (".", "..", "../inner", str(tmp_path)):
        with school(own, clock, parser, judge, inner, folder=named) as it:
            polled = it.monitor.poll("inbox")
            assert polled.health == "needs you"
            assert "give the drop folder one of its own" in polled.error
    assert [path.name for path in inner.iterdir()] == ["config.toml"]


def test_a_folder_in_trouble_does_not_hold_up_what_is_handed_in(
    own: Store, clock: Clock, parser: Parser, judge: Judge, tmp_path: Path
) -> None:
    with school(own, clock, parser, judge, tmp_path, folder="nowhere") as it:
        it.send({"text": THREAT})
        polled = it.monitor.poll("inbox")
        assert polled.alerted == 1
        assert "cannot be used" in polled.flaws[0]
        assert it.monitor.poll("inbox").health == "needs you"


def test_a_mail_is_known_by_its_first_line_whatever_holds_it() -> None:
    mail = recorded("inbox", "forwarded.eml")
    plain = read(mail, "inbox://it/", "", whose="Hollybrook Primary School")
    assert plain["entries"][0]["link"] == "https://forum.example/t/77"
    for start in (b"From office Sun Nov 15\n", b"\xef\xbb\xbf"):
        held = read(start + mail, "inbox://it/", "")
        assert held["entries"][0]["link"] == "https://forum.example/t/77"


def test_a_report_says_whose_inbox_it_is_unless_several_listen(folder: Folder) -> None:
    folder.polls.names = ("Hollybrook Primary School", "Elmside Academy")
    folder.put("a.json", report())
    assert posts_in(folder())[0].title == "Report"
    folder.polls.memo.clear()
    assert posts_in(folder(about="Elmside Academy"))[0].title == "Report: Elmside Academy"


def test_settings_are_checked() -> None:
    table = {"kind": "inbox", "hmac_secret_env": "INBOX_SECRET", "every_minutes": 1}
    assert problems_with(table, INBOX_SECRET=SECRET) == []
    (short,) = problems_with({**table, "every_minutes": 60}, INBOX_SECRET="swordfish")
    assert "is too short; make one of at least 16 characters" in short
    assert "swordfish" not in short
    assert problems_with({"kind": "inbox", "hmac_secret": SECRET})
    assert problems_with({"kind": "inbox", "max_file_mb": 26})
    assert problems_with({"kind": "inbox", "folder": "a\nb"})
    assert SECRET not in repr(Options(hmac_secret=SECRET))  # type: ignore[arg-type]


def _example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert found
    return found.group(1)


@pytest.mark.parametrize(
    ("language", "command"),
    [
        ("python", [sys.executable, "-"]),
        pytest.param(
            "sh",
            ["/bin/sh", "-s"],
            marks=pytest.mark.skipif(
                not (which("curl") and which("openssl")), reason="needs curl and openssl"
            ),
        ),
    ],
)
def test_the_guides_example_hands_in_a_report(
    own: Store, parser: Parser, judge: Judge, tmp_path: Path, language: str, command: list[str]
) -> None:
    clock = Clock(datetime.now(UTC))
    with school(own, clock, parser, judge, tmp_path) as it:
        address = f"{it.web.address}/inbox/inbox"
        env = {**os.environ, "INBOX_SECRET": SECRET, "INBOX_ADDRESS": address}
        ran = subprocess.run(
            command,
            check=False,
            input=_example(language),
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "202" in ran.stdout, ran.stderr
        (kept,) = it.waiting()
    assert json.loads(kept)["where"] == "Snapchat"

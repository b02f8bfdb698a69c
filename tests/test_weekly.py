"""When a digest is owed, to whom, and that each goes once however often the program starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from alerts.digest import Edition, digest_text
from alerts.folder import FolderChannel
from monitor import week_rows
from monitor.delivery import Postroom
from monitor.digest.weeks import Week
from monitor.settings import Hours, Person, School, Settings, SourceSettings
from monitor.store import daily, deliveries
from monitor.store.deliveries import DIGEST, Delivery
from monitor.store.engine import Store
from monitor.weekly import Digests, Reader, build, entitled, frame_of, owed_to
from tests.conftest import Clock
from tests.letters import read
from tests.web_cast import HEAD, LEAD, keep, mention, served, settings
from tests.web_cast import ask as ask_web

pytestmark = pytest.mark.slow  # a server, or a process, for each test

MONDAY = datetime(2026, 11, 16, 7, 30, tzinfo=UTC)
CHAIR = Person(name="Amina Yusuf", email="chair@hollybrook.example", roles=("chair",), digest=True)
TRUST = Person(name="Cy Lake", email="trust@trust.example", roles=("trust",), digest=True)
SCHOOL = School(id="hollybrook", name="Hollybrook Primary School", people=(HEAD, LEAD))
SOURCES = (SourceSettings(id="stanwick-forum", kind="feed"),)
Asked = Callable[..., list[Delivery]]


@pytest.fixture
def clock() -> Clock:
    """The Wednesday before the digest of a week in November."""
    return Clock(datetime(2026, 11, 11, 10, tzinfo=UTC))


def configured(folder: Path, *schools: School) -> Settings:
    return Settings(folder=folder, schools=schools, sources=SOURCES)


@pytest.fixture
def ask(store: Store, clock: Clock, tmp_path: Path) -> Asked:
    """Ask, as the schedule does each minute, and give what is in the outbox then."""

    def asked(*schools: School) -> list[Delivery]:
        ours = schools or (SCHOOL,)
        # Made anew each time: a restart must change nothing.
        step = Digests(configured(tmp_path, *ours), ours, store, clock)
        while step.owe_one() is not None:
            pass
        with store.reading() as connection:
            every = deliveries.listed(connection, [school.id for school in ours], 1000)
        return sorted((one for one in every if one.kind == DIGEST), key=lambda one: one.email)

    return asked


def at(school: School = SCHOOL, **hours: str) -> School:
    return school.model_copy(update={"hours": Hours(**hours)})


def who(letters: list[Delivery]) -> list[tuple[str, str]]:
    return [(one.email, one.level) for one in letters]


def test_the_head_and_the_safeguarding_lead_are_owed_a_digest_on_monday(
    ask: Asked, clock: Clock
) -> None:
    assert ask() == []
    clock.now = MONDAY - timedelta(seconds=1)
    assert ask() == []
    clock.now = MONDAY
    letters = ask()
    assert who(letters) == [("dsl@hollybrook.example", "dsl"), ("head@hollybrook.example", "head")]
    assert {(one.subject, one.facts["late"]) for one in letters} == {("hollybrook 2026-W46", "")}


def test_a_digest_is_owed_once_however_often_it_is_asked_for(ask: Asked, clock: Clock) -> None:
    ask()
    clock.now = MONDAY
    first = ask()
    for _ in range(30):
        clock.forward(hours=5)
        assert ask() == first


def test_a_fresh_installation_owes_nothing_for_the_week_before_it(ask: Asked, clock: Clock) -> None:
    clock.now = MONDAY + timedelta(hours=2)
    assert ask() == []
    clock.forward(days=7)
    assert {one.subject for one in ask()} == {"hollybrook 2026-W47"}


def test_three_days_off_over_a_digest_owe_one_that_is_marked_late(ask: Asked, clock: Clock) -> None:
    ask()
    clock.now = MONDAY + timedelta(days=2)
    (_, head) = ask()
    assert head.facts["late"] == MONDAY.isoformat()
    assert head.facts["missed"] == []


def test_three_weeks_off_owe_one_digest_that_names_the_missed_weeks(
    ask: Asked, clock: Clock
) -> None:
    ask()
    clock.now = MONDAY
    ask()
    clock.forward(days=21)
    letters = [one for one in ask() if one.subject != "hollybrook 2026-W46"]
    assert {one.subject for one in letters} == {"hollybrook 2026-W49"}
    assert letters[0].facts["missed"] == ["2026-W47", "2026-W48"]


@pytest.mark.parametrize(
    ("begins", "hours"), [("2026-03-28T20:00+00:00", 12), ("2026-10-24T20:00+00:00", 12)]
)
def test_half_past_one_on_the_days_of_both_clock_changes_comes_exactly_once(
    ask: Asked, clock: Clock, begins: str, hours: int
) -> None:
    school = at(digest="Sun 01:30")
    clock.now = datetime.fromisoformat(begins)
    ask(school)
    counts = []
    for _ in range(hours * 4):
        clock.forward(minutes=15)
        counts.append(len(ask(school)))
    assert counts == sorted(counts)
    assert set(counts) == {0, 2}


def test_governors_and_the_trust_get_theirs_only_where_they_asked(ask: Asked, clock: Clock) -> None:
    quiet = CHAIR.model_copy(update={"digest": None, "email": "clerk@s.example"})
    no_thanks = LEAD.model_copy(update={"digest": False})
    school = SCHOOL.model_copy(update={"people": (HEAD, no_thanks, CHAIR, quiet, TRUST)})
    other = School(id="thornfield", name="Thornfield Infant School", people=(HEAD, TRUST))
    ask(school, other)
    clock.now = MONDAY
    assert sorted(who(ask(school, other))) == [
        ("chair@hollybrook.example", "governors"),
        ("head@hollybrook.example", "head"),
        ("head@hollybrook.example", "head"),
        ("trust@trust.example", "trust"),
    ]


def test_where_there_is_no_head_the_next_leader_gets_it(ask: Asked, clock: Clock) -> None:
    office = Person(name="Carol", email="office@s.example", roles=("office",))
    school = SCHOOL.model_copy(update={"people": (office,)})
    ask(school)
    clock.now = MONDAY
    assert who(ask(school)) == [("office@s.example", "head")]


def test_where_nobody_wants_one_none_is_owed(ask: Asked, clock: Clock) -> None:
    nobody = tuple(one.model_copy(update={"digest": False}) for one in (HEAD, LEAD))
    school = SCHOOL.model_copy(update={"people": nobody})
    ask(school)
    clock.now = MONDAY
    assert ask(school) == []


def test_a_digest_leaves_as_a_letter_also_when_there_was_nothing(
    ask: Asked, store: Store, clock: Clock, tmp_path: Path
) -> None:
    ask()
    clock.now = MONDAY
    letters = ask()
    channel = FolderChannel(tmp_path / "out")
    room = Postroom(configured(tmp_path, SCHOOL), (SCHOOL,), store, channel, clock, "me")
    assert [told.state for told in iter(room.deliver_one, None)] == ["sent", "sent"]
    with store.reading() as connection:
        kept = deliveries.one(connection, letters[1].id)
    assert kept is not None
    assert kept.letter is not None
    message = read(kept.letter)
    assert message["Subject"] == "The week at Hollybrook Primary School: 9 to 15 November 2026"
    page = message.get_body(("html",))
    assert page is not None
    assert "No mention was found" in page.get_content()


@contextmanager
def heeding(store: Store, heard: Callable[[str, bool], None]) -> Iterator[None]:
    """Hear each statement as it is put to the database, and whether that is held for writing."""

    def hear(connection: Any, _cursor: object, statement: str, *_more: object) -> None:
        heard(statement, "footprint_writes" in connection.get_execution_options())

    event.listen(store.engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", hear)


def test_a_digest_is_composed_while_others_may_write(
    ask: Asked, store: Store, clock: Clock, tmp_path: Path
) -> None:
    ask()
    clock.now = MONDAY
    ask()
    channel = FolderChannel(tmp_path / "out")
    room = Postroom(configured(tmp_path, SCHOOL), (SCHOOL,), store, channel, clock, "me")
    held: set[bool] = set()

    def heard(statement: str, is_held: bool) -> None:
        if "FROM daily" in statement:
            held.add(is_held)

    with heeding(store, heard):
        assert [told.state for told in iter(room.deliver_one, None)] == ["sent", "sent"]
    assert held == {False}


def test_a_digest_that_was_settled_while_it_was_composed_is_not_carried(
    ask: Asked, store: Store, clock: Clock, tmp_path: Path
) -> None:
    ask()
    clock.now = MONDAY
    letters = ask()
    channel = FolderChannel(tmp_path / "out")
    room = Postroom(configured(tmp_path, SCHOOL), (SCHOOL,), store, channel, clock, "me")

    def settle(statement: str, _is_held: bool) -> None:
        if "FROM daily" in statement:
            with store.writing() as connection:
                for one in letters:
                    deliveries.ended(connection, one.id, "dropped", "no longer wanted")

    with heeding(store, settle):
        told = room.deliver_one()
    assert told is not None
    assert (told.state, told.error) == ("dropped", "no longer wanted")
    assert list((tmp_path / "out").glob("*.eml")) == []


def test_one_persons_digest_that_was_sent_by_hand_stops_nobody_elses(
    ask: Asked, store: Store, clock: Clock
) -> None:
    ask()
    clock.now = MONDAY
    by_hand(store, Reader("governors", "chair", CHAIR), clock.now)
    by_hand(store, Reader("head", "headteacher", HEAD), clock.now)
    assert sorted(who(ask())) == [
        ("chair@hollybrook.example", "governors"),
        ("dsl@hollybrook.example", "dsl"),
        ("head@hollybrook.example", "head"),
    ]


def by_hand(store: Store, reader: Reader, now: datetime) -> None:
    """Owe a digest of the week, as a person asks for it."""
    week = Week.named("2026-W46")
    owed = owed_to(SCHOOL, reader, week, {"week": week.name}, now)
    with store.writing() as connection:
        deliveries.owe(connection, [owed], now)


def test_who_leads_one_school_and_the_trust_of_another_gets_both_editions(
    ask: Asked, clock: Clock
) -> None:
    executive = HEAD.model_copy(update={"roles": ("headteacher", "trust"), "digest": True})
    of_trust = executive.model_copy(update={"roles": ("trust",)})
    school = SCHOOL.model_copy(update={"people": (executive,)})
    other = School(id="thornfield", name="Thornfield Infant School", people=(of_trust,))
    ask(school, other)
    clock.now = MONDAY
    assert sorted((one.school, one.level) for one in ask(school, other)) == [
        ("hollybrook", "head"),
        ("thornfield", "trust"),
    ]


def test_nobody_reads_of_an_allegation_that_names_them(
    ask: Asked, store: Store, clock: Clock, tmp_path: Path
) -> None:
    grave = mention(
        "grave",
        "Mrs Jane Ashdown has hurt a child at Hollybrook Primary School",
        level="urgent",
        categories=("safeguarding",),
        seen_at=datetime(2026, 11, 11, 9, tzinfo=UTC),
        published=None,
    )
    keep(store, grave)
    ask()
    clock.now = MONDAY
    ask()
    channel = FolderChannel(tmp_path / "out")
    room = Postroom(configured(tmp_path, SCHOOL), (SCHOOL,), store, channel, clock, "me")
    list(iter(room.deliver_one, None))
    with store.reading() as connection:
        sent = {one.email: one.letter for one in deliveries.listed(connection, ["hollybrook"])}
    pages = {
        email: str(part.get_content())
        for email, letter in sent.items()
        if letter and (part := read(letter).get_body(("plain",)))
    }
    assert grave.url in pages[LEAD.email]
    assert grave.url not in pages[HEAD.email]


def test_what_is_hidden_from_a_reader_is_not_counted_for_that_reader_either(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    grave = mention(
        "grave",
        "Mrs Jane Ashdown has hurt a child at Hollybrook Primary School",
        level="urgent",
        categories=("safeguarding",),
        seen_at=datetime(2026, 11, 11, 9, tzinfo=UTC),
        published=None,
    )
    copy = replace(grave, id="c" * 32, entry_key="copy", url="https://b.example", same_as=grave.id)
    keep(store, grave, copy)
    clock.now = MONDAY
    head, lead = (pages_of(store, tmp_path, one, clock.now) for one in ("head", "dsl"))
    assert "2 mentions: 2 need action (2 urgent)" in lead
    assert "No mention was found in the week" in head
    assert "Nothing was found in these four weeks." in head
    assert "urgent)" not in head


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("jane-ashdown.blogspot.com", "stanwick-forum (blogspot.com)"),
        ("jane-ashdown.blogspot.co.uk", "stanwick-forum (blogspot.co.uk)"),
        ("jane-ashdown.forum.example", "stanwick-forum (forum.example)"),
        ("www.hollybrook.herts.sch.uk", "stanwick-forum (hollybrook.herts.sch.uk)"),
        ("127.0.0.1:8000", "stanwick-forum"),
        ("[2001:db8::1]", "stanwick-forum"),
        ("pc", "stanwick-forum"),
    ],
)
def test_where_a_post_stands_is_told_without_what_may_be_a_persons_name(
    store: Store, tmp_path: Path, host: str, shown: str
) -> None:
    seen = datetime(2026, 11, 11, 9, tzinfo=UTC)
    kept = mention("a", "the dinners", level="respond", seen_at=seen, url=f"https://{host}/1")
    keep(store, kept)
    with store.reading() as connection:
        found = week_rows.read(
            connection, configured(tmp_path, SCHOOL), SCHOOL, Week.named("2026-W46"), MONDAY
        )
    assert [one.place for one in found.rows.posts] == [shown]


def pages_of(store: Store, folder: Path, edition: Edition, now: datetime) -> str:
    """The words of an edition of the week for its reader, as one line."""
    (reader,) = entitled(SCHOOL, edition)
    settings, week = configured(folder, SCHOOL), Week.named("2026-W46")
    frame = frame_of(settings, SCHOOL, now, {})
    with store.reading() as connection:
        words = build(connection, settings, SCHOOL, week, edition, frame, reader.person)
    return " ".join(digest_text(words).split())


def test_what_was_watched_before_digests_were_is_known(
    ask: Asked, store: Store, clock: Clock
) -> None:
    found = datetime(2026, 9, 1, 9, tzinfo=UTC)
    keep(store, mention("old", "words", seen_at=found, published=None))
    ask()
    with store.reading() as connection:
        watch = daily.watch(connection, "hollybrook")
    assert watch == daily.Watch(found, clock.now)


def test_a_clock_that_was_ahead_at_the_first_start_holds_no_digest_back(
    ask: Asked, clock: Clock
) -> None:
    right = clock.now
    clock.now = right + timedelta(days=365)
    assert ask() == []
    clock.now = right
    assert ask() == []
    clock.now = MONDAY
    assert len(ask()) == 2


@pytest.mark.slow
def test_the_pages_show_a_digest_with_its_picture_and_fetch_nothing(
    small: Store, tmp_path: Path
) -> None:
    made = Clock(MONDAY - timedelta(days=3))
    step = Digests(configured(tmp_path, SCHOOL), (SCHOOL,), small, made)
    assert step.owe_one() is None
    made.now = MONDAY
    assert step.owe_one() == "hollybrook 2026-W46"
    channel = FolderChannel(tmp_path / "out")
    room = Postroom(configured(tmp_path, SCHOOL), (SCHOOL,), small, channel, made, "me")
    sent = filter(None, (room.deliver_one() for _ in SCHOOL.people))
    (own,) = (letter for letter in sent if letter.recipient == HEAD.email)
    with served(small, settings(tmp_path)) as web:
        outbox, shown = ask_web(web, "/mail"), ask_web(web, f"/mail/{own.id}/html")
    assert "the week 2026-W46" in outbox.text
    assert 'src="data:image/png;base64,' in shown.body
    assert "cid:" not in shown.body
    assert "img-src data:" in shown.headers["content-security-policy"]

"""How long things are kept, what stays whatever its age, and that what is erased is nowhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text, update

from monitor import erasures, heads, uploads
from monitor.erasures import ListError
from monitor.evidence import Item
from monitor.keeping import HeldError, Keeper, SilentError
from monitor.settings import Keep, School, Settings
from monitor.store import (
    audit,
    corrections,
    daily,
    deliveries,
    erasing,
    evidence,
    incidents,
    looks,
    mentions,
    records,
    searching,
)
from monitor.store.corrections import Said
from monitor.store.engine import Store, sqlite_path
from monitor.store.incidents import ACT, INCIDENT
from monitor.store.mentions import Mention
from tests.conftest import Clock
from tests.test_store import a_mention, an_alert

pytestmark = pytest.mark.slow  # a database for each test

HEAD = "head@hollybrook.example"
CANARY = "Zanzibarquokka"


@dataclass
class Desk:
    """A database, what deletes from it, and the clock that decides."""

    store: Store
    keeper: Keeper
    clock: Clock
    folder: Path

    def add(self, name: str, level: str, *, incident: str | None = None, **more: object) -> Mention:
        """A mention that was found now, with all that can be kept of one."""
        mention = a_mention(
            id=name,
            entry_key=f"k-{name}",
            level=level,
            seen_at=self.clock(),
            incident=incident,
            text=f"{CANARY} {name}",
            title=CANARY,
            author=CANARY,
            url=f"https://forum.example/{CANARY}/{name}",
        )
        mention = replace(mention, **more)  # type: ignore[arg-type]
        with self.store.writing() as connection:
            mentions.note_entries(connection, "gazette", {f"k-{name}": f"c-{name}"}, self.clock())
            mentions.add(connection, [mention])
            mentions.keep_evidence(connection, [(mention, {"text": CANARY})], self.clock())
            mentions.keep_sketches(connection, [mention], {name: [1, 2]})
            item = Item(name, 1, "hollybrook", "page", CANARY, self.clock(), "1", "", CANARY, b"x")
            evidence.owe(connection, [mention], self.clock())
            evidence.keep(connection, replace(item, content=CANARY.encode()), self.clock())
        return mention

    def incident(self, state: str, level: str = "respond") -> str:
        """An incident with an act whose note quotes a post."""
        name = f"{state}{level}".ljust(32, "0")
        with self.store.writing() as connection:
            row = {
                "id": name,
                "school": "hollybrook",
                "level": level,
                "kinds": [],
                "state": state,
                "opened_at": self.clock(),
                "changed_at": self.clock(),
                "owner": "",
                "about": [],
                "first_mention": "m1",
                "places": 1,
                "outcome": CANARY,
            }
            connection.execute(insert(INCIDENT).values(row))
            act = {"incident": name, "at": self.clock(), "who": HEAD, "kind": "noted"}
            connection.execute(insert(ACT).values(**act, note=CANARY, facts={}))
        return name

    def left(self) -> set[str]:
        """The mentions that are kept after a day's upkeep."""
        self.keeper.expire()
        with self.store.reading() as connection:
            return set(connection.execute(text("SELECT id FROM mention")).scalars())

    def after(self, **time: float) -> set[str]:
        """The mentions that are kept when so much time has passed."""
        self.clock.forward(**time)
        return self.left()


@pytest.fixture
def desk(store: Store, clock: Clock, tmp_path: Path) -> Desk:
    """On both databases."""
    school = School(id="hollybrook", name="Hollybrook Primary School")
    settings = Settings(folder=tmp_path, schools=(school,))
    return Desk(store, Keeper(settings, store, clock), clock, tmp_path)


def test_each_level_is_kept_as_long_as_the_guidance_says(desk: Desk) -> None:
    desk.add("off", "routine", relevant=False)
    for level in ("routine", "watch", "respond", "urgent"):
        desk.add(level, level)
    everything = {"off", "routine", "watch", "respond", "urgent"}
    assert desk.after(days=7) == everything
    assert desk.after(hours=1) == everything - {"off"}
    assert desk.after(days=23) == {"watch", "respond", "urgent"}
    assert desk.after(days=60) == {"respond", "urgent"}
    assert desk.after(days=275) == {"urgent"}
    assert desk.after(days=3650) == {"urgent"}


def test_all_that_is_kept_of_a_post_goes_with_it(desk: Desk) -> None:
    mention = desk.add("m1", "watch")
    with desk.store.writing() as connection:
        said = Said("level", None, (), f"not {CANARY}", HEAD, desk.clock())
        corrections.keep(connection, mention, replace(said, kind="not-about-us"))
        corrections.undo(connection, 1, HEAD, desk.clock())
    assert desk.after(days=91) == set()
    assert CANARY not in everything(desk.store)
    with desk.store.reading() as connection:
        assert evidence.faults(connection) == ()
        assert audit.faults(connection) == ()


def test_the_days_totals_outlive_the_posts(desk: Desk) -> None:
    desk.add("m1", "watch")
    day = desk.clock().date()
    desk.after(days=100)
    with desk.store.reading() as connection:
        totals = daily.totals(connection, ["hollybrook"], day, day)
    assert [total.mentions for total in totals if not total.category] == [1]
    desk.after(days=6 * 366)
    with desk.store.reading() as connection:
        assert daily.totals(connection, ["hollybrook"], day, day) == ()


def test_an_entry_whose_post_has_gone_is_still_known(desk: Desk) -> None:
    desk.add("m1", "watch")
    desk.after(days=100)
    with desk.store.reading() as connection:
        known = mentions.known_entries(connection, "gazette", {"k-m1"}, ())
    assert known == {"k-m1": known["k-m1"]}


def test_a_post_that_needs_an_answer_waits_for_its_incident_to_be_closed(desk: Desk) -> None:
    taken = desk.incident("taken")
    desk.add("open", "respond", incident=taken)
    assert desk.after(days=800) == {"open"}
    desk.add("closed", "respond", incident=desk.incident("closed"))
    desk.add("beside", "watch", incident=taken)
    assert desk.after(days=365) == {"open", "closed", "beside"}
    assert desk.after(days=1) == {"open", "beside"}


def test_an_urgent_post_goes_a_month_after_it_was_moved_and_never_before(desk: Desk) -> None:
    mention = desk.add("m1", "urgent", incident=desk.incident("closed", "urgent"))
    assert desk.after(days=1000) == {"m1"}
    with desk.store.writing() as connection:
        records.moved(connection, mention, "MyConcern 17", HEAD, desk.clock())
    assert desk.after(days=30) == {"m1"}
    assert desk.after(days=1) == set()
    assert CANARY not in everything(desk.store)


def test_what_is_on_hold_or_still_owed_stays(desk: Desk) -> None:
    held = desk.add("held", "watch")
    desk.add("owed", "watch")
    with desk.store.writing() as connection:
        records.hold(connection, held, "police", "crime 7/26", HEAD, desk.clock())
        deliveries.owe(connection, [an_alert(mention="owed")], desk.clock())
    assert desk.after(days=100) == {"held", "owed"}
    with desk.store.writing() as connection:
        deliveries.ended(connection, "d1", "dropped", "")
        assert records.release(connection, 1, HEAD, desk.clock()) is not None
        assert records.release(connection, 1, HEAD, desk.clock()) is None
    assert desk.left() == set()


def test_a_school_keeps_things_shorter_or_as_long_as_it_has_a_reason_for(desk: Desk) -> None:
    keep = Keep(watch=10, routine=60, longer_because="ombudsman")
    school = replace_school(desk, keep)
    desk.keeper = Keeper(school, desk.store, desk.clock)
    desk.add("watch", "watch")
    desk.add("routine", "routine")
    assert desk.after(days=11) == {"routine"}
    assert desk.after(days=30) == {"routine"}
    assert desk.after(days=30) == set()


def replace_school(desk: Desk, keep: Keep) -> Settings:
    school = School(id="hollybrook", name="Hollybrook Primary School", keep=keep)
    return Settings(folder=desk.folder, schools=(school,))


def test_a_school_that_is_configured_no_more_is_kept_as_the_guidance_says(desk: Desk) -> None:
    desk.add("m1", "watch", school="elmside")
    assert desk.after(days=91) == set()


def test_upkeep_is_done_once_a_day_and_writes_the_chains_ends_down(desk: Desk) -> None:
    desk.add("m1", "watch")
    assert desk.keeper.keep_one() is not None
    assert desk.keeper.keep_one() is None
    desk.clock.forward(hours=24)
    assert desk.keeper.keep_one() is not None
    lines = (desk.folder / heads.FILE).read_text("utf-8").splitlines()
    assert [line.split()[1] for line in lines] == ["audit", "evidence"] * 2
    desk.clock.forward(days=-3)
    assert desk.keeper.keep_one() is not None


def test_old_letters_about_many_posts_lose_their_bytes(desk: Desk) -> None:
    with desk.store.writing() as connection:
        week = an_alert(mention=None, kind="digest", subject="2026-W30")
        deliveries.owe(connection, [week], desk.clock())
        connection.execute(text("UPDATE delivery SET state = 'sent', content = 'x'"))
    desk.after(days=89)
    with desk.store.reading() as connection:
        assert connection.execute(text("SELECT content FROM delivery")).scalar() is not None
    desk.after(days=2)
    with desk.store.reading() as connection:
        assert connection.execute(text("SELECT content FROM delivery")).scalar() is None


def everything(store: Store) -> str:
    """All that stands in any table."""
    with store.reading() as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        if connection.dialect.name == "postgresql":
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        tables = connection.execute(text(query)).scalars().all()
        return "".join(
            str([bytes(v) if isinstance(v, memoryview) else v for v in row])
            for table in tables
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))
        )


def fill(desk: Desk) -> Mention:
    """A post in every place where one can stand."""
    incident = desk.incident("taken")
    mention = desk.add("m1", "respond", incident=incident)
    desk.add("other", "watch", incident=incident, text="fair words", title="", author="", url="")
    with desk.store.writing() as connection:
        connection.execute(text("DELETE FROM evidence WHERE mention_id = 'other'"))
        searching.index(connection, {"m1": CANARY, "other": "fair"}, {"m1": 1, "other": 1})
        evidence.remove(connection, ["other"], desk.clock())
        said = Said("not-about-us", None, (CANARY,), f"not {CANARY}", HEAD, desk.clock())
        corrections.keep(connection, mention, said)
        summary = an_alert(2, mention=None, kind="summary", facts={"mentions": ["m1", "other"]})
        week = an_alert(3, mention=None, kind="digest", subject="2026-W38")
        deliveries.owe(connection, [an_alert(1), summary, week], desk.clock())
        fixed = text("UPDATE delivery SET content = :it, message_id = id, date = owed_at")
        connection.execute(fixed, {"it": CANARY.encode()})
        connection.execute(text("UPDATE delivery SET state = 'sent' WHERE id <> 'd3'"))
    return mention


def test_what_is_erased_stands_in_no_table_and_nowhere_in_the_file(desk: Desk) -> None:
    fill(desk)
    assert CANARY in everything(desk.store)
    gone = desk.keeper.erase(["m1"], HEAD, "asked for")
    assert [one.mention for one in gone] == ["m1"]
    assert CANARY not in everything(desk.store)
    path = sqlite_path(str(desk.store.engine.url))
    for file in (path, Path(f"{path}-wal")) if path else ():
        assert not file.exists() or CANARY.lower().encode() not in file.read_bytes().lower()
    with desk.store.reading() as connection:
        (noted,) = audit.listed(connection, subject="m1")
        assert (noted.act, noted.who, noted.details) == ("data.erased", HEAD, {"why": "asked for"})
        assert evidence.faults(connection) == ()
        summary = deliveries.one(connection, "d2")
        week = deliveries.one(connection, "d3")
        assert mentions.one(connection, "other") is not None
    assert summary is not None
    assert (summary.content, summary.facts) == (None, {"mentions": ["other"]})
    assert week is not None
    assert (week.state, week.letter) == ("owed", None)


def test_whom_was_spoken_to_about_what_is_erased_goes_though_other_posts_stay(desk: Desk) -> None:
    fill(desk)
    incident = "takenrespond".ljust(32, "0")
    with desk.store.writing() as connection:
        spoke = {"contact": CANARY, "clock": "data breach found"}
        incidents.act(connection, incident, "contact", HEAD, desk.clock(), facts=spoke)
        told = {"platform": "Facebook", "reference": CANARY}
        incidents.act(connection, incident, "reported", HEAD, desk.clock(), facts=told)
    desk.keeper.erase(["m1"], HEAD, "asked for")
    assert CANARY not in everything(desk.store)
    with desk.store.reading() as connection:
        *_, contact, report = incidents.acts_of(connection, [incident])
    assert contact.facts == {"contact": "(erased)", "clock": "data breach found"}
    assert (report.kind, report.facts["reference"]) == ("reported", "(erased)")


def test_a_screenshot_goes_at_once_with_the_post_that_is_erased(desk: Desk) -> None:
    folder = desk.folder / uploads.FOLDER
    pictures = [uploads.Picture(f"{digit * 32}.png", "", b"x") for digit in "ab"]
    for name, picture in zip(("m1", "m2"), pictures, strict=True):
        uploads.keep(folder, picture)
        mention = desk.add(name, "watch")
        record = {"attachments": [{"name": picture.name}]}
        with desk.store.writing() as connection:
            again = replace(mention, revision=2)
            mentions.keep_evidence(connection, [(again, record)], desk.clock())
    desk.keeper.erase(["m1"], HEAD, "asked for")
    assert [file.name for file in folder.iterdir()] == [pictures[1].name]


def test_a_clock_by_which_nothing_was_read_for_two_months_deletes_nothing(desk: Desk) -> None:
    desk.add("m1", "watch")
    place = looks.Place("feed", "gazette.example", timedelta(hours=1))
    with desk.store.writing() as connection:
        looks.sync(connection, {"gazette": place}, desk.clock())
        connection.execute(update(looks.LOOK).values(good_at=desk.clock()))
    desk.clock.forward(days=91)
    with pytest.raises(SilentError, match="no source has been read since"):
        desk.keeper.expire()
    assert desk.keeper.keep_one() is None
    with desk.store.writing() as connection:
        assert mentions.one(connection, "m1") is not None
        connection.execute(update(looks.LOOK).values(good_at=desk.clock()))
    assert desk.left() == set()


def test_words_that_were_erased_are_known_as_such_and_no_others(desk: Desk) -> None:
    fill(desk)
    desk.keeper.erase(["m1"], HEAD, "asked for")
    with desk.store.reading() as connection:
        assert erasing.barred(connection, {"c-m1", "c-other"}) == {"c-m1"}


def test_nothing_on_hold_is_erased(desk: Desk) -> None:
    mention = desk.add("m1", "watch")
    with desk.store.writing() as connection:
        records.hold(connection, mention, "subject-access", "SAR 3", HEAD, desk.clock())
    with pytest.raises(HeldError, match=r"1 \(subject-access: SAR 3\).*footprint data release"):
        desk.keeper.erase(["m1"], HEAD, "asked for")
    assert desk.left() == {"m1"}


def test_nothing_is_erased_where_the_list_of_erasures_cannot_be_written(desk: Desk) -> None:
    desk.add("m1", "watch")
    (desk.folder / erasures.FILE).mkdir()
    with pytest.raises(OSError, match="erasures"):
        desk.keeper.erase(["m1"], HEAD, "asked for")
    assert desk.left() == {"m1"}


def test_what_an_older_backup_brings_back_is_erased_again(desk: Desk) -> None:
    desk.add("m1", "watch")
    desk.add("m2", "watch")
    desk.keeper.erase(["m1"], HEAD, "asked for")
    with desk.store.writing() as connection:
        connection.execute(text("DELETE FROM erased"))
    desk.add("again", "watch")
    with desk.store.writing() as connection:  # the same words under another id
        connection.execute(text("DELETE FROM entry"))
        mentions.note_entries(connection, "gazette", {"k-again": "c-m1"}, desk.clock())
    assert desk.keeper.replay() == 1
    assert desk.left() == {"m2"}
    with desk.store.reading() as connection:
        assert erasing.barred(connection, {"c-m1"}) == {"c-m1"}


def test_a_list_of_erasures_that_cannot_be_read_stops_a_restore(desk: Desk) -> None:
    (desk.folder / erasures.FILE).write_text("scribble\n", "utf-8")
    with pytest.raises(ListError, match="what was erased would come back"):
        desk.keeper.replay()


def test_there_is_no_list_where_nothing_was_erased(desk: Desk) -> None:
    assert desk.keeper.replay() == 0

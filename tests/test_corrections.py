"""What is kept of a correction, what its mention shows, and what a running program makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, select

from monitor.judge.terms import Judgement, Level, Reason
from monitor.store import corrections, deliveries, mentions, migrations
from monitor.store.corrections import Record, Said
from monitor.store.engine import Store, connect
from monitor.store.mentions import JUDGEMENT, Mention
from monitor.store.opening import open_store
from tests.conftest import Clock
from tests.feeds import COMPLAINT, HOLLYBROOK, PRAISE, THREAT, Item, rss, town
from tests.test_store import MENTION_OF_0004, a_mention, an_alert

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

NOW = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
JUDGED = Judgement(
    "hollybrook", True, 0.9, "negative", -0.5, ("threat",), Level.URGENT, "sure", "en",
    (Reason("threat.x", 0, 5, "Title", "why"),),
)  # fmt: skip


def store_one(store: Store, number: int = 1, **changed: object) -> Mention:
    """A mention that the program put at urgent, with its judgement, as a poll keeps them."""
    mention = a_mention(number, **changed)
    with store.writing() as connection:
        mentions.add(connection, [mention])
        mentions.keep_judgements(connection, [(mention, JUDGED)], "0", NOW)
    return mention


def say(store: Store, mention: Mention, kind: str, **changed: object) -> Record:
    """Keep a correction of it."""
    fields: dict[str, object] = {
        "kind": kind, "level": None, "phrases": (), "note": "", "by": "J. Ashdown",
        "at": NOW + timedelta(hours=1),
    }  # fmt: skip
    with store.writing() as connection:
        return corrections.keep(connection, mention, Said(**{**fields, **changed}))  # type: ignore[arg-type]


def undo(store: Store, number: int) -> Record | None:
    with store.writing() as connection:
        return corrections.undo(connection, number, "P. Nair", NOW + timedelta(hours=2))


def shown(store: Store, mention_id: str = "m1") -> Mention:
    with store.reading() as connection:
        found = mentions.one(connection, mention_id)
    assert found is not None
    return found


def without_incident(mention: Mention) -> Mention:
    """The mention as it was judged: what is urgent again has its incident."""
    assert mention.incident
    return replace(mention, incident=None)


def test_a_mention_shows_its_corrected_level_until_that_is_undone(store: Store) -> None:
    before = store_one(store)
    record = say(store, before, "level", level=Level.WATCH)
    after = shown(store)
    assert (after.level, after.tier, after.relevant) == ("watch", None, True)
    assert after.reasons[0]["says"] == "was put at watch by J. Ashdown on 3 November 2026"
    assert replace(after, level="urgent", tier="sure", reasons=before.reasons) == before
    undone = undo(store, record.number)
    assert undone is not None
    assert (undone.undone_by, undone.undone_at) == ("P. Nair", NOW + timedelta(hours=2))
    assert without_incident(shown(store)) == before


def test_what_is_not_about_the_school_keeps_the_categories_that_say_who_may_hear(
    store: Store,
) -> None:
    say(store, store_one(store), "not-about-us", phrases=("Hollybrook Wanderers",))
    after = shown(store)
    assert (after.relevant, after.level, after.tier) == (False, "routine", None)
    assert after.categories == ("threat",)
    with store.reading() as connection:
        assert mentions.listed(connection) == ()
        assert mentions.listed(connection, relevant=False, school="hollybrook") == (after,)
        assert mentions.listed(connection, relevant=False, school="elmside") == ()
        assert mentions.listed(connection, relevant=False, since=after.seen_at + timedelta(1)) == ()
        assert mentions.listed(connection, relevant=False, since=after.seen_at) == (after,)


def test_what_is_urgent_by_a_persons_word_is_surely_so(store: Store) -> None:
    say(store, store_one(store), "level", level=Level.WATCH)
    say(store, shown(store), "should-have-been", level=Level.URGENT)
    assert (shown(store).level, shown(store).tier) == ("urgent", "sure")


def test_the_programs_own_record_is_never_overwritten(store: Store) -> None:
    mention = store_one(store)
    with store.reading() as connection:
        before = connection.execute(select(JUDGEMENT)).all()
    undo(store, say(store, mention, "level", level=Level.WATCH).number)
    say(store, mention, "not-about-us")
    with store.reading() as connection:
        assert connection.execute(select(JUDGEMENT)).all() == before
        assert corrections.program_level(connection, "m1") is Level.URGENT


def test_a_correction_owes_nobody_anything_and_takes_nothing_back(store: Store) -> None:
    mention = store_one(store, level="respond", highest="respond", tier=None)
    with store.writing() as connection:
        deliveries.owe(connection, [an_alert(level="respond", priority=2)], NOW)
        before = deliveries.listed(connection, ["hollybrook"])
    say(store, mention, "should-have-been", level=Level.URGENT)
    say(store, mention, "not-about-us")
    with store.reading() as connection:
        assert deliveries.listed(connection, ["hollybrook"]) == before


def test_undoing_one_of_two_leaves_the_other(store: Store) -> None:
    mention = store_one(store)
    level = say(store, mention, "level", level=Level.WATCH)
    other = say(store, mention, "not-about-us")
    assert undo(store, other.number) is not None
    assert (shown(store).level, shown(store).relevant) == ("watch", True)
    assert undo(store, level.number) is not None
    assert without_incident(shown(store)) == mention


def test_a_correction_is_undone_once(store: Store) -> None:
    record = say(store, store_one(store), "level", level=Level.WATCH)
    first = undo(store, record.number)
    assert undo(store, record.number) is None
    assert undo(store, 99) is None
    with store.reading() as connection:
        assert corrections.one(connection, record.number) == first
        assert corrections.one(connection, 99) is None


def test_corrections_are_listed_newest_first_the_undone_ones_too(store: Store) -> None:
    hostile = "'); DROP TABLE correction; -- \U0001f621 [red]"
    one = say(store, store_one(store), "level", level=Level.WATCH, note=hostile)
    two = say(store, store_one(store, 2, school="elmside"), "about-us", phrases=("the Elm",))
    undone = undo(store, one.number)
    with store.reading() as connection:
        assert corrections.listed(connection) == (two, undone)
        assert corrections.listed(connection, "hollybrook") == (undone,)
    assert undone is not None
    assert (undone.note, undone.level, undone.made_by) == (hostile, "watch", "J. Ashdown")
    assert two.phrases == ("the Elm",)


def test_a_mention_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    for number in (1, 12, 13):
        store_one(store, number)
    with store.reading() as connection:
        assert corrections.starting(connection, "m12") == ("m12",)
        assert corrections.starting(connection, "m1") == ("m1",)
        assert corrections.starting(connection, "m") == ("m1", "m12")
        assert corrections.starting(connection, "%") == ()
        assert corrections.starting(connection, "x") == ()


def test_what_a_lesson_said_is_not_what_the_program_said(store: Store) -> None:
    mention = store_one(store)
    record = say(store, mention, "level", level=Level.WATCH)
    learnt = replace(
        JUDGED, level=Level.WATCH, tier=None, reasons=(Reason("lesson.like-words", 0, 0, "", "x"),)
    )
    edited = replace(shown(store), text="Text, edited", revision=2)
    with store.writing() as connection:
        mentions.revise(connection, edited)
        later = NOW + timedelta(hours=3)
        mentions.keep_judgements(connection, [(edited, learnt)], "0", later)
    undo(store, record.number)
    after = without_incident(shown(store))
    assert after == replace(mention, text="Text, edited", revision=2)


def test_what_was_learnt_before_a_mention_was_corrected_is_the_programs_word(store: Store) -> None:
    mention = a_mention(level="watch", tier=None)
    learnt = replace(
        JUDGED, level=Level.WATCH, tier=None, reasons=(Reason("lesson.like-words", 0, 0, "", "x"),)
    )
    with store.writing() as connection:
        mentions.add(connection, [mention])
        mentions.keep_judgements(connection, [(mention, learnt)], "0", NOW)
    undo(store, say(store, mention, "level", level=Level.RESPOND).number)
    assert shown(store).level == "watch"


def test_lessons_are_a_schools_own_and_only_live_ones(store: Store) -> None:
    one = say(store, store_one(store), "about-us", phrases=("the Reach",))
    say(store, store_one(store, 2, school="elmside"), "about-us", phrases=("the Elm",))
    with store.reading() as connection:
        found = corrections.lessons(connection)
    assert {school: each.nicknames for school, each in found.items()} == {
        "hollybrook": ("the Reach",),
        "elmside": ("the Elm",),
    }
    undo(store, one.number)
    with store.reading() as connection:
        assert list(corrections.lessons(connection)) == ["elmside"]


def test_words_that_were_rewritten_since_teach_nothing(store: Store) -> None:
    mention = store_one(store)
    say(store, mention, "level", level=Level.WATCH)
    with store.reading() as connection:
        assert len(corrections.lessons(connection)["hollybrook"].examples) == 1
    with store.writing() as connection:
        mentions.revise(connection, replace(mention, text="quite another thing", revision=2))
    with store.reading() as connection:
        assert corrections.lessons(connection)["hollybrook"].examples == ()


def test_the_mark_changes_with_every_correction_and_every_new_reading(store: Store) -> None:
    marks = []

    def note() -> None:
        with store.reading() as connection:
            marks.append(corrections.mark(connection))

    note()
    mention = store_one(store)
    note()
    record = say(store, mention, "level", level=Level.WATCH)
    note()
    undo(store, record.number)
    note()
    with store.writing() as connection:
        mentions.revise(connection, replace(shown(store), revision=2))
    note()
    assert marks[0] == marks[1] == (0, 0, 0, 0)
    assert len(set(marks[1:])) == 4


def test_what_was_learnt_of_a_name_outlives_its_post(store: Store) -> None:
    record = say(store, store_one(store), "not-about-us", phrases=("Hollybrook Wanderers",))
    with store.writing() as connection:
        connection.execute(JUDGEMENT.delete())
        connection.execute(mentions.MENTION.delete())
    with store.reading() as connection:
        lessons = corrections.lessons(connection)["hollybrook"]
    assert [text for text, _ in lessons.namesakes] == ["Hollybrook Wanderers"]
    assert lessons.examples == ()
    assert undo(store, record.number) is not None


def at_version(url: str, version: str) -> None:
    """Bring a database's tables to this version and no further."""
    store = connect(url)
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    store.close()


def test_a_database_of_the_first_version_keeps_its_mentions_and_takes_corrections(
    database_url: str,
) -> None:
    at_version(database_url, "0001")
    old = connect(database_url)
    with old.writing() as connection:
        connection.exec_driver_sql(MENTION_OF_0004.replace("urgent", "respond"))
        assert not inspect(connection).has_table("correction")
    old.close()
    store = open_store(database_url)
    mention = shown(store)
    assert (mention.id, mention.level) == ("m1", "respond")
    with store.writing() as connection:
        mentions.keep_judgements(
            connection, [(mention, replace(JUDGED, level=Level.RESPOND))], "0", NOW
        )
    say(store, mention, "level", level=Level.WATCH)
    assert shown(store).level == "watch"
    store.close()


def the_only(store: Store) -> Mention:
    with store.reading() as connection:
        (found,) = mentions.listed(connection)
    return found


@pytest.mark.parametrize("undone", [False, True])
def test_a_running_program_uses_a_correction_at_its_next_poll(
    store: Store, clock: Clock, undone: bool
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "0"))
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = rss(Item(COMPLAINT, "1"))
        assert it.monitor.poll("gazette").alerted == 1
        with store.reading() as connection:
            first = mentions.listed(connection, level="respond")[0]
        record = say(store, first, "level", level=Level.WATCH, at=clock.now)
        it.server.answers["/gazette"] = rss(Item(f"{COMPLAINT}!", "2"))
        learnt = it.monitor.poll("gazette").alerted
        if undone:
            undo(store, record.number)
        clock.forward(days=11)  # a copy within ten days would be the same story, told already
        it.server.answers["/gazette"] = rss(Item(f"{COMPLAINT}?", "3"))
        again = it.monitor.poll("gazette").alerted
    assert (learnt, again) == (0, 1 if undone else 0)


def test_a_corrected_mention_that_is_edited_in_like_words_stays_corrected(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(COMPLAINT, "1"))
        it.monitor.poll("gazette")
        record = say(store, the_only(store), "level", level=Level.WATCH, at=clock.now)
        clock.forward(hours=1)
        it.server.answers["/gazette"] = rss(Item(f"{COMPLAINT}!", "1"))
        it.monitor.poll("gazette")
        edited = the_only(store)
        assert (edited.revision, edited.level) == (2, "watch")
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"))
        assert it.monitor.poll("gazette").alerted == 1
        assert the_only(store).level == "urgent"
    assert record.undone_at is None


def test_a_namesake_that_was_taught_is_kept_out_of_sight_and_alerts_nobody(
    store: Store, clock: Clock
) -> None:
    school = HOLLYBROOK.model_copy(update={"aliases": ("Hollybrook",)})
    first = "the hollybrook harriers have done nothing about the bullying of my son at the gates"
    then = "my daughter has left hollybrook harriers, the teachers there bully every pupil in class"
    with town(store, clock, schools=(school,)) as it:
        it.server.answers["/gazette"] = rss(Item(first, "1"))
        assert it.monitor.poll("gazette").matched == 1
        found = the_only(store)
        say(store, found, "not-about-us", phrases=("hollybrook harriers",), at=clock.now)
        it.server.answers["/gazette"] = rss(Item(then, "2"))
        polled = it.monitor.poll("gazette")
    assert (polled.new, polled.matched, polled.alerted) == (1, 0, 0)
    with store.reading() as connection:
        assert {each.text for each in mentions.listed(connection, relevant=False)} == {first, then}
        assert len(mentions.listed(connection, relevant=False, limit=1)) == 1


def test_the_lessons_are_made_again_only_when_something_changed(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        (judge,) = it.monitor.taught.values()
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"), Item(COMPLAINT, "2"))
        it.monitor.poll("gazette")
        assert list(it.monitor.taught.values()) == [judge]
        with store.reading() as connection:
            first = mentions.listed(connection)[0]
        say(store, first, "about-us", phrases=("the Reach",), at=clock.now)
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"), Item(COMPLAINT, "3"))
        it.monitor.poll("gazette")
        (taught,) = it.monitor.taught.values()
    assert taught is not judge

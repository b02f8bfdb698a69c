"""What the store promises on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlmodel import SQLModel

from alerts.base import Letter
from monitor.judge.terms import Judgement, Level, Reason
from monitor.store import deliveries, leases, looks, mentions, migrations
from monitor.store.deliveries import Outage, Owed
from monitor.store.engine import Connection, Store, StoreError, connect
from monitor.store.looks import Look, Place
from monitor.store.mentions import ENTRY, EVIDENCE, JUDGEMENT, MENTION, MOST_SHARED, Mention
from monitor.store.names import SECRET
from monitor.store.opening import open_store, sole_use
from tests.conftest import Clock

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
LETTER = Letter("<a@b.example>", NOW, "Footprint <f@b.example>", "head@b.example", b"hello\r\n")


def a_mention(number: int = 1, **changed: object) -> Mention:
    """A mention of Hollybrook with everything filled in."""
    fields: dict[str, object] = {
        "id": f"m{number}",
        "school": "hollybrook",
        "source": "gazette",
        "entry_key": f"~key{number}",  # keyed already, as it comes back
        "story": "",
        "same_as": None,
        "url": "https://gazette.example/1",
        "title": "Title",
        "text": "Text \u2603",
        "author": "A. Parent",
        "published": NOW - timedelta(hours=2),
        "seen_at": NOW,
        "revision": 1,
        "relevant": True,
        "confidence": 0.9,
        "level": "urgent",
        "highest": "urgent",
        "tier": "sure",
        "sentiment": "negative",
        "compound": -0.5,
        "language": "en",
        "categories": ("threat",),
        "reasons": ({"rule": "threat.x", "start": 0, "end": 5, "text": "Title", "says": "why"},),
        "incident": None,
    }
    return Mention(**{**fields, **changed})  # type: ignore[arg-type]


def an_alert(number: int = 1, mention: str = "m1", **changed: object) -> Owed:
    """An urgent alert to the head, due now."""
    fields: dict[str, object] = {
        "id": f"d{number}",
        "mention_id": mention,
        "school": "hollybrook",
        "level": "urgent",
        "priority": 3,
        "role": "headteacher",
        "email": f"head{number}@b.example",
        "due_at": NOW,
    }
    return Owed(**{**fields, **changed})  # type: ignore[arg-type]


def keep(store: Store, *owed: Owed) -> None:
    """Store the mention m1 and what is owed for it."""
    with store.writing() as connection:
        mentions.add(connection, [a_mention()])
        deliveries.owe(connection, owed, NOW)


def test_a_mention_comes_back_as_it_was_stored(store: Store) -> None:
    stored = a_mention()
    with store.writing() as connection:
        mentions.add(connection, [stored])
    with store.reading() as connection:
        assert mentions.one(connection, "m1") == stored


def test_times_come_back_in_utc_whatever_zone_they_had(store: Store) -> None:
    summer = timezone(timedelta(hours=1))
    with store.writing() as connection:
        mentions.add(connection, [a_mention(seen_at=datetime(2026, 7, 1, 9, 30, tzinfo=summer))])
    with store.reading() as connection:
        found = mentions.one(connection, "m1")
    assert found is not None
    assert found.seen_at == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
    assert found.seen_at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    bare = datetime(2026, 7, 1, 9, 30)  # noqa: DTZ001 - the very thing that is refused
    with pytest.raises(StoreError, match="without a zone"), store.writing() as connection:
        mentions.add(connection, [a_mention(seen_at=bare)])


def test_an_error_in_a_transaction_leaves_nothing_of_it(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        mentions.add(connection, [a_mention()])
        deliveries.owe(connection, [an_alert()], NOW)
        raise ZeroDivisionError
    with store.reading() as connection:
        assert mentions.one(connection, "m1") is None
        assert deliveries.one(connection, "d1") is None


def test_the_same_entry_cannot_be_stored_twice_for_a_school(store: Store) -> None:
    with pytest.raises(StoreError), store.writing() as connection:
        mentions.add(connection, [a_mention(1), a_mention(2, entry_key="~key1")])
    with store.reading() as connection:
        assert mentions.listed(connection) == ()


def test_one_alert_to_a_person_for_each_level_of_a_mention(store: Store) -> None:
    keep(store, an_alert(1, email="head@b.example"))
    with pytest.raises(StoreError), store.writing() as connection:
        deliveries.owe(connection, [an_alert(2, email="head@b.example")], NOW)


def test_entries_are_known_by_their_key_and_by_their_words(store: Store) -> None:
    with store.writing() as connection:
        mentions.note_entries(connection, "gazette", {"k1": "c1", "k2": "c2"}, NOW)
        mentions.note_entries(connection, "other", {"k3": "c1"}, NOW)
    with store.reading() as connection:
        known = mentions.known_entries(connection, "gazette", {"k1", "k9"}, {"c1", "c2", "c9"})
    assert known.pop("k1") == "c1"
    assert list(known.values()) == ["c2"]


def test_thousands_of_entries_are_looked_up_at_once(store: Store) -> None:
    many = {f"k{number}": f"c{number}" for number in range(3000)}
    with store.writing() as connection:
        mentions.note_entries(connection, "gazette", many, NOW)
        mentions.note_entries(connection, "gazette", {**many, "k1": "changed"}, NOW)
    with store.reading() as connection:
        known = mentions.known_entries(connection, "gazette", many, {*many.values(), "changed"})
    assert known == {**many, "k1": "changed"}


def test_an_entry_under_a_new_id_takes_its_mention_along(store: Store) -> None:
    with store.writing() as connection:
        mentions.note_entries(connection, "gazette", {"key1": "c1"}, NOW)
        mentions.add(connection, [a_mention(entry_key="key1")])
        (old,) = mentions.known_entries(connection, "gazette", (), {"c1"})
        mentions.rename_entries(connection, "gazette", {old: "key7"})
    with store.reading() as connection:
        assert mentions.known_entries(connection, "gazette", {"key7"}, {"c1"}) == {"key7": "c1"}
        assert list(mentions.of_entries(connection, "gazette", {"key7"})) == [
            ("hollybrook", "key7")
        ]


def test_nothing_that_is_kept_of_an_entry_can_be_guessed_without_the_databases_key(
    store: Store,
) -> None:
    with store.writing() as connection:
        mentions.note_entries(connection, "gazette", {"key1": "words1"}, NOW)
        mentions.add(connection, [a_mention(entry_key="key1")])
        key = connection.execute(select(SECRET.c.value)).scalar_one()
        entry = connection.execute(select(ENTRY.c.key, ENTRY.c.content)).one()
        mention = connection.execute(select(MENTION.c.entry_key)).scalar_one()
    made = ["~" + hmac.digest(key, name, "sha256").hex()[:32] for name in (b"key1", b"words1")]
    assert len(key) == 32
    assert list(entry) == made
    assert mention == made[0]


def test_two_databases_name_one_entry_differently(tmp_path: Path) -> None:
    found = []
    for name in ("one", "other"):
        store = open_store(f"sqlite:///{tmp_path / name}.db")
        with store.writing() as connection:
            mentions.note_entries(connection, "gazette", {"key1": "words1"}, NOW)
            found.append(connection.execute(select(ENTRY.c.key)).scalar_one())
        store.close()
    assert found[0] != found[1]


def test_an_entry_is_written_again_only_where_its_words_have_changed(store: Store) -> None:
    with store.writing() as connection:
        mentions.note_entries(connection, "gazette", {"k1": "c1", "k2": "c2"}, NOW)
        mentions.note_entries(connection, "gazette", {"k1": "c1", "k2": "c3"}, NOW)
        known = mentions.known_entries(connection, "gazette", {"k1", "k2"}, {"c1", "c3"})
    assert known == {"k1": "c1", "k2": "c3"}


def test_a_revised_mention_is_still_that_of_its_entry(store: Store) -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention(entry_key="key1")])
        (before,) = mentions.of_entries(connection, "gazette", {"key1"}).values()
        mentions.revise(connection, replace(before, text="Changed"))
        (after,) = mentions.of_entries(connection, "gazette", {"key1"}).values()
    assert (after.id, after.text) == ("m1", "Changed")


def test_mentions_are_found_by_what_they_share_with_a_text(store: Store) -> None:
    sketches = {"m1": {1, 2, -(2**63)}, "m2": {2, 3}, "m3": {1, 2, 3}}
    kept = [a_mention(1), a_mention(2), a_mention(3, school="elmside")]
    with store.writing() as connection:
        mentions.add(connection, kept)
        mentions.keep_sketches(connection, kept, sketches)
        mentions.keep_sketches(connection, kept[:1], {"m1": {2, 2**63 - 1}})
    with store.reading() as connection:
        found = mentions.alike(connection, {"hollybrook": {1, 2, 2**63 - 1, *range(5, 2000)}})
        assert mentions.alike(connection, {"thornbeck": {1, 2, 3}}) == ()
    assert {each.mention.id: each.shared for each in found} == {"m1": {2, 2**63 - 1}, "m2": {2}}


def test_a_common_phrase_crowds_out_no_copy_and_the_newest_come_first(store: Store) -> None:
    kept = [a_mention(n, seen_at=NOW + timedelta(minutes=n)) for n in range(MOST_SHARED + 1)]
    sketches = {mention.id: {1} for mention in kept} | {"m0": {1, 2}, "m1": {1}}
    with store.writing() as connection:
        mentions.add(connection, kept)
        mentions.keep_sketches(connection, kept, sketches)
    with store.reading() as connection:
        alike = mentions.alike(connection, {"hollybrook": {1, 2}})
    found = {each.mention.id: each.shared for each in alike}
    assert found["m0"] == {2}
    assert found.keys() == {mention.id for mention in kept} - {"m1"}


def test_who_heard_of_a_story_is_known_of_each_of_its_mentions(store: Store) -> None:
    kept = [
        a_mention(1, highest="watch"),
        a_mention(2, highest="respond", same_as="m1"),
        a_mention(3, highest="urgent", same_as="m1", relevant=False),
        a_mention(4, highest="urgent"),
    ]
    letters = [an_alert(n, f"m{n}", level="respond") for n in range(1, 5)]
    listed = {"mentions": ["m2", "m4", "gone"]}
    summary = an_alert(9, mention_id=None, kind="summary", subject="s", facts=listed)
    with store.writing() as connection:
        mentions.add(connection, kept)
        deliveries.owe(connection, [*letters, summary], NOW)
        deliveries.ended(connection, "d2", "refused", "no such person")
    with store.reading() as connection:
        found = mentions.told(connection, ["m1", "m9"])
    assert found.keys() == {"m1"}
    assert [
        (each.mention.id, each.email, each.level.value, each.stands, each.listed)
        for each in sorted(found["m1"], key=lambda told: (told.listed, told.email))
    ] == [
        ("m1", "head1@b.example", "respond", True, False),
        ("m2", "head2@b.example", "respond", False, False),
        ("m3", "head3@b.example", "respond", False, False),
        ("m2", "head9@b.example", "respond", True, True),
    ]


def test_what_was_read_is_kept_with_the_hash_of_exactly_what_is_stored(store: Store) -> None:
    record = {"title": "<b>As read</b>", "id": "tag:1"}
    with store.writing() as connection:
        mentions.add(connection, [a_mention()])
        mentions.keep_evidence(connection, [(a_mention(), record)], NOW)
    with store.reading() as connection:
        row = connection.execute(select(EVIDENCE)).one()
    assert json.loads(row.record) == record
    assert row.sha256 == hashlib.sha256(row.record.encode()).hexdigest()
    assert (row.address, row.read_at) == ("https://gazette.example/1", NOW)


def test_every_judgement_of_a_mention_is_kept_beside_the_first(store: Store) -> None:
    judged = Judgement(
        "hollybrook", True, 0.9, "negative", -0.5, ("threat",), Level.URGENT, "sure", "en",
        (Reason("threat.x", 0, 5, "Title", "why"),),
    )  # fmt: skip
    with store.writing() as connection:
        mentions.add(connection, [a_mention()])
        for revision in (1, 2):
            mentions.keep_judgements(
                connection, [(a_mention(revision=revision), judged)], "0.1.0", NOW
            )
    with store.reading() as connection:
        rows = connection.execute(select(JUDGEMENT).order_by(JUDGEMENT.c.revision)).all()
    assert [(row.revision, row.answer["level"], row.judge) for row in rows] == [
        (1, "urgent", "0.1.0"),
        (2, "urgent", "0.1.0"),
    ]


def test_mentions_are_listed_newest_first_and_only_relevant_ones(store: Store) -> None:
    with store.writing() as connection:
        mentions.add(
            connection,
            [
                a_mention(1),
                a_mention(2, seen_at=NOW + timedelta(hours=1), level="watch"),
                a_mention(3, school="elmside"),
                a_mention(4, relevant=False),
            ],
        )
    with store.reading() as connection:
        assert [m.id for m in mentions.listed(connection)] == ["m2", "m1", "m3"]
        assert [m.id for m in mentions.listed(connection, school="hollybrook")] == ["m2", "m1"]
        assert [m.id for m in mentions.listed(connection, level="watch")] == ["m2"]
        later = NOW + timedelta(minutes=1)
        assert [m.id for m in mentions.listed(connection, since=later)] == ["m2"]
        assert [m.id for m in mentions.listed(connection, limit=1)] == ["m2"]


def test_letters_are_claimed_most_serious_first_then_oldest(store: Store) -> None:
    keep(
        store,
        an_alert(1, level="respond", priority=2, due_at=NOW - timedelta(hours=3)),
        an_alert(2, due_at=NOW - timedelta(minutes=1)),
        an_alert(3, due_at=NOW - timedelta(minutes=2)),
        an_alert(4, due_at=NOW + timedelta(minutes=1)),
    )
    claimed = []
    with store.writing() as connection:
        while found := deliveries.claim(connection, NOW, "me", ["hollybrook"]):
            claimed.append(found.id)
    assert claimed == ["d3", "d2", "d1"]


def test_a_claimed_letter_is_free_again_when_its_lease_runs_out(store: Store, clock: Clock) -> None:
    keep(store, an_alert())
    with store.writing() as connection:
        assert deliveries.claim(connection, NOW, "one", ["hollybrook"])
        assert deliveries.claim(connection, NOW, "two", ["hollybrook"]) is None
        deliveries.renew(connection, "d1", "one", NOW + timedelta(seconds=50))
        soon = NOW + timedelta(seconds=70)
        assert deliveries.claim(connection, soon, "two", ["hollybrook"]) is None
        late = NOW + timedelta(seconds=111)
        assert deliveries.claim(connection, late, "two", ["hollybrook"])


def settled(connection: Connection, look: Look | None, **outcome: Any) -> None:
    """A look that was taken ends so."""
    assert look is not None
    assert looks.settle(connection, look, outcome)


def test_a_dead_process_lets_go_of_its_letters_and_looks(store: Store) -> None:
    keep(store, an_alert())
    with store.writing() as connection:
        looks.sync(connection, {"gazette": Place("feed", "gazette.example", QUARTER)}, NOW)
        assert deliveries.claim(connection, NOW, "dead", ["hollybrook"])
        assert looks.claim_due(connection, NOW, "dead", ["gazette"])
        owners = leases.owners(connection)
        assert {owner.partition(":")[0] for owner in owners} == {"dead"}
        for owner in owners:
            leases.release(connection, owner)
        assert deliveries.claim(connection, NOW, "me", ["hollybrook"])
        assert looks.claim_due(connection, NOW, "me", ["gazette"])


def test_clocks_that_differ_a_little_steal_no_lease(store: Store) -> None:
    keep(store, an_alert())
    with store.writing() as connection:
        looks.sync(connection, {"a": Place("feed", "one.example", QUARTER)}, NOW)
        assert looks.claim_due(connection, NOW, "one", ["a"])
        assert deliveries.claim(connection, NOW, "one", ["hollybrook"])
        behind = NOW - timedelta(seconds=2)
        assert looks.claim_due(connection, behind, "two", ["a"]) is None
        assert deliveries.claim(connection, behind, "two", ["hollybrook"]) is None


def test_a_clock_set_back_two_days_stalls_neither_letters_nor_looks(store: Store) -> None:
    keep(store, an_alert(1), an_alert(2))
    with store.writing() as connection:
        looks.sync(connection, {"a": Place("feed", "one.example", QUARTER)}, NOW)
        settled(connection, looks.claim_due(connection, NOW, "me", ["a"]), due_at=NOW + QUARTER)
        assert deliveries.claim(connection, NOW, "me", ["hollybrook"])
        before = NOW - timedelta(days=2)
        assert looks.claim_due(connection, before, "me", ["a"])
        assert looks.claim_due(connection, before, "me", ["a"]) is None
        taken = [deliveries.claim(connection, before, "me", ["hollybrook"]) for _ in range(3)]
    assert sorted(found.id for found in taken if found) == ["d1", "d2"]


def test_a_message_is_fixed_once_and_never_written_again(store: Store) -> None:
    keep(store, an_alert())
    other = Letter("<other@b.example>", NOW, "x", "y@b.example", b"other")
    with store.writing() as connection:
        deliveries.fix(connection, "d1", LETTER, "head@b.example")
        deliveries.fix(connection, "d1", other, "y@b.example")
        found = deliveries.one(connection, "d1")
    assert found is not None
    assert found.letter == LETTER


def test_a_higher_level_drops_what_a_person_was_still_owed_at_a_lower_one(store: Store) -> None:
    lesser = an_alert(1, level="respond", priority=2, email="head@b.example")
    keep(store, lesser)
    with store.writing() as connection:
        deliveries.owe(connection, [an_alert(2, email="head@b.example")], NOW)
        found = deliveries.one(connection, "d1")
        assert found is not None
        assert found.state == "dropped"
        claimed = deliveries.claim(connection, NOW, "me", ["hollybrook"])
    assert claimed is not None
    assert claimed.id == "d2"


def test_an_ended_delivery_is_never_claimed_again(store: Store) -> None:
    keep(store, an_alert(1), an_alert(2), an_alert(3))
    with store.writing() as connection:
        deliveries.sent(connection, "d1", "smtp", "250 ok", NOW)
        deliveries.ended(connection, "d2", "refused", "550 no such person")
        deliveries.postponed(connection, "d3", "450 later", NOW + timedelta(minutes=1))
        assert deliveries.claim(connection, NOW, "me", ["hollybrook"]) is None
        troubled = [found.id for found in deliveries.troubled(connection, ["hollybrook"])]
        counted = deliveries.counts(connection, ["hollybrook"])
    assert sorted(troubled) == ["d2", "d3"]
    assert counted == {"sent": 1, "refused": 1, "owed": 1}


def test_an_outage_is_written_down_and_cleared(store: Store) -> None:
    shut = Outage("smtp", NOW, 2, NOW + timedelta(minutes=2), "connection refused")
    with store.writing() as connection:
        deliveries.shut(connection, shut)
        deliveries.shut(connection, shut)
        assert deliveries.outage(connection, "smtp") == shut
        deliveries.reopen(connection, "smtp")
        assert deliveries.outage(connection, "smtp") is None


def test_two_sources_of_one_site_are_not_read_at_once(store: Store) -> None:
    sources = {
        "a": Place("feed", "one.example", QUARTER),
        "b": Place("feed", "one.example", QUARTER),
        "c": Place("feed", "two", QUARTER),
    }
    with store.writing() as connection:
        looks.sync(connection, sources, NOW)
        claimed = [looks.claim_due(connection, NOW, "me", sources) for _ in range(3)]
        names = {look.source for look in claimed if look}
        assert len(names) == 2
        assert "c" in names
        first = next(look for look in claimed if look and look.source != "c")
        settled(connection, first, due_at=NOW + timedelta(hours=1))
        assert looks.claim_due(connection, NOW, "me", sources)


def test_a_source_that_moves_or_is_to_be_read_more_often_is_not_waited_for(store: Store) -> None:
    with store.writing() as connection:
        looks.sync(connection, {"a": Place("feed", "one.example", timedelta(hours=1))}, NOW)
        hour = NOW + timedelta(hours=1)
        settled(connection, looks.claim_due(connection, NOW, "me", ["a"]), due_at=hour)
        looks.sync(connection, {"a": Place("feed", "one.example", timedelta(hours=1))}, NOW)
        soon = NOW + QUARTER
        assert looks.claim_due(connection, soon, "me", ["a"]) is None
        looks.sync(connection, {"a": Place("feed", "one.example", QUARTER)}, NOW)
        found = looks.claim_due(connection, soon, "me", ["a"])
        settled(connection, found, due_at=NOW + timedelta(hours=9), failures=2)
        looks.sync(connection, {"a": Place("feed", "two.example", QUARTER)}, soon)
        moved = looks.claim_due(connection, soon, "me", ["a"])
    assert moved is not None
    assert (moved.host, moved.failures) == ("two.example", 0)


def test_a_look_taken_over_by_another_process_cannot_be_settled(store: Store) -> None:
    with store.writing() as connection:
        looks.sync(connection, {"a": Place("feed", "one.example", QUARTER)}, NOW)
        slow = looks.claim(connection, "a", NOW, "slow")
        assert slow
        late = NOW + timedelta(minutes=11)
        assert looks.claim(connection, "a", late, "quick")
        assert not looks.settle(connection, slow, {"failures": 9})
        (look,) = looks.everything(connection, ["a"])
    assert look.failures == 0


def test_a_site_that_asked_to_be_left_alone_is_left_alone(store: Store) -> None:
    with store.writing() as connection:
        looks.sync(connection, {"a": Place("feed", "one.example", QUARTER)}, NOW)
        found = looks.claim(connection, "a", NOW, "me")
        settled(connection, found, not_before=NOW + timedelta(hours=1), due_at=NOW)
        assert looks.claim(connection, "a", NOW, "me") is None
        assert looks.claim_due(connection, NOW, "me", ["a"]) is None
        assert looks.claim(connection, "a", NOW + timedelta(hours=1), "me")


def test_six_threads_claim_every_letter_once(store: Store) -> None:
    keep(store, *(an_alert(number) for number in range(120)))

    def claim_all(owner: str) -> list[str]:
        mine: list[str] = []
        misses = 0
        # A claim that loses a race comes back empty although more is waiting.
        while misses < 20:
            with store.writing() as connection:
                found = deliveries.claim(connection, NOW, owner, ["hollybrook"])
            if found:
                mine.append(found.id)
            else:
                misses += 1
        return mine

    with ThreadPoolExecutor(6) as pool:
        claimed = [name for names in pool.map(claim_all, "abcdef") for name in names]
    assert sorted(claimed) == sorted(f"d{number}" for number in range(120))


def test_the_migrated_tables_are_those_of_the_models(store: Store) -> None:
    with store.reading() as connection:
        # What stands in no model is made of the mentions by the database itself.
        ours = {"compare_type": False, "include_name": _is_modelled}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, SQLModel.metadata) == []


def _is_modelled(name: str | None, _kind: str, _parents: Any) -> bool:
    return not (name or "").startswith(("search_", "ix_search_"))


def at_step(url: str, step: str) -> Store:
    """A database as an earlier version of the program made it."""
    store = connect(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with store.writing() as connection:
        config.attributes["connection"] = connection
        upgrade(config, step)
    return store


OF_0003 = """
INSERT INTO entry VALUES ('gazette', 'k1', 'c1', '2026-09-01 10:00:00+00:00');
INSERT INTO entry VALUES ('gazette', 'k2', 'c2', '2026-09-02 10:00:00+00:00');
INSERT INTO look (source, kind, host, due_at, lease_owner, validators, memo, heard, tried_at,
    good_at, failures, health, error, fetched)
VALUES ('gazette', 'feed', 'g.example', '2026-09-15 10:00:00+00:00', '', '{}', '{}', '{}',
    '2026-09-15 09:00:00+00:00', '2026-09-14 09:00:00+00:00', 2, 'failing', 'no', 3),
    ('forum', 'feed', 'f.example', '2026-09-15 10:00:00+00:00', '', '{}', '{}', '{}',
    '2026-09-15 09:00:00+00:00', '2026-09-15 09:00:00+00:00', 0, 'ok', '', 3);
INSERT INTO mention (id, school, source, entry_key, story, url, title, text, author, seen_at,
    revision, relevant, confidence, level, highest, sentiment, compound, language, categories,
    reasons)
VALUES ('m1', 'hollybrook', 'gazette', 'k1', '', '', '', '', '', '2026-09-15 10:00:00+00:00', 1,
    true, 1, 'urgent', 'urgent', 'neutral', 0, 'en', '[]', '[]');
INSERT INTO delivery (id, mention_id, school, level, priority, role, email, owed_at, due_at,
    next_at, state, lease_owner, attempts, error, sender, recipient, channel, reply)
VALUES ('d1', 'm1', 'hollybrook', 'urgent', 3, 'headteacher', 'head@b.example',
    '2026-09-15 10:00:00+00:00', '2026-09-15 10:00:00+00:00', '2026-09-15 10:00:00+00:00',
    'owed', '', 0, '', '', '', '', '')
"""


def test_what_an_older_version_kept_is_there_and_means_the_same(database_url: str) -> None:
    old = at_step(database_url, "0003")
    with old.writing() as connection:
        for statement in OF_0003.split(";"):
            connection.execute(text(statement))
    old.close()
    store = open_store(database_url)
    with store.writing() as connection:
        letter = deliveries.one(connection, "d1")
        assert letter is not None
        assert (letter.kind, letter.subject, letter.mention_id) == ("alert", "m1", "m1")
        assert (letter.facts, letter.due_at) == ({}, NOW)
        known = {look.source: look for look in looks.everything(connection, ["gazette", "forum"])}
        assert known["gazette"].fresh_at == datetime(2026, 9, 2, 10, tzinfo=UTC)
        assert known["gazette"].broken_since == datetime(2026, 9, 14, 9, tzinfo=UTC)
        assert (known["forum"].broken_since, known["forum"].told) == (None, "")
        assert deliveries.claim(connection, NOW, "me", ["hollybrook"]) is not None
    with pytest.raises(StoreError), store.writing() as connection:
        deliveries.owe(connection, [an_alert(2, email="head@b.example")], NOW)
    store.close()


def test_entries_that_an_older_version_knew_are_known(database_url: str) -> None:
    old = at_step(database_url, "0004")
    with old.writing() as connection:
        connection.execute(text(ENTRIES_OF_0004))
        connection.execute(text(MENTION_OF_0004))
    old.close()
    store = open_store(database_url)
    with store.reading() as connection:
        known = mentions.known_entries(connection, "gazette", {"k1", "k2"}, {"c1", "c2"})
        (mention,) = mentions.of_entries(connection, "gazette", {"k1"}).values()
        plain = connection.execute(
            select(ENTRY.c.key).where(ENTRY.c.key.in_(["k1", "k2"]) | ENTRY.c.content.like("c%"))
        )
        assert plain.all() == []
    assert known == {"k1": "c1", "k2": "c2"}
    assert (mention.id, mention.medium) == ("m1", "")
    store.close()


ENTRIES_OF_0004 = """
INSERT INTO entry VALUES ('gazette', 'k1', 'c1', '2026-09-01 10:00:00+00:00'),
    ('gazette', 'k2', 'c2', '2026-09-02 10:00:00+00:00')
"""
MENTION_OF_0004 = """
INSERT INTO mention (id, school, source, entry_key, story, url, title, text, author, seen_at,
    revision, relevant, confidence, level, highest, sentiment, compound, language, categories,
    reasons)
VALUES ('m1', 'hollybrook', 'gazette', 'k1', '', '', '', '', '', '2026-09-15 10:00:00+00:00', 1,
    true, 1, 'urgent', 'urgent', 'neutral', 0, 'en', '[]', '[]')
"""


def test_a_letter_that_is_about_no_post_is_kept_with_its_facts(store: Store) -> None:
    letter = an_alert(mention_id=None, kind="source", subject="gazette", facts={"since": "today"})
    with store.writing() as connection:
        deliveries.owe(connection, [letter], NOW)
        found = deliveries.one(connection, "d1")
    assert found is not None
    assert (found.kind, found.subject, found.facts) == ("source", "gazette", {"since": "today"})
    assert found.mention_id is None


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database_url: str) -> None:
    store = open_store(database_url)
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match=r"newer Footprint.*9999.*nothing was changed"):
        open_store(database_url)


def test_no_author_is_an_index_a_filter_or_a_total() -> None:
    indexed = {
        column.name
        for table in SQLModel.metadata.tables.values()
        for index in table.indexes
        for column in index.columns
    }
    assert "author" not in indexed
    source = "".join(path.read_text("utf-8") for path in Path("monitor/store").glob("*.py"))
    assert ".c.author" not in source


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A SQLite database with one mention in it."""
    path = tmp_path / "footprint.db"
    store = open_store(f"sqlite:///{path}")
    keep(store)
    store.close()
    return path


def test_a_sqlite_file_survives_a_power_cut_by_its_settings(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    with store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    store.close()


def test_a_sqlite_file_can_be_read_by_its_owner_alone(file: Path) -> None:
    assert file.stat().st_mode & 0o077 == 0


def test_an_emptied_file_is_not_started_afresh(file: Path) -> None:
    file.write_bytes(b"")
    with pytest.raises(StoreError, match="is empty, so what it held is gone"):
        open_store(f"sqlite:///{file}")


def test_a_damaged_file_is_refused_with_what_to_do(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 : 4096 * 6] = b"\xa5" * (4096 * 5)
    file.write_bytes(content)
    with pytest.raises(StoreError, match="damaged.*put a backup in its place"):
        open_store(f"sqlite:///{file}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "footprint.db").write_text("Dear head, " * 500)
    with pytest.raises(StoreError, match="not a database of ours"):
        open_store(f"sqlite:///{tmp_path / 'footprint.db'}")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    with pytest.raises(StoreError, match="another program's tables"):
        open_store(f"sqlite:///{path}")


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the folder .* is not there; make it first"):
        open_store(f"sqlite:///{tmp_path / 'nowhere' / 'footprint.db'}")


def test_what_a_killed_start_left_behind_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "footprint.db.new").write_bytes(b"half")
    open_store(f"sqlite:///{tmp_path / 'footprint.db'}").close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["footprint.db"]


def test_what_an_old_database_left_is_not_laid_over_a_new_one(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    with store.writing() as connection:
        mentions.add(connection, [a_mention(2)])
    left = {end: Path(f"{file}{end}").read_bytes() for end in ("-wal", "-shm")}
    store.close()
    file.unlink()
    for end, content in left.items():
        Path(f"{file}{end}").write_bytes(content)
    anew = open_store(f"sqlite:///{file}")
    with anew.reading() as connection:
        assert mentions.listed(connection) == ()
    anew.close()


def test_another_name_for_the_file_is_the_same_file(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.symlink_to(file)
    with sole_use(f"sqlite:///{file}"):
        with pytest.raises(StoreError, match="in use"), sole_use(f"sqlite:///{other}"):
            pass


def test_a_second_process_on_the_same_file_is_refused(file: Path) -> None:
    with sole_use(f"sqlite:///{file}"):
        with (
            pytest.raises(StoreError, match="in use by another Footprint"),
            sole_use(f"sqlite:///{file}"),
        ):
            pass
    with sole_use(f"sqlite:///{file}"):
        pass


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    with store.writing() as writer:
        mentions.add(writer, [a_mention()])
        with store.reading() as reader:
            assert mentions.one(reader, "m1") is None

"""From a feed on a real server to what is owed, through the real reader and judge; no patches."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select

import sources
from monitor.judge.terms import Judgement, Words
from monitor.pipeline import Monitor
from monitor.settings import Person, SourceSettings
from monitor.store import deliveries, looks, mentions
from monitor.store.deliveries import DELIVERY, Delivery
from monitor.store.engine import Store
from monitor.store.evidence import CAPTURE
from monitor.store.looks import Look
from monitor.store.mentions import EVIDENCE, JUDGEMENT, MENTION, SHINGLE, Mention
from sources.feed import Options
from tests.conftest import Clock
from tests.feeds import COMPLAINT, HOLLYBROOK, PRAISE, THREAT, Item, Town, rss, town
from tests.webserver import Reply

pytestmark = pytest.mark.slow  # a server, a database or a process for each test


def owed(store: Store) -> list[Delivery]:
    with store.reading() as connection:
        found = deliveries.listed(connection, ["hollybrook"])
    return sorted(found, key=lambda delivery: (delivery.level, delivery.email))


def kept(store: Store) -> tuple[Mention, ...]:
    with store.reading() as connection:
        return mentions.listed(connection)


def look(store: Store, source: str = "gazette") -> Look:
    with store.reading() as connection:
        (found,) = looks.everything(connection, [source])
    return found


def test_a_threat_in_a_feed_is_owed_to_head_and_safeguarding_lead_once(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"), Item("Rain is expected", "2"))
        first = it.monitor.poll("gazette")
        again = it.monitor.poll("gazette")
    assert (first.fetched, first.new, first.matched, first.alerted) == (2, 2, 1, 1)
    assert (again.new, again.alerted, again.health) == (0, 0, "ok")
    assert [(alert.level, alert.role) for alert in owed(store)] == [
        ("urgent", "dsl"),
        ("urgent", "headteacher"),
    ]
    assert {alert.due_at for alert in owed(store)} == {clock.now}


def test_an_allegation_never_goes_to_the_person_it_names(store: Store, clock: Clock) -> None:
    chair = Person(name="Ann Bell", email="chair@hollybrook.example", roles=("chair",))
    school = HOLLYBROOK.model_copy(update={"people": (*HOLLYBROOK.people, chair)})
    words = "Jane Ashdown, head of Hollybrook Primary School, has been touching my daughter"
    with town(store, clock, schools=(school,)) as it:
        it.server.answers["/gazette"] = rss(Item(words, "1"))
        it.monitor.poll("gazette")
    assert [alert.role for alert in owed(store)] == ["chair", "dsl"]


def test_a_complaint_waits_for_the_school_to_open(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        clock.now = datetime(2026, 9, 19, 21, 0, tzinfo=UTC)  # a Saturday night
        it.server.answers["/gazette"] = rss(Item(COMPLAINT, "2"), Item(PRAISE, "1"))
        it.monitor.poll("gazette")
    (alert,) = owed(store)
    assert (alert.level, alert.role) == ("respond", "headteacher")
    assert alert.due_at == datetime(2026, 9, 21, 6, 30, tzinfo=UTC)  # Monday, 07:30 in London


def test_a_feed_that_lists_an_entry_twice_is_read(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"), Item(THREAT, "1"), Item(PRAISE))
        polled = it.monitor.poll("gazette")
    assert (polled.health, polled.matched, polled.alerted) == ("ok", 2, 1)


def test_an_impossible_date_is_no_date(store: Store, clock: Clock) -> None:
    for number, date in enumerate(("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z")):
        body = rss(Item(f"{THREAT} {number}", "1")).replace(
            b"</item>", f"<pubDate>{date}</pubDate></item>".encode()
        )
        with town(store, clock, f"feed{number}") as it:
            it.server.answers[f"/feed{number}"] = body
            assert it.monitor.poll(f"feed{number}").alerted == 1
    assert {mention.published for mention in kept(store)} == {None}


def test_a_fault_that_nobody_foresaw_is_the_sources_own_failure(store: Store, clock: Clock) -> None:
    class Broken:
        """A database that refuses what this source brings, and nothing else."""

    with town(store, clock, "gazette", "other") as it:
        it.server.answers |= {"/gazette": rss(Item(THREAT, "1")), "/other": rss(Item(PRAISE, "2"))}
        monitor = replace(it.monitor, judge_version=Broken())  # type: ignore[arg-type]
        polled = monitor.poll("gazette")
        assert polled.health == "failing"
        assert polled.error
        assert look(store).failures == 1
        assert kept(store) == ()
        assert it.monitor.poll("other").health == "ok"
        assert it.monitor.poll("gazette").alerted == 1


def test_a_school_that_was_not_listening_is_looked_for_when_it_is_again(
    store: Store, clock: Clock
) -> None:
    elmside = HOLLYBROOK.model_copy(update={"id": "elmside", "name": "Elmside Academy"})
    with town(store, clock, schools=(HOLLYBROOK, elmside)) as it:
        it.server.answers["/gazette"] = rss(Item("Thank you Elmside Academy", "0"))
        it.monitor.poll("gazette")
        alone = replace(it.monitor, schools=(elmside,))
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"))
        assert alone.poll("gazette").matched == 0
        assert it.monitor.poll("gazette").alerted == 1


def test_what_one_source_of_a_site_is_asked_holds_for_the_other(store: Store, clock: Clock) -> None:
    with town(store, clock, "gazette", "other") as it:
        it.server.answers["/gazette"] = Reply(status=429, headers={"Retry-After": "7200"})
        it.server.answers["/other"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        clock.forward(minutes=90)
        assert it.monitor.poll_one() is None
        assert it.monitor.poll("other").health == "waiting"
        clock.forward(minutes=31)
        assert it.monitor.poll_one() is not None


def test_a_source_that_failed_is_tried_at_the_next_start(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = Reply(status=404)
        assert it.monitor.poll("gazette").health == "dead"
        assert it.monitor.poll_one() is None
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.prepare()
        assert it.monitor.poll_one() is not None


def test_what_was_read_is_kept_as_it_was_read(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(
            Item(f"<p>{THREAT}</p>", "tag:1", title="Hi <b>all</b>", link="https://g.example/1")
        )
        it.monitor.poll("gazette")
    with store.reading() as connection:
        row = connection.execute(select(EVIDENCE)).one()
    assert f"<p>{THREAT}</p>" in json.loads(row.record).values()
    assert row.sha256 == hashlib.sha256(row.record.encode()).hexdigest()
    assert (row.address, row.read_at) == ("https://g.example/1", clock.now)
    (mention,) = kept(store)
    assert (mention.title, mention.text) == ("Hi all", THREAT)


def test_an_unchanged_body_is_recognised_without_being_read_again(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        assert it.monitor.poll("gazette").fetched == 1
        assert it.monitor.poll("gazette").fetched == 0
    assert look(store).good_at == clock.now
    assert look(store).fetched == 1


def test_validators_go_back_as_they_came_and_only_after_the_posts_are_kept(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        reply = Reply(rss(Item(THREAT, "1")), headers={"ETag": 'W/"odd ""one"'})
        it.server.answers["/gazette"] = reply
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = Reply(status=304)
        assert it.monitor.poll("gazette").health == "ok"
    assert it.server.requests[0].headers.get("if-none-match") is None
    assert it.server.requests[1].headers["if-none-match"] == 'W/"odd ""one"'


def test_posts_and_validators_are_kept_together_or_not_at_all(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = Reply(rss(Item(THREAT, "1")), headers={"ETag": '"1"'})

        def take_over(_: object) -> bytes:
            with store.writing() as connection:
                late = clock.now + timedelta(minutes=11)
                assert looks.claim(connection, "gazette", late, "another process")
            return rss(Item(THREAT, "1"))

        it.server.answers["/gazette"] = take_over
        it.monitor.poll("gazette")
    assert kept(store) == ()
    assert owed(store) == []
    assert look(store).validators == {}


def test_a_source_that_fails_says_why_and_is_asked_again(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = Reply(status=500)
        polled = it.monitor.poll("gazette")
        assert polled.health == "failing"
        assert "500" in polled.error
        assert look(store).failures == 1
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"))
        clock.now = look(store).due_at
        found = it.monitor.poll_one()
    assert found is not None
    assert (found.health, found.alerted) == ("ok", 1)
    assert (look(store).failures, look(store).error) == (0, "")


def test_a_site_that_asks_to_be_left_alone_is_left_alone_by_hand_and_by_clock(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = Reply(status=429, headers={"Retry-After": "7200"})
        it.monitor.poll("gazette")
        polled = it.monitor.poll("gazette")
        assert polled.health == "waiting"
        assert "asked to be left alone until Tuesday 15 September at 13:00" in polled.error
        clock.forward(hours=1, minutes=59)
        assert it.monitor.poll_one() is None
        clock.forward(minutes=1)
        assert it.monitor.poll_one() is not None
    assert len(it.server.requests) == 2


BAD_BODIES = {
    "page": Reply(
        b"<!doctype html><html><head><title>Sign in</title></head><body><form>"
        b"<input type='password'></form></body></html>",
        headers={"Content-Type": "text/html"},
    ),
    "nothing": Reply(b""),
    "cut-gzip": Reply(
        gzip.compress(rss(Item(THREAT, "1")))[:-20], headers={"Content-Encoding": "gzip"}
    ),
    "huge": Reply(b"<rss>" + b" " * (50 * 1024 * 1024)),
    "rubbish": Reply(bytes(range(256)) * 40),
    "gone": Reply(status=410),
}


def test_a_bad_body_costs_its_own_source_one_clear_line(store: Store, clock: Clock) -> None:
    with town(store, clock, *BAD_BODIES, "good") as it:
        it.server.answers |= {f"/{name}": reply for name, reply in BAD_BODIES.items()}
        it.server.answers["/good"] = rss(Item(THREAT, "1"))
        polled = {name: it.monitor.poll(name) for name in (*BAD_BODIES, "good")}
    assert polled["good"].alerted == 1
    for name in BAD_BODIES:
        assert polled[name].health not in {"ok", "empty"}, name
        assert polled[name].error, name
        assert "\n" not in polled[name].error, name
    assert "came back as a web page" in polled["page"].error


def test_a_wrong_charset_does_not_hide_the_school(store: Store, clock: Clock) -> None:
    body = rss(Item(f"Caf\u00e9 talk. {THREAT}", "1")).decode()
    lying = f"<?xml version='1.0' encoding='utf-8'?>{body}".encode("latin-1")
    with town(store, clock) as it:
        it.server.answers["/gazette"] = lying
        assert it.monitor.poll("gazette").alerted == 1


def test_one_bad_entry_does_not_cost_its_neighbours(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        body = rss(Item(THREAT, "1"), Item("BAD", "2"), Item(PRAISE, "3"))
        it.server.answers["/gazette"] = body.replace(b"BAD", b"&#xD800; \x00 &nosuch; <b>")
        polled = it.monitor.poll("gazette")
    assert polled.matched == 2
    assert polled.alerted == 1


def test_a_post_that_the_judge_cannot_take_is_counted_and_tried_again(
    store: Store, clock: Clock
) -> None:
    class Touchy:
        """A judge that stumbles over one post."""

        def __init__(self, it: Town) -> None:
            self.real, self.stumbles = it.monitor.judge, True

        def judge(self, words: Words) -> tuple[Judgement, ...]:
            if self.stumbles and "knife" in words.text:
                raise ZeroDivisionError
            return self.real.judge(words)

    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"), Item(PRAISE, "2"))
        touchy = Touchy(it)
        monitor = replace(it.monitor, judge=touchy)  # type: ignore[arg-type]
        polled = monitor.poll("gazette")
        assert (polled.matched, polled.alerted) == (1, 0)
        assert polled.flaws == ("1 post could not be judged; it is tried again at each poll",)
        touchy.stumbles = False
        assert monitor.poll("gazette").alerted == 1


def test_a_story_from_three_places_is_kept_three_times_and_told_once(
    store: Store, clock: Clock
) -> None:
    link = "https://gazette.example/news/threat-1"
    alert_link = f"https://www.google.com/url?rct=j&sa=t&url={link}%3Futm_source%3Dx&ct=ga"
    story = f"Police are told: {THREAT}, a post said on Tuesday"
    with town(store, clock, "gazette", "alerts", "search") as it:
        it.server.answers["/gazette"] = rss(Item(story, "1", link=link))
        it.server.answers["/alerts"] = rss(Item(f"{story} ...", "tag:9", link=alert_link))
        it.server.answers["/search"] = rss(Item(story, "x", link=f"{link}?fbclid=abc"))
        polled = [it.monitor.poll(name) for name in ("gazette", "alerts", "search")]
    assert [result.alerted for result in polled] == [1, 0, 0]
    first, *others = sorted(kept(store), key=lambda mention: mention.same_as is not None)
    assert {mention.same_as for mention in others} == {first.id}
    assert len(owed(store)) == 2


AGENCY = (
    "Parents of Hollybrook Primary School in Stanwick say that nothing has been done about the "
    "bullying of a boy in Year 5 although his mother has complained three times since the start "
    "of term. The family have written to the governors and to the county council, which says "
    "that it takes every complaint seriously and that it will reply within twenty working days."
)


def copies() -> dict[str, bytes]:
    """One agency story as five places tell it, each at an address of its own."""
    start = " ".join(AGENCY.split()[:30])
    told = {
        "gazette": Item(AGENCY, "1", title="Boy bullied at Hollybrook, say parents"),
        "courier": Item(AGENCY, "9", title="Family's anger at village school | Courier"),
        "alerts": Item(f"{start} ...", "tag:3", title="Boy bullied at Hollybrook - Gazette"),
        "voice": Item(f"{AGENCY} Our readers may write to us.", "x", title="Bullying at school"),
        "search": Item(f"2 hours ago - {start}...", "u", title="Parents complain of bullying"),
    }
    return {
        f"/{name}": rss(replace(item, link=f"https://{name}.example/{item.guid}"))
        for name, item in told.items()
    }


def test_a_story_from_five_addresses_is_kept_five_times_and_told_once(
    store: Store, clock: Clock
) -> None:
    names = ("gazette", "courier", "alerts", "voice", "search")
    with town(store, clock, *names) as it:
        it.server.answers |= {f"/{name}": rss() for name in names}
        for name in names:
            it.monitor.poll(name)
        it.server.answers |= copies()
        polled = [it.monitor.poll(name) for name in names]
    assert [result.alerted for result in polled] == [1, 0, 0, 0, 0]
    first, *others = sorted(kept(store), key=lambda mention: mention.same_as is not None)
    assert len(others) == 4
    assert {mention.same_as for mention in others} == {first.id}
    assert [(alert.level, alert.email) for alert in owed(store)] == [
        ("respond", "head@hollybrook.example")
    ]


def test_a_later_copy_with_a_new_danger_alerts_again(store: Store, clock: Clock) -> None:
    with town(store, clock, "gazette", "courier") as it:
        it.server.answers |= {"/gazette": rss(), "/courier": rss()}
        it.monitor.poll("gazette"), it.monitor.poll("courier")
        it.server.answers |= copies()
        it.monitor.poll("gazette")
        worse = Item(f"{AGENCY} {THREAT}, a man wrote.", "9", title="School under threat")
        it.server.answers["/courier"] = rss(replace(worse, link="https://courier.example/9"))
        assert it.monitor.poll("courier").alerted == 1
    first, copy = sorted(kept(store), key=lambda mention: mention.same_as is not None)
    assert copy.same_as == first.id
    assert {alert.level for alert in owed(store) if alert.mention_id == copy.id} == {"urgent"}


def test_a_feed_that_carries_one_story_twice_tells_it_once(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss()
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = rss(
            Item(AGENCY, "1", title="Boy bullied", link="https://gazette.example/1"),
            Item(AGENCY, "2", title="Mother complains", link="https://gazette.example/2"),
        )
        polled = it.monitor.poll("gazette")
    assert (polled.matched, polled.alerted) == (2, 1)


def test_an_edited_post_is_found_by_its_new_words(store: Store, clock: Clock) -> None:
    with town(store, clock, "gazette", "courier") as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1", title="Fair"))
        it.monitor.poll("gazette")
        it.server.answers |= {"/gazette": rss(Item(AGENCY, "1", title="Fair"))}
        it.server.answers["/courier"] = rss(Item(AGENCY, "7", title="Parents complain"))
        it.monitor.poll("gazette"), it.monitor.poll("courier")
    first, copy = sorted(kept(store), key=lambda mention: mention.same_as is not None)
    assert copy.same_as == first.id


def test_what_was_deleted_is_not_new_again_while_its_feed_still_holds_it(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "0"))
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = rss(Item(PRAISE, "0"), Item(THREAT, "1"))
        assert it.monitor.poll("gazette").alerted == 1
        with store.writing() as connection:
            for table in (DELIVERY, CAPTURE, SHINGLE, JUDGEMENT, EVIDENCE, MENTION):
                connection.execute(delete(table))
        later = rss(Item(PRAISE, "0"), Item(THREAT, "1"), Item("Rain is expected", "2"))
        it.server.answers["/gazette"] = later
        polled = it.monitor.poll("gazette")
    assert (polled.fetched, polled.new, polled.matched, polled.alerted) == (3, 1, 0, 0)
    assert kept(store) == ()
    assert owed(store) == []


def test_a_post_edited_from_calm_to_threat_alerts_and_keeps_both_readings(
    store: Store, clock: Clock
) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        it.server.answers["/gazette"] = rss(Item(THREAT, "1"))
        polled = it.monitor.poll("gazette")
    assert (polled.new, polled.alerted) == (0, 1)
    with store.reading() as connection:
        levels = [row.answer["level"] for row in connection.execute(select(JUDGEMENT))]
        assert len(connection.execute(select(EVIDENCE)).all()) == 2
    assert sorted(levels) == ["routine", "urgent"]
    assert len(kept(store)) == 1


def test_the_first_sight_of_a_source_does_not_send_old_news(store: Store, clock: Clock) -> None:
    old, recent = clock.now - timedelta(days=4), clock.now - timedelta(days=2)
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(
            Item(f"{THREAT} one", "1", published=old),
            Item(f"{THREAT} two", "2", published=recent),
            Item(COMPLAINT, "3", published=recent),
        )
        assert it.monitor.poll("gazette").alerted == 1
        it.server.answers["/gazette"] = rss(Item(f"{THREAT} three", "4", published=old))
        assert it.monitor.poll("gazette").alerted == 1
    assert len(kept(store)) == 4


def test_a_school_that_is_added_is_looked_for_in_an_unchanged_feed(
    store: Store, clock: Clock
) -> None:
    elmside = HOLLYBROOK.model_copy(update={"id": "elmside", "name": "Elmside Academy"})
    body = Reply(rss(Item("Thank you Elmside Academy", "1")), headers={"ETag": '"same"'})
    with town(store, clock) as it:
        it.server.answers["/gazette"] = body
        it.monitor.poll("gazette")
        both = (HOLLYBROOK, elmside)
        with town(store, clock, schools=both) as later:
            later.server.answers["/gazette"] = body
            polled = later.monitor.poll("gazette")
    assert (polled.new, polled.matched) == (0, 1)
    assert [mention.school for mention in kept(store)] == ["elmside"]


def test_due_times_outlive_a_restart(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        assert it.monitor.poll_one() is not None
        it.monitor.prepare()
        assert it.monitor.poll_one() is None
        clock.forward(minutes=15)
        assert it.monitor.poll_one() is not None


def test_a_thousand_entries_with_one_id_are_a_thousand_posts(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(
            *(Item(f"{PRAISE} {number}", "same") for number in range(1000))
        )
        assert it.monitor.poll("gazette").matched == 1000
        it.server.answers["/gazette"] = rss(
            *(Item(f"{PRAISE} {number}", "same") for number in reversed(range(1001)))
        )
        assert it.monitor.poll("gazette").new == 1


def test_no_school_is_named_to_the_sites_that_are_read(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
    sent = json.dumps(dict(it.server.requests[0].headers)).casefold()
    assert "hollybrook primary" not in sent
    assert "footprint/" in sent


def _sources(monitor: Monitor, *sources: SourceSettings) -> Monitor:
    made = replace(monitor, settings=monitor.settings.model_copy(update={"sources": sources}))
    made.prepare()
    return made


def test_what_has_no_site_waits_for_nothing_else_without_one(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        url = SecretStr(it.server.url("/alert"))
        secret = SourceSettings(id="alert", kind="feed", options=Options(secret_url=url))
        inbox = SourceSettings(id="inbox", kind="inbox", options=sources.load("inbox").Options())
        monitor = _sources(it.monitor, secret, inbox)
        it.server.answers["/alert"] = Reply(status=429, headers={"Retry-After": "86400"})
        assert monitor.poll("alert").health == "failing"
        assert monitor.poll("inbox").health == "ok"


def test_a_poll_that_overslept_its_lease_settles_nothing_of_the_next(
    store: Store, clock: Clock
) -> None:
    with town(store, clock), store.writing() as connection:
        slow = looks.claim(connection, "gazette", clock.now, "me")
        clock.forward(minutes=11)
        quick = looks.claim(connection, "gazette", clock.now, "me")
        assert slow
        assert quick
        assert not looks.settle(connection, slow, {"error": "late"})
        assert looks.settle(connection, quick, {"error": ""})


def test_a_source_whose_turn_never_comes_is_told_as_failing(store: Store, clock: Clock) -> None:
    with town(store, clock, every=timedelta(hours=1)) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        for hours in range(1, 10):
            clock.forward(hours=1)
            it.monitor.fetcher.turns.leave_alone(it.server.host, timedelta(hours=2))
            it.monitor.poll("gazette")
            assert (look(store).health == "failing") == (hours > 6), hours


def test_what_could_not_be_read_is_kept_for_the_pages(store: Store, clock: Clock) -> None:
    with town(store, clock) as it:
        body = b'{"version": "https://jsonfeed.org/version/1.1", "items": [7, {"id": "1"}]}'
        it.server.answers["/gazette"] = body
        it.monitor.poll("gazette")
        (flaw,) = look(store).flaws
        assert "Entry 1 of the feed is not an entry" in flaw
        it.server.answers["/gazette"] = rss(Item(PRAISE, "1"))
        it.monitor.poll("gazette")
        assert look(store).flaws == []

"""Many posts at once: a few letters, then roll-ups that name every one, and no more than twelve."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.base import DeliveryError, Letter
from alerts.rollup import Line, RollupNotice, rollup_letter
from monitor import bursts
from monitor.bursts import GAP, HOUR, HOURLY, has_room
from monitor.delivery import Postroom
from monitor.settings import Mail, Settings
from monitor.store import copying, deliveries, erasing, mentions
from monitor.store.deliveries import ROLLUP, SOURCE, Delivery
from monitor.store.engine import Store
from monitor.store.rollups import is_rolled_up
from tests.conftest import Clock
from tests.letters import HOSTILE, assert_sound, body, read
from tests.test_delivery import DEPUTY, HEAD, LEAD, START, Shelf, carry, hollybrook, room
from tests.test_store import a_mention, an_alert

slow = pytest.mark.slow


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def flood(
    store: Store, numbers: range, clock: Clock, level: str = "urgent", **changed: object
) -> None:
    """A post for each number, of which the head is owed an alert."""
    owed = [
        an_alert(
            n, f"m{n}", id=f"d{n:04}", level=level, priority=3 if level == "urgent" else 2,
            email=HEAD.email, due_at=clock.now,
        )
        for n in numbers
    ]  # fmt: skip
    with store.writing() as connection:
        mentions.add(
            connection,
            [
                a_mention(n, url=f"https://town.example/p/{n}", level=level, **changed)
                for n in numbers
            ],
        )
        deliveries.owe(connection, owed, clock.now)


def named(letter: Letter) -> list[int]:
    """The posts whose address stands in a letter."""
    return [int(number) for number in re.findall(r"town\.example/p/(\d+)", body(letter))]


def rows(store: Store) -> dict[str, Delivery]:
    with store.reading() as connection:
        return {one.id: one for one in deliveries.listed(connection, ["hollybrook"], 2000)}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_when_no_hour_holds_more_than_twelve_and_no_roll_up_waits(
    seed: int,
) -> None:
    chance, now = random.Random(seed), START
    sent: list[datetime] = []
    rolled: datetime | None = None
    pressing = chance.choice((0.02, 0.2, 1))
    for _ in range(600):
        now += timedelta(seconds=chance.expovariate(1 / 40))
        if chance.random() > pressing:
            continue
        if has_room([at for at in sent if bursts.is_recent(at, now)], now):
            sent.append(now)
        elif rolled is None or now - rolled >= GAP:
            sent.append(now)
            rolled = now
        assert sum(now - HOUR < at for at in sent) <= HOURLY


def test_a_letter_every_six_minutes_never_needs_a_roll_up() -> None:
    sent: list[datetime] = []
    for number in range(100):
        now = START + number * timedelta(minutes=6)
        assert has_room([at for at in sent if bursts.is_recent(at, now)], now)
        sent.append(now)


def test_in_a_flood_six_letters_go_by_themselves() -> None:
    assert has_room([START] * 5, START)
    assert not has_room([START] * 6, START)


@slow
def test_the_first_alert_of_a_flood_goes_at_once_and_every_other_is_named_in_one_letter(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    posts = range(1, 41)
    flood(store, posts, clock)
    carry(room(store, shelf, clock, HEAD, LEAD))
    *letters, rollup = shelf.letters
    assert len(letters) == 6
    assert all(len(named(letter)) == 1 for letter in letters)
    assert sorted(n for letter in shelf.letters for n in named(letter)) == list(posts)
    assert read(rollup)["Subject"].startswith("Urgent: 34 more posts need you now (")
    assert_sound(rollup)
    assert "Text" not in body(rollup)  # no word of a post
    assert carry(room(store, shelf, clock, HEAD, LEAD)) == []


@slow
def test_a_different_post_in_the_flood_is_named_in_the_next_mail_within_ten_minutes(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    flood(store, range(1, 41), clock)
    postroom = room(store, shelf, clock, HEAD)
    carry(postroom)
    before = len(shelf.letters)
    clock.forward(seconds=30)
    flood(store, range(41, 42), clock, categories=("self_harm",))
    until = clock.now + timedelta(minutes=10)
    while len(shelf.letters) == before and clock.now < until:
        clock.forward(seconds=10)
        carry(postroom)
    (rollup,) = shelf.letters[before:]
    assert named(rollup) == [41]
    assert "themselves" in body(rollup)


@slow
def test_five_hundred_posts_in_ten_minutes_make_at_most_twelve_messages_an_hour(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    times: list[datetime] = []
    shelf.before = lambda _: times.append(clock.now)
    postroom = room(store, shelf, clock, HEAD)
    for start in range(1, 501, 25):
        flood(store, range(start, start + 25), clock)
        carry(postroom)
        clock.forward(seconds=30)
    for _ in range(60):
        clock.forward(seconds=20)
        carry(postroom)
    assert times[0] - START < timedelta(seconds=60)
    assert len(times) <= HOURLY
    assert sorted(n for letter in shelf.letters for n in named(letter)) == list(range(1, 501))


@slow
def test_what_a_roll_up_covers_is_settled_only_when_its_bytes_are_fixed_and_then_is_told(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    flood(store, range(1, 11), clock)
    seen: list[dict[str, Delivery]] = []
    shelf.before = lambda _: seen.append(rows(store))
    carry(room(store, shelf, clock, HEAD))
    before, during, after = seen[-2], seen[-1], rows(store)
    (rollup,) = (one for one in after.values() if one.kind == ROLLUP)
    covered = rollup.facts["covers"]
    assert len(covered) == 4
    assert {before[one].state for one in covered} == {"owed"}
    assert {during[one].state for one in covered} == {"dropped"}
    assert {during[one].sent_at for one in covered} == {None}
    assert {(after[one].channel, after[one].reply) for one in covered} == {(ROLLUP, rollup.id)}
    assert {after[one].sent_at for one in covered} == {clock.now}


@slow
def test_a_roll_up_that_is_refused_for_ever_goes_post_by_post_to_the_next_leader(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    flood(store, range(1, 9), clock)

    def refuse(letter: Letter) -> None:
        if "more posts" in str(read(letter)["Subject"]):
            raise DeliveryError("550 no such person", permanent=True)

    shelf.before = refuse
    carry(room(store, shelf, clock, HEAD, DEPUTY))
    told = [body(one) for one in shelf.letters if one.recipient == DEPUTY.email]
    assert len(told) == 2
    states = [one.state for one in rows(store).values() if one.email == HEAD.email]
    assert states.count("refused") == 3


@slow
def test_what_a_roll_up_named_still_goes_when_one_of_its_posts_is_erased_before_it_could(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    flood(store, range(1, 9), clock)

    def stall(letter: Letter) -> None:
        if "more posts" in str(read(letter)["Subject"]):
            raise DeliveryError("no route to the server", server=True)

    shelf.before = stall
    postroom = room(store, shelf, clock, HEAD)
    carry(postroom)
    (rollup,) = (one for one in rows(store).values() if one.kind == ROLLUP)
    assert len(rollup.facts["covers"]) == 2
    with store.writing() as connection:
        erasing.erase(connection, ["m7"], clock.now)
    shelf.before = lambda _: None
    clock.forward(minutes=30)
    carry(postroom)
    assert sorted(n for letter in shelf.letters for n in named(letter)) == [1, 2, 3, 4, 5, 6, 8]


@slow
@pytest.mark.parametrize("send", [True, False])
def test_what_a_held_roll_up_names_goes_or_stays_with_it(
    store: Store, shelf: Shelf, clock: Clock, *, send: bool
) -> None:
    flood(store, range(1, 9), clock)

    def stall(letter: Letter) -> None:
        if "more posts" in str(read(letter)["Subject"]):
            raise DeliveryError("no route to the server", server=True)

    shelf.before = stall
    postroom = room(store, shelf, clock, HEAD)
    carry(postroom)
    with store.writing() as connection:
        assert copying.after_restore(connection, clock.now, clock.now) == 1
        copying.decide_held(connection, send=send, now=clock.now)
    shelf.before = lambda _: None
    clock.forward(hours=1)
    carry(postroom)
    told = sorted(n for letter in shelf.letters for n in named(letter))
    assert told == [*range(1, 9 if send else 7)]
    assert send or not any(is_rolled_up(one.state, one.channel) for one in rows(store).values())


@slow
def test_an_erased_post_stands_in_no_roll_up_of_another_school(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    flood(store, range(1, 9), clock)
    carry(room(store, shelf, clock, HEAD))
    (rollup,) = (one for one in rows(store).values() if one.kind == ROLLUP)
    of_another = deliveries.DELIVERY.update().where(deliveries.DELIVERY.c.id == rollup.id)
    with store.writing() as connection:
        connection.execute(of_another.values(school="oak"))
        erasing.erase(connection, ["m8"], clock.now)
        kept = deliveries.one(connection, rollup.id)
    assert kept is not None
    assert kept.content is None


@slow
def test_a_story_told_in_a_roll_up_counts_as_told(store: Store, shelf: Shelf, clock: Clock) -> None:
    flood(store, range(1, 9), clock)
    carry(room(store, shelf, clock, HEAD))
    with store.reading() as connection:
        told = mentions.told(connection, {f"m{n}" for n in range(1, 9)})
    assert [one.stands for each in told.values() for one in each] == [True] * 8


@slow
def test_what_can_wait_waits_for_the_next_school_day_and_is_rolled_up_there(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    posts = range(1, 21)
    flood(store, posts, clock, level="respond")
    postroom = room(store, shelf, clock, HEAD)
    carry(postroom)
    assert len(shelf.letters) == 6
    for _ in range(20):
        clock.forward(hours=1)
        carry(postroom)
    assert len(shelf.letters) == 6
    clock.now = datetime(2026, 9, 16, 6, 30, tzinfo=UTC)  # half past seven in London
    carry(postroom)
    assert sorted(n for letter in shelf.letters for n in named(letter)) == list(posts)
    assert read(shelf.letters[-1])["Subject"].startswith("8 posts need a response (")


@slow
def test_news_of_a_source_waits_in_a_flood_and_a_digest_does_not(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    flood(store, range(1, 7), clock)
    postroom = room(store, shelf, clock, HEAD)
    carry(postroom)
    health = replace(
        an_alert(90, "m1", email=HEAD.email, due_at=clock.now),
        kind=SOURCE, subject="gazette", mention_id=None, level="news", priority=1,
    )  # fmt: skip
    with store.writing() as connection:
        deliveries.owe(connection, [health], clock.now)
    carry(postroom)
    waiting = rows(store)["d90"]
    assert (waiting.state, waiting.attempts) == ("owed", 0)
    assert waiting.next_at == clock.now + GAP
    school, now = hollybrook(HEAD), clock.now
    full = bursts.Traffic([now] * 12, None)
    assert bursts.wait(waiting, full, school, now) is not None
    assert bursts.wait(replace(waiting, kind="digest"), full, school, now) is None


@slow
def test_one_address_at_two_schools_has_one_allowance_and_one_roll_up(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    schools = (hollybrook(HEAD), hollybrook(HEAD).model_copy(update={"id": "oak", "name": "Oak"}))
    mail = Mail.model_validate({"from": "Footprint <footprint@hollybrook.example>"})
    settings = Settings(
        folder=room(store, shelf, clock).settings.folder, mail=mail, schools=schools
    )
    postroom = Postroom(settings, schools, store, shelf, clock, "me")
    flood(store, range(1, 6), clock)
    flood(store, range(6, 11), clock, school="oak")
    with store.writing() as connection:
        connection.execute(
            deliveries.DELIVERY.update()
            .where(deliveries.DELIVERY.c.id.in_([f"d{n:04}" for n in range(6, 11)]))
            .values(school="oak")
        )
    carry(postroom)
    assert len(shelf.letters) == 7
    assert len(named(shelf.letters[-1])) == 4


@slow
def test_the_accused_is_not_told_in_a_roll_up_either(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    flood(store, range(1, 8), clock)
    flood(
        store, range(8, 9), clock,
        text="Jane Ashdown the headteacher hit a child in the hall", categories=("safeguarding",),
    )  # fmt: skip
    postroom = room(store, shelf, clock, HEAD, LEAD, DEPUTY)
    carry(postroom)
    clock.forward(minutes=1)
    carry(postroom)
    assert not any(8 in named(one) for one in shelf.letters if one.recipient == HEAD.email)
    assert any(8 in named(one) for one in shelf.letters if one.recipient != HEAD.email)


@pytest.mark.parametrize("words", HOSTILE)
def test_foreign_words_in_a_roll_up_stay_words(words: str) -> None:
    line = Line("urgent", False, words, words, words, words, words, words, 2, True)
    notice = RollupNotice(words, (words, words), (line,) * 3, words)
    assert_sound(
        rollup_letter(
            notice, sender="Footprint <footprint@hollybrook.example>", recipient=HEAD.email,
            name=words, message_id="<5f0c.head@footprint.example>", date=START,
        )
    )  # fmt: skip

"""Who hears of a story that is told again: real feeds, the real judge and a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from monitor.settings import Person, School
from monitor.store import deliveries, mentions
from monitor.store.deliveries import DELIVERY, SUMMARY, Delivery
from monitor.store.engine import Store
from tests.conftest import Clock
from tests.feeds import HOLLYBROOK, PRAISE, Item, rss, town

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

CHAIR = Person(name="Ann Bell", email="chair@hollybrook.example", roles=("chair",))
GOVERNED = HOLLYBROOK.model_copy(update={"people": (*HOLLYBROOK.people, CHAIR)})
ABUSE = (
    "Police have been told that a member of staff at Hollybrook Primary School in Stanwick has "
    "been touching pupils in the changing room by the hall. The family of a boy in Year 5 say "
    "that he came home in tears every week since the start of term, that they wrote to the "
    "governors and to the county council, and that nobody has answered them in all that time."
)
NAMED = f"{ABUSE} The accused is Jane Ashdown, headteacher."
KNIFE = (
    "I am bringing a knife to Hollybrook Primary School and I will stab the first teacher that "
    "I see at the gate, you have all been warned now"
)


def alerts(store: Store) -> list[Delivery]:
    with store.reading() as connection:
        found = deliveries.listed(connection, ["hollybrook"])
    return [letter for letter in found if letter.kind == "alert"]


def roles(store: Store) -> list[str]:
    return sorted(alert.role for alert in alerts(store))


def article(name: str, text: str) -> bytes:
    site = f"https://{name}.example/{len(text)}"
    return rss(Item(text, f"{name} {len(text)}", title=f"News of {name}", link=site))


def tell(
    store: Store, clock: Clock, first: str, second: str, *, hours: float = 1, school: School
) -> tuple[int, int]:
    """Alerts of a text in one feed, and of a second in another, so many hours later."""
    with town(store, clock, "gazette", "courier", schools=(school,)) as it:
        it.server.answers |= {"/gazette": rss(), "/courier": rss()}
        it.monitor.poll("gazette"), it.monitor.poll("courier")
        it.server.answers["/gazette"] = article("gazette", first)
        before = it.monitor.poll("gazette").alerted
        clock.forward(hours=hours)
        it.server.answers["/courier"] = article("courier", second)
        return before, it.monitor.poll("courier").alerted


def same_as(store: Store) -> list[str | None]:
    with store.reading() as connection:
        found = mentions.listed(connection)
    return [mention.same_as for mention in sorted(found, key=lambda mention: mention.seen_at)]


def test_a_copy_that_names_the_head_reaches_the_chair_and_nobody_twice(
    store: Store, clock: Clock
) -> None:
    assert tell(store, clock, ABUSE, NAMED, school=GOVERNED) == (1, 1)
    none, first = same_as(store)
    assert none is None
    assert sorted((alert.role, alert.mention_id == first) for alert in alerts(store)) == [
        ("chair", False),
        ("dsl", True),
        ("headteacher", True),
    ]


def test_a_copy_that_names_the_head_in_the_same_reading_reaches_the_chair(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, schools=(GOVERNED,)) as it:
        it.server.answers["/gazette"] = rss()
        it.monitor.poll("gazette")
        items = [
            Item(text, str(number), title=f"News {number}", link=f"https://g.example/{number}")
            for number, text in enumerate((ABUSE, NAMED))
        ]
        it.server.answers["/gazette"] = rss(*items)
        assert it.monitor.poll("gazette").alerted == 2
    assert roles(store) == ["chair", "dsl", "headteacher"]


def test_an_article_that_is_edited_to_name_the_head_reaches_the_chair(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, schools=(GOVERNED,)) as it:
        it.server.answers["/gazette"] = rss(Item(PRAISE, "0"))
        it.monitor.poll("gazette")
        for text, told in ((ABUSE, 1), (NAMED, 1), (f"{NAMED} 12 comments", 0)):
            it.server.answers["/gazette"] = rss(Item(text, "1", title="News"))
            assert it.monitor.poll("gazette").alerted == told, text
    assert roles(store) == ["chair", "dsl", "headteacher"]


def test_the_same_threat_in_the_same_words_is_told_again_months_later(
    store: Store, clock: Clock
) -> None:
    assert tell(store, clock, KNIFE, KNIFE, hours=300 * 24, school=HOLLYBROOK) == (1, 1)
    assert same_as(store) == [None, None]


def test_the_same_threat_is_told_again_on_the_next_day_beside_the_first(
    store: Store, clock: Clock
) -> None:
    words = f"{KNIFE}, tomorrow"
    assert tell(store, clock, words, words, hours=26, school=HOLLYBROOK) == (1, 1)
    assert same_as(store)[1] is not None


def test_the_same_threat_within_hours_is_told_once(store: Store, clock: Clock) -> None:
    words = f"{KNIFE}, tomorrow"
    assert tell(store, clock, words, words, hours=6, school=HOLLYBROOK) == (1, 0)


def test_a_letter_that_was_refused_told_nobody(store: Store, clock: Clock) -> None:
    with town(store, clock, "gazette", "courier") as it:
        it.server.answers |= {"/gazette": rss(), "/courier": rss()}
        it.monitor.poll("gazette"), it.monitor.poll("courier")
        it.server.answers["/gazette"] = article("gazette", KNIFE)
        it.monitor.poll("gazette")
        with store.writing() as connection:
            is_lead = DELIVERY.c.role == "dsl"
            connection.execute(update(DELIVERY).where(is_lead).values(state="refused"))
        it.server.answers["/courier"] = article("courier", KNIFE)
        assert it.monitor.poll("courier").alerted == 1
        it.server.answers["/gazette"] = article("gazette", KNIFE.replace("warned", "Warned"))
        it.monitor.poll("gazette")
    assert roles(store) == ["dsl", "dsl", "headteacher"]


def test_what_a_summary_lists_is_listed_once_and_still_told_when_it_comes_again(
    store: Store, clock: Clock
) -> None:
    with town(store, clock, "gazette", "courier", "voice") as it:
        old = Item(KNIFE, "1", published=clock.now - timedelta(days=4))
        for name in ("gazette", "courier"):
            it.server.answers[f"/{name}"] = rss(replace(old, link=f"https://{name}.example/1"))
            assert it.monitor.poll(name).alerted == 0
        with store.reading() as connection:
            found = deliveries.listed(connection, ["hollybrook"])
        assert [letter.kind for letter in found] == [SUMMARY] * 2  # to each of two people
        it.server.answers["/voice"] = rss()
        it.monitor.poll("voice")
        it.server.answers["/voice"] = article("voice", KNIFE)
        assert it.monitor.poll("voice").alerted == 1
    assert len(alerts(store)) == 2

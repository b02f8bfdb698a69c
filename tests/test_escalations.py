"""An urgent incident that nobody takes is told to the next, and the next, until somebody does."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from alerts.base import DeliveryError
from monitor.addressing import able_to_hear
from monitor.delivery import Postroom
from monitor.escalating import Standing, facts, is_due, next_step
from monitor.escalations import Escalations
from monitor.hearing import dues
from monitor.judge.terms import Judgement, Level
from monitor.settings import Hours, Person, School
from monitor.store import deliveries, incidents, mentions
from monitor.store.deliveries import DELIVERY, ESCALATION, HELD, Delivery, Owed
from monitor.store.engine import Store
from monitor.store.incidents import INCIDENT
from monitor.store.mentions import MENTION
from tests.conftest import Clock
from tests.proofs import crowd
from tests.proofs.kill import Killer, Town
from tests.test_delivery import HEAD, LEAD, START, Shelf, carry, hollybrook, room
from tests.test_store import a_mention

slow = pytest.mark.slow
DEPUTY = Person(name="Tom Reed", email="deputy@hollybrook.example", roles=("deputy",))
SECOND_LEAD = Person(name="Ann Low", email="ddsl@hollybrook.example", roles=("deputy_dsl",))
DUTY = Person(name="Sam Hale", email="duty@hollybrook.example", roles=("duty",))
CHAIR = Person(name="Ian Moss", email="chair@hollybrook.example", roles=("chair",))
EVERYBODY = (HEAD, LEAD, DEPUTY, SECOND_LEAD, DUTY)
INCIDENT_ID = "a" * 32
FRIDAY_NIGHT = datetime(2026, 12, 25, 23, 40, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def begin(
    store: Store, clock: Clock, school: School, *, number: int = 1, incident: str = INCIDENT_ID,
    about: tuple[str, ...] = (), **changed: object,
) -> None:  # fmt: skip
    """An urgent post of an incident that has just been opened, and the alerts that it owes."""
    mention = a_mention(number, url=f"https://town.example/p/{number}", **changed)
    judgement = Judgement(
        profile=school.id, relevant=True, confidence=1.0, sentiment="negative", compound=-0.5,
        categories=mention.categories, level=Level.URGENT, tier="sure", language="en", reasons=(),
    )  # fmt: skip
    heard = dues(
        judgement, school, f"{mention.title}\n{mention.text}", clock.now, published=None, old=False
    )
    row = {
        "id": incident, "school": school.id, "level": "urgent", "kinds": ["threat"],
        "state": "open", "opened_at": clock.now, "changed_at": clock.now, "owner": "",
        "about": list(about), "first_mention": mention.id, "places": 1, "outcome": "",
    }  # fmt: skip
    with store.writing() as connection:
        mentions.add(connection, [mention])
        if incidents.one(connection, incident) is None:
            connection.execute(insert(INCIDENT).values(row))
        connection.execute(
            update(MENTION).where(MENTION.c.id == mention.id).values(incident=incident)
        )
        owed = [
            Owed(
                uuid.uuid4().hex, mention.id, school.id, "urgent", 3, due.role, person.email, due.at
            )
            for person, due in heard
        ]
        deliveries.owe(connection, owed, clock.now)


def live(
    escalations: Escalations, postroom: Postroom, clock: Clock, minutes: int
) -> list[tuple[int, str]]:
    """Let so many minutes pass; who was sent an escalated letter, and at which minute."""
    begun = clock.now
    for _ in range(minutes):
        clock.forward(minutes=1)
        if escalations.owe_due() or clock.now.minute % 5 == 0:
            carry(postroom)
    return sorted(
        (int((one.sent_at - begun).total_seconds() // 60), one.email)
        for one in _escalated(postroom.store)
        if one.sent_at and one.sent_at > begun
    )


def _escalated(store: Store) -> list[Delivery]:
    with store.reading() as connection:
        kept = deliveries.listed(connection, ["hollybrook"], 2000)
    return [one for one in kept if one.kind == ESCALATION]


def world(
    store: Store, shelf: Shelf, clock: Clock, *people: Person
) -> tuple[Escalations, Postroom, School]:
    school = hollybrook(*people)
    return Escalations((school,), store, clock), room(store, shelf, clock, *people), school


@slow
def test_after_15_minutes_the_deputies_hear_after_30_the_duty_leader_then_everybody_again(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(store, shelf, clock, *EVERYBODY)
    begin(store, clock, school)
    carry(postroom)
    assert sorted(letter.recipient for letter in shelf.letters) == [LEAD.email, HEAD.email]
    told = live(escalations, postroom, clock, 125)
    everybody = sorted(person.email for person in EVERYBODY)
    assert told == [
        (15, SECOND_LEAD.email),
        (15, DEPUTY.email),
        (30, DUTY.email),
        *((minute, email) for minute in (60, 90, 120) for email in everybody),
    ]


@slow
@pytest.mark.parametrize("after", [0, 16, 31, 61])
def test_only_a_take_ends_it_at_whatever_step(small: Store, shelf: Shelf, after: int) -> None:
    clock = Clock(START)
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    carry(postroom)
    live(escalations, postroom, clock, after)
    with small.writing() as connection:
        incidents.take(connection, INCIDENT_ID, DEPUTY.email, clock.now)
    assert live(escalations, postroom, clock, 100) == []


@slow
def test_what_was_owed_but_not_written_when_somebody_took_it_does_not_go(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    carry(postroom)
    clock.forward(minutes=15)
    assert escalations.owe_due() == 2
    with small.writing() as connection:
        incidents.take(connection, INCIDENT_ID, HEAD.email, clock.now)
    before = len(shelf.letters)
    carry(postroom)
    assert len(shelf.letters) == before
    assert {one.state for one in _escalated(small)} == {"dropped"}


@slow
def test_a_reopened_incident_escalates_anew(small: Store, shelf: Shelf, clock: Clock) -> None:
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    carry(postroom)
    live(escalations, postroom, clock, 16)
    with small.writing() as connection:
        incidents.close(connection, INCIDENT_ID, HEAD.email, clock.now, "a joke")
    assert live(escalations, postroom, clock, 60) == []
    with small.writing() as connection:
        incidents.reopen(connection, INCIDENT_ID, HEAD.email, clock.now)
    assert live(escalations, postroom, clock, 20) == [(15, DUTY.email)]


@slow
def test_the_escalated_letter_carries_since_when_nobody_has_it(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    carry(postroom)
    live(escalations, postroom, clock, 16)
    said = {one.email: one.facts for one in _escalated(small)}
    assert said[DEPUTY.email] == {
        "escalation": 1,
        "incident": INCIDENT_ID,
        "first_told": START.isoformat(),
        "told": ["dsl", "headteacher"],
    }


@slow
@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((HEAD, LEAD, DUTY), [(15, DUTY.email), (45, LEAD.email)]),
        ((HEAD, LEAD, DEPUTY), [(15, DEPUTY.email), (30, LEAD.email)]),
        ((HEAD, LEAD), [(15, LEAD.email), (45, LEAD.email)]),
        ((HEAD,), [(15, HEAD.email), (45, HEAD.email)]),
    ],
)
def test_where_nobody_holds_a_step_the_next_takes_its_place(
    small: Store,
    shelf: Shelf,
    clock: Clock,
    people: tuple[Person, ...],
    expected: list[tuple[int, str]],
) -> None:
    escalations, postroom, school = world(small, shelf, clock, *people)
    begin(small, clock, school)
    carry(postroom)
    told = live(escalations, postroom, clock, 46)
    assert [one for one in told if one[0] <= expected[-1][0]][:1] == expected[:1]
    assert expected[-1] in told


@slow
def test_at_no_step_is_the_accused_told_nor_asked_to_take_it(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    people = (HEAD, LEAD, DEPUTY, DUTY, CHAIR)
    escalations, postroom, school = world(small, shelf, clock, *people)
    words = "Tom Reed the deputy head hit a child in the hall"
    begin(
        small, clock, school, about=(DEPUTY.email,), text=words, title="",
        categories=("safeguarding",),
    )  # fmt: skip
    with small.reading() as connection:
        mention = mentions.one(connection, "m1")
    assert mention is not None
    assert DEPUTY not in able_to_hear(school, mention).people
    carry(postroom)
    live(escalations, postroom, clock, 100)
    assert DEPUTY.email not in {letter.recipient for letter in shelf.letters}
    assert DUTY.email in {letter.recipient for letter in shelf.letters}


@slow
def test_where_one_post_of_an_incident_accuses_somebody_no_letter_about_it_reaches_them(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    words = "Tom Reed the deputy head hit a child in the hall"
    begin(small, clock, school, number=2, text=words, title="", categories=("safeguarding",))
    carry(postroom)
    told = live(escalations, postroom, clock, 70)
    assert DEPUTY.email not in {email for _, email in told}
    assert SECOND_LEAD.email in {email for _, email in told}


@slow
def test_five_workers_at_once_owe_each_step_once(store: Store, shelf: Shelf, clock: Clock) -> None:
    escalations, postroom, school = world(store, shelf, clock, *EVERYBODY)
    begin(store, clock, school)
    carry(postroom)
    clock.forward(minutes=15)
    start = threading.Barrier(5)
    found: list[int | None] = []

    def work() -> None:
        start.wait()
        found.append(escalations.owe_due())

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one for one in found if one) == [2]
    assert sorted(one.email for one in _escalated(store)) == [SECOND_LEAD.email, DEPUTY.email]


@slow
def test_an_hour_s_sleep_skips_no_step_and_makes_no_burst(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    carry(postroom)
    clock.forward(hours=8)
    told = live(escalations, postroom, clock, 20)
    assert told == [(1, SECOND_LEAD.email), (1, DEPUTY.email), (16, DUTY.email)]


@slow
def test_while_mail_is_refused_nobody_is_owed_a_second_letter_before_the_first_has_gone(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    shelf.fault = DeliveryError("the mail server cannot be reached", server=True)
    live(escalations, postroom, clock, 6 * 60)
    with small.reading() as connection:
        kept = deliveries.listed(connection, ["hollybrook"], 2000)
    assert sorted(one.email for one in kept) == sorted(person.email for person in EVERYBODY)
    shelf.fault = None
    clock.forward(minutes=5)
    carry(postroom)
    assert len(shelf.letters) == len(EVERYBODY)


@slow
def test_an_escalated_letter_that_is_refused_for_ever_goes_to_the_next_leader(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(small, shelf, clock, HEAD, LEAD, DEPUTY, CHAIR)
    begin(small, clock, school)
    carry(postroom)

    def refuse(letter: object) -> None:
        if getattr(letter, "recipient", "") == DEPUTY.email:
            raise DeliveryError("550 no such person", permanent=True)

    shelf.before = refuse
    clock.forward(minutes=15)
    escalations.owe_due()
    carry(postroom)
    assert [letter.recipient for letter in shelf.letters[2:]] == [HEAD.email]


@slow
def test_what_a_restored_backup_holds_is_not_escalated_before_a_person_decides(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, _, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    clock.forward(hours=1)
    with small.writing() as connection:
        connection.execute(update(DELIVERY).values(state=HELD))
    assert escalations.owe_due() is None
    with small.writing() as connection:
        connection.execute(update(DELIVERY).values(state="owed"))
    assert escalations.owe_due() == 2


@slow
def test_a_new_alert_of_what_a_restored_backup_holds_is_escalated_like_any(
    small: Store, shelf: Shelf, clock: Clock
) -> None:
    escalations, postroom, school = world(small, shelf, clock, *EVERYBODY)
    begin(small, clock, school)
    with small.writing() as connection:
        connection.execute(update(DELIVERY).values(state=HELD))
    clock.forward(hours=1)
    begin(small, clock, school, number=2)
    carry(postroom)
    assert escalations.owe_due() is None
    clock.forward(minutes=15)
    assert escalations.owe_due() == 2


@slow
def test_from_a_post_that_is_read_to_the_letter_that_says_that_nobody_has_it(small: Store) -> None:
    town, clock = Town(Killer()), crowd.Clock()
    try:
        with crowd.world(small, clock, town, 1) as made:
            made.step(timedelta(minutes=1))
            town.posts = 1
            made.step(timedelta(minutes=1))
            assert len(made.sent) == 2
            escalations = Escalations((crowd.SCHOOL,), small, clock)
            assert escalations.owe_due() is None
            clock.now += timedelta(minutes=15)
            assert escalations.owe_due() == 2
            made.step(timedelta(minutes=1))
    finally:
        town.close()
    assert len(made.sent) == 4
    again = made.server.accepted[-1].message
    assert "Nobody has this yet" in str(again["Subject"])


def a_standing(**changed: object) -> Standing:
    values: dict[str, object] = {
        "since": START, "step": 0, "stepped_at": None, "told": frozenset({HEAD.email, LEAD.email}),
        "waiting": frozenset(),
    }  # fmt: skip
    return Standing(**{**values, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "begun",
    [
        datetime(2026, 11, 21, 23, 40, tzinfo=UTC),  # a Saturday night
        FRIDAY_NIGHT,  # Christmas Day
        datetime(2026, 8, 12, 3, 0, tzinfo=UTC),  # in the summer holidays
        datetime(2026, 3, 29, 0, 50, tzinfo=UTC),  # the clocks go forward
        datetime(2026, 10, 25, 0, 50, tzinfo=UTC),  # and back
    ],
)
def test_no_hour_is_too_late_and_no_day_is_free(begun: datetime) -> None:
    school = hollybrook(*EVERYBODY)
    standing = a_standing(since=begun)
    assert not is_due(standing, school, begun + timedelta(minutes=14, seconds=59))
    assert is_due(standing, school, begun + timedelta(minutes=15))


def test_the_minutes_are_the_school_s_own() -> None:
    school = hollybrook(*EVERYBODY).model_copy(update={"hours": Hours(escalate_minutes=5)})
    assert is_due(a_standing(), school, START + timedelta(minutes=5))
    assert not is_due(a_standing(), school, START + timedelta(minutes=4))


def test_a_clock_that_was_set_back_delays_nothing() -> None:
    school = hollybrook(*EVERYBODY)
    assert is_due(a_standing(since=START + timedelta(days=2)), school, START)
    later = a_standing(step=1, stepped_at=START + timedelta(days=2))
    assert is_due(later, school, START)


def test_who_has_a_letter_waiting_is_left_out_of_the_repeat() -> None:
    school = hollybrook(HEAD, LEAD)
    step = next_step(a_standing(step=2, waiting=frozenset({HEAD.email})), school)
    assert step is not None
    assert [person for _, person in step.people] == [LEAD]
    all_wait = frozenset({HEAD.email, LEAD.email})
    assert next_step(a_standing(step=2, waiting=all_wait), school) is None


def test_facts_say_nothing_of_a_letter_that_has_not_gone() -> None:
    step = next_step(a_standing(), hollybrook(*EVERYBODY))
    assert step is not None
    assert facts(step, INCIDENT_ID, None, {"dsl"})["first_told"] == ""

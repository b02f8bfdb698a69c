"""A letter that is owed: written once, carried, settled; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.base import Channel, DeliveryError, Letter
from alerts.folder import FolderChannel
from alerts.smtp import SmtpChannel
from monitor.delivery import Delivered, Postroom
from monitor.settings import Hours, Mail, Person, School, Settings
from monitor.store import deliveries, mentions
from monitor.store.deliveries import ALERT, SUMMARY, Delivery
from monitor.store.engine import Store
from tests.conftest import Clock
from tests.letters import body
from tests.mailserver import MailServer
from tests.test_store import a_mention, an_alert, keep

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

HEAD = Person(name="Jane Ashdown", email="head@hollybrook.example", roles=("headteacher",))
LEAD = Person(name="Priya Nair", email="dsl@hollybrook.example", roles=("dsl",))
DEPUTY = Person(name="Tom Reed", email="deputy@hollybrook.example", roles=("deputy",))
START = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)


def hollybrook(*people: Person) -> School:
    return School(id="hollybrook", name="Hollybrook Primary School", people=people)


class Shelf:
    """A channel that keeps what it is given, or fails as it is told to."""

    name = "shelf"

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.fault: Exception | None = None
        self.before: Callable[[Letter], None] = lambda _: None

    def tell(self, letter: Letter) -> str:
        self.before(letter)
        if self.fault:
            raise self.fault
        self.letters.append(letter)
        return "250 ok"


def room(
    store: Store, channel: Channel, clock: Clock, *people: Person, folder: Path = Path("/")
) -> Postroom:
    school = hollybrook(*people)
    mail = Mail.model_validate({"from": "Footprint <footprint@hollybrook.example>"})
    settings = Settings(folder=folder, mail=mail, schools=(school,))
    return Postroom(settings, (school,), store, channel, clock, "me")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def owe(store: Store, *people: Person, level: str = "urgent", mention: str = "m1") -> None:
    with store.writing() as connection:
        if mentions.one(connection, mention) is None:
            mentions.add(connection, [a_mention(int(mention[1:]))])
        priority = 3 if level == "urgent" else 2
        owed = [
            an_alert(
                n, mention, id=f"{mention}-{n}-{level}", level=level,
                priority=priority, role=person.roles[0], email=person.email, due_at=START,
            )
            for n, person in enumerate(people)
        ]  # fmt: skip
        deliveries.owe(connection, owed, START)


def carry(postroom: Postroom) -> list[Delivered]:
    return list(iter(postroom.deliver_one, None))


def the_only(store: Store) -> Delivery:
    with store.reading() as connection:
        (found,) = deliveries.listed(connection, ["hollybrook"])
    return found


def test_each_person_is_told_once_by_a_message_of_their_own(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD, LEAD)
    told = carry(room(store, shelf, clock, HEAD, LEAD))
    assert [letter.state for letter in told] == ["sent", "sent"]
    assert sorted(letter.recipient for letter in shelf.letters) == [LEAD.email, HEAD.email]
    assert len({letter.message_id for letter in shelf.letters}) == 2
    assert carry(room(store, shelf, clock, HEAD, LEAD)) == []


def test_the_message_is_committed_before_the_server_is_spoken_to(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    seen: list[Letter | None] = []
    shelf.before = lambda _: seen.append(the_only(store).letter)
    carry(room(store, shelf, clock, HEAD))
    assert seen == shelf.letters


def test_what_is_sent_again_is_the_same_to_the_byte(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    tried: list[Letter] = []
    shelf.before = tried.append
    postroom = room(store, shelf, clock, HEAD)
    shelf.fault = DeliveryError("450 later")
    for _ in range(5):
        carry(postroom)
        clock.forward(hours=1)
    shelf.fault = None
    carry(postroom)
    assert len(tried) == 6
    assert set(tried) == set(shelf.letters)


def test_a_crash_after_the_250_sends_the_same_bytes_again_when_the_lease_runs_out(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    class Killed(BaseException):
        """As if the process had been killed between the 250 and the commit."""

    owe(store, HEAD)
    accepted: list[Letter] = []

    def crash(letter: Letter) -> None:
        accepted.append(letter)
        raise Killed

    shelf.before = crash
    with pytest.raises(Killed):
        carry(room(store, shelf, clock, HEAD))
    shelf.before = lambda _: None
    assert carry(room(store, shelf, clock, HEAD)) == []
    clock.forward(seconds=61)
    carry(room(store, shelf, clock, HEAD))
    assert shelf.letters == accepted


def test_a_letter_refused_for_ever_is_shown_and_touches_no_other(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD, LEAD)

    def refuse(letter: Letter) -> None:
        if letter.recipient == HEAD.email:
            raise DeliveryError("550 no such person", permanent=True)

    shelf.before = refuse
    postroom = room(store, shelf, clock, HEAD, LEAD)
    states = {letter.recipient: letter.state for letter in carry(postroom)}
    assert states == {HEAD.email: "refused", LEAD.email: "sent"}
    clock.forward(days=6)
    assert carry(postroom) == []
    with store.reading() as connection:
        (shown,) = deliveries.troubled(connection, ["hollybrook"])
    assert shown.error == "550 no such person"


def test_what_one_person_cannot_get_goes_to_the_next_leader_at_once(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD, LEAD)

    def refuse(letter: Letter) -> None:
        if letter.recipient == LEAD.email:
            raise DeliveryError("550 no such person", permanent=True)

    shelf.before = refuse
    carry(room(store, shelf, clock, HEAD, LEAD, DEPUTY))
    assert sorted(letter.recipient for letter in shelf.letters) == [DEPUTY.email, HEAD.email]


def test_what_an_address_refused_goes_to_the_corrected_one_after_a_restart(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, LEAD, HEAD)
    shelf.fault = DeliveryError("550 no such person", permanent=True)
    carry(room(store, shelf, clock, LEAD))
    shelf.fault = None
    again = room(store, shelf, clock, LEAD, HEAD)
    again.reconsider()
    assert carry(again) == []
    corrected = LEAD.model_copy(update={"email": "lead@hollybrook.example"})
    mended = room(store, shelf, clock, corrected)
    mended.reconsider()
    mended.reconsider()
    carry(mended)
    assert [letter.recipient for letter in shelf.letters] == [corrected.email]


def test_a_letter_that_fails_for_now_waits_and_the_others_go_on(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD, LEAD)

    def later(letter: Letter) -> None:
        if letter.recipient == HEAD.email:
            raise DeliveryError("450 mailbox busy")

    shelf.before = later
    postroom = room(store, shelf, clock, HEAD, LEAD)
    assert sorted(letter.state for letter in carry(postroom)) == ["owed", "sent"]
    clock.forward(seconds=59)
    assert carry(postroom) == []
    clock.forward(seconds=2)
    assert [letter.recipient for letter in carry(postroom)] == [HEAD.email]


@pytest.mark.slow
def test_a_letter_is_given_up_after_five_days_of_tries(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    shelf.fault = DeliveryError("450 mailbox full")
    postroom = room(store, shelf, clock, HEAD)
    states = []
    while clock.now < START + timedelta(days=6):
        states += [(letter.state, clock.now) for letter in carry(postroom)]
        clock.forward(minutes=30)
    assert states[-1][0] == "given up"
    assert states[-1][1] - START >= timedelta(days=5)
    assert all(state == "owed" for state, _ in states[:-1])


@pytest.mark.slow
def test_fifty_letters_wait_out_three_days_without_a_server_and_leave_urgent_first(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    for number in range(1, 26):
        owe(store, HEAD, LEAD, level="respond" if number % 2 else "urgent", mention=f"m{number}")
    postroom = room(store, shelf, clock, HEAD, LEAD)
    shelf.fault = DeliveryError("the mail server cannot be reached", server=True)
    tries = 0
    while clock.now < START + timedelta(hours=72):
        tries += len(carry(postroom))
        clock.forward(minutes=1)
    assert tries > 72 * 12 - 10
    with store.reading() as connection:
        outage = deliveries.outage(connection, "shelf")
    assert outage is not None
    assert outage.since == START
    shelf.fault = None
    back = clock.now
    while told_of(store) < 50 and clock.now < back + timedelta(minutes=10):
        carry(postroom)
        clock.forward(seconds=1)
    assert clock.now - back <= timedelta(minutes=5, seconds=1)
    # So many at once to each of two people: some letters, and one that names all the others.
    assert len({letter.message_id for letter in shelf.letters}) == len(shelf.letters) <= 24
    # One letter was being tried while the server was away; all after it go by seriousness.
    urgent = ["rgent" in letter.content.decode() for letter in shelf.letters]
    assert urgent[1:] == sorted(urgent[1:], reverse=True)
    with store.reading() as connection:
        assert deliveries.outage(connection, "shelf") is None


def told_of(store: Store) -> int:
    """How many alerts have been told, by a letter of their own or in a roll-up that has gone."""
    with store.reading() as connection:
        kept = deliveries.listed(connection, ["hollybrook"], limit=1000)
    return sum(one.kind == ALERT and one.sent_at is not None for one in kept)


def test_a_fault_of_our_own_in_a_channel_costs_one_try_of_one_letter(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    shelf.fault = RuntimeError("unforeseen")
    postroom = room(store, shelf, clock, HEAD)
    (told,) = carry(postroom)
    assert (told.state, told.error) == ("owed", "a fault in Footprint itself (RuntimeError)")


def test_a_letter_that_cannot_be_written_waits_and_the_others_go(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention(1, level="urgent", reasons=({"rule": "x"},))])
    owe(store, HEAD, mention="m1")
    owe(store, LEAD, mention="m2")
    postroom = room(store, shelf, clock, HEAD, LEAD)
    states = {letter.recipient: letter.state for letter in carry(postroom)}
    assert states == {HEAD.email: "owed", LEAD.email: "sent"}
    with store.reading() as connection:
        (shown,) = deliveries.troubled(connection, ["hollybrook"])
    assert "a fault in Footprint itself (KeyError)" in shown.error


def test_a_machine_that_was_off_for_a_week_has_not_tried_yet(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    clock.forward(days=6)
    shelf.fault = DeliveryError("450 greylisted")
    postroom = room(store, shelf, clock, HEAD)
    assert [letter.state for letter in carry(postroom)] == ["owed"]
    clock.forward(hours=1)
    shelf.fault = None
    assert [letter.state for letter in carry(postroom)] == ["sent"]


def test_a_server_that_is_away_for_weeks_is_outlasted(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    shelf.fault = DeliveryError("the mail server cannot be reached", server=True)
    postroom = room(store, shelf, clock, HEAD)
    for _ in range(20):
        assert {letter.state for letter in carry(postroom)} <= {"owed"}
        clock.forward(days=1)
    shelf.fault = None
    assert [letter.state for letter in carry(postroom)] == ["sent"]


def test_letters_for_a_school_that_has_left_the_configuration_are_counted(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    with store.reading() as connection:
        assert deliveries.orphaned(connection, ["elmside"]) == {"hollybrook": 1}
        assert deliveries.orphaned(connection, ["hollybrook"]) == {}


def test_a_new_head_hears_what_the_old_one_was_owed(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD, LEAD)
    new = Person(name="New Head", email="newhead@hollybrook.example", roles=("headteacher",))
    carry(room(store, shelf, clock, new, LEAD))
    assert sorted(letter.recipient for letter in shelf.letters) == [LEAD.email, new.email]


@pytest.mark.parametrize(
    ("contact", "recipient"),
    [("duty@elsewhere.example", "duty@elsewhere.example"), ("", HEAD.email)],
)
def test_what_the_holiday_contact_is_owed_goes_there_or_to_the_head_once_there_is_none(
    store: Store, shelf: Shelf, clock: Clock, contact: str, recipient: str
) -> None:
    away = {"role": "holiday_contact", "email": "duty@elsewhere.example", "due_at": START}
    keep(store, an_alert(level="respond", priority=2, **away))
    post = room(store, shelf, clock, HEAD)
    school = hollybrook(HEAD).model_copy(update={"hours": Hours(holiday_contact=contact)})
    settings = post.settings.model_copy(update={"schools": (school,)})
    carry(replace(post, settings=settings, schools=(school,)))
    assert [letter.recipient for letter in shelf.letters] == [recipient]


def test_the_recipient_is_fixed_with_the_bytes(store: Store, shelf: Shelf, clock: Clock) -> None:
    owe(store, HEAD)
    shelf.fault = DeliveryError("450 later")
    carry(room(store, shelf, clock, HEAD))
    shelf.fault = None
    clock.forward(hours=1)
    new = Person(name="New Head", email="newhead@hollybrook.example", roles=("headteacher",))
    carry(room(store, shelf, clock, new, HEAD))
    assert [letter.recipient for letter in shelf.letters] == [HEAD.email]


def test_a_letter_to_somebody_who_left_in_an_outage_goes_to_the_next_and_not_to_them(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD)
    shelf.fault = DeliveryError("450 later")
    carry(room(store, shelf, clock, HEAD))
    shelf.fault = None
    clock.forward(days=10)
    new = Person(name="New Head", email="newhead@hollybrook.example", roles=("headteacher",))
    told = carry(room(store, shelf, clock, new))
    assert [letter.recipient for letter in shelf.letters] == [new.email]
    assert [(one.recipient, one.state) for one in told] == [
        (HEAD.email, "refused"),
        (new.email, "sent"),
    ]


def test_where_the_head_has_gone_the_deputy_hears(store: Store, shelf: Shelf, clock: Clock) -> None:
    owe(store, HEAD)
    carry(room(store, shelf, clock, DEPUTY))
    assert [letter.recipient for letter in shelf.letters] == [DEPUTY.email]


def test_an_alert_never_goes_to_nobody_in_silence(store: Store, shelf: Shelf, clock: Clock) -> None:
    owe(store, HEAD)
    (told,) = carry(room(store, shelf, clock))
    assert told.state == "owed"
    assert "nobody at hollybrook is configured to be told" in told.error
    clock.forward(hours=1)
    carry(room(store, shelf, clock, HEAD))
    assert [letter.recipient for letter in shelf.letters] == [HEAD.email]


def test_nobody_is_told_twice_where_one_person_takes_over_both_roles(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe(store, HEAD, LEAD)
    both = replace_roles(LEAD, "dsl", "headteacher")
    told = carry(room(store, shelf, clock, both))
    assert sorted(letter.state for letter in told) == ["dropped", "sent"]
    assert [letter.recipient for letter in shelf.letters] == [LEAD.email]


@pytest.mark.parametrize("role", ["chair", "duty", "vice_chair", "trust", "clerk", "dpo"])
def test_what_somebody_without_a_stand_in_was_owed_goes_to_the_next_leader(
    store: Store, shelf: Shelf, clock: Clock, role: str
) -> None:
    gone = Person(name="Ann Bell", email="gone@hollybrook.example", roles=(role,))
    owe(store, gone)
    carry(room(store, shelf, clock, DEPUTY, HEAD))
    assert [letter.recipient for letter in shelf.letters] == [HEAD.email]


@pytest.mark.parametrize(
    ("text", "warns"),
    [
        ("Mrs Ashdown hit my son and I will stab her", True),
        ("somebody hit my son and I will stab them", False),
    ],
)
def test_an_alert_of_a_threat_says_that_the_accused_who_is_not_told_must_be_warned(
    store: Store, shelf: Shelf, clock: Clock, text: str, *, warns: bool
) -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention(text=text, categories=("threat", "safeguarding"))])
    owe(store, LEAD)
    carry(room(store, shelf, clock, HEAD, LEAD))
    (letter,) = shelf.letters
    said = " ".join(body(letter).split())
    assert ("may be in danger, and is not sent this" in said) is warns
    assert "Ashdown" not in said


def owe_summary(store: Store, person: Person, role: str = "") -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention()])
        letter = an_alert(
            mention=None, email=person.email, role=role or person.roles[0], due_at=START,
            kind=SUMMARY, subject="gazette hollybrook", level="respond",
            facts={"source": "gazette", "mentions": ["m1"]},
        )  # fmt: skip
        deliveries.owe(connection, [letter], START)


def test_a_summary_goes_to_the_holiday_contact_who_is_an_address_alone(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    contact = Person(name="Duty", email="duty@elsewhere.example", roles=("duty",))
    owe_summary(store, contact, "holiday_contact")
    post = room(store, shelf, clock, HEAD)
    hours = Hours(holiday_contact=contact.email)
    school = hollybrook(HEAD).model_copy(update={"hours": hours})
    settings = post.settings.model_copy(update={"schools": (school,)})
    carry(replace(post, settings=settings, schools=(school,)))
    assert [letter.recipient for letter in shelf.letters] == [contact.email]


def test_a_summary_that_is_refused_goes_to_the_next_leader_with_all_that_it_says(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe_summary(store, HEAD)

    def refuse(letter: Letter) -> None:
        if letter.recipient == HEAD.email:
            raise DeliveryError("550 no such person", permanent=True)

    shelf.before = refuse
    carry(room(store, shelf, clock, HEAD, DEPUTY))
    (letter,) = shelf.letters
    assert letter.recipient == DEPUTY.email
    assert b"gazette" in letter.content


def test_a_summary_that_an_address_refused_goes_to_the_corrected_one_after_a_restart(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    owe_summary(store, HEAD)
    shelf.fault = DeliveryError("550 no such person", permanent=True)
    carry(room(store, shelf, clock, HEAD))
    shelf.fault = None
    corrected = HEAD.model_copy(update={"email": "jane@hollybrook.example"})
    mended = room(store, shelf, clock, corrected)
    mended.reconsider()
    mended.reconsider()
    carry(mended)
    assert [letter.recipient for letter in shelf.letters] == [corrected.email]


def replace_roles(person: Person, *roles: str) -> Person:
    return person.model_copy(update={"roles": roles})


def test_a_letter_that_is_not_due_yet_stays(store: Store, shelf: Shelf, clock: Clock) -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention()])
        monday = START + timedelta(days=6)
        owed = replace(an_alert(), email=HEAD.email, due_at=monday)
        deliveries.owe(connection, [owed], START)
    postroom = room(store, shelf, clock, HEAD)
    assert carry(postroom) == []
    clock.now = monday
    assert len(carry(postroom)) == 1


def test_the_mail_names_no_person_and_quotes_no_post_in_its_subject(
    store: Store, shelf: Shelf, clock: Clock
) -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention(title="Mr Lacey stole", text="Mr Lacey stole it")])
    owe(store, HEAD)
    carry(room(store, shelf, clock, HEAD))
    (letter,) = shelf.letters
    assert b"Lacey" not in letter.content


@contextmanager
def smtp() -> Iterator[tuple[MailServer, SmtpChannel]]:
    with MailServer(security="none") as server:
        yield server, SmtpChannel("127.0.0.1", server.port, "none", "", "")


def test_one_recipients_refusal_by_a_real_server_does_not_touch_the_others(
    store: Store, clock: Clock
) -> None:
    owe(store, HEAD, LEAD, DEPUTY)
    with smtp() as (server, channel):
        server.on("rcpt", "550 5.1.1 no such person", to=LEAD.email)
        postroom = room(store, channel, clock, HEAD, LEAD, DEPUTY)
        states = {letter.recipient: letter.state for letter in carry(postroom)}
        clock.forward(days=1)
        carry(postroom)
    assert states == {HEAD.email: "sent", LEAD.email: "refused", DEPUTY.email: "sent"}
    assert sorted(mail.recipients[0] for mail in server.accepted) == [DEPUTY.email, HEAD.email]


def test_a_relay_that_denies_us_for_a_while_costs_no_alert(store: Store, clock: Clock) -> None:
    owe(store, HEAD)
    with smtp() as (server, channel):
        server.on("rcpt", "554 5.7.1 Relay access denied", times=1)
        postroom = room(store, channel, clock, HEAD)
        assert [letter.state for letter in carry(postroom)] == ["owed"]
        clock.forward(minutes=2)
        assert [letter.state for letter in carry(postroom)] == ["sent"]


def test_a_lost_250_from_a_real_server_repeats_the_same_bytes(store: Store, clock: Clock) -> None:
    owe(store, HEAD)
    with smtp() as (server, channel):
        server.on("accepted", drop=True, times=1)
        postroom = room(store, channel, clock, HEAD)
        assert [letter.state for letter in carry(postroom)] == ["owed"]
        clock.forward(minutes=2)
        assert [letter.state for letter in carry(postroom)] == ["sent"]
    first, second = server.accepted
    assert first.content == second.content


def test_a_refused_sign_in_pauses_mail_and_loses_none(store: Store, clock: Clock) -> None:
    owe(store, HEAD, LEAD)
    with smtp() as (server, channel):
        server.on("mail", "530 5.7.0 authentication required")
        postroom = room(store, channel, clock, HEAD, LEAD)
        assert len(carry(postroom)) == 1
        assert server.accepted == []
    with smtp() as (server, channel):
        clock.forward(minutes=2)
        carry(room(store, channel, clock, HEAD, LEAD))
        assert len(server.accepted) == 2


def test_a_folder_gets_one_file_a_letter_however_often_it_is_told(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    owe(store, HEAD, LEAD)
    carry(room(store, FolderChannel(tmp_path / "outbox"), clock, HEAD, LEAD))
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 2

"""The program watches itself: rounds over a real store, letters, notes, the outside heartbeat."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import event

from alerts.second import SecondChannel
from alerts.smtp import SmtpChannel
from monitor.caretaker import Caretaker
from monitor.delivery import Postroom
from monitor.heartbeat import Heartbeat
from monitor.machine import Kept, Trouble
from monitor.pulse import Pulse
from monitor.schedule import Schedule
from monitor.second import addresses
from monitor.settings import Mail, Person, School, Settings
from monitor.steps import Step
from monitor.store import confirmed, deliveries
from monitor.store.deliveries import Outage
from monitor.store.engine import Store
from monitor.store.opening import open_store
from sources.fetch import Fetcher
from tests.conftest import Clock
from tests.mailserver import MailServer
from tests.test_commands import Desk
from tests.test_delivery import HEAD, LEAD, START, owe
from tests.test_machine import Seconds
from tests.web_cast import NOW, ask, served, settings
from tests.webserver import Reply, WebServer

pytestmark = pytest.mark.slow

WAIT = 30  # seconds; a guard against hanging, never a measure
KEEPER = Person(name="Ola Grant", email="it@hollybrook.example", roles=("it",))
ADDRESS = "note-address"


class House:
    """A caretaker and both rooms over one store; time passes for clock and seconds alike."""

    def __init__(self, store: Store, post: MailServer, server: WebServer, clock: Clock) -> None:
        server.answers[f"/{ADDRESS}"] = b"ok"
        second = SecretStr(f"json://{server.host}/{ADDRESS}")
        head = HEAD.model_copy(update={"second": second})
        school = School(id="hollybrook", name="Hollybrook", people=(head, LEAD, KEEPER))
        self.settings = Settings(
            folder=Path("/"),
            mail=Mail.model_validate({"from": "footprint@hollybrook.example"}),
            schools=(school,),
        )
        self.store, self.clock, self.seconds = store, clock, Seconds()
        self.pulse = Pulse(self.seconds)
        schools = (school,)
        mail = SmtpChannel(post.host, post.port, "none", "", "", timeout=5)
        notes = SecondChannel(addresses(schools), lambda *_: None, (server.host,))
        self.mail = Postroom(self.settings, schools, store, mail, clock, "me")
        self.notes = Postroom(self.settings, schools, store, notes, clock, "me", second=True)
        self.caretaker = Caretaker(
            settings=self.settings,
            schools=schools,
            store=store,
            channel=mail,
            second=notes,
            clock=clock,
            monotonic=self.seconds,
            pulse=self.pulse,
            ahead=lambda: (),
        )

    def pass_time(self, minutes: float, *, every: float = 5) -> None:
        """Rounds and deliveries, five minutes apart."""
        left = minutes
        while left > 0:
            step = min(every, left)
            self.clock.forward(minutes=step)
            self.seconds.now += step * 60
            left -= step
            self.work()

    def work(self) -> None:
        self.caretaker.round()
        for room in (self.mail, self.notes):
            list(iter(room.deliver_one, None))

    @property
    def wrong(self) -> list[str]:
        return [trouble.name for trouble in self.caretaker.troubles]


def subjects(post: MailServer) -> list[tuple[str, str]]:
    found = []
    for mail in post.accepted:
        message = message_from_bytes(mail.content, policy=policy.default)
        subject = str(message["Subject"]).strip()
        if "Footprint itself" in subject:
            found.append((mail.recipients[0], subject.partition(" (")[0]))
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def test_a_mail_server_that_is_down_for_two_hours_is_told_once_and_its_end_once(
    store: Store, clock: Clock
) -> None:
    with MailServer() as post, WebServer() as server:
        house = House(store, post, server, clock)
        post.on("greeting", "421 away", times=10_000)
        owe(store, HEAD)
        house.work()
        house.pass_time(55)
        assert house.wrong == ["mail"]
        assert server.requests == []
        house.pass_time(65)
        assert len(server.requests) == 1
        assert b"Footprint: mail is not going out" in server.requests[0].body
        assert not house.caretaker.is_good
        post.on("greeting")
        post._acts.clear()
        house.pass_time(10)
        assert house.wrong == []
        assert subjects(post) == [
            (KEEPER.email, "Footprint itself: Over: Mail is not going out"),
        ]
        assert len(server.requests) == 2
        house.pass_time(60)
    assert len(server.requests) == 2
    assert len(subjects(post)) == 1


def test_one_refused_address_is_told_to_it_at_once_and_the_alert_goes_on(
    store: Store, clock: Clock
) -> None:
    with MailServer() as post, WebServer() as server:
        house = House(store, post, server, clock)
        post.on("rcpt", "550 5.1.1 no such user", to=HEAD.email)
        owe(store, HEAD)
        house.work()
        house.work()
        house.work()
        told = [mail.recipients[0] for mail in post.accepted]
        assert LEAD.email in told
        assert subjects(post) == [
            (KEEPER.email, f"Footprint itself: Mail to {HEAD.email} is refused")
        ]
        house.pass_time(30)
    assert len(subjects(post)) == 1


def test_a_clock_that_jumps_is_told_and_one_that_runs_is_not(store: Store, clock: Clock) -> None:
    with MailServer() as post, WebServer() as server:
        house = House(store, post, server, clock)
        house.work()
        house.pass_time(60)
        assert house.wrong == []
        clock.forward(hours=8)
        house.work()
        house.work()
        assert house.wrong == ["clock"]
        assert [subject for _, subject in subjects(post)] == [
            "Footprint itself: The clock of this machine is not right"
        ]
        house.pass_time(70)
        assert house.wrong == []
        assert subjects(post)[-1][1].startswith("Footprint itself: Over: The clock")


def test_a_step_that_hangs_is_seen_in_two_minutes_and_told_in_a_quarter_of_an_hour(
    store: Store, clock: Clock
) -> None:
    with MailServer() as post, WebServer() as server:
        house = House(store, post, server, clock)
        house.pulse.expect("poll", 2)
        house.work()
        assert house.caretaker.is_good
        house.seconds.now += 125
        clock.forward(seconds=125)
        assert house.wrong == ["step poll"]
        assert not house.caretaker.is_good
        house.pass_time(10)
        assert subjects(post) == []
        house.pass_time(10)
        assert [subject for _, subject in subjects(post)] == [
            "Footprint itself: Reading the sources has stopped"
        ]
        house.pulse.beat("poll")
        house.work()
        house.work()
        assert subjects(post)[-1][1] == "Footprint itself: Over: Reading the sources has stopped"


def test_a_database_that_cannot_be_written_is_told_past_it_and_its_end_by_it(
    small: Store, clock: Clock
) -> None:
    """SQLite itself is told to refuse every write, as it does where the disk is read-only."""
    with MailServer() as post, WebServer() as server:
        house = House(small, post, server, clock)
        house.work()
        set_read_only(small, True)
        for _ in range(6):
            clock.forward(minutes=1)
            house.seconds.now += 60
            house.caretaker.round()
        assert house.wrong == ["store"]
        assert not house.caretaker.is_good
        assert subjects(post) == [
            (KEEPER.email, "Footprint itself: The database cannot be written")
        ]
        set_read_only(small, False)
        house.pass_time(10)
        assert house.wrong == []
        assert [subject for _, subject in subjects(post)] == [
            "Footprint itself: The database cannot be written",
            "Footprint itself: Over: The database cannot be written",
        ]


def set_read_only(store: Store, refused: bool) -> None:
    store.engine.dispose()
    if refused:
        event.listen(store.engine, "connect", _refuse_writes)
    else:
        event.remove(store.engine, "connect", _refuse_writes)


def _refuse_writes(connection: object, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")  # type: ignore[attr-defined]


def test_what_was_wrong_is_remembered_over_a_restart(store: Store, clock: Clock) -> None:
    with MailServer() as post, WebServer() as server:
        post.on("greeting", "421 away", times=10_000)
        before = House(store, post, server, clock)
        owe(store, HEAD)
        before.work()
        before.pass_time(70)
        after = House(store, post, server, clock)
        after.pass_time(60)
        with store.reading() as connection:
            (kept,) = confirmed.troubles(connection)
    assert (kept.name, kept.since, kept.told) == ("mail", START, True)
    assert len(server.requests) == 1


def test_the_letters_go_through_the_outbox(store: Store, clock: Clock) -> None:
    with MailServer() as post, WebServer() as server:
        house = House(store, post, server, clock)
        house.work()
        clock.forward(hours=8)
        house.caretaker.round()
        with store.reading() as connection:
            owed = deliveries.listed(connection, ["hollybrook"])
        assert [(one.kind, one.email, one.state) for one in owed] == [
            ("machine", KEEPER.email, "owed")
        ]


def test_the_scheduler_says_that_its_steps_come_round() -> None:
    pulse = Pulse(Seconds())
    clock, polled, held = Clock(datetime.now().astimezone()), threading.Event(), threading.Event()

    def poll() -> None:
        polled.set()

    schedule = Schedule([Step("poll", poll, 2), Step("stuck", held.wait, 1)], clock, pulse=pulse)
    schedule.start()
    try:
        assert polled.wait(WAIT)
        assert set(pulse.idle()) == {"poll", "stuck"}
    finally:
        held.set()
        schedule.stop()


class Beating:
    """A heartbeat through the real door to a real server."""

    def __init__(self, server: WebServer, clock: Clock, path: str = "/ping") -> None:
        self.good = True
        door = Fetcher("", (server.host,), clock=clock, version="1")
        self.heart = Heartbeat(server.url(path), door.get, lambda: self.good, clock)


def test_the_outside_service_is_asked_once_a_minute_while_all_is_well(clock: Clock) -> None:
    with WebServer() as server:
        server.answers["/ping"] = b"ok"
        beating = Beating(server, clock)
        for _ in range(18):
            beating.heart.ping()
            clock.forward(seconds=10)
        assert len(server.requests) == 3
        beating.good = False
        clock.forward(hours=1)
        beating.heart.ping()
        assert len(server.requests) == 3
        assert beating.heart.failing is None


def test_a_heartbeat_that_fails_is_remembered_and_well_again_when_it_is_taken(
    clock: Clock,
) -> None:
    with WebServer() as server:
        server.answers["/ping"] = Reply(status=404)
        beating = Beating(server, clock)
        beating.heart.ping()
        clock.forward(minutes=5)
        beating.heart.ping()
        assert beating.heart.failing == (START, "its address answered 404")
        server.answers["/ping"] = b"ok"
        clock.forward(minutes=1)
        beating.heart.ping()
        assert beating.heart.failing is None


def test_a_heartbeat_goes_on_after_the_clock_was_set_back(clock: Clock) -> None:
    with WebServer() as server:
        server.answers["/ping"] = b"ok"
        beating = Beating(server, clock)
        beating.heart.ping()
        clock.now -= timedelta(days=2)
        # What this door remembers of turns in memory, `run` keeps in a book that minds the clock.
        beating.heart.get = Fetcher("", (server.host,), clock=clock, version="1").get
        beating.heart.ping()
        assert len(server.requests) == 2


def test_a_heartbeat_inside_a_private_network_is_not_asked_unless_it_is_listed(
    clock: Clock,
) -> None:
    with WebServer() as server:
        door = Fetcher("", (), clock=clock, version="1")
        heart = Heartbeat(server.url("/secret-word"), door.get, lambda: True, clock)
        heart.ping()
        assert server.requests == []
        assert heart.failing is not None
        assert "private network" in heart.failing[1]
        assert "secret-word" not in heart.failing[1]


def test_without_an_address_nobody_is_asked(clock: Clock) -> None:
    def unasked(url: str) -> None:
        raise AssertionError(url)

    Heartbeat("", unasked, lambda: True, clock).ping()  # type: ignore[arg-type]


def a_trouble(name: str) -> Trouble:
    return Trouble(name, f"About <{name}>", "It is so.", "Do this.", NOW)


@pytest.mark.parametrize(("name", "status"), [("clock", 503), ("disk", 200), ("heartbeat", 200)])
def test_every_page_says_what_is_wrong_and_a_watchdog_hears_of_what_stops_the_work(
    small: Store, tmp_path: Path, name: str, status: int
) -> None:
    found = {"troubles": lambda: (a_trouble(name),)}
    with served(small, settings(tmp_path), **found) as pages:
        for path in ("/", "/mail", "/sources"):
            assert f"About <{name}> since" in ask(pages, path).text
        health = ask(pages, "/health", cookie="")
    assert health.status == status
    assert name not in health.body


def test_a_watchdog_hears_at_once_that_no_mail_goes_out(small: Store, tmp_path: Path) -> None:
    with small.writing() as connection:
        deliveries.shut(connection, Outage("smtp", NOW, 1, NOW, "421 away"))
    with served(small, settings(tmp_path)) as pages:
        assert ask(pages, "/health", cookie="").status == 503


def test_the_check_says_what_the_running_program_found(tmp_path: Path) -> None:
    with WebServer() as server:
        desk = Desk(tmp_path, server)
        desk.run("poll", "--no-send")
        store = open_store(f"sqlite:///{tmp_path / 'footprint.db'}")
        with store.writing() as connection:
            confirmed.remember(connection, [Kept("clock", "The clock is wrong", NOW, told=True)])
        store.close()
        result = desk.run("check")
    assert result.exit_code == 1
    assert "WRONG  The clock is wrong, since Saturday 21 November at 21:45." in result.stderr

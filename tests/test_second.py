"""The second way to a person: a note beside each urgent alert, by a real service on loopback."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts.base import DeliveryError, Letter
from alerts.second import HEADING, SecondChannel, note
from alerts.smtp import SmtpChannel
from monitor.delivery import Delivered, Postroom
from monitor.second import LOOK_BACK, Notes, addresses
from monitor.settings import Mail, Person, School, Settings, Web
from monitor.store import deliveries, mentions
from monitor.store.deliveries import SECOND, Delivery
from monitor.store.engine import Store
from sources.fetch import Fetcher
from tests.configs import SCHOOL, mistake, read
from tests.conftest import Clock
from tests.letters import DATE
from tests.mailserver import MailServer
from tests.sending import fault
from tests.test_delivery import HEAD, LEAD, START
from tests.test_store import a_mention, an_alert
from tests.web_cast import ask, served, settings
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow

TOPIC = "t0pic-that-nobody-knows"
PERSON = (
    '[[schools.people]]\nname = "Jane Ashdown"\nemail = "head@hollybrook.example"\n'
    'role = "headteacher"\nsecond_env = "SECOND"\n'
)


def reach(host: str, port: int) -> None:
    """Every host may be connected to."""


def channel(server: WebServer, path: str = TOPIC) -> SecondChannel:
    mapped = {HEAD.email: f"json://{server.host}/{path}"}
    return SecondChannel(mapped, reach, (server.host,))


def a_note(recipient: str = HEAD.email) -> Letter:
    return note(
        HEADING,
        ["Level: urgent.", "x\r\nTo: thief@elsewhere.example"],
        "https://footprint.hollybrook.example/mentions/5f0c",
        sender="footprint@hollybrook.example",
        recipient=recipient,
        name="Jane Ashdown",
        message_id="<5f0c@hollybrook.example>",
        date=DATE,
    )


def owe(
    store: Store, *people: Person, level: str = "urgent", mention: str = "m1", now: datetime = START
) -> None:
    with store.writing() as connection:
        mentions.add(connection, [a_mention(int(mention[1:]))])
        priority = 3 if level == "urgent" else 2
        owed = [
            an_alert(
                n, mention, id=f"{mention}-{n}-{level}", level=level,
                priority=priority, role=person.roles[0], email=person.email, due_at=now,
            )
            for n, person in enumerate(people)
        ]  # fmt: skip
        deliveries.owe(connection, owed, now)


class Rooms:
    """Mail and second channel over one store, as `run` has them."""

    def __init__(self, store: Store, server: WebServer, post: MailServer, clock: Clock) -> None:
        second = SecretStr(f"json://{server.host}/{TOPIC}")
        head = HEAD.model_copy(update={"second": second})
        self.school = School(id="hollybrook", name="Hollybrook Primary", people=(head, LEAD))
        settings = Settings(
            folder=Path("/"),
            mail=Mail.model_validate({"from": "footprint@hollybrook.example"}),
            web=Web(address="https://footprint.hollybrook.example"),
            schools=(self.school,),
        )
        schools, self.store = (self.school,), store
        smtp = SmtpChannel(post.host, post.port, "none", "", "", timeout=5)
        way = SecondChannel(addresses(schools), reach, (server.host,))
        self.mail = Postroom(settings, schools, store, smtp, clock, "me")
        self.second = Postroom(settings, schools, store, way, clock, "me", second=True)
        self.notes = Notes(schools, store, clock)

    def hand_out(self) -> list[Delivered]:
        self.notes.owe()
        return list(iter(self.second.deliver_one, None))

    def kept(self) -> list[Delivery]:
        with self.store.reading() as connection:
            found = deliveries.listed(connection, ["hollybrook"])
        return [one for one in found if one.kind == SECOND]


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def said(seen: Seen) -> str:
    return str(json.loads(seen.body)["title"]) + "\n" + str(json.loads(seen.body)["message"])


def test_who_has_a_second_channel_gets_a_note_beside_an_urgent_alert_and_nobody_else(
    store: Store, clock: Clock
) -> None:
    with WebServer() as server, MailServer() as post:
        server.answers[f"/{TOPIC}"] = b"ok"
        rooms = Rooms(store, server, post, clock)
        owe(store, HEAD, LEAD)
        owe(store, HEAD, level="respond", mention="m2")
        assert [told.state for told in rooms.hand_out()] == ["sent"]
        assert rooms.hand_out() == []
        (seen,) = server.requests
        assert said(seen).splitlines() == [
            "Footprint: something needs you now",
            "Level: urgent.",
            "The mail to you says more.",
            "https://footprint.hollybrook.example/mentions/m1",
        ]
        assert [told.state for told in iter(rooms.mail.deliver_one, None)] == ["sent"] * 3
    assert len(post.accepted) == 3


def test_a_note_says_nothing_of_the_post_the_person_or_the_school(
    store: Store, clock: Clock
) -> None:
    with WebServer() as server, MailServer() as post:
        server.answers[f"/{TOPIC}"] = b"ok"
        rooms = Rooms(store, server, post, clock)
        owe(store, HEAD)
        rooms.hand_out()
        whole = server.requests[0].body.decode() + str(server.requests[0].headers)
    (kept,) = rooms.kept()
    assert kept.content is not None
    for word in ("Jane", "Hollybrook Primary", "threat", "Post"):
        assert word not in whole


def test_a_service_that_is_down_holds_up_no_mail_and_gets_the_same_note_later(
    store: Store, clock: Clock
) -> None:
    with WebServer() as server, MailServer() as post:
        server.answers[f"/{TOPIC}"] = Reply(status=503)
        rooms = Rooms(store, server, post, clock)
        owe(store, HEAD, LEAD)
        (told,) = rooms.hand_out()
        assert (told.state, told.error) == (
            "owed",
            "127.0.0.1 did not take the note (it answered 503)",
        )
        assert len(list(iter(rooms.mail.deliver_one, None))) == 2
        server.answers[f"/{TOPIC}"] = b"ok"
        assert rooms.hand_out() == []
        clock.forward(minutes=1)
        assert [told.state for told in rooms.hand_out()] == ["sent"]
        first, second = server.requests
    assert first.body == second.body


def test_a_mail_server_that_is_down_holds_up_no_note(store: Store, clock: Clock) -> None:
    with WebServer() as server, MailServer() as post:
        post.on("greeting", "421 away")
        server.answers[f"/{TOPIC}"] = b"ok"
        rooms = Rooms(store, server, post, clock)
        owe(store, HEAD)
        assert [told.state for told in iter(rooms.mail.deliver_one, None)] == ["owed"]
        assert [told.state for told in rooms.hand_out()] == ["sent"]


def test_a_note_that_was_handed_over_before_a_crash_goes_again_as_it_was(
    store: Store, clock: Clock
) -> None:
    with WebServer() as server, MailServer() as post:
        server.answers[f"/{TOPIC}"] = b"ok"
        rooms = Rooms(store, server, post, clock)
        owe(store, HEAD)
        rooms.notes.owe()

        def gone(_: Seen) -> None:
            raise OSError  # the answer never comes

        server.answers[f"/{TOPIC}"] = gone
        assert [told.state for told in rooms.hand_out()] == ["owed"]
        server.answers[f"/{TOPIC}"] = b"ok"
        clock.forward(minutes=1)
        assert [told.state for told in rooms.hand_out()] == ["sent"]
        assert len({seen.body for seen in server.requests}) == 1


def test_a_flood_of_alerts_is_told_by_a_note_every_five_minutes(store: Store, clock: Clock) -> None:
    with WebServer() as server, MailServer() as post:
        server.answers[f"/{TOPIC}"] = b"ok"
        rooms = Rooms(store, server, post, clock)
        for number in range(1, 31):
            owe(store, HEAD, mention=f"m{number}", now=clock.now)
            rooms.hand_out()
            clock.forward(minutes=1)
        assert len(server.requests) == 6
        assert rooms.hand_out() == []


def test_what_was_rolled_up_before_its_note_could_be_owed_has_one_all_the_same(
    store: Store, clock: Clock
) -> None:
    with WebServer() as server, MailServer() as post:
        server.answers[f"/{TOPIC}"] = b"ok"
        rooms = Rooms(store, server, post, clock)
        for number in range(1, 8):
            owe(store, HEAD, mention=f"m{number}", now=clock.now)
        rooms.hand_out()
        list(iter(rooms.mail.deliver_one, None))
        clock.forward(minutes=10)
        owe(store, HEAD, mention="m8", now=clock.now)
        list(iter(rooms.mail.deliver_one, None))
        with store.reading() as connection:
            (alert,) = deliveries.of_subject(connection, "alert", "m8")
        assert (alert.state, alert.channel) == ("dropped", "rollup")
        assert [told.state for told in rooms.hand_out()] == ["sent"]
        assert len(server.requests) == 2


def test_the_page_of_the_mail_shows_notes_and_a_failing_one_raises_no_alarm(
    small: Store, clock: Clock, tmp_path: Path
) -> None:
    with WebServer() as server, MailServer() as post:
        server.answers[f"/{TOPIC}"] = Reply(status=503)
        rooms = Rooms(small, server, post, clock)
        owe(small, HEAD)
        rooms.hand_out()
        list(iter(rooms.mail.deliver_one, None))
        later = {"clock": lambda: START + timedelta(hours=2)}
        with served(small, settings(tmp_path), **later) as pages:
            waiting = ask(pages, "/mail").text
            clock.forward(hours=1)
            server.answers[f"/{TOPIC}"] = b"ok"
            rooms.hand_out()
            sent = ask(pages, "/mail").text
    assert "ot told yet: 127.0.0.1 did not take the note (it answered 503)" in waiting
    assert "alert is late" not in waiting
    assert "a note that there is something to look at" in sent
    assert "ent to the second channel" in sent
    assert "could not be delivered" not in waiting + sent


def test_an_alert_from_before_a_long_stop_needs_no_note(store: Store, clock: Clock) -> None:
    with WebServer() as server, MailServer() as post:
        rooms = Rooms(store, server, post, clock)
        owe(store, HEAD)
        clock.now += LOOK_BACK * 2
        assert rooms.hand_out() == []
        assert rooms.kept() == []


def test_a_note_to_somebody_who_has_gone_goes_to_nobody(store: Store, clock: Clock) -> None:
    with WebServer() as server, MailServer() as post:
        rooms = Rooms(store, server, post, clock)
        owe(store, HEAD)
        rooms.notes.owe()
        left = School(id="hollybrook", name="Hollybrook Primary", people=(LEAD,))
        settings = rooms.second.settings.model_copy(update={"schools": (left,)})
        way = SecondChannel(addresses((left,)), reach, ())
        after = Postroom(settings, (left,), store, way, clock, "me", second=True)
        assert [told.state for told in iter(after.deliver_one, None)] == ["dropped"]
        assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with WebServer() as server:
        server.answers[f"/{TOPIC}"] = Reply(status=status, headers={"Location": "/elsewhere"})
        server.answers["/elsewhere"] = b"ok"
        fault(lambda: channel(server, f"{TOPIC}?redirect=yes").tell(a_note()))
        assert [seen.path for seen in server.requests] == [f"/{TOPIC}"]


def test_a_secret_address_is_neither_logged_nor_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with WebServer() as server:
        error = fault(lambda: channel(server).tell(a_note()))
        assert server.requests
    assert TOPIC not in str(error) + caplog.text


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("json://10.0.0.7/x", "leads to 10.0.0.7 unencrypted"),
        ("ntfy://push.example/x", "leads to push.example unencrypted"),
        ("jsons://push.example/x?verify=no", "certificates are checked"),
        ("mailto://a:b@mail.example", "cannot be understood"),
        ("slack://", "cannot be understood"),
    ],
)
def test_what_is_not_safe_is_not_spoken_to(address: str, why: str) -> None:
    reached: list[str] = []
    way = SecondChannel({HEAD.email: address}, lambda host, _: reached.append(host), ())
    assert why in str(fault(lambda: way.tell(a_note())))
    assert reached == []


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (f"ntfys://{TOPIC}", "ntfy.sh"),
        (f"ntfys://Push.Example/{TOPIC}", "push.example"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "hooks.slack.com"),
        ("workflows://prod.logic.example:443/643e/sig", "prod.logic.example"),
        ("gchat://space/key/token", "chat.googleapis.com"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "api.telegram.org"),
        (f"pover://{'u' * 30}@{'t' * 30}", "api.pushover.net"),
        ("jsons://push.example:8443/x", "push.example"),
    ],
)
def test_the_host_is_looked_at_before_anything_is_sent(address: str, host: str) -> None:
    def refuse(where: str, port: int) -> None:
        assert port in {443, 8443}
        raise DeliveryError(f"refused {where}")

    way = SecondChannel({HEAD.email: address}, refuse, ())
    assert str(fault(lambda: way.tell(a_note()))) == f"refused {host}"


def test_a_machine_in_a_private_network_is_not_reached_unless_it_is_listed(clock: Clock) -> None:
    with WebServer() as server:
        shut = Fetcher("", (), clock=clock, version="1")
        with pytest.raises(Exception, match="private network"):
            shut.reach("127.0.0.1", server.port)
        Fetcher("", (server.host,), clock=clock, version="1").reach("127.0.0.1", server.port)


def test_a_note_is_one_message_whatever_stands_in_it() -> None:
    made = a_note()
    assert b"\r\nTo: thief" not in made.content
    assert made.content.count(b"Subject:") == 1


def test_the_settings_take_a_second_channel_from_a_secret_alone(tmp_path: Path) -> None:
    settings = read(tmp_path, SCHOOL + PERSON, {"SECOND": f"ntfys://{TOPIC}"})
    assert addresses(settings.schools) == {"head@hollybrook.example": f"ntfys://{TOPIC}"}
    assert TOPIC not in repr(settings)


def test_a_second_channel_in_the_file_itself_or_of_no_service_is_a_mistake(tmp_path: Path) -> None:
    written = PERSON.replace('second_env = "SECOND"', f'second = "ntfys://{TOPIC}"')
    said_of_file = mistake(tmp_path, SCHOOL + written)
    assert "people[1].second must not stand in this file: write second_file" in said_of_file
    wrong = mistake(tmp_path, SCHOOL + PERSON, {"SECOND": f"mailto://{TOPIC}"})
    assert "people[1].second_env must lead to an address that begins with one of ntfys://" in wrong
    assert TOPIC not in said_of_file + wrong
    missing = mistake(tmp_path, SCHOOL + PERSON)
    assert "people[1].second_env names the environment variable SECOND, which is not set" in missing


def test_a_person_without_one_has_none() -> None:
    assert addresses((School(id="a", name="A", people=(Person.model_validate(HEAD),)),)) == {}

"""An answer by mail that says "I have this" takes the incident, and is never a mention."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts.base import Letter
from monitor.config import advise
from monitor.delivery import Postroom
from monitor.escalations import Escalations
from monitor.replying import heed
from monitor.settings import Mail, Person, Settings, SourceSettings
from monitor.store import incidents
from monitor.store.engine import Store
from sources.base import Flaw, Reply
from sources.fetch import Fetcher
from sources.formats.replies import says_so
from sources.mailbox import Options, read
from sources.parsing import Parser
from tests.asking import NOW, Polls
from tests.conftest import Clock
from tests.dovecot import PASSWORD, Dovecot
from tests.letters import read as opened
from tests.test_delivery import DEPUTY, HEAD, LEAD, START, Shelf, carry, hollybrook
from tests.test_escalations import CHAIR, EVERYBODY, INCIDENT_ID, begin

slow = pytest.mark.slow
USER = "monitor@hollybrook.example"
TOKEN = "0123456789abcdef" * 2


def a_mail(
    words: str = "I have this.\r\n\r\n> Urgent: a post needs you now",
    *,
    sender: str = HEAD.email,
    to: str = f"monitor+{TOKEN}@hollybrook.example",
    more: str = "",
) -> bytes:
    return (
        f"From: {sender}\r\nTo: Footprint <{to}>\r\nSubject: Re: Urgent (5f0c)\r\n{more}"
        f"Date: Tue, 15 Sep 2026 10:05:00 +0000\r\n\r\n{words}\r\n"
    ).encode()


def found_in(mail: bytes, user: str = USER) -> dict[str, object]:
    result = read(mail, "imap://m/", "", senders=("google.com",), server="mx", user=user)
    return result.get("reply", {})  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "words",
    [
        "I have this",
        "I have this.",
        "  i have this  \r\n\r\nSent from my phone",
        "I've got this",
        "I\u2019ve got it, calling the lead now",
        "Got it!",
        "Mae hwn gen i",
        "Mae hwn gen i. Diolch",
        "\r\n\r\nI have this - Jane\r\n\r\nOn Tuesday Footprint wrote:\r\n> more",
    ],
)
def test_a_first_line_that_says_so_takes_it(words: str) -> None:
    assert says_so(words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Who has this?",
        "Got it?",
        "I have this feeling that it is a joke",
        "I don't have this",
        "I have this, but not before nine",
        "Got it. Can't do anything today",
        "Thanks\r\nI have this",
        "> I have this",
        "On Tuesday Footprint wrote:\r\n> press \u201cI have this\u201d",
        "I have this. Does anybody else want it?",
        "Mae hwn gen i, ond ddim heno",
    ],
)
def test_anything_else_does_not(words: str) -> None:
    assert not says_so(words)


def test_the_quoted_letter_says_nothing_for_its_reader() -> None:
    assert not says_so("Thank you.\r\n\r\n> If you can act, press \u201cI have this\u201d")


@pytest.mark.parametrize(
    "more",
    [
        "Auto-Submitted: auto-replied\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Precedence: bulk\r\n",
        "Precedence: auto_reply\r\n",
        "X-Autoreply: yes\r\n",
        "Return-Path: <>\r\n",
        "Content-Type: multipart/report; boundary=x\r\n",
    ],
)
def test_what_a_machine_sent_is_marked(more: str) -> None:
    assert found_in(a_mail(more=more))["automatic"] is True


@pytest.mark.parametrize(
    "subject", ["Automatic reply: Urgent", "Out of office: Urgent", "Ateb awtomatig: Urgent"]
)
def test_an_absence_notice_is_known_by_its_subject_too(subject: str) -> None:
    mail = a_mail().replace(b"Re: Urgent (5f0c)", subject.encode())
    assert found_in(mail)["automatic"] is True


def test_a_person_s_answer_is_not_automatic() -> None:
    found = found_in(a_mail(more="Auto-Submitted: no\r\n"))
    assert found == {
        "token": TOKEN,
        "sender": HEAD.email,
        "takes": True,
        "automatic": False,
        "date": "Tue, 15 Sep 2026 10:05:00 +0000",
    }


@pytest.mark.parametrize(
    "to",
    [
        USER,
        f"monitor+{TOKEN[:-1]}@hollybrook.example",
        f"monitor+{TOKEN}@elsewhere.example",
        f"other+{TOKEN}@hollybrook.example",
        f"amonitor+{TOKEN}@hollybrook.example",
        f"monitor+{TOKEN}@hollybrook.example.elsewhere.example",
    ],
)
def test_a_mail_to_another_address_is_no_answer(to: str) -> None:
    assert found_in(a_mail(to=to)) == {}


def test_the_address_counts_wherever_the_server_notes_it_and_in_any_case() -> None:
    noted = f"Delivered-To: Monitor+{TOKEN.upper()}@Hollybrook.example\r\n"
    assert found_in(a_mail(to=USER, more=noted))["token"] == TOKEN
    assert found_in(a_mail(to=f"monitor+{TOKEN}@any.example"), "monitor")["token"] == TOKEN


class World:
    """An alert that has gone out, and who may answer it."""

    def __init__(self, store: Store, *people: Person) -> None:
        self.store, self.clock, self.shelf = store, Clock(START), Shelf()
        school = hollybrook(*people)
        mail = {"from": "Footprint <footprint@hollybrook.example>", "reply_to": USER}
        options = Options(
            host="imap.school.example", user=USER, password=SecretStr("x"),
            trusted_auth_server="mx.school.example",
        )  # fmt: skip
        box = SourceSettings(id="answers", kind="mailbox", options=options)
        self.settings = Settings(
            folder=Path("/"), mail=Mail.model_validate(mail), sources=(box,), schools=(school,)
        )
        self.school = school
        self.room = Postroom(self.settings, (school,), store, self.shelf, self.clock, "me")
        self.escalations = Escalations((school,), store, self.clock)

    def letter_to(self, person: Person) -> Letter:
        return next(one for one in self.shelf.letters if one.recipient == person.email)

    def answer(self, person: Person, letter: Letter | None = None, **changed: object) -> list[str]:
        """That person's answer to their letter, or to another's, as it is read from the mailbox."""
        address = opened(letter or self.letter_to(person))["Reply-To"].addresses[0].addr_spec
        found = found_in(a_mail(sender=person.email, to=address))
        reply = Reply(str(found["token"]), str(found["sender"]), True, False, self.clock.now)
        with self.store.writing() as connection:
            made = replace(reply, **changed)  # type: ignore[arg-type]
            return heed(connection, self.settings, [made], self.clock.now)

    def owner(self) -> str:
        with self.store.reading() as connection:
            found = incidents.one(connection, INCIDENT_ID)
        assert found is not None
        return found.owner


@pytest.fixture
def world(small: Store) -> World:
    made = World(small, *EVERYBODY, CHAIR)
    begin(small, made.clock, made.school)
    carry(made.room)
    return made


@slow
def test_an_answer_takes_the_incident_in_the_sender_s_name_and_ends_the_escalation(
    world: World,
) -> None:
    assert world.answer(LEAD) == []
    assert world.owner() == LEAD.email
    world.clock.forward(hours=1)
    assert world.escalations.owe_due() is None


@slow
def test_the_same_answer_read_again_changes_nothing(world: World) -> None:
    assert world.answer(LEAD) == world.answer(LEAD) == []
    assert world.owner() == LEAD.email


@slow
def test_a_later_answer_takes_nothing_away_from_whoever_has_it(world: World) -> None:
    world.answer(LEAD)
    (why,) = world.answer(HEAD)
    assert "the incident is taken already" in why
    assert world.owner() == LEAD.email


@slow
def test_an_automatic_answer_never_takes_it(world: World) -> None:
    assert world.answer(HEAD, automatic=True) == []
    assert world.answer(HEAD, takes=False) == []
    assert world.owner() == ""


@slow
def test_an_answer_from_an_address_that_was_not_told_takes_nothing(world: World) -> None:
    stranger = DEPUTY.model_copy(update={"email": "stranger@elsewhere.example"})
    for person in (stranger, DEPUTY):
        (why,) = world.answer(person, world.letter_to(HEAD))
        assert "an address that was not told" in why
        assert person.email not in why
    assert world.owner() == ""


@slow
def test_a_letter_that_was_passed_on_to_somebody_who_was_told_too_may_be_answered(
    world: World,
) -> None:
    assert world.answer(LEAD, world.letter_to(HEAD)) == []
    assert world.owner() == LEAD.email


@slow
def test_a_token_that_nobody_was_sent_takes_nothing(world: World) -> None:
    (why,) = world.answer(HEAD, token="f" * 32)
    assert "no longer kept" in why
    assert world.owner() == ""


@slow
def test_an_answer_from_before_a_reopening_does_not_take_it_again(world: World) -> None:
    sent = world.clock.now
    world.answer(LEAD)
    with world.store.writing() as connection:
        incidents.close(connection, INCIDENT_ID, LEAD.email, world.clock.now, "done")
        world.clock.forward(hours=1)
        incidents.reopen(connection, INCIDENT_ID, HEAD.email, world.clock.now)
    assert world.answer(HEAD, sent=sent) != []
    assert world.owner() == ""
    assert world.answer(HEAD, sent=world.clock.now + timedelta(minutes=1)) == []
    assert world.owner() == HEAD.email


@slow
def test_whom_it_is_about_cannot_take_it_by_mail(small: Store) -> None:
    world = World(small, *EVERYBODY)
    begin(small, world.clock, world.school, about=(HEAD.email,))
    carry(world.room)
    (why,) = world.answer(HEAD)
    assert "about you, or may be" in why
    assert world.owner() == ""


@slow
def test_without_a_mailbox_that_reads_them_no_answer_is_asked_for(small: Store) -> None:
    world = World(small, HEAD)
    blind = world.settings.model_copy(update={"sources": ()})
    begin(small, world.clock, world.school)
    carry(Postroom(blind, (world.school,), small, world.shelf, world.clock, "me"))
    assert opened(world.letter_to(HEAD))["Reply-To"] is None
    assert any("mail.reply_to" in str(problem) for problem in advise(blind))
    assert not any("mail.reply_to" in str(problem) for problem in advise(world.settings))


@pytest.mark.imap
@slow
def test_in_the_mailbox_an_answer_becomes_no_post_and_another_answer_is_told(
    parser: Parser,
) -> None:
    with Dovecot("http://127.0.0.1:1/?token=") as server:
        account = server.account()
        fetcher = Fetcher("", [f"127.0.0.1:{server.plain}"], clock=lambda: NOW, version="1")
        to = account.user.replace("@", f"+{TOKEN}@")
        account.put(a_mail(to=to), a_mail("Who is this?", to=to))
        found = Polls("mailbox", fetcher, parser)(
            host="127.0.0.1", port=server.plain, security="none", user=account.user,
            password=SecretStr(PASSWORD), trusted_auth_server="mx.hollybrook.example",
        )  # fmt: skip
        fetcher.close()
    assert [type(one) for one in found] == [Flaw]
    assert "1 answer to an alert does not say who has it" in str(found[0])

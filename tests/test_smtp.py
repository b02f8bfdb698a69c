"""Sending, against a real server that refuses, waits and hangs up."""

from __future__ import annotations

import socket

import pytest

from alerts.smtp import Security, SmtpChannel
from tests.mailserver import MailServer, Stage
from tests.sending import (
    CONTENT,
    EARLY,
    LATE,
    PASSWORD,
    SECURITIES,
    a_channel,
    a_letter,
    fault,
    outcome,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("security", SECURITIES)
def test_a_letter_arrives_byte_for_byte_for_its_one_recipient(security: Security) -> None:
    with MailServer(security=security, users={"footprint": PASSWORD}) as server:
        said = a_channel(server, user="footprint").tell(a_letter())
    (got,) = server.accepted
    assert said == "250 OK"
    assert got.content == CONTENT
    assert (got.sender, got.recipients) == (
        "footprint@hollybrook.example",
        ("head@hollybrook.example",),
    )
    assert got.user == "footprint"
    assert got.encrypted == (security != "none")


def test_each_letter_has_its_own_connection() -> None:
    with MailServer() as server:
        channel = a_channel(server)
        channel.tell(a_letter())
        channel.tell(a_letter("dsl@hollybrook.example"))
    assert server.connections == 2
    assert len(server.accepted) == 2


def test_the_program_names_itself_by_its_own_address() -> None:
    with MailServer() as server:
        a_channel(server).tell(a_letter())
    assert server.greetings == ["[127.0.0.1]"]


@pytest.mark.parametrize("reply", ["421 closing", "450 later", "452 full", "550 no", "554 no"])
@pytest.mark.parametrize("stage", EARLY)
def test_a_refusal_before_the_recipient_is_the_servers(stage: Stage, reply: str) -> None:
    with MailServer(users={"footprint": PASSWORD}) as server:
        server.on(stage, reply)
        error = fault(lambda: a_channel(server, user="footprint").tell(a_letter()))
    assert outcome(error) == "server"
    assert reply[:3] in str(error)
    assert server.accepted == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("421 closing down", "server"),
        ("450 mailbox busy", "temporary"),
        ("451 try later", "temporary"),
        ("452 full", "temporary"),
        ("530 sign in first", "server"),
        ("550 no such user", "permanent"),
        ("552 too big", "permanent"),
        ("554 refused", "permanent"),
        ("350 what", "server"),
        ("not SMTP at all", "server"),
    ],
)
@pytest.mark.parametrize("stage", LATE)
def test_a_refusal_of_the_letter_is_for_now_or_for_ever(
    stage: Stage, reply: str, expected: str
) -> None:
    with MailServer() as server:
        server.on(stage, reply)
        error = fault(lambda: a_channel(server).tell(a_letter()))
    assert outcome(error) == expected
    assert server.accepted == []


@pytest.mark.parametrize(
    "stage", ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot"]
)
def test_a_connection_that_breaks_before_the_250_is_tried_again(stage: Stage) -> None:
    with MailServer(security="starttls", users={"footprint": PASSWORD}) as server:
        server.on(stage, drop=True, times=1)
        channel = a_channel(server, user="footprint")
        assert outcome(fault(lambda: channel.tell(a_letter()))) == "server"
        assert server.accepted == []
        channel.tell(a_letter())
    assert [got.content for got in server.accepted] == [CONTENT]


def test_a_250_that_is_lost_counts_as_not_sent() -> None:
    with MailServer() as server:
        server.on("accepted", drop=True)
        assert outcome(fault(lambda: a_channel(server).tell(a_letter()))) == "server"
    assert len(server.accepted) == 1


@pytest.mark.parametrize("reply", ["", "421 closing", "550 what"])
def test_what_happens_at_goodbye_does_not_matter(reply: str) -> None:
    with MailServer() as server:
        server.on("quit", reply, drop=not reply)
        assert a_channel(server).tell(a_letter()) == "250 OK"
    assert len(server.accepted) == 1


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data", "dot", "accepted"])
def test_a_slow_answer_is_waited_for(stage: Stage) -> None:
    with MailServer() as server:
        server.on(stage, delay=0.05)
        assert a_channel(server).tell(a_letter()) == "250 OK"
    assert len(server.accepted) == 1


@pytest.mark.parametrize("stage", ["greeting", "rcpt", "dot"])
def test_an_answer_that_never_comes_is_the_servers(stage: Stage) -> None:
    with MailServer() as server:
        server.on(stage, delay=30)
        error = fault(lambda: a_channel(server, timeout=0.2).tell(a_letter()))
    assert outcome(error) == "server"
    assert "timed out" in str(error)


def test_the_answer_to_the_final_dot_may_take_longer_than_the_others() -> None:
    with MailServer() as server:
        server.on("dot", delay=0.6)
        channel = SmtpChannel(
            server.host, server.port, "none", "", "", timeout=0.3, data_timeout=20
        )
        assert channel.tell(a_letter()) == "250 OK"


def test_one_refused_recipient_leaves_the_others_their_letters() -> None:
    with MailServer() as server:
        server.on("rcpt", "550 no such user", to="gone@hollybrook.example")
        channel = a_channel(server)
        channel.tell(a_letter("head@hollybrook.example"))
        error = fault(lambda: channel.tell(a_letter("gone@hollybrook.example")))
        channel.tell(a_letter("dsl@hollybrook.example"))
    assert outcome(error) == "permanent"
    assert [got.recipients for got in server.accepted] == [
        ("head@hollybrook.example",),
        ("dsl@hollybrook.example",),
    ]


def test_a_servers_words_are_one_short_line() -> None:
    rude = "550-\x1b[31mred\x07\r\n550 " + "\u202e\u2028long " * 80
    with MailServer() as server:
        server.on("rcpt", rude)
        error = fault(lambda: a_channel(server).tell(a_letter()))
    said = str(error).removeprefix("the mail server refused the recipient: ")
    assert said.startswith("550 [31mred long long")
    assert said.isprintable()
    assert len(said) <= 200


def test_an_endless_line_is_the_servers() -> None:
    with MailServer() as server:
        server.on("dot", "250 " + "x" * 20_000)
        assert outcome(fault(lambda: a_channel(server).tell(a_letter()))) == "server"


@pytest.mark.parametrize("stage", ["rcpt", "dot"])
def test_any_answer_of_the_two_hundreds_is_a_yes(stage: Stage) -> None:
    with MailServer() as server:
        server.on("accepted", "252 taken")
        assert a_channel(server).tell(a_letter()) == "252 taken"


@pytest.mark.parametrize("who", ["recipient", "sender"])
def test_an_address_beyond_ascii_goes_to_a_server_that_can(who: str) -> None:
    with MailServer() as server:
        a_channel(server).tell(a_letter(**{who: "jörg@hollybrook.example"}))
    (got,) = server.accepted
    assert "jörg@hollybrook.example" in {got.sender, *got.recipients}
    assert set(got.options) == {"SMTPUTF8", "BODY=8BITMIME"}


def test_an_address_beyond_ascii_is_refused_for_ever_where_the_server_cannot() -> None:
    with MailServer(smtputf8=False) as server:
        error = fault(lambda: a_channel(server).tell(a_letter("jörg@hollybrook.example")))
    assert outcome(error) == "permanent"
    assert "SMTPUTF8" in str(error)


@pytest.mark.parametrize(
    "recipient",
    [
        "head@hollybrook.example\r\nRCPT TO:<thief@elsewhere.example>",
        "head@hollybrook.example\nDATA",
        "he\udc80ad@hollybrook.example",
        "head@hollybrook.example> NOTIFY=NEVER <",
        "head@hollybrook.example, thief@elsewhere.example",
        "Jane <head@hollybrook.example>",
        "",
    ],
)
def test_what_is_not_plainly_one_address_is_never_spoken(recipient: str) -> None:
    with MailServer() as server:
        error = fault(lambda: a_channel(server).tell(a_letter(recipient)))
    assert outcome(error) == "permanent"
    assert server.accepted == []


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        channel = SmtpChannel("127.0.0.1", port, "starttls", "", "", timeout=2)
        error = fault(lambda: channel.tell(a_letter()))
    assert outcome(error) == "server"
    assert f"127.0.0.1:{port} could not be reached: Connection refused" in str(error)


@pytest.mark.parametrize("host", ["no such host", "a" * 64 + ".invalid", "x..invalid", ".invalid"])
def test_a_host_that_cannot_be_a_host_is_the_settings_fault(host: str) -> None:
    channel = SmtpChannel(host, 25, "starttls", "", "", timeout=2)
    assert outcome(fault(lambda: channel.tell(a_letter()))) == "server"

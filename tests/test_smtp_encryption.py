"""Encrypting and signing in, against a real server: never in the clear, never to a stranger."""

from __future__ import annotations

import logging

import pytest
import trustme

from alerts.smtp import Security, SmtpChannel
from tests.mailserver import MailServer
from tests.sending import EARLY, LATE, PASSWORD, a_channel, a_letter, fault, outcome

pytestmark = pytest.mark.slow


def test_a_server_without_starttls_gets_neither_password_nor_letter() -> None:
    with MailServer(security="none", users={"footprint": PASSWORD}) as server:
        channel = a_channel(server, user="footprint", security="starttls")
        error = fault(lambda: channel.tell(a_letter()))
    assert outcome(error) == "server"
    assert "offers no STARTTLS" in str(error)
    assert server.accepted == []


@pytest.mark.parametrize("reply", ["454 not available", "501 what", "220 but then no TLS"])
def test_starttls_that_fails_never_falls_back_to_plain(reply: str) -> None:
    with MailServer(security="starttls", users={"footprint": PASSWORD}) as server:
        server.on("starttls", reply)
        error = fault(lambda: a_channel(server, user="footprint", timeout=1).tell(a_letter()))
    assert outcome(error) == "server"
    assert server.accepted == []
    assert server.greetings == ["[127.0.0.1]"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_issuer_is_refused(security: Security) -> None:
    with MailServer(security=security, issuer=trustme.CA()) as server:
        error = fault(lambda: a_channel(server).tell(a_letter()))
    assert outcome(error) == "server"
    assert "certificate that is not trusted" in str(error)
    assert server.accepted == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_without_a_context_of_its_own_a_channel_trusts_the_system_alone(
    security: Security,
) -> None:
    with MailServer(security=security) as server:
        channel = SmtpChannel(server.host, server.port, security, "", "", timeout=20)
        error = fault(channel.probe)
    assert "certificate that is not trusted" in str(error)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_host_is_refused(security: Security) -> None:
    with MailServer(security=security, names=("mail.elsewhere.example",)) as server:
        error = fault(lambda: a_channel(server).tell(a_letter()))
    assert outcome(error) == "server"
    assert "127.0.0.1" in str(error)
    assert server.accepted == []


def test_a_server_that_speaks_plain_is_refused_where_tls_was_asked_for() -> None:
    with MailServer(security="none") as server:
        error = fault(lambda: a_channel(server, security="tls", timeout=2).tell(a_letter()))
    assert outcome(error) == "server"


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "mail.example", "localhost.example", "127.0.0.1.example", "", "10.0.0.1"]
)
def test_no_encryption_is_allowed_within_this_machine_only(host: str) -> None:
    channel = SmtpChannel(host, 25, "none", "footprint", PASSWORD, timeout=1)
    error = fault(lambda: channel.tell(a_letter()))
    assert outcome(error) == "server"
    assert "this machine" in str(error)


def test_localhost_is_this_machine() -> None:
    with MailServer() as server:
        assert a_channel(server, host="localhost").tell(a_letter()) == "250 OK"


def test_a_wrong_password_is_said_plainly_and_pauses_everything() -> None:
    with MailServer(security="starttls", users={"footprint": "another"}) as server:
        error = fault(lambda: a_channel(server, user="footprint").tell(a_letter()))
    assert outcome(error) == "server"
    assert str(error) == "the mail server refused the sign-in (535): check user and password"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_either_way_of_signing_in_takes_any_password(mechanism: str) -> None:
    with MailServer(
        security="starttls", users={"jörg": PASSWORD}, mechanisms=(mechanism,)
    ) as server:
        a_channel(server, user="jörg").tell(a_letter())
    assert server.accepted[0].user == "jörg"


def test_a_login_name_that_is_refused_at_once_does_not_bring_out_the_password() -> None:
    with MailServer(users={"footprint": PASSWORD}, mechanisms=("LOGIN",)) as server:
        server.on("auth", "504 not that way")
        error = fault(lambda: a_channel(server, user="footprint").tell(a_letter()))
    assert "(504)" in str(error)


def test_a_server_without_a_sign_in_that_we_know_is_named() -> None:
    with MailServer(users={"footprint": PASSWORD}, mechanisms=()) as server:
        error = fault(lambda: a_channel(server, user="footprint").tell(a_letter()))
    assert outcome(error) == "server"
    assert "offers no sign-in" in str(error)


@pytest.mark.parametrize("password", [PASSWORD, "bytes-\udcff-of-another-kind"])
def test_the_password_is_in_no_message_log_or_repr(
    password: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with MailServer(users={"footprint": PASSWORD}) as server:
        channel = a_channel(server, user="footprint", password=password)
        for stage in (*EARLY, *LATE):
            server.on(stage, f"535 {PASSWORD} is wrong" if stage == "auth" else "550 no", times=1)
            error = fault(lambda: channel.tell(a_letter()))
            assert password not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert password[:6] not in repr(channel) + str(channel) + caplog.text


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ("none", "answered, not encrypted, within this machine, signed in"),
        ("starttls", "answered, encrypted with TLSv1.3, signed in"),
        ("tls", "answered, encrypted with TLSv1.3, signed in"),
    ],
)
def test_a_probe_signs_in_and_sends_nothing(security: Security, expected: str) -> None:
    with MailServer(security=security, users={"footprint": PASSWORD}) as server:
        assert a_channel(server, user="footprint").probe().endswith(expected)
    assert server.connections == 1
    assert server.accepted == []

"""A letter and a channel for tests that send, and what became of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from alerts.base import DeliveryError, Letter
from alerts.smtp import Security, SmtpChannel
from tests.mailserver import MailServer, Stage, trust

PASSWORD = "c4nary-Pässwort"
CONTENT = (
    b"From: footprint@hollybrook.example\r\nSubject: Urgent\r\n\r\n"
    b".\r\n..two dots\r\n.three\r\nwords =E2=80=A8 words\r\n\r\n.\r\n"
)
EARLY: tuple[Stage, ...] = ("greeting", "ehlo", "auth", "mail")
LATE: tuple[Stage, ...] = ("rcpt", "data", "dot")
SECURITIES: tuple[Security, ...] = ("none", "starttls", "tls")


def a_letter(
    recipient: str = "head@hollybrook.example", sender: str = "footprint@hollybrook.example"
) -> Letter:
    date = datetime(2026, 11, 21, 21, 40, tzinfo=UTC)
    return Letter("<1.2@hollybrook.example>", date, sender, recipient, CONTENT)


def a_channel(
    server: MailServer,
    *,
    user: str = "",
    password: str = PASSWORD,
    host: str = "",
    security: Security | None = None,
    timeout: float = 20,
    context: ssl.SSLContext | None = None,
) -> SmtpChannel:
    return SmtpChannel(
        host or server.host,
        server.port,
        security or server.security,
        user,
        password,
        timeout=timeout,
        data_timeout=timeout,
        context=context or trust(),
    )


def fault(act: Callable[[], object]) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        act()
    assert "\n" not in str(caught.value)
    return caught.value


def outcome(error: DeliveryError) -> str:
    assert not (error.permanent and error.server)
    return "permanent" if error.permanent else "server" if error.server else "temporary"

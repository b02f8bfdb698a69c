"""Carries a letter to a mail server, one connection a letter; the only door to SMTP."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Literal

from alerts.base import DeliveryError, Letter
from alerts.mail import is_address, plain

Security = Literal["starttls", "tls", "none"]
_Reply = tuple[int, bytes]

_GOODBYE_SECONDS = 10.0
_OK, _SIGNED_IN, _MORE = 250, 235, 334
_DONE, _LATER, _NEVER = range(200, 300), range(400, 500), range(500, 600)
# "Closing down" and "sign in first" are about the server or the settings, not about this letter.
_NOT_THIS_LETTER = {421, 530}
_POLICY = re.compile(rb"\s*5\.7\.\d")


class SmtpChannel:
    """A mail server as a way out.

    `timeout` is how many seconds each of its answers may take, `data_timeout` the one after the
    final dot (RFC 5321, 4.5.3.2). `context` stands in for the system's trusted certificates.
    Without `local_hostname` the program names itself by the address it connects from. The sign-in
    is spoken only over TLS or, where `security` is "none", within this machine.
    """

    name = "smtp"

    def __init__(
        self,
        host: str,
        port: int,
        security: Security,
        user: str,
        password: str,
        *,
        local_hostname: str = "",
        timeout: float = 300,
        data_timeout: float = 600,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self._password = password
        self._local_hostname = local_hostname
        self._timeout = timeout
        self._data_timeout = data_timeout
        self._context = context

    def tell(self, letter: Letter) -> str:
        """Hand the letter over, byte for byte; returns the server's words after the final dot.

        Raises DeliveryError: the recipient's for a refusal of RCPT, DATA or the final dot, the
        server's for everything before, for 421 and for a connection that breaks.
        """
        with self._session() as smtp:
            _address_envelope(smtp, letter)
            return self._hand_over(smtp, letter.content)

    def probe(self) -> str:
        """Connect, encrypt and sign in without sending; says how that went, or raises."""
        with self._session() as smtp:
            version = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else None
        how = f"encrypted with {version}" if version else "not encrypted, within this machine"
        signed = ", signed in" if self.user else ""
        return f"{self.host}:{self.port} answered, {how}{signed}"

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A server that has greeted us and taken our sign-in."""
        smtp = self._connected()
        try:
            smtp.local_hostname = self._local_hostname or _literal(smtp)
            _greet(smtp)
            if self.security == "starttls":
                self._encrypt(smtp)
            if self.user:
                self._sign_in(smtp)
            yield smtp
        finally:
            _part(smtp)

    def _connected(self) -> smtplib.SMTP:
        if self.security == "none" and not _is_this_machine(self.host):
            raise DeliveryError(
                f'[mail] security = "none" is for a server on this machine; {self.host} is not: '
                'use "starttls" or "tls"',
                server=True,
            )
        with self._reaching("turned us away"):
            if self.security == "tls":
                return smtplib.SMTP_SSL(
                    self.host, self.port, "unnamed", timeout=self._timeout, context=self._trust()
                )
            return smtplib.SMTP(self.host, self.port, "unnamed", timeout=self._timeout)

    @contextmanager
    def _reaching(self, refusal: str) -> Iterator[None]:
        """Puts what can go wrong on the way to the server, and in encrypting it, into words."""
        where = f"the mail server {self.host}:{self.port}"
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message or "it cannot be verified"
            raise DeliveryError(
                f"{where} shows a certificate that is not trusted: {reason}", server=True
            ) from error
        except smtplib.SMTPResponseException as error:
            said = _said((error.smtp_code, _bytes(error.smtp_error)))
            raise DeliveryError(f"{where} {refusal}: {said}", server=True) from error
        except smtplib.SMTPServerDisconnected as error:
            raise DeliveryError(f"{where} hung up: {_fault(error)}", server=True) from error
        except (OSError, ValueError) as error:
            raise DeliveryError(
                f"{where} could not be reached: {_fault(error)}", server=True
            ) from error

    def _trust(self) -> ssl.SSLContext:
        """Certificate and host name are checked in either way of encrypting."""
        return self._context or ssl.create_default_context()

    def _encrypt(self, smtp: smtplib.SMTP) -> None:
        if not smtp.has_extn("starttls"):
            raise DeliveryError(
                f"the mail server {self.host} offers no STARTTLS, so nothing was sent; "
                'if it encrypts from the first byte, set [mail] security = "tls"',
                server=True,
            )
        with self._reaching("would not encrypt, so nothing was sent"):
            smtp.starttls(context=self._trust())
        _greet(smtp)

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        """By PLAIN or LOGIN: smtplib's own way fails on a password that is not ASCII."""
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        with _during("the sign-in"):
            if "PLAIN" in offered:
                secret = _encoded(f"\0{self.user}\0{self._password}")
                reply = smtp.docmd("AUTH", f"PLAIN {secret}")
            elif "LOGIN" in offered:
                reply = self._log_in(smtp)
            else:
                raise DeliveryError(
                    f"the mail server {self.host} offers no sign-in with user and password",
                    server=True,
                )
        if reply[0] != _SIGNED_IN:
            # The server's own words are left out: some repeat what was sent to them.
            what = "it may be busy" if reply[0] in _LATER else "check user and password"
            raise DeliveryError(
                f"the mail server refused the sign-in ({reply[0]}): {what}", server=True
            )

    def _log_in(self, smtp: smtplib.SMTP) -> _Reply:
        reply = smtp.docmd("AUTH", "LOGIN")
        for word in (self.user, self._password):
            if reply[0] != _MORE:
                break
            reply = smtp.docmd(_encoded(word))
        return reply

    def _hand_over(self, smtp: smtplib.SMTP, content: bytes) -> str:
        with _during("the letter itself"):
            if smtp.sock:
                smtp.sock.settimeout(self._data_timeout)
            try:
                reply = smtp.data(content)
            except smtplib.SMTPDataError as error:
                reply = (error.smtp_code, _bytes(error.smtp_error))
        if reply[0] not in _DONE:
            raise _refusal("the letter", reply)
        return _said(reply)


def _greet(smtp: smtplib.SMTP) -> None:
    with _during("the greeting"):
        reply = smtp.ehlo()
    if reply[0] != _OK:
        raise DeliveryError(f"the mail server refused our greeting: {_said(reply)}", server=True)


def _address_envelope(smtp: smtplib.SMTP, letter: Letter) -> None:
    # smtplib sends what it can make out of a bad address, so that it goes to somebody else.
    if not (is_address(letter.sender) and is_address(letter.recipient)):
        raise DeliveryError("an address is not one, so nothing was sent", permanent=True)
    with _during("the sender's address"):
        reply = smtp.mail(letter.sender, _options(smtp, letter))
    if reply[0] not in _DONE:
        raise DeliveryError(f"the mail server refused the sender: {_said(reply)}", server=True)
    with _during("the recipient's address"):
        reply = smtp.rcpt(letter.recipient)
    if reply[0] not in _DONE:
        raise _refusal("the recipient", reply)


def _options(smtp: smtplib.SMTP, letter: Letter) -> tuple[str, ...]:
    if (letter.sender + letter.recipient).isascii():
        return ()
    if not smtp.has_extn("smtputf8"):
        raise DeliveryError(
            "the address has letters that this mail server cannot carry (no SMTPUTF8); "
            "give one in plain ASCII",
            permanent=True,
        )
    return ("SMTPUTF8", "BODY=8BITMIME")


@contextmanager
def _during(what: str) -> Iterator[None]:
    """A connection that breaks or goes quiet is the server's fault, wherever it happens."""
    try:
        yield
    except OSError as error:  # smtplib's own errors are of this family
        raise DeliveryError(
            f"the connection to the mail server broke during {what}: {_fault(error)}", server=True
        ) from error


def _refusal(what: str, reply: _Reply) -> DeliveryError:
    code = reply[0]
    whole = code in _NOT_THIS_LETTER or not (code in _LATER or code in _NEVER)
    # 5.7: a rule of the server's, such as "relay access denied" (RFC 3463, 3.8). It may be put
    # right in the settings, so this letter is tried again, and no other is held up by it.
    by_rule = bool(_POLICY.match(reply[1]))
    return DeliveryError(
        f"the mail server refused {what}: {_said(reply)}",
        permanent=code in _NEVER and not whole and not by_rule,
        server=whole,
    )


def _part(smtp: smtplib.SMTP) -> None:
    """Say goodbye, whatever comes of it: an accepted letter is accepted."""
    with suppress(smtplib.SMTPException, OSError):
        if smtp.sock:
            smtp.sock.settimeout(_GOODBYE_SECONDS)
            smtp.docmd("QUIT")
    smtp.close()


def _literal(smtp: smtplib.SMTP) -> str:
    """Our own address as a greeting takes it (RFC 5321, 4.1.3): it needs no name server."""
    address = str(smtp.sock.getsockname()[0]) if smtp.sock else "127.0.0.1"
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _is_this_machine(host: str) -> bool:
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _encoded(word: str) -> str:
    # An environment variable that is not UTF-8 comes with its bytes escaped: give them back.
    return b64encode(word.encode("utf-8", "surrogateescape")).decode("ascii")


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode("utf-8", "replace")


def _said(reply: _Reply) -> str:
    """A server's words are foreign: one line of at most 200 characters, controls taken out."""
    return plain(f"{reply[0]} {reply[1].decode('utf-8', 'replace')}", 200)


def _fault(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "no such host"
    return plain(str(getattr(error, "strerror", None) or error or type(error).__name__), 200)

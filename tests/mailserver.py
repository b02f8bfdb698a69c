"""A real SMTP server on the loopback for tests: it can refuse, wait, hang up and encrypt."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from types import TracebackType
from typing import Any, Literal, Self, cast

import trustme
from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

Stage = Literal[
    "greeting",
    "ehlo",
    "starttls",
    "auth",
    "mail",
    "rcpt",
    "data",
    "body",
    "dot",
    "accepted",
    "quit",
]


# aiosmtpd warns at each sign-in of a property of its own.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message at the moment of its 250: envelope, bytes, and how it came."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...]
    encrypted: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        """The bytes as a mail program reads them."""
        return cast(EmailMessage, message_from_bytes(self.content, policy=policy.default))


@dataclass(slots=True)
class Act:
    """What happens at a stage instead of, or before, the usual: see `MailServer.on`."""

    reply: str
    delay: float
    drop: bool
    times: int
    to: str


@cache
def authority() -> trustme.CA:
    """The certificate authority that the tests trust."""
    return trustme.CA()


def trust() -> ssl.SSLContext:
    """A client's context that trusts `authority` and nobody else, and checks host names."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


class MailServer:
    """`with MailServer(...) as server:` listens on 127.0.0.1, `server.port`, until the end.

    `security` as in [mail]; `names` are what its certificate says it is; `users` are its users
    and passwords; `mechanisms` the sign-ins it offers. `accepted` holds every message it said 250
    to, in order, and `greetings` every name that clients gave themselves. Both may be read from
    any thread at any time.
    """

    def __init__(
        self,
        *,
        security: Literal["starttls", "tls", "none"] = "none",
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        issuer: trustme.CA | None = None,
        users: Mapping[str, str] | None = None,
        mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN"),
        smtputf8: bool = True,
    ) -> None:
        self.accepted: list[Accepted] = []
        self.greetings: list[str] = []
        self.port = 0
        self.host = "127.0.0.1"
        self.connections = 0
        self.security = security
        self.users = dict(users or {})
        self.mechanisms = mechanisms
        self.smtputf8 = smtputf8
        self._acts: dict[Stage, list[Act]] = {}
        self.open: set[_Conversation] = set()
        self._certificate = _certificate(names, issuer) if security != "none" else None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def on(
        self,
        stage: Stage,
        reply: str = "",
        *,
        delay: float = 0,
        drop: bool = False,
        times: int = 1_000_000,
        to: str = "",
    ) -> Self:
        """At `stage`, wait `delay` seconds, then give `reply` or hang up; with neither, go on.

        Acts for one stage happen in the order given, each `times` times; `to` limits one to a
        recipient. "body" hangs up in the middle of the letter, "dot" answers the final dot
        without accepting, "accepted" comes after the message has been recorded, before its 250.
        """
        self._acts.setdefault(stage, []).append(Act(reply, delay, drop, times, to))
        return self

    def act(self, stage: Stage, to: str = "") -> Act | None:
        """The next act of that stage, which is then used up once."""
        for act in self._acts.get(stage, []):
            if act.times and act.to in {"", to}:
                act.times -= 1
                return act
        return None

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise TimeoutError("the test's mail server did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        # A client that breaks off is what many tests are about, not a fault of the server.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._closing = asyncio.Event()
        implicit = self._certificate if self.security == "tls" else None
        server = await self._loop.create_server(self._conversation, self.host, 0, ssl=implicit)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        server.close()
        await asyncio.gather(*(talk.hang_up() for talk in list(self.open)))

    def _conversation(self) -> _Conversation:
        self.connections += 1
        return _Conversation(
            self,
            self._loop,
            tls_context=self._certificate if self.security == "starttls" else None,
            hostname="mail.example",
            ident="ready",
            enable_SMTPUTF8=self.smtputf8,
            auth_require_tls=self.security == "starttls",
            auth_exclude_mechanism=[
                each for each in ("PLAIN", "LOGIN") if each not in self.mechanisms or not self.users
            ],
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        name, password = _words(given)
        good = name in self.users and self.users[name] == password
        return AuthResult(success=good, handled=False, auth_data=name)


class _Conversation(SMTP):
    """One connection: aiosmtpd's, with the test's acts before each of its answers."""

    def __init__(self, test: MailServer, loop: asyncio.AbstractEventLoop, **options: Any) -> None:
        self._test = test
        super().__init__(self, loop=loop, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._test.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._test.open.discard(self)
        super().connection_lost(error)

    async def hang_up(self) -> None:
        """Cut the connection, even in the middle of a line."""
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                cast(asyncio.Transport, transport).abort()
        await asyncio.sleep(0)

    async def _acted(self, stage: Stage, to: str = "") -> bool:
        """True where the test's act has answered, so that the usual answer stays away."""
        act = self._test.act(stage, to)
        if act is None:
            return False
        await asyncio.sleep(act.delay)
        if act.drop:
            await self.hang_up()
        elif act.reply:
            await self.push(act.reply)
        return act.drop or bool(act.reply)

    async def _handle_client(self) -> None:
        if await self._acted("greeting"):
            await self.hang_up()
            return
        await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:
        self._test.greetings.append(hostname)
        if not await self._acted("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self._acted("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self._acted("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self._acted("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self._acted("rcpt", (arg or "").partition("<")[2].rstrip(">")):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if await self._acted("data"):
            return
        act = self._test.act("body")
        if act is None:
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.read(20)
        await self.hang_up()

    async def smtp_QUIT(self, arg: str) -> None:
        if not await self._acted("quit"):
            await super().smtp_QUIT(arg)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> Any:
        """aiosmtpd's hook for the final dot."""
        act = self._test.act("dot")
        if act is not None:
            await asyncio.sleep(act.delay)
            if act.drop:
                await self.hang_up()
            if act.drop or act.reply:
                return act.reply or "451 hung up"
        self._test.accepted.append(
            Accepted(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.original_content or b"",
                options=tuple(envelope.mail_options),
                encrypted=self._test.security == "tls" or self._tls_protocol is not None,
                user=str(session.auth_data or ""),
            )
        )
        return "" if await self._acted("accepted") else MISSING


def _certificate(names: tuple[str, ...], issuer: trustme.CA | None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    (issuer or authority()).issue_cert(*names).configure_cert(context)
    return context


def _words(given: LoginPassword) -> tuple[str, str]:
    return given.login.decode("utf-8", "replace"), given.password.decode("utf-8", "replace")

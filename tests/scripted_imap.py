"""An IMAP server that says what a test tells it to: for answers that no good server gives."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import Self

GREETING = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"


class ScriptedImap:
    """Serves until the block ends.

    `answers` maps the beginning of a command (LOGIN, UID SEARCH, ...) to what comes before its
    tagged answer, which is OK unless the answer has one of its own (a line that begins with TAG).
    None as greeting is silence; an answer that ends with HANGUP ends the conversation.
    """

    def __init__(
        self,
        answers: Mapping[str, bytes] | None = None,
        greeting: bytes | None = GREETING,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.answers = {**_USUAL, **(answers or {})}
        self.greeting, self.context = greeting, context
        self.commands: list[bytes] = []
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), partial(_Conversation, self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def port(self) -> int:
        """The free port that was found."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


_USUAL = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
    "AUTHENTICATE": b"+ \r\n",
    "EXAMINE": b"* OK [UIDVALIDITY 7] fine\r\n",
    "UID SEARCH": b"* SEARCH\r\n",
    "LOGOUT": b"* BYE\r\n",
}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many tests are about."""


class _Conversation(socketserver.StreamRequestHandler):
    def __init__(self, script: ScriptedImap, *args: object) -> None:
        self._script = script
        super().__init__(*args)  # type: ignore[arg-type]

    def setup(self) -> None:
        self.request.settimeout(10)
        if self._script.context:
            self.request = self._script.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        if self._script.greeting is None:
            self._script.stopping.wait(10)
            return
        self.wfile.write(self._script.greeting)
        while line := self.rfile.readline():
            if not self._answer(line.rstrip(b"\r\n")):
                return

    def _answer(self, line: bytes) -> bool:
        """False where the conversation ends."""
        tag, _, command = line.partition(b" ")
        self._script.commands.append(command)
        said = self._said(command.decode("latin-1"))
        if said.startswith(b"+"):
            self.wfile.write(b"+ \r\n")
            self._script.commands.append(self.rfile.readline().rstrip(b"\r\n"))
            said = said[4:]
        if said.endswith(b"HANGUP"):
            self.wfile.write(said[: -len(b"HANGUP")])
            return False
        ended = (
            said.replace(b"TAG ", tag + b" ") if b"TAG " in said else said + tag + b" OK done\r\n"
        )
        self.wfile.write(ended)
        return True

    def _said(self, command: str) -> bytes:
        names = [name for name in self._script.answers if command.startswith(name)]
        return self._script.answers[max(names, key=len)] if names else b""

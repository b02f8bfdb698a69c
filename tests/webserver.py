"""A small real web server on loopback for tests: paths map to bytes, replies or functions."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came; header names in lower case; `path` without the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    wire: Callable[[bytes], None] = field(compare=False)
    stopping: threading.Event = field(compare=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; Content-Length is added unless a length or encoding is given."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = bytes | Reply | Callable[[Seen], "bytes | Reply | None"]


class WebServer:
    """Serves until the block ends: `server.answers["/feed"] = b"..."`, then `server.url("/feed")`.

    A function may send raw bytes itself with `seen.wire(...)` and return None; `seen.stopping`
    is set when the server ends, for functions that never answer. An unknown path is a 404.
    `requests` holds what came, in order.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[Seen] = []
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self))
        self._scheme = "http"
        if context:
            self._scheme = "https"
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def port(self) -> int:
        """The free port that was found."""
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        """As `private_hosts_allowed` wants it."""
        return f"127.0.0.1:{self.port}"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"{self._scheme}://{host}:{self.port}{path}"

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


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for all and no socket is left open
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 0.5  # a kept connection does not hold up the end of the test

    def __init__(self, server: WebServer, *args: Any) -> None:
        self._web = server
        super().__init__(*args)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        seen = self._seen()
        self._web.requests.append(seen)
        answer = self._web.answers.get(seen.path, Reply(status=404))
        if callable(answer):
            given = answer(seen)
            if given is None:
                self.close_connection = True
                return
            answer = given
        self._send(answer if isinstance(answer, Reply) else Reply(answer))

    def do_POST(self) -> None:
        self.do_GET()

    def _seen(self) -> Seen:
        parts = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        return Seen(
            method=self.command,
            path=parts.path,
            query=parts.query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            wire=self._wire,
            stopping=self._web.stopping,
        )

    def _wire(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def _send(self, reply: Reply) -> None:
        names = {name.lower() for name in reply.headers}
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not names & {"content-length", "transfer-encoding"}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
        """Tests print nothing."""

"""Serves the pages from a thread of this process; it alone speaks to uvicorn."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Iterable

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS = 5


class WebError(Exception):
    """The pages cannot be served; the message is one plain line."""


class _Server(uvicorn.Server):
    """uvicorn, saying when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class WebServer:
    """The pages on one address; `start` returns once it listens."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        certfile: str = "",
        keyfile: str = "",
        trusted_proxies: Iterable[str] = (),
    ) -> None:
        """Port 0 takes any free one; with `certfile` it speaks https.

        `trusted_proxies` are those whose X-Forwarded-For and -Proto are believed, by address or
        network. Nothing is opened before `start`.
        """
        proxies = list(trusted_proxies)
        self._host, self._port = host, port
        self._scheme = "https" if certfile else "http"
        self._config = uvicorn.Config(
            app,
            ssl_certfile=certfile or None,
            ssl_keyfile=keyfile or None,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            log_config=None,
            log_level="critical",  # a request line may hold the key
            access_log=False,
            server_header=False,
            lifespan="off",
            loop="asyncio",
            http="h11",
            ws="none",
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _Server(self._config)
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where this machine finds them: `http://127.0.0.1:8000`; the real port once started."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - said, not bound
        host = everywhere.get(self._host, self._host)
        host = f"[{host}]" if ":" in host else host
        return f"{self._scheme}://{host}:{self._port}"

    def start(self) -> None:
        """Begin to serve. Raises WebError where the port or the certificate cannot be used."""
        self._load()
        listener = self._listen()
        self._port = listener.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="web", daemon=True
        )
        self._thread.start()
        while not self._server.ready.wait(0.2):
            if not self._thread.is_alive():
                listener.close()
                raise WebError(f"the pages could not be served on {self.address}")

    def stop(self) -> None:
        """Finish the answers in hand and let go of the port; harmless where it never started."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _load(self) -> None:
        try:
            self._config.load()
        except (OSError, ssl.SSLError) as error:
            raise WebError(
                f"the certificate cannot be used ({error.strerror or error}); "
                "check tls_cert and tls_key under [web]"
            ) from error

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            return socket.create_server((self._host, self._port), family=family, backlog=128)
        except OSError as error:
            raise WebError(_plainly(error, self._host, self._port)) from error


def _plainly(error: OSError, host: str, port: int) -> str:
    change = "or choose another under [web] listen"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken by another program; stop that one, {change}"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} is kept for the system; use one above 1023 ({change})"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"this machine has no address {host}; use 127.0.0.1, {change}"
    return f"port {port} on {host} cannot be used ({error.strerror}); {change}"

"""Opens sockets to checked addresses only, and shuts them when a fetch has used up its time."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Sequence

from sources.addresses import address_is_public
from sources.base import SourceError

# What is said of a host's name that nobody knows; also how a missing connection is recognised.
NOT_KNOWN = "is not known; check the address for a typing mistake."
_Found = Sequence[tuple[int, int, int, str, tuple[object, ...]]]


class Gate:
    """The way out of one session: one fetch at a time, each with its own deadline.

    `allowed` are the hosts and ports, as written in the address, that need not be public.
    """

    def __init__(self, allowed: frozenset[tuple[str, int]], connect_timeout: float) -> None:
        self._allowed = allowed
        self._connect_timeout = connect_timeout
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None
        self._deadline = 0.0
        self.expired = False

    def begin(self, seconds: float) -> None:
        """Start the clock of a fetch."""
        self.expired, self._deadline = False, time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Stop the clock; the connection may be used again."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._hold(None)

    def watch(self, connected: socket.socket) -> None:
        """Shut this connection when time is up.

        A copy of the handle is kept, for wrapping a socket in TLS takes the handle away.
        """
        handle = socket.dup(connected.fileno())
        self._hold(socket.socket(connected.family, connected.type, connected.proto, handle))

    def connect(self, host: str, port: int) -> socket.socket:
        """A socket to the host, whose addresses were all checked; raises SourceError."""
        host = host.strip("[]").rstrip(".").lower()
        found = self._resolve(host, port)
        if (host, port) not in self._allowed and not all(
            address_is_public(str(entry[4][0])) for entry in found
        ):
            raise SourceError(
                f"{host} is inside a private network and is not read; if it is your own service, "
                f'add "{host}:{port}" to private_hosts_allowed.',
                "needs you",
            )
        return self._open(host, found)

    def _open(self, host: str, found: _Found) -> socket.socket:
        slow = False
        for family, kind, protocol, _, address in found:
            connected = socket.socket(family, kind, protocol)
            try:
                connected.settimeout(self._left())
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connected.connect(address)
                self.watch(connected)
            except OSError as error:
                connected.close()
                slow = isinstance(error, TimeoutError)
                continue
            return connected
        if slow:
            raise SourceError(f"{host} did not answer in time; it is tried again.", "slow")
        raise SourceError(f"{host} does not accept connections; it may be down.", "failing")

    def _left(self) -> float:
        return max(0.01, min(self._connect_timeout, self._deadline - time.monotonic()))

    def _resolve(self, host: str, port: int) -> _Found:
        """The host's addresses, asked for in a thread: the system's call has no time limit."""
        answers: queue.SimpleQueue[_Found] = queue.SimpleQueue()
        asking = threading.Thread(target=_ask, args=(host, port, answers), daemon=True)
        asking.start()
        try:
            found = answers.get(timeout=self._left())
        except queue.Empty:
            raise SourceError(f"The name {host} was not looked up in time.", "slow") from None
        if not found:
            raise SourceError(f"The name {host} {NOT_KNOWN}", "failing")
        return found

    def _hold(self, handle: socket.socket | None) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = handle
            # The timer rings once: a socket that opens after it would never be shut.
            if handle is not None and self.expired:
                handle.shutdown(socket.SHUT_RDWR)

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            if self._socket is not None:
                try:
                    self._socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    return  # the other side was quicker


def _ask(host: str, port: int, answers: queue.SimpleQueue[_Found]) -> None:
    try:
        answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        answers.put([])

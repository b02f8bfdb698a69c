"""The only door to HTTP, and to mailboxes: address check, limits and manners hold here."""

from __future__ import annotations

import base64
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sources import imap
from sources.addresses import checked, origin, private_allowances, redirected
from sources.answers import (
    conditions_for,
    hashed,
    is_text,
    judge_status,
    pause,
    validators_of,
)
from sources.base import (
    Bookmark,
    Letter,
    Mailbox,
    NotModified,
    Queue,
    Reply,
    Report,
    Response,
    SourceError,
)
from sources.bodies import BrokenOffError, OversizedError, UnreadableError, unpack
from sources.drop_folder import DropFolder
from sources.gate import Gate
from sources.parsing import BodyParser
from sources.server_clocks import ServerClocks
from sources.turns import Turns, site_of

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_WITH_BODY = (200, 203)
_TEXT = "text/html, application/xhtml+xml, text/plain;q=0.9, text/*;q=0.8"
_UNCHANGED = 304
_CHUNK = 64 * 1024
_TROUBLE = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
Conditions = Callable[[str], Mapping[str, str]]
_NOTHING: Mapping[str, str] = {}


def _pools(gate: Gate) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools with connections that go through the gate."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> Any:
            return gate.connect(self.host, self.port)

        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.sock is not None:  # kept from an earlier fetch
                gate.watch(self.sock)
            super().request(*args, **kwargs)

    class Secure(Plain, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Adapter(HTTPAdapter):
    def __init__(self, gate: Gate) -> None:
        super().__init__(pool_connections=4, pool_maxsize=1)
        self.poolmanager.pool_classes_by_scheme = _pools(gate)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: requests would read a redirect's whole body, unbounded, to look where it leads."""
        return None


@dataclass(frozen=True)
class _Wish:
    """What is asked of an address; `headers` are for the first address's own origin alone."""

    common: Mapping[str, str]
    headers: Mapping[str, str]
    conditions: Conditions = lambda _: {}
    data: bytes | None = None
    always_read: bool = False
    text_alone: bool = False

    def wants_body(self, status: int, headers: Mapping[str, str]) -> bool:
        """False where an answer's body is not to be read."""
        if self.text_alone and not is_text(headers):
            return False
        return self.always_read or status in _WITH_BODY


class _Line:
    """A session and its gate; one fetch at a time."""

    def __init__(self, gate: Gate, agent: str) -> None:
        self.gate = gate
        self.session = _Session()
        self.session.trust_env = False  # no proxy, no .netrc
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.headers.clear()
        self.session.headers.update({"User-Agent": agent, "Accept-Encoding": "gzip, deflate"})
        self.session.mount("http://", _Adapter(gate))
        self.session.mount("https://", _Adapter(gate))


class Fetcher:
    """Fetches addresses for any thread, within limits in seconds and bytes.

    `private_hosts_allowed` holds "host:port" (or "host") as written in the address. `ca_file`
    names further certificate authorities, for a service of one's own. `turns` keeps requests to
    one site apart.
    """

    def __init__(
        self,
        contact: str,
        private_hosts_allowed: Sequence[str],
        *,
        clock: Callable[[], datetime],
        version: str,
        connect_timeout: float = 5,
        read_timeout: float = 20,
        total: float = 60,
        body_cap: int = 15 * 1024 * 1024,
        ca_file: str = "",
        turns: Turns | None = None,
    ) -> None:
        about = f"+{' '.join(contact.split())}; feed reader" if contact.strip() else "feed reader"
        self._agent = f"Footprint/{version} ({about})".encode("ascii", "ignore").decode()
        self._allowed = private_allowances(tuple(private_hosts_allowed))
        self.clock = clock
        self.turns = turns or Turns(clock)
        self.server_clocks = ServerClocks()
        self._timeouts = (connect_timeout, read_timeout)
        self._total, self._cap = total, body_cap
        self._ca_file = ca_file
        self._lock = threading.Lock()
        # Not one for each thread: threads come and go, and would leave theirs behind.
        self._idle: list[_Line] = []
        self._closed = False

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] = _NOTHING,
        conditions: Conditions = lambda _: {},
    ) -> Response:
        """The last answer of at most five redirects; its body is read only with status 200.

        `headers` go to the address's own scheme, host and port alone; `conditions` gives the
        headers of a conditional request for each address on the way. Raises SourceError.
        """
        return self._fetch(url, _Wish({"Accept": accept}, headers, conditions))

    def call(
        self, url: str, *, accept: str, headers: Mapping[str, str], data: bytes | None
    ) -> Response:
        """The answer of an interface for programs, its body read whatever the status.

        `data` makes it a POST, which is sent once and never on to where a redirect leads.
        Raises SourceError.
        """
        wish = _Wish({"Accept": accept}, headers, data=data, always_read=True)
        return self._fetch(url, wish)

    def look(self, url: str) -> Response:
        """The answer of a page, whatever its status; its body is read only where that is 200 and
        the body says of itself that it is text, so that no picture or video ever comes in.
        Raises SourceError.
        """
        return self._fetch(url, _Wish({"Accept": _TEXT}, {}, text_alone=True))

    def _fetch(self, url: str, wish: _Wish) -> Response:
        with self.turns.turn(site_of(url)):
            line = self._take()
            line.gate.begin(self._total)
            try:
                return self._follow(line, url, wish)
            finally:
                line.gate.end()
                self._give_back(line)

    def reach(self, host: str, port: int) -> None:
        """Connect to a host that somebody else is about to, and let go; raises SourceError.

        For what opens connections of its own: the rules for addresses are kept by asking first.
        """
        gate = Gate(self._allowed, self._timeouts[0])
        gate.begin(self._timeouts[0])
        try:
            gate.connect(host, port).close()
        finally:
            gate.end()

    def letters(
        self, box: Mailbox, after: Bookmark, since: datetime
    ) -> Generator[Letter, None, None]:
        """The mails of a mailbox after that one, else since then; see `Reach`."""
        with self.turns.turn(f"{box.host}:{box.port}"):
            gate = Gate(self._allowed, self._timeouts[0])
            gate.begin(self._total)
            try:
                yield from imap.letters(
                    gate, box, after, since, trust=self._trust, timeout=self._timeouts[1]
                )
            finally:
                gate.end()

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file or None)

    def close(self) -> None:
        """Close every connection; one that is in use is closed after its fetch."""
        with self._lock:
            self._closed, idle, self._idle = True, self._idle, []
        for line in idle:
            line.session.close()

    def _take(self) -> _Line:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Line(Gate(self._allowed, self._timeouts[0]), self._agent)

    def _give_back(self, line: _Line) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(line)
                return
        line.session.close()

    def _follow(self, line: _Line, url: str, wish: _Wish) -> Response:
        home, home_site = origin(checked(url)), site_of(url)
        for hop in range(_MOST_REDIRECTS + 1):
            if hop:
                self.turns.wait_on(site_of(url), home_site)
            own = wish.headers if origin(checked(url)) == home else {}
            answer = self._once(line, url, wish, {**wish.common, **wish.conditions(url), **own})
            target = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not target or wish.data is not None:
                return answer
            url = redirected(url, target)
        raise SourceError(f"{home[1]} redirects too many times; check the address.", "failing")

    def _once(self, line: _Line, url: str, wish: _Wish, headers: Mapping[str, str]) -> Response:
        host = checked(url).hostname or ""
        with self._explained(line.gate, host):
            got = line.session.request(
                "GET" if wish.data is None else "POST",
                url,
                data=wish.data,
                headers=dict(headers),
                timeout=self._timeouts,
                verify=self._ca_file or True,
                allow_redirects=False,
                stream=True,
            )
            try:
                return self._answer(line.gate, url, got, wish)
            finally:
                got.close()

    def _answer(self, gate: Gate, url: str, got: requests.Response, wish: _Wish) -> Response:
        headers = {name.lower(): value for name, value in got.headers.items()}
        self.server_clocks.note(site_of(url), headers, self.clock())
        wanted = wish.wants_body(got.status_code, headers)
        body = self._body(got, headers) if wanted else b""
        if gate.expired:  # a cut connection can look like a body's natural end
            raise TimeoutError
        return Response(url, got.status_code, headers, body)

    def _body(self, got: requests.Response, headers: Mapping[str, str]) -> bytes:
        raw = bytearray()
        for piece in got.raw.stream(_CHUNK, decode_content=False):
            raw += piece
            if len(raw) > self._cap:
                raise OversizedError
        return unpack(bytes(raw), headers.get("content-encoding", ""), self._cap)

    @contextmanager
    def _explained(self, gate: Gate, host: str) -> Iterator[None]:
        try:
            yield
        except OversizedError:
            size = self._cap // (1024 * 1024) or 1
            raise SourceError(f"{host} sent more than {size} MB; that is not read.") from None
        except BrokenOffError:
            raise SourceError(f"{host}: the answer broke off; it is tried again.") from None
        except UnreadableError:
            raise SourceError(f"{host} sent an answer packed in an unknown way.") from None
        except _TROUBLE as error:
            raise _explain(error, host, gate) from None


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _explain(error: Exception, host: str, gate: Gate) -> SourceError:
    """One line that names the host alone, since the rest of an address can be a secret."""
    slow = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if gate.expired or isinstance(error, slow) or "timed out" in str(error):
        return SourceError(f"{host} did not answer in time; it is tried again.", "slow")
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        if "certificate" in str(error).lower():
            return SourceError(f"The security certificate of {host} is not valid; it is not read.")
        return SourceError(f"No secure connection to {host} could be made.")
    if isinstance(error, requests.exceptions.InvalidURL):
        return SourceError(f"{host} is not a proper host name; check the address.", "needs you")
    return SourceError(f"{host}: the answer broke off; it is tried again.")


class Door:
    """A source's reach into the world during one poll.

    `validators` afterwards are what the next poll's door is given, to be saved once the posts
    are committed; they are kept under a hash of the address, which can be a secret. `pause` is
    how long the site asks to be left alone. `fresh` asks for everything anew. `reports` is what
    has been handed in to the source, and `read_to` the number up to which that was given out: None
    where the source has no inbox. `replies` are answers to our own letters. `patience` is how
    many seconds a poll may take before it asks for nothing more: many slow answers must not hold
    a poller, and outlast its lease.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        parser: BodyParser,
        validators: Mapping[str, Any],
        *,
        fresh: bool = False,
        reports: Queue | None = None,
        patience: float = 300,
    ) -> None:
        self._fetcher, self._parser, self._fresh = fetcher, parser, fresh
        self._patience, self._ends = patience, time.monotonic() + patience
        self._reports = reports
        self.read_to: int | None = None
        self._saved = validators
        self.validators: dict[str, Any] = {}
        self.pause: timedelta | None = None
        self.replies: list[Reply] = []

    def get(
        self, url: str, *, accept: str = "*/*", auth: tuple[str, str] | None = None
    ) -> Response:
        """Fetch an address; raises NotModified or SourceError."""
        self._in_time(url)
        key = hashed(f"{url}\n{auth[0] if auth else ''}".encode())
        saved = self._saved.get(key)
        known: dict[str, str] = dict(saved) if isinstance(saved, dict) else {}
        if known:
            self.validators[key] = known
        usable = {} if self._fresh else known
        response = self._fetcher.get(
            url,
            accept=accept,
            headers={"Authorization": _basic(*auth)} if auth else {},
            conditions=lambda hop: conditions_for(usable, hop),
        )
        self._judge(url, response, usable)
        self.validators[key] = validators_of(response, known)
        if usable and self.validators[key]["body"] == usable.get("body"):
            raise NotModified
        return response

    def call(
        self,
        url: str,
        *,
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Response:
        """Ask an interface for programs; the answer has any status, with its body.

        Where a site asks to be left alone it is, by every source of that site. Raises SourceError.
        """
        self._in_time(url)
        response = self._fetcher.call(url, accept=accept, headers=headers or {}, data=data)
        host = checked(response.url).hostname or ""
        error = judge_status(host, response.status, response.headers, self._fetcher.clock())
        if error:
            self._leave_alone(url, error)
        return response

    def look(self, url: str) -> Response:
        """The answer of a page, whatever its status, where it is text; raises SourceError."""
        self._in_time(url)
        response = self._fetcher.look(url)
        host = checked(response.url).hostname or ""
        error = judge_status(host, response.status, response.headers, self._fetcher.clock())
        if error:
            self._leave_alone(url, error)
        return response

    def letters(
        self, box: Mailbox, after: Bookmark, since: datetime
    ) -> Generator[Letter, None, None]:
        """The mails of a mailbox after that one, else since then; see `Reach`."""
        return self._fetcher.letters(box, after, since)

    def answered(self, reply: Reply) -> None:
        """Pass on an answer to one of the program's own letters."""
        self.replies.append(reply)

    def handed_in(self, after: int) -> Iterator[Report]:
        """What has been handed in to this source since that number."""
        self.read_to = after
        for report in self._reports.waiting(after) if self._reports else ():
            self.read_to = report.number
            yield report

    def forget(self, numbers: Sequence[int]) -> None:
        """Let go of reports that an earlier poll has taken in."""
        if self._reports and numbers:
            self._reports.forget(numbers)

    def drops(self, folder: Path) -> DropFolder:
        """The files that people have put into that folder."""
        return DropFolder(folder, self._fetcher.clock)

    def leave_alone(self, url: str, wait: timedelta) -> None:
        """No source comes to the site of that address before that."""
        self._fetcher.turns.leave_alone(site_of(url), wait)

    def parse(self, kind: str, response: Response, **given: Any) -> Mapping[str, Any]:
        """Read a foreign body in a child process with limits; raises SourceError."""
        return self._parser.parse(kind, response, **given)

    def _judge(self, url: str, response: Response, usable: Mapping[str, str]) -> None:
        now = self._fetcher.clock()
        if response.status == _UNCHANGED and usable:
            self._wait(pause(response.headers, now))
            return
        host = checked(response.url).hostname or ""
        error = judge_status(host, response.status, response.headers, now)
        self._wait(error.retry_after if error else pause(response.headers, now))
        if error:
            self._leave_alone(url, error)
            raise error

    def _leave_alone(self, url: str, error: SourceError) -> None:
        """Keep what a site asks for: the one that was asked, not whichever it redirected to.

        Otherwise any site could have another left alone.
        """
        self._fetcher.turns.leave_alone(site_of(url), error.retry_after)

    def _in_time(self, url: str) -> None:
        if time.monotonic() > self._ends:
            host, minutes = checked(url).hostname, round(self._patience / 60)
            raise SourceError(
                f"{host} answers so slowly that a reading takes over {minutes} minutes; "
                "what was read is kept, and the rest is tried again.",
                "slow",
            )

    def _wait(self, wait: timedelta | None) -> None:
        if wait is not None:
            self.pause = max(wait, self.pause or wait)

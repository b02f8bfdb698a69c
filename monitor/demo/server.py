"""Serves the demonstration's feeds and pages on the loopback interface and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from threading import Thread
from typing import Any, cast
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from monitor.demo.content import Dated, Outlet, outlets, visible
from monitor.demo.feeds import as_html, render

_PATIENCE = 5.0
_HTML = "text/html; charset=utf-8"
_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head>
<body><main><h1>{title}</h1>
{body}
<p><small>Part of Footprint's demonstration: school, people and words are made up.</small></p>
</main></body></html>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, its content type, and when it last changed."""

    body: bytes
    kind: str
    changed: datetime

    @property
    def tag(self) -> str:
        """The entity tag: the same bytes have the same one."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


class DemoServer:
    """The web of the demonstration: a feed a place and a page a post, as old as the clock says.

    `started` is when the demonstration began and `clock` tells now, both with a time zone. A port
    is taken at once; nothing is answered before `start`. After `stop` it cannot start again.
    """

    def __init__(self, started: datetime, clock: Callable[[], datetime]) -> None:
        self._started = started
        self._clock = clock
        self._http = _Http(self.answer)
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The free port that was taken on 127.0.0.1."""
        return int(self._http.server_address[1])

    @property
    def address(self) -> str:
        """Where it is reached, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer requests in a thread of its own until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the open answers and give the port back; also right where it never started."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

    def answer(self, path: str) -> Answer | None:
        """What stands at a path at this moment; None where there is nothing (yet)."""
        now = self._clock()
        parts = path.strip("/").split("/")
        if parts == [""]:
            return Answer(_index(), _HTML, self._started)
        folder, _, name = path.strip("/").partition("/")
        for outlet in outlets():
            dated = visible(outlet, self._started, now)
            if folder == "feeds" and outlet.id == name:
                return self._feed(outlet, dated)
            for at in dated:
                if folder == "p" and at.post.page == at.post.id == name:
                    return Answer(_post_page(outlet, at), _HTML, at.published)
        return None

    def _feed(self, outlet: Outlet, dated: list[Dated]) -> Answer:
        body, kind = render(outlet, dated, self.address)
        return Answer(body, kind, dated[0].published if dated else self._started)


def _index() -> bytes:
    lines = (f'<li><a href="/feeds/{at.id}">{escape(at.title)}</a></li>' for at in outlets())
    body = f"<ul>{''.join(lines)}</ul>"
    return _PAGE.format(title="Recorded sample sources", body=body).encode()


def _post_page(outlet: Outlet, at: Dated) -> bytes:
    title = escape(at.post.title or f"{at.post.author} on {outlet.title}")
    when = at.published.astimezone(UTC)
    byline = f"<p>{escape(outlet.title)}, {escape(at.post.author)}, {when:%d %B %Y, %H:%M} UTC</p>"
    return _PAGE.format(title=title, body=byline + as_html(at.post.text)).encode()


class _Http(ThreadingHTTPServer):
    # Open answers are waited for, so that no socket outlives `stop`.
    daemon_threads = False

    def __init__(self, answer: Callable[[str], Answer | None]) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who hangs up is no news; the base class would print a traceback."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server_version = "Demonstration"
    sys_version = ""

    def __init__(self, request: Any, client_address: Any, server: BaseServer) -> None:
        self._answer = cast(_Http, server).answer
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        answer = self._answer(urlsplit(self.path).path)
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        same = self._has(answer)
        self.send_response(HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
        self.send_header("ETag", answer.tag)
        self.send_header("Last-Modified", format_datetime(_whole(answer.changed), usegmt=True))
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        if not same:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not same:
            self.wfile.write(answer.body)

    def _has(self, answer: Answer) -> bool:
        """True where the visitor's copy is good; a tag goes before a date (RFC 9110, 13.2.2)."""
        if tags := self.headers.get("If-None-Match"):
            return answer.tag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except ValueError:
            return False
        return since.tzinfo is not None and since >= _whole(answer.changed)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the terminal belongs to the program."""


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)

"""A browser without pictures for the tests of signing in: it keeps cookies and fills in forms."""

from __future__ import annotations

import html
import re
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pyotp
from sqlalchemy import select

from monitor.settings import Person
from monitor.store.deliveries import DELIVERY, SIGNIN
from monitor.store.engine import Store
from monitor.web.server import WebServer
from tests.web_cast import Answer

LINK = re.compile(r"/signin/link/[\w-]+")


class Client:
    """One browser: `get` and `post` keep its cookies, `post` adds the token of the last page."""

    def __init__(self, web: WebServer) -> None:
        self.server = web
        self._at = urlsplit(web.address)
        self.origin = web.address
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.page = ""

    def get(self, path: str, **headers: str) -> Answer:
        """One request, without following where it leads."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, _headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """A form as a browser sends it."""
        body = urlencode({"token": self.token, **fields})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        return self._ask("POST", path, body, {**kind, **(_headers or {})})

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """A body as it is; whoever asks has put the token into it."""
        return self._ask("POST", path, body, {"Origin": self.origin, **headers})

    def _ask(
        self, method: str, path: str, body: str | bytes | None, headers: dict[str, str]
    ) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**({"Cookie": cookies} if cookies else {}), **headers}
        connection = HTTPConnection("127.0.0.1", self._at.port)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            given = [value for name, value in response.getheaders() if name == "set-cookie"]
            answer = Answer(response)
        finally:
            connection.close()
        self._keep(given)
        self._read(answer.body)
        return answer

    def _keep(self, given: list[str]) -> None:
        for line in given:
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def _read(self, body: str) -> None:
        self.page = body
        found = re.search(r'name="token" value="(\w+)"', body)
        self.token = found[1] if found else self.token

    def fields(self) -> dict[str, str]:
        """Every field of the forms on the last page, with what it holds."""
        patterns = (
            r'<input (?:id="\w+" |type="hidden" )?name="([\w.]+)" value="([^"]*)"',
            r'<textarea id="\w+" name="([\w.]+)"[^>]*>\n?([^<]*)</textarea>',
            r'<select id="\w+" name="([\w.]+)">.*?<option value="([^"]*)" selected',
            r'name="([\w.]+)" type="checkbox" value="(yes)" checked',
        )
        found = [pair for one in patterns for pair in re.findall(one, self.page, re.DOTALL)]
        return {name: html.unescape(value) for name, value in found}

    def field(self, name: str) -> str:
        """The value of a hidden field on the last page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found, name
        return html.unescape(found[1])

    def ask_for_link(self, email: str) -> Answer:
        """Type an address on the sign-in page."""
        self.get("/signin")
        return self.post("/signin", email=email)

    def press_link(self, path: str, **fields: str) -> Answer:
        """Open the link from a mail and press the button there."""
        self.get(path)
        return self.post("/signin/link", secret=path.rpartition("/")[2], **fields)

    def set_up_app(self, now: Any) -> pyotp.TOTP:
        """Set the second step up on the page that is open; returns the app."""
        letters = re.search(r"type this key: <code>([A-Z2-7 ]+)</code>", self.page)
        assert letters
        app = pyotp.TOTP(letters[1].replace(" ", ""))
        answer = self.post("/signin/setup", sealed=self.field("sealed"), code=app.at(now))
        assert answer.status == 200
        return app

    def sign_in(self, store: Store, person: Person) -> Answer:
        """Ask for a link, and press it."""
        before = set(mailed(store, person))
        self.ask_for_link(person.email)
        (path,) = set(mailed(store, person)) - before
        return self.press_link(path)


def mailed(store: Store, person: Person) -> list[str]:
    """The links that are owed to somebody."""
    return [facts["path"] for facts in letters(store, person) if "path" in facts]


def letters(store: Store, person: Person) -> list[dict[str, str]]:
    """What every letter about signing in that is owed to somebody says."""
    ours = (DELIVERY.c.kind == SIGNIN, DELIVERY.c.email == person.email.casefold())
    with store.reading() as connection:
        return [row.facts for row in connection.execute(select(DELIVERY.c.facts).where(*ours))]

"""A test message has a button; until it is pressed, the program says who may not be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from monitor.confirming import awaited, hears_urgent, together
from monitor.links_signed import GOOD_FOR, signed
from monitor.settings import Person, School
from monitor.store import audit, confirmed
from monitor.store.confirmed import MAIL, Confirmed
from monitor.store.engine import Connection, Store
from monitor.store.names import key_of_links
from monitor.store.opening import open_store
from monitor.web.server import WebServer as Pages
from tests.mailserver import MailServer
from tests.test_commands import Desk
from tests.test_delivery import HEAD, LEAD, START
from tests.web_cast import NOW, ask, opened, served, settings
from tests.webserver import WebServer

pytestmark = pytest.mark.slow

SCHOOL = School(id="hollybrook", name="Hollybrook", people=(HEAD, LEAD))
OFFICE = Person(name="Al Poe", email="office@hollybrook.example", roles=("office",))
LINK = re.compile(r"https://footprint\.hollybrook\.example(/confirm/\S+)")


def keyed(address: str) -> str:
    return f"second ~{len(address)}"


def said(email: str, channel: str = MAIL, *, pressed: bool = True) -> Confirmed:
    return Confirmed("hollybrook", email, channel, START, START if pressed else None)


def test_whoever_hears_urgent_alerts_has_to_confirm_and_nobody_else() -> None:
    school = SCHOOL.model_copy(update={"people": (HEAD, LEAD, OFFICE)})
    assert [hears_urgent(school, one) for one in school.people] == [True, True, False]
    alone = SCHOOL.model_copy(update={"people": (OFFICE,)})
    assert hears_urgent(alone, OFFICE)


def test_who_has_not_been_tried_or_has_not_pressed_is_named() -> None:
    rows = [said(HEAD.email, pressed=False)]
    first, second = awaited([SCHOOL], rows, keyed)
    assert first.sentence(START).startswith(
        "Jane Ashdown (head@hollybrook.example) has not said that the test of Tuesday 15 September"
    )
    assert "mail reaches Priya Nair (dsl@hollybrook.example) has not been tried" in second.sentence(
        START
    )
    assert "Jane Ashdown and Priya Nair" in together([first, second])
    assert awaited([SCHOOL], [said(HEAD.email), said(LEAD.email)], keyed) == ()
    assert together([]) == ""


def test_another_address_has_to_be_confirmed_anew() -> None:
    moved = HEAD.model_copy(update={"email": "jane@hollybrook.example"})
    school = SCHOOL.model_copy(update={"people": (moved,)})
    assert [one.person for one in awaited([school], [said(HEAD.email)], keyed)] == [moved]
    second = Person.model_validate({**HEAD.model_dump(), "second": "ntfys://abc"})
    school = SCHOOL.model_copy(update={"people": (second,)})
    rows = [said(HEAD.email), said(HEAD.email, keyed("ntfys://abc"))]
    assert awaited([school], rows, keyed) == ()
    (left,) = awaited([school], rows, lambda address: f"second ~other {address}")
    assert "a note by the second channel" in left.sentence(START)


def test_many_names_are_counted() -> None:
    people = tuple(
        Person.model_validate({"name": f"N{n}", "email": f"n{n}@a.example", "roles": ("dsl",)})
        for n in range(6)
    )
    waited = awaited([SCHOOL.model_copy(update={"people": people})], [], keyed)
    assert "reach N0, N1, N2 and 3 more:" in together(waited)


def test_what_is_kept_is_the_same_on_both_databases(store: Store) -> None:
    with store.writing() as connection:
        channel = confirmed.channel_of(connection, "ntfys://abc")
        assert channel.startswith("second ~")
        assert "abc" not in channel
        for name in (MAIL, channel):
            confirmed.sent(connection, "hollybrook", "Head@Hollybrook.example", name, START)
        mark = confirmed.mark_of(connection, HEAD.email, MAIL)
        assert confirmed.confirm(connection, "0" * 32, START) == ()
        assert len(confirmed.confirm(connection, mark, START)) == 1
        later = START + timedelta(days=1)
        confirmed.confirm(connection, mark, later)
        confirmed.sent(connection, "hollybrook", HEAD.email, MAIL, later)
    with store.reading() as connection:
        rows = {one.channel: one for one in confirmed.listed(connection, ["hollybrook"])}
    assert (rows[MAIL].sent_at, rows[MAIL].confirmed_at) == (later, START)
    assert rows[channel].confirmed_at is None


class Browser:
    """A browser with cookies and without scripts, as a mail program opens one."""

    def __init__(self, pages: Pages) -> None:
        self.where = urlsplit(pages.address).netloc
        self.cookie = ""

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        connection = HTTPConnection(self.where)
        headers = {"Cookie": self.cookie, "Origin": f"http://{self.where}"}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        method, body = ("GET", None) if fields is None else ("POST", urlencode(fields))
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.cookie = (answer.getheader("set-cookie") or self.cookie).partition(";")[0]
            return answer.status, answer.read().decode()
        finally:
            connection.close()


class Office:
    """A school's folder with a real mail server, and what `check --send-test` leaves there."""

    def __init__(self, desk: Desk, post: MailServer) -> None:
        self.desk, self.post = desk, post
        web = '[web]\naddress = "https://footprint.hollybrook.example"'
        desk.mail = f'host = "127.0.0.1"\nport = {post.port}\nsecurity = "none"\n{web}'

    def links(self) -> dict[str, str]:
        """Each person's link, without the host."""
        found = {}
        for mail in self.post.accepted:
            message = message_from_bytes(mail.content, policy=policy.default)
            body = message.get_body(("plain",))
            assert body is not None
            match = LINK.search(body.get_content())
            assert match is not None
            found[mail.recipients[0]] = match.group(1)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with WebServer() as server, MailServer() as post:
        yield Office(Desk(tmp_path, server), post)


def test_from_the_command_to_the_button_and_back(office: Office) -> None:
    desk = office.desk
    before = desk.run("check", "--send-test")
    assert before.exit_code == 0, before.output
    assert sorted(office.links()) == ["dsl@hollybrook.example", "head@hollybrook.example"]
    waiting = desk.run("check").stdout
    assert waiting.count("has not said that the test of") == 2
    store = open_store(f"sqlite:///{desk.folder / 'footprint.db'}")
    now = {"clock": lambda: NOW}
    try:
        with store.writing() as connection:
            # The pages of the test stand at their own time, which the link has to be good for.
            link = _signed_for_now(connection, office.links()["head@hollybrook.example"])
        with served(store, settings(desk.folder), **now) as pages:
            browser = Browser(pages)
            status, page = browser.ask(link)
            assert status == 200
            assert "Nothing has happened" in page
            assert _pressed(store) == []
            token = re.search(r'name="token" value="([0-9a-f]+)"><button class="button">I', page)
            assert token is not None
            status, page = browser.ask(link, {"token": token[1]})
            assert (status, "Thank you" in page) == (200, True)
        assert _pressed(store) == ["head@hollybrook.example"]
        with store.reading() as connection:
            (entry,) = audit.listed(connection, limit=1)
        assert (entry.act, entry.who) == ("test.confirmed", "head@hollybrook.example")
    finally:
        store.close()
    after = desk.run("check").stdout
    assert after.count("has not said that the test of") == 1
    assert "dsl@hollybrook.example" in after


def _signed_for_now(connection: Connection, link: str) -> str:
    return signed(urlsplit(link).path, key_of_links(connection), NOW + GOOD_FOR)


def _pressed(store: Store) -> list[str]:
    with store.reading() as connection:
        rows = confirmed.listed(connection, ["hollybrook"])
    return [row.email for row in rows if row.confirmed_at]


def test_a_link_that_is_changed_or_too_old_and_a_form_of_another_site_do_nothing(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as store:
        with store.writing() as connection:
            confirmed.sent(connection, "hollybrook", "new@hollybrook.example", MAIL, NOW)
            mark = confirmed.mark_of(connection, "new@hollybrook.example", MAIL)
            key = key_of_links(connection)
        good = signed(f"/confirm/{mark}", key, NOW + GOOD_FOR)
        with served(store, settings(tmp_path)) as pages:
            browser = Browser(pages)
            token = re.search(r'name="token" value="([0-9a-f]+)"', browser.ask(good)[1])
            assert token is not None
            fields = {"token": token[1]}
            old = signed(f"/confirm/{mark}", key, NOW)
            other = signed(f"/confirm/{'0' * 32}", key, NOW + GOOD_FOR)
            for link in (old, good[:-1], f"/confirm/{mark}", good.replace(mark, "0" * 32)):
                assert browser.ask(link)[0] == 403
                assert browser.ask(link, fields)[0] == 403
            assert browser.ask(other, fields)[0] == 403
            assert browser.ask(good, {"token": "0" * 64})[0] == 403
            stranger = Browser(pages)
            assert stranger.ask(good, fields)[0] == 403
            assert "new@hollybrook.example" not in browser.ask(good)[1]
        assert "new@hollybrook.example" not in _pressed(store)


def test_the_pages_say_who_has_not_confirmed_until_they_have(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        with store.writing() as connection:
            connection.exec_driver_sql("DELETE FROM confirmed")
        with served(store, settings(tmp_path)) as pages:
            text = ask(pages, "/sources").text
    assert "Nobody knows yet whether alerts reach Jane Ashdown and Ravi Osei" in text


def test_a_refused_test_is_not_remembered_as_sent(office: Office) -> None:
    office.post.on("rcpt", "550 5.1.1 no such person", to="head@hollybrook.example")
    office.desk.run("check", "--send-test")
    text = office.desk.run("check").stdout
    assert "(head@hollybrook.example) has not been tried" in text
    assert "(dsl@hollybrook.example) has not said" in text


def test_without_the_address_of_the_pages_it_is_said_that_there_is_no_button(
    office: Office,
) -> None:
    office.desk.mail = office.desk.mail.partition("[web]")[0]
    result = office.desk.run("check", "--send-test")
    assert "hold no button" in result.stdout
    assert all(b"/confirm/" not in mail.content for mail in office.post.accepted)


def test_whether_mail_is_taken_for_genuine_is_said_not_to_have_been_looked_up(
    office: Office,
) -> None:
    (office.desk.folder / "smtp-password").write_text("hunter2")
    (office.desk.folder / "smtp-password").chmod(0o600)
    office.desk.mail = f'user = "alerts@elsewhere.example"\n{office.desk.mail}'
    office.desk.mail = f'password_file = "smtp-password"\n{office.desk.mail}'
    said = office.desk.run("check", "--online").stdout
    assert "SPF, DKIM and DMARC of hollybrook.example were not looked up" in said
    assert "Mail is sent from hollybrook.example, and signed in to at elsewhere.example" in said

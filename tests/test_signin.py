"""Signing in: the link, the second factor, sessions, and what somebody who guesses comes up to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor.settings import Person, School
from monitor.store import accounts, audit
from monitor.store.engine import Store
from monitor.web.server import WebServer
from monitor.web.signin_pages import first_link
from tests.conftest import Clock
from tests.signing import Client, letters, mailed
from tests.web_cast import HEAD, KEYS, NOW, SCHOOL, THREAT, keep, opened, served, settings

pytestmark = pytest.mark.slow

TEACHER = Person(name="Tom Birch", email="T.Birch@hollybrook.example", roles=("staff",))
WITH_STAFF = SCHOOL.model_copy(update={"people": (*SCHOOL.people, TEACHER)})


class Desk:
    """A school's pages over a new database, with a clock and a list of people that can change."""

    def __init__(self, store: Store, web: WebServer, clock: Clock, schools: list[School]) -> None:
        self.store, self.web, self.clock, self.schools = store, web, clock, schools

    def client(self) -> Client:
        """A new browser."""
        return Client(self.web)

    def head(self) -> tuple[Client, Any]:
        """The headteacher, signed in for the first time, with the app."""
        client = self.client()
        assert client.sign_in(self.store, HEAD).headers["location"].startswith("/signin/second")
        client.get("/signin/second")
        return client, client.set_up_app(self.clock.now)


@contextmanager
def _desk(folder: Path, **web: Any) -> Iterator[Desk]:
    clock, schools = Clock(NOW), [WITH_STAFF]
    configured = settings(folder, schools=(WITH_STAFF,), **web)
    with (
        opened(folder) as store,
        served(store, configured, clock=clock, people=lambda: tuple(schools)) as server,
    ):
        yield Desk(store, server, clock, schools)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with _desk(tmp_path) as made:
        yield made


def test_a_link_by_mail_and_a_code_let_the_headteacher_in(desk: Desk) -> None:
    keep(desk.store, THREAT)
    client = desk.client()
    assert "Look in your mailbox" in client.ask_for_link(" HEAD@Hollybrook.Example ").text
    (path,) = mailed(desk.store, HEAD)
    assert client.press_link(path).headers["location"] == "/signin/second?next=%2F"
    assert client.get("/").headers["location"] == "/signin/second?next=%2F"
    client.get("/signin/second")
    client.set_up_app(desk.clock.now)
    assert len(re.findall(r"\b(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}\b", client.page)) == 10
    page = client.get(f"/mentions/{THREAT.id}")
    assert (page.status, "waiting outside the gates" in page.text) == (200, True)


def test_a_member_of_staff_needs_the_link_alone_and_sees_no_post(desk: Desk) -> None:
    keep(desk.store, THREAT)
    client = desk.client()
    assert client.sign_in(desk.store, TEACHER).headers["location"] == "/"
    assert client.get("/account").status == 200
    for path in ("/mentions", "/mail", "/sources", f"/mentions/{THREAT.id}"):
        assert client.get(path).status == 403
        assert "gates" not in client.page


def test_a_mail_scanner_does_not_use_a_link_up_and_a_person_does(desk: Desk) -> None:
    client = desk.client()
    client.ask_for_link(HEAD.email)
    (path,) = mailed(desk.store, HEAD)
    for _ in range(3):
        assert desk.client().get(path).status == 200
    assert client.press_link(path).status == 303
    other = desk.client()
    assert other.get(path).status == 404
    other.get("/signin")
    assert other.post("/signin/link", secret=path.rpartition("/")[2]).status == 404


def test_a_link_is_good_for_fifteen_minutes(desk: Desk) -> None:
    client = desk.client()
    client.ask_for_link(HEAD.email)
    (path,) = mailed(desk.store, HEAD)
    desk.clock.forward(minutes=15)
    assert client.press_link(path).status == 404


def test_an_unknown_address_hears_the_same_and_is_sent_nothing(desk: Desk) -> None:
    client = desk.client()
    known = client.ask_for_link(HEAD.email)
    unknown = client.ask_for_link("nobody@hollybrook.example")
    assert (known.status, known.text) == (unknown.status, unknown.text) == (200, known.text)
    assert (
        mailed(desk.store, Person(name="x", email="nobody@hollybrook.example", roles=("it",))) == []
    )


def test_the_database_holds_no_secret_that_opens_anything(desk: Desk, tmp_path: Path) -> None:
    client, app = desk.head()
    session = client.cookies["footprint-session"]
    with desk.store.writing() as connection:
        accounts.tidy(connection, desk.clock.forward(days=2))
    desk.store.close()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("footprint.db*"))
    assert session.encode() not in held
    assert app.secret.encode() not in held
    assert re.search(rb"(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}", held) is None


def test_the_next_sign_in_asks_for_a_code_and_a_used_one_is_refused(desk: Desk) -> None:
    _, app = desk.head()
    used = app.at(desk.clock.now)
    client = desk.client()
    client.sign_in(desk.store, HEAD)
    client.get("/signin/second")
    assert client.post("/signin/second", code=used).status == 403
    fresh = app.at(desk.clock.forward(seconds=60))
    before = client.cookies["footprint-session"]
    assert client.post("/signin/second", code=f"{fresh[:3]} {fresh[3:]}").status == 303
    assert client.cookies["footprint-session"] != before
    assert client.get("/").status == 200
    again = desk.client()
    again.sign_in(desk.store, HEAD)
    again.get("/signin/second")
    assert again.post("/signin/second", code=fresh).status == 403


def test_a_recovery_code_works_once_however_it_is_typed(desk: Desk) -> None:
    client, _ = desk.head()
    code = re.findall(r"\b(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}\b", client.page)[3]
    for typed, status in ((code.lower().replace("-", " "), 303), (code, 403)):
        other = desk.client()
        other.sign_in(desk.store, HEAD)
        other.get("/signin/second")
        assert other.post("/signin/second", code=typed).status == status


def test_ten_wrong_codes_stop_the_guessing_for_a_quarter_of_an_hour_and_the_person_is_told(
    desk: Desk,
) -> None:
    _, app = desk.head()
    client = desk.client()
    client.sign_in(desk.store, HEAD)
    client.get("/signin/second")
    right = app.at(desk.clock.forward(minutes=1))
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    assert [client.post("/signin/second", code=wrong).status for _ in range(10)] == [403] * 10
    assert client.post("/signin/second", code=right).status == 429
    assert {"name": "Jane Ashdown", "tries": "10"} in letters(desk.store, HEAD)
    desk.clock.forward(minutes=15)
    assert client.post("/signin/second", code=app.at(desk.clock.now)).status == 303


def test_a_flood_of_requests_mails_ten_links_and_shuts_nobody_out_for_good(desk: Desk) -> None:
    with desk.store.writing() as connection:
        accounts.tried(connection, "link", [KEYS.name("account", HEAD.email)] * 10, desk.clock.now)
    client = desk.client()
    assert client.ask_for_link(HEAD.email).status == 200
    assert mailed(desk.store, HEAD) == []
    desk.clock.forward(minutes=15)
    client.ask_for_link(HEAD.email)
    assert len(mailed(desk.store, HEAD)) == 1


def test_an_idle_session_ends_after_half_an_hour_and_any_after_twelve(desk: Desk) -> None:
    client, _ = desk.head()
    desk.clock.forward(minutes=29)
    assert client.get("/").status == 200
    desk.clock.forward(minutes=30)
    assert client.get("/").status == 303
    other = desk.client()
    other.sign_in(desk.store, TEACHER)
    for _ in range(28):
        desk.clock.forward(minutes=25)
        assert other.get("/account").status == 200
    desk.clock.forward(minutes=25)
    assert other.get("/account").status == 303


def test_signing_out_ends_the_session_for_a_copy_of_the_cookie_too(desk: Desk) -> None:
    client, _ = desk.head()
    copy = dict(client.cookies)
    client.get("/account")
    assert client.post("/signout").headers["location"] == "/signin"
    client.cookies = copy
    assert client.get("/account").status == 303


def test_a_cookie_that_was_set_before_the_sign_in_is_not_the_session(desk: Desk) -> None:
    client = desk.client()
    client.cookies["footprint-session"] = "chosen-by-somebody-else"
    client.sign_in(desk.store, TEACHER)
    assert client.cookies["footprint-session"] != "chosen-by-somebody-else"
    assert len(client.cookies["footprint-session"]) == 43


def test_who_is_taken_out_of_the_settings_is_out_at_the_next_page(desk: Desk) -> None:
    client, _ = desk.head()
    assert client.get("/").status == 200
    desk.schools[:] = [SCHOOL.model_copy(update={"people": (TEACHER,)})]
    assert client.get("/").status == 303
    demoted = Person(name=HEAD.name, email=HEAD.email, roles=("staff",))
    desk.schools[:] = [SCHOOL.model_copy(update={"people": (demoted,)})]
    assert client.get("/mentions").status == 403


def test_who_is_given_a_role_with_posts_must_prove_it_first(desk: Desk) -> None:
    client = desk.client()
    client.sign_in(desk.store, TEACHER)
    promoted = TEACHER.model_copy(update={"roles": ("dsl",)})
    desk.schools[:] = [SCHOOL.model_copy(update={"people": (promoted,)})]
    assert client.get("/").headers["location"].startswith("/signin/second")


def test_the_account_page_lists_the_sessions_and_ends_them(desk: Desk) -> None:
    client, app = desk.head()
    other = desk.client()
    other.sign_in(desk.store, HEAD)
    other.get("/signin/second")
    other.post("/signin/second", code=app.at(desk.clock.forward(minutes=1)))
    assert other.get("/").status == 200
    page = client.get("/account").text
    assert "Jane Ashdown" in page
    assert "(this browser)" in page
    client.post("/account/end-others")
    assert other.get("/").status == 303
    assert client.get("/").status == 200


def test_nobody_ends_another_persons_session(desk: Desk) -> None:
    client, _ = desk.head()
    with desk.store.reading() as connection:
        theirs = accounts.sessions(connection, HEAD.email, desk.clock.now)
    teacher = desk.client()
    teacher.sign_in(desk.store, TEACHER)
    teacher.get("/account")
    for session in theirs:
        teacher.post("/account/end", session=session.hash)
    assert client.get("/").status == 200


def test_new_recovery_codes_and_another_app_need_a_code(desk: Desk) -> None:
    client, app = desk.head()
    old = re.findall(r"\b(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}\b", client.page)
    client.get("/account")
    assert client.post("/account/codes", code="000000").status == 403
    made = client.post("/account/codes", code=app.at(desk.clock.forward(minutes=1)))
    new = re.findall(r"\b(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}\b", made.body)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert client.post("/account/app", code=old[0]).status == 403
    assert client.post("/account/app", code=new[0]).headers["location"].startswith("/signin/second")
    assert client.get("/").status == 303
    client.get("/signin/second")
    client.set_up_app(desk.clock.now)
    assert client.get("/").status == 200


def test_two_browsers_cannot_both_set_the_second_step_up(desk: Desk) -> None:
    late = desk.client()
    late.sign_in(desk.store, HEAD)
    late.get("/signin/second")
    sealed, token = late.field("sealed"), late.token
    desk.head()
    late.token = token
    assert late.post("/signin/setup", sealed=sealed, code="123456").status in {200, 403}
    assert late.get("/").status == 303


def test_a_setting_up_that_was_begun_by_another_person_is_refused(desk: Desk) -> None:
    mine = desk.client()
    mine.sign_in(desk.store, HEAD)
    mine.get("/signin/second")
    sealed = mine.field("sealed")
    lead = desk.client()
    lead.sign_in(desk.store, SCHOOL.people[1])
    lead.get("/signin/second")
    assert lead.post("/signin/setup", sealed=sealed, code="123456").status == 403
    assert lead.post("/signin/setup", sealed="x", code="123456").status == 403


@pytest.mark.parametrize(
    "wish",
    ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "\\\\elsewhere",
     "/%0d%0aset-cookie:x", "javascript:alert(1)", "/\telsewhere", "///elsewhere", " //elsewhere",
     "/mail\r\nLocation: x", "elsewhere.example", "/a\u2028b", "@elsewhere"],
)  # fmt: skip
def test_no_wish_leads_to_another_host(desk: Desk, wish: str) -> None:
    client = desk.client()
    client.get("/signin")
    client.post("/signin", email=TEACHER.email, leads=wish)
    leads = client.press_link(mailed(desk.store, TEACHER)[-1]).headers["location"]
    assert re.fullmatch(r"/(?![/\\])[!-~]*", leads)
    assert leads == "/" or wish.startswith("/%0d")


def test_after_the_sign_in_the_page_that_was_wanted_opens(desk: Desk) -> None:
    client = desk.client()
    wanted = client.get("/account?x=1").headers["location"]
    assert wanted == "/signin?next=%2Faccount%3Fx%3D1"
    client.get(wanted)
    client.post("/signin", email=TEACHER.email, leads=client.field("leads"))
    assert client.press_link(mailed(desk.store, TEACHER)[-1]).headers["location"] == "/account?x=1"


@pytest.mark.parametrize("path", ["/signout", "/account/end-others", "/signin", "/signin/link"])
def test_a_form_without_our_token_or_from_elsewhere_changes_nothing(desk: Desk, path: str) -> None:
    client, _ = desk.head()
    client.get("/account")
    token = client.token
    stranger = desk.client()
    stranger.get("/signin")
    for headers, given in (
        ({}, ""),
        ({}, stranger.token),
        ({"Origin": "https://elsewhere.example"}, token),
        ({"Origin": "null"}, token),
        ({"Origin": ""}, token),
        ({"Content-Type": "text/plain"}, token),
        ({"Content-Type": "application/json"}, token),
    ):
        client.token = given
        assert client.post(path, headers).status == 403
    assert client.get("/").status == 200
    if path != "/signin":
        assert client.get(path).status in {404, 405}


def test_the_first_person_says_who_they_are_and_the_link_works_once(desk: Desk) -> None:
    with desk.store.writing() as connection:
        path = first_link(connection, desk.clock.now)
    client = desk.client()
    page = client.get(path)
    assert "Jane Ashdown" in page.text
    assert "Tom Birch" not in page.text
    assert client.press_link(path, who="nobody@hollybrook.example").status == 404
    assert client.press_link(path, who=HEAD.email).status == 303
    client.get("/signin/second")
    client.set_up_app(desk.clock.now)
    assert client.get("/").status == 200
    assert desk.client().press_link(path, who=HEAD.email).status == 404
    with desk.store.writing() as connection:
        assert first_link(connection, desk.clock.now) == ""


def test_the_first_link_is_good_for_an_hour_and_a_new_one_takes_its_place(desk: Desk) -> None:
    with desk.store.writing() as connection:
        old = first_link(connection, desk.clock.now)
        path = first_link(connection, desk.clock.now)
    assert desk.client().get(old).status == 404
    desk.clock.forward(minutes=59)
    assert desk.client().get(path).status == 200
    desk.clock.forward(minutes=1)
    assert desk.client().get(path).status == 404


def test_links_lead_to_the_configured_address_whatever_host_was_said(tmp_path: Path) -> None:
    with _desk(tmp_path, address="https://footprint.hollybrook.example") as desk:
        client = desk.client()
        client.get("/signin")
        forged = {"X-Forwarded-Host": "elsewhere.example", "Host": "localhost"}
        client.post("/signin", {**forged, "Origin": "http://localhost"}, email=HEAD.email)
        assert mailed(desk.store, HEAD)
        assert "elsewhere" not in str(letters(desk.store, HEAD))


def test_signing_in_stands_in_the_audit_trail(desk: Desk) -> None:
    desk.head()
    with desk.store.reading() as connection:
        acts = [row.act for row in audit.listed(connection)]
    assert {"session.began", "account.second_factor_set"} <= set(acts)


def test_a_body_of_more_than_a_form_holds_is_refused_while_others_are_answered(desk: Desk) -> None:
    client = desk.client()
    client.get("/signin")
    assert client.post("/signin", email="x" * (1024 * 1024)).status == 413
    many = {f"f{number}": "x" for number in range(2000)}
    assert client.post("/signin", **many).status in {400, 403, 413}
    assert desk.client().get("/signin").status == 200


def test_hostile_names_of_browsers_are_plain_words(desk: Desk) -> None:
    client = desk.client()
    client.ask_for_link(TEACHER.email)
    path = mailed(desk.store, TEACHER)[-1]
    client.get(path)
    hostile = {"User-Agent": "<script>window.__pwn=1</script>\t%s{{7*7}}"}
    client.post("/signin/link", hostile, secret=path.rpartition("/")[2])
    page = client.get("/account")
    assert "<script>window" not in page.body
    assert "<script>window.__pwn=1</script> %s{{7*7}}" in page.text or "script" in page.body

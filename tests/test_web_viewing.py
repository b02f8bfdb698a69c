"""The page before one account's posts are opened again: the warning, the form, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.evidence import Item
from monitor.settings import Person
from monitor.store import audit, evidence, viewing
from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.web.server import WebServer
from tests.signing import Client
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    NOW,
    SCHOOL,
    THREAT,
    deal,
    keep,
    opened,
    served,
    settings,
    sign_in,
)

pytestmark = pytest.mark.slow  # a server and a database for each test

DPO = Person(name="Sam Okoro", email="dpo@hollybrook.example", roles=("dpo",))
DEPUTY = Person(name="Dee Price", email="deputy@hollybrook.example", roles=("deputy",))
POST = replace(COMPLAINT, author="Parent of two", url="https://forum.example/p/1")
URGENT = replace(THREAT, author="Parent of two", url="https://forum.example/p/2")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebServer, Store]]:
    """A school with a headteacher, a deputy and a data protection officer, who are signed in."""
    people = (*SCHOOL.people, DPO, DEPUTY)
    school = SCHOOL.model_copy(update={"people": people})
    with opened(tmp_path) as store:
        keep(store, POST, URGENT)
        with served(store, settings(tmp_path, schools=(school,))) as server:
            for person in (HEAD, DPO, DEPUTY):
                sign_in(store, person, person.email)
            yield server, store


def at(web: WebServer, person: Person) -> Client:
    client = Client(web)
    client.cookies["footprint-session"] = person.email
    return client


def looked_on(store: Store, days: int, mention: Mention = POST) -> None:
    """Posts of the account were opened on so many days before this one."""
    with store.writing() as connection:
        for day in range(1, days + 1):
            viewing.opened(connection, mention, NOW - timedelta(days=day))
            if day == 2:
                why = "the police asked"
                viewing.take_step(connection, mention, "reason", "x@b.example", why, NOW)


def test_a_post_is_opened_on_two_days_and_asks_for_a_reason_on_the_third(
    web: tuple[WebServer, Store],
) -> None:
    server, store = web
    with store.writing() as connection:
        for day in (1, 2):
            viewing.opened(connection, POST, NOW - timedelta(days=day))
    deputy = at(server, DEPUTY)
    shut = deputy.get(f"/mentions/{POST.id}")
    assert shut.status == 200
    assert "Write down why this has to be opened again." in shut.text
    assert "reported the bullying" not in shut.text
    assert deputy.post(f"/mentions/{POST.id}/viewing", why=" ").status == 400
    done = deputy.post(f"/mentions/{POST.id}/viewing", why="The family is in today")
    assert (done.status, done.headers["location"]) == (303, f"/mentions/{POST.id}")
    page = deputy.get(f"/mentions/{POST.id}").text
    assert "reported the bullying" in page
    assert "What was asked for has been written down." in page
    with store.reading() as connection:
        (noted,) = audit.listed(connection, act="viewing.reason")
    assert (noted.who, noted.details["why"]) == (DEPUTY.email, "The family is in today")


def test_on_the_sixth_day_the_head_and_the_dpo_agree_or_it_stays_shut(
    web: tuple[WebServer, Store],
) -> None:
    server, store = web
    looked_on(store, 5)
    for person in (DEPUTY, HEAD, DPO):
        own = "" if person is DEPUTY else "/viewing"
        shut = at(server, person).get(f"/mentions/{POST.id}{own}").text
        assert "It stays closed until the headteacher" in shut
        assert "reported the bullying" not in shut
        assert ("Why it has to be opened" in shut) is (person is not DEPUTY)
    deputy = at(server, DEPUTY)
    deputy.get(f"/mentions/{POST.id}")
    deputy.get("/account")
    assert deputy.post(f"/mentions/{POST.id}/viewing", why="please").status == 403
    for person in (HEAD, DPO):
        assert "reported the bullying" not in at(server, DEPUTY).get(f"/mentions/{POST.id}").text
        client = at(server, person)
        client.get(f"/mentions/{POST.id}/viewing")
        assert client.post(f"/mentions/{POST.id}/viewing", why="a court asks").status == 303
    assert "reported the bullying" in at(server, DEPUTY).get(f"/mentions/{POST.id}").text


def test_what_is_urgent_is_never_shut(web: tuple[WebServer, Store]) -> None:
    server, store = web
    looked_on(store, 6)
    page = at(server, DEPUTY).get(f"/mentions/{URGENT.id}").text
    assert "waiting outside the gates" in page
    assert "can be surveillance in law" in page


def test_a_post_that_is_not_there_asks_for_nothing(web: tuple[WebServer, Store]) -> None:
    server, _ = web
    head = at(server, HEAD)
    head.get("/account")
    assert head.post(f"/mentions/{'0' * 32}/viewing", why="x").status == 404
    assert head.post(f"/mentions/{POST.id}/viewing", why="nothing was asked").status == 403
    assert "Nothing has to be written down" in head.get(f"/mentions/{POST.id}/viewing").text
    assert at(server, DPO).get(f"/mentions/{'0' * 32}/viewing").status == 404


def test_a_post_says_what_of_it_was_kept_and_what_could_not_be(
    web: tuple[WebServer, Store],
) -> None:
    server, store = web
    page = f"/mentions/{POST.id}"
    with store.writing() as connection:
        evidence.owe(connection, [POST], NOW)
    head = at(server, HEAD)
    assert "The page is about to be looked at." in head.get(page).text
    with store.writing() as connection:
        capture = evidence.claim(connection, NOW, "us")
        assert capture is not None
        said = "forum.example answered with error 500."
        evidence.postpone(connection, capture, said, NOW + timedelta(minutes=10))
        item = Item(POST.id, 1, "hollybrook", "note", POST.url, NOW, "1", "<b>Gone</b> & away.")
        evidence.keep(connection, item, NOW)
    shown = head.get(page)
    assert "forum.example answered with error 500. It is tried again." in shown.text
    assert "A note alone, " in shown.text
    assert "&lt;b&gt;Gone&lt;/b&gt; &amp; away." in shown.body


def test_the_incidents_page_counts_that_its_posts_are_opened(
    web: tuple[WebServer, Store],
) -> None:
    server, store = web
    case = deal(store, POST)
    looked_on(store, 4)
    assert "reported the bullying" in at(server, DEPUTY).get(f"/incidents/{case}").text
    with store.writing() as connection:
        assert viewing.standing(connection, POST, NOW + timedelta(days=1)).days == 6


def test_the_incidents_page_hides_the_words_and_not_what_can_be_done(
    web: tuple[WebServer, Store],
) -> None:
    server, store = web
    case, urgent = deal(store, POST), deal(store, URGENT)
    looked_on(store, 5)
    deputy = at(server, DEPUTY)
    page = deputy.get(f"/incidents/{case}").text
    assert "reported the bullying" not in page
    assert "It stays closed until the headteacher" in page
    assert "I have this" in page
    assert "Close it" in page
    shut = deputy.post(f"/incidents/{case}/reveal", mention=POST.id, reason="answer")
    assert "reported the bullying" not in shut.text
    assert "reported the bullying" not in deputy.get(f"/api/incidents/{case}").text
    assert "waiting outside the gates" in deputy.get(f"/incidents/{urgent}").text
    with store.reading() as connection:
        assert audit.listed(connection, act="mention.revealed") == ()

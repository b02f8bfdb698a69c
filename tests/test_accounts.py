"""Who has signed in where, as both databases keep it, and how the link gets to a mailbox."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.delivery import Postroom
from monitor.settings import Mail, Settings, Web
from monitor.store import accounts, deliveries, pages
from monitor.store.accounts import Away, Factor, Link, Session
from monitor.store.deliveries import Owed
from monitor.store.engine import Store
from tests.conftest import Clock
from tests.mailserver import MailServer
from tests.sending import a_channel
from tests.web_cast import HEAD, NOW, SCHOOL

pytestmark = pytest.mark.slow
EMAIL, MINUTE = HEAD.email, timedelta(minutes=1)


def test_a_link_is_taken_once_and_in_its_time(store: Store) -> None:
    with store.writing() as connection:
        accounts.add_link(connection, Link("h", EMAIL, "/mail"), NOW, NOW + 15 * MINUTE)
        assert accounts.link(connection, "h", NOW) == Link("h", EMAIL, "/mail")
        assert not accounts.take_link(connection, "h", NOW + 15 * MINUTE)
        assert accounts.take_link(connection, "h", NOW)
        assert not accounts.take_link(connection, "h", NOW)
        assert accounts.link(connection, "h", NOW) is None


def test_a_code_and_a_recovery_code_count_once(store: Store) -> None:
    with store.writing() as connection:
        assert not accounts.has_anybody(connection)
        accounts.set_factor(connection, Factor(EMAIL, b"\x00sealed", NOW, 7), ["a", "b"])
        assert accounts.has_anybody(connection)
        assert not accounts.use_step(connection, EMAIL, 7)
        assert accounts.use_step(connection, EMAIL, 9)
        assert not accounts.use_step(connection, EMAIL, 8)
        assert accounts.use_recovery(connection, EMAIL, "a")
        assert not accounts.use_recovery(connection, EMAIL, "a")
        assert accounts.recovery_left(connection, EMAIL) == 1
        assert accounts.factor(connection, EMAIL) == Factor(EMAIL, b"\x00sealed", NOW, 9)


def test_a_session_lasts_and_ends_and_a_clock_set_back_prolongs_none(store: Store) -> None:
    made = Session("h", EMAIL, True, "Firefox", NOW, NOW)
    with store.writing() as connection:
        accounts.begin(connection, made)
        assert accounts.session(connection, "h", NOW + 29 * MINUTE) == made
        assert accounts.session(connection, "h", NOW + 30 * MINUTE) is None
        assert accounts.session(connection, "h", NOW - timedelta(hours=13)) is None
        assert not accounts.end(connection, "somebody@else.example", "h")
        accounts.seen(connection, "h", NOW + 29 * MINUTE)
        assert accounts.sessions(connection, EMAIL, NOW + 50 * MINUTE)
        accounts.erase_person(connection, EMAIL)
        assert accounts.session(connection, "h", NOW + 29 * MINUTE) is None
        assert accounts.known(connection) == frozenset()


def test_tries_are_counted_for_a_quarter_of_an_hour_and_then_forgotten(store: Store) -> None:
    with store.writing() as connection:
        accounts.tried(connection, "code", ["x", "y"], NOW)
        accounts.tried(connection, "code", ["x"], NOW + MINUTE)
        assert accounts.count(connection, "code", "x", NOW + MINUTE) == 2
        assert accounts.count(connection, "code", "x", NOW + 15 * MINUTE) == 1
        assert accounts.count(connection, "link", "x", NOW) == 0
        accounts.tidy(connection, NOW + timedelta(days=2))
        assert accounts.count(connection, "code", "x", NOW + MINUTE) == 0


def test_the_way_back_from_a_service_counts_once(store: Store) -> None:
    away = Away("nonce", "verifier", "/mail")
    with store.writing() as connection:
        accounts.leave(connection, "h", away, NOW + MINUTE)
        accounts.leave(connection, "late", away, NOW + MINUTE)
        assert accounts.come_back(connection, "h", NOW) == away
        assert accounts.come_back(connection, "h", NOW) is None
        assert accounts.come_back(connection, "late", NOW + MINUTE) is None


def _owe(store: Store, **facts: str) -> None:
    owed = Owed(
        id="a" * 32, mention_id=None, school=SCHOOL.id, level="signin", priority=10, role="staff",
        email=EMAIL, due_at=NOW, kind="signin", subject="a" * 32,
        facts={"name": HEAD.name, **facts},
    )  # fmt: skip
    with store.writing() as connection:
        deliveries.owe(connection, [owed], NOW)


def _postroom(folder: Path, store: Store, server: MailServer, clock: Clock) -> Postroom:
    mail = Mail.model_validate({"from": "Footprint <footprint@hollybrook.example>"})
    web = Web(address="https://footprint.hollybrook.example/")
    configured = Settings(folder=folder, mail=mail, web=web, schools=(SCHOOL,))
    return Postroom(configured, (SCHOOL,), store, a_channel(server), clock, "me")


def test_the_link_arrives_by_mail_and_shows_on_no_page(store: Store, tmp_path: Path) -> None:
    _owe(store, path="/signin/link/abc")
    with MailServer() as server:
        done = _postroom(tmp_path, store, server, Clock(NOW)).deliver_one()
    assert done
    assert done.state == "sent"
    (letter,) = server.accepted
    assert b"https://footprint.hollybrook.example/signin/link/abc" in letter.content
    assert b"Subject: Your link to sign in to Footprint" in letter.content
    with store.reading() as connection:
        assert pages.sent(connection, [SCHOOL.id], 10, by_mail=True) == ()


def test_so_many_wrong_codes_are_told_in_plain_words(store: Store, tmp_path: Path) -> None:
    _owe(store, tries="10")
    with MailServer() as server:
        _postroom(tmp_path, store, server, Clock(NOW)).deliver_one()
    assert b"10 wrong codes were given for your account" in server.accepted[0].content
    assert b"signin/link" not in server.accepted[0].content


def test_nobody_is_sent_a_link_that_they_have_waited_five_minutes_for(
    store: Store, tmp_path: Path
) -> None:
    _owe(store, path="/signin/link/abc")
    with MailServer() as server:
        done = _postroom(tmp_path, store, server, Clock(NOW + 5 * MINUTE)).deliver_one()
    assert done
    assert (done.state, server.accepted) == ("dropped", [])


def test_who_was_taken_out_of_the_settings_is_let_go_and_nobody_else(store: Store) -> None:
    with store.writing() as connection:
        for email in (EMAIL, "gone@hollybrook.example"):
            accounts.set_factor(connection, Factor(email, b"x", NOW, 0), ["a"])
            accounts.begin(connection, Session(email, email, True, "Firefox", NOW, NOW))
        accounts.erase_leavers(connection, [EMAIL.upper()])
        assert accounts.known(connection) == {EMAIL}
        assert accounts.session(connection, EMAIL, NOW)

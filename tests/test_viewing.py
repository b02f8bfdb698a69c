"""Opening one account's posts again and again: what is asked for when, and what is not kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.store import audit, viewing
from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.store.viewing import NotAgreedError
from monitor.viewing import Standing
from tests.test_store import a_mention

pytestmark = pytest.mark.slow  # a database for each test

FIRST = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
HEAD, DPO = "head@hollybrook.example", "dpo@hollybrook.example"
POST = replace(a_mention(), author="Parent of two", url="https://forum.example/p/1")
OTHER_POST = replace(POST, id="m2", url="https://www.forum.example/p/2", author=" parent of TWO ")


def on_day(store: Store, day: int, mention: Mention = POST) -> Standing:
    with store.writing() as connection:
        return viewing.opened(connection, mention, FIRST + timedelta(days=day - 1))


def step(store: Store, name: str, who: str, why: str = "a threat was reported to us") -> None:
    with store.writing() as connection:
        viewing.take_step(connection, POST, name, who, why, FIRST + timedelta(days=5))


def test_two_days_pass_the_third_asks_for_a_reason_the_sixth_for_two_agreements(
    store: Store,
) -> None:
    assert [on_day(store, day).wants for day in (1, 1, 2, 3, 4)] == ["", "", "", "reason", "reason"]
    step(store, "reason", HEAD)
    assert [on_day(store, day).wants for day in (4, 5, 6, 7)] == ["", "", "", "agreement"]
    step(store, "headteacher", HEAD)
    assert on_day(store, 7).wants == "agreement"
    step(store, "dpo", DPO)
    assert on_day(store, 7).wants == ""


def test_all_posts_of_an_account_at_a_place_count_and_no_others(store: Store) -> None:
    on_day(store, 1)
    on_day(store, 2, OTHER_POST)
    assert on_day(store, 3, OTHER_POST).wants == "reason"
    assert on_day(store, 3, replace(POST, author="Somebody else")).days == 1
    assert on_day(store, 3, replace(POST, url="https://other.example/1")).days == 1


def test_a_post_of_nobody_is_not_counted(store: Store) -> None:
    assert [on_day(store, day, replace(POST, author=" ")).days for day in range(1, 9)] == [0] * 8


def test_a_new_month_begins_anew_and_what_was_counted_is_gone(store: Store) -> None:
    for day in (1, 2, 3):
        on_day(store, day)
    step(store, "reason", HEAD)
    assert on_day(store, 31).days == 1
    with store.reading() as connection:
        keys = connection.execute(text("SELECT name FROM secret WHERE name LIKE 'viewing%'"))
        assert keys.scalars().all() == ["viewing 2026-10"]
        assert connection.execute(text("SELECT count(*) FROM viewed")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM viewing_reason")).scalar() == 0


def test_nothing_kept_says_whose_account_it_is_or_who_looked(store: Store) -> None:
    on_day(store, 1)
    with store.reading() as connection:
        (row,) = connection.execute(text("SELECT * FROM viewed")).all()
    assert len(row.account) == 64
    assert set(row._fields) == {"account", "day"}


def test_reasons_and_agreements_stand_in_the_audit_trail(store: Store) -> None:
    on_day(store, 1)
    step(store, "reason", HEAD, "the police asked\nfor it")
    step(store, "dpo", DPO)
    with store.reading() as connection:
        agreed, reason = audit.listed(connection)
    assert (reason.act, reason.who, reason.subject) == ("viewing.reason", HEAD, "m1")
    assert reason.details == {"step": "reason", "why": "the police asked for it"}
    assert (agreed.act, agreed.details["step"]) == ("viewing.agreed", "dpo")


def test_an_agreement_needs_words_and_two_people(store: Store) -> None:
    with pytest.raises(NotAgreedError, match="write a sentence"):
        step(store, "reason", HEAD, "  ")
    with pytest.raises(NotAgreedError, match="only the headteacher and the data protection"):
        step(store, "governor", HEAD)
    step(store, "headteacher", HEAD)
    with pytest.raises(NotAgreedError, match="must be another person's"):
        step(store, "dpo", HEAD)


def test_the_warning_explains_and_says_nothing_of_anybody() -> None:
    assert Standing(2, frozenset()).warning == ""
    asked = Standing(3, frozenset()).warning
    assert "surveillance" in asked
    assert asked.endswith("Write down why this has to be opened again.")
    assert "both agreed in writing" in Standing(6, frozenset({"reason"})).warning
    assert Standing(3, frozenset({"reason"})).warning.endswith("Open this only if you must.")

"""The audit trail: what it keeps, that nobody can change it, and that a change is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.chain import GENESIS, Head, Link, breaks, linked
from monitor.store import audit
from monitor.store.engine import Store, StoreError

pytestmark = pytest.mark.slow  # a database for each test

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
HEAD, DPO = "head@hollybrook.example", "dpo@hollybrook.example"


@pytest.fixture
def trail(store: Store) -> Store:
    """A trail of six rows of two schools, a day apart."""
    with store.writing() as connection:
        for day in range(6):
            school = "elmside" if day % 3 == 2 else "hollybrook"
            at = NOW + timedelta(days=day)
            audit.note(connection, at, HEAD, "mention.revealed", f"m{day}", school, part="phone")
    return store


def change(store: Store, *statements: str) -> None:
    """Change the tables as somebody with the run of the database could."""
    with store.writing() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_unchanged")
            connection.exec_driver_sql("DROP TRIGGER audit_kept")
        else:
            connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(text(statement))


def faults(store: Store) -> tuple[str, ...]:
    with store.reading() as connection:
        return audit.faults(connection)


def test_what_was_noted_is_listed_newest_first_by_school_since_and_thing(trail: Store) -> None:
    with trail.reading() as connection:
        everything = audit.listed(connection)
        assert [row.number for row in everything] == [6, 5, 4, 3, 2, 1]
        first = everything[-1]
        assert (first.at, first.who, first.act) == (NOW, HEAD, "mention.revealed")
        assert (first.subject, first.school) == ("m0", "hollybrook")
        assert first.details == {"part": "phone"}
        assert [row.number for row in audit.listed(connection, school="elmside")] == [6, 3]
        newer = audit.listed(connection, since=NOW + timedelta(days=4))
        assert [row.number for row in newer] == [6, 5]
        assert [row.number for row in audit.listed(connection, subject="m3")] == [4]
        assert [row.number for row in audit.listed(connection, limit=1)] == [6]


def test_a_note_is_undone_with_what_it_speaks_of(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as connection:
        audit.note(connection, NOW, HEAD, "mention.erased", "m1")
        raise RuntimeError
    with store.reading() as connection:
        assert audit.listed(connection) == ()
    assert faults(store) == ()


def test_what_is_long_enough_to_be_a_posts_words_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="the detail why is too long"):
        with store.writing() as connection:
            audit.note(connection, NOW, HEAD, "mention.revealed", "m1", why="x" * 501)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'nobody' WHERE number = 2",
        "DELETE FROM audit WHERE number = 6",
        "DELETE FROM audit",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(trail: Store, statement: str) -> None:
    with pytest.raises(StoreError, match="the audit trail is never"):
        with trail.writing() as connection:
            connection.execute(text(statement))
    assert faults(trail) == ()


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["UPDATE audit SET who = 'nobody' WHERE number = 2"], "row 2 was changed"),
        (["UPDATE audit SET details = '{}' WHERE number = 6"], "row 6 was changed"),
        (["DELETE FROM audit WHERE number = 3"], "row 3 is missing"),
        (["DELETE FROM audit WHERE number IN (2, 3)"], "rows 2 to 3 are missing"),
        (["DELETE FROM audit WHERE number > 4"], "rows 5 to 6 are missing"),
        (["DELETE FROM audit"], "rows 1 to 6 are missing"),
        (
            [
                "UPDATE audit SET number = 0 WHERE number = 2",
                "UPDATE audit SET number = 2 WHERE number = 3",
                "UPDATE audit SET number = 3 WHERE number = 0",
            ],
            "row 2 does not follow from the row before it",
        ),
        (
            [
                "DELETE FROM audit WHERE number < 3",
                """UPDATE chain_head SET pruned = 2, pruned_hash =
                (SELECT previous FROM audit WHERE number = 3) WHERE chain = 'audit'""",
            ],
            "rows up to 2 were deleted, and nothing says that they might be",
        ),
    ],
)
def test_every_change_behind_the_databases_back_is_found(
    trail: Store, statements: list[str], said: str
) -> None:
    change(trail, *statements)
    assert said in faults(trail)


def test_what_is_three_years_old_goes_from_its_beginning_and_the_rest_stays_whole(
    trail: Store,
) -> None:
    now = NOW + timedelta(days=3 * 365)
    with trail.writing() as connection:
        assert audit.prune(connection, NOW + timedelta(days=2), now) == 2
        assert audit.prune(connection, NOW + timedelta(days=2), now) == 0
    with trail.reading() as connection:
        kept = audit.listed(connection)
    assert [row.number for row in kept] == [7, 6, 5, 4, 3]
    assert (kept[0].act, kept[0].who, kept[0].details) == ("audit.pruned", "footprint", {"to": 2})
    assert faults(trail) == ()
    with trail.writing() as connection:
        assert audit.prune(connection, now + timedelta(days=1), now + timedelta(days=1)) == 5
    assert faults(trail) == ()


def test_a_chain_that_is_whole_in_itself_but_ends_too_soon_is_found() -> None:
    links = []
    previous = GENESIS
    for number in (1, 2, 3):
        made = linked(previous, f"row {number}")
        links.append(Link(number, f"row {number}", previous, made))
        previous = made
    assert list(breaks(links, Head(3, previous))) == []
    assert list(breaks(links[:2], Head(3, previous))) == ["row 3 is missing"]
    late = "row 3 is not the last one that was written down"
    assert list(breaks(links, Head(2, links[1].hash))) == [late]

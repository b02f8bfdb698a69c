"""Daily totals follow every change of a mention, and outlive the post."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text

from monitor.judge.terms import Judgement, Level
from monitor.store import corrections, daily, mentions
from monitor.store.corrections import Said
from monitor.store.engine import Store
from monitor.store.mentions import EVIDENCE, JUDGEMENT, MENTION, Mention
from monitor.store.opening import open_store
from tests.test_store import MENTION_OF_0004, at_step
from tests.web_cast import keep, mention

SEEN = datetime(2026, 11, 10, 9, tzinfo=UTC)
DAY = date(2026, 11, 10)


def found(name: str = "a", **changed: Any) -> Mention:
    return mention(name, "words", **{"seen_at": SEEN, "published": None, **changed})


def counted(store: Store, **wanted: object) -> Counter[str]:
    """How many there are of each category, of the totals with these values."""
    with store.reading() as connection:
        every = daily.totals(connection, ("hollybrook",), date(2020, 1, 1), date(2030, 1, 1))
    counts: Counter[str] = Counter()
    for one in every:
        if all(getattr(one, name) == value for name, value in wanted.items()):
            counts[one.category] += one.mentions
    return counts


def test_a_mention_counts_once_and_once_under_each_category(store: Store) -> None:
    keep(store, found(categories=("complaint", "press")), found("b", categories=("complaint",)))
    assert counted(store) == {"": 2, "complaint": 2, "press": 1}
    assert counted(store, day=DAY, source="stanwick-forum", level="routine", mood="neutral") == {
        "": 2,
        "complaint": 2,
        "press": 1,
    }


@pytest.mark.parametrize(
    ("published", "seen", "day"),
    [
        (None, "2026-07-05T22:59+00:00", date(2026, 7, 5)),
        (None, "2026-07-05T23:01+00:00", date(2026, 7, 6)),
        ("2026-03-29T00:30+00:00", "2026-03-30T09:00+00:00", date(2026, 3, 29)),
        ("2026-10-24T23:30+00:00", "2026-10-26T09:00+00:00", date(2026, 10, 25)),
        ("2031-01-01T00:00+00:00", "2026-11-10T09:00+00:00", DAY),
    ],
    ids=["before midnight", "after it", "clocks forward", "clocks back", "dated in the future"],
)
def test_a_post_counts_on_the_day_in_london_on_which_it_was_posted(
    store: Store, published: str | None, seen: str, day: date
) -> None:
    posted = datetime.fromisoformat(published) if published else None
    keep(store, found(published=posted, seen_at=datetime.fromisoformat(seen)))
    assert counted(store, day=day) == {"": 1}


def test_what_is_not_about_the_school_does_not_count(store: Store) -> None:
    keep(store, found(relevant=False))
    assert counted(store) == {}


def test_a_rewritten_post_counts_as_it_is_now(store: Store) -> None:
    keep(store, found(categories=("complaint",)))
    now = found(level="urgent", sentiment="negative", categories=("threat",), revision=2)
    with store.writing() as connection:
        mentions.revise(connection, now)
    assert counted(store) == {"": 1, "threat": 1}
    assert counted(store, level="urgent", mood="negative") == {"": 1, "threat": 1}


def test_a_correction_moves_the_count_and_undoing_it_moves_it_back(store: Store) -> None:
    one = found(level="respond", categories=("complaint",))
    keep(store, one)
    judged = Judgement(
        "hollybrook", True, 0.9, "neutral", 0.0, ("complaint",), Level.RESPOND, None, "en"
    )
    with store.writing() as connection:
        mentions.keep_judgements(connection, [(one, judged)], "0", SEEN)
        said = Said("not-about-us", None, (), "", "Jane", SEEN + timedelta(hours=1))
        record = corrections.keep(connection, one, said)
    assert counted(store) == {}
    with store.writing() as connection:
        corrections.undo(connection, record.number, "Jane", SEEN + timedelta(hours=2))
    assert counted(store, level="respond") == {"": 1, "complaint": 1}


def test_the_totals_outlive_the_post(store: Store) -> None:
    keep(store, found(categories=("praise",)))
    with store.writing() as connection:
        for kept in (EVIDENCE, JUDGEMENT):
            connection.execute(delete(kept))
        connection.execute(delete(MENTION))
    assert counted(store) == {"": 1, "praise": 1}


def test_a_mention_that_was_not_kept_counts_for_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as connection:
        mentions.add(connection, [found()])
        raise RuntimeError
    assert counted(store) == {}


def test_what_an_older_version_kept_is_counted(database_url: str) -> None:
    old = at_step(database_url, "0004")
    with old.writing() as connection:
        connection.execute(text(MENTION_OF_0004.replace("'[]', '[]')", """'["threat"]', '[]')""")))
        other = MENTION_OF_0004.replace("'m1'", "'m2'").replace("'k1'", "'k2'")
        connection.execute(text(other.replace("true, 1, 'urgent'", "false, 1, 'urgent'")))
    old.close()
    store = open_store(database_url)
    try:
        assert counted(store, day=date(2026, 9, 15), level="urgent") == {"": 1, "threat": 1}
        assert counted(store) == {"": 1, "threat": 1}
    finally:
        store.close()

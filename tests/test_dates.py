"""Dates in the forms that feeds use."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sources.formats.dates import read_date


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 14 Sep 2026 16:45:00 +0100", (2026, 9, 14, 15, 45)),
        ("Mon, 14 Sep 2026 16:45 BST", (2026, 9, 14, 15, 45)),
        ("14 September 26 16:45:00 GMT", (2026, 9, 14, 16, 45)),
        ("Mon, 14-Sep-2026 16:45:00 EST", (2026, 9, 14, 21, 45)),
        ("Mon, 14 Sep 2026 16:45:00 +0100 (BST)", (2026, 9, 14, 15, 45)),
        ("Mon, 14 Sep 2026 24:00:00 GMT", (2026, 9, 15, 0, 0)),
        ("14 Sep 2026", (2026, 9, 14, 0, 0)),
        ("2026-09-14T16:45Z", (2026, 9, 14, 16, 45)),
        ("2026-09-14T16:45:00.5-0230", (2026, 9, 14, 19, 15)),
        ("2026-09-14 16:45", (2026, 9, 14, 16, 45)),
        ("20260914T164500Z", (2026, 9, 14, 16, 45)),
        ("2026-09", (2026, 9, 1, 0, 0)),
        ("2026-W38-1", (2026, 9, 14, 0, 0)),
    ],
)
def test_a_date_is_read_in_the_forms_feeds_use(written: str, read: tuple[int, ...]) -> None:
    found = read_date(written)
    assert found is not None
    assert (found.year, found.month, found.day, found.hour, found.minute) == read
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    ["", "soon", "9999-12-31T23:59:59-01:00", "0000-01-01", "2026-13-01", "1 Foo 2026", "9" * 5000],
)
def test_a_date_that_is_none_is_none(written: str) -> None:
    assert read_date(written) is None


def test_what_only_feedparser_reads_is_taken_from_it() -> None:
    assert read_date("le 3 mars", (2026, 3, 3, 0, 0, 0, 1, 62, 0)) == datetime(
        2026, 3, 3, tzinfo=UTC
    )

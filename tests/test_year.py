"""The year proof in short: the days around which rules change; `make proof` runs the whole."""

from __future__ import annotations

from datetime import date

import pytest

from tests.proofs.year import live

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 10, 21), date(2026, 11, 3)),  # half-term, and the clocks go back
        (date(2026, 12, 17), date(2027, 1, 5)),  # Christmas
        (date(2027, 3, 24), date(2027, 4, 13)),  # Easter, and the clocks go forward
    ],
)
def test_every_letter_goes_at_its_lawful_time(first: date, last: date, database_url: str) -> None:
    account = live(first, last, 7, database_url)
    assert account.clean, account.lines()
    assert account.alerts == 3 * account.days
    assert account.digests in (2, 3)

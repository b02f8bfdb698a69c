"""Three days of polling in short; `make proof` runs the whole."""

from __future__ import annotations

import pytest

from tests.proofs.days import prove


@pytest.mark.slow
def test_healthy_sources_stay_on_time_beside_dead_slow_and_hostile_ones(database_url: str) -> None:
    account = prove(3, 30, 7, database_url)
    assert account.clean, account.lines()
    assert len(account.troubled) == 6
    assert len(account.gaps) > 200

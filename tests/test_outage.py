"""The outage proof's short form; `make proof` runs the whole."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from tests.proofs.outage import away, matrix, meet

pytestmark = pytest.mark.slow


def test_alerts_that_waited_for_a_server_are_told_once_the_urgent_first(database_url: str) -> None:
    found = away(2, 5, database_url, timedelta(hours=2))
    assert found.clean, found.lines()
    assert (found.alerts, found.messages) == (20, 20)


@pytest.mark.parametrize(("stage", "fault"), random.Random(7).sample(matrix(), 10))
def test_a_fault_at_any_stage_costs_only_time(stage: str, fault: str, tmp_path: Path) -> None:
    met = meet(stage, fault, f"sqlite:///{tmp_path}/footprint.db")  # type: ignore[arg-type]
    assert met.wrong == ()

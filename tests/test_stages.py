"""The stages proof's short form; `make proof` runs the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.stages import migrate, prove

pytestmark = pytest.mark.slow


def test_nothing_is_lost_or_made_anew_by_dying_at_a_stage(
    tmp_path: Path, database_url: str
) -> None:
    stages = ("during digest", "after 250 before commit")
    account = prove(stages, 1, tmp_path, database_url)
    log = (tmp_path / "program.log").read_text("utf-8")[-2000:]
    assert account.clean, f"{account.lines()}\n{log}"
    assert account.alerts.alerts == 8


def test_a_step_of_the_database_that_is_killed_leaves_the_old_one(
    tmp_path: Path, database_url: str
) -> None:
    assert migrate(8, tmp_path, database_url) == ""

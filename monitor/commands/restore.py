"""`footprint restore`: a backup into an empty database; nothing is sent again."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor import erasures
from monitor.backup import BackupError, opened
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    print_json,
    say,
    settings_or_exit,
)
from monitor.erasures import ListError
from monitor.keeping import Keeper, SilentError
from monitor.settings import Settings
from monitor.store import audit, copying, evidence
from monitor.store.engine import Store, StoreError
from monitor.store.opening import open_store, sole_use


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    key_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="The key of age, where the backup has a recipient."),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty database; letters that may have been sent since are held."""
    settings = settings_or_exit(config)
    try:
        erasures.read(settings.folder)
        key = key_file.read_text("utf-8") if key_file else ""
        with (
            sole_use(settings.database_url),
            opened(file, settings.backup, key) as (source, manifest),
            closing(open_store(settings.database_url)) as target,
        ):
            rows, held = _fill(source, target, manifest.moment)
            erased = Keeper(settings, target, clock).replay()
            faults = _settled(settings, target)
    except (BackupError, ListError, StoreError) as error:
        fail(str(error), 1)
    except (OSError, UnicodeDecodeError) as error:
        fail(f"the key cannot be read: {error}", 2)
    if as_json:
        counts = {"rows": rows, "held": held, "erased": erased}
        print_json({**counts, "made": manifest.made_at, "faults": list(faults)})
    else:
        say(f"Restored as it was on {manifest.moment:%d %b %Y at %H:%M} UTC: {rows} rows.")
        _say_rest(held, erased, faults)
    if faults:
        raise SystemExit(1)


def _fill(source: Store, target: Store, made_at: datetime) -> tuple[int, int]:
    with copying.one_moment(source) as read, target.writing() as connection:
        copied = copying.fill(read, connection)
        now = clock()
        held = copying.after_restore(connection, made_at, now)
        audit.note(connection, now, audit.COMMAND_LINE, "data.restored", "backup", held=held)
    return sum(copied.values()), held


def _settled(settings: Settings, target: Store) -> tuple[str, ...]:
    """Delete what has been kept long enough meanwhile; what is wrong with the chains."""
    try:
        Keeper(settings, target, clock).expire()
    except SilentError as error:
        say(f"Nothing was deleted for its age: {error}.")
    with target.reading() as connection:
        return (*audit.faults(connection), *evidence.faults(connection))


def _say_rest(held: int, erased: int, faults: tuple[str, ...]) -> None:
    if erased:
        say(f"{erased} posts that had been erased since were erased again.")
    if held:
        say(f"{held} letters were owed then and may have been sent since: they are held.")
        say("Look at them with `footprint data letters`, and say what is to become of them.")
    for fault in faults:
        say(f"Warning: {fault}.")

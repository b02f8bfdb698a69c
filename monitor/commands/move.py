"""`footprint move`: a school's database to another one, SQLite to PostgreSQL or back."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer
from pydantic import ValidationError

from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    fail,
    print_json,
    say,
    settings_or_exit,
)
from monitor.settings import Database, Settings
from monitor.store import copying
from monitor.store.engine import StoreError, display_name, sqlite_path
from monitor.store.opening import open_store, sole_use


def command(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="postgresql://user@host/name or sqlite:///PATH; PGPASSWORD is read."
        ),
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Copy everything into another, empty database; stop the program first."""
    settings = settings_or_exit(config)
    target_url = _checked(settings, url)
    path = sqlite_path(settings.database_url)
    if path is not None and not path.exists():
        fail(f"{path} is not there yet: there is nothing to move", 1)
    try:
        with sole_use(settings.database_url), sole_use(target_url):
            rows = _move(settings.database_url, target_url)
    except StoreError as error:
        fail(str(error), 1)
    if as_json:
        print_json({"rows": rows})
        return
    say(f"{sum(rows.values())} rows in {len(rows)} tables were copied; both are alike.")
    say(f'Now write url = "{url}" under [database], and start the program again.')
    say(f"Keep {display_name(settings.database_url)} until you have seen that all is well.")


def _checked(settings: Settings, url: str) -> str:
    try:
        asked = Database(url=url)
    except ValidationError as error:
        fail(f"URL {error.errors()[0]['msg']}", 2)
    target = settings.model_copy(update={"database": asked}).database_url
    if target == settings.database_url:
        fail("URL is the database that the configuration names already", 2)
    return target


def _move(source_url: str, target_url: str) -> dict[str, int]:
    with closing(open_store(source_url)) as source, closing(open_store(target_url)) as target:
        with copying.one_moment(source) as read:
            before = copying.digests(read)
            with target.writing() as connection:
                copying.fill(read, connection)
                unlike = [
                    name
                    for name, digest in copying.digests(connection).items()
                    if digest != before[name]
                ]
                if unlike:
                    names = ", ".join(unlike)
                    raise StoreError(f"not everything arrived alike ({names}): nothing was moved")
        return {name: number for name, (number, _) in before.items()}

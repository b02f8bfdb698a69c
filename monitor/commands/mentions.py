"""`footprint mentions`: list what has been found, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    level_option,
    print_json,
    settings_or_exit,
)
from monitor.judge.routing import LONDON
from monitor.judge.terms import Level
from monitor.settings import Settings
from monitor.store import mentions
from monitor.store.engine import Store, StoreError, display_name, sqlite_path
from monitor.store.mentions import Mention
from monitor.store.opening import open_store

SHOWN = 100
# How much of an id a person copies; `footprint correct` takes any beginning that is enough.
SHORT = 8


def command(
    school: Annotated[str | None, typer.Option(help="Only this school (its id).")] = None,
    level: Annotated[Level | None, level_option("Only this level.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Seen since: 2026-11-21, 2026-11-21T08:00, or 7d, 12h.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    not_about_us: Annotated[
        bool, typer.Option("--not-about-us", help="Those held not to be about the school.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List stored mentions, newest first."""
    settings = settings_or_exit(config)
    refuse_unknown(school, settings)
    if not_about_us and level is not None:
        fail("--level and --not-about-us do not go together: such a mention has no level", 2)
    newest = moment_since(since)
    with opened(settings.database_url) as store, store.reading() as connection:
        found = mentions.listed(
            connection,
            school=school,
            level=level and level.value,
            since=newest,
            limit=limit,
            relevant=not not_about_us,
        )
    if as_json:
        print_json({"mentions": [_as_json(mention) for mention in found]})
    else:
        _print(found)


def refuse_unknown(school: str | None, settings: Settings) -> None:
    """End with one clear line where there is no school of that id."""
    if school is not None and settings.school(school) is None:
        known = ", ".join(found.id for found in settings.schools)
        fail(f"there is no school {school!r}; there are: {known}", 2)


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """The database for one command, beside a running program; its troubles end in one line."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        fail(f"{display_name(url)} is not there yet: run `footprint poll` first", 1)
    try:
        store = open_store(url)
        try:
            yield store
        finally:
            store.close()
    except StoreError as error:
        fail(str(error), 1)


def moment_since(words: str | None) -> datetime | None:
    """The moment that a --since means; one clear line and the end where it means none."""
    if words is None:
        return None
    units = {"d": timedelta(days=1), "h": timedelta(hours=1)}
    if words[:-1].isdecimal() and words[-1] in units:
        return clock() - min(int(words[:-1]), 100_000) * units[words[-1]]
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        fail(f"--since {words!r} is not a date; write 2026-11-21, 2026-11-21T08:00, 7d or 12h", 2)
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)


def _as_json(mention: Mention) -> dict[str, Any]:
    return {
        "id": mention.id,
        "school": mention.school,
        "source": mention.source,
        "url": mention.url,
        "title": mention.title,
        "text": mention.text,
        "author": mention.author,
        "published": mention.published and mention.published.isoformat(),
        "seen": mention.seen_at.isoformat(),
        "level": mention.level,
        "sentiment": mention.sentiment,
        "compound": mention.compound,
        "categories": list(mention.categories),
        "reasons": list(mention.reasons),
        "incident": mention.incident,
    }


def _print(found: tuple[Mention, ...]) -> None:
    if not found:
        print("No mentions.")  # noqa: T201 - what a command says
        return
    table = Table(box=None, pad_edge=False)
    for column in ("id", "seen", "level", "school", "source"):
        table.add_column(column, no_wrap=True)
    table.add_column("what")
    for mention in found:
        words = " ".join((mention.title or mention.text).split())[:SHOWN]
        seen = f"{mention.seen_at.astimezone(LONDON):%d %b %H:%M}"
        where = (mention.level, mention.school, mention.source)
        table.add_row(mention.id[:SHORT], seen, *where, Text(words))
    Console().print(table)

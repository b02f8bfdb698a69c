"""`footprint mentions`: list what has been found, newest first."""

from __future__ import annotations

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
    print_json,
    settings_or_exit,
)
from monitor.judge.routing import LONDON
from monitor.judge.terms import Level
from monitor.store import mentions
from monitor.store.engine import StoreError, display_name, sqlite_path
from monitor.store.mentions import Mention
from monitor.store.opening import open_store

SHOWN = 100


def command(
    school: Annotated[str | None, typer.Option(help="Only this school (its id).")] = None,
    level: Annotated[Level | None, typer.Option(help="Only this level.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Seen since: 2026-11-21, 2026-11-21T08:00, or 7d, 12h.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List stored mentions, newest first."""
    settings = settings_or_exit(config)
    if school is not None and settings.school(school) is None:
        known = ", ".join(found.id for found in settings.schools)
        fail(f"there is no school {school!r}; there are: {known}", 2)
    wanted = {"school": school, "level": level and level.value, "since": _since(since)}
    found = _read(settings.database_url, limit, wanted)
    if as_json:
        print_json({"mentions": [_as_json(mention) for mention in found]})
    else:
        _print(found)


def _read(url: str, limit: int, wanted: dict[str, Any]) -> tuple[Mention, ...]:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        fail(f"{display_name(url)} is not there yet: run `footprint poll` first", 1)
    try:
        store = open_store(url)
        try:
            with store.reading() as connection:
                return mentions.listed(connection, limit=limit, **wanted)
        finally:
            store.close()
    except StoreError as error:
        fail(str(error), 1)


def _since(words: str | None) -> datetime | None:
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
    for column in ("seen", "level", "school", "source"):
        table.add_column(column, no_wrap=True)
    table.add_column("what")
    for mention in found:
        words = " ".join((mention.title or mention.text).split())[:SHOWN]
        seen = f"{mention.seen_at.astimezone(LONDON):%d %b %H:%M}"
        table.add_row(seen, mention.level, mention.school, mention.source, Text(words))
    Console().print(table)

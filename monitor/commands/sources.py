"""`footprint sources`: what can be read and what cannot, and how each source of yours is doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import coverage, health
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    print_json,
    settings_or_exit,
)
from monitor.commands.mentions import opened
from monitor.judge.routing import LONDON
from monitor.settings import Settings, SourceSettings
from monitor.store import looks
from monitor.store.engine import Store, sqlite_path
from monitor.store.looks import Look
from monitor.store.yields import Yield, yields
from sources import names
from sources.catalogue import Unseen, kinds, unseen

PERIOD = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Doing:
    """How a configured source is doing; `look` is None where it has not been read yet."""

    source: SourceSettings
    look: Look | None = None
    brought: Yield = field(default_factory=Yield)
    unseen: timedelta = timedelta()

    @property
    def state(self) -> str:
        """Its health, or that it is off or was never read."""
        if not self.source.enabled:
            return "off"
        if self.look is None or self.look.tried_at is None:
            return "not read yet"
        return self.look.health

    @property
    def says(self) -> str:
        """What is wrong with it and what to do, in one line; empty where nothing is."""
        error = self.look.error if self.look and self.source.enabled else ""
        advice = health.ADVICE.get(self.state, "") if error else ""
        return " ".join(filter(None, (error, advice, self._noise)))

    @property
    def _noise(self) -> str:
        is_search = getattr(self.source.options, "quiet_is_well", False)
        if not (is_search and self.brought.is_mostly_noise):
            return ""
        tenths = self.brought.tenths_not_ours
        return f"noisy: {tenths} in 10 are not about the school; narrow the query"


def command(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the kinds of source there are, and how each configured one is doing."""
    settings = settings_or_exit(config)
    doing = _doing(settings)
    if as_json:
        print_json(
            {
                "kinds": [{"kind": name, **asdict(kinds()[name])} for name in names()],
                "unseen": [asdict(place) for place in unseen()],
                "sources": [_as_json(one) for one in doing],
            }
        )
    else:
        _print(doing)


def _doing(settings: Settings) -> tuple[Doing, ...]:
    path = sqlite_path(settings.database_url)
    if path is not None and not path.exists():
        return tuple(Doing(source) for source in settings.sources)
    with opened(settings.database_url) as store:
        return _from(store, settings.sources, clock())


def _from(store: Store, configured: Iterable[SourceSettings], now: datetime) -> tuple[Doing, ...]:
    by_id = {source.id: source for source in configured}
    with store.reading() as connection:
        seen = looks.everything(connection, by_id)
        gaps = looks.gaps(connection, by_id, now - PERIOD, now)
        brought = yields(connection, by_id, now - PERIOD)
    blind = dict.fromkeys(by_id, timedelta())
    for gap in coverage.unseen(seen, gaps, now - PERIOD, now):
        blind[gap.source] += gap.lasted
    known = {look.source: look for look in seen}
    return tuple(
        Doing(source, known.get(name), brought.get(name, Yield()), blind[name])
        for name, source in by_id.items()
    )


def _as_json(doing: Doing) -> dict[str, Any]:
    look, brought = doing.look, doing.brought
    return {
        "id": doing.source.id,
        "kind": doing.source.kind,
        "health": doing.state,
        "last_success": _iso(look.good_at if look else None),
        "last_error": (look.error if look else "") or None,
        "broken_since": _iso(look.broken_since if look else None),
        "next_try": _iso(look.due_at if look and doing.source.enabled else None),
        "entries_28_days": brought.entries,
        "matched_28_days": brought.matched,
        "tenths_not_about_us": brought.tenths_not_ours,
        "unseen_hours_28_days": round(doing.unseen / timedelta(hours=1), 1),
        "says": doing.says or None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _print(doing: tuple[Doing, ...]) -> None:
    console = Console()
    for title, table in (
        ("What can be read", _table_of_kinds()),
        ("What cannot be read", _table_of_unseen(unseen())),
        ("Your sources, and what they brought in 28 days", _table_of(doing)),
    ):
        console.print(Text(f"\n{title}\n", style="bold"))
        console.print(table)
    for one in doing:
        if one.says:
            # Text, not markup: an error may hold a foreign word in square brackets.
            console.print(Text(f"\n{one.source.id}: {one.says}"))


def _table_of_kinds() -> Table:
    table = Table("kind", "value", "what it sees, the law, the cost, the set-up", box=None)
    for name in names():
        kind = kinds()[name]
        lines = (f"sees {kind.sees}", f"law: {kind.law}", f"cost: {kind.cost}")
        table.add_row(name, kind.value, Text("\n".join((*lines, f"needs {kind.setup}"))))
    return table


def _table_of_unseen(places: Iterable[Unseen]) -> Table:
    table = Table("place", "why not", "instead", box=None)
    for place in places:
        table.add_row(Text(place.title), Text(place.why), Text(place.instead))
    return table


def _table_of(doing: Iterable[Doing]) -> Table:
    table = Table(box=None)
    for column in ("source", "state", "last read", "next"):
        table.add_column(column, no_wrap=column == "source")
    for column in ("entries", "about us", "not, of 10"):
        table.add_column(column, justify="right")
    for one in doing:
        look, brought = one.look, one.brought
        counts = (brought.entries, brought.matched, brought.tenths_not_ours)
        when = (_short(look.good_at), _short(look.due_at)) if look else ("never", "")
        table.add_row(one.source.id, one.state, *when, *map(str, counts))
    return table


def _short(moment: datetime | None) -> str:
    return f"{moment.astimezone(LONDON):%d %b %H:%M}" if moment else "never"

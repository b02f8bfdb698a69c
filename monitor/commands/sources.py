"""`footprint sources`: what can be read and what cannot, and how each source of yours is doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import coverage, health, no_internet
from monitor.commands._world import (
    DEFAULT_CONFIG,
    NO_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    print_json,
    say,
    settings_or_exit,
)
from monitor.commands.mentions import opened
from monitor.judge.routing import LONDON
from monitor.settings import Settings, SourceSettings
from monitor.store import looks
from monitor.store.engine import Store, sqlite_path
from monitor.store.looks import Look
from monitor.store.yields import Yield, yields
from sources.catalogue import Unseen, kinds, unseen

PERIOD = timedelta(days=28)
_OFF, _NOT_READ = "off", "not read yet"
# What says nothing of whether the internet could be reached.
_NOT_ASKED = frozenset({_OFF, _NOT_READ, "waiting"})


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
            return _OFF
        if self.look is None or self.look.tried_at is None:
            return _NOT_READ
        return self.look.health

    @property
    def error(self) -> str:
        """What the last reading stumbled over; empty where it went well, or is no longer meant."""
        return self.look.error if self.look and self.source.enabled else ""

    @property
    def says(self) -> str:
        """What is wrong with it and what to do, in one line; empty where nothing is."""
        error = self.error
        advice = health.ADVICE.get(self.state, "") if error else ""
        return " ".join(filter(None, (error, advice, self._noise)))

    @property
    def shown(self) -> str:
        """Its state for a person; an inbox that nobody has a way into yet is not called well."""
        options = self.source.options
        inbox = self.source.kind == "inbox" and self.source.enabled
        ways = inbox and (options.folder or options.hmac_secret.get_secret_value())
        idle = inbox and not ways and not self.brought.entries
        return "waits for reports" if idle and self.state in ("ok", _NOT_READ) else self.state

    @property
    def _noise(self) -> str:
        is_search = getattr(self.source.options, "quiet_is_well", False)
        if not (is_search and self.brought.is_mostly_noise):
            return ""
        tenths = self.brought.tenths_not_ours
        return f"noisy: {tenths} in 10 are not about the school; narrow the query"


def command(
    kinds_too: Annotated[
        bool, typer.Option("--kinds", help="Also list what can be read, and what cannot.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show how each configured source is doing; with --kinds, also what kinds there are."""
    none_yet = config == DEFAULT_CONFIG and not config.exists()
    settings = None if none_yet else settings_or_exit(config)
    doing = _doing(settings) if settings else ()
    if as_json:
        print_json(
            {
                "kinds": [{"kind": name, **asdict(kind)} for name, kind in kinds().items()],
                "unseen": [asdict(place) for place in unseen()],
                "sources": [_as_json(one) for one in doing],
            }
        )
        return
    if settings is None:
        say(f"{NO_CONFIG} This is what Footprint can read.")
    if settings and doing:
        _print(settings, doing)
    if kinds_too or not doing:
        _print_catalogue()
    else:
        say("\nWhat else can be read, and what cannot: footprint sources --kinds")


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


def _print(settings: Settings, doing: tuple[Doing, ...]) -> None:
    console = _titled("Your sources, and what they brought in 28 days", _table_of(doing))
    errors = {one.source.id: one.error for one in doing if one.state not in _NOT_ASKED}
    cut_off = no_internet.not_looked_up(settings, errors)
    if cut_off:
        console.print(Text(f"\n{no_internet.sentence(len(cut_off))}"))
    for one in doing:
        if one.says and one.source.id not in cut_off:
            # Text, not markup: an error may hold a foreign word in square brackets.
            console.print(Text(f"\n{one.source.id}: {one.says}"))


def _print_catalogue() -> None:
    _titled("What can be read, the most telling first", _table_of_kinds())
    _titled("What cannot be read", _table_of_unseen(unseen()))


def _titled(title: str, table: Table) -> Console:
    console = Console()
    console.print(Text(f"\n{title}\n", style="bold"))
    console.print(table)
    return console


def _table_of_kinds() -> Table:
    table = Table("kind", "value", "what it sees, the law, the cost, the set-up", box=None)
    for name, kind in kinds().items():
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
        table.add_column(column, no_wrap=column in ("source", "state"))
    for column in ("entries", "about us", "of 10, not about us"):
        table.add_column(column, justify="right")
    for one in doing:
        look, brought = one.look, one.brought
        counts = (brought.entries, brought.matched, brought.tenths_not_ours)
        when = (_short(look.good_at), _short(look.due_at)) if look else ("never", "")
        table.add_row(one.source.id, one.shown, *when, *map(str, counts))
    return table


def _short(moment: datetime | None) -> str:
    return f"{moment.astimezone(LONDON):%d %b %H:%M}" if moment else "never"

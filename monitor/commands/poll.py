"""`footprint poll`: read the sources now, then deliver what is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from monitor import no_internet
from monitor.advice import approved, run_problems
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    World,
    clock,
    fail,
    print_json,
    say,
    settings_or_exit,
    warn_of_orphans,
    world,
)
from monitor.delivery import Delivered
from monitor.notices import worded
from monitor.polling import Polled
from monitor.settings import Settings
from monitor.store import deliveries
from monitor.store.engine import StoreError

NO_SERVER = "no mail server is set, so nobody has been told. Set [mail] host."
# The longest row there can be: an id is what people type again, and is not cut to the terminal.
_WIDEST = 140
BAD = frozenset({"blocked", "failing", "dead", "over budget", "needs you", "slow"})


def command(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Ids; none means all.")
    ] = None,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Read and judge alone; send nothing.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Poll the sources now and deliver what is due; prints what each source gave."""
    settings = settings_or_exit(config)
    _refuse_mistakes(settings, sources or [], no_send)
    try:
        with world(settings, settings.schools) as made:
            polled = list(_poll_all(made, sources or sorted(made.monitor.sources)))
            told = [] if no_send else list(_deliver_all(made))
            waiting = _waiting(made)
            warn_of_orphans(made)
    except StoreError as error:
        fail(str(error), 1)
    if as_json:
        print_json({"sources": [_as_json(result) for result in polled]})
    else:
        _print_table(polled)
    _say_troubles(settings, polled, told)
    if not as_json:
        _say_mail(told, waiting, no_send=no_send, to_folder=not settings.mail.host)
    failed = any(p.health in BAD for p in polled) or any(t.state != "sent" for t in told)
    raise typer.Exit(1 if failed else 0)


def _refuse_mistakes(settings: Settings, sources: Sequence[str], no_send: bool) -> None:
    known = settings.read_for(settings.schools)
    if not known:
        fail("there is nothing to read: add [[sources]] and [[schools]] to the configuration", 2)
    for source in sources:
        if source not in known:
            fail(f"there is no source {source!r}; there are: {', '.join(sorted(known))}", 2)
    problems = () if no_send else run_problems(settings)
    if problems:
        fail("\n".join(str(problem) for problem in problems), 2)
    missing = [school.id for school in settings.schools if school not in approved(settings)]
    if missing:
        say(
            f"Note: no approval is recorded for {', '.join(missing)}: this poll goes ahead as your "
            "own act, but `footprint run` will not watch it until [schools.approval] is filled in."
        )


def _poll_all(made: World, sources: Sequence[str]) -> Iterator[Polled]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Reading the sources", total=len(sources))
        for source in sources:
            yield made.monitor.poll(source)
            bar.advance(task)


def _deliver_all(made: World) -> Iterator[Delivered]:
    while made.digests.owe_one() is not None:
        pass
    made.escalations.owe_due()
    made.notes.owe()
    for room in (made.postroom, made.second):
        while (told := room.deliver_one()) is not None:
            yield told


def _waiting(made: World) -> tuple[int, datetime | None, str]:
    """How many letters wait, when the next is due, and why mail is shut, where it is."""
    ids = tuple(school.id for school in made.postroom.schools)
    with made.store.reading() as connection:
        owed = deliveries.counts(connection, ids).get("owed", 0)
        outage = deliveries.outage(connection, made.postroom.channel.name)
        return owed, deliveries.next_due(connection, ids), outage.error if outage else ""


def _say_troubles(settings: Settings, polled: Sequence[Polled], told: Sequence[Delivered]) -> None:
    """Below the table, where a sentence has room: why a source is not well, and what was lost."""
    asked = {source.id: source.error for source in polled if source.health != "waiting"}
    cut_off = no_internet.not_looked_up(settings, asked)
    if cut_off:
        say(no_internet.sentence(len(cut_off)))
    for source in polled:
        why = (source.error,) if source.error and source.id not in cut_off else ()
        for line in (*why, *source.flaws):
            say(f"{source.id}: {line}")
    for letter in told:
        if letter.state != "sent":
            say(f"Alert to {letter.recipient} not sent ({letter.state}): {letter.error}")


def _as_json(result: Polled) -> dict[str, Any]:
    row = asdict(result)
    del row["flaws"]
    return {**row, "error": result.error or None}


def _print_table(polled: Sequence[Polled]) -> None:
    table = Table("source", "state", box=None, pad_edge=False)
    for column in ("fetched", "new", "matched", "alerted"):
        table.add_column(column, justify="right")
    for p in polled:
        counts = (str(n) for n in (p.fetched, p.new, p.matched, p.alerted))
        table.add_row(p.id, p.health, *counts)
    Console(width=_WIDEST).print(table)


def _say_mail(
    told: Sequence[Delivered],
    waiting: tuple[int, datetime | None, str],
    *,
    no_send: bool,
    to_folder: bool,
) -> None:
    owed, next_due, shut = waiting
    sent = sum(letter.state == "sent" for letter in told)
    if not no_send:
        alerts = f"{sent} alert{'' if sent == 1 else 's'}"
        said = f"{alerts} written to the folder; {NO_SERVER}" if to_folder else f"{alerts} sent."
        say(said if sent else "No alerts were due.")
    if shut:
        say(f"Mail is not going out: {shut}. It is tried again by itself; nothing is lost.")
    if owed and next_due:
        when = "now" if next_due <= clock() else worded(next_due)
        say(f"{owed} alert{' waits' if owed == 1 else 's wait'}, the next due {when}.")

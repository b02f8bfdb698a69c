"""`footprint digest`: a week's digest, to read, to print or to send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from alerts.digest import Digest, digest_page, digest_text
from alerts.pdf import pdf
from monitor import weekly
from monitor.advice import approved, run_problems
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    print_json,
    say,
    settings_or_exit,
    world,
)
from monitor.commands.mentions import opened, refuse_unknown
from monitor.digest.weeks import Week
from monitor.notices import worded
from monitor.settings import School, Settings
from monitor.store import deliveries
from monitor.store.deliveries import DIGEST, Delivery
from monitor.store.engine import Connection, StoreError, one_at_a_time
from monitor.store.opening import InUseError
from monitor.weekly import Reader


class Edition(StrEnum):
    """Whom a digest is for."""

    HEAD = "head"
    DSL = "dsl"
    GOVERNORS = "governors"
    TRUST = "trust"


def command(
    week: Annotated[
        str | None, typer.Option(metavar="2026-W47", help="The ISO week; the last whole one.")
    ] = None,
    school: Annotated[str | None, typer.Option(help="Only this school (its id).")] = None,
    edition: Annotated[
        Edition | None, typer.Option(help="Whom it is for; absent, the headteacher.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it to this file as a page.")
    ] = None,
    pdf_file: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Write it to this file to print.")
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Mail it to all who get it, unless that was done.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="With --send: mail it even if it was sent.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Build a week's digest: show it, write it to a file, or send it."""
    settings = settings_or_exit(config)
    refuse_unknown(school, settings)
    schools = tuple(one for one in settings.schools if school in {None, one.id})
    chosen = _week(week)
    _refuse(settings, schools, edition, (html, pdf_file), send=send, again=again)
    if html or pdf_file or not send:
        built = list(_built(settings, schools, chosen, edition or Edition.HEAD))
        _show(built, html, pdf_file, as_json=as_json)
    if send:
        raise typer.Exit(_send(settings, schools, chosen, edition, again=again))


def _week(name: str | None) -> Week:
    now = clock()
    try:
        week = Week.named(name) if name else Week.at(now).before()
    except ValueError as error:
        fail(f"--week {error}", 2)
    if week.ends > now:
        fail(f"--week {week.name} is not over yet; it ends on {worded(week.ends)}", 2)
    return week


def _refuse(
    settings: Settings,
    schools: Sequence[School],
    edition: Edition | None,
    files: Sequence[Path | None],
    *,
    send: bool,
    again: bool,
) -> None:
    if not schools:
        fail("there is no school yet: add [[schools]] to the configuration", 2)
    if again and not send:
        fail("--again goes with --send alone", 2)
    if any(files) and len(schools) > 1 and edition is not Edition.TRUST:
        known = ", ".join(one.id for one in schools)
        fail(f"a file holds one school's digest: add --school with one of {known}", 2)
    problems = run_problems(settings) if send else ()
    if problems:
        fail("\n".join(str(problem) for problem in problems), 2)


def _built(
    settings: Settings, schools: Sequence[School], week: Week, edition: Edition
) -> Iterator[Digest]:
    console = Console(stderr=True)
    wanted = schools[:1] if edition is Edition.TRUST else schools
    with (
        opened(settings.database_url) as store,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task(f"Building the digest of week {week.name}", total=len(wanted))
        for school in wanted:
            frame = weekly.frame_of(settings, school, clock(), {})
            with store.reading() as connection:
                yield weekly.build(connection, settings, school, week, edition.value, frame)
            bar.advance(task)


def _show(
    built: Sequence[Digest], html: Path | None, pdf_file: Path | None, *, as_json: bool
) -> None:
    if html:
        _write(html, digest_page(built[0], weekly.picture(built[0])).encode())
    if pdf_file:
        _write(pdf_file, pdf(built[0], weekly.picture(built[0]), clock()))
    if as_json:
        print_json({"digests": [asdict(words) for words in built]})
    elif not (html or pdf_file):
        print("\n\n".join(map(digest_text, built)), end="")  # noqa: T201 - what a command says


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}", 1)
    say(f"Written to {path}.")


def _send(
    settings: Settings,
    schools: Sequence[School],
    week: Week,
    edition: Edition | None,
    *,
    again: bool,
) -> int:
    """Owe what is not owed yet, and carry it, or leave that to the program that is running."""
    ids: set[str] = set()
    owing = []
    with opened(settings.database_url) as store:
        for school in schools:
            with store.writing() as connection:
                one_at_a_time(connection, "digests")
                owed = _owe(connection, settings, school, week, edition, again=again)
            if owed:
                ids |= owed
                owing.append(school)
    return _carry(settings, owing, ids) if ids else 0


def _owe(
    connection: Connection,
    settings: Settings,
    school: School,
    week: Week,
    edition: Edition | None,
    *,
    again: bool,
) -> set[str]:
    subject, now = weekly.subject(school, week), clock()
    readers = _readers(school, settings.schools, edition)
    if not readers:
        say(f"{school.name}: nobody is configured to get it; add [[schools.people]].")
    there = {
        (one.level, one.email): one for one in deliveries.of_subject(connection, DIGEST, subject)
    }
    owed = []
    for reader in readers:
        before = there.get((reader.edition, reader.person.email))
        if before and before.state != "dropped" and not again:
            say(_went(school, week, before))
        else:
            facts = {"week": week.name}
            # A first letter bears the week's own name: the automatic one does not go after it.
            mark = f"again {now.isoformat()}" if before else ""
            owed.append(weekly.owed_to(school, reader, week, facts, now, mark))
    deliveries.owe(connection, owed, now)
    return {one.id for one in owed}


def _readers(
    school: School, schools: Sequence[School], edition: Edition | None
) -> tuple[Reader, ...]:
    if edition is None:
        return weekly.readers(school, schools)
    return weekly.entitled(school, edition.value)


def _went(school: School, week: Week, before: Delivery) -> str:
    when = f"went on {worded(before.sent_at)}" if before.sent_at else f"is {before.state}"
    name = f"The digest of week {week.name} for {before.email} ({school.name})"
    return f"{name} {when}; --again sends it once more."


def _carry(settings: Settings, owing: Sequence[School], ids: set[str]) -> int:
    try:
        with world(settings, tuple(settings.schools)) as made:
            while made.postroom.deliver_one() is not None:
                pass
            with made.store.reading() as connection:
                found = [deliveries.one(connection, name) for name in sorted(ids)]
    except InUseError:
        _leave(settings, owing)
        return 0
    except StoreError as error:
        fail(str(error), 1)
    letters = [one for one in found if one]
    for one in letters:
        state = f"not sent ({one.state}): {one.error}" if one.state != "sent" else "sent"
        say(f"The digest for {one.email}: {state}.")
    return 0 if all(one.state == "sent" for one in letters) else 1


def _leave(settings: Settings, owing: Sequence[School]) -> None:
    """Say what the program that is running does with it: it carries for approved schools alone."""
    watched = approved(settings)
    for school in owing:
        if school not in watched:
            say(
                f"Footprint is running here, and sends the digest of {school.name} only once the "
                "school is approved: fill in its [schools.approval] and start Footprint again."
            )
    if any(school in watched for school in owing):
        say("Footprint is running here, and sends it now.")

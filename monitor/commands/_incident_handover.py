"""`footprint incident handover`: an incident into the school's own safeguarding record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands._incident_pack import case_of, write_file
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
from monitor.commands.correct import who
from monitor.commands.mentions import opened
from monitor.pack import Case, filled_form
from monitor.problems import quoted, suggestion
from monitor.store import audit, incidents, records
from monitor.store.engine import Connection

# Where schools keep their safeguarding record. None of them takes a format of others: the form
# goes in as an attachment, or on paper.
SYSTEMS = {"myconcern": "MyConcern", "cpoms": "CPOMS", "paper": "the paper record"}
LONGEST = 200


def handover(
    incident: Annotated[str, typer.Argument(metavar="ID", help="Its id, or its beginning.")],
    to: Annotated[str, typer.Option(metavar="|".join(SYSTEMS), help="Where it goes.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.pdf", help="Write the form to put in there.")
    ] = None,
    reference: Annotated[
        str, typer.Option(metavar="TEXT", help="It stands there now, under this reference.")
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="NAME", help="Who does it; otherwise your login name.")
    ] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write an incident's form for MyConcern, CPOMS or paper; then say that it stands there.

    From that day the posts are kept here only as long as the settings say.
    """
    settings, person = settings_or_exit(config), who(by)
    place = _place(to, reference.strip(), out)
    with opened(settings.database_url) as store, store.writing() as connection:
        case = case_of(connection, settings, incident)
        if out is not None:
            _write(connection, case, out, to, person)
        if reference.strip():
            _move(connection, case, to, reference.strip(), person)
    if as_json:
        done = {"incident": case.incident.id, "to": to, "reference": reference.strip()}
        print_json({**done, "file": str(out) if out else None, "posts": len(case.posts)})
    elif reference.strip():
        say(f"It is written down that it stands in {place} since today.")
    else:
        say(f"{out} is the form. Put it into {place}, delete the file, and then say so:")
        say(f"footprint incident handover {incident} --to {to} --reference TEXT")


def _place(to: str, reference: str, out: Path | None) -> str:
    """Where it stands, in words; one clear line and the end where that is not plain."""
    if to not in SYSTEMS:
        fail(f"--to {quoted(to)} is not known{suggestion(to, tuple(SYSTEMS))}", 2)
    if out is None and not reference:
        fail("say --out FILE.pdf to write the form, or --reference TEXT when it stands there", 2)
    if len(reference) > LONGEST or not reference.isprintable():
        fail(f"--reference must be one line of at most {LONGEST} characters", 2)
    return f"{SYSTEMS[to]} {reference}".strip()


def _write(connection: Connection, case: Case, out: Path, to: str, person: str) -> None:
    now, found = clock(), case.incident
    write_file(out, filled_form(case, now))
    audit.note(connection, now, person, "incident.form_written", found.id, found.school, to=to)


def _move(connection: Connection, case: Case, to: str, reference: str, person: str) -> None:
    now, place = clock(), f"{SYSTEMS[to]} {reference}"
    facts = {"moved_to": SYSTEMS[to], "reference": reference}
    said = f"It stands in {place} now."
    incidents.act(connection, case.incident.id, "noted", person, now, text=said, facts=facts)
    for post in case.posts:
        records.moved(connection, post, place, person, now)

"""`footprint documents`: the school's data-protection papers, and its approval."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands._rights import one_school, write_private
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
from monitor.commands.correct import who
from monitor.commands.mentions import opened
from monitor.documents import approval
from monitor.documents.writing import papers
from monitor.judge.routing import LONDON
from monitor.settings import School, Settings

LONGEST = 500


def command(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write the papers there.")
    ] = None,
    school: Annotated[str, typer.Option(metavar="ID", help="Whose papers; if one alone.")] = "",
    approve: Annotated[
        bool, typer.Option("--approve", help="Record the approval of what is watched now.")
    ] = False,
    headteacher: Annotated[str, typer.Option(metavar="NAME", help="Who approves.")] = "",
    dpo_advice: Annotated[
        str, typer.Option(metavar="TEXT", help="What the data protection officer advised.")
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="NAME", help="Who records it; otherwise your login name.")
    ] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write the impact assessment, policy, notices and records, as far as they can be filled in."""
    settings = settings_or_exit(config)
    if (out is None) is not approve:
        fail("say one thing: --out FOLDER, or --approve", 2)
    found = one_school(settings, school)
    if out is None:
        _approve(settings, found, headteacher.strip(), dpo_advice.strip(), who(by), as_json)
    else:
        _write(settings, found, out, as_json)


def _approve(
    settings: Settings, school: School, headteacher: str, advice: str, person: str, as_json: bool
) -> None:
    for option, words in (("--headteacher", headteacher), ("--dpo-advice", advice)):
        if not words or not words.isprintable() or len(words) > LONGEST:
            fail(f"{option} must be given, in one line of at most {LONGEST} characters", 2)
    now = clock()
    day = now.astimezone(LONDON).date()
    with opened(settings.database_url) as store, store.writing() as connection:
        made = approval.record(connection, settings, school, headteacher, advice, day, person, now)
    if as_json:
        print_json({"school": school.id, "approved": list(made.terms)})
        return
    say(f"It is recorded that {headteacher} approves of this for {school.name}:")
    for line in made.terms:
        say(f"  {line}")
    if school.approval is None:
        say("`footprint run` watches when [schools.approval] is filled in, too.")


def _write(settings: Settings, school: School, out: Path, as_json: bool) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{out} cannot be made: {error.strerror}", 1)
    made = papers(settings, school, clock().astimezone(LONDON).date(), VERSION)
    for name, text in made.items():
        write_private(out / name, text)
    if as_json:
        print_json({"school": school.id, "files": [str(out / name) for name in made]})
        return
    say(f"{len(made)} papers for {school.name} are in {out}. They open in a browser or a word")
    say("processor. What only the school can say is marked “to fill in”; the Welsh has not been")
    say("checked by a speaker of it.")

"""`footprint init`: writes a school's first configuration, from the register or by asking."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from monitor.commands._world import DEFAULT_CONFIG, AsJson, clock, fail, print_json, say
from monitor.config import ConfigError, advise, load, run_problems
from monitor.problems import file_text
from monitor.school_settings import NATIONS, Nation
from monitor.setting_types import Contact, EmailAddress, Host, MaybeEmail, PersonName
from monitor.settings import Settings
from monitor.setup.checklist import TASKS
from monitor.setup.facts import Person, School, Start, host_of, tidy
from monitor.setup.gias import RegisterError, look_up
from monitor.setup.writing import compose

_GREATEST_URN = 9_999_999
_LATER = "Enter to leave it for later"
_ASKED_FOR = {
    "headteacher": "Headteacher",
    "dsl": "Designated safeguarding lead",
    "chair": "Chair of governors",
}
Check = Callable[[str], str]


def command(
    urn: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", min=1, max=_GREATEST_URN, help="The school's number in the register."
        ),
    ] = None,
    gias: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The register of England, edubasealldata….csv."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: take what the register says.")
    ] = False,
    output: Annotated[
        Path,
        typer.Option(metavar="PATH", help="The file to write; the others read it by --config."),
    ] = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write a school's first configuration, and say what is left to do; nothing is overwritten."""
    if os.path.lexists(output):
        fail(f"{file_text(output)} is there already: name another file with --output", 2)
    start = _from_register(urn, gias, yes)
    if not yes:
        try:
            start = _asked(start)
        except typer.Abort:
            fail("Stopped: nothing was written.", 1)
    _report(_write(output, compose(start)), output, as_json)


def _from_register(urn: int | None, gias: Path | None, yes: bool) -> Start:
    if (urn is None) is not (gias is None):
        fail("--urn and --gias go together: the school's number, and the register's file", 2)
    if urn is None or gias is None:
        if yes:
            fail("--yes needs --urn and --gias: without them the school's name must be asked", 2)
        return Start(School(""))
    try:
        found = look_up(gias, urn)
    except RegisterError as error:
        fail(str(error), 2)
    if found.unread:
        rows = "1 row" if found.unread == 1 else f"{found.unread} rows"
        say(f"{rows} of {file_text(gias)} could not be read and passed over.")
    if found.lacking:
        say(f"{file_text(gias)} has no column {', '.join(found.lacking)}: fill in what is missing.")
    return Start(found.school, found.namesakes)


def _asked(start: Start) -> Start:
    school = _asked_school(start.school)
    people = tuple(_asked_people())
    contact = _ask(f"Email that sites which are read may write to ({_LATER})", "", _of(Contact))
    usual = contact if "@" in contact and "://" not in contact else ""
    sender = _ask(f"Email that the alerts come from ({_LATER})", usual, _of(MaybeEmail))
    host = _ask(f"Outgoing mail server ({_LATER})", "", _of(Host))
    folder = start.mail_folder
    if not host:
        folder = _ask("Folder that mail is written to meanwhile", folder, _some)
    return replace(
        start,
        school=school,
        people=people,
        contact=contact,
        sender=sender,
        mail_host=host,
        mail_folder=folder,
    )


def _asked_school(known: School) -> School:
    return replace(
        known,
        name=_ask("The school's name, in full", known.name, _some),
        town=_ask("Town or village", known.town),
        county=_ask("County, or the council", known.county or known.authority),
        postcode=_ask("Postcode", known.postcode),
        nation=_asked_nation(known.nation),
        kind=_ask("Kind of school (such as primary, academy, independent)", known.kind),
        website=_ask("Web site", known.website, _site),
    )


def _asked_nation(known: Nation) -> Nation:
    answer = _ask(f"Nation ({', '.join(NATIONS)})", known, _nation)
    return next(nation for nation in NATIONS if nation == answer)


def _asked_people() -> list[Person]:
    found = []
    for role, title in _ASKED_FOR.items():
        name = _ask(f"{title}: name ({_LATER})", "", _person_name)
        if name:
            email = _ask(f"{title}: email", "", _of(EmailAddress))
            found.append(Person(name, email, role))
    return found


def _ask(question: str, default: str, check: Check = tidy) -> str:
    """The answer, asked again while `check` refuses it; on stderr, so that stdout is the result."""

    def judged(answer: str) -> str:
        try:
            return check(tidy(answer))
        except ValueError as error:
            raise typer.BadParameter(_plain(error)) from None

    shown = bool(default)
    answer = typer.prompt(
        question, default=default, show_default=shown, value_proc=judged, err=True
    )
    return str(answer)


def _plain(error: ValueError) -> str:
    return error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)


def _of(shape: Any) -> Check:
    """What a setting of this shape may be."""
    adapter: TypeAdapter[str] = TypeAdapter(shape)
    return adapter.validate_python


def _person_name(answer: str) -> str:
    return _of(PersonName)(answer) if answer else ""


def _some(answer: str) -> str:
    if not answer:
        raise ValueError("must not be blank")
    return answer


def _site(answer: str) -> str:
    if answer and not host_of(answer):
        raise ValueError("must be a web address such as hollybrook.sch.uk")
    return host_of(answer)


def _nation(answer: str) -> str:
    meant = answer.casefold().replace(" ", "_")
    if meant not in NATIONS:
        raise ValueError(f"must be one of: {', '.join(NATIONS)}")
    return meant


def _write(output: Path, words: str) -> Settings:
    """The file's settings as the other commands will read them; it does not stay if they cannot."""
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(words)
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        fail(f"{file_text(output)} cannot be written: {why}", 1)
    try:
        return load(output, os.environ)
    except ConfigError as error:
        output.unlink()
        fail(f"{error}\nNothing was written: give other answers, and start again.", 2)


def _report(settings: Settings, output: Path, as_json: bool) -> None:
    missing = [str(problem) for problem in (*run_problems(settings), *advise(settings, clock()))]
    school = settings.schools[0]
    reads = [source.id for source in settings.sources]
    if as_json:
        print_json(
            {
                "written": str(output),
                "school": {"id": school.id, "name": school.name, "urn": school.urn},
                "sources": reads,
                "excluded": list(school.exclude),
                "missing": missing,
                "checklist": [asdict(task) for task in TASKS],
            }
        )
        return
    typer.echo(f"Wrote {file_text(output)} for {school.name}: {len(reads)} sources to read.")
    typer.echo("\nStill missing, or to be looked at:")
    for line in missing:
        typer.echo(f"- {line}")
    typer.echo("\nFor the first day, five minutes each (docs/first-day.md):")
    for number, task in enumerate(TASKS, 1):
        typer.echo(f"{number}. {task.title}: {task.how}.")
        typer.echo(f"   Brings {task.brings}. Costs {task.cost}.")

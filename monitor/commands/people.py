"""`footprint people`: a school's list of joiners and leavers, and ways in for who is shut out."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

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
from monitor.commands.mentions import opened
from monitor.config import load
from monitor.problems import ConfigError, quoted
from monitor.settings import Person, Settings
from monitor.staff_list import MOST_BYTES, Changes, ListError, changes, people_in, rewritten
from monitor.store import accounts, audit
from monitor.store.audit import COMMAND_LINE
from monitor.web.signin_pages import GOOD_FOR, issued
from monitor.web.viewer import viewer_of

group = typer.Typer(
    help="Who may sign in: joiners, leavers, lost telephones.", no_args_is_help=True
)
Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="The email address in config.toml.")
]
_MINUTES = GOOD_FOR // timedelta(minutes=1)


@group.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns: name, email, role.")],
    school: Annotated[str, typer.Option(help="Whose people they are (its id).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Make the people of a school those of a list, and say who joins and who leaves."""
    settings = settings_or_exit(config)
    found = settings.school(school)
    if found is None:
        fail(f"there is no school {quoted(school)} in {config}", 2)
    try:
        made = changes(found.people, people_in(_content(file)))
        if not dry_run:
            _write(config, school, made)
    except ListError as error:
        fail(f"{file}: {error}; nothing was changed", 1)
    if not dry_run:
        _settle(settings_or_exit(config), school, made)
    _report(made, as_json=as_json)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            return opened_file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ListError(str(error.strerror)) from error


def _write(config: Path, school: str, made: Changes) -> None:
    """Into whichever file holds the school; put back where the settings turn out wrong."""
    for path in (config, *sorted(config.parent.glob("schools.d/*.toml"))):
        before = path.read_text("utf-8")
        try:
            after = rewritten(before, school, made)
        except ListError as error:
            if "there is no school" in str(error):
                continue
            raise
        _replace(path, after)
        try:
            load(config, os.environ)
        except ConfigError as error:
            _replace(path, before)
            raise ListError(f"the settings would not be right: {error.problems[0]}") from error
        return
    raise ListError(f"{school} stands in none of the files")


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.touch(mode=path.stat().st_mode & 0o777)
    new.write_text(text, "utf-8")
    os.replace(new, path)


def _settle(settings: Settings, school: str, made: Changes) -> None:
    """Sign out whoever is nowhere among the people any more, and erase what is theirs."""
    with opened(settings.database_url) as store, store.writing() as connection:
        for person in made.leavers:
            if viewer_of(person.email, settings.schools) is None:
                accounts.erase_person(connection, person.email.casefold())
        numbers = {"joiners": len(made.joiners), "leavers": len(made.leavers)}
        audit.note(connection, clock(), COMMAND_LINE, "people.imported", school, school, **numbers)


def _report(made: Changes, *, as_json: bool) -> None:
    groups = {"joiners": made.joiners, "changed": made.changed, "leavers": made.leavers}
    if as_json:
        print_json({name: [_line(person) for person in people] for name, people in groups.items()})
        return
    for name, people in groups.items():
        say(f"{name.capitalize()}: {len(people)}")
        for person in people:
            say(f"  {_line(person)}")


def _line(person: Person) -> str:
    return f"{person.name} <{person.email}>, {', '.join(person.roles)}"


@group.command("link")
def link(address: Address, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Print a link that signs somebody in once, for where mail does not reach them."""
    settings = settings_or_exit(config)
    email = _known(settings, address)
    now = clock()
    with opened(settings.database_url) as store, store.writing() as connection:
        path = issued(connection, email, now, GOOD_FOR)
        audit.note(connection, now, COMMAND_LINE, "account.link_printed", email)
    whole = f"{settings.web.origin}{path}"
    if as_json:
        print_json({"link": whole, "minutes": _MINUTES})
        return
    typer.echo(whole)
    say(f"It works once, within {_MINUTES} minutes. Give it to that person alone.")


@group.command("reset")
def reset(address: Address, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Take a lost second step away: it is set up anew at the next sign-in."""
    settings = settings_or_exit(config)
    email = _known(settings, address)
    now = clock()
    with opened(settings.database_url) as store, store.writing() as connection:
        accounts.end_all(connection, email)
        was_there = accounts.forget_factor(connection, email)
        audit.note(connection, now, COMMAND_LINE, "account.second_factor_dropped", email)
    if as_json:
        print_json({"reset": email, "was_there": was_there})
        return
    say("Their sessions have ended. " if was_there else "There was no second step to take away.")
    say("Be sure that it is really they who ask: whoever reads their mail can set up a new one.")


def _known(settings: Settings, address: str) -> str:
    found = viewer_of(address, settings.schools)
    if found is None:
        fail(f"{quoted(address)} is the address of nobody under [[schools.people]]", 2)
    return found.email

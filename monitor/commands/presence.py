"""`footprint presence`: a member of staff looks for themself, on a machine of their own."""

from __future__ import annotations

import getpass
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from alerts.mail import plain
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    fetcher,
    print_json,
    say,
    settings_or_exit,
)
from monitor.presence import enrolling, searching, steps
from monitor.presence.enrolling import NotAllowedError
from monitor.presence.keeping import Boxes, house_key
from monitor.presence.looking import Looker
from monitor.presence.record import MARKS, Finding, Mark, Record, Run, School, school_of
from monitor.presence.sealing import NotOpenedError
from monitor.settings import Settings
from monitor.store.engine import Store, StoreError
from monitor.store.opening import open_store, sole_use
from sources.parsing import Parser

HELP = "A member of staff's own check of what the web shows of them: theirs alone."
group = typer.Typer(help=HELP, no_args_is_help=True)

_ME = "myself"
_WIDTH = 400
_GRADES = {"likely": "Likely you", "perhaps": "Perhaps you", "not": "Not you, it seems"}
_GIVEN_MARKS = {mark.replace(" ", "-"): mark for mark in MARKS if mark}
DatabaseFile = Annotated[
    Path, typer.Option("--database", metavar="FILE", help="Your own file; one person to a file.")
]
_FILE = Path("presence.db")
Words = list[str] | None


@group.command()
def enrol(
    name: Annotated[str, typer.Option(prompt="Your name", help="Your own name.")],
    also: Annotated[Words, typer.Option(help="A further name of yours; up to three.")] = None,
    handle: Annotated[Words, typer.Option(help="An account of yours, such as @jashdown.")] = None,
    email: Annotated[Words, typer.Option(help="An e-mail address of yours, if you wish.")] = None,
    school: Annotated[str, typer.Option(help="Your school, where none is configured.")] = "",
    town: Annotated[Words, typer.Option(help="Its town; may be repeated.")] = None,
    months: Annotated[int, typer.Option(min=1, max=12, help="How long results are kept.")] = 12,
    i_agree: Annotated[bool, typer.Option("--i-agree", help="You have read the wording.")] = False,
    database: DatabaseFile = _FILE,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say who you are; nothing is looked for yet. Again, to change what is looked for."""
    settings = _settings(config)
    try:
        who = enrolling.identity(
            name, also or (), handle or (), email or (), _others(settings, name)
        )
        place = _school(settings, school, town or [])
        _agreed(i_agree=i_agree)
        passphrase = _passphrase("A passphrase of your own, such as four words: ")
        refused = enrolling.passphrase_refusal(passphrase, who)
        if refused:
            fail(refused, 2)
        now = clock()
        with _kept(database, passphrase, enrolling.enrolled(who, place, months, now)) as kept:
            record = enrolling.changed(kept.record, who, now)
            kept.save(record.model_copy(update={"school": place, "months": months}))
    except NotAllowedError as error:
        fail(str(error), 2)
    if as_json:
        print_json({"enrolled": True, "database": str(database)})
    else:
        say(f"Kept in {database}, for you alone. Next: footprint presence run")


@group.command()
def run(
    database: DatabaseFile = _FILE, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False
) -> None:
    """Look for yourself now, in every place that is set up."""
    settings = _settings(config)
    with _kept(database, _passphrase("Your passphrase: ")) as kept:
        done, found = _checked(kept, settings)
        record = kept.save(kept.record.with_run(done, found))
    if as_json:
        print_json(_as_json(record))
    else:
        _print_run(Console(highlight=False), record, done)
    raise typer.Exit(1 if done.gaps else 0)


@group.command()
def show(
    every: Annotated[bool, typer.Option("--all", help="What is about others, too.")] = False,
    mark: Annotated[
        Words, typer.Option(metavar="ID=me|not-me|dealt-with", help="Mark what was found.")
    ] = None,
    tick: Annotated[Words, typer.Option(metavar="LINE", help="Tick a line of the list.")] = None,
    checklist: Annotated[bool, typer.Option(help="The checklist, with your ticks.")] = False,
    lesson: Annotated[bool, typer.Option(help="How to search for yourself, by hand.")] = False,
    database: DatabaseFile = _FILE,
    as_json: AsJson = False,
) -> None:
    """Show what was found, the most harmful first, and what helps; mark it; tick the checklist."""
    with _kept(database, _passphrase("Your passphrase: ")) as kept:
        record = kept.record
        try:
            for word in mark or ():
                record = record.marked(*_marking(word))
        except KeyError as error:
            fail(f"there is no finding {plain(str(error.args[0]), _WIDTH)}", 2)
        if tick:
            record = record.ticked(dict.fromkeys(_lines(tick), True), clock())
        if record != kept.record:
            record = kept.save(record)
    if as_json:
        print_json(_as_json(record))
        return
    console = Console(highlight=False)
    if checklist or tick:
        _print_checklist(console, record)
    elif lesson:
        _print_lesson(console, record)
    else:
        _print_findings(console, record, every=every)


@group.command()
def withdraw(
    yes: Annotated[bool, typer.Option("--yes", help="Without asking once more.")] = False,
    database: DatabaseFile = _FILE,
    as_json: AsJson = False,
) -> None:
    """Stop, and erase everything at once. No passphrase is needed."""
    if not database.exists():
        fail(f"{database} is not there: nothing is kept", 2)
    if not yes:
        typer.confirm(f"Erase everything that {database} holds?", abort=True, err=True)
    try:
        with sole_use(_url(database)):
            store = open_store(_url(database))
            try:
                boxes = Boxes(store, house_key(_key_file(database)), lambda: (_ME,))
                boxes.erase(_ME, clock())
                boxes.scrub()
            finally:
                store.close()
            for end in ("", "-wal", "-shm", ".key"):
                Path(f"{database}{end}").unlink(missing_ok=True)
    except StoreError as error:
        fail(str(error), 1)
    if as_json:
        print_json({"erased": True})
    else:
        say("Erased. Copies of the file that you or a backup made are not reached by this.")


@dataclass
class _Kept:
    """The box while it is open."""

    boxes: Boxes
    passphrase: str
    record: Record
    store: Store

    def save(self, record: Record) -> Record:
        """Put the record away."""
        return self.boxes.save(_ME, self.passphrase, record, clock())


@contextmanager
def _kept(database: Path, passphrase: str, fresh: Record | None = None) -> Iterator[_Kept]:
    """Open the file with the passphrase, or end with one plain line.

    `fresh` is the record where there is no file yet, which is then made.
    """
    begins = fresh if not database.exists() else None
    if begins is None and not database.exists():
        fail(f"{database} is not there yet; begin with `footprint presence enrol`", 2)
    try:
        with sole_use(_url(database)):
            store = open_store(_url(database))
            try:
                boxes = Boxes(store, house_key(_key_file(database)), lambda: (_ME,))
                record = begins or boxes.open(_ME, passphrase, clock())
                yield _Kept(boxes, passphrase, record, store)
            finally:
                store.close()
    except NotOpenedError:
        fail(
            f"{database} does not open with this passphrase. Nobody can open it without; "
            "`footprint presence withdraw` erases it, and you can begin anew",
            2,
        )
    except StoreError as error:
        fail(str(error), 1)


def _checked(kept: _Kept, settings: Settings) -> tuple[Run, tuple[Finding, ...]]:
    # Turns at sites are kept in memory: in the file they would tell when somebody looked.
    parser, door = Parser(), fetcher(settings)
    try:
        looker = Looker(settings, kept.store, door, parser, clock, random.random)
        return looker.look(kept.record, lambda place: say(f"Asking {place}"))
    finally:
        parser.close()
        door.close()


def _settings(path: Path) -> Settings:
    """The configuration; an empty one where there is none and none was asked for."""
    if path == DEFAULT_CONFIG and not path.exists():
        return Settings(folder=Path())
    return settings_or_exit(path)


def _others(settings: Settings, own: str) -> list[str]:
    """Everybody else whom the configuration names."""
    schools = settings.schools
    known = {person.name for one in schools for person in one.staff}
    known |= {person.name for one in schools for person in one.people}
    return [name for name in known if name.casefold() != own.strip().casefold()]


def _school(settings: Settings, given: str, towns: list[str]) -> School:
    schools = settings.schools
    if given:
        return School(name=given, places=tuple(towns))
    if len(schools) != 1:
        raise NotAllowedError('Say which school you work at: --school "NAME" --town TOWN.')
    (one,) = schools
    found = school_of(one)
    return found.model_copy(update={"places": (*found.places, *towns)})


def _agreed(*, i_agree: bool) -> None:
    if not i_agree:
        say(enrolling.WORDING)
        typer.confirm("Do you agree?", abort=True, err=True)


def _passphrase(asked: str) -> str:
    """Typed unseen, or the first line of standard input: an argument would stand in `ps`."""
    if sys.stdin.isatty():
        return getpass.getpass(asked)
    return sys.stdin.readline().rstrip("\r\n")


def _url(database: Path) -> str:
    return f"sqlite:///{database}"


def _key_file(database: Path) -> Path:
    return Path(f"{database}.key")


def _marking(word: str) -> tuple[str, Mark]:
    finding, _, mark = word.partition("=")
    if mark not in _GIVEN_MARKS:
        fail(f"write --mark ID={'|'.join(_GIVEN_MARKS)}, not {plain(word, _WIDTH)}", 2)
    return finding, _GIVEN_MARKS[mark]


def _lines(ticked: list[str]) -> list[str]:
    known = {line.id for part in steps.checklist({}) for line in part.lines}
    unknown = next((line for line in ticked if line not in known), None)
    if unknown is not None:
        fail(f"the checklist has no line {plain(unknown, _WIDTH)}; --checklist shows it", 2)
    return ticked


def _as_json(record: Record) -> dict[str, Any]:
    found = record.model_dump(mode="json")
    for row, finding in zip(found["findings"], record.findings, strict=True):
        row["new"] = record.is_new(finding)
        row["steps"] = [step.model_dump(exclude={"kinds"}) for step in steps.steps_for(finding)]
    return found


def _print_run(console: Console, record: Record, done: Run) -> None:
    fresh = sum(record.is_new(one) and one.grade != "not" for one in record.findings)
    _say(console, f"Asked {done.asked} times, at: {', '.join(done.places) or 'nowhere'}.")
    for gap in done.gaps:
        _say(console, f"Could not look, so nothing is known: {gap.place}: {gap.why}")
    for name in done.dropped:
        _say(console, f"Not counted this time: {name} claims to know a name that we made up.")
    _say(console, f"New and perhaps about you: {fresh}. `footprint presence show` lists it all.")


def _print_findings(console: Console, record: Record, *, every: bool) -> None:
    if not record.runs:
        _say(console, "Nothing has been looked for yet: footprint presence run")
        return
    last = record.runs[-1]
    _say(console, f"Last looked on {last.at.day} {last.at:%B %Y}: {', '.join(last.places)}.")
    for gap in last.gaps:
        _say(console, f"Could not look, so nothing is known: {gap.place}: {gap.why}")
    shown = [one for one in record.findings if every or one.grade != "not"]
    if not shown and not last.gaps:
        _say(console, "Nothing was found.")
    grade: str = ""
    for finding in shown:
        if finding.grade != grade:
            grade = finding.grade
            console.print()
            _say(console, _GRADES[grade], "bold")
        _print_finding(console, record, finding)


def _print_finding(console: Console, record: Record, finding: Finding) -> None:
    new = " (new)" if record.is_new(finding) else ""
    new = " (not come upon this time)" if record.is_gone(finding) else new
    mark = f" [{finding.mark}]" if finding.mark else ""
    _say(console, f"{finding.id}  {finding.kind}{new}{mark}: {finding.title}")
    _say(console, f"  {finding.url}")
    _say(console, f"  {finding.text}")
    _say(console, f"  Why: {' '.join(finding.reasons)}")
    for step in steps.steps_for(finding) if finding.mark in ("", "me") else ():
        where = f" {step.address}" if step.address else ""
        _say(console, f"  - {step.says}{where} ({steps.checked_on(step)})")


def _print_checklist(console: Console, record: Record) -> None:
    for part in steps.checklist(record.school.policy):
        console.print()
        _say(console, part.title, "bold")
        _say(console, part.note)
        for line in part.lines:
            done = "x" if line.id in record.ticks else " "
            where = f" {line.address} ({steps.checked_on(line)})" if line.address else ""
            _say(console, f"[{done}] {line.says}{where} ({line.id})")


def _print_lesson(console: Console, record: Record) -> None:
    _say(console, "Open a private window, sign out of everything, and type these in, with their")
    _say(console, "quotation marks, one after another, at Google, Bing and DuckDuckGo. Look at the")
    _say(console, "first three pages of results, then at pictures, videos and news.")
    for query in searching.lesson(record.identity, record.school.watch):
        _say(console, f"  {query}")


def _say(console: Console, line: str, style: str = "") -> None:
    # Text, not markup: a page's words may stand in square brackets.
    console.print(Text(plain(line, _WIDTH), style=style), soft_wrap=True)

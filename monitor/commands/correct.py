"""`footprint correct`: a person's correction of a mention, the list of them, and undoing one."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    level_option,
    print_json,
    settings_or_exit,
)
from monitor.commands.mentions import SHORT, opened, refuse_unknown
from monitor.correcting import is_pointless, learnt
from monitor.judge.corrected import Kind
from monitor.judge.routing import LONDON
from monitor.judge.strangers import is_any_school
from monitor.judge.terms import Level
from monitor.problems import Place
from monitor.setting_problems import problems_of
from monitor.settings import School, Settings
from monitor.store import corrections, mentions
from monitor.store.corrections import Record, Said
from monitor.store.engine import Connection, Store
from monitor.store.mentions import Mention

LONGEST = 500
LONGEST_NAME = 60
_NOT_OURS = "held not to be about the school"
MOST = 2**31 - 1  # a number as every database keeps it
ONE_OF = (
    "say one thing: an id with --level, --should-have-been, --not-about-us or --about-us; or "
    "--list; or --undo NUMBER"
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A correction as it was asked for: which kind, and what goes with it."""

    kind: Kind
    level: Level | None
    nicknames: tuple[str, ...]
    note: str
    by: str


def command(
    mention: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The mention's id, or its beginning.")
    ] = None,
    level: Annotated[Level | None, level_option("The level is wrong: this is right.")] = None,
    should_have_been: Annotated[
        Level | None, level_option("It was missed: it should have been this, a higher one.")
    ] = None,
    not_about_us: Annotated[
        bool, typer.Option("--not-about-us", help="It is about something else.")
    ] = False,
    about_us: Annotated[
        bool, typer.Option("--about-us", help="It is about the school after all.")
    ] = False,
    nickname: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="With --about-us: a name that means this school."),
    ] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with it.")] = "",
    by: Annotated[
        str, typer.Option(metavar="NAME", help="Who says so; otherwise your login name.")
    ] = "",
    listing: Annotated[bool, typer.Option("--list", help="List every correction.")] = False,
    school: Annotated[str | None, typer.Option(help="With --list: only this school.")] = None,
    undo: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", min=1, max=MOST, help="Undo the correction of this number."),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Correct what was made of a mention; used from then on for that school. No mail is sent."""
    settings = settings_or_exit(config)
    kinds: dict[Kind, bool] = {
        "level": level is not None,
        "should-have-been": should_have_been is not None,
        "not-about-us": not_about_us,
        "about-us": about_us,
    }
    asked: list[Kind] = [kind for kind, given in kinds.items() if given]
    if len(asked) + listing + (undo is not None) != 1 or (mention is None) is bool(asked):
        fail(ONE_OF, 2)
    _refuse_strays(asked, listing, nickname, note, school)
    refuse_unknown(school, settings)
    speaker = "" if listing else who(by)
    with opened(settings.database_url) as store:
        if listing:
            _list(store, school, as_json)
        elif undo is not None:
            _undo(store, undo, speaker, as_json)
        elif mention is not None:
            wish = _Wish(asked[0], level or should_have_been, tuple(nickname or ()), note, speaker)
            _correct(store, settings, mention, wish, as_json)


def _refuse_strays(
    asked: list[Kind], listing: bool, nickname: list[str] | None, note: str, school: str | None
) -> None:
    """End where something was said that belongs to another question."""
    if school is not None and not listing:
        fail("--school goes with --list alone: a mention knows its school", 2)
    if nickname and asked != ["about-us"]:
        fail("--nickname goes with --about-us alone", 2)
    if note and not asked:
        fail("--note goes with a correction alone", 2)
    _refuse_unprintable("--note", note, LONGEST)
    for name in nickname or ():
        _refuse_unprintable("--nickname", name, LONGEST_NAME)
        if is_any_school(name):
            fail(f"--nickname {name!r} could mean any school; give a name of its own", 2)


def _refuse_unprintable(option: str, text: str, longest: int) -> None:
    if not text.isprintable() or len(text) > longest:
        fail(f"{option} must be one line of at most {longest} characters", 2)


def who(by: str, login: Callable[[], str] = getpass.getuser) -> str:
    """The name given, or the login name; one line on stderr and the end where neither will do."""
    name = by.strip()
    if not name:
        try:
            name = login()
        except (OSError, KeyError, ImportError):
            fail("your login name is not known here: say who you are with --by NAME", 2)
    _refuse_unprintable("--by", name, LONGEST_NAME)
    return name


def _correct(store: Store, settings: Settings, beginning: str, wish: _Wish, as_json: bool) -> None:
    with store.writing() as connection:
        before = mention_or_exit(connection, beginning)
        _refuse_pointless(connection, before, wish)
        school = settings.school(before.school)
        _refuse_persons(school, wish.nicknames)
        phrases = wish.nicknames or learnt(before, wish.kind, school)
        said = Said(wish.kind, wish.level, phrases, wish.note, wish.by, clock())
        record = corrections.keep(connection, before, said)
        after = mentions.one(connection, before.id)
    if as_json:
        print_json({"correction": _as_json(record)})
    elif after is not None:
        _say_kept(record, before, after)


def mention_or_exit(connection: Connection, beginning: str) -> Mention:
    """The one mention whose id begins so; one line on stderr and the end where there is none."""
    begun = beginning.strip().lower()
    found = corrections.starting(connection, begun) if begun.isalnum() and begun.isascii() else ()
    if len(found) > 1:
        fail(f"more than one mention begins with {beginning!r}: give more of its id", 2)
    mention = mentions.one(connection, found[0]) if found else None
    if mention is None:
        fail(f"no mention begins with {beginning!r}: `footprint mentions` shows their ids", 2)
    return mention


def _refuse_pointless(connection: Connection, mention: Mention, wish: _Wish) -> None:
    """End where the correction would change nothing, or speaks of a miss that was none."""
    short = mention.id[:SHORT]
    was = corrections.program_level(connection, mention.id)
    if wish.nicknames or not is_pointless(mention, was, wish.kind, wish.level):
        return
    if wish.kind == "should-have-been":
        fail(
            f"mention {short} was put at {was.value}, so nothing was missed: "
            "use --level for a level that is too high",
            2,
        )
    state = {"about-us": "held to be about the school", "not-about-us": _NOT_OURS}
    held = state.get(wish.kind, f"at {mention.level}")
    fail(f"mention {short} is {held} already: nothing was changed", 2)


def _refuse_persons(school: School | None, nicknames: tuple[str, ...]) -> None:
    """End where a nickname may not be a name to look for, such as a person's: what holds for an
    alias in the configuration holds here.
    """
    if school is None or not nicknames:
        return
    names = [one.name for one in school.watch.staff] + [one.name for one in school.people]
    persons = [{"name": name} for name in names]
    table = {"id": "taught", "name": school.name, "staff": persons, "aliases": list(nicknames)}
    try:
        School.model_validate(table)
    except ValidationError as error:
        found = problems_of(error, School, table, (), Place(""))
        fail("\n".join(f"--nickname {problem.message}" for problem in found), 2)


def _say_kept(record: Record, before: Mention, after: Mention) -> None:
    now, was = _state(after), _state(before)
    told = (
        f"mention {after.id[:SHORT]} is {now}{f' now (it was {was})' if was != now else ' still'}"
    )
    lines = [f"Kept as correction {record.number}: {told}."]
    names = ", ".join(record.phrases)
    if record.kind == "not-about-us":
        lines.append(
            f"From now on these are not {record.school}: {names}."
            if names
            else f"No name of something else was found in it to go by for {record.school}."
        )
    elif names:
        lines.append(f"From now on these mean {record.school}: {names}.")
    lines.append(f"To undo it: footprint correct --undo {record.number}")
    _print(*lines)


def _state(mention: Mention) -> str:
    return f"at {mention.level}" if mention.relevant else _NOT_OURS


def _undo(store: Store, number: int, by: str, as_json: bool) -> None:
    with store.writing() as connection:
        undone = corrections.undo(connection, number, by, clock())
        if undone is None:
            fail(_why_not(corrections.one(connection, number), number), 2)
        after = mentions.one(connection, undone.mention)
    if as_json:
        print_json({"correction": _as_json(undone)})
        return
    short = undone.mention[:SHORT]
    shows = f"mention {short} is {_state(after)} now" if after else f"mention {short} is gone"
    _print(f"Correction {number} is undone: {shows}.")


def _why_not(record: Record | None, number: int) -> str:
    if record is None or record.undone_at is None:
        return f"there is no correction {number}: `footprint correct --list` shows them"
    return f"correction {number} was undone on {_undone(record)} already"


def _list(store: Store, school: str | None, as_json: bool) -> None:
    with store.reading() as connection:
        found = corrections.listed(connection, school)
    if as_json:
        print_json({"corrections": [_as_json(record) for record in found]})
    else:
        _print(_table(found) if found else "No corrections.")


def _as_json(record: Record) -> dict[str, Any]:
    return {
        "number": record.number,
        "school": record.school,
        "mention": record.mention,
        "kind": record.kind,
        "level": record.level,
        "note": record.note,
        "phrases": list(record.phrases),
        "made": record.made_at.isoformat(),
        "by": record.made_by,
        "undone": record.undone_at and record.undone_at.isoformat(),
        "undone_by": record.undone_by,
    }


def _table(found: tuple[Record, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("no.", "made", "mention"):
        table.add_column(column, no_wrap=True)
    for column in ("by", "what", "undone"):
        table.add_column(column, overflow="fold")
    for each in found:
        fixed = (str(each.number), _moment(each.made_at), each.mention[:SHORT])
        table.add_row(*fixed, Text(each.made_by), Text(_what(each)), Text(_undone(each)))
    return table


def _what(record: Record) -> str:
    said = record.kind.replace("-", " ")
    parts = (record.level or "", ", ".join(record.phrases), record.note)
    return ": ".join((said, *filter(None, parts)))


def _undone(record: Record) -> str:
    if record.undone_at is None:
        return ""
    return f"{_moment(record.undone_at)} by {record.undone_by}"


def _moment(when: datetime) -> str:
    return f"{when.astimezone(LONDON):%d %b %Y %H:%M}"


def _print(*lines: str | Table) -> None:
    # Text, not markup: a name or a note may hold a word in square brackets.
    for line in lines:
        Console(soft_wrap=isinstance(line, str)).print(
            Text(line) if isinstance(line, str) else line
        )

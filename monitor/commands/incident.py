"""`footprint incident`: what is open, who has it, and what was done; no post's words are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import grouping
from monitor.addressing import able_to_hear_all, place_of
from monitor.clocks import COMPLAINT, MARK, MARKS, WITHIN, Clock, running
from monitor.commands._incident_handover import handover
from monitor.commands._incident_pack import pack, verify
from monitor.commands._incidents import found_or_exit
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    print_json,
    settings_or_exit,
)
from monitor.commands.mentions import SHORT, opened, refuse_unknown
from monitor.incidents import LIVE, STATES, NotAllowed, State
from monitor.judge.routing import LONDON
from monitor.notices import kinds
from monitor.problems import quoted, suggestion
from monitor.settings import Person, School, Settings
from monitor.store import incidents, mentions
from monitor.store.engine import Connection
from monitor.store.incidents import Act, Incident
from monitor.store.mentions import Mention

group = typer.Typer(
    help="What is open, who has it, and what was done about it.", no_args_is_help=True
)

group.command("pack")(pack)
group.command("verify")(verify)
group.command("handover")(handover)

Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="The incident's id, or its beginning.", show_default=False),
]
By = Annotated[
    str, typer.Option("--by", metavar="EMAIL", help="Who does it: the address in config.toml.")
]
_DAY = 24  # hours
_TWO_DAYS = 2 * _DAY


@dataclass(frozen=True, slots=True)
class _Case:
    """An incident with all that is shown of it."""

    incident: Incident
    posts: tuple[Mention, ...]
    acts: tuple[Act, ...]
    clocks: tuple[Clock, ...]


@group.command("list")
def list_incidents(
    school: Annotated[str | None, typer.Option(help="Only this school (its id).")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(metavar="|".join(STATES), help="Only in this state; otherwise not closed."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are closed too.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List what is open: what it is, where, since when, and who has it."""
    settings = settings_or_exit(config)
    refuse_unknown(school, settings)
    states = STATES if everything else tuple(map(_state, state or ())) or LIVE
    schools = [school] if school else [one.id for one in settings.schools]
    with opened(settings.database_url) as store, store.reading() as connection:
        found = incidents.listed(connection, schools, states)
        cases = _cases(connection, settings, found)
    if as_json:
        print_json({"incidents": [_as_json(case) for case in cases]})
    else:
        _print(_table(cases) if cases else "No incidents.")


@group.command("show")
def show(incident: Id, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Show one incident: its posts by place and link, what runs out, and every act."""
    settings = settings_or_exit(config)
    with opened(settings.database_url) as store, store.reading() as connection:
        (case,) = _cases(connection, settings, [found_or_exit(connection, incident)])
    if as_json:
        print_json({"incident": _whole(case)})
    else:
        _print(*_lines(case))


@group.command("take")
def take(
    incident: Id, by: By, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False
) -> None:
    """Say that you have it, so that nobody else is asked."""
    with _desk(config, incident, by, as_json) as desk:
        incidents.take(*desk.place)


@group.command("assign")
def assign(
    incident: Id,
    to: Annotated[str, typer.Argument(metavar="EMAIL", help="Who shall have it.")],
    by: By,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Give it to somebody who may hear of it."""
    with _desk(config, incident, by, as_json) as desk:
        incidents.assign(*desk.place, to=desk.hearer(to).email)


@group.command("note")
def note(
    incident: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be kept.")],
    by: By,
    mark: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help=f"Starts or stops a clock: {', '.join(MARKS)}."),
    ] = None,
    within: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="School days that your complaints procedure gives."),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write something down. Others may ask to read it: facts, and no opinion of anybody."""
    if mark is not None and mark not in MARKS:
        fail(f"there is no mark {quoted(mark)}{suggestion(mark, MARKS)}", 2)
    if within is not None and mark != COMPLAINT:
        fail(f"--within goes with --mark {quoted(COMPLAINT)} alone", 2)
    with _desk(config, incident, by, as_json) as desk:
        if mark is None:
            incidents.note(*desk.place, text)
        else:
            marked: dict[str, str | int] = {"contact": mark, MARK: mark}
            facts = marked if within is None else {**marked, WITHIN: within}
            incidents.act(
                desk.connection, desk.found, "contact", *desk.doer, text=text, facts=facts
            )


@group.command("close")
def close(
    incident: Id,
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="How it ended.")],
    by: By,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """End it, with how it ended. Nobody closes what is about themself."""
    with _desk(config, incident, by, as_json) as desk:
        incidents.close(*desk.place, outcome)


@group.command("reopen")
def reopen(
    incident: Id,
    why: Annotated[str, typer.Argument(metavar="WHY", help="Why.")],
    by: By,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Begin again with what was closed."""
    with _desk(config, incident, by, as_json) as desk:
        incidents.reopen(*desk.place, why)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Somebody with one incident before them, in one transaction."""

    connection: Connection
    found: str
    school: School
    posts: tuple[Mention, ...]
    by: Person
    now: datetime

    @property
    def doer(self) -> tuple[str, datetime]:
        return self.by.email, self.now

    @property
    def place(self) -> tuple[Connection, str, str, datetime]:
        return self.connection, self.found, *self.doer

    def hearer(self, email: str) -> Person:
        """Somebody who may hear of every post of it."""
        person = _person(self.school, email)
        able = able_to_hear_all(self.school, self.posts).people if self.posts else (person,)
        if person.email not in [one.email for one in able]:
            raise NotAllowed(f"{person.email} is not told of such posts: give it to somebody else")
        return person


@contextmanager
def _desk(config: Path, beginning: str, by: str, as_json: bool) -> Iterator[_Desk]:
    """Do something about an incident, and show what it is then; a refusal is one line."""
    settings = settings_or_exit(config)
    with opened(settings.database_url) as store, store.writing() as connection:
        found = found_or_exit(connection, beginning)
        school = settings.school(found.school)
        if school is None:
            fail(f"its school {quoted(found.school)} is not in the configuration any more", 1)
        person = _person(school, by)
        posts = _posts(connection, found)
        try:
            incidents.bar(connection, found.id, grouping.accused(posts, school))
            yield _Desk(connection, found.id, school, posts, person, clock())
        except NotAllowed as error:
            fail(f"{error}", 1)
        (case,) = _cases(connection, settings, [found_or_exit(connection, found.id)])
    if as_json:
        print_json({"incident": _whole(case)})
    else:
        _print(f"Incident {found.id[:SHORT]} is {_standing(case.incident)} now.")


def _person(school: School, email: str) -> Person:
    for person in school.people:
        if person.email.casefold() == email.strip().casefold():
            return person
    known = ", ".join(person.email for person in school.people) or "nobody"
    fail(f"nobody at {school.id} has the address {quoted(email)}; there are: {known}", 2)


def _state(word: str) -> State:
    if word not in STATES:
        fail(f"there is no state {quoted(word)}{suggestion(word, STATES)}", 2)
    return word


def _posts(connection: Connection, found: Incident) -> tuple[Mention, ...]:
    names = incidents.mentions_of(connection, found.id)
    kept = {post.id: post for post in mentions.several(connection, names)}
    return tuple(kept[name] for name in names if name in kept)


def _cases(
    connection: Connection, settings: Settings, found: Iterable[Incident]
) -> tuple[_Case, ...]:
    listed, now = tuple(found), clock()
    acts: dict[str, list[Act]] = {incident.id: [] for incident in listed}
    for act in incidents.acts_of(connection, tuple(acts)):
        acts[act.incident].append(act)
    return tuple(
        _Case(
            incident,
            _posts(connection, incident),
            tuple(acts[incident.id]),
            running(acts[incident.id], school, now) if school else (),
        )
        for incident in listed
        for school in [settings.school(incident.school)]
    )


def _as_json(case: _Case) -> dict[str, Any]:
    found = case.incident
    return {
        "id": found.id,
        "school": found.school,
        "level": found.level,
        "kinds": list(found.kinds),
        "state": found.state,
        "opened": found.opened_at.isoformat(),
        "changed": found.changed_at.isoformat(),
        "owner": found.owner,
        "places": found.places,
        "mentions": [post.id for post in case.posts],
        "outcome": found.outcome,
        "clocks": [_clock_json(each) for each in case.clocks],
    }


def _clock_json(each: Clock) -> dict[str, Any]:
    return {
        "name": each.name,
        "started": each.started.isoformat(),
        "due": each.due and each.due.isoformat(),
        "over": each.is_over,
        "says": each.says,
    }


def _whole(case: _Case) -> dict[str, Any]:
    acts = [
        {
            "at": act.at.isoformat(),
            "who": act.who,
            "kind": act.kind,
            "note": act.note,
            "facts": dict(act.facts),
        }
        for act in case.acts
    ]
    return {**_as_json(case), "acts": acts}


def _table(cases: Iterable[_Case]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("id", "level", "age"):
        table.add_column(column, no_wrap=True)
    for column in ("what it may be", "where", "who has it", "runs out"):
        table.add_column(column, overflow="fold")
    now = clock()
    for case in cases:
        found = case.incident
        fixed = (found.id[:SHORT], found.level, _age(found.opened_at, now))
        over = "; ".join(each.says for each in case.clocks if each.is_over)
        cells = (_kinds(found), _where(case), _standing(found), over)
        table.add_row(*fixed, *map(Text, cells))
    return table


def _lines(case: _Case) -> Iterator[str]:
    found = case.incident
    yield f"Incident {found.id}, {found.school}: {found.level}, {_standing(found)}"
    yield f"What it may be: {_kinds(found)}"
    yield f"Since {_moment(found.opened_at)}; seen at {_count(found.places, 'place')}"
    yield "Posts:"
    for post in case.posts:
        when = _moment(post.published or post.seen_at)
        yield f"  {post.id[:SHORT]}  {when}  {post.level}  {place_of(post)}  {post.url}"
    if case.clocks:
        yield "What runs:"
    for each in case.clocks:
        yield f"  {_ends(each)}: {each.says}"
    yield "What was done:"
    for act in case.acts:
        facts = ", ".join(f"{name} {value}" for name, value in act.facts.items())
        told = "; ".join(filter(None, (act.note.replace("\n", " / "), facts)))
        yield f"  {_moment(act.at)}  {act.who}  {act.kind.replace('_', ' ')}  {told}".rstrip()


def _ends(each: Clock) -> str:
    if each.due is None:
        return f"{_count(each.school_days, 'school day')} so far"
    if each.is_over:
        return "over"
    # A day that ends at midnight is named by itself.
    last = each.due.astimezone(LONDON) - timedelta(seconds=1)
    return f"by {last:%a %d %b %Y}" if each.by_day else f"until {_moment(each.due)}"


def _kinds(found: Incident) -> str:
    return "; ".join(kinds(found.kinds))


def _where(case: _Case) -> str:
    if not case.posts:
        return "no longer kept"
    more = case.incident.places - 1
    return place_of(case.posts[0]) + (f" and {_count(more, 'place')} more" if more > 0 else "")


def _standing(found: Incident) -> str:
    if found.state == "closed":
        return f"closed ({found.outcome})"
    held = f"{found.state}, with {found.owner}" if found.owner else "open"
    return held if found.owner or found.state == "open" else found.state


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _age(since: datetime, now: datetime) -> str:
    hours = int(max(now - since, timedelta()) / timedelta(hours=1))
    return f"{hours} h" if hours < _TWO_DAYS else f"{hours // _DAY} d"


def _moment(when: datetime) -> str:
    return f"{when.astimezone(LONDON):%d %b %Y %H:%M}"


def _print(*lines: str | Table) -> None:
    # Text, not markup: a note or an address may hold a word in square brackets.
    for line in lines:
        console = Console(soft_wrap=isinstance(line, str), highlight=False)
        console.print(Text(line) if isinstance(line, str) else line)

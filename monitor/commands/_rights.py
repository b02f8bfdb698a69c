"""`footprint data`: what people ask about their data: access, correction, restriction, objection,
complaints, and figures for a freedom of information request.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from monitor import rights
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    clock,
    fail,
    print_json,
    settings_or_exit,
)
from monitor.commands.correct import mention_or_exit, who
from monitor.commands.mentions import SHORT, opened, refuse_unknown
from monitor.finding_for import found_for
from monitor.judge.routing import LONDON
from monitor.rights import DECISIONS, KINDS, RightsError, Subject
from monitor.school_days import moment
from monitor.settings import School, Settings
from monitor.store import audit, daily
from monitor.store import rights as records
from monitor.store.engine import Connection
from monitor.store.rights import Request

LONGEST, LONGEST_TEXT = 200, 2_000
By = Annotated[str, typer.Option(metavar="NAME", help="Who does it; otherwise your login name.")]
SchoolId = Annotated[str, typer.Option("--school", metavar="ID", help="Whose school it is about.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=2**31 - 1)]
Reference = Annotated[
    str, typer.Option(metavar="TEXT", help="Your own name of the case, without the person's.")
]
Asked = Annotated[
    str, typer.Option("--received", metavar="DATE", help="When it was asked; otherwise today.")
]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the record.")]
Terms = Annotated[list[str] | None, typer.Option(metavar="TEXT", help="May be given again.")]
MentionId = Annotated[str, typer.Argument(metavar="ID", help="The mention's id, or its beginning.")]


def requests(
    school: Annotated[str | None, typer.Option(help="Only this school (its id).")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those decided, too.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List what people have asked about their data, and by when each is to be answered."""
    settings = settings_or_exit(config)
    refuse_unknown(school, settings)
    ids = [school] if school else [one.id for one in settings.schools]
    with opened(settings.database_url) as store, store.reading() as connection:
        found = records.requests(connection, ids, decided=everything)
    if as_json:
        print_json({"requests": [as_dict(one) for one in found]})
        return
    for one in found:
        _say(_line_of(one, clock()))
    if not found:
        _say("Nothing is open." if not everything else "Nobody has asked.")


def ask(
    kind: Annotated[str, typer.Argument(metavar="|".join(KINDS))],
    reference: Reference,
    school: SchoolId = "",
    received: Asked = "",
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write down that somebody asked, so that its time runs; it is answered with `data decide`."""
    settings = settings_or_exit(config)
    if kind not in KINDS:
        fail(f"there is no request of the kind {kind!r}; there are: {', '.join(KINDS)}", 2)
    with opened(settings.database_url) as store, store.writing() as connection:
        about = one_school(settings, school)
        made = _asked(connection, about, kind, reference, received, who(by))
    _told(made, as_json)


def decide(
    number: Number,
    decision: Annotated[str, typer.Option(metavar="|".join(DECISIONS))] = "",
    why: Why = "",
    acknowledge: Annotated[
        bool, typer.Option("--acknowledge", help="Only that they were told it is here.")
    ] = False,
    extend: Annotated[
        bool, typer.Option("--extend", help="Take two months more; tell them why within one.")
    ] = False,
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Decide a request, with the reason; or acknowledge it, or take the further time."""
    settings, person, now = settings_or_exit(config), who(by), clock()
    if [bool(decision), acknowledge, extend].count(True) != 1:
        fail("say one thing: --decision, --acknowledge or --extend", 2)
    if decision and decision not in DECISIONS:
        fail(f"--decision must be one of {', '.join(DECISIONS)}", 2)
    with opened(settings.database_url) as store, store.writing() as connection:
        found = _open_one(connection, number)
        if acknowledge:
            records.acknowledge(connection, found, person, now)
        elif extend:
            due = _extended(settings, found)
            records.extend(connection, found, due, _words("--why", why), person, now)
        else:
            records.decide(connection, found, decision, _words("--why", why), person, now)
        changed = records.request(connection, number)
    assert changed is not None  # noqa: S101 - it has just been changed
    _told(changed, as_json)


def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.txt", help="The file to write.")],
    name: Terms = None,
    handle: Terms = None,
    address: Terms = None,
    hide: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="Somebody else's name, to be hidden.")
    ] = None,
    request: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="The request; otherwise a new one.")
    ] = None,
    reference: Annotated[str, typer.Option(metavar="TEXT", help="Of a new request.")] = "",
    received: Asked = "",
    school: SchoolId = "",
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write everything that names a person who asked for it; what it tells of others is hidden."""
    settings, person = settings_or_exit(config), who(by)
    about = one_school(settings, school)
    try:
        subject = Subject([*(name or ()), *(handle or ()), *(address or ())])
    except RightsError as error:
        fail(str(error), 2)
    with opened(settings.database_url) as store, store.writing() as connection:
        asked = (
            _open_one(connection, request, "access")
            if request
            else _asked(connection, about, "access", reference, received, person)
        )
        found = found_for(connection, subject, about, hide or ())
        audit.note(
            connection, clock(), person, "data.exported", str(asked.id), about.id, found=len(found)
        )
    write_private(out, rights.as_text(found, rights.NAMES, about, asked.id, clock()))
    if as_json:
        print_json({"request": asked.id, "found": len(found), "file": str(out)})
        return
    _say(f"{len(found)} records that name them are in {out}. Read it before you send it:")
    _say("other adults' names are not all known here; hide them with --hide NAME, and write it")
    _say(f"anew with --request {asked.id}. Then: footprint data decide {asked.id} --decision")
    _say("granted --why TEXT")
    for line in rights.UNSEARCHED:
        _say(f"* {line}")


def correct(
    mention: MentionId,
    statement: Annotated[str, typer.Option(metavar="TEXT", help="What the person says is right.")],
    reference: Reference,
    decision: Annotated[str, typer.Option(metavar="granted|partly|refused")] = "granted",
    why: Why = "",
    received: Asked = "",
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Keep with a post what a person says is right, or why it is not kept.

    A post's own words are what was said, and stay; its level is corrected with `footprint correct`.
    """
    said = _words("--statement", statement)
    reason = f"{why.strip()}\nThe person says: {said}".strip()
    _decided(config, mention, "correct", reference, received, by, decision, reason, as_json)


def restrict(
    mention: MentionId,
    reference: Reference = "",
    why: Why = "",
    lift: Annotated[bool, typer.Option("--lift", help="Use it again.")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="It goes on being used; why?")] = False,
    received: Asked = "",
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Keep a post and use it no more: no page, letter or file has its words until it is lifted."""
    if lift:
        _lift(config, mention, by, as_json)
        return
    decision = "refused" if refuse else "granted"
    _decided(config, mention, "restrict", reference, received, by, decision, why, as_json)


def _lift(config: Path, mention: str, by: str, as_json: bool) -> None:
    settings = settings_or_exit(config)
    with opened(settings.database_url) as store, store.writing() as connection:
        found = mention_or_exit(connection, mention)
        if not records.lift(connection, found, who(by), clock()):
            fail(f"mention {found.id[:SHORT]} is not restricted", 2)
    if as_json:
        print_json({"mention": found.id, "restricted": False})
    else:
        _say(f"Mention {found.id[:SHORT]} is used again.")


def object_(
    mention: MentionId,
    reference: Reference,
    decision: Annotated[str, typer.Option(metavar="granted|refused")],
    why: Why,
    received: Asked = "",
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Decide an objection to a post's being kept; where it is granted the post is used no more."""
    _decided(config, mention, "object", reference, received, by, decision, why, as_json)


def _decided(
    config: Path,
    mention: str,
    kind: str,
    reference: str,
    received: str,
    by: str,
    decision: str,
    why: str,
    as_json: bool,
) -> None:
    """Ask and decide at once, and do what was decided."""
    settings, person, reason = settings_or_exit(config), who(by), _words("--why", why)
    if decision not in DECISIONS:
        fail(f"--decision must be one of {', '.join(DECISIONS)}", 2)
    with opened(settings.database_url) as store, store.writing() as connection:
        found = mention_or_exit(connection, mention)
        about = one_school(settings, found.school)
        asked = _asked(connection, about, kind, reference, received, person)
        if decision == "granted" and kind in ("restrict", "object"):
            records.restrict(connection, found, f"request {asked.id}", person, clock())
        records.decide(
            connection, asked, decision, f"{reason}\nmention {found.id}", person, clock()
        )
        changed = records.request(connection, asked.id)
    assert changed is not None  # noqa: S101 - it has just been made
    _told(changed, as_json)
    if decision == "granted" and kind == "object" and not as_json:
        _say(
            f"If nothing obliges you to keep it: footprint data erase --mention {found.id[:SHORT]}"
        )


def figures(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="The file to write.")],
    since: Annotated[str, typer.Option(metavar="DATE", help="From this day on.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="To this day; otherwise today.")] = "",
    school: SchoolId = "",
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write numbers that name nobody, for a freedom of information request: small ones hidden."""
    settings, person = settings_or_exit(config), who(by)
    about = one_school(settings, school)
    first, last = _day("--since", since), _day("--until", until) if until else _today()
    with opened(settings.database_url) as store, store.writing() as connection:
        found = rights.figures(daily.totals(connection, [about.id], first, last))
        audit.note(connection, clock(), person, "data.figures", about.id, about.id)
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(("month", "of", "which", "posts"))
    writer.writerows(found)
    write_private(out, made.getvalue())
    if as_json:
        print_json({"rows": len(found), "file": str(out)})
    else:
        _say(f"{len(found)} numbers are in {out}, in bands of {rights.SMALL}.")


def write_private(path: Path, text: str) -> None:
    """A file that this user alone may read; one clear line and the end where it cannot be."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}", 1)


def _asked(
    connection: Connection, school: School, kind: str, reference: str, received: str, person: str
) -> Request:
    when = moment(_day("--received", received), time(12)) if received else clock()
    if when > clock():
        fail(f"--received {received} is still to come", 2)
    due = rights.due(kind, when, school)
    name = _words("--reference", reference, LONGEST)
    return records.ask(connection, school.id, kind, name, when, due, person, clock())


def _open_one(connection: Connection, number: int, kind: str = "") -> Request:
    found = records.request(connection, number)
    if found is None or (kind and found.kind != kind):
        fail(f"there is no such request {number}: `footprint data requests` lists them", 2)
    if found.decision:
        fail(f"request {number} was decided already: {found.decision}", 2)
    return found


def _extended(settings: Settings, found: Request) -> datetime:
    if found.extended:
        fail(f"the further time was taken already; request {found.id} is due as it stands", 2)
    try:
        return rights.extended(found.kind, found.received_at, one_school(settings, found.school))
    except RightsError as error:
        fail(str(error), 2)


def one_school(settings: Settings, wanted: str) -> School:
    """The school that is meant, or the only one; one clear line and the end where it is neither."""
    if not wanted and len(settings.schools) == 1:
        return settings.schools[0]
    found = settings.school(wanted)
    if found is None:
        known = ", ".join(one.id for one in settings.schools)
        fail(f"say which school with --school; there are: {known}", 2)
    return found


def _words(option: str, text: str, most: int = LONGEST_TEXT) -> str:
    words = text.strip()
    if not words or len(words) > most or not words.replace("\n", " ").isprintable():
        fail(f"{option} must be given, in at most {most} characters", 2)
    return words


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option} {text!r} is not a date such as 2026-11-21", 2)


def _today() -> date:
    return clock().astimezone(LONDON).date()


def _told(one: Request, as_json: bool) -> None:
    if as_json:
        print_json({"request": as_dict(one)})
    else:
        _say(_line_of(one, clock()))


def _line_of(one: Request, now: datetime) -> str:
    due = f"{one.due_at.astimezone(LONDON):%d %b %Y}"
    state = one.decision or ("OVERDUE since " if one.due_at <= now else "to be answered by ") + due
    return f"{one.id}  {one.school}  {one.kind}  {one.reference}  {state}"


def as_dict(one: Request) -> dict[str, Any]:
    """A request as JSON has it."""
    moments = ("received_at", "due_at", "acknowledged_at", "decided_at")
    made = {name: getattr(one, name) for name in Request.__dataclass_fields__}
    return {**made, **{name: made[name] and made[name].isoformat() for name in moments}}


def _say(line: str) -> None:
    Console(soft_wrap=True, highlight=False).print(Text(line))


COMMANDS: Mapping[str, Callable[..., None]] = {
    "requests": requests,
    "ask": ask,
    "decide": decide,
    "export": export,
    "correct": correct,
    "restrict": restrict,
    "object": object_,
    "figures": figures,
}

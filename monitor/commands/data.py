"""`footprint data`: the audit trail, how long things are kept, holds, and erasing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor import heads
from monitor.commands._rights import COMMANDS
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
from monitor.commands.correct import mention_or_exit, who
from monitor.commands.mentions import SHORT, moment_since, opened, refuse_unknown
from monitor.intake import story_of
from monitor.judge.routing import LONDON
from monitor.keeping import Expired, HeldError, Keeper, SilentError
from monitor.settings import Settings
from monitor.store import audit, copying, evidence, mentions, records
from monitor.store.audit import Noted
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.store.records import HOLD_KINDS, Hold, HoldKind
from monitor.stories import first_of

LONGEST = 200
REPORTED, REPORTER = "report.made", "a member of staff"
By = Annotated[str, typer.Option(metavar="NAME", help="Who says so; otherwise your login name.")]
MentionId = Annotated[str, typer.Argument(metavar="ID", help="The mention's id, or its beginning.")]

group = typer.Typer(
    help="What is kept: the audit trail, how long, holds, and erasing.", no_args_is_help=True
)
for name, handler in COMMANDS.items():
    group.command(name)(handler)


@group.command("audit")
def show_audit(
    school: Annotated[str | None, typer.Option(help="Only this school (its id).")] = None,
    since: Annotated[
        str | None, typer.Option(help="Since: 2026-11-21, 2026-11-21T08:00, or 7d, 12h.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 200,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check that nothing in it was changed or taken away.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Who saw, revealed, changed, exported or deleted what; for the head and the DPO."""
    settings = settings_or_exit(config)
    refuse_unknown(school, settings)
    newest = moment_since(since)
    with opened(settings.database_url) as store, store.reading() as connection:
        faults = verified(connection, settings) if verify else ()
        found = audit.listed(connection, school=school, since=newest, limit=limit)
        rows = audit.head(connection, audit.NAME).number
    if as_json:
        listed = {"audit": [_as_json(row) for row in found]}
        print_json({**listed, "faults": list(faults)} if verify else listed)
    elif verify:
        _print_verdict(faults, rows)
    else:
        _print(found)
    if faults:
        raise SystemExit(1)


def verified(connection: Connection, settings: Settings) -> tuple[str, ...]:
    """Everything that is wrong with the trail and the evidence, in themselves and beside what was
    kept elsewhere.
    """
    found: list[str] = []
    for title, chain, at in (
        ("the audit trail", audit, audit.NAME),
        ("the evidence", evidence, evidence.NAME),
    ):
        head = audit.head(connection, at)
        outside = heads.faults(settings.folder, at, head, partial(chain.hash_at, connection))
        found += [f"{title}: {fault}" for fault in (*chain.faults(connection), *outside)]
    return tuple(found)


def _print_verdict(faults: tuple[str, ...], rows: int) -> None:
    for fault in faults:
        _say(f"{fault[:1].upper()}{fault[1:]}.")
    if not faults:
        _say(f"The audit trail ({rows} rows) and the evidence are as they were written.")


@group.command("retain")
def retain(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Delete what has been kept long enough, now; `footprint run` does so once a day."""
    settings = settings_or_exit(config)
    with opened(settings.database_url) as store:
        keeper = Keeper(settings, store, clock)
        try:
            expired = keeper.expire()
        except SilentError as error:
            fail(f"nothing was deleted: {error}", 1)
        keeper.clean()
    if as_json:
        print_json(
            {
                "mentions": expired.mentions,
                "incidents": expired.incidents,
                "audit": expired.audit_rows,
            }
        )
    else:
        _print_expired(expired)


def _print_expired(expired: Expired) -> None:
    for school, number in expired.mentions.items():
        _say(f"{school}: {_count(number, 'post')} deleted, with all that was kept of them.")
    if not expired.mentions:
        _say("No post had been kept longer than it may be.")
    if expired.incidents:
        _say(f"{_count(expired.incidents, 'incident')} deleted.")
    if expired.audit_rows:
        _say(f"{_count(expired.audit_rows, 'row')} of the audit trail deleted.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@group.command("hold")
def hold(
    mention: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The mention's id, or its beginning.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--for", metavar="|".join(HOLD_KINDS), help="What it is kept for.")
    ] = "",
    name: Annotated[
        str, typer.Option(metavar="TEXT", help="The case's number; nobody's name belongs in it.")
    ] = "",
    by: By = "",
    listing: Annotated[bool, typer.Option("--list", help="List the holds.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Let nothing delete a post, for the police, a court, a complaint or a request for data."""
    settings = settings_or_exit(config)
    if listing is (mention is not None):
        fail("say one thing: an id with --for and --name; or --list", 2)
    with opened(settings.database_url) as store:
        if mention is None:
            with store.reading() as connection:
                _print_holds(records.holds(connection), as_json)
            return
        wanted, words = _hold_kind(kind), _line("--name", name)
        with store.writing() as connection:
            found = mention_or_exit(connection, mention)
            made = records.hold(connection, found, wanted, words, who(by), clock())
    if as_json:
        print_json({"hold": _hold_json(made)})
    else:
        _say(f"Hold {made.id}: mention {found.id[:SHORT]} is not deleted until it is released.")
        _say(f"To release it: footprint data release {made.id}")


def _hold_kind(word: str) -> HoldKind:
    for kind in HOLD_KINDS:
        if kind == word:
            return kind
    fail(f"--for must be one of {', '.join(HOLD_KINDS)}", 2)


def _line(option: str, text: str) -> str:
    words = text.strip()
    if not words or not words.isprintable() or len(words) > LONGEST:
        fail(f"{option} must be one line of at most {LONGEST} characters", 2)
    return words


@group.command("release")
def release(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=2**31 - 1)],
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """End a hold; the post is deleted when its time is over."""
    settings = settings_or_exit(config)
    with opened(settings.database_url) as store, store.writing() as connection:
        ended = records.release(connection, number, who(by), clock())
    if ended is None:
        fail(f"there is no hold {number}: `footprint data hold --list` shows them", 2)
    if as_json:
        print_json({"hold": _hold_json(ended)})
    else:
        _say(f"Hold {number} is released.")


@group.command("moved")
def moved(
    mention: MentionId,
    to: Annotated[str, typer.Option(metavar="TEXT", help="Where it stands now, and as what.")],
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say that an urgent post stands in the school's own record now; its time here begins."""
    settings = settings_or_exit(config)
    place = _line("--to", to)
    with opened(settings.database_url) as store, store.writing() as connection:
        found = mention_or_exit(connection, mention)
        records.moved(connection, found, place, who(by), clock())
    keep = settings.school(found.school)
    days = keep.keep.urgent if keep else 0
    if as_json:
        print_json({"mention": found.id, "to": place, "days": days})
        return
    _say(f"Mention {found.id[:SHORT]} was moved to {place}; here it is deleted in {days} days.")


@group.command("erase")
def erase(
    mention: Annotated[
        str | None, typer.Option(metavar="ID", help="A mention's id, or its beginning.")
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="ADDRESS", help="All at an address.")] = None,
    copies: Annotated[
        bool, typer.Option("--copies", help="With --mention: what tells the same, too.")
    ] = False,
    why: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Why, without anybody's name; kept in the audit trail."),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Erase posts for good: evidence, notes, letters and learnt words too. It cannot be undone."""
    settings = settings_or_exit(config)
    if bool(mention) is bool(url) or (copies and not mention):
        fail("say one thing: --mention ID (perhaps with --copies), or --url ADDRESS", 2)
    reason, person = _line("--why", why), who(by)
    with opened(settings.database_url) as store:
        with store.reading() as connection:
            found = _meant(connection, mention, url, copies=copies)
        _confirm(found, yes=yes)
        keeper = Keeper(settings, store, clock)
        try:
            gone = keeper.erase([one.id for one in found], person, reason)
        except HeldError as error:
            fail(str(error), 1)
        except OSError as error:
            fail(f"nothing was erased, for the list of erasures cannot be written: {error}", 1)
    if as_json:
        print_json({"erased": [one.mention for one in gone]})
    else:
        _say(f"{_count(len(gone), 'post')} erased, with all that was kept of them here.")
        _say("Mails that were sent lie in people's mailboxes: ask them to delete theirs.")
        _say("Keep the file erasures.txt: a restored backup is erased again by it.")


def _meant(
    connection: Connection, mention: str | None, url: str | None, *, copies: bool
) -> Sequence[Mention]:
    if mention is not None:
        one = mention_or_exit(connection, mention)
        return mentions.of_story(connection, first_of(one)) if copies else (one,)
    found = mentions.of_address(connection, url or "", story_of(url or ""))
    if not found:
        fail("nothing from that address is kept", 2)
    return found


def _confirm(found: Sequence[Mention], *, yes: bool) -> None:
    for one in found:
        say(f"{one.id[:SHORT]} {one.school} {one.source} {one.level}")
    if yes:
        return
    if not sys.stdin.isatty():
        fail("add --yes to erase these for good", 2)
    typer.confirm("Erase these for good?", abort=True, err=True)


def _hold_json(made: Hold) -> dict[str, Any]:
    return {
        "number": made.id,
        "school": made.school,
        "mention": made.mention_id,
        "for": made.kind,
        "name": made.name,
        "placed": made.placed_at.isoformat(),
        "by": made.placed_by,
        "released": made.released_at and made.released_at.isoformat(),
        "released_by": made.released_by,
    }


def _print_holds(found: Sequence[Hold], as_json: bool) -> None:
    if as_json:
        print_json({"holds": [_hold_json(one) for one in found]})
        return
    if not found:
        _say("No holds.")
    for one in found:
        since = f"{one.placed_at.astimezone(LONDON):%d %b %Y}"
        what = f"{one.kind}: {one.name}"
        _say(f"{one.id}  {one.mention_id[:SHORT]}  {one.school}  {what}  {since} {one.placed_by}")


def _who(row: Noted) -> str:
    """Who did it; not who reported something, since the head may read this and be whom it is
    about.
    """
    return REPORTER if row.act == REPORTED and row.who != audit.ITSELF else row.who


def _as_json(row: Noted) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": row.at.isoformat(),
        "who": _who(row),
        "act": row.act,
        "subject": row.subject,
        "school": row.school,
        "details": row.details,
    }


def _print(found: tuple[Noted, ...]) -> None:
    if not found:
        _say("Nothing is in the audit trail.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("no.", "when", "school"):
        table.add_column(column, no_wrap=True)
    for column in ("who", "act", "what"):
        table.add_column(column, overflow="fold")
    for row in found:
        when = f"{row.at.astimezone(LONDON):%d %b %Y %H:%M}"
        details = ", ".join(f"{name} {value}" for name, value in row.details.items())
        what = f"{row.subject} {details}".strip()
        table.add_row(str(row.number), when, row.school, Text(_who(row)), row.act, Text(what))
    Console().print(table)


def _say(line: str) -> None:
    Console(soft_wrap=True).print(Text(line))


@group.command("letters")
def letters(
    send: Annotated[bool, typer.Option("--send", help="Send them all after all.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Send none of them.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """The letters that a restored backup still owed, which may have been sent since."""
    settings = settings_or_exit(config)
    if send and drop:
        fail("say --send or --drop, not both", 2)
    with opened(settings.database_url) as store, store.writing() as connection:
        found = copying.held_letters(connection)
        if found and (send or drop):
            now = clock()
            copying.decide_held(connection, send=send, now=now)
            act = "letters.sent" if send else "letters.dropped"
            audit.note(connection, now, audit.COMMAND_LINE, act, "held", letters=len(found))
    if as_json:
        print_json({"letters": [{**one, "owed_at": one["owed_at"].isoformat()} for one in found]})
        return
    for one in found:
        when = f"{one['owed_at'].astimezone(LONDON):%d %b %Y %H:%M}"
        _say(f"{when}  {one['level'] or one['kind']}  {one['school']}  {one['email']}")
    done = " go out now." if send else " are not sent." if drop else " are held."
    _say(f"{_count(len(found), 'letter')}{done}" if found else "No letter is held.")

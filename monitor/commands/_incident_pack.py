"""`footprint incident pack` and `incident verify`: an incident's evidence in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands._incidents import found_or_exit
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
from monitor.commands.mentions import opened
from monitor.pack import Case, NotAnArchiveError, archive, blank_form, verified
from monitor.settings import Settings
from monitor.store import audit, deliveries, evidence, incidents, mentions
from monitor.store.engine import Connection, StoreError, sqlite_path
from monitor.store.opening import open_store

PACKED = "incident.packed"


def pack(
    incident: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The incident's id, or its beginning.")
    ] = None,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.zip", help="The archive to write.")
    ] = None,
    blank: Annotated[
        Path | None, typer.Option(metavar="FILE.pdf", help="Write an empty incident form instead.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write an incident's evidence, form and time-line as one ZIP archive."""
    settings = settings_or_exit(config)
    if blank is not None:
        if incident is not None:
            fail("--blank FILE.pdf goes without an incident", 2)
        name = settings.schools[0].name if len(settings.schools) == 1 else ""
        write_file(blank, blank_form(name, clock()))
        say(f"{blank} is an empty incident form to print.")
        return
    if incident is None or file is None:
        fail("say which incident, and the file to write: footprint incident pack ID FILE.zip", 2)
    with opened(settings.database_url) as store, store.writing() as connection:
        now = clock()
        case = case_of(connection, settings, incident)
        content, manifest = archive(case, VERSION, now)
        write_file(file, content)
        found = case.incident
        who = audit.COMMAND_LINE
        audit.note(connection, now, who, PACKED, found.id, found.school, manifest=manifest)
    if as_json:
        print_json({"file": str(file), "items": len(case.items), "manifest": manifest})
        return
    say(f"{file} holds {len(case.posts)} posts and {len(case.items)} items of evidence.")
    say(f"Write down the SHA-256 of its manifest, and give it with the file: {manifest}")
    say("It is not encrypted: hand it over as you would the paper.")


def case_of(connection: Connection, settings: Settings, beginning: str) -> Case:
    """All that is kept of an incident; one clear line and the end where there is none."""
    found = found_or_exit(connection, beginning)
    ids = incidents.mentions_of(connection, found.id)
    school = settings.school(found.school)
    return Case(
        school=school.name if school else found.school,
        incident=found,
        posts=mentions.several(connection, ids),
        acts=incidents.acts_of(connection, [found.id]),
        letters=tuple(
            letter
            for mention_id in ids
            for letter in deliveries.of_subject(connection, deliveries.ALERT, mention_id)
        ),
        items=evidence.of_mentions(connection, ids),
        chain=evidence.chain(connection),
    )


def write_file(file: Path, content: bytes) -> None:
    """A new file for this user alone; one clear line and the end where it cannot be."""
    try:
        with file.open("xb") as made:
            file.chmod(0o600)
            made.write(content)
    except FileExistsError:
        fail(f"{file} is there already; give another name", 2)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}", 1)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The archive to check.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Check that an archive is as it was made; also against the audit trail, where it is here."""
    try:
        faults, manifest = verified(file.read_bytes())
    except NotAnArchiveError as error:
        fail(f"{file}: {error}", 1)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", 1)
    known = _is_known(config, manifest)
    if known is False:
        faults = (*faults, "the audit trail here knows of no archive with this manifest")
    if as_json:
        print_json({"faults": list(faults), "manifest": manifest, "in_audit_trail": known})
    else:
        for fault in faults:
            say(f"{file}: {fault}.")
        if not faults:
            beside = "" if known else "; there is no audit trail here to compare it with"
            say(f"{file} is whole in itself{beside}. SHA-256 of its manifest: {manifest}")
    if faults:
        raise SystemExit(1)


def _is_known(config: Path, manifest: str) -> bool | None:
    """Whether the audit trail has this archive; None where there is none to look into."""
    if not config.exists():
        return None
    url = settings_or_exit(config).database_url
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return None
    try:
        store = open_store(url)
    except StoreError:
        return None
    try:
        with store.reading() as connection:
            packed = audit.listed(connection, act=PACKED, limit=100_000)
    finally:
        store.close()
    return any(row.details.get("manifest") == manifest for row in packed)

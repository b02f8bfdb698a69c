"""`footprint check-post`: what to look at before the school itself posts something."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor import consent
from monitor.commands._rights import one_school
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
from monitor.consent import ConsentError, Draft, Pupil
from monitor.judge.routing import LONDON
from monitor.settings import School, Settings
from monitor.store import rights
from monitor.store.engine import Connection, Store
from monitor.web.keys import KeyFileError, Keys, keys_in


def command(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The post's words; - reads stdin.")
    ] = None,
    picture: Annotated[bool, typer.Option("--picture", help="A picture goes with it.")] = False,
    video: Annotated[bool, typer.Option("--video", help="A film goes with it.")] = False,
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--consent",
            metavar="FILE.csv",
            help="Keep this list of who may be shown: pupil, image, video, name, until.",
        ),
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Delete the list.")] = False,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="List the school's own posts to take down.")
    ] = False,
    school: Annotated[str, typer.Option(metavar="ID", help="Whose post; if one alone.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who asks.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Warn of names, faces and personal details before a post goes out. Its words are not kept."""
    settings = settings_or_exit(config)
    if [file is not None, list_file is not None, forget, withdrawn].count(True) != 1:
        fail("say one thing: a FILE, --consent FILE.csv, --forget or --withdrawn", 2)
    found = one_school(settings, school)
    with opened(settings.database_url) as store:
        if file is not None:
            _check(settings, store, found, Draft(_words(file), picture, video), as_json)
        elif list_file is not None:
            _keep(settings, store, found, list_file, who(by), as_json)
        elif forget:
            _forget(store, found, who(by), as_json)
        else:
            _list(store, found, as_json)


def _check(settings: Settings, store: Store, school: School, draft: Draft, as_json: bool) -> None:
    with store.reading() as connection:
        pupils = kept(connection, _keys(settings), school)
    today = clock().astimezone(LONDON).date()
    found = consent.warnings(draft, school, pupils, today)
    if as_json:
        print_json({"warnings": list(found), "has_list": bool(pupils)})
    else:
        for line in found or ("Nothing was noticed. Look at the picture yourself: who is in it?",):
            print(line)  # noqa: T201 - what a command says
        if not pupils:
            say("No consent list is kept, so no pupil's consent could be looked up.")
    if found:
        raise SystemExit(1)


def kept(connection: Connection, keys: Keys, school: School) -> tuple[Pupil, ...]:
    """The school's list; empty where there is none, one line and the end where it is not ours."""
    sealed = rights.consent(connection, school.id)
    text = keys.opened(sealed) if sealed else "[]"
    if text is None:
        fail("the consent list was sealed with another footprint.key: give it again", 1)
    return consent.unpacked(text)


def _keep(
    settings: Settings, store: Store, school: School, file: Path, person: str, as_json: bool
) -> None:
    try:
        pupils = consent.pupils_in(file.read_bytes())
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", 1)
    except ConsentError as error:
        fail(f"{file}: {error}; nothing was changed", 1)
    keys, now = _keys(settings), clock()
    owner = school.posters[0] if school.posters else person
    with store.writing() as connection:
        before = kept(connection, keys, school)
        ended = consent.withdrawn(before, pupils, now.astimezone(LONDON).date())
        posts = consent.to_take_down(rights.posts_of(connection, school.id), school, ended)
        rights.take_down(connection, posts, owner, person, now)
        sealed = keys.seal(consent.packed(pupils))
        rights.keep_consent(connection, school.id, sealed, len(pupils), person, now)
    if as_json:
        print_json({"pupils": len(pupils), "ended": len(ended), "posts": len(posts)})
        return
    say(f"The list of {len(pupils)} pupils is kept, encrypted; delete {file} now.")
    say(f"{len(ended)} consents have ended. {len(posts)} of the school's own posts name them.")
    if posts:
        say(f"{owner} has them to take down: footprint check-post --withdrawn")


def _forget(store: Store, school: School, person: str, as_json: bool) -> None:
    with store.writing() as connection:
        was = rights.forget_consent(connection, school.id, person, clock())
    if as_json:
        print_json({"deleted": was})
    else:
        say("The list is deleted." if was else "There was no list.")


def _list(store: Store, school: School, as_json: bool) -> None:
    with store.reading() as connection:
        found = rights.to_take_down(connection, school.id)
    if as_json:
        posts = [{"id": one.mention_id, "url": one.url, "owner": one.owner} for one in found]
        print_json({"posts": posts})
        return
    for one in found:
        print(f"{one.at.astimezone(LONDON):%d %b %Y}  {one.owner}  {one.url}")  # noqa: T201 - as above
    if not found:
        say("Nothing is to be taken down.")


def _keys(settings: Settings) -> Keys:
    try:
        return keys_in(settings.folder)
    except KeyFileError as error:
        fail(str(error), 1)


def _words(file: Path) -> str:
    try:
        stream = sys.stdin.buffer if str(file) == "-" else file.open("rb")
        with stream:
            content = stream.read(consent.LONGEST_POST * 4 + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", 1)
    except UnicodeDecodeError:
        fail(f"{file} is no text in UTF-8", 1)
    if len(text) > consent.LONGEST_POST:
        fail(f"{file} is longer than {consent.LONGEST_POST} characters", 2)
    return text

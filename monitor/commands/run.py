"""`footprint run`: scheduler, delivery and pages in one process, until it is told to stop."""

from __future__ import annotations

import os
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from fastapi import FastAPI

from alerts import chart
from monitor.advice import advise, approved, run_problems
from monitor.commands._reload import Watched
from monitor.commands._sharing import shared_out
from monitor.commands._steps import house_steps, shared_steps
from monitor.commands._stopping import ending, stopping_by_signal
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    World,
    clock,
    fail,
    fetcher,
    print_json,
    say,
    settings_or_exit,
    warn_of_orphans,
    warn_of_unconfirmed,
    world,
)
from monitor.config import load
from monitor.demo import demonstration, pretend
from monitor.documents import approval
from monitor.presence.looking import Looker
from monitor.schedule import Schedule
from monitor.settings import School, Settings
from monitor.settings_changes import SettingsFiles
from monitor.store import accounts
from monitor.store.engine import StoreError
from monitor.web.app import create_app
from monitor.web.keys import KeyFileError, Keys, keys_in
from monitor.web.lacking import IMPORTANT
from monitor.web.roll import Roll
from monitor.web.server import WebError, WebServer
from monitor.web.signin_pages import first_link

DEMO_FOLDER = Path("demonstration")
HEED_SECONDS = 0.5
AGAIN_SECONDS = 5


def command(
    config: ConfigPath = DEFAULT_CONFIG,
    demo: Annotated[
        bool, typer.Option("--demo", help="The demonstration school: nothing is sent anywhere.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Watch: read the sources on time, send the alerts, serve the pages. Stop with Ctrl-C."""
    stopping = stopping_by_signal()
    try:
        if demo:
            with demonstration(DEMO_FOLDER, clock) as settings:
                until = partial(stopping.wait, HEED_SECONDS)
                _run(settings, settings.schools, stopping, until, roll=None, as_json=as_json)
        else:
            settings = settings_or_exit(config)
            problems = run_problems(settings)
            if problems:
                fail("\n".join(str(problem) for problem in problems), 2)
            roll = Roll(config, partial(load, config, os.environ), settings)
            _run_anew(Watched(config, settings), stopping, roll, as_json=as_json)
    except (StoreError, WebError, KeyFileError, OSError) as error:
        fail(str(error), 1)


def _run_anew(watched: Watched, stopping: threading.Event, roll: Roll, *, as_json: bool) -> None:
    """Run, and begin again with whatever the settings say whenever they have changed."""

    def until() -> bool:
        return stopping.wait(HEED_SECONDS) or watched.is_changed()

    _run(watched.settings, approved(watched.settings), stopping, until, roll=roll, as_json=as_json)
    while not stopping.is_set():
        settings = watched.settings
        try:
            _run(settings, approved(settings), stopping, until, roll=roll, as_json=False)
        except (StoreError, WebError) as error:
            # A change of the settings must not end what was running.
            say(f"{error}; it is tried again in {AGAIN_SECONDS} seconds.")
            stopping.wait(AGAIN_SECONDS)


def _run(
    settings: Settings,
    schools: tuple[School, ...],
    stopping: threading.Event,
    until: Callable[[], bool],
    *,
    roll: Roll | None,
    as_json: bool,
) -> None:
    """`until` waits for a moment, and is true when work is to end.

    `roll` is who may sign in; the demonstration, where nobody does, has none.
    """
    demo = roll is None
    # Here rather than at the first digest, where a letter would wait for it.
    chart.load()
    with world(settings, schools) as made:
        if demo:
            pretend(made.store, clock())
        shared = shared_out(made.store, settings.database_url, shared_steps(made))
        house = house_steps(made, roll.schools if roll else None)
        schedule = Schedule((*shared, *house), clock, pulse=made.pulse)
        with _pages(settings, schools, made, roll) as address:
            first = (
                ""
                if demo
                else _first_link(made, settings, (settings.web.address or address).rstrip("/"))
            )
            _greet(settings, schools, address, first, demo=demo)
            if as_json:
                watching = [school.id for school in schools]
                print_json({"address": address, "watching": watching, "first_sign_in": first})
            warn_of_orphans(made)
            for line in _outgrown(made, settings, schools):
                say(f"Warning: {line}")
            if not demo:
                warn_of_unconfirmed(made)
            if schools:
                schedule.start()
            while not until():
                # A signal that comes just before a wait begins is heeded only when it ends.
                pass
            say(f"{ending(stopping)}: what is in hand is finished first.")
            if schools:
                _end(schedule, stopping)


def _end(schedule: Schedule, stopping: threading.Event) -> None:
    """Wait for what is in hand: as long as it takes, unless we are to stop."""
    while not schedule.stop():
        if stopping.is_set():
            say("A server does not answer; its part is taken up at the next start.")
            # The thread that waits for it cannot be ended, and would hold up the exit.
            os._exit(0)


@contextmanager
def _pages(
    settings: Settings, schools: tuple[School, ...], made: World, roll: Roll | None
) -> Iterator[str]:
    demo = roll is None
    keys = Keys(secrets.token_bytes(32)) if demo else keys_in(settings.folder)
    advice = tuple(str(problem) for problem in advise(settings, clock()))
    if not demo:
        with made.store.writing() as connection:
            approval.heed(connection, settings, schools, clock())
    # Its turns are kept in no database, which would tell when somebody looked for themself.
    own_door = fetcher(settings)
    app = create_app(
        settings=settings,
        schools=schools,
        store=made.store,
        clock=clock,
        demo=demo,
        keys=keys,
        people=roll.schools if roll else None,
        files=SettingsFiles(roll.path, os.environ) if roll else None,
        door=made.monitor.fetcher,
        notices=lambda: (
            *advice,
            *(f"{IMPORTANT}{line}" for line in _outgrown(made, settings, schools)),
        ),
        troubles=lambda: made.caretaker.troubles,
        look=Looker(settings, made.store, own_door, made.monitor.parser, clock, random.random),
    )
    server = _server(app, settings, settings.web.port)
    try:
        server.start()
    except WebError:
        if not demo:
            raise
        # The demonstration takes another port rather than ask a visitor to free one.
        server = _server(app, settings, 0)
        server.start()
    try:
        yield f"{server.address}/"
    finally:
        server.stop()
        own_door.close()


def _outgrown(made: World, settings: Settings, schools: tuple[School, ...]) -> tuple[str, ...]:
    """The approvals that do not cover what is watched now."""
    with made.store.reading() as connection:
        return approval.outgrown(connection, settings, schools)


def _server(app: FastAPI, settings: Settings, port: int) -> WebServer:
    web = settings.web
    return WebServer(
        app,
        web.host,
        port,
        certfile=str(settings.path(web.tls_cert)) if web.tls_cert else "",
        keyfile=str(settings.path(web.tls_key)) if web.tls_key else "",
        trusted_proxies=web.trusted_proxies,
    )


def _first_link(made: World, settings: Settings, origin: str) -> str:
    """The address that lets the first person sign in; "" once somebody has. Who has left since the
    last start is let go.
    """
    present = [person.email for school in settings.schools for person in school.people]
    with made.store.writing() as connection:
        accounts.erase_leavers(connection, present)
        path = first_link(connection, clock())
    return f"{origin}{path}" if path else ""


def _greet(
    settings: Settings, schools: tuple[School, ...], address: str, first: str, *, demo: bool
) -> None:
    if demo:
        say("This is the demonstration school: invented posts, read from this machine every few")
        say("seconds; mail goes to a folder and to a page; nothing is sent anywhere.")
    else:
        for problem in advise(settings, clock()):
            say(f"Advice: {problem}")
    left = [school for school in settings.schools if school not in schools]
    for school in left:
        say(f"{school.name} is not watched: its [schools.approval] is not filled in.")
    if not schools:
        say("Nothing is watched yet. The page below says what is missing.")
    else:
        say(f"Watching {', '.join(school.name for school in schools)}.")
    say(f"Open {settings.web.address or address}")
    if first:
        say("Nobody has set up their sign-in yet. The first to do so opens this address, which")
        say("works once, within an hour; everybody else then signs in by mail:")
        say(first)
    say("Stop with Ctrl-C.")

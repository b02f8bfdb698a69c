"""The one place where the real world is made: clock, chance, network, database, mail."""

from __future__ import annotations

import json
import os
import random
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from alerts.base import Channel, DeliveryError
from alerts.folder import FolderChannel
from alerts.second import SecondChannel
from alerts.smtp import SmtpChannel
from monitor.capturing import Capturer
from monitor.caretaker import Caretaker
from monitor.config import load
from monitor.confirming import awaited
from monitor.delivery import Postroom
from monitor.escalations import Escalations
from monitor.heartbeat import Heartbeat
from monitor.judge import Judge
from monitor.judge.terms import Level
from monitor.keeping import Keeper
from monitor.pipeline import Monitor
from monitor.problems import ConfigError, quoted, suggestion
from monitor.pulse import Pulse
from monitor.second import Notes, addresses
from monitor.settings import School, Settings
from monitor.store import confirmed, deliveries, leases
from monitor.store.engine import Store, sqlite_path
from monitor.store.opening import open_store, sole_use
from monitor.store.sites import SiteBook
from monitor.weekly import Digests
from sources.base import SourceError
from sources.fetch import Fetcher
from sources.parsing import Parser
from sources.turns import MemoryBook, Turns, own_sites

VERSION = version("footprint")
ConfigPath = Annotated[
    Path, typer.Option("--config", metavar="PATH", help="The configuration file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DEFAULT_CONFIG = Path("config.toml")
NO_CONFIG = "There is no config.toml here yet; `footprint init` writes one."


def level_option(meaning: str) -> Any:
    """An option that takes a level, and names the one that was meant where it is misspelt."""
    return typer.Option(parser=_level, metavar="|".join(Level), help=meaning)


def _level(word: str) -> Level:
    levels = tuple(level.value for level in Level)
    if word in levels:
        return Level(word)
    raise typer.BadParameter(f"there is no level {quoted(word)}{suggestion(word, levels)}")


def clock() -> datetime:
    """The real time, in UTC."""
    return datetime.now(UTC)


def fail(message: str, status: int) -> NoReturn:
    """End with one clear line on stderr."""
    print(message, file=sys.stderr)  # noqa: T201 - what a command says
    raise SystemExit(status)


def say(message: str) -> None:
    """One line for the person, on stderr, so that stdout stays the answer."""
    print(message, file=sys.stderr)  # noqa: T201 - what a command says


def print_json(value: Any) -> None:
    """The answer as JSON, on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)  # noqa: T201 - what a command says


def settings_or_exit(path: Path) -> Settings:
    """Read the configuration; each mistake is one line on stderr, and the exit status 2."""
    try:
        return load(path, os.environ)
    except ConfigError as error:
        fail("\n".join(str(problem) for problem in error.problems), 2)


@dataclass(frozen=True)
class World:
    """Both halves of the program over one database, and the steps that owe what nobody posts.

    `second` hands out the notes of people's second channels, as `postroom` does the letters.
    """

    monitor: Monitor
    postroom: Postroom
    second: Postroom
    digests: Digests
    escalations: Escalations
    notes: Notes
    pulse: Pulse
    caretaker: Caretaker
    heartbeat: Heartbeat
    capturer: Capturer
    keeper: Keeper
    store: Store


def warn_of_orphans(made: World) -> None:
    """Say which letters are owed for schools that this configuration does not watch."""
    with made.store.reading() as connection:
        left = deliveries.orphaned(connection, [s.id for s in made.postroom.schools])
    for school, number in left.items():
        say(f"Warning: {orphans(school, number)}.")


def warn_of_unconfirmed(made: World) -> None:
    """Say who has not confirmed that a test message reached them."""
    schools = made.postroom.schools
    with made.store.reading() as connection:
        rows = confirmed.listed(connection, [school.id for school in schools])
        waited = awaited(schools, rows, partial(confirmed.channel_of, connection))
    for one in waited:
        say(f"Warning: {one.sentence(clock())}")


def orphans(school: str, number: int) -> str:
    """What to say of letters that are owed for a school that is not there any more."""
    letters = "1 alert waits" if number == 1 else f"{number} alerts wait"
    return (
        f"{letters} for {school}, which is not (or no longer) watched with this configuration: "
        "they leave when it is again"
    )


def channel(settings: Settings) -> Channel:
    """The way out for letters: the mail server, or the folder where none is set."""
    mail = settings.mail
    if not mail.host:
        return FolderChannel(settings.folder / mail.folder)
    return SmtpChannel(
        mail.host, mail.port, mail.security, mail.user, mail.password.get_secret_value()
    )


def second_channel(settings: Settings, door: Fetcher) -> SecondChannel:
    """The second way to people, held to the hosts that may be connected to from here."""

    def reach(host: str, port: int) -> None:
        try:
            door.reach(host, port)
        except SourceError as error:
            raise DeliveryError(str(error)) from error

    return SecondChannel(addresses(settings.schools), reach, settings.http.private_hosts_allowed)


def fetcher(settings: Settings, store: Store | None = None) -> Fetcher:
    """The door to the network as configured; turns at sites are kept in the store, if there is one.

    Without one (`check`) a site's wish to be left alone is not known.
    """
    http = settings.http
    own, spacing = own_sites(http.private_hosts_allowed), http.private_spacing_seconds
    turns = Turns(
        clock,
        SiteBook(store, clock) if store else MemoryBook(clock),
        lambda site: timedelta(seconds=spacing) if site in own else None,
    )
    return Fetcher(
        http.contact, http.private_hosts_allowed, clock=clock, version=VERSION, turns=turns
    )


def _owner() -> str:
    """This process as leases name it: machine, process number, and a word for this start."""
    return f"{socket.gethostname()}:{os.getpid()}:{random.getrandbits(32):08x}"


def _is_gone(owner: str, alone: bool) -> bool:
    """True where the lease's holder cannot be at work any more."""
    machine, _, rest = owner.partition(":")
    number = rest.partition(":")[0]
    if alone or not number.isdigit():
        return alone
    return machine == socket.gethostname() and not _is_running(int(number))


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _release_the_dead(store: Store, *, alone: bool) -> None:
    with store.writing() as connection:
        for owner in leases.owners(connection):
            if _is_gone(owner, alone):
                leases.release(connection, owner)


@contextmanager
def world(settings: Settings, schools: tuple[School, ...]) -> Iterator[World]:
    """Open everything, and close it again. Raises StoreError.

    A SQLite file is held for this process alone, so that every lease in it is a dead one's and is
    let go at once; on a shared database those of this machine's dead processes are, and others
    run out by themselves.
    """
    url = settings.database_url
    with sole_use(url):
        yield from _opened(settings, schools, url)


def _opened(settings: Settings, schools: tuple[School, ...], url: str) -> Iterator[World]:
    store = open_store(url)
    owner, parser, door = _owner(), Parser(), fetcher(settings, store)
    try:
        _release_the_dead(store, alone=sqlite_path(url) is not None)
        monitor = Monitor(
            settings=settings,
            schools=schools,
            store=store,
            fetcher=door,
            parser=parser,
            judge=Judge(tuple(school.watch for school in schools)),
            clock=clock,
            jitter=random.random,
            owner=owner,
            judge_version=VERSION,
        )
        monitor.prepare()
        postroom = Postroom(settings, schools, store, channel(settings), clock, owner)
        postroom.reconsider()
        beside = second_channel(settings, door)
        second = Postroom(settings, schools, store, beside, clock, owner, second=True)
        pulse = Pulse(time.monotonic)
        caretaker = Caretaker(
            settings=settings,
            schools=schools,
            store=store,
            channel=postroom.channel,
            second=beside,
            clock=clock,
            monotonic=time.monotonic,
            pulse=pulse,
            ahead=door.server_clocks.ahead,
            failing=lambda: heartbeat.failing,
        )
        heartbeat = Heartbeat(settings.heartbeat.url, door.get, lambda: caretaker.is_good, clock)
        yield World(
            monitor=monitor,
            postroom=postroom,
            second=second,
            pulse=pulse,
            caretaker=caretaker,
            heartbeat=heartbeat,
            digests=Digests(settings, schools, store, clock),
            escalations=Escalations(schools, store, clock),
            notes=Notes(schools, store, clock),
            capturer=Capturer(store, door, parser, clock, owner, VERSION),
            keeper=Keeper(settings, store, clock),
            store=store,
        )
    finally:
        parser.close()
        door.close()
        store.close()

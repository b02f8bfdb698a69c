"""`footprint check`: is everything in order? Each thing that is not is one plain sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from alerts.base import DeliveryError
from alerts.smtp import SmtpChannel
from monitor import health, machine, no_internet
from monitor.advice import advise, run_problems
from monitor.caretaker import free_bytes
from monitor.commands._send_test import Tried, send_tests
from monitor.commands._world import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    channel,
    clock,
    fetcher,
    orphans,
    print_json,
    settings_or_exit,
)
from monitor.confirming import awaited
from monitor.machine import Kept, Reading
from monitor.notices import worded
from monitor.polling import fault_of
from monitor.problems import Problem
from monitor.settings import Settings, SourceSettings
from monitor.store import confirmed, deliveries, looks
from monitor.store.confirmed import MAIL
from monitor.store.engine import Store, StoreError, sqlite_path
from monitor.store.opening import open_store
from sources import load
from sources.base import Ask, Flaw, Post, SourceError
from sources.fetch import Door, Fetcher
from sources.parsing import Parser

# All that the watchdog's page ever says.
_HEALTH = (b"ok", b"not well")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `state` is ok, advice or wrong."""

    state: str
    what: str


def command(
    online: Annotated[
        bool, typer.Option("--online", help="Also try every source and the mail server.")
    ] = False,
    send_test: Annotated[
        bool, typer.Option("--send-test", help="Also send each person a test mail.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Check the configuration, the database and, if asked, the sources and the mail."""
    settings = settings_or_exit(config)
    mistakes = run_problems(settings)
    found = [Finding("wrong", str(problem)) for problem in mistakes]
    found += _offline(settings, advise(settings, clock()), online=online)
    if online:
        found += _sources(settings)
        found += _mail_server(settings)
        found += _pages(settings)
    if send_test:
        found += _test_mails(settings)
    _report(found, as_json=as_json)
    wrong = any(finding.state == "wrong" for finding in found)
    raise typer.Exit(2 if mistakes else int(wrong))


def _report(found: list[Finding], *, as_json: bool) -> None:
    if as_json:
        ok = all(finding.state != "wrong" for finding in found)
        rows = [{"state": finding.state, "what": finding.what} for finding in found]
        print_json({"ok": ok, "findings": rows})
        return
    marks = {"ok": "ok     ", "advice": "advice ", "wrong": "WRONG  "}
    for finding in found:
        typer.echo(marks[finding.state] + finding.what, err=finding.state == "wrong")


def _offline(settings: Settings, advice: tuple[Problem, ...], *, online: bool) -> Iterator[Finding]:
    people = sum(len(school.people) for school in settings.schools)
    yield Finding(
        "ok",
        f"The configuration can be read: {_count(len(settings.schools), 'school')}, "
        f"{_count(len(settings.sources), 'source')}, "
        f"{people} {'person' if people == 1 else 'people'} to be told.",
    )
    yield from (Finding("advice", str(problem)) for problem in advice)
    yield from _database(settings, online=online)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _database(settings: Settings, *, online: bool) -> Iterator[Finding]:
    url = settings.database_url
    path = sqlite_path(url)
    if path is not None and not path.exists():
        yield Finding("ok", f"The database {path} will be made at the first start.")
        return
    try:
        store = open_store(url)
    except StoreError as error:
        yield Finding("wrong", str(error))
        return
    try:
        yield from _contents(store, settings, online=online)
    except StoreError as error:
        yield Finding("wrong", str(error))
    finally:
        store.close()


def _contents(store: Store, settings: Settings, *, online: bool) -> Iterator[Finding]:
    with store.reading() as connection:
        seen = looks.everything(connection, [source.id for source in settings.sources])
        ids = [school.id for school in settings.schools]
        outage = deliveries.outage(connection, channel(settings).name)
        troubled = deliveries.troubled(connection, ids)
        orphaned = deliveries.orphaned(connection, ids)
        kept = confirmed.listed(connection, ids)
        troubles = confirmed.troubles(connection)
        waited = awaited(settings.schools, kept, partial(confirmed.channel_of, connection))
    yield Finding("ok", f"The database {store.name} is whole and of this version.")
    for look in seen:
        # Asked anew online, a source's last answer would only contradict.
        if look.error and not online:
            good = worded(look.good_at) if look.good_at else "never"
            advice = health.ADVICE.get(look.health, "")
            said = f"Source {look.source}: {look.error} {advice} (Last good: {good}.)"
            yield Finding("wrong", said)
    if outage:
        yield Finding(
            "wrong", f"Mail is not going out since {worded(outage.since)}: {outage.error}"
        )
    yield from _of_machine(settings, troubles)
    for school, number in orphaned.items():
        yield Finding("wrong", orphans(school, number))
    for letter in troubled:
        said = f"An alert to {letter.recipient or letter.email} is {letter.state}: {letter.error}"
        yield Finding("wrong", said)
    yield from (Finding("advice", one.sentence(clock())) for one in waited)


def _of_machine(settings: Settings, kept: Sequence[Kept]) -> Iterator[Finding]:
    """What the running program found wrong with itself, and the disk as it is now."""
    found = machine.troubles(Reading(free=free_bytes(settings)), (), clock())
    for trouble in found:
        yield Finding("wrong", f"{trouble.title}: {trouble.says} {trouble.advice}")
    # Of the mail and of addresses that are refused there is a line already.
    told = {machine.MAIL, machine.ADDRESS, *(trouble.name for trouble in found)}
    for one in kept:
        if one.kind not in told:
            yield Finding("wrong", f"{one.title}, since {worded(one.since)}.")


def _sources(settings: Settings) -> Iterator[Finding]:
    found = _each_source(settings)
    said = {source: one.what if one.state == "wrong" else "" for source, one in found.items()}
    cut_off = no_internet.not_looked_up(settings, said)
    if cut_off:
        yield Finding("wrong", no_internet.sentence(len(cut_off)))
    yield from (one for source, one in found.items() if source not in cut_off)


def _each_source(settings: Settings) -> dict[str, Finding]:
    door_to_network, parser = fetcher(settings), Parser()
    try:
        return {
            source.id: _source(settings, source, door_to_network, parser)
            for source in settings.sources
            if source.enabled
        }
    finally:
        parser.close()
        door_to_network.close()


def _source(
    settings: Settings, source: SourceSettings, network: Fetcher, parser: Parser
) -> Finding:
    door = Door(network, parser, {}, fresh=True)
    phrases = tuple(s.name for s in settings.schools if source.listens_for(s.id))
    ask = Ask(source.id, source.options, phrases, clock(), {}, settings.folder, trial=True)
    try:
        items = list(load(source.kind).collect(ask, door))
    except SourceError as error:
        state = "advice" if error.health == "waiting" else "wrong"
        return Finding(state, f"Source {source.id}: {error} {health.ADVICE[error.health]}")
    except Exception as error:
        # As in a poll: a fault of our own costs this source's line, not the rest of the check.
        return Finding("wrong", f"Source {source.id}: {fault_of(error)}")
    return _answer(source, items, ask.memo)


def _answer(
    source: SourceSettings, items: Sequence[Post | Flaw], memo: Mapping[str, Any]
) -> Finding:
    """What is to be said of a source that answered."""
    flaws = sum(isinstance(item, Flaw) for item in items)
    if not items and not getattr(source.options, "quiet_is_well", False):
        said = f"Source {source.id} answers, but holds no entries. {health.ADVICE['empty']}"
        return Finding("advice", said)
    entries = "1 entry" if len(items) - flaws == 1 else f"{len(items) - flaws} entries"
    spoilt = f", {flaws} of which could not be read" if flaws else ""
    costs = getattr(source.options, "trial_costs", "")
    paid = f" Trying it cost {costs}, which its allowance here does not count." if costs else ""
    said = f"Source {source.id} answers: {entries}{spoilt}.{paid}"
    # An address that is a secret leads to others that may be.
    if memo.get("feed") and getattr(source.options, "url", ""):
        offered = f"Its address is a page; write the feed that it offers as its url: {memo['feed']}"
        return Finding("advice", f"{said} {offered}")
    return Finding("ok", said)


def _pages(settings: Settings) -> Iterator[Finding]:
    """Whether the address that stands in every mail leads to a Footprint, as others reach it."""
    address = settings.web.address.rstrip("/")
    if not address:
        return
    parts = urlsplit(address)
    own = f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"
    # At a school it is a machine of one's own, which a source could not lead to.
    allowed = (*settings.http.private_hosts_allowed, own)
    http = settings.http.model_copy(update={"private_hosts_allowed": allowed})
    network = fetcher(settings.model_copy(update={"http": http}))
    try:
        answer = network.call(f"{address}/health", accept="text/plain", headers={}, data=None)
    except SourceError as error:
        running = "Is footprint run running?"
        yield Finding("advice", f"Nothing answers at web.address: {error} {running}")
        return
    finally:
        network.close()
    if answer.body in _HEALTH:
        yield Finding("ok", f"The pages answer at {address}.")
    else:
        yield Finding("wrong", f"What answers at {address} (web.address) is not Footprint.")


def _mail_server(settings: Settings) -> Iterator[Finding]:
    way_out = channel(settings)
    if not isinstance(way_out, SmtpChannel):
        folder = settings.folder / settings.mail.folder
        yield Finding(
            "advice", f"No mail server is set: mail is written to {folder} and reaches nobody."
        )
        return
    try:
        yield Finding("ok", f"The mail server answers: {way_out.probe()}")
    except DeliveryError as error:
        yield Finding("wrong", str(error))
    yield from _sender(settings)


def _sender(settings: Settings) -> Iterator[Finding]:
    """What decides whether other servers take our mail for genuine; no resolver is asked."""
    domain = settings.mail.sender_address.rpartition("@")[2].lower()
    signed_in = settings.mail.user.rpartition("@")[2].lower()
    if "@" in settings.mail.user and signed_in != domain:
        yield Finding(
            "advice",
            f"Mail is sent from {domain}, and signed in to at {signed_in}: other servers may take "
            "it for forged. Give [mail] from an address of the same domain as user.",
        )
    yield Finding(
        "advice",
        f"SPF, DKIM and DMARC of {domain} were not looked up: they are records in its DNS, and "
        "decide whether alerts land in the junk folder. docs/mail.md says what to ask for; "
        "--send-test shows whether mail arrives.",
    )


def _test_mails(settings: Settings) -> Iterator[Finding]:
    if not settings.web.address:
        yield Finding(
            "advice",
            "The test messages hold no button to say that they arrived: set [web] address to "
            "where people reach the pages.",
        )
    try:
        store = open_store(settings.database_url)
    except StoreError as error:
        yield Finding("wrong", f"No test message was sent: {error}")
        return
    try:
        for tried in send_tests(settings, store):
            yield _went(settings, tried)
    except StoreError as error:
        yield Finding("wrong", str(error))
    finally:
        store.close()


def _went(settings: Settings, tried: Tried) -> Finding:
    if tried.error:
        said = f"The test {tried.way} to {tried.email} was not accepted: {tried.error}"
        return Finding("wrong", said)
    if tried.channel != MAIL:
        return Finding("ok", f"A test note has gone to the second channel of {tried.email}.")
    return _gone(settings, tried.email)


def _gone(settings: Settings, email: str) -> Finding:
    if settings.mail.host:
        return Finding("ok", f"A test mail has gone to {email}.")
    return Finding(
        "advice",
        f"The test mail to {email} was only written to the folder {settings.mail.folder}: "
        "no mail server is set, so nobody is told anything. Set [mail] host.",
    )

"""The outage proof: a mail server that is away, or answers badly at any stage, costs only time.

The clock is moved, the SMTP server is real and on the loopback. Fifty alerts wait while every
connection is refused for three days; then the server is back. After that each refusal of RFC 5321
that a server may give, and a connection that is cut, is met at each stage.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from alerts.smtp import SmtpChannel
from monitor.delivery import Postroom
from monitor.settings import Mail, Person, School, Settings
from monitor.store import deliveries, mentions
from monitor.store.deliveries import ALERT, Delivery
from monitor.store.engine import Store
from monitor.store.opening import open_store
from tests.mailserver import MailServer, Stage, trust
from tests.postgres import PostgresServer
from tests.test_store import a_mention, an_alert

BEGIN = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)  # a Tuesday in term
AWAY = timedelta(hours=72)
EARLY: tuple[Stage, ...] = ("greeting", "ehlo", "starttls", "auth", "mail")
LATE: tuple[Stage, ...] = ("rcpt", "data", "dot")
FAULTS = ("421 closing", "450 busy", "451 try later", "452 full", "454 not now", "")
REFUSALS = ("535 wrong", "550 no such person", "552 too large", "554 refused")
ALERTS_EACH = 5
USER, PASSWORD = "footprint", "pass"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


def schools(number: int) -> tuple[School, ...]:
    """So many schools with a head and a safeguarding lead each."""
    return tuple(
        School(
            id=f"school-{n}",
            name=f"Amberfield {n} Primary School",
            people=tuple(
                Person(name=f"P {role}", email=f"{role}{n}@school.example", roles=(role,))
                for role in ("headteacher", "dsl")
            ),
        )
        for n in range(number)
    )


def owe(store: Store, where: Sequence[School], posts: int) -> None:
    """Posts at each school, urgent and not in turn, of which all its people are owed an alert."""
    with store.writing() as connection:
        for n, school in ((n, school) for school in where for n in range(posts)):
            level = "respond" if n % 2 else "urgent"
            name = f"{school.id}-{n}"
            post = a_mention(
                1, id=name, entry_key=f"~{name}", school=school.id, level=level, highest=level,
                url=f"https://town.example/{name}",
            )  # fmt: skip
            mentions.add(connection, [post])
            owed = [
                an_alert(
                    1, name, id=f"{name}-{person.roles[0]}", school=school.id, level=level,
                    priority=3 if level == "urgent" else 2, role=person.roles[0],
                    email=person.email, due_at=BEGIN,
                )
                for person in school.people
            ]  # fmt: skip
            deliveries.owe(connection, owed, BEGIN)


def room(store: Store, where: tuple[School, ...], server: MailServer, clock: Clock) -> Postroom:
    """A worker that sends to that server."""
    mail = Mail.model_validate({"from": "Footprint <footprint@school.example>"})
    settings = Settings(folder=Path("/"), mail=mail, schools=where)
    user, password = (USER, PASSWORD) if server.users else ("", "")
    channel = SmtpChannel(
        server.host, server.port, server.security, user, password, timeout=20, data_timeout=20,
        context=trust(),
    )  # fmt: skip
    return Postroom(settings, where, store, channel, clock, "me")


def _carry(postroom: Postroom) -> int:
    return len(list(iter(postroom.deliver_one, None)))


def _next(store: Store, where: Sequence[School]) -> datetime:
    """When the next letter may be tried: it is due, and the way out is not shut."""
    with store.reading() as connection:
        due = deliveries.next_due(connection, [school.id for school in where])
        outage = deliveries.outage(connection, "smtp")
    return max(filter(None, (due, outage.paused_until if outage else None)), default=BEGIN)


def _rows(store: Store, where: Sequence[School]) -> list[Delivery]:
    with store.reading() as connection:
        kept = deliveries.listed(connection, [school.id for school in where], 10_000)
    return [row for row in kept if row.kind == ALERT]


@dataclass(frozen=True)
class Away:
    """What came of three days without a server."""

    alerts: int
    tries: int
    noticed_after: timedelta
    span: timedelta
    told_after: timedelta
    messages: int
    untold: int
    repeated: int
    out_of_order: int

    @property
    def clean(self) -> bool:
        """True where all were told once, within five minutes, what is urgent first."""
        late = max(self.noticed_after, self.told_after) > timedelta(minutes=5)
        return not (late or self.untold or self.repeated or self.out_of_order)

    def lines(self) -> str:
        """The account for people."""
        return (
            f"alerts waiting {self.alerts}; tries in {self.span} {self.tries}; shown as an outage "
            f"after {self.noticed_after}; all told {self.told_after} after the return, by "
            f"{self.messages} messages; untold {self.untold}; repeated {self.repeated}; a lesser "
            f"before an urgent one {self.out_of_order}"
        )


def away(number: int, posts: int, url: str, span: timedelta = AWAY) -> Away:
    """So many schools with so many posts each while no connection is taken for so long."""
    clock, store, where = Clock(), open_store(url), schools(number)
    with closing(store), socket.socket() as held, MailServer() as server:
        held.bind(("127.0.0.1", 0))  # bound, and listening to nobody
        owe(store, where, posts)
        postroom = room(store, where, server, clock)
        nobody = SmtpChannel("127.0.0.1", held.getsockname()[1], "none", "", "", timeout=20)
        shut, tries = replace(postroom, channel=nobody), 0
        while clock.now < BEGIN + span:
            tries += _carry(shut)
            clock.now = max(_next(store, where), clock.now)
        with store.reading() as connection:
            outage = deliveries.outage(connection, "smtp")
        noticed = outage.since - BEGIN if outage else span
        back = clock.now
        while any(row.sent_at is None for row in _rows(store, where)):
            _carry(postroom)
            if clock.now > back + timedelta(hours=1):
                break
            clock.now += timedelta(seconds=10)
        rows = _rows(store, where)
        return _away(rows, tries, noticed, (span, clock.now - back), server)


def _away(
    rows: Sequence[Delivery],
    tries: int,
    noticed: timedelta,
    spans: tuple[timedelta, timedelta],
    server: MailServer,
) -> Away:
    ids = Counter(str(one.message["Message-ID"]) for one in server.accepted)
    # The first was being tried while the server was away; all after it go by seriousness.
    urgent = ["rgent" in str(one.message["Subject"]) for one in server.accepted][1:]
    return Away(
        alerts=len(rows),
        tries=tries,
        noticed_after=noticed,
        span=spans[0],
        told_after=spans[1],
        messages=len(server.accepted),
        untold=sum(row.sent_at is None for row in rows),
        repeated=sum(times - 1 for times in ids.values()),
        out_of_order=sum(later and not earlier for earlier, later in pairwise(urgent)),
    )


@dataclass(frozen=True)
class Met:
    """How one fault at one stage went: what is wrong with it, a line each."""

    stage: str
    fault: str
    wrong: tuple[str, ...]


def meet(stage: Stage, fault: str, url: str) -> Met:
    """Give a fault four times, or a refusal of one letter once; an empty fault cuts the line."""
    is_final = stage in LATE and fault.startswith("5")
    clock, store, where = Clock(), open_store(url), schools(3)
    security = "starttls" if stage == "starttls" else "none"
    users = {USER: PASSWORD} if stage == "auth" else None
    with closing(store), MailServer(security=security, users=users) as server:
        server.on(stage, fault, drop=not fault, times=1 if is_final else 4)
        owe(store, where, 1)
        postroom = room(store, where, server, clock)
        while _carry(postroom) or clock.now < _next(store, where):
            clock.now = max(_next(store, where), clock.now)
        rows = _rows(store, where)
    return Met(stage, fault or "cut off", tuple(_wrong(rows, server, refused=int(is_final))))


def _wrong(rows: Sequence[Delivery], server: MailServer, *, refused: int) -> list[str]:
    states = Counter(row.state for row in rows)
    ids = [str(one.message["Message-ID"]) for one in server.accepted]
    whom = Counter(one.recipients[0] for one in server.accepted)
    wrong = []
    if states != Counter(sent=len(rows) - refused, refused=refused) - Counter():
        wrong.append(f"states {dict(states)}")
    if len(ids) != len(set(ids)) or max(whom.values(), default=0) > 1:
        wrong.append("somebody was told twice")
    fixed = {str(row.message_id) for row in rows if row.state == "sent"}
    if fixed != set(ids):
        wrong.append("a message was made anew")
    if any(row.date != BEGIN for row in rows if row.attempts):
        wrong.append("a date has changed between two tries")
    if any(row.attempts != 1 for row in rows if row.state == "refused"):
        wrong.append("what was refused for ever was tried again")
    return wrong


def matrix() -> list[tuple[Stage, str]]:
    """Every fault and refusal at every stage."""
    return [(stage, fault) for stage in (*EARLY, *LATE) for fault in (*FAULTS, *REFUSALS)]


def main() -> int:
    """The whole proof, on both databases; exit status 1 where an alert was lost or repeated."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    clean = True
    with PostgresServer() as postgres, tempfile.TemporaryDirectory(prefix="fp-outage-") as folder:
        made = iter(range(10_000))
        places: dict[str, Callable[[], str]] = {
            "sqlite": lambda: f"sqlite:///{folder}/{next(made)}.db",
            "postgresql": postgres.new_database,
        }
        for name, new in places.items():
            for number, posts in ((5, ALERTS_EACH), (1, 25)):
                found = away(number, posts, new())
                print(f"{name}, {2 * number} people: {found.lines()}")
                clean &= found.clean
        met = [meet(stage, fault, places["sqlite"]()) for stage, fault in matrix()]
        for one in met:
            if one.wrong:
                print(f"{one.stage}, {one.fault}: {'; '.join(one.wrong)}")
        print(f"faults met {len(met)}; with a wrong ending {sum(bool(one.wrong) for one in met)}")
        clean &= not any(one.wrong for one in met)
    print("PROVED" if clean else "NOT PROVED")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

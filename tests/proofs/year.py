"""The year proof: a school year, day by day, and every letter at its lawful time.

The clock is moved through terms, holidays, bank holidays and both changes of the clocks. On each
day something urgent is posted, and something that can wait; when each must be told is worked out
here a second time, minute by minute, from the words of the rules and from a list of bank holidays
written down by hand.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.base import Letter
from monitor.delivery import Postroom
from monitor.hearing import dues
from monitor.judge.terms import Judgement, Level
from monitor.settings import Hours, Mail, Person, School, Settings
from monitor.store import daily, deliveries, mentions
from monitor.store.deliveries import ALERT, DIGEST, Delivery, Owed
from monitor.store.engine import Store
from monitor.store.opening import open_store
from monitor.weekly import Digests
from tests.postgres import PostgresServer
from tests.test_store import a_mention

LONDON = ZoneInfo("Europe/London")
MINUTE = timedelta(minutes=1)
FIRST, LAST = date(2026, 9, 2), date(2027, 8, 31)
TERMS = (
    (date(2026, 9, 1), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 4), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
)
# Those of England, as gov.uk publishes them.
BANK_HOLIDAYS = frozenset(
    {
        date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 3, 26),
        date(2027, 3, 29), date(2027, 5, 3), date(2027, 5, 31), date(2027, 8, 30),
    }
)  # fmt: skip
OPENS, CLOSES = time(7, 30), time(17, 30)
# On the minute where something begins or ends, and where the clocks change.
EDGES = ("07:29", "07:30", "17:29", "17:30", "00:00", "01:30", "23:59")
HEAD = Person(name="Jane Ashdown", email="head@school.example", roles=("headteacher",))
LEAD = Person(name="Priya Nair", email="dsl@school.example", roles=("dsl",), digest=False)
AWAY = Person(name="Tom Reed", email="deputy@school.example", roles=("deputy",))
SCHOOL = School.model_validate(
    {
        "id": "hollybrook",
        "name": "Hollybrook Primary School",
        "people": (HEAD, LEAD, AWAY),
        "hours": Hours(holiday_contact=AWAY.email),
        "term_dates": [f"{first}..{last}" for first, last in TERMS],
    }
)
WORDS = {"urgent": "A knife will be brought on Monday.", "respond": "Nobody answers about my son."}
CATEGORY = {"urgent": "threat", "respond": "complaint"}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Letterbox:
    """A way out that takes everything."""

    name = "smtp"

    def tell(self, letter: Letter) -> str:
        """Take it."""
        return f"250 {len(letter.content)} bytes"


@dataclass(frozen=True)
class Posted:
    """A post: when it is found, and at which level."""

    name: str
    at: datetime
    level: str


def posts(first: date, last: date, seed: int) -> Iterator[Posted]:
    """Of each day something urgent, at any minute, and something that can wait, every second day
    on the minute of an edge.
    """
    chance = random.Random(seed)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        anywhen = (f"{chance.randrange(24):02}:{chance.randrange(60):02}" for _ in range(2))
        urgent, other = anywhen
        waiting = EDGES[number // 2 % len(EDGES)] if number % 2 else other
        found = [("urgent", urgent), ("respond", waiting)]
        for level, at in sorted(found, key=lambda one: one[1]):
            local = datetime.combine(day, time.fromisoformat(at), tzinfo=LONDON)
            yield Posted(f"{day}-{level}", local.astimezone(UTC), level)


def lawful(post: Posted) -> tuple[datetime, frozenset[str]]:
    """When a post must be told, and to whom: found by trying each minute."""
    if post.level == "urgent":
        return post.at, frozenset({HEAD.email, LEAD.email})
    at = post.at
    while not _may_tell(at):
        at += MINUTE
    day = at.astimezone(LONDON).date()
    return at, frozenset({HEAD.email if _in_term(day) else AWAY.email})


def _may_tell(at: datetime) -> bool:
    local = at.astimezone(LONDON)
    if local.weekday() > 4 or local.date() in BANK_HOLIDAYS:
        return False
    clock = local.time()
    return OPENS <= clock < CLOSES if _in_term(local.date()) else clock == OPENS


def _in_term(day: date) -> bool:
    return any(first <= day <= last for first, last in TERMS)


def digests_due(first: date, last: date) -> list[datetime]:
    """Every Monday at half past seven in London."""
    days = ((first + timedelta(days=n)) for n in range((last - first).days + 1))
    mondays = [datetime.combine(day, OPENS, tzinfo=LONDON) for day in days if day.weekday() == 0]
    return [monday.astimezone(UTC) for monday in mondays]


@dataclass
class Account:
    """What came of it: each fault is a line."""

    days: int
    alerts: int = 0
    digests: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True where every letter went once, at its lawful time, to whom it must go."""
        return not self.faults

    def lines(self) -> str:
        """The account for people."""
        shown = "".join(f"\n  {fault}" for fault in self.faults[:20])
        return (
            f"days {self.days}; alerts {self.alerts}; digests {self.digests}; letters at another "
            f"time, to somebody else, twice or never {len(self.faults)}{shown}"
        )


def live(first: date, last: date, seed: int, url: str) -> Account:
    """Let these days pass, from one moment at which anything happens to the next."""
    store = open_store(url)
    clock = Clock(datetime.combine(first, time(), tzinfo=LONDON).astimezone(UTC) - MINUTE)
    mail = Mail.model_validate({"from": "Footprint <footprint@school.example>"})
    settings = Settings(folder=Path("/"), mail=mail, schools=(SCHOOL,))
    room = Postroom(settings, (SCHOOL,), store, Letterbox(), clock, "me")
    digests = Digests(settings, (SCHOOL,), store, clock)
    coming, mondays = list(posts(first, last, seed)), digests_due(first, last)
    with closing(store):
        with store.writing() as connection:
            daily.begin(connection, SCHOOL.id, clock.now, clock.now)
        moments = sorted({post.at for post in coming} | set(mondays))
        queue = sorted(coming, key=lambda post: post.at)
        while moments or _waits(store):
            clock.now = _next(store, moments, clock.now)
            while moments and moments[0] <= clock.now:
                moments.pop(0)
            while queue and queue[0].at <= clock.now:
                _find(store, queue.pop(0))
            digests.owe_one()
            while room.deliver_one() is not None:
                pass
        with store.reading() as connection:
            rows = deliveries.listed(connection, [SCHOOL.id], 100_000)
    return _account((last - first).days + 1, coming, mondays, rows)


def _waits(store: Store) -> bool:
    with store.reading() as connection:
        return deliveries.next_due(connection, [SCHOOL.id]) is not None


def _next(store: Store, moments: Sequence[datetime], now: datetime) -> datetime:
    """The next moment at which a post comes, or a letter is due; a minute at the least, else a
    letter that is never carried would hold the proof up.
    """
    with store.reading() as connection:
        due = deliveries.next_due(connection, [SCHOOL.id])
    coming = [*moments[:1], *([due] if due else [])]
    return max(min(coming), now + MINUTE if due and due <= now else now)


def _find(store: Store, post: Posted) -> None:
    """What the intake does with a post of that level."""
    category, words = CATEGORY[post.level], WORDS[post.level]
    judgement = Judgement(
        profile=SCHOOL.id, relevant=True, confidence=1.0, sentiment="negative", compound=-0.5,
        categories=(category,), level=Level(post.level), tier=None, language="en",
    )  # fmt: skip
    mention = a_mention(
        1, id=post.name, entry_key=f"~{post.name}", title="", text=words, level=post.level,
        highest=post.level, tier=None, categories=(category,), seen_at=post.at, published=post.at,
        url=f"https://town.example/{post.name}",
    )  # fmt: skip
    owed = [
        Owed(
            id=f"{post.name} {person.roles[0]}"[-32:],
            mention_id=post.name,
            school=SCHOOL.id,
            level=post.level,
            priority=Level(post.level).rank,
            role=due.role,
            email=person.email,
            due_at=due.at,
        )
        for person, due in dues(judgement, SCHOOL, words, post.at, published=post.at, old=False)
    ]
    with store.writing() as connection:
        mentions.add(connection, [mention])
        deliveries.owe(connection, owed, post.at)


def _account(
    days: int, coming: Sequence[Posted], mondays: Sequence[datetime], rows: Sequence[Delivery]
) -> Account:
    account = Account(days)
    alerts: dict[str, list[Delivery]] = {}
    for row in rows:
        if row.kind == ALERT:
            alerts.setdefault(row.subject, []).append(row)
    for post in coming:
        found = alerts.get(post.name, [])
        account.alerts += len(found)
        at, whom = lawful(post)
        if sorted(row.email for row in found) != sorted(whom):
            account.faults.append(f"{post.name} to {[row.email for row in found]}, not {whom}")
        account.faults += [
            f"{post.name} to {row.email} at {row.sent_at}, not {at}"
            for row in found
            if row.sent_at != at
        ]
    sent = sorted(row.sent_at for row in rows if row.kind == DIGEST and row.sent_at)
    account.digests = len(sent)
    if sent != list(mondays):
        missing, others = set(mondays) - set(sent), set(sent) - set(mondays)
        account.faults.append(f"digests missing at {sorted(missing)}, and sent at {sorted(others)}")
    return account


def main() -> int:
    """The whole proof, on both databases; exit status 1 where a letter went at another time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    clean = True
    with PostgresServer() as postgres, tempfile.TemporaryDirectory(prefix="fp-year-") as folder:
        for name, url in (
            ("sqlite", f"sqlite:///{folder}/footprint.db"),
            ("postgresql", postgres.new_database()),
        ):
            account = live(FIRST, LAST, asked.seed, url)
            print(f"{name}: {account.lines()}")
            clean &= account.clean and account.digests == 52
    print("PROVED" if clean else "NOT PROVED")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())

"""`make simulate`: a day of many schools, with the scheduler's own rules and a clock that is moved.

What is invented is the world: how long sites take to answer, what is posted when. What is real is
when a source is due again, the turns at a site, the sweep, the jobs, their lanes and hands.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.samples import PLANS, Plan, Source
from monitor.jobs import BATCH, HANDS, LANES, LONGEST_JOB_SECONDS, POLLS, SWEEP_SECONDS
from monitor.timing import next_look
from sources.turns import MOST_WAITED, SECOND, SPACINGS, MemoryBook

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
DAY = 86_400.0
SEED = 20261121
# A letter by SMTP over TLS, and an answer from a site: usual, slow, and none for the longest time.
LETTER_SECONDS = 0.4
ANSWERS = ((0.945, 0.2, 1.5), (0.05, 3.0, 15.0), (0.005, 60.0, 60.0))
POSTS_A_DAY = 5.0
URGENT = 0.01
# A poll is on time that comes within half its interval of when it was due.
LATE = 0.5


@dataclass
class Host:
    """A site with its sources, by when each is due."""

    name: str
    due: list[tuple[float, int]] = field(default_factory=list)
    is_busy: bool = False
    last: float = -DAY
    closest: float = DAY


@dataclass
class Found:
    """What the day showed, in seconds."""

    lateness: list[float] = field(default_factory=list)
    late: int = 0
    searches: int = 0
    too_close: int = 0
    after_posting: list[float] = field(default_factory=list)
    after_finding: list[float] = field(default_factory=list)
    busy: float = 0.0


class Simulation:
    """One day. Time is seconds since midnight."""

    def __init__(self, plan: Plan, workers: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self._now = 0.0
        self._book = MemoryBook(lambda: BEGIN + timedelta(seconds=self._now))
        self._sources: Sequence[Source] = plan.sources()
        self._hosts = self._placed()
        self._free = workers * HANDS[POLLS]
        self._queue: deque[Host] = deque()
        self._events: list[tuple[float, int, str, Host]] = []
        self._number = itertools.count()
        self._lanes = [0.0] * LANES["deliver"]
        self._unread = [0.0] * len(self._sources)
        self._urgent = plan.schools * POSTS_A_DAY * URGENT / len(self._sources) / DAY
        self.found = Found()

    def _placed(self) -> list[Host]:
        hosts: dict[str, Host] = {}
        for number, source in enumerate(self._sources):
            host = hosts.setdefault(source.site, Host(source.site))
            # Installations are not all begun at midnight: everything is spread over its interval.
            host.due.append((self._chance.uniform(0, source.minutes * 60), number))
        for host in hosts.values():
            heapq.heapify(host.due)
        return list(hosts.values())

    def run(self) -> Found:
        """The whole day."""
        for host in self._hosts:
            self._wait(host)
        while self._events:
            self._now, _, what, host = heapq.heappop(self._events)
            if self._now > DAY:
                break
            if what == "end":
                self._free += 1
                host.is_busy = False
                self._wait(host)
            else:
                self._queue.append(host)
            while self._free and self._queue:
                self._begin(self._queue.popleft())
        return self.found

    def _wait(self, host: Host) -> None:
        """The first sweep after its next source is due hands it out."""
        sweeps = max(self._now, host.due[0][0]) // SWEEP_SECONDS + 1
        self._push(sweeps * SWEEP_SECONDS, "due", host)

    def _push(self, at: float, what: str, host: Host) -> None:
        heapq.heappush(self._events, (at, next(self._number), what, host))

    def _begin(self, host: Host) -> None:
        """One job, to its end."""
        begun, self._free, host.is_busy = self._now, self._free - 1, True
        spacing = SPACINGS.get(host.name, SECOND)
        for _ in range(BATCH):
            if host.due[0][0] > self._now or self._now - begun > LONGEST_JOB_SECONDS:
                break
            wait = self._book.take(host.name, spacing, MOST_WAITED)
            if wait > MOST_WAITED:
                break
            self._now += wait.total_seconds()
            self._poll(host, spacing.total_seconds())
        ended, self._now = self._now, begun
        self.found.busy += ended - begun
        self._push(ended, "end", host)

    def _poll(self, host: Host, spacing: float) -> None:
        due, number = heapq.heappop(host.due)
        source, started = self._sources[number], self._now
        self.found.too_close += started - host.last < spacing - 1e-6
        host.last = started
        self.found.lateness.append(started - due)
        self.found.late += started - due > LATE * source.minutes * 60
        self.found.searches += source.is_search
        self._now += self._answer()
        self._tell(number, started)
        at = BEGIN + timedelta(seconds=self._now)
        every = timedelta(minutes=source.minutes)
        again = next_look(at, every, jitter=self._chance.random())
        heapq.heappush(host.due, ((again - BEGIN).total_seconds(), number))

    def _answer(self) -> float:
        drawn = self._chance.random()
        for share, least, most in ANSWERS:
            if drawn < share:
                return self._chance.uniform(least, most)
            drawn -= share
        return ANSWERS[0][2]

    def _tell(self, number: int, started: float) -> None:
        """What has been posted since the last reading is found, and the two letters of each go."""
        before, self._unread[number] = self._unread[number], started
        for posted in self._posted(before, started):
            swept = (self._now // SWEEP_SECONDS + 1) * SWEEP_SECONDS
            for _ in range(2):
                lane = min(range(len(self._lanes)), key=self._lanes.__getitem__)
                self._lanes[lane] = max(self._lanes[lane], swept) + LETTER_SECONDS
                self.found.after_finding.append(self._lanes[lane] - self._now)
                self.found.after_posting.append(self._lanes[lane] - posted)

    def _posted(self, since: float, until: float) -> Iterator[float]:
        at = since + self._chance.expovariate(self._urgent)
        while at < until:
            yield at
            at += self._chance.expovariate(self._urgent)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so great a share of them does not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def row(plan: Plan, workers: int, found: Found) -> tuple[str, ...]:
    """A day as a line of the table."""
    polls, hands = len(found.lateness), workers * HANDS[POLLS]
    late, found_in, posted = found.lateness, found.after_finding, found.after_posting
    return (
        f"{plan.schools:,}",
        str(workers),
        f"{polls:,}",
        f"{100 * (1 - found.late / max(polls, 1)):.2f} %",
        f"{percentile(late, 0.5):.0f} / {percentile(late, 0.99):.0f} / {max(late, default=0):.0f}",
        str(found.too_close),
        f"{found.searches:,} of {plan.allowance:,}",
        f"{len(found_in):,}",
        f"{percentile(found_in, 0.5):.1f} / {percentile(found_in, 0.99):.1f}",
        f"{percentile(posted, 0.5) / 60:.0f} / {percentile(posted, 0.95) / 60:.0f}",
        f"{100 * found.busy / DAY / hands:.0f} %",
    )


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, nargs="*", default=sorted(PLANS))
    parser.add_argument("--workers", type=int, help="as many for each; else as the plan has it")
    asked = parser.parse_args()
    table = Table(
        "schools", "workers", "polls", "on time", "seconds late: half / 99 % / most",
        "turns broken", "searches a day", "alerts", "found to accepted, s: half / 99 %",
        "posted to accepted, min: half / 95 %", "hands busy",
    )  # fmt: skip
    for schools in asked.schools:
        plan = PLANS[schools]
        workers = asked.workers or plan.workers
        table.add_row(*row(plan, workers, Simulation(plan, workers, SEED).run()))
    Console(width=200).print(table)


if __name__ == "__main__":
    main()

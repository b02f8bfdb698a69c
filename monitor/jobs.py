"""Many processes at one queue: each finds what is due, hands it out as jobs, and takes jobs.

What is due is in our rows, and stays there until it is done. A job is only a hint that somebody
should look: one that is lost is handed out again, and one that comes twice finds nothing to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import psycopg
import psycopg_pool
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from monitor.steps import Step
from monitor.store import jobs, looks
from monitor.store.engine import Connection, Store, StoreError

log = logging.getLogger("footprint")

SWEEP_SECONDS = 2
# Silent for so long, a worker is taken for dead: what it had in hand is taken up within a minute.
SILENT = timedelta(seconds=45)
# Sources of one site that one job reads, and for how long a job may hold on to its site or step.
BATCH = 50
LONGEST_JOB_SECONDS = 20.0
# Letters have hands of their own: however slow the sources are, an alert is not kept waiting.
POLLS, REST = "polls", "rest"
HANDS: Mapping[str, int] = {POLLS: 6, REST: 4}
# Beside each other over all workers; of every other step there is one at a time.
LANES: Mapping[str, int] = {"deliver": 4, "capture": 2}
_NO_QUEUE = "The queue between the workers does not answer; it is asked again each second."
_AWAY = (ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout, OSError)


class Reader(Protocol):
    """What reads the sources (see `monitor.pipeline.Monitor`)."""

    @property
    def sources(self) -> Mapping[str, object]:
        """The sources that are read, by id."""
        ...

    def poll_one(self, among: Collection[str] = ()) -> object:
        """Read the one of them that has been due longest; None where none is."""
        ...


@dataclass(frozen=True)
class Errand:
    """One job as it is handed out: its lock is held by one job at a time, here or elsewhere."""

    lock: str
    queue: str
    task: str
    args: Mapping[str, Any]

    @property
    def job(self) -> Job:
        """As the queue takes it; what waits already is not put in a second time."""
        return Job(
            id=None,
            queue=self.queue,
            lock=self.lock,
            queueing_lock=self.lock,
            task_name=self.task,
            task_kwargs=dict(self.args),
        )


def polls(due: Iterable[tuple[str, str]]) -> Iterator[Errand]:
    """The sources that are due, each with its site, as one errand to each site.

    What has no site of its own shares nothing with others like it.
    """
    sites: defaultdict[str, list[str]] = defaultdict(list)
    for source, site in due:
        sites[f"site {site}" if site else f"source {source}"].append(source)
    for lock, sources in sites.items():
        yield Errand(lock, POLLS, "poll", {"sources": sources[:BATCH]})


def lanes(steps: Iterable[Step]) -> dict[str, Step]:
    """The names of the duties that all workers share, each with its step."""
    return {
        f"{step.name} {lane}": step for step in steps for lane in range(LANES.get(step.name, 1))
    }


@dataclass
class Crew:
    """This process's part in the shared work: call `sweep` every SWEEP_SECONDS.

    `steps` are those that any process may do, but for reading the sources, which `reader` does;
    `owner` names this process in leases, `url` is the database's, and after `silence` another is
    taken for dead.
    """

    store: Store
    url: str
    reader: Reader
    steps: tuple[Step, ...]
    clock: Callable[[], datetime]
    owner: str
    silence: timedelta = SILENT
    stopping: threading.Event = field(default_factory=threading.Event)
    _running: set[int] = field(default_factory=set, init=False)
    _doubtful: frozenset[int] = field(default_factory=frozenset, init=False)
    _hands: tuple[Worker, ...] = field(default=(), init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _said: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Nothing is begun yet."""
        self._duties = lanes(self.steps)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to take jobs. Raises StoreError."""
        jobs.make_queue(self.store)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._live, args=(self._loop,), name="jobs", daemon=True
        )
        self._thread.start()

    def stop(self, patience: float) -> bool:
        """Let the jobs in hand finish, and take no other; False where one would not end."""
        self.stopping.set()
        if self._loop is None or self._thread is None:
            return True
        with contextlib.suppress(RuntimeError):  # it has ended by itself just now
            self._loop.call_soon_threadsafe(self._stop_hands)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def leave(self) -> None:
        """Once all has stopped: nobody need wait to see that we are gone. Raises StoreError."""
        with self.store.writing() as connection:
            jobs.leave(connection, self.owner)

    def sweep(self) -> None:
        """Say that we are here, take over from the dead, and hand out what is due.

        One worker at a time: what one has handed out the next one finds in the queue.
        """
        now = self.clock()
        with self.store.writing() as connection:
            if not jobs.alone(connection):
                jobs.beat(connection, self.owner)
                return
            jobs.beat(connection, self.owner)
            jobs.enter_queue(connection)
            for gone in jobs.bury(connection, self.silence):
                log.warning("%s does not work any more; its work is taken up", gone)
            self._drop_lost(connection)
            there = jobs.waiting(connection)
            errands = [one for one in self._due(connection, now, there) if one.lock not in there]
            jobs.enqueue(connection, [errand.job for errand in errands])

    def _due(
        self, connection: Connection, now: datetime, there: Collection[str]
    ) -> Iterator[Errand]:
        for name in jobs.due(connection, self._duties):
            if name not in there:
                jobs.put_off(connection, name, self._duties[name].seconds)
                yield Errand(name, REST, "step", {"name": name})
        yield from polls(looks.due(connection, now, self.reader.sources))

    def _drop_lost(self, connection: Connection) -> None:
        """Forget what the queue believes us to be doing, and we are not: its answer was lost."""
        ours = [hand.worker_id for hand in self._hands if hand.worker_id is not None]
        believed = jobs.doing(connection, ours) - self._running
        # A job that has only just been given out, or done, looks the same for a moment.
        jobs.drop(connection, believed & self._doubtful)
        self._doubtful = believed

    def _live(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        # What a lost connection spoils is found again by the sweep.
        loop.set_exception_handler(lambda _loop, _context: None)
        loop.set_default_executor(ThreadPoolExecutor(sum(HANDS.values())))
        try:
            loop.run_until_complete(self._work())
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    async def _work(self) -> None:
        """Take jobs until we are stopped, over every absence of the database."""
        while not self.stopping.is_set():
            try:
                await self._take_jobs()
            except _AWAY:
                self._say(_NO_QUEUE)
            if not self.stopping.is_set():
                await asyncio.sleep(1)

    async def _take_jobs(self) -> None:
        app = self._app()
        async with app.open_async():
            self._hands = tuple(
                Worker(
                    app,
                    queues=[queue],
                    concurrency=number,
                    fetch_job_polling_interval=SWEEP_SECONDS,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=self.silence.total_seconds() / 9,
                    stalled_worker_timeout=self.silence.total_seconds(),
                )
                for queue, number in HANDS.items()
            )
            working = [asyncio.create_task(_run(hand)) for hand in self._hands]
            if self.stopping.is_set():
                self._stop_hands()
            try:
                await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # They go together: one that has lost the database has shown the others.
                self._stop_hands()
                ended = await asyncio.gather(*working, return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error

    def _stop_hands(self) -> None:
        for hand in self._hands:
            hand.stop()  # type: ignore[no-untyped-call] # the library's annotation is missing

    def _app(self) -> App:
        options = f"-c search_path={jobs.QUEUE},public"
        connector = PsycopgConnector(
            conninfo=jobs.address(self.url), kwargs={"options": options}, min_size=1, max_size=4
        )
        app = App(connector=connector)
        app.task(name="poll", pass_context=True)(self._poll)
        app.task(name="step", pass_context=True)(self._step)
        return app

    def _poll(self, context: JobContext, sources: list[str]) -> None:
        # Another process may have read other settings than ours.
        known = [source for source in sources if source in self.reader.sources]
        if known:
            self._do(context, lambda: self.reader.poll_one(known))

    def _step(self, context: JobContext, name: str) -> None:
        # Another process may be of a version that has other steps.
        step = self._duties.get(name)
        if step and self._do(context, step.work):
            with self.store.writing() as connection:
                jobs.done(connection, name)

    def _do(self, context: JobContext, work: Callable[[], object]) -> bool:
        """Call the step until there is nothing to do, or others should have their turn."""
        number, until = context.job.id or 0, time.monotonic() + LONGEST_JOB_SECONDS
        self._running.add(number)
        try:
            while not self.stopping.is_set() and work() is not None:
                if time.monotonic() > until:
                    break
        except StoreError as error:
            self._say(str(error))
            return False
        else:
            self._said = ""
            return True
        finally:
            self._running.discard(number)

    def _say(self, words: str) -> None:
        """Told once, not at each try."""
        if words != self._said:
            log.error("%s", words)
        self._said = words


async def _run(hand: Worker) -> None:
    await hand.run()  # type: ignore[no-untyped-call] # the library's annotation is missing


def workers_at_work(connection: Connection) -> int:
    """How many workers there are, where they also do what is due; else none."""
    idle = jobs.idle(connection)
    return len(jobs.present(connection, SILENT)) if idle is not None and idle < SILENT else 0

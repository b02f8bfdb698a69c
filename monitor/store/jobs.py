"""What many workers share: when each duty is due, who is at work, and the queue between them.

Times here are the database's own, so that the clocks of the machines need not agree. The queue
is Procrastinate's, on PostgreSQL alone, in a schema named by its version: workers of two versions
have a queue each, and both work from our rows, which are the truth. So no job is ever precious.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from importlib.metadata import version

from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from sqlalchemy import (
    Connection,
    Interval,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy import table as plain_table
from sqlalchemy.engine import make_url

from monitor.store import leases
from monitor.store.engine import Store, one_at_a_time
from monitor.store.job_tables import DutyRow, WorkerRow
from monitor.store.tables import table

QUEUE = "footprint_jobs_{}_{}".format(*version("procrastinate").split("."))
JOB = plain_table(
    "procrastinate_jobs",
    *(column(name) for name in ("id", "worker_id", "status", "queueing_lock")),
)
HAND = plain_table("procrastinate_workers", column("id"), column("last_heartbeat"))


DUTY, WORKER = table(DutyRow), table(WorkerRow)
NOW = func.clock_timestamp()


def address(url: str) -> str:
    """The database's address as its own programs take it, with the password in it."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def make_queue(store: Store) -> None:
    """Make the tables of the queue, where this version's are not there yet. Raises StoreError."""
    with store.writing() as connection:
        one_at_a_time(connection, "queue")
        there = select(func.to_regclass(f"{QUEUE}.procrastinate_jobs"))
        if connection.execute(there).scalar() is None:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {QUEUE}"))
            enter_queue(connection)
            # Past SQLAlchemy, which takes one statement at a time.
            connection.connection.cursor().execute(SchemaManager.get_schema())


def alone(connection: Connection) -> bool:
    """Whether nobody else sweeps now; nobody else will until the transaction ends."""
    lock = func.pg_try_advisory_xact_lock(func.hashtext("footprint sweep"))
    return bool(connection.execute(select(lock)).scalar())


def enter_queue(connection: Connection) -> None:
    """Let the queue's names mean this version's until the transaction ends."""
    path = func.concat(f"{QUEUE}, ", func.current_setting("search_path"))
    connection.execute(select(func.set_config("search_path", path, True)))


def enqueue(connection: Connection, jobs: Sequence[Job]) -> None:
    """Put jobs into the queue in this transaction."""
    if jobs:
        manager = JobManager(SyncPsycopgConnector())
        manager.batch_defer_jobs(list(jobs), connection=connection.connection.dbapi_connection)


def waiting(connection: Connection) -> frozenset[str]:
    """What is in the queue or being done, by the jobs' locks."""
    status = JOB.c.status.in_([literal_column("'todo'"), literal_column("'doing'")])
    return frozenset(connection.execute(select(JOB.c.queueing_lock).where(status)).scalars())


def doing(connection: Connection, hands: Collection[int]) -> frozenset[int]:
    """The jobs that the queue believes these of its workers to be doing."""
    taken = (JOB.c.status == literal_column("'doing'"), JOB.c.worker_id.in_(hands))
    return frozenset(connection.execute(select(JOB.c.id).where(*taken)).scalars())


def drop(connection: Connection, jobs: Collection[int]) -> None:
    """Forget jobs that nobody is doing any more; what they were for is found again."""
    if jobs:
        connection.execute(delete(JOB).where(JOB.c.id.in_(jobs)))


def due(connection: Connection, names: Iterable[str]) -> tuple[str, ...]:
    """The duties that are due; one that nobody has heard of yet is."""
    known = {
        row.name: row.is_due
        for row in connection.execute(select(DUTY.c.name, (DUTY.c.due_at <= NOW).label("is_due")))
    }
    fresh = [name for name in names if name not in known]
    if fresh:
        connection.execute(insert(DUTY).values([{"name": one, "due_at": NOW} for one in fresh]))
    return tuple(name for name in names if known.get(name, True))


def put_off(connection: Connection, name: str, seconds: float) -> None:
    """The duty has been handed on, and falls due again so much later."""
    again = NOW + func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
    connection.execute(update(DUTY).where(DUTY.c.name == name).values(due_at=again))


def done(connection: Connection, name: str) -> None:
    """A worker has done the duty."""
    connection.execute(update(DUTY).where(DUTY.c.name == name).values(done_at=NOW))


def idle(connection: Connection) -> timedelta | None:
    """For how long no worker has done anything; None where none ever has."""
    last = connection.execute(select(func.max(DUTY.c.done_at), NOW)).one()
    return last[1] - last[0] if last[0] else None


def beat(connection: Connection, owner: str) -> None:
    """This worker is there."""
    row = update(WORKER).where(WORKER.c.owner == owner).values(seen_at=NOW)
    if not connection.execute(row).rowcount:
        connection.execute(insert(WORKER).values(owner=owner, seen_at=NOW))


def leave(connection: Connection, owner: str) -> None:
    """This worker goes, and holds nothing any more."""
    _release(connection, {owner})


def present(connection: Connection, within: timedelta) -> tuple[str, ...]:
    """The workers that have said within that time that they are there."""
    seen = select(WORKER.c.owner).where(WORKER.c.seen_at > NOW - within)
    return tuple(connection.execute(seen.order_by(WORKER.c.owner)).scalars())


def bury(connection: Connection, after: timedelta) -> tuple[str, ...]:
    """Let go of what workers held that have not been heard of for so long; who they were.

    Call it within the queue.
    """
    silent = select(WORKER.c.owner).where(WORKER.c.seen_at < NOW - after)
    gone = frozenset(connection.execute(silent).scalars())
    _release(connection, gone)
    connection.execute(delete(HAND).where(HAND.c.last_heartbeat < NOW - after))
    # The queue keeps no worker's name with the jobs of one that is gone.
    lost = (JOB.c.status == literal_column("'doing'"), JOB.c.worker_id.is_(None))
    connection.execute(delete(JOB).where(*lost))
    return tuple(sorted(gone))


def _release(connection: Connection, gone: Collection[str]) -> None:
    if not gone:
        return
    for lease in leases.owners(connection):
        # Each look is leased by a name of its own that begins with the worker's.
        if any(lease == one or lease.startswith(f"{one}:") for one in gone):
            leases.release(connection, lease)
    connection.execute(delete(WORKER).where(WORKER.c.owner.in_(gone)))

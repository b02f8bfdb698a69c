"""Many workers on one PostgreSQL database: who does what is due, and what a dead one held."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update
from typer.testing import CliRunner

from monitor.commands import app
from monitor.commands._sharing import IN_A_FILE, NOBODY, Relief, shared_out
from monitor.commands._steps import shared_steps
from monitor.commands._world import World, clock, world
from monitor.config import load
from monitor.jobs import BATCH, Crew, lanes, polls, workers_at_work
from monitor.settings import Settings
from monitor.steps import Step
from monitor.store import jobs, looks
from monitor.store.engine import Store
from monitor.store.mentions import MENTION
from monitor.store.opening import open_store
from tests.postgres import PostgresServer
from tests.proofs import kill
from tests.proofs.kill import Killer, PostOffice, Town

WAIT = 60  # seconds; a guard against hanging, never a measure
SCHOOLS = 2
DEAD = "elsewhere:1:0badf00d"


def test_the_sources_of_one_site_are_one_errand_under_one_lock() -> None:
    found = list(polls([("news", "a.example"), ("blog", "b.example"), ("sport", "a.example")]))
    assert [(one.lock, one.args["sources"]) for one in found] == [
        ("site a.example", ["news", "sport"]),
        ("site b.example", ["blog"]),
    ]


def test_sources_that_are_no_web_site_share_no_lock() -> None:
    locks = [one.lock for one in polls([("post", ""), ("drop", "")])]
    assert locks == ["source post", "source drop"]


def test_an_errand_is_no_longer_than_others_can_wait_for() -> None:
    (errand,) = polls([(f"feed-{number}", "a.example") for number in range(2 * BATCH)])
    assert errand.args["sources"] == [f"feed-{number}" for number in range(BATCH)]


def test_letters_have_several_lanes_and_digests_one() -> None:
    steps = [Step("deliver", list, 1), Step("digest", list, 60)]
    names = list(lanes(steps))
    assert names == ["deliver 0", "deliver 1", "deliver 2", "deliver 3", "digest 0"]


@dataclass
class Site:
    """A feed, a mail server and a configuration on one new PostgreSQL database."""

    town: Town
    office: PostOffice
    settings: Settings

    @contextmanager
    def crew(self) -> Iterator[tuple[Crew, World]]:
        """A worker as `footprint worker` makes it, not yet started."""
        with world(self.settings, self.settings.schools) as made:
            steps = tuple(step for step in shared_steps(made) if step.name != "poll")
            url, owner = self.settings.database_url, made.monitor.owner
            jobs.make_queue(made.store)
            yield Crew(made.store, url, made.monitor, steps, clock, owner), made


@pytest.fixture
def site(postgres: PostgresServer, tmp_path: Path) -> Iterator[Site]:
    """Posts that are each owed two alerts."""
    killer = Killer()
    with ExitStack() as stack:
        town = Town(killer, SCHOOLS)
        stack.callback(town.close)
        office = PostOffice(killer, random.Random(1))
        stack.callback(office.close)
        url = postgres.new_database()
        path = kill.config(tmp_path, url, town.port, office.port, SCHOOLS)
        yield Site(town, office, load(path, {}))


def queued(store: Store) -> list[str]:
    """What waits in the queue."""
    with store.reading() as connection:
        jobs.enter_queue(connection)
        return sorted(jobs.waiting(connection))


def sweep_until(crews: list[Crew], is_done: threading.Event) -> None:
    """What a worker's schedule does, without its two seconds of patience."""
    while not is_done.wait(0.2):
        for crew in crews:
            crew.sweep()


slow = pytest.mark.slow
on_postgres = pytest.mark.postgres


@slow
@on_postgres
def test_workers_that_share_a_database_judge_each_post_once_and_alert_once(site: Site) -> None:
    site.town.posts = 6
    done = threading.Event()
    with site.crew() as (one, made), site.crew() as (other, _):
        for crew in (one, other):
            crew.start()
        sweeper = threading.Thread(target=sweep_until, args=([one, other], done))
        sweeper.start()
        try:
            deadline = clock() + timedelta(seconds=WAIT)
            while kill.owed(site.town) > kill.told(site.office.accepted) and clock() < deadline:
                threading.Event().wait(0.1)
            with made.store.reading() as connection:
                assert workers_at_work(connection) == 2
        finally:
            done.set()
            sweeper.join()
            assert one.stop(WAIT)
            assert other.stop(WAIT)
            one.leave()
            other.leave()
        account = kill.account(0, {}, site.town, site.office.accepted, "")
        assert account.clean, account.lines()
        assert account.repeats == 0
        with made.store.reading() as connection:
            posts = connection.execute(select(func.count()).select_from(MENTION)).scalar()
            assert posts == 6
            assert workers_at_work(connection) == 0


@slow
@on_postgres
def test_work_is_handed_out_once_however_many_sweep(site: Site) -> None:
    with site.crew() as (one, made), site.crew() as (other, _):
        one.sweep()
        first = queued(made.store)
        other.sweep()
        one.sweep()
        assert queued(made.store) == first
        assert "digest 0" in first
        assert [lock for lock in first if lock.startswith("site 127.0.0.1")]


@slow
@on_postgres
def test_a_job_that_is_lost_is_handed_out_again(site: Site) -> None:
    with site.crew() as (crew, made):
        crew.sweep()
        before = [lock for lock in queued(made.store) if lock.startswith("site")]
        with made.store.writing() as connection:
            jobs.enter_queue(connection)
            connection.execute(delete(jobs.JOB))
        crew.sweep()
        assert [lock for lock in queued(made.store) if lock.startswith("site")] == before


@slow
@on_postgres
def test_what_a_dead_worker_held_is_free_within_a_minute(site: Site) -> None:
    """Its lease on a source, its place in the queue, and the job that it was doing."""
    with site.crew() as (crew, made):
        crew.sweep()
        with made.store.writing() as connection:
            jobs.beat(connection, DEAD)
            assert looks.claim(connection, "town", clock(), DEAD)
            jobs.enter_queue(connection)
            connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
            now = jobs.NOW - text("interval '50 seconds'")
            mine = jobs.WORKER.c.owner == DEAD
            connection.execute(update(jobs.WORKER).where(mine).values(seen_at=now))
        crew.sweep()
        with made.store.writing() as connection:
            assert looks.claim(connection, "town", clock(), crew.owner)


@slow
@on_postgres
def test_a_worker_that_lives_keeps_what_it_holds(site: Site) -> None:
    with site.crew() as (crew, made):
        crew.sweep()
        with made.store.writing() as connection:
            jobs.beat(connection, DEAD)
            assert looks.claim(connection, "town", clock(), DEAD)
        crew.sweep()
        with made.store.writing() as connection:
            assert looks.claim(connection, "town", clock(), crew.owner) is None


@slow
@on_postgres
def test_a_worker_with_other_settings_leaves_sources_it_does_not_know(site: Site) -> None:
    with site.crew() as (crew, made):
        crew.start()
        with made.store.writing() as connection:
            jobs.enter_queue(connection)
            strange = next(polls([("of another version", "a.example")])).job
            jobs.enqueue(connection, [strange])
        deadline = clock() + timedelta(seconds=WAIT)
        while queued(made.store) and clock() < deadline:
            threading.Event().wait(0.05)
        assert queued(made.store) == []
        assert crew.stop(WAIT)


@slow
@on_postgres
def test_run_rests_while_workers_work_and_works_when_none_does(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    with site.crew() as (crew, made):
        relief, calls = Relief(made.store), []
        step = relief.around(lambda: calls.append("called"))
        step()
        crew.sweep()
        with made.store.writing() as connection:
            jobs.done(connection, "digest 0")
        relief.look()
        step()
        crew.leave()
        relief.look()
        step()
    assert calls == ["called", "called"]
    said = capsys.readouterr().err.splitlines()
    assert said[0] == said[2] == NOBODY
    assert said[1].startswith("The work is left to 1 footprint worker")


def test_a_file_is_worked_on_by_one_process_and_run_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/footprint.db"
    store, steps = open_store(url), (Step("poll", list, 2),)
    assert shared_out(store, url, steps) == steps
    store.close()
    assert capsys.readouterr().err.strip() == IN_A_FILE


def test_a_worker_refuses_a_file_in_one_line(tmp_path: Path) -> None:
    path = kill.config(tmp_path, f"sqlite:///{tmp_path}/footprint.db", 1, 2)
    result = CliRunner().invoke(app("worker"), ["worker", "--config", str(path)])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "PostgreSQL" in result.stderr
    assert not (tmp_path / "footprint.db").exists()

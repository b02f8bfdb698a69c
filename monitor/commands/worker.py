"""`footprint worker`: a share of the work on a PostgreSQL database; as many as are wanted."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from datetime import timedelta
from pathlib import Path

from alerts import chart
from monitor.advice import approved, run_problems
from monitor.commands._reload import Watched
from monitor.commands._steps import shared_steps
from monitor.commands._stopping import ending, stopping_by_signal
from monitor.commands._world import (
    DEFAULT_CONFIG,
    ConfigPath,
    World,
    clock,
    fail,
    say,
    settings_or_exit,
    world,
)
from monitor.jobs import SILENT, SWEEP_SECONDS, Crew
from monitor.schedule import PATIENCE_SECONDS, Schedule
from monitor.settings import Settings
from monitor.steps import Step
from monitor.store.engine import StoreError, sqlite_path

LOOK_SECONDS = 1.0
ALONE = (
    "footprint worker shares a PostgreSQL database with others, and [database] url is a SQLite "
    "file, which one process has for itself: there footprint run does all the work."
)


def command(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Take a share of the work on a PostgreSQL database, beside footprint run. Stop with Ctrl-C."""
    take_part(config, SILENT)


def take_part(config: Path, silence: timedelta) -> None:
    """Work until told to stop; after `silence` another worker is taken for dead."""
    stopping = stopping_by_signal()
    settings = settings_or_exit(config)
    if sqlite_path(settings.database_url):
        fail(ALONE, 2)
    problems = run_problems(settings)
    if problems:
        fail("\n".join(str(problem) for problem in problems), 2)
    chart.load()
    # What they tell at length when the database is away is said in one line of ours.
    for name in ("procrastinate", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    watched = Watched(config, settings)
    try:
        while not stopping.is_set():
            _work(watched, stopping, silence)
    except (StoreError, OSError) as error:
        fail(str(error), 1)


def _work(watched: Watched, stopping: threading.Event, silence: timedelta) -> None:
    """Until we are to stop, or the settings change."""
    settings = watched.settings
    schools = approved(settings)
    with world(settings, schools) as made:
        crew = _crew(made, settings, silence)
        schedule = Schedule([Step("sweep", crew.sweep, SWEEP_SECONDS)], clock, pulse=made.pulse)
        crew.start()
        schedule.start()
        number = "1 school" if len(schools) == 1 else f"{len(schools)} schools"
        say(f"Working as {made.monitor.owner} for {number}, beside others on {made.store.name}.")
        while not (stopping.wait(LOOK_SECONDS) or watched.is_changed()):
            pass
        say(f"{ending(stopping)}: what is in hand is finished first.")
        # Those who sweep go on saying that we are here, while what is in hand is finished.
        if not (crew.stop(PATIENCE_SECONDS) and schedule.stop()):
            say("A server does not answer; another worker takes its part up within a minute.")
            # The thread that waits for it cannot be ended, and would hold up the exit.
            os._exit(0)
        with contextlib.suppress(StoreError):  # else it is missed within a minute
            crew.leave()


def _crew(made: World, settings: Settings, silence: timedelta) -> Crew:
    steps = tuple(step for step in shared_steps(made) if step.name != "poll")
    monitor = made.monitor
    return Crew(made.store, settings.database_url, monitor, steps, clock, monitor.owner, silence)

"""The scheduler calls the steps, lets them finish, and outlives their faults."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from monitor.schedule import Schedule
from monitor.steps import Step
from monitor.store.engine import StoreError

WAIT = 30  # seconds; a guard against hanging, never a measure
FOUR = 4


def an_hour_ago() -> datetime:
    """A clock that is slow: everything is an hour late."""
    return datetime.now(UTC) - timedelta(hours=1)


def scheduled(
    work: Callable[[], object],
    clock: Callable[[], datetime] = an_hour_ago,
    at_once: int = 1,
    patience: float = WAIT,
) -> Schedule:
    """A schedule of one step."""
    return Schedule([Step("work", work, 1, at_once)], clock, patience)


def test_a_tick_that_is_an_hour_late_is_not_dropped() -> None:
    called = threading.Event()
    schedule = scheduled(called.set)
    schedule.start()
    try:
        assert called.wait(WAIT)
    finally:
        schedule.stop()


@pytest.mark.slow
def test_a_clock_that_is_set_back_by_two_days_does_not_stop_the_steps() -> None:
    times = iter([timedelta(days=2)] * 2)
    called = threading.Event()

    def clock() -> datetime:
        return datetime.now(UTC) + next(times, timedelta())

    schedule = scheduled(called.set, clock)
    schedule.start()
    try:
        assert called.wait(WAIT)
    finally:
        schedule.stop()


def test_a_step_is_called_until_there_is_nothing_left_to_do() -> None:
    left, done = iter([True, True, True, None]), threading.Event()
    lock = threading.Lock()

    def deliver() -> object:
        with lock:
            found = next(left, None)
        if found is None:
            done.set()
        return found

    schedule = scheduled(deliver)
    schedule.start()
    try:
        assert done.wait(WAIT)
        assert next(left, "none left") == "none left"
    finally:
        schedule.stop()


def test_stopping_waits_for_the_step_in_hand_and_begins_no_other() -> None:
    begun, go_on, calls = threading.Event(), threading.Event(), []

    def deliver() -> object:
        calls.append("begun")
        begun.set()
        assert go_on.wait(WAIT)
        calls.append("finished")
        return True

    schedule = scheduled(deliver)
    schedule.start()
    assert begun.wait(WAIT)
    stopper = threading.Thread(target=schedule.stop)
    stopper.start()
    assert schedule.stopping.wait(WAIT)
    go_on.set()
    stopper.join(WAIT)
    assert calls == ["begun", "finished"]


def test_a_step_that_does_not_end_is_left_after_a_while() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def deliver() -> None:
        begun.set()
        assert go_on.wait(WAIT)

    schedule = scheduled(deliver, patience=0.1)
    schedule.start()
    assert begun.wait(WAIT)
    assert schedule.stop() is False
    go_on.set()


def test_a_step_runs_so_often_at_once_and_no_more_often() -> None:
    gate, lock = threading.Barrier(FOUR), threading.Lock()
    running, most, met = 0, 0, threading.Event()

    def poll() -> object:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(WAIT)
        met.set()
        with lock:
            running -= 1
        return None

    schedule = scheduled(poll, at_once=FOUR)
    schedule.start()
    try:
        assert met.wait(WAIT)
    finally:
        gate.abort()
        schedule.stop()
    assert most == FOUR


@pytest.mark.slow
def test_a_database_that_is_away_for_a_while_is_said_once_and_asked_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries, back = [], threading.Event()

    def deliver() -> object:
        tries.append(1)
        if len(tries) < 3:
            raise StoreError("footprint.db: the disk is full")
        back.set()
        return None

    schedule = scheduled(deliver)
    schedule.start()
    try:
        assert back.wait(WAIT)
    finally:
        schedule.stop()
    assert [record.getMessage() for record in caplog.records if record.name == "footprint"] == [
        "footprint.db: the disk is full"
    ]

"""Two hundred feeds read by us and by `reader`, as whole processes: their time and their memory.

The time of a pass is that of a process which makes it, less that of one which does not, its
children's time with it; the two sides run in turn, and the figure is the median of the ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

ROUNDS = 3
TOLD = 3  # entries of each fifty that name a watched school
MIB = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """Processor time in seconds, children included, and the process's own largest memory in MiB."""

    seconds: float
    memory: float


def against_reader() -> Iterator[tuple[str, str, list[float]]]:
    """First pass, unchanged feeds with and without validators, and whole processes."""
    for told in (0, TOLD):
        said = (
            f"{told} of 50 entries name one of 100 schools" if told else "no entry names a school"
        )
        with _town(told) as port:
            rounds = [_round(port, "bare") for _ in range(ROUNDS)]
        yield (
            f"200 feeds, first pass, all our steps; {said}",
            "reader, parse and store",
            _ratios(rounds, 0, 1),
        )
        yield f"the same feeds unchanged, no validators; {said}", "reader", _ratios(rounds, 1, 2)
        yield (
            f"whole processes, one pass; {said}",
            "reader",
            [theirs[1].seconds / ours[1].seconds for ours, theirs in rounds],
        )
        yield (
            f"their peak memory (MiB: {_memory(rounds)})",
            "reader",
            [theirs[1].memory / ours[1].memory for ours, theirs in rounds],
        )
    with _town(0) as port:
        rounds = [_round(port, "tagged") for _ in range(ROUNDS)]
    yield "the same feeds, answered 304", "reader", _ratios(rounds, 1, 2)


def _memory(rounds: list[tuple[list[Run], list[Run]]]) -> str:
    ours = statistics.median(ours[1].memory for ours, _ in rounds)
    theirs = statistics.median(theirs[1].memory for _, theirs in rounds)
    return f"{ours:.0f} and {theirs:.0f}"


def _ratios(rounds: list[tuple[list[Run], list[Run]]], before: int, after: int) -> list[float]:
    return [
        (theirs[after].seconds - theirs[before].seconds)
        / max(ours[after].seconds - ours[before].seconds, 1e-3)
        for ours, theirs in rounds
    ]


def _round(port: int, way: str) -> tuple[list[Run], list[Run]]:
    """No pass, one and two, by each side in turn."""
    runs: dict[str, list[Run]] = {"pass_ours": [], "pass_reader": []}
    for passes in range(3):
        for side, made in runs.items():
            made.append(_run(side, port, way, passes))
    return runs["pass_ours"], runs["pass_reader"]


def _run(side: str, port: int, way: str, passes: int) -> Run:
    command = [sys.executable, "-m", f"benchmarks.{side}", str(port), way, str(passes)]
    child = subprocess.Popen(command)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {child.returncode}")
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / MIB)


@contextmanager
def _town(told: int) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.town", "--told", str(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as town:
        assert town.stdout is not None
        try:
            yield int(town.stdout.readline())
        finally:
            town.kill()

"""How the two sides of a comparison are timed: in turn, in processor time, round by round."""

from __future__ import annotations

import time
from collections.abc import Callable

SEED, ROUNDS = 20261121, 7


def ratios(
    plain_way: Callable[[], object], ours: Callable[[], object], rounds: int = ROUNDS
) -> list[float]:
    """How many times the processor time of ours the plain way takes, round by round."""
    plain_way(), ours()
    return [seconds(plain_way) / max(seconds(ours), 1e-9) for _ in range(rounds)]


def seconds(work: Callable[[], object]) -> float:
    """The processor time of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start

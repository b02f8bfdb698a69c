"""What is done again and again: one table of steps, whichever engine calls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of work.

    `work` does one unit of it and returns None where there was none. It is asked every `seconds`,
    by `at_once` callers beside each other in one process.
    """

    name: str
    work: Callable[[], object]
    seconds: int
    at_once: int = 1

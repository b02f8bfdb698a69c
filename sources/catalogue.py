"""What each kind of source sees, costs and asks, and what no program may read: from one file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source in an office manager's words; `value` is high, good, some or little."""

    title: str
    sees: str
    law: str
    cost: str
    value: str
    setup: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """A place that is not read: why, and what to do instead."""

    title: str
    why: str
    instead: str


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its name in the configuration."""
    return {name: Kind(**row) for name, row in _table()["kinds"].items()}


@cache
def unseen() -> tuple[Unseen, ...]:
    """The places that cannot be read, the most asked for first."""
    return tuple(Unseen(**row) for row in _table()["unseen"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("sources").joinpath("catalogue.toml").read_text("utf-8"))

"""PURE: words that speak for or against a result's being about a member of staff, from a file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict


class Places(BaseModel):
    """How a sort of page is known: by its host, or by words on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hosts: tuple[str, ...]
    words: tuple[str, ...]


class Signs(BaseModel):
    """The lists of signs.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    titles: frozenset[str]
    teaching: tuple[str, ...]
    other_work: tuple[str, ...]
    abroad: tuple[str, ...]
    departed: tuple[str, ...]
    brokers: Places
    photographs: Places


@cache
def signs() -> Signs:
    """The packaged lists."""
    text = files("monitor.presence").joinpath("data/signs.toml").read_text("utf-8")
    return Signs.model_validate(tomllib.loads(text))

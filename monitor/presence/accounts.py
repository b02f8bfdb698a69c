"""PURE: where an account may be that somebody says is theirs, and whether an answer shows it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

Shown = Literal["there", "not there", "unknown"]
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{1,38}", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,38}", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


class Where(BaseModel):
    """A place with accounts: what it is asked, and by which words of its answer it is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    ask: str
    page: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    source: str
    checked: str

    def address(self, user: str) -> str:
        """What is fetched; "" for a name that cannot be a user's there."""
        fits = _NAME if "{name}." not in self.ask else _LABEL
        return self.ask.format(name=user) if fits.fullmatch(user) else ""

    def shown(self, user: str, text: str) -> Shown:
        """What the text of an answer says; blanks and capitals do not matter.

        What says both, or neither, is not known.
        """
        bare = _SPACES.sub("", text).casefold()
        has = any(_marker(mark, user) in bare for mark in self.has)
        lacks = any(_is_in(_marker(mark, user), bare) for mark in self.lacks)
        if has == lacks:
            return "unknown"
        return "there" if has else "not there"


def _marker(mark: str, user: str) -> str:
    return _SPACES.sub("", mark.replace("{name}", user)).casefold()


def _is_in(mark: str, bare: str) -> bool:
    """An empty list is an answer by itself, and stands inside many others."""
    return bare == mark if mark == "[]" else mark in bare


@cache
def places() -> Mapping[str, Where]:
    """Every place, by a short name."""
    text = files("monitor.presence").joinpath("data/accounts.toml").read_text("utf-8")
    return TypeAdapter(dict[str, Where]).validate_python(tomllib.loads(text))

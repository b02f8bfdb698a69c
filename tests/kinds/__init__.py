"""What each kind of source is tested with: one file a kind, walked by `test_kinds.py`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.webserver import Answer, WebServer

DATA = Path(__file__).parent.parent / "data"
ALL = ("title", "text", "url", "author", "published", "medium")


@dataclass(frozen=True)
class Case:
    """A kind's recorded place and what is read there.

    `table` gives the [[sources]] table (without id and kind) for the address of a local server;
    `answers` what that server says under each path; `expected` the posts in the order in which
    they are given, each by some of its fields (`published` in ISO form). `secrets` must show up
    in no message. A kind that reads no web site (`web` is False) has tests of its own for what
    can go wrong there, and `world` makes what it reads.
    """

    expected: list[dict[str, Any]]
    table: Callable[[str], dict[str, Any]] = lambda _: {}
    answers: Mapping[str, Answer] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    web: bool = True

    def serve(self, server: WebServer) -> None:
        """Let the server say what was recorded."""
        server.answers.update(self.answers)


def recorded(kind: str, name: str) -> bytes:
    """The bytes of a file in `tests/data/<kind>/`."""
    return (DATA / kind / name).read_bytes()


def case_of(kind: str) -> Case:
    """The case of a kind; every kind has one."""
    case: Case = importlib.import_module(f"tests.kinds.{kind}").CASE
    return case

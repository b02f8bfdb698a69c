"""Polls of one source with a memo that lasts, against a real local server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

import sources
from monitor.problems import Place
from monitor.setting_secrets import Vault
from monitor.source_settings import SourceReader
from sources.base import LASTING, SIGNED_IN, Ask, Flaw, Post, SourceError
from sources.fetch import Door, Fetcher
from sources.parsing import Parser
from tests.webserver import Seen, WebServer

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
NAMES = ("Hollybrook Primary School",)


@dataclass
class Polls:
    """Each call is a poll; `memo` is kept as the program keeps it."""

    kind: str
    fetcher: Fetcher
    parser: Parser
    now: datetime = NOW
    memo: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = NAMES
    folder: Path = Path()

    def __call__(self, **options: Any) -> list[Post | Flaw]:
        """What a poll with these options gives."""
        module = sources.load(self.kind)
        memo = json.loads(json.dumps(self.memo))
        door = Door(self.fetcher, self.parser, {})
        ask = Ask("it", module.Options(**options), self.names, self.now, memo, self.folder)
        try:
            found = list(module.collect(ask, door))
        except SourceError:
            lasting = LASTING | SIGNED_IN
            position = {name: kept for name, kept in self.memo.items() if name not in lasting}
            self.memo = position | {name: kept for name, kept in memo.items() if name in lasting}
            raise
        self.memo = memo
        return found

    def fails(self, **options: Any) -> SourceError:
        """The error that a poll ends in; it is one line."""
        with pytest.raises(SourceError) as caught:
            self(**options)
        assert len(str(caught.value).splitlines()) == 1
        return caught.value

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)


@contextmanager
def polls_of(kind: str, server: WebServer, parser: Parser) -> Iterator[Polls]:
    """Polls of a kind at this server."""
    fetcher = Fetcher("", [server.host], clock=lambda: NOW, version="1")
    try:
        yield Polls(kind, fetcher, parser)
    finally:
        fetcher.close()


def posts_in(found: list[Post | Flaw]) -> list[Post]:
    """The posts among what a poll gave."""
    return [item for item in found if isinstance(item, Post)]


def flaws_in(found: list[Post | Flaw]) -> list[str]:
    """The sentences of the flaws among what a poll gave."""
    return [item.detail for item in found if isinstance(item, Flaw)]


def asked(seen: Seen, name: str) -> str:
    """A value of a request's query, "" where it is not there."""
    return parse_qs(seen.query).get(name, [""])[0]


def problems_with(table: dict[str, Any], **env: str) -> list[str]:
    """What the configuration says is wrong with a [[sources]] table."""
    reading = SourceReader(schools=(), own_hosts=(), vault=Vault(Path(), env))
    _, problems = reading.read({"id": "it", **table}, ("sources", 0), Place("config.toml", {}))
    return [str(problem) for problem in problems]

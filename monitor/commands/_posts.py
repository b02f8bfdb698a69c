"""Reads what `judge`, `evaluate` and `test-words` are given: posts from a file, schools."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from monitor.commands._world import fail, settings_or_exit
from monitor.judge.lines import BadLine, PostLine, ProfilesError, read_posts, watches_from_json
from monitor.judge.terms import Watch

Profiles = Annotated[
    Path | None,
    typer.Option(metavar="FILE.json", help="Schools from this file, not the configuration."),
]


def schools_of(profiles: Path | None, config: Path) -> tuple[Watch, ...]:
    """The schools of a file of profiles, or of the configuration where none is given."""
    if profiles is None:
        return tuple(school.watch for school in settings_or_exit(config).schools)
    try:
        return watches_from_json(profiles.read_text("utf-8-sig"))
    except OSError as error:
        fail(f"{profiles} cannot be read: {error.strerror}", 2)
    except UnicodeDecodeError:
        fail(f"{profiles}: it is not UTF-8; save the file as UTF-8", 2)
    except ProfilesError as error:
        fail(f"{profiles}: {error}", 2)


def judged_lines(file: str, known: frozenset[str], verb: str) -> Iterator[PostLine | BadLine]:
    """The lines of a file, or of stdin for -; with a count where a person watches."""
    with _lines(file) as lines:
        yield from _with_progress(read_posts(lines, known), verb)


@contextmanager
def _lines(file: str) -> Iterator[Iterable[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", 2)
    with stream:
        yield stream


def _with_progress(items: Iterable[PostLine | BadLine], verb: str) -> Iterator[PostLine | BadLine]:
    """The items as they come; where a person watches a long file, with a count on stderr."""
    console = Console(stderr=True)
    shown = console.is_terminal and not sys.stdout.isatty()
    with Progress(console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task(verb, total=None)
        for item in items:
            yield item
            bar.advance(task)

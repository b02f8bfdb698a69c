"""`footprint judge`: JSON lines of posts in, JSON lines of judgements out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from monitor.commands._world import DEFAULT_CONFIG, ConfigPath, fail, say, settings_or_exit
from monitor.judge import Judge
from monitor.judge.lines import (
    BadLine,
    PostLine,
    ProfilesError,
    judgement_json,
    read_posts,
    watches_from_json,
)
from monitor.judge.terms import Watch


def command(
    file: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="Posts, one JSON object a line; - is stdin.")
    ] = "-",
    profiles: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Schools from this file, not the configuration."),
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    _json: Annotated[
        bool, typer.Option("--json", help="JSON lines, as without it: they are the answer.")
    ] = False,
) -> None:
    """Judge posts: one JSON line in, one JSON line out, in the same order.

    A line is a post, such as {"id": "1", "text": "what was written"}.
    """
    watches = _profiles(profiles) if profiles else _configured(config)
    judge = Judge(watches)
    bad = 0
    with _lines(file) as lines:
        known = frozenset(watch.id for watch in watches)
        for item in _with_progress(read_posts(lines, known)):
            if isinstance(item, BadLine):
                bad += 1
                say(f"line {item.number}: {item.message}")
            else:
                answer = judge.best(item.words, item.profile)
                sys.stdout.write(json.dumps(judgement_json(item.id, answer), ensure_ascii=False))
                sys.stdout.write("\n")
    raise typer.Exit(1 if bad else 0)


def _configured(config: Path) -> tuple[Watch, ...]:
    return tuple(school.watch for school in settings_or_exit(config).schools)


def _profiles(path: Path) -> tuple[Watch, ...]:
    try:
        return watches_from_json(path.read_text("utf-8-sig"))
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", 2)
    except UnicodeDecodeError:
        fail(f"{path}: it is not UTF-8; save the file as UTF-8", 2)
    except ProfilesError as error:
        fail(f"{path}: {error}", 2)


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


def _with_progress(items: Iterable[PostLine | BadLine]) -> Iterator[PostLine | BadLine]:
    """The items as they come; where a person watches a long file, with a count on stderr."""
    console = Console(stderr=True)
    shown = console.is_terminal and not sys.stdout.isatty()
    with Progress(console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("Judging", total=None)
        for item in items:
            yield item
            bar.advance(task)

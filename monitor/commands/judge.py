"""`footprint judge`: JSON lines of posts in, JSON lines of judgements out."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from alerts.mail import plain
from monitor.commands._posts import Profiles, judged_lines, schools_of
from monitor.commands._world import DEFAULT_CONFIG, ConfigPath, say
from monitor.judge import Judge
from monitor.judge.lines import BadLine, judgement_json

_WIDTH = 500


def command(
    file: Annotated[
        str, typer.Argument(metavar="[FILE|-]", help="Posts, one JSON object a line; - is stdin.")
    ] = "-",
    profiles: Profiles = None,
    config: ConfigPath = DEFAULT_CONFIG,
    _json: Annotated[
        bool, typer.Option("--json", help="JSON lines, as without it: they are the answer.")
    ] = False,
) -> None:
    """Judge posts: one JSON line in, one JSON line out, in the same order.

    A line is a post, such as {"id": "1", "text": "what was written"}.
    """
    watches = schools_of(profiles, config)
    judge = Judge(watches)
    bad = 0
    for item in judged_lines(file, frozenset(watch.id for watch in watches), "Judging"):
        if isinstance(item, BadLine):
            bad += 1
            say(f"line {item.number}: {plain(item.message, _WIDTH)}")
        else:
            answer = judge.best(item.words, item.profile)
            sys.stdout.write(f"{_line(judgement_json(item.id, answer))}\n")
    raise typer.Exit(1 if bad else 0)


def _line(answer: dict[str, Any]) -> str:
    """JSON on one line; a half surrogate pair, which UTF-8 cannot carry, as an escape."""
    line = json.dumps(answer, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(answer)
    return line

"""`footprint evaluate`: how well posts with labels are judged, and each miss with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.mail import plain
from monitor.commands._posts import Profiles, judged_lines, schools_of
from monitor.commands._world import DEFAULT_CONFIG, AsJson, ConfigPath, print_json, say
from monitor.judge import Judge
from monitor.judge.lines import BadLine, PostLine, answer_json
from monitor.judge.rules import category_names
from monitor.judge.scoring import (
    Hits,
    Labels,
    LabelsError,
    Scores,
    Share,
    labels_of,
    resampled,
    scores,
)
from monitor.judge.terms import Judgement, Level

_SHOWN = 200
_WIDTH = 300
_MEANS: dict[str, Callable[[Scores], float | None]] = {
    "mood, macro recall": lambda scored: scored.mood_recall,
    "categories, macro F1": lambda scored: scored.macro_f1,
}


@dataclass(frozen=True, slots=True)
class _Case:
    """A post, what a person says of it and what the program says of it."""

    post: PostLine
    labels: Labels
    judgement: Judgement

    @property
    def missed(self) -> tuple[str, ...]:
        """In which of the four answers the program differs."""
        labels, said = self.labels, self.judgement
        differs = {
            "relevant": labels.relevant != said.relevant,
            "level": labels.level is not said.level,
            "categories": labels.categories != frozenset(said.categories),
            "sentiment": labels.relevant and labels.sentiment != said.sentiment,
        }
        return tuple(name for name, wrong in differs.items() if wrong)


def command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Posts with labels, one JSON object a line.")
    ],
    profiles: Profiles = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="List each miss with its reasons.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Measure the judging on posts that a person has labelled."""
    watches = schools_of(profiles, config)
    cases, bad = [], 0
    for item in _cases(file, Judge(watches), frozenset(watch.id for watch in watches)):
        if isinstance(item, BadLine):
            bad += 1
            say(f"line {item.number}: {plain(item.message, _WIDTH)}")
        else:
            cases.append(item)
    scored = scores([(case.labels, case.judgement) for case in cases], category_names())
    misses = [case for case in cases if case.missed] if errors else []
    if as_json:
        print_json(_as_json(scored) | ({"errors": [_error(m) for m in misses]} if errors else {}))
    else:
        _print(scored, misses)
    raise typer.Exit(1 if bad else 0)


def _cases(file: str, judge: Judge, known: frozenset[str]) -> Iterator[_Case | BadLine]:
    for item in judged_lines(file, known, "Measuring"):
        if isinstance(item, BadLine):
            yield item
            continue
        try:
            labels = labels_of(item.labels, category_names())
        except LabelsError as error:
            yield BadLine(item.number, str(error))
            continue
        post = _printable(item)
        yield _Case(post, labels, judge.best(post.words, post.profile))


def _printable(post: PostLine) -> PostLine:
    """The post with halves of characters, which no output can carry, as question marks."""
    post_id, title, text = (
        words.encode("utf-8", "replace").decode("utf-8")
        for words in (post.id, post.words.title, post.words.text)
    )
    return replace(post, id=post_id, words=replace(post.words, title=title, text=text))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _two(found: Hits) -> dict[str, float | None]:
    return {
        "precision": _rounded(found.precision.value),
        "recall": _rounded(found.recall.value),
    }


def _three(found: Hits) -> dict[str, float | None]:
    return {**_two(found), "f1": _rounded(found.f1)}


def _as_json(scored: Scores) -> dict[str, Any]:
    per = {
        name: {**_three(found), "support": found.recall.whole}
        for name, found in scored.categories.items()
    }
    return {
        "n": len(scored),
        "relevance": {**_three(scored.relevance), "left_out": _rounded(scored.left_out.value)},
        "sentiment": {
            "accuracy": _rounded(scored.mood.value),
            "macro_recall": _rounded(scored.mood_recall),
        },
        "level": {
            "accuracy": _rounded(scored.level.value),
            "urgent": _two(scored.at_least(Level.URGENT)),
            "needs_response": _two(scored.at_least(Level.RESPOND)),
            "urgent_seen": _rounded(scored.urgent_seen.value),
            "wrongly_urgent": _rounded(scored.wrongly_urgent.value),
            "wrongly_sure": _rounded(scored.wrongly_sure.value),
            "wrongly_respond": _rounded(scored.wrongly_respond.value),
            "confusion": scored.confusion(),
        },
        "categories": {
            "macro_f1": _rounded(scored.macro_f1),
            "micro_f1": _rounded(scored.micro_f1),
            "per_category": per,
        },
    }


def _error(case: _Case) -> dict[str, Any]:
    labels = case.labels
    return {
        "line": case.post.number,
        "id": case.post.id,
        "wrong": list(case.missed),
        "labels": {
            "relevant": labels.relevant,
            "sentiment": labels.sentiment,
            "categories": sorted(labels.categories),
            "level": labels.level.value,
        },
        "judgement": answer_json(case.judgement),
        "text": case.post.words.whole,
    }


def _print(scored: Scores, misses: list[_Case]) -> None:
    console = Console()
    if not len(scored):
        console.print("No posts with labels.")
        return
    for miss in misses:
        _print_miss(console, miss)
    console.print(_summary(scored))
    console.print(_confusion(scored))
    if scored.categories:
        console.print(_per_category(scored))


def _print_miss(console: Console, case: _Case) -> None:
    labels, said = case.labels, case.judgement
    true = {
        "relevant": "ours" if labels.relevant else "not ours",
        "level": labels.level.value,
        "categories": " ".join(sorted(labels.categories)) or "none",
        "sentiment": labels.sentiment,
    }
    told = {
        "relevant": "ours" if said.relevant else "not ours",
        "level": said.level.value + (f" ({said.tier})" if said.tier else ""),
        "categories": " ".join(said.categories) or "none",
        "sentiment": said.sentiment,
    }
    wrong = "; ".join(f"{name}: {told[name]}, should be {true[name]}" for name in case.missed)
    console.print(Text.assemble((f"{plain(case.post.id, _SHOWN)}  ", "bold"), wrong))
    console.print(Text(f"  {plain(case.post.words.whole, _SHOWN)}", style="dim"))
    for reason in said.reasons:
        quoted = f" “{plain(reason.text, _SHOWN)}”" if reason.text else ""
        console.print(Text(f"  - {reason.says}{quoted} [{reason.rule}]"))


def _summary(scored: Scores) -> Table:
    posts = "1 post" if len(scored) == 1 else f"{len(scored)} posts"
    table = Table(box=None, pad_edge=False, title=posts, title_justify="left")
    table.add_column("measure")
    for column in ("value", "of", "95 % interval"):
        table.add_column(column, justify="right")
    for name, share in _shares(scored):
        low, high = share.interval or (0.0, 1.0)
        value = "-" if share.value is None else f"{share.value:.3f}"
        counted = f"{share.part}/{share.whole}"
        table.add_row(name, value, counted, f"{low:.3f}-{high:.3f}" if share.whole else "-")
    for name, measure in _MEANS.items():
        mean = measure(scored)
        if mean is not None:
            low, high = resampled(scored, measure)
            table.add_row(name, f"{mean:.3f}", "", f"{low:.3f}-{high:.3f}")
    return table


def _shares(scored: Scores) -> Iterator[tuple[str, Share]]:
    urgent, respond = scored.at_least(Level.URGENT), scored.at_least(Level.RESPOND)
    yield "level right", scored.level
    yield "urgent: found of those there are", urgent.recall
    yield "urgent: right of those called so", urgent.precision
    yield "urgent that reach at least respond", scored.urgent_seen
    yield "respond or more: found", respond.recall
    yield "respond or more: right", respond.precision
    yield "ordinary posts called urgent", scored.wrongly_urgent
    yield "ordinary posts called urgent, sure", scored.wrongly_sure
    yield "ordinary posts called respond", scored.wrongly_respond
    yield "about the school: kept", scored.relevance.recall
    yield "about something else: left out", scored.left_out
    yield "mood right", scored.mood


def _confusion(scored: Scores) -> Table:
    table = Table(box=None, pad_edge=False, title="\nlevel", title_justify="left")
    table.add_column("should be")
    for level in Level:
        table.add_column(f"said {level.value}", justify="right")
    for true, row in scored.confusion().items():
        table.add_row(true, *(str(number) for number in row.values()))
    return table


def _per_category(scored: Scores) -> Table:
    table = Table(box=None, pad_edge=False, title="\ncategories", title_justify="left")
    table.add_column("category")
    for column in ("posts", "found", "right", "F1"):
        table.add_column(column, justify="right")
    for name, found in scored.categories.items():
        shown = [found.recall.value, found.precision.value, found.f1]
        cells = ["-" if value is None else f"{value:.2f}" for value in shown]
        table.add_row(name, str(found.recall.whole), *cells)
    return table

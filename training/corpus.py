"""Reads the labelled posts as the learner is to see them; it trains nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.judge.lines import BadLine, PostLine, read_posts, watches_from_json
from monitor.judge.rules import category_names
from monitor.judge.scoring import Labels, labels_of
from monitor.judge.terms import MOODS, Watch
from monitor.judge.triage import Judge

POSTS = Path(__file__).parent / "posts"


class CorpusError(ValueError):
    """A labelled post that cannot be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled post as the learner sees it. Posts of one `school` are never split between
    training and measuring; `plain` marks a second view of a post, its exclusions forgotten.
    """

    id: str
    folder: str
    school: str
    words: tuple[str, ...]
    known: NDArray[np.float32]
    labels: Labels
    plain: bool = False


def folders() -> tuple[Path, ...]:
    """The writers' folders."""
    return tuple(sorted(path for path in POSTS.iterdir() if path.is_dir()))


def posts(folder: Path) -> Iterator[tuple[PostLine, Labels]]:
    """A folder's posts with their labels. Raises CorpusError, ProfilesError or LabelsError."""
    with (folder / "posts.jsonl").open("rb") as lines:
        for item in read_posts(lines, frozenset(watch.id for watch in watches(folder))):
            if isinstance(item, BadLine):
                raise CorpusError(f"{folder.name}/posts.jsonl, line {item.number}: {item.message}")
            yield item, labels_of(item.labels, category_names())


def watches(folder: Path) -> tuple[Watch, ...]:
    """A folder's schools."""
    return watches_from_json((folder / "profiles.json").read_text("utf-8"))


def examples(folder: Path) -> list[Example]:
    """A folder's posts as examples; a post in which something excluded is named stands twice, so
    that the learner does not lean on a list that a school may not have written.
    """
    judge = Judge(watches(folder))
    bare = Judge(tuple(replace(watch, exclude=()) for watch in watches(folder)))
    found: list[Example] = []
    for post, labels in posts(folder):
        first = _example(judge, folder, post, labels, plain=False)
        second = _example(bare, folder, post, labels, plain=True)
        found.append(first)
        if second.words != first.words:
            found.append(second)
    return found


def _example(judge: Judge, folder: Path, post: PostLine, labels: Labels, *, plain: bool) -> Example:
    words, known = judge.seen(post.words, post.profile or "")
    school = f"{folder.name}/{post.profile}"
    return Example(post.id, folder.name, school, tuple(words), known, labels, plain)


@dataclass(frozen=True, slots=True)
class Targets:
    """The labels of examples as columns."""

    levels: NDArray[np.int64]
    categories: NDArray[np.bool_]
    moods: NDArray[np.int64]
    relevant: NDArray[np.bool_]


def targets(found: Sequence[Example]) -> Targets:
    """Line up the labels."""
    names = category_names()
    labels = [one.labels for one in found]
    return Targets(
        np.array([one.level.rank for one in labels]),
        np.array([[name in one.categories for name in names] for one in labels]),
        np.array([MOODS.index(one.sentiment) for one in labels]),
        np.array([one.relevant for one in labels]),
    )

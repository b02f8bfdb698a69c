"""Invented people with result pages that were labelled by hand, in the shape of Brave's answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.judge.terms import Watch
from monitor.presence.grading import Grader, Opinion, Result
from monitor.presence.record import Identity
from sources.formats.api import document
from sources.search_engines import ENGINES, read_hits

FOLDER = Path(__file__).parent / "data" / "presence"


@dataclass(frozen=True)
class Labelled:
    """A result, what was thought of it, and whose page it is: you, other, or open (nobody could
    tell from the result alone).
    """

    who: str
    label: str
    result: Result
    opinion: Opinion


def people(half: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Who is in that half of the set, by name of file."""
    for path in sorted((FOLDER / half).glob("*.json")):
        yield path.stem, json.loads(path.read_text("utf-8"))


def grader_of(person: dict[str, Any]) -> Grader:
    """What grades that person's results."""
    school = person["school"]
    watch = Watch(
        "school",
        school["name"],
        tuple(school["aliases"]),
        urls=tuple(school["urls"]),
        places=tuple(school["places"]),
    )
    identity = Identity(
        name=person["name"],
        also=tuple(person["also"]),
        handles=tuple(person["handles"]),
        emails=tuple(person["emails"]),
    )
    return Grader(identity, watch)


def results_of(person: dict[str, Any]) -> list[Result]:
    """The pages as the reader of search answers gives them."""
    found = document(json.dumps(person["payload"]).encode(), "https://search.example", "")
    entries = read_hits(ENGINES["brave"], found, "q")["entries"]
    return [Result(one["link"], one["title"], one["text"], "Brave") for one in entries]


def graded(half: str) -> list[Labelled]:
    """Every result of every person in that half."""
    made = []
    for who, person in people(half):
        grader = grader_of(person)
        results = results_of(person)
        assert len(results) == len(person["labels"]), who
        for result in results:
            label = person["labels"][result.url]
            made.append(Labelled(who, label, result, grader.opinion(result)))
    return made


def figures(rows: list[Labelled]) -> tuple[float, float]:
    """Precision and recall of "likely you"."""
    likely = [row for row in rows if row.opinion.grade == "likely"]
    right = sum(row.label == "you" for row in likely)
    theirs = sum(row.label == "you" for row in rows)
    return right / len(likely), right / theirs

"""Reads the demonstration's posts from the packaged data files; it alone knows their format."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

Shape = Literal["press", "alerts", "forum", "village", "search", "blogs"]


@dataclass(frozen=True, slots=True)
class Labels:
    """What a careful reader answers by the triage guide; the program never sees it."""

    relevant: bool
    sentiment: str
    categories: tuple[str, ...]
    level: str


@dataclass(frozen=True, slots=True)
class DemoPost:
    """One invented post.

    `appears` counts from the start of the demonstration, below zero for what was there before.
    `page` is the id of the post whose page the entry links to: its own, or in a search result
    that of the article. `repeats` is the id of an earlier post with the same story or words.
    """

    id: str
    author: str
    title: str
    text: str
    appears: timedelta
    page: str
    repeats: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Outlet:
    """One invented place: `id` is its data file's name, `host` the address it pretends to have."""

    id: str
    title: str
    shape: Shape
    host: str
    posts: tuple[DemoPost, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """A post with the moment at which it appeared, to the second."""

    post: DemoPost
    published: datetime


@cache
def outlets() -> tuple[Outlet, ...]:
    """Every place of the demonstration, by name of its data file."""
    folder = files("monitor.demo").joinpath("data")
    tables = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    rows = {row["id"]: row for table in tables.values() for row in table["posts"]}
    return tuple(_outlet(name, tables[name], rows) for name in sorted(tables))


def visible(outlet: Outlet, started: datetime, now: datetime) -> list[Dated]:
    """The posts whose time has come, newest first."""
    dated = [Dated(p, (started + p.appears).replace(microsecond=0)) for p in outlet.posts]
    come = [at for at in dated if started + at.post.appears <= now]
    return sorted(come, key=lambda at: at.published, reverse=True)


def _outlet(name: str, table: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> Outlet:
    shape: Shape = table["shape"]
    if shape not in get_args(Shape):
        raise ValueError(f"{name}.toml: no feed has the shape {shape!r}")
    posts = tuple(_post(row, rows) for row in table["posts"])
    return Outlet(name, table["title"], shape, table["host"], posts)


def _post(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> DemoPost:
    repeats = row.get("story_of") or row.get("copy_of") or ""
    known = {**rows[repeats], **row} if repeats else row
    return DemoPost(
        id=row["id"],
        author=row.get("author", ""),
        title=known.get("title", ""),
        text=known["text"],
        appears=_appears(row),
        page=row.get("story_of") or row["id"],
        repeats=repeats,
        labels=_labels(known["labels"]),
    )


def _appears(row: Mapping[str, Any]) -> timedelta:
    if "later" in row:
        return timedelta(seconds=row["later"])
    return -timedelta(minutes=row["age"])


def _labels(table: Mapping[str, Any]) -> Labels:
    categories = tuple(table["categories"])
    return Labels(table["relevant"], table["sentiment"], categories, table["level"])

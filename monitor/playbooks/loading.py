"""Reads the packaged playbooks and holds them against each other; it alone knows their files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from monitor.playbooks.facts import (
    Asking,
    Body,
    Category,
    Common,
    Fact,
    Law,
    NationFile,
    Platforms,
    PlaybookError,
)

# The places in a reply that the school's own contacts fill, and what stands there without one.
BLANKS: Mapping[str, str] = {
    "office_phone": "[number]",
    "office_email": "[email]",
    "complaints": "[address]",
}
Shape = TypeVar("Shape")
_BODIES: TypeAdapter[dict[str, Body]] = TypeAdapter(dict[str, Body])
_LAWS: TypeAdapter[dict[str, Law]] = TypeAdapter(dict[str, Law])
_COMMON = TypeAdapter(Common)
_NATIONS = TypeAdapter(NationFile)
_PLATFORMS = TypeAdapter(Platforms)
_CATEGORY = TypeAdapter(Category)


@dataclass(frozen=True, slots=True)
class Book:
    """All that the data files say."""

    categories: Mapping[str, Category]
    bodies: Mapping[str, Body]
    laws: Mapping[str, Law]
    platforms: Platforms
    nations: NationFile
    common: Common

    def facts(self) -> Iterator[Fact]:
        """Every fact of every file."""
        for part in (self.platforms, self.nations, self.common):
            yield from _facts(part)
        for table in (self.categories, self.bodies, self.laws):
            yield from _facts(table)


@cache
def book() -> Book:
    """The packaged playbooks; raises PlaybookError where a file is wrong."""
    return load(files("monitor.playbooks").joinpath("data"))


def load(folder: Traversable) -> Book:
    """The playbooks of a folder; raises PlaybookError with the file's name and what is wrong."""
    read = folder.joinpath("categories").iterdir()
    found = [
        _read(entry, _CATEGORY)
        for entry in sorted(read, key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]
    bodies = _read(folder.joinpath("bodies.toml"), _BODIES)
    laws = _read(folder.joinpath("law.toml"), _LAWS)
    made = Book(
        categories={category.name: category for category in found},
        bodies=bodies,
        laws=laws,
        platforms=_read(folder.joinpath("platforms.toml"), _PLATFORMS),
        nations=_read(folder.joinpath("nations.toml"), _NATIONS),
        common=_read(folder.joinpath("common.toml"), _COMMON),
    )
    for mistake in _mistakes(made):
        raise PlaybookError(mistake)
    return made


def _read(entry: Traversable, shape: TypeAdapter[Shape]) -> Shape:
    try:
        return shape.validate_python(tomllib.loads(entry.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PlaybookError(f"{entry.name} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PlaybookError(f"{entry.name}: {where}: {first['msg']}") from None


def _facts(value: Any) -> Iterator[Fact]:
    if isinstance(value, Fact):
        yield value
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for part in value:
            yield from _facts(part)


def _mistakes(made: Book) -> Iterator[str]:
    """What one file says of another that is not so."""
    for category in made.categories.values():
        for what, keys, known in _references(category, made):
            for key in keys:
                if key not in known:
                    yield f"{category.name}.toml: there is no {what} {key}"
    for key, law in made.laws.items():
        for other in law.instead.values():
            if other not in made.laws:
                yield f"law.toml: {key}: there is no law {other}"
    yield from _unknown_words(made)


def _references(
    category: Category, made: Book
) -> Iterator[tuple[str, Iterable[str], Iterable[str]]]:
    yield "body", (*category.bodies, *category.urgent_bodies), made.bodies
    yield "law", category.law, made.laws
    yield "warning", category.warnings, made.common.warnings
    yield "common step", category.common, made.common.steps
    yield "word on the police", (category.police,), made.common.police
    yield "role", (part.role for part in (*category.lead, *category.told)), made.nations.roles
    for asking in (category.removal, category.platform):
        yield "ground", asking.grounds, {**made.laws, **made.platforms.rules}
        yield "ground for its steps:", _baseless(asking), ()


def _baseless(asking: Asking) -> Iterator[str]:
    """What would have something taken down without any ground."""
    if not asking.grounds:
        yield from (step.says for step in asking.steps)


def _unknown_words(made: Book) -> Iterator[str]:
    known = {*made.nations.roles, *BLANKS}
    texts = [fact.says for fact in made.facts()] + [body.name for body in made.bodies.values()]
    for text in texts:
        for _, word, _, _ in Formatter().parse(text):
            if word is not None and word not in known:
                yield f"{{{word}}} is no role: {text}"

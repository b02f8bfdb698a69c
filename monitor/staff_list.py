"""PURE: a school's list of people as CSV, held against its settings: who joins and who leaves."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import AoT, Table

from monitor.school_settings import Person

COLUMNS = ("name", "email", "role")
MOST_BYTES, MOST_ROWS, LONGEST = 1024 * 1024, 2000, 254
# With these a spreadsheet program takes a cell for a formula.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


class ListError(Exception):
    """The list cannot be taken; the message is one plain line that names the row."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a list changes; addresses are those of the settings, or of the list for joiners."""

    joiners: tuple[Person, ...]
    changed: tuple[Person, ...]
    leavers: tuple[Person, ...]


def people_in(content: bytes) -> tuple[Person, ...]:
    """The people of a list: columns name, email and role; several roles parted by `;`.

    Raises ListError for whatever is not plainly such a list: nothing of it is taken then.
    """
    if len(content) > MOST_BYTES:
        raise ListError("the list is longer than 1 MB; it should hold one school's people alone")
    try:
        rows = list(
            csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise ListError("the list is no CSV in UTF-8; save it as “CSV UTF-8”") from error
    if not rows or set(COLUMNS) - set(rows[0]):
        raise ListError("the list needs a first line with name,email,role and a line a person")
    if len(rows) > MOST_ROWS:
        raise ListError(f"the list has more than {MOST_ROWS} lines")
    found: dict[str, Person] = {}
    for number, row in enumerate(rows, 2):
        person = _person(number, row)
        if found.setdefault(person.email.casefold(), person) is not person:
            raise ListError(f"line {number}: this address stands in the list twice")
    return tuple(found.values())


def _person(number: int, row: Mapping[str | None, Any]) -> Person:
    values = {name: row.get(name) or "" for name in COLUMNS}
    for name, value in values.items():
        if not isinstance(value, str) or len(value) > LONGEST or not _is_plain(value):
            raise ListError(f"line {number}: the {name} is not plain words")
    roles = tuple(part.strip() for part in values["role"].split(";") if part.strip())
    try:
        return Person(name=values["name"], email=values["email"].strip(), roles=roles)
    except ValidationError as error:
        first = error.errors()[0]
        key = "role" if first["loc"][0] == "roles" else first["loc"][0]
        raise ListError(
            f"line {number}: {key} {first['msg'].removeprefix('Value error, ')}"
        ) from error


def _is_plain(value: str) -> bool:
    hidden = any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") for one in value)
    return not hidden and not value.lstrip().startswith(_FORMULA)


def changes(now: Sequence[Person], listed: Sequence[Person]) -> Changes:
    """What the list changes, by address; letters' case makes no difference."""
    before = {person.email.casefold(): person for person in now}
    after = {person.email.casefold(): person for person in listed}
    stay = [(before[email], after[email]) for email in after if email in before]
    return Changes(
        joiners=tuple(person for email, person in after.items() if email not in before),
        changed=tuple(new for old, new in stay if (old.name, old.roles) != (new.name, new.roles)),
        leavers=tuple(person for email, person in before.items() if email not in after),
    )


def rewritten(text: str, school_id: str, found: Changes) -> str:
    """The settings with those changes in them, and every comment and choice left in its place.

    Raises ListError where that school's people do not stand in this file as headings of their own.
    """
    document = tomlkit.parse(text)
    people = _people(document, school_id)
    leaving = {person.email.casefold() for person in found.leavers}
    changed = {person.email.casefold(): person for person in found.changed}
    for at in reversed(range(len(people))):
        email = str(people[at].get("email", "")).casefold()
        if email in leaving:
            del people[at]
        elif email in changed:
            _fill(people[at], changed[email])
    for person in found.joiners:
        table = tomlkit.table()
        table["email"] = person.email
        _fill(table, person)
        people.append(table)
    return tomlkit.dumps(document)


def _people(document: Mapping[str, Any], school_id: str) -> AoT:
    schools = document.get("schools")
    listed: Iterable[Any] = schools if isinstance(schools, AoT) else ()
    for school in listed:
        if school.get("id") == school_id:
            people = school.get("people")
            if isinstance(people, AoT):
                return people
            raise ListError(
                "the settings of this school have no [[schools.people]]; add one by hand"
            )
    raise ListError(f"there is no school {school_id} in this file")


def _fill(table: Table, person: Person) -> None:
    table["name"] = person.name
    for key in ("role", "roles"):
        table.pop(key, None)
    if len(person.roles) == 1:
        table["role"] = person.roles[0]
    else:
        table["roles"] = list(person.roles)

"""PURE: the parts of a school's settings that the pages show, and what a form makes of them.

What a value may be is not decided here: the settings' own code refuses it, and its words are put
beside the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, get_args

from monitor.problems import Problem, key_text
from monitor.settings import KNOWN_CONTACTS, Role
from monitor.settings_changes import Edit
from monitor.toml_lines import KeyPath
from monitor.web import words

Kind = Literal["line", "lines", "number", "day", "switch", "choice", "choices", "terms"]
_LONGEST_NUMBER = 9
_NATIONS = {
    "england": "England",
    "wales": "Wales",
    "scotland": "Scotland",
    "northern_ireland": "Northern Ireland",
}
_LANGUAGES = {
    "en": "English",
    "cy": "Welsh",
    "cy en": "Welsh, then English",
    "en cy": "English, then Welsh",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: `key` leads to it from the school's table; `usual` holds where none is given."""

    key: KeyPath
    label: str
    hint: str = ""
    kind: Kind = "line"
    usual: Any = ""
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the form calls it."""
        return ".".join(map(str, self.key))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the settings on a page of its own, and the roles that may change it."""

    id: str
    title: str
    lead: str
    fields: tuple[Field, ...]
    who: frozenset[str]


OFFICE = frozenset({"office", "headteacher"})
HEAD = frozenset({"headteacher"})
NAMES = Part(
    "names",
    "Names and words",
    (
        "What means the school, and what means another one. Try them before you save: people are "
        "never watched, so no name of a person may stand here."
    ),
    (
        Field(("name",), "The school's name"),
        Field(("aliases",), "Other names", "What people call it, one a line.", "lines"),
        Field(("handles",), "Account names", "Such as @hollybrookpri.", "lines"),
        Field(("hashtags",), "Hashtags", "Such as #hollybrookprimary.", "lines"),
        Field(("urls",), "Web addresses", "Such as hollybrook.sch.uk.", "lines"),
        Field(
            ("places",),
            "Places near it",
            "Town, county and the first half of the postcode: they tell namesakes apart.",
            "lines",
        ),
        Field(
            ("exclude",),
            "What is not the school",
            "Another school, a street or a pub of nearly the same name, one a line.",
            "lines",
        ),
    ),
    OFFICE,
)
HOURS = Part(
    "hours",
    "Hours and terms",
    "When mail that can wait is sent, and when the school is open.",
    (
        Field(("hours", "respond"), "Hours", "Such as 07:30-17:30.", usual="07:30-17:30"),
        Field(
            ("hours", "digest"),
            "The week's summary",
            "Such as Mon 07:30.",
            usual="Mon 07:30",
        ),
        Field(
            ("hours", "holiday_contact"),
            "Who hears in the holidays",
            "The email address of one of the people.",
        ),
        Field(
            ("hours", "escalate_minutes"),
            "Minutes until somebody else is told",
            "Of what is urgent, where nobody has taken it.",
            "number",
            15,
        ),
        Field(
            ("term_dates",),
            "Term dates",
            "Such as 2026-09-01..2026-12-18, one term a line; or the name of an .ics file.",
            "terms",
        ),
    ),
    OFFICE,
)
CONTACTS = Part(
    "contacts",
    "Local contacts",
    "Numbers and addresses that alerts and incidents show. Nothing is sent there.",
    tuple(
        Field(("contacts", key), words.sentence(meaning)) for key, meaning in KNOWN_CONTACTS.items()
    ),
    OFFICE,
)
GENERAL = Part(
    "general",
    "Nation, languages and accounts",
    "Whose law and bodies the advice names, and where the school speaks itself.",
    (
        Field(("nation",), "Nation", kind="choice", usual="england", choices=_NATIONS),
        Field(
            ("languages",),
            "Languages of pages and mails",
            kind="choices",
            usual=("en",),
            choices=_LANGUAGES,
        ),
        Field(
            ("official_accounts",),
            "The school's own accounts",
            "One a line. Where there is none, no public reply is ever advised.",
            "lines",
        ),
        Field(
            ("public_reports",),
            "Whoever has the link may report a post",
            "Words and an address, no files. The link is on this page.",
            "switch",
            False,
        ),
    ),
    OFFICE,
)
APPROVAL = Part(
    "approval",
    "Approval",
    "Without it nothing is watched. It is the headteacher's to give, after advice.",
    (
        Field(("approval", "headteacher"), "Who approved it"),
        Field(
            ("approval", "dpo_advice"),
            "What the data protection officer advised",
            "Such as DPIA v1 agreed.",
        ),
        Field(("approval", "date"), "When", "Such as 2026-09-01.", "day"),
        Field(
            ("approval", "notice_url"),
            "The privacy notice",
            "The web address where parents and staff can read it.",
        ),
    ),
    HEAD,
)
PARTS = {part.id: part for part in (NAMES, HOURS, CONTACTS, GENERAL, APPROVAL)}
PEOPLE = "people"


def shown(one: Field, school: Mapping[str, Any]) -> str:
    """A setting as its field shows it; a list has a line for each of its words."""
    value = _found(school, one.key)
    value = one.usual if value is None else value
    if one.kind == "choices":
        return " ".join(value)
    if isinstance(value, list | tuple):
        return "\n".join(map(_term, value))
    return ("yes" if value else "") if one.kind == "switch" else str(value)


def _term(value: Any) -> str:
    return f"{value['first']}..{value['last']}" if isinstance(value, dict) else str(value)


def _found(table: Mapping[str, Any], key: KeyPath) -> Any:
    found: Any = table
    for part in key:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def edits(part: Part, school: Mapping[str, Any], form: Mapping[str, str]) -> tuple[Edit, ...]:
    """What a form changes: a field that shows what it showed before changes nothing."""
    return tuple(
        Edit(one.key, _value(one, given))
        for one in part.fields
        if (given := _tidy(form.get(one.name, ""))) != _tidy(shown(one, school))
    )


def _tidy(text: str) -> str:
    lines = (line.strip() for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def _value(one: Field, given: str) -> Any:
    """As it stands in the file; what it may be is the settings' own code to say."""
    if one.kind == "switch":
        return given == "yes"
    if one.kind == "choices":
        return given.split()
    if one.kind == "lines" or (one.kind == "terms" and not given.casefold().endswith(".ics")):
        return given.split("\n") if given else []
    if one.kind == "number":
        return _number(given)
    return (_day(given) if one.kind == "day" else given) or None


def _number(given: str) -> int | str:
    is_number = given.isascii() and given.isdigit() and len(given) <= _LONGEST_NUMBER
    return int(given) if is_number else given


def _day(given: str) -> date | str:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return given


def said(part_fields: Sequence[Field], problems: Sequence[Problem]) -> list[str]:
    """What the settings' code refuses, each with the field's own name where it has one."""
    return [_said(part_fields, problem) for problem in problems]


def _said(fields: Sequence[Field], problem: Problem) -> str:
    for one in fields:
        key = key_text(one.key)
        place = problem.key.partition("].")[2] if "]." in problem.key else problem.key
        if place == key or place.startswith((f"{key}[", f"{key}.")):
            return f"{one.label}: {problem.message}"
    return str(problem)


ROLES = get_args(Role)


def person_edits(
    school: Mapping[str, Any], at: int, form: Mapping[str, str], roles: Sequence[str]
) -> tuple[Edit, ...]:
    """What the form of one person changes; `at` behind the last is somebody new."""
    people = school.get(PEOPLE, [])
    name, email = form.get("name", "").strip(), form.get("email", "").strip()
    if at == len(people):
        return (Edit((PEOPLE, at), {"name": name, "email": email, "roles": list(roles)}),)
    return tuple(_changed(people[at], at, {"name": name, "email": email, "roles": list(roles)}))


def _changed(person: Mapping[str, Any], at: int, given: Mapping[str, Any]) -> Iterator[Edit]:
    held = roles_of(person)
    for key in ("name", "email"):
        if person.get(key) != given[key]:
            yield Edit((PEOPLE, at, key), given[key])
    if set(held) != set(given["roles"]):
        yield Edit((PEOPLE, at, "role"), None)
        yield Edit((PEOPLE, at, "roles"), given["roles"])


def roles_of(person: Mapping[str, Any]) -> tuple[str, ...]:
    """The roles of somebody as the file has them, in either way."""
    return (person["role"],) if "role" in person else tuple(person.get("roles", ()))

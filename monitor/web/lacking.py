"""PURE: what the settings lack, in plain words: what holds the start up, and what is advised."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from monitor.settings import School, Settings

IMPORTANT = "IMPORTANT: "
OF_THE_PROGRAM = {
    "http.contact": "The address that is shown to the sites that are read",
    "mail.from": "The address that alerts come from",
    "mail.host": "The name of the mail server",
    "mail.user": "The name to sign in to the mail server with",
    "web.address": "The address of these pages",
}
OF_A_SCHOOL = {
    "": "{school}",
    "aliases": "The list of other names for {school}",
    "approval": "The approval of {school}",
    "approval.date": "The date of the approval of {school}",
    "approval.dpo_advice": "What the data protection officer advised {school}",
    "contacts": "The list of outside contacts of {school}",
    "exclude": "The list of what is not {school}",
    "handles": "The list of account names of {school}",
    "hashtags": "The list of hashtags of {school}",
    "hours.holiday_contact": "The holiday contact of {school}",
    "id": "The short name of {school}",
    "name": "The name of {school}",
    "official_accounts": "The list of accounts that {school} posts from",
    "people": "The list of people who are told at {school}",
    "places": "The list of places near {school}",
    "staff": "The list of staff of {school}",
    "urls": "The list of web addresses of {school}",
}
# Names that stand within the advice.
PLAIN = {
    "[[sources]]": "source",
    "chair": "chair of governors",
    "deputy_dsl": "deputy safeguarding lead",
    "dpo": "data protection officer",
    "dsl": "safeguarding lead",
    "hr": "HR",
    "it": "IT support",
    "la_legal": "the council's legal team",
    "la_press": "the council's press office",
    "lado": "the LADO",
    "mash": "children's social care",
    "mash_out_of_hours": "children's social care out of hours",
    "office_email": "the office's email",
    "office_phone": "the office's telephone",
    "vice_chair": "vice-chair of governors",
}
# Words of their own in a sentence; in a list of contacts they are names.
AMBIGUOUS = frozenset({"chair", "it"})
# What is quoted is the school's own, and passes as it is.
_NAME = re.compile(r'"[^"]*"|`[^`]*`|\[\[sources\]\]|(?<![\w.])[a-z_]+(?![\w.])')


@dataclass(frozen=True, slots=True)
class Advised:
    """One piece of advice as a sentence; `key` is where it stands in the settings, or empty."""

    says: str
    key: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """`blockers` keep a school from being watched, or anybody from being told."""

    blockers: tuple[str, ...]
    important: tuple[Advised, ...]
    worth_adding: tuple[Advised, ...]


def lacking(settings: Settings, watched: Collection[str], notices: Iterable[str]) -> Lacking:
    """Sort what the settings lack. `notices` are lines that begin with a setting's name."""
    blockers = tuple(line for school in settings.schools for line in _blockers(school, watched))
    left = [notice for notice in notices if not _is_blocker(notice)]
    important = (line.removeprefix(IMPORTANT) for line in left if line.startswith(IMPORTANT))
    others = (line for line in left if not line.startswith(IMPORTANT))
    return Lacking(
        blockers,
        tuple(_advised(line, settings) for line in important),
        tuple(_advised(line, settings) for line in others),
    )


def _blockers(school: School, watched: Collection[str]) -> Iterable[str]:
    if school.id not in watched:
        yield f"{school.name} has no approval: nobody has written down that its head agreed."
    if not school.people:
        yield f"{school.name} names nobody who is to be told."


def _is_blocker(notice: str) -> bool:
    key, _, rest = notice.removeprefix(IMPORTANT).partition(" ")
    return key.endswith((".approval", ".people")) and rest.startswith("is missing")


def _advised(line: str, settings: Settings) -> Advised:
    key, _, rest = line.partition(" ")
    subject = _subject(key, settings)
    return Advised(f"{subject} {_plain(rest, key)}", key) if subject else Advised(line, "")


def _plain(words: str, key: str) -> str:
    kept: frozenset[str] = frozenset() if key.endswith(".contacts") else AMBIGUOUS
    plain = {name: said for name, said in PLAIN.items() if name not in kept}
    return _NAME.sub(lambda name: plain.get(name[0], name[0]), words)


def _subject(key: str, settings: Settings) -> str:
    """What a setting is in plain words; empty for one that is not known."""
    for school in settings.schools:
        own = f"schools.{school.id}"
        if key == own or key.startswith(f"{own}."):
            plain = OF_A_SCHOOL.get(key[len(own) + 1 :], "")
            return plain.format(school=school.name) if plain else ""
    if key.startswith("sources."):
        return f"The source {key.split('.')[1]}"
    return OF_THE_PROGRAM.get(key, "")

"""PURE: who is owed a letter or a note about the program's own health, and what each says."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.base import Letter
from alerts.machine import MachineNotice, machine_letter
from alerts.mail import Envelope
from alerts.second import note
from monitor.machine import ADDRESS, MAIL, Kept, Trouble
from monitor.notices import worded
from monitor.settings import Person, School
from monitor.source_news import keepers
from monitor.store.deliveries import MACHINE, SECOND, Owed

# Below every alert.
PRIORITY = 0
BEGUN, OVER = "begun", "over"
# A note names nobody.
_WITHOUT_NAMES = {ADDRESS: "Mail to one address is refused"}


def owed_at_beginning(trouble: Trouble, schools: Iterable[School], now: datetime) -> list[Owed]:
    """What is owed where something is wrong. That mail fails cannot be told by mail."""
    facts = {
        "title": trouble.title,
        "says": trouble.says,
        "advice": trouble.advice,
        "since": trouble.since.isoformat(),
        "until": "",
    }
    found = list(schools)
    letters = [] if trouble.kind == MAIL else _letters(trouble, BEGUN, found, facts, now)
    return [*letters, *_notes(trouble, BEGUN, found, [trouble.advice], now)]


def owed_at_end(kept: Kept, schools: Iterable[School], now: datetime) -> list[Owed]:
    """What is owed where something is over that people were told of."""
    facts = {
        "title": kept.title,
        "says": "",
        "advice": "",
        "since": kept.since.isoformat(),
        "until": now.isoformat(),
    }
    found = list(schools)
    notes = _notes(kept, OVER, found, ["It is over: nothing needs to be done."], now)
    return [*_letters(kept, OVER, found, facts, now), *notes]


@dataclass(frozen=True, slots=True)
class Words:
    """What a letter (`kind` MACHINE) or note (SECOND) has to say, as it was owed."""

    kind: str
    facts: Mapping[str, Any]
    id: str


def written(words: Words, school: School, page: str, now: datetime, envelope: Envelope) -> Letter:
    """The letter or note; `page` is the address of the pages, or empty."""
    if words.kind == SECOND:
        return note(words.facts["heading"], words.facts["lines"], page, **envelope)
    return machine_letter(_notice(school, words.facts, page, words.id[:8], now), **envelope)


def _notice(
    school: School, facts: Mapping[str, Any], page: str, reference: str, now: datetime
) -> MachineNotice:
    return MachineNotice(
        school_id=school.id,
        school=school.name,
        title=facts["title"],
        says=facts["says"],
        advice=facts["advice"],
        since=worded(datetime.fromisoformat(facts["since"]), beside=now),
        until=worded(datetime.fromisoformat(facts["until"]), beside=now) if facts["until"] else "",
        page=page,
        reference=reference,
    )


def _letters(
    about: Trouble | Kept,
    level: str,
    schools: list[School],
    facts: Mapping[str, Any],
    now: datetime,
) -> list[Owed]:
    heard = {
        person.email.casefold(): (school, role, person)
        for school in reversed(schools)
        for role, person in reversed(keepers(school))
    }
    return [_owed(MACHINE, about, level, one, facts, now) for one in heard.values()]


def _notes(
    about: Trouble | Kept, level: str, schools: list[School], lines: list[str], now: datetime
) -> list[Owed]:
    title = _WITHOUT_NAMES.get(about.kind, about.title)
    facts = {
        "heading": f"Footprint: {title[:1].lower()}{title[1:]}",
        "lines": lines,
    }
    return [_owed(SECOND, about, level, one, facts, now) for one in _noted(about.kind, schools)]


def _noted(kind: str, schools: list[School]) -> Iterator[tuple[School, str, Person]]:
    """Whoever keeps the program; where no mail goes out, everybody who can be reached."""
    seen: set[str] = set()
    for school in schools:
        everybody = ((one.roles[0], one) for one in school.people)
        for role, person in everybody if kind == MAIL else keepers(school):
            if person.second and person.email.casefold() not in seen:
                seen.add(person.email.casefold())
                yield school, role, person


def _owed(
    kind: str,
    about: Trouble | Kept,
    level: str,
    to: tuple[School, str, Person],
    facts: Mapping[str, Any],
    now: datetime,
) -> Owed:
    school, role, person = to
    return Owed(
        id=uuid.uuid4().hex,
        mention_id=None,
        school=school.id,
        level=level,
        priority=PRIORITY,
        role=role,
        email=person.email,
        due_at=now,
        kind=kind,
        subject=f"{about.name} {about.since.isoformat()} {level}",
        facts=facts,
    )

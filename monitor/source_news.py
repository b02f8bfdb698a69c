"""PURE: who is owed a letter about a source that is not well or well again, and what it says."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerts.reports import Return, SourceNotice, Trouble
from monitor.health import ADVICE, WORDS, State
from monitor.hearing import holders
from monitor.notices import worded
from monitor.settings import Person, School, SourceSettings
from monitor.store.deliveries import SOURCE, Owed
from monitor.store.looks import Look
from sources.catalogue import kinds

# Where the internet connection breaks, all sources break within minutes: they share a letter.
GATHERED = timedelta(minutes=15)
# Below every alert.
PRIORITY = 0
# Who runs the program at a school; where nobody does, who answers for it.
_KEEPERS = (("it", "office"), ("headteacher", "dsl"))


def keepers(school: School) -> tuple[tuple[str, Person], ...]:
    """Who hears that a source is not well, each with the role: never what any post says."""
    for roles in _KEEPERS:
        found = tuple((role, person) for role in roles for person in holders(school, role))
        if found:
            return found
    return tuple((person.roles[0] if person.roles else "", person) for person in school.people[:1])


def owed(
    source: SourceSettings,
    look: Look,
    state: State,
    schools: Iterable[School],
    next_at: datetime,
    now: datetime,
) -> list[Owed]:
    """A letter for each person who must hear of the source's news; empty where there is none."""
    since = look.broken_since or now
    if not state.news:
        return []
    heard: dict[str, tuple[School, str, Person]] = {}
    for school in schools:
        for role, person in keepers(school):
            heard.setdefault(person.email.casefold(), (school, role, person))
    return [
        Owed(
            id=uuid.uuid4().hex,
            mention_id=None,
            school=school.id,
            level=state.told or state.news,
            priority=PRIORITY,
            role=role,
            email=person.email,
            due_at=now + GATHERED,
            kind=SOURCE,
            subject=f"{source.id} {since.isoformat()}",
            facts={source.id: _facts(source, state, since, next_at, now)},
        )
        for school, role, person in heard.values()
    ]


def _facts(
    source: SourceSettings, state: State, since: datetime, next_at: datetime, now: datetime
) -> Mapping[str, Any]:
    """What the letter has to say of it, in JSON values: the letter is written later."""
    return {
        "kind": source.kind,
        "health": state.health,
        "error": state.error,
        "since": since.isoformat(),
        "until": now.isoformat() if state.news == "back" else "",
        "next": next_at.isoformat(),
    }


def notice(
    school: School, facts: Mapping[str, Mapping[str, Any]], page: str, reference: str, now: datetime
) -> SourceNotice:
    """What the letter says of each source, by the facts that were kept."""
    return SourceNotice(
        school_id=school.id,
        school=school.name,
        troubles=tuple(_trouble(name, one, now) for name, one in facts.items() if not one["until"]),
        returns=tuple(
            Return(name, _worded(one["since"], now), _worded(one["until"], now))
            for name, one in facts.items()
            if one["until"]
        ),
        page=page,
        reference=reference,
    )


def _trouble(name: str, facts: Mapping[str, Any], now: datetime) -> Trouble:
    kind, next_at = kinds().get(facts["kind"]), datetime.fromisoformat(facts["next"])
    again = f"It is next tried on {worded(next_at)}" if next_at > now else "It is being tried again"
    return Trouble(
        source=name,
        state=WORDS[facts["health"]],
        error=facts["error"],
        since=_worded(facts["since"], now),
        missing=kind.sees if kind else "",
        advice=ADVICE[facts["health"]],
        again=f"{again}, and at least daily after that until it is back.",
    )


def _worded(moment: str, now: datetime) -> str:
    return worded(datetime.fromisoformat(moment), beside=now)

"""Whether a school's approval still covers what is watched: asked again when that changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

from monitor.documents.facts import terms
from monitor.settings import School, Settings
from monitor.store import audit, rights
from monitor.store.engine import Connection
from monitor.store.rights import Approved

MOST_SHOWN = 3


def fingerprint(lines: Iterable[str]) -> str:
    """Changes with what is approved."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def record(
    connection: Connection,
    settings: Settings,
    school: School,
    headteacher: str,
    dpo_advice: str,
    day: date,
    who: str,
    now: datetime,
) -> Approved:
    """Write down that the school's head approves of what is watched as it stands now."""
    lines = terms(settings, school)
    made = Approved(school.id, now, who, headteacher, dpo_advice, day, fingerprint(lines), lines)
    rights.approve(connection, made)
    return made


def heed(
    connection: Connection, settings: Settings, schools: Iterable[School], now: datetime
) -> None:
    """Write down each approval of the configuration that was not known yet, with what it covers."""
    for school in schools:
        given = school.approval
        if given is None:
            continue
        said = (given.headteacher, given.dpo_advice, given.date)
        if said not in rights.approvals(connection, school.id):
            record(connection, settings, school, *said, audit.ITSELF, now)


def outgrown(
    connection: Connection, settings: Settings, schools: Iterable[School]
) -> tuple[str, ...]:
    """For each school whose approval does not cover what is watched now, what has changed."""
    found = []
    for school in schools:
        last = rights.approval(connection, school.id)
        lines = terms(settings, school)
        if last is not None and last.fingerprint != fingerprint(lines):
            found.append(_sentence(school, last, lines))
    return tuple(found)


def _sentence(school: School, last: Approved, lines: tuple[str, ...]) -> str:
    changed = [f"new: {line}" for line in lines if line not in last.terms]
    changed += [f"gone: {line}" for line in last.terms if line not in lines]
    more = f"; and {len(changed) - MOST_SHOWN} more" if len(changed) > MOST_SHOWN else ""
    return (
        f"{school.name}: what is watched has changed since {last.headteacher} approved it on "
        f"{last.day:%d %b %Y} ({'; '.join(changed[:MOST_SHOWN])}{more}). Ask the head and the data "
        "protection officer again; then: footprint documents --approve"
    )

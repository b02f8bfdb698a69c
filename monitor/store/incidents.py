"""Incidents: what belongs together, who has it, and every act about it with its time and person.

Each act locks its incident's row, so that of two people who take one at once the second is told.
What may be done in which state is decided in `monitor.incidents`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, get_args

from sqlalchemy import Connection, Row, insert, select, update

from monitor.incidents import FOOTPRINT, Kind, NotAllowed, State, may_have, moved
from monitor.store import audit
from monitor.store.incident_tables import ActRow, IncidentRow
from monitor.store.mentions import CHUNK, MENTION
from monitor.store.tables import table

__all__ = [
    "Act",
    "Incident",
    "NotAllowed",
    "act",
    "acts_of",
    "assign",
    "bar",
    "close",
    "listed",
    "locked",
    "mentions_of",
    "note",
    "of_mention",
    "one",
    "reopen",
    "starting",
    "step_done",
    "step_undone",
    "take",
    "wait",
]

INCIDENT, ACT = table(IncidentRow), table(ActRow)
LONGEST = 4_000  # characters of a note or an outcome
LONGEST_FACT = 500
NOTHING: Mapping[str, str | int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Incident:
    """A stored incident (see the table for the fields' meaning)."""

    id: str
    school: str
    level: str
    kinds: tuple[str, ...]
    state: State
    opened_at: datetime
    changed_at: datetime
    owner: str
    about: tuple[str, ...]
    first_mention: str
    places: int
    last_spread_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Act:
    """A stored act (see the table for the fields' meaning); numbers rise with time."""

    number: int
    incident: str
    at: datetime
    who: str
    kind: Kind
    note: str
    facts: Mapping[str, Any]


_NAMES = tuple(Incident.__dataclass_fields__)
_COLUMNS = [INCIDENT.c[name] for name in _NAMES]


def take(connection: Connection, incident_id: str, who: str, now: datetime) -> Act:
    """Somebody has it from now on; raises NotAllowed where it is about them, or theirs already."""
    found = locked(connection, incident_id)
    if found.state == "taken" and found.owner.casefold() == who.casefold():
        raise NotAllowed("you have this incident already")
    _refuse_the_accused(found, who, "take it")
    facts = {"from": found.owner} if found.owner else {}
    return _write(connection, found, "taken", who, now, facts=facts, owner=who)


def assign(connection: Connection, incident_id: str, who: str, now: datetime, *, to: str) -> Act:
    """Give it to somebody; raises NotAllowed where it is about them, or about who does so."""
    found = locked(connection, incident_id)
    _refuse_the_accused(found, who, "hand it on")
    if not may_have(to, found.about):
        raise NotAllowed(f"this incident is about {to}, or may be: give it to somebody else")
    return _write(connection, found, "assigned", who, now, facts={"to": to}, owner=to)


def note(connection: Connection, incident_id: str, who: str, now: datetime, text: str) -> Act:
    """Write something down. People outside may ask to read it: facts, no opinions of persons."""
    return act(connection, incident_id, "noted", who, now, text=_needed(text, "note"))


def wait(connection: Connection, incident_id: str, who: str, now: datetime, text: str) -> Act:
    """Let it wait for somebody outside; whoever does so has it where nobody had. Raises NotAllowed
    where it is about them: what waits is not told to anybody further.
    """
    found = locked(connection, incident_id)
    _refuse_the_accused(found, who, "let it wait")
    return _write(connection, found, "waiting", who, now, text, owner=found.owner or who)


def close(connection: Connection, incident_id: str, who: str, now: datetime, outcome: str) -> Act:
    """End it; `outcome` says how it ended. Raises NotAllowed where it is about who does so."""
    found = locked(connection, incident_id)
    _refuse_the_accused(found, who, "close it")
    ended = _needed(outcome, "outcome")
    return _write(connection, found, "closed", who, now, text=ended, outcome=ended)


def reopen(
    connection: Connection,
    incident_id: str,
    who: str,
    now: datetime,
    why: str = "",
    facts: Mapping[str, str | int] = NOTHING,
) -> Act:
    """Begin again with what was closed, or what somebody has who cannot go on with it; nobody has
    it until somebody takes it. `facts` names the mention that was the reason, where one was.
    """
    found = locked(connection, incident_id)
    return _write(connection, found, "reopened", who, now, why, facts, owner="", outcome="")


def step_done(connection: Connection, incident_id: str, who: str, now: datetime, step: str) -> Act:
    """Tick a step of its playbook, by the step's id."""
    return act(
        connection, incident_id, "step_done", who, now, facts={"step": _needed(step, "step")}
    )


def step_undone(
    connection: Connection, incident_id: str, who: str, now: datetime, step: str
) -> Act:
    """Take back the tick of a step."""
    return act(
        connection, incident_id, "step_undone", who, now, facts={"step": _needed(step, "step")}
    )


def act(
    connection: Connection,
    incident_id: str,
    kind: Kind,
    who: str,
    now: datetime,
    *,
    text: str = "",
    facts: Mapping[str, str | int] = NOTHING,
) -> Act:
    """Write down any act that gives the incident to nobody and does not end it: a report to a
    platform (`platform`, `reference`), a contact (`contact`: see monitor/clocks.py), a removal
    asked for, a post gone or back. Raises NotAllowed; ValueError for an act of its own.
    """
    if kind in _OF_THEIR_OWN:
        raise ValueError(f"{kind} is a function of its own")
    return _write(connection, locked(connection, incident_id), kind, who, now, text, facts)


_OF_THEIR_OWN: frozenset[Kind] = frozenset(
    ("opened", "taken", "assigned", "waiting", "closed", "reopened")
)


def listed(
    connection: Connection,
    schools: Collection[str],
    states: Collection[State] = get_args(State),
    limit: int = 1_000,
) -> tuple[Incident, ...]:
    """The incidents of these schools in these states: the urgent first, then what has changed
    last.
    """
    where = (INCIDENT.c.school.in_(schools), INCIDENT.c.state.in_(states))
    newest = INCIDENT.c.changed_at.desc(), INCIDENT.c.id
    urgent_first = (INCIDENT.c.level != "urgent", *newest)
    rows = select(*_COLUMNS).where(*where).order_by(*urgent_first).limit(limit)
    return tuple(_incident(row) for row in connection.execute(rows))


def one(connection: Connection, incident_id: str) -> Incident | None:
    """The incident of that id, if there is one."""
    row = connection.execute(select(*_COLUMNS).where(INCIDENT.c.id == incident_id)).one_or_none()
    return _incident(row) if row else None


def of_mention(connection: Connection, mention_id: str) -> Incident | None:
    """The incident that a mention belongs to, if it belongs to one."""
    whose = select(MENTION.c.incident).where(MENTION.c.id == mention_id).scalar_subquery()
    row = connection.execute(select(*_COLUMNS).where(INCIDENT.c.id == whose)).one_or_none()
    return _incident(row) if row else None


def starting(connection: Connection, beginning: str, most: int = 2) -> tuple[str, ...]:
    """The ids of incidents that begin so, at most so many."""
    begins = INCIDENT.c.id.startswith(beginning, autoescape=True)
    query = select(INCIDENT.c.id).where(begins).order_by(INCIDENT.c.id).limit(most)
    return tuple(connection.execute(query).scalars())


def mentions_of(connection: Connection, incident_id: str) -> tuple[str, ...]:
    """The ids of the mentions that belong to it and are kept, the first seen first."""
    query = select(MENTION.c.id).where(MENTION.c.incident == incident_id)
    rows = connection.execute(query.order_by(MENTION.c.seen_at, MENTION.c.id))
    return tuple(rows.scalars())


def acts_of(connection: Connection, incident_ids: Sequence[str]) -> tuple[Act, ...]:
    """Everything that was done about these incidents, in the order in which it was."""
    found: list[Act] = []
    for part in _chunks(sorted(incident_ids)):
        rows = select(ACT).where(ACT.c.incident.in_(part)).order_by(ACT.c.id)
        found.extend(_act(row) for row in connection.execute(rows))
    return tuple(found)


def bar(connection: Connection, incident_id: str, people: Collection[str]) -> None:
    """Bar these people, by their addresses, from having or closing it, beside those barred
    before: a configuration may name more people than when it was opened.
    """
    found = locked(connection, incident_id)
    about = _joined(found.about, people)
    if about != found.about:
        _change(connection, incident_id, about=list(about))


def _refuse_the_accused(found: Incident, who: str, do: str) -> None:
    if not may_have(who, found.about):
        raise NotAllowed(f"this incident is about you, or may be: somebody else must {do}")


def locked(connection: Connection, incident_id: str) -> Incident:
    """The incident, held until the transaction ends."""
    query = select(*_COLUMNS).where(INCIDENT.c.id == incident_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotAllowed(f"there is no incident {incident_id[:32]!r}")
    return _incident(row)


def _write(
    connection: Connection,
    found: Incident,
    kind: Kind,
    who: str,
    now: datetime,
    text: str = "",
    facts: Mapping[str, Any] = NOTHING,
    **values: Any,
) -> Act:
    """One act: its row, the state that it leads to, and a line of the audit trail where a person
    did it.
    """
    state = moved(found.state, kind)
    if kind == "spread":
        values["last_spread_at"] = now
    row = {"incident": found.id, "at": now, "who": who, "kind": kind, "note": _fit(text)}
    for fact in facts.values():
        if isinstance(fact, str) and (len(fact) > LONGEST_FACT or not fact.isprintable()):
            raise NotAllowed(f"a reference must be one line of at most {LONGEST_FACT} characters")
    made = insert(ACT).values(**row, facts=dict(facts)).returning(*ACT.c)
    kept = _act(connection.execute(made).one())
    _change(connection, found.id, state=state, changed_at=now, **values)
    if who != FOOTPRINT:
        audit.note(connection, now, who, f"incident.{kind}", found.id, found.school)
    return kept


def _change(connection: Connection, incident_id: str, **values: Any) -> None:
    connection.execute(update(INCIDENT).where(INCIDENT.c.id == incident_id).values(**values))


def _needed(text: str, what: str) -> str:
    if not text.strip():
        raise NotAllowed(f"the {what} is empty: write a line")
    return text


def _fit(text: str) -> str:
    """What somebody wrote; raises NotAllowed where it is too long to be kept or cannot be read."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise NotAllowed(f"that is too long: {len(text)} characters, and {LONGEST} are kept")
    if not all(line.isprintable() for line in text.replace("\t", " ").split("\n")):
        raise NotAllowed("that holds characters that cannot be shown: write plain text")
    return text


def _joined(before: Sequence[str], more: Collection[str]) -> tuple[str, ...]:
    """Both, each once, those of before first."""
    return tuple(dict.fromkeys((*before, *more)))


def _incident(row: Row[Any]) -> Incident:
    values = dict(row._mapping)
    return Incident(**{**values, "kinds": tuple(row.kinds), "about": tuple(row.about)})


def _act(row: Row[Any]) -> Act:
    values = {name: row._mapping[name] for name in ("incident", "at", "who", "kind", "note")}
    return Act(number=row.id, facts=dict(row.facts), **values)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))

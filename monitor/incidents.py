"""PURE: an incident's states, what may be done in each, and when a thing is spreading."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, get_args

State = Literal["open", "taken", "waiting", "closed"]
STATES: tuple[State, ...] = get_args(State)
LIVE: tuple[State, ...] = ("open", "taken", "waiting")
Kind = Literal[
    "opened",
    "raised",
    "spread",
    "taken",
    "assigned",
    "noted",
    "step_done",
    "step_undone",
    "reported",
    "removal_asked",
    "gone",
    "back",
    "contact",
    "waiting",
    "closed",
    "reopened",
    "corrected",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Who acts where the program does.
FOOTPRINT = "footprint"

# What the program notes of itself; people do the others.
OWN: frozenset[Kind] = frozenset({"opened", "raised", "spread", "corrected"})


def _same(*states: State) -> Mapping[State, State]:
    return MappingProxyType({state: state for state in states})


def _to(state: State, *states: State) -> Mapping[State, State]:
    return MappingProxyType(dict.fromkeys(states, state))


# What may be done in which state, and the state it leads to; what is not here is not allowed.
# What is learnt late is still written down when an incident is closed, and opens nothing again.
MOVES: Mapping[Kind, Mapping[State, State]] = MappingProxyType(
    {
        "opened": _same(),
        "raised": _same(*LIVE),
        "spread": _same(*LIVE),
        "taken": _to("taken", *LIVE),
        "assigned": _to("taken", *LIVE),
        "noted": _same(*STATES),
        "step_done": _same(*LIVE),
        "step_undone": _same(*LIVE),
        "reported": _same(*LIVE),
        "removal_asked": _same(*LIVE),
        "gone": _same(*STATES),
        "back": _same(*STATES),
        "contact": _same(*LIVE),
        "waiting": _to("waiting", *LIVE),
        "closed": _to("closed", *LIVE),
        "reopened": _to("open", "closed"),
        "corrected": _same(*STATES),
    }
)
_DOES: Mapping[Kind, str] = MappingProxyType(
    {
        "opened": "be opened",
        "raised": "be raised",
        "spread": "be marked as spreading",
        "taken": "be taken",
        "assigned": "be given to anybody",
        "noted": "take a note",
        "step_done": "have a step ticked",
        "step_undone": "have a step unticked",
        "reported": "take a report to a platform",
        "removal_asked": "take a request for removal",
        "gone": "be marked as gone",
        "back": "be marked as back",
        "contact": "take a contact",
        "waiting": "be put to wait",
        "closed": "be closed",
        "reopened": "be reopened",
        "corrected": "be corrected",
    }
)

# Three new places, or replies, within two hours are a spread.
SPREADS_AT = 3
WITHIN = timedelta(hours=2)
# What was posted, or is found, so soon after the first is what the first alert is about: one
# person putting the same words in five places is found five times over.
SETTLING = timedelta(minutes=15)


class NotAllowed(Exception):  # noqa: N818 - a refusal, not a fault
    """What somebody wanted to do with an incident may not be done; one plain line says why."""


def moved(state: State, kind: Kind) -> State:
    """The state that an act leads to; raises NotAllowed where it may not be done in this one."""
    found = MOVES[kind].get(state)
    if found is None:
        again = "; reopen it first" if state == "closed" else ""
        raise NotAllowed(f"this incident is {state}, so it cannot {_DOES[kind]}{again}")
    return found


def allowed(state: State) -> frozenset[Kind]:
    """The acts that may be done in a state."""
    return frozenset(kind for kind, moves in MOVES.items() if state in moves)


def may_have(email: str, about: Collection[str]) -> bool:
    """False where the incident is about that person, whose address stands in `about`."""
    return email.casefold() not in {each.casefold() for each in about}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mention of an incident as far as its spread goes, in the order in which they were found.

    `place` is the site, or the source where there is no site; `thread` is the page that it
    answers on, "" where there is none; `counts` is False for what is routine.
    """

    place: str
    thread: str
    posted: datetime
    seen: datetime
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Spread:
    """That an incident spreads: so many new places, and so many replies, since that moment."""

    places: int
    replies: int
    since: datetime


def places(sightings: Sequence[Sighting]) -> int:
    """How many places it has been seen at."""
    return len({sighting.place for sighting in sightings})


def spread(
    sightings: Sequence[Sighting], opened: datetime, told: datetime | None, now: datetime
) -> Spread | None:
    """Whether it spreads: three or more new places, or replies, found within the last two hours
    and since that was last told. People are not counted. None where it does not.
    """
    if not sightings:
        return None
    first, *later = sightings
    known, threads = {first.place}, {first.thread} - {""}
    since = max(filter(None, (now - WITHIN, told)))
    fresh: list[Sighting] = []
    new_places = replies = 0
    for sighting in later:
        is_new = sighting.place not in known
        is_reply = sighting.thread in threads
        if sighting.counts and sighting.seen > since and _is_later(sighting, first, opened):
            new_places += is_new
            replies += is_reply and not is_new
            if is_new or is_reply:
                fresh.append(sighting)
        known.add(sighting.place)
        threads |= {sighting.thread} - {""}
    if len(fresh) < SPREADS_AT:
        return None
    return Spread(new_places, replies, min(sighting.seen for sighting in fresh))


def _is_later(sighting: Sighting, first: Sighting, opened: datetime) -> bool:
    return sighting.seen > opened + SETTLING and sighting.posted > first.posted + SETTLING

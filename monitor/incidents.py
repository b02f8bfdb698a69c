"""PURE: an incident's states, what may be done in each, and when a thing is spreading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, get_args

from monitor.judge.terms import Level

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
        "reopened": _to("open", "taken", "waiting", "closed"),
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

# Three new places, or replies, within two hours are a spread, and it is told once in so long.
SPREADS_AT = 3
WITHIN = timedelta(hours=2)
# What was posted, or is found, so soon after the first is what the first alert is about: one
# person putting the same words in five places is found five times over.
SETTLING = timedelta(minutes=15)
# What is found of longer ago shows that a place was read late, not that people speak of it now.
FRESH = timedelta(days=1)


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
    """Whether it spreads: three or more new places, or replies, found within the last two hours.
    None where it does not, or where that was `told` within them. People are not counted.
    """
    if not sightings or (told and now - told < WITHIN):
        return None
    counted = [
        each
        for each in _signs(sightings)
        if each.sighting.seen > now - WITHIN
        and each.sighting.posted > now - FRESH
        and _is_later(each.sighting, sightings[0], opened)
    ]
    if len(counted) < SPREADS_AT:
        return None
    new_places = sum(each.is_new_place for each in counted)
    since = min(each.sighting.seen for each in counted)
    return Spread(new_places, len(counted) - new_places, since)


@dataclass(frozen=True, slots=True)
class _Sign:
    """A sighting at a place where it had not been, or else an answer to what had been seen."""

    sighting: Sighting
    is_new_place: bool


def _signs(sightings: Sequence[Sighting]) -> Iterator[_Sign]:
    known, threads = {sightings[0].place}, {sightings[0].thread}
    for sighting in sightings[1:]:
        is_new = sighting.place not in known
        is_reply = bool(sighting.thread) and sighting.thread in threads
        if sighting.counts and (is_new or is_reply):
            yield _Sign(sighting, is_new)
        known.add(sighting.place)
        threads.add(sighting.thread)


def _is_later(sighting: Sighting, first: Sighting, opened: datetime) -> bool:
    return sighting.seen > opened + SETTLING and sighting.posted > first.posted + SETTLING


@dataclass(frozen=True, slots=True)
class Known:
    """An incident as far as grouping looks at it."""

    id: str
    level: Level
    state: State
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A mention as far as grouping looks at it.

    `first` is the first mention of its story, `incident` what it belongs to already. `is_new`
    says that it was not known before, and `is_copy` that it says what another does; `is_alert`
    that somebody is owed an alert for it, and `is_old` that it was there before its school was
    looked for.
    """

    mention: str
    school: str
    first: str
    thread: str
    level: Level
    incident: str | None = None
    is_new: bool = True
    is_copy: bool = False
    is_alert: bool = False
    is_old: bool = False


class Groups:
    """The incidents that the mentions of a reading may belong to, those it opens included."""

    def __init__(
        self,
        by_id: Mapping[str, Known],
        by_story: Mapping[str, Collection[str]],
        by_thread: Mapping[tuple[str, str], Collection[str]],
    ) -> None:
        """The two others map a story's first mention, and a school and a thread, to incidents."""
        self._by_id = dict(by_id)
        self._by_story = {first: set(ids) for first, ids in by_story.items()}
        self._by_thread = {thread: set(ids) for thread, ids in by_thread.items()}

    def of(self, member: Member) -> Known | None:
        """Where a mention belongs: to its own incident, else its story's, else its thread's."""
        own = {member.incident} if member.incident in self._by_id else set()
        for ids in (own, self._by_story.get(member.first), self._by_thread.get(_page(member))):
            if ids:
                return max((self._by_id[each] for each in ids if each), key=_standing)
        return None

    def note(self, known: Known, member: Member) -> None:
        """The mention belongs to this incident, which now is so."""
        self._by_id[known.id] = known
        self._by_story.setdefault(member.first, set()).add(known.id)
        if member.thread:
            self._by_thread.setdefault(_page(member), set()).add(known.id)


def _page(member: Member) -> tuple[str, str]:
    return member.school, member.thread


def _standing(known: Known) -> tuple[bool, datetime, str]:
    """Those that are not closed stand first, then the newest."""
    return known.state != "closed", known.opened_at, known.id


def changes(member: Member, known: Known) -> tuple[Kind, ...]:
    """What the program notes where a mention joins an incident: that it is reopened, or worse."""
    worse = member.level.needs_response and member.level.rank > known.level.rank
    raised: tuple[Kind, ...] = ("raised",) if worse else ()
    if known.state == "closed":
        return ("reopened", *raised) if _calls(member, worse) else raised
    # Whoever has it took something lesser, and perhaps sleeps: it must be taken anew.
    is_graver = worse and member.is_alert and member.level is Level.URGENT
    return ("reopened", *raised) if is_graver and known.state != "open" else raised


def _calls(member: Member, worse: bool) -> bool:
    """True where a mention wants the attention of those who had closed the incident."""
    if member.is_alert or worse:
        return True
    if member.is_old or not member.is_new:
        return False
    is_other = member.level.needs_response and not member.is_copy
    return is_other or member.level is Level.URGENT

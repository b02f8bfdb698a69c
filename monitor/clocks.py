"""PURE: what runs out, or may be done next, since something was done about an incident.

Waits end with the incident; what is owed to somebody by law does not.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from monitor.judge.routing import LONDON
from monitor.school_days import is_school_day, is_working_day, moment
from monitor.settings import School

# The fact of a contact that starts or stops a clock, and under which name of it a number of
# school days may stand that the school's own procedure gives.
MARK, WITHIN = "clock", "within"
COMPLAINT = "complaint received"

_HELPLINE = timedelta(hours=48)  # the helpline's own rule: the platform's answer comes first
_REPORTING_BODY = timedelta(days=7)  # Report Harmful Content: after an answer, or a week
_BREACH = timedelta(hours=72)  # UK GDPR, article 33
_ACKNOWLEDGED = 30  # days: data-protection complaints, from 19 June 2026
_FOI_SCHOOL_DAYS, _FOI_WORKING_DAYS = 20, 60  # whichever ends first; FOI (time for compliance)
_FOISA_WORKING_DAYS = 20  # Scotland: Freedom of Information (Scotland) Act 2002, section 10
_ONE_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)
_DECEMBER = 12


class Done(Protocol):
    """What of an act is looked at."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """One that runs: `due` is None where the school's own procedure sets the time and was not
    said; `by_day` says that it ends with a day. `school_days` is how many have passed since.
    """

    name: str
    started: datetime
    due: datetime | None
    by_day: bool
    is_wait: bool
    is_over: bool
    school_days: int
    says: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """What starts a clock, what stops it, when it ends, and what is to be said of it.

    `waits` says that something may be done when it is over, instead of having to be before.
    """

    name: str
    starts: str
    stops: frozenset[str]
    due: Callable[[Done, School], datetime | None]
    says: str
    says_over: str
    waits: bool = False
    by_day: bool = False


def _after(wait: timedelta) -> Callable[[Done, School], datetime | None]:
    return lambda act, _school: act.at + wait


def _complaint(act: Done, school: School) -> datetime | None:
    """As many school days as the school's procedure gives, where that was said."""
    days = act.facts.get(WITHIN)
    if not isinstance(days, int):
        return None
    return _end(_counted(_day(act.at), days, lambda day: is_school_day(school, day)))


def _information(act: Done, school: School) -> datetime:
    asked = _day(act.at)

    def works(day: date) -> bool:
        return is_working_day(school, day)

    if school.nation == "scotland":
        return _end(_counted(asked, _FOISA_WORKING_DAYS, works))
    longest = _counted(asked, _FOI_WORKING_DAYS, works)
    passed, day = 0, asked
    while passed < _FOI_SCHOOL_DAYS and day < longest:
        day += _ONE_DAY
        passed += is_school_day(school, day)
    return _end(day)


def _access(act: Done, school: School) -> datetime:
    """The same date of the next month, else its last; on a working day, or the next one."""
    asked = _day(act.at)
    year, month = divmod(asked.year * _DECEMBER + asked.month, _DECEMBER)
    day = date(year, month + 1, min(asked.day, monthrange(year, month + 1)[1]))
    while not is_working_day(school, day):
        day += _ONE_DAY
    return _end(day)


def _acknowledgement(act: Done, _school: School) -> datetime:
    return _end(_day(act.at) + timedelta(days=_ACKNOWLEDGED))


_OVER = "closed"
_RULES = (
    _Rule(
        "helpline",
        "reported",
        frozenset(("gone", "helpline asked", _OVER)),
        _after(_HELPLINE),
        "the platform has 48 hours; after them the Professionals Online Safety Helpline may be "
        "asked (at once where a child may be at risk)",
        "no answer from the platform for 48 hours: the Professionals Online Safety Helpline may "
        "be asked",
        waits=True,
    ),
    _Rule(
        "reporting body",
        "reported",
        frozenset(("gone", "reporting body asked", _OVER)),
        _after(_REPORTING_BODY),
        "Report Harmful Content may be asked when the platform has answered, or after a week",
        "a week since the report to the platform: Report Harmful Content may be asked",
        waits=True,
    ),
    _Rule(
        "complaint",
        COMPLAINT,
        frozenset(("complaint answered",)),
        _complaint,
        "a complaint is to be answered",
        "a complaint should have been answered",
        by_day=True,
    ),
    _Rule(
        "information request",
        "information request received",
        frozenset(("information request answered",)),
        _information,
        "a freedom of information request is to be answered",
        "a freedom of information request should have been answered",
        by_day=True,
    ),
    _Rule(
        "subject access",
        "subject access request received",
        frozenset(("subject access request answered",)),
        _access,
        "a subject access request is to be answered",
        "a subject access request should have been answered",
        by_day=True,
    ),
    _Rule(
        "data breach",
        "data breach found",
        frozenset(("data breach dealt with",)),
        _after(_BREACH),
        "a data breach that may harm people is to be told to the ICO",
        "a data breach that may harm people should have been told to the ICO",
    ),
    _Rule(
        "data complaint",
        "data complaint received",
        frozenset(("data complaint acknowledged",)),
        _acknowledgement,
        "a data protection complaint is to be acknowledged",
        "a data protection complaint should have been acknowledged",
        by_day=True,
    ),
)
_OF_ACTS = frozenset({"reported", "gone", _OVER})


# What the fact `MARK` of a contact may say: what starts a clock, and what stops one.
STARTS = tuple(rule.starts for rule in _RULES if rule.starts not in _OF_ACTS)
STOPS = tuple(stop for rule in _RULES for stop in sorted(rule.stops - _OF_ACTS))
MARKS = (*STARTS, *STOPS)


def running(acts: Iterable[Done], school: School, now: datetime) -> tuple[Clock, ...]:
    """The clocks that these acts, the oldest first, have started and not stopped: what is over
    first, then what is over next, and last what has no end.
    """
    done = tuple(acts)
    found = [clock for rule in _RULES for clock in _of(rule, done, school, now)]
    return tuple(sorted(found, key=_ending))


def _of(rule: _Rule, done: tuple[Done, ...], school: School, now: datetime) -> Iterator[Clock]:
    live: list[Done] = []
    for act in done:
        event = act.facts.get(MARK) if act.kind == "contact" else act.kind
        if event in rule.stops:
            live.clear()
        elif event == rule.starts:
            live.append(act)
    for act in live:
        due = rule.due(act, school)
        is_over = due is not None and now >= due
        yield Clock(
            name=rule.name,
            started=act.at,
            due=due,
            by_day=rule.by_day,
            is_wait=rule.waits,
            is_over=is_over,
            school_days=_passed(school, act.at, now),
            says=rule.says_over if is_over else rule.says,
        )


def _ending(clock: Clock) -> tuple[bool, datetime]:
    return clock.due is None, clock.due or clock.started


def _passed(school: School, started: datetime, now: datetime) -> int:
    """School days since then; the day itself is none."""
    first, last = _day(started), _day(now)
    days = (first + timedelta(days=number) for number in range(1, (last - first).days + 1))
    return sum(is_school_day(school, day) for day in days)


def _counted(first: date, number: int, counts: Callable[[date], bool]) -> date:
    """So many days that count after one that does not; a year at most, for term dates end."""
    day = first
    while number > 0 and day - first < _LONGEST:
        day += _ONE_DAY
        number -= counts(day)
    return day


def _day(when: datetime) -> date:
    return when.astimezone(LONDON).date()


def _end(day: date) -> datetime:
    """The end of a day."""
    return moment(day + _ONE_DAY, time())

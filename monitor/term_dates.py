"""PURE: when a school is in term: the stretches that were written down, and calendars (RFC 5545).

Of a calendar only what term dates are made of is understood: events with a first and a last day
that say in English or Welsh that they are a term, or a time when the school is closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.problems import quoted

LONDON = ZoneInfo("Europe/London")
Stretch = tuple[date, date]
# No summer holiday of the four nations is longer; after it nothing is known without new dates.
SUMMER = timedelta(days=63)
_ONE_DAY = timedelta(days=1)
# What lasts longer than this within a term is no time off: something else was closed.
_LONGEST_WITHIN = timedelta(days=21)
_LONGEST_HALF_TERM = timedelta(days=16)
_LONGEST = timedelta(days=366)
# A calendar of single days off alone, such as training days, does not tell when the holidays are.
_A_HOLIDAY = timedelta(days=3)

_PROPERTY = re.compile(r'([A-Za-z0-9-]+)((?:[^":]|"[^"]*")*):(.*)', re.DOTALL)
_ESCAPED = re.compile(r"\\([\\;,nN])")
_MOMENT = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_REFUSED = ("RRULE", "RDATE", "EXRULE", "DURATION")
_HALF_TERM = re.compile(r"\bhalf[ -]?terms?\b|\bhanner[ -]?tymor\b", re.IGNORECASE)
_CLOSED = re.compile(
    r"\bholidays?\b|\bvacation\b|\bbreak\b|\binset\b|\bhms\b"
    r"|\bin-?\s?service\b|\btraining days?\b|\bstaff (?:development|training)\b"
    r"|\bg?wyliau\b|\bgŵyl\b|\bhyfforddiant\b"
    # The school itself, or whatever bears no name: not its library, nor its car park.
    r"|\b(?:school|ysgol)(?: (?:is|will be))? (?:closed|closure|ar gau)\b"
    r"|^\W*(?:closed|closure|ar gau)\b(?! of\b)|\bclosed (?:to|for) (?:all )?(?:pupils|children)\b",
    re.IGNORECASE,
)
_SHUT = re.compile(r"\bclosed\b|\bclosure\b|\bar gau\b", re.IGNORECASE)
_TERM = re.compile(r"\bterms?\b|\b(?:t|d|th|nh)ymor\b|\b(?:t|d)ymhorau\b", re.IGNORECASE)
# One day on which a term or a holiday begins or ends says nothing of the days beside it.
_A_TURN = re.compile(
    r"\b(?:starts?|begins?|ends?|first|last|closes|finish(?:es)?|breaks? up|returns?|re-?opens?"
    r"|back)\b|\b(?:dechrau|diwedd|gorffen|cyntaf|olaf|dychwelyd)\b",
    re.IGNORECASE,
)


class CalendarError(Exception):
    """A calendar that cannot be understood: the line, from 1, and why in plain words."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


@dataclass(frozen=True, slots=True)
class Terms:
    """Stretches of term and of closed days, both ends included; without either nothing is known."""

    terms: tuple[Stretch, ...] = ()
    closed: tuple[Stretch, ...] = ()

    def includes(self, day: date) -> bool:
        """True where nothing says that the school is closed on that day of the week."""
        if _within(self.closed, day):
            return False
        return _within(self.terms, day) or not self._is_known(day)

    @property
    def last(self) -> date | None:
        """The last day of which anything is known."""
        return max((last for _, last in (*self.terms, *self.closed)), default=None)

    def _is_known(self, day: date) -> bool:
        if not self.terms:
            return False
        first, last = min(self.terms)[0], max(last for _, last in self.terms)
        return first - day <= SUMMER and day - last <= SUMMER


@dataclass(slots=True)
class _Event:
    """One VEVENT as it stands: each property's name, with its line and its value."""

    line: int
    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        text = self.found.get("SUMMARY", (0, ""))[1]
        return _ESCAPED.sub(lambda sign: " " if sign[1] in "nN" else sign[1], text).strip()

    @property
    def is_cancelled(self) -> bool:
        return self.found.get("STATUS", (0, ""))[1].strip().upper() == "CANCELLED"


def read_calendar(text: str) -> Terms:
    """The terms or the holidays that a calendar lists; CalendarError where it lists neither."""
    terms: list[Stretch] = []
    closed: list[Stretch] = []
    turns: list[_Event] = []
    for event in _events(text):
        if _speaks_of_terms(event) and not event.is_cancelled:
            stretch = _stretch(event)
            _sort(event, stretch, terms, closed, turns)
    closed = [one for one in closed if not _is_overlong(one, terms)]
    if not terms and not any(last - first >= _A_HOLIDAY for first, last in closed):
        raise _nothing_told(turns)
    return Terms(tuple(sorted(terms)), tuple(sorted(closed)))


def _within(stretches: Iterable[Stretch], day: date) -> bool:
    return any(first <= day <= last for first, last in stretches)


def _is_overlong(closed: Stretch, terms: Iterable[Stretch]) -> bool:
    first, last = closed
    is_within = any(begins <= first and last <= ends for begins, ends in terms)
    return is_within and last - first >= _LONGEST_WITHIN


def _speaks_of_terms(event: _Event) -> bool:
    if any(words.search(event.summary) for words in (_HALF_TERM, _CLOSED)):
        return True
    return bool(_TERM.search(event.summary)) and not _SHUT.search(event.summary)


def _sort(
    event: _Event,
    stretch: Stretch,
    terms: list[Stretch],
    closed: list[Stretch],
    turns: list[_Event],
) -> None:
    """Put a stretch where its event's words say that it belongs."""
    length = stretch[1] - stretch[0]
    if not length and _A_TURN.search(event.summary):
        turns.append(event)
    elif _HALF_TERM.search(event.summary):
        if length >= _LONGEST_HALF_TERM:
            why = "is longer than any half-term holiday: say whether it is a term or a holiday"
            raise CalendarError(event.line, f"{quoted(event.summary)} {why}")
        closed.append(stretch)
    elif _CLOSED.search(event.summary):
        closed.append(stretch)
    elif length:
        terms.append(stretch)
    else:
        turns.append(event)


def _nothing_told(turns: list[_Event]) -> CalendarError:
    wants = "one event from the first to the last day of each term, or of each holiday"
    if turns:
        said = f"{quoted(turns[0].summary)} is a single day"
        return CalendarError(turns[0].line, f"{said}, and no event tells the days between: {wants}")
    return CalendarError(1, f"holds no event that is a term or a holiday: it needs {wants}")


def _events(text: str) -> Iterator[_Event]:
    lines = list(_unfolded(text))
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
        raise CalendarError(1, "is no calendar: it does not begin with BEGIN:VCALENDAR")
    inside: list[str] = []
    event: _Event | None = None
    for number, line in lines:
        name, value = _property(number, line)
        if name == "BEGIN":
            inside.append(value.strip().upper())
            event = _Event(number) if inside[-1] == "VEVENT" else event
        elif name == "END":
            _end(number, inside, value)
            if event and value.strip().upper() == "VEVENT":
                yield event
        elif event and inside[-1:] == ["VEVENT"]:
            event.found.setdefault(name, (number, value))
    if inside:
        raise CalendarError(lines[-1][0], f"ends within a {inside[-1]}: the file is cut off")


def _end(number: int, inside: list[str], value: str) -> None:
    if not inside or inside.pop() != value.strip().upper():
        raise CalendarError(number, f"ends {quoted(value)}, which was not begun")


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number; one that begins with a blank goes on from the line before."""
    whole: list[str] = []
    begun = 0
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if line[:1] in {" ", "\t"} and whole:
            whole.append(line[1:])
            continue
        if whole:
            yield begun, "".join(whole)
        whole, begun = [line] if line.strip() else [], number
    if whole:
        yield begun, "".join(whole)


def _property(number: int, line: str) -> tuple[str, str]:
    found = _PROPERTY.fullmatch(line)
    if not found:
        raise CalendarError(number, f"is no line of a calendar: {quoted(line)}")
    return found[1].upper(), found[3]


def _stretch(event: _Event) -> Stretch:
    """The first and the last day of an event; the end of an all-day one is the day after it."""
    for name in _REFUSED:
        if name in event.found:
            line = event.found[name][0]
            raise CalendarError(
                line, f"{quoted(event.summary)} has {name}, which is not understood: give its days"
            )
    if "DTSTART" not in event.found:
        raise CalendarError(event.line, f"{quoted(event.summary)} has no DTSTART")
    first, _ = _day(*event.found["DTSTART"])
    if "DTEND" not in event.found:
        return first, first
    line, value = event.found["DTEND"]
    last, is_midnight = _day(line, value)
    if last < first:
        raise CalendarError(line, f"{quoted(event.summary)} ends before it starts")
    if last - first > _LONGEST:
        raise CalendarError(line, f"{quoted(event.summary)} is longer than a year")
    return first, max(first, last - _ONE_DAY) if is_midnight else last


def _day(line: int, value: str) -> tuple[date, bool]:
    """The day in London, and whether it is its very beginning that is meant."""
    found = _MOMENT.fullmatch(value.strip())
    moment = _moment(*found.groups()) if found else None
    if moment is None:
        raise CalendarError(line, f"must be a day such as 20260901, not {quoted(value)}")
    return moment.date(), moment.time() == time.min


def _moment(day: str, clock: str | None, utc: str | None) -> datetime | None:
    zone = UTC if utc else LONDON
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '000000'}")
        return moment.replace(tzinfo=zone).astimezone(LONDON)
    except (ValueError, OverflowError):
        return None

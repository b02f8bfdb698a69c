"""PURE: which days are school days, and when a school next hears of what can wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from monitor.judge.routing import LONDON
from monitor.nations import is_bank_holiday
from monitor.setting_types import awake
from monitor.settings import School

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
# No office's next opening is looked for further ahead.
_AHEAD = 14


@dataclass(frozen=True, slots=True)
class Opening:
    """When a school is next told (UTC), and whether that day is one of its holidays."""

    at: datetime
    in_holidays: bool


def is_working_day(school: School, day: date) -> bool:
    """True from Monday to Friday, but for the bank holidays of the school's nation."""
    return day.weekday() < _SATURDAY and not is_bank_holiday(day, school.nation)


def is_school_day(school: School, day: date) -> bool:
    """True on a working day in term; without term dates on every working day."""
    return is_working_day(school, day) and school.calendar.includes(day)


def holidays_ahead(school: School, now: datetime) -> frozenset[date]:
    """The bank holidays of the days ahead in the school's nation: an office may be shut then."""
    today = now.astimezone(LONDON).date()
    days = (today + timedelta(days=ahead) for ahead in range(_AHEAD))
    return frozenset(day for day in days if is_bank_holiday(day, school.nation))


def next_opening(school: School, now: datetime, quiet: tuple[time, time] | None = None) -> Opening:
    """`now` within the school's window on a school day, else the next beginning of the window.

    In the holidays the window begins once on each working day, and does not stay open. `quiet`
    are the hours in which one person is not told.
    """
    spans = tuple(awake(school.hours.respond, quiet))
    day = now.astimezone(LONDON).date()
    while True:
        if is_working_day(school, day):
            in_holidays = not is_school_day(school, day)
            for opens, closes in spans[:1] if in_holidays else spans:
                begins = moment(day, opens)
                if begins >= now:
                    return Opening(begins, in_holidays)
                if not in_holidays and now < moment(day, closes):
                    return Opening(now.astimezone(UTC), in_holidays)
        day += _ONE_DAY


def moment(day: date, at: time) -> datetime:
    """A time of day in London as UTC.

    One that the clocks skip is the moment at which they go forward; one that comes twice is the
    first of the two.
    """
    local = datetime.combine(day, at, tzinfo=LONDON)
    there = local.astimezone(UTC)
    skipped = there.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None)
    # The clocks go forward at 01:00 UTC; before that moment the skipped hour counts from GMT.
    return there.replace(minute=0, second=0, microsecond=0) if skipped else there

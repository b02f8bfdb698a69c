"""ISO weeks, Monday to Sunday in London, and when a school's digest of one is due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from monitor.judge.routing import LONDON
from monitor.school_days import moment
from monitor.settings import Hours

_NAME = re.compile(r"([0-9]{4})-[Ww]([0-9]{2})")
DAYS = timedelta(days=7)
# Beyond these a year is a slip of the pen, and near the calendar's ends weeks have no neighbours.
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week by its Monday."""

    monday: date

    @classmethod
    def of(cls, day: date) -> Week:
        """The week that a day lies in."""
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def at(cls, now: datetime) -> Week:
        """The week that it is now in London."""
        return cls.of(now.astimezone(LONDON).date())

    @classmethod
    def named(cls, name: str) -> Week:
        """The week of a name such as 2026-W47. Raises ValueError with one plain line."""
        parts = _NAME.fullmatch(name.strip())
        if not parts:
            raise ValueError(f"{name!r} is no week; write the year and the week, as in 2026-W47")
        year, number = int(parts[1]), int(parts[2])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(f"{name!r}: the year must be from {FIRST_YEAR} to {LAST_YEAR}")
        try:
            return cls(date.fromisocalendar(year, number, 1))
        except ValueError:
            raise ValueError(f"{name!r}: {year} has no week {number}") from None

    @property
    def name(self) -> str:
        """Such as 2026-W47."""
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return moment(self.monday, time())

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return self.after().begins

    def after(self, weeks: int = 1) -> Week:
        """The week so many weeks later."""
        return Week(self.monday + weeks * DAYS)

    def before(self, weeks: int = 1) -> Week:
        """The week so many weeks earlier."""
        return self.after(-weeks)

    def due(self, hours: Hours) -> datetime:
        """When its digest goes: the school's day and time in the week after it."""
        day = self.after().monday + timedelta(days=hours.digest_weekday)
        return moment(day, hours.digest_time)

    def __str__(self) -> str:
        """Its days, such as 30 November to 6 December 2026."""
        first, last = self.monday, self.sunday
        month = f" {first:%B}" if first.month != last.month else ""
        year = f" {first.year}" if first.year != last.year else ""
        return f"{first.day}{month}{year} to {last.day} {last:%B} {last.year}"


def last_due(hours: Hours, now: datetime) -> Week:
    """The latest week whose digest is due by now."""
    week = Week.at(now).before()
    return week if week.due(hours) <= now else week.before()

"""Whether a body can be rung at a given minute, and when it can next be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.judge.routing import LONDON
from monitor.playbooks.facts import Hours
from monitor.setting_types import WEEKDAYS

# Christmas, a weekend and the New Year lie within it.
_FAR = 14


@dataclass(frozen=True, slots=True)
class Opening:
    """Open at this minute or not, and that in words."""

    is_open: bool
    says: str


def opening(hours: Hours, now: datetime, bank_holidays: Collection[date] = ()) -> Opening:
    """How it stands at `now`, which carries a time zone; the hours are Europe/London's."""
    here = now.astimezone(LONDON)
    if hours.opens == hours.closes:
        return Opening(True, "open now")
    is_day = _opens_on(hours, here.date(), bank_holidays)
    if is_day and hours.opens <= here.time() < hours.closes:
        return Opening(True, f"open now, until {hours.closes:%H:%M}")
    first = 0 if here.time() < hours.opens else 1
    for ahead in range(first, _FAR):
        day = here.date() + timedelta(days=ahead)
        if _opens_on(hours, day, bank_holidays):
            return Opening(False, f"closed; opens at {hours.opens:%H:%M} {_named(day, ahead)}")
    return Opening(False, "closed")


def _opens_on(hours: Hours, day: date, bank_holidays: Collection[date]) -> bool:
    on_holiday = day in bank_holidays and not hours.bank_holidays
    return WEEKDAYS[day.weekday()] in hours.days and not on_holiday


def _named(day: date, ahead: int) -> str:
    near = ("today", "tomorrow")
    return near[ahead] if ahead < len(near) else f"on {day:%A} {day.day} {day:%B}"

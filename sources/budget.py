"""PURE: what may still be asked of a paid or rationed service this month, counted in a memo."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sources.base import SourceError

_SPENT = "spent"
_PAST_ANY_MONTH = timedelta(days=32)


def spent(memo: Mapping[str, Any], now: datetime) -> int:
    """How many units have gone in this calendar month, which is reckoned in UTC."""
    kept = memo.get(_SPENT)
    if not isinstance(kept, dict) or kept.get("month") != _month(now):
        return 0
    units = kept.get("units")
    return units if isinstance(units, int) else 0


def left(memo: Mapping[str, Any], now: datetime, most: int) -> int:
    """How many of the month's `most` units remain."""
    return max(0, most - spent(memo, now))


def spend(memo: MutableMapping[str, Any], now: datetime, units: int = 1) -> None:
    """Count units as gone; they last where the memo is kept."""
    memo[_SPENT] = {"month": _month(now), "units": spent(memo, now) + units}


def used_up(what: str, now: datetime) -> SourceError:
    """The error for an empty budget; `what` names it ("The month's 900 searches (…)")."""
    first = now.astimezone(UTC).replace(day=1)
    then = (first + _PAST_ANY_MONTH).replace(day=1)
    return SourceError(f"{what} are used up; it goes on on 1 {then:%B}.", "over budget")


def _month(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m}"

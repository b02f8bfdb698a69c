"""Dates as feeds write them become aware UTC times; what cannot be read is None."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = {name: number for number, name in enumerate(_MONTHS, 1)}
# RFC 822 names some; the rest are what feeds write all the same. In hours; names that mean
# several places (IST, CST of China) are the one of RFC 822, or the European one.
_ZONES = {
    **{
        "ut": 0.0,
        "utc": 0.0,
        "gmt": 0.0,
        "z": 0.0,
        "wet": 0.0,
        "bst": 1.0,
        "ist": 1.0,
        "west": 1.0,
    },
    **{"cet": 1.0, "cest": 2.0, "eet": 2.0, "eest": 3.0, "msk": 3.0, "est": -5.0, "edt": -4.0},
    **{"cst": -6.0, "cdt": -5.0, "mst": -7.0, "mdt": -6.0, "pst": -8.0, "pdt": -7.0},
    **{"akst": -9.0, "akdt": -8.0, "hst": -10.0, "jst": 9.0, "aest": 10.0, "aedt": 11.0},
}
_CLOCK = r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?"
_ZONE = r"\s*([+-]\d{1,2}:?\d{0,2}|[A-Za-z]{1,5})?"
_MAIL = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+|[^\W\d]+,)?(\d{{1,2}})[\s-]+([A-Za-z]{{3}})[A-Za-z]*\.?,?[\s-]+(\d{{2,4}})"
    rf"(?:,?\s+{_CLOCK}{_ZONE}.{{0,40}})?"
)
_ISO = re.compile(
    rf"(\d{{4}})(?:-?(\d\d)(?:-?(\d\d))?)?(?:(?:[T ]|\s)\s*{_CLOCK}{_ZONE})?", re.IGNORECASE
)
_LONGEST = 100
_CENTURY, _PIVOT = 100, 70
_FIRST_YEAR, _LAST_YEAR = 1990, 2199


def read_date(text: str, parsed: Sequence[int] | None = None) -> datetime | None:
    """A date of RFC 822 or ISO 8601 in the forms that feeds use, as aware UTC.

    `parsed` is feedparser's own reading (a UTC time tuple) for what neither rule knows. A date
    without a zone is taken as UTC. A year that no post can have been written in (1, 1970, 9999:
    what programs put where they know no date) is no date.
    """
    text = " ".join(text[:_LONGEST].split())
    try:
        found = _mail(text) or _iso(text) or (_tuple(parsed) if parsed else None)
    except (ValueError, OverflowError):
        return None
    return found if found and _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _mail(text: str) -> datetime | None:
    found = _MAIL.fullmatch(text)
    if found is None or found.group(2).lower() not in _MONTH:
        return None
    day, month, year, *clock = found.groups()
    return _moment((_year(year), _MONTH[month.lower()], int(day)), clock)


def _year(digits: str) -> int:
    year = int(digits)
    if year >= _CENTURY:
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def _iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return _standard(text)
    year, month, day, *clock = found.groups()
    return _moment((int(year), int(month or 1), int(day or 1)), clock)


def _standard(text: str) -> datetime | None:
    """Weeks, ordinals and clocks without colons, as Python reads them."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _moment(day: tuple[int, int, int], clock: Sequence[str | None]) -> datetime:
    hour, minute, second, fraction, zone = clock
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    # A leap second is the second before it: datetime knows none.
    time = (int(hour or 0), int(minute or 0), min(int(second or 0), 59), micro)
    if time[0] == 24:  # noqa: PLR2004 - midnight at the end of the day
        return datetime(*day, 0, *time[1:], tzinfo=_offset(zone)).astimezone(UTC) + timedelta(1)
    return datetime(*day, *time, tzinfo=_offset(zone)).astimezone(UTC)


def _offset(zone: str | None) -> timezone:
    if not zone or zone[0] not in "+-":
        return timezone(timedelta(hours=_ZONES.get((zone or "").lower(), 0.0)))
    digits = zone[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")  # noqa: PLR2004
    distance = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-distance if zone[0] == "-" else distance)


def _tuple(parsed: Sequence[int]) -> datetime:
    year, month, day, hour, minute, second = (int(part) for part in parsed[:6])
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)

"""What a site's status and headers mean for us: an error in plain words, and when to come again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sources.base import Health, Response, SourceError
from sources.formats.dates import read_date

_DAY = timedelta(days=1)
_LONGEST_NUMBER = 9
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d+)", re.IGNORECASE | re.ASCII)
_OK = (200, 203)
_TOO_MANY = 429
_RESETS = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
_SECONDS = re.compile(r"\d{1,10}(?:\.\d{1,6})?", re.ASCII)
_MOMENTS = 1e9  # seconds; what is more is a moment, counted from 1970
_NOT_MODIFIED = 304
_TEXTS = ("application/xhtml+xml", "application/xml", "application/json")
_MEANINGS: Mapping[int, tuple[Health, timedelta | None, str]] = {
    401: ("needs you", None, "asks for a user name and password, or does not accept ours (401)"),
    403: ("blocked", None, "refuses to let us read (403); it is tried again tomorrow"),
    404: ("dead", None, "has nothing at this address (404); check the address"),
    410: ("dead", None, "says that this address is gone for good (410); remove the source"),
    429: ("failing", None, "asks us to come less often (429)"),
    503: ("failing", None, "is not available just now (503)"),
}


def judge_status(
    host: str, status: int, headers: Mapping[str, str], now: datetime
) -> SourceError | None:
    """The error that a status means, or None where there is a body to read."""
    if status in _OK:
        return None
    usual: tuple[Health, timedelta | None, str] = ("failing", None, f"answered with error {status}")
    health, wait, says = _MEANINGS.get(status, usual)
    if status in (429, 503):
        wait = retry_after(headers, now)
    if status == _TOO_MANY and wait is None:
        wait = reset_after(headers, now)
    return SourceError(f"{host} {says}.", health, wait)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long Retry-After asks to wait, at most a day; None where it says nothing sensible."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return _seconds(value)
    until = _date(value)
    wait = until - (_date(headers.get("date", "")) or now) if until else None
    return min(wait, _DAY) if wait is not None and wait >= timedelta(0) else None


def reset_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long until an allowance begins anew, as X-RateLimit-Reset and its like say it.

    Some places give seconds (Reddit), some the moment since 1970 (X), some a date (Mastodon); of
    several windows (Brave) the longest counts. At most a day; None where nothing sensible is said.
    """
    said = next((headers[name] for name in _RESETS if name in headers), "")
    waits = [wait for value in said.split(",") if (wait := _until(value.strip(), now)) is not None]
    return min(max(waits), _DAY) if waits else None


def _until(value: str, now: datetime) -> timedelta | None:
    if _SECONDS.fullmatch(value):
        number = float(value)
        wait = timedelta(seconds=number if number < _MOMENTS else number - now.timestamp())
    elif moment := read_date(value):
        wait = moment - now
    else:
        return None
    return wait if wait >= timedelta(0) else None


def pause(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the answer says it stays as it is (max-age, else Expires), at most a day."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    if found:
        return _seconds(found.group(1)) or None
    until = _date(headers.get("expires", ""))
    wait = until - (_date(headers.get("date", "")) or now) if until else timedelta(0)
    return min(wait, _DAY) if wait > timedelta(0) else None


def _seconds(digits: str) -> timedelta:
    return min(timedelta(seconds=int(digits)), _DAY) if len(digits) <= _LONGEST_NUMBER else _DAY


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_text(headers: Mapping[str, str]) -> bool:
    """True where an answer says that it is text, a page of the web included."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in _TEXTS


def hashed(data: bytes) -> str:
    """A short hash, in place of what may be secret or long."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def conditions_for(known: Mapping[str, str], url: str) -> dict[str, str]:
    """The saved validators as headers, verbatim, for the very address that gave them."""
    if known.get("for") != hashed(url.encode()):
        return {}
    names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {header: known[name] for name, header in names.items() if known.get(name)}


def validators_of(response: Response, known: Mapping[str, str]) -> dict[str, str]:
    """What to remember of an answer: its validators, and hashes of its address and body."""
    found = {
        name: response.headers[name]
        for name in ("etag", "last-modified")
        if name in response.headers
    }
    if response.status == _NOT_MODIFIED:
        return {**known, **found}
    return {**found, "for": hashed(response.url.encode()), "body": hashed(response.body)}

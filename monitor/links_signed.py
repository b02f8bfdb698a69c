"""PURE: addresses of pages that a letter may open until a day, without a sign-in.

The signature covers the whole address and the day, so that it opens that page and no other. It
gives nothing but reading: who presses it is not known, and what it opens changes nothing.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

Opened = Literal["open", "expired", "refused"]

# For so long the link in a letter opens its page.
GOOD_FOR = timedelta(days=7)
UNTIL, MARK = "until", "mark"
# A key that is shorter could be found by trying.
LEAST_KEY = 32
_LONGEST = 2000
_DIGITS = 32  # of 64 hexadecimal digits, 128 bits
_PURPOSE = b"footprint link\n"


def signed(path: str, key: bytes, until: datetime) -> str:
    """The path with its day and its signature, such as "/mentions/5f0c?until=1796000000&mark=…".

    `path` begins with one slash and holds no query; `until` is to the second. Raises ValueError
    for another path, for a time without a zone and for a short key.
    """
    if not _is_path(path):
        raise ValueError(f"a path without a query is signed, such as /mentions/5f0c: {path!r}")
    if until.tzinfo is None:
        raise ValueError("until must carry a time zone")
    end = str(int(until.astimezone(UTC).timestamp()))
    return f"{path}?{urlencode({UNTIL: end, MARK: _mark(path, end, key)})}"


def opened(url: str, key: bytes, now: datetime) -> Opened:
    """Whether a link may be opened at `now`: open, expired, or refused where we made no such one.

    `url` may be whole or begin with its path. Whatever is not exactly as `signed` made it is
    refused, whoever wrote it.
    """
    if len(url) > _LONGEST:
        return "refused"
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, strict_parsing=True, max_num_fields=2)
    except ValueError:
        return "refused"
    if [name for name, _ in query] != [UNTIL, MARK] or not _is_path(parts.path):
        return "refused"
    end, mark = query[0][1], query[1][1]
    if not hmac.compare_digest(mark.encode(errors="replace"), _mark(parts.path, end, key).encode()):
        return "refused"
    return "open" if now.timestamp() < int(end) else "expired"


def _is_path(path: str) -> bool:
    return path.startswith("/") and not path.startswith("//") and not set(path) & set("?#\\\n")


def _mark(path: str, end: str, key: bytes) -> str:
    if len(key) < LEAST_KEY:
        raise ValueError(f"a key of at least {LEAST_KEY} bytes is needed")
    words = _PURPOSE + f"{end}\n{path}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, words, "sha256").hex()[:_DIGITS]

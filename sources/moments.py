"""PURE: moments that a memo kept. One that lies ahead was written while the clock was wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

# Clocks that are set over the network differ by less.
_LEEWAY = timedelta(minutes=5)


def kept_moment(kept: object, now: datetime) -> datetime | None:
    """The moment; None where it is none, or where it has not come yet."""
    try:
        found = datetime.fromisoformat(kept) if isinstance(kept, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo and found <= now + _LEEWAY else None

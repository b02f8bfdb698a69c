"""A moment's minute as text: what was found within one minute counts as found at once."""

from __future__ import annotations

from datetime import UTC, datetime


def minute(moment: datetime) -> str:
    """The minute of a moment, in UTC, as text that sorts as time does: 2026-11-21 21:40."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"

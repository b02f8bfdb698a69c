"""What a digest is of, besides its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.digest.weeks import Week


@dataclass(frozen=True, slots=True)
class Frame:
    """What a digest is of, besides its figures.

    `web` is where Footprint's pages are, or empty; `late` that it goes later than was set, and
    `missed` are weeks before it that had none; `to_folder` that alerts are only written to a
    folder.
    """

    school_id: str
    school: str
    web: str
    reference: str
    now: datetime
    late: datetime | None = None
    missed: tuple[Week, ...] = ()
    to_folder: bool = False

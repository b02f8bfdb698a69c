"""Puts into words what is wrong with the program itself, or is over. Pure; sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from alerts.base import Letter
from alerts.mail import Envelope, letter, link, list_slug, plain, render, subject_line

WRONG_COLOUR, WELL_COLOUR = "#6b4a00", "#1f5c3f"


@dataclass(frozen=True, slots=True)
class MachineNotice:
    """One thing that is wrong; with `until`, one that is over. `page` may be empty."""

    school_id: str
    school: str
    title: str
    says: str
    advice: str
    since: str
    until: str
    page: str
    reference: str


def machine_letter(notice: MachineNotice, **envelope: Unpack[Envelope]) -> Letter:
    """The letter for one person. Raises as `alerts.mail.letter` does."""
    title = plain(notice.title, 120)
    subject = f"Over: {title}" if notice.until else title
    words = {
        "subject": subject,
        "colour": WELL_COLOUR if notice.until else WRONG_COLOUR,
        "school": plain(notice.school, 120),
        "says": plain(notice.says, 500),
        "advice": plain(notice.advice, 500),
        "since": plain(notice.since, 80),
        "until": plain(notice.until, 80),
        "page": link(notice.page),
        "reference": plain(notice.reference, 40),
    }
    return letter(
        subject_line(f"Footprint itself: {subject}", notice.reference),
        render("machine.txt", **words),
        render("machine.html", **words),
        list_name=f"machine.{list_slug(notice.school_id)}",
        **envelope,
    )

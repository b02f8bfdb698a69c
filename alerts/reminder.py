"""The letter that reminds everybody at a school, in the same words, to look themselves up. Pure."""

from __future__ import annotations

from typing import Unpack

from alerts.base import Letter
from alerts.mail import Envelope, letter, link, render

LIST_NAME = "reminder"


def reminder_letter(address: str, **envelope: Unpack[Envelope]) -> Letter:
    """`address` is that of the page, "" where none is configured. Raises as `letter` does."""
    found = link(address) if address else None
    return letter(
        "Once a term: what does the web show of you?",
        render("reminder.txt", link=found),
        render("reminder.html", link=found),
        list_name=LIST_NAME,
        **envelope,
    )

"""PURE: what somebody wants to see of the mentions, as an address says it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from fastapi import HTTPException

from monitor.indexing import terms
from monitor.judge.rules import rule_book
from monitor.store.searching import Wanted
from monitor.web import words
from monitor.web.translating import gettext as _

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wishes:
    """The parameters of a list of mentions. There is none for an author, and there must not be.

    `since` and `until` are days, both included; `hidden` is "yes" for what is held not to be about
    the school; `before` is where a page goes on.
    """

    q: str = ""
    school: str = ""
    level: str = ""
    category: str = ""
    mood: str = ""
    source: str = ""
    since: str = ""
    until: str = ""
    hidden: str = ""
    before: str = ""

    def __post_init__(self) -> None:
        """Raises HTTPException 404 for what there is not."""
        known = (
            (self.level, words.LEVELS),
            (self.category, rule_book().categories),
            (self.mood, words.TONES),
            (self.hidden, ("yes",)),
        )
        if any(given and given not in there for given, there in known):
            raise HTTPException(404)
        if len(self.q) > LONGEST or (self.q and self.before and not self.is_number):
            raise HTTPException(404)

    @property
    def is_number(self) -> bool:
        """True where `before` is a number, as a list of words goes on with."""
        return self.before.isascii() and self.before.isdigit() and len(self.before) < LONGEST // 20

    @property
    def terms(self) -> tuple[str, ...]:
        """The words that are looked for."""
        return terms(self.q)

    @property
    def is_plain(self) -> bool:
        """True where nothing but a school or a level is wished for."""
        return not (self.q or self.is_narrowed)

    @property
    def is_narrowed(self) -> bool:
        """True where more than words, a school or a level is wished for."""
        return any((self.category, self.mood, self.source, *self.days, self.hidden))

    @property
    def days(self) -> tuple[str, str]:
        """The first and the last day, as they were written."""
        return self.since, self.until

    @property
    def days_shown(self) -> tuple[str, str]:
        """The same, each "" where it is none: a browser shows no other text in their fields."""
        since, until = (day if _is_day(day) else "" for day in self.days)
        return since, until

    @property
    def problem(self) -> str:
        """What is wrong with the days, in a line; empty where nothing is."""
        try:
            first, last = map(_day, self.days)
        except ValueError:
            return _("Write a day as year, month and day, such as 2026-11-21.")
        if first and last and first > last:
            return _("The first day is after the last one.")
        return ""

    def wanted(self) -> Wanted:
        """The same for the database. Raises ValueError where there is a `problem`."""
        return Wanted(
            level=self.level,
            category=self.category,
            mood=self.mood,
            source=self.source,
            first=_day(self.since),
            last=_day(self.until),
            relevant=not self.hidden,
        )

    def params(self, **changed: str) -> dict[str, str]:
        """The parameters of an address with these wishes, but from its beginning."""
        return {**asdict(self), "before": "", **changed}


def _is_day(text: str) -> bool:
    try:
        return _day(text) is not None
    except ValueError:
        return False


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

"""Puts into words what is no alert: a source that is not well or well again, and old news.

Pure; sends nothing. No word of a post and no person's name is in either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from alerts.base import Letter
from alerts.mail import Envelope, letter, link, list_slug, plain, render, subject_line

LONGEST_LINE = 500
BROKEN_COLOUR, WELL_COLOUR, SUMMARY_COLOUR = "#6b4a00", "#1f5c3f", "#1d4f91"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source that is not well. Every field is plain text; `missing` may be empty."""

    source: str
    state: str
    error: str
    since: str
    missing: str
    advice: str
    again: str


@dataclass(frozen=True, slots=True)
class Return:
    """A source that is well again, and when it was not."""

    source: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class SourceNotice:
    """News of one or more sources, for those who run the program. `page` may be empty."""

    school_id: str
    school: str
    troubles: tuple[Trouble, ...]
    returns: tuple[Return, ...]
    page: str
    reference: str


@dataclass(frozen=True, slots=True)
class Found:
    """One post of a summary: what it may be, where and when, and never what it says."""

    level: str
    kinds: str
    when: str
    place: str
    link: str
    page: str


@dataclass(frozen=True, slots=True)
class SummaryNotice:
    """What was there already when a source was first read; `more` were found than are listed."""

    school_id: str
    school: str
    source: str
    counts: tuple[str, ...]
    found: tuple[Found, ...]
    more: int
    reference: str


def source_letter(notice: SourceNotice, **envelope: Unpack[Envelope]) -> Letter:
    """The letter about sources for one person. Raises as `alerts.mail.letter` does."""
    subject = _news(notice)
    words = {
        "subject": subject,
        "colour": BROKEN_COLOUR if notice.troubles else WELL_COLOUR,
        "school": plain(notice.school, 120),
        "troubles": [_cleaned(trouble) for trouble in notice.troubles],
        "returns": [_cleaned_return(back) for back in notice.returns],
        "page": link(notice.page),
        "reference": plain(notice.reference, 40),
    }
    return letter(
        subject_line(subject, notice.reference),
        render("source.txt", **words),
        render("source.html", **words),
        list_name=f"sources.{list_slug(notice.school_id)}",
        **envelope,
    )


def summary_letter(notice: SummaryNotice, **envelope: Unpack[Envelope]) -> Letter:
    """The summary for one person. Raises as `alerts.mail.letter` does."""
    subject = f"What {plain(notice.source, 80)} held when it was first read"
    words = {
        "subject": subject,
        "colour": SUMMARY_COLOUR,
        "school": plain(notice.school, 120),
        "source": plain(notice.source, 80),
        "counts": [plain(count, 120) for count in notice.counts],
        "found": [_shown(post) for post in notice.found],
        "more": notice.more,
        "reference": plain(notice.reference, 40),
    }
    return letter(
        subject_line(subject, notice.reference),
        render("summary.txt", **words),
        render("summary.html", **words),
        list_name=f"summaries.{list_slug(notice.school_id)}",
        **envelope,
    )


def _news(notice: SourceNotice) -> str:
    broken, back = len(notice.troubles), len(notice.returns)
    if broken and back:
        return f"Sources: {broken} not read as they should be, {back} well again"
    if broken:
        one = f"A source is not read as it should be: {plain(notice.troubles[0].source, 80)}"
        return one if broken == 1 else f"{broken} sources are not read as they should be"
    one = f"A source is well again: {plain(notice.returns[0].source, 80)}"
    return one if back == 1 else f"{back} sources are well again"


def _cleaned(trouble: Trouble) -> Trouble:
    return Trouble(
        source=plain(trouble.source, 80),
        state=plain(trouble.state, 80),
        error=plain(trouble.error, LONGEST_LINE),
        since=plain(trouble.since, 80),
        missing=plain(trouble.missing, LONGEST_LINE),
        advice=plain(trouble.advice, LONGEST_LINE),
        again=plain(trouble.again, 120),
    )


def _cleaned_return(back: Return) -> Return:
    return Return(plain(back.source, 80), plain(back.since, 80), plain(back.until, 80))


def _shown(post: Found) -> dict[str, object]:
    return {
        "level": plain(post.level, 40),
        "kinds": plain(post.kinds, 240),
        "when": plain(post.when, 80),
        "place": plain(post.place, 120),
        "post": link(post.link),
        "page": link(post.page),
    }

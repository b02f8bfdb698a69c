"""Puts a week into a letter, in text and HTML, and into a page to print. Pure; sends nothing.

Every edition has one shape, a list of sections, so that mail, page and print say the same.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Literal, Unpack

from alerts.base import Letter
from alerts.mail import Envelope, letter, link, list_slug, plain, render

COLOUR = "#24476b"
LONGEST_LINE, LONGEST_NAME = 600, 160
CHART = "chart.footprint"
Edition = Literal["head", "dsl", "governors", "trust"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the figures at the top; `beside` compares it, and may be empty."""

    number: str
    label: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One post in a list: what it may be, where and when, and never what it says.

    `tone` is urgent, respond or empty; `page` is the post's page in Footprint and `link` its own
    address, which is shown where there is no page; either may be empty.
    """

    what: str
    where: str
    tone: str = ""
    link: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """Twelve weeks by mood, the oldest first. `words` say what the chart shows.

    `seen` is false for a week that was mostly not watched. Where `rounded`, no number under
    `least` is drawn as it is.
    """

    weeks: tuple[str, ...]
    negative: tuple[int, ...]
    neutral: tuple[int, ...]
    positive: tuple[int, ...]
    seen: tuple[bool, ...]
    words: str
    least: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in this order; whatever is empty is left out.

    `columns` head the `rows`, whose first cell is a name. `aside` is true for what stands beside
    the main column where a page has two.
    """

    heading: str
    lines: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    trend: Trend | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    more: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """A week, worded. `notes` say that it is late, or that weeks before it had none."""

    edition: Edition
    school_id: str
    school: str
    title: str
    period: str
    opening: str
    notes: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    standing: tuple[str, ...]
    page: str = ""
    reference: str = ""


def digest_letter(digest: Digest, chart: bytes, **envelope: Unpack[Envelope]) -> Letter:
    """The digest for one person; `chart` is its picture, PNG, or empty.

    Raises as `alerts.mail.letter` does.
    """
    words = _words(digest, f"cid:{CHART}" if chart else "")
    return letter(
        f"{digest.title}: {digest.period}",
        render("digest.txt", **words),
        render("digest.html", **words),
        list_name=f"digests.{list_slug(digest.school_id)}",
        pictures={CHART: chart} if chart else {},
        **envelope,
    )


def digest_page(digest: Digest, chart: bytes) -> str:
    """The digest as one HTML file that holds its picture."""
    held = base64.b64encode(chart).decode()
    return render("digest.html", **_words(digest, f"data:image/png;base64,{held}" if chart else ""))


def digest_text(digest: Digest) -> str:
    """The digest as plain text."""
    return render("digest.txt", **_words(digest, ""))


def _words(digest: Digest, picture: str) -> dict[str, object]:
    return {
        "digest": cleaned(digest),
        "colour": COLOUR,
        "picture": picture,
        "page": link(digest.page),
    }


def cleaned(digest: Digest) -> Digest:
    """The same with every foreign word as one plain line of bounded length."""
    return Digest(
        edition=digest.edition,
        school_id=digest.school_id,
        school=plain(digest.school, LONGEST_NAME),
        title=plain(digest.title, LONGEST_NAME),
        period=plain(digest.period, LONGEST_NAME),
        opening=plain(digest.opening, LONGEST_LINE),
        notes=_lines(digest.notes),
        tiles=digest.tiles,
        sections=tuple(map(_section, digest.sections)),
        standing=_lines(digest.standing),
        page=digest.page,
        reference=plain(digest.reference, 40),
    )


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(plain(text, LONGEST_LINE) for text in texts)


def _section(part: Section) -> Section:
    return Section(
        heading=plain(part.heading, LONGEST_NAME),
        lines=_lines(part.lines),
        entries=tuple(map(_entry, part.entries)),
        trend=part.trend,
        columns=part.columns,
        rows=tuple(tuple(plain(cell, LONGEST_NAME) for cell in row) for row in part.rows),
        more=plain(part.more, LONGEST_LINE),
        aside=part.aside,
    )


def _entry(one: Entry) -> Entry:
    what, where = plain(one.what, LONGEST_NAME), plain(one.where, LONGEST_NAME)
    return Entry(what, where, one.tone, one.link, one.page)

"""Shows a text as a learner sees it: names of the school, its places and people as marks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from monitor.judge.canonical import Tokens
from monitor.judge.match import Evidence

SCHOOL, PLACE, STAFF, OTHER = "ourschool", "ourplace", "ourstaff", "otherplace"
TOWN = "othertown"
MEDIA = ("news", "blog", "google_review", "petition", "foi")
MARKS = (SCHOOL, PLACE, STAFF, OTHER, *(f"in_{medium}" for medium in MEDIA), TOWN)
MOST_WORDS = 4000
_MOST_SIGNS = 3
_MARK_OF = {
    "name": SCHOOL,
    "alias": SCHOOL,
    "handle": SCHOOL,
    "hashtag": SCHOOL,
    "url": SCHOOL,
    "place": PLACE,
    "staff": STAFF,
    "exclude": OTHER,
}
_SIGNS = re.compile(
    r"[!?]+|\.{2,}|\u2026|[.,:;\"\u201c\u201d\u00a3]|[^\x00-\u2fff]|[\u2600-\u27bf]"
)


def view(
    tokens: Tokens,
    evidence: Iterable[Evidence],
    medium: str = "",
    towns: Collection[str] = (),
) -> tuple[list[str], list[int]]:
    """Canonical words, marks and signs of a text in order, and the token each belongs to.

    Signs belong to the token after them. `medium` (news, blog, ...) opens the view where it says
    how to read the text; comments under posts, whatever the platform, have none. `towns` are words
    that name a town, county or country which is none of the school's places.
    """
    rows = [(f"in_{medium}", 0)] if medium in MEDIA else []
    rows += islice(_without_runs(_stream(tokens, _marked(evidence), towns)), MOST_WORDS - len(rows))
    return [word for word, _ in rows], [index for _, index in rows]


def _marked(evidence: Iterable[Evidence]) -> dict[int, tuple[int, str]]:
    """Where each mark begins and ends; of two at one start the longer, of equals the name."""
    rows = [one for one in evidence if one.end > one.start]
    rows.sort(key=lambda one: (one.end, MARKS.index(_MARK_OF[one.kind]) * -1))
    return {one.start: (one.end, _MARK_OF[one.kind]) for one in rows}


def _without_runs(rows: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """At most three signs in a row: padding does not push words out of sight."""
    signs = 0
    for word, index in rows:
        signs = 0 if word[0].isalnum() or word[0] in "@#" else signs + 1
        if signs <= _MOST_SIGNS:
            yield word, index


def _stream(
    tokens: Tokens, marked: dict[int, tuple[int, str]], towns: Collection[str]
) -> Iterator[tuple[str, int]]:
    until, last = 0, max(len(tokens) - 1, 0)
    rows = zip(tokens.words, tokens.starts, tokens.ends, tokens.breaks, strict=False)
    for index, (word, start, end, gap) in enumerate(rows):
        if start < until:
            continue
        yield from ((sign, index) for sign in _SIGNS.findall(gap))
        until, shown = marked.get(start, (end, TOWN if word in towns else word))
        yield shown, index
    yield from ((sign, last) for sign in _SIGNS.findall(tokens.source[until:]))

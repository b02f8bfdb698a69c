"""Shows a text as a learner sees it: names of the school, its places and people as marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from monitor.judge.canonical import Tokens
from monitor.judge.match import Evidence

SCHOOL, PLACE, STAFF, OTHER = "ourschool", "ourplace", "ourstaff", "otherplace"
MEDIA = ("news", "blog", "google_review", "petition", "foi")
MARKS = (SCHOOL, PLACE, STAFF, OTHER, *(f"in_{medium}" for medium in MEDIA))
MOST_WORDS = 4000
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
    tokens: Tokens, evidence: Iterable[Evidence], medium: str = ""
) -> tuple[list[str], list[int]]:
    """Canonical words, marks and signs of a text in order, and the token each belongs to.

    Signs belong to the token after them. `medium` (news, blog, ...) opens the view where it says
    how to read the text; comments under posts, whatever the platform, have none.
    """
    marked = {one.start: (one.end, _MARK_OF[one.kind]) for one in evidence if one.end > one.start}
    rows = [(f"in_{medium}", 0)] if medium in MEDIA else []
    for row in _stream(tokens, marked):
        rows.append(row)
        if len(rows) == MOST_WORDS:
            break
    return [word for word, _ in rows], [index for _, index in rows]


def _stream(tokens: Tokens, marked: dict[int, tuple[int, str]]) -> Iterator[tuple[str, int]]:
    until, last = 0, max(len(tokens) - 1, 0)
    rows = zip(tokens.words, tokens.starts, tokens.ends, tokens.breaks, strict=False)
    for index, (word, start, end, gap) in enumerate(rows):
        if start < until:
            continue
        yield from ((sign, index) for sign in _SIGNS.findall(gap))
        until, shown = marked.get(start, (end, word))
        yield shown, index
    yield from ((sign, last) for sign in _SIGNS.findall(tokens.source[until:]))

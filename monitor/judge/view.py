"""Shows a text as a learner sees it: names of the school, its places and people as marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from monitor.judge.canonical import Tokens
from monitor.judge.match import Evidence

SCHOOL, PLACE, STAFF, OTHER = "ourschool", "ourplace", "ourstaff", "otherplace"
_MARKS = {
    "name": SCHOOL,
    "alias": SCHOOL,
    "handle": SCHOOL,
    "hashtag": SCHOOL,
    "url": SCHOOL,
    "place": PLACE,
    "staff": STAFF,
    "exclude": OTHER,
}
_SIGNS = re.compile(r"[!?]+|\.{2,}|\u2026|[.,:;\"“”£\n]|[^\x00-\u2fff]|[\u2600-\u27bf]")


def view(tokens: Tokens, evidence: Iterable[Evidence]) -> list[str]:
    """Canonical words, marks and signs of a text, in order."""
    marked = {}
    for one in evidence:
        if one.end > one.start:
            marked[one.start] = (one.end, _MARKS[one.kind])
    return list(_stream(tokens, marked))


def _stream(tokens: Tokens, marked: dict[int, tuple[int, str]]) -> Iterator[str]:
    until = 0
    for word, start, end, gap in zip(
        tokens.words, tokens.starts, tokens.ends, tokens.breaks, strict=False
    ):
        if start < until:
            continue
        yield from _SIGNS.findall(gap)
        if start in marked:
            until, mark = marked[start]
            yield mark
        else:
            until = end
            yield word
    yield from _SIGNS.findall(tokens.source[until:])

"""PURE: a post's words as a page shows them: masked, with those marked that decided.

Of some posts a page shows no words at all until somebody who may see them gives a reason: nobody
should read them who need not, and an image that may be with them must never be looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

from monitor.judge.terms import Words
from monitor.masks import Masked, masked
from monitor.matters import signs
from monitor.settings import School
from monitor.store.mentions import Mention

# Categories whose posts nobody is to look at who need not.
NOT_TO_LOOK_AT = frozenset({"safeguarding", "sexual", "extremism"})

# What is longer is cut on a page: nobody reads it there, and the post itself can be opened.
LONGEST = 12_000
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a post's words: whether it decided anything, and whether it is a mask."""

    text: str
    is_marked: bool = False
    is_mask: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A post's title and text in pieces; `hidden` says how many things are masked."""

    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    hidden: int
    is_cut: bool

    @property
    def is_marked(self) -> bool:
        """Whether any of its words decided."""
        return any(piece.is_marked for piece in (*self.title, *self.text))


def is_not_to_look_at(mention: Mention) -> bool:
    """True where a page shows no words of it by itself; a mere hint of such a thing is enough."""
    hinted = signs(mention.categories, (reason["rule"] for reason in mention.reasons))
    return not NOT_TO_LOOK_AT.isdisjoint(hinted)


def post(mention: Mention, school: School) -> Post:
    """The words as everybody who may see the mention sees them."""
    title, text = masked(_cut(mention.title), school), masked(_cut(mention.text), school)
    return _post(mention, title, text)


def whole(mention: Mention) -> Post:
    """The words as they were posted, for somebody who has said why."""
    return _post(mention, Masked(_cut(mention.title), 0), Masked(_cut(mention.text), 0))


def line(mention: Mention, school: School) -> str:
    """The masked words on end, for a heading."""
    both = filter(None, (mention.title, mention.text))
    return masked(_cut(" · ".join(both)), school).text


def _cut(text: str) -> str:
    return text[:LONGEST]


def _post(mention: Mention, title: Masked, text: Masked) -> Post:
    spans = tuple(_spans(mention.reasons, len(Words(mention.title, mention.text).whole)))
    start = len(mention.title) + 1 if mention.title else 0
    return Post(
        tuple(_pieces(title, spans, 0, len(_cut(mention.title)))),
        tuple(_pieces(text, spans, start, start + len(_cut(mention.text)))),
        title.count + text.count,
        len(mention.title) > LONGEST or len(mention.text) > LONGEST,
    )


def _spans(reasons: Sequence[Mapping[str, Any]], length: int) -> Iterator[Span]:
    """Where deciding words stand in title and text; what cannot be a place is left out."""
    for reason in reasons:
        start, end = int(reason["start"]), int(reason["end"])
        if 0 <= start < end <= length:
            yield start, end


def _pieces(part: Masked, spans: Collection[Span], first: int, last: int) -> Iterator[Piece]:
    """One part of the words, which begins at `first` and ends at `last` of the whole."""
    marked = [
        part.moved(max(start, first) - first, min(end, last) - first)
        for start, end in spans
        if start < last and end > first
    ]
    # No marked stretch begins or ends within a mask.
    masks = [part.moved(begin, end) for begin, end, _length in part.cuts]
    hidden = {begin for begin, _ in masks}
    edges = sorted({0, len(part.text), *chain(*marked), *chain(*masks)})
    for start, end in pairwise(edges):
        is_marked = any(begin <= start < stop for begin, stop in marked)
        yield Piece(part.text[start:end], is_marked, start in hidden)

"""Finds thousands of phrases in one pass over a text; its cost does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from monitor.judge.canonical import Tokens
from monitor.judge.disguise import STAR, Shapes

Entry = TypeVar("Entry")


@dataclass(slots=True)
class _Node(Generic[Entry]):
    """One word on the way through a phrase, and what ends here."""

    after: dict[str, _Node[Entry]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


class Phrases(Generic[Entry]):
    """Phrases as canonical words, each with what it stands for; more may be added at any time."""

    def __init__(self) -> None:
        self._root: _Node[Entry] = _Node()
        self._shapes = Shapes()

    def add(self, words: tuple[str, ...], entry: Entry) -> None:
        """Know a phrase; an empty one is never found."""
        node = self._root
        for word in words:
            node = node.after.setdefault(word, _Node())
            self._shapes.add(word)
        if words:
            node.entries.append(entry)

    def find(self, tokens: Tokens) -> Iterator[tuple[int, int, list[Entry]]]:
        """First token, last token and entries of every phrase, nested ones too, in text order."""
        start, hides = self._root.after, tokens.disguises
        for index, word in enumerate(tokens.words):
            if (
                word in start
                or (word[-1] == "s" and word[:-1] in start and tokens.owner(index))
                or (hides and index in hides)
            ):
                yield from self._from(tokens, index)

    def _from(self, tokens: Tokens, first: int) -> Iterator[tuple[int, int, list[Entry]]]:
        node, after = self._root, first
        while after < len(tokens):
            step = self._step(node, tokens, after)
            if step is None:
                return
            node, after = step
            if node.entries:
                yield first, after - 1, node.entries

    def _step(
        self, node: _Node[Entry], tokens: Tokens, index: int
    ) -> tuple[_Node[Entry], int] | None:
        """What follows by the token as it is written, else as it may be meant, and what is next."""
        found = node.after.get(tokens.words[index])
        if found is None and (owner := tokens.owner(index)):
            found = node.after.get(owner)
        if found is not None:
            return found, index + 1
        hides = tokens.disguises.get(index)
        word = self._meant(hides.forms, node) if hides else None
        return (node.after[word], hides.last + 1) if hides and word else None

    def _meant(self, forms: tuple[str, ...], node: _Node[Entry]) -> str | None:
        for form in forms:
            words = self._shapes.fits(form) if STAR in form else (form,)
            if word := next((word for word in words if word in node.after), None):
                return word
        return None

"""Finds thousands of phrases in one pass over a text; its cost does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from monitor.judge.canonical import Tokens

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

    def add(self, words: tuple[str, ...], entry: Entry) -> None:
        """Know a phrase; an empty one is never found."""
        node = self._root
        for word in words:
            node = node.after.setdefault(word, _Node())
        if words:
            node.entries.append(entry)

    def find(self, tokens: Tokens) -> Iterator[tuple[int, int, list[Entry]]]:
        """First token, last token and entries of every phrase, nested ones too, in text order."""
        start = self._root.after
        for index, word in enumerate(tokens.words):
            if word in start or (word[-1] == "s" and tokens.owner(index) in start):
                yield from self._from(tokens, index)

    def _from(self, tokens: Tokens, first: int) -> Iterator[tuple[int, int, list[Entry]]]:
        node: _Node[Entry] | None = self._root
        for last in range(first, len(tokens)):
            node = self._step(node, tokens, last) if node else None
            if node is None:
                return
            if node.entries:
                yield first, last, node.entries

    @staticmethod
    def _step(node: _Node[Entry], tokens: Tokens, index: int) -> _Node[Entry] | None:
        found = node.after.get(tokens.words[index])
        if found is None and (owner := tokens.owner(index)):
            found = node.after.get(owner)
        return found

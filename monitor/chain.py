"""PURE: rows that are chained, so that one that was changed, taken away or put in is found.

Each row's hash is made of the hash before it and of the row's own canonical text. The last hash,
the head, is kept in another place too: a chain whose end was cut off is whole in itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One row of a chain: its number (from 1, without a gap), its canonical text, both hashes."""

    number: int
    text: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends, and up to which row it was pruned when its time was over."""

    number: int = 0
    hash: str = GENESIS
    pruned: int = 0
    pruned_hash: str = GENESIS


def canonical(*values: object) -> str:
    """One text for strings, numbers and moments; no two lists of them have the same. Raises
    TypeError for anything else.
    """
    plain = [
        value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for value in values
    ]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def linked(previous: str, text: str) -> str:
    """The hash of a row that follows another (SHA-256, hexadecimal)."""
    return hashlib.sha256(f"{previous}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def breaks(links: Iterable[Link], head: Head) -> Iterator[str]:
    """What is wrong with a chain, a sentence each, in the order of its rows; nothing if whole."""
    number, previous = head.pruned, head.pruned_hash
    for link in links:
        if link.number > number + 1:
            yield missing(number + 1, link.number - 1)
        elif link.previous != previous:
            yield f"row {link.number} does not follow from the row before it"
        if linked(link.previous, link.text) != link.hash:
            yield f"row {link.number} was changed"
        number, previous = link.number, link.hash
    if number < head.number:
        yield missing(number + 1, head.number)
    elif (number, previous) != (head.number, head.hash):
        yield f"row {number} is not the last one that was written down"


def missing(first: int, last: int) -> str:
    """The sentence for rows that are not there."""
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"

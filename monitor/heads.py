"""The heads of the chains in a file beside the configuration, a line a day.

Whoever can write in the database could cut a chain's end off, or make it anew, and move its head
there; these lines tell. A copy kept elsewhere (each backup holds one) tells even where this file
was changed as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.chain import Head

FILE = "audit-heads.txt"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a chain ended at a moment."""

    at: datetime
    chain: str
    number: int
    hash: str


def append(folder: Path, heads: Mapping[str, Head], now: datetime) -> None:
    """Write down where the chains end now. Raises OSError."""
    path = folder / FILE
    lines = [
        f"{now.isoformat(timespec='seconds')} {chain} {head.number} {head.hash}\n"
        for chain, head in sorted(heads.items())
    ]
    path.touch(mode=0o600)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)


def faults(folder: Path, chain: str, head: Head, hash_at: Callable[[int], str | None]) -> list[str]:
    """How a chain differs from what was written down of it, a sentence each.

    `hash_at` gives the hash of the row of that number, None where it is not there.
    """
    path = folder / FILE
    lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
    found: list[str] = []
    for line in lines:
        kept = _kept(line)
        if kept is None:
            found.append(f"a line of {FILE} cannot be read")
        elif kept.chain == chain and not _agrees(kept, head, hash_at):
            day = f"{kept.at:%d %b %Y}"
            found.append(f"row {kept.number} is not the one that {FILE} names for {day}")
    return found


def _agrees(kept: Kept, head: Head, hash_at: Callable[[int], str | None]) -> bool:
    if kept.number == head.pruned:
        return kept.hash == head.pruned_hash
    return kept.number < head.pruned or hash_at(kept.number) == kept.hash


def _kept(line: str) -> Kept | None:
    try:
        at, chain, number, made = line.split()
        return Kept(datetime.fromisoformat(at), chain, int(number), made)
    except ValueError:
        return None

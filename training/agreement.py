"""`python -m training.agreement`: how far two readers of the labelled posts agree; it only counts.

`readings/FOLDER.jsonl` keeps, for each post, what its writer said of it and what a second person
said who saw the post and the guide alone. The label in `posts/` is their common answer, or a third
person's where they differ.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.judge.rules import category_names

READINGS = Path(__file__).parent / "readings"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two readers say the same, and how much of that chance does not explain."""

    name: str
    posts: int
    same: float
    kappa: float


def agreement(name: str, first: Sequence[Hashable], second: Sequence[Hashable]) -> Agreement:
    """Cohen's kappa (1960): (observed - expected) / (1 - expected)."""
    number = len(first)
    same = sum(a == b for a, b in zip(first, second, strict=True)) / number
    ones, twos = Counter(first), Counter(second)
    chance = sum(ones[answer] * twos[answer] for answer in ones) / number**2
    return Agreement(name, number, same, (same - chance) / (1 - chance) if chance < 1 else 1.0)


def readings(folder: Path = READINGS) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Both readings of every post that was read twice."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield row["first"], row["second"]


def agreements(folder: Path = READINGS) -> list[Agreement]:
    """Agreement on each answer, and on each category by itself."""
    pairs = list(readings(folder))
    found = [
        agreement(key, [one[key] for one, _ in pairs], [two[key] for _, two in pairs])
        for key in ("relevant", "level", "sentiment")
    ]
    for name in category_names():
        ones = [name in one["categories"] for one, _ in pairs]
        twos = [name in two["categories"] for _, two in pairs]
        found.append(agreement(name, ones, twos))
    return found


def main() -> None:
    """Print the table of training/README.md."""
    print("| answer | posts | same | kappa |")
    print("|---|---|---|---|")
    for one in agreements():
        print(f"| {one.name} | {one.posts} | {one.same:.3f} | {one.kappa:.2f} |")


if __name__ == "__main__":
    main()

"""PURE: do two texts behind one address tell the same thing?"""

from __future__ import annotations

import re

WORD = re.compile(r"\w{3,}")
# A press feed and a search hit of one article share their title and half a sentence; two
# comments of one thread share the thread's title alone. Measured against the demonstration's
# duplicates; in doubt two texts are two, for a second alert costs less than a missed one.
SHARED = 0.5
FEWEST = 6


def same_story(one: str, other: str) -> bool:
    """True where at least half of the shorter text's words stand in the longer one.

    Texts of fewer than six words are the same only when all their words are.
    """
    first, second = _words(one), _words(other)
    shorter = min(len(first), len(second))
    if shorter < FEWEST:
        return first == second
    return len(first & second) / shorter >= SHARED


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text.casefold()))

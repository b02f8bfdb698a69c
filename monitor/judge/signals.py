"""What is known of a post beside its words, as numbers for the learned part."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.judge.match import Match
from monitor.judge.ruled import Verdict
from monitor.judge.rules import category_names
from monitor.judge.terms import Level

_KINDS = (("name",), ("alias",), ("handle", "hashtag", "url"), ("place",), ("staff",), ("exclude",))
_LONG = 200
# What a bare short name weighs where a search brought the post, as it did in training.
_ALONE = 0.6


def signals(
    match: Match, verdict: Verdict, compound: float, words: Sequence[str]
) -> NDArray[np.float32]:
    """The rules' answer, the evidence of relevance, VADER's score and the shape of the text."""
    kinds = {one.kind for one in match.evidence}
    named = [any(kind in kinds for kind in group) for group in _KINDS]
    count = max(len(words), 1)
    return np.array(
        [
            *(verdict.level is each for each in Level),
            verdict.tier == "sure",
            *(name in verdict.categories for name in category_names()),
            *((_ALONE, True) if match.in_doubt else (match.confidence, match.relevant)),
            bool(match.notes),
            *named,
            not any(named[:3]),
            *match.facts,
            compound,
            abs(compound),
            math.log(count) / math.log(_LONG),
            sum("?" in word for word in words) / count,
            sum("!" in word for word in words) / count,
        ],
        dtype=np.float32,
    )

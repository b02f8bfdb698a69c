"""Says how a post speaks of the school, from VADER's score and from what the post is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from monitor.judge.canonical import Tokens
from monitor.judge.phrases import Phrases
from monitor.judge.terms import Sentiment
from monitor.judge.vader import compound as vader_compound

_CLEAR = 0.55
_STRONG = 0.8
_ABUSE = frozenset(("threat", "hate", "harassment", "defamation"))
_SORRY = frozenset(
    ("self_harm", "safeguarding", "misinformation", "privacy", "extremism", "request", "press")
)
# What VADER reads the wrong way round, and what to add to its score for each.
_TRAPS = {
    "killed it": 1.4,
    "smashed it": 0.6,
    "was the bomb": 0.5,
    "so sick": 0.9,
    "slaps": 0.4,
    "not a bad word": 0.9,
    "couldnt fault": 0.8,
    "cant fault": 0.8,
    "couldnt be happier": 0.6,
    "couldnt be prouder": 0.6,
    "sorry to hear": 0.5,
    "sadly missed": 0.5,
    "sorely missed": 0.5,
    "rest in peace": 0.3,
    "in tears of joy": 0.8,
    "dead proud": 0.9,
    "wicked": 0.5,
    "thanks for nothing": -1.2,
    "well done for losing": -1.2,
    "oh brilliant": -0.9,
    "oh great": -0.9,
    "top marks for": -0.7,
    "slow clap": -0.8,
    "yeah right": -0.4,
}


def _traps() -> Phrases[float]:
    index: Phrases[float] = Phrases()
    for text, weight in _TRAPS.items():
        index.add(tuple(text.split()), weight)
    return index


_TRAP_INDEX = _traps()


def compound(text: str) -> float:
    """VADER's compound score, -1 to 1: the mood of the words, not yet towards the school."""
    return vader_compound(text)


def corrected(score: float, tokens: Tokens) -> float:
    """The compound score with the known traps put right, -1 to 1."""
    shift = sum(weights[0] for _, _, weights in _TRAP_INDEX.find(tokens))
    return max(-1.0, min(1.0, score + shift))


def label(score: float, categories: Collection[str], rules: Sequence[str] = ()) -> Sentiment:
    """The mood towards the school, with a wide neutral.

    What the post was found to be says more than its words' mood: thanks are positive, a complaint
    or abuse negative, a cry for help neutral unless it blames. `rules` are the rules that held.
    """
    if _ABUSE.intersection(categories):
        return "negative"
    if "complaint" in categories:
        return "positive" if "praise" in categories and score > _STRONG else "negative"
    if "praise" in categories:
        return "negative" if score < -_STRONG else "positive"
    if _SORRY.intersection(categories):
        return "negative" if "press.critical" in rules else "neutral"
    if abs(score) < _CLEAR:
        return "neutral"
    return "positive" if score > 0 else "negative"

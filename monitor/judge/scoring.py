"""Measures judgements against labels; it counts, and judges nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge.terms import MOODS, Judgement, Level, Sentiment

_Z95 = 1.959964
_RESAMPLES = 1000
_SEED = 20_261_121


class LabelsError(ValueError):
    """Labels that cannot be used; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a person says of a post (triage guide), in the four answers of a judgement."""

    relevant: bool
    sentiment: Sentiment
    categories: frozenset[str]
    level: Level


def labels_of(given: Mapping[str, Any] | None, known: Sequence[str]) -> Labels:
    """The labels of a post as they stand in a file; `known` are the categories there are.

    Raises LabelsError, naming the key.
    """
    if given is None:
        raise LabelsError("it has no 'labels'; a post to measure with needs them.")
    if not isinstance(given.get("relevant"), bool):
        raise LabelsError("'labels.relevant' must be true or false.")
    if given.get("sentiment") not in MOODS:
        raise LabelsError(f"'labels.sentiment' must be one of {', '.join(MOODS)}.")
    if given.get("level") not in list(Level):
        raise LabelsError(f"'labels.level' must be one of {', '.join(Level)}.")
    categories = given.get("categories")
    if not isinstance(categories, list) or not all(name in known for name in categories):
        raise LabelsError(f"'labels.categories' must be a list of these: {', '.join(known)}.")
    return Labels(
        given["relevant"], given["sentiment"], frozenset(categories), Level(given["level"])
    )


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, as a share with its 95 % interval (Wilson); None of nothing."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval."""
        if not self.whole:
            return None
        share, n = self.part / self.whole, self.whole
        middle = share + _Z95**2 / (2 * n)
        spread = _Z95 * math.sqrt(share * (1 - share) / n + _Z95**2 / (4 * n * n))
        scale = 1 + _Z95**2 / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True, slots=True)
class Hits:
    """How a yes-or-no answer did: right, missed and wrong alarms."""

    right: int
    missed: int
    wrong: int

    @property
    def recall(self) -> Share:
        """Found of those there are."""
        return Share(self.right, self.right + self.missed)

    @property
    def precision(self) -> Share:
        """Right of those said."""
        return Share(self.right, self.right + self.wrong)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None where there is nothing to find and nothing was said."""
        among = 2 * self.right + self.missed + self.wrong
        return 2 * self.right / among if among else None


def hits(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> Hits:
    """Count a yes-or-no answer."""
    return Hits(int((truth & said).sum()), int((truth & ~said).sum()), int((~truth & said).sum()))


@dataclass(frozen=True)
class Scores:
    """Posts with their labels and judgements as columns, and every measure over them."""

    true_level: NDArray[np.int64]
    said_level: NDArray[np.int64]
    sure: NDArray[np.bool_]
    true_relevant: NDArray[np.bool_]
    said_relevant: NDArray[np.bool_]
    true_mood: NDArray[np.int64]
    said_mood: NDArray[np.int64]
    true_categories: NDArray[np.bool_]
    said_categories: NDArray[np.bool_]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.true_level)

    def rows(self, index: NDArray[np.int64]) -> Scores:
        """The measures of these posts alone, in this order, repeated where a number is."""
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        names = columns.pop("names")
        return Scores(**{name: column[index] for name, column in columns.items()}, names=names)

    @property
    def level(self) -> Share:
        """Posts whose level is right, of all."""
        return Share(int((self.true_level == self.said_level).sum()), len(self))

    def at_least(self, level: Level) -> Hits:
        """Posts of this level or above."""
        return hits(self.true_level >= level.rank, self.said_level >= level.rank)

    @property
    def urgent_seen(self) -> Share:
        """Urgent posts that were called at least `respond`."""
        urgent = self.true_level == Level.URGENT.rank
        seen = urgent & (self.said_level >= Level.RESPOND.rank)
        return Share(int(seen.sum()), int(urgent.sum()))

    def ordinary(self, said: NDArray[np.bool_]) -> Share:
        """Posts that owe no response of which `said` holds: false alarms."""
        calm = self.true_level < Level.RESPOND.rank
        return Share(int((calm & said).sum()), int(calm.sum()))

    @property
    def wrongly_urgent(self) -> Share:
        """Ordinary posts called urgent, either tier."""
        return self.ordinary(self.said_level == Level.URGENT.rank)

    @property
    def wrongly_sure(self) -> Share:
        """Ordinary posts called urgent and sure."""
        return self.ordinary(self.sure)

    @property
    def wrongly_respond(self) -> Share:
        """Ordinary posts called `respond`."""
        return self.ordinary(self.said_level == Level.RESPOND.rank)

    @property
    def relevance(self) -> Hits:
        """Posts about the school."""
        return hits(self.true_relevant, self.said_relevant)

    @property
    def left_out(self) -> Share:
        """Posts about something else that were left out."""
        other = ~self.true_relevant
        return Share(int((other & ~self.said_relevant).sum()), int(other.sum()))

    @property
    def mood(self) -> Share:
        """Posts about the school whose mood is right."""
        ours = self.true_relevant
        return Share(int((ours & (self.true_mood == self.said_mood)).sum()), int(ours.sum()))

    @property
    def mood_recall(self) -> float | None:
        """The mean over the moods there are of the share found, on posts about the school."""
        shares = [self._mood_recall(mood) for mood in range(len(MOODS))]
        return _mean([share.value for share in shares if share.value is not None])

    def _mood_recall(self, mood: int) -> Share:
        there = self.true_relevant & (self.true_mood == mood)
        return Share(int((there & (self.said_mood == mood)).sum()), int(there.sum()))

    @property
    def categories(self) -> dict[str, Hits]:
        """How each category did that is there or was said."""
        found = {
            name: hits(self.true_categories[:, at], self.said_categories[:, at])
            for at, name in enumerate(self.names)
        }
        return {name: one for name, one in found.items() if one.f1 is not None}

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the categories that are there."""
        there = [one.f1 for one in self.categories.values() if one.recall.whole]
        return _mean([f1 for f1 in there if f1 is not None])

    @property
    def micro_f1(self) -> float | None:
        """F1 over all categories together."""
        return hits(self.true_categories, self.said_categories).f1

    def confusion(self) -> dict[str, dict[str, int]]:
        """True level to said level to how many."""
        return {
            true.value: {
                said.value: int(
                    ((self.true_level == true.rank) & (self.said_level == said.rank)).sum()
                )
                for said in Level
            }
            for true in Level
        }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def scores(pairs: Sequence[tuple[Labels, Judgement]], names: Sequence[str]) -> Scores:
    """Line up labels and judgements; `names` are the categories there are."""
    true = [labels for labels, _ in pairs]
    said = [judgement for _, judgement in pairs]
    return Scores(
        true_level=np.array([one.level.rank for one in true], np.int64),
        said_level=np.array([one.level.rank for one in said], np.int64),
        sure=np.array([one.tier == "sure" for one in said], np.bool_),
        true_relevant=np.array([one.relevant for one in true], np.bool_),
        said_relevant=np.array([one.relevant for one in said], np.bool_),
        true_mood=np.array([MOODS.index(one.sentiment) for one in true], np.int64),
        said_mood=np.array([MOODS.index(one.sentiment) for one in said], np.int64),
        true_categories=_table([one.categories for one in true], names),
        said_categories=_table([frozenset(one.categories) for one in said], names),
        names=tuple(names),
    )


def _table(rows: Sequence[frozenset[str]], names: Sequence[str]) -> NDArray[np.bool_]:
    cells = [[name in row for name in names] for row in rows]
    return np.array(cells, np.bool_).reshape(len(rows), len(names))


def resampled(scored: Scores, measure: Callable[[Scores], float | None]) -> tuple[float, float]:
    """The 95 % interval of a measure that is no share, by 1,000 seeded resamples of the posts."""
    generator = np.random.default_rng(_SEED)
    values = [
        value
        for _ in range(_RESAMPLES)
        if (value := measure(scored.rows(generator.integers(0, len(scored), len(scored)))))
        is not None
    ]
    low, high = np.percentile(values, (2.5, 97.5)) if values else (0.0, 1.0)
    return float(low), float(high)

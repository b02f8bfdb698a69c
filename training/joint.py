"""Fits the layer that joins both halves and the signals, and sets where chances become answers.

It may only see what the halves said of posts that they were not trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from monitor.judge.learned import CATEGORIES, LEVELS, MOOD, OUTPUTS, RELEVANT, Cuts
from monitor.judge.rules import category_names
from monitor.judge.terms import Level
from training.corpus import Targets

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
_FREEDOM = 0.05
_OURS_KEPT, _VETOED, _RIGHT = 0.99, 0.04, 0.8
_ORDINARY_SURE = 0.003
WATCH, RESPOND, URGENT = Level.WATCH.rank, Level.RESPOND.rank, Level.URGENT.rank
_GRID = np.linspace(0.02, 0.98, 97)


@dataclass(frozen=True, slots=True)
class Joint:
    """Weights (inputs x outputs) and a bias an output."""

    weights: Floats
    bias: Floats

    def chances(self, inputs: Floats) -> Floats:
        """Calibrated chances, posts x outputs."""
        total = inputs @ self.weights + self.bias
        chances = 1 / (1 + np.exp(-np.clip(total, -30, 30)))
        for part in (LEVELS, MOOD):
            raised = np.exp(total[:, part] - total[:, part].max(axis=1, keepdims=True))
            chances[:, part] = raised / raised.sum(axis=1, keepdims=True)
        return np.asarray(chances, np.float32)


def fit(inputs: Floats, truth: Targets, repeated: Flags) -> Joint:
    """`repeated` marks second views of a post: they count for relevance alone."""
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
    even = (inputs - mean) / spread
    weights, bias = np.zeros((inputs.shape[1], OUTPUTS)), np.zeros(OUTPUTS)
    once = ~repeated
    weights[:, LEVELS], bias[LEVELS] = _several(even[once], truth.levels[once])
    ours = once & truth.relevant
    weights[:, MOOD], bias[MOOD] = _several(even[ours], truth.moods[ours])
    for number, column in enumerate(truth.categories.T):
        at = CATEGORIES.start + number
        weights[:, at], bias[at] = _one(even[once], column[once])
    weights[:, RELEVANT], bias[RELEVANT] = _one(even, truth.relevant)
    weights /= spread[:, None]
    bias -= mean @ weights
    return Joint(weights.astype(np.float32), bias.astype(np.float32))


def _several(inputs: Floats, classes: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    fitted = LogisticRegression(C=_FREEDOM, max_iter=2000).fit(inputs, classes)
    return fitted.coef_.T, fitted.intercept_


def _one(inputs: Floats, truth: Flags) -> tuple[NDArray[np.float64], float]:
    fitted = LogisticRegression(C=_FREEDOM, max_iter=2000).fit(inputs, truth)
    return fitted.coef_[0], float(fitted.intercept_[0])


def crossed(
    inputs: Floats, truth: Targets, repeated: Flags, folds: NDArray[np.int64], usable: Flags
) -> Floats:
    """The chances of every post by a joint layer that was not fitted on its school."""
    chances = np.zeros((len(inputs), OUTPUTS), np.float32)
    for fold in np.unique(folds):
        rest, held = (folds != fold) & usable, folds == fold
        chances[held] = fit(inputs[rest], rows(truth, rest), repeated[rest]).chances(inputs[held])
    return chances


def rows(truth: Targets, chosen: Flags | NDArray[np.int64]) -> Targets:
    """Some of the labels."""
    return Targets(
        truth.levels[chosen], truth.categories[chosen], truth.moods[chosen], truth.relevant[chosen]
    )


def cuts(
    chances: Floats, truth: Targets, ruled_urgent: Flags, repeated: Flags, ordinary: Flags
) -> Cuts:
    """Where chances become answers, set on crossed chances; `ordinary` marks posts in the mix in
    which a school's mentions come.

    Urgent: where F1 is best. Sure: so high that 3 in 1,000 ordinary posts that need no response
    pass. Respond: so low that four in five posts raised need a response. Watch: where most levels
    are right.
    Relevant: so low that 99 in 100 posts about the school are kept. Standing: a rule's urgent
    stands above it; 4 in 100 rightly urgent ones fall below.
    """
    once = ~repeated
    levels, true = chances[once][:, LEVELS], truth.levels[once]
    danger, urgent = levels[:, Level.URGENT.rank], true == Level.URGENT.rank
    calm = danger[ordinary[once] & (true < RESPOND)]
    urgent_cut = float(max(_GRID, key=lambda cut: _f1(danger >= cut, urgent)))
    respond = _respond(levels, true, urgent_cut)
    ours = once & truth.relevant
    return Cuts(
        urgent=urgent_cut,
        sure=max(urgent_cut, float(np.quantile(calm, 1 - _ORDINARY_SURE))),
        respond=respond,
        watch=_watch(levels, true, urgent_cut, respond),
        relevant=_keeping(chances[truth.relevant, RELEVANT], _OURS_KEPT),
        standing=_keeping(danger[urgent & ruled_urgent[once]], 1 - _VETOED),
        moods=_moods(chances[ours][:, MOOD], truth.moods[ours]),
        categories=_categories(chances[ours][:, CATEGORIES], truth.categories[ours]),
    )


def _keeping(chances: Floats, share: float) -> float:
    """The cut that so large a share of the chances reaches."""
    return float(np.quantile(chances, 1 - share))


def _respond(levels: Floats, true: NDArray[np.int64], urgent: float) -> float:
    """The lowest cut at which four in five of the posts raised need a response."""
    is_urgent, response = levels[:, URGENT] >= urgent, levels[:, RESPOND:].sum(axis=1)
    for cut in _GRID:
        raised = is_urgent | (response >= cut)
        if (true[raised] >= RESPOND).mean() >= _RIGHT:
            return float(cut)
    return float(_GRID[-1])


def _watch(levels: Floats, true: NDArray[np.int64], urgent: float, respond: float) -> float:
    """The cut that gets most levels right, beside the two above it."""
    is_urgent, response = levels[:, URGENT] >= urgent, levels[:, RESPOND:].sum(axis=1)
    notable = levels[:, WATCH:].sum(axis=1)

    def right(cut: float) -> float:
        said = np.where(response >= respond, RESPOND, np.where(notable >= cut, WATCH, 0))
        return float((np.where(is_urgent, URGENT, said) == true).mean())

    return float(max(_GRID, key=right))


def _moods(chances: Floats, true: NDArray[np.int64]) -> tuple[float, ...]:
    """What each mood's chance is multiplied by, so that every mood is found about as often."""
    best = (0.0, (1.0, 1.0, 1.0))
    for negative in np.linspace(0.5, 2.5, 21):
        for positive in np.linspace(0.5, 2.5, 21):
            said = (chances * np.array([negative, 1.0, positive])).argmax(axis=1)
            recall = np.mean([(said[true == mood] == mood).mean() for mood in range(3)])
            best = max(best, (float(recall), (float(negative), 1.0, float(positive))))
    return best[1]


def _categories(chances: Floats, true: Flags) -> dict[str, float]:
    """For each category the cut with the best F1."""
    return {
        name: float(max(_GRID, key=lambda cut: _f1(chances[:, at] >= cut, true[:, at])))
        for at, name in enumerate(category_names())
    }


def _f1(said: Flags, true: Flags) -> float:
    return 2 * float((said & true).sum()) / max(1.0, float(said.sum() + true.sum()))


def folds_of(schools: Sequence[str], number: int) -> NDArray[np.int64]:
    """A fold for each post: all posts of one school in the same, folds of about one size."""
    sizes: dict[str, int] = {}
    for school in schools:
        sizes[school] = sizes.get(school, 0) + 1
    filled = [0] * number
    place: dict[str, int] = {}
    for school in _largest_first(sizes):
        place[school] = filled.index(min(filled))
        filled[place[school]] += sizes[school]
    return np.array([place[school] for school in schools])


def _largest_first(sizes: dict[str, int]) -> Iterable[str]:
    return sorted(sizes, key=lambda school: (-sizes[school], school))

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
_URGENT_FOUND, _OURS_KEPT, _VETOED = 0.94, 0.988, 0.02
_ORDINARY_SURE = 0.003
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
        chances[held] = fit(inputs[rest], _rows(truth, rest), repeated[rest]).chances(inputs[held])
    return chances


def _rows(truth: Targets, chosen: Flags) -> Targets:
    return Targets(
        truth.levels[chosen], truth.categories[chosen], truth.moods[chosen], truth.relevant[chosen]
    )


def cuts(chances: Floats, truth: Targets, ruled_urgent: Flags, repeated: Flags) -> Cuts:
    """Where chances become answers, set on crossed chances.

    Urgent: so low that 94 in 100 urgent posts are found. Sure: so high that 3 in 1,000 ordinary
    posts pass. Respond and watch: where most levels are right. Relevant: so low that 988 in 1,000
    posts about the school are kept. Standing: a rule's urgent stands above it; 2 in 100 rightly
    urgent ones fall below.
    """
    once = ~repeated
    relevant = _keeping(chances[truth.relevant, RELEVANT], _OURS_KEPT)
    ours = once & truth.relevant
    levels, true = chances[ours][:, LEVELS], truth.levels[ours]
    danger, urgent = levels[:, Level.URGENT.rank], true == Level.URGENT.rank
    urgent_cut = _keeping(danger[urgent], _URGENT_FOUND)
    calm = danger[true < Level.RESPOND.rank]
    respond, watch = _levels(levels, true, urgent_cut)
    return Cuts(
        urgent=urgent_cut,
        sure=max(urgent_cut, float(np.quantile(calm, 1 - _ORDINARY_SURE))),
        respond=respond,
        watch=watch,
        relevant=relevant,
        standing=_keeping(danger[urgent & ruled_urgent[ours]], 1 - _VETOED),
        moods=_moods(chances[ours][:, MOOD], truth.moods[ours]),
        categories=_categories(chances[ours][:, CATEGORIES], truth.categories[ours]),
    )


def _keeping(chances: Floats, share: float) -> float:
    """The cut that so large a share of the chances reaches."""
    return float(np.quantile(chances, 1 - share))


def _levels(levels: Floats, true: NDArray[np.int64], urgent: float) -> tuple[float, float]:
    """The cuts for respond and watch that get most levels right."""
    is_urgent = levels[:, 3] >= urgent
    response, notable = levels[:, 2:].sum(axis=1), levels[:, 1:].sum(axis=1)
    found: list[tuple[float, float, float]] = []
    for respond in _GRID:
        for watch in _GRID:
            said = np.where(response >= respond, 2, np.where(notable >= watch, 1, 0))
            said = np.where(is_urgent, 3, said)
            found.append((float((said == true).mean()), float(respond), float(watch)))
    _, respond, watch = max(found)
    return respond, watch


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
        name: max(_GRID, key=lambda cut: _f1(chances[:, at] >= cut, true[:, at]))
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

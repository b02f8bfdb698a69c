"""Fits the linear half: one weight a feature and output, by logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from monitor.judge.features import SIZE, features
from monitor.judge.learned import CATEGORIES, LEVELS, MOOD, OUTPUTS, RELEVANT
from monitor.judge.linear import Linear
from training.corpus import Targets

_SEEN_AT_LEAST = 2
_FREEDOM = 6.0
_ROUNDS = 400


def fit(views: Sequence[Sequence[str]], truth: Targets) -> Linear:
    """Weights in 255 steps an output."""
    rows = [features(view) for view in views]
    rarity = _rarity(rows)
    table = _table(rows, rarity)
    weights, bias = np.zeros((SIZE, OUTPUTS), np.float32), np.zeros(OUTPUTS, np.float32)
    weights[:, LEVELS], bias[LEVELS] = _several(table, truth.levels)
    ours = truth.relevant
    weights[:, MOOD], bias[MOOD] = _several(table[ours], truth.moods[ours])
    for number, column in enumerate(truth.categories.T):
        at = CATEGORIES.start + number
        weights[:, at], bias[at] = _one(table, column)
    weights[:, RELEVANT], bias[RELEVANT] = _one(table, truth.relevant)
    scale = np.abs(weights).max(axis=0) / 127
    steps = np.rint(weights / scale).astype(np.int8)
    return Linear(steps, scale.astype(np.float32), bias, rarity)


def _rarity(rows: Sequence[tuple[NDArray[np.int64], ...]]) -> NDArray[np.float16]:
    """The inverse document frequency of each feature; nothing for one seen only once."""
    seen = np.zeros(SIZE)
    for parts in rows:
        for part in parts:
            seen[part] += 1
    rare = np.log((1 + len(rows)) / (1 + seen)) + 1
    return np.where(seen >= _SEEN_AT_LEAST, rare, 0).astype(np.float16)


def _table(
    rows: Sequence[tuple[NDArray[np.int64], ...]], rarity: NDArray[np.float16]
) -> csr_matrix:
    ends, columns, values = [0], [], []
    for parts in rows:
        for part in parts:
            worth = rarity[part].astype(np.float32)
            values.append(worth / (float(np.sqrt(worth @ worth)) or 1.0))
            columns.append(part)
        ends.append(ends[-1] + sum(map(len, parts)))
    shape = (len(rows), SIZE)
    return csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=shape)


def _several(
    table: csr_matrix, classes: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    fitted = LogisticRegression(C=_FREEDOM, max_iter=_ROUNDS).fit(table, classes)
    return fitted.coef_.T.astype(np.float32), fitted.intercept_.astype(np.float32)


def _one(table: csr_matrix, truth: NDArray[np.bool_]) -> tuple[NDArray[np.float32], float]:
    fitted = LogisticRegression(C=_FREEDOM, solver="liblinear", max_iter=_ROUNDS)
    fitted.fit(table, truth)
    return fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0])

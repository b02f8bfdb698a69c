"""The linear half of the learned part: weights over numbered features, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.judge.features import Numbers, features, letters, singles_and_pairs

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights (features x outputs, in steps of `scale`), a bias an output, and how rare each
    feature is; a feature never seen in training is worth nothing.
    """

    steps: NDArray[np.int8]
    scale: Floats
    bias: Floats
    rarity: NDArray[np.float16]

    def logits(self, words: Sequence[str]) -> Floats:
        """The log-odds of each output."""
        total = self.bias.copy()
        for numbers in features(words):
            total += self._part(numbers)
        return total

    def _part(self, numbers: Numbers) -> Floats | float:
        worth = self.rarity[numbers].astype(np.float32)
        norm = float(np.sqrt(worth @ worth))
        if not norm:
            return 0.0
        part: Floats = (worth @ self.steps[numbers].astype(np.float32)) * self.scale / norm
        return part

    def shares(self, words: Sequence[str], output: int) -> Floats:
        """How much each word adds to the log-odds of an output: its own feature, half of each
        pair it stands in, and its letters.
        """
        singles, pairs = singles_and_pairs(words)
        norms = [self._norm(numbers) for numbers in features(words)]
        weight = self.steps[:, output]
        whole = self._worth(singles, weight) / norms[0]
        halves = self._worth(pairs, weight) / (2 * norms[0])
        whole[:-1] += halves
        whole[1:] += halves
        for index, word in enumerate(words):
            numbers = np.array(letters(word), np.int64)
            whole[index] += float(self._worth(numbers, weight).sum()) / norms[1]
        scaled: Floats = whole * self.scale[output]
        return scaled

    def _norm(self, numbers: Numbers) -> float:
        worth = self.rarity[numbers].astype(np.float32)
        return float(np.sqrt(worth @ worth)) or 1.0

    def _worth(self, numbers: Numbers, weight: NDArray[np.int8]) -> Floats:
        worth: Floats = self.rarity[numbers].astype(np.float32) * weight[numbers]
        return worth

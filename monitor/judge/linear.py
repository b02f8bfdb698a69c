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
        pair it stands in, and its letters; what stands there several times is shared out.
        """
        norms = [self._norm(numbers) for numbers in features(words)]
        singles, pairs = singles_and_pairs(words)
        among = np.concatenate((singles, pairs))
        parts = self._shared(among, output) / norms[0]
        whole = parts[: len(words)].copy()
        halves = parts[len(words) :] / 2
        whole[:-1] += halves
        whole[1:] += halves
        spelt = [letters(word) for word in words]
        owners = np.repeat(np.arange(len(words)), [len(numbers) for numbers in spelt])
        spelling = self._shared(np.concatenate(spelt), output) / norms[1]
        np.add.at(whole, owners, spelling)
        scaled: Floats = whole * self.scale[output]
        return scaled

    def _shared(self, numbers: Numbers, output: int) -> Floats:
        """The worth of each feature for an output, divided by how often it stands there."""
        _, place, times = np.unique(numbers, return_inverse=True, return_counts=True)
        worth = self.rarity[numbers].astype(np.float32) * self.steps[numbers, output]
        shared: Floats = (worth / times[place]).astype(np.float32)
        return shared

    def _norm(self, numbers: Numbers) -> float:
        worth = self.rarity[numbers].astype(np.float32)
        return float(np.sqrt(worth @ worth)) or 1.0

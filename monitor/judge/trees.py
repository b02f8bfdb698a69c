"""A sum of small decision trees over numbers; it holds them and walks them, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees x nodes: which input a node asks, above what it goes right, where left and right lead
    (a leaf leads to itself), and what a leaf adds; `start` is what the sum begins with.
    """

    asks: NDArray[np.int32]
    above: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    adds: NDArray[np.float32]
    start: float
    depth: int

    def score(self, inputs: NDArray[np.float32]) -> float:
        """The sum of the leaves that the inputs lead to."""
        tree = np.arange(len(self.asks))
        node = np.zeros(len(self.asks), np.int32)
        for _ in range(self.depth):
            goes_right = inputs[self.asks[tree, node]] > self.above[tree, node]
            node = np.where(goes_right, self.right[tree, node], self.left[tree, node])
        return self.start + float(self.adds[tree, node].sum())

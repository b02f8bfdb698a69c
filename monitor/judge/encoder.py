"""The encoder half of the learned part: a small transformer run by ONNX Runtime, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from monitor.judge.pieces import LONGEST, framed

Floats = NDArray[np.float32]
_STRIDE = LONGEST - 2
_MOST_WINDOWS = 3


@dataclass(frozen=True)
class Encoder:
    """A packaged graph and the table of its pieces; reads at most three windows of a text."""

    graph: bytes
    table: NDArray[np.int8]
    scale: NDArray[np.float16]
    _session: list[Any] = field(default_factory=list, repr=False)

    def logits(self, cut: Sequence[int], weighty: Sequence[float]) -> list[Floats]:
        """The log-odds of each output for each window read; `weighty` says of each piece how
        much it looks like danger, so that of a long text the windows that matter are read.
        """
        return [self._run(framed(cut[at : at + _STRIDE])) for at in _windows(len(cut), weighty)]

    def _run(self, numbers: Sequence[int]) -> Floats:
        if not self._session:
            self._session.append(_session(self.graph))
        rows = self.table[numbers].astype(np.float32)
        embedded = rows * self.scale[numbers].astype(np.float32)[:, None]
        answer: Floats = self._session[0].run(None, {"embedded": embedded[None]})[0][0]
        return answer


def _windows(length: int, weighty: Sequence[float]) -> list[int]:
    starts = list(range(0, max(length, 1), _STRIDE))
    if len(starts) <= _MOST_WINDOWS:
        return starts
    rest = sorted(starts[1:], key=lambda at: -max(weighty[at : at + _STRIDE]))
    return [starts[0], *sorted(rest[: _MOST_WINDOWS - 1])]


def _session(graph: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

"""The encoder half of the learned part: a small transformer run by ONNX Runtime, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from monitor.judge.pieces import LONGEST, framed

Floats = NDArray[np.float32]
WINDOW = LONGEST - 2
_STRIDE = WINDOW - 30
_MOST_WINDOWS = 2


class Encoder:
    """A packaged graph and the table of its pieces; one may be used from several threads."""

    def __init__(self, graph: bytes, table: NDArray[np.int8], scale: NDArray[np.float16]) -> None:
        """`table` holds the embedding of each piece in steps of its `scale`."""
        self._session = _session(graph)
        self._table, self._scale = table, scale

    def logits(self, cut: Sequence[int], windows: Sequence[int]) -> list[Floats]:
        """The log-odds of each output for each window, by where in the text it begins."""
        return [self._run(framed(cut[at : at + WINDOW])) for at in windows]

    def _run(self, numbers: Sequence[int]) -> Floats:
        rows = self._table[numbers].astype(np.float32)
        embedded = rows * self._scale[numbers].astype(np.float32)[:, None]
        answer: Floats = self._session.run(None, {"embedded": embedded[None]})[0][0]
        return answer


def windows_of(length: int, weighty: Sequence[float]) -> list[int]:
    """Where the windows to be read begin: all of a text of up to two, else the first and the
    one that looks most like danger. `weighty` says of each piece how much it does; windows overlap,
    so that no phrase is split in all of them.
    """
    last = max(length - WINDOW, 0)
    starts = [*range(0, last, _STRIDE), last]
    if len(starts) <= _MOST_WINDOWS:
        return starts
    rest = sorted(starts[1:], key=lambda at: -max(weighty[at : at + WINDOW]))
    return [0, *sorted(rest[: _MOST_WINDOWS - 1])]


def _session(graph: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

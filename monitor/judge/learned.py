"""The learned part of judging: what its weights say of a view of a text, and which words weigh."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge.encoder import WINDOW, Encoder, windows_of
from monitor.judge.linear import Linear
from monitor.judge.pieces import pieces
from monitor.judge.rules import category_names
from monitor.judge.terms import MOODS, Level

Floats = NDArray[np.float32]
_LEVELS = len(Level)
_CATEGORIES = len(category_names())
LEVELS = slice(0, _LEVELS)
CATEGORIES = slice(_LEVELS, _LEVELS + _CATEGORIES)
MOOD = slice(CATEGORIES.stop, CATEGORIES.stop + len(MOODS))
RELEVANT = MOOD.stop
OUTPUTS = RELEVANT + 1
_URGENT = Level.URGENT.rank
_LOADING = threading.Lock()
# A stretch of a long view that is judged by itself, in words.
_PART = 24
_TRIED = 3
_WORTH_READING = 0.5


@dataclass(frozen=True, slots=True)
class Opinion:
    """Chances, each calibrated on posts that the weights had not seen: of each level (they sum to
    one), of each category by name, of each mood, and that the text is about the school.

    `read` are the numbers of the words that the encoder read of a long view; None where all.
    """

    levels: Floats
    categories: Mapping[str, float]
    moods: Floats
    relevant: float
    read: tuple[int, ...] | None = None

    def at_least(self, level: Level) -> float:
        """The chance of this level or above."""
        return float(self.levels[level.rank :].sum())


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where chances become answers; set on posts that the weights had not seen."""

    urgent: float
    sure: float
    respond: float
    watch: float
    relevant: float
    standing: float
    moods: tuple[float, ...]
    categories: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Learned:
    """The packaged weights: both halves, and the layer that weighs them against the signals."""

    linear: Linear
    encoder: Encoder
    joint: Floats
    bias: Floats
    cuts: Cuts

    def opinion(self, words: Sequence[str], known: Floats) -> Opinion:
        """What the weights say of a view, beside the signals known of the post."""
        linear = self.linear.logits(words)
        cut = pieces(words)
        starts = windows(self.linear, words, cut)
        said = self.joined(linear, together(self.encoder.logits(cut, starts)), known)
        said = replace(said, read=_read(words, cut, starts))
        return said if len(words) <= 2 * _PART else self._with_part(said, words, known)

    def _with_part(self, said: Opinion, words: Sequence[str], known: Floats) -> Opinion:
        """A danger told in one sentence of a long story is thinned out by the rest: where the
        stretch that looks most like one is surely urgent by itself, the whole is possibly.
        """
        sums = np.cumsum(np.append(0.0, self.linear.shares(words, _URGENT)))
        starts = np.arange(0, len(words), _PART // 2)
        weights = sums[np.minimum(starts + _PART, len(words))] - sums[starts]
        likeliest = starts[np.argsort(-weights)[:_TRIED]]
        parts = [words[at : at + _PART] for at in likeliest]
        scored = [(self.linear.logits(part), part) for part in parts]
        linear, part = max(scored, key=lambda one: float(_softmax(one[0][LEVELS])[_URGENT]))
        if _softmax(linear[LEVELS])[_URGENT] < _WORTH_READING:
            return said
        alone = self.joined(linear, self.encoder.logits(pieces(part), [0])[0], known)
        if alone.at_least(Level.URGENT) < max(self.cuts.sure, said.at_least(Level.URGENT)):
            return said
        chances = {
            name: max(chance, alone.categories[name]) for name, chance in said.categories.items()
        }
        # Halfway between both: urgent, and sure only where the whole speaks for it as well.
        between = np.asarray((alone.levels + said.levels) / 2, np.float32)
        return replace(said, levels=between, categories=chances)

    def joined(self, linear: Floats, encoded: Floats, known: Floats) -> Opinion:
        """Both halves and the signals as chances."""
        inputs = np.concatenate((linear, encoded, known))
        total = inputs @ self.joint + self.bias
        chances = _sigmoid(total[CATEGORIES])
        named = zip(category_names(), chances.tolist(), strict=True)
        return Opinion(
            levels=_softmax(total[LEVELS]),
            categories=dict(named),
            moods=_softmax(total[MOOD]),
            relevant=float(_sigmoid(total[RELEVANT])),
        )

    def shares(self, words: Sequence[str], output: int) -> list[float]:
        """How much each word of a view speaks for an output, by the linear half."""
        return [float(share) for share in self.linear.shares(words, output)] if words else []


def windows(linear: Linear, words: Sequence[str], cut: Sequence[int]) -> list[int]:
    """Where the windows begin that the encoder is to read of a view and its pieces."""
    if len(cut) <= WINDOW:
        return [0]
    shares = linear.shares(words, _URGENT)
    counts = [len(pieces((word,))) for word in words]
    return windows_of(len(cut), np.repeat(shares, counts).tolist())


def _read(
    words: Sequence[str], cut: Sequence[int], starts: Sequence[int]
) -> tuple[int, ...] | None:
    """The numbers of the words that lie in some window; None where no window was left out."""
    if len(cut) <= WINDOW:
        return None
    ends = accumulate(len(pieces((word,))) for word in words)
    found = [
        index
        for index, end in enumerate(ends)
        if any(start < end <= start + WINDOW for start in starts)
    ]
    return None if len(found) == len(words) else tuple(found)


def together(read: Sequence[Floats]) -> Floats:
    """Several windows as one: the one that looks most like danger, the likeliest of each category,
    moods averaged, and about the school where one window is.
    """
    if len(read) == 1:
        return read[0]
    rows = np.stack(read)
    urgency = _softmax(rows[:, LEVELS])[:, _URGENT]
    joined: Floats = rows[int(urgency.argmax())].copy()
    joined[CATEGORIES] = rows[:, CATEGORIES].max(axis=0)
    joined[MOOD] = rows[:, MOOD].mean(axis=0)
    joined[RELEVANT] = rows[:, RELEVANT].max()
    return joined


def _softmax(values: Floats) -> Floats:
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    chances: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return chances


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), np.float32)


def learned() -> Learned:
    """The packaged weights, loaded once a process, whichever thread asks first."""
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> Learned:
    folder = files("monitor.judge").joinpath("weights")
    with folder.joinpath("weights.npz").open("rb") as stream:
        arrays: Mapping[str, Any] = dict(np.load(stream))
    cuts = json.loads(folder.joinpath("cuts.json").read_text(encoding="utf-8"))
    linear = Linear(arrays["steps"], arrays["step"], arrays["bias"], arrays["rarity"])
    graph = folder.joinpath("encoder.onnx").read_bytes()
    encoder = Encoder(graph, arrays["table"], arrays["table_scale"])
    return Learned(linear, encoder, arrays["joint"], arrays["joint_bias"], Cuts(**cuts))

"""The learned part of judging: what its weights say of a view of a text, and which words weigh."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.judge.encoder import Encoder
from monitor.judge.linear import Linear
from monitor.judge.pieces import LONGEST, pieces
from monitor.judge.rules import category_names
from monitor.judge.terms import Level, Sentiment

Floats = NDArray[np.float32]
MOODS: tuple[Sentiment, ...] = ("negative", "neutral", "positive")
_LEVELS = len(Level)
_CATEGORIES = len(category_names())
LEVELS = slice(0, _LEVELS)
CATEGORIES = slice(_LEVELS, _LEVELS + _CATEGORIES)
MOOD = slice(CATEGORIES.stop, CATEGORIES.stop + len(MOODS))
RELEVANT = MOOD.stop
OUTPUTS = RELEVANT + 1
_URGENT = Level.URGENT.rank


@dataclass(frozen=True, slots=True)
class Opinion:
    """Chances, each calibrated on posts that the weights had not seen: of each level (they sum to
    one), of each category by name, of each mood, and that the text is about the school.
    """

    levels: Floats
    categories: Mapping[str, float]
    moods: Floats
    relevant: float

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
        read = self.encoder.logits(*self._cut(words))
        return self.joined(linear, _together(read), known)

    def joined(self, linear: Floats, encoded: Floats, known: Floats) -> Opinion:
        """Both halves and the signals as chances."""
        total = np.concatenate((linear, encoded, known)) @ self.joint + self.bias
        chances = _sigmoid(total[CATEGORIES])
        named = zip(category_names(), chances.tolist(), strict=True)
        return Opinion(
            levels=_softmax(total[LEVELS]),
            categories=dict(named),
            moods=_softmax(total[MOOD]),
            relevant=float(_sigmoid(total[RELEVANT : RELEVANT + 1])[0]),
        )

    def _cut(self, words: Sequence[str]) -> tuple[list[int], list[float]]:
        """The pieces of a view and, of one too long to be read at once, how weighty each is."""
        cut = pieces(words)
        if len(cut) <= LONGEST - 2:
            return cut, []
        shares = self.shares(words, _URGENT)
        return cut, [
            share for word, share in zip(words, shares, strict=True) for _ in pieces((word,))
        ]

    def shares(self, words: Sequence[str], output: int) -> list[float]:
        """How much each word of a view speaks for an output, by the linear half."""
        return [float(share) for share in self.linear.shares(words, output)] if words else []


def _together(read: Sequence[Floats]) -> Floats:
    """Several windows as one: the one that looks most like danger, moods and relevance averaged."""
    if len(read) == 1:
        return read[0]
    rows = np.stack(read)
    urgency = _softmax(rows[:, LEVELS])[:, _URGENT]
    together: Floats = rows[int(urgency.argmax())].copy()
    together[CATEGORIES] = rows[:, CATEGORIES].max(axis=0)
    together[CATEGORIES.stop :] = rows[:, CATEGORIES.stop :].mean(axis=0)
    return together


def _softmax(values: Floats) -> Floats:
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    chances: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return chances


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), np.float32)


@cache
def learned() -> Learned:
    """The packaged weights, loaded once a process."""
    folder = files("monitor.judge").joinpath("weights")
    with folder.joinpath("weights.npz").open("rb") as stream:
        arrays: Mapping[str, Any] = dict(np.load(stream))
    cuts = json.loads(folder.joinpath("cuts.json").read_text(encoding="utf-8"))
    linear = Linear(arrays["steps"], arrays["step"], arrays["bias"], arrays["rarity"])
    graph = folder.joinpath("encoder.onnx").read_bytes()
    encoder = Encoder(graph, arrays["table"], arrays["table_scale"])
    return Learned(linear, encoder, arrays["joint"], arrays["joint_bias"], Cuts(**cuts))

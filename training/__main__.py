"""`python -m training`: from the labelled posts to the packaged weights; takes an hour or so.

What was reached is kept in a folder, so that a run that was broken off goes on where it stood.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from monitor.judge.learned import OUTPUTS
from monitor.judge.pieces import pieces
from training import export, joint, reader, words
from training.corpus import Example, Targets, examples, folders, targets

FOLDS, ROUNDS = 3, 6
# The rules' author had read these before writing rules, so that rules look too good on them.
SEEN_BY_RULES = ("dangers", "children", "trial")
KEPT = Path(".make") / "training"


def main() -> None:
    """Train, measure on posts left out, and write the weights."""
    torch.set_num_threads(2)
    KEPT.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    found = [one for folder in folders() for one in examples(folder)]
    truth = targets(found)
    cut = [pieces(one.words) for one in found]
    print(f"{len(found)} views of posts from {len(folders())} writers", flush=True)
    folds = joint.folds_of([one.school for one in found], FOLDS)
    said = held_out(found, truth, cut, folds)
    known = np.stack([one.known for one in found])
    inputs = np.concatenate((said, known), axis=1)
    repeated = np.array([one.plain for one in found])
    usable = np.array([one.folder not in SEEN_BY_RULES for one in found])
    chances = joint.crossed(inputs, truth, repeated, folds, usable)
    cuts = joint.cuts(chances, truth, known[:, 3] > 0, repeated)
    layer = joint.fit(inputs[usable], rows(truth, usable), repeated[usable])
    print("training on everything", flush=True)
    linear = words.fit([one.words for one in found], truth)
    encoder = reader.fit(cut, truth, rounds=ROUNDS)
    export.write(linear, encoder, layer, cuts)
    print(f"written to {export.WEIGHTS} after {(time.monotonic() - began) / 60:.0f} minutes")


def held_out(
    found: Sequence[Example], truth: Targets, cut: Sequence[list[int]], folds: NDArray[np.int64]
) -> NDArray[np.float32]:
    """What both halves say of every post when they are trained without its school."""
    said = np.zeros((len(found), 2 * OUTPUTS), np.float32)
    for fold in range(FOLDS):
        rest, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        mark = _mark(found, rest)
        said[held] = _kept(f"{mark}-{fold}", partial(_fold, found, truth, cut, rest, held))
    return said


def _fold(
    found: Sequence[Example],
    truth: Targets,
    cut: Sequence[list[int]],
    rest: NDArray[np.int64],
    held: NDArray[np.int64],
) -> NDArray[np.float32]:
    print(f"training on {len(rest)}, held out {len(held)}", flush=True)
    linear = words.fit([found[at].words for at in rest], rows(truth, rest))
    by_words = np.stack([linear.logits(found[at].words) for at in held])
    encoder = reader.fit([cut[at] for at in rest], rows(truth, rest), rounds=ROUNDS)
    return np.concatenate((by_words, reader.logits(encoder, [cut[at] for at in held])), axis=1)


def rows(truth: Targets, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Targets:
    """Some of the labels."""
    return Targets(
        truth.levels[chosen], truth.categories[chosen], truth.moods[chosen], truth.relevant[chosen]
    )


def _mark(found: Sequence[Example], rest: NDArray[np.int64]) -> str:
    """A hash of all that a fold's training depends on."""
    digest = hashlib.blake2b(digest_size=8)
    for at in rest:
        labels = found[at].labels
        said = (labels.relevant, labels.level, labels.sentiment, sorted(labels.categories))
        digest.update(repr((found[at].words, said)).encode(errors="replace"))
    digest.update(f"{ROUNDS}".encode())
    return digest.hexdigest()


def _kept(name: str, make: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    path = KEPT / f"{name}.npy"
    if not path.exists():
        made = make()
        np.save(path.with_suffix(".part.npy"), made)
        os.replace(path.with_suffix(".part.npy"), path)
    return np.asarray(np.load(path))


if __name__ == "__main__":
    main()

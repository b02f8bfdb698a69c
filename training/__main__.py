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

from monitor.judge.learned import Cuts, windows
from monitor.judge.pieces import pieces
from monitor.judge.terms import Level
from training import export, joint, reader, words
from training.corpus import Example, Targets, examples, folders, targets

# A third of the schools is left out to fit the joint layer on; within it, a fifth in turn.
PARTS, CROSSED, ROUNDS = 3, 5, 6
# The rules' author had read these before writing rules, so that rules look too good on them.
SEEN_BY_RULES = ("dangers", "children", "trial")
# Their posts come in the mix in which a school's name really does.
ORDINARY = ("everyday", "ordinary", "comments", "harmless")
KEPT = Path(".make") / "training"
Flags = NDArray[np.bool_]


def main() -> None:
    """Train, measure on posts left out, and write the weights."""
    torch.set_num_threads(2)
    KEPT.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    found = [one for folder in folders() for one in examples(folder)]
    truth = targets(found)
    cut = [pieces(one.words) for one in found]
    print(f"{len(found)} views of posts from {len(folders())} writers", flush=True)
    left_out = joint.folds_of([one.school for one in found], PARTS) == 0
    said = held_out(found, truth, cut, left_out)
    layer, cuts = joined([found[at] for at in np.flatnonzero(left_out)], said)
    print("training on everything", flush=True)
    linear = words.fit([one.words for one in found], truth)
    encoder = reader.fit(cut, truth, rounds=ROUNDS)
    export.write(linear, encoder, layer, cuts)
    print(f"written to {export.WEIGHTS} after {(time.monotonic() - began) / 60:.0f} minutes")


def joined(held: Sequence[Example], said: NDArray[np.float32]) -> tuple[joint.Joint, Cuts]:
    """The joint layer and the cuts, from what the halves say of posts of schools left out."""
    truth = targets(held)
    known = np.stack([one.known for one in held])
    inputs = np.concatenate((said, known), axis=1)
    repeated = np.array([one.plain for one in held])
    usable = np.array([one.folder not in SEEN_BY_RULES for one in held])
    folds = joint.folds_of([one.school for one in held], CROSSED)
    chances = joint.crossed(inputs, truth, repeated, folds, usable)
    unseen, ruled = joint.rows(truth, usable), known[usable, Level.URGENT.rank] > 0
    ordinary = np.array([one.folder in ORDINARY for one in held])[usable]
    cuts = joint.cuts(chances[usable], unseen, ruled, repeated[usable], ordinary)
    return joint.fit(inputs[usable], unseen, repeated[usable]), cuts


def held_out(
    found: Sequence[Example],
    truth: Targets,
    cut: Sequence[list[int]],
    left_out: Flags,
) -> NDArray[np.float32]:
    """What both halves say of the posts left out when they are trained on the rest."""
    rest, held = np.flatnonzero(~left_out), np.flatnonzero(left_out)
    return _kept(_mark(found, cut, left_out), partial(_fold, found, truth, cut, rest, held))


def _fold(
    found: Sequence[Example],
    truth: Targets,
    cut: Sequence[list[int]],
    rest: NDArray[np.int64],
    held: NDArray[np.int64],
) -> NDArray[np.float32]:
    print(f"training on {len(rest)}, held out {len(held)}", flush=True)
    linear = words.fit([found[at].words for at in rest], joint.rows(truth, rest))
    by_words = np.stack([linear.logits(found[at].words) for at in held])
    encoder = reader.fit([cut[at] for at in rest], joint.rows(truth, rest), rounds=ROUNDS)
    starts = [windows(linear, found[at].words, cut[at]) for at in held]
    by_reading = reader.logits(encoder, [cut[at] for at in held], starts)
    return np.concatenate((by_words, by_reading), axis=1)


def _mark(found: Sequence[Example], cut: Sequence[list[int]], left_out: Flags) -> str:
    """A hash of all that the answers about the posts left out depend on."""
    digest = hashlib.blake2b(digest_size=8)
    for one, pieces_of, out in zip(found, cut, left_out, strict=True):
        labels = one.labels
        said = (labels.relevant, labels.level, labels.sentiment, sorted(labels.categories))
        row = (one.words, pieces_of, said, bool(out))
        digest.update(repr(row).encode(errors="replace"))
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

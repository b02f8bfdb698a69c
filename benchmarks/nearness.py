"""Near-copies among posts: our sketch with its check, beside MinHash with 128 permutations."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from datasketch import MinHash, MinHashLSH

from benchmarks.timing import ratios
from monitor.copies import Text, same
from training.corpus import folders
from training.corpus import posts as labelled

POSTS, COPIED, CHANGED = 2_000, 0.1, 0.04
WHEN = datetime(2026, 9, 14, 12, tzinfo=UTC)
SHINGLE, ALIKE = 3, 0.5
_WORD = re.compile(r"\w+")


def near_copies(chance: random.Random) -> tuple[str, str, list[float], str]:
    """The row for the table, and a sentence on what each found of the copies made here."""
    posts, copy_of = _posts(chance)
    row = ratios(lambda: _theirs(posts), lambda: _ours(posts), rounds=3)
    said = "; ".join(
        f"{name} found {_found(pairs, copy_of)} of {len(copy_of)} copies, "
        f"{_wrong(pairs, copy_of)} wrongly"
        for name, pairs in (("ours", _ours(posts)), ("datasketch", _theirs(posts)))
    )
    return f"near-copies among {len(posts):,} posts", "datasketch, 128 permutations", row, said


def _posts(chance: random.Random) -> tuple[list[str], dict[int, int]]:
    """Labelled posts of eighty letters or more, some passed on with one word in 25 changed."""
    written = [post.words.text for folder in folders() for post, _ in labelled(folder)]
    posts = chance.sample([text for text in dict.fromkeys(written) if len(text) > 160], POSTS)
    copy_of = {}
    for at in range(POSTS // 2, POSTS):
        if chance.random() < COPIED * 2:
            copy_of[at] = chance.randrange(POSTS // 2)
            posts[at] = _passed_on(posts[copy_of[at]], chance)
    return posts, copy_of


def _passed_on(text: str, chance: random.Random) -> str:
    words = text.split()
    for at, word in enumerate(words):
        if word.islower() and chance.random() < CHANGED:
            words[at] = chance.choice(("really", "just", "then", "very"))
    return " ".join(words)


def _ours(posts: Sequence[str]) -> set[tuple[int, int]]:
    """Each post with the earlier ones that tell the same."""
    kept: defaultdict[int, list[int]] = defaultdict(list)
    texts: list[Text] = []
    pairs = set()
    for at, post in enumerate(posts):
        text = Text("", post, author=str(at), medium="news", when=WHEN)
        texts.append(text)
        earlier = {other for number in text.sketch for other in kept[number]}
        pairs |= {(at, other) for other in earlier if same(text, texts[other])}
        for number in text.sketch:
            kept[number].append(at)
    return pairs


def _theirs(posts: Sequence[str]) -> set[tuple[int, int]]:
    index = MinHashLSH(threshold=ALIKE, num_perm=128)
    pairs = set()
    for at, post in enumerate(posts):
        words = _WORD.findall(post.lower())
        made = MinHash(num_perm=128)
        made.update_batch(
            [" ".join(words[n : n + SHINGLE]).encode() for n in range(len(words) - SHINGLE + 1)]
        )
        pairs |= {(at, other) for other in index.query(made)}
        index.insert(at, made)
    return pairs


def _found(pairs: set[tuple[int, int]], copy_of: dict[int, int]) -> int:
    return sum((at, first) in pairs for at, first in copy_of.items())


def _wrong(pairs: set[tuple[int, int]], copy_of: dict[int, int]) -> int:
    """Pairs that are neither a copy and its text nor two copies of one text."""
    first = {at: copy_of.get(at, at) for pair in pairs for at in pair}
    return sum(first[one] != first[other] for one, other in pairs)

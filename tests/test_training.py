"""The labelled posts: enough of each kind, labelled by the guide, no near-copies, read twice."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from monitor.judge.canonical import canonical
from monitor.judge.language import language
from monitor.judge.lines import PostLine
from monitor.judge.rules import category_names
from monitor.judge.scoring import Labels
from monitor.judge.terms import Level
from training.agreement import READINGS, agreement, agreements
from training.corpus import CorpusError, examples, folders, posts, watches

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

ALWAYS_URGENT = {"threat", "self_harm", "safeguarding", "extremism"}


@cache
def everything() -> list[tuple[str, PostLine, Labels]]:
    return [(folder.name, *pair) for folder in folders() for pair in posts(folder)]


def category_counts() -> Counter[str]:
    return Counter(name for _, _, labels in everything() for name in labels.categories)


def test_there_are_enough_posts_of_each_kind() -> None:
    counts = category_counts()
    assert len(everything()) >= 8_000
    assert {name: counts[name] for name in category_names() if counts[name] < 200} == {}
    for name in ("threat", "self_harm", "safeguarding"):
        assert counts[name] >= 450
    assert len({watch.id for folder in folders() for watch in watches(folder)}) >= 40


def test_there_are_enough_ordinary_mentions() -> None:
    ordinary = [one for _, _, one in everything() if one.level is Level.ROUTINE]
    assert len(ordinary) >= 2_000
    assert sum(not one.relevant for one in ordinary) >= 600


def test_there_are_enough_posts_in_welsh_and_in_the_other_languages_of_uk_schools() -> None:
    codes = Counter(language(canonical(post.words.whole)) for _, post, _ in everything())
    others = {"pl", "ro", "ur", "pa", "bn", "ar", "so", "pt", "uk"}
    assert codes["cy"] >= 250
    assert sum(codes[code] for code in others) >= 250
    assert all(codes[code] for code in others)


def test_the_labels_keep_the_guide() -> None:
    wrong = [
        post.id
        for _, post, labels in everything()
        if (labels.categories & ALWAYS_URGENT and labels.level is not Level.URGENT)
        or (labels.level is Level.ROUTINE and labels.categories - {"praise"})
        or (not labels.relevant and (labels.categories or labels.sentiment != "neutral"))
    ]
    assert wrong == []


def test_no_post_has_the_id_of_another() -> None:
    ids = Counter(post.id for _, post, _ in everything())
    assert [one for one, times in ids.items() if times > 1] == []


def test_no_post_is_nearly_a_copy_of_another() -> None:
    seen: dict[str, list[int]] = defaultdict(list)
    sizes: list[int] = []
    copies = []
    for number, (_, post, _) in enumerate(everything()):
        grams = _threes(post.words.whole)
        shared = Counter(other for gram in grams for other in seen[gram])
        near = [o for o, n in shared.items() if n > 0.7 * max(len(grams), sizes[o])]
        copies += [(post.id, everything()[other][1].id) for other in near]
        sizes.append(len(grams))
        for gram in grams:
            seen[gram].append(number)
    assert copies == []


def _threes(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + 3]) for at in range(len(words) - 2)} or {" ".join(words)}


def _readings() -> Iterator[tuple[str, dict[str, object]]]:
    for path in READINGS.glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            yield path.stem, json.loads(line)


def test_every_label_was_read_a_second_time() -> None:
    read = {row["id"] for _, row in _readings()}
    assert {post.id for _, post, _ in everything()} - read == set()


def test_the_readme_gives_the_agreement_that_the_readings_show() -> None:
    readme = (READINGS.parent / "README.md").read_text("utf-8")
    for one in agreements():
        assert f"| {one.name} | {one.posts} | {one.same:.3f} | {one.kappa:.2f} |" in readme


def test_kappa_is_nothing_where_readers_agree_no_more_than_chance() -> None:
    chance = agreement("x", [0, 0, 1, 1], [0, 1, 0, 1])
    assert (chance.same, chance.kappa) == (0.5, 0.0)
    assert agreement("x", [0, 0, 1], [0, 0, 1]).kappa == 1.0
    # Cohen's own way of counting, by hand: 70 % the same, 50 % by chance.
    some = agreement("x", [0] * 5 + [1] * 5, [0] * 4 + [1] + [1] * 3 + [0] * 2)
    assert some.kappa == pytest.approx((0.7 - 0.5) / 0.5)


def test_a_post_that_cannot_be_used_is_named_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "profiles.json").write_text('[{"id": "a", "name": "Alder School"}]')
    (tmp_path / "posts.jsonl").write_text("{}\n")
    with pytest.raises(CorpusError, match=r"posts.jsonl, line 1"):
        list(posts(tmp_path))


def test_a_post_that_names_something_excluded_is_seen_with_and_without_the_list(
    tmp_path: Path,
) -> None:
    school = {"id": "a", "name": "Alder School", "aliases": ["Alder"], "exclude": ["Alder Arms"]}
    labels = {"relevant": False, "sentiment": "neutral", "categories": [], "level": "routine"}
    post = {"id": "1", "profile": "a", "text": "quiz at the Alder Arms", "labels": labels}
    (tmp_path / "profiles.json").write_text(json.dumps([school]))
    (tmp_path / "posts.jsonl").write_text(json.dumps(post))
    first, second = examples(tmp_path)
    assert "otherplace" in first.words
    assert "otherplace" not in second.words
    assert second.plain

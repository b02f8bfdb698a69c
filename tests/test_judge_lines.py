"""Posts, schools and judgements as JSON."""

from __future__ import annotations

import json

import pytest

from monitor.judge.lines import (
    BadLine,
    PostLine,
    ProfilesError,
    judgement_json,
    read_posts,
    watches_from_json,
)
from monitor.judge.terms import Judgement, Level, Reason, Staff, Words


def test_a_post_is_read_with_its_number_and_words() -> None:
    line = b'{"id": "p1", "profile": "h", "title": "T", "text": "x", "url": "u", "author": "a"}'
    assert list(read_posts([b"\n", line], {"h"})) == [
        PostLine(2, "p1", "h", Words("T", "x", "u", "a", found=True), None)
    ]


def test_a_post_without_a_school_was_not_found_for_one() -> None:
    (post,) = read_posts(
        [b'{"id": "p1", "text": "x", "title": null, "labels": {"level": "watch"}}']
    )
    assert post == PostLine(1, "p1", None, Words("", "x"), {"level": "watch"})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"text": "x"}', "'id' is missing"),
        (b'{"id": 1, "text": "x"}', "'id' is missing or is not text"),
        (b'{"id": "p"}', "'text' is missing"),
        (b'{"id": "p", "text": null}', "'text' is missing"),
        (b'{"id": "p", "text": "x", "title": 3}', "'title' is not text"),
        (b'{"id": "p", "text": "x", "labels": []}', "'labels' is not an object"),
        (b'{"id": "p", "text": "x", "profile": "no"}', "'no' is not the id of a school"),
        (b'{"id": "p", "text": "\xff"}', "not UTF-8"),
        (b'{"id": "p", "text": "' + b"x" * 2_100_000 + b'"}', "longer than 2 MB"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_bad_line_is_named_and_the_next_is_read(line: bytes, said: str) -> None:
    bad, good = read_posts([line, b'{"id": "p2", "text": "x"}'], {"h"})
    assert isinstance(bad, BadLine)
    assert bad.number == 1
    assert said in bad.message
    assert isinstance(good, PostLine)


def test_a_judgement_is_written_as_the_contract_says() -> None:
    reason = Reason("threat.weapon", 3, 8, "knife", "speaks of a weapon")
    judgement = Judgement(
        "h", True, 0.9, "negative", -0.5, ("threat",), Level.URGENT, "sure", "en", (reason,)
    )
    assert json.loads(json.dumps(judgement_json("p1", judgement))) == {
        "id": "p1",
        "profile": "h",
        "relevant": True,
        "confidence": 0.9,
        "sentiment": "negative",
        "compound": -0.5,
        "categories": ["threat"],
        "level": "urgent",
        "tier": "sure",
        "language": "en",
        "reasons": [
            {
                "rule": "threat.weapon",
                "start": 3,
                "end": 8,
                "text": "knife",
                "says": "speaks of a weapon",
            }
        ],
    }


def test_a_judgement_of_nobodys_post_has_no_profile() -> None:
    nobody = Judgement("", False, 0.9, "neutral", 0.0, (), Level.ROUTINE, None, "en")
    assert judgement_json("p1", nobody)["profile"] is None


def test_schools_are_read_and_other_keys_passed_over() -> None:
    text = json.dumps(
        [
            {
                "id": "h",
                "kind": "school",
                "name": "Hollybrook",
                "aliases": ["HPS"],
                "staff": [{"name": "Jane Ashdown", "role": "headteacher"}, {"name": "Al Day"}],
            }
        ]
    )
    (watch,) = watches_from_json(text)
    assert (watch.id, watch.name, watch.aliases) == ("h", "Hollybrook", ("HPS",))
    assert watch.staff == (Staff("Jane Ashdown", "headteacher"), Staff("Al Day"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("{}", "must hold a list"),
        ("[1]", "School 1 is not an object"),
        ('[{"name": "x"}]', "School 1 has no 'id'"),
        ('[{"id": "h", "name": " "}]', "School 1 has no 'name'"),
        ('[{"id": "h", "name": "x", "places": "Leeds"}]', "'places' must be a list"),
        ('[{"id": "h", "name": "x", "urls": [1]}]', "'urls' must be a list of texts"),
        ('[{"id": "h", "name": "x", "staff": {}}]', "'staff' must be a list"),
        ('[{"id": "h", "name": "x", "staff": ["A"]}]', "each of 'staff' needs a 'name'"),
        ('[{"id": "h", "name": "x", "staff": [{"name": "A", "role": 1}]}]', "'role' of A"),
        ('[{"id": "h", "name": "x"}, {"id": "h", "name": "y"}]', "Two schools have the id 'h'"),
    ],
)
def test_a_file_of_schools_that_cannot_be_used_is_explained(text: str, said: str) -> None:
    with pytest.raises(ProfilesError, match="School|schools") as caught:
        watches_from_json(text)
    assert said in str(caught.value)

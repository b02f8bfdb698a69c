"""A text as canonical tokens with offsets into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judge.canonical import canonical, phrase


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("St Jude's", ["st", "judes"]),
        ("Saint Jude\u2019s", ["st", "judes"]),
        ("ST. JUDE`S", ["st", "judes"]),
        ("Ysgol C\u00f4r y Bryn", ["ysgol", "cor", "y", "bryn"]),
        ("co\u0302r", ["cor"]),
        ("Holly\u200bbrook", ["hollybrook"]),
        ("Holly\u00adbrook", ["hollybrook"]),
        ("Holly\u202ebrook", ["hollybrook"]),
        ("Holly\ufe0fbrook", ["hollybrook"]),
        ("\uff28\uff4f\uff4c\uff4c\uff59", ["holly"]),
        ("\U0001d407\U0001d428\U0001d425\U0001d425\U0001d432", ["holly"]),
        ("H\u043ellybr\u043e\u043ek", ["hollybrook"]),
        ("k n i f e", ["knife"]),
        ("pre-school & co", ["pre", "school", "and", "co"]),
        ("a\u00a0b", ["a", "b"]),
        ("\x00 \ud800 ...", []),
    ],
)
def test_disguises_and_spellings_come_to_the_same_words(text: str, words: list[str]) -> None:
    assert canonical(text).words == words


def test_words_of_another_alphabet_are_left_as_they_are() -> None:
    assert canonical("\u0448\u043a\u043e\u043b\u0430").words == ["\u0448\u043a\u043e\u043b\u0430"]


def test_offsets_lead_back_to_what_was_written() -> None:
    tokens = canonical("Oh, St. Jude\u2019s!")
    assert tokens.between(1, 2) == "St. Jude\u2019s"
    assert (tokens.starts[2], tokens.ends[2]) == (8, 14)


def test_handles_hashtags_and_addresses_are_found() -> None:
    tokens = canonical("Hi @HollybrookPri #TeamHolly see https://Hollybrook.sch.uk/news me@mail.uk")
    assert [(mark.kind, mark.text) for mark in tokens.marks] == [
        ("handle", "@hollybrookpri"),
        ("hashtag", "#teamholly"),
        ("url", "https://hollybrook.sch.uk/news"),
    ]


def test_a_possessive_is_known_only_where_it_is_written() -> None:
    tokens = canonical("Hollybrook's schools")
    assert tokens.owner(0) == "hollybrook"
    assert tokens.owner(1) is None


def test_a_phrase_is_its_canonical_words() -> None:
    assert phrase("The Saint's, Upper-Hill") == ("the", "saints", "upper", "hill")


@given(st.text(alphabet=st.characters(), max_size=200))
def test_every_token_lies_in_order_inside_the_text(text: str) -> None:
    tokens = canonical(text)
    edges = [edge for pair in zip(tokens.starts, tokens.ends, strict=True) for edge in pair]
    assert edges == sorted(edges)
    assert all(start < end for start, end in zip(tokens.starts, tokens.ends, strict=True))
    assert not edges or edges[-1] <= len(text)
    assert all(tokens.words)


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["a'", "a ", "@a-", "www.", "e\u0301", "\U0001f600", "#"])
def test_a_megabyte_of_anything_is_read(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    tokens = canonical(text)
    assert not tokens.ends or tokens.ends[-1] <= len(text)


def test_pictures_of_weapons_are_words_and_a_row_of_them_is_one() -> None:
    assert canonical("a \U0001f52a\U0001f52a\U0001f52a and \U0001f52b").words == [
        "a",
        "knife",
        "and",
        "gun",
    ]


def test_stars_inside_a_word_stay_and_stars_round_it_go() -> None:
    assert canonical("**bold** and f**l").words == ["bold", "and", "f**l"]

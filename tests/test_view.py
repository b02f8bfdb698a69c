"""What the learned part sees of a text: words, marks for the school, signs; its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.judge.canonical import canonical
from monitor.judge.features import SIZE, features, singles_and_pairs
from monitor.judge.linear import Linear
from monitor.judge.match import Matcher
from monitor.judge.pieces import END, LONGEST, START, UNKNOWN, framed, pieces, vocabulary
from monitor.judge.terms import Staff, Watch, Words
from monitor.judge.view import MARKS, MOST_WORDS, view

HOLLY = Watch(
    id="holly",
    name="Hollybrook Primary School",
    aliases=("Hollybrook",),
    places=("Stanwick",),
    exclude=("Hollybrook Arms",),
    staff=(Staff("Jane Ashdown", "headteacher"),),
)


def seen(text: str, medium: str = "") -> list[str]:
    tokens = canonical(text)
    (match,) = Matcher([HOLLY]).match(Words("", text, found=True), "holly", tokens)
    return view(tokens, match.evidence, medium, match.towns)[0]


def test_names_places_and_people_of_the_school_are_marks() -> None:
    assert seen("Mrs Ashdown of Hollybrook Primary School in Stanwick") == [
        "ourstaff",
        "of",
        "ourschool",
        "in",
        "ourplace",
    ]


def test_what_the_school_listed_as_another_thing_is_a_mark_of_its_own() -> None:
    assert seen("a pint in the Hollybrook Arms") == ["a", "pint", "in", "the", "otherplace"]


def test_a_town_that_is_none_of_the_schools_is_a_mark_and_its_own_is_not() -> None:
    assert seen("Hollybrook in Leeds, not Stanwick")[:3] == ["ourschool", "in", "othertown"]
    assert "ourplace" in seen("Hollybrook in Leeds, not Stanwick")


def test_two_schools_posts_in_the_same_words_look_the_same() -> None:
    grange = Watch(id="g", name="The Grange Academy", aliases=("The Grange",))
    text = "The Grange is closed tomorrow!"
    tokens = canonical(text)
    (match,) = Matcher([grange]).match(Words("", text, found=True), "g", tokens)
    there = view(tokens, match.evidence)[0]
    assert there[-4:] == seen("Hollybrook is closed tomorrow!")[-4:]
    assert "ourschool" in there


def test_signs_and_emoji_stand_between_the_words() -> None:
    assert seen("no way!! 😂 really? ok.") == ["no", "way", "!!", "😂", "really", "?", "ok", "."]


def test_every_word_of_a_view_knows_its_token() -> None:
    text = "Well… Hollybrook Primary School 🔥 wins!"
    tokens = canonical(text)
    (match,) = Matcher([HOLLY]).match(Words("", text, found=True), "holly", tokens)
    words, owners = view(tokens, match.evidence, "news")
    assert len(words) == len(owners)
    assert owners == sorted(owners)
    assert max(owners) < len(tokens)
    assert tokens.words[owners[words.index("wins")]] == "wins"


def test_the_medium_opens_a_view_where_it_says_how_to_read_it() -> None:
    assert seen("closed", "news")[0] == "in_news"
    assert seen("closed", "facebook") == ["closed"]


def test_a_school_named_after_its_town_is_the_school_not_the_town() -> None:
    school = Watch(id="s", name="Stanwick Primary School", places=("Stanwick",))
    text = "Stanwick Primary School is closed, all of Stanwick knows"
    tokens = canonical(text)
    (match,) = Matcher([school]).match(Words("", text, found=True), "s", tokens)
    words = view(tokens, match.evidence)[0]
    assert words[0] == "ourschool"
    assert words[-2:] == ["ourplace", "knows"]


def test_padding_with_signs_does_not_push_words_out_of_sight() -> None:
    words = seen("😀" * (MOST_WORDS + 100) + " I will stab him at Hollybrook")
    assert words == ["😀", "😀", "😀", "i", "will", "stab", "him", "at", "ourschool"]


def test_a_view_is_never_longer_than_its_limit() -> None:
    assert len(seen("one two " * MOST_WORDS)) == MOST_WORDS


def test_known_words_are_one_piece_and_others_are_cut_into_known_parts() -> None:
    assert pieces(["school"]) == [vocabulary()["school"]]
    parts = pieces(["snapchatted"])
    assert len(parts) > 1
    assert UNKNOWN not in parts


def test_marks_have_pieces_of_their_own() -> None:
    numbers = pieces(MARKS)
    assert len(set(numbers)) == len(MARKS)
    assert max(numbers) < UNKNOWN


def test_an_emoji_is_read_by_its_name() -> None:
    assert pieces(["🔥"]) == pieces(["fire"])


def test_a_hashtag_is_read_by_its_words_not_by_its_first_letters() -> None:
    assert pieces(["#stabhim"])[1:] == pieces(["stabhim"])
    assert pieces(["#stabhim"]) != pieces(["#stallholder"])


def test_a_word_in_no_known_letters_is_unknown_not_an_error() -> None:
    assert pieces(["\U0001d2e0", "\ud800", "ߦߦߦ"]) == [UNKNOWN] * 3


def test_a_frame_holds_the_start_the_end_and_no_more_than_the_limit() -> None:
    assert framed([5, 6]) == [START, 5, 6, END]
    assert len(framed([5] * 5000)) == LONGEST


def test_features_are_the_same_in_every_process() -> None:
    words, letters = features(["stab", "him"])
    assert words.tolist() == [19056, 83743, 102017]
    assert all(SIZE / 2 <= number < SIZE for number in letters)


def test_the_order_of_two_words_matters() -> None:
    assert singles_and_pairs(["a", "b"])[1] != singles_and_pairs(["b", "a"])[1]


def test_an_empty_view_has_no_features() -> None:
    assert [part.tolist() for part in features([])] == [[], []]


@pytest.fixture
def linear() -> Linear:
    """One output; only the word "stab" weighs anything."""
    steps = np.zeros((SIZE, 1), np.int8)
    steps[singles_and_pairs(["stab"])[0], 0] = 100
    rarity = np.ones(SIZE, np.float16)
    return Linear(steps, np.array([0.5], np.float32), np.array([-1.0], np.float32), rarity)


def test_a_linear_answer_is_its_bias_and_the_weights_of_what_stands_there(linear: Linear) -> None:
    assert linear.logits(["nothing"]).tolist() == [-1.0]
    # Three word features of equal worth: each 1 / sqrt(3) of the whole.
    assert linear.logits(["stab", "him"])[0] == pytest.approx(-1 + 50 / 3**0.5)


def test_the_shares_of_the_words_add_up_to_the_answer() -> None:
    chance = np.random.default_rng(3)
    steps = chance.integers(-127, 128, (SIZE, 2)).astype(np.int8)
    rarity = chance.uniform(1, 8, SIZE).astype(np.float16)
    bias, scale = np.array([-1.0, 2.0], np.float32), np.array([0.5, 0.1], np.float32)
    linear = Linear(steps, scale, bias, rarity)
    for words in (["i", "will", "stab", "him"], ["stab"] * 10 + ["him", "stabbed", "stab", "!"]):
        for output in (0, 1):
            shares = linear.shares(words, output)
            assert shares.sum() == pytest.approx(linear.logits(words)[output] - bias[output], 1e-3)


def test_the_word_that_weighs_has_the_largest_share(linear: Linear) -> None:
    assert linear.shares(["i", "will", "stab", "him"], 0).argmax() == 2


def test_an_empty_text_is_judged_by_the_bias_alone(linear: Linear) -> None:
    assert linear.logits([]).tolist() == [-1.0]

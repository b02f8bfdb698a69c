"""A post's words on a page: what is masked, what is marked, and what is not shown at all."""

from __future__ import annotations

import pytest

from monitor.web.posts import LONGEST, Piece, is_not_to_look_at, line, post, whole
from tests.web_cast import SCHOOL, mention

WORDS = "We reported it. My daughter Ava in Year 3 cries every morning."


def test_the_deciding_words_are_marked_in_title_and_text() -> None:
    made = mention("a", "nobody answers us", title="Hollybrook", deciding="nobody answers")
    assert post(made, SCHOOL).text == (
        Piece("nobody answers", is_marked=True),
        Piece(" us"),
    )
    title = mention("b", "x", title="Hollybrook lies", deciding="lies")
    assert post(title, SCHOOL).title == (Piece("Hollybrook "), Piece("lies", is_marked=True))


def test_a_childs_name_is_masked_and_counted() -> None:
    shown = post(mention("a", WORDS), SCHOOL)
    assert "Ava" not in "".join(piece.text for piece in shown.text)
    assert shown.hidden == sum(piece.is_mask for piece in shown.text) == 1


def test_deciding_words_that_meet_a_mask_are_marked_with_it() -> None:
    made = post(mention("a", WORDS, deciding="daughter Ava"), SCHOOL)
    assert [piece.is_mask for piece in made.text if piece.is_marked] == [False, True]
    assert "".join(piece.text for piece in made.text).startswith("We reported it. My daughter [")


def test_whole_words_hide_nothing() -> None:
    made = whole(mention("a", WORDS, deciding="cries"))
    assert "".join(piece.text for piece in made.text) == WORDS
    assert made.hidden == 0


def test_a_very_long_post_is_cut_and_says_so() -> None:
    made = post(mention("a", "word " * LONGEST), SCHOOL)
    assert made.is_cut
    assert sum(len(piece.text) for piece in made.text) == LONGEST


def test_many_masks_do_not_hold_up_a_page() -> None:
    many = post(mention("a", "07700 900123, " * (LONGEST // 14)), SCHOOL)
    assert many.hidden > 800


def test_a_heading_masks_too() -> None:
    assert "Ava" not in line(mention("a", WORDS, title="Shame"), SCHOOL)


@pytest.mark.parametrize(
    ("categories", "hidden"),
    [(("safeguarding",), True), (("sexual",), True), (("extremism",), True),
     (("complaint", "sexual"), True), (("complaint",), False), (("threat",), False), ((), False)],
)  # fmt: skip
def test_words_that_nobody_need_see_are_not_shown(
    categories: tuple[str, ...], hidden: bool
) -> None:
    assert is_not_to_look_at(mention("a", "words", categories=categories)) is hidden


def test_a_mere_hint_of_such_a_thing_is_enough() -> None:
    hinted = mention("a", "he hit", deciding="he hit", rule="maybe.safeguarding")
    assert is_not_to_look_at(hinted)

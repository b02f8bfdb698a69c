"""The catalogue names the kinds that there are, and says all of each."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

from sources import names
from sources.catalogue import kinds, unseen

README = Path(__file__).parent.parent / "docs" / "sources" / "README.md"


def test_every_kind_has_its_row() -> None:
    assert set(names()) <= set(kinds())


def test_every_row_says_everything_in_one_line() -> None:
    for row in (*kinds().values(), *unseen()):
        for words in astuple(row):
            assert words.strip() == words != ""
            assert "\n" not in words
    assert {row.value for row in kinds().values()} <= {"high", "good", "some", "little"}


def test_the_guide_lists_every_kind_and_every_place_that_cannot_be_read() -> None:
    guide = README.read_text("utf-8")
    for name, kind in kinds().items():
        assert f"| `{name}` | {kind.title} | {kind.sees} | {kind.law} | {kind.cost} |" in guide
    for place in unseen():
        assert f"| {place.title} | {place.why} | {place.instead} |" in guide

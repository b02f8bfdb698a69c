"""A card's heading: a whole sentence, a true title, or the place, and no words said twice."""

from __future__ import annotations

import pytest

from monitor.web.headline import EXCERPT, LONGEST, headed

LONG = "I went to the gate " + "and waited there " * 20


@pytest.mark.parametrize(
    ("title", "text", "heading", "below"),
    [
        ("Bins", "They were late.", "Bins", "They were late."),
        ("", "House for sale", "House for sale", ""),
        ("", "", "A post without words", ""),
        ("Same words", "Same words", "Same words", ""),
        ("Fete", "Fete Come at two.", "Fete", "Come at two."),
        ("I went to the…", f"{LONG}.", "A post in Forum", None),
        ("", f"{LONG}.", "A post in Forum", None),
        ("", f"He hit my lad outside again. {LONG}", "He hit my lad outside again.", None),
        ("", f"Omg. He did it again! {LONG}", "Omg. He did it again!", None),
        ("", f"I saw Mr. Lacey and Mrs. Pole there. {LONG}", "I saw Mr. Lacey and Mrs. Pole there.",
         None),
        ("He hit my lad outs", f"He hit my lad outside again. {LONG}",
         "He hit my lad outside again.", None),
    ],
)  # fmt: skip
def test_a_heading_never_stops_within_a_sentence(
    title: str, text: str, heading: str, below: str | None
) -> None:
    found, rest = headed(title, text, "Forum")
    assert found == heading
    assert len(found) <= LONGEST
    assert rest.startswith("I went to the gate and waited") if below is None else rest == below
    assert len(rest) <= EXCERPT
    assert not rest.startswith("…")


def test_every_word_stands_in_the_heading_or_below_it_and_once() -> None:
    text = "The gate was open all night. Nobody came to shut it. We rang twice. " * 3
    heading, below = headed("", text, "Forum")
    assert f"{heading} {below}" == text.strip()

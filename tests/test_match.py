"""Which watched schools a text speaks of."""

from __future__ import annotations

import random
import re

import pytest

from monitor.judge.canonical import canonical, phrase
from monitor.judge.match import Match, Matcher
from monitor.judge.terms import Staff, Watch, Words

HOLLY = Watch(
    id="holly",
    name="Hollybrook Primary School",
    aliases=("Hollybrook Primary", "Hollybrook", "HPS"),
    handles=("@hollybrookpri",),
    hashtags=("#hollystars",),
    urls=("hollybrook.sch.uk",),
    places=("Stanwick", "Northants", "NN9"),
    exclude=("Hollybrook Primary Leeds", "Hollybrook Arms"),
    staff=(Staff("Jane Ashdown", "headteacher"),),
)
GRANGE = Watch(id="grange", name="The Grange Academy", aliases=("The Grange",), places=("Haxley",))


def one(text: str, *, found: bool = False, url: str = "") -> Match:
    return Matcher([HOLLY]).match(Words("", text, url, found=found), "holly")[0]


@pytest.mark.parametrize(
    "text",
    [
        "Hollybrook Primary School was lovely",
        "lovely day at HOLLYBROOK PRIMARY",
        "Hollybrook Primary's choir",
        "Ho\u200bllybr\u043eok Primary",
        "well done @hollybrookpri",
        "well done hollybrookpri",
        "go go #HollyStars",
        "go go #hollybrookprimary",
        "see https://www.hollybrook.sch.uk/news/1",
        "see hollybrook.sch.uk for dates",
        "write to office@hollybrook.sch.uk",
        "https://social.example/@hollybrookpri/12",
        "Hollybrook Year 6 were great",
        "HPS in Stanwick is shut",
        "Mrs Ashdown at HPS is great",
        "both HPS and Hollybrook",
    ],
)
def test_a_text_that_names_the_school_is_about_it(text: str) -> None:
    assert one(text).relevant, one(text)


@pytest.mark.parametrize(
    "text",
    [
        "HPS results were strong this quarter",
        "a pint at the Hollybrook Arms",
        "Hollybrook Primary, Leeds won the cup",
        "Hollybrook Primary School in Leeds won the cup",
        "Hollybrook Primary in Wexcombe has a new head",
        "roadworks on Hollybrook Road",
        "Hollybrook FC lost again",
        "3 bed semi near Hollybrook Primary School, no chain",
        "see hollybrook.sch.uk.evil.example",
        "see my-hollybrook.sch.uk",
        "nothing of the kind",
    ],
)
def test_a_text_about_something_else_is_not_about_it(text: str) -> None:
    assert not one(text).relevant, one(text)


def test_a_post_found_for_the_school_is_kept_and_says_why() -> None:
    match = one("the head is a disgrace", found=True)
    assert match.relevant
    assert match.notes == ("does not name the school; kept because a search found it",)


def test_a_found_post_about_an_excluded_thing_is_not_kept() -> None:
    assert not one("a pint at the Hollybrook Arms", found=True).relevant


def test_a_found_namesake_in_another_town_is_not_ours() -> None:
    match = one("Hollybrook Primary in Leeds is looking for a cook", found=True)
    assert not match.relevant
    assert "Leeds" in match.notes[0]


def test_the_address_of_the_post_itself_counts() -> None:
    assert one("Term dates", url="https://hollybrook.sch.uk/dates").relevant


def test_evidence_says_what_stands_where() -> None:
    text = "Mrs Ashdown of Hollybrook Primary, Stanwick"
    found = {(e.kind, text[e.start : e.end]) for e in one(text).evidence}
    assert found == {
        ("staff", "Mrs Ashdown"),
        ("alias", "Hollybrook Primary"),
        ("place", "Stanwick"),
    }


def test_a_short_name_needs_a_neighbour_unless_the_post_was_found() -> None:
    matcher = Matcher([GRANGE])
    assert not matcher.match(Words("", "we stayed at The Grange"), "grange")[0].relevant
    assert matcher.match(Words("", "parents at The Grange"), "grange")[0].relevant
    assert matcher.match(Words("", "we stayed at The Grange", found=True), "grange")[0].relevant


def test_the_longer_name_of_another_school_wins() -> None:
    other = Watch(id="other", name="Hollybrook Primary Academy Hull")
    text = "Hollybrook Primary Academy Hull has a new head"
    matches = Matcher([HOLLY, other]).match(Words("", text))
    assert [match.profile for match in matches] == ["other"]


def test_a_school_added_later_is_found() -> None:
    matcher = Matcher([HOLLY])
    matcher.add(GRANGE)
    assert matcher.match(Words("", "The Grange Academy"))[0].profile == "grange"


def test_a_school_that_is_not_watched_is_an_error() -> None:
    with pytest.raises(KeyError):
        Matcher([HOLLY]).match(Words("", "x"), "nobody")


@pytest.mark.slow
def test_ten_thousand_phrases_give_the_answers_of_one_regex_each() -> None:
    dice = random.Random(7)
    words = [f"w{number}" for number in range(600)]
    names = {" ".join(dice.choices(words, k=dice.randint(1, 4))) for _ in range(10_000)}
    matcher = Matcher([Watch(id=name, name=name) for name in sorted(names)])
    patterns = {name: re.compile(rf"(?<!\S){name}(?!\S)") for name in names}
    for _ in range(15):
        text = " ".join(dice.choices(words, k=40))
        spotted = {at.phrase for at in matcher.spot(canonical(text))}
        assert spotted == {name for name, pattern in patterns.items() if pattern.search(text)}
        assert spotted


def test_a_name_of_signs_alone_is_never_found() -> None:
    assert phrase("!!!") == ()
    assert Matcher([Watch(id="x", name="!!!")]).match(Words("", "!!! what")) == ()

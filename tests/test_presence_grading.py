"""A result is graded as likely the person's, perhaps, or not, with reasons and by its harm."""

from __future__ import annotations

import pytest

from monitor.judge.terms import Watch
from monitor.presence.grading import Grader, Opinion, Result
from monitor.presence.names import refusal
from monitor.presence.record import Identity
from tests.presence_people import figures, graded, people

SCHOOL = Watch(
    "hollybrook",
    "Hollybrook Primary School",
    aliases=("Hollybrook Primary",),
    urls=("hollybrook.example",),
    places=("Stanwick", "Northants"),
)
JANE = Identity(
    name="Jane Ashdown",
    also=("Jane Merrow",),
    handles=("@jashdown_art",),
    emails=("jane@letters.example",),
)


def _opinion(text: str, title: str = "", url: str = "https://place.example/1") -> Opinion:
    return Grader(JANE, SCHOOL).opinion(Result(url, title, text))


def test_likely_you_is_right_and_finds_you_for_people_made_before_the_rules_and_after_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert sum(1 for half in ("first", "second") for _ in people(half)) == 30
    for half, when in (("first", "before the rules"), ("second", "after them")):
        rows = graded(half)
        precision, recall = figures(rows)
        with capsys.disabled():
            print(f"\nlikely you, {when}: precision {precision:.3f}, recall {recall:.3f}")  # noqa: T201 - the figures
        wrong = [
            f"{row.who}: {row.result.url}" for row in rows if _is_wrong(row.label, row.opinion)
        ]
        assert precision >= 0.95, wrong
        assert recall >= 0.90, wrong


def _is_wrong(label: str, opinion: Opinion) -> bool:
    return (opinion.grade == "likely") != (label == "you")


@pytest.mark.parametrize(
    "text",
    [
        "Year 4: Miss J Ashdown, Hollybrook Primary School",
        "that ashdown at hollybrook primary is useless",
        "ASHDOWN Jane, treasurer, Stanwick village hall",
        "Jane Merrow, as she then was, of Hollybrook Primary",
        "Posts by jashdown_art since 2009",
        "Write to JANE@letters.example",
    ],
)
def test_what_points_to_the_person_is_likely(text: str) -> None:
    assert _opinion(text).grade == "likely"


@pytest.mark.parametrize(
    "text",
    [
        "A walk in Ashdown Forest with Jane",
        "Mark Ashdown of Hollybrook Primary School's parents' association",
        "Jane Ashdown (1871-1944), of Lewes",
        "Jane Ashdown, estate agent, Truro",
        "Mrs Ashdown opened the fete in Leeds",
    ],
)
def test_relatives_the_dead_and_others_of_the_name_are_not_the_person(text: str) -> None:
    assert _opinion(text).grade == "not"


def test_a_name_alone_is_perhaps_and_says_why() -> None:
    opinion = _opinion("Jane Ashdown ran the marathon in 4:12")
    assert opinion.grade == "perhaps"
    assert opinion.reasons == (
        "It names Jane Ashdown.",
        "Nothing in it tells whether it is you or a namesake.",
    )


def test_somebody_of_the_name_nearby_with_other_work_is_perhaps() -> None:
    assert _opinion("Jane Ashdown, florist, Stanwick").grade == "perhaps"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Jane Ashdown at Hollybrook Primary is a vile bully, someone should slap her", "abuse"),
        (
            "Jane Ashdown stole the trip money at Hollybrook Primary School, she is a thief",
            "allegation",
        ),
        ("Jane Ashdown, tutor, Stanwick, 07700 900412", "phone"),
        ("Jane Ashdown, 4 Mill Lane, Stanwick", "address"),
        ("Jane Ashdown, Stanwick. Electoral roll 2015-2020", "broker"),
        ("Jane Ashdown at the Hollybrook Primary fair, photo 3 of 9", "photograph"),
        ("@jashdown_art. Last seen 2011", "old account"),
        ("Year 4: Jane Ashdown, Hollybrook Primary School", "mention"),
    ],
)
def test_what_a_result_is_decides_how_near_the_top_it_stands(text: str, kind: str) -> None:
    assert _opinion(text).kind == kind


def test_ill_said_of_a_namesake_is_shown_as_trouble_with_a_namesake() -> None:
    opinion = _opinion("Jane Ashdown the Texas realtor is a vile cow")
    assert (opinion.grade, opinion.kind) == ("not", "namesake")


@pytest.mark.parametrize(
    ("further", "why"),
    [
        ("Jane Merrow", ""),
        ("Jenny Ashdown", ""),
        ("Siân Ashdown", ""),
        ("Jane", "give a first name"),
        ("Jane Ashdown", "there already"),
        ("Mrs Ann Marlow", "somebody else at the school"),
        ("Marlow Ann", "somebody else at the school"),
        ("Jane Hill", "somebody else at the school"),
        ("Peter Parent", "shares neither"),
    ],
)
def test_only_names_that_can_be_ones_own_may_be_looked_for(further: str, why: str) -> None:
    said = refusal(further, "Mrs Jane Ashdown", (), ("Ann Marlow", "Jane Hill"))
    assert (why in said) if why else said == ""

"""Who hears of a judgement, and who must not because it is about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor import hearing
from monitor.judge.terms import Judgement, Level, Reason
from monitor.settings import Person, School

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)
HEAD = Person(name="Mrs Margaret Oakes", email="head@s.example", roles=("headteacher",))
LEAD = Person(name="Paul Hollis", email="dsl@s.example", roles=("dsl",))
SECOND = Person(name="Amina Yusuf", email="ddsl@s.example", roles=("deputy_dsl",))
DEPUTY = Person(name="Tom Reed", email="deputy@s.example", roles=("deputy",))
CHAIR = Person(name="Rev Ann Bell", email="chair@s.example", roles=("chair",))
ALL = (HEAD, LEAD, SECOND, DEPUTY, CHAIR)


def told(
    words: str, *categories: str, level: Level = Level.URGENT, people: tuple[Person, ...] = ALL
) -> list[str]:
    judged = Judgement("s", True, 0.9, "negative", -0.5, categories, level, None, "en", ())
    school = School(id="s", name="S", people=people)
    found = hearing.dues(judged, school, words, NOW, published=NOW, old=False)
    return sorted(person.email.partition("@")[0] for person, _ in found)


def test_an_urgent_post_goes_to_head_and_safeguarding_lead() -> None:
    assert told("a knife at the gates tomorrow", "threat") == ["dsl", "head"]


@pytest.mark.parametrize(
    "words",
    [
        "Margaret Oakes has been touching my daughter",
        "Mrs Oakes has been touching my daughter",
        "Mrs M. Oakes has been touching my daughter",
        "that Oakes woman hit my son",
        "margaret oakes hit my son",
    ],
)
def test_an_allegation_that_names_the_head_goes_to_the_chair_and_not_to_the_head(
    words: str,
) -> None:
    assert told(words, "safeguarding") == ["chair", "deputy", "dsl"]


def test_an_allegation_that_names_the_safeguarding_lead_goes_to_the_head_and_a_deputy() -> None:
    assert told("Mr Hollis messages my girl at night", "safeguarding") == ["ddsl", "head"]


def test_where_nobody_can_be_sure_whom_it_is_about_the_chair_hears_with_the_head() -> None:
    assert told("the headteacher hit my son", "safeguarding") == ["chair", "dsl", "head"]


def test_a_threat_against_the_head_reaches_the_head() -> None:
    assert told("I will stab Mrs Oakes tomorrow", "threat") == ["dsl", "head"]


def test_a_serious_matter_of_staff_is_not_sent_to_whom_it_names() -> None:
    heard = told("Margaret Oakes posted pupils' names", "staff_conduct", level=Level.RESPOND)
    assert heard == ["chair", "deputy"]


def test_a_word_that_is_only_like_a_name_leaves_nobody_out() -> None:
    assert told("oaks and hollies by the gate where a girl was hurt", "safeguarding") == [
        "dsl",
        "head",
    ]


def test_somebody_hears_even_where_the_head_is_the_only_one_but_a_governor() -> None:
    heard = told("Mrs Oakes hit my son", "safeguarding", people=(HEAD, CHAIR))
    assert heard == ["chair"]


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("Jane Ashdown", "Jane Ashdown said so", True),
        ("Jane Ashdown", "Miss Ashdown said so", True),
        ("Jane Ashdown", "Jane Mary Ashdown said so", True),
        ("Jane Ashdown", "ashdown forest is nice", False),
        ("Jane Ashdown", "Jane said so", False),
        ("Siân O'Neill", "Mrs O'Neill said so", True),
        ("Anne-Marie St. John", "Mrs John came", True),
        ("Mr", "Mr anything", False),
        ("A (B", "A (B said so", True),
    ],
)
def test_a_name_is_found_as_people_write_it(name: str, words: str, named: bool) -> None:
    person = Person(name=name, email="x@s.example", roles=("headteacher",))
    assert hearing.is_named(person, words) is named


def test_a_post_that_names_every_leader_still_reaches_them() -> None:
    words = "Margaret Oakes and Paul Hollis both covered up what was done to my daughter"
    assert told(words, "safeguarding", people=(HEAD, LEAD)) == ["dsl", "head"]
    assert "chair" in told(words, "safeguarding")


def test_a_surname_that_is_also_a_word_counts_only_as_a_name() -> None:
    may = Person(name="Theresa May", email="may@s.example", roles=("headteacher",))
    assert not hearing.is_named(may, "May I say what was done to my girl")
    assert hearing.is_named(may, "Mrs May knew of it")


def test_the_next_leader_is_one_who_has_not_been_told() -> None:
    school = School(id="s", name="S", people=ALL)
    found = hearing.next_to_hear(school, {HEAD.email, LEAD.email}, Level.URGENT)
    assert found == ("deputy_dsl", SECOND)
    everybody = {person.email for person in ALL}
    assert hearing.next_to_hear(school, everybody, Level.URGENT) is None


@pytest.mark.parametrize(
    "rule", ["set-aside.safeguarding.grooming", "maybe.safeguarding", "maybe.staff_conduct"]
)
def test_an_allegation_that_is_only_hinted_at_is_not_told_to_whom_it_names(rule: str) -> None:
    hinted = Reason(rule, 0, 0, "", "may also be this")
    judged = Judgement(
        "s", True, 0.9, "negative", -0.5, ("complaint",), Level.RESPOND, None, "en", (hinted,)
    )
    school = School(id="s", name="S", people=ALL)
    words = "Mrs Oakes again, nobody answers"
    found = hearing.dues(judged, school, words, NOW, published=NOW, old=False)
    assert "head@s.example" not in {person.email for person, _ in found}
    assert "chair@s.example" in {person.email for person, _ in found}
    plain = replace(judged, reasons=())
    others = hearing.dues(plain, school, words, NOW, published=NOW, old=False)
    assert "head@s.example" in {person.email for person, _ in others}

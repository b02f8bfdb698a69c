"""What an alert has to say of a mention."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from alerts.base import Notice
from monitor import notices
from monitor.judge.terms import Level
from monitor.settings import Role

CATEGORIES = (
    *("threat", "self_harm", "safeguarding", "extremism", "hate", "sexual", "cyberbullying"),
    *("harassment", "defamation", "privacy", "impersonation", "staff_conduct", "misinformation"),
    *("press", "request", "complaint", "praise"),
)
SEEN = datetime(2026, 11, 21, 21, 40, tzinfo=UTC)


def alert(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "school_id": "hollybrook",
        "school": "Hollybrook Primary School",
        "level": Level.URGENT,
        "tier": "sure",
        "categories": ("threat",),
        "says": ("It gives a time and a place.",),
        "place": "Stanwick Gazette",
        "link": "https://gazette.example/1",
        "page": "https://footprint.example/mentions/1",
        "published": datetime(2026, 11, 21, 21, 32, tzinfo=UTC),
        "seen": SEEN,
        "told": ("headteacher", "dsl"),
        "reference": "5f0c",
    }
    return notices.alert(**{**values, **changes})


def words(notice: Notice) -> str:
    return " ".join((*notice.kinds, *notice.steps, notice.avoid))


def test_every_category_has_its_own_plain_words() -> None:
    assert tuple(notices.advice()) == (*CATEGORIES, "other")
    kinds = [each.kind for each in notices.advice().values()]
    assert len(set(kinds)) == len(kinds)
    assert alert(categories=["threat"]).kinds == ("a possible threat",)
    assert alert(categories=["safeguarding"]).kinds == ("a child may be at risk",)


@pytest.mark.parametrize("category", [*CATEGORIES, "other"])
def test_every_category_has_three_short_steps_and_one_thing_not_to_do(category: str) -> None:
    advice = notices.advice()[category]
    assert len(advice.steps) == 3
    for line in (*advice.steps, advice.avoid):
        assert len(line) <= 240
        assert line.endswith(".")
    assert re.match(r"Do not |Say nothing ", advice.avoid)


@pytest.mark.parametrize(
    ("category", "step"),
    [
        ("threat", "call 999"),
        ("self_harm", "call 999"),
        ("safeguarding", "call 999"),
        ("extremism", "call 999"),
    ],
)
def test_danger_comes_first(category: str, step: str) -> None:
    assert step in alert(categories=[category]).steps[0]


@pytest.mark.parametrize("category", ["complaint", "press", "request", "praise"])
def test_the_police_are_never_named_for_criticism(category: str) -> None:
    notice = alert(level=Level.RESPOND, tier=None, categories=[category])
    assert not re.search(r"police|999|101|crime|offence", words(notice), re.IGNORECASE)


@pytest.mark.parametrize("category", ["defamation", "harassment"])
def test_legal_advice_comes_before_the_police(category: str) -> None:
    notice = alert(level=Level.RESPOND, tier=None, categories=[category])
    assert "legal team" in words(notice)
    assert "police" not in words(notice)


def test_a_complaint_is_never_asked_to_be_taken_down() -> None:
    notice = alert(level=Level.RESPOND, tier=None, categories=["complaint"])
    assert not re.search(r"remov|take it down|delete", words(notice))


@pytest.mark.parametrize("category", ["complaint", "press", "defamation", "harassment"])
def test_criticism_is_called_fair_before_any_step(category: str) -> None:
    notice = alert(level=Level.RESPOND, tier=None, categories=[category])
    assert notice.steps[0].startswith("This may be fair. People are entitled to say it. ")


@pytest.mark.parametrize("sentiment", ["neutral", "positive"])
def test_what_is_not_negative_is_no_criticism(sentiment: str) -> None:
    notice = alert(level=Level.RESPOND, tier=None, categories=["press"], sentiment=sentiment)
    assert not notice.steps[0].startswith(notices.FAIR)


@pytest.mark.parametrize("category", [*CATEGORIES, "other"])
def test_the_safeguarding_lead_is_never_told_to_tell_the_safeguarding_lead(category: str) -> None:
    said = words(alert(categories=[category])).lower()
    assert "tell the safeguarding lead" not in said


def test_a_child_at_risk_has_advice_for_the_safeguarding_lead_and_for_others() -> None:
    steps = " ".join(alert(categories=["safeguarding"]).steps)
    assert "if that is you, follow your child protection policy; if not, tell them" in steps


def test_criticism_beside_something_else_is_called_fair_too() -> None:
    notice = alert(level=Level.RESPOND, tier=None, categories=["complaint", "privacy"])
    assert notice.steps[0].startswith("This may be fair. ")
    assert notice.avoid == notices.advice()["privacy"].avoid


@pytest.mark.parametrize("categories", [["threat", "complaint"], ["safeguarding", "press"]])
def test_nothing_stands_before_the_first_step_of_a_danger(categories: list[str]) -> None:
    assert not alert(categories=categories).steps[0].startswith(notices.FAIR)


@pytest.mark.parametrize("category", ["safeguarding", "sexual"])
def test_an_image_of_a_child_is_neither_looked_at_nor_copied(category: str) -> None:
    notice = alert(categories=[category])
    assert "do not open, copy, print, share or screenshot" in notice.avoid.lower()
    assert "address only" in notice.avoid
    assert "screen print" not in words(notice)


@pytest.mark.parametrize("category", ["safeguarding", "sexual"])
@pytest.mark.parametrize("worse", ["threat", "self_harm"])
def test_an_image_of_a_child_is_named_whatever_is_more_serious(worse: str, category: str) -> None:
    notice = alert(categories=[category, worse])
    assert notice.avoid.startswith(notices.advice()[worse].avoid)
    assert "note its address only" in notice.avoid


def test_extremist_material_is_not_kept() -> None:
    notice = alert(categories=["extremism"])
    assert "Do not download or keep" in notice.avoid
    assert "screen print" not in words(notice)


def test_the_most_serious_category_decides_whatever_the_order() -> None:
    notice = alert(categories=["complaint", "privacy", "threat", "not-a-category"])
    assert notice.kinds == ("a possible threat", "personal details may be public", "a complaint")
    assert notice.steps == notices.advice()["threat"].steps


@pytest.mark.parametrize("categories", [[], ["not-a-category"]])
def test_a_post_without_a_category_has_steps_as_well(categories: list[str]) -> None:
    notice = alert(categories=categories)
    assert notice.kinds == ("a post about the school",)
    assert len(notice.steps) == 3


@pytest.mark.parametrize(
    ("level", "tier", "named", "possible"),
    [
        (Level.URGENT, "sure", "urgent", False),
        (Level.URGENT, "possible", "urgent", True),
        (Level.URGENT, None, "urgent", False),
        (Level.RESPOND, None, "respond", False),
    ],
)
def test_only_an_unsure_urgent_post_is_a_possible_one(
    level: Level, tier: str | None, named: str, possible: bool
) -> None:
    notice = alert(level=level, tier=tier)
    assert (notice.level, notice.possible) == (named, possible)


@pytest.mark.parametrize("level", [Level.ROUTINE, Level.WATCH])
def test_a_level_that_owes_no_alert_is_a_mistake(level: Level) -> None:
    with pytest.raises(ValueError, match="owes no alert"):
        alert(level=level, tier=None)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 21, 21, 40, tzinfo=UTC), "Saturday 21 November at 21:40"),
        (datetime(2026, 7, 1, 23, 5, tzinfo=UTC), "Thursday 2 July at 00:05"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Sunday 29 March at 00:59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Sunday 29 March at 02:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sunday 25 October at 01:30"),
    ],
)
def test_a_time_is_said_as_people_in_london_say_it(moment: datetime, said: str) -> None:
    assert notices.worded(moment) == said


def test_an_old_post_is_seen_to_be_old() -> None:
    notice = alert(published=datetime(2019, 2, 1, 9, 12, tzinfo=UTC))
    assert notice.posted == "Friday 1 February 2019 at 09:12"
    assert notice.seen == "Saturday 21 November at 21:40"


def test_a_post_without_a_date_says_none() -> None:
    assert alert(published=None).posted == ""


def test_every_role_has_a_plain_name() -> None:
    told = alert(told=get_args(Role)).told
    assert len(told) == len(set(told)) == len(get_args(Role))
    assert told[:3] == ("the headteacher", "the deputy headteacher", "the safeguarding lead")


def test_a_role_that_is_told_twice_is_named_once() -> None:
    assert alert(told=["dsl", "headteacher", "dsl"]).told == (
        "the safeguarding lead",
        "the headteacher",
    )


def test_an_unknown_role_does_not_cost_the_alert() -> None:
    assert alert(told=["dsl", "holiday", ""]).told == (
        "the safeguarding lead",
        "somebody else at the school",
    )


def test_a_role_is_called_as_the_school_s_nation_calls_it() -> None:
    told = alert(told=["dsl", "deputy"], nation="scotland").told
    assert told == ("the child protection co-ordinator", "the depute headteacher")


def test_a_reason_is_given_once() -> None:
    assert alert(says=["A.", "", "B.", "A."]).why == ("A.", "B.")


def test_addresses_and_names_pass_as_they_are() -> None:
    notice = alert()
    assert (notice.school_id, notice.school) == ("hollybrook", "Hollybrook Primary School")
    assert (notice.link, notice.page) == (
        "https://gazette.example/1",
        "https://footprint.example/mentions/1",
    )
    assert (notice.place, notice.reference) == ("Stanwick Gazette", "5f0c")

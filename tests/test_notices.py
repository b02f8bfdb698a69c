"""What an alert has to say of a mention."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from alerts.base import Notice
from monitor import notices
from monitor.judge.rules import category_names, rule_book
from monitor.judge.terms import Level
from monitor.notices import Seen
from monitor.playbooks import book, playbook
from monitor.settings import Role, School

CATEGORIES = category_names()
NOW = datetime(2026, 11, 21, 21, 40, tzinfo=UTC)  # a Saturday
SCHOOL = School(id="hollybrook", name="Hollybrook Primary School")
SEEN = Seen(
    level=Level.URGENT,
    tier="sure",
    categories=("threat",),
    says=("says someone will be hurt", "gives a time and a place"),
    place="Stanwick Gazette",
    link="https://gazette.example/1",
    published=NOW - timedelta(minutes=8),
    found=NOW - timedelta(minutes=2),
    words="My Ava in Year 3 is scared. Ring me on 07700 900123.",
)


def alert(
    school: School = SCHOOL,
    *,
    now: datetime = NOW,
    told: tuple[str, ...] = ("headteacher", "dsl"),
    facts: dict[str, Any] | None = None,
    taken: str = "",
    **changes: Any,
) -> Notice:
    return notices.alert(
        replace(SEEN, **changes),
        school,
        now,
        told=told,
        reference="5f0c",
        page="https://footprint.example/mentions/1",
        taken=taken,
        facts=facts,
    )


def respond(*categories: str, **changes: Any) -> Notice:
    return alert(level=Level.RESPOND, tier=None, categories=categories, **changes)


def words(notice: Notice) -> str:
    contacts = (f"{one.name} {one.way}" for one in notice.contacts)
    return " ".join((*notice.kinds, *notice.steps, notice.avoid, notice.reply, *contacts))


@pytest.mark.parametrize("category", [*CATEGORIES, notices.OTHER])
def test_the_playbook_is_the_one_source_of_what_to_do(category: str) -> None:
    notice = alert(categories=[category])
    made = playbook(category, SCHOOL, NOW, Level.URGENT)
    assert notice.steps == made.first_three
    assert notice.avoid == made.never_first
    assert len(notice.steps) == 3
    assert re.match(r"Do not |Say nothing ", notice.avoid)
    assert notice.kinds[0].lower() == made.title.lower()


def test_every_category_has_its_own_plain_words() -> None:
    kinds = [notices.kinds([name])[0] for name in (*CATEGORIES, notices.OTHER)]
    assert len(set(kinds)) == len(kinds)
    assert notices.kinds(["threat"]) == ("a possible threat",)
    assert notices.kinds(["safeguarding"]) == ("a child may be at risk",)


@pytest.mark.parametrize("category", ["threat", "self_harm", "safeguarding", "extremism"])
def test_danger_comes_first(category: str) -> None:
    assert "call 999" in alert(categories=[category]).steps[0]


@pytest.mark.parametrize("level", [Level.URGENT, Level.RESPOND])
@pytest.mark.parametrize("category", ["complaint", "press", "request", "praise"])
def test_the_police_are_never_named_for_criticism(category: str, level: Level) -> None:
    notice = alert(level=level, categories=[category])
    assert not re.search(r"police|999|101|crime|offence", words(notice), re.IGNORECASE)


@pytest.mark.parametrize("category", ["defamation", "harassment"])
def test_legal_advice_comes_before_the_police(category: str) -> None:
    notice = respond(category)
    assert "legal team" in words(notice)
    assert "police" not in words(notice).lower()


def test_nothing_is_asked_down_without_a_ground() -> None:
    for category in ("complaint", "press", "request", "praise", notices.OTHER):
        assert not re.search(r"remov|take it down|taken down|delete", words(respond(category)))


@pytest.mark.parametrize("category", ["complaint", "press", "defamation", "harassment"])
def test_criticism_is_called_fair(category: str) -> None:
    assert respond(category).fair == "This may be fair. People are entitled to say it."


@pytest.mark.parametrize("sentiment", ["neutral", "positive"])
def test_what_is_not_negative_is_no_criticism(sentiment: str) -> None:
    assert respond("press", sentiment=sentiment).fair == ""


def test_criticism_beside_something_else_is_called_fair_too() -> None:
    notice = respond("complaint", "privacy")
    assert notice.fair
    assert notice.avoid == playbook("privacy", SCHOOL, NOW).never_first


@pytest.mark.parametrize("categories", [["threat", "complaint"], ["safeguarding", "press"]])
def test_where_there_is_danger_nothing_is_called_fair(categories: list[str]) -> None:
    assert alert(categories=categories).fair == ""


@pytest.mark.parametrize("category", [*CATEGORIES, notices.OTHER])
def test_the_safeguarding_lead_is_never_told_to_tell_the_safeguarding_lead(category: str) -> None:
    assert not re.search(r"tell the .*safeguarding lead", " ".join(respond(category).steps).lower())


def test_a_child_at_risk_has_advice_for_the_safeguarding_lead_and_for_others() -> None:
    steps = " ".join(alert(categories=["safeguarding"]).steps)
    assert "if that is you, follow your child protection policy; if not, tell them" in steps


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
    assert notice.avoid.startswith(playbook(worse, SCHOOL, NOW).never_first)
    assert "note its address only" in notice.avoid


def test_the_most_serious_category_decides_whatever_the_order() -> None:
    notice = alert(categories=["complaint", "privacy", "threat", "not-a-category"])
    assert notice.kinds == ("a possible threat", "personal details may be public", "a complaint")
    assert notice.steps == playbook("threat", SCHOOL, NOW).first_three


@pytest.mark.parametrize("categories", [[], ["not-a-category"]])
def test_a_post_without_a_category_has_steps_as_well(categories: list[str]) -> None:
    notice = alert(categories=categories)
    assert notice.kinds == ("a post about the school",)
    assert len(notice.steps) == 3


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_level_that_a_person_lowered_does_not_cost_the_alert(category: str) -> None:
    assert len(respond(category).steps) == 3


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
    assert notice.seen == "Saturday 21 November at 21:38"
    assert notice.as_at == "21:40"


def test_a_post_without_a_date_says_none() -> None:
    assert alert(published=None).posted == ""


def test_every_role_has_a_plain_name() -> None:
    told = alert(told=get_args(Role)).told
    assert len(told) == len(set(told)) == len(get_args(Role))
    assert told[:3] == ("the headteacher", "the deputy headteacher", "the safeguarding lead")


def test_a_role_that_is_told_twice_is_named_once() -> None:
    assert alert(told=("dsl", "headteacher", "dsl")).told == (
        "the safeguarding lead",
        "the headteacher",
    )


def test_an_unknown_role_does_not_cost_the_alert() -> None:
    assert alert(told=("dsl", "holiday", "")).told == (
        "the safeguarding lead",
        "somebody else at the school",
    )


def test_a_role_is_called_as_the_school_s_nation_calls_it() -> None:
    there = SCHOOL.model_copy(update={"nation": "scotland"})
    assert alert(there, told=("dsl", "deputy")).told == (
        "the child protection co-ordinator",
        "the depute headteacher",
    )
    assert "child protection co-ordinator must know now" in " ".join(
        alert(there, categories=["safeguarding"]).steps
    )


def test_a_reason_is_given_once() -> None:
    assert alert(says=("A.", "", "B.", "A.")).why == ("A.", "B.")


@pytest.mark.parametrize(
    ("says", "line"),
    [
        (["says someone will be hurt", "uses a slur"], "The post says someone will be hurt."),
        (["a journalist asks"], "A journalist asks."),
        (["", "others join in the complaint"], "Others join in the complaint."),
        ([], ""),
    ],
)
def test_one_neutral_line_says_what_the_post_is(says: list[str], line: str) -> None:
    assert alert(says=says).line == line


def test_the_reasons_of_every_rule_make_a_sentence() -> None:
    for category in rule_book().categories.values():
        for rule in category.rules:
            assert re.match(
                r"(The post \w+s|A|It|Others|Somebody|The) ", alert(says=[rule.says]).line
            )


def test_no_word_of_the_post_is_sent_unless_the_school_has_chosen_so() -> None:
    assert alert().quote == ""
    choosing = SCHOOL.model_copy(update={"own_text": True})
    assert (
        alert(choosing).quote == "My [name hidden] in Year 3 is scared. Ring me on [number hidden]."
    )


@pytest.mark.parametrize("category", ["safeguarding", "sexual", "privacy", "extremism"])
def test_of_some_posts_no_word_is_ever_sent(category: str) -> None:
    choosing = SCHOOL.model_copy(update={"own_text": True})
    assert alert(choosing, categories=("threat", category)).quote == ""


def test_a_long_post_is_cut() -> None:
    choosing = SCHOOL.model_copy(update={"own_text": True})
    quote = alert(choosing, words="word " * 5_000).quote
    assert len(quote) <= 1_000
    assert quote.endswith("…")


def test_a_closed_helpline_is_never_given_to_be_rung() -> None:
    at_night = {one.name: one for one in respond("cyberbullying").contacts}
    posh = at_night["Professionals Online Safety Helpline (POSH)"]
    assert posh.way == "helpline@saferinternet.org.uk"
    assert posh.when == "closed; opens at 10:00 on Monday 23 November"
    monday = {
        one.name: one
        for one in respond("cyberbullying", now=NOW + timedelta(days=1, hours=14)).contacts
    }
    assert monday[posh.name].way == "0344 381 4772"
    assert monday[posh.name].when == "open now, until 16:00"


def test_on_a_bank_holiday_a_helpline_is_closed() -> None:
    christmas = datetime(2026, 12, 25, 11, 0, tzinfo=UTC)
    (posh, *_) = [
        one for one in respond("harassment", now=christmas).contacts if "POSH" in one.name
    ]
    assert "closed" in posh.when


def test_who_can_be_rung_at_this_minute_comes_first() -> None:
    contacts = alert(categories=["threat"]).contacts
    assert (contacts[0].way, contacts[0].when) == ("999", "open now")
    closed = ["closed" in one.when for one in respond("harassment").contacts]
    assert closed == sorted(closed)


def test_the_school_s_own_number_stands_in_place_of_none() -> None:
    own = SCHOOL.model_copy(update={"contacts": {"lado": "01604 000000"}})
    found = alert(own, categories=["safeguarding"]).contacts
    assert "01604 000000" in [one.way for one in found]
    assert all(one.way for one in found)
    nobody = alert(categories=["safeguarding"]).contacts
    assert not any("LADO" in one.name for one in nobody)


def test_a_school_without_an_official_account_never_replies_in_public() -> None:
    assert respond("complaint").reply == "No official account: answer privately."
    having = SCHOOL.model_copy(update={"official_accounts": ("@hollybrookpri",)})
    assert "only from @hollybrookpri" in respond("complaint", school=having).reply
    assert alert(having, categories=["threat"]).reply == "No public reply."


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"places": 4}, "the same has been seen in 4 places"),
        ({"places": 1, "replies": 12}, "12 have replied"),
        ({"places": 3, "replies": 9}, "the same has been seen in 3 places and 9 have replied"),
        ({"places": 1}, "more has been said of it"),
    ],
)
def test_a_spreading_post_says_so(facts: dict[str, int], said: str) -> None:
    spread = {**facts, "since": "2026-11-21T19:05:00+00:00"}
    since = "since Saturday 21 November at 19:05"
    assert alert(facts={"spread": spread}).spread == f"It is spreading: {said} {since}."
    assert alert(facts={"spread": facts}).spread == f"It is spreading: {said}."
    assert alert().spread == ""


def test_an_alert_that_nobody_has_taken_says_so() -> None:
    facts = {"escalation": 2, "first_told": "2026-11-21T21:10:00+00:00"}
    untaken = alert(facts=facts).untaken
    assert "Nobody has yet said that they have this." in untaken
    assert "first sent on Saturday 21 November at 21:10" in untaken
    assert alert().untaken == ""


def test_whoever_has_taken_it_is_named_by_the_role() -> None:
    assert alert(taken="dsl").taken == "the safeguarding lead"
    assert alert().taken == ""


def test_addresses_and_names_pass_as_they_are() -> None:
    notice = alert()
    assert (notice.school_id, notice.school) == ("hollybrook", "Hollybrook Primary School")
    assert (notice.link, notice.page) == (
        "https://gazette.example/1",
        "https://footprint.example/mentions/1",
    )
    assert (notice.place, notice.reference) == ("Stanwick Gazette", "5f0c")


def test_what_is_said_beside_criticism_is_the_playbooks() -> None:
    assert notices.fair() == book().common.fair.says

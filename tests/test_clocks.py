"""What runs out, or may be done next, since something was done about an incident."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.clocks import STARTS, STOPS, Clock, running
from monitor.school_settings import Nation
from monitor.settings import School
from tests.test_school_days import TERMS, at, school

MONDAY = at("2026-09-07T10:00")


@dataclass(frozen=True)
class Act:
    """An act as it is kept."""

    kind: str
    at: datetime = MONDAY
    facts: dict[str, Any] = field(default_factory=dict)


def contact(mark: str, when: datetime = MONDAY, **facts: object) -> Act:
    return Act("contact", when, {"clock": mark, **facts})


def named(name: str, *acts: Act, now: datetime = MONDAY, at_school: School | None = None) -> Clock:
    (found,) = [
        each for each in running(acts, at_school or school(*TERMS), now) if each.name == name
    ]
    return found


def test_nothing_runs_before_something_was_done() -> None:
    assert running([Act("opened"), Act("taken"), Act("noted")], school(), MONDAY) == ()


def test_a_report_to_a_platform_starts_two_waits() -> None:
    reported = Act("reported", facts={"platform": "Facebook"})
    helpline, body = running([reported], school(), MONDAY + timedelta(hours=47))
    assert (helpline.name, helpline.due) == ("helpline", MONDAY + timedelta(hours=48))
    assert (body.name, body.due) == ("reporting body", MONDAY + timedelta(days=7))
    assert helpline.is_wait
    assert not helpline.is_over
    late = named("helpline", reported, now=MONDAY + timedelta(hours=48))
    assert late.is_over
    assert "may be asked" in late.says


@pytest.mark.parametrize("stop", [Act("gone"), Act("closed"), contact("helpline asked")])
def test_a_wait_ends_when_the_post_is_gone_or_the_helpline_was_asked(stop: Act) -> None:
    found = running([Act("reported"), stop], school(), MONDAY)
    assert "helpline" not in [clock.name for clock in found]


def test_a_second_report_waits_anew() -> None:
    later = MONDAY + timedelta(days=3)
    acts = (Act("reported"), Act("gone"), Act("back"), Act("reported", later))
    assert named("helpline", *acts, now=later).due == later + timedelta(hours=48)


def test_a_complaint_counts_school_days_and_ends_where_the_procedure_says() -> None:
    friday = at("2026-10-23T15:00")  # the last day before half-term
    open_ended = named("complaint", contact("complaint received", friday), now=friday)
    assert (open_ended.due, open_ended.is_over, open_ended.school_days) == (None, False, 0)
    ten = contact("complaint received", friday, within=10)
    found = named("complaint", ten, now=at("2026-11-04T09:00"))
    assert found.school_days == 3
    assert found.due == at("2026-11-14T00:00")  # the tenth school day is Friday the 13th
    assert found.by_day


@pytest.mark.parametrize(
    ("nation", "asked", "last_day"),
    [
        ("england", "2026-09-07T10:00", date(2026, 10, 5)),
        ("england", "2026-10-12T10:00", date(2026, 11, 16)),  # half-term is left out
        ("england", "2027-07-21T10:00", date(2027, 10, 14)),  # 60 working days come first
        ("scotland", "2026-10-12T10:00", date(2026, 11, 9)),
    ],
)
def test_information_is_owed_in_twenty_school_days_or_sixty_working_days(
    nation: Nation, asked: str, last_day: date
) -> None:
    request = contact("information request received", at(asked))
    found = named("information request", request, at_school=school(*TERMS, nation=nation))
    assert found.due is not None
    assert (found.due - timedelta(seconds=1)).date() == last_day


@pytest.mark.parametrize(
    ("asked", "last_day"),
    [
        ("2026-09-07T10:00", date(2026, 10, 7)),
        ("2027-01-29T10:00", date(2027, 3, 1)),  # 28 February is a Sunday
        ("2026-11-25T10:00", date(2026, 12, 29)),  # Christmas, a weekend and a bank holiday
        ("2026-12-10T10:00", date(2027, 1, 11)),
    ],
)
def test_a_person_is_owed_their_own_data_in_a_month(asked: str, last_day: date) -> None:
    found = named("subject access", contact("subject access request received", at(asked)))
    assert found.due is not None
    assert (found.due - timedelta(seconds=1)).date() == last_day


def test_a_breach_is_told_within_72_hours_and_a_data_complaint_acknowledged_in_30_days() -> None:
    breach = named("data breach", contact("data breach found"))
    assert breach.due == MONDAY + timedelta(hours=72)
    complaint = named("data complaint", contact("data complaint received"))
    assert complaint.due == at("2026-10-07T23:00")  # midnight in London, in summer


def test_what_is_owed_by_law_outlives_the_incident_until_it_is_answered() -> None:
    asked = contact("subject access request received")
    assert len(running([asked, Act("closed")], school(), MONDAY)) == 1
    answered = contact("subject access request answered")
    assert running([asked, answered, Act("closed")], school(), MONDAY) == ()


def test_what_is_over_stands_first_and_what_has_no_end_last() -> None:
    acts = [
        contact("complaint received"),
        contact("subject access request received"),
        Act("reported"),
    ]
    found = running(acts, school(), MONDAY + timedelta(hours=50))
    assert [clock.name for clock in found] == [
        "helpline",
        "reporting body",
        "subject access",
        "complaint",
    ]
    assert [clock.is_over for clock in found] == [True, False, False, False]


def test_terms_that_end_do_not_keep_a_clock_from_being_counted() -> None:
    late = at("2027-07-20T10:00")
    found = named("complaint", contact("complaint received", late, within=1_000_000), now=late)
    assert found.due is not None
    assert found.due - late < timedelta(days=368)


MOMENTS = st.integers(0, 365 * 24).map(lambda hours: MONDAY + timedelta(hours=hours))


@given(st.sampled_from(STARTS), MOMENTS, st.sampled_from(["england", "scotland", "wales"]))
def test_no_clock_ends_before_it_begins_and_each_can_be_stopped(
    start: str, when: datetime, nation: Nation
) -> None:
    acts: list[Act] = [contact(start, when, within=5)]
    (found,) = running(acts, school(nation=nation), when)
    assert found.due is not None
    assert found.due > when
    assert not found.is_over
    acts.extend(contact(stop, when) for stop in STOPS)
    assert running(acts, school(nation=nation), when) == ()

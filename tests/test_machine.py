"""What is wrong with the machine, who is told of it, and that each is told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pydantic import SecretStr

from monitor.machine import (
    DOUBTFUL,
    EASED,
    LEAST_FREE,
    Jump,
    Kept,
    Reading,
    Trouble,
    news,
    store_trouble,
    troubles,
)
from monitor.machine_news import owed_at_beginning, owed_at_end
from monitor.settings import Person, School
from monitor.store.deliveries import MACHINE, SECOND
from sources.server_clocks import ServerClocks

NOW = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
SECOND_WAY = SecretStr("ntfys://t0pic")


def person(role: str, *, second: bool = False) -> Person:
    made = Person.model_validate({"name": role, "email": f"{role}@a.example", "roles": (role,)})
    return made.model_copy(update={"second": SECOND_WAY}) if second else made


def a_school(*people: Person, name: str = "a") -> School:
    return School(id=name, name=name.upper(), people=people)


def only(reading: Reading, known: tuple[str, ...] = (), now: datetime = NOW) -> Trouble:
    (found,) = troubles(reading, known, now)
    return found


def a_trouble(name: str = "disk", since: datetime = NOW) -> Trouble:
    return Trouble(name, f"About {name}", "It is so.", "Do this.", since)


def test_a_machine_that_is_well_has_no_troubles() -> None:
    reading = Reading(
        free=LEAST_FREE,
        ahead=(timedelta(seconds=3), -MINUTE, 2 * HOUR),
        idle={"poll": (timedelta(seconds=2), timedelta(seconds=2))},
        refused={},
    )
    assert troubles(reading, (), NOW) == ()


def test_a_disk_is_short_below_a_mark_and_well_again_only_some_way_above_it() -> None:
    assert "0 MB" in only(Reading(free=0)).says
    assert only(Reading(free=LEAST_FREE - 1)).name == "disk"
    assert only(Reading(free=LEAST_FREE), ("disk",)).name == "disk"
    assert troubles(Reading(free=int(LEAST_FREE * EASED)), ("disk",), NOW) == ()
    assert troubles(Reading(free=None), (), NOW) == ()


@pytest.mark.parametrize(
    ("by", "says"),
    [
        (2 * DAY, "It jumped forward by 2 days: it was set, or the machine slept."),
        (-2 * HOUR, "It jumped back by 2 hours: it was set."),
    ],
)
def test_a_clock_that_jumped_is_doubtful_for_an_hour(by: timedelta, says: str) -> None:
    reading = Reading(jump=Jump(by, NOW))
    assert only(reading).says == says
    assert only(reading).since == NOW
    assert troubles(reading, (), NOW + DOUBTFUL) == ()


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        ((730 * DAY, 730 * DAY), "It is 2 years ahead of the clocks"),
        ((-3 * DAY, -3 * DAY, MINUTE), "It is 3 days behind the clocks"),
    ],
)
def test_a_clock_far_from_those_of_other_servers_is_wrong(
    ahead: tuple[timedelta, ...], says: str
) -> None:
    assert only(Reading(ahead=ahead)).says.startswith(says)


@pytest.mark.parametrize("ahead", [(730 * DAY,), (730 * DAY, MINUTE, MINUTE), (3 * HOUR,) * 5])
def test_one_odd_server_or_some_hours_say_nothing_of_the_clock(
    ahead: tuple[timedelta, ...],
) -> None:
    assert troubles(Reading(ahead=ahead), (), NOW) == ()


def test_a_clock_by_which_nothing_was_read_for_two_months_is_not_believed() -> None:
    assert troubles(Reading(read=NOW - 60 * DAY), (), NOW) == ()
    found = only(Reading(read=NOW - 61 * DAY))
    assert (found.name, found.is_to_be_told(NOW, NOW)) == ("silent", True)
    assert "nothing is deleted for its age" in found.says


def test_a_clock_from_before_the_program_was_written_is_wrong() -> None:
    then = datetime(2009, 1, 1, tzinfo=UTC)
    assert only(Reading(), now=then).says == "It says 01 January 2009, which cannot be."


@pytest.mark.parametrize(
    ("lasted", "every", "stands"),
    [
        (timedelta(seconds=121), timedelta(seconds=2), True),
        (timedelta(seconds=119), timedelta(seconds=2), False),
        (timedelta(minutes=3), MINUTE, False),
        (timedelta(seconds=181), MINUTE, True),
    ],
)
def test_a_step_that_has_not_come_round_for_three_intervals_has_stopped(
    lasted: timedelta, every: timedelta, stands: bool
) -> None:
    found = troubles(Reading(idle={"poll": (lasted, every)}), (), NOW)
    assert [one.since for one in found] == ([NOW - lasted] if stands else [])


def test_what_stops_the_work_is_vital_and_what_does_not_is_not() -> None:
    reading = Reading(
        outage=(NOW, "no answer"),
        refused={"x@a.example": (NOW, "550 no such user")},
        free=0,
        jump=Jump(DAY, NOW),
        idle={"poll": (HOUR, MINUTE), "capture": (HOUR, MINUTE)},
        heartbeat=(NOW, "away"),
    )
    found = (*troubles(reading, (), NOW), store_trouble("the disk is full", NOW))
    assert {one.name for one in found if one.is_vital} == {"mail", "store", "clock", "step poll"}
    assert len(found) == 8


def test_a_trouble_is_told_once_when_it_has_lasted_and_once_when_it_is_over() -> None:
    kept: tuple[Kept, ...] = ()
    told: list[str] = []
    for minute in range(180):
        now = NOW + minute * MINUTE
        found = [a_trouble("mail", NOW)] if minute < 90 else []
        changed = news(kept, found, now)
        kept = changed.kept
        told += [f"begun {minute}" for _ in changed.begun]
        told += [f"over {minute}" for _ in changed.over]
    assert told == ["begun 60", "over 90"]


def test_a_trouble_that_passes_before_anybody_had_to_hear_of_it_is_not_told_at_all() -> None:
    first = news((), [a_trouble("mail")], NOW)
    assert first.begun == ()
    assert news(first.kept, [], NOW + 59 * MINUTE).over == ()


def test_a_trouble_began_when_it_was_first_seen() -> None:
    first = news((), [a_trouble("disk", NOW)], NOW)
    later = news(first.kept, [a_trouble("disk", NOW + HOUR)], NOW + HOUR)
    assert [one.since for one in later.kept] == [NOW]
    set_back = news(later.kept, [a_trouble("disk", NOW)], NOW - 2 * DAY)
    assert [one.since for one in set_back.kept] == [NOW - 2 * DAY]


def test_the_heartbeat_is_for_the_pages_alone() -> None:
    assert news((), [a_trouble("heartbeat")], NOW + 9 * DAY).begun == ()


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        (("it", "office", "headteacher"), {"it", "office"}),
        (("office", "headteacher"), {"office"}),
        (("headteacher", "chair"), {"headteacher"}),
        (("chair",), {"chair"}),
    ],
)
def test_it_and_the_office_are_told_and_where_there_is_neither_the_head(
    roles: tuple[str, ...], told: set[str]
) -> None:
    owed = owed_at_beginning(a_trouble(), [a_school(*map(person, roles))], NOW)
    assert {one.role for one in owed} == told
    assert {one.kind for one in owed} == {MACHINE}


def test_one_who_keeps_two_schools_is_told_once() -> None:
    schools = [a_school(person("it")), a_school(person("it"), name="b")]
    assert [one.school for one in owed_at_beginning(a_trouble(), schools, NOW)] == ["a"]


def test_that_mail_fails_is_told_to_everybody_by_another_way_and_its_end_by_mail_too() -> None:
    school = a_school(person("it"), person("headteacher", second=True), person("dsl"))
    begun = owed_at_beginning(a_trouble("mail"), [school], NOW)
    assert [(one.kind, one.email) for one in begun] == [(SECOND, "headteacher@a.example")]
    over = owed_at_end(Kept("mail", "Mail is not going out", NOW, told=True), [school], NOW + HOUR)
    assert [(one.kind, one.role) for one in over] == [(MACHINE, "it"), (SECOND, "headteacher")]


def test_a_note_about_an_address_names_nobody() -> None:
    school = a_school(person("it", second=True))
    trouble = Trouble("address x@a.example", "Mail to x@a.example is refused", "550 x", "Fix.", NOW)
    (note,) = (o for o in owed_at_beginning(trouble, [school], NOW) if o.kind == SECOND)
    assert note.facts == {"heading": "Footprint: mail to one address is refused", "lines": ["Fix."]}


def test_what_begins_again_is_another_letter() -> None:
    school = [a_school(person("it"))]
    subjects = [
        owed_at_beginning(a_trouble(since=NOW + n * HOUR), school, NOW)[0].subject for n in range(3)
    ]
    assert all(first != then for first, then in pairwise(subjects))


class Seconds:
    """Seconds that are set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_servers_say_what_time_it_is_unless_a_cache_answers_for_them() -> None:
    clocks = ServerClocks(Seconds())
    clocks.note("a", {"date": "Sat, 21 Nov 2026 20:00:00 GMT"}, NOW)
    clocks.note("b", {"date": "Sat, 21 Nov 2026 20:00:00 GMT", "age": "3600"}, NOW)
    clocks.note("c", {"date": "yesterday"}, NOW)
    clocks.note("d", {}, NOW)
    assert clocks.ahead() == (HOUR,)
    clocks.note("a", {"date": "Sat, 21 Nov 2026 21:00:00 GMT", "age": "0"}, NOW)
    assert clocks.ahead() == (timedelta(),)


def test_what_servers_said_long_ago_is_forgotten() -> None:
    seconds = Seconds()
    clocks = ServerClocks(seconds)
    for number in range(100):
        clocks.note(f"site {number}", {"date": "Sat, 21 Nov 2026 21:00:00 GMT"}, NOW)
    assert len(clocks.ahead()) == 20
    seconds.now = 3 * 3600
    assert clocks.ahead() == ()

"""Which days are school days, and when a school next hears of what can wait."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.nations import is_bank_holiday
from monitor.school_days import is_school_day, moment, next_opening
from monitor.school_settings import Nation
from monitor.settings import DateRange, Hours, Person, School
from monitor.term_dates import SUMMER, Terms
from tests.test_nations import NATIONS

LONDON = ZoneInfo("Europe/London")
TERMS = (
    DateRange(first=date(2026, 9, 1), last=date(2026, 10, 23)),
    DateRange(first=date(2026, 11, 2), last=date(2026, 12, 18)),
    DateRange(first=date(2027, 1, 4), last=date(2027, 7, 21)),
)


def school(
    *terms: DateRange,
    nation: Nation = "england",
    respond: tuple[time, time] = (time(7, 30), time(17, 30)),
) -> School:
    return School(id="s", name="S", term_dates=terms, nation=nation, hours=Hours(respond=respond))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-18T12:00", "2026-11-18T12:00"),
        ("2026-11-18T07:30", "2026-11-18T07:30"),
        ("2026-11-18T07:29", "2026-11-18T07:30"),
        ("2026-11-18T17:29", "2026-11-18T17:29"),
        ("2026-11-18T17:30", "2026-11-19T07:30"),
        ("2026-11-18T23:59", "2026-11-19T07:30"),
        ("2026-11-20T18:00", "2026-11-23T07:30"),
        ("2026-11-21T10:00", "2026-11-23T07:30"),
        ("2026-11-22T10:00", "2026-11-23T07:30"),
        # The clocks go forward on Sunday 29 March 2026: Monday's 07:30 is 06:30 UTC.
        ("2026-03-27T18:00", "2026-03-30T06:30"),
        ("2026-03-29T00:30", "2026-03-30T06:30"),
        ("2026-03-29T01:30", "2026-03-30T06:30"),
        ("2026-03-30T06:29", "2026-03-30T06:30"),
        ("2026-03-30T16:29", "2026-03-30T16:29"),
        ("2026-03-30T16:30", "2026-03-31T06:30"),
        # They go back on Sunday 25 October 2026: Monday's 07:30 is 07:30 UTC.
        ("2026-10-23T16:30", "2026-10-26T07:30"),
        ("2026-10-25T00:30", "2026-10-26T07:30"),
        ("2026-10-25T01:30", "2026-10-26T07:30"),
        ("2026-10-26T06:45", "2026-10-26T07:30"),
        ("2026-10-26T17:15", "2026-10-26T17:15"),
        # Good Friday and Easter Monday.
        ("2026-04-02T16:31", "2026-04-07T06:30"),
    ],
)
def test_without_term_dates_a_school_is_there_from_monday_to_friday(now: str, due: str) -> None:
    opening = next_opening(school(), at(now))
    assert (opening.at, opening.in_holidays) == (at(due), False)
    assert opening.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "due", "in_holidays"),
    [
        ("2026-10-23T12:00", "2026-10-23T12:00", False),
        # Half term: each working day once, when the window begins.
        ("2026-10-23T18:00", "2026-10-26T07:30", True),
        ("2026-10-26T07:30", "2026-10-26T07:30", True),
        ("2026-10-26T07:31", "2026-10-27T07:30", True),
        ("2026-10-30T10:00", "2026-11-02T07:30", False),
        # Christmas Day, Boxing Day on a Saturday and so the Monday after it.
        ("2026-12-24T12:00", "2026-12-29T07:30", True),
        ("2026-12-31T12:00", "2027-01-04T07:30", False),
        # A bank holiday in term is neither a school day nor one of the holidays.
        ("2027-05-03T10:00", "2027-05-04T06:30", False),
    ],
)
def test_in_the_holidays_the_window_begins_once_a_day(
    now: str, due: str, in_holidays: bool
) -> None:
    opening = next_opening(school(*TERMS), at(now))
    assert (opening.at, opening.in_holidays) == (at(due), in_holidays)


def test_long_after_the_last_term_every_working_day_counts_as_a_school_day() -> None:
    known = school(*TERMS)
    end = TERMS[-1].last
    assert not is_school_day(known, end + timedelta(days=1))
    assert not is_school_day(known, end + SUMMER)
    assert is_school_day(known, end + SUMMER + timedelta(days=1))
    assert is_school_day(known, date(2025, 11, 18))


def test_a_calendar_of_holidays_leaves_the_other_working_days_to_school() -> None:
    off = (date(2026, 10, 26), date(2026, 10, 30))
    calendar = school().model_copy(update={"term_dates": Terms(closed=(off,))})
    found = [is_school_day(calendar, date(2026, 10, day)) for day in (23, 24, 26, 30)]
    assert found == [True, False, False, False]
    assert is_school_day(calendar, date(2026, 11, 2))


def test_a_window_that_begins_in_the_skipped_hour_begins_as_the_clocks_go_forward() -> None:
    sunday = date(2026, 3, 29)
    assert moment(sunday, time(0, 59)) == at("2026-03-29T00:59")
    assert moment(sunday, time(1, 0)) == at("2026-03-29T01:00")
    assert moment(sunday, time(1, 45)) == at("2026-03-29T01:00")
    assert moment(sunday, time(2, 0)) == at("2026-03-29T01:00")
    assert moment(sunday, time(2, 15)) == at("2026-03-29T01:15")


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    assert moment(date(2026, 10, 25), time(1, 30)) == at("2026-10-25T00:30")
    assert moment(date(2026, 10, 25), time(2, 0)) == at("2026-10-25T02:00")


@pytest.mark.parametrize(
    ("quiet", "now", "due"),
    [
        (("12:00", "13:00"), "2026-11-18T12:30", "2026-11-18T13:00"),
        (("12:00", "13:00"), "2026-11-18T11:59", "2026-11-18T11:59"),
        (("16:00", "09:00"), "2026-11-18T16:30", "2026-11-19T09:00"),
        (("16:00", "09:00"), "2026-11-20T16:30", "2026-11-23T09:00"),
        (("16:00", "09:00"), "2026-11-18T09:30", "2026-11-18T09:30"),
        (("20:00", "06:00"), "2026-11-18T06:30", "2026-11-18T07:30"),
        (("07:30", "12:00"), "2026-10-26T08:00", "2026-10-26T12:00"),
        (("12:00", "13:00"), "2026-10-26T08:00", "2026-10-27T07:30"),
    ],
)
def test_quiet_hours_are_left_out_of_the_window(quiet: tuple[str, str], now: str, due: str) -> None:
    begins, ends = (time.fromisoformat(part) for part in quiet)
    assert next_opening(school(*TERMS), at(now), (begins, ends)).at == at(due)


def test_quiet_hours_must_leave_some_of_the_window() -> None:
    sleeper = Person(
        name="A B", email="a@s.example", roles=("deputy",), quiet_hours=(time(7), time(18))
    )
    with pytest.raises(ValueError, match="must leave some of the school's hours"):
        School(id="s", name="S", people=(sleeper,))
    late = Hours(respond=(time(7, 30), time(18, 30)))
    assert School(id="s", name="S", people=(sleeper,), hours=late).people == (sleeper,)


def last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, tzinfo=UTC)
    return last - timedelta(days=last.isoweekday() % 7)


DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
# The last Sundays of March and of October, when the clocks change, and the days beside them.
CHANGES = st.builds(
    lambda year, month, days, minutes: (
        last_sunday(year, month) + timedelta(days=days, minutes=minutes)
    ),
    st.integers(2024, 2035),
    st.sampled_from([3, 10]),
    st.integers(-3, 3),
    st.integers(0, 1439),
)
WINDOWS = st.tuples(st.times(), st.times()).map(sorted).filter(lambda two: two[0] < two[1])


@settings(max_examples=150, deadline=None)
@given(
    now=MOMENTS | CHANGES,
    nation=st.sampled_from(NATIONS),
    window=WINDOWS,
    starts=st.lists(DAYS, max_size=4),
    length=st.integers(0, 120),
)
def test_an_opening_is_never_late_never_early_and_on_a_working_day(
    now: datetime, nation: Nation, window: list[time], starts: list[date], length: int
) -> None:
    opens, closes = (one.replace(fold=0) for one in window)
    terms = [DateRange(first=one, last=one + timedelta(days=length)) for one in starts]
    known = school(*terms, nation=nation, respond=(opens, closes))
    opening = next_opening(known, now)
    day = opening.at.astimezone(LONDON).date()
    assert day.weekday() < 5
    assert not is_bank_holiday(day, nation)
    assert opening.in_holidays is not is_school_day(known, day)
    assert opening.at >= now
    # It waits no longer than over Christmas with the days beside it.
    assert opening.at - now < timedelta(days=7)
    if opening.at != now:
        assert opening.at == moment(day, opens)
    elif not opening.in_holidays:
        assert moment(day, opens) <= now < moment(day, closes)
    # What is found once is found again at that moment: nothing is put off for ever.
    assert next_opening(known, opening.at).at == opening.at
    assert terms or not opening.in_holidays

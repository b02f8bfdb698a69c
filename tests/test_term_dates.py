"""What is understood of a calendar of term dates, and what is refused by its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.term_dates import CalendarError, Terms, read_calendar
from tests.configs import SCHOOL, mistake, mistakes, read

AUTUMN = ("Autumn term", "DTSTART;VALUE=DATE:20260901", "DTEND;VALUE=DATE:20261219")
HALF_TERM = ("Half term", "DTSTART;VALUE=DATE:20261026", "DTEND;VALUE=DATE:20261031")


def calendar(*events: tuple[str, ...], end: str = "\r\n") -> str:
    """A calendar of these events, each a summary and its other lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for summary, *others in events:
        lines += ["BEGIN:VEVENT", f"SUMMARY:{summary}", *others, "END:VEVENT"]
    return end.join([*lines, "END:VCALENDAR", ""])


def one_day(summary: str, day: str = "20261026") -> tuple[str, str]:
    return summary, f"DTSTART;VALUE=DATE:{day}"


def why(text: str) -> tuple[int, str]:
    with pytest.raises(CalendarError) as caught:
        read_calendar(text)
    return caught.value.line, caught.value.why


def test_a_term_lasts_to_the_day_before_its_written_end() -> None:
    terms = read_calendar(calendar(AUTUMN, HALF_TERM))
    assert terms.terms == ((date(2026, 9, 1), date(2026, 12, 18)),)
    assert terms.closed == ((date(2026, 10, 26), date(2026, 10, 30)),)
    assert terms.last == date(2026, 12, 18)


@pytest.mark.parametrize(
    "name",
    ["Autumn half-term", "HALF TERM", "October half term holiday", "Christmas holidays",
     "School holiday: Easter", "Spring Break", "School closed", "Hanner tymor yr hydref",
     "Gwyliau'r Nadolig", "Ysgol ar gau"],
)  # fmt: skip
def test_holidays_alone_make_all_other_days_school_days(name: str) -> None:
    terms = read_calendar(calendar((name, *HALF_TERM[1:])))
    assert terms == Terms(closed=((date(2026, 10, 26), date(2026, 10, 30)),))
    assert terms.includes(date(2026, 10, 23))
    assert not terms.includes(date(2026, 10, 26))


@pytest.mark.parametrize(
    "name", ["Term 1", "Autumn Term 2026", "Summer term: 2nd half", "Tymor yr Hydref"]
)
def test_a_term_is_known_by_its_name_in_english_and_welsh(name: str) -> None:
    terms = read_calendar(calendar((name, *AUTUMN[1:])))
    assert terms.terms == ((date(2026, 9, 1), date(2026, 12, 18)),)
    assert not terms.includes(date(2026, 12, 21))


@pytest.mark.parametrize(
    "name", ["INSET day", "Staff training day", "In-service day", "HMS", "Bank holiday", "Closure"]
)
def test_a_single_day_off_in_term_is_no_school_day(name: str) -> None:
    terms = read_calendar(calendar(AUTUMN, one_day(name, "20260904")))
    assert not terms.includes(date(2026, 9, 4))
    assert terms.includes(date(2026, 9, 3))


@pytest.mark.parametrize(
    "name",
    ["Sports day", "Long-term planning of the determined", "Parents' evening", "Year 6 residential",
     "Last day of term", "Spring term begins", "Back to school after the holidays",
     "School closes for the Christmas holidays"],
)  # fmt: skip
def test_what_says_nothing_of_the_days_beside_it_is_passed_over(name: str) -> None:
    terms = read_calendar(calendar(HALF_TERM, one_day(name, "20261119")))
    assert terms.includes(date(2026, 11, 19))


@pytest.mark.parametrize(
    "name",
    ["School library closed", "Car park closed", "Swimming pool closure", "Closure of the kitchen",
     "Autumn term: library closed", "Llyfrgell ar gau"],
)  # fmt: skip
def test_where_something_else_is_closed_the_school_is_not(name: str) -> None:
    terms = read_calendar(calendar(AUTUMN, (name, *HALF_TERM[1:])))
    assert terms == read_calendar(calendar(AUTUMN))


@pytest.mark.parametrize(
    "name", ["Closed", "School is closed", "Closed to all pupils", "Strike: school closed"]
)
def test_where_the_school_is_closed_there_is_no_school(name: str) -> None:
    terms = read_calendar(calendar(AUTUMN, (name, *HALF_TERM[1:])))
    assert not terms.includes(date(2026, 10, 28))


def test_no_closure_of_more_than_three_weeks_lies_within_a_term() -> None:
    closed = ("Closed", "DTSTART;VALUE=DATE:20260914")
    three = read_calendar(calendar(AUTUMN, (*closed, "DTEND;VALUE=DATE:20261005")))
    more = read_calendar(calendar(AUTUMN, (*closed, "DTEND;VALUE=DATE:20261006")))
    assert not three.includes(date(2026, 9, 16))
    assert more.includes(date(2026, 9, 16))


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("DTSTART:20261026T000000Z", "DTEND:20261031T000000Z", 26, 30),
        ("DTSTART;TZID=Europe/London:20261026T090000", "DTEND:20261030T153000", 26, 30),
        ('DTSTART;TZID="x:y":20261026T090000', "DTEND:20261030T153000", 26, 30),
        ("DTSTART:20261026", "DTEND:20261031", 26, 30),
        # In summer time 23:30 UTC is the next day in London.
        ("DTSTART:20261021T233000Z", "DTEND:20261030T120000Z", 22, 30),
    ],
)
def test_the_forms_of_a_day_are_understood(start: str, end: str, first: int, last: int) -> None:
    terms = read_calendar(calendar(("Half term", start, end)))
    assert terms.closed == ((date(2026, 10, first), date(2026, 10, last)),)


def test_an_event_without_an_end_is_one_day_and_one_that_is_cancelled_none() -> None:
    events = (one_day("INSET", "20260904"), (*one_day("INSET", "20260907"), "STATUS:CANCELLED"))
    assert read_calendar(calendar(AUTUMN, *events)).closed == ((date(2026, 9, 4),) * 2,)


def test_a_line_that_goes_on_and_escaped_signs_are_read_as_one_name() -> None:
    folded = calendar(("Autumn\\, first ha\r\n lf\\; te\r\n\trm", *AUTUMN[1:]))
    assert len(read_calendar(folded).terms) == 1


def test_an_alarm_inside_an_event_and_rules_of_time_zones_change_nothing() -> None:
    zone = "BEGIN:VTIMEZONE\r\nBEGIN:DAYLIGHT\r\nRRULE:FREQ=YEARLY\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE"
    alarm = ("BEGIN:VALARM", "SUMMARY:Sports", "DURATION:PT5M", "END:VALARM")
    text = calendar((*HALF_TERM, *alarm)).replace("VERSION:2.0", f"VERSION:2.0\r\n{zone}")
    assert len(read_calendar(text).closed) == 1


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_kind_of_line_end_is_read(end: str) -> None:
    assert len(read_calendar(calendar(AUTUMN, end=end)).terms) == 1


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "is no calendar"),
        ("<html></html>", 1, "is no calendar"),
        (calendar(), 1, "holds no event that is a term or a holiday"),
        (calendar(one_day("Sports day")), 1, "holds no event that is a term or a holiday"),
        (calendar(one_day("INSET")), 1, "holds no event that is a term or a holiday"),
        (calendar(one_day("Term starts")), 3, '"Term starts" is a single day, and no event tells'),
        (calendar((*AUTUMN, "RRULE:FREQ=YEARLY")), 7, "has RRULE, which is not understood"),
        (calendar((*AUTUMN, "RDATE:20270101")), 7, "has RDATE, which is not understood"),
        (calendar((*AUTUMN[:2], "DURATION:P9D")), 6, "has DURATION, which is not understood"),
        (calendar(("Term 1",)), 3, "has no DTSTART"),
        (calendar(("Term 1", "DTSTART:20260231")), 5, 'a day such as 20260901, not "20260231"'),
        (calendar(("Term 1", "DTSTART:soon")), 5, 'must be a day such as 20260901, not "soon"'),
        (calendar((*AUTUMN[:2], "DTEND:20260801")), 6, "ends before it starts"),
        (calendar((*AUTUMN[:2], "DTEND:20360801")), 6, "is longer than a year"),
        (calendar(("Half term 1", *AUTUMN[1:])), 3, "is longer than any half-term holiday"),
        (calendar(AUTUMN).replace("VERSION:2.0", "VERSION"), 2, "is no line of a calendar"),
        (
            calendar(AUTUMN).replace("END:VEVENT\r\n", ""),
            7,
            'ends "VCALENDAR", which was not begun',
        ),
        (calendar(AUTUMN).replace("END:VCALENDAR\r\n", ""), 7, "the file is cut off"),
    ],
)
def test_what_cannot_be_understood_is_named_by_its_line(text: str, line: int, said: str) -> None:
    found = why(text)
    assert found[0] == line
    assert said in found[1]


def test_a_rule_of_an_event_that_is_no_term_costs_nothing() -> None:
    assembly = (*one_day("Assembly"), "RRULE:FREQ=WEEKLY")
    assert read_calendar(calendar(AUTUMN, assembly)) == read_calendar(calendar(AUTUMN))


BEGINNINGS = st.text(st.sampled_from('BEGIN:VEVENT\nEND"; \\')).map("BEGIN:VCALENDAR\n".__add__)


@given(st.text() | BEGINNINGS)
def test_whatever_a_file_holds_it_is_understood_or_refused(text: str) -> None:
    line, said = why(text)
    assert line >= 1
    assert said


def test_a_calendar_stands_in_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "terms.ics").write_bytes(b"\xef\xbb\xbf" + calendar(AUTUMN, HALF_TERM).encode())
    (school,) = read(tmp_path, SCHOOL + 'term_dates = "terms.ics"\n').schools
    assert school.calendar == read_calendar(calendar(AUTUMN, HALF_TERM))


def test_a_calendar_that_cannot_be_used_is_a_mistake_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "terms.ics"
    path.write_text(calendar((*AUTUMN, "RRULE:FREQ=YEARLY")), "utf-8", newline="")
    text = SCHOOL + 'term_dates = "terms.ics"\n'
    assert mistake(tmp_path, text) == (
        'terms.ics:7: "Autumn term" has RRULE, which is not understood: give its days'
    )
    path.write_bytes(b"BEGIN:VCALENDAR\r\nSUMMARY:\xff\r\n")
    assert mistake(tmp_path, text).startswith("terms.ics:2: there is a character that is not UTF-8")
    assert len(mistakes(tmp_path, text.replace("hollybrook", "Holly Brook", 1))) == 2

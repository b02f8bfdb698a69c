"""What is asked of a school's settings."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path
from typing import get_args

import pytest

from monitor.settings import Role
from tests.configs import SCHOOL, mistake, mistakes, read

PEOPLE = '[[schools.people]]\nname = "Tom Birch"\nemail = "tom@hollybrook.example"\nrole = "dsl"\n'
STAFF = '[[schools.staff]]\nname = "Jane Ashdown"\n'


@pytest.mark.parametrize(
    "line",
    ['aliases = ["Jane Ashdown"]', 'aliases = ["HPS", "mrs ASHDOWN"]',
     'hashtags = ["#JaneAshdown"]', 'handles = ["@jane_ashdown"]',
     'aliases = ["Dr Jane Ashdown"]', 'aliases = ["Tom Birch"]'],
)  # fmt: skip
def test_a_person_is_never_watched(tmp_path: Path, line: str) -> None:
    said = mistake(tmp_path, SCHOOL + line + "\n" + STAFF + PEOPLE)
    assert said.startswith("config.toml:4: ")
    assert "people are never watched" in said
    assert "Ashdown" not in said


def test_a_school_may_be_called_after_somebody_s_surname(tmp_path: Path) -> None:
    text = SCHOOL.replace("Hollybrook Primary School", "Ashdown School") + "aliases = ['Ashdown']\n"
    assert read(tmp_path, text + STAFF).schools[0].aliases == ("Ashdown",)


def test_each_person_has_either_a_role_or_roles(tmp_path: Path) -> None:
    none = PEOPLE.replace('role = "dsl"\n', "")
    said = mistake(tmp_path, SCHOOL + none)
    assert said == 'config.toml:4: schools[1].people[1].roles is missing; role = "…" will do'
    both = mistake(tmp_path, SCHOOL + PEOPLE + 'roles = ["deputy"]\n')
    assert both == "config.toml:8: schools[1].people[1].roles and role must not both be given"
    several = read(tmp_path, SCHOOL + none + 'roles = ["deputy", "dsl"]\n')
    assert several.schools[0].people[0].roles == ("deputy", "dsl")
    assert "must not be an empty list" in mistake(tmp_path, SCHOOL + none + "roles = []\n")
    wrong = mistake(tmp_path, SCHOOL + none + 'roles = ["deputy", "chare"]\n')
    assert wrong.startswith(
        'config.toml:7: schools[1].people[1].roles[2] is "chare"; did you mean "chair"? The roles'
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("safeguarding lead", "dsl"),
        ("Designated Safeguarding Lead", "dsl"),
        ("DSL", "dsl"),
        ("head", "headteacher"),
        ("Head Teacher", "headteacher"),
        ("principal", "headteacher"),
        ("deputy head", "deputy"),
        ("vice-principal", "deputy"),
        ("Deputy DSL", "deputy_dsl"),
        ("chair of governors", "chair"),
        ("Vice-Chair", "vice_chair"),
        ("business manager", "office"),
        ("office manager", "office"),
        ("data protection officer", "dpo"),
    ],
)
def test_a_role_in_a_school_s_own_words_is_told_the_word_to_write(
    tmp_path: Path, written: str, meant: str
) -> None:
    said = mistake(tmp_path, SCHOOL + PEOPLE.replace('role = "dsl"', f'role = "{written}"'))
    told = f'schools[1].people[1].role is "{written}"; write "{meant}". The roles are: headteacher'
    assert said.startswith(f"config.toml:7: {told}")
    assert read(tmp_path, SCHOOL + PEOPLE.replace('"dsl"', f'"{meant}"')).schools[0].people


def test_a_role_that_nobody_can_guess_is_told_all_that_there_are(tmp_path: Path) -> None:
    said = mistake(tmp_path, SCHOOL + PEOPLE.replace('role = "dsl"', 'role = "wizard"'))
    assert 'role is "wizard", which is no role here. The roles are: ' in said
    listed = said.partition("The roles are: ")[2]
    assert [re.sub(r" \(.*", "", part) for part in listed.split(", ")] == list(get_args(Role))
    number = mistake(tmp_path, SCHOOL + PEOPLE.replace('role = "dsl"', "role = 5"))
    assert number.startswith("config.toml:7: schools[1].people[1].role must be one of headteacher")


@pytest.mark.parametrize(
    "email", ["head", "a@b\\r\\nBcc: c@d", "a@b.example\\n", "A <a@b.example>"]
)
def test_an_email_is_an_address_alone(tmp_path: Path, email: str) -> None:
    said = mistake(tmp_path, SCHOOL + PEOPLE.replace("tom@hollybrook.example", email))
    assert said.startswith("config.toml:6: schools[1].people[1].email must be")


@pytest.mark.parametrize("name", ["a\\nb", "a\\u0085", "a\\u2028b", "a\\tb"])
def test_a_name_is_one_line_and_its_control_characters_are_shown(tmp_path: Path, name: str) -> None:
    said = mistake(tmp_path, f'[[schools]]\nid = "a"\nname = "{name}"\n')
    assert said.startswith("config.toml:3: schools[1].name must be one line without control")
    assert name.replace("u00", "x") in said
    assert said.isprintable()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('respond = "7:30-17:30"', 'respond must be two times such as "07:30-17:30"'),
        ('respond = "07:30"', "respond must be two times"),
        ('respond = "07:30-24:00"', "respond must be two times"),
        ('respond = "08:00-08:00"', "respond must start before it ends"),
        ('digest = "Monday 07:30"', 'digest must be a day and a time such as "Mon 07:30", not "M'),
        ('digest = "Mon"', "digest must be a day and a time"),
        ('digest = "Mon 25:00"', "digest must be a day and a time"),
        ('holiday_contact = "Tom Birch"', "holiday_contact must be an email address"),
        ("escalate_minutes = 0", "escalate_minutes must be at least 1"),
    ],
)  # fmt: skip
def test_hours_are_looked_at(tmp_path: Path, line: str, said: str) -> None:
    found = mistake(tmp_path, SCHOOL + PEOPLE + f"[schools.hours]\n{line}\n")
    assert found.startswith(f"config.toml:9: schools[1].hours.{said}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('respond_by_mail = "no"', "respond_by_mail must be true or false"),
        ('quiet_hours = "12:00"', 'quiet_hours must be two times such as "07:30-17:30"'),
        ('quiet_hours = "12:00-12:00"', "quiet_hours must not end when it starts"),
        ('quiet_hours = "07:00-18:00"', "quiet_hours must leave some of the school's hours (hours"),
        ('quiet_hours = "17:30-17:00"', None),
        ('quiet_hours = "17:00-07:45"', None),
    ],
)
def test_a_person_s_own_choices_are_looked_at(tmp_path: Path, line: str, said: str | None) -> None:
    found = mistakes(tmp_path, SCHOOL + PEOPLE + line + "\n")
    assert len(found) == bool(said)
    if said:
        assert found[0].startswith(f"config.toml:8: schools[1].people[1].{said}")


def test_two_people_do_not_share_an_address(tmp_path: Path) -> None:
    again = PEOPLE.replace("tom@h", "TOM@H").replace('"dsl"', '"deputy"')
    other = again.replace("Tom Birch", "Amina Yusuf")
    said = mistake(tmp_path, SCHOOL + PEOPLE + other)
    assert said == (
        "config.toml:10: schools[1].people[2].email is the address of somebody else above: what "
        "is about the one would be read by both; give each an address of their own, or one person "
        "both roles"
    )
    assert len(read(tmp_path, SCHOOL + PEOPLE + again).schools[0].people) == 2


def test_hours_are_understood(tmp_path: Path) -> None:
    lines = '[schools.hours]\nrespond = "08:00-16:00"\ndigest = "fri 15:05"\n'
    contact = 'holiday_contact = "TOM@hollybrook.example"\n'
    hours = read(tmp_path, SCHOOL + PEOPLE + lines + contact).schools[0].hours
    assert hours.respond == (time(8), time(16))
    assert (hours.digest_weekday, hours.digest_time) == (4, time(15, 5))


def test_terms_are_ranges_or_a_calendar_that_is_there(tmp_path: Path) -> None:
    ranges = (
        'term_dates = ["2026-09-01 .. 2026-12-18", { first = 2027-01-04, last = "2027-03-26" }]'
    )
    terms = read(tmp_path, SCHOOL + ranges).schools[0].term_dates
    assert isinstance(terms, tuple)
    first, second = terms
    assert (first.first, first.last) == (date(2026, 9, 1), date(2026, 12, 18))
    assert (second.first, second.last) == (date(2027, 1, 4), date(2027, 3, 26))
    file = SCHOOL + 'term_dates = "terms.ics"\n'
    missing = mistake(tmp_path, file)
    assert missing == "config.toml:4: schools[1].term_dates names a file that is not there"
    assert "names a file that is not there" in mistake(tmp_path, file.replace("terms", "x" * 5000))
    (tmp_path / "terms.ics").touch()
    assert mistake(tmp_path, file).startswith("terms.ics:1: is no calendar")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('["2026-09-01"]', "[1] must be two days such as"),
        ('["2026-09-01..2026-08-01"]', "[1] must not be before the first day"),
        ('["2026-09-01..2026-02-30"]', "[1] must be a day such as 2026-09-01, not"),
        ("[{ first = 2026-09-01 }]", "[1].last is missing"),
        ("[2026-09-01]", "[1] must be a table, not 2026-09-01"),
        ("5", " must be text in quotation marks, not 5"),
    ],
)
def test_terms_that_make_no_sense_are_named(tmp_path: Path, value: str, said: str) -> None:
    found = mistake(tmp_path, SCHOOL + f"term_dates = {value}\n")
    assert found.startswith(f"config.toml:4: schools[1].term_dates{said}")


def test_a_range_alone_is_told_to_stand_in_a_list(tmp_path: Path) -> None:
    found = mistakes(tmp_path, SCHOOL + 'term_dates = "2026-09-01..2026-12-18"\n')
    assert any("or a list such as" in line for line in found)


@pytest.mark.parametrize("day", ["2026-09-01", '"2026-09-01"'])
def test_an_approval_has_a_day_and_a_notice(tmp_path: Path, day: str) -> None:
    lines = (
        '[schools.approval]\nheadteacher = "J"\ndpo_advice = "v1"\nnotice_url = "https://a.b/"\n'
    )
    approval = read(tmp_path, SCHOOL + lines + f"date = {day}\n").schools[0].approval
    assert approval is not None
    assert approval.date == date(2026, 9, 1)
    for wrong in ('"today"', "5", "2026-09-01T10:00:00"):
        said = mistake(tmp_path, SCHOOL + lines + f"date = {wrong}\n")
        assert said.startswith("config.toml:8: schools[1].approval.date must be a day")
    assert "approval.date is missing" in mistake(tmp_path, SCHOOL + lines)


def test_what_toml_puts_into_a_member_of_staff_is_understood_as_the_school_s(
    tmp_path: Path,
) -> None:
    school = read(tmp_path, SCHOOL + STAFF + 'nation = "wales"\nlanguages = ["cy"]\n').schools[0]
    assert (school.nation, school.languages) == ("wales", ("cy",))
    assert school.staff[0].name == "Jane Ashdown"
    wrong = mistake(tmp_path, SCHOOL + STAFF + 'nation = "whales"\n')
    assert wrong.startswith("config.toml:6: schools[1].nation must be one of")
    assert wrong.endswith('did you mean "wales"?')
    twice = mistake(tmp_path, SCHOOL + 'nation = "wales"\n' + STAFF + 'nation = "wales"\n')
    assert twice.startswith("config.toml:7: schools[1].staff[1].nation is not a known setting")

"""Warnings that stop nothing, and what stops `run` alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import advise, approved, run_problems
from monitor.settings import KNOWN_CONTACTS
from tests.configs import FEED, SCHOOL, read


def person(role: str, email: str) -> str:
    return f'[[schools.people]]\nname = "Somebody"\nemail = "{email}"\nrole = "{role}"\n'


TOLD = (
    person("headteacher", "head@a.example") + person("dsl", "dsl@a.example")
    + person("chair", "chair@a.example")
)  # fmt: skip
PLACES = 'places = ["Stanwick"]\n'
STAFF = '[[schools.staff]]\nname = "Jane Ashdown"\n'
APPROVAL = (
    '[schools.approval]\nheadteacher = "J"\ndpo_advice = "v1"\ndate = 2026-09-01\n'
    'notice_url = "https://a.example"\n'
)
CONTACTS = "[schools.contacts]\n" + "".join(f'{key} = "1"\n' for key in KNOWN_CONTACTS)
PROGRAM = '[http]\ncontact = "office@a.example"\n[mail]\nhost = "smtp.a.example"\n' + FEED
WHOLE = PROGRAM + SCHOOL + PLACES + STAFF + TOLD + APPROVAL + CONTACTS


def advice(folder: Path, text: str) -> list[str]:
    return [str(problem) for problem in advise(read(folder, text))]


def test_a_whole_configuration_needs_no_advice(tmp_path: Path) -> None:
    assert advice(tmp_path, WHOLE) == []
    assert run_problems(read(tmp_path, WHOLE)) == ()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (person("headteacher", "head@a.example"), 'people holds nobody with role = "headteacher"'),
        (person("dsl", "dsl@a.example"), 'people holds nobody with role = "dsl"'),
        (person("dsl", "dsl@a.example"), "people lets an urgent alert reach fewer than two people"),
        (person("chair", "chair@a.example"), "people holds no chair"),
        (PLACES, "places is empty"),
        (STAFF, "staff is empty"),
        (APPROVAL, "approval is missing: `run` will watch nothing; add headteacher, dpo_advice"),
        ('lado = "1"\n', "contacts lacks what the playbooks ask for: lado"),
        (FEED, "schools.hollybrook is read for by no [[sources]]"),
        ('contact = "office@a.example"\n', "http.contact is empty"),
        ('host = "smtp.a.example"\n', "mail.host is empty: mail is written to the folder"),
    ],
)
def test_what_is_left_out_is_advised(tmp_path: Path, left_out: str, said: str) -> None:
    assert left_out in WHOLE
    found = advice(tmp_path, WHOLE.replace(left_out, ""))
    assert any(said in line for line in found)


def test_two_roles_of_one_address_are_one_person(tmp_path: Path) -> None:
    found = advice(tmp_path, WHOLE.replace("dsl@a.example", "HEAD@a.example"))
    assert len(found) == 1
    assert "fewer than two people" in found[0]


@pytest.mark.parametrize("schools", ['schools = ["hollybrook"]\n', "enabled = true\n"])
def test_a_source_that_listens_is_enough(tmp_path: Path, schools: str) -> None:
    assert advice(tmp_path, WHOLE.replace(FEED, FEED + schools)) == []


def test_a_source_that_is_switched_off_does_not_listen(tmp_path: Path) -> None:
    found = advice(tmp_path, WHOLE.replace(FEED, FEED + "enabled = false\n"))
    assert "read for by no [[sources]]" in found[0]


@pytest.mark.parametrize("alias", ["HP", "Grange", "the grange", "ACADEMY"])
def test_a_word_that_means_many_things_is_advised_against(tmp_path: Path, alias: str) -> None:
    found = advice(tmp_path, WHOLE.replace(PLACES, f'{PLACES}aliases = ["HPS", "{alias}"]\n'))
    assert len(found) == 1
    assert found[0].startswith(f'schools.hollybrook.aliases holds "{alias}"')


def test_a_name_that_two_schools_share_is_advised_against(tmp_path: Path) -> None:
    second = WHOLE.removeprefix(PROGRAM).replace('"hollybrook"', '"other"')
    second = second.replace(
        'name = "Hollybrook', 'aliases = ["HOLLYBROOK PRIMARY school"]\nname = "Other'
    )
    found = advice(tmp_path, WHOLE + second)
    assert len(found) == 1
    assert "which is also a name of hollybrook" in found[0]


def test_a_holiday_contact_that_is_nobody_s_is_advised_against(tmp_path: Path) -> None:
    hours = '[schools.hours]\nholiday_contact = "{}"\n'
    found = advice(tmp_path, WHOLE + hours.format("deputy@a.example"))
    assert len(found) == 1
    assert found[0].startswith("schools.hollybrook.hours.holiday_contact is the email of nobody")
    assert advice(tmp_path, WHOLE + hours.format("DSL@a.example")) == []


def test_a_user_without_a_password_is_advised_against(tmp_path: Path) -> None:
    found = advice(tmp_path, WHOLE.replace("[mail]\n", '[mail]\nuser = "footprint"\n'))
    assert found == ["mail.user is given without a password; add password_env or password_file"]


def test_run_needs_a_school_and_each_school_needs_people(tmp_path: Path) -> None:
    assert [problem.key for problem in run_problems(read(tmp_path, PROGRAM))] == ["schools"]
    alone = run_problems(read(tmp_path, SCHOOL))
    assert [str(problem) for problem in alone] == [
        "schools.hollybrook.people is missing: nobody would be told; add [[schools.people]]"
    ]


def test_only_a_school_with_an_approval_is_watched(tmp_path: Path) -> None:
    other = SCHOOL.replace("hollybrook", "other")
    settings = read(tmp_path, SCHOOL + APPROVAL + other)
    assert [school.id for school in approved(settings)] == ["hollybrook"]

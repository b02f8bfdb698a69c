"""What differs between the four nations."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from monitor import nations
from monitor.judge.routing import HOLIDAY
from monitor.playbooks import role_name
from monitor.school_settings import Language, Nation, Role

NATIONS: tuple[Nation, ...] = get_args(Nation)
ROLES = (*get_args(Role), HOLIDAY)


@pytest.mark.parametrize("nation", NATIONS)
@pytest.mark.parametrize("language", get_args(Language))
def test_every_role_has_a_name_of_its_own_in_every_nation(
    nation: Nation, language: Language
) -> None:
    names = [role_name(role, nation, language) for role in ROLES]
    assert len(set(names)) == len(ROLES)
    assert role_name("wizard", nation, language) not in names


@pytest.mark.parametrize(
    ("nation", "name"),
    [
        ("england", "the safeguarding lead"),
        ("wales", "the designated safeguarding person"),
        ("scotland", "the child protection co-ordinator"),
        ("northern_ireland", "the designated teacher"),
    ],
)
def test_a_role_is_called_as_the_nation_calls_it(nation: Nation, name: str) -> None:
    assert role_name("dsl", nation) == name
    assert role_name("wizard", nation) == "somebody else at the school"


def test_welsh_names_are_there_and_not_yet_checked_by_a_speaker() -> None:
    assert role_name("headteacher", "wales", "cy") == "y pennaeth"
    assert nations.is_checked("en")
    assert not nations.is_checked("cy")


@pytest.mark.parametrize(
    ("day", "where"),
    [
        # Easter Monday, not in Scotland; St Andrew's Day; 12 July observed; 2 January.
        (date(2026, 4, 6), {"england", "wales", "northern_ireland"}),
        (date(2026, 11, 30), {"scotland"}),
        (date(2026, 7, 13), {"northern_ireland"}),
        (date(2026, 1, 2), {"scotland"}),
        # The late summer bank holiday falls in two months.
        (date(2026, 8, 31), {"england", "wales", "northern_ireland"}),
        (date(2026, 8, 3), {"scotland"}),
        (date(2026, 12, 25), set(NATIONS)),
        (date(2026, 9, 15), set()),
    ],
)
def test_a_bank_holiday_is_that_of_its_nation(day: date, where: set[Nation]) -> None:
    assert {nation for nation in NATIONS if nations.is_bank_holiday(day, nation)} == where

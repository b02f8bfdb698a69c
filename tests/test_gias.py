"""The official register: one school and its namesakes out of a file of any size and condition."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.setup.gias import RegisterError, look_up
from tests.register import ASHBY, CLOSED, COLUMNS, HOLLYBROOK, ROWS, other, register, words

URN = 990001
# Reads in a process of its own and prints how much more memory that took, in KB.
MEASURED = """
import resource, sys
from pathlib import Path
from monitor.setup.gias import look_up
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
found = look_up(Path(sys.argv[1]), 990001)
print(peak() - before, len(found.namesakes), found.unread)
"""


def refusal(path: Path, urn: int = URN) -> str:
    with pytest.raises(RegisterError) as caught:
        look_up(path, urn)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def raw(folder: Path, body: bytes) -> Path:
    path = folder / "register.csv"
    path.write_bytes(body)
    return path


def test_a_school_is_found_by_its_number_with_what_is_known_of_it(tmp_path: Path) -> None:
    school = look_up(register(tmp_path), URN).school
    assert (school.name, school.town, school.urn) == ("Hollybrook Primary School", "Stanwick", URN)
    assert school.head == "Mrs Jane Ashdown"
    assert school.website == "hollybrook-primary.sch.uk"
    assert school.district == "NN9"
    assert school.places == (
        "Caldecott",
        "Stanwick",
        "NN9",
        "Northamptonshire",
        "North Northamptonshire",
    )


def test_its_namesakes_are_the_other_open_schools_of_nearly_its_name(tmp_path: Path) -> None:
    found = look_up(register(tmp_path), URN)
    assert [other.urn for other in found.namesakes] == [990002, 990003]
    assert (found.unread, found.lacking) == (0, ())


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_accents_survive_however_the_file_was_saved(tmp_path: Path, encoding: str) -> None:
    row = HOLLYBROOK | {"EstablishmentName": "Ysgol St Brânoc\u2019s"}
    assert look_up(register(tmp_path, [row], encoding), URN).school.name == "Ysgol St Brânoc\u2019s"


def test_a_welsh_establishment_is_of_wales(tmp_path: Path) -> None:
    row = HOLLYBROOK | {"TypeOfEstablishment (name)": "Welsh establishment"}
    assert look_up(register(tmp_path, [row]), URN).school.nation == "wales"


def test_a_cell_may_hold_line_ends_and_quotation_marks(tmp_path: Path) -> None:
    rows = [other(990009, "Other", "X", Street='1 "The\r\nLane",\n'), HOLLYBROOK]
    found = look_up(register(tmp_path, rows), URN)
    assert found.school.town == "Stanwick"
    assert found.unread == 0


def test_a_namesake_behind_such_a_cell_is_found_again(tmp_path: Path) -> None:
    rows = [
        HOLLYBROOK,
        other(990009, "Other", "X", Street="a\nb\nc"),
        other(990010, "Hollybrook School", "Ely", Street="d\ne"),
    ]
    assert [one.where for one in look_up(register(tmp_path, rows), URN).namesakes] == ["Ely"]


def test_every_column_that_it_cannot_do_without_is_named_in_one_line(tmp_path: Path) -> None:
    left = [column for column in COLUMNS if column not in ("Town", "Postcode")]
    said = refusal(raw(tmp_path, words(columns=left).encode()))
    assert "has no column Town, Postcode" in said


def test_it_does_without_the_others_and_names_them(tmp_path: Path) -> None:
    left = [column for column in COLUMNS if column not in ("SchoolWebsite", "Locality")]
    found = look_up(raw(tmp_path, words(columns=left).encode()), URN)
    assert found.lacking == ("Locality", "SchoolWebsite")
    assert (found.school.website, found.school.locality) == ("", "")


def test_a_last_line_that_was_cut_off_costs_itself(tmp_path: Path) -> None:
    path = raw(tmp_path, words().encode()[:-120])
    found = look_up(path, URN)
    assert found.unread == 1
    assert "1 of its rows could not be read" in refusal(path, int(ASHBY["URN"]))


def test_a_cell_of_a_megabyte_costs_its_row(tmp_path: Path) -> None:
    rows = [other(990008, "Vast", "X", Street="v" * 999_000), *ROWS]
    found = look_up(register(tmp_path, rows), URN)
    assert found.unread == 1
    assert len(found.namesakes) == 2


def test_a_line_of_many_megabytes_is_passed_over(tmp_path: Path) -> None:
    head, _, rest = words().encode().partition(b"\r\n")
    found = look_up(raw(tmp_path, head + b"\r\n" + b"v" * 5_000_000 + b"\r\n" + rest), URN)
    assert found.unread == 1
    assert found.school.town == "Stanwick"


def test_an_unknown_number_is_one_line_with_numbers_like_it(tmp_path: Path) -> None:
    said = refusal(register(tmp_path), 900001)
    assert "holds no school with the URN 900001" in said
    assert "990001 (Hollybrook Primary School, Stanwick)" in said
    assert "is one of these meant" not in refusal(register(tmp_path), 123456)


def test_a_closed_school_says_so_and_names_its_successor(tmp_path: Path) -> None:
    said = refusal(register(tmp_path), int(CLOSED["URN"]))
    assert "Hollybrook Infant School, Stanwick, which is closed" in said
    assert "990001 (Hollybrook Primary School, Stanwick)" in said


def test_a_school_about_to_close_is_open_still(tmp_path: Path) -> None:
    row = HOLLYBROOK | {"EstablishmentStatus (name)": "Open, but proposed to close"}
    assert look_up(register(tmp_path, [row]), URN).school.urn == URN


def test_a_row_without_a_name_is_no_school(tmp_path: Path) -> None:
    row = HOLLYBROOK | {"EstablishmentName": " "}
    assert "without a name" in refusal(register(tmp_path, [row]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x01\x02" * 99,
        b"<html><body>Sign in</body></html>",
        words().encode("utf-16"),
        words().replace('","', '";"').encode(),
    ],
)
def test_a_file_that_is_no_register_is_one_clear_line(tmp_path: Path, body: bytes) -> None:
    said = refusal(raw(tmp_path, body))
    assert "it is not the register's file" in said


def test_a_file_that_is_not_there_is_one_line_that_says_where_to_get_it(tmp_path: Path) -> None:
    assert "download it from https://" in refusal(tmp_path / "nowhere.csv")
    assert "cannot be read: is a directory" in refusal(tmp_path)


def _memory(folder: Path, size: int) -> tuple[int, int, int]:
    """KB more, namesakes and unread rows for a register of about so many bytes."""
    row = words([other(100000, "St Anne's Primary School", "Somewhere", Street="x" * 400)])
    filler = row.partition("\r\n")[2].encode("cp1252")
    path = raw(folder, words(ROWS[:1]).encode("cp1252"))
    with path.open("ab") as file:
        for _ in range(size // (len(filler) * 1000)):
            file.write(filler * 1000)
        file.write(words(ROWS[1:]).partition("\r\n")[2].encode("cp1252"))
    command = [sys.executable, "-c", MEASURED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    more, namesakes, unread = map(int, done.stdout.split())
    return more, namesakes, unread


def test_a_register_of_two_megabytes_takes_little_memory(tmp_path: Path) -> None:
    more, namesakes, unread = _memory(tmp_path, 2_000_000)
    assert (namesakes, unread) == (2, 0)
    assert more < 16_000


@pytest.mark.slow
def test_a_register_of_two_hundred_megabytes_takes_no_more(tmp_path: Path) -> None:
    more, namesakes, unread = _memory(tmp_path, 200_000_000)
    assert (namesakes, unread) == (2, 0)
    assert more < 32_000

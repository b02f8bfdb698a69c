"""Every clause of the policies that were read has its code and its test, and both are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs/policies.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("| ") and not line.startswith("| clause")
]
# How many clauses of each of the five policies were read.
CLAUSES = {"A": 14, "B": 11, "C": 9, "D": 11, "E": 12}
OWN = "The school's own"


@cache
def collected(name: str) -> frozenset[str]:
    """The tests of a file, as pytest would collect them."""
    tree = ast.parse((ROOT / name).read_text("utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def is_there(test: str) -> bool:
    """True where a test named as `tests/test_x.py::test_y` exists."""
    name, _, wanted = test.partition("::")
    return (ROOT / name).is_file() and wanted in collected(name)


def test_every_clause_of_the_five_policies_has_its_row() -> None:
    found = {
        part[0]: len([line for line in part.splitlines() if line.startswith("| ")]) - 1
        for part in TABLE.split("\n## Policy ")[1:]
    }
    assert found == CLAUSES


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_what_serves_a_clause_is_there(row: list[str]) -> None:
    _, what, code, tests = row
    files, named = re.findall(r"`([^`]+)`", code), re.findall(r"`([^`]+)`", tests)
    assert bool(files and named) is not what.startswith(OWN)
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert [name for name in named if not is_there(name)] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert not is_there("tests/test_policies.py::test_nothing_of_that_name")
    assert not is_there("tests/test_no_such_file.py::test_x")
    assert is_there("tests/test_policies.py::test_a_test_that_is_not_there_is_noticed")

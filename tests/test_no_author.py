"""Nobody is listed, filtered, counted or sorted by who wrote: every column, query and address."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from sqlalchemy import UniqueConstraint

from monitor.commands import app, names
from monitor.store import copying
from monitor.store.engine import Store
from tests.test_web_roles import _table

ROOT = Path(__file__).parent.parent
PERSON = re.compile(r"author|writer|poster(?!s\b)|byline|screen_?name|user_?name", re.IGNORECASE)
# Where a name may lie: with its post, and with its words that are kept and not used.
COLUMNS = {("mention", "author")}
# What may be asked about a person by name: the copy for that person alone, which is written down
# (monitor/commands/_rights.py); nothing else.
QUERYING = {
    "where",
    "order_by",
    "group_by",
    "having",
    "distinct",
    "join",
    "filter",
    "filter_by",
    "count",
    "index",
}
TEXTUAL = re.compile(
    r"\b(?:WHERE|ORDER BY|GROUP BY|HAVING|INDEX)\b[^;]{0,400}?\bauthor\b", re.DOTALL
)


def sources(*folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text("utf-8")


def test_a_name_lies_in_one_column_and_no_index_or_key_holds_it() -> None:
    found = set()
    for table in copying.tables():
        for column in table.columns:
            if PERSON.search(column.name):
                found.add((table.name, column.name))
        keyed = [index.columns for index in table.indexes]
        keyed += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
        keyed.append(table.primary_key.columns)
        for columns in keyed:
            assert not any(PERSON.search(column.name) for column in columns), table.name
    assert found == COLUMNS


def test_the_database_as_it_is_made_has_no_index_or_trigger_on_a_name(small: Store) -> None:
    with small.reading() as connection:
        made = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master").all()
    for name, sql in made:
        if sql and not sql.lstrip().upper().startswith("CREATE TABLE"):
            assert not PERSON.search(sql), name


@pytest.mark.parametrize("folder", ["monitor", "alerts"])
def test_no_query_chooses_orders_groups_or_counts_by_a_name(folder: str) -> None:
    for path, text in sources(folder):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and _called(node) in QUERYING:
                for given in (*node.args, *(one.value for one in node.keywords)):
                    assert not _names_an_author(given), f"{path}:{node.lineno}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not TEXTUAL.search(node.value), f"{path}:{node.lineno}"


def test_no_query_so_much_as_mentions_the_column() -> None:
    for path, text in sources("monitor"):
        assert not re.search(r"\.c\.author\b|c\[['\"]author", text), path


def _names_an_author(given: ast.expr) -> bool:
    for node in ast.walk(given):
        said = node.attr if isinstance(node, ast.Attribute) else ""
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            said = str(node.slice.value)
        if said == "author":
            return True
    return False


SORTING = {"sorted", "sort", "groupby", "Counter", "min", "max", "defaultdict"}


def test_nothing_is_sorted_grouped_or_counted_by_a_name_in_memory() -> None:
    found = set()
    for path, text in sources("monitor", "alerts"):
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or _called(node) not in SORTING:
                continue
            if any(_names_an_author(one) for one in ast.walk(node) if isinstance(one, ast.expr)):
                found.add(f"{path.relative_to(ROOT)}:{_called(node)}")
    assert found == set()


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def test_no_address_is_an_authors_and_none_takes_an_author(small: Store, tmp_path: Path) -> None:
    for route in _table(small, tmp_path):
        assert not PERSON.search(route.path), route.path
        for name in inspect.signature(route.handler).parameters:
            assert not PERSON.search(name), (route.path, name)


def test_no_form_or_link_of_a_page_hands_on_an_author() -> None:
    handed = re.compile(r'(?:name="|[?&])(?:author|writer|user|by)\b|(?:author|writer)=')
    for path in sorted((ROOT / "monitor/web/templates").glob("*.html")):
        assert not handed.search(path.read_text("utf-8")), path.name


def test_no_option_of_a_command_takes_an_author() -> None:
    for name in names():
        command = typer.main.get_command(app(name))
        for path, parameter in _parameters(command, name):
            assert not re.search(r"author|writer", parameter), (path, parameter)


def _parameters(command: object, path: str) -> Iterator[tuple[str, str]]:
    for parameter in getattr(command, "params", ()):
        for said in (*parameter.opts, parameter.name or ""):
            yield path, said
    for name, inner in getattr(command, "commands", {}).items():
        yield from _parameters(inner, f"{path} {name}")


@pytest.mark.parametrize(
    "query",
    ["select(x).where(MENTION.c.author == who)", 'rows.order_by(MENTION.c["author"])',
     "select(func.count()).group_by(MENTION.c.author)"],
)  # fmt: skip
def test_the_walk_finds_what_it_is_for(query: str) -> None:
    calls = [node for node in ast.walk(ast.parse(query)) if isinstance(node, ast.Call)]
    assert any(_names_an_author(given) for call in calls for given in call.args)
    assert TEXTUAL.search("SELECT 1 FROM mention WHERE school = 'x' AND author = 'y'")
    assert PERSON.search("/authors/{name}")

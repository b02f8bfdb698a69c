"""Every key's line, in every way that TOML has of writing a key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.toml_lines import KeyPath, line_at, lines_of

# Each `@` becomes the number of the line it stands on, so that a file says what is right.
BLOCKS = (
    "# a comment with [brackets] and = signs\n",
    "\n\n\r\n",
    "plain{n} = @\n",
    '  "quoted # = [{n}]" = @ # comment\n',
    "'literal \"{n}\"' = @\n",
    '"esc\\u0061ped{n}" = @\n',
    "dotted{n}.inner . 'deep' = @\n",
    "list{n} = [ @, @,\n  @, # [ not a list\n\n @ ]\n",
    "nested{n} = [[@, @], [\n@], []]\n",
    "inline{n} = {{ a = @, b.c = @, 'd e' = [@, @], f = {{}} }}\n",
    'text{n} = ["""\nfake = 1\n[fake]\n\\""" still """, @]\n',
    "raw{n} = ['''\n[[fake]]\nx = \"''' , @]\n",
    "ends{n} = [\"\"\"a\"\"\"\", @, '''b'''', @]\n",
    'basic{n} = ["# no \\" comment", @, \'it\\\', @]\n',
    "when{n} = [1979-05-27 07:32:00Z, @, 07:32:00, @]\n",
    "mixed{n} = [{{ a = @ }}, {{\ta = @ }},\n{{ a = @ }}]\n",
    "crlf{n} = [\r\n@,\r\n@]\r\n",
)
TABLES = (
    "[table{n}]\nvalue = @\n",
    "[ deep{n} . 'a b' . c ]\nvalue = @\n",
    "[[items]]\nvalue = @\n[items.one]\n[[items.many]]\nvalue = @\n[[items.many]]\nb = @\n",
    "[[other.items]]\nvalue = @\n\n[[other.items.many]]\nb.c = @\n",
    "[[items]]\n",
)


def numbered(blocks: list[str]) -> str:
    text = "".join(block.format(n=n) for n, block in enumerate(blocks))
    return "\n".join(
        line.replace("@", str(number)) for number, line in enumerate(text.split("\n"), start=1)
    )


def leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    elif isinstance(value, int):
        yield path, value


def test_every_way_of_writing_a_key_has_its_line() -> None:
    text = numbered([*BLOCKS, *TABLES, *TABLES])
    lines = lines_of(text)
    found = list(leaves(tomllib.loads(text)))
    assert len(found) > 40
    assert [(path, lines.get(path)) for path, _ in found] == found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(BLOCKS), max_size=12), st.lists(st.sampled_from(TABLES), max_size=8)
)
def test_lines_hold_in_any_order_of_keys_and_tables(blocks: list[str], tables: list[str]) -> None:
    text = numbered([*blocks, *tables])
    lines = lines_of(text)
    assert all(lines.get(path) == line for path, line in leaves(tomllib.loads(text)))


def test_tables_and_list_items_have_the_line_of_their_heading() -> None:
    lines = lines_of("\n[[schools]]\nid = 'a'\n[schools.hours]\n[[schools]]\n[mail]\n")
    assert lines["schools",] == 2
    assert lines["schools", 0] == 2
    assert lines["schools", 0, "hours"] == 4
    assert lines["schools", 1] == 5
    assert lines["mail",] == 6


def test_a_key_without_end_is_cut_and_takes_no_time() -> None:
    lines = lines_of("[" + ".".join("a" * 50_000) + "]\nb = 1\n")
    assert line_at(lines, ("a",) * 100) == 1
    assert max(map(len, lines)) < 20


def test_a_missing_key_has_the_line_of_the_table_it_is_missing_from() -> None:
    lines = lines_of("[[schools]]\nid = 'a'\n[[schools]]\n")
    assert line_at(lines, ("schools", 1, "name")) == 3
    assert line_at(lines, ("mail", "host")) == 0


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(alphabet="a.=[]{}\"'\\#,\n\r 1", max_size=60))
def test_a_text_that_is_no_toml_ends_as_well(text: str) -> None:
    with suppress(ValueError):
        assert all(line >= 1 for line in lines_of(text).values())

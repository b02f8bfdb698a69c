"""A file that cannot be read as TOML costs one plain line, whatever it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from tests.configs import SCHOOL, mistake, read


def refusal_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return str(caught.value)


def test_a_file_that_is_not_there_is_named_with_the_command_that_writes_one(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert (
        refusal_of(path)
        == f"{path}: is not there; run `footprint init`, or copy config.example.toml and fill it in"
    )


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    assert "is a folder" in refusal_of(tmp_path)


def test_a_file_that_gives_an_error_when_read_is_named() -> None:
    # Reading a process's memory from its very beginning fails for every user, root included.
    assert refusal_of(Path("/proc/self/mem")).startswith("/proc/self/mem: cannot be read: ")


def test_a_name_that_no_file_can_have_is_refused_and_shown_safely(tmp_path: Path) -> None:
    said = refusal_of(tmp_path / "a\0b\n.toml")
    assert said.endswith(
        "a\\x00b\\n.toml: cannot be read: its name is not one that a file can have"
    )


def test_a_file_in_a_file_is_not_a_file() -> None:
    assert "cannot be read: not a directory" in refusal_of(Path(__file__) / "config.toml")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff"])
def test_an_empty_file_is_a_mistake(tmp_path: Path, text: str) -> None:
    assert mistake(tmp_path, text).startswith("config.toml: holds no settings")


def test_a_file_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    assert "is larger than 5 MB" in mistake(tmp_path, b"# comment\n" * 1_000_000)


def test_a_file_of_nearly_five_megabytes_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, SCHOOL.encode() + b"# comment\n" * 490_000).school("hollybrook")


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_windows_line_ends_change_nothing(
    tmp_path: Path, mark: str, end: str
) -> None:
    text = mark + (SCHOOL + "nmae = 1\n").replace("\n", end)
    assert mistake(tmp_path, text).startswith("config.toml:4: schools[1].nmae is not a known")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(tmp_path: Path, encoding: str) -> None:
    said = mistake(tmp_path, SCHOOL.encode(encoding))
    assert said == "config.toml: is saved as UTF-16; save it as UTF-8 (plain text)"


def test_a_character_of_another_encoding_has_its_line(tmp_path: Path) -> None:
    said = mistake(tmp_path, SCHOOL.encode() + "aliases = ['Café']\n".encode("latin-1"))
    assert said == "config.toml:4: there is a character that is not UTF-8; save it as UTF-8"


def test_a_nul_has_its_line(tmp_path: Path) -> None:
    said = mistake(tmp_path, SCHOOL.encode() + b'urn = "\0"\n')
    assert said.startswith("config.toml:4: there is a NUL character")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("host", 'no "=" after the name'),
        ("host =", "a value is missing or not understood"),
        ("host = localhost", "text needs quotation marks"),
        ('host = "localhost', "a text is not closed"),
        ("host = 'localhost", "a text is not closed"),
        ('host = """localhost', "a text is not closed"),
        ("host = '''localhost", "a text is not closed"),
        ("host = [1, 2", "a list is not closed"),
        ("host = { a = 1", "a table in braces is not closed"),
        ("host = { a = 1, a = 2 }", "the same setting is given twice"),
        ("port = 1\nport = 2", "the same setting is given twice"),
        ("host = “smtp.a.test”", "type straight quotation marks"),
        ('host = "smtp.a.test”', "type straight quotation marks"),
        ("[mail]", "the same heading stands twice"),
        ("[[mail]]", "the same setting is given twice"),
        ("[mail.a", 'its "]" is missing'),
        ("[[sources]", 'its "]]" is missing'),
        ('host = "a" port = 1', "each setting needs its own line"),
        ('host = "C:\\certs"', "a backslash in a text needs to be doubled"),
        ('host = "C:\\users"', "a backslash in a text needs to be doubled"),
        ('host = "\\ud800"', "a backslash in a text needs to be doubled"),
        ("host = 2026-02-30", "does not exist"),
        ("= 5", "neither a setting"),
        ("a. = 5", "the name of a setting"),
        ('host = "a\x07"', "a character that may not stand here"),
        ("# \x07", "a character that may not stand here"),
        ("host = {a = 1}\nhost.b = 2", "already complete"),
    ],
)
def test_a_slip_in_the_writing_has_its_line_and_plain_words(
    tmp_path: Path, line: str, words: str
) -> None:
    said = mistake(tmp_path, f"[mail]\n{line}\n")
    last = 2 + line.count("\n")
    assert said.startswith((f"config.toml:{last}: ", "config.toml:3: "))
    assert words in said


def test_a_slip_never_repeats_what_stands_there(tmp_path: Path) -> None:
    assert "hunter2" not in mistake(tmp_path, '[mail]\npassword = "hunter2\n')
    assert "hunter2" not in mistake(tmp_path, "[mail]\n[hunter2]\n[hunter2]\n")


def test_a_file_that_was_half_written_is_a_slip_or_a_shorter_file(tmp_path: Path) -> None:
    whole = (SCHOOL + 'aliases = ["Hollybrook Primary"]\n[mail]\nhost = "a.example"\n').encode()
    for end in range(len(whole)):
        try:
            read(tmp_path, whole[:end])
        except ConfigError as error:
            assert all("\n" not in str(problem) for problem in error.problems)  # noqa: PT017


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "{a=" * 5000])
def test_nesting_without_end_is_refused(tmp_path: Path, text: str) -> None:
    assert "nested too deeply" in mistake(tmp_path, text)


def test_a_number_without_end_is_refused(tmp_path: Path) -> None:
    assert "too many digits" in mistake(tmp_path, "x = " + "1" * 5000)
    said = mistake(tmp_path, "[mail]\nport = 0x" + "f" * 5000)
    assert said == "config.toml:2: mail.port must be at most 65535, not a very large number"

"""The example file and the documentation say what there is, and no more."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from monitor.commands import names
from monitor.config import ConfigError, advise, approved, load, run_problems
from monitor.setting_problems import known_keys
from monitor.settings import KNOWN_CONTACTS, Role, Section, Settings
from tests.configs import EXAMPLE, EXAMPLE_ENV, mistake, read, whole_example

ROOT = Path(__file__).parent.parent
WORDS = EXAMPLE.read_text("utf-8")
OWN = {
    "hollybrook.example": "ashbyvale.test",
    "gazette.example": "gazette.test",
    "Hollybrook": "Ashby Vale",
    "hollybrook": "ashbyvale",
    "Stanwick": "Ashby",
    "Jane Ashdown": "Ann Marsh",
    "Tom Birch": "Bo Field",
    "Amina Yusuf": "Cy Lake",
}


def sections(model: type[BaseModel] = Settings) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            yield from sections(inner)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def headings() -> dict[str, set[str]]:
    """The keys under each heading of the example, both in a comment as well."""
    found: dict[str, set[str]] = {}
    heading = ""
    for line in WORDS.splitlines():
        if title := re.fullmatch(r"(?:# )?\[\[?([a-z.]+)\]?\]", line):
            heading = title[1]
        elif key := re.match(r"(?:# )?([a-z_]+) = ", line):
            found.setdefault(heading, set()).add(key[1])
    return found


SETTINGS_OF = {
    "Database": "database",
    "Http": "http",
    "Web": "web",
    "Oidc": "web.oidc",
    "Mail": "mail",
    "Heartbeat": "heartbeat",
    "Backup": "backup",
    "SourceSettings": "sources",
    "School": "schools",
    "StaffMember": "schools.staff",
    "Person": "schools.people",
    "Hours": "schools.hours",
    "Keep": "schools.keep",
    "Policy": "schools.policy",
    "Approval": "schools.approval",
}
SECRET_FILES = {
    "database-password": "hunter2",
    "smtp-password": "hunter2",
    "secrets/tom-second": "ntfys://t",
    "oidc-secret": "hunter5",
    "backup-passphrase": "hunter4-hunter4",
}
TABLES_WITHIN = {"oidc", "staff", "people", "hours", "keep", "policy", "contacts", "approval"}


def keys_of(model: type[BaseModel]) -> set[str]:
    return set(known_keys(model)) - {"options"} - TABLES_WITHIN


def test_every_table_is_looked_at_here() -> None:
    names = {model.__name__ for model in sections()}
    assert names == {*SETTINGS_OF, "Settings", "DateRange"}
    assert all(issubclass(model, Section) for model in sections())


@pytest.mark.parametrize("model", [m for m in sections() if m.__name__ in SETTINGS_OF])
def test_the_example_names_every_setting_of_every_table(model: type[BaseModel]) -> None:
    named = headings()[SETTINGS_OF[model.__name__]]
    assert named - {"url"} == keys_of(model) - {"url"}
    assert "url" in named or "url" not in keys_of(model)


def test_the_example_names_the_contacts_and_the_ends_of_a_range() -> None:
    assert headings()["schools.contacts"] == set(KNOWN_CONTACTS)
    assert "{ first = 2027-01-04, last = 2027-03-26 }" in WORDS


def test_a_fresh_copy_is_read_without_any_secret_and_watches_and_sends_nothing() -> None:
    settings = load(EXAMPLE, {})
    assert run_problems(settings) == ()
    assert approved(settings) == ()
    assert (settings.mail.host, settings.mail.user, settings.web.address) == ("", "", "")
    assert set(settings.schools[0].contacts.values()) == {""}


@pytest.mark.parametrize("secrets", ["env", "file"])
def test_every_line_of_the_example_can_be_set(tmp_path: Path, secrets: str) -> None:
    (tmp_path / "secrets").mkdir()
    for name, secret in SECRET_FILES.items():
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    settings = read(tmp_path, whole_example(secrets), EXAMPLE_ENV if secrets == "env" else {})
    assert settings.mail.password.get_secret_value() == "hunter2"
    assert settings.mail.user == "footprint@hollybrook.example"
    assert [school.id for school in approved(settings)] == ["hollybrook"]


def test_an_approval_whose_heading_is_still_a_comment_is_told_what_to_do(tmp_path: Path) -> None:
    text = whole_example().replace("[schools.approval]", "# [schools.approval]")
    said = mistake(tmp_path, text, EXAMPLE_ENV)
    assert "schools[1].contacts.dpo_advice belongs under [schools.approval]: remove" in said


def test_every_word_of_the_example_that_is_nobody_s_own_is_warned_of(tmp_path: Path) -> None:
    said = "\n".join(map(str, advise(read(tmp_path, whole_example(), EXAMPLE_ENV))))
    school = tomllib.loads(WORDS)["schools"][0]
    lists = ("aliases", "handles", "hashtags", "urls", "exclude")
    words = [school["id"], school["name"], *(word for key in lists for word in school[key])]
    words += [person[key] for person in school["people"] for key in ("name", "email")]
    words += ["office@hollybrook.example", "https://gazette.example/news/rss", "smtp.example.net"]
    words += ["footprint@hollybrook.example", "https://hollybrook.example/privacy"]
    assert [word for word in words if f'"{word}"' not in said] == []
    assert "schools.hollybrook.places STILL HOLDS the example's" in said
    assert 'schools.hollybrook.approval STILL HOLDS the example\'s "Jane Ashdown"' in said


def test_a_copy_with_a_school_s_own_words_only_lacks_what_is_blank(tmp_path: Path) -> None:
    text = WORDS
    for example, own in OWN.items():
        text = text.replace(example, own)
    assert [str(problem).split(" ")[0] for problem in advise(read(tmp_path, text))] == [
        "IMPORTANT:",
        *["schools.ashbyvale.people"] * 4,
        "schools.ashbyvale.approval",
        "schools.ashbyvale.contacts",
    ]


def test_the_example_and_the_documents_name_no_command_that_is_not_there() -> None:
    for page in (EXAMPLE, ROOT / "README.md", *ROOT.glob("docs/*.md")):
        named = set(re.findall(r"`(?:\.venv/bin/)?footprint ([a-z-]+)", page.read_text("utf-8")))
        assert {name.replace("-", "_") for name in named} <= set(names()), page.name


@pytest.mark.parametrize("model", [m for m in sections() if m is not Settings])
def test_every_setting_is_in_the_documentation(model: type[BaseModel]) -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    if model.__name__ == "DateRange":
        assert "`{ first = 2026-09-01, last = 2026-12-18 }`" in page
        return
    title = SETTINGS_OF[model.__name__]
    heading = rf"^## `\[+{re.escape(title)}\]+`\n"
    part = re.search(heading + r"(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert part is not None
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", part[1], re.MULTILINE)
    listed = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    tables = TABLES_WITHIN - {"oidc"} if title == "schools" else set()
    assert listed == keys_of(model) | tables


def test_every_known_contact_is_in_the_documentation() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    assert all(f"| `{key}` | {meaning} |" in page for key, meaning in KNOWN_CONTACTS.items())


@pytest.mark.parametrize("page", [EXAMPLE, ROOT / "docs/configuration.md"])
def test_every_role_is_explained(page: Path) -> None:
    explained = re.findall(
        r"^(?:#   (?=\w)|- (?=`))(.*?)(?:  |: )", page.read_text("utf-8"), re.MULTILINE
    )
    assert {role for line in explained for role in re.findall(r"\w+", line)} >= set(get_args(Role))


LINES = whole_example().splitlines()
PIECES = (
    "[", "]", "[[", '"', "'", '"""', "=", "\n", "\0", "\r", "{", "}", ",", "\\u0000", "é",
    "\u202e", "-1", "1e999", "nan", "[schools]", "[[mail]]", "x.y = 1", "2026-02-29", "true",
    "0x" + "f" * 400, "\ud800", "[[schools]]", "postgresql://", "0.0.0.0:1", 'password = "hunter2"',
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(("drop", "move", "insert", "cut", "value")))
        if how == "drop":
            del lines[at]
        elif how == "move":
            lines.insert(draw(st.integers(0, len(lines))), lines[at])
        elif how == "value":
            lines[at] = lines[at].split("=")[0] + "= " + draw(st.sampled_from(PIECES))
        else:
            column = draw(st.integers(0, len(lines[at])))
            rest = lines[at][column + 1 :] if how == "cut" else lines[at][column:]
            lines[at] = lines[at][:column] + draw(st.sampled_from(PIECES)) + rest
    return "\n".join(lines)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=damaged())
def test_a_damaged_file_is_read_or_refused_in_single_lines(tmp_path: Path, text: str) -> None:
    try:
        settings = read(tmp_path, text.encode("utf-8", "surrogatepass"), EXAMPLE_ENV)
    except ConfigError as error:
        said = [str(problem) for problem in error.problems]
    else:
        said = [str(problem) for problem in advise(settings)]
    assert all(line.isprintable() for line in said)
    assert "hunter" not in "".join(said)


def test_the_example_is_plain_toml() -> None:
    assert set(tomllib.loads(WORDS)) == {
        *("database", "http", "web", "mail", "heartbeat", "backup", "sources", "schools")
    }

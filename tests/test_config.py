"""The configuration as a whole: each mistake is named by key, line and what to do."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from tests.configs import FEED, SCHOOL, mistake, mistakes, read

PEOPLE = '[[schools.people]]\nname = "Tom Birch"\nemail = "tom@hollybrook.example"\nrole = "dsl"\n'
STAFF = '[[schools.staff]]\nname = "Jane Ashdown"\n'


def test_the_least_configuration_has_sensible_values(tmp_path: Path) -> None:
    settings = read(tmp_path, SCHOOL)
    assert settings.folder == tmp_path
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8000)
    assert settings.database_url == f"sqlite:///{tmp_path}/footprint.db"
    school = settings.schools[0]
    assert school.hours.respond == (time(7, 30), time(17, 30))
    assert (school.nation, school.languages, school.approval) == ("england", ("en",), None)


def test_every_mistake_is_named_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = """
[htp]
[web]
listen = "0.0.0.0:8000"
address = "hollybrook.example"
[mail]
from = "nobody"
security = "startls"
[[sources]]
id = "gazette"
kind = "fed"
schools = ["holybrook"]
every_minutes = 1
[[schools]]
id = "hollybrook"
nmae = "Hollybrook"
nation = "englnd"
[schools.hours]
respond = "17:30-07:30"
[[schools.people]]
name = "Jane Ashdown"
email = "head"
role = "headteecher"
"""
    found = [line.split(" ")[:2] for line in mistakes(tmp_path, text)]
    assert found == [
        ["config.toml:2:", "htp"],
        ["config.toml:4:", "web.listen"],
        ["config.toml:5:", "web.address"],
        ["config.toml:7:", "mail.from"],
        ["config.toml:8:", "mail.security"],
        ["config.toml:11:", "sources[1].kind"],
        ["config.toml:12:", "sources[1].schools[1]"],
        ["config.toml:13:", "sources[1].every_minutes"],
        ["config.toml:14:", "schools[1].name"],
        ["config.toml:16:", "schools[1].nmae"],
        ["config.toml:17:", "schools[1].nation"],
        ["config.toml:19:", "schools[1].hours.respond"],
        ["config.toml:22:", "schools[1].people[1].email"],
        ["config.toml:23:", "schools[1].people[1].role"],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[school]]\n", '1: school is not a known setting; did you mean "schools"?'),
        ('folder = "x"\n', "1: folder is not a known setting; known here: database, http"),
        ("[mail]\nuesr = 1\n", '2: mail.uesr is not a known setting; did you mean "user"?'),
        ("[mail]\nfrom_ = 1\n", '2: mail.from_ is not a known setting; did you mean "from"?'),
        ("[mail]\n\"a b\" = 1\n", '2: mail."a b" is not a known setting; known here: from, host'),
        (SCHOOL + "alias = []\n", '4: schools[1].alias is not a known setting; did you mean "al'),
        (
            SCHOOL + PEOPLE + 'mail = "x"\n',
            '8: schools[1].people[1].mail is not a known setting; did you mean "email"?',
        ),
        (
            SCHOOL + '[schools.hours]\ndigets = "x"\n',
            '5: schools[1].hours.digets is not a known setting; did you mean "digest"?',
        ),
        (
            SCHOOL + "term_dates = [{ first = 2026-01-01, lst = 2026-02-01, last = 2026-02-01 }]",
            '4: schools[1].term_dates[1].lst is not a known setting; did you mean "last"?',
        ),
        (FEED + "ulr = 1\n", '5: sources[1].ulr of "gazette" is not a known setting; did you'),
        (FEED + "enabld = 1\n", '5: sources[1].enabld of "gazette" is not a known setting; di'),
        (FEED + "options = 1\n", '5: sources[1].options of "gazette" is not a known setting'),
    ],
)  # fmt: skip
def test_an_unknown_setting_is_a_mistake_at_every_level(
    tmp_path: Path, text: str, said: str
) -> None:
    assert mistake(tmp_path, text).startswith(f"config.toml:{said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mail]\nport = '587'\n", '2: mail.port must be a whole number, not "587"'),
        ("[mail]\nport = true\n", "2: mail.port must be a whole number, not true"),
        ("[mail]\nport = 0\n", "2: mail.port must be at least 1, not 0"),
        ("[mail]\nhost = 5\n", "2: mail.host must be text in quotation marks, not 5"),
        ("[mail]\nhost = 2026-01-01\n", "2: mail.host must be text in quotation marks, not 2026"),
        ("mail = 5\n", "1: mail must be a table under one heading, [mail]"),
        ("[[mail]]\n", "1: mail must be a table under one heading, [mail]"),
        ("[schools]\n", "1: schools must be tables, each under a heading in two brackets"),
        ("sources = [1]\n", "1: sources must be tables, each under a heading in two brackets"),
        (
            FEED + "enabled = 'no'\n",
            '5: sources[1].enabled of "gazette" must be true or false, not "no"',
        ),
        (
            FEED + "every_minutes = '30'\n",
            '5: sources[1].every_minutes of "gazette" must be a number, not "30"',
        ),
        (
            FEED + "every_minutes = nan\n",
            '5: sources[1].every_minutes of "gazette" must be a number, not nan',
        ),
        (
            SCHOOL + "aliases = 'HPS'\n",
            '4: schools[1].aliases must be a list such as ["one", "two"], not "HPS"',
        ),
        (SCHOOL + "aliases = [5]\n", "4: schools[1].aliases[1] must be text in quotation marks"),
        (SCHOOL + "aliases = ['']\n", "4: schools[1].aliases[1] must not be blank"),
        (SCHOOL + "languages = []\n", "4: schools[1].languages must not be an empty list"),
        (
            SCHOOL + "[[schools.hours]]\nrespond = '1'\n",
            "4: schools[1].hours must be written with one bracket, [schools.hours]",
        ),
        (
            SCHOOL + "[schools.people]\n",
            "4: schools[1].people must be written with two brackets, [[schools.people]]",
        ),
        (SCHOOL + "hours = 5\n", "4: schools[1].hours must be a table, not 5"),
        (SCHOOL + "contacts = { lado = 5 }\n", "4: schools[1].contacts.lado must be text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert mistake(tmp_path, text).startswith(f"config.toml:{said}")


def test_ids_are_unique_across_files_and_are_fit_for_addresses(tmp_path: Path) -> None:
    (tmp_path / "schools.d").mkdir()
    (tmp_path / "schools.d/b.toml").write_text(SCHOOL)
    assert mistake(tmp_path, SCHOOL).endswith(
        "b.toml:2: schools[1].id is already that of schools[1].id (config.toml:2)"
    )
    for name in ("Hollybrook", "-a", "a b", "../a", "é", "a" * 65):
        said = mistake(tmp_path, SCHOOL.replace('"hollybrook"', f'"{name}"'))
        assert "config.toml:2: schools[1].id must be small letters" in said
    assert "sources[2].id is already that of sources[1].id" in mistake(tmp_path, FEED + FEED)


def test_schools_beside_the_configuration_are_read_in_the_order_of_their_names(
    tmp_path: Path,
) -> None:
    (tmp_path / "schools.d").mkdir()
    for name in ("b", "a"):
        text = f'[[schools]]\nid = "{name}"\nname = "{name.upper()} School"\n'
        (tmp_path / f"schools.d/{name}.toml").write_text(text)
    (tmp_path / "schools.d/c.txt").write_text("no school")
    settings = read(tmp_path, SCHOOL + FEED + 'schools = ["b"]\n')
    assert [school.id for school in settings.schools] == ["hollybrook", "a", "b"]


def test_a_mistake_in_a_school_s_own_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "schools.d").mkdir()
    (tmp_path / "schools.d/a.toml").write_text("[mail]\n[[schools]]\nid = 'a'\n")
    (tmp_path / "schools.d/b.toml").write_text("[[schools]\n")
    (tmp_path / "schools.d/c.toml").mkdir()
    assert [line.partition(" ")[0] for line in mistakes(tmp_path, SCHOOL + "x = 1\n")] == [
        "config.toml:4:",
        "schools.d/a.toml:1:",
        "schools.d/a.toml:2:",
        "schools.d/b.toml:1:",
        "schools.d/c.toml:",
    ]


def test_a_long_value_is_cut_in_the_message(tmp_path: Path) -> None:
    said = mistake(tmp_path, f'[web]\nlisten = "{"x" * 5000}"\n')
    assert said.endswith(f'not "{"x" * 59}…"')


def test_a_long_list_of_known_words_is_cut(tmp_path: Path) -> None:
    schools = "".join(f'[[schools]]\nid = "a{n}"\nname = "School"\n' for n in range(30))
    said = mistake(tmp_path, schools + FEED + 'schools = ["zzzz"]\n')
    assert said.endswith(
        "no school's id; known here: " + ", ".join(f"a{n}" for n in range(20)) + ", …"
    )
    assert mistake(tmp_path, FEED + 'schools = ["zzzz"]\n').endswith("; known here: none")


def test_a_long_list_of_mistakes_is_cut_and_counted(tmp_path: Path) -> None:
    found = mistakes(tmp_path, "".join(f"x{number} = 1\n" for number in range(1, 1001)))
    assert len(found) == 101
    assert found[99].startswith("config.toml:100: x100 is not a known")
    assert found[100] == "config.toml: and 900 more; put these right first"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('app_password = "abcd-efgh-ijkl-mnop"', "must not stand in this file"),
        ('app_password_env = "NOPE"', "names the environment variable NOPE, which is not set"),
    ],
)
def test_a_secret_that_a_source_needs_and_cannot_have_is_told_of_once(
    tmp_path: Path, line: str, says: str
) -> None:
    sky = f'[[sources]]\nid = "sky"\nkind = "bluesky"\nhandle = "holly.example"\n{line}\n'
    assert says in mistake(tmp_path, SCHOOL + sky)

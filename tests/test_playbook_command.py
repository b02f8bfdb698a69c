"""`footprint playbook`, as a person in a terminal or a script meets it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.commands import app
from monitor.commands.playbook import holidays_ahead
from monitor.playbooks import playbook
from monitor.school_settings import Nation
from monitor.settings import School

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

TWO = """[[schools]]
id = "hollybrook"
name = "Hollybrook [bold]Primary[/bold] School"
official_accounts = ["@hollybrookpri"]
[schools.contacts]
office_phone = "01632 960123 [red]"
[[schools]]
id = "elmside"
name = "Ysgol Elmside"
nation = "wales"
"""
ONE = TWO.partition('[[schools]]\nid = "elmside"')[0]


def run(folder: Path, *arguments: str, text: str = ONE) -> Result:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    asked = ["playbook", "--config", str(path), *arguments]
    return CliRunner().invoke(app("playbook"), asked)


def test_it_prints_the_playbook_of_the_only_school_in_eighty_columns(tmp_path: Path) -> None:
    result = run(tmp_path, "complaint", "--sources")
    assert result.exit_code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout
    for line in (
        "Hollybrook [bold]Primary[/bold] School, England. Level: watch.",
        "This may be fair. People are entitled to say it.",
        "Only from @hollybrookpri",
        "The law. This is not legal advice.",
        "Criticism is no ground for asking anybody to take a post down.",
        "ordinary practice in UK schools: not checked",
    ):
        assert line in result.stdout
    assert "01632 960123 [red]" in " ".join(result.stdout.split())


def test_without_its_sources_it_is_short_and_says_how_to_see_the_rest(tmp_path: Path) -> None:
    shown = run(tmp_path, "complaint").stdout
    assert "[1]" not in shown
    assert "The law" not in shown
    assert len(shown.splitlines()) < 85
    assert "footprint playbook complaint --sources" in shown
    for line in ("Now", "Never", "Who can help", "The school decides."):
        assert line in shown


def test_the_schools_own_procedure_is_no_office_that_lacks_a_number(tmp_path: Path) -> None:
    shown = run(tmp_path, "complaint").stdout
    own, _, office = shown.partition("own complaints procedure: always first")[2].partition("DfE")
    assert "no number is known here" not in own
    assert "no number is known here" in office


def test_without_a_configuration_the_general_playbook_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app("playbook"), ["playbook", "complaint"])
    assert result.exit_code == 0
    assert "`footprint init` writes one" in result.stderr
    assert "the general playbook, for a school in England" in result.stderr
    assert "Read the whole thread once" in result.stdout


def test_it_names_what_is_blank_and_no_more(tmp_path: Path) -> None:
    shown = run(tmp_path, "complaint").stdout
    assert "INCOMPLETE: contacts that it needs are blank (2); see below" in shown
    blank = shown.partition("BLANK and needed")[2].partition("Who can help")[0]
    assert "office_email: the office's email address for the public" in blank
    assert "telephone" not in blank
    assert "INCOMPLETE" not in run(tmp_path, "praise").stdout


def test_an_urgent_one_shows_who_can_be_reached_and_when(tmp_path: Path) -> None:
    shown = run(tmp_path, "cyberbullying", "--sources").stdout
    assert "0344 381 4772" in shown
    assert "hours: Monday to Friday, 10:00 to 16:00" in shown
    assert "call now" not in shown
    assert "0800 1111" in shown
    assert "not checked" in shown.partition("0800 1111")[2].splitlines()[0]


def test_a_level_can_be_asked_for(tmp_path: Path) -> None:
    shown = run(tmp_path, "misinformation", "--level", "urgent").stdout
    assert "No public reply while it is urgent." in shown
    refused = run(tmp_path, "threat", "--level", "watch")
    assert refused.exit_code == 2
    assert refused.stderr == "threat is never at watch: its usual level is urgent\n"


def test_it_prints_json_for_scripts(tmp_path: Path) -> None:
    result = run(tmp_path, "threat", "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)["playbook"]
    assert (made["category"], made["level"], made["nation"]) == ("threat", "urgent", "england")
    assert set(made["now"][0]) == {"says", "source", "checked"}
    assert made["bodies"][0]["opening"] == "open now"


def test_no_office_that_keeps_bank_holidays_is_open_at_christmas() -> None:
    school = School(id="hollybrook", name="Hollybrook Primary School")
    christmas = datetime(2026, 12, 25, 11, tzinfo=UTC)
    ahead = holidays_ahead(school, christmas)
    assert {date(2026, 12, 25), date(2026, 12, 28)} <= ahead
    bodies = playbook("cyberbullying", school, christmas, bank_holidays=ahead).bodies
    (helpline,) = (
        one for one in bodies if any("0344 381 4772" in way.fact.says for way in one.ways)
    )
    assert helpline.opening == "closed; opens at 10:00 on Tuesday 29 December"


def test_new_year_holds_two_days_in_scotland_alone() -> None:
    eve = datetime(2026, 12, 31, 11, tzinfo=UTC)
    nations: tuple[Nation, ...] = ("england", "scotland")
    schools = (School(id="s", name="Stanwick School", nation=nation) for nation in nations)
    assert [date(2027, 1, 4) in holidays_ahead(one, eve) for one in schools] == [False, True]


def test_one_of_several_schools_has_to_be_named(tmp_path: Path) -> None:
    result = run(tmp_path, "complaint", text=TWO)
    assert result.exit_code == 2
    assert result.stderr == "say with --school which one; there are: hollybrook, elmside\n"
    named = run(tmp_path, "complaint", "--school", "elmside", text=TWO)
    assert "Ysgol Elmside, Wales." in named.stdout
    assert "No official account: answer privately." in named.stdout


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (["complant"], ONE, 'there is no category "complant"; did you mean "complaint"?'),
        (["self-harm"], ONE, 'there is no category "self-harm"; did you mean "self_harm"?'),
        (["complaint", "--school", "oak"], ONE, "there is no school 'oak'; there are: hollybrook"),
        (["complaint"], "[http]\ncontact = \"\"\n", "there is no school to show it for"),
    ],
)  # fmt: skip
def test_a_wrong_use_is_told_in_one_line(
    tmp_path: Path, arguments: list[str], text: str, said: str
) -> None:
    result = run(tmp_path, *arguments, text=text)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_category_of_strange_signs_is_refused_in_one_line(tmp_path: Path) -> None:
    result = run(tmp_path, "x\x1b[31m\n" * 500)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "\x1b" not in result.stderr
    assert len(result.stderr) < 1000

"""`footprint evaluate` as a person or a script meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from monitor.commands import app
from monitor.judge import Judge
from monitor.judge.lines import answer_json
from monitor.judge.terms import Watch, Words

HOLLY = Watch(id="holly", name="Hollybrook Primary School", places=("Stanwick",))
THREAT = "I am going to stab the head of Hollybrook Primary School tomorrow morning"
PRAISE = "Thank you to the teachers at Hollybrook Primary School, a wonderful fair"
BULLIED = "My son is bullied every day at Hollybrook Primary School and they do nothing about it"
BREAD = "A good recipe for sourdough bread, and where to buy the flour"
TEXTS = (THREAT, PRAISE, BULLIED, BREAD)
QUIET = {"relevant": False, "sentiment": "neutral", "categories": [], "level": "routine"}

Run = Callable[..., Result]


def judged(text: str, title: str = "") -> dict[str, Any]:
    """The labels with which the program agrees."""
    answer = answer_json(Judge((HOLLY,)).best(Words(title, text)))
    return {key: answer[key] for key in ("relevant", "sentiment", "categories", "level")}


def post(number: int, text: str, labels: Any, **more: Any) -> str:
    """One line of a file."""
    return json.dumps({"id": f"p{number}", "text": text, "labels": labels, **more})


def agreed() -> list[str]:
    """Four posts with the labels with which the program agrees."""
    return [post(number, text, judged(text)) for number, text in enumerate(TEXTS, start=1)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Measure with these lines and options."""
    profiles = tmp_path / "profiles.json"
    profiles.write_text(
        json.dumps([{"id": "holly", "name": HOLLY.name, "places": list(HOLLY.places)}])
    )
    with_profiles = ["evaluate", "--profiles", str(profiles)]

    def measured(lines: list[str], *options: str, width: int = 80, stdin: bool = False) -> Result:
        text = "\n".join(lines)
        (tmp_path / "posts.jsonl").write_text(text, "utf-8")
        file = "-" if stdin else str(tmp_path / "posts.jsonl")
        runner = CliRunner(env={"COLUMNS": str(width)})
        return runner.invoke(
            app("evaluate"), [*with_profiles, file, *options], input=text if stdin else None
        )

    return measured


def test_the_json_has_the_keys_that_scripts_rely_on(run: Run) -> None:
    result = run(agreed(), "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert set(found) == {"n", "relevance", "sentiment", "level", "categories"}
    assert set(found["relevance"]) == {"precision", "recall", "f1", "left_out"}
    assert set(found["sentiment"]) == {"accuracy", "macro_recall"}
    level = found["level"]
    assert set(level) == {
        "accuracy", "urgent", "needs_response", "confusion",
        "urgent_seen", "wrongly_urgent", "wrongly_sure", "wrongly_respond",
    }  # fmt: skip
    assert set(level["urgent"]) == set(level["needs_response"]) == {"precision", "recall"}
    assert set(found["categories"]) == {"macro_f1", "micro_f1", "per_category"}
    assert "threat" in found["categories"]["per_category"]
    for row in found["categories"]["per_category"].values():
        assert set(row) == {"precision", "recall", "f1", "support"}
    levels = ["routine", "watch", "respond", "urgent"]
    assert list(level["confusion"]) == levels
    assert all(list(row) == levels for row in level["confusion"].values())


def test_labels_with_which_the_program_agrees_are_all_right(run: Run) -> None:
    found = json.loads(run(agreed(), "--json").stdout)
    assert found["n"] == 4
    assert found["level"]["accuracy"] == found["sentiment"]["accuracy"] == 1
    assert found["relevance"] == {"precision": 1, "recall": 1, "f1": 1, "left_out": 1}
    assert found["categories"]["macro_f1"] == found["categories"]["micro_f1"] == 1


def test_counts_agree_with_a_table_worked_out_by_hand(run: Run) -> None:
    # The threat is labelled harmless and a recipe a threat to the school: both are wrong.
    harmless = {**judged(THREAT), "level": "routine", "categories": []}
    threat = {**QUIET, "relevant": True, "level": "urgent", "categories": ["threat"]}
    quiet = [post(3, PRAISE, judged(PRAISE)), post(4, BREAD, QUIET)]
    found = json.loads(
        run([post(1, THREAT, harmless), post(2, BREAD, threat), *quiet], "--json").stdout
    )
    assert found["level"]["accuracy"] == 0.5
    assert found["level"]["urgent"] == {"precision": 0, "recall": 0}
    assert found["level"]["confusion"]["routine"]["urgent"] == 1
    assert found["level"]["confusion"]["urgent"]["routine"] == 1
    assert found["relevance"] == {"precision": 1, "recall": 0.6667, "f1": 0.8, "left_out": 1}
    per = found["categories"]["per_category"]
    assert per["threat"] == {"precision": 0, "recall": 0, "f1": 0, "support": 1}


def test_a_bad_line_is_named_and_passed_over(run: Run) -> None:
    first, *rest = agreed()
    wrong = post(9, THREAT, {**judged(THREAT), "level": "severe"})
    result = run([first, "not json", post(8, THREAT, None), wrong, *rest], "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["n"] == 4
    assert result.stderr.splitlines() == [
        "line 2: it is not JSON; each line must hold one whole post.",
        "line 3: it has no 'labels'; a post to measure with needs them.",
        "line 4: 'labels.level' must be one of routine, watch, respond, urgent.",
    ]


@pytest.mark.parametrize(
    ("label", "value"), [("level", "bad"), ("categories", ["rudeness"]), ("sentiment", "sad")]
)
def test_an_unknown_label_is_named(run: Run, label: str, value: Any) -> None:
    result = run([post(1, BREAD, {**QUIET, label: value})])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"line 1: 'labels.{label}' must be ")
    assert result.stdout == "No posts with labels.\n"


def test_a_file_that_is_not_there_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    run([])
    config = ["--profiles", str(tmp_path / "profiles.json")]
    missing = str(tmp_path / "missing.jsonl")
    result = CliRunner().invoke(app("evaluate"), ["evaluate", missing, *config])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"{missing} cannot be read: No such file or directory\n"


def test_an_empty_file_holds_no_posts_with_labels(run: Run) -> None:
    result = run([])
    assert (result.exit_code, result.stdout) == (0, "No posts with labels.\n")
    empty = json.loads(run([], "--json").stdout)
    assert (empty["n"], empty["level"]["accuracy"]) == (0, None)


def test_a_dash_reads_standard_input(run: Run) -> None:
    result = run(agreed(), "--json", stdin=True)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["n"] == 4


def test_each_miss_is_listed_with_its_reasons(run: Run) -> None:
    wrong = {**judged(THREAT), "level": "watch", "categories": []}
    lines = [*agreed(), post(7, THREAT, wrong)]
    shown = run(lines, "--errors", width=400).stdout
    assert "p7  level: urgent" in shown
    assert ", should be watch; categories: threat" in shown
    assert THREAT in shown
    reasons = Judge((HOLLY,)).best(Words("", THREAT)).reasons
    assert "threat.will-hurt" in {reason.rule for reason in reasons}
    for reason in reasons:
        assert f"  - {reason.says} “{reason.text}” [{reason.rule}]" in shown
    assert "p2" not in shown
    assert "p7" not in run(lines).stdout
    (miss,) = json.loads(run(lines, "--errors", "--json").stdout)["errors"]
    assert (miss["line"], miss["id"], miss["wrong"]) == (5, "p7", ["level", "categories"])
    assert miss["labels"]["level"] == "watch"
    assert miss["judgement"]["level"] == "urgent"
    assert miss["text"] == THREAT
    assert len(miss["judgement"]["reasons"]) == len(reasons)


def test_a_mood_is_no_miss_where_the_post_is_not_ours(run: Run) -> None:
    line = post(1, BREAD, {**QUIET, "sentiment": "positive"})
    assert json.loads(run([line], "--errors", "--json").stdout)["errors"] == []
    shown = run([post(1, PRAISE, {**QUIET, "level": judged(PRAISE)["level"]})], "--errors").stdout
    assert "relevant: ours, should be not ours" in shown
    assert "sentiment" not in shown


def test_foreign_text_is_never_markup_and_never_acts_on_the_terminal(run: Run) -> None:
    rude = f"[bold]{THREAT}[/red] [link=https://e.example]x \x1b[31m \x9b31m \u202edlrow\u2066\x07"
    wrong = {**judged(THREAT), "relevant": False}
    line = post(1, rude, wrong, id="[/bold]\x1b[2J\u202eid", title="[red]\ud800T")
    bad = post(2, rude, wrong, profile="\x1b[31m\u202eno")
    result = run([line, bad], "--errors", width=300)
    assert result.exit_code == 1
    assert "[/bold]" in result.stdout
    assert "[red]" in result.stdout
    assert f"[bold]{THREAT}[/red] [link=https://e.example]x" in result.stdout
    assert result.stderr.startswith("line 2: '")
    for sign in "\x1b\x9b\x07\u202e\u2066":
        assert sign not in result.stdout + result.stderr, repr(sign)


def test_half_a_character_is_printed_as_a_question_mark(run: Run) -> None:
    line = post(1, THREAT, {**judged(THREAT), "relevant": False}, id="p\ud800", title="\udfff")
    (miss,) = json.loads(run([line], "--errors", "--json").stdout)["errors"]
    assert (miss["id"], miss["text"]) == ("p?", f"?\n{THREAT}")


def test_one_post_is_not_called_posts(run: Run) -> None:
    assert "\n1 post " in f"\n{run(agreed()[:1]).stdout}"
    assert "\n4 posts " in f"\n{run(agreed()).stdout}"


def test_everything_fits_a_narrow_terminal(run: Run) -> None:
    line = post(7, THREAT, {**judged(THREAT), "level": "watch", "categories": []})
    shown = run([*agreed(), line], "--errors", width=60).stdout
    assert max(cell_len(row) for row in shown.splitlines()) <= 60
    words = " ".join(shown.split())
    for said in ("level right", "4/5", "urgent that reach at least", "said urgent", "praise"):
        assert said in words
    assert "…" not in shown


def test_help_says_what_it_is_for() -> None:
    shown = CliRunner().invoke(app("evaluate"), ["evaluate", "--help"]).stdout
    assert "--errors" in shown
    assert "--profiles" in shown

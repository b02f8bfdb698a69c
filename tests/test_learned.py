"""The learned part as packaged: its halves, the windows it reads, the reasons it gives."""

from __future__ import annotations

import pytest

from monitor.judge import Judge
from monitor.judge.encoder import WINDOW, windows_of
from monitor.judge.learned import OUTPUTS, learned
from monitor.judge.pieces import LONGEST, pieces
from monitor.judge.terms import Judgement, Level, Watch, Words

HOLLY = Watch(
    id="holly", name="Hollybrook Primary School", aliases=("Hollybrook",), places=("Stanwick",)
)
JUDGE = Judge([HOLLY])
CALM = "The choir sang at the harvest festival and the children brought tins for the food bank. "
DANGER = (
    "He told her not to tell her mum and gave her a second phone so he can message her at night."
)


def one(text: str) -> Judgement:
    return JUDGE.judge(Words("", text, found=True), "holly")[0]


def test_every_output_has_a_weight_in_both_halves() -> None:
    made = learned()
    assert made.linear.logits(["school"]).shape == (OUTPUTS,)
    assert made.encoder.logits(pieces(["school"]), [0])[0].shape == (OUTPUTS,)


def test_an_opinion_is_made_of_chances() -> None:
    words, known = JUDGE.seen(Words("", DANGER, found=True), "holly")
    opinion = learned().opinion(words, known)
    assert opinion.levels.sum() == pytest.approx(1, abs=1e-5)
    assert opinion.moods.sum() == pytest.approx(1, abs=1e-5)
    assert all(0 <= chance <= 1 for chance in (*opinion.categories.values(), opinion.relevant))
    assert opinion.at_least(Level.ROUTINE) == pytest.approx(1, abs=1e-5)


def test_the_same_post_is_judged_the_same_each_time() -> None:
    assert one(DANGER) == one(DANGER)


def test_a_danger_in_the_middle_of_a_long_story_is_read() -> None:
    story = CALM * 40 + DANGER + " " + CALM * 40
    assert len(pieces(story.split())) > 4 * LONGEST
    judgement = one(story)
    assert judgement.level is Level.URGENT
    assert "safeguarding" in judgement.categories


def test_of_a_long_text_the_start_and_the_weightiest_window_are_read() -> None:
    weighty = [0.0] * (6 * WINDOW)
    weighty[4 * WINDOW + 7], weighty[2 * WINDOW + 1] = 2.0, 1.0
    first, other = windows_of(len(weighty), weighty)
    assert first == 0
    assert other <= 4 * WINDOW + 7 < other + WINDOW


@pytest.mark.parametrize("length", [0, 1, WINDOW, WINDOW + 1, 2 * WINDOW - 30])
def test_a_text_of_up_to_two_windows_is_read_whole(length: int) -> None:
    starts = windows_of(length, [0.0] * length)
    assert set(range(length)) <= {at for start in starts for at in range(start, start + WINDOW)}


def test_what_was_not_read_of_a_long_text_is_known() -> None:
    words, known = JUDGE.seen(Words("", CALM * 200 + DANGER, found=True), "holly")
    read = learned().opinion(words, known).read
    assert read is not None
    assert 0 < len(read) < len(words)
    assert learned().opinion(words[:50], known).read is None


@pytest.mark.parametrize(
    "text",
    [
        DANGER,
        "Absolutely disgusting, three emails about my son's support plan and not one answer.",
        "Dinners are cold again.",
    ],
)
def test_a_learned_reason_quotes_a_clause_of_the_post_in_plain_english(text: str) -> None:
    judgement = one(text)
    assert judgement.level is not Level.ROUTINE
    quoted = [reason for reason in judgement.reasons if reason.text]
    assert quoted
    assert all(text[reason.start : reason.end] == reason.text for reason in quoted)
    assert all(reason.says and reason.says[0].islower() for reason in quoted)

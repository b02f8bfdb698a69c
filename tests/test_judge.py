"""The judge as a whole: words and schools in, judgements with their reasons out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.judge import Judge
from monitor.judge.terms import MOST_CHARACTERS, Judgement, Level, Staff, Watch, Words

HOLLY = Watch(id="holly", name="Hollybrook Primary School", aliases=("Hollybrook",))
GRANGE = Watch(id="grange", name="The Grange Academy", aliases=("The Grange",))
JUDGE = Judge([HOLLY, GRANGE])


def one(text: str, title: str = "") -> Judgement:
    (judgement,) = JUDGE.judge(Words(title, text, found=True), "holly")
    return judgement


def test_a_complaint_gets_all_four_answers_and_its_reasons() -> None:
    judgement = one("My son is being bullied at Hollybrook Primary School and they do nothing")
    assert judgement.relevant
    assert judgement.sentiment == "negative"
    assert judgement.categories == ("complaint",)
    assert judgement.level is Level.RESPOND
    assert judgement.tier is None
    assert judgement.language == "en"
    assert "complaint.bullying-not-dealt-with" in {reason.rule for reason in judgement.reasons}


def test_reasons_point_at_the_words_that_decided_behind_a_title_too() -> None:
    words = Words("Awful \U0001f621", "I will stab him at Hollybrook tomorrow. Dinners are awful.")
    (judgement,) = JUDGE.judge(words, "holly")
    assert judgement.level is Level.URGENT
    told = [reason for reason in judgement.reasons if reason.text]
    assert {reason.rule for reason in told} >= {"threat.will-hurt", "complaint.grumble"}
    assert all(words.whole[reason.start : reason.end] == reason.text for reason in told)
    assert all(reason.says for reason in told)


def test_what_is_not_ours_is_routine_and_says_why() -> None:
    judgement = one("a pint in Hollybrook Road, I will kill him")
    assert not judgement.relevant
    assert (judgement.sentiment, judgement.categories) == ("neutral", ())
    assert (judgement.level, judgement.tier) == (Level.ROUTINE, None)
    assert judgement.reasons[0].rule == "relevance.not-ours"


def test_every_school_that_a_text_speaks_of_is_judged() -> None:
    text = "The Grange Academy beat Hollybrook Primary School at chess"
    assert {each.profile for each in JUDGE.judge(Words("", text))} == {"holly", "grange"}


def test_a_text_that_names_nobody_is_nobodys() -> None:
    assert JUDGE.judge(Words("", "I will stab him")) == ()
    best = JUDGE.best(Words("", "I will stab him"))
    assert (best.profile, best.relevant, best.level) == ("", False, Level.ROUTINE)


def test_the_best_judgement_is_the_surest_of_the_highest_level() -> None:
    best = JUDGE.best(Words("", "parents at The Grange met Hollybrook Primary School parents"))
    assert best.profile == "holly"


def test_an_unknown_school_is_an_error() -> None:
    with pytest.raises(KeyError):
        JUDGE.judge(Words("", "x"), "nobody")


def test_a_language_that_cannot_be_judged_is_never_silently_routine() -> None:
    judgement = one("Dzieci są dziś bardzo szczęśliwe w szkole, dziękuję wszystkim")
    assert judgement.language == "pl"
    assert judgement.level is Level.WATCH
    assert "language.unread" in {reason.rule for reason in judgement.reasons}


def test_every_level_above_routine_has_a_reason_with_its_words() -> None:
    texts = ["the dinners are awful", "I will stab him", "why has nobody told parents anything?"]
    for text in texts:
        judgement = one(text)
        assert judgement.level.rank > 0
        assert judgement.reasons[0].text


def test_what_lies_behind_the_cap_is_not_judged_and_that_is_said() -> None:
    calm = "The choir sang at the fair and the children brought tins for the food bank. "
    judgement = one(calm * (MOST_CHARACTERS // len(calm) + 1) + "I will stab him")
    assert judgement.level is not Level.URGENT
    assert "length.cut" in {reason.rule for reason in judgement.reasons}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "\ud800 stab \udfff",
        "a" * 1_000_000,
        "kill him " * 120_000,
        "kill " * 200_000,
        "not " * 250_000,
        "\U0001f600" * 100_000,
        "\u202e\u0634\u0643\u0631\u0627" * 1000,
        "(" * 100_000,
        "but " * 100_000,
        "?" * 100_000,
        "k n i f e " * 50_000,
        "Hollybrook " * 90_000,
    ],
    ids=lambda text: repr(text[:9]),
)
def test_hostile_text_is_judged(text: str) -> None:
    judgement = one(text, title=text[:50])
    whole = Words(text[:50], text).whole
    assert all(whole[each.start : each.end] == each.text for each in judgement.reasons)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["stab", "him", "not", "?", ".", "but", "kill", "a", "😀", "school", "why", "İ", "ﷺ"]
        )
    )
)
def test_the_reasons_of_any_text_are_cut_from_it(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert all(text[each.start : each.end] == each.text for each in one(text).reasons)


def test_a_short_name_alone_is_kept_where_a_danger_stands_beside_it() -> None:
    judge = Judge([Watch(id="w", name="St Wilfrid's CE Primary School", aliases=("St Wilfrids",))])
    danger = "Mr Hollis at St Wilfrids has been messaging my 10 year old on Snapchat for pictures"
    (judged,) = judge.judge(Words("", danger))
    assert (judged.level, judged.relevant) == (Level.URGENT, True)
    assert any("may be another of that name" in reason.says for reason in judged.reasons)
    assert (
        judge.judge(Words("", "Flower festival at St Wilfrids on Sunday, everybody welcome")) == ()
    )


@pytest.mark.parametrize("number", [1, 36, 104, 114, 118, 149, 156, 390])
def test_a_plain_threat_is_urgent_whatever_number_stands_beside_it(number: int) -> None:
    text = (
        "I am going to bring a knife to Hollybrook Primary School tomorrow and stab the head, "
        f"this is message {number}."
    )
    (judgement,) = JUDGE.judge(Words(f"Threat {number}", text))
    assert judgement.level is Level.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "Jane Ashdown at Hollybrook Primary School hit my son, and nobody does anything",
        "hollybrook primary school is a joke, jane ashdown slapped my daughter",
    ],
)
def test_a_member_of_staff_who_is_said_to_hurt_a_child_is_urgent_without_any_title(
    text: str,
) -> None:
    staff = (Staff("Jane Ashdown", "headteacher"),)
    known = Judge([Watch(id="h", name="Hollybrook Primary School", staff=staff)])
    found = known.best(Words("", text, found=True))
    assert (found.level, found.categories[0]) == (Level.URGENT, "safeguarding")
    stranger = Judge([Watch(id="h", name="Hollybrook Primary School")])
    assert stranger.best(Words("", text, found=True)).level.needs_response

"""What a school's corrections teach about later posts, and what they may never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.judge import Judge
from monitor.judge.canonical import canonical
from monitor.judge.corrected import Correction, answer, host_of
from monitor.judge.lessons import Lessons
from monitor.judge.match import Matcher
from monitor.judge.strangers import is_any_school, strangers
from monitor.judge.terms import Judgement, Level, Watch, Words

AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
HOLLY = Watch(
    "holly", "Hollybrook Primary School", aliases=("Hollybrook", "HPS"), places=("Stanwick",)
)
GRUMBLE = "The parking outside Hollybrook Primary School this morning was dreadful once more"
PLAIN = Judgement("holly", True, 0.7, "negative", -0.4, ("complaint",), Level.RESPOND, None, "en")
GRAVE = replace(PLAIN, categories=("threat",), level=Level.URGENT, tier="sure", floor=Level.URGENT)


def said(kind: str, number: int = 1, **changed: object) -> Correction:
    """A correction of the mention of that number, each made a minute after the one before."""
    fields: dict[str, object] = {
        "mention": f"m{number}",
        "kind": kind,
        "level": None,
        "phrases": (),
        "source": "gazette",
        "host": "",
        "by": "J. Ashdown",
        "at": AT + timedelta(minutes=number),
    }
    return Correction(**{**fields, **changed})  # type: ignore[arg-type]


def put_at(level: Level, **changed: object) -> Lessons:
    """The lessons of a school that put the grumble at a level."""
    return Lessons.of([said("level", level=level, **changed)], {"m1": GRUMBLE})


def after(
    lessons: Lessons, text: str, judged: Judgement = PLAIN, *, url: str = "", source: str = ""
) -> Judgement:
    """What becomes of this judgement of this text."""
    words, tokens = Words("", text, url, source=source), canonical(text)
    match = Matcher([lessons.named(HOLLY)]).match(words, "holly", tokens)[0]
    return lessons.applied(judged, words, tokens, match)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Hollybrook Wanderers lost 3-1 on Saturday", ("Hollybrook Wanderers",)),
        ("we love Hollybrook Garden Centre, its cakes", ("Hollybrook Garden Centre",)),
        ("hollybrook wanderers lost again", ("hollybrook wanderers",)),
        ("I hear that Hollybrook Grammar is good this year", ("Hollybrook Grammar",)),
        ("my uncle saw Robert Hollybrook there again", ()),
        ("the little girl, Molly Hollybrook, was there", ()),
        ("the trains to Upper Hollybrook are late again", ("Upper Hollybrook",)),
        (
            "Hollybrook FC beat Hollybrook Wanderers and Hollybrook FC",
            ("Hollybrook FC", "Hollybrook Wanderers"),
        ),
        ("Hollybrook closed early", ()),
        ("Hollybrook Stanwick was shut", ()),
        ("the kitchen at Hollybrook Primary School kitchen was dirty", ()),
        ("Hollybrook Year 6 were great there today", ()),
        ("we saw Hollybrook. Wanderers lost, which was no surprise", ()),
        ("Shut: Hollybrook\nWanderers lost and nobody there was surprised", ()),
        ("nothing of the kind", ()),
    ],
)
def test_the_longer_name_is_learnt_from_what_was_not_about_the_school(
    text: str, names: tuple[str, ...]
) -> None:
    assert strangers(HOLLY, Words("", text)) == names


def test_the_author_of_a_post_is_never_what_is_learnt_of_it() -> None:
    text = "that was me, Hollybrook Baines, in the paper again"
    assert strangers(HOLLY, Words("", text, author="A. Bell")) == ("Hollybrook Baines",)
    assert strangers(HOLLY, Words("", text, author="Hollybrook Baines")) == ()


def test_a_very_long_post_is_learnt_from_no_further_than_it_is_judged() -> None:
    assert strangers(HOLLY, Words("", "word " * 5_000 + "Hollybrook Wanderers lost")) == ()


@pytest.mark.parametrize(
    ("nickname", "common"),
    [("the Reach", False), ("HPS", False), ("our school", True), ("", True), ("!!", True)],
)
def test_a_name_that_any_school_may_have_is_no_nickname(nickname: str, common: bool) -> None:
    assert is_any_school(nickname) is common


def test_a_namesake_that_was_taught_is_not_the_school() -> None:
    lessons = Lessons.of([said("not-about-us", phrases=("Hollybrook Wanderers",))], {})
    text = "What a day for HOLLYBROOK WANDERERS' keeper"
    found = after(lessons, text)
    assert (found.relevant, found.level) == (False, Level.ROUTINE)
    # Who must not be told of an allegation is read from them, should it be the school's after all.
    assert found.categories == PLAIN.categories
    assert found.sentiment == "neutral"
    (reason,) = found.reasons
    assert text[reason.start : reason.end] == reason.text
    assert reason.says.endswith(
        "which was said not to be the school by J. Ashdown on 3 November 2026"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Hollybrook Wanderers gave a ball to Hollybrook",
        "Hollybrook lost to the Wanderers",
        "Hollybrook Wanderers wrote to office@hollybrook.example and #hollybrookprimaryschool",
    ],
)
def test_a_post_that_names_the_school_beside_its_namesake_stays(text: str) -> None:
    lessons = Lessons.of([said("not-about-us", phrases=("Hollybrook Wanderers",))], {})
    assert after(lessons, text) == PLAIN


def test_a_post_that_was_found_without_a_name_is_no_namesake() -> None:
    lessons = Lessons.of([said("not-about-us", phrases=("Hollybrook Wanderers",))], {})
    assert after(lessons, "the dinners were cold") == PLAIN


def test_no_namesake_hides_what_the_rules_hold_to_be_urgent() -> None:
    lessons = Lessons.of([said("not-about-us", phrases=("Hollybrook Wanderers",))], {})
    found = after(lessons, "I will stab the Hollybrook Wanderers keeper", GRAVE)
    assert replace(found, reasons=()) == GRAVE
    assert "it stays all the same" in found.reasons[0].says


def test_no_namesake_hides_a_danger_that_only_the_learned_part_saw() -> None:
    lessons = Lessons.of([said("not-about-us", phrases=("Hollybrook Wanderers",))], {})
    guessed = replace(GRAVE, floor=Level.ROUTINE)
    found = after(lessons, "Hollybrook Wanderers were killed", guessed)
    assert (found.relevant, found.level) == (True, Level.URGENT)


def wrong(times: int, **changed: object) -> list[Correction]:
    """So many posts that were not about the school, from one site of one source."""
    return [said("not-about-us", number, host="town.example", **changed) for number in range(times)]


def test_a_place_that_was_wrong_three_times_is_doubted_where_the_match_is_weak() -> None:
    lessons = Lessons.of(wrong(3), {})
    place = {"url": "https://www.town.example/9", "source": "gazette"}
    found = after(lessons, "Hollybrook again", **place)
    assert not found.relevant
    assert "3 posts from gazette (town.example)" in found.reasons[0].says
    assert after(lessons, "Hollybrook Primary School, Stanwick, again", **place).relevant
    assert after(lessons, "Hollybrook again", GRAVE, **place).relevant
    elsewhere = {"url": "https://city.example/9", "source": "gazette"}
    assert after(lessons, "Hollybrook again", **elsewhere) == PLAIN
    assert after(lessons, "Hollybrook again", url=place["url"], source="other") == PLAIN


def test_a_place_that_was_wrong_twice_is_believed() -> None:
    twice = [*wrong(2), said("not-about-us", 1, host="town.example")]
    place = {"url": "https://town.example/9", "source": "gazette"}
    assert after(Lessons.of(twice, {}), "Hollybrook again", **place) == PLAIN


@pytest.mark.parametrize("kind", ["about-us", "level"])
def test_a_place_that_was_right_once_is_believed(kind: str) -> None:
    right = said(kind, 9, host="town.example", level=Level.WATCH if kind == "level" else None)
    lessons = Lessons.of([*wrong(4), right], {})
    place = {"url": "https://town.example/9", "source": "gazette"}
    assert after(lessons, "Hollybrook again", **place) == PLAIN


def test_a_source_without_links_is_a_place_of_its_own() -> None:
    lessons = Lessons.of([said("not-about-us", number) for number in range(3)], {})
    assert not after(lessons, "Hollybrook again", source="gazette").relevant


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Town.example/a?b", "town.example"),
        ("", ""),
        ("mailto:a@b.example", ""),
        ("http://[nowhere", ""),
    ],
)
def test_the_site_of_a_link_is_known_and_a_broken_link_has_none(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize("level", [Level.ROUTINE, Level.WATCH, Level.URGENT])
def test_a_post_in_like_words_gets_the_level_that_was_given(level: Level) -> None:
    found = after(put_at(level), f"{GRUMBLE}!")
    assert found.level is level
    assert found.tier == ("possible" if level is Level.URGENT else None)
    assert found.reasons[0].says == (
        f"a post in like words was put at {level.value} by J. Ashdown on 3 November 2026"
    )


def test_a_level_that_is_right_already_needs_no_reason() -> None:
    assert after(put_at(Level.RESPOND), GRUMBLE) == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "The parking outside Hollybrook Primary School is fine and the summer fair was lovely",
        "Hollybrook",
        "",
    ],
)
def test_a_post_in_other_words_is_judged_for_itself(text: str) -> None:
    assert after(put_at(Level.ROUTINE), text) == PLAIN


def test_very_short_posts_are_alike_only_when_they_are_the_same() -> None:
    lessons = Lessons.of([said("level", level=Level.WATCH)], {"m1": "Hollybrook is bad"})
    assert after(lessons, "hollybrook IS bad!").level is Level.WATCH
    assert after(lessons, "Hollybrook is not bad") == PLAIN


def test_no_level_that_was_given_lowers_what_the_rules_hold_to_be_urgent() -> None:
    found = after(put_at(Level.ROUTINE), GRUMBLE, GRAVE)
    assert replace(found, reasons=()) == GRAVE
    assert "it stays urgent" in found.reasons[0].says


def test_an_urgent_that_only_the_learned_part_gave_is_lowered_to_respond_at_most() -> None:
    guessed = replace(GRAVE, floor=Level.WATCH)
    found = after(put_at(Level.WATCH), GRUMBLE, guessed)
    assert (found.level, found.tier) == (Level.RESPOND, None)
    assert "it stays at respond" in found.reasons[0].says


def test_a_place_that_is_as_often_right_is_believed() -> None:
    place = {"url": "https://town.example/9", "source": "gazette"}
    kept = {("gazette", "town.example"): 4}
    assert after(Lessons.of(wrong(3), {}, kept), "Hollybrook again", **place) == PLAIN
    assert not after(Lessons.of(wrong(4), {}, kept), "Hollybrook again", **place).relevant


def test_a_nickname_that_was_taught_says_so_where_it_is_found() -> None:
    lessons = Lessons.of([said("about-us", phrases=("the Brook",))], {})
    found = after(lessons, "parking at the Brook was dreadful")
    assert found.reasons[0].rule == "lesson.nickname"
    assert "the Brook" in found.reasons[0].says


def test_of_two_posts_alike_the_nearest_decides_and_of_equals_the_last() -> None:
    far = GRUMBLE.replace("dreadful", "bad")
    made = [
        said("level", 1, level=Level.ROUTINE),
        said("level", 2, level=Level.WATCH),
        said("level", 3, level=Level.URGENT),
    ]
    lessons = Lessons.of(made, {"m1": GRUMBLE, "m2": GRUMBLE, "m3": far})
    assert after(lessons, GRUMBLE).level is Level.WATCH
    assert after(lessons, far).level is Level.URGENT


def test_a_post_like_one_that_was_not_about_the_school_is_not_either() -> None:
    lessons = Lessons.of([said("not-about-us")], {"m1": GRUMBLE})
    assert not after(lessons, GRUMBLE).relevant
    assert after(lessons, GRUMBLE, GRAVE).relevant


def test_a_post_like_one_that_was_the_schools_is_not_doubted() -> None:
    text = "The Hollybrook Wanderers match is held on our field, parents please park elsewhere"
    names = said("not-about-us", 1, phrases=("Hollybrook Wanderers",))
    assert not after(Lessons.of([names], {}), text).relevant
    both = Lessons.of([names, said("about-us", 2)], {"m2": text})
    assert after(both, text) == PLAIN


def test_what_is_not_the_schools_stays_so() -> None:
    other = replace(PLAIN, relevant=False)
    assert after(put_at(Level.URGENT), GRUMBLE, other) == other


def test_the_last_word_on_a_mention_is_the_one_that_teaches() -> None:
    first, second = said("level", level=Level.WATCH), said("not-about-us", phrases=("X",))
    third = said("about-us", phrases=("the Reach",))
    given = answer([first, second])
    assert given is not None
    assert (given.relevant, given.shown) == (False, Level.ROUTINE)
    back = answer([first, second, third])
    assert back is not None
    assert (back.relevant, back.shown, back.told) == (True, Level.WATCH, first)
    assert answer([]) is None
    assert Lessons.of([first, second, third], {}).namesakes == ()


def test_a_lesson_knows_no_author() -> None:
    assert "author" not in {*Correction.__dataclass_fields__, *Lessons.__dataclass_fields__}


def test_a_nickname_finds_the_school_whose_it_is_and_no_other() -> None:
    elm = Watch("elm", "Elmside Academy")
    words = Words("", "The dinners at the Reach are dreadful, my Year 6 daughter will not eat them")
    judge = Judge((HOLLY, elm))
    assert judge.judge(words) == ()
    taught = judge.taught({"holly": Lessons.of([said("about-us", phrases=("the Reach",))], {})})
    assert [one.profile for one in taught.judge(words)] == ["holly"]


def test_the_judge_applies_a_schools_lessons_to_that_school_alone() -> None:
    elm = Watch("elm", "Elmside Academy")
    text = "Nothing has been done about the bullying of my son at Hollybrook Primary School"
    both = Words("", f"{text} nor at Elmside Academy, third time I have asked both of them")
    plain = {one.profile: one for one in Judge((HOLLY, elm)).judge(both)}
    lessons = {"holly": Lessons.of([said("not-about-us")], {"m1": both.whole})}
    found = {one.profile: one for one in Judge((HOLLY, elm), lessons).judge(both)}
    assert plain["holly"].relevant
    assert not found["holly"].relevant
    assert found["elm"] == plain["elm"]


@pytest.mark.parametrize(
    ("correction", "alike"),
    [
        (said("not-about-us", phrases=(HOLLY.name,)), False),
        (said("not-about-us"), True),
        (said("level", level=Level.ROUTINE), True),
    ],
)
def test_no_lesson_hides_a_real_threat_from_the_judge(correction: Correction, alike: bool) -> None:
    text = "I am bringing a knife to Hollybrook Primary School tomorrow and I will stab the head"
    lessons = Lessons.of([correction], {"m1": text} if alike else {})
    (plain,) = Judge((HOLLY,)).judge(Words("", text))
    (found,) = Judge((HOLLY,), {"holly": lessons}).judge(Words("", text))
    assert (found.relevant, found.level) == (True, Level.URGENT)
    assert len(found.reasons) == len(plain.reasons) + 1

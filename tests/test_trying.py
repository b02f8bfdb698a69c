"""What names would catch, what would slip in, and what would be left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.judge.terms import Staff, Watch, Words
from monitor.judge.trying import Name, Post, Sight, Trial, Trier, advice, names_of, number_of

HOLLY = Watch(
    id="holly",
    name="Hollybrook Primary School",
    aliases=("Hollybrook Primary", "Hollybrook"),
    handles=("@hollybrookpri",),
    hashtags=("#hollystars",),
    urls=("https://www.hollybrook.sch.uk/",),
    places=("Stanwick",),
    exclude=("Hollybrook Arms",),
    staff=(Staff("Jane Ashdown"),),
)
HOPE = Watch(id="hope", name="Hope Academy", aliases=("Hope",), places=("Haxley",))
WEXCOMBE = "Pupils of Hollybrook Primary Wexcombe sang for the mayor and the teachers were proud"
ORDINARY = "Are the kids off today? I hope the teachers get a rest, my daughter's class is worn out"


def look(watch: Watch, text: str, **others: object) -> Sight:
    return Trier(watch, **others).look(Post("p1", "here", Words("", text)))  # type: ignore[arg-type]


def trial(watch: Watch, *texts: str, before: Watch | None = None) -> Trial:
    trier = Trier(watch, before=before)
    posts = (Post(f"p{number}", "", Words("", text)) for number, text in enumerate(texts, 1))
    return Trial(watch, tuple(map(trier.look, posts)))


def test_a_full_name_catches_surely() -> None:
    seen = look(HOLLY, "Thank you to the teachers at Hollybrook Primary School, a wonderful fair")
    assert seen.caught
    assert not seen.unsure
    assert seen.names == (Name("name", "Hollybrook Primary School"),)
    assert seen.why == ()


def test_a_name_is_needed_only_where_no_other_would_do() -> None:
    full = look(HOLLY, "Thank you to the teachers at Hollybrook Primary School, a wonderful fair")
    assert full.needed == frozenset()
    short = look(HOLLY, "Hollybrook Year 6 were great, thank you to the teachers")
    assert short.needed == {Name("alias", "Hollybrook")}
    handle = look(HOLLY, "well done @hollybrookpri, what a lovely assembly for the parents")
    assert handle.needed == {Name("handle", "@hollybrookpri")}


def test_a_short_name_with_nothing_but_a_school_word_is_unsure() -> None:
    text = "Hollybrook Year 6 were great, thank you to the teachers"
    assert look(HOLLY, text).unsure
    assert not look(HOLLY, f"{text} of Stanwick").unsure
    assert not look(HOLLY, f"{text} and to Jane Ashdown").unsure


def test_two_short_names_bear_each_other_out() -> None:
    named = replace(HOLLY, aliases=("Hollybrook", "HPS"))
    text = "The pupils of HPS were great, thank you to the teachers"
    assert look(named, text).unsure
    assert not look(named, f"{text} at Hollybrook").unsure


def test_a_namesake_in_another_town_would_slip_in() -> None:
    seen = look(HOLLY, WEXCOMBE)
    assert seen.caught
    assert seen.unsure
    assert seen.goes_on == "Hollybrook Primary Wexcombe"
    assert "goes on as “Hollybrook Primary Wexcombe”, which may be another place" in seen.why


def test_a_town_behind_a_comma_is_seen_too() -> None:
    text = "Pupils from Hollybrook Primary, {}, sang for the mayor and the teachers were proud"
    assert look(HOLLY, text.format("Wexcombe")).goes_on == "Hollybrook Primary Wexcombe"
    assert look(HOLLY, text.format("Stanwick")).goes_on == ""


@pytest.mark.parametrize(
    "text",
    [
        "Hollybrook Primary Choir sang for the mayor and the parents were proud",
        "Hollybrook Primary's Wexcombe trip was brilliant, thank you to the teachers",
        "Pupils of Hollybrook Primary Wexcombe sang in Stanwick and the teachers were proud",
        "At Hollybrook Primary, Miranda said, the teachers are lovely to the pupils",
        "HOLLYBROOK PRIMARY WINS THE CUP AND THE PUPILS AND TEACHERS ARE DELIGHTED",
        "Hollybrook Primary Wins Cup As Pupils And Teachers Celebrate Victory In Final",
        "Hollybrook Primary",
    ],
)
def test_what_follows_a_name_is_not_always_another_place(text: str) -> None:
    assert look(HOLLY, text).goes_on == ""


def test_a_name_that_is_an_ordinary_word_would_slip_in() -> None:
    seen = look(HOPE, ORDINARY)
    assert seen.caught
    assert "“hope” is written there as an ordinary word, without a capital" in seen.why


def test_an_ordinary_word_with_a_capital_is_a_name() -> None:
    seen = look(HOPE, "My daughter loves her class at Hope, the teachers there are lovely")
    assert seen.caught
    assert seen.why == ()


def test_an_ordinary_word_beside_the_full_name_is_no_doubt() -> None:
    seen = look(HOPE, "I hope Hope Academy parents had a good day, thank you to the teachers")
    assert seen.caught
    assert seen.why == ()


def test_a_name_that_is_no_ordinary_word_may_be_written_small() -> None:
    seen = look(HOLLY, "Lovely day, thank you to all the teachers at hollybrook. My son was happy")
    assert seen.caught
    assert seen.why == ()


def test_what_is_left_out_says_why() -> None:
    road = look(HOLLY, "Roadworks on Hollybrook Road until Friday")
    assert not road.caught
    assert not road.unsure
    assert road.why == ("names Hollybrook road, which is another thing",)
    arms = look(HOLLY, "Quiz night and a pint at the Hollybrook Arms")
    assert "listed as another place" in arms.why[0]
    alone = look(HOLLY, "Flower festival at Hollybrook on Sunday, everybody welcome")
    assert "nothing beside it speaks of a school" in alone.why[0]


def test_a_post_that_a_search_brought_is_tried_by_its_words_alone() -> None:
    words = Words("", "Fish and chips tonight", found=True)
    assert not Trier(HOLLY).look(Post("p1", "", words)).caught


def test_the_longer_name_of_another_school_of_ours_wins() -> None:
    other = Watch(id="other", name="Hollybrook Primary School Hull")
    text = "Parents of Hollybrook Primary School Hull are delighted with the new head"
    assert look(HOLLY, text).names
    assert not look(HOLLY, text, others=(other,)).names


def test_posts_are_sorted_into_caught_slipping_left_out_and_the_rest() -> None:
    found = trial(HOLLY, WEXCOMBE, "Roadworks on Hollybrook Road", "Fish and chips", WEXCOMBE)
    assert [sight.post.id for sight in found.caught] == ["p1", "p4"]
    assert found.slipping == found.caught
    assert found.unsure == 2
    assert [sight.post.id for sight in found.left_out] == ["p2"]


def test_what_other_names_gain_and_lose_is_told() -> None:
    brook = "The teachers and pupils of The Brook are lovely, thank you all so much"
    added = replace(HOLLY, aliases=(*HOLLY.aliases, "The Brook"))
    found = trial(added, brook, WEXCOMBE, before=HOLLY)
    assert [sight.post.id for sight in found.gained] == ["p1"]
    assert found.lost == ()
    barred = replace(HOLLY, exclude=("Hollybrook Primary Wexcombe",))
    found = trial(barred, brook, WEXCOMBE, before=HOLLY)
    assert found.gained == ()
    assert [sight.post.id for sight in found.lost] == ["p2"]
    assert trial(HOLLY, brook, WEXCOMBE).gained == ()


def test_the_posts_of_a_name_begin_with_those_that_only_it_catches() -> None:
    both = "Both Hollybrook Primary School and Hollybrook Year 6 were great, thank you teachers"
    lone = "Hollybrook Year 6 were great, thank you to the teachers"
    found = trial(HOLLY, both, lone)
    name = Name("alias", "Hollybrook")
    assert [sight.post.id for sight in found.by(name)] == ["p2", "p1"]
    assert found.alone(name) == 1
    assert found.alone(Name("hashtag", "#hollystars")) == 0


def test_every_name_of_a_school_is_listed_once() -> None:
    twice = replace(HOLLY, aliases=(*HOLLY.aliases, "Hollybrook"))
    assert [(name.kind, name.text) for name in names_of(twice)] == [
        ("name", "Hollybrook Primary School"),
        ("alias", "Hollybrook Primary"),
        ("alias", "Hollybrook"),
        ("handle", "@hollybrookpri"),
        ("hashtag", "#hollystars"),
        ("url", "hollybrook.sch.uk"),
    ]


@pytest.mark.parametrize("kind", ["name", "alias", "handle", "hashtag", "url"])
def test_every_kind_of_name_is_counted(kind: str) -> None:
    texts = {
        "name": "Hollybrook Primary School",
        "alias": "Hollybrook Primary",
        "handle": "@hollybrookpri",
        "hashtag": "#hollystars",
        "url": "www.hollybrook.sch.uk/dates",
    }
    found = trial(HOLLY, f"Thank you to the teachers and parents, {texts[kind]} for all of it")
    counted = [name.kind for name in names_of(HOLLY) if found.by(name)]
    assert counted == [kind]


def test_an_example_shows_the_name_in_its_words() -> None:
    text = f"{'many words before ' * 9}Hollybrook Primary School {'and words behind ' * 9}"
    before, name, after = look(HOLLY, text).shown()
    assert name == "Hollybrook Primary School"
    assert before.startswith("…")
    assert after.endswith("…")
    assert f"{before[1:]}{name}{after[:-1]}" in text


def test_an_example_whose_name_stands_in_its_address_shows_its_beginning() -> None:
    post = Post("p", "", Words("", "Term dates for parents", "https://hollybrook.sch.uk/dates"))
    seen = Trier(HOLLY).look(post)
    assert seen.names == (Name("url", "hollybrook.sch.uk"),)
    assert seen.shown() == ("", "", "Term dates for parents")


def test_advice_names_an_ordinary_word_and_what_it_did() -> None:
    found = trial(HOPE, ORDINARY, "Thank you to all the staff and pupils of Hope Academy")
    assert advice(found) == (
        (
            "“Hope” - a word that means many things; add a second word. "
            "It caught 1 post, 1 of them unsure."
        ),
    )


def test_advice_warns_of_initials_and_of_a_name_that_is_a_place() -> None:
    found = trial(replace(HOPE, aliases=("HA", "HPS", "Haxley")), "Fish and chips")
    assert advice(found) == (
        "“HA” - too short to mean a school. It caught none.",
        (
            "“HPS” - initials that mean other things too; take it out unless everybody there "
            "says it. It caught none."
        ),
        (
            "“Haxley” - a place: news of the place would be taken for the school's; add a word. "
            "It caught none."
        ),
    )


def test_a_single_word_that_is_never_in_doubt_is_not_advised_against() -> None:
    sure = "Thank you to the teachers at Hollybrook in Stanwick, a wonderful fair"
    assert advice(trial(replace(HOLLY, aliases=("Hollybrook",)), sure)) == ()


def test_advice_names_a_full_name_that_is_mostly_in_doubt() -> None:
    found = trial(replace(HOLLY, aliases=("Hollybrook Primary",)), WEXCOMBE, WEXCOMBE)
    assert advice(found) == (
        (
            "“Hollybrook Primary” caught 2 posts, 2 of them unsure: "
            "read them, and add places or take it out."
        ),
        "If “Hollybrook Primary Wexcombe” is not yours, put it in exclude (2 posts).",
    )


def test_a_name_is_advised_against_where_half_of_its_posts_are_in_doubt() -> None:
    watch = replace(HOLLY, aliases=("Hollybrook Primary",))
    sure = "Thank you to the teachers at Hollybrook Primary in Stanwick, a wonderful fair"
    half = trial(watch, WEXCOMBE, WEXCOMBE, sure, sure)
    assert advice(half)[0].startswith("“Hollybrook Primary” caught 4 posts, 2 of them unsure")
    less = trial(watch, WEXCOMBE, WEXCOMBE, sure, sure, sure)
    assert [line for line in advice(less) if line.startswith("“")] == []


def test_what_is_advised_helps() -> None:
    barred = replace(HOLLY, exclude=("Hollybrook Primary Wexcombe",))
    assert trial(barred, WEXCOMBE).caught == ()


def test_a_school_without_places_is_told_to_add_some() -> None:
    assert advice(trial(replace(HOLLY, places=())))[-1].startswith("No places are set")


def test_one_post_is_not_called_posts() -> None:
    assert (number_of(1), number_of(0), number_of(2)) == ("1 post", "0 posts", "2 posts")


@pytest.mark.parametrize("text", ["", "\x00", "\u202e@", "Hollybrook " * 9_000, "[/red]", "İ" * 99])
def test_hostile_text_is_tried(text: str) -> None:
    seen = look(HOLLY, text)
    assert "".join(seen.shown()).strip("…") in text

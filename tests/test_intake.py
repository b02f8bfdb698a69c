"""What one reading of a source means, without any source, database or clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from monitor.intake import REVISIONS, Intake, Reading, content_of, story_of, take_in
from monitor.judge.terms import Judgement, Level, Words
from monitor.settings import Hours, Person, School
from monitor.store.mentions import Mention
from sources.base import Post

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)  # a Tuesday, eleven in London
HEAD = Person(name="Jane Ashdown", email="head@hollybrook.example", roles=("headteacher",))
LEAD = Person(name="Priya Nair", email="dsl@hollybrook.example", roles=("dsl",))
HOLLYBROOK = School(
    id="hollybrook",
    name="Hollybrook Primary School",
    people=(HEAD, LEAD),
    hours=Hours(respond=(time(7, 30), time(17, 30))),
)


def post(number: int = 1, text: str = "", **changed: object) -> Post:
    words = text or f"Words of post {number}"
    made = Post(
        key=f"k{number}",
        content_key=f"c:{words}",
        url=f"https://gazette.example/{number}",
        title="",
        text=words,
        author="",
        published=NOW - timedelta(hours=1),
        record={"id": str(number)},
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def judged(level: Level, *, school: str = "hollybrook", relevant: bool = True) -> Judgement:
    tier = "sure" if level is Level.URGENT else None
    return Judgement(school, relevant, 0.9, "negative", -0.5, (), level, tier, "en", ())


def by_word(words: Words) -> tuple[Judgement, ...]:
    """Reads the level off the text, so that a test says what it means."""
    for level in reversed(Level):
        if level.value in words.whole:
            return (judged(level),)
    return ()


def read(
    posts: Sequence[Post],
    *,
    known: Mapping[str, str] | None = None,
    mentions: Mapping[tuple[str, str], Mention] | None = None,
    stories: Sequence[Mention] = (),
    first: frozenset[str] = frozenset(),
    again: frozenset[str] = frozenset(),
    source: str = "gazette",
    school: School = HOLLYBROOK,
) -> Intake:
    reading = Reading(
        source,
        posts,
        known or {},
        mentions or {},
        stories,
        {"hollybrook": school},
        first,
        again,
        NOW,
    )
    return take_in(reading, by_word)


def remembered(*posts: Post) -> dict[str, str]:
    return {found.key: content_of(found) for found in posts}


def stored(found: Post, level: Level = Level.ROUTINE, **changed: object) -> Mention:
    intake = read([replace(found, text=f"{found.text} {level.value}")])
    ((mention, _, _),) = intake.new
    return replace(mention, text=found.text, **changed)  # type: ignore[arg-type]


def test_a_new_post_about_a_school_is_a_mention_and_owes_what_its_level_owes() -> None:
    intake = read([post(1, "urgent"), post(2, "respond"), post(3, "watch"), post(4, "else")])
    assert (intake.fresh, intake.matched, intake.alerted) == (4, 3, 2)
    assert [mention.level for mention, _, _ in intake.new] == ["urgent", "respond", "watch"]
    assert sorted((owed.level, owed.email) for owed in intake.owed) == [
        ("respond", "head@hollybrook.example"),
        ("urgent", "dsl@hollybrook.example"),
        ("urgent", "head@hollybrook.example"),
    ]


def test_a_post_about_nobody_is_remembered_as_read_and_nothing_more() -> None:
    intake = read([post(1, "the weather")])
    assert intake.entries == {"k1": content_of(post(1, "the weather"))}
    assert intake.new == []


def test_a_known_post_is_neither_new_nor_judged() -> None:
    seen = post(1, "urgent")
    intake = read([seen], known=remembered(seen))
    assert (intake.fresh, intake.matched, intake.entries, intake.owed) == (0, 0, {}, [])


def test_an_id_that_changes_at_every_fetch_does_not_make_a_post_new() -> None:
    before, now = post(1, "urgent"), post(1, "urgent", key="k-new")
    intake = read([now], known=remembered(before))
    assert intake.renamed == {"k1": "k-new"}
    assert (intake.fresh, intake.owed) == (0, [])


def test_two_posts_with_the_same_words_in_one_feed_are_two() -> None:
    one, other = post(1, "urgent"), post(2, "urgent", url="https://gazette.example/1")
    intake = read([one, other], known=remembered(one))
    assert intake.fresh == 1
    assert [mention.entry_key for mention, _, _ in intake.new] == ["k2"]


def test_the_same_words_beside_another_name_are_another_post() -> None:
    one = post(1, "urgent", author="A")
    intake = read([post(2, "urgent", author="B")], known=remembered(one))
    assert intake.fresh == 1


def test_a_post_edited_into_a_threat_owes_the_alert_it_did_not_owe_before() -> None:
    before = post(1, "routine")
    mention = stored(before)
    intake = read(
        [post(1, "urgent now")], known=remembered(before), mentions={("hollybrook", "k1"): mention}
    )
    ((revised, _, _),) = intake.revised
    assert (revised.id, revised.revision, revised.level) == (mention.id, 2, "urgent")
    assert len(intake.owed) == 2


def test_a_post_edited_from_calm_to_calm_owes_nothing() -> None:
    before = post(1, "urgent a")
    mention = stored(before, Level.URGENT)
    intake = read(
        [post(1, "urgent b")], known=remembered(before), mentions={("hollybrook", "k1"): mention}
    )
    assert len(intake.revised) == 1
    assert intake.owed == []


def test_a_threat_taken_back_and_made_again_does_not_alert_twice() -> None:
    before = post(1, "routine")
    calmed = stored(before, Level.ROUTINE, highest="urgent", revision=2)
    intake = read(
        [post(1, "urgent")], known=remembered(before), mentions={("hollybrook", "k1"): calmed}
    )
    assert intake.revised[0][0].highest == "urgent"
    assert intake.owed == []


def test_a_post_that_changes_for_ever_is_not_kept_for_ever() -> None:
    before = post(1, "routine")
    tired = stored(before, revision=REVISIONS)
    intake = read(
        [post(1, "routine 7 comments")],
        known=remembered(before),
        mentions={("hollybrook", "k1"): tired},
    )
    assert intake.revised == []
    assert intake.entries == remembered(post(1, "routine 7 comments"))


def test_a_threat_put_into_a_post_after_many_changes_is_still_heard() -> None:
    before = post(1, "routine")
    tired = stored(before, revision=REVISIONS + 3)
    intake = read(
        [post(1, "urgent")], known=remembered(before), mentions={("hollybrook", "k1"): tired}
    )
    assert intake.revised[0][0].level == "urgent"
    assert len(intake.owed) == 2


def test_an_entry_that_stands_twice_in_a_feed_is_one() -> None:
    intake = read([post(1, "urgent"), post(1, "urgent")])
    assert (intake.fresh, len(intake.new), intake.matched, len(intake.owed)) == (1, 1, 1, 2)


def test_new_ids_and_new_names_at_once_do_not_make_a_mention_twice() -> None:
    before = post(1, "urgent")
    intake = read(
        [post(1, "urgent", key="k-new")],
        known=remembered(before),
        mentions={("hollybrook", "k1"): stored(before, Level.URGENT)},
        again=frozenset({"hollybrook"}),
    )
    assert intake.renamed == {"k1": "k-new"}
    assert (intake.new, intake.owed) == ([], [])


STORY = "urgent fire at the science block of Hollybrook Primary School says the brigade"


def test_the_same_story_from_another_source_is_kept_and_does_not_alert_again() -> None:
    first = stored(post(1, STORY), Level.URGENT)
    again = post(9, f"{STORY} ...", url="https://www.gazette.example/1?utm_source=alert")
    intake = read([again], stories=[first], source="alerts")
    ((mention, _, _),) = intake.new
    assert mention.same_as == first.id
    assert intake.owed == []


def test_the_same_story_alerts_again_when_another_source_tells_something_worse() -> None:
    first = stored(post(1, STORY.replace("urgent ", "")), Level.RESPOND)
    intake = read([post(9, STORY, url="https://gazette.example/1")], stories=[first], source="b")
    assert intake.new[0][0].same_as == first.id
    assert {owed.level for owed in intake.owed} == {"urgent"}


def test_two_comments_behind_one_link_in_different_words_are_two() -> None:
    first = stored(post(1, STORY), Level.URGENT)
    other = "urgent I will wait outside for that teacher tonight and nobody will stop me"
    intake = read([post(9, other, url="https://gazette.example/1")], stories=[first], source="b")
    assert intake.new[0][0].same_as is None
    assert len(intake.owed) == 2


def test_another_schools_mention_of_the_same_link_is_not_this_schools() -> None:
    theirs = stored(post(1, STORY), Level.URGENT, school="elmside")
    intake = read([post(9, STORY, url="https://gazette.example/1")], stories=[theirs], source="b")
    assert intake.new[0][0].same_as is None
    assert len(intake.owed) == 2


@pytest.mark.parametrize(
    ("words", "published", "alerts"),
    [
        ("urgent", NOW - timedelta(hours=71), 2),
        ("urgent", NOW - timedelta(hours=73), 0),
        ("urgent", None, 2),
        ("respond", NOW - timedelta(hours=1), 0),
    ],
)
def test_the_first_sight_of_a_source_alerts_only_to_what_is_urgent_and_recent(
    words: str, published: datetime | None, alerts: int
) -> None:
    found = post(1, words, published=published)
    intake = read([found], first=frozenset({"hollybrook"}))
    assert len(intake.new) == 1
    assert len(intake.owed) == alerts


def test_an_old_or_absurd_date_hides_nothing_after_the_first_sight() -> None:
    for year in (1970, 9999):
        odd = post(1, "urgent", published=datetime(year, 1, 1, tzinfo=UTC))
        assert len(read([odd]).owed) == 2


def test_a_school_added_later_is_looked_for_in_what_is_already_known() -> None:
    seen = post(1, "urgent")
    intake = read([seen], known=remembered(seen), first=frozenset({"hollybrook"}))
    assert (intake.fresh, len(intake.new), len(intake.owed)) == (0, 1, 2)


def test_a_change_of_names_goes_through_what_is_known_and_delays_nothing_new() -> None:
    seen = post(1, "respond", published=NOW - timedelta(days=9))
    intake = read(
        [seen, post(2, "respond")], known=remembered(seen), again=frozenset({"hollybrook"})
    )
    assert [mention.entry_key for mention, _, _ in intake.new] == ["k1", "k2"]
    assert [owed.mention_id for owed in intake.owed] == [intake.new[1][0].id]


def test_a_person_with_two_roles_is_owed_one_alert() -> None:
    both = Person(name="J", email="head@hollybrook.example", roles=("headteacher", "dsl"))
    school = HOLLYBROOK.model_copy(update={"people": (both,)})
    assert len(read([post(1, "urgent")], school=school).owed) == 1


def test_what_is_urgent_reaches_two_people_where_one_is_head_and_safeguarding_lead() -> None:
    both = Person(name="J", email="head@hollybrook.example", roles=("headteacher", "dsl"))
    deputy = Person(name="T", email="deputy@hollybrook.example", roles=("deputy",))
    school = HOLLYBROOK.model_copy(update={"people": (both, deputy)})
    owed = read([post(1, "urgent")], school=school).owed
    assert [alert.email for alert in owed] == [both.email, deputy.email]


def test_a_post_that_cannot_be_judged_costs_itself_and_is_tried_again() -> None:
    def judge(words: Words) -> tuple[Judgement, ...] | None:
        return None if "odd" in words.text else by_word(words)

    reading = Reading(
        "gazette", [post(1, "odd"), post(2, "urgent")], {}, {}, (), {"hollybrook": HOLLYBROOK},
        frozenset(), frozenset(), NOW,
    )  # fmt: skip
    intake = take_in(reading, judge)
    assert intake.unjudged == 1
    assert list(intake.entries) == ["k2"]
    assert len(intake.owed) == 2


def test_a_namesake_is_kept_as_not_relevant_and_owes_nothing() -> None:
    def judge(_: Words) -> tuple[Judgement, ...]:
        return (judged(Level.ROUTINE, relevant=False),)

    reading = Reading(
        "gazette", [post(1)], {}, {}, (), {"hollybrook": HOLLYBROOK}, frozenset(), frozenset(), NOW
    )
    intake = take_in(reading, judge)
    assert (intake.matched, intake.owed) == (0, [])
    assert intake.new[0][0].relevant is False


def test_a_link_that_only_differs_by_trackers_is_the_same_story() -> None:
    assert story_of("https://www.gazette.example/a?utm_source=x") == story_of(
        "http://gazette.example/a"
    )
    assert story_of("") == ""

"""What one reading of a source means, without any source, database or clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from monitor.copies import Text
from monitor.intake import (
    REVISIONS,
    Intake,
    Reading,
    Recalling,
    content_of,
    story_of,
    take_in,
)
from monitor.judge.terms import Judgement, Level, Words
from monitor.settings import Hours, Person, School
from monitor.store.mentions import Alike, Mention, Told
from monitor.stories import COMPARED, SHARING, Recalled, first_of
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


def nothing(_: Mapping[str, frozenset[int]]) -> Recalled:
    """Nothing is kept in like words."""
    return Recalled()


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
    recall: Recalling = nothing,
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
    return take_in(reading, by_word, recall)


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
    told = kept(told=told_of(first))
    intake = read([again], stories=[first], source="alerts", recall=told)
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
    intake = take_in(reading, judge, nothing)
    assert intake.unjudged == 1
    assert list(intake.entries) == ["k2"]
    assert len(intake.owed) == 2


def test_a_namesake_is_kept_as_not_relevant_and_owes_nothing() -> None:
    def judge(_: Words) -> tuple[Judgement, ...]:
        return (judged(Level.ROUTINE, relevant=False),)

    reading = Reading(
        "gazette", [post(1)], {}, {}, (), {"hollybrook": HOLLYBROOK}, frozenset(), frozenset(), NOW
    )
    intake = take_in(reading, judge, nothing)
    assert (intake.matched, intake.owed) == (0, [])
    assert intake.new[0][0].relevant is False


LONG = (
    "urgent police were called to Hollybrook Primary School in Stanwick at ten on Monday after a "
    "parent climbed over the fence by the brook and shouted at the children in the playground "
    "until a caretaker led him away, a spokesman for the force said in the afternoon "
    "when the gates had been opened again"
)


def article(number: int, text: str = LONG, **changed: object) -> Post:
    site = f"https://paper{number}.example/{number}"
    return post(number, text, url=site, title=f"Story {number}", medium="news", **changed)


def told_of(mention: Mention, *people: Person, **changed: object) -> list[Told]:
    """That these people were alerted to a mention, else head and safeguarding lead."""
    told = Told(mention, "", Level(mention.highest))
    return [
        replace(told, email=person.email, **changed)  # type: ignore[arg-type]
        for person in people or (HEAD, LEAD)
    ]


def kept(*mentions: Mention, told: Sequence[Told] = ()) -> Recalling:
    """Mentions that a database holds, each found by whatever numbers of it are asked for."""
    heard: dict[str, list[Told]] = {}
    for each in told:
        heard.setdefault(first_of(each.mention), []).append(each)

    def recall(wanted: Mapping[str, frozenset[int]]) -> Recalled:
        texts = [Text(mention.title, mention.text) for mention in mentions]
        pairs = zip(mentions, texts, strict=True)
        found = [Alike(each, text.sketch & wanted[each.school]) for each, text in pairs]
        return Recalled(found, heard)

    return recall


def held_as(found: Post, **changed: object) -> Mention:
    ((mention, _, _),) = read([found]).new
    return replace(mention, source="first", **changed)  # type: ignore[arg-type]


def test_one_text_at_five_addresses_is_one_story_told_once() -> None:
    intake = read([article(number) for number in range(5)])
    first, *others = [mention for mention, _, _ in intake.new]
    assert first.same_as is None
    assert {mention.same_as for mention in others} == {first.id}
    assert [owed.mention_id for owed in intake.owed] == [first.id] * 2
    assert intake.matched == 5


def test_a_copy_of_what_is_kept_names_the_first_and_is_not_told_again() -> None:
    first = held_as(article(1))
    copy = held_as(article(2), same_as=first.id)
    heard = kept(copy, first, told=told_of(first))
    intake = read([article(3, f"{LONG} and left")], recall=heard)
    assert intake.new[0][0].same_as == first.id
    assert intake.owed == []


def test_a_copy_that_tells_something_worse_alerts_again() -> None:
    calm = LONG.replace("urgent ", "respond ")
    first = held_as(article(1, calm))
    worse = article(2, f"{calm} Later an urgent warning was given to every family of the village")
    intake = read([worse], recall=kept(first))
    assert intake.new[0][0].same_as == first.id
    assert {owed.level for owed in intake.owed} == {"urgent"}


def test_what_was_told_of_any_member_of_a_story_is_not_told_again() -> None:
    first = held_as(article(1, LONG.replace("urgent ", "respond ")))
    copy = article(2, LONG.replace("urgent ", ""), published=None)
    copy = replace(copy, text=f"{copy.text}. An urgent inquiry has begun at once, it is said")
    member = held_as(article(3), same_as=first.id)
    told = [*told_of(first, HEAD), *told_of(member)]
    worse = read([copy], recall=kept(first, told=told[:1]))
    known = read([copy], recall=kept(first, told=told))
    assert [intake.new[0][0].same_as for intake in (worse, known)] == [first.id] * 2
    assert [len(intake.owed) for intake in (worse, known)] == [2, 0]


def test_whoever_has_not_heard_of_a_story_hears_of_its_next_copy_and_nobody_twice() -> None:
    first = held_as(article(1))
    heard = kept(first, told=told_of(first, LEAD.model_copy(update={"email": LEAD.email.upper()})))
    intake = read([article(2), article(3)], recall=heard)
    assert [mention.same_as for mention, _, _ in intake.new] == [first.id] * 2
    assert [owed.email for owed in intake.owed] == [HEAD.email]


@pytest.mark.parametrize("untold", [{"stands": False}, {"listed": True}])
def test_a_letter_that_will_not_arrive_and_a_line_of_a_summary_are_no_alert(
    untold: Mapping[str, bool],
) -> None:
    first = held_as(article(1))
    intake = read([article(2)], recall=kept(first, told=told_of(first, **untold)))
    assert intake.new[0][0].same_as == first.id
    assert len(intake.owed) == 2


@pytest.mark.parametrize(
    ("words", "hours", "alerts"),
    [
        (LONG, 23, 0),
        (LONG, 25, 2),
        (f"{LONG} and tomorrow", 10, 0),
        (f"{LONG} and tomorrow", 12, 2),  # eleven in the evening in London
        (LONG.replace("urgent", "respond"), 24 * 9, 0),
    ],
)
def test_an_urgent_copy_is_news_again_after_a_day_or_where_it_speaks_of_another(
    words: str, hours: int, alerts: int
) -> None:
    words = words.replace(" on Monday", "")
    first = held_as(article(1, words, published=NOW - timedelta(hours=hours)))
    again = article(2, words, published=NOW)
    intake = read([again], recall=kept(first, told=told_of(first)))
    assert intake.new[0][0].same_as == first.id
    assert len(intake.owed) == alerts


@pytest.mark.parametrize(("days", "words", "alerts"), [(3, "", 0), (3, "tonight", 2), (11, "", 2)])
def test_a_search_that_gives_no_date_finds_the_page_that_was_told_for_ten_days(
    days: int, words: str, alerts: int
) -> None:
    posted = NOW - timedelta(days=days)
    first = stored(post(1, f"{STORY} {words}"), Level.URGENT, published=posted)
    found = post(9, f"{STORY} {words}", url=first.url, published=None)
    told = kept(told=told_of(first))
    intake = read([found], stories=[first], source="search", recall=told)
    assert intake.new[0][0].same_as == first.id
    assert len(intake.owed) == alerts


def test_the_same_words_in_one_thread_on_another_day_are_another_threat() -> None:
    first = stored(post(1, LONG), Level.URGENT, published=NOW - timedelta(days=2))
    seen = replace(first, id="seen", same_as=first.id, source="search", entry_key="s")
    again = post(2, LONG, url=first.url, published=NOW)
    intake = read([again], stories=[first, seen], recall=kept(first, told=told_of(first)))
    assert intake.new[0][0].same_as == first.id
    assert len(intake.owed) == 2


def test_an_edited_post_is_told_to_those_who_have_not_heard_of_it() -> None:
    before = post(1, "urgent a")
    mention = stored(before, Level.URGENT)
    known = {"known": remembered(before), "mentions": {("hollybrook", "k1"): mention}}
    heard = told_of(mention, HEAD, stands=False)
    intake = read([post(1, "urgent b")], recall=kept(told=heard), **known)  # type: ignore[arg-type]
    assert [owed.email for owed in intake.owed] == [LEAD.email]
    listed = kept(told=told_of(mention, listed=True))
    assert read([post(1, "urgent b")], recall=listed, **known).owed == []  # type: ignore[arg-type]


def test_an_edited_copy_is_not_told_to_those_who_heard_of_its_story() -> None:
    first, before = held_as(article(1)), article(2)
    copy = held_as(before, same_as=first.id)
    intake = read(
        [article(2, f"{LONG} and left")],
        known=remembered(before),
        mentions={("hollybrook", "k2"): copy},
        recall=kept(told=told_of(first, HEAD)),
    )
    assert [owed.email for owed in intake.owed] == [LEAD.email]


def test_what_was_there_before_is_listed_once_in_a_summary_for_each_person() -> None:
    old = NOW - timedelta(days=4)
    first = held_as(article(1, published=old))
    heard = kept(first, told=told_of(first, LEAD, listed=True))
    posts = [article(number, published=old) for number in (2, 3)]
    intake = read(posts, recall=heard, first=frozenset({"hollybrook"}))
    assert (len(intake.new), intake.owed) == (2, [])
    assert [held.email for held in intake.held] == [HEAD.email]


def test_a_search_hit_that_comes_before_its_article_is_the_first_of_the_story() -> None:
    hit = post(1, " ".join(LONG.split()[:26]) + " ...", title="A hit", url="https://a.example/")
    intake = read([hit, article(2)])
    assert [mention.same_as for mention, _, _ in intake.new] == [None, intake.new[0][0].id]
    assert len(intake.owed) == 2


def test_ten_angry_parents_are_ten() -> None:
    posts = [
        post(n, f"respond nobody at Hollybrook rings me back about my son and that is {n} weeks",
             author=f"Parent {n}")
        for n in range(10)
    ]  # fmt: skip
    intake = read(posts)
    assert {mention.same_as for mention, _, _ in intake.new} == {None}
    assert intake.alerted == 10


def test_a_copy_for_another_school_is_that_schools_own() -> None:
    theirs = held_as(article(1), school="elmside")
    numbers = Text(theirs.title, theirs.text).sketch
    intake = read([article(2)], recall=lambda _: Recalled([Alike(theirs, numbers)]))
    assert intake.new[0][0].same_as is None
    assert len(intake.owed) == 2


def test_what_is_not_about_the_school_is_neither_sketched_nor_a_twin() -> None:
    def judge(_: Words) -> tuple[Judgement, ...]:
        return (judged(Level.ROUTINE, relevant=False),)

    asked: list[Mapping[str, frozenset[int]]] = []

    def recall(wanted: Mapping[str, frozenset[int]]) -> Recalled:
        asked.append(wanted)
        return Recalled()

    reading = Reading(
        "gazette", [article(1), article(2)], {}, {}, (), {"hollybrook": HOLLYBROOK},
        frozenset(), frozenset(), NOW,
    )  # fmt: skip
    intake = take_in(reading, judge, recall)
    assert asked == [{}]
    assert {mention.same_as for mention, _, _ in intake.new} == {None}
    assert set(intake.sketches.values()) == {frozenset()}


def test_copies_are_asked_for_once_a_reading() -> None:
    asked: list[Mapping[str, frozenset[int]]] = []

    def recall(wanted: Mapping[str, frozenset[int]]) -> Recalled:
        asked.append(wanted)
        return Recalled()

    read([article(number, f"urgent {number} {LONG}") for number in range(20)], recall=recall)
    assert [set(wanted) for wanted in asked] == [{"hollybrook"}]


def test_a_revised_post_is_sketched_anew() -> None:
    before = post(1, "routine")
    mention = stored(before)
    intake = read(
        [post(1, LONG)], known=remembered(before), mentions={("hollybrook", "k1"): mention}
    )
    assert intake.sketches == {mention.id: Text("", LONG).sketch}


def test_a_phrase_of_hundreds_hides_no_copy_of_another_text() -> None:
    common = "urgent we at Hollybrook Primary School in Stanwick wish all of our families well and"
    posts = [
        article(number, f"{common} {' '.join(f'w{number}x{place}' for place in range(40))}")
        for number in range(SHARING * 2 + COMPARED)
    ]
    last = replace(posts[-1], key="again", url="https://other.example/")
    intake = read([*posts, last])
    assert [mention.same_as for mention, _, _ in intake.new[:-1]] == [None] * len(posts)
    assert intake.new[-1][0].same_as == intake.new[-2][0].id


def test_a_link_that_only_differs_by_trackers_is_the_same_story() -> None:
    assert story_of("https://www.gazette.example/a?utm_source=x") == story_of(
        "http://gazette.example/a"
    )
    assert story_of("") == ""

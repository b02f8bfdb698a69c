"""The demonstration's posts are many, varied, well labelled and spread over eight weeks."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from monitor.demo.content import DemoPost, outlets, visible
from monitor.demo.school import demo_settings
from monitor.judge.terms import Level, Sentiment
from monitor.settings import Settings
from sources.feed import Options

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
CATEGORIES = frozenset(
    (
        *("threat", "self_harm", "safeguarding", "extremism", "hate", "sexual", "privacy"),
        *("cyberbullying", "harassment", "defamation", "impersonation", "staff_conduct"),
        *("misinformation", "press", "request", "complaint", "praise"),
    )
)
URGENT = frozenset(("threat", "self_harm", "safeguarding", "extremism"))
RESPOND = frozenset(
    (
        *("cyberbullying", "harassment", "defamation", "staff_conduct", "request"),
        *("privacy", "impersonation", "misinformation", "hate", "sexual"),
    )
)


def everything() -> list[DemoPost]:
    return [post for outlet in outlets() for post in outlet.posts]


def by_id() -> dict[str, DemoPost]:
    return {post.id: post for post in everything()}


def levels(posts: list[DemoPost]) -> Counter[str]:
    return Counter(post.labels.level for post in posts)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return demo_settings(18080, tmp_path)


def test_there_are_at_least_72_posts_with_ids_of_their_own() -> None:
    ids = [post.id for post in everything()]
    assert len(ids) >= 72
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name) for name in ids)


def test_every_kind_of_place_is_there() -> None:
    shapes = [outlet.shape for outlet in outlets()]
    assert sorted(shapes) == ["alerts", "blogs", "forum", "press", "search", "village"]


def test_posts_are_spread_over_all_eight_weeks_and_none_is_older() -> None:
    ages = [-post.appears for post in everything() if post.appears < timedelta()]
    assert {age // timedelta(weeks=1) for age in ages} == set(range(8))


def test_labels_use_known_names_alone() -> None:
    for post in everything():
        assert post.labels.level in list(Level), post.id
        assert post.labels.sentiment in get_args(Sentiment), post.id
        assert set(post.labels.categories) <= CATEGORIES, post.id


def test_a_post_that_is_not_ours_has_no_other_label() -> None:
    strangers = [post for post in everything() if not post.labels.relevant]
    assert len(strangers) >= 15
    for post in strangers:
        labels = (post.labels.sentiment, post.labels.categories, post.labels.level)
        assert labels == ("neutral", (), "routine"), post.id


def test_no_level_is_lower_than_its_categories_ask() -> None:
    for post in everything():
        categories, level = set(post.labels.categories), Level(post.labels.level)
        if categories & URGENT:
            assert level is Level.URGENT, post.id
        if categories & RESPOND:
            assert level.needs_response, post.id
        if categories & {"press", "complaint"}:
            assert level is not Level.ROUTINE, post.id
        if categories == {"praise"}:
            assert level is Level.ROUTINE, post.id


def test_every_level_is_there_and_about_half_is_routine() -> None:
    counted = levels(everything())
    assert set(counted) == set(Level)
    assert 0.4 <= counted["routine"] / len(everything()) <= 0.6


def test_praise_and_grumbles_stand_beside_what_needs_an_answer() -> None:
    categories = Counter(name for post in everything() for name in post.labels.categories)
    assert categories["praise"] >= 10
    assert levels(everything())["watch"] >= 10
    needed = {"threat", "self_harm", "safeguarding", "impersonation", "misinformation", "press"}
    assert needed | {"request", "harassment", "complaint"} <= set(categories)


@pytest.mark.parametrize(
    "namesake",
    ["in Leeds", "Hollybrook Arms", "Hollybrook Road", "Hollybrook FC", "house for sale"],
)
def test_each_namesake_and_landmark_is_there_and_not_ours(namesake: str) -> None:
    found = [post for post in everything() if namesake in f"{post.title} {post.text}"]
    assert found
    assert not any(post.labels.relevant for post in found)


@pytest.mark.parametrize(
    ("danger", "twin"),
    [
        ("village-gates", "village-cake"),
        ("forum-not-here", "forum-homework"),
        ("village-closed", "village-open"),
    ],
)
def test_an_alarming_post_has_a_harmless_twin(danger: str, twin: str) -> None:
    posts = by_id()
    assert Level(posts[danger].labels.level).needs_response
    assert not Level(posts[twin].labels.level).needs_response


def test_the_press_story_stands_in_three_feeds_behind_one_page() -> None:
    placed = {
        outlet.shape
        for outlet in outlets()
        for post in outlet.posts
        if post.page == "press-inspection"
    }
    assert placed == {"press", "alerts", "search"}


def test_a_post_stands_word_for_word_in_two_places() -> None:
    posts = by_id()
    one, other = posts["forum-third-time"], posts["village-third-time"]
    assert one.text == other.text
    assert one.page != other.page


def test_a_repeat_is_younger_than_its_story_and_labelled_the_same() -> None:
    posts = by_id()
    repeats = [post for post in everything() if post.repeats]
    assert len(repeats) >= 5
    for post in repeats:
        assert post.appears > posts[post.repeats].appears, post.id
        assert post.labels == posts[post.repeats].labels, post.id


def test_posts_appear_while_the_visitor_watches() -> None:
    live = [post for post in everything() if post.appears > timedelta()]
    assert all(timedelta(seconds=5) <= post.appears <= timedelta(seconds=240) for post in live)
    counted = levels([post for post in live if not post.repeats])
    assert counted["urgent"] == 2
    assert counted["respond"] == 3
    assert len([post for post in live if post.repeats]) == 1


def test_two_urgent_posts_are_fresh_enough_to_alert_at_the_first_poll() -> None:
    fresh = [post for post in everything() if timedelta() < -post.appears < timedelta(hours=72)]
    assert levels(fresh)["urgent"] >= 2


def test_no_address_could_be_a_real_persons() -> None:
    outside = {"www.google.com"}
    assert all(o.host.endswith(".example") or o.host in outside for o in outlets())
    assert not any("@" in post.text.replace("@hollybrookpri", "") for post in everything())


def test_a_post_is_visible_from_the_very_moment_it_appears() -> None:
    village = next(outlet for outlet in outlets() if outlet.id == "village")
    moment = START + timedelta(seconds=40)
    before = visible(village, START, moment - timedelta(milliseconds=1))
    after = visible(village, START, moment)
    assert [at.post.id for at in after if at not in before] == ["village-gates"]
    assert after[0].post.id == "village-gates"
    assert after[0].published == moment


def test_the_school_reads_every_place_on_the_loopback_port(settings: Settings) -> None:
    *feeds, reports = settings.sources
    assert [source.id for source in feeds] == [outlet.id for outlet in outlets()]
    assert reports.kind == "inbox"
    for source in feeds:
        assert isinstance(source.options, Options)
        assert str(source.options.url) == f"http://127.0.0.1:18080/feeds/{source.id}"
        assert source.listens_for("hollybrook")
    assert settings.http.private_hosts_allowed == ("127.0.0.1:18080",)


def test_the_school_keeps_everything_in_its_folder_and_sends_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    assert settings.database.url == f"sqlite:///{tmp_path.resolve()}/footprint.db"
    assert Path(settings.mail.folder) == tmp_path.resolve() / "outbox"
    assert settings.mail.host == ""


def test_somebody_is_told_in_every_role_that_an_alert_needs(settings: Settings) -> None:
    school = settings.school("hollybrook")
    assert school is not None
    roles = {role for person in school.people for role in person.roles}
    assert {"headteacher", "dsl", "deputy", "office", "chair"} <= roles
    assert all(person.email.endswith("@hollybrook.example") for person in school.people)


def test_staff_named_in_posts_about_the_school_are_known_to_it(settings: Settings) -> None:
    school = settings.school("hollybrook")
    assert school is not None
    told = "\n".join(f"{post.title}\n{post.text}" for post in everything() if post.labels.relevant)
    named = re.findall(r"\b(?:mr|mrs|miss|ms) (\w+)", told.casefold())
    known = {member.name.split()[1].casefold() for member in school.staff}
    assert len(set(named) & known) >= 5
    # A teacher of 1968.
    assert set(named) - known == {"garland"}

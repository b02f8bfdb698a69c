"""The demonstration's posts, read as the program reads them, are judged nearly as labelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.demo.content import DemoPost, outlets
from monitor.demo.school import demo_settings
from monitor.demo.server import DemoServer
from monitor.judge import Judge
from monitor.judge.terms import Judgement, Level, Words
from sources.base import Ask, Post
from sources.feed import collect
from sources.fetch import Door, Fetcher
from sources.parsing import Parser

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
AFTERWARDS = START + timedelta(minutes=5)

Judged = list[tuple[DemoPost, Judgement]]


def later() -> datetime:
    return AFTERWARDS


@pytest.fixture(scope="module")
def door() -> Iterator[tuple[DemoServer, Door]]:
    server = DemoServer(START, later)
    server.start()
    fetcher = Fetcher("", [f"127.0.0.1:{server.port}"], clock=later, version="0")
    parser = Parser()
    yield server, Door(fetcher, parser, {})
    parser.close()
    fetcher.close()
    server.stop()


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def judged(door: tuple[DemoServer, Door], tmp_path_factory: pytest.TempPathFactory) -> Judged:
    server, reach = door
    settings = demo_settings(server.port, Path(tmp_path_factory.mktemp("demo")))
    judge = Judge([school.watch for school in settings.schools])
    known = {(outlet.id, squeezed(p.text)): p for outlet in outlets() for p in outlet.posts}
    found: Judged = []
    for source in (each for each in settings.sources if each.kind == "feed"):
        for post in collect(Ask(source.id, source.options, (), AFTERWARDS), reach):
            assert isinstance(post, Post), post
            words = Words(post.title, post.text, post.url, post.author)
            labelled = known[source.id, squeezed(post.text.removesuffix("[...]"))]
            found.append((labelled, judge.best(words)))
    assert len(found) == len(known) == 95
    return found


def wanted(post: DemoPost) -> Level:
    return Level(post.labels.level)


def test_every_urgent_post_is_judged_urgent(judged: Judged) -> None:
    urgent = [(post, got) for post, got in judged if wanted(post) is Level.URGENT]
    assert len(urgent) >= 6
    assert [post.id for post, got in urgent if got.level is not Level.URGENT] == []


def test_few_other_posts_are_judged_urgent(judged: Judged) -> None:
    others = [(post, got) for post, got in judged if wanted(post) is not Level.URGENT]
    assert len([post.id for post, got in others if got.level is Level.URGENT]) <= 7


def test_the_urgent_posts_bear_the_category_that_makes_them_so(judged: Judged) -> None:
    for post, got in judged:
        if wanted(post) is Level.URGENT:
            assert post.labels.categories[0] in got.categories, post.id


def test_the_level_is_right_on_at_least_80_of_95(judged: Judged) -> None:
    wrong = [(post.id, got.level.value) for post, got in judged if got.level is not wanted(post)]
    assert len(wrong) <= 15, wrong


def test_the_school_is_recognised_on_at_least_92_of_95(judged: Judged) -> None:
    wrong = [post.id for post, got in judged if got.relevant is not post.labels.relevant]
    assert len(wrong) <= 3, wrong


def test_nine_in_ten_of_the_posts_that_need_a_response_are_seen(judged: Judged) -> None:
    needing = [(post, got) for post, got in judged if wanted(post).needs_response]
    missed = [post.id for post, got in needing if not got.level.needs_response]
    assert len(missed) <= len(needing) * 0.1, missed

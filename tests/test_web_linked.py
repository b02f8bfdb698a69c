"""The page that an alert's link opens without a sign-in: one post, to read, for seven days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.links_signed import GOOD_FOR, signed
from monitor.store import incidents
from monitor.store.engine import Store
from monitor.store.names import key_of_links
from monitor.web.server import WebServer
from tests.web_cast import NOW, ask, deal, keep, mention, named, served, settings

pytestmark = pytest.mark.slow  # a server

THREAT = mention(
    "threat",
    "My Ava in Year 3 is scared: somebody will be hurt at the gate, ring 07700 900123",
    level="urgent",
    categories=("threat",),
    deciding="will be hurt",
)
CHILD = mention(
    "child",
    "zebra crossing secret",
    level="urgent",
    categories=("safeguarding",),
    deciding="secret",
)


HOME = mention("home", "zebra at number ten", level="urgent", categories=("privacy",))


@pytest.fixture
def web(small: Store, tmp_path: Path) -> Iterator[WebServer]:
    keep(small, THREAT, CHILD, HOME)
    with served(small, settings(tmp_path)) as server:
        yield server


def link(store: Store, name: str, *, days_ago: float = 0) -> str:
    with store.reading() as connection:
        key = key_of_links(connection)
    return signed(f"/letter/{named(name)}", key, NOW - timedelta(days=days_ago) + GOOD_FOR)


def test_the_link_opens_that_post_and_what_to_do_with_personal_details_hidden(
    small: Store, web: WebServer
) -> None:
    page = ask(web, link(small, "threat"), cookie="")
    assert page.status == 200
    for said in ("A possible threat", "call 999", "Not this:", "Open the post on forum.example"):
        assert said in page.text
    assert "My [name hidden] in Year 3" in page.text
    assert "<mark>will be hurt</mark>" in page.body
    assert "Ava" not in page.text
    assert "07700" not in page.text
    assert "<form" not in page.body


@pytest.mark.parametrize("name", ["child", "home"])
def test_words_that_nobody_should_read_who_need_not_are_not_there(
    small: Store, web: WebServer, name: str
) -> None:
    page = ask(web, link(small, name), cookie="")
    assert page.status == 200
    assert "zebra" not in page.text
    assert "They are not shown here" in page.text


def test_once_an_image_must_not_be_looked_at_the_link_shows_no_words_and_leads_there_no_more(
    small: Store, web: WebServer
) -> None:
    name = deal(small, THREAT)
    with small.writing() as connection:
        facts = {"image": 1}
        incidents.act(connection, name, "noted", "dsl@hollybrook.example", NOW, facts=facts)
    page = ask(web, link(small, "threat"), cookie="")
    assert page.status == 200
    assert "will be hurt" not in page.text
    assert "forum.example" not in page.body


def test_after_seven_days_the_link_says_where_to_find_it(small: Store, web: WebServer) -> None:
    page = ask(web, link(small, "threat", days_ago=8), cookie="")
    assert page.status == 410
    assert "This link is too old" in page.text
    assert "look for the post under Mentions" in page.text
    assert "Year 3" not in page.text


def test_it_opens_no_other_post_and_no_other_page(small: Store, web: WebServer) -> None:
    mine = link(small, "threat")
    proof = mine.partition("?")[2]
    assert ask(web, f"/letter/{named('child')}?{proof}", cookie="").status == 404
    assert ask(web, f"/letter/{named('threat')}", cookie="").status == 404
    assert ask(web, f"/mentions/{named('threat')}?{proof}", cookie="").status == 303
    assert ask(web, f"/?{proof}", cookie="").status == 303
    assert ask(web, link(small, "nothing"), cookie="").status == 404


def test_to_open_it_changes_nothing(small: Store, web: WebServer) -> None:
    def held() -> list[str]:
        with small.reading() as connection:
            return list(connection.connection.driver_connection.iterdump())

    before = held()
    assert ask(web, link(small, "threat"), cookie="").status == 200
    assert ask(web, link(small, "threat"), cookie="", method="POST").status in {403, 405}
    assert held() == before

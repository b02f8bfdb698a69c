"""A check asks every place, believes none that knows an invented name, and tells its gaps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from monitor.judge.terms import Watch
from monitor.presence.accounts import Where, places
from monitor.presence.checking import NOWHERE, Check, asked_of
from monitor.presence.record import Finding, Identity, Run
from monitor.presence.searching import MOST_QUERIES, invented, queries
from monitor.settings import SourceSettings
from sources.fetch import Door, Fetcher
from sources.parsing import Parser
from sources.websearch import Options
from tests.webserver import Reply, Seen, WebServer

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SEARCH = "/res/v1/web/search"
JANE = Identity(name="Jane Ashdown", also=("Jane Merrow",), handles=("@jashdown_art",))
SCHOOL = Watch(
    "school", "Hollybrook Primary School", urls=("hollybrook.example",), places=("Stanwick",)
)
CONTROL = "Zalunwick Zalunwick"  # what a chance of 0 makes up


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def _rows(*rows: tuple[str, str, str]) -> bytes:
    made = [{"url": url, "title": title, "description": text} for url, title, text in rows]
    return json.dumps({"type": "search", "web": {"results": made}}).encode()


def _query(seen: Seen) -> str:
    return parse_qs(seen.query)["q"][0]


def _place(web: WebServer, name: str, **answer: Any) -> Where:
    return Where(
        name=name,
        ask=web.url(f"/{name}/") + "{name}",
        page=f"https://{name}.example/" + "{name}",
        has=('"user":"{name}"',),
        lacks=('"error":"none"',),
        source="ours",
        checked="2026-11-21",
        **answer,
    )


def _check(
    web: WebServer,
    parser: Parser,
    *,
    accounts: tuple[Where, ...] = (),
    calls: int = 900,
    searches: bool = True,
) -> tuple[Run, tuple[Finding, ...]]:
    options = Options(
        backend="brave", key="sesame-41", monthly_calls=calls, service=web.url(""), freshness="day"
    )
    source = SourceSettings(id="web", kind="websearch", options=options)
    fetcher = Fetcher("", [web.host], clock=lambda: NOW, version="1")
    try:
        door = Door(fetcher, parser, {})
        places = asked_of([source] if searches else [], lambda: door, NOW, {}, Path())
        named = {where.name: where for where in accounts}
        return Check(JANE, SCHOOL, places, door, NOW, lambda: 0.0, named).run()
    finally:
        fetcher.close()


def test_what_the_engine_finds_is_graded_and_listed_with_the_most_harmful_first(
    web: WebServer, parser: Parser
) -> None:
    def answer(seen: Seen) -> bytes:
        if _query(seen) != '"Jane Ashdown"':
            return _rows()
        return _rows(
            ("https://a.example/1", "Staff", "Year 4: Jane Ashdown, Hollybrook Primary School"),
            (
                "https://b.example/2",
                "Chat",
                "Jane Ashdown at Hollybrook Primary School is a vile cow",
            ),
            ("https://c.example/3", "Run", "Jane Ashdown 4:12:09"),
            ("https://d.example/4", "Forest", "A walk in Ashdown Forest"),
            ("https://e.example/5", "Agents", "Jane Ashdown, estate agent, Texas"),
        )

    web.answers[SEARCH] = answer
    run, found = _check(web, parser)
    assert [(one.url[8:9], one.grade, one.kind) for one in found] == [
        ("b", "likely", "abuse"),
        ("a", "likely", "mention"),
        ("c", "perhaps", "mention"),
        ("e", "not", "mention"),
    ]
    assert (run.places, run.gaps, run.dropped) == (("Brave",), (), ())
    assert all(one.first == one.last == NOW for one in found)


def test_the_engine_is_asked_for_all_time_with_the_school_and_the_town_beside_the_name(
    web: WebServer, parser: Parser
) -> None:
    web.answers[SEARCH] = _rows()
    run, found = _check(web, parser)
    asked = [_query(seen) for seen in web.requests]
    assert asked[0] == f'"{CONTROL}"'
    for query in (
        '"Jane Ashdown"',
        '"Jane Merrow" "Hollybrook Primary School"',
        '"@jashdown_art"',
        '"Jane Ashdown" "Stanwick"',
        '"Jane Ashdown" site:linkedin.com',
    ):
        assert query in asked
    assert not any("freshness" in parse_qs(seen.query) for seen in web.requests)
    assert len(asked) - 1 == run.asked <= MOST_QUERIES
    assert found == ()


def test_a_site_that_knows_a_name_that_nobody_has_is_not_believed(
    web: WebServer, parser: Parser
) -> None:
    def answer(seen: Seen) -> bytes:
        name = _query(seen).split('"')[1]
        return _rows(
            ("https://www.anybody.example/x", f"{name} - phone and address", "We found 3 records"),
            ("https://honest.example/1", "Staff", "Jane Ashdown, Hollybrook Primary School"),
        )

    web.answers[SEARCH] = answer
    run, found = _check(web, parser)
    assert run.dropped == ("anybody.example",)
    assert [one.url for one in found] == ["https://honest.example/1"]


def test_an_engine_that_finds_the_invented_name_everywhere_is_dropped_whole(
    web: WebServer, parser: Parser
) -> None:
    def answer(seen: Seen) -> bytes:
        name = _query(seen).split('"')[1]
        return _rows(*((f"https://{n}.example/", f"{name} {n}", "profile") for n in range(4)))

    web.answers[SEARCH] = answer
    run, found = _check(web, parser)
    assert (run.dropped, run.places, found) == (("Brave",), (), ())
    assert len(web.requests) == 1


def test_what_could_not_be_looked_at_is_told_apart_from_what_was_not_found(
    web: WebServer, parser: Parser
) -> None:
    web.answers[SEARCH] = _rows()
    looked, _ = _check(web, parser)
    assert (looked.places, looked.gaps) == (("Brave",), ())
    web.answers[SEARCH] = Reply(status=401)
    barred, _ = _check(web, parser)
    assert barred.places == ()
    (gap,) = barred.gaps
    assert gap.place == "Brave"
    assert "does not accept the key" in gap.why
    nowhere, _ = _check(web, parser, searches=False)
    assert [gap.why for gap in nowhere.gaps] == [NOWHERE]


def test_what_was_found_before_the_months_searches_ran_out_is_kept_and_the_gap_is_told(
    web: WebServer, parser: Parser
) -> None:
    web.answers[SEARCH] = _rows(
        ("https://a.example/1", "Staff", "Jane Ashdown, Hollybrook Primary School")
    )
    run, found = _check(web, parser, calls=3)
    assert len(web.requests) == 3
    assert len(found) == 1
    assert "used up" in run.gaps[0].why


def test_an_account_is_known_by_the_words_of_the_answer_and_never_by_its_status(
    web: WebServer, parser: Parser
) -> None:
    there, gone, odd = (_place(web, name) for name in ("there", "gone", "odd"))
    none = Reply(b'{"error": "none"}', status=200)
    web.answers |= {
        SEARCH: _rows(),
        "/there/jashdown_art": Reply(b'{"user": "JAshdown_art"}', status=404),
        "/there/zalunwickzalunwick": none,
        "/gone/jashdown_art": none,
        "/gone/zalunwickzalunwick": none,
        "/odd/jashdown_art": Reply(b"<html>Sign in</html>", status=200),
        "/odd/zalunwickzalunwick": none,
    }
    run, found = _check(web, parser, accounts=(there, gone, odd))
    assert [(one.url, one.kind) for one in found] == [
        ("https://there.example/jashdown_art", "old account")
    ]
    assert run.places == ("Brave", "there", "gone", "odd")
    assert [gap.place for gap in run.gaps] == ["odd"]
    assert "look yourself" in run.gaps[0].why


def test_a_place_that_has_an_account_of_any_name_is_dropped(web: WebServer, parser: Parser) -> None:
    def anybody(seen: Seen) -> bytes:
        return json.dumps({"user": seen.path.rsplit("/", 1)[1]}).encode()

    web.answers |= {
        SEARCH: _rows(),
        "/yes/jashdown_art": anybody,
        "/yes/zalunwickzalunwick": anybody,
    }
    run, found = _check(web, parser, accounts=(_place(web, "yes"),))
    assert (run.dropped, found) == (("yes",), ())
    assert [seen.path for seen in web.requests if "jashdown" in seen.path] == []


@pytest.mark.parametrize("where", places().values(), ids=lambda where: where.name)
def test_each_place_tells_an_account_from_none_and_from_a_page_that_asks_to_sign_in(
    where: Where,
) -> None:
    user = "jashdown9"
    assert where.address(user).startswith("https://")
    assert user in where.page.format(name=user)
    has = where.has[0].replace("{name}", user)
    assert where.shown(user, "{" + has + ', "more": []}') == "there"
    assert all(
        where.shown(user, mark.replace("{name}", user)) == "not there" for mark in where.lacks
    )
    for page in ("<html>Sign in</html>", "", '{"error": "rate limited"}'):
        assert where.shown(user, page) == "unknown"
    for bad in ("", "a/b", "a b", "../x", "é", "x" * 60, "a?b"):
        assert where.address(bad) == ""


def test_an_invented_name_is_another_each_time_and_nobodys() -> None:
    chances = iter([0.01 * n for n in range(1, 100)])
    made = {invented(lambda: next(chances)) for _ in range(5)}
    assert len(made) == 5
    assert all(len(name.split()) == 2 for name in made)


def test_quotation_marks_in_a_name_do_not_break_out_of_the_query() -> None:
    sly = Identity(name='Jane" OR "Ashdown')
    assert queries(sly, SCHOOL)[0] == '"Jane OR Ashdown"'

"""Reading: searching and narrowing lists, weeks, sources, and what other programs are given."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from monitor.indexing import Indexer, folded, terms
from monitor.judge.terms import Level
from monitor.matters import matter_of
from monitor.settings import Person
from monitor.store import audit, corrections, incidents, looks, mentions, searching
from monitor.store.corrections import Said
from monitor.store.engine import Store
from monitor.store.searching import Wanted
from monitor.web import exports
from monitor.web.exports import Due
from monitor.web.keys import hashed
from monitor.web.server import WebServer
from tests.signing import Client
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    HOUSE,
    KEY,
    NOW,
    OTHER,
    PRAISE,
    SCHOOL,
    THREAT,
    ask,
    deal,
    keep,
    mention,
    named,
    opened,
    served,
    settings,
    sign_in,
)

pytestmark = pytest.mark.slow
CHILD = mention(
    "child",
    "My daughter Alice Brown in Year 4 was left in the rain by the café queue",
    level="watch",
    categories=("complaint",),
    author="Zebedee Quirk",
    minutes_ago=40,
)
ABUSE = mention(
    "abuse", "He touched the boys after swimming", level="urgent", categories=("safeguarding",),
    deciding="touched the boys", rule="safeguarding.touch",
)  # fmt: skip
NAMESAKE = mention(
    "leeds", "Hollybrook Arms quiz night", relevant=False, deciding="Hollybrook Arms",
    says="names a public house", rule="not-us.public-house",
)  # fmt: skip
FORMULA = mention("formula", "=cmd|' /C calc'!A0", title="\uff20SUM(1+1)", level="watch")
# What begins a formula, full-width signs too.
SIGNS = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
EVERY = (THREAT, COMPLAINT, PRAISE, HOUSE, CHILD, ABUSE, NAMESAKE, FORMULA)


def indexed(store: Store, *made: mentions.Mention) -> None:
    keep(store, *made)
    index = Indexer(store, (SCHOOL, OTHER))
    while index.index_some():
        pass


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    folder = tmp_path_factory.mktemp("reading")
    with opened(folder) as store:
        indexed(store, *EVERY)
        with served(store, settings(folder)) as web:
            yield web


def found(web: WebServer, wish: str) -> str:
    answer = ask(web, f"/mentions?{wish}")
    assert answer.status == 200
    return answer.text.partition("Found until this day")[2]


def signed_in(web: WebServer) -> Client:
    client = Client(web)
    client.cookies["footprint-session"] = KEY
    return client


# Searching


def test_words_are_found_without_accents_by_their_beginnings_and_in_a_row(store: Store) -> None:
    indexed(store, CHILD, COMPLAINT, PRAISE)
    hits = {
        "cafe": [CHILD], "CAFÉ": [CHILD], "quEue": [CHILD], "que": [CHILD],
        "bully four": [COMPLAINT],
        '"four times"': [COMPLAINT], '"times four"': [], "queue bullying": [], "": [],
    }  # fmt: skip
    with store.reading() as connection:
        for wish, expected in hits.items():
            page = searching.with_words(connection, ["hollybrook"], terms(wish), Wanted(), limit=10)
            assert [one.id for one in page.mentions] == [one.id for one in expected], wish


def test_neither_a_childs_name_nor_an_authors_can_be_searched_for(store: Store) -> None:
    indexed(store, CHILD)
    with store.reading() as connection:
        for name in ("Alice", "Brown", "Zebedee", "Quirk", '"Alice Brown"', "somebody"):
            wish = terms(name)
            page = searching.with_words(connection, ["hollybrook"], wish, Wanted(), limit=10)
            assert page.mentions == (), name


def test_new_words_replace_the_old_ones_and_what_is_deleted_is_found_no_more(store: Store) -> None:
    indexed(store, COMPLAINT, PRAISE)
    with store.writing() as connection:
        old = mentions.one(connection, COMPLAINT.id)
        assert old
        mentions.revise(connection, replace(old, text="The gate was open", revision=2))
        assert searching.waiting(connection) == 1
    Indexer(store, (SCHOOL,)).index_some()
    with store.writing() as connection:
        of_it = (mentions.EVIDENCE, mentions.MENTION)
        for table, column in zip(of_it, ("mention_id", "id"), strict=True):
            connection.execute(delete(table).where(table.c[column] == PRAISE.id))
    with store.reading() as connection:
        for wish, number in (("bullying", 0), ("gate", 1), ("nothing", 1), ("thank", 0)):
            page = searching.with_words(connection, ["hollybrook"], terms(wish), Wanted(), limit=9)
            assert len(page.mentions) == number, wish


@given(st.text())
def test_nothing_that_is_typed_is_a_command(wish: str) -> None:
    assert all(char.isalnum() or char == " " for term in terms(wish) for char in term)
    assert folded(folded(wish)) == folded(wish)


def test_lists_are_narrowed_by_kind_tone_source_level_and_day(store: Store) -> None:
    old = mention("old", "Queue again", level="watch", categories=("complaint",), minutes_ago=9000)
    keep(store, *EVERY, old)
    yesterday = NOW.date() - timedelta(days=1)
    wishes = [
        (Wanted(category="complaint"), [COMPLAINT, CHILD, old]),
        (Wanted(category="complaint", level="respond"), [COMPLAINT]),
        (Wanted(mood="positive"), [PRAISE]),
        (Wanted(source="town-reviews"), []),
        (Wanted(category="complaint", first=yesterday), [COMPLAINT, CHILD]),
        (Wanted(category="complaint", last=yesterday), [old]),
        (Wanted(relevant=False), [NAMESAKE]),
        (Wanted(first=date(2030, 1, 1)), []),
    ]
    with store.reading() as connection:
        for wanted, expected in wishes:
            page = searching.found(connection, ["hollybrook"], wanted, limit=20)
            assert {one.id for one in page.mentions} == {one.id for one in expected}, wanted


def test_two_schools_are_listed_together_in_one_order_page_by_page(store: Store) -> None:
    several = [
        mention(f"m{n}", f"m{n}", level="watch", minutes_ago=n, school=school)
        for n, school in enumerate(["hollybrook", "thornfield"] * 10)
    ]
    keep(store, *several)
    seen, before = [], ""
    with store.reading() as connection:
        while True:
            ids = ["hollybrook", "thornfield"]
            page = searching.found(connection, ids, Wanted(), limit=7, before=before)
            seen += [one.id for one in page.mentions]
            before = page.goes_on
            if not before:
                break
    assert seen == [one.id for one in several]


def test_what_is_no_delicate_matter_is_about_nobody_whatever_its_words(store: Store) -> None:
    words = "The headteacher Jane Ashdown hit a child; the list of pupils was leaked"
    for kinds in ((), ("praise",), ("press",), ("request",), ("praise", "press")):
        keep(store, mention(str(kinds), words, categories=kinds))
        matter = matter_of(SCHOOL, kinds, words)
        signs = matter.about, matter.unsure, matter.leak, matter.is_safeguarding
        assert not any(signs)
    with store.reading() as connection:
        since = NOW - timedelta(days=7)
        assert sum(searching.plain_counts(connection, ["hollybrook"], since).values()) == 5


def test_a_rare_kind_among_very_many_with_the_words_is_found_by_going_on(small: Store) -> None:
    number = searching.LOOKED_THROUGH + 100
    several = [mention(f"m{n}", "bus", level="watch") for n in range(number)]
    rare = mention("rare", "bus", level="urgent")
    with small.writing() as connection:
        mentions.add(connection, [rare])
        searching.index(connection, {rare.id: "bus"}, {rare.id: 1})
        mentions.add(connection, several)
        ids = [one.id for one in several]
        for start in range(0, number, 500):
            part = ids[start : start + 500]
            searching.index(connection, dict.fromkeys(part, "bus"), dict.fromkeys(part, 1))
    wanted = Wanted(level="urgent")
    with small.reading() as connection:
        first = searching.with_words(connection, ["hollybrook"], ("bus",), wanted, limit=30)
        second = searching.with_words(
            connection, ["hollybrook"], ("bus",), wanted, limit=30, before=first.goes_on
        )
    assert (first.mentions, bool(first.goes_on)) == ((), True)
    assert ([one.id for one in second.mentions], second.goes_on) == ([rare.id], "")


# Pages


def test_nobody_finds_what_may_be_about_themself(small: Store, tmp_path: Path) -> None:
    words = "The headteacher hit my son in the corridor"
    about = mention("about", words, level="urgent", categories=("safeguarding",))
    indexed(small, about)
    with served(small, settings(tmp_path)) as web:
        text = found(web, "q=corridor")
        tile = re.search(r"<strong>(\d+)</strong> <span>Urgent", ask(web, "/mentions").body)
        listed = json.loads(ask(web, "/api/mentions?q=corridor").body)
        table = ask(web, "/mentions.csv?q=corridor").body
    assert "Nothing that was found fits this." in text
    assert tile
    assert tile[1] == "0"
    assert listed == {"mentions": [], "next": None}
    assert about.id not in table


def test_a_search_shows_what_holds_the_words_and_nothing_else(pages: WebServer) -> None:
    assert "Hollybrook does nothing" in found(pages, "q=bullying")
    assert "Thank you Hollybrook" not in found(pages, "q=bullying")
    assert "Nothing that was found fits this." in found(pages, "q=xylophone")


def test_a_childs_name_is_masked_in_lists_on_the_page_in_json_and_in_the_table(
    pages: WebServer,
) -> None:
    places = ("/mentions?level=watch", f"/mentions/{CHILD.id}", "/api/mentions",
              f"/api/mentions/{CHILD.id}", "/mentions.csv")  # fmt: skip
    for path in places:
        body = ask(pages, path).body
        assert "[name hidden]" in body, path
        assert "Alice" not in body, path


def test_words_that_nobody_need_see_stand_in_no_list(pages: WebServer) -> None:
    for path in ("/mentions", "/mentions?q=swimming", "/api/mentions", "/mentions.csv",
                 f"/mentions/{ABUSE.id}", f"/api/mentions/{ABUSE.id}"):  # fmt: skip
        assert "touched" not in ask(pages, path).body, path


def test_a_reason_shows_the_words_once_and_is_written_down(small: Store, tmp_path: Path) -> None:
    keep(small, ABUSE)
    with served(small, settings(tmp_path)) as web:
        client = signed_in(web)
        path = f"/mentions/{ABUSE.id}"
        assert "touched" not in client.get(path).body
        refused = client.post(f"{path}/reveal", reason="curiosity")
        shown = client.post(f"{path}/reveal", reason="safety")
        after = client.get(path).body
    assert refused.status == 409
    assert "touched" not in refused.body
    assert "touched the boys" in shown.body
    assert "touched" not in after
    with small.reading() as connection:
        acts = [(one.act, one.subject, one.details) for one in audit.listed(connection)]
    assert ("mention.revealed", ABUSE.id, {"reason": "safety"}) in acts


def test_what_was_left_out_says_by_which_rule(pages: WebServer) -> None:
    hidden = found(pages, "hidden=yes")
    assert "Hollybrook Arms quiz night" in hidden
    assert "Names a public house" in hidden
    assert "Thank you" not in hidden


@pytest.mark.parametrize("wish", ["since=yesterday", "since=2026-11-30&until=2026-11-01"])
def test_a_day_that_is_none_is_said_and_not_guessed(pages: WebServer, wish: str) -> None:
    answer = ask(pages, f"/mentions?{wish}")
    assert answer.status == 200
    assert "day" in answer.text.partition("Found from this day")[0].rpartition("All sources")[2]
    assert "Thank you Hollybrook" not in answer.text


@pytest.mark.parametrize("wish", ["category=author", "mood=angry", "hidden=1", "q=x&before=abc"])
def test_a_wish_that_there_is_not_is_not_found(pages: WebServer, wish: str) -> None:
    assert ask(pages, f"/mentions?{wish}").status == 404


def test_nobody_can_ask_for_an_author(pages: WebServer) -> None:
    for path in ("/mentions", "/api/mentions", "/mentions.csv"):
        assert ask(pages, f"{path}?author=Zebedee").text == ask(pages, path).text
        assert "Zebedee" not in ask(pages, path).body


def test_a_posts_history_tells_its_judgements_and_corrections(small: Store, tmp_path: Path) -> None:
    keep(small, PRAISE)
    with small.writing() as connection:
        said = Said("level", Level.WATCH, (), "", HEAD.email, NOW)
        corrections.keep(connection, PRAISE, said)
    with served(small, settings(tmp_path)) as web:
        text = ask(web, f"/mentions/{PRAISE.id}").text
    assert "What became of it" in text
    assert "Jane Ashdown: The level is wrong. It is: Worth knowing" in text


# Tables and calendars


@pytest.mark.parametrize("mark", [*SIGNS, " =", "\u3000="])
def test_a_cell_that_a_spreadsheet_would_reckon_with_is_text(mark: str) -> None:
    assert exports.cell(f"{mark}1+1") == f"'{mark}1+1"


@given(st.text())
def test_whatever_a_post_says_begins_no_formula(text: str) -> None:
    made = exports.table(("a",), [(text,)])
    assert made.startswith(b"\xef\xbb\xbf")
    (_head, *rows) = csv.reader(io.StringIO(made[3:].decode(), newline=""))
    assert not rows or not rows[0] or rows[0][0][:1] not in SIGNS


def test_numbers_stay_numbers() -> None:
    assert exports.table(("a", "b"), [(-5, 2.5)]) == b"\xef\xbb\xbfa,b\r\n-5,2.5\r\n"


def test_the_table_has_no_author_and_its_export_is_written_down(
    small: Store, tmp_path: Path
) -> None:
    keep(small, FORMULA, CHILD)
    with served(small, settings(tmp_path)) as web:
        answer = ask(web, "/mentions.csv?level=watch")
    rows = list(csv.reader(io.StringIO(answer.body.removeprefix("\ufeff"), newline="")))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(rows) == 3
    assert {"'=cmd|' /C calc'!A0", "'\uff20SUM(1+1)"} <= set(rows[1]) | set(rows[2])
    assert "author" not in rows[0]
    with small.reading() as connection:
        exported = [one for one in audit.listed(connection) if one.act == "mentions.exported"]
    assert [(one.who, one.details["rows"]) for one in exported] == [(HEAD.email, 2)]


@given(st.text(), st.text())
def test_a_calendars_lines_are_short_and_nothing_begins_one(says: str, more: str) -> None:
    made = exports.calendar("x", [Due("1", says, more, "", NOW, False)], NOW).decode()
    lines = made.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert sum(line.startswith("BEGIN:VEVENT") for line in lines) == 1
    assert not any(char in made.replace("\r\n", "") for char in "\r\n")


# Programs


def make_token(web: WebServer, *scopes: str) -> str:
    """Make one on the page; returns the secret that is shown, or the calendar's address."""
    client = signed_in(web)
    client.get("/account/tokens")
    fields = [("token", client.token), ("name", "Dashboard"), *(("scope", one) for one in scopes)]
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": web.address,
            "Cookie": f"footprint-session={KEY}"}  # fmt: skip
    connection = HTTPConnection("127.0.0.1", urlsplit(web.address).port)
    connection.request("POST", "/account/tokens", urlencode(fields), kind)
    body = connection.getresponse().read().decode()
    connection.close()
    shown = re.search(r"<pre[^>]*><code>([^<]+)</code>", body)
    assert shown, body
    return html.unescape(shown[1])


def by_token(web: WebServer, path: str, secret: str, method: str = "GET") -> int:
    bearer = {"Authorization": f"Bearer {secret}"}
    return ask(web, path, cookie="", headers=bearer, method=method).status


def test_a_token_opens_what_its_scopes_say_and_reads_alone(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    with served(small, settings(tmp_path)) as web:
        secret = make_token(web, "mentions")
        assert by_token(web, "/api/mentions", secret) == 200
        assert by_token(web, f"/api/mentions/{THREAT.id}", secret) == 200
        assert by_token(web, "/api/incidents", secret) == 403
        assert by_token(web, "/api/openapi.json", secret) == 200
        assert by_token(web, f"/api/incidents/{named('x')}/take", secret, "POST") == 403
        assert by_token(web, "/mentions", secret) == 303
        assert by_token(web, "/api/mentions", f"{secret}x") == 401
        assert ask(web, "/api/mentions", cookie="").status == 401
        client = signed_in(web)
        page = client.get("/account/tokens").body
        assert secret not in page
        client.post("/account/tokens/end", ended=hashed(secret))
        assert by_token(web, "/api/mentions", secret) == 401
    with small.reading() as connection:
        assert secret.encode() not in b"".join(
            repr(tuple(row)).encode() for row in connection.execute(select(audit.AUDIT)).all()
        )


def test_a_token_of_somebody_who_has_left_opens_nothing(small: Store, tmp_path: Path) -> None:
    left: list[tuple[Person, ...]] = [SCHOOL.people]
    configured = settings(tmp_path)

    def people() -> tuple[object, ...]:
        return (SCHOOL.model_copy(update={"people": left[0]}),)

    with served(small, configured, people=people) as web:
        secret = make_token(web, "mentions")
        before = by_token(web, "/api/mentions", secret)
        left[0] = tuple(one for one in SCHOOL.people if one != HEAD)
        after = by_token(web, "/api/mentions", secret)
    assert (before, after) == (200, 401)


def test_a_program_reads_every_mention_page_by_page(small: Store, tmp_path: Path) -> None:
    keep(small, *(mention(f"m{n}", f"m{n}", level="watch") for n in range(65)))
    ids: list[str] = []
    path: str | None = "/api/mentions?level=watch"
    with served(small, settings(tmp_path)) as web:
        while path:
            answer = json.loads(ask(web, path).body)
            ids += [one["id"] for one in answer["mentions"]]
            path = answer["next"]
    assert len(ids) == len(set(ids)) == 65


def test_the_description_names_every_address_that_programs_have(pages: WebServer) -> None:
    paths = json.loads(ask(pages, "/api/openapi.json").body)["paths"]
    for path in paths:
        real = path.replace("{mention_id}", THREAT.id).replace("{incident_id}", named("none"))
        assert ask(pages, real).status in (200, 404), path
    assert ask(pages, "/api/openapi.json", cookie="").status == 401


def test_a_calendar_has_what_runs_and_no_word_of_a_post(small: Store, tmp_path: Path) -> None:
    keep(small, COMPLAINT)
    case = deal(small, COMPLAINT)
    with small.writing() as connection:
        facts = {"platform": "Facebook"}
        incidents.act(connection, case, "reported", HEAD.email, NOW, text="", facts=facts)
    with served(small, settings(tmp_path)) as web:
        address = make_token(web, "clocks")
        path = address.partition("/clocks.ics")[1] + address.partition("/clocks.ics")[2]
        answer = ask(web, path, cookie="")
        wrong = ask(web, "/clocks.ics?key=wrong", cookie="").status
        as_api = by_token(web, "/api/incidents", path.partition("key=")[2])
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.body.count("BEGIN:VEVENT") >= 1
    assert "DTSTART" in answer.body
    assert "bullying" not in answer.body
    assert (wrong, as_api) == (404, 403)


# Weeks


def test_weeks_are_told_in_numbers_that_a_table_repeats(small: Store, tmp_path: Path) -> None:
    keep(small, *(mention(f"w{n}", "x", minutes_ago=8 * 24 * 60, sentiment="negative")
                  for n in range(7)))  # fmt: skip
    with served(small, settings(tmp_path)) as web:
        page, week = ask(web, "/weeks"), ask(web, "/weeks/2026-W46")
        future, nonsense = ask(web, "/weeks/2026-W47").status, ask(web, "/weeks/x").status
    assert "9 to 15 November 2026" in page.text
    assert "<svg" in page.body
    assert "style=" not in page.body
    assert "7 0 0" in page.text or "7700" in page.text.replace(" ", "")
    assert week.status == 200
    assert (future, nonsense) == (404, 404)


def test_governors_read_no_small_number_and_no_list(small: Store, tmp_path: Path) -> None:
    chair = Person(name="Olu Bello", email="chair@hollybrook.example", roles=("chair",))
    school = SCHOOL.model_copy(update={"people": (*SCHOOL.people, chair)})
    keep(small, *(mention(f"w{n}", "x", minutes_ago=8 * 24 * 60) for n in range(3)))
    sign_in(small, chair, "secret-chair")
    with served(small, settings(tmp_path, schools=(school,))) as web:
        cookie = "footprint-session=secret-chair"
        page = ask(web, "/weeks", cookie=cookie).text
        other = ask(web, "/weeks/2026-W46?edition=head", cookie=cookie).status
        own = ask(web, "/weeks/2026-W46", cookie=cookie)
        numbers = json.loads(ask(web, "/api/weeks", cookie=cookie).body)["weeks"][0]
    assert "fewer than 5" in page
    assert other == 404
    assert own.status == 200
    assert numbers["mentions"] == 0
    assert numbers["rounded"] is True


def test_a_week_can_be_printed(small: Store, tmp_path: Path) -> None:
    keep(small, COMPLAINT)
    with served(small, settings(tmp_path)) as web:
        wish = Request(
            f"{web.address}/weeks/2026-W46/pdf?edition=governors",
            headers={"Cookie": f"footprint-session={KEY}"},
        )
        with urlopen(wish) as answer:
            assert answer.headers["content-type"] == "application/pdf"
            assert answer.read(5) == b"%PDF-"


# Sources


def settle(store: Store, source: str, **outcome: Any) -> None:
    """How the last reading of a source went."""
    with store.writing() as connection:
        look = looks.claim(connection, source, NOW, "test")
        assert look
        assert looks.settle(connection, look, outcome)


def test_a_source_is_read_at_once_when_somebody_asks_and_not_twice_in_a_row(
    small: Store, tmp_path: Path
) -> None:
    with served(small, settings(tmp_path)) as web:
        look = {"tried_at": NOW - timedelta(hours=1), "due_at": NOW + timedelta(hours=1)}
        settle(small, "press-gazette", **look)
        client = signed_in(web)
        client.get("/sources")
        asked = client.post("/sources/press-gazette/test")
        with small.reading() as connection:
            (due,) = looks.everything(connection, ["press-gazette"])
        settle(small, "stanwick-forum", tried_at=NOW, due_at=NOW + timedelta(hours=1))
        soon = client.post("/sources/stanwick-forum/test")
        none = client.post("/sources/nowhere/test").status
        text = client.get(asked.headers["location"].partition("#")[0]).text
    assert due.due_at == NOW
    assert "It is read within a few seconds" in text
    assert "done=soon" in soon.headers["location"]
    assert none == 404
    with small.reading() as connection:
        acts = [(one.act, one.subject) for one in audit.listed(connection)]
    assert acts.count(("source.tested", "press-gazette")) == 1


def test_a_source_says_what_it_brought_and_since_when_it_is_not_seen(
    small: Store, tmp_path: Path
) -> None:
    keep(small, COMPLAINT)
    with small.writing() as connection:
        mentions.note_entries(connection, "stanwick-forum", {"complaint": "c1"}, NOW)
    broken = {"health": "failing", "error": "503", "broken_since": NOW - timedelta(days=2)}
    settle(small, "press-gazette", **broken, due_at=NOW)
    with served(small, settings(tmp_path)) as web:
        text = ask(web, "/sources").text
        listed = json.loads(ask(web, "/api/sources").body)["sources"]
    assert "1 new entry, 1 about a school" in text
    assert "since 19 November at 21:45" in text
    assert "In all 48 hours of the last 28 days" in text
    assert "What cannot be seen" in text
    gap = {one["id"]: one["not_seen"] for one in listed}["press-gazette"]
    assert gap[0]["until"] is None


def test_a_search_with_strange_words_answers(pages: WebServer) -> None:
    for wish in ('"', "*", "NEAR(a b)", "a AND", "' OR 1=1 --", "{{7*7}}", "\u202e", "% _", "a:b"):
        assert ask(pages, f"/mentions?q={quote(wish)}").status == 200

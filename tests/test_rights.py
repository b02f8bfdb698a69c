"""What people may ask about their data: found, hidden, kept unused, decided, and in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor import rights
from monitor.finding_for import found_for
from monitor.keeping import Keeper
from monitor.rights import HELD, Kept, RightsError, Subject
from monitor.settings import School, Settings
from monitor.store import audit, copying, erasing, mentions
from monitor.store import rights as records
from monitor.store.daily import Total
from monitor.store.engine import Store
from monitor.store.opening import open_store
from tests.feeds import Item, rss
from tests.test_commands import Desk
from tests.web_cast import mention, owe, write
from tests.webserver import WebServer

pytestmark = pytest.mark.slow  # a database for each test

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SCHOOL = School(id="hollybrook", name="Hollybrook Primary School", places=("Stanwick",))
WHO = "dpo@hollybrook.example"
POST = mention(
    "dale",
    "Marcus Dale said my son Tom was hit. Ring him on 07700 900123.",
    author="Marcus Dale",
    level="watch",
)
REPLY = mention("reply", "@marcusdale is right about the gates", author="gatewatcher_77")
OTHER = mention("other", "The fair was lovely", author="somebody else")


def keep(store: Store, *posts: mentions.Mention) -> None:
    with store.writing() as connection:
        mentions.add(connection, posts)
        record = [(one, {"text": one.text, "author": one.author}) for one in posts]
        mentions.keep_evidence(connection, record, NOW)


def test_everything_that_names_a_person_is_found_in_every_table(small: Store) -> None:
    keep(small, POST, REPLY, OTHER)
    letter = owe(small, POST)
    write(small, letter, "A post by Marcus  Dale", "<p>x</p>")
    subject = Subject(["marcus dale", "@marcusdale"])
    with small.reading() as connection:
        found = found_for(connection, subject, SCHOOL, ())
    tables = {one.table for one in found}
    assert tables == {"mention", "evidence", "delivery"}
    assert {one.mention for one in found} == {POST.id, REPLY.id}


def test_what_is_another_schools_is_not_given(small: Store) -> None:
    there = mention("there", "Marcus Dale again", school="thornfield")
    keep(small, POST, there)
    with small.reading() as connection:
        found = found_for(connection, Subject(["Marcus Dale"]), SCHOOL, ())
    assert {one.mention for one in found} == {POST.id}


def test_what_is_told_of_others_is_hidden_and_what_is_told_of_the_person_is_not(
    small: Store,
) -> None:
    keep(small, POST, REPLY)
    with small.reading() as connection:
        found = found_for(connection, Subject(["marcus dale", "@marcusdale"]), SCHOOL, ["gates"])
    whole = rights.as_text(found, rights.NAMES, SCHOOL, 1, NOW)
    assert "Marcus Dale said my son [name hidden] was hit. Ring him on [number hidden]." in whole
    assert "is right about the [another person]" in whole
    for word in ("gatewatcher_77", "07700", "Tom "):
        assert word not in whole


def test_a_childs_own_name_stays_in_what_the_child_is_given() -> None:
    text = "my son Tom Harris was hit by pupil Jack Perry"
    shown = rights.redacted(text, Subject(["Tom Harris"]), SCHOOL)
    assert shown == "my son Tom Harris was hit by pupil [name hidden]"


def test_a_name_within_another_word_is_nobody() -> None:
    row = Kept("mention", {"id": "1", "text": "Dalesman Marcus-Daleson"})
    assert list(rights.pieces([row], Subject(["Marcus Dale"]))) == []


@pytest.mark.parametrize("terms", [[], ["  "], ["Jo"], ["@ab"]])
def test_a_search_that_would_find_everybody_is_refused(terms: list[str]) -> None:
    with pytest.raises(RightsError):
        Subject(terms)


def test_foreign_text_cannot_move_the_reader_of_the_file() -> None:
    piece = rights.Piece("mention", (("text", "Marcus Dale\x1b[2J\u202eevil\n--- 9. Posts ---"),))
    text = rights.as_text([piece], rights.NAMES, SCHOOL, 1, NOW)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\n--- 9." not in text


@pytest.mark.parametrize(
    ("kind", "received", "due"),
    [
        ("access", datetime(2026, 1, 31, 9, tzinfo=UTC), date(2026, 3, 2)),  # 28 Feb is a Saturday
        ("erase", datetime(2026, 3, 10, 9, tzinfo=UTC), date(2026, 4, 10)),
        ("complaint", datetime(2026, 9, 1, 9, tzinfo=UTC), date(2026, 10, 1)),
        ("freedom-of-information", datetime(2026, 9, 1, 9, tzinfo=UTC), date(2026, 9, 29)),
    ],
)
def test_each_kind_of_request_has_the_time_of_the_law(
    kind: str, received: datetime, due: date
) -> None:
    assert (rights.due(kind, received, SCHOOL) - timedelta(seconds=1)).date() == due


def test_two_months_more_may_be_taken_once_and_not_for_a_complaint() -> None:
    received = datetime(2026, 3, 10, 9, tzinfo=UTC)
    later = rights.extended("access", received, SCHOOL) - timedelta(seconds=1)
    assert later.date() == date(2026, 6, 10)
    with pytest.raises(RightsError):
        rights.extended("complaint", received, SCHOOL)


def test_a_restricted_post_has_its_words_nowhere_and_gets_them_back(store: Store) -> None:
    keep(store, POST)
    with store.writing() as connection:
        assert records.restrict(connection, POST, "request 1", WHO, NOW)
        assert not records.restrict(connection, POST, "request 1", WHO, NOW)
        unused = mentions.one(connection, POST.id)
        assert unused is not None
        assert (unused.text, unused.author, unused.reasons) == (records.UNUSED, "", ())
        mentions.revise(connection, mention("dale", "Marcus Dale, edited", revision=2))
        again = mentions.one(connection, POST.id)
        assert again is not None
        assert (again.text, again.revision) == (records.UNUSED, 2)
        assert records.lift(connection, again, WHO, NOW)
        whole = mentions.one(connection, POST.id)
        assert whole is not None
        assert (whole.text, whole.author) == (POST.text, POST.author)
        assert not records.lift(connection, whole, WHO, NOW)
        acts = [row.act for row in audit.listed(connection)]
    assert acts == ["rights.lifted", "rights.restricted"]


def test_time_does_not_delete_what_is_restricted_and_erasing_does(
    store: Store, tmp_path: Path
) -> None:
    keep(store, POST)
    late = NOW + timedelta(days=1000)
    with store.writing() as connection:
        records.restrict(connection, POST, "request 1", WHO, NOW)
        keep_days = SCHOOL.keep
        assert erasing.overdue(connection, "hollybrook", keep_days, late) == ()
    keeper = Keeper(Settings(folder=tmp_path, schools=(SCHOOL,)), store, lambda: late)
    keeper.erase([POST.id], WHO, "asked")
    with store.reading() as connection:
        assert mentions.one(connection, POST.id) is None
        assert records.restricted(connection, POST.id) is None


def test_a_decided_request_goes_after_three_years(store: Store, tmp_path: Path) -> None:
    with store.writing() as connection:
        due = rights.due("access", NOW, SCHOOL)
        made = records.ask(connection, "hollybrook", "access", "SAR 1", NOW, due, WHO, NOW)
        kept = records.ask(connection, "hollybrook", "object", "O 1", NOW, due, WHO, NOW)
        records.decide(connection, made, "granted", "sent", WHO, NOW)
    late = NOW + timedelta(days=3 * 365 + 2)
    Keeper(Settings(folder=tmp_path, schools=(SCHOOL,)), store, lambda: late).expire()
    with store.reading() as connection:
        found = records.requests(connection, ["hollybrook"], decided=True)
    assert [one.id for one in found] == [kept.id]


def test_figures_name_nobody_and_hide_what_is_small() -> None:
    def total(day: int, level: str, category: str, number: int) -> Total:
        return Total(
            "hollybrook", date(2026, 9, day), "gazette", level, "negative", category, number
        )

    found = rights.figures(
        [total(1, "watch", "", 3), total(2, "watch", "", 4), total(2, "urgent", "", 1),
         total(2, "urgent", "threat", 1)]
    )  # fmt: skip
    assert found == (
        ("2026-09", "category", "threat", "fewer than 5"),
        ("2026-09", "level", "urgent", "fewer than 5"),
        ("2026-09", "level", "watch", "5 to 9"),
        ("2026-09", "tone", "negative", "5 to 9"),
    )


def test_of_every_table_it_is_said_what_it_holds_of_whom_and_how_long() -> None:
    assert {one.name for one in copying.tables()} - set(HELD) == set()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """For tests that change nothing."""
    with WebServer() as server:
        made = Desk(tmp_path_factory.mktemp("rights"), server)
        open_store(f"sqlite:///{made.folder / 'footprint.db'}").close()
        yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with WebServer() as server:
        made = Desk(tmp_path, server)
        words = "Hollybrook Primary School in Stanwick: thank you, Marcus Dale wrote this"
        server.answers["/gazette"] = rss(Item(words, "1"))
        made.run("poll", "--no-send")
        yield made


def _data(desk: Desk, *words: str) -> dict[str, dict[str, object]]:
    result = desk.run("data", *words, "--json")
    assert result.exit_code == 0, result.stderr
    answer: dict[str, dict[str, object]] = json.loads(result.stdout)
    return answer


def test_a_request_is_answered_by_commands_from_its_arrival_to_the_decision(desk: Desk) -> None:
    out = desk.folder / "answer.txt"
    made = _data(desk, "export", "--name", "Marcus Dale", "--reference", "SAR 1", "--out", str(out))
    assert made["found"]
    assert "Marcus Dale" in out.read_text("utf-8")
    assert out.stat().st_mode & 0o077 == 0
    listed = _data(desk, "requests")["requests"]
    assert [one["reference"] for one in listed] == ["SAR 1"]  # type: ignore[index]
    number = str(made["request"])
    again = desk.run("data", "decide", number, "--acknowledge")
    assert again.exit_code == 0, again.stderr
    assert _data(desk, "decide", number, "--extend", "--why", "many posts")["request"]["extended"]
    done = _data(desk, "decide", number, "--decision", "granted", "--why", "sent by post")
    assert done["request"]["decision"] == "granted"
    assert "was decided already" in desk.run("data", "decide", number, "--acknowledge").stderr
    assert "Nothing is open." in desk.run("data", "requests").stdout


def test_an_objection_that_is_granted_has_the_post_used_no_more(desk: Desk) -> None:
    (first,) = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    _data(desk, "object", first["id"], "--reference", "O 1", "--decision", "granted", "--why", "so")
    (after,) = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    assert after["text"] == records.UNUSED
    lifted = desk.run("data", "restrict", first["id"], "--lift")
    assert "is used again" in lifted.stdout
    (last,) = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    assert last["text"] == first["text"]


def test_a_correction_is_kept_with_who_decided_it_and_why(desk: Desk) -> None:
    (first,) = json.loads(desk.run("mentions", "--json").stdout)["mentions"]
    words = ("--statement", "It was not me", "--reference", "C 1", "--by", "Dana Price")
    made = _data(desk, "correct", first["id"], *words)["request"]
    assert made["decided_by"] == "Dana Price"
    assert "It was not me" in str(made["reason"])


def test_a_complaint_about_data_has_thirty_days_to_be_acknowledged(desk: Desk) -> None:
    words = ("ask", "complaint", "--reference", "K 1", "--received", "2026-06-20")
    assert _data(desk, *words)["request"]["due_at"] == "2026-07-20T23:00:00+00:00"
    assert "OVERDUE" in desk.run("data", "requests").stdout


def test_figures_are_written_as_a_table(desk: Desk) -> None:
    out = desk.folder / "figures.csv"
    result = desk.run("data", "figures", "--since", "2020-01-01", "--out", str(out))
    assert result.exit_code == 0, result.stderr
    assert out.read_bytes().startswith(b"month,of,which,posts\r\n")
    assert b"fewer than 5" in out.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "acces", "--reference", "x"),
        ("ask", "access", "--reference", " "),
        ("ask", "access", "--reference", "x", "--received", "soon"),
        ("ask", "access", "--reference", "x", "--received", "2199-01-01"),
        ("decide", "7", "--acknowledge"),
        ("decide", "7"),
        ("export", "--name", "Jo", "--reference", "x", "--out", "x.txt"),
        ("restrict", "zzz", "--reference", "x", "--why", "x"),
        ("figures", "--since", "x", "--out", "x.csv"),
    ],
)
def test_a_wrong_use_is_told_in_one_line(shared: Desk, words: tuple[str, ...]) -> None:
    result = shared.run("data", *words)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_store_that_was_closed_loses_no_request(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    first = open_store(url)
    with first.writing() as connection:
        due = rights.due("access", NOW, SCHOOL)
        records.ask(connection, "hollybrook", "access", "SAR 1", NOW, due, WHO, NOW)
    first.close()
    second = open_store(url)
    with second.reading() as connection:
        assert records.requests(connection, ["hollybrook"])
    second.close()

"""Before the school posts: names beside pictures, consent, details; and what is taken down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor import consent
from monitor.commands import app
from monitor.consent import ConsentError, Draft, Pupil
from monitor.settings import School
from monitor.store import audit, erasing, mentions, rights
from monitor.store.engine import Store
from monitor.store.opening import open_store
from tests.configs import SCHOOL as SCHOOL_TEXT
from tests.configs import mistake
from tests.test_commands import Desk
from tests.web_cast import mention
from tests.webserver import WebServer

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
OFFICE = "office@hollybrook.example"
SCHOOL = School(
    id="hollybrook",
    name="Hollybrook Primary School",
    official_accounts=("@hollybrookpri", "https://www.facebook.com/HollybrookPrimary"),
)
LIST = """pupil,image,video,name,until
Amara Osei,yes,yes,yes,2027-07-31
Ben Carter,yes,no,no,
Caitlin Rees,yes,yes,yes,01/09/2026
"""
PUPILS = consent.pupils_in(LIST.encode())
OWN = mention("own", "Well done Caitlin Rees at the fair", author="@HollybrookPri")
SHARED = mention(
    "shared",
    "Caitlin Rees won",
    author="Hollybrook",
    url="https://facebook.com/hollybrookprimary/posts/1",
)
THEIRS = mention("theirs", "Caitlin Rees is my niece", author="an aunt")


def said(text: str, *, picture: bool = False, video: bool = False) -> tuple[str, ...]:
    return consent.warnings(Draft(text, picture, video), SCHOOL, PUPILS, TODAY)


def test_a_full_name_beside_a_picture_is_warned_of_even_with_consent() -> None:
    (line,) = said("Amara Osei won the race", picture=True)
    assert line.startswith("A full name stands beside a picture")
    assert said("Amara Osei won the race") == ()


def test_a_named_pupil_without_consent_is_warned_of_for_each_thing_that_lacks_it() -> None:
    found = said("Well done ben  carter", picture=True, video=True)
    assert "Ben Carter may not be named: there is no consent." in found
    assert "Ben Carter may not be shown in a film: there is no consent." in found
    assert not any("in a picture: " in line for line in found)


def test_a_consent_that_has_ended_is_none() -> None:
    found = said("Caitlin Rees sang", picture=True)
    assert "Caitlin Rees may not be named: the consent ended on 01 Sep 2026." in found
    day_before = consent.warnings(Draft("Caitlin Rees sang"), SCHOOL, PUPILS, date(2026, 9, 1))
    assert day_before == ()


def test_a_first_name_beside_a_picture_asks_whether_it_is_the_one_without_consent() -> None:
    assert said("Ben and Amara on the swings", picture=True) == (
        "A pupil called Ben lacks consent: make sure that it is another.",
    )
    assert said("Ben and Amara on the swings") == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Ring Mrs Hall on 07700 900123", "a telephone number"),
        ("Party at 12 Elm Grove, all welcome", "a postal address"),
        ("Write to sam.hall@post.example", "an email address"),
        ("our little boy Tom has autism and loved it", "a child's health or needs"),
    ],
)
def test_personal_details_are_to_be_taken_out(text: str, what: str) -> None:
    assert f"It holds {what}: take it out." in said(text)


def test_without_a_list_a_childs_name_is_to_be_looked_up() -> None:
    found = consent.warnings(Draft("our pupil Ella Hughes won", True), SCHOOL, (), TODAY)
    assert any("look up in the consent record" in line for line in found)
    assert found[0].startswith("A full name stands beside a picture")


def test_nothing_is_said_of_a_post_with_nothing_in_it() -> None:
    assert said("Our Christmas fair is on Friday at 3pm. All welcome!", picture=True) == ()


def test_a_list_survives_its_own_packing() -> None:
    assert consent.unpacked(consent.packed(PUPILS)) == PUPILS
    assert PUPILS[1] == Pupil("Ben Carter", True, False, False, None)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"name,image\nx,yes\n", "first line"),
        (LIST.replace("yes,no,no,", "perhaps,no,no,").encode(), "line 3: image must be yes or no"),
        (LIST.replace("2027-07-31", "soon").encode(), "line 2: until must be a day"),
        (LIST.replace("Ben Carter", "\u202e").encode(), "line 3: the pupil's name"),
        (b"\xff\xfe\x00", "no CSV in UTF-8"),
        (b"pupil,image,video,name,until\n", "first line"),
        (b"x" * 3_000_000, "longer than 2 MB"),
    ],
)
def test_a_list_that_is_not_plainly_one_is_refused_whole(content: bytes, why: str) -> None:
    with pytest.raises(ConsentError, match=why):
        consent.pupils_in(content)


def test_only_the_schools_own_accounts_are_searched_for_what_to_take_down() -> None:
    posts = (OWN, SHARED, THEIRS)
    assert consent.to_take_down(posts, SCHOOL, ["Caitlin Rees"]) == (OWN, SHARED)
    assert consent.to_take_down(posts, SCHOOL, ["Amara Osei"]) == ()
    nowhere = SCHOOL.model_copy(update={"official_accounts": ()})
    assert consent.to_take_down(posts, nowhere, ["Caitlin Rees"]) == ()


def test_who_was_on_the_list_and_is_no_more_has_withdrawn() -> None:
    after = consent.pupils_in(b"pupil,image,video,name,until\nAmara Osei,no,yes,yes,\n")
    assert consent.withdrawn(PUPILS, after, TODAY) == ("Amara Osei", "Ben Carter", "Caitlin Rees")
    assert consent.withdrawn(PUPILS[:2], PUPILS, TODAY) == ()


def test_what_is_to_be_taken_down_has_an_owner_until_it_is_done(store: Store) -> None:
    with store.writing() as connection:
        mentions.add(connection, [OWN, SHARED])
        assert rights.take_down(connection, [OWN, SHARED], OFFICE, OFFICE, NOW) == 2
        assert rights.take_down(connection, [OWN], OFFICE, OFFICE, NOW) == 0
        assert [one.owner for one in rights.to_take_down(connection, "hollybrook")] == [OFFICE] * 2
        assert rights.taken_down(connection, OWN.id, OFFICE, NOW)
        assert not rights.taken_down(connection, OWN.id, OFFICE, NOW)
        assert [one.url for one in rights.to_take_down(connection, "hollybrook")] == [SHARED.url]
        assert rights.take_down(connection, [OWN], OFFICE, OFFICE, NOW) == 1  # it is back
        erasing.expire(connection, [OWN.id, SHARED.id], NOW)
        assert rights.to_take_down(connection, "hollybrook") == ()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with WebServer() as server:
        made = Desk(tmp_path, server)
        open_store(f"sqlite:///{tmp_path / 'footprint.db'}").close()
        yield made


def run(desk: Desk, *arguments: str, stdin: str = "") -> Result:
    config = ["--config", str(desk.write())]
    return CliRunner().invoke(app("check_post"), ["check-post", *arguments, *config], input=stdin)


def test_the_list_is_kept_encrypted_and_looked_up(desk: Desk) -> None:
    path = desk.folder / "list.csv"
    path.write_text(LIST, "utf-8")
    kept = run(desk, "--consent", str(path), "--json")
    assert json.loads(kept.stdout) == {"pupils": 3, "ended": 0, "posts": 0}
    assert b"Carter" not in (desk.folder / "footprint.db").read_bytes()
    wal = desk.folder / "footprint.db-wal"
    assert not wal.exists() or b"Carter" not in wal.read_bytes()
    checked = run(desk, "-", "--json", stdin="Ben Carter won")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)["warnings"] == [
        "Ben Carter may not be named: there is no consent.",
    ]
    assert run(desk, "-", stdin="The fair is on Friday").exit_code == 0
    assert "is deleted" in run(desk, "--forget").stderr
    assert "No consent list is kept" in run(desk, "-", stdin="hello").stderr


def test_a_new_list_makes_the_tasks_of_whoever_has_withdrawn(desk: Desk) -> None:
    desk.people = f'official_accounts = ["@hollybrookpri"]\n{desk.people}'
    store = open_store(f"sqlite:///{desk.folder / 'footprint.db'}")
    with store.writing() as connection:
        mentions.add(connection, [OWN, THEIRS])
    store.close()
    path = desk.folder / "list.csv"
    path.write_text(LIST.replace("01/09/2026", ""), "utf-8")
    run(desk, "--consent", str(path))
    path.write_text(LIST.replace("Caitlin Rees,yes,yes,yes,01/09/2026\n", ""), "utf-8")
    made = run(desk, "--consent", str(path), "--by", OFFICE, "--json")
    assert json.loads(made.stdout) == {"pupils": 2, "ended": 1, "posts": 1}
    (post,) = json.loads(run(desk, "--withdrawn", "--json").stdout)["posts"]
    assert post == {"id": OWN.id, "url": OWN.url, "owner": OFFICE}
    store = open_store(f"sqlite:///{desk.folder / 'footprint.db'}")
    with store.reading() as connection:
        trail = json.dumps([row.details for row in audit.listed(connection)])
    store.close()
    assert "Caitlin" not in trail


def test_who_may_post_is_one_of_the_schools_people(tmp_path: Path) -> None:
    text = f'{SCHOOL_TEXT}posters = ["nobody@hollybrook.example"]\n'
    assert "is the address of nobody under [[schools.people]]" in mistake(tmp_path, text)


@pytest.mark.parametrize("words", [(), ("x", "--forget"), ("no-such-file",)])
def test_a_wrong_use_is_told_in_one_line(desk: Desk, words: tuple[str, ...]) -> None:
    result = run(desk, *words)
    assert result.exit_code in (1, 2)
    assert len(result.stderr.strip().splitlines()) == 1

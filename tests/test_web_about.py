"""What the pages say of Footprint itself, and what a trust sees of its schools: numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.settings import Approval, Keep, Person, School, Settings
from monitor.store import incidents
from monitor.store.daily import begin
from monitor.store.engine import Store
from monitor.store.incidents import Act, Incident
from monitor.web.trust_pages import by_age, took
from tests.signing import Client
from tests.web_cast import (
    COMPLAINT,
    FAILED,
    HEAD,
    LEAD,
    NOW,
    THREAT,
    deal,
    keep,
    mention,
    served,
    settings,
    sign_in,
    watch,
)

pytestmark = pytest.mark.slow

CHIEF = Person(name="Nia Rees", email="chief@trust.example", roles=("trust",))
TEACHER = Person(name="Zeb Quill", email="zq@hollybrook.example", roles=("staff",))
DPO = Person(name="Di Po", email="dpo@hollybrook.example", roles=("dpo",))
SCHOOL = School(
    id="hollybrook",
    name="Hollybrook <b>Primary</b> School",
    people=(HEAD, LEAD, CHIEF, TEACHER, DPO),
    keep=Keep(routine=21),
    approval=Approval(
        headteacher="Jane",
        dpo_advice="agreed",
        date="2026-09-01",
        notice_url="https://hollybrook.example/privacy",
    ),
)
OTHER = School(id="thornfield", name="Thornfield Infant School", people=(HEAD, CHIEF))
ALONE = School(id="alone", name="Lone Oak School", people=(HEAD,))


@contextmanager
def at(store: Store, folder: Path, person: Person, *schools: School) -> Iterator[Client]:
    configured: Settings = settings(folder, schools=schools or (SCHOOL, OTHER, ALONE))
    with served(store, configured) as web:
        secret = f"s3cret-of-{person.email}"
        sign_in(store, person, secret)
        client = Client(web)
        client.cookies["footprint-session"] = secret
        yield client


def test_the_trust_sees_its_own_schools_side_by_side_and_no_words(
    store: Store, tmp_path: Path
) -> None:
    watch(store, press_gazette=FAILED)
    complaints = [replace(COMPLAINT, id=f"{at:032x}", entry_key=f"{at}") for at in range(7)]
    keep(store, THREAT, *complaints)
    for one in (THREAT, *complaints):
        deal(store, one, school=SCHOOL)
    with at(store, tmp_path, CHIEF) as client:
        answer = client.get("/trust")
    assert answer.status == 200
    assert "Thornfield Infant School" in answer.text
    assert "Lone Oak" not in answer.text
    assert "Hollybrook &lt;b&gt;Primary" in answer.body
    row = answer.text.partition("Hollybrook <b>Primary</b> School")[2]
    # One urgent is hidden, seven that need a response are said to the nearest five.
    assert row.startswith(f" {'fewer than 5 ' * 3}5 fewer than 5") or row.startswith(
        f"{'fewer than 5' * 3}5fewer than 5"
    )
    assert "1 of 3" in answer.text
    for word in ("waiting outside", "bullying", "Hollybrook does nothing"):
        assert word not in answer.text


def test_whoever_is_of_no_trust_sees_no_such_page(store: Store, tmp_path: Path) -> None:
    for person in (HEAD, LEAD, TEACHER):
        with at(store, tmp_path, person) as client:
            assert client.get("/trust").status == 403
            assert 'href="/trust"' not in client.get("/about").body


def test_a_usual_week_is_said_only_where_enough_is_known(small: Store, tmp_path: Path) -> None:
    with small.writing() as connection:
        begin(connection, "hollybrook", NOW - timedelta(days=3), NOW)
    with at(small, tmp_path, CHIEF) as client:
        text = client.get("/trust").text
    assert "not known yet" in text
    assert "fewer than 5 were taken" in text


def _incident(number: int, level: str, hours: float, state: str = "open") -> Incident:
    opened = NOW - timedelta(hours=hours)
    return Incident(
        id=f"{number}", school="hollybrook", level=level, kinds=(), state=state,  # type: ignore[arg-type]
        opened_at=opened, changed_at=opened, owner="", about=(), first_mention="", places=1,
        last_spread_at=None, outcome="",
    )  # fmt: skip


def test_incidents_count_by_age_and_closed_ones_do_not() -> None:
    young = [_incident(at, "urgent", 2) for at in range(6)]
    week = [_incident(at, "urgent", 30) for at in range(13)]
    old = [_incident(at, "urgent", 24 * 30) for at in range(4)]
    closed = [_incident(at, "urgent", 2, "closed") for at in range(50)]
    other = [_incident(at, "respond", 2) for at in range(50)]
    found = by_age([*young, *week, *old, *closed, *other], "urgent", NOW)
    assert found == ("5", "15", "fewer than 5")


def test_the_time_until_somebody_had_one_is_the_middle_one_of_enough() -> None:
    recent = [_incident(at, "urgent", 10) for at in range(6)]
    acts = [
        Act(
            at,
            f"{at}",
            NOW - timedelta(hours=10) + timedelta(minutes=20 * at),
            "x",
            "taken",
            "",
            {},
        )
        for at in range(6)
    ]
    later = Act(9, "0", NOW, "y", "assigned", "", {})
    assert took(recent, [*acts, later]) == "1 h 0 min"
    assert took(recent, acts[:4]) == "fewer than 5 were taken"
    assert took([], []) == "fewer than 5 were taken"


def test_everybody_may_read_what_is_collected_and_for_how_long(
    store: Store, tmp_path: Path
) -> None:
    with at(store, tmp_path, TEACHER) as client:
        answer = client.get("/about")
        client.get("/language")
        client.post("/language", language="cy", back="/about")
        welsh = client.get("/about").text
    assert answer.status == 200
    for says in (
        "What is collected",
        "Routine21",
        "Press-gazette (feed)",
        "dpo@hollybrook.example",
        "Members of staff can look for themselves",
        "No post at all: IT support, governor and member of staff.",
    ):
        assert says.replace(" ", "") in answer.text.replace(" ", ""), says
    assert "https://hollybrook.example/privacy" in answer.body
    assert "Thornfield" not in answer.text
    assert "Beth a gesglir" in welsh


def test_strangers_learn_nothing_of_versions(store: Store, tmp_path: Path) -> None:
    with at(store, tmp_path, TEACHER) as client:
        client.cookies.clear()
        assert client.get("/about").status == 303


def test_nobody_of_a_school_that_takes_no_part_sees_another(store: Store, tmp_path: Path) -> None:
    keep(store, mention("there", "x", school="thornfield"))
    with at(store, tmp_path, TEACHER) as client:
        assert "Thornfield" not in client.get("/about").text
    with store.reading() as connection:
        assert incidents.listed(connection, ["hollybrook"]) == ()

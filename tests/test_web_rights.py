"""The pages of data protection: who decides, who searches, who posts; and what nobody learns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor import consent
from monitor.rights import HELD
from monitor.settings import Person, School
from monitor.store import audit, rights
from monitor.store.engine import Store
from monitor.web.server import WebServer
from tests.signing import Client
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    KEYS,
    NOW,
    OTHER,
    keep,
    mention,
    opened,
    served,
    settings,
    sign_in,
)

pytestmark = pytest.mark.slow
DPO = Person(name="Dana Price", email="dpo@hollybrook.example", roles=("dpo",))
OFFICE = Person(name="Sam Hill", email="office@hollybrook.example", roles=("office",))
STAFF = Person(name="Ali Noor", email="ali@hollybrook.example", roles=("staff",))
SCHOOL = School(
    id="hollybrook",
    name="Hollybrook Primary School",
    people=(HEAD, DPO, OFFICE, STAFF),
    posters=(OFFICE.email,),
    official_accounts=("@hollybrookpri",),
)
DALE = mention("dale", "Marcus Dale <b>says</b> my son Tom was hit", author="Marcus Dale")
REPLY = mention("reply", "Marcus Dale is right, says Ivy Cole", author="gatewatcher_77")
OWN = mention("own", "Well done Ella Ray", author="@hollybrookpri")


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebServer, Store]]:
    folder = tmp_path_factory.mktemp("rights")
    with opened(folder) as store:
        keep(store, DALE, REPLY, COMPLAINT, OWN)
        for person in (HEAD, DPO, OFFICE, STAFF):
            sign_in(store, person, f"secret-{person.roles[0]}")
        with served(store, settings(folder, schools=(SCHOOL, OTHER))) as web:
            yield web, store


def client(web: WebServer, role: str) -> Client:
    made = Client(web)
    made.cookies["footprint-session"] = f"secret-{role}"
    made.get("/account")
    return made


def ask(officer: Client, kind: str = "access") -> None:
    assert officer.post("/data/requests", kind=kind, reference="SAR 1").status == 303


def test_everybody_reads_what_is_kept_by_kind_and_a_list_of_nobody(
    world: tuple[WebServer, Store],
) -> None:
    web, _ = world
    page = client(web, "staff").get("/data")
    assert page.status == 200
    for held in HELD.values():
        assert held.name in page.text
    for name in ("Marcus Dale", "gatewatcher_77", "What people have asked"):
        assert name not in page.text


def test_the_officer_writes_down_acknowledges_and_decides(world: tuple[WebServer, Store]) -> None:
    web, store = world
    officer = client(web, "dpo")
    ask(officer, "complaint")
    page = officer.get("/data")
    assert "complaint, SAR 1" in page.text
    assert "To be acknowledged by" in page.text
    assert officer.post("/data/requests/1", decision="acknowledged").status == 303
    assert officer.post("/data/requests/1", decision="refused").status == 422
    assert officer.post("/data/requests/1", decision="refused", why="not ours").status == 303
    assert officer.post("/data/requests/1", decision="granted", why="x").status == 409
    with store.reading() as connection:
        found = rights.request(connection, 1)
    assert found is not None
    assert (found.decision, found.decided_by, found.reason) == ("refused", DPO.email, "not ours")


def test_the_search_needs_a_request_hides_others_and_is_written_down(
    world: tuple[WebServer, Store],
) -> None:
    web, store = world
    officer = client(web, "dpo")
    refused = officer.post("/data/search", terms="Marcus Dale", act="look")
    assert (refused.status, "Say for which open request" in refused.text) == (422, True)
    ask(officer)
    wanted = {"number": "1", "terms": "Marcus Dale", "hide": "Ivy Cole"}
    page = officer.post("/data/search", **wanted, act="look")
    assert page.status == 200
    assert "&lt;b&gt;says&lt;/b&gt; my son [name hidden] was hit" in page.body
    assert "says [another person]" in page.text
    for name in ("gatewatcher_77", "Tom", "We have reported"):
        assert name not in page.text
    file = officer.post("/data/search", **wanted, leave="0", act="file")
    assert file.headers["content-disposition"] == 'attachment; filename="request-1.txt"'
    assert file.headers["content-type"].startswith("text/plain")
    with store.reading() as connection:
        acts = [row.act for row in audit.listed(connection, subject="1")]
    assert acts == ["data.exported", "data.searched", "rights.asked"]


@pytest.mark.parametrize("role", ["headteacher", "office", "staff"])
def test_nobody_but_the_officer_searches_for_a_person(
    world: tuple[WebServer, Store], role: str
) -> None:
    web, _ = world
    other = client(web, role)
    assert other.get("/data/search").status == 403
    assert other.post("/data/search", number="1", terms="Marcus Dale").status == 403


def test_an_officer_decides_nothing_of_another_school(world: tuple[WebServer, Store]) -> None:
    web, store = world
    with store.writing() as connection:
        rights.ask(connection, "thornfield", "access", "T 1", NOW, NOW, "x", NOW)
    officer = client(web, "dpo")
    assert "T 1" not in officer.get("/data").text
    assert officer.post("/data/requests/1", decision="granted", why="x").status == 404
    assert officer.get("/data/search?school=thornfield").status == 404
    assert officer.post("/data/requests", school="thornfield", kind="access").status == 404


def test_the_head_approves_and_the_page_says_what_it_covers(
    world: tuple[WebServer, Store],
) -> None:
    web, store = world
    head = client(web, "headteacher")
    assert "kept, in days" in head.get("/data").text
    assert head.post("/data/approve", school="hollybrook", advice="DPIA v2 agreed").status == 303
    with store.reading() as connection:
        last = rights.approval(connection, "hollybrook")
    assert last is not None
    assert (last.headteacher, last.dpo_advice) == ("Jane Ashdown", "DPIA v2 agreed")
    assert client(web, "dpo").post("/data/approve", advice="x").status == 403


def test_who_may_post_looks_at_a_draft_and_nobody_else_does(
    world: tuple[WebServer, Store],
) -> None:
    web, store = world
    pupils = consent.pupils_in(b"pupil,image,video,name,until\nElla Ray,no,no,no,\n")
    with store.writing() as connection:
        sealed = KEYS.seal(consent.packed(pupils))
        rights.keep_consent(connection, "hollybrook", sealed, 1, OFFICE.email, NOW)
        rights.take_down(connection, [OWN], OFFICE.email, OFFICE.email, NOW)
    office = client(web, "office")
    page = office.post("/check-post", text="Ella Ray won <i>", shows="picture")
    assert "Ella Ray may not be shown in a picture: there is no consent." in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "<i>" not in page.body
    assert OWN.url in page.text
    assert client(web, "headteacher").get("/check-post").status == 404
    assert client(web, "staff").post("/check-post", text="Ella Ray").status == 404
    assert office.post("/check-post/done", mention=COMPLAINT.id).status == 404
    assert office.post("/check-post/done", mention=OWN.id).status == 303
    assert OWN.url not in office.get("/check-post").text

"""Who may open what: the written matrix beside the route table, and what no page lets on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from monitor.settings import Person, Role, School
from monitor.settings_changes import SettingsFiles
from monitor.store.engine import Store
from monitor.web.app import create_app
from monitor.web.keys import hashed
from monitor.web.routes import Route, table
from monitor.web.server import WebServer
from monitor.web.sessions import Sessions
from monitor.web.signin_pages import Entrance
from monitor.web.site import Site, templates
from tests.signing import Client
from tests.web_cast import (
    COMPLAINT,
    HEAD,
    KEYS,
    LEAD,
    NOW,
    SCHOOL,
    THREAT,
    ask,
    keep,
    mention,
    opened,
    owe,
    served,
    settings,
    sign_in,
    write,
)

pytestmark = pytest.mark.slow
ROLES = get_args(Role)
LEADERS = "headteacher deputy dsl deputy_dsl duty"
READERS = f"{LEADERS} chair vice_chair trust office clerk dpo"
EVERYBODY = " ".join(ROLES)
# What each address of the program is for; one that is not here fails the test.
MATRIX = {
    "/health": "anyone",
    "/static/{name}": "anyone",
    "/language": "anyone",
    "/confirm/{mark}": "anyone",
    "/inbox/{source}": "programs",
    "/metrics": "programs",
    "/signin": "anyone",
    "/signin/link/{secret}": "anyone",
    "/signin/link": "anyone",
    "/signin/second": "anyone",
    "/signin/setup": "anyone",
    "/signout": "anyone",
    "/data": EVERYBODY,
    "/data/requests": "headteacher dpo",
    "/data/requests/{number}": "headteacher dpo",
    "/data/search": "dpo",
    "/data/approve": "headteacher",
    "/check-post": EVERYBODY,
    "/check-post/done": EVERYBODY,
    "/account": EVERYBODY,
    "/account/end": EVERYBODY,
    "/account/end-others": EVERYBODY,
    "/account/codes": EVERYBODY,
    "/account/app": EVERYBODY,
    "/presence": EVERYBODY,
    "/presence/open": EVERYBODY,
    "/presence/enrol": EVERYBODY,
    "/presence/run": EVERYBODY,
    "/presence/mark": EVERYBODY,
    "/presence/list": EVERYBODY,
    "/presence/tick": EVERYBODY,
    "/presence/shut": EVERYBODY,
    "/presence/withdraw": EVERYBODY,
    "/": EVERYBODY,
    "/api/incidents": READERS,
    "/api/incidents/{incident_id}": READERS,
    "/api/incidents/{incident_id}/{act}": READERS,
    "/settings": "office headteacher",
    "/settings/{school_id}/{part}": "office headteacher",
    "/settings/{school_id}/people/{place}": "headteacher",
    "/about": EVERYBODY,
    "/trust": "trust",
    "/report": EVERYBODY,
    "/report/kept": EVERYBODY,
    "/tell/{school_id}": "anyone",
    "/mentions/{mention_id}/pictures/{name}": READERS,
    "/letter/{mention_id}": "anyone",
    "/weeks": READERS,
    "/weeks/{iso}": READERS,
    "/weeks/{iso}/pdf": READERS,
    "/mentions.csv": READERS,
    "/clocks.ics": "anyone",
    "/api/openapi.json": f"{READERS} it",
    "/api/mentions": READERS,
    "/api/mentions/{mention_id}": READERS,
    "/api/weeks": READERS,
    "/api/sources": f"{READERS} it",
    "/account/tokens": f"{READERS} it",
    "/account/tokens/end": f"{READERS} it",
    "/mentions": READERS,
    "/mentions/{mention_id}": READERS,
    "/mentions/{mention_id}/reveal": READERS,
    "/mentions/{mention_id}/viewing": READERS,
    "/incidents/{incident_id}": READERS,
    "/incidents/{incident_id}/reveal": READERS,
    "/incidents/{incident_id}/{act}": READERS,
    "/mail": READERS,
    "/mail/{letter_id}": READERS,
    "/mail/{letter_id}/html": READERS,
    "/sources": f"{READERS} it",
    "/sources/{source}/test": f"{READERS} it",
}
BY_ROLE = {
    role: Person(name=f"Person {role}", email=f"{role}@hollybrook.example", roles=(role,))
    for role in ROLES
}
FILES = SettingsFiles(Path("config.toml"), {})
WHOLE = SCHOOL.model_copy(update={"people": (HEAD, *BY_ROLE.values())})
AGAINST_THE_HEAD = mention(
    "against",
    "The headteacher hit my son in the corridor and nobody will listen.",
    level="urgent",
    categories=("safeguarding",),
    deciding="hit my son",
    minutes_ago=30,
)


def _cookie(role: str) -> str:
    return f"footprint-session=secret-{role}"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebServer, Store]]:
    folder = tmp_path_factory.mktemp("roles")
    with opened(folder) as store:
        keep(store, THREAT, COMPLAINT, AGAINST_THE_HEAD)
        for role, person in BY_ROLE.items():
            sign_in(store, person, f"secret-{role}")
        with served(store, settings(folder, schools=(WHOLE,)), files=FILES) as web:
            yield web, store


def _table(store: Store, folder: Path) -> tuple[Route, ...]:
    configured = settings(folder, schools=(WHOLE,))
    site = Site(configured, (WHOLE,), store, lambda: NOW, False, tuple, templates(), tuple)
    sessions = Sessions(store, lambda: (WHOLE,), lambda: NOW)
    return table(site, Entrance(site, sessions, KEYS), is_watching=True, files=FILES)


def test_every_route_is_in_the_matrix_with_those_who_may_open_it(
    small: Store, tmp_path: Path
) -> None:
    written = {path: frozenset(who.split()) for path, who in MATRIX.items()}
    found: dict[str, frozenset[str]] = {}
    for route in _table(small, tmp_path):
        assert found.setdefault(route.path, route.who) == route.who, route.path
    assert found == written


def test_no_route_of_the_application_stands_outside_the_table(small: Store, tmp_path: Path) -> None:
    configured = settings(tmp_path, schools=(WHOLE,))
    app = create_app(
        settings=configured,
        schools=(WHOLE,),
        store=small,
        clock=lambda: NOW,
        demo=False,
        keys=KEYS,
        files=FILES,
    )
    assert {route.path for route in app.routes} == set(MATRIX)  # type: ignore[attr-defined]


PLAIN = {"name": "x", "mark": "x", "secret": "x", "act": "take", "source": "x"}
PLAIN |= {"part": "names", "place": "0"}


@pytest.mark.parametrize("role", ["stranger", *ROLES])
def test_each_role_opens_what_the_matrix_says_and_nothing_else(
    school: tuple[WebServer, Store], role: str
) -> None:
    web, _ = school
    for path, who in MATRIX.items():
        names = dict.fromkeys(re.findall(r"{(\w+)}", path), "0" * 32) | PLAIN
        address = path.format(**names)
        answer = ask(web, address, cookie=_cookie(role))
        status = answer.status
        if status == 405:  # a form alone is taken there, and none without our token
            status = ask(web, address, method="POST", cookie=_cookie(role)).status
            assert status in ({401, 404} if who == "programs" else {403}), (path, status)
        elif who in ("anyone", "programs"):  # a program on this machine, for the figures
            assert "next=" not in answer.headers.get("location", ""), path
        elif role == "stranger":
            assert status == (401 if path.startswith("/api/") else 303), path
        else:
            assert (status == 403) == (role not in who.split()), (path, status)


@pytest.mark.parametrize("role", ["staff", "governor", "it"])
def test_a_form_of_a_page_that_is_not_theirs_does_nothing_even_with_their_own_token(
    school: tuple[WebServer, Store], role: str
) -> None:
    web, _ = school
    client = Client(web)
    client.cookies["footprint-session"] = f"secret-{role}"
    client.get("/account")
    for act in ("take", "close", "reveal"):
        answer = client.post(f"/incidents/{'0' * 32}/{act}")
        assert (answer.status, "This is not open to you" in answer.text) == (403, True)


def test_nobody_reads_an_allegation_against_themself_on_any_page(
    school: tuple[WebServer, Store],
) -> None:
    web, store = school
    owe(store, AGAINST_THE_HEAD, BY_ROLE["chair"])
    letter = owe(store, AGAINST_THE_HEAD, BY_ROLE["deputy"])
    write(store, letter, "hit my son", "<p>hit my son</p>")
    head, chair = _cookie("headteacher"), _cookie("chair")
    assert ask(web, f"/mentions/{AGAINST_THE_HEAD.id}", cookie=head).status == 404
    assert ask(web, f"/mail/{letter}", cookie=head).status == 404
    assert ask(web, f"/mail/{letter}/html", cookie=head).status == 404
    lists = ("/", "/mentions", "/mentions?level=urgent", "/mentions.csv", "/mail", "/weeks")
    for path in (*lists, "/api/mentions", f"/api/mentions/{AGAINST_THE_HEAD.id}"):
        assert "hit my son" not in ask(web, path, cookie=head).body
        assert AGAINST_THE_HEAD.id not in ask(web, path, cookie=head).body
    whole = ask(web, f"/mentions/{AGAINST_THE_HEAD.id}", cookie=chair)
    assert "You do not need to read this to act on it" in whole.text
    tile = r"<strong>(\d+)</strong> <span>Urgent"
    seen = [re.search(tile, ask(web, "/mentions", cookie=one).body) for one in (head, chair)]
    assert [found and found[1] for found in seen] == ["1", "2"]


def test_a_governor_sees_no_complaint_that_may_reach_a_panel_and_the_office_no_safeguarding(
    school: tuple[WebServer, Store],
) -> None:
    web, _ = school
    for role, status in (("chair", 404), ("trust", 404), ("office", 200), ("dsl", 200)):
        assert ask(web, f"/mentions/{COMPLAINT.id}", cookie=_cookie(role)).status == status, role
    hidden = ask(web, f"/mentions/{AGAINST_THE_HEAD.id}", cookie=_cookie("office"))
    assert hidden.status == 404


def test_a_role_at_one_school_opens_nothing_of_another(tmp_path: Path) -> None:
    lead = School(id="thornfield", name="Thornfield Infant School", people=(LEAD,))
    there = mention("there", "Thornfield is grand", school="thornfield")
    with opened(tmp_path) as store:
        keep(store, THREAT, there)
        letter = owe(store, there, LEAD)
        with served(store, settings(tmp_path, schools=(SCHOOL, lead))) as web:
            assert ask(web, f"/mentions/{THREAT.id}").status == 200
            assert ask(web, f"/mentions/{there.id}").status == 404
            assert ask(web, f"/mail/{letter}").status == 404
            assert ask(web, "/mentions?school=thornfield").status == 404
            for path in ("/", "/mentions", "/mentions?level=routine", "/mail"):
                assert "grand" not in ask(web, path).body, path


@pytest.mark.parametrize(
    "path",
    ["/mentions/{}/", "//mentions/{}", "/MENTIONS/{}", "/mentions/{}?role=headteacher",
     "/mentions/{}?user=head@hollybrook.example", "/mentions/%2e%2e/mentions/{}",
     "/static/../mentions/{}", "/static/%2e%2e%2fapp.py", "/static/..%5capp.py",
     "/mentions/{}%00", "/mentions/{};x", "/account/../mentions/{}"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT"])
def test_no_game_with_an_address_changes_a_right(
    school: tuple[WebServer, Store], path: str, method: str
) -> None:
    web, _ = school
    given = {"X-HTTP-Method-Override": "GET", "X-Original-URL": "/", "X-Role": "headteacher"}
    address = path.format(THREAT.id)
    answer = ask(web, address, method=method, cookie=_cookie("staff"), headers=given)
    assert answer.status in {303, 400, 403, 404, 405}
    assert "gates" not in answer.body


def test_a_session_is_not_found_by_its_hash(school: tuple[WebServer, Store]) -> None:
    web, _ = school
    stolen = hashed("secret-headteacher")
    assert ask(web, "/", cookie=f"footprint-session={stolen}").status == 303

"""Signing in through the school's own service, and what a service or a stranger may try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr

from monitor.settings import Oidc
from monitor.store import accounts
from monitor.store.accounts import Factor
from sources.fetch import Fetcher
from tests.configs import SCHOOL as SCHOOL_TABLE
from tests.configs import mistake, read
from tests.conftest import Clock
from tests.signin_service import CLIENT, SECRET, SigninService
from tests.signing import Client
from tests.web_cast import HEAD, NOW, SCHOOL, opened, served, settings
from tests.webserver import WebServer

pytestmark = pytest.mark.slow
TEACHER = HEAD.model_copy(
    update={"name": "Tom Birch", "email": "T.Birch@hollybrook.example", "roles": ("staff",)}
)


class Desk:
    """The pages of a school that has a sign-in service, and the service."""

    def __init__(self, service: SigninService, store: Any, web: Any, clock: Clock) -> None:
        self.service, self.store, self.web, self.clock = service, store, web, clock

    def arrive(self, client: Client, wanted: str = "/account") -> Any:
        """Go to the service, sign in there, and come back."""
        client.get("/signin")
        away = client.get(f"/signin/service?next={wanted}").headers["location"]
        back = urlsplit(self.service.authorize(away))
        assert f"{back.scheme}://{back.netloc}" == "http://127.0.0.1:8000"  # as it is configured
        return client.get(f"{back.path}?{back.query}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = Clock(NOW)
    school = SCHOOL.model_copy(update={"people": (HEAD, TEACHER)})
    with WebServer() as provider, opened(tmp_path) as store:
        service = SigninService(provider, NOW)
        oidc = Oidc(issuer=service.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET))
        configured = settings(tmp_path, schools=(school,), oidc=oidc)
        door = Fetcher("", [provider.host], clock=clock, version="1")
        with served(store, configured, clock=clock, door=door) as web:
            yield Desk(service, store, web, clock)
        door.close()


def test_a_member_of_staff_signs_in_by_the_service(desk: Desk) -> None:
    desk.service.claims["email"] = "t.birch@Hollybrook.example"
    client = Client(desk.web)
    assert "Sign in with 127.0.0.1" in client.get("/signin").text
    assert desk.arrive(client).headers["location"] == "/account"
    assert "Tom Birch" in client.get("/account").text


def test_the_headteacher_needs_the_second_step_all_the_same(desk: Desk) -> None:
    desk.service.claims["email"] = HEAD.email
    client = Client(desk.web)
    assert desk.arrive(client).headers["location"] == "/signin/second?next=%2Faccount"
    assert client.get("/").status == 303
    client.get("/signin/second")
    client.set_up_app(desk.clock.now)
    assert client.get("/").status == 200


def test_an_app_that_is_set_up_is_asked_for_after_the_service(desk: Desk) -> None:
    with desk.store.writing() as connection:
        accounts.set_factor(connection, Factor(HEAD.email, b"sealed", NOW, 0), ["x"])
    desk.service.claims["email"] = HEAD.email
    client = Client(desk.web)
    desk.arrive(client)
    assert "put footprint.key back" in client.get("/signin/second").text


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://elsewhere.example"},
    {"aud": "another-client"},
    {"aud": [CLIENT, "another"], "azp": "another"},
    {"nonce": "of-another-visit"},
    {"nonce": None},
    {"exp": int(NOW.timestamp()) - 3600},
    {"exp": "soon"},
    {"nbf": int(NOW.timestamp()) + 3600},
    {"email_verified": False},
    {"email_verified": "no"},
    {"email": None},
    {"email": ["t.birch@hollybrook.example"]},
    {"email": "nobody@hollybrook.example"},
]


@pytest.mark.parametrize("claims", WRONG_CLAIMS, ids=str)
def test_a_token_that_is_not_for_us_lets_nobody_in(desk: Desk, claims: dict[str, Any]) -> None:
    desk.service.claims["email"] = TEACHER.email
    desk.service.change["claims"] = claims
    client = Client(desk.web)
    answer = desk.arrive(client)
    assert (answer.status, "Not signed in" in answer.text) == (403, True)
    assert client.get("/account").status == 303


def test_a_token_that_another_key_signed_lets_nobody_in(desk: Desk) -> None:
    desk.service.claims["email"] = TEACHER.email
    desk.service.signer = RSAKey.generate_key(2048, {"kid": "one"})
    assert desk.arrive(Client(desk.web)).status == 403
    shared = OctKey.import_key(SECRET * 4)
    desk.service.signer, desk.service.algorithm = shared, "HS256"
    assert desk.arrive(Client(desk.web)).status == 403


def test_microsofts_own_sign_that_an_address_is_verified_is_taken(desk: Desk) -> None:
    desk.service.claims = {"email": TEACHER.email, "xms_edov": True}
    assert desk.arrive(Client(desk.web)).status == 303


@pytest.mark.parametrize(
    "about",
    [{"issuer": "https://elsewhere.example"}, {"issuer": None}, {"token_endpoint": ""},
     {"jwks_uri": "ftp://127.0.0.1/keys"}],
    ids=str,
)  # fmt: skip
def test_a_service_that_is_not_the_configured_issuer_is_not_gone_to(
    desk: Desk, about: dict[str, Any]
) -> None:
    desk.service.change["about"] = about
    client = Client(desk.web)
    answer = client.get("/signin/service")
    assert (answer.status, "as the issuer that is configured" in answer.text) == (403, True)


def test_the_way_back_counts_once_in_its_own_browser_and_for_ten_minutes(desk: Desk) -> None:
    desk.service.claims["email"] = TEACHER.email
    client, other = Client(desk.web), Client(desk.web)
    back = urlsplit(desk.service.authorize(client.get("/signin/service").headers["location"]))
    path = f"{back.path}?{back.query}"
    assert other.get(path).status == 403
    assert client.get(f"{back.path}?code=code-0&state=guessed").status == 403
    assert client.get(path).status == 303
    assert client.get(path).status == 403
    late = urlsplit(desk.service.authorize(other.get("/signin/service").headers["location"]))
    desk.clock.forward(minutes=10)
    assert other.get(f"{late.path}?{late.query}").status == 403


def test_a_service_that_is_away_is_one_plain_line_and_mail_goes_on(desk: Desk) -> None:
    desk.service.web.answers.pop("/token")
    desk.service.claims["email"] = TEACHER.email
    client = Client(desk.web)
    answer = desk.arrive(client)
    assert (answer.status, "Not signed in" in answer.text) == (403, True)
    assert SECRET not in answer.body
    assert client.sign_in(desk.store, TEACHER).status == 303


OIDC = '[web.oidc]\nissuer = "{}"\nclient_id = "x"\nclient_secret_env = "S"\n' + SCHOOL_TABLE


def test_the_settings_take_one_schools_issuer_and_fetch_the_secret(tmp_path: Path) -> None:
    made = read(tmp_path, OIDC.format("https://accounts.google.com"), {"S": SECRET}).web.oidc
    assert made
    assert (made.issuer, made.client_secret.get_secret_value()) == (
        "https://accounts.google.com",
        SECRET,
    )
    for shared in ("common", "organizations"):
        issuer = f"https://login.microsoftonline.com/{shared}/v2.0"
        path = tmp_path / shared
        path.mkdir()
        assert "shared by every organisation" in _mistake(path, OIDC.format(issuer))
    plain = OIDC.replace('client_secret_env = "S"', 'client_secret = "hunter2"')
    said = mistake(tmp_path, plain.format("https://accounts.google.com"))
    assert "must not stand in this file" in said
    assert "hunter2" not in said


def _mistake(folder: Path, text: str) -> str:
    return mistake(folder, text, {"S": SECRET})

"""The figures for a monitoring system: who may read them, and that they name nobody."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

from monitor.settings import Web
from monitor.store.engine import Store
from monitor.store.figures import figures
from monitor.store.looks import Place, sync
from monitor.web.metrics import TOKEN_FILE, is_local
from tests.conftest import Clock
from tests.web_cast import HEAD, SCHOOL, ask, served, settings

pytestmark = pytest.mark.slow


def asked(client: str, **headers: str) -> Request:
    """A request from an address."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": (client, 1), "headers": pairs})


def test_this_machine_may_read_them_and_a_proxy_on_it_may_not() -> None:
    plain, proxied = Web(), Web.model_validate({"trusted_proxies": ["127.0.0.1"]})
    assert is_local(asked("127.0.0.1"), plain)
    assert is_local(asked("::1"), plain)
    assert not is_local(asked("127.0.0.1"), proxied)
    assert not is_local(asked("127.0.0.1", x_forwarded_for="203.0.113.9"), plain)
    assert not is_local(asked("192.168.1.7"), plain)


def test_a_name_of_its_own_without_a_certificate_means_a_proxy() -> None:
    web = Web.model_validate({"address": "https://footprint.hollybrook.sch.uk"})
    assert not is_local(asked("127.0.0.1"), web)


def test_the_figures_count_and_name_nobody(small: Store, tmp_path: Path) -> None:
    with served(small, settings(tmp_path)) as server:
        answer = ask(server, "/metrics", cookie="")
    page = answer.body
    assert answer.status == 200
    assert "footprint_oldest_letter_seconds 0.0" in page
    assert 'footprint_letters{state="owed"} 0.0' in page
    assert SCHOOL.name not in page
    assert HEAD.email not in page


def test_behind_a_proxy_the_token_of_the_file_is_asked_for(small: Store, tmp_path: Path) -> None:
    proxied = settings(tmp_path, trusted_proxies=["127.0.0.1"])
    token = {"Authorization": "Bearer 5ecret"}
    with served(small, proxied) as server:
        before = ask(server, "/metrics", headers={"Authorization": "Bearer "}).status
        (tmp_path / TOKEN_FILE).write_text("5ecret\n", "utf-8")
        without = ask(server, "/metrics").status
        other = ask(server, "/metrics", headers={"Authorization": "Bearer other"}).status
        assert [before, without, other] == [401, 401, 401]
        assert ask(server, "/metrics", headers=token).status == 200


def test_they_say_how_late_what_waits_is(store: Store, clock: Clock) -> None:
    with store.writing() as connection:
        sync(connection, {"gazette": Place("feed", "gazette.example", timedelta(hours=1))}, clock())
    clock.forward(minutes=10)
    with store.reading() as connection:
        found = figures(connection, {"gazette"}, clock())
        none = figures(connection, set(), clock())
    assert (found.latest, found.sources) == (timedelta(minutes=10), {"ok": 1})
    assert (none.latest, none.sources, found.oldest) == (timedelta(), {}, timedelta())

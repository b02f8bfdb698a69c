"""Serving the pages: faults, the watchdog, set-up, the demonstration, ports."""

from __future__ import annotations

import html
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.store.engine import Store
from monitor.web.app import create_app
from monitor.web.server import WebError, WebServer
from tests.web_cast import (
    COMPLAINT,
    KEYS,
    NOW,
    SCHOOL,
    ask,
    keep,
    owe,
    served,
    settings,
)

pytestmark = pytest.mark.slow


def test_a_fault_of_ours_is_a_plain_page(
    small: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> tuple[str, ...]:
        raise RuntimeError("words of a post")

    with served(small, settings(tmp_path), notices=broken) as web:
        answer = ask(web, "/sources")
    assert answer.status == 500
    assert "Something went wrong" in answer.text
    assert "words of a post" not in answer.body + caplog.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_database_that_does_not_answer_is_a_plain_page(small: Store, tmp_path: Path) -> None:
    with small.writing() as connection:
        connection.exec_driver_sql("DROP TABLE outage")
    with served(small, settings(tmp_path)) as web:
        answer = ask(web, "/")
    assert answer.status == 503
    assert "The database does not answer" in answer.text
    assert "outage" not in answer.body


def test_a_watchdog_hears_ok_and_no_more(web: WebServer) -> None:
    answer = ask(web, "/health", cookie="")
    assert (answer.status, answer.body) == (200, "ok")


@pytest.mark.slow
def test_a_watchdog_hears_of_a_late_letter_of_idleness_and_of_a_lost_database(
    small: Store, tmp_path: Path
) -> None:
    def health(hours: float) -> tuple[int, str]:
        later = NOW + timedelta(hours=hours)
        with served(small, settings(tmp_path), clock=lambda: later) as web:
            answer = ask(web, "/health", cookie="")
            return answer.status, answer.body

    assert health(0) == (200, "ok")
    assert health(2) == (503, "not well")
    keep(small, COMPLAINT)
    owe(small, COMPLAINT)
    assert health(0) == (503, "not well")
    with small.writing() as connection:
        connection.exec_driver_sql("DELETE FROM delivery")
    assert health(0) == (200, "ok")
    with small.writing() as connection:
        connection.exec_driver_sql("DROP TABLE look")
    assert health(0) == (503, "not well")


def test_the_demonstration_needs_no_key_says_what_it_is_and_freshens_itself(
    small: Store, tmp_path: Path
) -> None:
    with served(small, settings(tmp_path, host=""), demo=True) as web:
        home, mail = ask(web, "/", cookie=""), ask(web, "/mail", cookie="")
    banner = "Demonstration school: invented posts, nothing is sent anywhere."
    assert banner in home.text
    assert banner in mail.text
    assert '<meta http-equiv="refresh" content="15">' in home.body
    assert '<meta http-equiv="refresh" content="15">' in mail.body
    assert "Only here are the sources read every few seconds." in mail.text
    assert "attention" not in home.text


def test_a_real_school_never_freshens_by_itself(web: WebServer) -> None:
    assert "http-equiv" not in ask(web, "/").body + ask(web, "/mail").body


def test_without_an_approval_there_is_a_set_up_page_alone(small: Store, tmp_path: Path) -> None:
    missing = "Hollybrook <Primary> has no approval"
    with served(small, settings(tmp_path), schools=(), notices=lambda: (missing,)) as web:
        page = ask(web, "/")
        others = [ask(web, path).status for path in ("/mail", "/sources", "/mentions/x")]
        shut, well = ask(web, "/", cookie="").status, ask(web, "/health", cookie="").body
    assert "Footprint watches nothing yet" in page.text
    assert missing in page.text
    assert '[schools.approval]\n# who approved it\nheadteacher = ""\n' in html.unescape(page.body)
    assert others == [404, 404, 404]
    assert (shut, well) == (303, "ok")


def test_a_taken_port_is_one_plain_line(small: Store, tmp_path: Path) -> None:
    with served(small, settings(tmp_path)) as web:
        port = urlsplit(web.address).port or 0
        second = WebServer(_app(small, tmp_path), "127.0.0.1", port)
        with pytest.raises(
            WebError, match=f"^port {port} on 127.0.0.1 is taken by another program"
        ):
            second.start()
        second.stop()


def test_an_address_that_is_not_this_machines_is_one_plain_line(
    small: Store, tmp_path: Path
) -> None:
    server = WebServer(_app(small, tmp_path), "203.0.113.7", 0)
    with pytest.raises(WebError, match=r"^this machine has no address 203\.0\.113\.7"):
        server.start()


def test_a_certificate_that_is_not_there_is_one_plain_line(small: Store, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    server = WebServer(_app(small, tmp_path), "127.0.0.1", 0, certfile=missing, keyfile=missing)
    with pytest.raises(WebError, match=r"^the certificate cannot be used \(No such file"):
        server.start()


def test_a_stopped_server_has_let_go_of_its_port(small: Store, tmp_path: Path) -> None:
    server = WebServer(_app(small, tmp_path), "127.0.0.1", 0)
    server.start()
    port = urlsplit(server.address).port or 0
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        pass


def _app(store: Store, folder: Path) -> Any:
    return create_app(
        settings=settings(folder),
        schools=(SCHOOL,),
        store=store,
        clock=lambda: NOW,
        demo=False,
        keys=KEYS,
    )


def test_a_server_for_every_address_names_one_that_a_browser_here_can_open(
    small: Store, tmp_path: Path
) -> None:
    assert WebServer(_app(small, tmp_path), "0.0.0.0", 8443).address == "http://127.0.0.1:8443"
    assert WebServer(_app(small, tmp_path), "::", 8443).address == "http://[::1]:8443"

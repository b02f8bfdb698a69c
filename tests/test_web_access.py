"""Who may read the pages, under which names, and what browsers are told."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from urllib.parse import urlencode

import pytest
import trustme

from monitor.store.engine import Store
from monitor.web.server import WebServer
from tests.web_cast import (
    KEY,
    THREAT,
    ask,
    served,
    settings,
)

pytestmark = pytest.mark.slow


def test_every_page_tells_the_browser_to_trust_nothing(web: WebServer) -> None:
    for path in ("/", "/mail", "/sources", f"/mentions/{THREAT.id}", "/nothing", "/health"):
        headers = ask(web, path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
    refused = ask(web, "/", cookie="").headers
    assert refused["content-security-policy"].startswith("default-src 'none'")


PAGES = ("/", "/mail", "/sources", f"/mentions/{THREAT.id}", "/mail/x", "/mail/x/html", "/account")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "cookie", ["", "footprint-session=", "footprint-session=wrong", "other=x; y"]
)
def test_a_stranger_is_led_to_the_sign_in_and_told_nothing(
    web: WebServer, path: str, cookie: str
) -> None:
    answer = ask(web, path, cookie=cookie)
    wish = f"?{urlencode({'next': path})}" if path != "/" else ""
    assert (answer.status, answer.headers["location"]) == (303, f"/signin{wish}")
    assert answer.body == ""
    asked = ask(web, answer.headers["location"], cookie=cookie)
    assert "Hollybrook" not in asked.body


def test_a_page_that_is_not_there_is_not_there_for_a_stranger_either(web: WebServer) -> None:
    assert ask(web, "/nothing", cookie="").status == 404


def test_under_https_the_cookie_is_bound_to_this_host(small: Store, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certfile, keyfile = tmp_path / "cert.pem", tmp_path / "key.pem"
    certfile.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    keyfile.write_bytes(issued.private_key_pem.bytes())
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    files = {"certfile": str(certfile), "keyfile": str(keyfile)}
    with served(small, settings(tmp_path), **files) as web:
        assert web.address.startswith("https://127.0.0.1:")
        cookie = ask(web, "/signin", cookie="", tls=trusting).headers["set-cookie"]
        plain = ask(web, "/", tls=trusting)
        bound = ask(web, "/", cookie=f"__Host-footprint-session={KEY}", tls=trusting)
    assert cookie.startswith("__Host-footprint-form=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
    assert (plain.status, bound.status) == (303, 200)


FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "elsewhere.example"}


def test_forwarded_headers_are_believed_from_a_named_proxy_alone(
    small: Store, tmp_path: Path
) -> None:
    with served(small, settings(tmp_path)) as web:
        stranger = ask(web, "/signin", cookie="", headers=FORWARDED)
    with served(small, settings(tmp_path), trusted_proxies=("127.0.0.1",)) as web:
        proxy = ask(web, "/signin", cookie="", headers=FORWARDED)
    assert stranger.headers["set-cookie"].startswith("footprint-form=")
    assert proxy.headers["set-cookie"].startswith("__Host-")
    assert "elsewhere.example" not in stranger.body + proxy.body


@pytest.mark.parametrize(
    "host",
    ["elsewhere.example", "127.0.0.1.elsewhere.example", "localhost.", "a@localhost", "localhost/x",
     "localhost:x", "[::1", ""],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_refused(web: WebServer, host: str) -> None:
    assert ask(web, "/", headers={"Host": host}).status == 400
    assert ask(web, "/health", headers={"Host": host}).status == 400


def test_our_own_names_are_answered(small: Store, tmp_path: Path) -> None:
    configured = settings(tmp_path, address="https://footprint.hollybrook.example/")
    with served(small, configured) as web:
        for host in ("localhost:8000", "127.0.0.1", "[::1]:80", "Footprint.Hollybrook.example"):
            assert ask(web, "/", headers={"Host": host}).status == 200, host


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_pages_are_for_reading_alone(web: WebServer, method: str) -> None:
    answer = ask(web, "/", method=method)
    assert answer.status == 405
    assert "reading alone" in answer.text


def test_a_head_request_is_answered_without_a_body(web: WebServer) -> None:
    answer = ask(web, "/", method="HEAD")
    assert (answer.status, answer.body) == (200, "")


def test_static_files_need_no_sign_in_and_may_be_kept(web: WebServer) -> None:
    address = re.search(r'href="(/static/footprint\.css[^"]*)"', ask(web, "/").body)
    assert address
    answer = ask(web, address[1], cookie="")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]

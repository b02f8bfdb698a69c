"""The outbox, and what every page says when silence may not mean calm."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.folder import FolderChannel
from alerts.smtp import SmtpChannel
from monitor.store import deliveries
from monitor.store.deliveries import Outage
from monitor.store.engine import Store
from monitor.web import condition
from monitor.web.server import WebServer
from tests.web_cast import (
    COMPLAINT,
    FAILED,
    NOW,
    OTHER,
    PRAISE,
    SCHOOL,
    THREAT,
    ask,
    keep,
    owe,
    send,
    served,
    settings,
    watch,
    write,
)

pytestmark = pytest.mark.slow


def test_a_person_who_could_not_be_told_is_said_on_every_page(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    letter = owe(small, THREAT)
    with small.writing() as connection:
        deliveries.ended(connection, letter, "refused", "there is no such address")
    with served(small, settings(tmp_path)) as web:
        home, sources = ask(web, "/mentions").text, ask(web, "/sources").text
    assert "Jane Ashdown, headteacher: could not be told: there is no such address" in home
    assert "1 alert could not be delivered in the last 7 days" in sources


def test_the_outbox_lists_what_waits_what_went_and_what_was_refused(
    small: Store, tmp_path: Path
) -> None:
    keep(small, THREAT, COMPLAINT, PRAISE)
    send(small, owe(small, THREAT))
    owe(small, COMPLAINT, hours=48)
    refused = owe(small, PRAISE)
    with small.writing() as connection:
        deliveries.ended(connection, refused, "refused", "there is no such address")
    with served(small, settings(tmp_path)) as web:
        text = ask(web, "/mail").text
    waiting, _, rest = text.partition("Not sent Routine")
    not_sent, _, sent = rest.partition("Sent Urgent")
    assert "Will be told on Monday 23 November at 20:45 About Hollybrook does nothing" in waiting
    assert "Could not be told: there is no such address" in not_sent
    assert "Told today at 21:45 About he will be waiting" in sent


def test_a_letter_is_shown_as_text_and_framed_in_a_sandbox(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    letter = owe(small, THREAT)
    write(small, letter, "Plain <b>words</b>", "<p>Styled</p><script>window.__pwn=1</script>")
    with served(small, settings(tmp_path)) as web:
        page, framed = ask(web, f"/mail/{letter}"), ask(web, f"/mail/{letter}/html")
    assert "Plain &lt;b&gt;words&lt;/b&gt;" in page.body
    assert page.body.count(f'sandbox="" loading="lazy" src="/mail/{letter}/html"') == 2
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    policy = framed.headers["content-security-policy"]
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert "script-src" not in policy
    assert "<p>Styled</p>" in framed.body


def test_a_letters_page_speaks_plainly(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    letter = owe(small, THREAT)
    write(small, letter, "Plain words", "<p>Styled</p>")
    send(small, letter)
    with served(small, settings(tmp_path)) as web:
        text = ask(web, f"/mail/{letter}").text
    assert "Mail to Jane Ashdown, headteacher Told today at 21:45." in text
    assert re.search(r"Decided at\s*Saturday 21 November, 21:40", text)
    assert re.search(r"What the mail server answered\s*250 2.0.0 Ok", text)


def test_a_letter_that_is_not_written_yet_says_so(small: Store, tmp_path: Path) -> None:
    keep(small, COMPLAINT)
    letter = owe(small, COMPLAINT, hours=48)
    with served(small, settings(tmp_path)) as web:
        assert "put together when it is due" in ask(web, f"/mail/{letter}").text
        assert ask(web, f"/mail/{letter}/html").status == 404
        assert ask(web, "/mail/0/html").status == 404


def test_a_source_that_failed_is_said_on_every_page(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    letter = owe(small, THREAT)
    watch(small, press_gazette=FAILED)
    says = (
        "The source press-gazette has not been read since Saturday 21 November, 21:40: "
        "press-gazette.example answered 503."
    )
    with served(small, settings(tmp_path)) as web:
        for path in ("/", f"/mentions/{THREAT.id}", "/mail", f"/mail/{letter}", "/sources"):
            assert says in ask(web, path).text, path
        said = "Not seen: press-gazette since 21:40 (failing). 2 sources are well."
        assert said in ask(web, "/mentions").text


def test_a_source_that_nobody_looked_at_is_no_calm(small: Store, tmp_path: Path) -> None:
    with served(small, settings(tmp_path), clock=lambda: NOW + timedelta(hours=3)) as web:
        text = ask(web, "/sources").text
    assert (
        "has not been read since Saturday 21 November, 21:40: not looked at when it was due" in text
    )


def test_a_shut_mail_server_is_said_on_every_page(small: Store, tmp_path: Path) -> None:
    shut = Outage("smtp", NOW - timedelta(minutes=5), 2, NOW, "smtp.example.net does not answer")
    with small.writing() as connection:
        deliveries.shut(connection, shut)
    with served(small, settings(tmp_path)) as web:
        text = ask(web, "/sources").text
    assert "Mail is not going out since Saturday 21 November, 21:40: smtp.example.net" in text


def test_the_outbox_and_the_pages_call_the_ways_out_alike(tmp_path: Path) -> None:
    assert condition.channel(settings(tmp_path)) == SmtpChannel.name
    assert condition.channel(settings(tmp_path, host="")) == FolderChannel.name


def test_mail_that_reaches_nobody_is_said(small: Store, tmp_path: Path) -> None:
    with served(small, settings(tmp_path, host="")) as web:
        assert "written to the folder outbox and reach nobody" in ask(web, "/").text


def test_all_being_well_nothing_needs_attention(web: WebServer) -> None:
    answer = ask(web, "/mentions")
    assert "attention" not in answer.text
    assert "All 3 sources are well. Last read today at 21:40." in answer.text
    assert "No alert is not proof of no problem: closed groups" in answer.text


def test_what_the_settings_lack_is_said_with_the_sources(small: Store, tmp_path: Path) -> None:
    lacking = "http.contact is empty: give the office's address"
    plain = (
        "Worth adding The address that is shown to the sites that are read is empty: "
        "give the office's address In the settings: http.contact"
    )
    with served(small, settings(tmp_path), notices=lambda: (lacking,)) as web:
        assert plain in ask(web, "/sources").text
        assert "http.contact" not in ask(web, "/").text


def test_a_school_without_an_approval_is_said_beside_those_that_are_watched(
    small: Store, tmp_path: Path
) -> None:
    both = settings(tmp_path, schools=(SCHOOL, OTHER))
    with served(small, both, schools=(SCHOOL,)) as web:
        assert "Thornfield Infant School is not watched" in ask(web, "/").text

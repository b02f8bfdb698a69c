"""Who has been told, in true words: a folder is no person, and silence has a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.store.engine import Store
from monitor.store.mentions import Mention
from monitor.web.telling import untold
from tests.web_cast import (
    COMPLAINT,
    HOUSE,
    NOW,
    SCHOOL,
    THREAT,
    Answer,
    ask,
    keep,
    mention,
    named,
    owe,
    send,
    served,
    settings,
    write,
)

pytestmark = pytest.mark.slow

UNSENT = "written to the folder, not sent: no mail server is set"
OLD = replace(THREAT, published=NOW - timedelta(days=4))
WHY = (
    "No alert was sent: this was already there when the source was first read (posted 17 November)."
)
PLEASE = "Please look, and tell whoever must know."
BANNER = "already old when first read: nobody has been mailed about"


def _folder_letter(store: Store) -> str:
    keep(store, THREAT)
    letter = owe(store, THREAT)
    write(store, letter, "Plain words", "<p>Styled</p>")
    send(store, letter, channel="folder")
    return letter


def test_what_lies_in_the_folder_told_nobody_and_every_page_says_so(
    small: Store, tmp_path: Path
) -> None:
    letter = _folder_letter(small)
    paths = (
        "/mentions",
        "/mentions?level=urgent",
        f"/mentions/{THREAT.id}",
        "/mail",
        f"/mail/{letter}",
    )
    with served(small, settings(tmp_path, host="")) as web:
        pages = [ask(web, path) for path in paths]
    for page in pages:
        assert UNSENT in page.text.replace("Written", "written")
        assert "told today" not in page.text.lower()
        assert 'class="stands sent"' not in page.body
    assert "Written to the folder Urgent" in pages[3].text
    assert "Sent" not in pages[3].text


def test_a_server_that_was_set_since_does_not_make_an_old_letter_sent(
    small: Store, tmp_path: Path
) -> None:
    _folder_letter(small)
    keep(small, COMPLAINT)
    send(small, owe(small, COMPLAINT))
    with served(small, settings(tmp_path)) as web:
        text = ask(web, "/mail").text
    folder, _, sent = text.partition("Sent Needs a response")
    assert "Written to the folder, not sent: no mail server was set" in folder
    assert "Told today at 21:45" in sent


def test_the_demonstration_says_its_folder_and_nothing_of_a_server(
    small: Store, tmp_path: Path
) -> None:
    _folder_letter(small)
    owe(small, _kept(small), hours=48)
    with served(small, settings(tmp_path, host=""), demo=True) as web:
        home, mail = ask(web, "/mentions").text, ask(web, "/mail").text
    assert "headteacher: written to the demonstration's folder today at 21:45" in home
    assert "Will be written on Monday 23 November at 20:45 to the demonstration's folder" in mail
    assert "mail server" not in home + mail


def _kept(store: Store) -> Mention:
    keep(store, COMPLAINT)
    return COMPLAINT


def test_with_no_server_nobody_will_be_told(small: Store, tmp_path: Path) -> None:
    keep(small, THREAT)
    owe(small, THREAT)
    with served(small, settings(tmp_path, host="")) as web:
        text = ask(web, "/mentions").text
    assert "being written to the folder, not sent: no mail server is set" in text
    assert "being told" not in text


def test_an_old_urgent_post_says_why_nobody_was_told_and_what_to_do(
    small: Store, tmp_path: Path
) -> None:
    keep(small, OLD)
    with served(small, settings(tmp_path)) as web:
        for path in ("/mentions", "/mentions?level=urgent", f"/mentions/{OLD.id}"):
            assert f"{WHY} {PLEASE}" in ask(web, path).text, path


def test_a_response_that_nobody_was_mailed_about_says_why_too(small: Store, tmp_path: Path) -> None:
    keep(small, replace(COMPLAINT, published=None))
    with served(small, settings(tmp_path)) as web:
        text = ask(web, f"/mentions/{COMPLAINT.id}").text
    assert f"already there when the source was first read. {PLEASE}" in text


def test_where_nobody_may_be_told_that_is_the_reason() -> None:
    empty = SCHOOL.model_copy(update={"people": ()})
    found = untold(THREAT, empty, {}, NOW)
    assert found
    assert found.says == (
        f"No alert was sent: the settings name nobody who may be told of it. {PLEASE}"
    )


@pytest.mark.parametrize("level", ["watch", "routine"])
def test_what_needs_nobody_says_nothing_of_mail(small: Store, tmp_path: Path, level: str) -> None:
    keep(small, replace(HOUSE, level=level, published=NOW - timedelta(days=40)))
    with served(small, settings(tmp_path)) as web:
        pages = [ask(web, f"/mentions?level={level}"), ask(web, f"/mentions/{HOUSE.id}")]
    for page in pages:
        words = page.text.partition("What is said")[2] or page.text.partition("The words")[2]
        assert not [word for word in ("told", "mail", "Alert", "alert was") if word in _own(words)]


def _own(text: str) -> str:
    """A page without what stands on every page."""
    return text.replace("No alert is not proof of no problem", "").partition("Footprint reads")[0]


def test_the_banner_counts_what_nobody_was_told_of_on_every_page(
    small: Store, tmp_path: Path
) -> None:
    other = mention("other", "bomb", level="urgent", published=OLD.published)
    past = mention("past", "bomb", level="urgent", minutes_ago=15 * 24 * 60)
    known = mention("known", "bomb", level="urgent")
    keep(small, OLD, other, past, known)
    letter = owe(small, known)
    send(small, letter)
    with served(small, settings(tmp_path)) as web:
        answers = [ask(web, path) for path in ("/", "/mail", f"/mail/{letter}", "/sources")]
    for answer in answers:
        assert f"2 urgent posts were found that were {BANNER} them. Look at them" in answer.text
        assert '<a href="/mentions?level=urgent">Look at them</a>' in answer.body
        assert "silence may not mean calm" not in answer.text


def _again(first: Mention, **changes: Any) -> Mention:
    values: dict[str, Any] = {"id": named("again"), "entry_key": "again", "source": "town-reviews"}
    return replace(first, **{**values, "same_as": first.id, **changes})


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("smtp", "Told with the first report of this"),
        ("folder", "See the first report of this for who is told"),
    ],
)
def test_the_same_story_points_to_its_first_report(
    small: Store, tmp_path: Path, channel: str, said: str
) -> None:
    again = _again(OLD)
    keep(small, OLD, again)
    send(small, owe(small, OLD), channel=channel)
    with served(small, settings(tmp_path)) as web:
        page = ask(web, f"/mentions/{again.id}")
    assert f'<a href="/mentions/{OLD.id}">{said}</a>' in page.body
    assert BANNER not in page.text


def test_who_is_told_of_a_story_has_heard_of_its_copies(small: Store, tmp_path: Path) -> None:
    copy = _again(OLD, url="https://paper.example/7", story=named("another link"))
    keep(small, OLD, copy)
    send(small, owe(small, OLD), channel="smtp")
    with served(small, settings(tmp_path)) as web:
        assert BANNER not in ask(web, "/mentions").text


def test_a_first_report_that_nobody_was_told_of_is_no_excuse(small: Store, tmp_path: Path) -> None:
    again = _again(OLD)
    keep(small, OLD, again)
    with served(small, settings(tmp_path)) as web:
        page = ask(web, f"/mentions/{again.id}").text
    assert WHY in page
    assert f"1 urgent post was found that was {BANNER} it" in page


def test_a_milder_first_report_does_not_stand_for_a_graver_one(
    small: Store, tmp_path: Path
) -> None:
    graver = _again(COMPLAINT, level="urgent", published=OLD.published)
    keep(small, COMPLAINT, graver)
    send(small, owe(small, COMPLAINT))
    with served(small, settings(tmp_path)) as web:
        assert WHY in ask(web, f"/mentions/{graver.id}").text


def test_a_possible_urgent_is_called_so_everywhere(small: Store, tmp_path: Path) -> None:
    keep(small, replace(THREAT, tier="possible"))
    letter = owe(small, THREAT)
    paths = (
        "/mentions",
        "/mentions?level=urgent",
        f"/mentions/{THREAT.id}",
        "/mail",
        f"/mail/{letter}",
    )
    with served(small, settings(tmp_path)) as web:
        answers: list[Answer] = [ask(web, path) for path in paths]
    for answer in answers:
        assert '<span class="chip urgent">Possibly urgent</span>' in answer.body
        assert '<span class="chip urgent">Urgent</span>' not in answer.body

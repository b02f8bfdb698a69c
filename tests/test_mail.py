"""An alert in words: what it says, in what order, and how."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts import mail
from tests.letters import DATE, NOTICE, Tags, assert_sound, body, read, write


def test_the_words_stand_in_the_order_that_an_alert_must_have() -> None:
    wanted = [
        "Urgent: a post needs you now",
        "possible threat; personal details may be public",
        "Stanwick Gazette",
        "Saturday 21 November at 21:32",
        "Saturday 21 November at 21:40",
        "Three things to do now",
        "Call 999 now.",
        "Tell the safeguarding lead.",
        "Keep a screen print.",
        "What not to do",
        "Do not reply to it.",
        "Who else is being told",
        "the headteacher, the safeguarding lead and the chair of governors.",
        "Why it was flagged",
        "It gives a time and a place.",
        "No alert is not proof that there is no problem.",
        "does not replace reporting a concern to the safeguarding lead.",
        "Footprint never posts, reports or replies.",
    ]
    pages = [body(write()), Tags(body(write(), "html")).words]
    for page in pages:
        words = " ".join(page.split()).lower()
        places = [words.index(each.lower()) for each in wanted]
        assert places == sorted(places)


def test_both_links_come_before_the_steps_and_show_where_they_lead() -> None:
    text = body(write())
    assert text.index(NOTICE.page) < text.index(NOTICE.link) < text.index("Call 999")
    assert "own public address, on gazette.example:" in text
    page, post = Tags(body(write(), "html")).links()
    assert page["href"] == NOTICE.page
    assert post["href"] == NOTICE.link
    assert page["rel"] == post["rel"] == "noopener noreferrer"
    assert "The post itself, on gazette.example" in body(write(), "html")


def test_no_sign_in_is_spoken_of() -> None:
    assert f"In Footprint:\n{NOTICE.page}" in body(write()).replace("\r\n", "\n")
    assert "sign" not in (body(write()) + Tags(body(write(), "html")).words)


def test_the_headers_keep_machines_from_answering() -> None:
    message = read(write())
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] is None
    assert message["Date"].datetime == DATE
    assert message["Message-ID"] == "<5f0c.head@footprint.example>"
    assert message["To"] == "Jane Ashdown <head@hollybrook.example>"


def test_a_schools_list_id_never_changes() -> None:
    ids = {
        read(write(replace(NOTICE, level=level, kinds=(), reference=level)))["List-Id"]
        for level in ("urgent", "respond")
    }
    assert ids == {"<alerts.hollybrook.footprint.invalid>"}


@pytest.mark.parametrize(
    ("level", "possible", "subject"),
    [
        ("urgent", False, "Urgent: a post needs you now (5f0c)"),
        ("urgent", True, "Please look: a post may be urgent (5f0c)"),
        ("respond", False, "A post needs a response today (5f0c)"),
        ("respond", True, "Please look: a post may need a response (5f0c)"),
    ],
)
def test_the_subject_says_the_level_and_nothing_of_the_post(
    level: str, possible: bool, subject: str
) -> None:
    letter = write(replace(NOTICE, level=level, possible=possible))
    assert read(letter)["Subject"] == subject
    assert subject.removesuffix(" (5f0c)") in body(letter, "html")


def test_the_recipients_name_stands_in_the_address_alone() -> None:
    letter = write()
    assert "Jane" not in body(letter) + body(letter, "html")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((), "Nobody else: Footprint has sent this alert to you alone."),
        (("the headteacher",), "This alert also goes to the headteacher."),
        (("the chair", "the clerk"), "This alert also goes to the chair and the clerk."),
    ],
)
def test_who_else_is_told_is_always_said(told: tuple[str, ...], expected: str) -> None:
    letter = write(replace(NOTICE, told=told))
    assert expected in " ".join(body(letter).split())
    assert expected in body(letter, "html")


def test_what_is_not_known_is_left_out() -> None:
    letter = write(replace(NOTICE, kinds=(), place="", posted="", why=(), reference="", page=""))
    for page in (body(letter), body(letter, "html")):
        for absent in ("About", "Posted", "flagged", "Reference", "In Footprint", "Open it"):
            assert absent not in page
        assert "a public page" in page


def test_fewer_steps_are_not_called_three() -> None:
    letter = write(replace(NOTICE, steps=("Only this.",)))
    assert "WHAT TO DO NOW" in body(letter)
    assert "What to do now" in body(letter, "html")


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert write() == write()
    assert write().content != write(message_id="<other@footprint.example>").content


def test_a_test_message_says_that_nothing_has_happened() -> None:
    letter = mail.test_letter(
        school="Hollybrook <b>Primary</b>\r\nBcc: a@b",
        sender="footprint@hollybrook.example",
        recipient="head@hollybrook.example",
        name="Jane",
        message_id="<test@footprint.example>",
        date=DATE,
    )
    assert_sound(letter)
    assert read(letter)["Subject"] == "Footprint: a test message, nothing to do"
    for page in (body(letter), Tags(body(letter, "html")).words):
        assert "This is a test: nothing has happened" in page
        assert "Hollybrook <b>Primary</b> Bcc: a@b" in " ".join(page.split())


def test_nothing_is_fetched_from_anywhere() -> None:
    page = body(write(), "html")
    tags = Tags(page)
    assert not {"img", "script", "link", "iframe", "object", "form", "input"} & set(tags.names())
    assert not any(name in {"src", "srcset", "background"} for _, a in tags.tags for name in a)
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_says_its_language_and_is_ready_for_the_dark() -> None:
    page = Tags(body(write(), "html"))
    assert ("html", {"lang": "en-GB", "dir": "ltr"}) in page.tags
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in page.tags
    assert ("meta", {"name": "referrer", "content": "no-referrer"}) in page.tags
    assert page.names().count("h1") == 1
    assert page.names().count("h2") == 4

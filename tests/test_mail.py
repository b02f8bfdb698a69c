"""An alert in words: what it says, in what order, and how."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts import mail
from alerts.base import DeliveryError
from tests.letters import DATE, NOTICE, Tags, assert_sound, body, read, write


def test_the_words_stand_in_the_order_that_an_alert_must_have() -> None:
    wanted = [
        "Urgent: a post needs you now",
        "possible threat; personal details may be public",
        "Stanwick Gazette",
        "Saturday 21 November at 21:32",
        "Saturday 21 November at 21:40",
        "The post says someone will be hurt.",
        "opens until Saturday 28 November at 21:41",
        "Three things to do now",
        "Call 999 now.",
        "Tell the safeguarding lead.",
        "Keep a screen print.",
        "What not to do",
        "Do not reply to it.",
        "No public reply.",
        "Who else is being told",
        "the headteacher, the safeguarding lead and the chair of governors.",
        "Who can help, as at 21:41",
        "Police, ambulance and fire: 999 (open now)",
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
    unknown = ("place", "posted", "reference", "page", "page_until", "line", "reply", "thread")
    bare = replace(NOTICE, kinds=(), why=(), contacts=(), **dict.fromkeys(unknown, ""))
    letter = write(bare)
    for page in (body(letter), body(letter, "html")):
        for absent in (
            "About",
            "Posted",
            "flagged",
            "Reference",
            "In Footprint",
            "Open it",
            "help",
        ):
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
        page="https://footprint.hollybrook.example/confirm/1f?until=1&mark=2",
        sender="footprint@hollybrook.example",
        recipient="head@hollybrook.example",
        name="Jane",
        message_id="<test@footprint.example>",
        date=DATE,
    )
    assert_sound(letter)
    assert read(letter)["Subject"] == "Footprint: a test message, nothing to do"
    address = "https://footprint.hollybrook.example/confirm/1f?until=1&mark=2"
    assert address in body(letter)
    assert [link["href"] for link in Tags(body(letter, "html")).links()] == [address]
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
    assert page.names().count("h2") == 5


def test_a_table_that_only_lays_out_says_so() -> None:
    tables = [attrs for tag, attrs in Tags(body(write(), "html")).tags if tag == "table"]
    assert [attrs.get("role") for attrs in tables] == ["presentation", None]
    rows = [attrs for tag, attrs in Tags(body(write(), "html")).tags if tag == "th"]
    assert [attrs["scope"] for attrs in rows] == ["row"] * 5


def test_that_it_may_be_fair_stands_before_the_first_step() -> None:
    letter = write(replace(NOTICE, level="respond", fair="This may be fair."))
    for page in (body(letter), Tags(body(letter, "html")).words):
        words = page.lower()
        assert (
            words.index("things to do") < words.index("this may be fair.") < words.index("call 999")
        )


@pytest.mark.parametrize("field", ["untaken", "spread"])
def test_what_is_new_in_a_second_letter_stands_at_its_top(field: str) -> None:
    letter = write(replace(NOTICE, **{field: "Look at this."}))
    for page in (body(letter), Tags(body(letter, "html")).words):
        assert page.index("Look at this.") < page.index("Hollybrook")


def test_the_subject_says_that_nobody_has_it_yet() -> None:
    letter = write(replace(NOTICE, untaken="Nobody has yet said that they have this."))
    assert read(letter)["Subject"] == "Nobody has this yet: a post needs you now (5f0c)"


def test_whoever_has_it_is_said_and_else_how_to_say_so() -> None:
    taken, free = write(replace(NOTICE, taken="the safeguarding lead")), write()
    said, wanted = "The safeguarding lead has said that they have it.", "press “I have this”"
    for kind in ("plain", "html"):
        assert said in body(taken, kind)
        assert wanted not in body(taken, kind)
        assert wanted in " ".join(body(free, kind).split())
        assert "answer this mail" not in body(free, kind)


def test_the_posts_own_words_are_there_only_where_they_are_given() -> None:
    assert "own words" not in body(write()) + body(write(), "html")
    letter = write(replace(NOTICE, quote="first <b>line</b>\r\n.\r\nsecond"))
    text = body(letter).replace("\r\n", "\n")
    assert "| first <b>line</b>\n| .\n| second" in text
    assert "first &lt;b&gt;line&lt;/b&gt;" in body(letter, "html")


def test_the_letters_of_one_incident_refer_to_one_id() -> None:
    first, second = (
        write(),
        write(replace(NOTICE, level="respond"), message_id="<b@footprint.example>"),
    )
    for letter in (first, second):
        assert read(letter)["References"] == read(letter)["In-Reply-To"]
    assert read(first)["References"] == read(second)["References"]
    assert read(write(replace(NOTICE, thread="another")))["References"] != read(first)["References"]
    assert read(first)["Message-ID"] != read(second)["Message-ID"]


def test_answers_go_where_the_school_wants_them() -> None:
    envelope = {
        "sender": "footprint@hollybrook.example",
        "recipient": "head@hollybrook.example",
        "name": "Jane",
        "message_id": "<a@footprint.example>",
        "date": DATE,
    }
    letter = mail.compose(NOTICE, **envelope, reply_to="office@hollybrook.example")
    assert read(letter)["Reply-To"] == "office@hollybrook.example"
    assert "answer this mail with “I have this”" in " ".join(body(letter).split())
    assert read(mail.compose(NOTICE, **envelope))["Reply-To"] is None
    with pytest.raises(DeliveryError, match="reply_to is not a mail address"):
        mail.compose(NOTICE, **envelope, reply_to="a@b.example\r\nBcc: c@d.example")

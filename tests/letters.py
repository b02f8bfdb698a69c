"""An alert for tests to change, the letter of it, and ways to read one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import cast

from alerts import mail
from alerts.base import Contact, Letter, Notice

DATE = datetime(2026, 11, 21, 21, 40, 5, tzinfo=UTC)
NOTICE = Notice(
    school_id="hollybrook",
    school="Hollybrook Primary School",
    level="urgent",
    possible=False,
    kinds=("a possible threat", "personal details may be public"),
    place="Stanwick Gazette",
    posted="Saturday 21 November at 21:32",
    seen="Saturday 21 November at 21:40",
    link="https://gazette.example/story?a=1&b=2",
    page="https://footprint.hollybrook.example/mentions/5f0c",
    why=("It gives a time and a place.",),
    steps=("Call 999 now.", "Tell the safeguarding lead.", "Keep a screen print."),
    avoid="Do not reply to it.",
    told=("the headteacher", "the safeguarding lead", "the chair of governors"),
    reference="5f0c",
    line="The post says someone will be hurt.",
    reply="No public reply.",
    contacts=(Contact("Police, ambulance and fire", "999", "open now"),),
    as_at="21:41",
    page_until="Saturday 28 November at 21:41",
    thread="5f0c0123456789abcdef0123456789ab",
)
FIELDS = (
    *("school", "place", "posted", "seen", "avoid", "reference", "school_id", "link", "page"),
    *("line", "quote", "fair", "reply", "as_at", "page_until", "taken", "spread", "untaken"),
    "thread",
)
LISTS = ("kinds", "why", "steps", "told")
HOSTILE = (
    "x\r\nBcc: thief@elsewhere.example",
    "x\nSubject: other",
    "x\r\n\r\n<script>__pwn=1</script>",
    "x\r\n.\r\nMAIL FROM:<thief@elsewhere.example>",
    "x\u2028Bcc: thief@elsewhere.example\u2029\x85\x0b\x0cTo: thief@elsewhere.example",
    "=?utf-8?q?=0D=0ABcc:_thief=40elsewhere.example?=",
    "=?utf-8?b?DQpCY2M6IHRoaWVmQGVsc2V3aGVyZS5leGFtcGxl?=",
    '"<thief@elsewhere.example>, ',
    '"><img src=x onerror=__pwn=1><svg/onload=__pwn=1>',
    "' onmouseover=__pwn=1 x='",
    "{{7*7}} {% for x in y %} ${7*7} %(x)s {0.__class__}",
    "\x00\x1b[31m\u202e\ud800\udfff\ufeff\u200b",
    "--=_b1a44bc15d6be68bdb0b7b0e3bd12a897f0f3ae8--",
    "a\u0300" * 1000,
    "👩‍👩‍👧 Ysgol Gynradd Tŷ Coch 学校",
    "",
)
HUGE = "x\r\n.\r\n" * 150_000


def write(
    notice: Notice = NOTICE,
    *,
    sender: str = "Footprint <footprint@hollybrook.example>",
    recipient: str = "head@hollybrook.example",
    name: str = "Jane Ashdown",
    message_id: str = "<5f0c.head@footprint.example>",
) -> Letter:
    return mail.compose(
        notice, sender=sender, recipient=recipient, name=name, message_id=message_id, date=DATE
    )


def read(letter: Letter) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(letter.content, policy=policy.default))


def body(letter: Letter, kind: str = "plain") -> str:
    part = read(letter).get_body((kind,))
    assert part is not None
    return cast(str, part.get_content())


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and its visible words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]

    def links(self) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == "a"]


def with_everywhere(words: str) -> Notice:
    fields: dict[str, object] = dict.fromkeys(FIELDS, words)
    contacts = (Contact(words, words, words),) * 2
    lists = dict.fromkeys(LISTS, (words, words))
    return replace(NOTICE, **fields, **lists, contacts=contacts)


def assert_sound(letter: Letter) -> None:
    """One message for one person whose parts are as they should be."""
    message = read(letter)
    assert message.defects == []
    assert [each.addr_spec for each in message["To"].addresses] == [letter.recipient]
    assert [each.addr_spec for each in message["From"].addresses] == [letter.sender]
    threaded = [name for name in ("References", "In-Reply-To") if name in message]
    assert len(threaded) in {0, 2}
    assert sorted(message.keys()) == sorted(
        [
            *("From", "To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted"),
            *("X-Auto-Response-Suppress", "MIME-Version", "Content-Type", *threaded),
        ]
    )
    assert all(
        re.fullmatch(r"<[a-z0-9-]+@threads\.footprint\.invalid>", message[name])
        for name in threaded
    )
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert len(message["Subject"]) <= 200
    lines = letter.content.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998
    assert letter.content.isascii() == (letter.sender + letter.recipient).isascii()

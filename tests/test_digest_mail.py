"""A digest as mail, page and print: sound, legible, and nothing foreign in it is markup."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from PIL import Image

from alerts import chart, pdf
from alerts.base import Letter
from alerts.digest import (
    Digest,
    Entry,
    Section,
    Tile,
    Trend,
    digest_letter,
    digest_page,
    digest_text,
)
from tests.letters import DATE, HOSTILE, Tags, body, read

pytestmark = pytest.mark.slow  # a server, a database or a process for each test

TREND = Trend(
    weeks=tuple(f"{day} Nov" for day in range(1, 13)),
    negative=(1, 0, 2, 3, 0, 1, 1, 2, 8, 1, 0, 4),
    neutral=(2, 2, 3, 1, 0, 4, 2, 2, 3, 1, 1, 3),
    positive=(3, 1, 0, 2, 0, 1, 5, 2, 1, 2, 1, 2),
    seen=(False, *[True] * 11),
    words='Mentions a week by mood. "This" week: 4 negative.',
)
ENTRY = Entry("Urgent: a possible threat", "Monday 9 November", "urgent", "https://x.example/1", "")
DIGEST = Digest(
    edition="head",
    school_id="hollybrook",
    school="Hollybrook Primary School",
    title="The week at Hollybrook Primary School",
    period="9 to 15 November 2026",
    opening="9 mentions, where 6 is usual: 1 needs action, and the mood was mixed.",
    notes=("This digest is late.",),
    tiles=(Tile("1", "urgent", "usually 0.2"), Tile("8", "routine")),
    sections=(
        Section("What needs action", entries=(ENTRY,)),
        Section("Mood and volume", trend=TREND, aside=True),
        Section("Where", columns=("", "This week", "Usually"), rows=(("forum", "4", "2"),)),
    ),
    standing=("No alert is not proof that there is no problem.",),
    page="https://fp.example",
    reference="ab12cd34",
)


def write(digest: Digest = DIGEST, picture: bytes = b"\x89PNG") -> Letter:
    return digest_letter(
        digest,
        picture,
        sender="Footprint <footprint@hollybrook.example>",
        recipient="head@hollybrook.example",
        name="Jane Ashdown",
        message_id="<5f0c.head@footprint.example>",
        date=DATE,
    )


def hostile(words: str) -> Digest:
    """The digest with these words wherever foreign ones may stand."""
    entry = Entry(words, words, "", words, words)
    section = Section(words, (words,), (entry,), None, ("", "a"), ((words, words),), words)
    changed = {"school": words, "title": words, "opening": words, "reference": words}
    return replace(DIGEST, **changed, sections=(section, *DIGEST.sections[1:]))


def parts(letter: Letter) -> list[str]:
    return [part.get_content_type() for part in read(letter).walk()]


def test_the_letter_has_a_text_and_a_page_with_its_own_picture() -> None:
    picture = chart.png(TREND)
    letter = write(picture=picture)
    message = read(letter)
    assert message.defects == []
    assert parts(letter) == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png")
    ]
    (image,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert isinstance(image, EmailMessage)
    assert image.get_content() == picture
    name = image["content-id"].strip("<>")
    (shown,) = [attrs for tag, attrs in Tags(body(letter, "html")).tags if tag == "img"]
    assert shown["src"] == f"cid:{name}"
    assert shown["alt"] == TREND.words


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert chart.png(TREND) == chart.png(TREND)
    assert write().content == write().content


def test_text_and_page_say_the_same() -> None:
    text, page = " ".join(digest_text(DIGEST).split()), Tags(digest_page(DIGEST, b"")).words
    for words in ("9 mentions, where 6 is usual", ENTRY.what, "forum", "This digest is late."):
        assert words in text
        assert words in page
    assert "Footprint: https://fp.example" in text


def test_the_page_as_a_file_holds_its_picture_and_asks_nobody_for_anything() -> None:
    page = digest_page(DIGEST, b"\x89PNG")
    sources = [attrs.get("src") or "" for _, attrs in Tags(page).tags if "src" in attrs]
    assert [source[:22] for source in sources] == ["data:image/png;base64,"]
    assert not re.search(r"url\(|@import|<link|<script", page)


@pytest.mark.parametrize("words", HOSTILE)
def test_no_foreign_word_becomes_a_header_a_tag_or_a_link(words: str) -> None:
    letter = write(hostile(words))
    message = read(letter)
    assert message.defects == []
    assert "Bcc" not in message
    plain, other = Tags(body(write(), "html")), Tags(body(letter, "html"))
    assert set(other.names()) <= set(plain.names()) | {"br"}
    for link in other.links():
        assert (link["href"] or "").startswith(("https://", "http://"))
    assert not any(name.startswith("on") for _, attrs in other.tags for name in attrs)


@pytest.mark.parametrize("words", HOSTILE)
def test_any_foreign_word_can_be_printed(words: str) -> None:
    assert pdf.pdf(hostile(words), b"", DATE).startswith(b"%PDF-")


def test_the_chart_is_small_and_tells_its_moods_apart_in_grey() -> None:
    made = chart.png(TREND)
    assert len(made) < 40_000
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.format == "PNG"
        grey = picture.convert("L")
        shades = {shade for number, shade in grey.getcolors() or () if number > 400}
    fills = [grey_of(colour) for *_, colour, _ in chart.LAYERS]
    assert all(any(abs(shade - fill) <= 2 for shade in shades) for fill in fills)
    darkest, middle, lightest = fills
    assert lightest - middle > 60
    assert middle - darkest > 60


def test_a_chart_of_nothing_can_be_drawn() -> None:
    none = (0,) * 12
    empty = replace(TREND, negative=none, neutral=none, positive=none, seen=(False,) * 12)
    assert chart.png(empty).startswith(b"\x89PNG")


def test_a_week_is_printed_on_one_sheet_and_the_longest_still_is() -> None:
    entries = (replace(ENTRY, what="Urgent: " + "a possible threat; " * 6),) * 8
    full = replace(
        DIGEST,
        sections=(
            Section("What needs action", entries=entries),
            Section("Praise", entries=entries[:5]),
            *DIGEST.sections[1:],
        ),
    )
    for digest in (DIGEST, full):
        assert sheets(pdf.pdf(digest, chart.png(TREND), DATE)) == 1


def test_what_does_not_fit_on_a_sheet_goes_on_to_the_next() -> None:
    rows = tuple((f"School {number}", "7", "7") for number in range(120))
    trust = replace(
        DIGEST, sections=(Section("School by school", columns=("", "a", "b"), rows=rows),)
    )
    assert sheets(pdf.pdf(trust, b"", DATE)) > 1


def test_a_printed_digest_is_dated_and_named() -> None:
    made = pdf.pdf(DIGEST, b"", datetime(2026, 11, 16, 7, 30, tzinfo=UTC))
    assert b"D:20261116073000" in made
    assert b"/Lang (en-GB)" in made


def sheets(made: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", made))


def grey_of(colour: str) -> int:
    """How light a colour is on a photocopy, from 0 to 255."""
    with Image.new("RGB", (1, 1), colour) as dot:
        return dot.convert("L").tobytes()[0]

"""An alert of which every field is hostile: nothing in it can break out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from alerts import mail
from alerts.base import DeliveryError
from alerts.smtp import SmtpChannel
from monitor import notices
from monitor.judge.terms import Level
from monitor.notices import Seen
from monitor.settings import School
from tests.letters import (
    DATE,
    HOSTILE,
    HUGE,
    NOTICE,
    Tags,
    assert_sound,
    body,
    read,
    with_everywhere,
    write,
)
from tests.mailserver import MailServer


@pytest.mark.parametrize("school_id", ["Holly Brook", "x" * 500, "a\r\nb", "ysgol-tŷ", "-", ""])
def test_a_school_of_an_odd_id_still_has_a_list_id_of_its_own(school_id: str) -> None:
    list_id = read(write(replace(NOTICE, school_id=school_id)))["List-Id"]
    assert re.fullmatch(r"<alerts\.[0-9a-f]{16}\.footprint\.invalid>", list_id)
    assert list_id == read(write(replace(NOTICE, school_id=school_id, place="other")))["List-Id"]


@pytest.mark.parametrize("reference", ["", "Jane Ashdown", "x" * 21, "a)\r\nBcc: b@c", "é"])
def test_a_reference_that_could_be_words_stays_out_of_the_subject(reference: str) -> None:
    assert read(write(replace(NOTICE, reference=reference)))["Subject"] == (
        "Urgent: a post needs you now"
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>1</script>",
        "file:///etc/passwd",
        "vbscript:x",
        "//elsewhere.example/x",
        "https:///no-host",
        "https://",
        "gazette.example/story",
        "https://hollybrook.sch.uk@elsewhere.example/",
        "https://hollybrook.sch.uk\\@elsewhere.example/",
        "https://a b.example/",
        "https://gazette.example/\r\nBcc: thief@elsewhere.example",
        "https://gazette.example/\u202egpj.exe",
        "https://[::1",
        "https://gazette.example:port/",
        "https://" + "a" * 64 + ".example/",
        "https://gazette.example/" + "x" * 2000,
        "\ud800",
        "",
    ],
)
def test_what_is_not_plainly_a_web_address_is_no_link(address: str) -> None:
    letter = write(replace(NOTICE, link=address))
    (only,) = Tags(body(letter, "html")).links()
    assert only["href"] == NOTICE.page
    for page in (body(letter), body(letter, "html")):
        assert "not one that can safely be pressed" in " ".join(page.split())
    assert body(letter).count("://") == 1


@pytest.mark.parametrize(
    ("address", "href", "host"),
    [
        (" http://gazette.example ", "http://gazette.example", "gazette.example"),
        ("HTTPS://Gazette.Example/A", "https://Gazette.Example/A", "gazette.example"),
        (
            "https://g\u0430zette.example/",
            "https://xn--gzette-3nf.example/",
            "xn--gzette-3nf.example",
        ),
        ("https://bücher.example:8443/ü", "https://xn--bcher-kva.example:8443/%C3%BC", ""),
        ('https://a.example/?q="<b>`', "https://a.example/?q=%22%3Cb%3E%60", "a.example"),
        ("https://a.example/%20x#y'z", "https://a.example/%20x#y'z", "a.example"),
        ("https://[2001:db8::1]:81/", "https://[2001:db8::1]:81/", "2001:db8::1"),
    ],
)
def test_a_web_address_shows_the_host_it_really_leads_to(
    address: str, href: str, host: str
) -> None:
    found = mail.link(address)
    assert found is not None
    assert found.href == href
    assert found.host == (host or "xn--bcher-kva.example")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_in_every_field_stay_words(words: str) -> None:
    letter = write(with_everywhere(words), name=words)
    assert_sound(letter)
    page = Tags(body(letter, "html"))
    assert set(page.names()) <= {
        *(
            "html",
            "head",
            "meta",
            "title",
            "style",
            "blockquote",
            "body",
            "div",
            "table",
            "tr",
            "td",
            "th",
        ),
        *("h1", "h2", "p", "a", "ol", "ul", "li", "strong", "span"),
    }
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert "49" not in body(letter).replace("thief", "")


def test_template_language_is_shown_as_typed() -> None:
    letter = write(replace(NOTICE, school="{{7*7}} {% if x %} %(x)s {0}"))
    for page in (body(letter), body(letter, "html")):
        assert "{{7*7}} {% if x %} %(x)s {0}" in page


def test_a_megabyte_in_every_field_is_cut() -> None:
    letter = write(with_everywhere(HUGE), name=HUGE)
    assert_sound(letter)
    assert len(letter.content) < 60_000


def test_a_thousand_reasons_are_cut() -> None:
    letter = write(replace(NOTICE, why=tuple(f"Reason {n}." for n in range(1000))))
    assert "Reason 5." in body(letter)
    assert "Reason 6." not in body(letter)


def test_marks_that_turn_the_direction_of_writing_are_gone() -> None:
    assert mail.plain("a\u202eb\u2066c\u200bd\ufeffe\x00f\ud800g", 50) == "abcde f g"


def test_emoji_and_accents_are_kept() -> None:
    letter = write(replace(NOTICE, school="Ysgol Tŷ Coch 👩‍👩‍👧 学校"))
    assert "Ysgol Tŷ Coch 👩‍👩‍👧 学校" in body(letter)
    assert "Ysgol Tŷ Coch 👩‍👩‍👧 学校" in body(letter, "html")


@pytest.mark.parametrize(
    "local", ["first.last", ".first", "a..b", "last.", "o'neill", "a+b", "!#$%"]
)
def test_any_address_that_is_one_is_written_as_one(local: str) -> None:
    letter = write(recipient=f"{local}@hollybrook.example")
    (only,) = read(letter)["To"].addresses
    assert (only.username, only.domain) == (local, "hollybrook.example")


@pytest.mark.parametrize("name", ["Tŷ, Jörg (Head)", "学校" * 100, "O'Neill; Bob", "", "@"])
def test_any_name_makes_one_recipient(name: str) -> None:
    letter = write(name=name, sender=f'"{name}" <footprint@hollybrook.example>')
    assert_sound(letter)


@pytest.mark.parametrize(
    "recipient",
    ["", "head", "a@b@c", "head@x.example\r\nBcc: a@b", "a b@x.example", "a@x.example,b@x.example"],
)
def test_what_is_no_address_is_refused_for_ever(recipient: str) -> None:
    with pytest.raises(DeliveryError, match="not a mail address") as caught:
        write(recipient=recipient)
    assert caught.value.permanent
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("sender", ["", "Footprint", "Footprint <footprint>", "a\r\nb <c d@e>"])
def test_a_sender_that_is_no_address_is_the_settings_fault(sender: str) -> None:
    with pytest.raises(DeliveryError, match="from is not a mail address") as caught:
        write(sender=sender)
    assert caught.value.server


@pytest.mark.parametrize("message_id", ["", "a@b", "<a@b>\r\nBcc: c@d", "<" + "a" * 80 + "@b>"])
def test_a_message_id_of_another_form_is_refused(message_id: str) -> None:
    with pytest.raises(ValueError, match="not a Message-ID"):
        write(message_id=message_id)


def test_a_long_message_id_is_written_as_it_is() -> None:
    long = f"<{'a' * 64}@{'b' * 112}.example>"
    assert f"Message-ID: {long}\r\n".encode() in write(message_id=long).content


def test_an_address_beyond_ascii_is_written_as_it_is() -> None:
    letter = write(recipient="jörg@hollybrook.example", name="Jörg")
    assert "To: Jörg <jörg@hollybrook.example>\r\n".encode() in letter.content


def test_every_message_passes_a_real_server_unchanged() -> None:
    letters = [write(with_everywhere(words), name=words) for words in (*HOSTILE, HUGE)]
    with MailServer() as server:
        channel = SmtpChannel(server.host, server.port, "none", "", "", timeout=20)
        for letter in letters:
            channel.tell(letter)
    assert [got.content for got in server.accepted] == [letter.content for letter in letters]
    assert {got.recipients for got in server.accepted} == {("head@hollybrook.example",)}


def test_hostile_titles_schools_and_sources_reach_one_reader_as_one_message() -> None:
    """From the post to the server: what a stranger wrote goes through every step of an alert."""
    letters = []
    for number, words in enumerate((*HOSTILE, HUGE)):
        name = " ".join(words.split())[:200] or "School"
        school = School(id="hollybrook", name="Hollybrook").model_copy(
            update={"name": name, "own_text": True, "official_accounts": (words,)}
        )
        post = Seen(
            level=Level.URGENT,
            tier="sure",
            categories=("threat", words),
            says=(words,),
            place=words,
            link=words,
            published=None,
            found=DATE,
            words=f"{words}\n{words}",
        )
        told = notices.alert(
            post, school, DATE, told=(words, "dsl"), reference=words[:20], page=words, thread=words
        )
        letters.append(write(told, name=words, message_id=f"<{number}@footprint.example>"))
    with MailServer() as server:
        channel = SmtpChannel(server.host, server.port, "none", "", "", timeout=20)
        for letter in letters:
            channel.tell(letter)
    assert len(server.accepted) == len(letters)
    for got, letter in zip(server.accepted, letters, strict=True):
        assert got.recipients == ("head@hollybrook.example",)
        assert got.message.get_all("Subject") == [read(letter)["Subject"]]
        assert got.message["Subject"].startswith("Urgent: a post needs you now")
        assert "Bcc" not in got.message
        assert_sound(letter)
        assert "thief" not in got.message["Subject"]

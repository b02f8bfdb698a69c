"""Bodies of every sort through the child process, and both ways of reading a feed compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sources.base import Response
from sources.formats.entries import Raw, author_name, finish
from sources.formats.fallback import read_loosely
from sources.formats.xml import NotOurs, read_xml
from sources.parsing import Parser
from sources.parsing_child import read_feed
from sources.text import decode

DATA = Path(__file__).parent / "data" / "feed"
URL = "https://site.example/dir/feed"
WELL_FORMED = [
    "rss20.xml", "rss091.xml", "rdf10.xml", "atom10.xml", "atom03.xml", "video.xml",
    "podcast.xml", "windows1252.xml", "windows1251.xml", "empty.xml",
]  # fmt: skip


def _parse(parser: Parser, body: bytes, content_type: str = "") -> dict[str, Any]:
    headers = {"content-type": content_type}
    return dict(parser.parse("feed", Response(URL, 200, headers, body)))


def _entries(body: bytes | str) -> list[dict[str, Any]]:
    body = body.encode() if isinstance(body, str) else body
    found: list[dict[str, Any]] = read_feed(body, URL, "")["entries"]
    return found


def _rss(*items: str) -> str:
    return f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'


def _item(number: int, more: str = "") -> str:
    return (
        f"<item><guid>https://site.example/{number}</guid><title>Post {number}</title>{more}</item>"
    )


def _text(name: str) -> str:
    text = decode((DATA / name).read_bytes())
    return text[text.index("?>") + 2 :].strip()


def _plain(entries: list[Raw]) -> list[dict[str, Any]]:
    return [{**finish(entry), "record": None} for entry in entries]


@pytest.mark.parametrize("name", WELL_FORMED)
def test_both_ways_of_reading_give_the_same_fields(name: str) -> None:
    quick, _ = read_xml(_text(name), URL)
    judged, _ = read_loosely(_text(name), URL)
    assert _plain(quick) == _plain(judged)
    assert not any(entry.wants() for entry in quick)


def test_rss_fields_are_read(parser: Parser) -> None:
    first, second, third = _parse(parser, (DATA / "rss20.xml").read_bytes())["entries"]
    record = first.pop("record")
    assert first == {
        "id": "gazette-1",
        "link": "https://gazette.example/news/1?a=1&b=2",
        "title": "Hollybrook Primary & the flood: pupils safe",
        "text": "Staff moved every class to the hall.\nNo one was hurt\nSchool opens Tuesday",
        "author": "Priya Shah",
        "published": "2026-09-14T07:30:00+00:00",
    }
    assert record["title"] == "Hollybrook Primary &amp; the flood: <b>pupils</b> safe"
    assert (second["link"], second["author"]) == ("https://site.example/news/2", "News Desk")
    assert (third["link"], third["text"]) == (
        "https://gazette.example/news/3",
        "5 < 6 & all is well",
    )


def test_atom_fields_are_read(parser: Parser) -> None:
    first, second, third = _parse(parser, (DATA / "atom10.xml").read_bytes())["entries"]
    assert first["title"] == "Is Hollybrook listening?"
    assert first["text"] == "We asked three times.\nStill nothing — at all."
    assert (first["link"], first["author"]) == ("https://blog.example/posts/one.html", "Sam Reed")
    assert first["published"] == "2026-09-14T08:00:00.250000+00:00"
    assert second["title"] == "<b> is a tag, and this is text"
    assert (second["text"], second["link"]) == (
        "Two < three\nA new line",
        "https://other.example/x/two.html",
    )
    assert (second["id"], second["published"]) == ("urn:uuid:2", "2026-09-13T09:00:00+00:00")
    assert (third["text"], third["author"]) == ("1 < 2 & so on", "")


def test_json_feed_items_stand_each_alone(parser: Parser) -> None:
    result = _parse(parser, (DATA / "feed11.json").read_bytes())
    assert [
        (e["id"], e["link"], e["title"], e["text"], e["author"]) for e in result["entries"]
    ] == [
        ("7", "https://site.example/notes/7", "Note <seven>", "One\ntwo", "Kit"),
        ("8", "https://notes.example/8", "", "1 < 2\nand so on", "Ann"),
    ]
    assert result["notes"] == ["Entry 2 of the feed is not an entry and was left out."]


@pytest.mark.parametrize(
    "item", [{}, {"id": True}, {"id": None, "title": ["x"]}, {"id": {"a": 1}, "authors": "x"}]
)
def test_a_json_item_of_wrong_types_costs_itself_alone(item: dict[str, Any]) -> None:
    good = {"id": "1", "content_text": "Hello"}
    body = json.dumps({"version": "https://jsonfeed.org/version/9", "items": [item, good]})
    assert _entries(body)[-1]["text"] == "Hello"


@pytest.mark.parametrize("body", ["{", '{"a": 1}', "[" * 100_000, '{"items": 3}', "[1]"])
def test_json_that_is_no_feed_is_told(body: str) -> None:
    assert "JSON" in read_feed(body.encode(), URL, "")["error"]


def test_a_broken_feed_gives_its_entries(parser: Parser) -> None:
    entries = _parse(parser, (DATA / "broken.xml").read_bytes())["entries"]
    assert [entry["id"] for entry in entries] == ["b1", "b2", "b3"]
    assert [entry["text"] for entry in entries[:2]] == ["Good", "Also good"]
    assert entries[2]["published"] is None


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("Café €".encode(), ""),
        ("Café €".encode(), "iso-8859-1"),
        ("Café €".encode(), "windows-1251"),
        ("Café €".encode("cp1252"), "utf-8"),
        ("Café €".encode("cp1252"), ""),
        ("Café €".encode("utf-16"), ""),
        ("Café €".encode("utf-16-be"), "utf-8"),
        ("Café €".encode("iso8859-15"), "iso-8859-15"),
    ],
)
def test_the_charset_is_found_whatever_is_claimed(body: bytes, charset: str) -> None:
    start, end = _rss("<item><guid>1</guid><title>|</title></item>").split("|")
    wide = "utf-16-be" if body[:1] == b"\0" else "utf-16-le" if b"\0" in body else "ascii"
    mark, body = (body[:2], body[2:]) if body[:2] == b"\xff\xfe" else (b"", body)
    whole = mark + start.encode(wide) + body + end.encode(wide)
    entries = read_feed(whole, URL, charset)["entries"]
    assert entries[0]["title"] == "Café €"


def test_a_date_alone_never_hides_an_entry() -> None:
    dates = [
        "31 Feb 2026 10:00:00 GMT",
        "1 Jan 9999 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "",
    ]
    items = [_item(n, f"<pubDate>{date}</pubDate>") for n, date in enumerate(dates)]
    published = [entry["published"] for entry in _entries(_rss(*items))]
    assert published == [None] * 4


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("desk@gazette.example (News Desk)", "News Desk"),
        ("News Desk <desk@gazette.example>", "News Desk"),
        ("desk@gazette.example", "desk@gazette.example"),
        ("@hollybrookpri", "@hollybrookpri"),
        ("Sam &amp; Jo", "Sam & Jo"),
    ],
)
def test_an_author_is_a_name(written: str, name: str) -> None:
    assert author_name(written) == name


def test_a_page_instead_of_a_feed_is_recognised(parser: Parser) -> None:
    assert _parse(parser, (DATA / "sign_in.html").read_bytes()) == {
        "page": {"title": "Sign in - Forum", "barred": True, "feeds": []}
    }
    assert _parse(parser, (DATA / "page.html").read_bytes())["page"] == {
        "title": "Stanwick Gazette",
        "barred": False,
        "feeds": ["https://site.example/news/rss"],
    }


@pytest.mark.parametrize("body", [b"", b"  \n", b"\x00\x00", b"\xef\xbb\xbf"])
def test_an_empty_body_is_told(body: bytes) -> None:
    assert read_feed(body, URL, "") == {"error": "came back empty"}


def test_a_feed_without_entries_is_healthy() -> None:
    assert read_feed((DATA / "empty.xml").read_bytes(), URL, "") == {"entries": [], "notes": []}


def test_what_is_not_plain_is_not_read_by_expat() -> None:
    for text in ("<opml/>", "<rss><channel>", '<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "&a;"):
        with pytest.raises(NotOurs):
            read_xml(text, URL)

"""Bodies of every sort through the child process, and both ways of reading a feed compared."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.base import Response, SourceError
from sources.formats.dates import read_date
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


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    made = Parser()
    yield made
    made.close()


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
    "bad",
    [
        "&#xD800;", "&#0;", "&#55357;", "\x00\x01\x0b", "&undefined;", "<![CDATA[", "<!--", "<b",
        "</title></wrong>", "&#99999999999;", "\ufffe", "]]>",
    ],
)  # fmt: skip
def test_one_bad_entry_costs_none_of_its_neighbours(bad: str) -> None:
    items = [_item(number, "<description>Words</description>") for number in range(50)]
    items[20] = f"<item><guid>x</guid><title>{bad}</title></item>"
    found = {entry["id"] for entry in _entries(_rss(*items))}
    wanted = {f"https://site.example/{number}" for number in range(50) if number != 20}
    assert wanted <= found


def test_a_broken_emoji_is_mended_and_a_pair_is_joined() -> None:
    entry = _entries(_rss("<item><guid>1</guid><title>a&#xD800;b &#xD83D;&#xDE00;</title></item>"))
    assert entry[0]["title"] == "a\ufffdb 😀"


def test_a_long_author_does_not_stall_the_others() -> None:
    long = _item(1, f"<author>{'a.' * 40_000}</author><pubDate>no date</pubDate>")
    entries = _entries(_rss(long, *(_item(number) for number in range(2, 9))))
    assert len(entries) == 8


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


def test_entities_of_a_document_type_open_no_file_and_do_not_grow() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    entries = _entries(bomb + _rss(_item(1, "<description>x &b; &f;</description>")))
    assert entries[0]["id"] == "https://site.example/1"
    assert "root:" not in json.dumps(entries)


def test_a_body_that_looks_like_a_path_is_not_opened() -> None:
    assert "error" in read_feed(b"/etc/passwd", URL, "")
    assert "error" in read_feed(b"http://127.0.0.1:9/", URL, "")


def test_more_than_five_thousand_entries_are_cut_to_the_newest() -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    days = [(start + timedelta(hours=number)).isoformat() for number in range(5003)]
    items = [_item(number, f"<pubDate>{day}</pubDate>") for number, day in enumerate(days)]
    result = read_feed(_rss(*items).encode(), URL, "")
    ids = {entry["id"].rpartition("/")[2] for entry in result["entries"]}
    assert len(ids) == 5000
    assert not {"0", "1", "2"} & ids
    assert result["notes"] == ["It holds 5,003 entries; the newest 5,000 were read."]


def test_a_field_over_a_million_letters_is_cut_and_told() -> None:
    body = _rss(_item(1, f"<description>{'word ' * 300_000}</description>"), _item(2))
    result = read_feed(body.encode(), URL, "")
    assert len(result["entries"][0]["text"]) <= 1024 * 1024
    assert len(result["entries"]) == 2
    assert "was cut" in result["notes"][0]


def test_a_date_alone_never_hides_an_entry() -> None:
    dates = [
        "31 Feb 2026 10:00:00 GMT",
        "1 Jan 9999 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "",
    ]
    items = [_item(n, f"<pubDate>{date}</pubDate>") for n, date in enumerate(dates)]
    published = [entry["published"] for entry in _entries(_rss(*items))]
    assert published[1:3] == ["9999-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00"]
    assert published[3] is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 14 Sep 2026 16:45:00 +0100", (2026, 9, 14, 15, 45)),
        ("Mon, 14 Sep 2026 16:45 BST", (2026, 9, 14, 15, 45)),
        ("14 September 26 16:45:00 GMT", (2026, 9, 14, 16, 45)),
        ("Mon, 14-Sep-2026 16:45:00 EST", (2026, 9, 14, 21, 45)),
        ("Mon, 14 Sep 2026 16:45:00 +0100 (BST)", (2026, 9, 14, 15, 45)),
        ("Mon, 14 Sep 2026 24:00:00 GMT", (2026, 9, 15, 0, 0)),
        ("14 Sep 2026", (2026, 9, 14, 0, 0)),
        ("2026-09-14T16:45Z", (2026, 9, 14, 16, 45)),
        ("2026-09-14T16:45:00.5-0230", (2026, 9, 14, 19, 15)),
        ("2026-09-14 16:45", (2026, 9, 14, 16, 45)),
        ("20260914T164500Z", (2026, 9, 14, 16, 45)),
        ("2026-09", (2026, 9, 1, 0, 0)),
        ("2026-W38-1", (2026, 9, 14, 0, 0)),
    ],
)
def test_a_date_is_read_in_the_forms_feeds_use(written: str, read: tuple[int, ...]) -> None:
    found = read_date(written)
    assert found is not None
    assert (found.year, found.month, found.day, found.hour, found.minute) == read
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    ["", "soon", "9999-12-31T23:59:59-01:00", "0000-01-01", "2026-13-01", "1 Foo 2026", "9" * 5000],
)
def test_a_date_that_is_none_is_none(written: str) -> None:
    assert read_date(written) is None


def test_what_only_feedparser_reads_is_taken_from_it() -> None:
    assert read_date("le 3 mars", (2026, 3, 3, 0, 0, 0, 1, 62, 0)) == datetime(
        2026, 3, 3, tzinfo=UTC
    )


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


def test_a_child_that_takes_too_long_is_killed_and_replaced() -> None:
    slow = f"<rss><channel><item><title>{'<a ' * 60}{'x=1 ' * 9}".encode()
    parser = Parser(seconds=0)
    try:
        with pytest.raises(SourceError, match="could not be read safely") as caught:
            parser.parse("feed", Response(URL, 200, {}, slow))
        assert caught.value.health == "failing"
        assert "dir/feed" not in str(caught.value)
    finally:
        parser.close()


def test_a_child_that_fails_costs_its_own_body_alone(parser: Parser) -> None:
    with pytest.raises(SourceError, match="could not be read safely"):
        parser.parse("no such kind", Response(URL, 200, {}, b""))
    assert len(_parse(parser, _rss(_item(1)).encode())["entries"]) == 1


def test_many_threads_parse_at_once(parser: Parser) -> None:
    found: dict[int, str] = {}

    def one(number: int) -> None:
        found[number] = _parse(parser, _rss(_item(number)).encode())["entries"][0]["title"]

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"Post {number}" for number in range(12)}


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        "<rss><channel><item " + " ".join(f"a{n}='1'" for n in range(100_000)) + "></item>",
        "<rss><channel>" + "<a>" * 100_000,
        "<rss><channel><item><title>" + "<!--" * 200_000,
        "<rss " + " ".join(f"xmlns:n{n}='u{n}'" for n in range(50_000)) + "/>",
        "<!DOCTYPE rss [" + "<!ENTITY a 'x'>" * 100_000,
        "<html><a " + " ".join(f"a{n}=1" for n in range(100_000)) + ">",
        "<html>" + "<div>" * 200_000,
        "<rss a='" + "x" * 14_000_000,
        _rss(_item(1, "<description>" + "&lt;a '" * 300_000 + "</description>")),
        _rss(*(_item(n, f"<author>{'a-' * 30_000}</author>") for n in range(100))),
    ],
    ids=lambda body: body[:20],
)
def test_a_hostile_body_ends_and_leaves_the_parser_working(parser: Parser, body: str) -> None:
    try:
        assert _parse(parser, body.encode()).keys() & {"entries", "error", "page"}
    except SourceError as error:
        assert "safely" in str(error)  # noqa: PT017 - either end is right
    assert len(_parse(parser, _rss(_item(1)).encode())["entries"]) == 1


_pieces = st.sampled_from(
    ["<rss>", "<feed>", "<item>", "</item>", "<entry>", "<title>", "</title>", "<guid>", "&#xD800;",
     "&#0;", "&amp;", "<![CDATA[", "]]>", "<!--", "<!DOCTYPE x [", "{", '{"items":[{"id":',
     "\ud800", "\x00", "<html>", "<link href='http://[", "<pubDate>", "9999", "é", "\U0001f600"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=300), st.lists(st.one_of(_pieces, st.text(max_size=9)))))
def test_any_bytes_give_clean_text_or_one_plain_error(
    parser: Parser, body: bytes | list[str]
) -> None:
    raw = body if isinstance(body, bytes) else "".join(body).encode("utf-8", "surrogatepass")
    result = _parse(parser, raw)
    for entry in result.get("entries", ()):
        fields = [*entry["record"].values(), *(entry[name] for name in ("id", "title", "text"))]
        for field in fields:
            assert "\x00" not in field
            assert not any("\ud800" <= char <= "\udfff" for char in field)
        assert entry["link"] == "" or entry["link"].startswith(("http://", "https://"))

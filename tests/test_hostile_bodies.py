"""Bodies that mean harm, or might: bounded, mended, and no cost to their neighbours."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.base import Response, SourceError
from sources.parsing import Parser
from sources.parsing_child import read_feed

URL = "https://site.example/dir/feed"


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
    assert result["notes"] == [
        "It holds more than 5,000 entries; only so many of the newest were read."
    ]


def test_a_field_over_a_million_letters_is_cut_and_told() -> None:
    body = _rss(_item(1, f"<description>{'word ' * 300_000}</description>"), _item(2))
    result = read_feed(body.encode(), URL, "")
    assert len(result["entries"][0]["text"]) <= 1024 * 1024
    assert len(result["entries"]) == 2
    assert "was cut" in result["notes"][0]


def test_a_child_that_takes_too_long_is_killed_and_replaced() -> None:
    parser = Parser(seconds=0)
    try:
        with pytest.raises(SourceError, match="could not be read safely") as caught:
            parser.parse("feed", Response(URL, 200, {}, b"<rss/>"))
        assert caught.value.health == "failing"
        assert "dir/feed" not in str(caught.value)
    finally:
        parser.close()


def test_a_child_ends_when_its_parent_is_gone() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "sources.parsing_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert child.communicate(timeout=20)[0] == b""
    assert child.returncode == 0


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


@pytest.mark.parametrize(
    "before", ["<!-- -->" * 39, "<!---->" * 500, "\n" * 100_000, "<!--" * 5000]
)
def test_what_stands_before_the_root_is_passed_once(parser: Parser, before: str) -> None:
    found = _parse(parser, (before + _rss(_item(1))).encode())
    assert "page" not in found

"""The child process of `parsing`: frames come in by stdin, JSON goes out by stdout, no more."""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from sources import load
from sources.formats.entries import Raw, finish, newest
from sources.formats.fallback import NotFeedError, read_loosely
from sources.formats.json_feed import NotJsonFeedError, read_json
from sources.formats.page import is_page, read_page
from sources.formats.xml import NotOurs, read_xml
from sources.text import decode, mend, mend_references

HEAD = struct.Struct(">II")  # the lengths of a frame's JSON head and of its body
_MEMORY = 1024**3
_OUT_OF_MEMORY = 3
Reader = Callable[..., dict[str, Any]]


def read_feed(body: bytes, url: str, charset: str) -> dict[str, Any]:
    """The entries of a feed, or `page` or `error` where the body is none.

    Keys: `entries` (fields as `finish` gives them), `notes` (sentences); else `page` (as
    `read_page` gives it) or `error` (what came back instead of a feed).
    """
    text = mend(_without_declaration(decode(body, charset)))
    if not text:
        return {"error": "came back empty"}
    if is_page(text):
        return {"page": read_page(text, url)}
    try:
        entries, notes = read_json(text, url) if text[0] in "{[" else _read_markup(text, url)
    except NotJsonFeedError as error:
        return {"error": str(error)}
    except NotFeedError:
        return _no_feed(text, url)
    return {"entries": [finish(entry) for entry in newest(entries, notes)], "notes": notes}


def _without_declaration(text: str) -> str:
    """The declaration names an encoding that no longer holds, and junk before it stops expat."""
    text = text.lstrip("\ufeff\x00 \t\r\n")
    if text.startswith("<?xml") and "?>" in text[:500]:
        return text[text.index("?>") + 2 :].lstrip()
    return text


def _read_markup(text: str, url: str) -> tuple[list[Raw], list[str]]:
    try:
        entries, notes = _strictly(text, url)
    except NotOurs:
        return read_loosely(mend_references(text), url)
    if any(entry.wants() for entry in entries):
        return _better(entries, notes, text, url)
    return entries, notes


def _strictly(text: str, url: str) -> tuple[list[Raw], list[str]]:
    try:
        return read_xml(text, url)
    except NotOurs:
        mended = mend_references(text)
        if mended == text:
            raise
        return read_xml(mended, url)


def _better(
    entries: list[Raw], notes: list[str], text: str, url: str
) -> tuple[list[Raw], list[str]]:
    """feedparser's reading where something was missing, unless it finds fewer entries."""
    try:
        found, told = read_loosely(text, url)
    except NotFeedError:
        return entries, notes
    return (found, notes + told) if len(found) >= len(entries) else (entries, notes)


def _no_feed(text: str, url: str) -> dict[str, Any]:
    if "<html" in text[:65536].lower() or "<body" in text[:65536].lower():
        return {"page": read_page(text, url)}
    return {"error": "came back as something that is not a feed"}


FORMATS: dict[str, Reader] = {"feed": read_feed}


def _reader(kind: str) -> Reader:
    """A format's reader, or the `read` of a kind of source, which loads that kind alone."""
    if kind in FORMATS:
        return FORMATS[kind]
    reader: Reader = load(kind).read
    return reader


def _limit() -> None:
    """Memory is bounded where the system can do it; time is bounded by the parent."""
    try:
        import resource  # noqa: PLC0415 - missing on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(source: BinaryIO) -> bytes | None:
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    asked, length = HEAD.unpack(head)
    ask = json.loads(source.read(asked))
    body = source.read(length)
    result = _reader(ask["kind"])(body, ask["url"], ask["charset"], **ask["given"])
    return json.dumps(result, ensure_ascii=True, separators=(",", ":")).encode()


def main() -> None:
    """Answer frames until stdin ends, as it does when the parent is gone."""
    _limit()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    try:
        while (answer := _answer(source)) is not None:
            target.write(HEAD.pack(0, len(answer)) + answer)
            target.flush()
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)


if __name__ == "__main__":
    main()

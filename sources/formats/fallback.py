"""Feeds that are not plain and well-formed: feedparser judges them, entry by entry if need be."""

from __future__ import annotations

import io
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sources.formats.entries import ENTRIES, FIELD, MORE, NO_TITLE, Raw, Words, words_of
from sources.formats.xml import NotOurs, read_xml

_WHOLE, _ONE, _ALL = 3.0, 0.5, 8.0  # seconds: at the document, at one entry, altogether
_ENTRY = re.compile(r"<((?:[A-Za-z]\w{0,20}:)?(?:item|entry))[\s>]", re.IGNORECASE)
_ROOT = re.compile(r"<((?:\w{1,20}:)?(?:rss|rdf|feed))\b[^<>]{0,20000}>", re.IGNORECASE)
# feedparser takes time by the square over a long author and over a tag of many attributes.
_LONG_AUTHOR = re.compile(
    r"(<(?:\w{1,20}:)?(?:author|creator|name|email|managingeditor|webmaster|publisher|owner)\b"
    r"[^<>]{0,500}>\s{0,100}(?:<!\[CDATA\[)?[^<\]]{500})[^<\]]*",
    re.IGNORECASE,
)
_LONG_TAG = re.compile(r"<[^<>!?][^<>]{20000,}>?")
_NOT_TEXT = frozenset(("published", "updated", "created"))


class NotFeedError(Exception):
    """feedparser knows no feed in the body either."""


class _TooLong(BaseException):
    """The time for one step is up; no handler inside a parser may swallow it."""


def read_loosely(text: str, base: str) -> tuple[list[Raw], list[str]]:
    """What entries a troubled document yields and what has to be told; raises NotFeedError."""
    started = time.monotonic()
    text = _LONG_TAG.sub("", _LONG_AUTHOR.sub(r"\1", text))
    try:
        with _within(_WHOLE):
            version, entries = _feedparser(text, base)
    except (Exception, _TooLong):  # feedparser lets out whatever goes wrong in it
        version, entries = "", []
    parts = list(_split(text))
    if len(parts) > len(entries):
        found, notes = _one_by_one(parts, base, started + _ALL)
        if len(found) > len(entries):
            return found, notes
    if not version and not entries:
        raise NotFeedError
    return entries, []


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Ends the block by _TooLong; where there is no such timer the parent's kill must do."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(_signal: int, _frame: object) -> None:
    raise _TooLong


def _split(text: str) -> Iterator[str]:
    """Each entry as a document of its own, in the root element of the whole."""
    root = _ROOT.search(text[: 1024 * 1024])
    starts = [found.start() for found in _ENTRY.finditer(text)]
    if root is None or not starts:
        return
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield f"{root.group(0)}{_cut(text[start:end])}</{root.group(1)}>"


def _cut(part: str) -> str:
    """Up to the entry's own end, if it has one."""
    found = _ENTRY.match(part)
    name = found.group(1) if found else ""
    body, _, _ = part.partition(f"</{name}>")
    return f"{body[: 4 * FIELD]}</{name}>"


def _one_by_one(parts: list[str], base: str, deadline: float) -> tuple[list[Raw], list[str]]:
    entries: list[Raw] = []
    lost = 0
    for part in parts[:ENTRIES]:
        found = _one(part, base, deadline - time.monotonic())
        entries.extend(found)
        lost += not found
    notes = [f"{lost} of its {len(parts)} entries could not be read."] if lost else []
    return entries, [*notes, *([MORE] if len(parts) > ENTRIES else [])]


def _one(part: str, base: str, left: float) -> list[Raw]:
    try:
        found = read_xml(part, base)[0]
        if not any(entry.wants() for entry in found):
            return found
    except NotOurs:
        found = []
    if left <= 0:
        return found
    try:
        with _within(min(_ONE, left)):
            return _feedparser(part, base)[1]
    except (Exception, _TooLong):  # as above
        return found


def _feedparser(text: str, base: str) -> tuple[str, list[Raw]]:
    import feedparser  # noqa: PLC0415 - slow to import, and seldom needed

    # As a file: bytes it would take for an address or a path, and open. Without the feed's own
    # address, so that ids stay as written; links are resolved by us.
    result = feedparser.parse(
        io.BytesIO(text.encode()),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    version = str(result.get("version") or "")
    atom = version.startswith("atom")
    return version, [_raw(dict(entry), base, atom=atom) for entry in result.entries]


def _raw(entry: dict[str, Any], base: str, *, atom: bool) -> Raw:
    dates = {name: str(entry.get(name) or "") for name in ("published", "updated", "created")}
    return Raw(
        id=str(entry.get("id") or ""),
        link=_link(entry),
        base=base,
        title=_title(entry, atom=atom),
        texts=_texts(entry, atom=atom),
        author=str(entry.get("author") or ""),
        dates={name: value for name, value in dates.items() if value},
        parsed={name: entry[f"{name}_parsed"] for name in dates if entry.get(f"{name}_parsed")},
    )


def _link(entry: dict[str, Any]) -> str:
    """Its link; an id that feedparser took for one counts only where it is an address."""
    link = str(entry.get("link") or "")
    borrowed = bool(entry.get("guidislink")) and link == entry.get("id")
    return "" if borrowed and not link.lower().startswith(("http://", "https://")) else link


def _title(entry: dict[str, Any], *, atom: bool) -> Words:
    kind = str((entry.get("title_detail") or {}).get("type") or "")
    return words_of("title", str(entry.get("title") or "")[:FIELD], kind, atom=atom) or NO_TITLE


def _texts(entry: dict[str, Any], *, atom: bool) -> list[Words]:
    detail = entry.get("summary_detail") or {}
    fields = [("content", part) for part in entry.get("content") or ()]
    if not any(part.get("value") == entry.get("summary") for _, part in fields):
        fields.insert(0, ("summary", {**detail, "value": entry.get("summary")}))
    found = (
        words_of(name, str(part.get("value") or "")[:FIELD], str(part.get("type") or ""), atom=atom)
        for name, part in fields
    )
    return [words for words in found if words and words.value]

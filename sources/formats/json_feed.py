"""JSON Feed of any version: each item is read on its own, so that a bad one costs itself."""

from __future__ import annotations

import json
from typing import Any

from sources.formats.entries import ENTRIES, FIELD, Raw, Words


class NotJsonFeedError(Exception):
    """The body is JSON, or nearly, but no feed; the message says which."""


def read_json(text: str, base: str) -> tuple[list[Raw], list[str]]:
    """The items of a JSON Feed and what has to be told about it; raises NotJsonFeedError."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonFeedError("came back as broken JSON, not as a feed") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise NotJsonFeedError("came back as JSON that is not a feed")
    entries: list[Raw] = []
    notes: list[str] = []
    for place, item in enumerate(feed["items"][: ENTRIES * 20], 1):
        if isinstance(item, dict):
            entries.append(_item(item, base))
        else:
            notes.append(f"Entry {place} of the feed is not an entry and was left out.")
    return entries, notes[:10]


def _item(item: dict[str, Any], base: str) -> Raw:
    texts = [Words("summary", _text(item, "summary"), html=False)]
    texts.append(Words("content", _text(item, "content_text"), html=False))
    texts.append(Words("content", _text(item, "content_html"), html=True))
    dates = {"published": _text(item, "date_published"), "updated": _text(item, "date_modified")}
    return Raw(
        id=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        base=base,
        title=Words("title", _text(item, "title"), html=False),
        texts=[words for words in texts if words.value],
        author=_author(item),
        dates={name: value for name, value in dates.items() if value},
    )


def _text(item: dict[str, Any], name: str) -> str:
    """A field as text: numbers, which old feeds use as ids, become digits."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        return str(value)[:FIELD]
    except ValueError:  # a number of thousands of digits
        return ""


def _author(item: dict[str, Any]) -> str:
    """The last author named, as in the XML formats; 1.0 has `author`, 1.1 `authors`."""
    authors = item.get("authors")
    people = [item.get("author"), *(authors if isinstance(authors, list) else [])]
    names = [_text(person, "name") for person in people if isinstance(person, dict)]
    return next((name for name in reversed(names) if name), "")

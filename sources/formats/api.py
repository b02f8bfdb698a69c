"""Answers of interfaces for programs: JSON that is checked field by field, and its entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sources.formats.dates import read_date
from sources.formats.entries import ENTRIES, FIELD, MORE, Raw, Words, finish
from sources.formats.page import is_page, read_page
from sources.text import decode, mend

_LONGEST_NUMBER = 40


class NotJsonError(Exception):
    """The body is no JSON; `result` is what `read` gives back instead of entries."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__(result.get("error", "a page"))
        self.result = result


def document(body: bytes, url: str, charset: str) -> Any:
    """The JSON value of a body; raises NotJsonError, which says what came instead."""
    text = decode(body, charset).lstrip("\ufeff\x00 \t\r\n")
    if not text:
        raise NotJsonError({"error": "came back empty"})
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if is_page(text) or "<html" in text[:65536].lower():
            raise NotJsonError({"page": read_page(text, url)}) from None
        raise NotJsonError({"error": "came back as broken JSON"}) from None


def at(value: Any, *path: str | int) -> Any:
    """What stands under these keys and places, None where any of them is missing."""
    for step in path:
        if isinstance(step, int):
            found = isinstance(value, list) and -len(value) <= step < len(value)
        else:
            found = isinstance(value, dict) and step in value
        if not found:
            return None
        value = value[step]
    return value


def text_at(value: Any, *path: str | int) -> str:
    """The text or number under these keys as text; "" where there is none."""
    found = at(value, *path)
    if isinstance(found, str):
        return found[:FIELD]
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return str(found)[:_LONGEST_NUMBER]
        except ValueError:  # a number of thousands of digits
            return ""
    return ""


def number_at(value: Any, *path: str | int) -> int:
    """The whole number under these keys, or 0."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def moment_at(value: Any, *path: str | int) -> str:
    """The date under these keys as ISO 8601 in UTC, which can be counted with; "" for none."""
    found = read_date(text_at(value, *path))
    return found.isoformat() if found else ""


def rows_at(value: Any, *path: str | int) -> list[dict[str, Any]]:
    """The objects in the list under these keys; whatever else stands in it is left out."""
    found = at(value, *path)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def entry(
    *,
    id: str,  # noqa: A002 - the field's own name
    link: str = "",
    title: str = "",
    text: str = "",
    author: str = "",
    published: str = "",
    html: bool = False,
    medium: str = "",
    thread: str = "",
    more: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One entry in the plain form that `sources.posts.posts` takes; `more` goes into its record."""
    raw = Raw(
        id=id,
        link=link,
        linked=False,
        title=Words("title", title, html),
        texts=[Words("content", text, html)] if text else [],
        author=author,
        dates={"published": published} if published else {},
    )
    made = finish(raw)
    made["record"] |= {name: mend(value[:FIELD]) for name, value in (more or {}).items() if value}
    return {**made, "medium": medium, "thread": thread}


def answer(entries: Iterable[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What `read` gives back: at most 5,000 entries, notes on what was left out, and `more`."""
    made = list(entries)
    notes = [MORE] if len(made) > ENTRIES else []
    return {"entries": made[:ENTRIES], "notes": notes, **more}

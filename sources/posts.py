"""Entries as the child process gave them become posts, and its refusals become errors."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sources.base import Flaw, Post, SourceError
from sources.links import canonical, unwrap

_REVISION = re.compile(r"#\d+$")
_BEGINNING = 200


def refuse(
    what: str, result: Mapping[str, Any], wanted: str = "data", *, is_open: bool = False
) -> None:
    """Raise SourceError where something other than entries came back.

    `what` begins the sentence ("The feed of gazette.example"), `wanted` ends it ("a feed"). The
    page's own words are a stranger's, and are not told. `is_open` says that no part of the address
    is secret, which a feed that the page offers may repeat.
    """
    if "error" in result:
        raise SourceError(f"{what} {result['error']}.", "failing")
    if "page" not in result:
        return
    page = result["page"]
    asks = " that asks for a sign-in or a check against robots" if page["barred"] else ""
    raise SourceError(
        f"{what} came back as a web page{asks}, not as {wanted}{_offer(page['feeds'], is_open)}.",
        "blocked" if page["barred"] else "needs you",
    )


def _offer(feeds: Sequence[str], is_open: bool) -> str:
    if not feeds:
        return ""
    named = f"the feed {feeds[0]}" if is_open else f"a feed at {urlsplit(feeds[0]).hostname}"
    return f"; the page offers {named}"


def flaws(what: str, result: Mapping[str, Any]) -> Iterator[Flaw]:
    """What the child could not read, each as a sentence that begins with `what`."""
    yield from (Flaw(f"{what}: {note}") for note in result["notes"])


def posts(entries: Sequence[Mapping[str, Any]], *, medium: str = "") -> Iterator[Post]:
    """A post for each entry; `medium` is that of the place where the entry names none."""
    keys = _keys(entries)
    for entry, key in zip(entries, keys, strict=True):
        published = entry["published"]
        yield Post(
            key=key,
            content_key=_content_key(entry),
            url=unwrap(entry["link"]),
            title=entry["title"],
            text=entry["text"],
            author=entry["author"],
            published=datetime.fromisoformat(published) if published else None,
            record=entry["record"],
            medium=entry.get("medium") or medium,
            thread=entry.get("thread", ""),
        )


def _keys(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """A key for each entry: its id; with its link, and then its words, where ids collide."""
    ids = [_identity(entry) for entry in entries]
    linked = [
        f"{name}\n{canonical(entry['link'])}" for name, entry in zip(ids, entries, strict=True)
    ]
    alone, apart = Counter(ids), Counter(linked)
    return [
        _hash(
            name if alone[name] == 1 else both if apart[both] == 1 else f"{both}\n{_words(entry)}"
        )
        for name, both, entry in zip(ids, linked, entries, strict=True)
    ]


def _identity(entry: Mapping[str, Any]) -> str:
    """Its id, else its link, else its words; a counter of revisions at the end is left off."""
    if entry["id"]:
        identity = str(entry["id"])
        is_address = identity.startswith(("http://", "https://"))
        return _REVISION.sub("", identity) if is_address else identity
    if entry["link"]:
        return canonical(entry["link"])
    words = f"{entry['title']}\n{entry['published'] or ''}\n{entry['text'][:_BEGINNING]}"
    return hashlib.sha256(words.encode()).hexdigest()


def _content_key(entry: Mapping[str, Any]) -> str:
    return _hash(f"{canonical(entry['link'])}\n{_words(entry)}")


def _words(entry: Mapping[str, Any]) -> str:
    return f"{entry['title']}\n{entry['text']}"


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

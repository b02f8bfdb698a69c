"""A feed of any kind (RSS, Atom, JSON Feed) becomes posts; it may read its one address."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from sources.addresses import checked
from sources.base import Ask, Flaw, Post, Reach, SourceError
from sources.links import canonical, unwrap

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, "
    "application/xml;q=0.8, */*;q=0.1"
)
_REVISION = re.compile(r"#\d+$")
_BEGINNING = 200


class Options(BaseModel):
    """The feed's address, and who reads it where the place asks for a name and password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    user: str = ""
    password: SecretStr = SecretStr("")

    @field_validator("url")
    @classmethod
    def _fetchable(cls, url: str) -> str:
        try:
            checked(url.strip())
        except SourceError as error:
            raise ValueError(str(error)) from None
        return url.strip()


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield the feed's entries in its own order; raises NotModified or SourceError."""
    options: Options = ask.options
    auth = (options.user, options.password.get_secret_value()) if options.user else None
    response = reach.get(options.url, accept=_ACCEPT, auth=auth)
    result = reach.parse("feed", response)
    host = urlsplit(response.url).hostname or "The feed"
    _refuse(host, result)
    yield from (Flaw(f"The feed of {host}: {note}") for note in result["notes"])
    yield from _posts(result["entries"])


def _refuse(host: str, result: Mapping[str, Any]) -> None:
    """Raise SourceError where something other than a feed came back."""
    if "error" in result:
        raise SourceError(f"The feed of {host} {result['error']}.", "failing")
    if "page" not in result:
        return
    page = result["page"]
    title = f" titled “{page['title']}”" if page["title"] else ""
    offers = f"; the page offers the feed {page['feeds'][0]}" if page["feeds"] else ""
    raise SourceError(
        f"The feed of {host} came back as a web page{title}, not as a feed{offers}.",
        "blocked" if page["barred"] else "needs you",
    )


def _posts(entries: list[dict[str, Any]]) -> Iterator[Post]:
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
        )


def _keys(entries: list[dict[str, Any]]) -> list[str]:
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

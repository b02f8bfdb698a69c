"""An entry as any format gave it becomes plain fields of a known size; nothing else leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin

from sources.formats.dates import read_date
from sources.links import safe_link
from sources.text import fold, mend, plain

ENTRIES = 5_000
FIELD = 1024 * 1024  # characters
MORE = f"It holds more than {ENTRIES:,} entries; only so many of the newest were read."
_RECORD = 64 * 1024
_LAST = datetime.max.replace(tzinfo=UTC)
_HTML_TYPES = frozenset(("html", "text/html", "xhtml", "application/xhtml+xml"))


class Words(NamedTuple):
    """A text as it was read: in which field, and whether it is HTML."""

    name: str
    value: str
    html: bool

    def plain(self) -> str:
        """Without markup, folded."""
        return plain(self.value) if self.html else fold(mend(self.value))


NO_TITLE = Words("title", "", html=False)


@dataclass(slots=True)
class Raw:
    """One entry before its fields are made plain; `base` is what its links are relative to."""

    id: str = ""
    link: str = ""
    base: str = ""
    linked: bool = True
    title: Words = NO_TITLE
    texts: list[Words] = field(default_factory=list)
    author: str = ""
    dates: dict[str, str] = field(default_factory=dict)
    parsed: dict[str, Sequence[int]] = field(default_factory=dict)
    _moment: datetime | None = None

    def published(self) -> datetime | None:
        """When it was published, else changed, else created."""
        if self._moment is None and self.dates:
            self._moment = self._first_date()
        return self._moment

    def _first_date(self) -> datetime | None:
        for name in ("published", "updated", "created"):
            text = self.dates.get(name, "")
            found = read_date(text, self.parsed.get(name)) if text else None
            if found:
                return found
        return None

    def wants(self) -> bool:
        """True where something is missing or unread that a second parser might find."""
        named, worded = self.id or self.link, self.title.value or self.texts
        return not named or not worded or (bool(self.dates) and self.published() is None)


def words_of(name: str, value: str, kind: str, *, atom: bool) -> Words | None:
    """The words of a field of that content type; None where it holds something other than text.

    Atom says what is HTML; RSS says nothing, so there markup is taken for markup.
    """
    if not atom:
        return Words(name, value, True)
    if kind in _HTML_TYPES:
        return Words(name, value, html=True)
    return Words(name, value, html=False) if kind in ("", "text") or kind[:5] == "text/" else None


def finish(raw: Raw) -> dict[str, Any]:
    """The fields of an entry as the parent process gets them: plain, mended, capped."""
    published = raw.published()
    texts = [text.plain() for text in raw.texts]
    return {
        "id": mend(raw.id).strip()[:_RECORD],
        "link": _link(raw),
        "title": " ".join(raw.title.plain().split()),
        "text": max(texts, key=len, default=""),
        "author": author_name(raw.author),
        "published": published.isoformat() if published else None,
        "record": _record(raw),
    }


def _link(raw: Raw) -> str:
    link = raw.link.strip()
    if not link and raw.linked and raw.id.lower().startswith(("http://", "https://")):
        link = raw.id.strip()
    if not link:
        return ""
    try:
        return safe_link(urljoin(raw.base, mend(link)))
    except ValueError:
        return ""


def _record(raw: Raw) -> dict[str, str]:
    record = {"id": raw.id, "link": raw.link, "title": raw.title.value, "author": raw.author}
    for text in raw.texts:
        name = "content" if text.name == "content" else "summary"
        if len(text.value) > len(record.get(name, "")):
            record[name] = text.value
    record.update(raw.dates)
    return {name: mend(value[:_RECORD]) for name, value in record.items() if value}


_ADDRESS = re.compile(r"[(<]?\s*(?:mailto:)?[^\s()<>@]{1,64}@[^\s()<>@]{1,255}\s*[)>]?")
_AUTHOR = 500


def author_name(author: str) -> str:
    """The person's name without the e-mail address that feeds put beside it."""
    author = plain(author[:_AUTHOR])
    if "@" not in author or author.startswith("@"):
        return " ".join(author.split())
    name = _ADDRESS.sub(" ", author).strip()
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    return " ".join((name or author).split())


def newest(entries: Sequence[Raw], notes: list[str]) -> Iterable[Raw]:
    """At most 5,000 entries, the newest where their dates tell; what was left is noted."""
    if len(entries) <= ENTRIES:
        return entries
    notes.append(MORE)
    dates = [entry.published() for entry in entries]
    # An undated entry may be new: it goes before every dated one.
    places = sorted(range(len(entries)), key=lambda place: dates[place] or _LAST, reverse=True)
    return [entries[place] for place in sorted(places[:ENTRIES])]

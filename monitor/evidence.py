"""PURE: what is kept as evidence of a post, in which form, and how a change of it is found.

An item is sealed: its digest, with a random word of its own, stands in a chain that outlives it.
When the item is erased that word goes too, and the digest says nothing to anybody any more.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from monitor.chain import canonical
from monitor.judge.routing import LONDON
from monitor.judge.terms import Level
from sources.capture import Page

Kind = Literal["record", "page", "note"]
LEVELS = (Level.RESPOND.value, Level.URGENT.value)
# Of these the address and the time are kept, and no word: the police or the safeguarding lead
# decides what is looked at.
WITHHELD = frozenset({"safeguarding", "sexual", "extremism"})
NEUTRAL = (
    "Nothing of this post is kept but its address and the time: do not open it again, copy it or "
    "pass it on; tell the safeguarding lead, who decides with the police."
)
# Posts that speak of pictures of a child without clothes, whatever category they were given.
_INDECENT = re.compile(
    r"\b(?:nudes?|naked|indecent|sext\w*|upskirt\w*|csam|topless)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+")
# Of the words that were read, so many in a hundred have to stand on the page.
_SAME = 60
CHANGED = (
    "The words that were read first do not stand on the page as it was fetched: it has changed, "
    "or shows them only in a browser."
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is kept: the source's own record, a page (a WARC file), or a note alone.

    `at` is when it was taken; `version` the program that took it; `said` what there is to say of
    it, in plain words; `words` what a reader saw.
    """

    mention: str
    revision: int
    school: str
    kind: Kind
    address: str
    at: datetime
    version: str
    said: str = ""
    words: str = ""
    content: bytes = b""

    @property
    def sha256(self) -> str:
        """The hash of the content."""
        return hashlib.sha256(self.content).hexdigest()

    def digest(self, salt: str) -> str:
        """The hash of all of it, which nobody can guess at without the salt."""
        text = canonical(
            *(salt, self.mention, self.revision, self.school, self.kind, self.address, self.at),
            *(self.version, self.said, self.words, self.sha256),
        )
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_owed(relevant: bool, level: str) -> bool:
    """True where a mention is one that evidence is kept of."""
    return relevant and level in LEVELS


def is_withheld(categories: tuple[str, ...], title: str, text: str) -> bool:
    """True where nothing but the address and the time may be kept."""
    return not WITHHELD.isdisjoint(categories) or bool(_INDECENT.search(f"{title}\n{text}"))


def stands(words: str, page: str) -> bool:
    """True where most of a post's words stand on a page; True of a post without words."""
    wanted = set(_WORD.findall(words.casefold()))
    found = wanted.intersection(_WORD.findall(page.casefold()))
    return len(found) * 100 >= len(wanted) * _SAME


def worded(page: Page, words: str) -> str:
    """What there is to say of a captured page."""
    changed = "" if not page.body or stands(words, page.words) else CHANGED
    return " ".join(filter(None, (page.said, changed)))


def warc(page: Page, asked: str, at: datetime, version: str) -> bytes:
    """The page's answer as a WARC 1.1 file, its body unpacked and without media."""
    from warcio.statusandheaders import StatusAndHeaders  # noqa: PLC0415 - slow to load
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415 - slow to load

    made = io.BytesIO()
    writer = WARCWriter(made, gzip=False, warc_version="1.1")
    date = {"WARC-Date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    info = {"software": f"Footprint {version}", "format": "WARC File Format 1.1"}
    if page.address != asked:
        info["description"] = f"asked for {asked}"
    record = writer.create_warcinfo_record("evidence.warc", info)
    record.rec_headers.replace_header("WARC-Date", date["WARC-Date"])
    writer.write_record(record)
    headers = [(_header(name), _header(value)) for name, value in page.headers.items()]
    headers.append(("content-length", str(len(page.body))))
    answer = StatusAndHeaders(f"{page.status} ", headers, protocol="HTTP/1.1")
    writer.write_record(
        writer.create_warc_record(
            page.address,
            "response",
            payload=io.BytesIO(page.body),
            length=len(page.body),
            http_headers=answer,
            warc_headers_dict=date,
        )
    )
    return made.getvalue()


def _header(text: str) -> str:
    """A foreign header's name or value that cannot begin another."""
    return "".join(character for character in text if character.isprintable())


def both_times(at: datetime) -> Mapping[str, str]:
    """A moment in UTC, and in the school's zone."""
    return {
        "utc": at.astimezone(UTC).isoformat(timespec="seconds"),
        "london": f"{at.astimezone(LONDON):%A %d %B %Y at %H:%M:%S %Z}",
    }

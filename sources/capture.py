"""One look at the page of a post that may be needed as evidence: text alone, and manners kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from sources.addresses import checked
from sources.answers import is_text
from sources.base import Ask, Reach, Response, SourceError
from sources.pagewatch import read_rules
from sources.text import decode, plain

MOST_BYTES = 2 * 1024 * 1024
# Their terms let no program fetch their pages, whatever robots.txt says.
_BARRED = (
    *("facebook.com", "instagram.com", "threads.net", "tiktok.com", "x.com", "twitter.com"),
    *("reddit.com", "linkedin.com", "nextdoor.co.uk", "nextdoor.com", "snapchat.com"),
    *("youtube.com", "youtu.be", "google.com", "google.co.uk", "trustpilot.com"),
)
_GONE = (404, 410)
_SHUT = (401, 403, 407, 451)
_LEAST_TRYING = 500
# Pictures and the like that are written into the page itself.
_MEDIA = re.compile(rb"data:(?:image|video|audio|application|font)/[^\"'\s)>]*", re.IGNORECASE)
_BINARY = (b"\x00", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"%PDF", b"PK\x03\x04")
_HEAD = 1024
_LOST = ("content-encoding", "transfer-encoding", "content-length", "connection", "set-cookie")


@dataclass(frozen=True, slots=True)
class Page:
    """What was found at an address.

    `said` is a plain sentence where that is not the page as it was: gone, shut, no text.
    `body` is the answer without what was taken out of it, empty where nothing may be kept;
    `words` are what a reader sees of it.
    """

    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    words: str = ""
    said: str = ""


class Eye(Reach, Protocol):
    """What a look needs of the world."""

    def look(self, url: str) -> Response:
        """The answer of a page, whatever its status, where it is text; raises SourceError."""
        ...


def why_not(address: str) -> str:
    """Why the page behind an address is not looked at; "" where it may be."""
    try:
        host = (checked(address).hostname or "").rstrip(".").lower()
    except SourceError:
        return "The post came without an address of its own that could be opened."
    if any(f".{host}".endswith(f".{barred}") for barred in _BARRED):
        return (
            f"The terms of {host} let no program fetch its pages: take a screen print by hand, "
            "with the address, the date and the time in it."
        )
    return ""


def take(reach: Eye, address: str, now: datetime) -> Page:
    """Look at a page once; raises SourceError where it is worth another try."""
    refused = why_not(address)
    if refused:
        return Page(address, 0, {}, said=refused)
    # What robots.txt says is asked anew: the page is looked at once.
    if not read_rules(Ask("evidence", None, (), now), reach, address)["allowed"]:
        host = urlsplit(address).hostname
        return Page(
            address,
            0,
            {},
            said=f"{host} does not let programs read this page (its robots.txt says so): take a "
            "screen print by hand.",
        )
    return _page(reach.look(address))


def _page(answer: Response) -> Page:
    if answer.status >= _LEAST_TRYING or answer.status == 429:  # noqa: PLR2004 - too often
        host = urlsplit(answer.url).hostname
        raise SourceError(f"{host} answered with error {answer.status}.")
    headers = {name: value for name, value in answer.headers.items() if name not in _LOST}
    said = _fault(answer)
    if said:
        return Page(answer.url, answer.status, headers, said=said)
    body, removed = _MEDIA.subn(b"data:,taken-out", answer.body)
    charset = re.search(r"charset=[\"']?([\w.:-]+)", headers.get("content-type", ""))
    words = plain(decode(body, charset.group(1) if charset else ""))
    note = "Pictures that were written into the page were taken out of it." if removed else ""
    return Page(answer.url, answer.status, headers, body, words, note)


def _fault(answer: Response) -> str:
    """Why nothing of an answer is kept; "" where it is."""
    if answer.status in _GONE:
        return f"The page is not there any more (its site answers {answer.status})."
    if answer.status in _SHUT:
        return f"The page is not open to everybody (its site answers {answer.status})."
    if not answer.body and not is_text(answer.headers):
        kind = answer.headers.get("content-type", "").partition(";")[0][:60] or "nothing"
        return f"The address leads to no text (it says {kind}): it was not fetched."
    if any(mark in answer.body[:_HEAD] for mark in _BINARY):
        return "The page says that it is text and is not: nothing of it was kept."
    if len(answer.body) > MOST_BYTES:
        return "The page is longer than is kept (2 MB): nothing of it was kept."
    return ""

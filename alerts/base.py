"""What every channel trades in: a Notice is put into words, a Letter is carried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Contact:
    """Who can help, how to reach them at this minute, and how that stands; `when` may be empty."""

    name: str
    way: str
    when: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An alert before it is a message. Every field is plain text that may hold foreign words.

    `posted`, `seen`, `page_until` and `as_at`, a time of day, are in the school's own time zone.
    `link` is the post's public address and `page` its page in Footprint, which opens without a
    sign-in until `page_until`. `line` says in neutral words what the post is; `quote` are its own,
    masked. `taken` is the role of whoever has said that they have it. `thread` is the incident's
    id, which keeps its letters together. Each of these may be empty.
    """

    school_id: str
    school: str
    level: Literal["urgent", "respond"]
    possible: bool
    kinds: tuple[str, ...]
    place: str
    posted: str
    seen: str
    link: str
    page: str
    why: tuple[str, ...]
    steps: tuple[str, ...]
    avoid: str
    told: tuple[str, ...]
    reference: str
    line: str = ""
    quote: str = ""
    fair: str = ""
    reply: str = ""
    contacts: tuple[Contact, ...] = ()
    as_at: str = ""
    page_until: str = ""
    taken: str = ""
    spread: str = ""
    untaken: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed message whose bytes, Message-ID, Date and recipient never change again."""

    message_id: str
    date: datetime
    sender: str
    recipient: str
    content: bytes


class DeliveryError(Exception):
    """A letter was not accepted. The message is one plain line without secrets.

    `permanent`: asking again cannot help this recipient. `server`: the fault is the server's or
    the settings', not this letter's, so every other letter would meet it as well.
    """

    def __init__(self, message: str, *, permanent: bool = False, server: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.server = server


class Channel(Protocol):
    """A way out for letters."""

    name: str

    def tell(self, letter: Letter) -> str:
        """Hand the letter over; returns the other side's words. Raises DeliveryError."""
        ...

"""What every kind of source trades in: an Ask comes in, Posts and Flaws go out."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

Health = Literal[
    "ok", "slow", "empty", "blocked", "failing", "dead", "over budget", "needs you", "waiting"
]
FIRST_LOOK = timedelta(days=30)
# What a memo keeps under these names lasts also where the poll failed: what was spent is spent,
# whoever was told a site's rules need not ask again, and what was tried in vain has been tried.
LASTING = frozenset({"spent", "search", "robots", "feed", "tries"})
# Under these names it keeps what signs us in: for as long as the process lives, and on no disk.
SIGNED_IN = frozenset({"session", "token", "sign_in"})


@dataclass(frozen=True, slots=True)
class Post:
    """One entry of a source, as plain text.

    `key` names the entry within its source (its id, else its link, else its content) and
    `content_key` names its words, so that an entry whose id changes at each fetch is still known.
    Both are hashes. `record` holds the entry's own fields as they were read: first evidence.
    `medium` says how the words are to be read, where that is known: news, blog, google_review,
    petition or foi. `thread` is the address of what the post answers, where its own address does
    not tell that.
    """

    key: str
    content_key: str
    url: str
    title: str
    text: str
    author: str
    published: datetime | None
    record: Mapping[str, str] = field(default_factory=dict)
    medium: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that could not be read and cost itself alone; `detail` is one plain sentence.

    `blind` marks a whole part of a place (a server, a search) of which nothing can be seen.
    """

    detail: str
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What a site answered: the final address, headers in lower case, the decoded body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder of a mail server, and how one signs in: with a password or an access token."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A mail's number, and the UIDVALIDITY under which it holds; 0 and 0 stand for no mail."""

    validity: int = 0
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it lies in a mailbox; `lacks` says why its bytes did not come."""

    place: Bookmark
    raw: bytes = b""
    lacks: Literal["", "too large", "withheld"] = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail that answers one of the program's own letters, and is no post.

    `token` is what its address carried; `takes` says that its first line is "I have this";
    `automatic` that a machine sent it. `sent` is when it says that it was sent.
    """

    token: str
    sender: str
    takes: bool
    automatic: bool
    sent: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was handed in to an inbox, by form or webhook, as it came."""

    number: int
    received_at: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file in a drop folder; `wrong` says why its content was not looked at.

    `mark` is a hash of its content, where that was not looked at of what else tells it apart.
    """

    name: str
    mark: str
    content: bytes = b""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a source is asked for in one poll.

    `options` is the kind's own `Options` model; `phrases` are the names of every school that
    listens; `memo` is the source's own memory between polls (JSON values), kept with the posts, and
    where the poll fails only under the names in LASTING and SIGNED_IN.
    `folder` is where relative paths in the options start. `trial` says that somebody only wants to
    know whether the place answers: what is paid for, or counted, is asked for the least, since
    nothing of the memo is kept. What that costs stands in the options' `trial_costs`. `back` is how
    far a first reading reaches.
    """

    source: str
    options: Any
    phrases: tuple[str, ...]
    now: datetime
    memo: MutableMapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()
    trial: bool = False
    back: timedelta = FIRST_LOOK

    @property
    def since(self) -> datetime:
        """How far back a place is read where no memo tells where the last poll ended."""
        return self.now - self.back


class NotModified(Exception):  # noqa: N818 - an answer, not an error
    """The place says, or its body's hash shows, that nothing has changed since the last poll."""


class SourceError(Exception):
    """A source could not be read. The message is one plain line without secrets.

    `health` is what the source's state becomes; `retry_after` is how long the site asked to be
    left alone, where it said so.
    """

    def __init__(
        self, message: str, health: Health = "failing", retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.health: Health = health
        self.retry_after = retry_after


class Queue(Protocol):
    """What has been handed in to one inbox and waits there."""

    def waiting(self, after: int) -> Iterator[Report]:
        """Those with higher numbers than that, oldest first, a bounded number at once."""
        ...

    def forget(self, numbers: Sequence[int]) -> None:
        """Let go of what they hold: it has been taken in, and that is committed."""
        ...


class Drops(Protocol):
    """A folder into which people put files."""

    def files(self, most_bytes: int) -> Iterator[Dropped]:
        """What lies in it, oldest first, a bounded number at once; raises SourceError."""
        ...

    def put_away(self, file: Dropped, why: str) -> None:
        """Move a file to `taken`, or to `refused` beside a note where there is a reason why.

        Raises SourceError.
        """
        ...


class Reach(Protocol):
    """The world as a source may touch it."""

    def get(
        self, url: str, *, accept: str = "*/*", auth: tuple[str, str] | None = None
    ) -> Response:
        """Fetch an address; raises NotModified or SourceError."""
        ...

    def call(
        self,
        url: str,
        *,
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Response:
        """Ask an interface for programs; `data` makes it a POST. Raises SourceError.

        The answer has any status, with its body: such interfaces say there what was wrong.
        `headers` reach the address's own scheme, host and port alone.
        """
        ...

    def letters(
        self, box: Mailbox, after: Bookmark, since: datetime
    ) -> Generator[Letter, None, None]:
        """The mails of a mailbox after that one, oldest first, some 200 at most.

        Where the bookmark does not hold any more, those since that moment. Nothing is changed in
        the mailbox. Raises SourceError, also after some mails have come.
        """
        ...

    def answered(self, reply: Reply) -> None:
        """Pass on an answer to one of the program's own letters."""
        ...

    def handed_in(self, after: int) -> Iterator[Report]:
        """What has been handed in to this source since that number (see `Queue`)."""
        ...

    def forget(self, numbers: Sequence[int]) -> None:
        """Let go of reports that an earlier poll has taken in."""
        ...

    def drops(self, folder: Path) -> Drops:
        """The files that people have put into that folder."""
        ...

    def leave_alone(self, url: str, wait: timedelta) -> None:
        """The site of that address asks, as robots.txt can, that nobody comes before that."""
        ...

    def parse(self, kind: str, response: Response, **given: Any) -> Mapping[str, Any]:
        """Read a foreign body in a child process with limits; raises SourceError.

        `kind` names a format (feed) or a kind of source, whose `read(body, url, charset, **given)`
        is then called.
        """
        ...


class Source(Protocol):
    """A module in this folder: its `Options`, and one function."""

    Options: type[Any]

    def collect(self, ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
        """Yield what the place holds; posts yielded before a failure are kept."""
        ...

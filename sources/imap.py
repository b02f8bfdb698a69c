"""Reads a mailbox over IMAP and changes nothing there; the only home of imaplib."""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from socket import socket
from typing import Any

from sources.base import Bookmark, Letter, Mailbox, SourceError
from sources.gate import Gate
from sources.text import fold, mend

# An alert mail is some 50 KB; what is far larger holds pictures and attachments.
LARGEST = 1024 * 1024
# What a minute allows with ease; the others are read at the next poll.
_LETTERS = 200
_ANSWER = LARGEST + 1024 * 1024  # bytes that one command may bring, lists and chatter included
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,19})\b")
_FOLDER = re.compile(rb'^\([^)]*\) (?:"(?:[^"\\]|\\.)*"|NIL) "?(.*?)"?$')
_FOLDERS_NAMED, _LONGEST_NAME = 12, 60
# What is looked at of what a server lists and says: these are read in the program's own process.
_ROWS, _LONGEST_ROW = 1_000, 1_000
_LONGEST_NUMBER = 10  # digits: the numbers that IMAP gives are of 32 bits
_TROUBLE = (imaplib.IMAP4.error, OSError, ValueError)
_PASSING = re.compile(r"UNAVAILABLE|INUSE|\bLIMIT\b|too many|try again|temporar", re.IGNORECASE)
_TURNED_OFF = re.compile(
    r"(?:enabled|disabled|turned off).{0,40}IMAP|IMAP.{0,40}disabled", re.IGNORECASE
)
_WANTS_APP_PASSWORD = re.compile(r"app(?:lication-specific)?[ -]password", re.IGNORECASE)
_GOOGLE, _MICROSOFT = ("gmail.com", "googlemail.com"), ("office365.com", "outlook.com")
_ODD = re.compile(r"([^\x20-\x7e]+)")
_SHIFTED = re.compile(r"&([^&-]*)-")


class _Client(imaplib.IMAP4):
    """imaplib's client over a socket that is open already, with a bound on each answer."""

    def __init__(self, connected: socket, box: Mailbox) -> None:
        self._connected = connected
        self._left = _ANSWER
        super().__init__(box.host, box.port)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Take the socket that was given."""
        self.host, self.port = host, port
        self.sock = self._connected
        self.file = self.sock.makefile("rb")

    def read(self, size: int) -> bytes:
        """Bytes of a length that the server has announced, which may be any number."""
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        """One line; imaplib bounds its length."""
        line = super().readline()
        self._spend(len(line))
        return line

    def begin(self) -> None:
        """Another command, another answer."""
        self._left = _ANSWER

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise SourceError(f"{self.host} sent far more than was asked for; it is not read.")


def letters(
    gate: Gate,
    box: Mailbox,
    after: Bookmark,
    since: datetime,
    *,
    trust: Callable[[], ssl.SSLContext],
    timeout: float,
) -> Generator[Letter, None, None]:
    """The mails after the bookmark, or since then where the folder is another; oldest first.

    At most 200 of them; each is fetched when its turn comes. Raises SourceError.
    """
    with _explained(gate, box), _session(gate, box, trust, timeout) as client:
        _sign_in(client, box)
        validity = _examine(client, box)
        last = after.uid if after.validity == validity else 0
        uids = _search(client, last, since)[:_LETTERS]
        sizes = _sizes(client, uids)
        for uid in uids:
            if uid in sizes:  # else it has been deleted meanwhile
                yield _letter(client, Bookmark(validity, uid), sizes[uid])


@contextmanager
def _explained(gate: Gate, box: Mailbox) -> Iterator[None]:
    """Puts what goes wrong into words of our own: some servers repeat what was sent to them."""
    try:
        yield
    except _TROUBLE as error:
        raise _explain(error, box.host, gate) from None


def _explain(error: Exception, host: str, gate: Gate) -> SourceError:
    if gate.expired or isinstance(error, TimeoutError):
        return SourceError(f"{host} did not answer in time; it is tried again.", "slow")
    if isinstance(error, ssl.SSLCertVerificationError):
        return SourceError(f"The security certificate of {host} is not valid; it is not read.")
    if isinstance(error, ssl.SSLError):
        return SourceError(
            f"No secure connection to {host} could be made; check port and security "
            '(993 with "tls", 143 with "starttls").'
        )
    return SourceError(f"{host}: the conversation broke off; it is tried again.")


@contextmanager
def _session(
    gate: Gate, box: Mailbox, trust: Callable[[], ssl.SSLContext], timeout: float
) -> Iterator[_Client]:
    """A server that has greeted us, over an encrypted connection unless it is on this machine."""
    connected = gate.connect(box.host, box.port)
    connected.settimeout(timeout)
    if box.security == "tls":
        connected = trust().wrap_socket(connected, server_hostname=box.host)
    client = _Client(connected, box)
    try:
        if box.security == "starttls":
            _encrypt(client, trust())
        yield client
        with suppress(*_TROUBLE):  # everything has been read by now
            client.logout()
    finally:
        with suppress(OSError):
            client.shutdown()


def _encrypt(client: _Client, context: ssl.SSLContext) -> None:
    if "STARTTLS" not in client.capabilities:
        raise SourceError(
            f"{client.host} offers no encryption here, so nothing was sent; "
            'try port = 993 and security = "tls".',
            "needs you",
        )
    client.starttls(context)


def _sign_in(client: _Client, box: Mailbox) -> None:
    if client.state != "NONAUTH":
        raise SourceError(f"{box.host} asks for no sign-in; no mailbox is read there.", "needs you")
    client.begin()
    try:
        if box.token:
            bearer = f"user={box.user}\x01auth=Bearer {box.token}\x01\x01"
            client.authenticate("XOAUTH2", _said_once(bearer))
        elif "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", _said_once(f"\0{box.user}\0{box.password}"))
        else:
            _log_in(client, box)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise _refused(box, str(error)[:_LONGEST_ROW]) from None


def _log_in(client: _Client, box: Mailbox) -> None:
    if not (box.user + box.password).isascii():
        raise SourceError(
            f"{box.host} takes only a user and a password of plain letters, digits and signs.",
            "needs you",
        )
    client.login(box.user, box.password)


def _said_once(words: str) -> Callable[[bytes], bytes]:
    """The words for the server's first question; a further one tells of an error and is passed."""
    waiting = [words.encode()]
    return lambda _: waiting.pop() if waiting else b""


def _refused(box: Mailbox, said: str) -> SourceError:
    """What a refused sign-in means; the server's own words are looked at and never shown."""
    if _PASSING.search(said):
        return SourceError(f"{box.host} lets nobody sign in just now; it is tried again.")
    if _TURNED_OFF.search(said):
        why = "IMAP is turned off for this account: turn it on in the mailbox's settings"
    elif box.token:
        why = f"it does not let {box.user} in with this sign-in: check the user and its rights"
    elif box.host.endswith(_MICROSOFT):
        why = 'Microsoft takes no passwords here: sign in with oauth = "microsoft"'
    elif box.host.endswith(_GOOGLE) or _WANTS_APP_PASSWORD.search(said):
        why = "it takes no ordinary password: make an app password in the account and give that"
    else:
        why = "check the user and the password"
    return SourceError(f"{box.host} refuses the sign-in: {why}.", "needs you")


def _examine(client: _Client, box: Mailbox) -> int:
    """Open the folder for reading only; its UIDVALIDITY, which says whether numbers still hold."""
    client.begin()
    status, _ = client.select(_quoted(box.folder), readonly=True)
    if status != "OK":
        raise _no_folder(client, box)
    said = client.response("UIDVALIDITY")[1]
    number = said[-1] if said else None
    if not isinstance(number, bytes) or not _is_number(number):
        raise SourceError(f"{box.host} does not number its mails; it cannot be read.")
    return int(number)


def _no_folder(client: _Client, box: Mailbox) -> SourceError:
    client.begin()
    _, rows = client.list()
    listed = [row for row in rows[:_ROWS] if isinstance(row, bytes)]
    names = [name for row in listed if (name := _folder_name(row[:_LONGEST_ROW]))]
    if box.folder in names:
        why = f'does not let us read the folder "{box.folder}"'
    else:
        more = ", …" if len(names) > _FOLDERS_NAMED else ""
        there = f"; there are: {', '.join(names[:_FOLDERS_NAMED])}{more}" if names else ""
        why = f'has no folder "{box.folder}"{there}'
    return SourceError(f"{box.host} {why}.", "needs you")


def _folder_name(row: bytes) -> str:
    found = _FOLDER.match(row)
    if not found:
        return ""
    name = found.group(1).decode("ascii", "replace").replace('\\"', '"').replace("\\\\", "\\")
    return " ".join(fold(mend(_SHIFTED.sub(_unshifted, name))).split())[:_LONGEST_NAME]


def _quoted(folder: str) -> str:
    """The folder's name as IMAP writes it: quoted, in its own form of UTF-7 (RFC 3501, 5.1.3)."""
    pieces = _ODD.split(folder)
    shifted = [_shifted(p) if at % 2 else p.replace("&", "&-") for at, p in enumerate(pieces)]
    escaped = "".join(shifted).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shifted(piece: str) -> str:
    encoded = base64.b64encode(piece.encode("utf-16-be"), b"+,").rstrip(b"=")
    return f"&{encoded.decode()}-"


def _unshifted(found: re.Match[str]) -> str:
    piece = found.group(1)
    try:
        raw = base64.b64decode(piece + "=" * (-len(piece) % 4), b"+,", validate=True)
        return raw.decode("utf-16-be") if piece else "&"
    except ValueError:
        return found.group(0)


def _search(client: _Client, last: int, since: datetime) -> list[int]:
    """The numbers after the last one, else those since that day, in their order."""
    client.begin()
    day = f"{since.day:02d}-{_MONTHS[since.month - 1]}-{since.year}"
    wanted = ("UID", f"{last + 1}:*") if last else ("SINCE", day)
    _, rows = client.uid("SEARCH", *wanted)
    words = [word for row in rows if isinstance(row, bytes) for word in row.split()]
    # "4:*" names the last mail even where its number is 3.
    return sorted({int(word) for word in words if _is_number(word) and int(word) > last})


def _is_number(word: bytes) -> bool:
    return len(word) <= _LONGEST_NUMBER and word.isdigit()


def _sizes(client: _Client, uids: Sequence[int]) -> dict[int, int]:
    if not uids:
        return {}
    client.begin()
    _, rows = client.uid("FETCH", ",".join(map(str, uids)), "(RFC822.SIZE)")
    listed = [row[:_LONGEST_ROW] for row in rows if isinstance(row, bytes)]
    found = ((_UID.search(row), _SIZE.search(row)) for row in listed)
    return {int(uid.group(1)): int(size.group(1)) for uid, size in found if uid and size}


def _letter(client: _Client, place: Bookmark, size: int) -> Letter:
    """One mail, fetched in the one way that does not mark it as read."""
    if size > LARGEST:
        return Letter(place, lacks="too large")
    client.begin()
    _, rows = client.uid("FETCH", str(place.uid), "(BODY.PEEK[])")
    raw = next((part for row in rows if (part := _literal(row)) is not None), None)
    return Letter(place, lacks="withheld") if raw is None else Letter(place, raw)


def _literal(row: Any) -> bytes | None:
    """The bytes of an answer that holds some: imaplib gives those as pairs."""
    return bytes(row[1]) if isinstance(row, tuple) and b"BODY[]" in row[0] else None

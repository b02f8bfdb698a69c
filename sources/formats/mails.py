"""A mail's bytes as plain fields: subject, text and HTML, whatever its parts are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from typing import NamedTuple

from sources.text import decode, mend

_PARTS = 100
_HEADER = 2_000
_SPOILT = (ValueError, LookupError, TypeError, AttributeError, MessageError)
MORE_PARTS = f"It holds more than {_PARTS} parts; only so many were read."
SPOILT_PART = "A part of it could not be read and was left out."


class NotMailError(Exception):
    """The bytes cannot be taken apart; the message goes on from "A mail"."""


class Mail(NamedTuple):
    """What of a mail is read."""

    subject: str
    date: str
    message_id: str
    text: str
    html: str
    notes: tuple[str, ...]


def opened(raw: bytes) -> Message:
    """The mail's headers and parts; raises NotMailError."""
    try:
        # The newer policies parse each header on the way and fall over bad ones.
        message: Message = message_from_bytes(raw)
    except RecursionError:
        raise NotMailError("is nested too deeply to be read") from None
    return message


def read_mail(message: Message) -> Mail:
    """The first text and the first HTML that can be read; attachments are left alone."""
    found: dict[str, str] = {}
    notes: list[str] = []
    for number, part in enumerate(_leaves(message)):
        if number == _PARTS:
            notes.append(MORE_PARTS)
            break
        _take(part, found, notes)
    return Mail(
        subject=header(message, "subject"),
        date=header(message, "date"),
        message_id=header(message, "message-id").strip(" <>"),
        text=found.get("text/plain", ""),
        html=found.get("text/html", ""),
        notes=tuple(dict.fromkeys(notes)),
    )


def header(message: Message, name: str) -> str:
    """A header as text on one line; "" where it is missing."""
    value = str(message.get(name, ""))[:_HEADER]
    try:
        value = str(make_header(decode_header(value)))
    except _SPOILT:
        value = value.strip()
    return re.sub(r"\s+", " ", mend(value)).strip()


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order, without those of attached mails."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        # A leaf's bytes are not asked for here: an odd alphabet makes that raise anything.
        inner = part.get_payload() if part.is_multipart() else None
        if not isinstance(inner, list):
            yield part
        elif part.get_content_maintype() == "multipart":
            waiting += [piece for piece in reversed(inner) if isinstance(piece, Message)]


def _take(part: Message, found: dict[str, str], notes: list[str]) -> None:
    """Keep the words of a part that is the first of its kind."""
    try:
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or kind in found:
            return
        if part.get_content_disposition() == "attachment":
            return
        words = _words(part)
    except _SPOILT:
        notes.append(SPOILT_PART)
        return
    if words.strip():
        found[kind] = words


def _words(part: Message) -> str:
    body = part.get_payload(decode=True)
    return mend(decode(body, part.get_content_charset("") or "")) if isinstance(body, bytes) else ""

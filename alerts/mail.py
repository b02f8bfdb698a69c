"""Puts a Notice into words: a message of fixed bytes, in text and HTML. Pure; sends nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import cache
from hashlib import sha256
from pathlib import Path
from textwrap import fill
from typing import NotRequired, TypedDict, Unpack, cast
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from alerts.base import Contact, DeliveryError, Letter, Notice

_JOINER = "\u200d"  # holds families and flags together in emoji
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,120}>")
_ADDRESS = re.compile(r'[^\s<>"(),:;@\[\]\\]{1,64}@[^\s<>"(),:;@\[\]\\]{1,189}')
_NOT_IN_A_NAME = re.compile(r'[<>"(),:;@\[\]\\]')
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?")
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,20}")
_LONGEST_URL = 2000
LONGEST_QUOTE = 1000
_URL_SAFE = "%/:?#[]@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class _Tone:
    """How a level speaks: the subject, which is also the heading; one line under it; a colour."""

    subject: str
    opening: str
    colour: str


_TONES = {
    ("urgent", False): _Tone(
        "Urgent: a post needs you now",
        "Somebody may come to harm. Please act on this now, whatever the hour.",
        "#9b1c1c",
    ),
    ("urgent", True): _Tone(
        "Please look: a post may be urgent",
        "Footprint is not sure about this one. Please look now and decide.",
        "#8a3c00",
    ),
    ("respond", False): _Tone(
        "A post needs a response today",
        "The school should answer it or act on it within the school day.",
        "#1d4f91",
    ),
    ("respond", True): _Tone(
        "Please look: a post may need a response",
        "Footprint is not sure about this one. Please look within the school day and decide.",
        "#1d4f91",
    ),
}


class Envelope(TypedDict):
    """What every letter needs besides its words.

    `sender` may be "Footprint <footprint@school.example>"; `recipient` is a bare address and
    `name` whose it is; `reply_to`, a bare address too, is where answers go instead.
    """

    sender: str
    recipient: str
    name: str
    message_id: str
    date: datetime
    reply_to: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Link:
    """An http or https address that is safe to press, and the host it really leads to."""

    href: str
    host: str


def plain(text: str, most: int) -> str:
    """Foreign text as one line of at most `most` characters.

    Controls, line breaks of every kind, lone surrogates and marks that turn the direction of
    writing are gone, so that nothing in it can be taken for anything but its own words.
    """
    kept = "".join(map(_printable, text[: most * 4]))
    line = " ".join(kept.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _printable(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Cf":
        return char if char == _JOINER else ""
    return " " if kind[0] == "C" or kind in {"Zl", "Zp"} else char


def link(address: str) -> Link | None:
    """The address as a link, or None where it is not plainly a web address.

    A name before the host ("https://school.example@elsewhere.example") is refused, since readers
    and programs disagree about where it leads; so is whatever cannot be seen.
    """
    address = address.strip()
    if len(address) > _LONGEST_URL or not address.isprintable() or re.search(r"[\s\\]", address):
        return None
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    if not parts.netloc.isascii():
        parts = parts._replace(netloc=host + port)
    return Link(quote(parts.geturl(), safe=_URL_SAFE), host)


def is_address(text: str) -> bool:
    """True for a bare mail address, and for nothing that a mail server could take for two."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def compose(notice: Notice, **envelope: Unpack[Envelope]) -> Letter:
    """The alert for one person. The same arguments give the same bytes every time.

    Raises as `letter` does.
    """
    tone = _TONES[notice.level, notice.possible]
    again = f"Nobody has this yet: {_closed(tone.subject.rpartition(': ')[2])}"
    subject = again if notice.untaken else tone.subject
    has_answer = bool(envelope.get("reply_to"))
    words = {"tone": tone, "subject": subject, "notice": _cleaned(notice), "answer": has_answer}
    links = {"page": link(notice.page), "post": link(notice.link)}
    return letter(
        subject_line(subject, notice.reference),
        render("alert.txt", **words, **links),
        render("alert.html", **words, **links),
        list_name=f"alerts.{list_slug(notice.school_id)}",
        thread=notice.thread,
        **envelope,
    )


def test_letter(*, school: str, page: str, **envelope: Unpack[Envelope]) -> Letter:
    """A message that only shows that messages arrive; `page`, which may be empty, is where its
    reader says so. Raises as `letter` does.
    """
    words = {"school": plain(school, 120), "page": link(page)}
    return letter(
        "Footprint: a test message, nothing to do",
        render("test.txt", **words),
        render("test.html", **words),
        list_name="test",
        **envelope,
    )


def letter(
    subject: str,
    text: str,
    html: str,
    *,
    list_name: str,
    pictures: Mapping[str, bytes] | None = None,
    thread: str = "",
    **envelope: Unpack[Envelope],
) -> Letter:
    """A message with a text and an HTML part, as bytes that never change again.

    `list_name` is what mail rules know the kind of message by; `pictures` are the PNGs that the
    HTML shows, each by its name after "cid:"; messages of one `thread` stand together. Raises
    DeliveryError: permanent where the recipient is no mail address, the server's where the sender
    or `reply_to` is none; ValueError for a Message-ID that is not of the form <letters@host>.
    """
    sender, recipient = envelope["sender"], envelope["recipient"]
    message_id, date = envelope["message_id"], envelope["date"]
    shown, origin = parseaddr(sender)
    if not is_address(origin):
        raise DeliveryError(f"[mail] from is not a mail address: {plain(sender, 80)}", server=True)
    if not is_address(recipient):
        raise DeliveryError(f"not a mail address: {plain(recipient, 80)}", permanent=True)
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError(f"not a Message-ID: {plain(message_id, 80)}")
    answers = envelope.get("reply_to", "")
    if answers and not is_address(answers):
        why = f"[mail] reply_to is not a mail address: {plain(answers, 80)}"
        raise DeliveryError(why, server=True)
    message = EmailMessage(SMTP.clone(utf8=not (origin + recipient + answers).isascii()))
    message["From"] = _mailbox(shown, origin)
    message["To"] = _mailbox(envelope["name"], recipient)
    message["Subject"] = _undecodable(plain(subject, 190))
    message["Date"] = date
    message["Message-ID"] = message_id
    if answers:
        message["Reply-To"] = _mailbox("", answers)
    if thread:
        # No message has this id: mail programs put under it whatever refers to it.
        root = f"<{list_slug(thread)}@threads.footprint.invalid>"
        message["References"] = message["In-Reply-To"] = root
    message["List-Id"] = f"<{list_name}.footprint.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    # "=_" cannot stand in quoted-printable, so no body holds its own boundary.
    boundary = f"=_{sha256(message_id.encode()).hexdigest()[:40]}"
    message.set_boundary(boundary)
    if pictures:
        _show(message, pictures, f"{boundary}p")
    return Letter(message_id, date, origin, recipient, message.as_bytes())


def _show(message: EmailMessage, pictures: Mapping[str, bytes], boundary: str) -> None:
    """Put pictures beside the HTML part, for it alone."""
    page = cast(EmailMessage, message.get_body(("html",)))
    for name, png in pictures.items():
        page.add_related(png, "image", "png", cid=f"<{name}>", disposition="inline")
    page.set_boundary(boundary)


def subject_line(words: str, reference: str) -> str:
    """With the reference, or mail programs would fold several letters into one conversation."""
    return f"{words} ({reference})" if _REFERENCE.fullmatch(reference) else words


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(_phrase(name), local, domain)


def _phrase(name: str) -> str:
    """A name as a header may show it."""
    return _undecodable(plain(_NOT_IN_A_NAME.sub(" ", name[:240]), 60))


def _undecodable(text: str) -> str:
    """Python decodes "=?utf-8?q?=0A?=" in a header and would write the line break out again."""
    return text.replace("=?", "= ?")


def list_slug(school_id: str) -> str:
    """A school's id as it may stand in a List-Id."""
    if _SLUG.fullmatch(school_id):
        return school_id
    return sha256(school_id.encode("utf-8", "replace")).hexdigest()[:16]


def _cleaned(notice: Notice) -> Notice:
    return replace(
        notice,
        school=plain(notice.school, 120),
        kinds=_lines(notice.kinds, 6, 120),
        why=_lines(notice.why, 6, 240),
        steps=_lines(notice.steps, 6, 500),
        avoid=plain(notice.avoid, 600),
        told=_lines(notice.told, 12, 80),
        quote="\n".join(_lines(notice.quote[:LONGEST_QUOTE].splitlines(), 40, LONGEST_QUOTE)),
        contacts=tuple(map(_shown, notice.contacts[:8])),
        place=plain(notice.place, 120),
        taken=plain(notice.taken, 120),
        posted=plain(notice.posted, 80),
        seen=plain(notice.seen, 80),
        as_at=plain(notice.as_at, 80),
        page_until=plain(notice.page_until, 80),
        line=plain(notice.line, 300),
        fair=plain(notice.fair, 300),
        reply=plain(notice.reply, 300),
        spread=plain(notice.spread, 300),
        untaken=plain(notice.untaken, 300),
        reference=plain(notice.reference, 40),
    )


def _shown(contact: Contact) -> Contact:
    return Contact(plain(contact.name, 80), plain(contact.way, 120), plain(contact.when, 120))


def _lines(texts: Iterable[str], count: int, most: int) -> tuple[str, ...]:
    return tuple(line for text in list(texts)[:count] if (line := plain(text, most)))


def _series(items: Iterable[str]) -> str:
    """Items in a sentence: "a, b and c"."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def _closed(text: str) -> str:
    """Text as it stands within a sentence."""
    return text[:1].lower() + text[1:]


def _opened(text: str) -> str:
    """Text with its first letter as a sentence has it, and the others as they are."""
    return text[:1].upper() + text[1:]


def _folded(text: str, indent: int = 0) -> str:
    """Text at 72 columns, its further lines set in by `indent`; an address is never broken."""
    margin = " " * indent
    return fill(text, 72, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(folded=_folded, opened=_opened, series=_series, link=link)
    return environment


def render(template: str, **words: object) -> str:
    """A template of this folder, filled in."""
    return _templates().get_template(template).render(**words).strip() + "\n"

"""Answers by mail to the program's own letters: what they hold, and whether a person wrote them.

A letter's Reply-To is the mailbox's own address with a token: "monitor+TOKEN@school.example". Only
whoever has the letter knows the token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

from sources.formats.mails import header, read_mail
from sources.formats.sender import sender_of
from sources.text import plain

_MARK = r"[0-9a-f]{32}"
_FIELDS = ("to", "cc", "delivered-to", "x-original-to", "x-envelope-to", "envelope-to")
_LONGEST = 16_384
_PHRASES = r"(?:i have (?:this|it)|i(?:'|\u2019)?ve got (?:this|it)|got (?:it|this)|mae hwn gen i)"
# The phrase alone, or before a stop; then whatever takes nothing of it back.
_SAYS = re.compile(rf"[^\w>]*{_PHRASES}\s*(?:$|[.!,;:\u2013\u2014-](?P<rest>.*)$)", re.IGNORECASE)
_BUT = re.compile(
    r"\b(?:but|not|no|never|cannot|unless|until|if|when|tomorrow|later|ond|ddim|dim|nid)\b|n['\u2019]t\b|\?",
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"\s*(?:auto(?:matic)?[ -]?reply|out of (?:the )?office|ateb awtomatig"
    r"|allan o(?:'|\u2019)r swyddfa|undeliverable|delivery status|mail delivery)",
    re.IGNORECASE,
)


def reply_in(message: Message, user: str) -> dict[str, Any] | None:
    """What a mail answers, where it answers a letter: `token`, `sender`, `takes`, `automatic`,
    `date`; None for any other mail. `user` is the mailbox's own address, or the part before its @.
    """
    token = next(_tokens(message, user.lower()), "")
    if not token:
        return None
    mail = read_mail(message)
    sender = sender_of(message)
    return {
        "token": token,
        "sender": f"{sender.user}@{sender.domain}" if sender else "",
        "takes": says_so(mail.text or plain(mail.html)),
        "automatic": is_automatic(message),
        "date": mail.date,
    }


def _tokens(message: Message, user: str) -> Iterator[str]:
    local, _, domain = user.partition("@")
    own = rf"{re.escape(domain)}(?![\w.-])" if domain else ""
    ours = rf"{re.escape(local)}\+({_MARK})@{own}"
    for name in _FIELDS:
        for value in message.get_all(name, [])[:10]:
            yield from re.findall(rf"(?<![\w.+-]){ours}", str(value)[:_LONGEST].lower())


def says_so(text: str) -> bool:
    """True where the first line that somebody wrote says "I have this", and takes nothing back."""
    first = next((line for line in map(str.strip, text.splitlines()) if line), "")
    found = _SAYS.match(first[:500])
    return bool(found) and not _BUT.search(found["rest"] or "") if found else False


def is_automatic(message: Message) -> bool:
    """True of what a machine sent (RFC 3834, and what older ones do)."""
    submitted = header(message, "auto-submitted").lower()
    precedence = header(message, "precedence").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or precedence in {"auto_reply", "bulk", "junk", "list"}
        or any(message.get(name) for name in ("x-autoreply", "x-autorespond", "x-auto-reply"))
        or header(message, "return-path").strip() == "<>"
        or bool(_AUTOMATIC.match(header(message, "subject")))
        or message.get_content_type() in {"multipart/report", "message/delivery-status"}
    )

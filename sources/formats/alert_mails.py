"""What alert services write in their mails, service by service, and any other mail as it is."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sources.formats.api import NotJsonError, answer, document, entry, rows_at, text_at
from sources.formats.mails import Mail, opened, read_mail
from sources.formats.sender import Sender, is_proven, listed, sender_of
from sources.links import canonical, safe_link, unwrap
from sources.text import plain

UNPROVEN = "Sender not proven:"
_REVIEW = "google_review"
_ITEMS = 200
_BETWEEN = 20_000  # characters of markup that may belong to one link
# Each piece is bounded, so that the time stays in proportion to the length.
_MARKUP = re.compile(
    r"<script\b[^<>]{0,200}?data-scope\s*=\s*[\"']?inboxmarkup[^<>]{0,200}>", re.IGNORECASE
)
_ANCHOR = re.compile(
    r"<a\s[^<>]{0,500}?\bhref\s*=\s*(?:\"([^\"<>]{1,4000})\"|'([^'<>]{1,4000})')"
    r"[^<>]{0,1000}>(.{0,2000}?)</a\s*>",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK_END = re.compile(r"</p|</tr", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>\"']{4,4000}")
_PARAGRAPH = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_HOUSEKEEPING = re.compile(
    r"unsubscribe|opt.?out|preference|manage|settings|privacy|terms|support|help", re.IGNORECASE
)
_ALERT = re.compile(r"Google Alert\s*[-\u2013]\s*(.+)", re.IGNORECASE)
_KEYWORD = re.compile(r"Keyword:\s*\"?(.+?)\"?\s*$", re.IGNORECASE | re.MULTILINE)
_F5BOT_TITLE = re.compile(r"[^:]{1,100}: '?(.*?)'?(?: by (\S+))?")
_BY = re.compile(r"by (\S+)\n?")
_LEFT_A_REVIEW = re.compile(r"(.{1,200}?) left a review\b", re.IGNORECASE)
_STARS = re.compile(r"\b([1-5])[- ]stars?\b", re.IGNORECASE)
_REVIEW_WORDS = re.compile(
    r"Read review\s*(?:<[^<>]{1,4000}>)?[ \t]*\n\s*\n([^\n]{1,200})\n\s*\n"
    r"(.{1,20000}?)\n\s*\nReply to",
    re.DOTALL,
)


class Item(NamedTuple):
    """One thing that a mail tells of."""

    title: str
    text: str
    link: str
    author: str = ""


class Link(NamedTuple):
    """An anchor, and the markup after it up to the next one or to the end of its block."""

    address: str
    words: str
    after: str


class Service(NamedTuple):
    """How one sender's mails are read.

    `by_words` is true where several things share one address, so that their words tell them apart.
    """

    items: Callable[[Mail], Iterable[Item]]
    query: Callable[[Mail], str] = lambda _: ""
    medium: str = ""
    by_words: bool = False


def read(
    raw: bytes, senders: Sequence[str], server: str, *, must_be_proven: bool
) -> dict[str, Any]:
    """The items of a mail of one of the senders; `listed` is false where nothing of it is read.

    `proven` says whether `server` vouches for the sender; where it does not, no item has a link.
    Raises NotMailError.
    """
    message = opened(raw)
    sender = sender_of(message)
    name = listed(sender.domain, senders) if sender else ""
    service = service_of(sender) if sender and name else None
    if not sender or not service:
        return answer([], listed=False, proven=False)
    proven = not must_be_proven or is_proven(message, sender.domain, name, server)
    mail = read_mail(message)
    items = list(service.items(mail))[:_ITEMS]
    entries = (_entry(item, mail, service, sender, proven=proven) for item in _once(items))
    made = answer(entries, listed=True, proven=proven)
    return {**made, "notes": [*mail.notes, *made["notes"]]}


def service_of(sender: Sender) -> Service | None:
    """Whose mails these are; any other's are read as plain mails.

    None for what else Google sends: it is for the account's owner (codes, warnings), and what
    strangers make Google's services send (shared files, invitations) would pass as proven.
    """
    if listed(sender.domain, ("google.com",)):
        if sender.user.startswith("googlealerts"):
            return _GOOGLE_ALERTS
        return _GOOGLE_REVIEWS if "business" in f"{sender.user}@{sender.domain}" else None
    return next((s for name, s in _BY_DOMAIN.items() if listed(sender.domain, (name,))), _PLAIN)


def _once(items: Iterable[Item]) -> Iterable[Item]:
    """Each address once, as the first that tells of it does."""
    found: dict[str, Item] = {}
    for item in items:
        found.setdefault(canonical(item.link) or _hash(item), item)
    return found.values()


def _entry(
    item: Item, mail: Mail, service: Service, sender: Sender, *, proven: bool
) -> dict[str, Any]:
    link = safe_link(unwrap(item.link))
    if proven:
        identity, text = _identity(item, link, mail, by_words=service.by_words), item.text
    else:
        # Not known by its address: a forged mail must not stand in the way of the real one.
        identity = "\n".join(("unproven", mail.message_id, link, _hash(item)))
        text = f"{UNPROVEN} {item.text}"
    stars = _STARS.search(f"{mail.subject}\n{mail.text[:2000]}") if service.medium else None
    return entry(
        id=identity,
        link=link if proven else "",
        title=item.title,
        text=text,
        author=item.author,
        published=mail.date,
        medium=service.medium,
        more={
            "query": service.query(mail),
            "sender": f"{'' if proven else UNPROVEN + ' '}{sender.user}@{sender.domain}",
            "subject": mail.subject,
            "message_id": mail.message_id,
            "stars": stars.group(1) if stars else "",
            "unproven_link": "" if proven else link,
        },
    )


def _identity(item: Item, link: str, mail: Mail, *, by_words: bool) -> str:
    """What names the item; nothing where its link does."""
    if link:
        return f"{canonical(link)}\n{_hash(item)}" if by_words else ""
    return f"{mail.message_id}\n{_hash(item)}" if mail.message_id else ""


def _hash(item: Item) -> str:
    words = "\n".join((item.title, item.author, item.text))
    return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _links(markup: str) -> Iterator[Link]:
    """The anchors that lead to the web, in order."""
    found = list(_ANCHOR.finditer(markup))
    ends = [*(anchor.start() for anchor in found[1:]), len(markup)]
    for anchor, end in zip(found, ends, strict=False):
        address = safe_link(html.unescape(anchor.group(1) or anchor.group(2)))
        after = markup[anchor.end() : min(end, anchor.end() + _BETWEEN)]
        if address:
            yield Link(address, _line(plain(anchor.group(3))), _BLOCK_END.split(after)[0])


def _paragraphs(text: str) -> Iterator[tuple[list[str], str]]:
    """The lines of each paragraph that holds an address, without it, and the address."""
    for paragraph in _PARAGRAPH.split(text.replace("\r\n", "\n")):
        found = _ADDRESS.search(paragraph)
        address = safe_link(found.group().rstrip(".,;:)]")) if found else ""
        if address:
            lines = [_line(_ADDRESS.sub("", line).strip(" \t<>")) for line in paragraph.split("\n")]
            yield [line for line in lines if line], address


def _line(text: str) -> str:
    return " ".join(text.split())


def _google_alert(mail: Mail) -> list[Item]:
    """The mail's own summary for programs, else its links, else its text."""
    return _from_markup(mail.html) or _from_anchors(mail.html) or _from_text(mail.text)


def _from_markup(markup: str) -> list[Item]:
    found = _MARKUP.search(markup)
    end = markup.lower().find("</script", found.end()) if found else -1
    if not found or end < 0:
        return []
    try:
        summary = document(markup[found.end() : end].encode("utf-8", "replace"), "", "utf-8")
    except NotJsonError:
        return []
    return [
        Item(
            _line(plain(text_at(row, "title"))),
            plain(text_at(row, "description")),
            text_at(row, "url"),
        )
        for card in rows_at(summary, "cards")
        for row in rows_at(card, "widgets")
        if text_at(row, "type") == "LINK" and text_at(row, "url")
    ]


def _is_googles(address: str) -> bool:
    """True for the links by which Google leads to what it found, and for no others of its own."""
    return unwrap(address) != address


def _from_anchors(markup: str) -> list[Item]:
    links = [link for link in _links(markup) if _is_googles(link.address) and link.words]
    return [Item(link.words, plain(link.after), link.address) for link in links]


def _from_text(text: str) -> list[Item]:
    found = [(lines, link) for lines, link in _paragraphs(text) if _is_googles(link) and lines]
    return [Item(lines[0], "\n".join(lines[1:]), link) for lines, link in found]


def _alert_query(mail: Mail) -> str:
    found = _ALERT.search(mail.subject)
    return found.group(1) if found else ""


def _f5bot(mail: Mail) -> list[Item]:
    """Its links, with who wrote and an excerpt after each; else its text."""
    found = [_f5bot_link(link) for link in _links(mail.html) if _leads_out(link.address)]
    return found or [
        _f5bot_lines(lines, link)
        for lines, link in _paragraphs(mail.text)
        if lines and _leads_out(link)
    ]


def _leads_out(address: str) -> bool:
    return not listed(urlsplit(unwrap(address)).hostname or "", ("f5bot.com",))


def _f5bot_link(link: Link) -> Item:
    after = plain(link.after)
    by = _BY.match(after)
    return Item(
        link.words, after[by.end() :] if by else after, link.address, by.group(1) if by else ""
    )


def _f5bot_lines(lines: Sequence[str], link: str) -> Item:
    title, *text = [line for line in lines if not _KEYWORD.match(line)] or lines
    found = _F5BOT_TITLE.fullmatch(title)
    title, author = (found.group(1), found.group(2) or "") if found else (title, "")
    return Item(title, "\n".join(text), link, author)


def _keyword(mail: Mail) -> str:
    found = _KEYWORD.search(mail.text or plain(mail.html))
    return found.group(1) if found else ""


def _hansard(mail: Mail) -> list[Item]:
    """TheyWorkForYou: a debate's title and date, its address, and who said what.

    Its text puts asterisks around the words that were searched for.
    """
    from_text = [
        Item(lines[0], "\n".join(lines[1:]).replace("*", ""), link)
        for lines, link in _paragraphs(mail.text)
        if lines and _is_debate(link)
    ]
    return from_text or [
        Item(link.words, plain(link.after), link.address)
        for link in _links(mail.html)
        if link.words and _is_debate(link.address)
    ]


def _is_debate(address: str) -> bool:
    parts = urlsplit(address)
    own = listed(parts.hostname or "", ("theyworkforyou.com",))
    return bool(own) and not re.match(r"/(?:search|alert|user|[A-Z])(?:/|$)|/?$", parts.path)


def _review(mail: Mail) -> list[Item]:
    """Who left a review and what it says; where that cannot be told apart, the mail as it is."""
    (whole,) = _as_it_is(mail)
    words = _REVIEW_WORDS.search(mail.text.replace("\r\n", "\n"))
    if words:
        return [whole._replace(author=_line(words.group(1)), text=words.group(2))]
    by = _LEFT_A_REVIEW.match(mail.subject)
    return [whole._replace(author=by.group(1))] if by else [whole]


def _as_it_is(mail: Mail) -> list[Item]:
    """Subject, text and the first link that is no housekeeping."""
    links = [link for link in _links(mail.html) if not _HOUSEKEEPING.search(link.words)]
    addresses = [link.address for link in links] or _ADDRESS.findall(mail.text)
    wanted = (address for address in addresses if not _HOUSEKEEPING.search(address))
    return [Item(mail.subject, mail.text or plain(mail.html), next(wanted, "").rstrip(".,;:)]"))]


_PLAIN = Service(_as_it_is, by_words=True)
_GOOGLE_ALERTS = Service(_google_alert, query=_alert_query)
_GOOGLE_REVIEWS = Service(_review, medium=_REVIEW, by_words=True)
_BY_DOMAIN = {
    "f5bot.com": Service(_f5bot, query=_keyword),
    "theyworkforyou.com": Service(_hansard),
    "trustpilot.com": Service(_as_it_is, medium=_REVIEW, by_words=True),
}

"""Renders an outlet's posts as the kind of feed it would have; it opens nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from xml.sax.saxutils import escape

from monitor.demo.content import Dated, Outlet, Shape

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
MEDIA = "{http://search.yahoo.com/mrss/}content"
for _prefix, _space in (
    ("atom", ATOM),
    ("content", CONTENT[1:].partition("}")[0]),
    ("dc", CREATOR[1:].partition("}")[0]),
    ("media", MEDIA[1:].partition("}")[0]),
):
    ElementTree.register_namespace(_prefix, _space)

_SCHOOL = re.compile(r"Hollybrook(?: Primary)?(?: School)?")
_EXCERPT = 140


def render(outlet: Outlet, dated: Sequence[Dated], address: str) -> tuple[bytes, str]:
    """The feed's body and content type.

    `dated` is newest first; `address` is the server's own, without a slash at its end.
    """
    return _RENDERERS[outlet.shape](outlet, dated, address)


def as_html(text: str) -> str:
    """Plain text as escaped paragraphs."""
    paragraphs = (escape(part.strip()) for part in text.split("\n\n") if part.strip())
    return "".join(f"<p>{part}</p>" for part in paragraphs)


def _page(at: Dated, address: str, tracker: str = "") -> str:
    return f"{address}/p/{at.post.page}{tracker}"


def _number(text: str) -> int:
    """A number that is always the same for a text, as places number their posts."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def _add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    child = SubElement(parent, tag, attributes)
    child.text = text or None
    return child


def _xml(root: Element) -> bytes:
    ElementTree.indent(root)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _rss(
    outlet: Outlet,
    dated: Sequence[Dated],
    address: str,
    fill: Callable[[Element, Dated, str], None],
) -> tuple[bytes, str]:
    root = Element("rss", version="2.0")
    channel = _add(root, "channel")
    _add(channel, "title", outlet.title)
    _add(channel, "link", f"{address}/")
    _add(channel, "description", outlet.title)
    _add(channel, "language", "en-gb")
    own = f"{address}/feeds/{outlet.id}"
    _add(channel, f"{{{ATOM}}}link", href=own, rel="self", type="application/rss+xml")
    if dated:
        _add(channel, "lastBuildDate", format_datetime(dated[0].published))
    for at in dated:
        item = _add(channel, "item")
        fill(item, at, address)
        _add(item, "pubDate", format_datetime(at.published))
    return _xml(root), "application/rss+xml; charset=utf-8"


def _press(outlet: Outlet, dated: Sequence[Dated], address: str) -> tuple[bytes, str]:
    def fill(item: Element, at: Dated, address: str) -> None:
        _add(item, "title", at.post.title)
        tracker = "?utm_source=rss&utm_medium=feed&utm_campaign=stanwick"
        _add(item, "link", _page(at, address, tracker))
        number = _number(at.post.id)
        _add(item, "guid", f"{outlet.host}/article/{number}", isPermaLink="false")
        _add(item, "description", at.post.text)
        _add(item, CREATOR, at.post.author)
        picture = f"https://{outlet.host}/pictures/{number}.jpg"
        _add(item, MEDIA, url=picture, medium="image", type="image/jpeg")

    return _rss(outlet, dated, address, fill)


def _forum(outlet: Outlet, dated: Sequence[Dated], address: str) -> tuple[bytes, str]:
    def fill(item: Element, at: Dated, address: str) -> None:
        _add(item, "title", at.post.title)
        _add(item, "link", _page(at, address))
        guid = f"{outlet.host}-post-{_number(at.post.id) % 10**6}"
        _add(item, "guid", guid, isPermaLink="false")
        _add(item, CREATOR, at.post.author)
        _add(item, "description", as_html(at.post.text[:_EXCERPT] + " [...]"))
        _add(item, CONTENT, as_html(at.post.text))

    return _rss(outlet, dated, address, fill)


def _village(outlet: Outlet, dated: Sequence[Dated], address: str) -> tuple[bytes, str]:
    def fill(item: Element, at: Dated, address: str) -> None:
        # Not the page's own address: a port differs from one start to the next.
        guid = f"https://{outlet.host}/posts/{_number(at.post.id)}"
        _add(item, "guid", guid, isPermaLink="false")
        _add(item, "link", _page(at, address))
        _add(item, CREATOR, at.post.author)
        _add(item, "description", as_html(at.post.text))

    return _rss(outlet, dated, address, fill)


def _atom(
    outlet: Outlet,
    dated: Sequence[Dated],
    names: tuple[str, str],
    fill: Callable[[Element, Dated], None],
) -> tuple[bytes, str]:
    """`names` are the feed's id and its own address."""
    root = Element("feed", xmlns=ATOM)
    _add(root, "id", names[0])
    _add(root, "title", outlet.title)
    _add(root, "link", href=names[1], rel="self")
    _add(root, "updated", dated[0].published.isoformat() if dated else "1970-01-01T00:00:00Z")
    for at in dated:
        entry = _add(root, "entry")
        fill(entry, at)
        for tag in ("published", "updated"):
            _add(entry, tag, at.published.isoformat())
    return _xml(root), "application/atom+xml; charset=utf-8"


def _alerts(outlet: Outlet, dated: Sequence[Dated], address: str) -> tuple[bytes, str]:
    def fill(entry: Element, at: Dated) -> None:
        number = _number(at.post.id)
        _add(entry, "id", f"tag:google.com,2013:googlealerts/feed:{number}")
        _add(entry, "title", _bold(at.post.title), type="html")
        target = quote(_page(at, address), safe=":/")
        link = f"https://{outlet.host}/url?rct=j&sa=t&url={target}&ct=ga&cd=CAIy{number:x}"
        _add(entry, "link", href=link)
        _add(entry, "content", _bold(at.post.text), type="html")
        _add(_add(entry, "author"), "name")

    number = _number(outlet.id)
    own = f"https://{outlet.host}/alerts/feeds/{number}/{_number(outlet.title)}"
    name = f"tag:google.com,2005:reader/user/{number}/state/com.google/alerts/1"
    return _atom(outlet, dated, (name, own), fill)


def _bold(text: str) -> str:
    return _SCHOOL.sub(r"<b>\g<0></b>", escape(text))


def _search(outlet: Outlet, dated: Sequence[Dated], address: str) -> tuple[bytes, str]:
    def fill(entry: Element, at: Dated) -> None:
        name = hashlib.sha256(at.post.id.encode()).hexdigest()[:40]
        _add(entry, "id", f"urn:sha1:{name}")
        _add(entry, "title", escape(at.post.title), type="html")
        page = _page(at, address, "?utm_source=search")
        _add(entry, "link", rel="alternate", type="text/html", href=page)
        _add(_add(entry, "author"), "name", at.post.author)
        _add(entry, "content", as_html(at.post.text), type="html")

    name = f"https://{outlet.host}/?action=display&bridge=Search"
    return _atom(outlet, dated, (name, f"{address}/feeds/{outlet.id}"), fill)


def _blogs(outlet: Outlet, dated: Sequence[Dated], address: str) -> tuple[bytes, str]:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": f"{address}/",
        "feed_url": f"{address}/feeds/{outlet.id}",
        "language": "en-GB",
        "items": [_blog_item(outlet, at, address) for at in dated],
    }
    body = json.dumps(feed, ensure_ascii=False, indent=1).encode()
    return body, "application/feed+json; charset=utf-8"


def _blog_item(outlet: Outlet, at: Dated, address: str) -> dict[str, object]:
    return {
        "id": f"https://{outlet.host}/hit/{_number(at.post.id)}",
        "url": _page(at, address),
        "title": at.post.title,
        "content_html": as_html(at.post.text),
        "date_published": at.published.isoformat(),
        "authors": [{"name": at.post.author}],
    }


_RENDERERS: dict[Shape, Callable[[Outlet, Sequence[Dated], str], tuple[bytes, str]]] = {
    "press": _press,
    "alerts": _alerts,
    "forum": _forum,
    "village": _village,
    "search": _search,
    "blogs": _blogs,
}

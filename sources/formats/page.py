"""A web page that stands where a feed should: what it is called and which feeds it offers."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from sources.links import safe_link
from sources.text import fold, mend

# Atomic and possessive: what stands before the root is passed once, never tried another way.
_START = re.compile(
    r"(?>\s+|<\?[^>]{0,500}>|(?><!--.{0,2000}?-->)){0,40}+<(?:!doctype\s+html|html\b)",
    re.IGNORECASE | re.DOTALL,
)
# Parsing a tag costs lxml the square of its attributes; no honest tag is this long.
_MONSTER = re.compile(r"<[^<>]{8192,}>?")
_BOUND = 512 * 1024
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_BARRED = re.compile(
    r"sign.?in|log.?in|logon|captcha|just a moment|attention required|"
    r"are you (?:a )?(?:human|robot)|security check|access denied|before you continue|consent|"
    r"verify|unusual traffic",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(r"g-recaptcha|h-captcha|cf-challenge|cf_chl|turnstile", re.IGNORECASE)
_TITLE, _OFFERS = 100, 3


def is_page(text: str) -> bool:
    """True where a document opens as HTML does."""
    return bool(_START.match(text))


def read_page(text: str, base: str) -> dict[str, Any]:
    """Its title, whether it bars the way (sign-in, captcha, consent), the feeds it offers."""
    soup = soup_of(text, _BOUND)
    title = " ".join(fold(mend(soup.title.get_text() if soup.title else "")).split())[:_TITLE]
    offers = [safe_link(urljoin(base, address)) for address in _offered(soup)]
    feeds = list(dict.fromkeys(filter(None, offers)))[:_OFFERS]
    asks = soup.find("input", attrs={"type": "password"}) or _CHALLENGE.search(text[:_BOUND])
    barred = bool(_BARRED.search(title)) or (bool(asks) and not feeds)
    return {"title": title, "barred": barred, "feeds": feeds}


def soup_of(text: str, most: int) -> Any:
    """The first `most` characters of a document, parsed in bounded time."""
    from bs4 import BeautifulSoup  # noqa: PLC0415 - slow to import, and seldom needed

    return BeautifulSoup(_MONSTER.sub("", text[:most]), "lxml")


def _offered(soup: Any) -> list[str]:
    """The addresses of `<link rel="alternate">` of a feed's type."""
    links = soup.find_all("link", attrs={"rel": "alternate", "href": True, "type": _FEED_TYPES})
    return [mend(str(link["href"])) for link in links[:_OFFERS]]

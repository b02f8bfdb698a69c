"""Foreign addresses: which of them may become a link, and the host that it really leads to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.web import words

_LONGEST = 2000
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]*:[0-9a-f:.]*")


@dataclass(frozen=True, slots=True)
class Link:
    """An http or https address that is safe to press, and the host it leads to."""

    href: str
    host: str

    @property
    def site(self) -> str:
        """The host as people know it."""
        return words.site(self.host)


def link(address: str) -> Link | None:
    """The address as a link; None where it is not plainly a web address.

    A name before the host (`https://school.example@elsewhere.example`) is refused, since readers
    and programs disagree about where it leads; so is a backslash, and whatever cannot be seen.
    """
    if len(address) > _LONGEST or not address.isprintable() or re.search(r"[\s\\]", address):
        return None
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    return Link(address, host)

"""PURE: the token that a form carries to show that it is ours, and where it was sent from."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

FIELD = "token"


def token(secret: str) -> str:
    """The token of every form in a browser with this cookie; it tells nothing of the cookie."""
    return hmac.new(secret.encode(), b"footprint form", hashlib.sha256).hexdigest()


def is_token(given: str, secret: str) -> bool:
    """Compared in constant time; without a cookie nothing fits."""
    return bool(secret) and hmac.compare_digest(
        given.encode("utf-8", "replace"), token(secret).encode()
    )


def is_own_origin(origin: str, *, scheme: str, host: str, address: str) -> bool:
    """True where a form was sent from a page of ours: from where it goes to (`scheme` and the Host
    header), or from the configured `address`. Every browser says so with each POST; without an
    Origin it is no browser's form.
    """
    ours = {f"{scheme}://{host}".casefold()}
    parts = urlsplit(address)
    if parts.netloc:
        ours.add(f"{parts.scheme}://{parts.netloc}".casefold())
    return origin.casefold() in ours

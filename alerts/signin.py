"""Letters about signing in: a link, and a warning that somebody tries in vain. Pure."""

from __future__ import annotations

from typing import Unpack

from alerts.base import DeliveryError, Letter
from alerts.mail import Envelope, letter, link, render

LIST_NAME = "signin"


def link_letter(address: str, **envelope: Unpack[Envelope]) -> Letter:
    """A link that signs its reader in once. Raises as `letter` does, and DeliveryError for an
    address that no mail program could open.
    """
    found = link(address)
    if found is None:
        raise DeliveryError("[web] address is not an address that a link can lead to", server=True)
    return letter(
        "Your link to sign in to Footprint",
        render("signin.txt", link=found),
        render("signin.html", link=found),
        list_name=LIST_NAME,
        **envelope,
    )


def warning_letter(tries: str, **envelope: Unpack[Envelope]) -> Letter:
    """That so many wrong codes were given for an account. Raises as `letter` does."""
    return letter(
        "Footprint: somebody has tried to sign in as you",
        render("signin_warning.txt", tries=tries),
        render("signin_warning.html", tries=tries),
        list_name=LIST_NAME,
        **envelope,
    )

"""PURE: whether a setting would have a person followed. Footprint looks for schools alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, Field

# What stands in quotation marks is looked for as words. A minus leaves somebody's posts out.
_PHRASE = re.compile(r'"[^"]*"')
_ACCOUNT = re.compile(
    r"(?<![\w.:/@])(?<![\s(]-)(?:(?:from|to|author|mentions|list|retweets_of):\s*@?|@)([\w.:-]*)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[\w.:-]{1,253}")
# A person's own page, on the places that have such pages, and wherever servers of the Mastodon
# sort, blogs and forums put them.
_ANYWHERE = re.compile(r"/(?:feed/)?(?:@|users?/)[^/]", re.IGNORECASE)
_PROFILES = {
    "reddit.com": re.compile(r"/(?:user|u)/", re.IGNORECASE),
    "bsky.app": re.compile(r"/profile/", re.IGNORECASE),
    "x.com": re.compile(r"/(?!(?:i|search|hashtag)(?:[/?]|$))\w", re.IGNORECASE),
    "twitter.com": re.compile(r"/(?!(?:i|search|hashtag)(?:[/?]|$))\w", re.IGNORECASE),
    "instagram.com": re.compile(r"/(?!explore/)\w", re.IGNORECASE),
}

NOT_FOLLOWED = (
    "leads to what one account writes; Footprint follows no person: watch a place or search for "
    "the school's name, or write own_account = true if the account is the school's own"
)


def _name(account: str) -> str:
    account = account.strip().removeprefix("@").lower()
    if not _NAME.fullmatch(account):
        raise ValueError('write an account without spaces, such as "@hollybrookpri"')
    return account


# Accounts of the school's own, which a query may name.
OwnAccounts = Annotated[tuple[Annotated[str, AfterValidator(_name)], ...], Field(max_length=20)]


def follow_nobody(queries: Sequence[str], own: Sequence[str]) -> None:
    """Raise ValueError where a query asks for the posts or mentions of an account not `own`."""
    for query in queries:
        for account in _accounts(query):
            if account not in own:
                raise ValueError(
                    f"the query “{query[:60]}” names an account; Footprint follows no person: "
                    "search for the school's name, or list the account under own_accounts if it "
                    "is the school's own"
                )


def _accounts(query: str) -> Iterator[str]:
    """The accounts that a query names, "" where it asks for one that cannot be made out."""
    for found in _ACCOUNT.finditer(f" {_PHRASE.sub(' ', query)}"):
        yield found.group(1).lower().rstrip(".:-")


def is_profile(url: str) -> bool:
    """True for an address, fit to be fetched, of what one account writes."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    host = (parts.hostname or "").rstrip(".")
    place = next((name for name in _PROFILES if f".{host}".endswith(f".{name}")), "")
    asked = " ".join(value for _, value in parse_qsl(parts.query))
    by_place = bool(place) and (bool(_PROFILES[place].match(path)) or any(_accounts(asked)))
    return by_place or bool(_ANYWHERE.match(path))

"""A feed of any kind (RSS, Atom, JSON Feed) becomes posts; it may read its one address."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from sources.addresses import checked
from sources.base import Ask, Flaw, Post, Reach, SourceError
from sources.posts import flaws, posts, refuse

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, "
    "application/xml;q=0.8, */*;q=0.1"
)


class Options(BaseModel):
    """The feed's address, and who reads it where the place asks for a name and password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    user: str = ""
    password: SecretStr = SecretStr("")

    @field_validator("url")
    @classmethod
    def _fetchable(cls, url: str) -> str:
        try:
            checked(url.strip())
        except SourceError as error:
            raise ValueError(str(error)) from None
        return url.strip()


def collect(ask: Ask, reach: Reach) -> Iterator[Post | Flaw]:
    """Yield the feed's entries in its own order; raises NotModified or SourceError."""
    options: Options = ask.options
    auth = (options.user, options.password.get_secret_value()) if options.user else None
    response = reach.get(options.url, accept=_ACCEPT, auth=auth)
    result = reach.parse("feed", response)
    what = f"The feed of {urlsplit(response.url).hostname}"
    refuse(what, result, "a feed")
    yield from flaws(what, result)
    yield from posts(result["entries"])

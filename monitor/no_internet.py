"""PURE: tells a missing internet connection from addresses that are mistyped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from monitor.polling import host_of
from monitor.settings import Settings, SourceSettings
from sources.gate import NOT_KNOWN
from sources.turns import own_sites

_UNKNOWN = re.compile(rf"The name (\S+) {re.escape(NOT_KNOWN)}")
# One unknown name is a typing mistake as likely as not; two different ones are not.
_FEWEST = 2
_ASKS_NOBODY = "inbox"


def not_looked_up(settings: Settings, said: Mapping[str, str]) -> frozenset[str]:
    """The ids of the sources that failed for want of an internet connection; none where there was
    one.

    `said` holds the error of each source that was tried, "" where it answered.
    """
    tried = {source.id: said[source.id] for source in _abroad(settings) if source.id in said}
    hosts = {source: set(_UNKNOWN.findall(error)) for source, error in tried.items()}
    names = {name for found in hosts.values() for name in found}
    return frozenset(hosts) if len(names) >= _FEWEST and all(hosts.values()) else frozenset()


def sentence(number: int) -> str:
    """What to say once in place of so many sources' errors."""
    return (
        f"No internet here: none of {number} sources could be looked up. Look whether this machine "
        "is connected, then try again."
    )


def _abroad(settings: Settings) -> Iterator[SourceSettings]:
    """The sources that are read over the internet; one's own machines answer without it."""
    own = own_sites(settings.http.private_hosts_allowed)
    for source in settings.sources:
        if source.kind != _ASKS_NOBODY and host_of(source) not in own:
            yield source

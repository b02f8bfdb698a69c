"""PURE: what is asked of search engines for one person, and an invented name that nobody has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitor.judge.terms import Watch
from monitor.presence.names import name
from monitor.presence.record import Identity

MOST_QUERIES = 24
# Places that ask not to be read by programs, or that have no search for anybody: engines know them.
_SITES = (
    "facebook.com",
    "instagram.com",
    "tiktok.com",
    "x.com",
    "youtube.com",
    "linkedin.com",
    "reddit.com",
    "mumsnet.com",
    "192.com",
)
_PLACES = 2
_FIRST = ("za", "qui", "bre", "vo", "xa", "thry", "mwe", "ju", "ple", "ozy")
_MIDDLE = ("lun", "dab", "fror", "kest", "mip", "voth", "zar", "quel", "bint", "gorm")
_LAST = ("wick", "thar", "bex", "quist", "dorn", "vell", "zoff", "mund", "plin", "garth")


def queries(identity: Identity, school: Watch) -> tuple[str, ...]:
    """What is asked, each a phrase in quotation marks; what tells most comes first.

    At most MOST_QUERIES: some engines are paid by the query.
    """
    return tuple(dict.fromkeys(_all(identity, school)))[:MOST_QUERIES]


def _all(identity: Identity, school: Watch) -> Iterator[str]:
    own = [_quoted(one) for one in identity.names]
    surnames = dict.fromkeys(" ".join(name(one).surname) for one in identity.names)
    yield from own
    yield from (f"{one} {_quoted(school.name)}" for one in own)
    yield from (_quoted(one) for one in identity.handles)
    yield from (_quoted(one) for one in identity.emails)
    yield from (f"{_quoted(one)} {_quoted(school.name)}" for one in surnames)
    yield from (f"{one} {_quoted(place)}" for place in school.places[:_PLACES] for one in own)
    yield from (f"{own[0]} site:{site}" for site in _SITES)


def posts(identity: Identity, school: Watch) -> tuple[str, ...]:
    """The few of them that are asked where posts are searched, whose words are short."""
    own = [_quoted(one) for one in identity.names]
    return (own[0], *(f"{one} {_quoted(school.name)}" for one in own))


def lesson(identity: Identity, school: Watch) -> tuple[str, ...]:
    """The queries that a person types in themselves, in any engine, in a private window."""
    return queries(identity, school)


def invented(chance: Callable[[], float]) -> str:
    """A name that nobody has: a place that finds it finds whatever it is asked for."""
    return " ".join(
        "".join(_part(parts, chance) for parts in (_FIRST, _MIDDLE, _LAST)).title()
        for _ in range(2)
    )


def _part(parts: tuple[str, ...], chance: Callable[[], float]) -> str:
    return parts[int(chance() * len(parts))]


def _quoted(words: str) -> str:
    return f'"{" ".join(words.replace(chr(34), " ").split())}"'

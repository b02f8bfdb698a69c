"""Names that only this database can make, for what outlives the posts that they were made of.

A plain hash of an address or of words can be guessed at by whoever holds a list of them; one that
was made with a key cannot.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, select

from monitor.store.tables import Secret, table

SECRET = table(Secret)
OF_ENTRIES = "entries"
_MARK = "~"
_LENGTH = 32  # of 64 hexadecimal digits
_SHORT = 500


@dataclass(frozen=True, slots=True)
class Names:
    """Turns plain names into keyed ones."""

    key: bytes

    def __call__(self, name: str) -> str:
        """The keyed name; one that is keyed already stays."""
        if name.startswith(_MARK):
            return name
        return _short(self.key, name) if len(name) <= _SHORT else _keyed(self.key, name)


def _keyed(key: bytes, name: str) -> str:
    return _MARK + hmac.digest(key, name.encode(), "sha256").hex()[:_LENGTH]


# An entry's names are asked for once when it is looked up and again when it is kept.
_short = lru_cache(maxsize=8_192)(_keyed)


def names(connection: Connection) -> Names:
    """The names of entries in this database, whose key was made with its tables."""
    query = select(SECRET.c.value).where(SECRET.c.name == OF_ENTRIES)
    return Names(connection.execute(query).scalar_one())


def key_of_links(connection: Connection) -> bytes:
    """The key that signs the links in letters (monitor/links_signed.py), made of the other one."""
    return hmac.digest(names(connection).key, b"links", "sha256")

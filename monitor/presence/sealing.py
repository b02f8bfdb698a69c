"""PURE but for chance: boxes of one size that only their owner's passphrase opens.

A box is sealed twice. The inner seal is made with a key from the person's own passphrase, which is
kept nowhere. The outer one is made with a key that lies beside the database and not in it, and is
made anew for every box whenever any of them changes, so that two copies of a database differ in
all of them. A box that nobody uses holds random bytes and looks the same.
"""

from __future__ import annotations

import hmac
import os
import secrets
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
BOX_BYTES = 64 * 1024
LONGEST_KEPT = timedelta(days=365)
SHORTEST_PASSPHRASE = 12
_NONCE, _TAG = 12, 16
_ROOM = BOX_BYTES - _NONCE - _TAG
_LENGTH = struct.Struct(">I")
_DATES = struct.Struct(">qq")
# RFC 9106's second recommendation: 64 MiB, three passes, four lanes.
_PASSES, _KIBIBYTES, _LANES = 3, 64 * 1024, 4


class NotOpenedError(Exception):
    """A box does not open: the passphrase is another, or there is nothing in it."""


class TooLargeError(Exception):
    """More was to be put into a box than it holds."""


@dataclass(frozen=True, slots=True)
class Box:
    """What lies under the outer seal: an inner seal or random bytes, and when it is emptied.

    `left_at` is since when nobody has the account any more.
    """

    inner: bytes
    until: datetime
    left_at: datetime | None = None


def new_key() -> bytes:
    """A key for outer seals."""
    return secrets.token_bytes(KEY_BYTES)


def box_name(house_key: bytes, account: str) -> str:
    """The name of an account's box, which says nothing without the house's key."""
    return hmac.digest(house_key, f"box\n{account.casefold()}".encode(), "sha256").hex()


def own_key(house_key: bytes, account: str, passphrase: str) -> bytes:
    """The key that a passphrase makes for an account in this database; slow on purpose."""
    salt = hmac.digest(house_key, f"salt\n{account.casefold()}".encode(), "sha256")
    return hash_secret_raw(
        passphrase.encode("utf-8", "surrogatepass"),
        salt,
        time_cost=_PASSES,
        memory_cost=_KIBIBYTES,
        parallelism=_LANES,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )


def sealed(words: bytes, key: bytes, now: datetime, kept: timedelta = LONGEST_KEPT) -> Box:
    """The words under the inner seal, filled up to one size; raises TooLargeError."""
    packed = zlib.compress(words, 9)
    if len(packed) + _LENGTH.size > _ROOM:
        raise TooLargeError
    plain = (_LENGTH.pack(len(packed)) + packed).ljust(_ROOM, b"\0")
    nonce = os.urandom(_NONCE)
    return Box(nonce + AESGCM(key).encrypt(nonce, plain, None), now + min(kept, LONGEST_KEPT))


def opened(box: Box, key: bytes) -> bytes:
    """The words; raises NotOpenedError."""
    nonce, rest = box.inner[:_NONCE], box.inner[_NONCE:]
    try:
        plain = AESGCM(key).decrypt(nonce, rest, None)
    except InvalidTag:
        raise NotOpenedError from None
    (length,) = _LENGTH.unpack_from(plain)
    return zlib.decompress(plain[_LENGTH.size : _LENGTH.size + length])


def empty(now: datetime) -> Box:
    """A box of random bytes, emptied again on a random day as if somebody had used it."""
    days = secrets.randbelow(LONGEST_KEPT.days) + 1
    return Box(os.urandom(BOX_BYTES), now + timedelta(days=days))


def wrapped(box: Box, house_key: bytes, name: str) -> bytes:
    """The box under a new outer seal, which holds for its name alone."""
    nonce = os.urandom(_NONCE)
    left = int(box.left_at.timestamp()) if box.left_at else 0
    plain = _DATES.pack(int(box.until.timestamp()), left) + box.inner
    return nonce + AESGCM(house_key).encrypt(nonce, plain, name.encode())


def unwrapped(row: bytes, house_key: bytes, name: str) -> Box:
    """The box under an outer seal; raises NotOpenedError where another key made it."""
    try:
        plain = AESGCM(house_key).decrypt(row[:_NONCE], row[_NONCE:], name.encode())
    except InvalidTag:
        raise NotOpenedError from None
    until, left = _DATES.unpack_from(plain)
    return Box(
        plain[_DATES.size :],
        datetime.fromtimestamp(until, UTC),
        datetime.fromtimestamp(left, UTC) if left else None,
    )

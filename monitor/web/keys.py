"""The key that is not in the database: without its file a stolen copy of the database is no use."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

NAME = "footprint.key"
_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be used; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What is sealed, and named, with the one key; each purpose has a key of its own."""

    key: bytes

    def seal(self, secret: str) -> bytes:
        """The secret as it may lie in the database."""
        return self._box().encrypt(secret.encode())

    def opened(self, sealed: bytes) -> str | None:
        """The secret again; None where it was sealed with another key."""
        try:
            return self._box().decrypt(sealed).decode()
        except InvalidToken:
            return None

    def name(self, purpose: str, value: str) -> str:
        """A name for a value that says nothing of it to whoever has not the key."""
        key = self._of(f"name {purpose}")
        return hmac.digest(key, value.encode("utf-8", "replace"), sha256).hex()

    def _box(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._of("seal")))

    def _of(self, purpose: str) -> bytes:
        return hmac.digest(self.key, f"footprint {purpose}".encode(), sha256)


def new_secret() -> str:
    """256 random bits as they may stand in a cookie or an address."""
    return secrets.token_urlsafe(_BYTES)


def hashed(secret: str) -> str:
    """How a random secret is kept: it cannot be guessed, so a plain hash of it will do."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def keys_in(folder: Path) -> Keys:
    """The key in that folder, made there at the first start for this user alone to read.

    Raises KeyFileError.
    """
    path = folder / NAME
    try:
        _make(path)
        key = bytes.fromhex(path.read_text("ascii").strip())
        _check_private(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it does not hold a key"
        raise KeyFileError(f"{path}: {reason}; put it back from a backup") from error
    if len(key) != _BYTES:
        raise KeyFileError(f"{path}: it does not hold a key; put it back from a backup")
    return Keys(key)


def _make(path: Path) -> None:
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(f"{secrets.token_hex(_BYTES)}\n")


def _check_private(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} can be read by others on this machine: run chmod 600 {path}")

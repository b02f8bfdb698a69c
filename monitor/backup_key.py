"""PURE but for chance: the key of a backup, under the school's passphrase.

age can be opened with a passphrase itself, but makes that as slow as the machine that encrypts
can bear, and a slower one, or a busy one, then refuses to decrypt. Here it is the same work
everywhere: Argon2id by the second recommendation of RFC 9106 (64 MiB, three passes, four lanes),
then AES-256-GCM.
"""

from __future__ import annotations

import json
import os

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORM = "argon2id-3-65536-4 aes-256-gcm"
_PASSES, _KIBIBYTES, _LANES = 3, 64 * 1024, 4
_KEY, _SALT, _NONCE = 32, 16, 12


class WrongPassphraseError(Exception):
    """The key does not open with this passphrase, or was changed."""


def locked(key: str, passphrase: str) -> bytes:
    """The key under the passphrase, as JSON."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    sealed = AESGCM(_derived(passphrase, salt)).encrypt(nonce, key.encode(), FORM.encode())
    parts = {"salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}
    return json.dumps({"form": FORM, **parts}, indent=1).encode()


def unlocked(content: bytes, passphrase: str) -> str:
    """The key again; raises WrongPassphraseError."""
    try:
        parts = json.loads(content)
        salt, nonce, sealed = (bytes.fromhex(parts[name]) for name in ("salt", "nonce", "sealed"))
        return AESGCM(_derived(passphrase, salt)).decrypt(nonce, sealed, FORM.encode()).decode()
    except (ValueError, KeyError, TypeError, InvalidTag) as error:
        raise WrongPassphraseError from error


def _derived(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(
        passphrase.encode("utf-8", "surrogatepass"),
        salt,
        time_cost=_PASSES,
        memory_cost=_KIBIBYTES,
        parallelism=_LANES,
        hash_len=_KEY,
        type=Type.ID,
    )

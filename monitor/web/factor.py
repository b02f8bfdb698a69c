"""PURE: the second factor: codes of an authenticator app (RFC 6238), and those that stand in."""

from __future__ import annotations

import hmac
import re
from datetime import datetime

import pyotp
import segno

NAME = "Footprint"
SECONDS = 30
# A telephone's clock may be half a minute off, either way.
_DRIFT = (0, -1, 1)
CODES = 10
_CODE = re.compile(r"[0-9]{6}")
# Without what is taken for something else: I, L, O and U, and their figures.
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_LENGTH, _IN_GROUP = 16, 4


def step_of(secret: str, given: str, now: datetime) -> int | None:
    """Which half minute (counted since 1970) a code belongs to; None where it fits none near now.

    The caller keeps the greatest that was used, and takes none that is not greater.
    """
    code = "".join(given.split())
    if not _CODE.fullmatch(code):
        return None
    made = pyotp.TOTP(secret, interval=SECONDS)
    present = int(now.timestamp()) // SECONDS
    near = [present + drift for drift in _DRIFT]
    fits = [step for step in near if hmac.compare_digest(made.generate_otp(step), code)]
    return fits[0] if fits else None


def address(secret: str, email: str) -> str:
    """The otpauth:// address that an app reads from the picture."""
    return pyotp.TOTP(secret, interval=SECONDS).provisioning_uri(name=email, issuer_name=NAME)


def picture(content: str) -> str:
    """A QR code as the address of a picture that holds it, dark on light in either scheme."""
    code = segno.make(content, error="m", micro=False)
    return str(code.svg_data_uri(scale=6, border=4, dark="#000", light="#fff"))


def spaced(secret: str) -> str:
    """A secret in groups of four, to be typed where a picture cannot be read."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def recovery_code(random: bytes) -> str:
    """A code to be written down, of 16 random bytes: `K7QM-2FVA-…`, some 78 bits."""
    letters = [_LETTERS[byte % len(_LETTERS)] for byte in random]
    groups = ("".join(letters[at : at + _IN_GROUP]) for at in range(0, len(letters), _IN_GROUP))
    return "-".join(groups)


def plain_recovery_code(given: str) -> str:
    """A recovery code as it was made, however it was typed; "" for what cannot be one."""
    letters = re.sub(r"[\s-]+", "", given).upper()
    return letters if len(letters) == _LENGTH and set(letters) <= set(_LETTERS) else ""

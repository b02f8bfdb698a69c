"""Encoded bodies become plain bytes, within bounds: one layer of gzip or deflate and no more."""

from __future__ import annotations

import zlib

_GZIP = b"\x1f\x8b"
_MEMBERS = 16


class OversizedError(Exception):
    """The body is larger than may be read."""


class BrokenOffError(Exception):
    """The body ends before its end."""


class UnreadableError(Exception):
    """The body is encoded in a way that was not asked for, or not as it says."""


def unpack(raw: bytes, encoding: str, cap: int) -> bytes:
    """The bytes within a Content-Encoding; raises one of the errors above."""
    encoding = encoding.strip().lower()
    try:
        if encoding in ("gzip", "x-gzip"):
            return _gzip(raw, cap) if raw else raw
        if encoding == "deflate":
            return _deflate(raw, cap) if raw else raw
    except zlib.error as error:
        raise UnreadableError from error
    if encoding not in ("", "identity"):
        raise UnreadableError
    return raw


def _gzip(raw: bytes, cap: int) -> bytes:
    out, rest = _inflate(raw, 16 + zlib.MAX_WBITS, cap)
    for _ in range(_MEMBERS):
        if not rest.startswith(_GZIP):
            return out
        more, rest = _inflate(rest, 16 + zlib.MAX_WBITS, cap - len(out))
        out += more
    raise UnreadableError


def _deflate(raw: bytes, cap: int) -> bytes:
    """Servers mean either of two formats by the name."""
    try:
        return _inflate(raw, zlib.MAX_WBITS, cap)[0]
    except zlib.error:
        return _inflate(raw, -zlib.MAX_WBITS, cap)[0]


def _inflate(raw: bytes, bits: int, cap: int) -> tuple[bytes, bytes]:
    machine = zlib.decompressobj(bits)
    out = machine.decompress(raw, cap + 1)
    if len(out) > cap:
        raise OversizedError
    if not machine.eof:
        raise BrokenOffError
    return out, machine.unused_data

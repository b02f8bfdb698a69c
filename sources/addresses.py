"""Which addresses may be reached at all: a list of our own, for Python's knows too few."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit

from sources.base import SourceError

# IANA's special-purpose registry, and a metadata service that stands among public addresses.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Public IPv6 is 2000::/3 and nothing else; these are the parts of it that are not.
_GLOBAL_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_TEREDO, _SIX_TO_FOUR = IPv6Network("2001::/32"), IPv6Network("2002::/16")
_LAST_32_BITS = tuple(map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\]")


def address_is_public(ip: str) -> bool:
    """True for an address that anybody on the internet could be at.

    IPv4 addresses inside IPv6 ones (mapped, NAT64, 6to4, Teredo) count as themselves; what is
    no address is not public.
    """
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_4)
    inner = _inner(address)
    if inner:
        return all(address_is_public(str(one)) for one in inner)
    return address in _GLOBAL_6 and not any(address in block for block in _NOT_PUBLIC_6)


def _inner(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that stand in an IPv6 one."""
    number = int(address)
    if any(address in block for block in _LAST_32_BITS):
        return (IPv4Address(number & 0xFFFFFFFF),)
    if address in _SIX_TO_FOUR:
        return (IPv4Address(number >> 80 & 0xFFFFFFFF),)
    if address in _TEREDO:  # the server, and the client with its bits turned over
        return IPv4Address(number >> 64 & 0xFFFFFFFF), IPv4Address(~number & 0xFFFFFFFF)
    return ()


def checked(url: str) -> SplitResult:
    """The parts of an address that may be fetched; raises SourceError for an odd one.

    What two programs could read as two different hosts is refused.
    """
    if _ODD.search(url):
        raise _refusal("holds a space, a backslash or a control character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refusal("cannot be read") from error
    if parts.scheme not in ("http", "https"):
        raise _refusal("does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise _refusal('holds a user name; write it under "user" and "password"')
    if not parts.hostname or "%" in parts.netloc or port == 0:
        raise _refusal("has no proper host or port")
    return parts


def _refusal(why: str) -> SourceError:
    return SourceError(f"The address {why}; correct it in the settings.", "needs you")


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port: credentials never leave it."""
    usual = 443 if parts.scheme == "https" else 80
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or usual


def private_allowances(entries: tuple[str, ...]) -> frozenset[tuple[str, int]]:
    """The hosts and ports of `private_hosts_allowed`; without a port both usual ones are meant."""
    found: set[tuple[str, int]] = set()
    for entry in entries:
        parts = urlsplit(f"//{entry.strip()}")
        ports = (parts.port,) if parts.port else (80, 443)
        found.update(((parts.hostname or "").rstrip("."), port) for port in ports)
    return frozenset(found)


def redirected(url: str, target: str) -> str:
    """The address a redirect leads to; raises SourceError for one that may not be fetched."""
    target = target.encode("latin-1", "replace").decode("utf-8", "replace").strip()
    try:
        found = urldefrag(urljoin(url, target)).url
    except ValueError:
        found = "\\"
    try:
        checked(found)
    except SourceError:
        host = checked(url).hostname
        raise SourceError(f"{host} redirects to an address that is not followed.") from None
    return found

"""Who a mail is from, and whether the receiving server has proved it; whatever else can be forged.

Only the uppermost Authentication-Results field with the receiving server's name counts: it writes
its own above all that came with the mail (RFC 8601, sections 1.2 and 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from typing import NamedTuple

# How one names a server that signs its results with no name, as Microsoft 365 does.
UNNAMED = "unnamed"
_LONGEST = 16_384
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ADDRESS = re.compile(r"([^\s<>()@,;:\"]{1,64})@([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
_PLAIN = re.compile(r"[\w.@-]+")
_RESULT = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)")
_PROPERTY = re.compile(r"\b(header\.(?:from|d|i))\s*=\s*([^\s;]+)")
# What a server says of a domain that publishes no rule.
_NO_VERDICT = frozenset(("none", "bestguesspass"))


class Sender(NamedTuple):
    """The address in From, in small letters."""

    user: str
    domain: str


class _Result(NamedTuple):
    method: str
    verdict: str
    domains: tuple[tuple[str, str], ...]  # header.from, header.d and header.i


def sender_of(message: Message) -> Sender | None:
    """The one address of the one From field; None where there are more, or none."""
    fields = message.get_all("from", [])
    if len(fields) != 1:
        return None
    bare = _without_comments(_QUOTED.sub(" ", str(fields[0])[:_LONGEST].lower()))
    found = _ADDRESS.findall(bare)
    return Sender(*found[0]) if len(found) == 1 and bare.count("@") == 1 else None


def listed(domain: str, senders: Sequence[str]) -> str:
    """Which of the listed domains this one is, or is part of; "" for none."""
    return next((name for name in senders if is_within(domain, name)), "")


def is_within(domain: str, name: str) -> bool:
    """True for the domain itself and for those below it."""
    return domain == name or domain.endswith(f".{name}")


def is_proven(message: Message, domain: str, name: str, server: str) -> bool:
    """True where that server says that a mail from `domain`, which is within `name`, is real."""
    results = list(_results(message, server.lower()))
    ruled = [result for result in results if result.method == "dmarc"]
    if len(ruled) > 1:  # the server says one thing; the other was smuggled in
        return False
    if ruled and ruled[0].verdict not in _NO_VERDICT:
        return ruled[0].verdict == "pass" and ("header.from", domain) in ruled[0].domains
    return any(
        is_within(signed.rpartition("@")[2], name)
        for result in results
        if result.method == "dkim" and result.verdict == "pass"
        for key, signed in result.domains
        if key != "header.from"
    )


def _results(message: Message, server: str) -> Iterator[_Result]:
    """What the uppermost field of that server says, method by method."""
    for field in message.get_all("authentication-results", []):
        first, *others = _bare(str(field)).split(";")
        named = first.split()[0] if first.split() and "=" not in first else ""
        if named == server or (not named and server == UNNAMED):
            said = [first, *others] if not named else others
            yield from filter(None, map(_result, said))
            return


def _result(text: str) -> _Result | None:
    found = _RESULT.match(text)
    if not found:
        return None
    return _Result(found.group(1), found.group(2), tuple(_PROPERTY.findall(text)))


def _bare(field: str) -> str:
    """The field in small letters, without comments; a quoted text that could mislead is masked.

    Nothing is left of one that is too long, or whose quotation marks do not pair.
    """
    masked = _QUOTED.sub(_unquoted, field[: _LONGEST + 1].lower())
    return "" if len(field) > _LONGEST or '"' in masked else _without_comments(masked)


def _unquoted(found: re.Match[str]) -> str:
    inner = found.group(1)
    return inner if _PLAIN.fullmatch(inner) else "?"


def _without_comments(text: str) -> str:
    """What stands in no brackets; what follows one that never closes is left out."""
    kept, depth = [], 0
    for char in text:
        if char == ")":
            depth = max(0, depth - 1)
        elif char == "(":
            depth += 1
        elif not depth:
            kept.append(char)
    return "".join(kept)

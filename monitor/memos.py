"""PURE: what of a source's own memory is kept after a poll, and what is not yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sources.base import LASTING, SIGNED_IN

# So often a place is read again from where it stood, for a post that could not be judged; then it
# goes on without that post, or what stands behind it would never be read.
STUMBLES = 3
_STUMBLED = "stumbled"


def opened(before: Mapping[str, Any], signed_in: Mapping[str, Any]) -> dict[str, Any]:
    """The memory that a source is given, with what signs it in."""
    return {**_without(before, (_STUMBLED,)), **signed_in}


def signing_in(memo: Mapping[str, Any]) -> dict[str, Any]:
    """What signs it in: kept by the process, on no disk."""
    return _only(memo, SIGNED_IN)


def kept(
    before: Mapping[str, Any], memo: Mapping[str, Any], *, failed: bool, unjudged: int
) -> dict[str, Any]:
    """What is written down: where the poll failed, or a post could not be judged, the old place."""
    stumbles = before.get(_STUMBLED, 0) + 1 if unjudged else 0
    holds = failed or 0 < stumbles <= STUMBLES
    position = _without(before if holds else memo, {*LASTING, *SIGNED_IN, _STUMBLED})
    count = {_STUMBLED: stumbles} if 0 < stumbles <= STUMBLES else {}
    return {**position, **_only(memo, LASTING), **count}


def _only(memo: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in memo.items() if name in names}


def _without(memo: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in memo.items() if name not in names}

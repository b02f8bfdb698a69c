"""PURE: one query a poll, in turn, kept in a memo; a query that is refused costs itself alone."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from datetime import datetime
from typing import Any

from sources.base import Flaw, SourceError
from sources.moments import kept_moment


class Rotation:
    """Whose turn it is among the queries of `plan`, which must not be empty.

    The turn is kept by the query's own words, so that a plan that was changed goes on where it was.
    """

    def __init__(self, memo: MutableMapping[str, Any], plan: Sequence[str]) -> None:
        self._memo, self._plan = memo, tuple(plan)
        last = memo.get("last")
        self.at = (self._plan.index(last) + 1) % len(self._plan) if last in self._plan else 0
        self.query = self._plan[self.at]

    def looked(self, now: datetime) -> datetime | None:
        """When the place last answered this query; None where it never did."""
        return kept_moment(self._kept("looked").get(self.query), now)

    def answered(self, now: datetime) -> None:
        """The query had its turn."""
        self._memo["looked"] = self._kept("looked") | {self.query: now.isoformat()}
        refused = self._kept("refused")
        refused.pop(self.query, None)
        self._end(refused)

    def refused(self, why: str) -> Flaw:
        """The query had its turn for nothing; raises SourceError once the place refuses every one.

        `why` is one plain sentence.
        """
        refused = self._kept("refused") | {self.query: why}
        if len(refused) == len(self._plan):
            raise SourceError(why, "needs you")
        self._end(refused)
        return Flaw(why)

    def _end(self, refused: dict[str, Any]) -> None:
        self._memo.update({"last": self.query, "refused": refused})

    def _kept(self, name: str) -> dict[str, Any]:
        """What is kept under the name for the queries that are still in the plan."""
        kept = self._memo.get(name)
        found = kept if isinstance(kept, dict) else {}
        return {query: found[query] for query in self._plan if query in found}

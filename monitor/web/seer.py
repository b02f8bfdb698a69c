"""What of the stored mentions and letters somebody may see: the guard of every list and number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fastapi import HTTPException

from monitor.judge.terms import Level
from monitor.settings import School
from monitor.store import mentions, pages
from monitor.store.deliveries import MACHINE, SOURCE
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.store.pages import Told
from monitor.web.site import Site
from monitor.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Seer:
    """The mentions that somebody may see: no list, number or page lets on that there are others."""

    viewer: Viewer
    site: Site

    def schools(self, wanted: str) -> tuple[School, ...]:
        """The watched schools whose posts they read, or the one that is wanted; 404 for another."""
        theirs = tuple(one for one in self.site.schools if self.viewer.may_read(one.id))
        chosen = tuple(one for one in theirs if one.id == wanted) if wanted else theirs
        if wanted and not chosen:
            raise HTTPException(404)
        return chosen

    def may_see(self, mention: Mention) -> bool:
        """Whether this one is of a watched school, and for them to see."""
        if mention.school not in self.site.ids:
            return False
        return self.viewer.may_see(mention, self.site.school(mention.school))

    def count(self, found: Sequence[Mention]) -> dict[str, int]:
        """How many of these they may see, at each level."""
        seen = Counter(mention.level for mention in found if self.may_see(mention))
        return {level.value: seen[level.value] for level in Level}

    def found(
        self,
        connection: Connection,
        ids: Sequence[str],
        level: str,
        *,
        limit: int,
        before: Mention | None = None,
        category: str = "",
    ) -> tuple[Mention, ...]:
        """As `pages.found`, reading on past what they may not see."""
        seen: list[Mention] = []
        while len(seen) < limit:
            more = pages.found(
                connection, ids, level, limit=limit, before=before, category=category
            )
            seen += [mention for mention in more if self.may_see(mention)]
            if len(more) < limit:
                break
            before = more[-1]
        return tuple(seen[:limit])

    def letters(self, connection: Connection, letters: Sequence[Told]) -> tuple[Told, ...]:
        """Those letters that are theirs, that tell of a mention they may see, or of none at all.

        What others are sent of several posts at once is for those others alone.
        """
        about = {letter.mention_id for letter in letters if letter.mention_id}
        seen = self._seen(connection, about)
        return tuple(letter for letter in letters if self._may_open(letter, seen))

    def _seen(self, connection: Connection, ids: Collection[str]) -> frozenset[str]:
        found = mentions.several(connection, sorted(ids))
        return frozenset(mention.id for mention in found if self.may_see(mention))

    def _may_open(self, letter: Told, seen: Collection[str]) -> bool:
        if letter.email.casefold() == self.viewer.email or self.viewer.demo:
            return True
        if not self.viewer.may_read(letter.school):
            return False
        return letter.mention_id in seen if letter.mention_id else letter.kind in (SOURCE, MACHINE)

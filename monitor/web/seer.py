"""What of the stored mentions and letters somebody may see: the guard of every list and number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from fastapi import HTTPException

from monitor.judge.terms import Level
from monitor.settings import School
from monitor.store import mentions, searching
from monitor.store.deliveries import MACHINE, SOURCE
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.store.pages import Told
from monitor.store.searching import MOST_COUNTED, Page, Wanted
from monitor.web.site import Site
from monitor.web.viewer import Viewer

# So often a list is read on past what somebody may not see, before the page is shown as it is.
MOST_READS = 20


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

    def counts(self, connection: Connection, ids: Sequence[str], since: datetime) -> dict[str, str]:
        """How many stories found since a moment they may see, at each level; "30+" where there
        are more than are counted one by one.
        """
        plain = searching.plain_counts(connection, ids, since)
        found = {}
        for level in Level:
            whole = sum(
                number
                for (school, name, is_press), number in plain.items()
                if name == level.value and self._may_see_plain(school, name, is_press=is_press)
            )
            unsure = searching.delicate(connection, ids, level.value, since)
            whole += sum(map(self.may_see, unsure))
            found[level.value] = f"{whole}+" if len(unsure) == MOST_COUNTED else f"{whole}"
        return found

    def _may_see_plain(self, school: str, level: str, *, is_press: bool) -> bool:
        """Whether they may see a post at a school that is about nobody, and no delicate matter."""
        return self.may_see(_plain(school, level, is_press=is_press))

    def found(
        self,
        connection: Connection,
        ids: Sequence[str],
        wanted: Wanted,
        *,
        limit: int,
        before: str = "",
    ) -> Page:
        """As `searching.found`, reading on past what they may not see."""
        read = partial(searching.found, connection, ids, wanted, limit=limit + 1)
        page = self._filled(lambda start: read(before=start), limit, before)
        last = page.mentions[-1:]
        return Page(page.mentions, last[0].id if last and page.goes_on else "")

    def with_words(
        self,
        connection: Connection,
        ids: Sequence[str],
        terms: Sequence[str],
        wanted: Wanted,
        *,
        limit: int,
        before: str = "",
    ) -> Page:
        """As `searching.with_words`, of what they may see; a page may be short, and go on."""
        page = searching.with_words(connection, ids, terms, wanted, limit=limit, before=before)
        return Page(tuple(filter(self.may_see, page.mentions)), page.goes_on)

    def _filled(self, read: Callable[[str], Page], limit: int, before: str) -> Page:
        seen: list[Mention] = []
        for _ in range(MOST_READS):
            page = read(before)
            seen += filter(self.may_see, page.mentions)
            before = page.goes_on
            if not before or len(seen) > limit:
                break
        return Page(tuple(seen[:limit]), before if len(seen) <= limit else seen[limit].id)

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


def _plain(school: str, level: str, *, is_press: bool) -> Mention:
    """A post without words or signs: whoever may see it may see every such post."""
    moment = datetime.min.replace(tzinfo=UTC)
    return Mention(
        id="",
        school=school,
        source="",
        entry_key="",
        story="",
        same_as=None,
        url="",
        title="",
        text="",
        author="",
        published=None,
        seen_at=moment,
        revision=1,
        relevant=True,
        confidence=1.0,
        level=level,
        highest=level,
        tier=None,
        sentiment="neutral",
        compound=0.0,
        language="en",
        categories=("press",) if is_press else (),
        reasons=(),
        incident=None,
    )

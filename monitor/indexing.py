"""Which words of a post can be searched for: those that everybody may read, and no others.

What is masked on a page is not in the index, and neither is who wrote the post: nobody can find
posts by a child's name, or by an author's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.masks import KINDS, masked
from monitor.settings import School
from monitor.store import searching
from monitor.store.engine import Store
from monitor.store.mentions import Mention

# More words than these make no search narrower.
MOST_TERMS = 12
# What is longer than this is not shown on a page, and not searched.
LONGEST = 12_000
BATCH = 200
_MASK = re.compile("|".join(map(re.escape, KINDS)))
_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r'"([^"]*)"|(\S+)')


def terms(wish: str) -> tuple[str, ...]:
    """What somebody typed as terms, each a word or, in quotation marks, several in a row; the last
    word of each may go on ("queue" finds queues).
    """
    found = (folded(one[1] or one[2]) for one in _QUOTED.finditer(wish[:LONGEST]))
    return tuple(dict.fromkeys(filter(None, found)))[:MOST_TERMS]


def folded(text: str) -> str:
    """Its words alone, in small letters without accents, with a space between them."""
    # Letters of a style of their own are capitals only once they are taken for what they mean.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(_WORD.findall(bare))


def words_of(mention: Mention, school: School) -> str:
    """The words of a post that can be searched for."""
    both = (masked(text[:LONGEST], school).text for text in (mention.title, mention.text))
    return folded(_MASK.sub(" ", "\n".join(both)))


@dataclass(frozen=True)
class Indexer:
    """The step that takes new and changed posts into the index; which are left is in the database.

    A post of a school that is not configured any more is masked by its id alone.
    """

    store: Store
    schools: Sequence[School]

    def index_some(self) -> int | None:
        """Take some in; None where nothing was left. Masking is slow, and done between writes."""
        known = {school.id: school for school in self.schools}
        with self.store.reading() as connection:
            left = searching.unindexed(connection, BATCH)
        if not left:
            return None
        words = dict(self._read(left, known))
        with self.store.writing() as connection:
            searching.index(connection, words, {one.id: one.revision for one in left})
        return len(words)

    def _read(self, left: Sequence[Mention], known: dict[str, School]) -> Iterator[tuple[str, str]]:
        for mention in left:
            school = known.get(mention.school) or School(id=mention.school, name=mention.school)
            yield mention.id, words_of(mention, school)

    def tidy(self) -> None:
        """Overwrite what was deleted."""
        with self.store.writing() as connection:
            searching.tidy(connection)

"""PURE: which earlier mentions tell what a post tells: behind one link, or in the same words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.copies import Text, same
from monitor.judge.story import same_story
from monitor.judge.terms import Level
from monitor.store.mentions import Alike, Mention

# A run of words that so many mentions share is a phrase of the place, and tells none apart.
SHARING = 50
# So many of those that share most are compared in full.
COMPARED = 20


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is kept in like words: `told` maps the first mention of a story to its highest level."""

    alike: Sequence[Alike] = ()
    told: Mapping[str, Level] = field(default_factory=dict)


class Stories:
    """The mentions that a post of this reading may repeat, those of the reading included."""

    def __init__(self, source: str, linked: Sequence[Mention], recalled: Recalled) -> None:
        """`linked` are the stored mentions behind the reading's links."""
        self._source = source
        self._linked: dict[tuple[str, str], list[Mention]] = defaultdict(list)
        self._alike: dict[tuple[str, int], list[Mention]] = defaultdict(list)
        self._texts: dict[str, Text] = {}
        self._told = dict(recalled.told)
        for mention in linked:
            self._link(mention)
        for found in recalled.alike:
            self._share(found.mention, found.shared)

    def add(self, mention: Mention, text: Text) -> None:
        """Remember a mention of this very reading."""
        self._texts[mention.id] = text
        self._link(mention)
        self._share(mention, text.sketch)
        first = first_of(mention)
        self._told[first] = max(self.told([mention]), Level(mention.highest), key=_rank)

    def twins(self, school: str, story: str, words: str, text: Text) -> list[Mention]:
        """Earlier mentions of the same thing, the first seen first."""
        linked = [
            mention
            for mention in self._linked.get((school, story), ())
            # Comments behind one link are told apart by their source, and by their words alone
            # where that is the same.
            if story and mention.source != self._source and same_story(words, _words(mention))
        ]
        known = {mention.id for mention in linked}
        alike = [
            mention
            for mention in self._candidates(school, text)
            if mention.id not in known and same(text, self._text(mention))
        ]
        return sorted([*linked, *alike], key=_age)

    def told(self, twins: Sequence[Mention]) -> Level:
        """The highest level that the stories of these mentions have had anywhere."""
        levels = [Level(twin.highest) for twin in twins]
        levels += [self._told.get(first_of(twin), Level.ROUTINE) for twin in twins]
        return max(levels, key=_rank, default=Level.ROUTINE)

    def _link(self, mention: Mention) -> None:
        self._linked[mention.school, mention.story].append(mention)

    def _share(self, mention: Mention, numbers: frozenset[int]) -> None:
        for number in numbers:
            sharing = self._alike[mention.school, number]
            if len(sharing) < SHARING:
                sharing.append(mention)

    def _candidates(self, school: str, text: Text) -> list[Mention]:
        found: dict[str, Mention] = {}
        shared: Counter[str] = Counter()
        for number in text.sketch:
            for mention in self._alike.get((school, number), ()):
                found[mention.id] = mention
                shared[mention.id] += 1
        return [found[name] for name, _ in shared.most_common(COMPARED)]

    def _text(self, mention: Mention) -> Text:
        if mention.id not in self._texts:
            self._texts[mention.id] = Text(
                mention.title,
                mention.text,
                mention.author,
                mention.medium,
                mention.published or mention.seen_at,
            )
        return self._texts[mention.id]


def first_of(mention: Mention) -> str:
    """The id of the first mention of its story."""
    return mention.same_as or mention.id


def _words(mention: Mention) -> str:
    return f"{mention.title}\n{mention.text}"


def _age(mention: Mention) -> tuple[object, ...]:
    return mention.seen_at, mention.same_as is not None


def _rank(level: Level) -> int:
    return level.rank

"""PURE: which earlier mentions tell what a post tells, and who has heard of it.

A post tells what another tells behind one link, or in the same words.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from monitor.copies import Text, is_anew, is_past, same
from monitor.judge.story import same_story
from monitor.judge.terms import Level
from monitor.store.mentions import Alike, Mention, Told

# A run of words that more mentions share is a phrase of the place: the newest of them are kept.
SHARING = 50
# So many of those that share most are compared in full; of very long texts fewer, so that a reading
# full of them is soon done with.
COMPARED, FEWEST_COMPARED = 20, 5
COMPARED_WORDS = 16_000


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is kept in like words; `told` maps the first mention of a story to who heard of it, and
    `on_pages` a school and a thread to who was alerted to the incident that the thread is of.
    """

    alike: Sequence[Alike] = ()
    told: Mapping[str, Sequence[Told]] = field(default_factory=dict)
    on_pages: Mapping[tuple[str, str], Sequence[Told]] = field(default_factory=dict)


class Stories:
    """The mentions that a post of this reading may repeat, those of the reading included."""

    def __init__(self, source: str, linked: Sequence[Mention], recalled: Recalled) -> None:
        """`linked` are the stored mentions behind the reading's links."""
        self._source = source
        self._linked: dict[tuple[str, str], list[Mention]] = defaultdict(list)
        self._alike: dict[tuple[str, int], deque[Mention]] = defaultdict(_newest)
        self._texts: dict[str, Text] = {}
        self._told = {first: list(told) for first, told in recalled.told.items()}
        self._on_pages = {page: list(told) for page, told in recalled.on_pages.items()}
        for mention in linked:
            self._link(mention)
        for found in recalled.alike:
            self._share(found.mention, found.shared)

    def add(self, mention: Mention, text: Text) -> None:
        """Remember a mention of this very reading."""
        self._texts[mention.id] = text
        self._link(mention)
        self._share(mention, text.sketch)

    def note(self, told: Iterable[Told]) -> None:
        """Remember who is to hear of a mention of this very reading."""
        for each in told:
            self._told.setdefault(first_of(each.mention), []).append(each)
            self._note_on_page(each.mention, [each])

    def twins(self, school: str, story: str, words: str, text: Text) -> list[Mention]:
        """Earlier mentions of the same thing, the first seen first: one at least of each story."""
        linked = [
            mention
            for mention in self._linked.get((school, story), ())
            # Comments behind one link are told apart by their source, and by their words alone
            # where that is the same.
            if story and mention.source != self._source and same_story(words, _words(mention))
        ]
        return sorted([*linked, *self._copies(school, text, linked)], key=_age)

    def told_of(self, mention: Mention, text: Text, twins: Sequence[Mention]) -> list[Told]:
        """Who has heard of the stories that a new mention joins, and need not hear of it again.

        Who was alerted to the incident of its thread need not either, unless it is urgent.
        """
        told = [
            told
            for first in dict.fromkeys(map(first_of, twins))
            for told in self._told.get(first, ())
            if told.stands and not _is_again(mention, text, told.mention)
        ]
        page = self._on_pages.get((mention.school, mention.thread), ())
        answered = [each for each in page if each.stands]
        self._note_on_page(mention, told)
        return told if mention.level == Level.URGENT.value else [*told, *answered]

    def told_before(self, mention: Mention, level: Level) -> list[Told] | None:
        """Who has heard of a mention that now has new words; None where nobody ever did.

        Words that are worse than any before are news to all: only its own alerts count then.
        """
        told = self._told.get(first_of(mention), ())
        # Not one alert is owed twice, whatever became of it.
        own = [each for each in told if each.mention.id == mention.id and not each.listed]
        if level.rank > Level(mention.highest).rank:
            return own
        others = [each for each in told if each.mention.id != mention.id]
        return [*own, *(each for each in others if each.stands and not each.listed)] or None

    def _note_on_page(self, mention: Mention, told: Iterable[Told]) -> None:
        """What stands in a summary alone does not count: it is one line among many."""
        if mention.thread:
            page = self._on_pages.setdefault((mention.school, mention.thread), [])
            page.extend(each for each in told if not each.listed)

    def _link(self, mention: Mention) -> None:
        self._linked[mention.school, mention.story].append(mention)

    def _share(self, mention: Mention, numbers: frozenset[int]) -> None:
        for number in numbers:
            self._alike[mention.school, number].append(mention)

    def _copies(self, school: str, text: Text, linked: Sequence[Mention]) -> list[Mention]:
        """Mentions in the same words, one of each story that is not among the linked."""
        joined = set(map(first_of, linked))
        others = (each for each in self._candidates(school, text) if first_of(each) not in joined)
        most = max(FEWEST_COMPARED, min(COMPARED, COMPARED_WORDS // max(1, len(text.words))))
        copies = []
        for mention in islice(others, most):
            if same(text, self._text(mention)):
                joined.add(first_of(mention))
                copies.append(mention)
        return copies

    def _candidates(self, school: str, text: Text) -> list[Mention]:
        """The mentions that share some of a text, those that share most, and the newest, first."""
        found: dict[str, Mention] = {}
        shared: Counter[str] = Counter()
        for number in text.sketch:
            for mention in self._alike.get((school, number), ()):
                found[mention.id] = mention
                shared[mention.id] += 1
        newest = sorted(found.values(), key=_seen, reverse=True)
        return sorted(newest, key=lambda mention: -shared[mention.id])

    def _text(self, mention: Mention) -> Text:
        if mention.id not in self._texts:
            self._texts[mention.id] = Text(
                mention.title,
                mention.text,
                mention.author,
                mention.medium,
                posted(mention),
            )
        return self._texts[mention.id]


def first_of(mention: Mention) -> str:
    """The id of the first mention of its story."""
    return mention.same_as or mention.id


def posted(mention: Mention) -> datetime:
    """When a mention was posted, else first seen."""
    return mention.published or mention.seen_at


def _is_again(mention: Mention, text: Text, before: Mention) -> bool:
    """True where an urgent mention says something anew, though in the words of an earlier one."""
    if mention.level != Level.URGENT.value:
        return False
    is_one_page = bool(mention.story) and mention.story == before.story
    if is_one_page and mention.published is None and mention.source != before.source:
        # What a search finds without a date is what was read at its link before.
        return is_past(text, posted(before))
    return is_anew(text, posted(before))


def _newest() -> deque[Mention]:
    return deque(maxlen=SHARING)


def _words(mention: Mention) -> str:
    return f"{mention.title}\n{mention.text}"


def _age(mention: Mention) -> tuple[object, ...]:
    return mention.seen_at, mention.same_as is not None


def _seen(mention: Mention) -> datetime:
    return mention.seen_at

"""Says which watched schools a text speaks of, on what evidence; it sees words and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.judge.canonical import Tokens, canonical, phrase
from monitor.judge.facts import facts
from monitor.judge.phrases import Phrases
from monitor.judge.terms import Staff, Watch, Words
from monitor.judge.weigh import (
    Occurrence,
    Scene,
    School,
    far_away,
    objection,
    school,
    word_lists,
)

RELEVANT = 0.5
_PLAIN_HANDLE = 8
_JOINED_NAME = 10
_LONG_WORD = 5
_ALONE = 0.6
# A short name that nobody searched for, with nothing beside it.
_IN_DOUBT = 0.35
_EXCLUDED = 0.15
_TITLES = ("mr", "mrs", "miss", "ms", "mx", "dr", "sir", "head")
_AFTER_HOST = re.compile(r"[-\w]|\.\w")
_WEIGHED = ("name", "alias", "hashtag")
_STRENGTHS = {"url": 0.95, "handle": 0.95, "hashtag": 0.85}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that speak for or against a school. `kind` is name, alias, handle, hashtag, url,
    place, exclude or staff; `start` and `end` are offsets into the text, both 0 for its address.
    """

    kind: str
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """One school that a text may speak of. `notes` say in plain English what was weighed, `facts`
    the same in numbers for the learned part. `towns` are the words in it that name other towns.
    """

    profile: str
    confidence: float
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...]
    facts: tuple[float, ...] = ()
    towns: frozenset[str] = frozenset()

    @property
    def excluded(self) -> bool:
        """True where the text names only what the school listed as something else."""
        return self.confidence == _EXCLUDED

    @property
    def relevant(self) -> bool:
        """True where the text is taken to be about the school."""
        return self.confidence >= RELEVANT

    @property
    def in_doubt(self) -> bool:
        """True where a short name of the school stands alone, for and against it nothing."""
        return self.confidence == _IN_DOUBT and not self.notes


def _addresses(address: str) -> Iterator[str]:
    """A web address as every host and path that contains it, nearest last."""
    bare = re.sub(r"^(?:https?:)?//", "", address.strip().lower()).split("?")[0].split("#")[0]
    host, *path = bare.removeprefix("www.").rstrip("/.,)!").split("/")
    labels = host.partition(":")[0].split(".")[-8:]
    yield from (".".join(labels[at:]) for at in range(len(labels)))
    whole = ".".join(labels)
    for part in path[:8]:
        whole = f"{whole}/{part}"
        yield whole


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


class Matcher:
    """All names of all watched schools, looked up together; `add` is cheap."""

    def __init__(self, watches: Sequence[Watch] = ()) -> None:
        self.schools: list[School] = []
        self._numbers: dict[str, int] = {}
        self._names: Phrases[tuple[int, str, str, bool]] = Phrases()
        self._support: Phrases[dict[int, str]] = Phrases()
        self._supports: dict[tuple[str, ...], dict[int, str]] = {}
        self._marks: dict[str, list[tuple[int, str, str, bool]]] = {}
        for watch in watches:
            self.add(watch)

    def add(self, watch: Watch) -> None:
        """Watch for one more school; its id must be new."""
        number = len(self.schools)
        self.schools.append(school(watch))
        self._numbers[watch.id] = number
        self._add_names(number, watch)
        self._add_marks(number, watch)
        self._add_support(number, watch)

    def _add_names(self, number: int, watch: Watch) -> None:
        for kind, text in (("name", watch.name), *(("alias", alias) for alias in watch.aliases)):
            words = phrase(text)
            if words[:1] == ("the",) and len(words) > 2:  # noqa: PLR2004
                words = words[1:]
            strong = len(words) > 1 and bool(word_lists()["kinds"].intersection(words))
            self._names.add(words, (number, kind, text, strong))
            joined = "".join(words)
            if len(words) > 1 and len(joined) >= _JOINED_NAME:
                self._names.add((joined,), (number, kind, text, True))
            if len(words) > 1 or len(joined) >= _LONG_WORD:
                self._mark(f"#{joined}", (number, kind, text, strong))
        for text in watch.exclude:
            self._names.add(phrase(text), (number, "exclude", text, True))

    def _add_marks(self, number: int, watch: Watch) -> None:
        singles = {name[0] for name in self.schools[number].names if len(name) == 1}
        for kind, sign, texts in (("handle", "@", watch.handles), ("hashtag", "#", watch.hashtags)):
            for text in texts:
                body = text.strip().lstrip("@#\uff20\uff03").lower()
                self._mark(f"{sign}{body}", (number, kind, text, True))
                plain = _letters(body)
                if len(plain) >= _PLAIN_HANDLE and plain not in singles:
                    self._names.add((plain,), (number, kind, text, True))
        for text in watch.urls:
            address = list(_addresses(text))
            host = text.strip().lower().split("//")[-1].removeprefix("www.").rstrip("/")
            self._mark(f"url:{host}", (number, "url", host, True))
            if address and "." in host:
                self._names.add(phrase(host), (number, "url", host, True))

    def _mark(self, mark: str, entry: tuple[int, str, str, bool]) -> None:
        self._marks.setdefault(mark, []).append(entry)

    def _add_support(self, number: int, watch: Watch) -> None:
        for place in watch.places:
            self._back(phrase(place), number, "place")
        for person in watch.staff:
            for words in _staff_phrases(person):
                self._back(words, number, "staff")

    def _back(self, words: tuple[str, ...], number: int, kind: str) -> None:
        if words not in self._supports:
            self._supports[words] = {}
            self._support.add(words, self._supports[words])
        self._supports[words][number] = kind

    def spot(self, tokens: Tokens) -> list[Occurrence]:
        """Every phrase that stands in the text, nested ones too."""
        found = [
            Occurrence(number, kind, text, first, last, strong)
            for first, last, entries in self._names.find(tokens)
            for number, kind, text, strong in entries
            if kind != "url" or _is_host(tokens, first, last, text)
        ]
        return found + [at for mark in tokens.marks for at in self._marked(mark.text, mark.index)]

    def _marked(self, mark: str, index: int) -> Iterator[Occurrence]:
        looks = [mark]
        if mark[0] not in "@#":
            parts = list(_addresses(mark))
            looks = [f"url:{part}" for part in parts]
            looks += [f"@{part.rpartition('/')[2].lstrip('@')}" for part in parts if "/" in part]
        for look in looks:
            for number, kind, text, strong in self._marks.get(look, ()):
                yield Occurrence(number, kind, text, index, index, strong)

    def match(
        self, words: Words, school_id: str | None = None, tokens: Tokens | None = None
    ) -> tuple[Match, ...]:
        """One Match for each school that the text may speak of, surest first.

        With `school_id` exactly one, evidence or none; an unknown id is a KeyError. `tokens` are
        those of `words.whole` where the caller has read them already.
        """
        scene = Scene(canonical(words.whole) if tokens is None else tokens)
        spotted = _longest(self.spot(scene.tokens))
        spotted += self._marked(words.url, -1) if words.url else ()
        groups: dict[int, list[Occurrence]] = {}
        for at in spotted:
            groups.setdefault(at.number, []).append(at)
        if school_id is not None:
            number = self._numbers[school_id]
            groups = {number: groups.get(number, [])}
        support = self._supporting(scene.tokens, groups)
        matches = [self._weigh(scene, n, groups[n], support[n], words.found) for n in groups]
        return tuple(sorted(matches, key=lambda match: -match.confidence))

    def _supporting(
        self, tokens: Tokens, groups: dict[int, list[Occurrence]]
    ) -> dict[int, list[Evidence]]:
        found: dict[int, list[Evidence]] = {number: [] for number in groups}
        for first, last, entries in self._support.find(tokens):
            text, start, end = tokens.between(first, last), tokens.starts[first], tokens.ends[last]
            for number in groups:
                if number in entries[0]:
                    found[number].append(Evidence(entries[0][number], text, start, end))
        return found

    def _weigh(
        self,
        scene: Scene,
        number: int,
        spotted: list[Occurrence],
        support: list[Evidence],
        brought: bool,
    ) -> Match:
        whose = self.schools[number]
        names = [at for at in spotted if at.kind != "exclude"]
        excluded = len(names) < len(spotted)
        weighed = [at for at in names if at.kind in _WEIGHED]
        against = {at: objection(scene, at, whose) for at in weighed}
        several = len({at.phrase for at in names}) > 1
        found = [_nameless(excluded, bool(support), brought)] if not names else []
        for at in names:
            weight, note = 0.2, against.get(at, "")
            if not note:
                weight = _strength(scene, at, support, several, brought)
            if weight == _ALONE and (note := _unsure(scene, whose, excluded)):
                weight = 0.3
            found.append((weight, note))
        return Match(
            whose.watch.id,
            round(max(weight for weight, _ in found), 2),
            tuple(_evidence(scene.tokens, at) for at in spotted) + tuple(support),
            tuple(dict.fromkeys(note for _, note in found if note)),
            facts(scene, weighed, [bool(against[at]) for at in weighed], whose),
            scene.other_towns(whose),
        )


def _nameless(excluded: bool, supported: bool, brought: bool) -> tuple[float, str]:
    if excluded:
        return _EXCLUDED, "names only what is listed as another place or thing of that name"
    if not brought:
        return 0.05, "does not name the school"
    return (0.75 if supported else 0.55), "does not name the school; kept because a search found it"


def _strength(
    scene: Scene, at: Occurrence, support: list[Evidence], several: bool, brought: bool
) -> float:
    if at.kind in _STRENGTHS:
        return _STRENGTHS[at.kind]
    beside = bool(support) or several or scene.school_word_near(at)
    if at.strong:
        return 0.95 if beside else 0.85
    if beside:
        return 0.75
    return _ALONE if brought else _IN_DOUBT


def _unsure(scene: Scene, whose: School, excluded: bool) -> str:
    """Why a short name that nothing near it explains is not kept; empty where it may be."""
    if excluded:
        return "names also what is listed as another place or thing"
    return "names another town and nothing of the school" if far_away(scene, whose) else ""


def _longest(spotted: list[Occurrence]) -> list[Occurrence]:
    """Without the names that lie inside a longer one, the same school's or another's."""
    kept: list[Occurrence] = []
    reach = (-1, -1)
    for at in sorted(spotted, key=lambda at: (at.first, -at.last)):
        if at.last <= reach[1] and (at.first, at.last) != reach:
            continue
        kept.append(at)
        if at.last > reach[1]:
            reach = (at.first, at.last)
    return kept


def _evidence(tokens: Tokens, at: Occurrence) -> Evidence:
    if at.first < 0:
        return Evidence(at.kind, at.phrase, 0, 0)
    return Evidence(at.kind, at.phrase, tokens.starts[at.first], tokens.ends[at.last])


def _is_host(tokens: Tokens, first: int, last: int, host: str) -> bool:
    """True where the words are written as the address itself, not as words in a row."""
    start, end = tokens.starts[first], tokens.ends[last]
    written = tokens.source[start:end].lower() == host
    before, after = tokens.source[start - 1 : start], tokens.source[end : end + 2]
    return written and before != "-" and not _AFTER_HOST.match(after)


def _staff_phrases(person: Staff) -> Iterator[tuple[str, ...]]:
    words = phrase(person.name)
    if len(words) > 1:
        yield words
    if words:
        yield from ((title, words[-1]) for title in _TITLES)

"""Tries a school's names on posts: what they catch, what slips in, what is left out; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from monitor.judge.canonical import canonical, phrase
from monitor.judge.known import common
from monitor.judge.match import Evidence, Match, Matcher
from monitor.judge.terms import MOST_CHARACTERS, Judgement, Watch, Words
from monitor.judge.triage import Judge
from monitor.judge.weigh import Scene, School, school, word_lists
from monitor.watch_words import weak_form, weakness

_SURE = 0.85
_WRITTEN = ("name", "alias")
_NAMES = (*_WRITTEN, "handle", "hashtag", "url")
_LISTS = {"alias": "aliases", "handle": "handles", "hashtag": "hashtags", "url": "urls"}
# What makes it plain that a post means this school and no namesake.
_SUPPORT = frozenset(("place", "staff", "handle", "hashtag", "url"))
_OWN_WORDS = ("neutral", "school", "kinds", "own_things")
_ENDS = frozenset(",.;:!?)\n")
_AROUND = 45
_MANY = 2
_ALONE = "its name stands alone: nothing beside it speaks of a school or of its places"


@dataclass(frozen=True, slots=True)
class Name:
    """One of a school's names. `kind` is name, alias, handle, hashtag or url."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Post:
    """A post to try names on; `where` says in a word or two where it comes from."""

    id: str
    where: str
    words: Words


@dataclass(frozen=True, slots=True)
class Sight:
    """A post as the names see it.

    `before`: whether the names it is compared with catch it. `confidence` is the judge's.
    `needed` are the names without any one of which it would not be caught. `why` says why it may
    be something else where it is caught, and why not where it is not. `goes_on` is the name with
    the foreign word that follows it, both as they are written.
    """

    post: Post
    caught: bool
    before: bool
    unsure: bool
    confidence: float
    names: tuple[Name, ...]
    needed: frozenset[Name]
    evidence: tuple[Evidence, ...]
    why: tuple[str, ...]
    goes_on: str

    def shown(self, name: Name | None = None) -> tuple[str, str, str]:
        """What stands before the name (or any name), the name, and what stands behind it."""
        whole = self.post.words.whole
        spots = [at for at in self.evidence if name in (None, Name(at.kind, at.phrase)) and at.end]
        if not spots:
            return "", "", whole[: 2 * _AROUND]
        start, end = spots[0].start, spots[0].end
        before, after = whole[max(0, start - _AROUND) : start], whole[end : end + _AROUND]
        if start > _AROUND:
            before = f"…{before.partition(' ')[2]}"
        if end + _AROUND < len(whole):
            after = f"{after.rpartition(' ')[0]}…"
        return before, whole[start:end], after


@dataclass(frozen=True)
class Trial:
    """What came of it, in the order of the posts."""

    watch: Watch
    sights: tuple[Sight, ...]

    @cached_property
    def caught(self) -> tuple[Sight, ...]:
        """The posts that the names catch."""
        return tuple(sight for sight in self.sights if sight.caught)

    @property
    def unsure(self) -> int:
        """How many of them a short name alone has caught, or look like something else."""
        return sum(sight.unsure for sight in self.caught)

    @property
    def slipping(self) -> tuple[Sight, ...]:
        """Those of them that look like something else."""
        return tuple(sight for sight in self.caught if sight.why)

    @property
    def left_out(self) -> tuple[Sight, ...]:
        """The posts that hold a name, or what is excluded, and are not caught."""
        return tuple(sight for sight in self.sights if not sight.caught and sight.evidence)

    @property
    def gained(self) -> tuple[Sight, ...]:
        """The posts that the names it is compared with do not catch."""
        return tuple(sight for sight in self.caught if not sight.before)

    @property
    def lost(self) -> tuple[Sight, ...]:
        """The posts that only the names it is compared with catch."""
        return tuple(sight for sight in self.sights if sight.before and not sight.caught)

    def by(self, name: Name) -> tuple[Sight, ...]:
        """The caught posts that hold this name, those first that only it has caught."""
        found = (sight for sight in self.caught if name in sight.names)
        return tuple(sorted(found, key=lambda sight: name not in sight.needed))

    def alone(self, name: Name) -> int:
        """How many posts would not be caught without this name."""
        return sum(name in sight.needed for sight in self.caught)


def names_of(watch: Watch) -> tuple[Name, ...]:
    """Every name of a school once, as evidence calls it."""
    listed = [
        Name(kind, _host(text) if kind == "url" else text)
        for kind, key in _LISTS.items()
        for text in getattr(watch, key)
    ]
    return tuple(dict.fromkeys((Name("name", watch.name), *listed)))


def _host(address: str) -> str:
    return address.strip().lower().split("//")[-1].removeprefix("www.").rstrip("/")


def _without(watch: Watch, name: Name) -> Watch:
    if name.kind == "name":
        return replace(watch, name="")
    left = [other.text for other in names_of(watch) if other != name and other.kind == name.kind]
    changed: dict[str, Any] = {_LISTS[name.kind]: tuple(left)}
    return replace(watch, **changed)


class Trier:
    """Looks at posts with the names of one school, and the other schools' beside them."""

    def __init__(
        self, watch: Watch, others: Sequence[Watch] = (), before: Watch | None = None
    ) -> None:
        self._watch, self._others = watch, tuple(others)
        self._judge = Judge((watch, *others))
        self._before = Judge((before, *others)) if before and before != watch else self._judge
        self._matcher = Matcher((watch, *others))
        self._lacking: dict[Name, Matcher] = {}

    def look(self, post: Post) -> Sight:
        """Try the names on a post, as one that no search for the school has brought."""
        words = replace(post.words, found=False)
        scene = Scene(canonical(words.whole[:MOST_CHARACTERS]))
        match = self._matcher.match(words, self._watch.id, scene.tokens)[0]
        judged = self._judge.judge(words, self._watch.id)[0]
        named = (Name(at.kind, at.phrase) for at in match.evidence if at.kind in _NAMES)
        names = tuple(dict.fromkeys(named))
        caught, beyond = judged.relevant, _beyond(scene, match, school(self._watch))
        why = tuple(_doubts(match, judged, beyond)) if caught else _against(match, judged)
        alone = match.confidence < _SURE and not _supported(match) and len(names) == 1
        return Sight(
            post=post,
            caught=caught,
            before=caught if self._before is self._judge else self._caught_before(words),
            unsure=caught and (bool(why) or alone),
            confidence=judged.confidence,
            names=names,
            needed=frozenset(self._needed(words, scene, names) if caught else ()),
            evidence=tuple(at for at in match.evidence if at.kind in (*_NAMES, "exclude")),
            why=why,
            goes_on=next((on.written for on in beyond if not on.says), "") if caught else "",
        )

    def _caught_before(self, words: Words) -> bool:
        return self._before.judge(words, self._watch.id)[0].relevant

    def _needed(self, words: Words, scene: Scene, names: Sequence[Name]) -> Iterator[Name]:
        for name in names:
            if name not in self._lacking:
                self._lacking[name] = Matcher((_without(self._watch, name), *self._others))
            match = self._lacking[name].match(words, self._watch.id, scene.tokens)[0]
            if not match.relevant:
                yield name


def _supported(match: Match) -> bool:
    return any(at.kind in _SUPPORT for at in match.evidence)


@dataclass(frozen=True, slots=True)
class _Beyond:
    """A name that looks like something else: as written with what follows, or `says` why."""

    written: str
    says: str = ""


def _beyond(scene: Scene, match: Match, whose: School) -> tuple[_Beyond, ...]:
    """For every place where the school is named; nothing where one of them, or what stands
    beside, makes the school plain, and nothing where capitals say nothing.
    """
    written = [at for at in match.evidence if at.kind in _WRITTEN]
    if scene.is_headline or _supported(match):
        return ()
    found = [_ordinary(scene, at) or _followed(scene, at, whose) for at in written]
    return tuple(on for on in found if on) if all(found) else ()


def _ordinary(scene: Scene, at: Evidence) -> _Beyond | None:
    words, raw = phrase(at.phrase), scene.tokens.source[at.start : at.end]
    if len(words) > 1 or words[0] not in common() or raw != raw.lower():
        return None
    return _Beyond(raw, f"“{raw}” is written there as an ordinary word, without a capital")


def _followed(scene: Scene, at: Evidence, whose: School) -> _Beyond | None:
    tokens = scene.tokens
    last = bisect_left(tokens.ends, at.end)
    index = last + 1
    if index >= len(tokens) or tokens.owner(last) or not scene.capital(index):
        return None
    word = tokens.words[index]
    own = word in whose.home or any(word in word_lists()[name] for name in _OWN_WORDS)
    comma = tokens.breaks[index].strip() == "," and _ends(scene, index)
    if own or not word.isalpha() or not (scene.tight(index) or comma):
        return None
    return _Beyond(f"{tokens.source[at.start : at.end]} {tokens.between(index, index)}")


def _ends(scene: Scene, index: int) -> bool:
    """True where a stop, a comma or nothing stands behind a token, as behind a town."""
    after = index + 1
    return after >= len(scene.tokens) or bool(_ENDS.intersection(scene.tokens.breaks[after]))


def _doubts(match: Match, judged: Judgement, beyond: Sequence[_Beyond]) -> Iterator[str]:
    """Why a post that is caught may be about something else, each once."""
    notes = match.notes if match.confidence < _SURE else ()
    doubts = (reason.says for reason in judged.reasons if reason.rule.startswith("relevance."))
    more = (on.says or f"goes on as “{on.written}”, which may be another place" for on in beyond)
    yield from dict.fromkeys((*notes, *doubts, *more))


def _against(match: Match, judged: Judgement) -> tuple[str, ...]:
    if match.in_doubt:
        return (_ALONE,)
    return tuple(reason.says for reason in judged.reasons if reason.rule.startswith("relevance."))


def number_of(posts: int) -> str:
    """So many posts, in words that a sentence can go on from."""
    return "1 post" if posts == 1 else f"{posts} posts"


def advice(trial: Trial) -> tuple[str, ...]:
    """What to change, one sentence or two each; foreign words in it are as they were written."""
    found = [line for name in names_of(trial.watch) if (line := _of_name(trial, name))]
    going = Counter(sight.goes_on for sight in trial.slipping if sight.goes_on)
    found += [
        f"If “{written}” is not yours, put it in exclude ({number_of(posts)})."
        for written, posts in going.most_common()
    ]
    if not trial.watch.places:
        found.append("No places are set, so namesakes elsewhere cannot be told apart: add some.")
    return tuple(found)


def _of_name(trial: Trial, name: Name) -> str:
    if name.kind not in _WRITTEN:
        return ""
    by = trial.by(name)
    caught, unsure = len(by), sum(sight.unsure for sight in by)
    weak = weakness(name.text, trial.watch.places)
    if not weak and name.kind == "alias" and (unsure or not caught):
        weak = weak_form(name.text)
    told = f"caught {number_of(caught)}, {unsure} of them unsure" if caught else "caught none"
    if weak:
        return f"“{name.text}” - {weak.removeprefix('which is ')}. It {told}."
    if unsure < max(_MANY, caught / 2):
        return ""
    return f"“{name.text}” {told}: read them, and add places or take it out."

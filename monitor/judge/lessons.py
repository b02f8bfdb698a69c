"""PURE: what a school's own corrections teach about later posts; it never knows an author."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from monitor.judge.canonical import Tokens, phrase
from monitor.judge.corrected import Answer, Correction, answers, host_of
from monitor.judge.match import Evidence, Match
from monitor.judge.phrases import Phrases
from monitor.judge.story import FEWEST, WORD
from monitor.judge.terms import Judgement, Level, Reason, Tier, Watch, Words

# Two posts in like words share this much of all their words: a retold complaint does, two
# complaints about one thing do not.
ALIKE = 0.8
# How often a place must have been wrong before it is doubted, and below what confidence.
OFTEN = 3
WEAK = 0.8
_TOLD = 0.9
_OURS = frozenset(("name", "alias", "handle", "hashtag", "url"))


@dataclass(frozen=True, slots=True)
class _Example:
    words: frozenset[str]
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Place:
    """A source, or one site within it, whose posts are more often not the school's than so."""

    times: int
    last: Correction


@dataclass(frozen=True)
class Lessons:
    """What one school's corrections teach; made by `of`, and applied to that school alone."""

    nicknames: tuple[str, ...]
    namesakes: tuple[tuple[str, Correction], ...]
    places: Mapping[tuple[str, str], _Place]
    examples: tuple[_Example, ...]

    @classmethod
    def of(
        cls,
        corrections: Iterable[Correction],
        texts: Mapping[str, str],
        kept: Mapping[tuple[str, str], int] | None = None,
    ) -> Lessons:
        """The lessons of a school's live corrections, the oldest first.

        `texts` maps mentions to the words that the corrections were about, as far as they are
        kept: without them nothing is learnt of like words, and all else is. `kept` counts the
        mentions from each place that nobody objected to.
        """
        made = tuple(corrections)
        given = answers(made)
        taught = [(text, each.told) for each in given for text in _strange(each)]
        return cls(
            nicknames=_once(n for each in made if each.kind == "about-us" for n in each.phrases),
            namesakes=tuple(taught),
            places=_places(given, kept or {}),
            examples=tuple(
                _Example(_words(texts[each.told.mention]), each)
                for each in given
                if each.told.mention in texts
            ),
        )

    def named(self, watch: Watch) -> Watch:
        """The school with the nicknames that it was taught."""
        return replace(watch, aliases=_once((*watch.aliases, *self.nicknames)))

    def applied(
        self,
        judgement: Judgement,
        words: Words,
        tokens: Tokens,
        match: Match,
    ) -> Judgement:
        """The judgement as this school would have it, with a Reason for what was learnt.

        `tokens` are those of the text that was judged. An urgent post is never hidden; one that
        standing rules hold to be urgent is not lowered, another no further than `respond`.
        """
        if not judgement.relevant:
            return judgement
        judgement = self._nicknamed(judgement, match)
        like = self._like(tokens.source)
        if like and like.relevant:
            return _levelled(judgement, like)
        doubt = (
            _not_ours(like)
            or self._namesake(tokens, match.evidence)
            or self._place(match, words.source, host_of(words.url))
        )
        return _doubted(judgement, doubt) if doubt else judgement

    def _nicknamed(self, judgement: Judgement, match: Match) -> Judgement:
        """With a reason, where a nickname that was taught is what stands in the text."""
        taught = {nickname.casefold() for nickname in self.nicknames}
        for one in match.evidence:
            if one.phrase.casefold() in taught:
                says = f"calls the school {one.phrase}, as the school taught"
                return _with(judgement, _note("lesson.nickname", says))
        return judgement

    def _like(self, text: str) -> Answer | None:
        """The answer to the post that is most like this one; of equals, the last."""
        if not self.examples:
            return None
        words = _words(text)
        likeness, _, best = max(
            (_alike(words, each.words), number, each) for number, each in enumerate(self.examples)
        )
        return best.answer if likeness >= ALIKE else None

    @cached_property
    def _phrases(self) -> Phrases[tuple[str, Correction]]:
        phrases: Phrases[tuple[str, Correction]] = Phrases()
        for text, told in self.namesakes:
            phrases.add(phrase(text), (text, told))
        return phrases

    def _namesake(self, tokens: Tokens, evidence: Sequence[Evidence]) -> Reason | None:
        """Why the text names something else, where every name in it stands in a learnt one."""
        if not self.namesakes:
            return None
        names = [each for each in evidence if each.kind in _OURS]
        found = [
            (tokens.starts[first], tokens.ends[last], told)
            for first, last, entries in self._phrases.find(tokens)
            for _, told in entries
        ]
        for name in names:
            if not any(start <= name.start < name.end <= end for start, end, _ in found):
                return None
        if not names:
            return None
        start, end, told = found[0]
        text = tokens.source[start:end]
        says = f"names {text}, which was said not to be the school {told.signed}"
        return Reason("lesson.namesake", start, end, text, says)

    def _place(self, match: Match, source: str, host: str) -> Reason | None:
        place = self.places.get((source, host))
        if place is None or match.confidence >= WEAK:
            return None
        site = f"{source} ({host})" if host else source
        says = (
            f"names the school in passing, and {place.times} posts from {site} were said not to "
            f"be about it, the last {place.last.signed}"
        )
        return _note("lesson.source", says)


def _strange(given: Answer) -> tuple[str, ...]:
    return () if given.relevant else given.told.phrases


def _places(
    answered: Sequence[Answer], kept: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], _Place]:
    where: dict[tuple[str, str], list[Answer]] = {}
    for given in answered:
        where.setdefault((given.told.source, given.told.host), []).append(given)
    return {
        place: _Place(len(given), given[-1].told)
        for place, given in where.items()
        if len(given) >= max(OFTEN, kept.get(place, 0)) and not any(each.relevant for each in given)
    }


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text.casefold()))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of all words that stand in both; of very short texts only the same are alike."""
    if min(len(one), len(other)) < FEWEST:
        return float(bool(one) and one == other)
    return len(one & other) / len(one | other)


def _note(rule: str, says: str) -> Reason:
    return Reason(rule, 0, 0, "", says)


def _with(judgement: Judgement, reason: Reason) -> Judgement:
    return replace(judgement, reasons=(reason, *judgement.reasons))


def _not_ours(like: Answer | None) -> Reason | None:
    return _note("lesson.like-words", f"a post in like words {like.says}") if like else None


def _levelled(judgement: Judgement, like: Answer) -> Judgement:
    level, says = like.level, f"a post in like words {like.says}"
    if level is None or level is judgement.level:
        return judgement
    if judgement.floor is Level.URGENT:
        says += "; it stays urgent, for its own words tell of a danger"
        return _with(judgement, _note("lesson.like-words", says))
    if judgement.level is Level.URGENT and not level.needs_response:
        says += "; it stays at respond, for it reads like a danger"
        level = Level.RESPOND
    tier: Tier | None = "possible" if level is Level.URGENT else None
    changed = replace(judgement, level=level, tier=tier)
    return _with(changed, _note("lesson.like-words", says))


def _doubted(judgement: Judgement, why: Reason) -> Judgement:
    """Not about the school after all; what may be a danger stays, and says that it is doubted."""
    if judgement.level is Level.URGENT:
        says = f"{why.says}; it stays all the same, for its words tell of a danger"
        return _with(judgement, replace(why, says=says))
    # The categories stay: who must not be told of an allegation is read from them.
    changed = replace(
        judgement,
        relevant=False,
        confidence=_TOLD,
        sentiment="neutral",
        level=Level.ROUTINE,
        tier=None,
    )
    return _with(changed, why)

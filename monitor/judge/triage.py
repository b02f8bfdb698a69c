"""Judges a post for a school: what it is, whom it concerns and why; it sees words alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monitor.judge import language as languages
from monitor.judge.canonical import Tokens, canonical
from monitor.judge.decide import Decision, decide
from monitor.judge.learned import Opinion, learned
from monitor.judge.lessons import Lessons
from monitor.judge.match import Match, Matcher
from monitor.judge.reasons import notes, of_decision, of_doubt
from monitor.judge.ruled import Verdict, triage
from monitor.judge.signals import signals
from monitor.judge.terms import MOST_CHARACTERS, Judgement, Level, Reason, Watch, Words
from monitor.judge.vader import compound
from monitor.judge.view import MOST_WORDS, view

# A full name, handle or address of the school, nothing against it.
_PLAINLY = 0.85
_NOBODY = Match("", 0.05, (), ("names no school that is watched",))


@dataclass(frozen=True)
class _Text:
    """A post as it is judged: its words cut to length, and what is only worked out for a post
    that names a school.
    """

    words: Words
    tokens: Tokens
    cut: bool

    @cached_property
    def compound(self) -> float:
        """VADER's score."""
        return compound(self.tokens.source)

    @cached_property
    def language(self) -> str:
        """Its code."""
        return languages.language(self.tokens)

    @cached_property
    def verdict(self) -> Verdict:
        """What the rules say."""
        return triage(self.tokens)

    def verdict_for(self, match: Match) -> Verdict:
        """What the rules say where the words name a school's staff, with a title or without."""
        starts = self.tokens.starts
        staff = {bisect_left(starts, each.start) for each in match.evidence if each.kind == "staff"}
        return triage(self.tokens, staff) if staff else self.verdict


def _read(words: Words) -> _Text:
    whole = words.whole
    return _Text(words, canonical(whole[:MOST_CHARACTERS]), len(whole) > MOST_CHARACTERS)


class Judge:
    """Judges posts for a fixed set of schools; the names are made ready once."""

    def __init__(
        self, watches: Sequence[Watch], lessons: Mapping[str, Lessons] | None = None
    ) -> None:
        """`lessons` are what people's corrections teach, by the school that they are for."""
        self._watches, self._lessons = tuple(watches), lessons or {}
        named = (
            self._lessons[watch.id].named(watch) if watch.id in self._lessons else watch
            for watch in self._watches
        )
        self._matcher = Matcher(tuple(named))

    def taught(self, lessons: Mapping[str, Lessons]) -> Judge:
        """A judge of the same schools that knows these lessons and no others."""
        return Judge(self._watches, lessons)

    def judge(self, words: Words, school_id: str | None = None) -> tuple[Judgement, ...]:
        """One Judgement for every school that the text speaks of, the surest first.

        With `school_id` exactly one, relevant or not; an id that is not watched is a KeyError.
        The first 20,000 characters are judged, and a longer text says so in a reason. What only a
        school's lessons hold not to be about it is among the answers, as not relevant.
        """
        text = _read(words)
        matches = self._matcher.match(words, school_id, text.tokens)
        judged = [(match, _judged(match, text)) for match in matches]
        return tuple(
            self._as_taught(one, match, text)
            for match, one in judged
            if one.relevant or school_id is not None
        )

    def _as_taught(self, judgement: Judgement, match: Match, text: _Text) -> Judgement:
        lessons = self._lessons.get(judgement.profile)
        if lessons is None:
            return judgement
        return lessons.applied(judgement, text.words, text.tokens, match)

    def seen(self, words: Words, school_id: str) -> tuple[list[str], NDArray[np.float32]]:
        """A post as the learned part sees it, for one school: its view and what is known of it."""
        text = _read(words)
        match = self._matcher.match(words, school_id, text.tokens)[0]
        shown, _ = view(text.tokens, match.evidence, words.medium, match.towns)
        return shown, signals(match, text.verdict, text.compound, shown)

    def best(self, words: Words, school_id: str | None = None) -> Judgement:
        """One Judgement for a post: the highest level, then the surest; its profile is empty
        where the text speaks of no watched school.
        """
        judged = self.judge(words, school_id)
        if not judged:
            return _irrelevant(_NOBODY, _read(words), _NOBODY.confidence)
        return max(judged, key=lambda one: (one.relevant, one.level.rank, one.confidence))


def _judged(match: Match, text: _Text) -> Judgement:
    if match.excluded:
        return _irrelevant(match, text, match.confidence)
    shown, owners = view(text.tokens, match.evidence, text.words.medium, match.towns)
    known = signals(match, text.verdict, text.compound, shown)
    opinion = learned().opinion(shown, known)
    readable = text.language in languages.JUDGED
    unread = _unread(text.tokens, owners, opinion)
    verdict = text.verdict_for(match)
    decision = decide(verdict, opinion, learned().cuts, readable=readable, unread=unread)
    if not _is_ours(match, text.words, opinion, decision, readable=readable):
        return _irrelevant(match, text, opinion.relevant)
    return Judgement(
        profile=match.profile,
        relevant=True,
        confidence=round(opinion.relevant, 2),
        sentiment=decision.sentiment,
        compound=text.compound,
        categories=decision.categories,
        level=decision.level,
        tier=decision.tier,
        language=text.language,
        reasons=(
            *of_decision(decision, text.tokens, shown, owners),
            *notes(readable=readable, cut=text.cut),
            *of_doubt(match, opinion),
        ),
        floor=decision.floor,
    )


def _unread(tokens: Tokens, owners: Sequence[int], opinion: Opinion) -> frozenset[int]:
    """The tokens of a very long text that the encoder did not read."""
    if opinion.read is None and (not owners or len(owners) < MOST_WORDS):
        return frozenset()
    read = owners if opinion.read is None else [owners[index] for index in opinion.read]
    return frozenset(range(len(tokens))).difference(read)


def _is_ours(
    match: Match, words: Words, opinion: Opinion, decision: Decision, *, readable: bool
) -> bool:
    """Whether a text is about the school; what names only others that it listed never gets here.

    Where nobody searched for the school, its name has to speak for itself, but a bare short name
    is kept beside a danger: a missed child costs more than a look at somebody else's. A name that
    nothing speaks against is kept beside a danger that rules see, and in a language that the
    learned part cannot read. For the rest it decides, at half the chance where the post is urgent
    or the name is whole and nothing speaks against it.
    """
    urgent = decision.level is Level.URGENT
    if not words.found and not match.relevant:
        return match.in_doubt and urgent
    plain = match.confidence >= _PLAINLY and not match.notes
    if (match.relevant and not readable) or (plain and decision.floor is Level.URGENT):
        return True
    cut = learned().cuts.relevant
    return opinion.relevant >= (cut / 2 if urgent or plain else cut)


def _irrelevant(match: Match, text: _Text, chance: float) -> Judgement:
    says = match.notes or ("reads as being about something else than the school",)
    return Judgement(
        profile=match.profile,
        relevant=False,
        confidence=round(1 - chance, 2),
        sentiment="neutral",
        compound=text.compound,
        categories=(),
        level=Level.ROUTINE,
        tier=None,
        language=text.language,
        reasons=tuple(Reason("relevance.not-ours", 0, 0, "", one) for one in says),
    )

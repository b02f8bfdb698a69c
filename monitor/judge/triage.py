"""Judges a post for a school by the packaged rules; it sees words, and decides nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.judge import language as languages
from monitor.judge import sentiment
from monitor.judge.canonical import Tokens, canonical
from monitor.judge.match import RELEVANT, Match, Matcher
from monitor.judge.ruled import Verdict, triage
from monitor.judge.signals import signals
from monitor.judge.terms import Judgement, Level, Reason, Watch, Words
from monitor.judge.view import view

MOST_CHARACTERS = 20_000
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class _Text:
    """A post as it is judged: its words cut to length, its tokens, mood and language."""

    words: Words
    tokens: Tokens
    compound: float
    language: str
    cut: bool


def _read(words: Words) -> _Text:
    whole = words.whole
    tokens = canonical(whole[:MOST_CHARACTERS])
    score = sentiment.compound(tokens.source)
    cut = len(whole) > MOST_CHARACTERS
    return _Text(words, tokens, score, languages.language(tokens), cut)


class Judge:
    """Judges posts for a fixed set of schools; the names are made ready once."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._matcher = Matcher(watches)

    def judge(self, words: Words, school_id: str | None = None) -> tuple[Judgement, ...]:
        """One Judgement for every school that the text speaks of, the surest first.

        With `school_id` exactly one, relevant or not; an id that is not watched is a KeyError.
        The first 20,000 characters are judged, and a longer text says so in a reason.
        """
        text = _read(words)
        matches = _in_doubt_ours(self._matcher.match(words, school_id, text.tokens), text)
        chosen = [match for match in matches if match.relevant or school_id is not None]
        if not any(match.relevant for match in chosen):
            return tuple(_irrelevant(match, text) for match in chosen)
        verdict = triage(text.tokens)
        return tuple(
            _relevant(match, text, verdict) if match.relevant else _irrelevant(match, text)
            for match in chosen
        )

    def seen(self, words: Words, school_id: str) -> tuple[list[str], NDArray[np.float32]]:
        """A post as the learned part sees it, for one school: its view and what is known of it."""
        text = _read(words)
        match = self._matcher.match(words, school_id, text.tokens)[0]
        shown, _ = view(text.tokens, match.evidence, words.medium)
        verdict = triage(text.tokens)
        return shown, signals(match, verdict, text.compound, shown)

    def best(self, words: Words, school_id: str | None = None) -> Judgement:
        """One Judgement for a post: the highest level, then the surest; its profile is empty
        where the text speaks of no watched school.
        """
        judged = self.judge(words, school_id)
        if not judged:
            note = "names no school that is watched"
            return _irrelevant(Match(_NOBODY, 0.05, (), (note,)), _read(words))
        return max(judged, key=lambda one: (one.relevant, one.level.rank, one.confidence))


def _in_doubt_ours(matches: tuple[Match, ...], text: _Text) -> tuple[Match, ...]:
    """A short name that nothing explains is kept where a danger stands beside it: a missed child
    costs more than a look at somebody else's.
    """
    doubtful = [match for match in matches if match.in_doubt]
    if not doubtful or triage(text.tokens).level is not Level.URGENT:
        return matches
    return tuple(match.kept() if match.in_doubt else match for match in matches)


def _note(rule: str, says: str) -> Reason:
    return Reason(rule, 0, 0, "", says)


def _irrelevant(match: Match, text: _Text) -> Judgement:
    return Judgement(
        profile=match.profile,
        relevant=False,
        confidence=round(1 - match.confidence, 2),
        sentiment="neutral",
        compound=text.compound,
        categories=(),
        level=Level.ROUTINE,
        tier=None,
        language=text.language,
        reasons=tuple(_note("relevance.not-ours", note) for note in match.notes),
    )


def _relevant(match: Match, text: _Text, verdict: Verdict) -> Judgement:
    unread = text.language not in languages.JUDGED
    level = Level.WATCH if unread and verdict.level is Level.ROUTINE else verdict.level
    names = [finding.rule.name for finding in verdict.findings]
    mood = sentiment.corrected(text.compound, text.tokens)
    return Judgement(
        profile=match.profile,
        relevant=True,
        confidence=match.confidence,
        sentiment=sentiment.label(mood, verdict.categories, names),
        compound=text.compound,
        categories=verdict.categories,
        level=level,
        tier=verdict.tier,
        language=text.language,
        reasons=(*_found(text.tokens, verdict), *_notes(match, text, unread)),
    )


def _found(tokens: Tokens, verdict: Verdict) -> tuple[Reason, ...]:
    return tuple(
        Reason(
            finding.rule.name,
            tokens.starts[finding.first],
            tokens.ends[finding.end - 1],
            tokens.between(finding.first, finding.end - 1),
            finding.rule.says,
        )
        for finding in verdict.findings
    )


def _notes(match: Match, text: _Text, unread: bool) -> tuple[Reason, ...]:
    notes: list[Reason] = []
    if unread:
        says = "is in a language that cannot be judged here; please have it read"
        notes.append(_note("language.unread", says))
    if text.cut:
        notes.append(_note("length.cut", "is very long; its first 20,000 characters were judged"))
    if match.confidence < RELEVANT + 0.25:
        notes += [_note("relevance.unsure", note) for note in match.notes]
    return tuple(notes)

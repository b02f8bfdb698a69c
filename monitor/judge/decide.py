"""Decides what a post about the school is, from what the rules and the learned part say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from monitor.judge.finding import Finding
from monitor.judge.learned import Cuts, Opinion
from monitor.judge.ruled import Verdict, level_of
from monitor.judge.rules import NOTICES, category_names, rule_book
from monitor.judge.terms import MOODS, Level, Sentiment, Tier

# The guide sets these at urgent always, and the next where somebody may be harmed.
ALWAYS_URGENT = frozenset(("threat", "self_harm", "safeguarding", "extremism"))
_MAY_BE_URGENT = ALWAYS_URGENT | {"hate", "sexual", "privacy", "impersonation", "misinformation"}
_MAY_BE_RESPOND = frozenset(category_names()) - ALWAYS_URGENT - {"praise"}
_ALLEGES = ("safeguarding", "staff_conduct")
# A category stands beside a likelier one from a third of its chance on: best on posts left out.
_BESIDE = 1 / 3
_MAY_BE_WATCH = frozenset(("complaint", "press"))


@dataclass(frozen=True, slots=True)
class Decision:
    """The answers, and which rules stand behind them or were set aside.

    `floor` is the level that standing rules alone demand, `likely` the learned part's;
    `leading` is the likeliest of the categories, if any. `maybe` are those
    that may be an allegation and are not among the categories, likely as they are.
    """

    level: Level
    tier: Tier | None
    categories: tuple[str, ...]
    sentiment: Sentiment
    standing: tuple[Finding, ...]
    set_aside: tuple[Finding, ...]
    floor: Level
    likely: Level
    leading: str
    maybe: tuple[str, ...]


def decide(
    verdict: Verdict,
    opinion: Opinion,
    cuts: Cuts,
    *,
    readable: bool,
    unread: Collection[int] = (),
) -> Decision:
    """The highest of what the rules demand and the learned part finds likely.

    A plain urgent rule always stands. A doubtful or lesser one does unless the learned part finds
    its level unlikely, and where its words are among the tokens `unread` by it; in a language that
    it cannot read every rule stands, and nothing is routine.
    """
    standing = tuple(
        found
        for found in verdict.findings
        if not readable
        or (level_of(found) is Level.URGENT and not found.doubtful)
        or opinion.at_least(level_of(found)) >= cuts.standing
        or not set(unread).isdisjoint(range(found.first, found.end))
    )
    floor = max((level_of(found) for found in standing), key=_rank, default=Level.ROUTINE)
    learned_level = _likely(opinion, cuts)
    level = max(floor, learned_level, key=_rank)
    if not readable:
        level = max(level, Level.WATCH, key=_rank)
    likely = _likely_categories(opinion, cuts)
    categories = _categories(level, standing, opinion, likely)
    return Decision(
        level=level,
        tier=_tier(level, floor, verdict, opinion, cuts),
        categories=categories,
        leading=max(categories, key=lambda name: opinion.categories[name], default=""),
        maybe=tuple(
            name
            for name in _ALLEGES
            if name not in categories and opinion.categories[name] >= cuts.categories[name]
        ),
        sentiment=_mood(opinion, cuts),
        standing=standing,
        set_aside=tuple(found for found in verdict.findings if found not in standing),
        floor=floor,
        likely=learned_level,
    )


def _rank(level: Level) -> int:
    return level.rank


def _likely(opinion: Opinion, cuts: Cuts) -> Level:
    """The level that the learned part finds likely enough to act on."""
    for level, cut in (
        (Level.URGENT, cuts.urgent),
        (Level.RESPOND, cuts.respond),
        (Level.WATCH, cuts.watch),
    ):
        if opinion.at_least(level) >= cut:
            return level
    return Level.ROUTINE


def _tier(
    level: Level, floor: Level, verdict: Verdict, opinion: Opinion, cuts: Cuts
) -> Tier | None:
    """Sure where the learned part is, or where it agrees with a rule that is not doubtful."""
    if level is not Level.URGENT:
        return None
    chance = opinion.at_least(Level.URGENT)
    agreed = floor is Level.URGENT and verdict.tier == "sure" and chance >= cuts.urgent
    return "sure" if agreed or chance >= cuts.sure else "possible"


def _mood(opinion: Opinion, cuts: Cuts) -> Sentiment:
    return MOODS[int((opinion.moods * np.asarray(cuts.moods)).argmax())]


def _likely_categories(opinion: Opinion, cuts: Cuts) -> set[str]:
    """The categories above their cuts, but for those that another one outdoes by far."""
    enough = max(opinion.categories.values()) * _BESIDE
    return {
        name
        for name, chance in opinion.categories.items()
        if chance >= max(cuts.categories[name], enough)
    }


def _categories(
    level: Level, standing: Iterable[Finding], opinion: Opinion, likely: Collection[str]
) -> tuple[str, ...]:
    """The categories found likely that fit the level (triage guide, section 4), and always one
    that explains a level above routine.
    """
    ruled = {found.rule.category for found in standing}
    found = _fitting(level, (ruled | set(likely)) - {NOTICES})
    explains = {Level.URGENT: _MAY_BE_URGENT, Level.RESPOND: _MAY_BE_RESPOND}.get(level)
    if explains and not found & explains:
        found |= {max(explains, key=lambda name: (opinion.categories[name], name))}
    ranks = rule_book().categories
    return tuple(sorted(found, key=lambda name: ranks[name].rank))


def _fitting(level: Level, found: Collection[str]) -> set[str]:
    if level is Level.URGENT:
        return set(found) - {"praise"}
    if level is Level.RESPOND:
        return set(found) - ALWAYS_URGENT
    if level is Level.WATCH:
        return set(found) & (_MAY_BE_WATCH | {"praise"})
    return set(found) & {"praise"}

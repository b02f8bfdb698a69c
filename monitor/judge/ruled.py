"""What the packaged rules say of a text; the learned part is weighed against it elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from monitor.judge.canonical import Tokens
from monitor.judge.clauses import layout
from monitor.judge.finding import Finding
from monitor.judge.rules import NOTICES, rule_book
from monitor.judge.terms import Level, Tier
from monitor.judge.weigh import word_lists

_OVER, _OPEN = "press.over", "press.open"
_OF_NEWS = ("press", "praise")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a text, whichever school it is about."""

    categories: tuple[str, ...]
    level: Level
    tier: Tier | None
    findings: tuple[Finding, ...]


def triage(tokens: Tokens, staff: Collection[int] = ()) -> Verdict:
    """Categories, level and tier of a text by the rules; the highest level that fits stands.

    `staff` are the tokens that name a member of the school's staff.
    """
    book = rule_book()
    findings = _settled(book.find(tokens, layout(tokens), staff), _is_news(tokens))
    found = {finding.rule.category for finding in findings if not finding.rule.raises}
    kept = [finding for finding in findings if finding.rule.category in found]
    levels = [(level_of(finding), finding) for finding in kept]
    level = max((each for each, _ in levels), key=lambda each: each.rank, default=Level.ROUTINE)
    ranked = sorted(found - {NOTICES}, key=lambda name: book.categories[name].rank)
    decisive = [finding for each, finding in levels if each is level]
    tier: Tier | None = None
    if level is Level.URGENT:
        tier = "possible" if all(finding.doubtful for finding in decisive) else "sure"
    shown = sorted(kept, key=lambda f: (-level_of(f).rank, f.first))
    return Verdict(tuple(ranked), level, tier, tuple(shown))


def level_of(finding: Finding) -> Level:
    """The level that a rule demands: its own, or its category's."""
    return finding.rule.level or rule_book().categories[finding.rule.category].level


def _is_news(tokens: Tokens) -> bool:
    """True where nobody speaks of what touches themselves."""
    return not word_lists()["personal"].intersection(tokens.words)


def _settled(findings: Sequence[Finding], told_as_news: bool) -> list[Finding]:
    """Without what the guide says does not stand beside something else."""
    found = {finding.rule.category for finding in findings if not finding.rule.raises}
    gone: set[str] = set()
    if found & {"threat", "self_harm"}:
        gone |= {"praise"}
    if "press" in found:
        gone |= {"complaint"}
    kept = [finding for finding in findings if finding.rule.category not in gone]
    return _reported(kept) if "press" in found and told_as_news else kept


def _reported(findings: Sequence[Finding]) -> list[Finding]:
    """What a news report counts for: coverage alone, unless it tells of a danger not yet over."""
    names = {finding.rule.name for finding in findings}
    is_open = _OPEN in names or _OVER not in names
    return [
        finding
        for finding in findings
        if finding.rule.category in _OF_NEWS or (is_open and level_of(finding) is Level.URGENT)
    ]

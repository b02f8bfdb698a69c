"""Says why a post was judged as it was, in plain English, by the words that decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.judge.canonical import Tokens
from monitor.judge.clauses import Clause, layout
from monitor.judge.decide import Decision
from monitor.judge.finding import Finding
from monitor.judge.learned import CATEGORIES, LEVELS, Opinion, learned
from monitor.judge.match import Match
from monitor.judge.ruled import level_of
from monitor.judge.rules import category_names, rule_book
from monitor.judge.terms import Level, Reason

_UNSURE = 0.75
_NEARLY = 0.6


def of_decision(
    decision: Decision, tokens: Tokens, shown: Sequence[str], owners: Sequence[int]
) -> tuple[Reason, ...]:
    """The rules that stand, what the learned part saw where they do not explain the level, and
    the rules that were set aside. `shown` and `owners` are the post's view.
    """
    found = [_by_rule(one, tokens) for one in decision.standing]
    if decision.likely is not Level.ROUTINE and decision.floor is not decision.level:
        found += _by_learning(decision, tokens, shown, owners)
    if decision.level is not Level.ROUTINE:
        found += map(_maybe, decision.maybe)
    aside = [one for one in decision.set_aside if level_of(one).needs_response]
    return (*found, *(_set_aside(one, tokens) for one in aside))


def _maybe(name: str) -> Reason:
    """A category that does not fit the level; who must not hear is read from it."""
    title = rule_book().categories[name].title
    return Reason(f"maybe.{name}", 0, 0, "", f"may also be this: {title[0].lower()}{title[1:]}")


def _at(tokens: Tokens, first: int, last: int, rule: str, says: str) -> Reason:
    start, end = tokens.starts[first], tokens.ends[last]
    return Reason(rule, start, end, tokens.between(first, last), says)


def _by_rule(finding: Finding, tokens: Tokens) -> Reason:
    rule = finding.rule
    return _at(tokens, finding.first, finding.end - 1, rule.name, rule.says)


def _set_aside(finding: Finding, tokens: Tokens) -> Reason:
    says = f"was set aside, as the whole does not read as that serious: {finding.rule.says}"
    return _at(tokens, finding.first, finding.end - 1, f"set-aside.{finding.rule.name}", says)


def _by_learning(
    decision: Decision, tokens: Tokens, shown: Sequence[str], owners: Sequence[int]
) -> Iterator[Reason]:
    rule, output, says = _kind(decision)
    clauses = _weightiest(tokens, owners, learned().shares(shown, output)) if len(tokens) else []
    for clause in clauses:
        yield _at(tokens, clause.first, clause.end - 1, rule, says)
    if not clauses:
        yield Reason(rule, 0, len(tokens.source), tokens.source, says)


def _weightiest(tokens: Tokens, owners: Sequence[int], shares: Sequence[float]) -> list[Clause]:
    """The clause whose words speak most for what was seen, and the next where it weighs nearly
    as much, in the order of the text.
    """
    laid = layout(tokens)
    weights = [0.0] * len(laid.clauses)
    for index, share in zip(owners, shares, strict=True):
        weights[laid.clause_of[index]] += share
    order = sorted(range(len(weights)), key=lambda number: -weights[number])
    nearly = [number for number in order[1:2] if weights[number] > _NEARLY * weights[order[0]] > 0]
    return [laid.clauses[number] for number in sorted(order[:1] + nearly)]


def _kind(decision: Decision) -> tuple[str, int, str]:
    """The name, the learned output and the plain English of what was seen."""
    if not decision.categories:
        output = LEVELS.start + decision.level.rank
        return f"learned.{decision.level.value}", output, "reads like something the head would see"
    name = decision.leading
    title = rule_book().categories[name].title
    output = CATEGORIES.start + category_names().index(name)
    return f"learned.{name}", output, f"reads like this: {title[0].lower()}{title[1:]}"


def notes(*, readable: bool, cut: bool) -> Iterator[Reason]:
    """What a reader of the judgement has to know of the text."""
    if not readable:
        says = "is in a language that cannot be judged here; please have it read"
        yield Reason("language.unread", 0, 0, "", says)
    if cut:
        says = "is very long; its first 20,000 characters were judged"
        yield Reason("length.cut", 0, 0, "", says)


def of_doubt(match: Match, opinion: Opinion) -> Iterator[Reason]:
    """Why it may be about something else, where that is not clear."""
    if match.in_doubt:
        says = "its short name stands beside a danger; it may be another of that name"
        yield Reason("relevance.unsure", 0, 0, "", says)
    elif opinion.relevant < _UNSURE:
        for says in match.notes or ("may be about something else than the school",):
            yield Reason("relevance.unsure", 0, 0, "", says)

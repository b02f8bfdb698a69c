"""PURE: what one person keeps of their own check, as it stands in their box."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.judge.terms import Watch
from monitor.settings import School as Configured

Grade = Literal["likely", "perhaps", "not"]
Mark = Literal["", "me", "not me", "dealt with"]
Kind = Literal[
    "abuse",
    "allegation",
    "address",
    "phone",
    "broker",
    "photograph",
    "old account",
    "namesake",
    "mention",
]
MARKS: tuple[Mark, ...] = ("", "me", "not me", "dealt with")
# Most harmful first: findings are listed in this order.
KINDS: tuple[Kind, ...] = (
    "abuse",
    "allegation",
    "address",
    "phone",
    "broker",
    "photograph",
    "old account",
    "namesake",
    "mention",
)
GRADES: tuple[Grade, ...] = ("likely", "perhaps", "not")
MOST_MONTHS = 12
_MONTH = timedelta(days=365) / 12
_MOST_RUNS = 24


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Part):
    """Who is looked for, in that person's own words; `name` is the account's own."""

    name: str
    also: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that is theirs."""
        return (self.name, *self.also)


class School(_Part):
    """Where the person works, in the words by which pages speak of it, and what its own policy says
    of the things on which policies differ.
    """

    name: str = ""
    aliases: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    policy: Mapping[str, str] = Field(default_factory=dict)

    @property
    def watch(self) -> Watch:
        """The school as the judge knows it."""
        return Watch("school", self.name, self.aliases, urls=self.urls, places=self.places)


def school_of(one: Configured) -> School:
    """A configured school as a record has it."""
    return School(
        name=one.name,
        aliases=one.aliases,
        urls=one.urls,
        places=one.places,
        policy=one.policy.model_dump(),
    )


class Agreement(_Part):
    """What was read and agreed to, word for word, and when."""

    wording: str
    at: datetime


class Gap(_Part):
    """A place that could not be looked at, and why; what it holds is not known."""

    place: str
    why: str


class Run(_Part):
    """One check: what was asked where, what could not be, and what was not to be trusted."""

    at: datetime
    asked: int = 0
    places: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    dropped: tuple[str, ...] = ()


class Finding(_Part):
    """A page that may speak of the person; `reasons` are plain sentences."""

    id: str
    url: str
    title: str
    text: str
    place: str
    grade: Grade
    kind: Kind
    reasons: tuple[str, ...]
    first: datetime
    last: datetime
    mark: Mark = ""


class Record(_Part):
    """All that is kept of one person."""

    identity: Identity
    agreement: Agreement
    school: School = School()
    changed: tuple[datetime, ...] = ()
    months: int = Field(default=MOST_MONTHS, ge=1, le=MOST_MONTHS)
    runs: tuple[Run, ...] = ()
    findings: tuple[Finding, ...] = ()
    ticks: Mapping[str, datetime] = Field(default_factory=dict)

    @property
    def kept(self) -> timedelta:
        """How long anything is kept that is not seen or touched again."""
        return self.months * _MONTH

    def current(self, now: datetime) -> Record:
        """The record without what has been kept for as long as was said."""
        since = now - self.kept
        return self.model_copy(
            update={
                "runs": tuple(run for run in self.runs if run.at > since),
                "findings": tuple(one for one in self.findings if one.last > since),
                "ticks": {step: at for step, at in self.ticks.items() if at > since},
            }
        )

    def with_run(self, run: Run, found: tuple[Finding, ...]) -> Record:
        """The record after a check: known findings keep their mark and the day they were found."""
        known = {one.id: one for one in self.findings}
        fresh = {one.id: _again(known.get(one.id), one) for one in found}
        gone = {name: one for name, one in known.items() if name not in fresh}
        return self.model_copy(
            update={
                "runs": (*self.runs, run)[-_MOST_RUNS:],
                "findings": in_order((*fresh.values(), *gone.values())),
            }
        )

    def marked(self, finding: str, mark: Mark) -> Record:
        """The record with one finding marked; raises KeyError where there is none of that id."""
        if all(one.id != finding for one in self.findings):
            raise KeyError(finding)
        changed = tuple(
            one.model_copy(update={"mark": mark}) if one.id == finding else one
            for one in self.findings
        )
        return self.model_copy(update={"findings": changed})

    def ticked(self, steps: Mapping[str, bool], now: datetime) -> Record:
        """The record with these steps of the checklist ticked, or not."""
        kept = {step: at for step, at in self.ticks.items() if steps.get(step, True)}
        added = {step: now for step, done in steps.items() if done and step not in kept}
        return self.model_copy(update={"ticks": kept | added})

    def is_gone(self, finding: Finding) -> bool:
        """True where the last check did not come upon it: it is gone, or its place was silent."""
        return bool(self.runs) and finding.last < self.runs[-1].at

    def is_new(self, finding: Finding) -> bool:
        """True where the last check found it and none before did."""
        return bool(self.runs) and finding.first == self.runs[-1].at


def in_order(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings as they are shown: theirs before others', the most harmful first, newest first."""
    return tuple(
        sorted(
            findings,
            key=lambda one: (
                GRADES.index(one.grade),
                KINDS.index(one.kind),
                -one.last.timestamp(),
                one.id,
            ),
        )
    )


def _again(known: Finding | None, found: Finding) -> Finding:
    if known is None:
        return found
    return found.model_copy(update={"first": known.first, "mark": known.mark})

"""PURE: what was done about an incident, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.incidents import FOOTPRINT
from monitor.store.incidents import Act
from monitor.web import words
from monitor.web.cases import IMAGE, Case
from monitor.web.translating import gettext as _
from monitor.web.translating import later

SAYS: Mapping[str, str] = {
    "opened": later("found it"),
    "raised": later("found it to be more serious than before"),
    "spread": later("found it in more and more places"),
    "taken": later("took this"),
    "assigned": later("handed this on to {to}"),
    "noted": later("noted"),
    "step_done": later("did a step: {step}"),
    "step_undone": later("took back the tick at a step: {step}"),
    "reported": later("reported it to {platform}"),
    "removal_asked": later("asked for it to be taken down"),
    "gone": later("saw that it is gone"),
    "back": later("saw that it is back"),
    "contact": later("spoke to {contact}"),
    "waiting": later("put it to wait"),
    "closed": later("closed it"),
    "reopened": later("opened it again"),
    "corrected": later("said what it really is"),
}
REFERENCE = later("reference {reference}")
FLAGGED = later("said that an image with it may show a child indecently")
TAKEN_BACK = later("took back what was said of it")


@dataclass(frozen=True, slots=True)
class Line:
    """One act in words. `note` and what `says` quotes may be anybody's text."""

    at: datetime
    who: str
    says: str
    note: str


def lines(case: Case, acts: Iterable[Act], steps: Mapping[str, str]) -> tuple[Line, ...]:
    """The acts, the last first; `steps` has what each step says."""
    ordered = sorted(acts, key=lambda act: act.number, reverse=True)
    return tuple(
        Line(act.at, name(case, act.who), _says(case, act, steps), act.note) for act in ordered
    )


def name(case: Case, who: str) -> str:
    """Somebody's name where the school knows it, else the address."""
    if who == FOOTPRINT:
        return "Footprint"
    person = case.person(who)
    return person.name if person else who


def _says(case: Case, act: Act, steps: Mapping[str, str]) -> str:
    if act.facts.get(IMAGE):
        return _(FLAGGED)
    if act.facts.get("undone"):
        return _(TAKEN_BACK)
    facts = {key: str(value) for key, value in act.facts.items()}
    quoted: Mapping[str, Callable[[], str]] = {
        "to": lambda: name(case, facts.get("to", "")),
        "step": lambda: words.clipped(steps.get(facts.get("step", ""), ""), 120),
        "platform": lambda: facts.get("platform", ""),
        "contact": lambda: facts.get("contact", ""),
    }
    says = _(SAYS[act.kind])
    said = says.format(**{key: made() for key, made in quoted.items() if f"{{{key}}}" in says})
    if facts.get("reference"):
        said += ", " + _(REFERENCE).format(reference=facts["reference"])
    return said

"""PURE: a playbook as a tick-list: which steps are done, when and by whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.playbooks import Playbook
from monitor.playbooks.said import Said
from monitor.store.incidents import Act
from monitor.web.cases import Case, playbook_of
from monitor.web.translating import later

STAGES = {
    "now": later("Now"),
    "same_day": later("The same day"),
    "removal": later("Asking for it to be taken down"),
    "follow_up": later("Afterwards"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `done` is the act that ticked it, None while it is open."""

    id: str
    says: str
    done: Act | None


@dataclass(frozen=True, slots=True)
class Stage:
    """The steps of one time, under a heading in English."""

    name: str
    steps: tuple[Step, ...]

    @property
    def number_done(self) -> int:
        """How many are ticked."""
        return sum(step.done is not None for step in self.steps)

    @property
    def is_begun(self) -> bool:
        """Some are ticked, and some are not."""
        return 0 < self.number_done < len(self.steps)


def stages(case: Case, made: Playbook) -> tuple[Stage, ...]:
    """The steps of the playbook in their order, without stages that have none."""
    ticked = _ticked(case)
    found = (
        Stage(STAGES[key], tuple(Step(name, says, ticked.get(name)) for name, says in steps))
        for key, steps in _steps(made).items()
    )
    return tuple(stage for stage in found if stage.steps)


def known_steps(case: Case, now: datetime) -> frozenset[str]:
    """The ids of the steps that may be ticked."""
    return frozenset(name for steps in _steps(playbook_of(case, now)).values() for name, _ in steps)


def _steps(made: Playbook) -> Mapping[str, list[tuple[str, str]]]:
    parts = {
        "now": made.now,
        "same_day": made.same_day,
        "removal": made.removal.steps,
        "follow_up": made.follow_up,
    }
    return {key: list(_numbered(f"{made.category}.{key}", part)) for key, part in parts.items()}


def _numbered(stage: str, part: tuple[Said, ...]) -> Iterator[tuple[str, str]]:
    for number, said in enumerate(part, 1):
        yield f"{stage}.{number}", said.says


def _ticked(case: Case) -> Mapping[str, Act]:
    """The last tick of each step that was not taken back."""
    ticked: dict[str, Act] = {}
    for act in case.acts:
        step = str(act.facts.get("step", ""))
        if act.kind == "step_done":
            ticked[step] = act
        elif act.kind == "step_undone":
            ticked.pop(step, None)
    return ticked

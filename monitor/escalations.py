"""HOW SILENCE IS ANSWERED: the step that tells the next people of what nobody has taken."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.addressing import able_to_hear_all
from monitor.escalating import Standing, Step, facts, is_due, next_step
from monitor.judge.terms import Level
from monitor.settings import School
from monitor.store import escalations, incidents, mentions
from monitor.store.deliveries import ALERT, ESCALATION, Owed, owe
from monitor.store.engine import Connection, Store, one_at_a_time
from monitor.store.escalations import Letter, Untaken
from monitor.store.rollups import is_rolled_up


@dataclass(frozen=True)
class Escalations:
    """The step that escalates; how far each incident has come is in the outbox alone."""

    schools: tuple[School, ...]
    store: Store
    clock: Callable[[], datetime]

    def owe_due(self) -> int | None:
        """Owe the letters of every step that is due; how many, or None where none is."""
        now = self.clock()
        with self.store.reading() as connection:
            if not any(self._due(connection, now)):
                return None
        with self.store.writing() as connection:
            one_at_a_time(connection, "escalations")
            # Another process may have been at it since.
            owed = [one for due in self._due(connection, now) for one in self._owed(*due, now)]
            owe(connection, owed, now)
        return len(owed) or None

    def _due(
        self, connection: Connection, now: datetime
    ) -> Iterator[tuple[Untaken, Standing, School, Step]]:
        schools = {school.id: school for school in self.schools}
        for untaken in escalations.untaken(connection, schools):
            school = schools[untaken.school]
            standing = standing_of(untaken)
            if is_due(standing, school, now):
                step = next_step(standing, _able(connection, school, untaken.incident))
                if step:
                    yield untaken, standing, school, step

    def _owed(
        self, untaken: Untaken, standing: Standing, school: School, step: Step, now: datetime
    ) -> Iterator[Owed]:
        first = next(one for one in untaken.letters if one.kind == ALERT)
        roles = {one.role for one in untaken.letters}
        sent = [one.sent_at for one in untaken.letters if one.sent_at]
        said = facts(step, untaken.incident, min(sent, default=None), roles)
        for role, person in step.people:
            yield Owed(
                id=uuid.uuid4().hex,
                mention_id=first.mention_id,
                school=school.id,
                level=Level.URGENT.value,
                priority=Level.URGENT.rank,
                role=role,
                email=person.email,
                due_at=now,
                kind=ESCALATION,
                subject=f"{untaken.incident} {step.number}",
                facts=said,
            )


def standing_of(untaken: Untaken) -> Standing:
    """How far it has come, from its letters."""
    steps = {
        int(one.subject.rpartition(" ")[2]): one.owed_at
        for one in untaken.letters
        if one.kind == ESCALATION
    }
    step = max(steps, default=0)
    first = min(one.due_at for one in untaken.letters if one.kind == ALERT)
    return Standing(
        since=max(first, untaken.opened_at),
        step=step,
        stepped_at=steps.get(step),
        told=frozenset(one.email for one in untaken.letters),
        waiting=frozenset(one.email for one in untaken.letters if _has_not_gone(one)),
        about=untaken.about,
    )


def _has_not_gone(letter: Letter) -> bool:
    in_rollup = is_rolled_up(letter.state, letter.channel) and letter.sent_at is None
    return letter.state == "owed" or in_rollup


def _able(connection: Connection, school: School, incident: str) -> School:
    found = mentions.several(connection, incidents.mentions_of(connection, incident))
    return able_to_hear_all(school, found)

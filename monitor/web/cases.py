"""Incidents with their posts and acts, as far as somebody may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from monitor.hearing import may_close, who_may_hear
from monitor.incidents import may_have
from monitor.judge.terms import Level, Sentiment
from monitor.matters import ALLEGATIONS, signs, words_of
from monitor.playbooks import Playbook, PlaybookError, book, playbook
from monitor.school_days import holidays_ahead
from monitor.settings import Person, School
from monitor.store import incidents, pages
from monitor.store.engine import Connection
from monitor.store.incidents import Act, Incident
from monitor.store.mentions import Mention
from monitor.web import posts
from monitor.web.viewer import Viewer

# Whose playbook it is where no category of the post has one.
OTHER = "mild_criticism"
# Marks an act that says that an image may be one that nobody may look at.
IMAGE = "image"
# What a post may accuse somebody of; whether one that is gone spoke of a child nobody can tell.
_ACCUSING = ALLEGATIONS | {"sexual"}
_ORDER = {"open": 0, "taken": 1, "waiting": 2, "closed": 3}


@dataclass(frozen=True)
class Case:
    """An incident, its school, its posts that are kept and everything that was done about it."""

    incident: Incident
    school: School
    mentions: tuple[Mention, ...]
    acts: tuple[Act, ...]

    @cached_property
    def first(self) -> Mention | None:
        """The post that it began with, else the first that is kept; None where none is."""
        wanted = self.incident.first_mention
        of_id = (mention for mention in self.mentions if mention.id == wanted)
        return next(of_id, next(iter(self.mentions), None))

    @cached_property
    def tier(self) -> str | None:
        """`possible` where it is urgent and the judge is sure of none of its urgent posts."""
        tiers = {mention.tier for mention in self.mentions if mention.level == "urgent"}
        return "possible" if tiers == {"possible"} else "sure"

    @property
    def had_since(self) -> datetime:
        """Since when whoever has it has had it; since it was opened where nobody has."""
        had = (act.at for act in self.acts if act.kind in ("taken", "assigned"))
        return max(had, default=self.incident.opened_at)

    @cached_property
    def has_image(self) -> bool:
        """True where somebody said that an image with it may show a child indecently."""
        return any(act.facts.get(IMAGE) for act in self.acts)

    @cached_property
    def is_not_to_look_at(self) -> bool:
        """True where a page shows no words of it by itself."""
        return self.has_image or any(map(posts.is_not_to_look_at, self.mentions))

    @property
    def hearers(self) -> tuple[Person, ...]:
        """Those whom it may be handed on to: who may hear of every post of it."""
        able = self.school
        for mention in self.mentions:
            heard = who_may_hear(self.school, _signs(mention), words_of(mention))
            wanted = {one.email for one in heard.people}
            kept = tuple(person for person in able.people if person.email in wanted)
            able = able.model_copy(update={"people": kept})
        return tuple(one for one in able.people if may_have(one.email, self.incident.about))

    def person(self, email: str) -> Person | None:
        """Somebody of the school by the address."""
        wanted = email.casefold()
        return next((one for one in self.school.people if one.email.casefold() == wanted), None)

    def may_decide(self, email: str) -> bool:
        """False where any of it is about that person, or may be."""
        person = self.person(email)
        is_clear = person is None or all(may_close(person, mention) for mention in self.mentions)
        return is_clear and may_have(email, self.incident.about)


def order(case: Case) -> tuple[int, bool, int, datetime]:
    """The worst first, and what is sure before what is possible; of equals what nobody has, and of
    those the longest waiting.
    """
    found = case.incident
    is_possible = found.level == Level.URGENT.value and case.tier == "possible"
    return (-Level(found.level).rank, is_possible, _ORDER[found.state], found.opened_at)


def seen(
    connection: Connection, schools: Iterable[School], viewer: Viewer, found: Sequence[Incident]
) -> tuple[Case, ...]:
    """Those of these incidents that somebody may see: never one with a post that they may not."""
    known = {school.id: school for school in schools}
    ours = [one for one in found if one.school in known and viewer.may_read(one.school)]
    names = [one.id for one in ours]
    mentions = pages.of_incidents(connection, names)
    acts: dict[str, list[Act]] = {name: [] for name in names}
    for act in incidents.acts_of(connection, names):
        acts[act.incident].append(act)
    made = (Case(one, known[one.school], mentions[one.id], tuple(acts[one.id])) for one in ours)
    return tuple(case for case in made if _may_see(case, viewer))


def _may_see(case: Case, viewer: Viewer) -> bool:
    """Posts go before their incident does: its notes are then for those who might see the posts."""
    if not all(viewer.may_see(mention, case.school) for mention in case.mentions):
        return False
    left = frozenset[str]().union(*map(_signs, case.mentions))
    gone = frozenset(case.incident.kinds) - left
    if case.mentions and not gone:
        return True
    may_accuse = not case.mentions or not gone.isdisjoint(_ACCUSING)
    is_clear = not may_accuse or may_have(viewer.email, case.incident.about)
    return is_clear and viewer.may_see_such(gone, "", case.incident.level, case.school)


def _signs(mention: Mention) -> frozenset[str]:
    return signs(mention.categories, (reason["rule"] for reason in mention.reasons))


def is_shut(connection: Connection, mention: Mention) -> bool:
    """True once somebody has said that a picture with it may be one that nobody may look at."""
    acts = incidents.acts_of(connection, [mention.incident]) if mention.incident else ()
    return any(act.facts.get(IMAGE) for act in acts)


def playbook_of(case: Case, now: datetime) -> Playbook:
    """What the school is told to do: the playbook of its most serious kind."""
    known = book().categories
    category = next((kind for kind in case.incident.kinds if kind in known), OTHER)
    holidays = holidays_ahead(case.school, now)
    mood: Sentiment = "negative"
    if case.first and case.first.sentiment in ("neutral", "positive"):
        mood = "neutral"  # no criticism
    level: Level | None = Level(case.incident.level)
    try:
        return playbook(category, case.school, now, level, mood, bank_holidays=holidays)
    except PlaybookError:  # a person has put it below any level that its kind can have
        return playbook(category, case.school, now, None, mood, bank_holidays=holidays)

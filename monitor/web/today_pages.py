"""The first page: what needs somebody now, who has it, and what was done today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import HTMLResponse

from monitor.clocks import running
from monitor.incidents import LIVE
from monitor.store import incidents
from monitor.web import cards, course, posts, words
from monitor.web.cases import Case, order, playbook_of, seen
from monitor.web.seer import Seer
from monitor.web.site import Site
from monitor.web.steps import stages
from monitor.web.translating import gettext as _
from monitor.web.viewer import Viewer

WEEK = timedelta(days=7)
EXCERPT = 160
MOST = 40


@dataclass(frozen=True, slots=True)
class Todo:
    """An incident in the list; `excerpt` is empty where no words are shown."""

    id: str
    level: str
    chip: str
    kinds: tuple[str, ...]
    school: str
    source: str
    excerpt: str
    opened: datetime
    places: int
    state: str
    owner: str
    since: datetime
    is_mine: bool
    may_take: bool
    over: tuple[str, ...]


class TodayPages:
    """The handler; it reads one moment of the database."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def today(self, request: Request) -> HTMLResponse:
        """The worst first; of equals what nobody has. Whoever reads no posts finds here which
        pages are theirs.
        """
        site, now, viewer = self._site, self._site.clock(), request.state.viewer
        ids = tuple(one for one in site.ids if viewer.may_read(one))
        if not ids:
            with site.store.reading() as connection:
                return site.page(request, connection, "home.html", now)
        with site.store.reading() as connection:
            found = incidents.listed(connection, ids)
            cases = seen(connection, site.schools, viewer, found)
            live = sorted((one for one in cases if one.incident.state in LIVE), key=order)
            return site.page(
                request,
                connection,
                "today.html",
                now,
                todos=[_todo(case, viewer, now) for case in live[:MOST]],
                more=len(live) - len(live[:MOST]),
                unheld=sum(case.incident.state == "open" for case in live),
                done=_done_today(cases, now),
                week=Seer(viewer, site).counts(connection, ids, now - WEEK),
                several=len(ids) > 1,
                refresh=site.refresh,
            )


def _todo(case: Case, viewer: Viewer, now: datetime) -> Todo:
    found, first = case.incident, case.first
    shows = first is not None and not case.is_not_to_look_at
    is_mine = found.owner.casefold() == viewer.email
    return Todo(
        id=found.id,
        level=found.level,
        chip=words.chip(found.level, case.tier),
        kinds=cards.kinds(found.kinds) or (_("A post"),),
        school=case.school.name,
        source=words.sentence(first.source) if first else "",
        excerpt=words.clipped(posts.line(first, case.school), EXCERPT) if first and shows else "",
        opened=found.opened_at,
        places=found.places,
        state=found.state,
        owner=course.name(case, found.owner) if found.owner else "",
        since=case.had_since,
        is_mine=is_mine,
        may_take=not is_mine and case.may_decide(viewer.email),
        over=tuple(one.says for one in running(case.acts, case.school, now) if one.is_over),
    )


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done today, and the incident that it was about."""

    line: course.Line
    incident: str
    kind: str


def _done_today(cases: tuple[Case, ...], now: datetime) -> list[Done]:
    """What people did since midnight in London, the last first."""
    done = [
        Done(line, case.incident.id, next(iter(cards.kinds(case.incident.kinds)), _("A post")))
        for case in cases
        if words.is_today(case.incident.changed_at, now)
        for line in course.lines(
            case,
            (act for act in case.acts if act.who != "footprint" and words.is_today(act.at, now)),
            _texts(case, now),
        )
    ]
    return sorted(done, key=lambda one: one.line.at, reverse=True)[:MOST]


def _texts(case: Case, now: datetime) -> dict[str, str]:
    made = stages(case, playbook_of(case, now))
    return {step.id: step.says for stage in made for step in stage.steps}

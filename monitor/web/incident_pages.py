"""The page of one incident: its words, what to do, who has it, and everything that was done."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from monitor.clocks import MARKS, running
from monitor.grouping import accused
from monitor.incidents import NotAllowed
from monitor.judge.terms import Level
from monitor.playbooks import Playbook
from monitor.settings import Person
from monitor.store import corrections, incidents, mentions, pages
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.viewing import Standing
from monitor.web import acts, cards, course, posts, steps, telling, words
from monitor.web.acts import ACTS, REASONS, Desk
from monitor.web.cases import Case, order, playbook_of, seen
from monitor.web.links import link
from monitor.web.report_pages import pictures_of
from monitor.web.site import Site, known_id
from monitor.web.translating import gettext as _
from monitor.web.translating import later
from monitor.web.viewer import Viewer
from monitor.web.viewing_pages import all_looked, is_waiting, looked

# What is said of an act when it has just been done.
DONE = {
    "take": later("You have this now. The others who were told can see it."),
    "assign": later("Handed on."),
    "note": later("Your note is kept."),
    "step": later("Ticked."),
    "unstep": later("The tick is taken back."),
    "report": later("Your report is written down."),
    "removal": later("Written down: you asked for it to be taken down."),
    "contact": later("Written down."),
    "gone": later("Written down: it is gone."),
    "wait": later("It waits. It stays in the list until it is closed."),
    "image": later(
        "The words are hidden from everybody. Note its address only, and ring the police."
    ),
    "close": later("Closed."),
    "reopen": later("Open again. Nobody has it yet."),
    "correct": later("Kept. Footprint learns from it for your school."),
    "uncorrect": later("Taken back. What Footprint said stands again."),
}
MOST_OTHERS = 20


class IncidentPages:
    """Handlers; each reads or writes in one transaction."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def incident(self, request: Request, incident_id: str, done: str = "") -> HTMLResponse:
        """One incident whole."""
        case = self._opened(request, incident_id)
        return self._page(request, case, done=_(DONE[done]) if done in DONE else "")

    async def act(self, request: Request, incident_id: str, act: str) -> Response:
        """Do something about it, and show it as it is then."""
        fields = await _fields(request)
        return await run_in_threadpool(self._act, request, incident_id, act, fields)

    def _act(
        self, request: Request, incident_id: str, act: str, fields: Mapping[str, str]
    ) -> Response:
        problem = self._do(request.state.viewer, incident_id, act, fields)
        if not problem:
            place = f"#{fields['step']}" if act in ("step", "unstep") else ""
            return RedirectResponse(f"/incidents/{incident_id}?done={act}{place}", 303)
        page = self._page(request, self._opened(request, incident_id), problem=problem)
        page.status_code = 409
        return page

    def _do(self, viewer: Viewer, incident_id: str, act: str, fields: Mapping[str, str]) -> str:
        """Why it could not be done, or nothing; 404 where there is no such thing to do."""
        if act not in ACTS:
            raise HTTPException(404)
        try:
            with self._site.store.writing() as connection:
                case = self._case(connection, viewer, incident_id)
                # The settings may name more people than when its posts were found.
                incidents.bar(connection, case.incident.id, accused(case.mentions, case.school))
                acts.do(Desk(connection, viewer, case, self._site.clock()), act, fields)
        except NotAllowed as refused:
            return f"{words.sentence(str(refused))}."
        return ""

    async def reveal(self, request: Request, incident_id: str) -> Response:
        """The hidden words of one of its posts, once, to somebody who says why."""
        fields = await _fields(request)
        return await run_in_threadpool(self._reveal, request, incident_id, fields)

    def _reveal(self, request: Request, incident_id: str, fields: Mapping[str, str]) -> Response:
        viewer, case = request.state.viewer, self._opened(request, incident_id)
        wanted = {one.id: one for one in case.mentions}.get(fields.get("mention", ""))
        if wanted is None or case.has_image:
            raise HTTPException(404)
        standing = looked(self._site, wanted)
        if is_waiting(wanted, standing):
            return self._page(request, case, problem=standing.warning)
        problem, revealed = "", ""
        try:
            with self._site.store.writing() as connection:
                # Somebody may have hidden it for good since, or said whom it is about.
                if self._case(connection, viewer, incident_id).has_image:
                    raise HTTPException(404)
                acts.reveal(
                    connection, viewer, wanted, fields.get("reason", ""), self._site.clock()
                )
            revealed = wanted.id
        except NotAllowed as refused:
            problem = f"{words.sentence(str(refused))}."
        page = self._page(request, case, problem=problem, revealed=revealed)
        page.status_code = 409 if problem else 200
        return page

    def listing(self, request: Request) -> JSONResponse:
        """Every incident that the viewer may see, the worst first."""
        with self._site.store.reading() as connection:
            found = incidents.listed(connection, self._site.ids)
            cases = seen(connection, self._site.schools, request.state.viewer, found)
        return JSONResponse({"incidents": [as_json(case) for case in sorted(cases, key=order)]})

    def one(self, request: Request, incident_id: str) -> JSONResponse:
        """One incident with its posts, masked, its steps and what was done."""
        case = self._opened(request, incident_id)
        shown = () if case.is_not_to_look_at else case.mentions
        waiting = _waiting(case, all_looked(self._site, shown))
        return JSONResponse(whole_json(case, waiting, self._site.clock()))

    async def act_json(self, request: Request, incident_id: str, act: str) -> JSONResponse:
        """The same as `act`, answered with the incident as it is then, or with what was wrong."""
        fields = await _fields(request)
        viewer = request.state.viewer
        problem = await run_in_threadpool(self._do, viewer, incident_id, act, fields)
        if problem:
            return JSONResponse({"error": problem}, 409)
        return await run_in_threadpool(self.one, request, incident_id)

    def _opened(self, request: Request, incident_id: str) -> Case:
        """The incident, read in a transaction of its own; 404 as for `_case`."""
        with self._site.store.reading() as connection:
            return self._case(connection, request.state.viewer, incident_id)

    def _case(self, connection: Connection, viewer: Viewer, incident_id: str) -> Case:
        """The incident; 404 where there is none that the viewer may see."""
        found = incidents.one(connection, known_id(incident_id))
        cases = seen(connection, self._site.schools, viewer, [found] if found else [])
        if not cases:
            raise HTTPException(404)
        return cases[0]

    def _page(
        self,
        request: Request,
        case: Case,
        *,
        done: str = "",
        problem: str = "",
        revealed: str = "",
    ) -> HTMLResponse:
        """The page; that the posts whose words stand on it were opened is counted first."""
        standings = all_looked(self._site, _shown(case))
        with self._site.store.reading() as connection:
            return self._written(
                request,
                connection,
                case,
                standings,
                done=done,
                problem=problem,
                revealed=revealed,
            )

    def _written(
        self,
        request: Request,
        connection: Connection,
        case: Case,
        standings: Mapping[str, Standing],
        *,
        done: str,
        problem: str,
        revealed: str,
    ) -> HTMLResponse:
        now = self._site.clock()
        made = playbook_of(case, now)
        viewer: Viewer = request.state.viewer
        found = steps.stages(case, made)
        texts = {step.id: step.says for stage in found for step in stage.steps}
        first = case.first
        waiting = _waiting(case, standings)
        return self._site.page(
            request,
            connection,
            "incident.html",
            now,
            case=case,
            incident=case.incident,
            chip=words.chip(case.incident.level, case.tier),
            kinds=cards.kinds(case.incident.kinds),
            owner=course.name(case, case.incident.owner) if case.incident.owner else "",
            since=case.had_since,
            is_mine=case.incident.owner.casefold() == viewer.email,
            may_decide=case.may_decide(viewer.email),
            hearers=_others_than(case.incident.owner, case.hearers),
            names={act.who: course.name(case, act.who) for act in case.acts},
            done=done,
            problem=problem,
            first=first,
            post=_post(case, first, waiting, revealed) if first else None,
            waiting=waiting,
            standings=standings,
            revealed=revealed,
            why=tuple(dict.fromkeys(one.says for one in cards.why(first))) if first else (),
            source=words.sentence(first.source) if first else "",
            leave=link(first.url) if first else None,
            pictures=_pictures(connection, case, waiting),
            others=_others(case, waiting, revealed),
            reasons=REASONS,
            playbook=made,
            stages=found,
            helps=helps(made),
            clocks=running(case.acts, case.school, now),
            marks=MARKS,
            told=self._told(connection, case, now),
            course=course.lines(case, case.acts, texts),
            corrected=self._corrected(connection, case),
            choices=self._choices(connection, first),
        )

    def _told(self, connection: Connection, case: Case, now: datetime) -> tuple[telling.Line, ...]:
        letters = pages.told(connection, {mention.id for mention in case.mentions})
        every = [letter for several in letters.values() for letter in several]
        every.sort(key=lambda letter: letter.due_at)
        return telling.lines(every, case.school, now, self._site.way)

    def _corrected(self, connection: Connection, case: Case) -> list[dict[str, Any]]:
        """What people said of its posts that still holds."""
        ours = {mention.id for mention in case.mentions}
        return [
            {
                "number": record.number,
                "at": record.made_at,
                "who": course.name(case, record.made_by),
                "says": correction_says(record.kind, record.level),
            }
            for record in corrections.listed(connection, case.school.id)
            if record.mention in ours and record.undone_at is None
        ]

    def _choices(self, connection: Connection, first: Mention | None) -> list[tuple[str, str]]:
        """What a person may say that it really is: the value of the button, and its words."""
        if first is None:
            return []
        if not first.relevant:
            return [("about-us", _("It is about us"))]
        was = corrections.program_level(connection, first.id)
        found = [("not-about-us", _("It is not about us"))]
        for level in Level:
            if level.value == first.level:
                continue
            kind = "should-have-been" if level.rank > was.rank else "level"
            found.append((f"{kind}:{level.value}", correction_says(kind, level.value)))
        return found


def correction_says(kind: str, level: str | None) -> str:
    """A correction in words."""
    if kind == "not-about-us":
        return _("It is not about us")
    if kind == "about-us":
        return _("It is about us")
    named = _(words.LEVELS[level or "routine"])
    if kind == "should-have-been":
        return _("It should have been: {level}").format(level=named)
    return _("The level is wrong. It is: {level}").format(level=named)


def _rest(case: Case) -> list[Mention]:
    """Its other posts that the page shows, the last found first."""
    rest = [one for one in reversed(case.mentions) if case.first and one.id != case.first.id]
    return rest[:MOST_OTHERS]


def _shown(case: Case) -> list[Mention]:
    """The posts whose words stand on the page without anybody's asking for them."""
    return [] if case.is_not_to_look_at or not case.first else [case.first, *_rest(case)]


def _waiting(case: Case, standings: Mapping[str, Standing]) -> frozenset[str]:
    """The ids of the posts that are closed until something has been written down."""
    known = ((one, standings.get(one.id)) for one in case.mentions)
    return frozenset(one.id for one, found in known if found and is_waiting(one, found))


def _post(
    case: Case, mention: Mention, waiting: Collection[str], revealed: str
) -> posts.Post | None:
    """The words as they may be shown; None where none may."""
    if mention.id == revealed:
        return posts.whole(mention)
    hides = case.is_not_to_look_at or mention.id in waiting
    return None if hides else posts.post(mention, case.school)


def _others(case: Case, waiting: Collection[str], revealed: str) -> list[dict[str, Any]]:
    """Its other posts, with where the same words were seen."""
    return [
        {
            "mention": one,
            "source": words.sentence(one.source),
            "leave": link(one.url),
            "post": _post(case, one, waiting, revealed),
        }
        for one in _rest(case)
    ]


def _pictures(connection: Connection, case: Case, waiting: Collection[str]) -> list[str]:
    """The addresses of the screenshots that were handed in with its posts, those that are closed
    left out; none where one may show a child indecently.
    """
    if case.has_image:
        return []
    return [
        f"/mentions/{one.id}/pictures/{name}"
        for one in case.mentions[:MOST_OTHERS]
        if one.id not in waiting
        for name in pictures_of(mentions.record(connection, one.id))
    ]


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody whom it may be handed on to."""

    email: str
    name: str
    role: str


def _others_than(owner: str, people: Sequence[Person]) -> list[Hand]:
    return [
        Hand(one.email, one.name, words.listed([words.role(role) for role in one.roles]))
        for one in people
        if one.email.casefold() != owner.casefold()
    ]


@dataclass(frozen=True, slots=True)
class Number:
    """Who can help. `ways` are what to read out, each with the number to dial or nothing."""

    name: str
    opening: str
    is_open: bool | None
    ways: tuple[tuple[str, str], ...]


def helps(made: Playbook) -> list[Number]:
    """Who can help, those first who can be reached at this minute."""
    found = sorted(made.bodies, key=lambda body: body.is_open is False)
    return [
        Number(
            words.sentence(body.name),
            body.opening,
            body.is_open,
            tuple((way.fact.says, _dialled(way.fact.says)) for way in body.ways),
        )
        for body in found
        if body.ways
    ]


def _dialled(says: str) -> str:
    """The digits of what is a telephone number and nothing else."""
    return re.sub(r"\D", "", says) if re.fullmatch(r"[0-9 ()]{3,20}", says) else ""


def as_json(case: Case) -> dict[str, Any]:
    """An incident without any words of a post."""
    found = case.incident
    return {
        "id": found.id,
        "school": found.school,
        "level": found.level,
        "tier": case.tier if found.level == "urgent" else None,
        "kinds": list(found.kinds),
        "state": found.state,
        "owner": found.owner,
        "opened": found.opened_at.isoformat(),
        "changed": found.changed_at.isoformat(),
        "places": found.places,
        "outcome": found.outcome,
    }


def whole_json(case: Case, waiting: Collection[str], now: datetime) -> dict[str, Any]:
    """An incident with its posts as they may be shown, its steps and its acts; those in `waiting`
    without their words.
    """

    def words_of(one: Mention) -> str | None:
        hides = case.is_not_to_look_at or one.id in waiting
        return None if hides else posts.line(one, case.school)

    found = steps.stages(case, playbook_of(case, now))
    return {
        **as_json(case),
        "mentions": [
            {
                "id": one.id,
                "source": one.source,
                "url": one.url,
                "seen": one.seen_at.isoformat(),
                "level": one.level,
                "relevant": one.relevant,
                "words": words_of(one),
            }
            for one in case.mentions
        ],
        "steps": [
            {
                "id": step.id,
                "says": step.says,
                "done": step.done.at.isoformat() if step.done else None,
                "by": step.done.who if step.done else None,
            }
            for stage in found
            for step in stage.steps
        ],
        "acts": [
            {
                "at": act.at.isoformat(),
                "who": act.who,
                "kind": act.kind,
                "note": act.note,
                "facts": dict(act.facts),
            }
            for act in case.acts
        ],
    }


async def _fields(request: Request) -> Mapping[str, str]:
    """The text fields of a form; of one that came twice the last, files left out."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}

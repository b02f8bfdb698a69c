"""The pages of one's own check. Nobody but the person at the page is ever asked about, or shown.

What somebody keeps opens by their passphrase, for ten minutes and in this process's memory alone;
nothing here is written into any log or trail, and a page looks the same for whoever keeps nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

from fastapi import Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from monitor.presence import enrolling, searching, steps
from monitor.presence.enrolling import NotAllowedError
from monitor.presence.keeping import Boxes
from monitor.presence.record import GRADES, MARKS, Finding, Identity, Record, Run, School, school_of
from monitor.presence.sealing import NotOpenedError
from monitor.settings import School as Configured
from monitor.store.engine import Store, StoreError
from monitor.web.keys import Keys
from monitor.web.signin_pages import Entrance, Wish
from monitor.web.viewer import Viewer, Visit

OPEN_FOR = timedelta(minutes=10)
MOST_TRIES, WITHIN = 8, timedelta(minutes=15)
OPENS_NOTHING = (
    "This passphrase opens nothing: either it is another one, or nothing is kept for you. "
    "Nobody can tell which, or set it anew."
)
ERASED = "Erased. Nothing is kept for you."
STILL_THERE = (
    "The database is busy, so that its log still holds sealed bytes of it, which nothing opens; "
    "they go as it is written on."
)
TOO_MANY = "That was tried too often. Wait a quarter of an hour."
_GRADE_NAMES = {
    "likely": "Likely you",
    "perhaps": "Perhaps you",
    "not": "Somebody else, it seems",
}
_PURPOSE = "presence"


class Look(Protocol):
    """What asks the world about somebody; see `monitor.presence.looking.Looker`."""

    def look(
        self, record: Record, told: Callable[[str], object]
    ) -> tuple[Run, tuple[Finding, ...]]:
        """What there is, and what could not be seen."""
        ...


@dataclass
class _Open:
    """Somebody's record while it is open; `asking` names the place that is being asked."""

    account: str
    passphrase: str = field(repr=False)
    record: Record = field(repr=False)
    until: datetime
    asking: str = ""
    trouble: str = ""


class PresencePages:
    """Handlers; each is about the viewer alone, whatever is sent."""

    def __init__(self, entrance: Entrance, look: Look | None) -> None:
        self._entrance, self._site, self._look = entrance, entrance.site, look
        self._boxes = boxes_of(self._site.store, entrance.keys, entrance.sessions.schools)
        self._open: dict[str, _Open] = {}
        self._tries: dict[str, list[datetime]] = {}
        self._lock = threading.Lock()

    def page(self, request: Request) -> Response:
        """What was found, where it is open; else the way in, which is the same for everybody."""
        mine = self._mine(request)
        return self._results(request, mine) if mine else self._door(request)

    def open(self, request: Request, passphrase: Wish = "") -> Response:
        """Open what one keeps."""
        viewer, now = _viewer(request), self._site.clock()
        if not self._may_try(viewer.email, now):
            return self._door(request, error=TOO_MANY, status=429)
        try:
            record = self._boxes.open(viewer.email, passphrase, now)
        except NotOpenedError:
            return self._door(request, error=OPENS_NOTHING, status=403)
        self._remember(request, passphrase, record)
        return RedirectResponse("/presence", 303)

    def enrol(
        self,
        request: Request,
        also: Wish = "",
        handles: Wish = "",
        emails: Wish = "",
        months: Annotated[int, Form(ge=1, le=12)] = 12,
        passphrase: Wish = "",
        again: Wish = "",
        agree: Wish = "",
    ) -> Response:
        """Begin, or change what is looked for; nothing is looked for yet."""
        viewer, given = _viewer(request), (also, handles, emails)
        try:
            who = self._identity(viewer, *given)
            mine = self._mine(request)
            if mine:
                record = enrolling.changed(mine.record, who, self._site.clock())
                self._save(mine, record.model_copy(update={"months": months}))
            else:
                self._begin(request, who, months, passphrase, again, agree)
        except NotAllowedError as error:
            return self._door(request, error=str(error), given=given, status=422)
        return RedirectResponse("/presence", 303)

    def _begin(
        self, request: Request, who: Identity, months: int, passphrase: str, again: str, agree: str
    ) -> None:
        if agree != "yes":
            raise NotAllowedError("Nothing is kept, and nobody is looked for, unless you agree.")
        if passphrase != again:
            raise NotAllowedError("The two passphrases are not the same.")
        refused = enrolling.passphrase_refusal(passphrase, who)
        if refused:
            raise NotAllowedError(refused)
        viewer, now = _viewer(request), self._site.clock()
        record = enrolling.enrolled(who, self._school_of(viewer.email), months, now)
        kept = self._boxes.save(viewer.email, passphrase, record, now)
        with self._lock:
            for session in self._of(viewer.email):
                del self._open[session]  # it is sealed with another passphrase there
        self._remember(request, passphrase, kept)

    def run(self, request: Request) -> Response:
        """Look now; it goes on while the person reads something else."""
        mine = self._needed(request)
        with self._lock:
            may_start = self._look is not None and not mine.asking
            mine.asking = mine.asking or "The first place"
        if may_start:
            threading.Thread(target=self._run, args=(mine,), name="presence", daemon=True).start()
        return RedirectResponse("/presence", 303)

    def _run(self, mine: _Open) -> None:
        def told(place: str) -> None:
            mine.asking = place

        mine.trouble = ""
        try:
            assert self._look is not None  # noqa: S101 - it was there when this was begun
            record = mine.record.model_copy(update={"school": self._school_of(mine.account)})
            done, found = self._look.look(record, told)
            with self._lock:
                self._save(mine, mine.record.with_run(done, found))
        except StoreError:
            mine.trouble = "What was found could not be kept: the database did not answer."
        finally:
            mine.until = self._site.clock() + OPEN_FOR
            mine.asking = ""

    def mark(self, request: Request, finding: Wish = "", mark: Wish = "") -> Response:
        """Note what a finding is."""
        mine = self._needed(request)
        known = next((one for one in MARKS if one == mark), None)
        if known is None:
            raise HTTPException(404)
        try:
            with self._lock:
                self._save(mine, mine.record.marked(finding, known))
        except KeyError:
            raise HTTPException(404) from None
        return RedirectResponse(f"/presence#f{finding}", 303)

    def checklist(self, request: Request) -> Response:
        """The checklist as it can be printed; with ticks where one's own record is open."""
        mine = self._mine(request)
        ticks = mine.record.ticks if mine else {}
        policy = self._school_of(_viewer(request).email).policy
        return self._page(
            request,
            "presence_list.html",
            parts_of=steps.checklist(policy),
            checked_on=steps.checked_on,
            ticks=ticks,
            open=bool(mine),
        )

    def tick(self, request: Request, line: Annotated[list[str] | None, Form()] = None) -> Response:
        """Keep which lines are ticked, and which no more."""
        mine, ticked = self._needed(request), set(line or ())
        every = {one.id for part in steps.checklist({}) for one in part.lines}
        if not ticked <= every:
            raise HTTPException(404)
        wanted = {name: name in ticked for name in every}
        with self._lock:
            self._save(mine, mine.record.ticked(wanted, self._site.clock()))
        return RedirectResponse("/presence/list", 303)

    def shut(self, request: Request) -> Response:
        """Shut it before the ten minutes are over."""
        self._open.pop(_session(request), None)
        return RedirectResponse("/presence", 303)

    def withdraw(self, request: Request, sure: Wish = "") -> Response:
        """Stop, and erase everything at once; the same for whoever keeps nothing."""
        viewer = _viewer(request)
        if sure != "yes":
            return self._door(request, error="Tick that you are sure.", status=422)
        with self._lock:
            for session in [
                name for name, one in self._open.items() if one.account == viewer.email
            ]:
                del self._open[session]
            self._boxes.erase(viewer.email, self._site.clock())
        try:
            self._boxes.scrub()
        except StoreError:
            return self._door(request, said=f"{ERASED} {STILL_THERE}")
        return self._door(request, said=ERASED)

    def _mine(self, request: Request) -> _Open | None:
        """The viewer's record, where this browser has it open; being used keeps it open."""
        now, mine = self._site.clock(), self._open.get(_session(request))
        if mine is None or mine.account != _viewer(request).email:
            return None
        if mine.until <= now and not mine.asking:
            self._open.pop(_session(request), None)
            return None
        mine.until = now + OPEN_FOR
        return mine

    def _needed(self, request: Request) -> _Open:
        mine = self._mine(request)
        if mine is None:
            raise HTTPException(303, headers={"location": "/presence"})
        return mine

    def _remember(self, request: Request, passphrase: str, record: Record) -> None:
        now, email = self._site.clock(), _viewer(request).email
        with self._lock:
            for session in [name for name, one in self._open.items() if _is_over(one, now)]:
                del self._open[session]
            self._tries.pop(email, None)
            self._open[_session(request)] = _Open(email, passphrase, record, now + OPEN_FOR)

    def _save(self, mine: _Open, record: Record) -> None:
        """Put away what has changed, unless it was shut or erased meanwhile; every browser of the
        person's that has it open shows it.
        """
        if any(one is mine for one in self._open.values()):
            now = self._site.clock()
            kept = self._boxes.save(mine.account, mine.passphrase, record, now)
            for one in self._of(mine.account).values():
                one.record = kept

    def _of(self, account: str) -> dict[str, _Open]:
        """Where somebody's record is open, by the browser's session."""
        return {name: one for name, one in self._open.items() if one.account == account}

    def _may_try(self, email: str, now: datetime) -> bool:
        """Counted in memory alone: a row in the database would tell who has tried."""
        with self._lock:
            recent = [at for at in self._tries.get(email, ()) if at > now - WITHIN]
            self._tries[email] = [*recent, now]
        return len(recent) < MOST_TRIES

    def _identity(self, viewer: Viewer, also: str, handles: str, emails: str) -> Identity:
        schools = self._entrance.sessions.schools()
        names = {person.name for school in schools for person in school.people}
        names |= {person.name for school in schools for person in school.staff}
        others = names - {viewer.name}
        return enrolling.identity(
            viewer.name, _lines(also), _lines(handles), _lines(emails), others
        )

    def _school_of(self, email: str) -> School:
        """Where somebody works, in the words that the school is watched by."""
        for one in self._entrance.sessions.schools():
            if any(person.email.casefold() == email for person in one.people):
                return school_of(one)
        raise HTTPException(403)

    def _door(
        self,
        request: Request,
        *,
        error: str = "",
        said: str = "",
        given: tuple[str, str, str] = ("", "", ""),
        status: int = 200,
    ) -> Response:
        return self._page(
            request,
            "presence.html",
            status=status,
            error=error,
            said=said,
            given=given,
            wording=enrolling.WORDING,
        )

    def _results(self, request: Request, mine: _Open) -> Response:
        record, school = mine.record, mine.record.school.watch
        groups = [
            (_GRADE_NAMES[grade], grade, [one for one in record.findings if one.grade == grade])
            for grade in GRADES
        ]
        return self._page(
            request,
            "presence_found.html",
            record=record,
            last=record.runs[-1] if record.runs else None,
            groups=groups,
            steps_for=steps.steps_for,
            checked_on=steps.checked_on,
            marks=MARKS[1:],
            lesson=searching.lesson(record.identity, school),
            asking=mine.asking,
            trouble=mine.trouble,
            can_look=self._look is not None,
            refresh=3 if mine.asking else 0,
        )

    def _page(self, request: Request, name: str, *, status: int = 200, **shown: Any) -> Response:
        now = self._site.clock()
        with self._site.store.reading() as connection:
            response = self._site.page(request, connection, name, now, **shown)
        response.status_code = status
        return response


def boxes_of(store: Store, keys: Keys, schools: Callable[[], tuple[Configured, ...]]) -> Boxes:
    """The boxes of everybody who may sign in, under the key that is not in the database."""

    def accounts() -> set[str]:
        return {person.email.casefold() for school in schools() for person in school.people}

    return Boxes(store, bytes.fromhex(keys.name(_PURPOSE, "boxes")), accounts)


def _is_over(one: _Open, now: datetime) -> bool:
    return one.until <= now and not one.asking


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]


def _viewer(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    return viewer


def _session(request: Request) -> str:
    """The browser's session; it is in memory as the database has it, as a hash."""
    visit: Visit = request.state.visit
    return visit.session.hash if visit.session else ""

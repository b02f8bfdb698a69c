"""The pages on which the office and the head change a school's settings.

What is saved is checked by the code that reads the settings at every start, written back into the
file with its comments, and noted in the audit trail by the names of its settings alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from monitor.advice import advise
from monitor.judge.terms import Words
from monitor.judge.trying import Post, Sight, Trial, Trier, advice, names_of
from monitor.masks import is_first_name, masked
from monitor.problems import ConfigError, Problem, key_text
from monitor.settings import KNOWN_CONTACTS, School, Settings
from monitor.settings_changes import ChangeError, Edit, SettingsFiles, Sheet
from monitor.store import audit, mentions
from monitor.web import setting_fields, words
from monitor.web.lacking import lacking
from monitor.web.report_pages import public_link
from monitor.web.setting_fields import HEAD, NAMES, OFFICE, PARTS, PEOPLE, Part
from monitor.web.signin_pages import Entrance
from monitor.web.viewer import Viewer

_LONGEST_NOTE = 400
_NEWEST, _PASTED, _SHOWN, _LONGEST_POST = 40, 20, 5, 1_000
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx"})
_LONGEST_NAME = 3
# What is called so is a place or a school, whoever it is named after.
_SCHOOLISH = frozenset(
    """academy college high infant infants junior juniors nursery prep primary school schools
    secondary sixth federation trust ysgol saint st grammar house manor park hall""".split()  # noqa: SIM905
)
SAVED = "Saved."
TRIED = "Nothing is saved yet. This is what these names would do."
PERSON = (
    "“{term}” looks like the name of a person. Footprint watches the school and never a pupil, "
    "parent or member of staff, so it is no name to look for. Staff look for themselves under "
    "My own check."
)


@dataclass(frozen=True, slots=True)
class Example:
    """A post that names were tried on, its personal details hidden, and what may be wrong."""

    where: str
    text: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What names would catch; `names` has each with how many posts it catches, and alone."""

    tried: int
    caught: int
    unsure: int
    gained: int
    names: tuple[tuple[str, int, int], ...]
    slipping: tuple[Example, ...]
    lost: tuple[Example, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A school's settings as somebody has them before them."""

    viewer: Viewer
    school: School
    settings: Settings
    sheet: Sheet


class SettingsPages:
    """Handlers; each reads the files anew, since people change them by hand too."""

    def __init__(self, entrance: Entrance, files: SettingsFiles) -> None:
        self._entrance, self._site, self._files = entrance, entrance.site, files

    def index(self, request: Request) -> Response:
        """The schools of whoever is at the page, and what each still lacks."""
        viewer: Viewer = request.state.viewer
        try:
            settings = self._files.load()
        except ConfigError as error:
            return self._page(request, "settings.html", broken=[*map(str, error.problems)])
        ours = [one for one in settings.schools if viewer.holds(one.id, *OFFICE)]
        notices = [str(problem) for problem in advise(settings, self._site.clock())]
        mine = [line for line in notices if _is_about(line, ours)]
        return self._page(
            request,
            "settings.html",
            broken=[],
            ours=[(one, _parts_of(viewer, one), _blank(one)) for one in ours],
            lacking=lacking(settings, [one.id for one in ours], mine),
        )

    def part(self, request: Request, school_id: str, part: str) -> Response:
        """One part of a school's settings."""
        return self._show(request, self._desk(request, school_id, part), part)

    async def change(self, request: Request, school_id: str, part: str) -> Response:
        """Save a part, or try its names."""
        form = await _form(request)
        return await run_in_threadpool(self._change, request, school_id, part, form)

    def _change(
        self, request: Request, school_id: str, part: str, form: Mapping[str, str]
    ) -> Response:
        desk = self._desk(request, school_id, part)
        if part not in PARTS:
            raise HTTPException(404)
        edits = setting_fields.edits(PARTS[part], desk.sheet.school, form)
        is_trial = form.get("do") == "try" and part == NAMES.id
        try:
            _refuse_people(desk, edits)
            if is_trial:
                drafted, _text = self._files.drafted(desk.sheet, edits)
                made = self._preview(desk, drafted, form.get("posts", ""))
                return self._show(request, desk, part, form=form, done=TRIED, preview=made)
            self._save(desk, part, edits, form.get("mark", ""))
        except ChangeError as error:
            told = _told(PARTS[part], error)
            return self._show(request, desk, part, form=form, wrong=told, status=422)
        return self._saved(request, school_id, part)

    async def person(self, request: Request, school_id: str, place: int) -> Response:
        """Save, add or remove one person."""
        form = await _form(request)
        roles = [str(role) for role in (await request.form()).getlist("roles")]
        return await run_in_threadpool(self._person, request, school_id, place, form, roles)

    def _person(
        self,
        request: Request,
        school_id: str,
        place: int,
        form: Mapping[str, str],
        roles: Sequence[str],
    ) -> Response:
        desk = self._desk(request, school_id, PEOPLE)
        people = desk.sheet.school.get(PEOPLE, [])
        if not 0 <= place <= len(people):
            raise HTTPException(404)
        if form.get("do") == "remove" and place < len(people):
            edits: tuple[Edit, ...] = (Edit((PEOPLE, place), None),)
        else:
            edits = setting_fields.person_edits(desk.sheet.school, place, form, roles)
        try:
            self._save(desk, PEOPLE, edits, form.get("mark", ""))
        except ChangeError as error:
            return self._show(request, desk, PEOPLE, wrong=_told(None, error), status=422)
        return self._saved(request, school_id, PEOPLE)

    def _saved(self, request: Request, school_id: str, part: str) -> Response:
        """The part as it is now: at once, since the program begins anew with what was saved, and
        the pages may be away when a browser comes for another one.
        """
        return self._show(request, self._desk(request, school_id, part), part, done=SAVED)

    def _desk(self, request: Request, school_id: str, part: str) -> Desk:
        """The school and its file; 404 where there is no such thing, 403 where it is not theirs."""
        viewer: Viewer = request.state.viewer
        who = HEAD if part == PEOPLE else PARTS[part].who if part in PARTS else None
        sheet = self._files.sheet(school_id)
        if who is None or sheet is None or not viewer.holds(school_id, *OFFICE):
            raise HTTPException(404)
        if not viewer.holds(school_id, *who):
            raise HTTPException(403)
        try:
            settings = self._files.load()
        except ConfigError:
            raise HTTPException(503) from None
        school = settings.school(school_id)
        if school is None:
            raise HTTPException(404)
        return Desk(viewer, school, settings, sheet)

    def _save(self, desk: Desk, part: str, edits: Sequence[Edit], mark: str) -> None:
        """Check, note and write; raises ChangeError, and then nothing is changed."""
        if mark != desk.sheet.mark:
            raise ChangeError(
                "Somebody changed the settings meanwhile. Nothing was saved: look at them as "
                "they are now, and make your change again."
            )
        if not edits:
            return
        after, text = self._files.drafted(desk.sheet, edits)
        if part == PEOPLE:
            _refuse_worse(desk, after)
        keys = ", ".join(key_text(edit.key) for edit in edits)[:_LONGEST_NOTE]
        with self._site.store.writing() as connection:
            now, who = self._site.clock(), desk.viewer.email
            audit.note(connection, now, who, "settings.changed", part, desk.school.id, keys=keys)
            self._files.write(desk.sheet, text)

    def _preview(self, desk: Desk, drafted: Settings, pasted: str) -> Preview:
        after = drafted.school(desk.school.id)
        assert after is not None  # noqa: S101 - its table was edited, its id was not
        with self._site.store.reading() as connection:
            found = mentions.listed(connection, school=desk.school.id, limit=_NEWEST)
        seen = [one for one in found if desk.viewer.may_see(one, desk.school)]
        posts = [Post(one.id, one.source, Words(one.title, one.text, one.url)) for one in seen]
        lines = [line.strip()[:_LONGEST_POST] for line in pasted.splitlines() if line.strip()]
        posts += [Post(str(at), "", Words("", line)) for at, line in enumerate(lines[:_PASTED])]
        others = [one.watch for one in drafted.schools if one.id != after.id]
        trier = Trier(after.watch, others, desk.school.watch)
        return _previewed(Trial(after.watch, tuple(map(trier.look, posts))), after)

    def _show(
        self,
        request: Request,
        desk: Desk,
        part: str,
        *,
        form: Mapping[str, str] | None = None,
        done: str = "",
        wrong: Sequence[str] = (),
        preview: Preview | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        shown = {
            "school": desk.school,
            "mark": desk.sheet.mark,
            "done": done,
            "wrong": wrong,
        }
        if part == PEOPLE:
            page = self._page(
                request, "settings_people.html", **shown, people=_people(desk), roles=words.ROLES
            )
        else:
            page = self._page(
                request,
                "settings_part.html",
                **shown,
                part=PARTS[part],
                values=_values(PARTS[part], desk, form),
                preview=preview,
                posts=(form or {}).get("posts", ""),
                blank=_blank(desk.school) if part == "contacts" else (),
                link=self._link(desk, part),
            )
        page.status_code = status
        return page

    def _link(self, desk: Desk, part: str) -> str:
        if part != "general" or not desk.school.public_reports:
            return ""
        with self._site.store.reading() as connection:
            return public_link(connection, desk.settings, desk.school, self._site.clock())

    def _page(self, request: Request, name: str, **shown: Any) -> HTMLResponse:
        with self._site.store.reading() as connection:
            return self._site.page(request, connection, name, self._site.clock(), **shown)


def _parts_of(viewer: Viewer, school: School) -> list[tuple[str, str]]:
    """The parts that somebody may change, with the path and the name of each."""
    found = [(one.id, one.title) for one in PARTS.values() if viewer.holds(school.id, *one.who)]
    if viewer.holds(school.id, *HEAD):
        found.insert(1, (PEOPLE, "People and roles"))
    return [(f"/settings/{school.id}/{name}", title) for name, title in found]


def _blank(school: School) -> tuple[str, ...]:
    """What each local contact is that nobody has filled in."""
    return tuple(says for key, says in KNOWN_CONTACTS.items() if not school.contacts.get(key))


def _is_about(notice: str, ours: Sequence[School]) -> bool:
    key = notice.removeprefix("IMPORTANT: ").partition(" ")[0]
    return any(key == f"schools.{one.id}" or key.startswith(f"schools.{one.id}.") for one in ours)


def _values(part: Part, desk: Desk, form: Mapping[str, str] | None) -> list[tuple[Any, str]]:
    """Each field with what it shows: what was just sent, else what stands in the file."""
    kept = desk.sheet.school
    return [
        (one, setting_fields.shown(one, kept) if form is None else form.get(one.name, ""))
        for one in part.fields
    ]


def _people(desk: Desk) -> list[dict[str, Any]]:
    kept = desk.sheet.school.get(PEOPLE, [])
    rows = [
        {"place": at, "name": one.get("name", ""), "email": one.get("email", ""),
         "roles": setting_fields.roles_of(one)}
        for at, one in enumerate(kept)
    ]  # fmt: skip
    return [*rows, {"place": len(kept), "name": "", "email": "", "roles": ()}]


def _told(part: Part | None, error: ChangeError) -> list[str]:
    if not error.problems:
        return [str(error)]
    return setting_fields.said(part.fields if part else (), error.problems)


def _refuse_people(desk: Desk, edits: Sequence[Edit]) -> None:
    """Raise ChangeError for a new word that looks like a person's name. The people whom the
    settings know are refused by the settings' own code.
    """
    own = set(re.findall(r"\w+", " ".join((desk.school.name, *desk.school.places)).casefold()))
    for edit in edits:
        before = desk.sheet.school.get(str(edit.key[0]), ())
        if edit.key[0] not in ("name", "aliases", "handles", "hashtags"):
            continue
        given = edit.value if isinstance(edit.value, list) else [edit.value or ""]
        for term in given:
            if term not in before and _is_personal(term, own):
                raise ChangeError(PERSON.format(term=words.clipped(term, 60)))


def _is_personal(term: str, own: set[str]) -> bool:
    """True for a title with a name, and for two or three words that begin with a first name."""
    said = [word.casefold() for word in re.findall(r"[\w']+", term)]
    if not said or not _SCHOOLISH.isdisjoint(said) or not own.isdisjoint(said):
        return False
    if said[0] in _TITLES:
        return True
    return 1 < len(said) <= _LONGEST_NAME and is_first_name(said[0])


def _refuse_worse(desk: Desk, after: Settings) -> None:
    """Raise ChangeError where nobody would be left to hear what must not go to one person."""
    key = f"schools.{desk.school.id}.people"
    was, will = (
        [one for one in advise(of, None) if one.key == key and one.important]
        for of in (desk.settings, after)
    )
    before = {_gist(one) for one in was}
    new = [one for one in will if _gist(one) not in before]
    if new:
        raise ChangeError("", tuple(replace(one, key="People") for one in new))


def _gist(problem: Problem) -> str:
    """How it begins: what follows may name somebody else each time."""
    return " ".join(problem.message.split()[:3])


def _previewed(trial: Trial, school: School) -> Preview:
    return Preview(
        tried=len(trial.sights),
        caught=len(trial.caught),
        unsure=trial.unsure,
        gained=len(trial.gained),
        names=tuple(
            (name.text, len(trial.by(name)), trial.alone(name)) for name in names_of(trial.watch)
        ),
        slipping=tuple(_examples(trial.slipping, school)),
        lost=tuple(_examples(trial.lost, school)),
        advice=advice(trial),
    )


def _examples(sights: Sequence[Sight], school: School) -> Iterator[Example]:
    for sight in sights[:_SHOWN]:
        text = words.clipped(masked("".join(sight.shown()), school).text, 160)
        yield Example(sight.post.where, text, sight.why)


async def _form(request: Request) -> Mapping[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}

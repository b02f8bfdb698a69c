"""The pages on which people report what they saw: staff who are signed in, and whoever has the
school's own link. A report waits in an inbox like a program's, and is judged like any post.

Whoever reports is told that it is here, and never what came of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from monitor import uploads
from monitor.hearing import holders
from monitor.judge.routing import LONDON
from monitor.links_signed import opened, signed
from monitor.settings import School, Settings, SourceSettings
from monitor.store import audit, looks, mentions, reports
from monitor.store.engine import Connection
from monitor.store.names import key_of_links
from monitor.uploads import Picture, UploadError, Why
from monitor.web.cases import is_shut
from monitor.web.links import link
from monitor.web.pace import Pace
from monitor.web.seer import Seer
from monitor.web.site import Site, known_id, own_path, plain_page
from monitor.web.translating import gettext as _
from monitor.web.translating import later
from monitor.web.viewer import Viewer

INBOX = "inbox"
LONGEST, LONGEST_LINE = 8_000, 500
GONE = 410
_FIELDS = ("school", "kind", "words", "link", "where", "seen")
# The record is evidence, which whom a report is about may come to read; the trail knows who it was.
STAFF = "a member of staff"
_HOUR = timedelta(hours=1)
_OF_PERSON, _OF_SCHOOL, _OF_ADDRESS = 20, 30, 5
TOO_MANY = 429
UNTAKEN: Mapping[Why, str] = {
    "too large": later("The picture is larger than 8 MB."),
    "too many points": later("The picture is too large. Cut out the part that matters."),
    "unreadable": later(
        "This file is not a PNG, JPEG or WebP picture that can be read. Take the screenshot "
        "again, or report without it."
    ),
}
# Of what nobody may look at or keep there is nothing but the address: these are our own words.
UNSEEN = {
    "child": (
        "Somebody reports that a naked or sexual picture of a child may be shown at this address. "
        "The picture was neither opened nor kept. Tell the safeguarding lead."
    ),
    "terror": (
        "Somebody reports that terrorist material may be shown at this address. It was not kept."
    ),
}


class Refused(Exception):  # noqa: N818 - an answer to whoever reports, not a failure
    """Why a report is not taken, in a plain sentence, with the status of the answer."""

    def __init__(self, why: str, status: int = 422) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Given:
    """The fields of the form as they were sent; `picture` are a file's bytes, or none."""

    school: str = ""
    kind: str = ""
    words: str = ""
    link: str = ""
    where: str = ""
    seen: str = ""
    picture: bytes = field(default=b"", repr=False)


def inbox_of(settings: Settings, school: School) -> SourceSettings | None:
    """The inbox that takes the reports about a school; the one that is its alone comes first."""
    found = [
        source
        for source in settings.sources
        if source.kind == INBOX
        and source.enabled
        and source.listens_for(school.id)
        and source.options.about in ("", school.name)
    ]
    return min(found, key=lambda source: len(source.schools) or len(settings.schools), default=None)


class ReportPages:
    """Handlers; which inboxes there are is settled at the start."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._folder = site.settings.path(uploads.FOLDER)
        self._of_person = Pace(_OF_PERSON, _HOUR)
        self._of_school = Pace(_OF_SCHOOL, _HOUR)
        self._of_address = Pace(_OF_ADDRESS, _HOUR)

    def form(self, request: Request, picture: str = "", school: str = "") -> Response:
        """First whether anything there may not be kept at all; then the form."""
        return self._form(request, Given(school=school), picture)

    def kept(self, request: Request, school: str = "") -> Response:
        """That the report is here, and what happens next."""
        about = self._theirs(request, school)
        with self._site.store.reading() as connection:
            return self._page(request, connection, "report_kept.html", about, is_public=False)

    async def report(self, request: Request) -> Response:
        """Take a report of somebody who is signed in."""
        given = await _given(request)
        return await run_in_threadpool(self._report, request, given)

    def _report(self, request: Request, given: Given) -> Response:
        viewer: Viewer = request.state.viewer
        school = self._theirs(request, given.school)
        now = self._site.clock()
        try:
            _in_time(self._of_person.wait(viewer.email, now))
            report = _checked(given, now)
            picture = _drawn(given.picture) if given.picture else None
            self._hand_in(school, report, picture, viewer.email, STAFF)
        except Refused as refused:
            return self._form(request, given, given.kind or "no", refused)
        return RedirectResponse(f"/report/kept?school={school.id}", 303)

    def _form(
        self,
        request: Request,
        given: Given,
        asked: str,
        refused: Refused | None = None,
    ) -> Response:
        about = self._theirs(request, given.school)
        shown = {"given": given, "asked": asked, "error": str(refused or "")}
        with self._site.store.reading() as connection:
            page = self._page(request, connection, "report.html", about, is_public=False, **shown)
        page.status_code = refused.status if refused else 200
        return page

    def _page(
        self,
        request: Request,
        connection: Connection,
        name: str,
        about: School,
        *,
        is_public: bool,
        **shown: Any,
    ) -> HTMLResponse:
        viewer: Viewer = request.state.viewer
        return self._site.page(
            request,
            connection,
            name,
            self._site.clock(),
            school=about,
            theirs=[one for one in self._site.schools if one.id in viewer.roles],
            leads=[one.name for role in ("dsl", "deputy_dsl") for one in holders(about, role)],
            takes=inbox_of(self._site.settings, about) is not None,
            is_public=is_public,
            most=uploads.MOST_BYTES // 1024**2,
            **shown,
        )

    def _theirs(self, request: Request, wanted: str) -> School:
        """The watched school at which they are somebody, the wanted one; 404 for any other."""
        viewer: Viewer = request.state.viewer
        theirs = [one for one in self._site.schools if one.id in viewer.roles]
        chosen = [one for one in theirs if wanted in ("", one.id)]
        if not chosen:
            raise HTTPException(404)
        return chosen[0]

    def _hand_in(
        self,
        school: School,
        report: Mapping[str, str],
        picture: Picture | None,
        who: str,
        reported_by: str,
    ) -> None:
        """In one transaction the report, that its inbox is due, and who made it."""
        source = inbox_of(self._site.settings, school)
        if source is None:
            raise Refused(_("No reports are taken for this school yet."), 409)
        now = self._site.clock()
        whole: dict[str, Any] = {**report, **_titled(self._site.settings, source, school)}
        if picture:
            uploads.keep(self._folder, picture)
            file = {"name": picture.name, "sha256": picture.sha256, "bytes": len(picture.content)}
            whole["attachments"] = [file]
        key = f"form:{hashlib.sha256(json.dumps([whole, who]).encode()).hexdigest()}"
        body = json.dumps({**whole, "reported_by": reported_by}).encode()
        with self._site.store.writing() as connection:
            if reports.hand_in(connection, source.id, key, body, now):
                looks.make_due(connection, source.id, now)
                facts = {"picture": picture.name} if picture else {}
                audit.note(connection, now, who, "report.made", key[-32:], school.id, **facts)

    def public(self, request: Request, school_id: str) -> Response:
        """The form for whoever has the school's link; it takes no files of strangers."""
        school = self._linked(request, school_id)
        return school if isinstance(school, Response) else self._stranger(request, school)

    async def tell(self, request: Request, school_id: str) -> Response:
        """Take a report of whoever has the school's link."""
        given = await _given(request)
        return await run_in_threadpool(self._tell, request, school_id, given)

    def _tell(self, request: Request, school_id: str, given: Given) -> Response:
        school = self._linked(request, school_id)
        if isinstance(school, Response):
            return school
        now, place = self._site.clock(), request.client.host if request.client else ""
        try:
            _in_time(self._of_address.wait(place, now) or self._of_school.wait(school.id, now))
            report = _checked(given, now)
            self._hand_in(school, report, None, audit.ITSELF, "whoever has the school's link")
        except Refused as refused:
            return self._stranger(request, school, given, refused)
        return self._stranger(request, school, is_kept=True)

    def _stranger(
        self,
        request: Request,
        school: School,
        given: Given | None = None,
        refused: Refused | None = None,
        *,
        is_kept: bool = False,
    ) -> HTMLResponse:
        template = self._site.environment.get_template("report_public.html")
        words = template.render(
            csrf=request.state.csrf,
            path=own_path(request),
            school=school,
            given=given or Given(),
            error=str(refused or ""),
            is_kept=is_kept,
            office=school.contacts.get("office_phone", ""),
        )
        return HTMLResponse(words, refused.status if refused else 200)

    def _linked(self, request: Request, school_id: str) -> School | Response:
        """The school of a link that holds, or what is said of one that does not hold any more."""
        school = self._site.school(known_id(school_id))
        if not school.public_reports:
            raise HTTPException(404)
        with self._site.store.reading() as connection:
            state = opened(own_path(request), key_of_links(connection), self._site.clock())
        if state == "refused":
            raise HTTPException(404)
        if state == "expired":
            title = "This link is too old"
            return plain_page(
                self._site.environment, GONE, title, "Ask the school office for the new one."
            )
        return school

    def picture(self, request: Request, mention_id: str, name: str) -> Response:
        """A screenshot that was handed in with a post, for whoever may see that post."""
        seer, now = Seer(request.state.viewer, self._site), self._site.clock()
        with self._site.store.writing() as connection:
            mention = mentions.one(connection, known_id(mention_id))
            if mention is None or not seer.may_see(mention):
                raise HTTPException(404)
            found = pictures_of(mentions.record(connection, mention.id))
            content = uploads.kept(self._folder, name, found.get(name, ""))
            if content is None or is_shut(connection, mention):
                raise HTTPException(404)
            who = request.state.viewer.email
            audit.note(connection, now, who, "picture.opened", mention.id, mention.school)
        headers = {
            "content-disposition": f'attachment; filename="{name}"',
            "content-security-policy": "sandbox; default-src 'none'",
        }
        return Response(content, media_type=uploads.media_type(name), headers=headers)


def public_link(connection: Connection, settings: Settings, school: School, now: datetime) -> str:
    """The address that a school gives to parents; it ends with the year after this one."""
    until = datetime(now.astimezone(LONDON).year + 2, 1, 1, tzinfo=LONDON)
    return f"{settings.web.origin}{signed(f'/tell/{school.id}', key_of_links(connection), until)}"


def pictures_of(record: str) -> dict[str, str]:
    """The SHA-256 of each picture that a mention's record names, by its name."""
    try:
        files = json.loads(json.loads(record)["attachments"])
        found = {str(file["name"]): str(file["sha256"]) for file in files}
    except (ValueError, KeyError, TypeError):
        return {}
    return {name: digest for name, digest in found.items() if uploads.is_name(name)}


def _in_time(wait: int) -> None:
    if wait:
        why = _("Too many reports came within an hour. Wait a while, or ring the school office.")
        raise Refused(why, TOO_MANY)


def _drawn(body: bytes) -> Picture:
    try:
        return uploads.redrawn(body)
    except UploadError as error:
        raise Refused(_(UNTAKEN[error.why])) from None


def _titled(settings: Settings, source: SourceSettings, school: School) -> dict[str, str]:
    """The school's name in the title, where its inbox cannot know which school is meant."""
    listen = [one for one in settings.schools if source.listens_for(one.id)]
    is_known = source.options.about or len(listen) == 1
    return {} if is_known else {"title": f"Report: {school.name}"}


def _checked(given: Given, now: datetime) -> dict[str, str]:
    """The report in the fields of an inbox; raises Refused."""
    seen = {"seen_at": _seen_at(given.seen, now).isoformat(), "where": given.where[:LONGEST_LINE]}
    if given.link and link(given.link) is None:
        raise Refused(_("The link must be a web address, such as https://example.org/post."))
    if given.kind in UNSEEN:
        if given.picture:
            raise Refused(_("No picture may be sent of this. Give its address alone."))
        if not (given.link or given.where):
            raise Refused(_("Say where it is: its address, or at least the site and the account."))
        return {**seen, "url": given.link, "text": UNSEEN[given.kind]}
    if not given.words.strip():
        raise Refused(_("Write what it says: Footprint cannot read it in a picture or by a link."))
    if len(given.words) > LONGEST:
        raise Refused(_("These are too many words. Give those that matter."))
    return {**seen, "url": given.link, "text": given.words}


def _seen_at(given: str, now: datetime) -> datetime:
    """When it was seen, as a browser says it in London's time; now, where nothing is said."""
    try:
        seen = datetime.fromisoformat(given) if given else now
    except ValueError:
        raise Refused(_("The time must be such as 2026-11-21 18:30.")) from None
    seen = seen if seen.tzinfo else seen.replace(tzinfo=LONDON)
    return min(seen, now)


async def _given(request: Request) -> Given:
    async with request.form(max_files=1) as form:
        file = form.get("picture")
        picture = await file.read() if isinstance(file, UploadFile) else b""
        fields = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    known = {name: fields.get(name, "") for name in _FIELDS}
    return Given(**known, picture=picture)

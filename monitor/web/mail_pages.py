"""The pages of the outbox: what waits, what went, what was refused, and each letter as it is."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import partial

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from monitor.store import deliveries, pages
from monitor.store.deliveries import (
    DIGEST,
    MACHINE,
    REMINDER,
    ROLLUP,
    SECOND,
    SIGNIN,
    SUMMARY,
    Delivery,
)
from monitor.store.engine import Connection
from monitor.store.pages import About, Told
from monitor.web import telling, words
from monitor.web.access import policy
from monitor.web.seer import Seer
from monitor.web.site import Site, known_id
from monitor.web.telling import Line
from monitor.web.viewer import Viewer

SHOWN = 100
# Letters that say the same whatever they are about.
_ALIKE = {
    MACHINE: ("Program", "whether the program itself is well", "/sources"),
    REMINDER: ("Reminder", "looking oneself up; everybody gets the same", "/presence"),
}
HEADING = 80
# A letter's own styles and pictures may be used, and nothing else: no script, form or link works in
# it, and nothing is fetched from anywhere.
LETTER_POLICY = policy(
    style_src="'unsafe-inline'",
    img_src="data:",
    form_action="'none'",
    frame_ancestors="'self'",
    sandbox="",
)


# What a letter's frame measures without words, and what each character adds.
FRAMES = {"narrow": (720, 0.95), "wide": (820, 0.45)}
PICTURE = 700
HIGHEST = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """A letter in a list; `about` is what it tells of, and `href` the page of that."""

    letter: Told
    school: str
    tone: str
    chip: str
    line: Line | None
    who: str
    about: str
    href: str


@dataclass(frozen=True, slots=True)
class Content:
    """A composed letter, opened: its headers and its two parts as text."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


class MailPages:
    """Handlers; each reads one moment of the database."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def outbox(self, request: Request) -> HTMLResponse:
        """Waiting, sent, and what will not go."""
        site, now, seer = self._site, self._site.clock(), Seer(request.state.viewer, self._site)
        with site.store.reading() as connection:
            rows = partial(self._seen, connection, seer)
            return site.page(
                request,
                connection,
                "mail.html",
                now,
                waiting=rows(pages.waiting(connection, site.ids, SHOWN)),
                unsent=rows(pages.unsent(connection, site.ids, SHOWN)),
                sent=rows(self._gone(connection, by_mail=True)),
                written=rows(self._gone(connection, by_mail=False)),
                most=SHOWN,
                refresh=site.refresh,
                folder="" if site.settings.mail.host else site.settings.mail.folder,
            )

    def _seen(
        self, connection: Connection, seer: Seer, letters: tuple[Told, ...]
    ) -> tuple[Row, ...]:
        return self._rows(connection, seer.letters(connection, letters))

    def _gone(self, connection: Connection, *, by_mail: bool) -> tuple[Told, ...]:
        return pages.sent(connection, self._site.ids, SHOWN, by_mail=by_mail)

    def _rows(self, connection: Connection, letters: tuple[Told, ...]) -> tuple[Row, ...]:
        ids = {letter.mention_id for letter in letters if letter.mention_id}
        about = pages.about(connection, ids, HEADING * 4)
        return tuple(self._row(letter, about.get(letter.mention_id or "")) for letter in letters)

    def _row(self, letter: Told, about: About | None) -> Row:
        school = self._site.school(letter.school)
        way, now = self._site.way, self._site.clock()
        return Row(
            letter=letter,
            school=school.name,
            line=next(iter(telling.lines((letter,), school, now, way)), None),
            who=telling.who(letter, school),
            **(_of_post(letter, about) if about else _of_no_post(letter)),
        )

    def letter(self, request: Request, letter_id: str) -> HTMLResponse:
        """One letter: how it stands, its headers and its words."""
        site, now = self._site, self._site.clock()
        with site.store.reading() as connection:
            delivery = self._delivery(connection, request.state.viewer, letter_id)
            content = opened(delivery.content) if delivery.content else None
            response = site.page(
                request,
                connection,
                "letter.html",
                now,
                delivery=delivery,
                row=self._rows(connection, (_told(delivery),))[0],
                content=content,
                heights=heights(content.text, content.html.count("<img ")) if content else (),
            )
        response.headers["content-security-policy"] = policy(frame_src="'self'")
        return response

    def html(self, request: Request, letter_id: str) -> HTMLResponse:
        """A letter's HTML part as a mail program would show it, for the frame on its page."""
        with self._site.store.reading() as connection:
            content = self._delivery(connection, request.state.viewer, letter_id).content
        part = opened(content).html if content else ""
        if not part:
            raise HTTPException(404)
        headers = {"content-security-policy": LETTER_POLICY, "x-frame-options": "SAMEORIGIN"}
        return HTMLResponse(part.encode("utf-8", "replace"), headers=headers)

    def _delivery(self, connection: Connection, viewer: Viewer, letter_id: str) -> Delivery:
        """A letter of a watched school; 404 where there is none of that id that they may open."""
        found = deliveries.one(connection, known_id(letter_id))
        if found is None or found.school not in self._site.ids or found.kind == SIGNIN:
            raise HTTPException(404)
        if not Seer(viewer, self._site).letters(connection, (_told(found),)):
            raise HTTPException(404)
        return found


def heights(text: str, pictures: int = 0) -> tuple[tuple[str, int], ...]:
    """How many pixels high a letter of these words is on a telephone and on a wide screen, with
    so many pictures among its lists.

    Without scripts a frame cannot take its letter's height; a little too much is better.
    """
    return tuple(
        (width, min(round(bare + len(text) * each) + pictures * PICTURE, HIGHEST))
        for width, (bare, each) in FRAMES.items()
    )


def _of_post(letter: Told, about: About) -> dict[str, str]:
    """How a letter about a post is marked, and what it says it is about."""
    return {
        "tone": letter.level,
        "chip": words.chip(letter.level, about.tier),
        "about": words.clipped(about.heading, HEADING) or "a post without words",
        "href": f"/mentions/{letter.mention_id}",
    }


def _of_no_post(letter: Told) -> dict[str, str]:
    if letter.kind in _ALIKE:
        chip, about, href = _ALIKE[letter.kind]
        return {"tone": "routine", "chip": chip, "about": about, "href": href}
    if letter.kind == DIGEST:
        return {"tone": "routine", "chip": "Digest", "about": _week(letter), "href": "/"}
    if letter.kind == ROLLUP:
        about = "many posts at once, named in one letter"
        return {"tone": letter.level, "chip": "Roll-up", "about": about, "href": "/"}
    if letter.kind == SECOND:
        about = "a note that there is something to look at"
        tone = "urgent" if letter.level == "urgent" else "routine"
        return {"tone": tone, "chip": "Note", "about": about, "href": "/"}
    source = letter.subject.partition(" ")[0]
    if letter.kind == SUMMARY:
        about = f"what {source} held when it was first read"
        return {"tone": letter.level, "chip": "Summary", "about": about, "href": "/"}
    about = f"how sources are, {source} among them"
    return {"tone": "routine", "chip": "Sources", "about": about, "href": "/sources"}


def _week(letter: Told) -> str:
    editions = {"dsl": " (safeguarding)", "governors": " (governors)", "trust": " (trust)"}
    return f"the week {letter.subject.split()[1]}{editions.get(letter.level, '')}"


def _told(delivery: Delivery) -> Told:
    return Told(**{name: getattr(delivery, name) for name in Told.__dataclass_fields__})


def opened(content: bytes) -> Content:
    """A letter's bytes, read back as a mail program would read them."""
    message = BytesParser(_class=EmailMessage, policy=default).parsebytes(content)
    headers = tuple((name, str(value)) for name, value in message.items())
    return Content(headers, _part(message, "plain"), _shown(message))


def _shown(message: EmailMessage) -> str:
    """The HTML part with its own pictures in it: a page cannot show another part of a mail."""
    page = _part(message, "html")
    for part in message.walk():
        if part.get_content_type() == "image/png" and part["content-id"]:
            held = base64.b64encode(part.get_content()).decode()
            name = part["content-id"].strip("<> ")
            page = page.replace(f'src="cid:{name}"', f'src="data:image/png;base64,{held}"')
    return page


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body else ""

"""What every page shares: the world as the pages see it, and how a template becomes an answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from monitor.machine import Trouble
from monitor.settings import School, Settings
from monitor.store.engine import Connection, Store
from monitor.web import condition, translating, words
from monitor.web.menu import menu
from monitor.web.telling import Way
from monitor.web.viewer import KEEPERS

HERE = Path(__file__).parent
STATIC = {path.name: path.read_bytes() for path in sorted((HERE / "static").iterdir())}
REFRESH_SECONDS = 15
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def address(path: str, **params: str) -> str:
    """A path of ours with those parameters that are not empty."""
    kept = {name: value for name, value in params.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def own_path(request: Request) -> str:
    """The address of the page that is asked for, with its parameters."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def static_address(name: str) -> str:
    """A static file's address, which changes with its content."""
    return f"/static/{name}?v={hashlib.sha256(STATIC[name]).hexdigest()[:12]}"


def templates() -> Environment:
    """The templates: everything put into them is text, and a name that is not there an error."""
    made = Environment(
        extensions=["jinja2.ext.i18n"],
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(address=address, static=static_address, words=words)
    made.globals.update(counted=words.counted, language=translating.language)
    made.globals.update(languages=translating.LANGUAGES, tags=translating.TAGS)
    made.install_gettext_callables(_said, _counted)  # type: ignore[attr-defined]  # the extension's
    return made


def _said(message: str, **filled: Any) -> Markup:
    """A message in the page's language with its holes filled; all of it is text, no markup."""
    text = escape(translating.gettext(message))
    return text % filled if filled else text


def _counted(one: str, many: str, number: int, **filled: Any) -> Markup:
    """The same in the form that goes with a number, which fills the hole `num`."""
    return escape(translating.ngettext(one, many, number)) % {"num": number, **filled}


def plain_page(environment: Environment, status: int, title: str, text: str) -> HTMLResponse:
    """A page that says one thing and nothing of what is stored."""
    template = environment.get_template("message.html")
    return HTMLResponse(template.render(title=title, text=text, status=status), status)


def known_id(name: str) -> str:
    """An id from an address; 404 where it cannot be one."""
    if not _ID.fullmatch(name):
        raise HTTPException(404)
    return name


def nothing_wrong() -> tuple[Trouble, ...]:
    """The machine's troubles where nobody looks for any."""
    return ()


@dataclass(frozen=True)
class Site:
    """The world as the pages see it; `schools` are those that are watched, and `troubles` gives
    what is wrong with the machine.
    """

    settings: Settings
    schools: tuple[School, ...]
    store: Store
    clock: Callable[[], datetime]
    demo: bool
    notices: Callable[[], tuple[str, ...]]
    environment: Environment
    troubles: Callable[[], tuple[Trouble, ...]] = nothing_wrong

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the watched schools."""
        return tuple(school.id for school in self.schools)

    @property
    def way(self) -> Way:
        """How letters leave."""
        return Way(self.demo, bool(self.settings.mail.host))

    @property
    def refresh(self) -> int:
        """After how many seconds a page that lists news asks again; 0 for a real school's."""
        return REFRESH_SECONDS if self.demo else 0

    def school(self, school_id: str) -> School:
        """A watched school; 404 where there is none of that id."""
        for school in self.schools:
            if school.id == school_id:
                return school
        raise HTTPException(404)

    def page(
        self, request: Request, connection: Connection, name: str, now: datetime, **shown: Any
    ) -> HTMLResponse:
        """The template with what it shows, under whatever every page must say.

        Every template has `viewer`, who is at the page, `csrf`, the token of its forms, `menu`
        and `path`, the page's own address.
        """
        state = condition.condition(connection, self.settings, self.schools, now)
        viewer = request.state.viewer
        keeps = viewer.holds_anywhere(KEEPERS)
        alarms = self._alarms(connection, state, now) if keeps else ()
        template = self.environment.get_template(name)
        return HTMLResponse(
            template.render(
                demo=self.demo,
                viewer=viewer,
                csrf=request.state.csrf,
                menu=menu(request.app.state.opens, viewer),
                path=own_path(request),
                schools=self.schools,
                condition=state,
                alarms=alarms,
                now=now,
                **shown,
            )
        )

    def _alarms(
        self, connection: Connection, state: condition.Condition, now: datetime
    ) -> tuple[condition.Alarm, ...]:
        """What is wrong, for those who look after the program: others learn no count from it."""
        return (
            *condition.of_machine(self.troubles(), now),
            *condition.alarms(state, self.settings, self.ids, demo=self.demo, now=now),
            *(() if self.demo else condition.unconfirmed(connection, self.schools)),
        )

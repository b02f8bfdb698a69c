"""Every address of the pages, in one table: what answers there, and who may open it.

Nobody may open what is not listed here. A handler finds who is at the page in
`request.state.viewer`, and the token for its forms in `request.state.csrf`; a POST is handed on
only with that token in the form field `token`, from a page of ours.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import HTTPException
from fastapi.responses import Response

from monitor.settings import Role
from monitor.settings_changes import SettingsFiles
from monitor.web.about_pages import AboutPages
from monitor.web.account_pages import AccountPages
from monitor.web.api import Api
from monitor.web.confirm_pages import ConfirmPages
from monitor.web.inbox import Inbox
from monitor.web.incident_pages import IncidentPages
from monitor.web.language_page import choose_language
from monitor.web.linked_pages import LinkedPages
from monitor.web.mail_pages import MailPages
from monitor.web.mention_pages import MentionPages
from monitor.web.metrics import Metrics
from monitor.web.presence_pages import Look, PresencePages
from monitor.web.report_pages import ReportPages
from monitor.web.rights_pages import APPROVING, DECIDERS, OFFICER, RightsPages
from monitor.web.service_pages import BACK, ServicePages
from monitor.web.setting_fields import HEAD, OFFICE
from monitor.web.settings_pages import SettingsPages
from monitor.web.signin_pages import Entrance, SigninPages
from monitor.web.site import STATIC, Site
from monitor.web.source_pages import SourcePages
from monitor.web.today_pages import TodayPages
from monitor.web.tokens import TokenPages, reader
from monitor.web.trust_pages import TRUST, TrustPages
from monitor.web.viewer import KEEPERS, READERS
from monitor.web.viewing_pages import ViewingPages
from monitor.web.week_pages import WeekPages

READ = ("GET", "HEAD")
POST = ("POST",)
# No roles of people. Strangers too; and programs, which show a secret and send no form.
ANYONE = frozenset({"anyone"})
PROGRAMS = frozenset({"programs"})
# Whoever has signed in.
PEOPLE = frozenset(get_args(Role))


@dataclass(frozen=True, slots=True)
class Route:
    """One address. `who` holds the roles that may open it, each at any school, or is one of the
    groups above; what a handler shows of a school is for those with the role at that school.
    """

    path: str
    methods: tuple[str, ...]
    handler: Callable[..., Any]
    who: frozenset[str]


def table(
    site: Site,
    entrance: Entrance | None,
    *,
    is_watching: bool,
    look: Look | None = None,
    files: SettingsFiles | None = None,
) -> tuple[Route, ...]:
    """The routes; before any school is watched, those of the set-up and the sign-in alone.

    The demonstration has no `entrance`: nobody signs in there, and nobody looks for themself.
    `look` asks the world about somebody; `files` hold the settings.
    """
    changing = _changing(SettingsPages(entrance, files)) if entrance and files else ()
    signing_in = (*_signing_in(entrance), *_own_check(entrance, look)) if entrance else ()
    return (
        *_always(site),
        *signing_in,
        *changing,
        *(_rights(RightsPages(entrance)) if entrance and is_watching else ()),
        *(_watching(site, entrance) if is_watching else _setting_up(site)),
    )


def _always(site: Site) -> tuple[Route, ...]:
    sources, inbox, tests = SourcePages(site), Inbox(site), ConfirmPages(site)
    return (
        Route("/health", READ, sources.health, ANYONE),
        Route("/static/{name}", READ, _static, ANYONE),
        Route("/language", POST, choose_language, ANYONE),
        Route("/confirm/{mark}", READ, tests.page, ANYONE),
        Route("/confirm/{mark}", POST, tests.press, ANYONE),
        Route("/inbox/{source}", POST, inbox.receive, PROGRAMS),
        Route("/metrics", READ, Metrics(site).page, PROGRAMS),
    )


def _signing_in(entrance: Entrance) -> tuple[Route, ...]:
    signin, account = SigninPages(entrance), AccountPages(entrance)
    tokens = TokenPages(entrance)
    service = _by_service(ServicePages(entrance, entrance.service)) if entrance.service else ()
    return (
        *service,
        Route("/signin", READ, signin.signin, ANYONE),
        Route("/signin", POST, signin.send_link, ANYONE),
        Route("/signin/link/{secret}", READ, signin.link, ANYONE),
        Route("/signin/link", POST, signin.take_link, ANYONE),
        Route("/signin/second", READ, signin.second, ANYONE),
        Route("/signin/second", POST, signin.prove, ANYONE),
        Route("/signin/setup", POST, signin.set_up, ANYONE),
        Route("/signout", POST, signin.sign_out, ANYONE),
        Route("/account", READ, account.account, PEOPLE),
        Route("/account/tokens", READ, tokens.page, KEEPERS),
        Route("/account/tokens", POST, tokens.make, KEEPERS),
        Route("/account/tokens/end", POST, tokens.end, KEEPERS),
        Route("/account/end", POST, account.end, PEOPLE),
        Route("/account/end-others", POST, account.end_others, PEOPLE),
        Route("/account/codes", POST, account.codes, PEOPLE),
        Route("/account/app", POST, account.app, PEOPLE),
    )


def _own_check(entrance: Entrance, look: Look | None) -> tuple[Route, ...]:
    """A person's own check, which no role opens for anybody else."""
    own = PresencePages(entrance, look)
    return (
        Route("/presence", READ, own.page, PEOPLE),
        Route("/presence/open", POST, own.open, PEOPLE),
        Route("/presence/enrol", POST, own.enrol, PEOPLE),
        Route("/presence/run", POST, own.run, PEOPLE),
        Route("/presence/mark", POST, own.mark, PEOPLE),
        Route("/presence/list", READ, own.checklist, PEOPLE),
        Route("/presence/tick", POST, own.tick, PEOPLE),
        Route("/presence/shut", POST, own.shut, PEOPLE),
        Route("/presence/withdraw", POST, own.withdraw, PEOPLE),
    )


def _by_service(pages: ServicePages) -> tuple[Route, ...]:
    return (
        Route("/signin/service", READ, pages.leave, ANYONE),
        Route(BACK, READ, pages.back, ANYONE),
    )


def _changing(pages: SettingsPages) -> tuple[Route, ...]:
    """The settings; each part of them says by itself who may change it."""
    return (
        Route("/settings", READ, pages.index, OFFICE),
        Route("/settings/{school_id}/people/{place}", POST, pages.person, HEAD),
        Route("/settings/{school_id}/{part}", READ, pages.part, OFFICE),
        Route("/settings/{school_id}/{part}", POST, pages.change, OFFICE),
    )


def _rights(pages: RightsPages) -> tuple[Route, ...]:
    """Data protection; before the school itself posts, those who may post for it."""
    return (
        Route("/data", READ, pages.index, PEOPLE),
        Route("/data/requests", POST, pages.ask, DECIDERS),
        Route("/data/requests/{number}", POST, pages.decide, DECIDERS),
        Route("/data/search", READ, pages.form, OFFICER),
        Route("/data/search", POST, pages.search, OFFICER),
        Route("/data/approve", POST, pages.approve, APPROVING),
        Route("/check-post", READ, pages.draft, PEOPLE),
        Route("/check-post", POST, pages.check, PEOPLE),
        Route("/check-post/done", POST, pages.done, PEOPLE),
    )


def _setting_up(site: Site) -> tuple[Route, ...]:
    return (Route("/", READ, SourcePages(site).setup, KEEPERS),)


def _watching(site: Site, entrance: Entrance | None) -> tuple[Route, ...]:
    mentions, mail, sources = MentionPages(site), MailPages(site), SourcePages(site)
    viewing = ViewingPages(site)
    today, cases, linked = TodayPages(site), IncidentPages(site), LinkedPages(site)
    told = ReportPages(site)
    return (
        Route("/about", READ, AboutPages(site).about, PEOPLE),
        Route("/trust", READ, TrustPages(site).trust, TRUST),
        Route("/report", READ, told.form, PEOPLE),
        Route("/report", POST, told.report, PEOPLE),
        Route("/report/kept", READ, told.kept, PEOPLE),
        Route("/tell/{school_id}", READ, told.public, ANYONE),
        Route("/tell/{school_id}", POST, told.tell, ANYONE),
        Route("/mentions/{mention_id}/pictures/{name}", READ, told.picture, READERS),
        Route("/", READ, today.today, PEOPLE),
        Route("/incidents/{incident_id}", READ, cases.incident, READERS),
        Route("/incidents/{incident_id}/reveal", POST, cases.reveal, READERS),
        Route("/incidents/{incident_id}/{act}", POST, cases.act, READERS),
        Route("/api/incidents", READ, cases.listing, READERS),
        Route("/api/incidents/{incident_id}", READ, cases.one, READERS),
        Route("/api/incidents/{incident_id}/{act}", POST, cases.act_json, READERS),
        *_reading(site, entrance),
        Route("/mentions", READ, mentions.index, READERS),
        Route("/mentions/{mention_id}", READ, mentions.mention, READERS),
        Route("/mentions/{mention_id}/reveal", POST, mentions.reveal, READERS),
        Route("/mentions/{mention_id}/viewing", READ, viewing.ask, READERS),
        Route("/mentions/{mention_id}/viewing", POST, viewing.answer, READERS),
        Route("/letter/{mention_id}", READ, linked.mention, ANYONE),
        Route("/mail", READ, mail.outbox, READERS),
        Route("/mail/{letter_id}", READ, mail.letter, READERS),
        Route("/mail/{letter_id}/html", READ, mail.html, READERS),
        Route("/sources", READ, sources.sources, KEEPERS),
        Route("/sources/{source}/test", POST, sources.test, KEEPERS),
    )


def _reading(site: Site, entrance: Entrance | None) -> tuple[Route, ...]:
    """Weeks, and what other programs read."""
    weeks, api = WeekPages(site), Api(site, reader(entrance.sessions) if entrance else None)
    return (
        Route("/weeks", READ, weeks.index, READERS),
        Route("/weeks/{iso}", READ, weeks.week, READERS),
        Route("/weeks/{iso}/pdf", READ, weeks.printed, READERS),
        Route("/mentions.csv", READ, api.table, READERS),
        # Whoever has the secret address; a calendar program cannot sign in.
        Route("/clocks.ics", READ, api.calendar, ANYONE),
        Route("/api/openapi.json", READ, api.openapi, KEEPERS),
        Route("/api/mentions", READ, api.mentions, READERS),
        Route("/api/mentions/{mention_id}", READ, api.mention, READERS),
        Route("/api/weeks", READ, api.weeks, READERS),
        Route("/api/sources", READ, api.sources, KEEPERS),
    )


def _static(name: str) -> Response:
    """One of the files that were packaged; their address changes with their content."""
    if name not in STATIC:
        raise HTTPException(404)
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(STATIC[name], media_type=mimetypes.guess_type(name)[0], headers=kept)

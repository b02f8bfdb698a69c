"""PURE: the places that a new school reads from the first day, and those that wait for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from monitor.school_settings import Nation
from monitor.setup.facts import School, Start
from monitor.setup.names import slug, tags
from monitor.setup.presets import press
from monitor.setup.toml_text import Value

_SERVERS = ("mastodon.social", "mastodonapp.uk")
_DOMAIN_TERM = re.compile(r"[a-z0-9-]{5,40}")
_LONGEST_TAG = 100
_DAY = 1440
_INTO_A_FILE = "into the file named below (docs/configuration.md, A secret in a file)"
# Who inspects schools, and where a school's own page is found.
_INSPECTORS: dict[Nation, tuple[str, str]] = {
    "england": ("Ofsted", "https://reports.ofsted.gov.uk/"),
    "wales": ("Estyn", "https://estyn.gov.wales/"),
    "scotland": ("Education Scotland", "https://education.gov.scot/inspection-and-review/"),
    "northern_ireland": ("the ETI", "https://www.etini.gov.uk/"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One [[sources]] block. `live` is false where a person must do something first; `about` says
    what it brings, and then what is to be done.
    """

    id: str
    kind: str
    about: str
    settings: dict[str, Value] = field(default_factory=dict)
    minutes: int = 60
    live: bool = True

    @property
    def table(self) -> dict[str, Value]:
        """The block's settings in the order in which people read them."""
        return {
            "id": self.id,
            "kind": self.kind,
            **self.settings,
            "every_minutes": self.minutes,
        }


def places(start: Start) -> tuple[Place, ...]:
    """Every place, those that are read from the first day first."""
    school = start.school
    live = (
        *_press(school),
        *_public_record(school),
        *_tags(school),
        *_lookalikes(school),
        _reports(school),
    )
    waiting = (*_unsure(school), *_with_an_account(school))
    return tuple(sorted((*live, *waiting), key=lambda place: not place.live))


def _press(school: School) -> Iterator[Place]:
    for feed in press(school):
        known = "stands in public lists" if feed.checked == "listed" else "was not tried"
        yield Place(
            f"press-{slug(feed.name)}",
            "feed",
            f"{feed.name}; this address {known}.",
            {"url": feed.url, "medium": "news"},
            minutes=30,
        )


def _public_record(school: School) -> Iterator[Place]:
    phrase = quote(f'"{_plain(school.name)}"', safe="")
    yield Place(
        "foi",
        "feed",
        "Freedom-of-information requests that name the school, at WhatDoTheyKnow. Where it has a "
        "page of its own there, .../feed/body/NAME_OF_THE_PAGE is quieter.",
        {
            "flavour": "wdtk",
            "url": f"https://www.whatdotheyknow.com/feed/search/{phrase}",
        },
        minutes=360,
    )
    settings: dict[str, Value] = {}
    if school.nation in ("wales", "scotland"):
        settings["senedd" if school.nation == "wales" else "scottish_parliament"] = True
    yield Place(
        "petitions",
        "petitions",
        "Petitions to Parliament, Hansard and written questions that name the school.",
        settings,
        minutes=_DAY,
    )
    yield _inspector(school)


def _inspector(school: School) -> Place:
    inspector, site = _INSPECTORS[school.nation]
    state = school.nation == "england" and "independent" not in school.kind.casefold()
    sure = state and school.urn is not None
    page = f"{site}provider/21/{school.urn}" if sure else f"{site}THE-PAGE-OF-THE-SCHOOL"
    select: dict[str, Value] = {"select": "a[href*='files.ofsted.gov.uk']"} if sure else {}
    wants = "" if sure else f" Look for the school at {site} and write the address of its page."
    return Place(
        "inspection",
        "pagewatch",
        f"New reports on the school's page at {inspector}.{wants}",
        {"url": page, **select, "about": school.name},
        minutes=_DAY,
        live=sure,
    )


def _tags(school: School) -> Iterator[Place]:
    found = tuple(tag for tag in tags(school) if len(tag) <= _LONGEST_TAG)
    if found:
        about = "Public posts with these hashtags at two Mastodon servers."
        yield Place("mastodon", "mastodon", about, {"servers": _SERVERS, "tags": found})


def _lookalikes(school: School) -> Iterator[Place]:
    term = school.website.partition(".")[0]
    if not _DOMAIN_TERM.fullmatch(term):
        return
    yield Place(
        "lookalikes",
        "certs",
        "New web addresses that look like the school's own; the public log is asked once a week.",
        {"terms": (term,), "own_domains": (school.website,), "about": school.name},
        minutes=_DAY,
    )


def _reports(school: School) -> Place:
    return Place(
        "reports",
        "inbox",
        "What staff and programs hand in; programs need a secret, and files a folder "
        "(docs/sources/inbox.md).",
        {"about": school.name},
        minutes=1,
    )


def _unsure(school: School) -> Iterator[Place]:
    title = quote(school.name.replace(" ", "_"), safe="")
    yield Place(
        "wikipedia",
        "feed",
        "Changes to the school's article in Wikipedia, if it has one: correct its title.",
        {
            "flavour": "wiki_history",
            "url": f"https://en.wikipedia.org/w/index.php?title={title}&action=history&feed=atom",
        },
        live=False,
    )


def _with_an_account(school: School) -> Iterator[Place]:
    phrase = f'"{_plain(school.name)}"'
    query = " ".join(filter(None, (phrase, _plain(school.where))))
    for number, what in ((1, query), (2, f"site:mumsnet.com {phrase}")):
        yield Place(
            f"alert-{number}",
            "feed",
            f"Google Alert for {what}, delivered as an RSS feed. Its address is a secret: put it "
            f"{_INTO_A_FILE}.",
            {"flavour": "google_alerts", "secret_url_file": f"secrets/alert-{number}"},
            live=False,
        )
    yield from _keyed(school, query)


def _keyed(school: School, query: str) -> Iterator[Place]:
    domains = (school.website,) if school.website else ()
    yield Place(
        "alerts-mail",
        "mailbox",
        "A mailbox that alert services write to (docs/sources/mailbox.md): its server and user, "
        f"the name with which its server signs, and its password, {_INTO_A_FILE}.",
        {
            "host": "imap.example.net",
            "user": "footprint@example.net",
            "password_file": "secrets/alerts-mail",
            "trusted_auth_server": "mx.example.net",
        },
        minutes=15,
        live=False,
    )
    yield Place(
        "bluesky",
        "bluesky",
        "Searches Bluesky. Needs a free account of the school's and an app password.",
        {
            "handle": "the-school.bsky.social",
            "app_password_file": "secrets/bluesky",
            **({"domains": domains} if domains else {}),
        },
        minutes=30,
        live=False,
    )
    yield Place(
        "youtube",
        "youtube",
        "Searches YouTube and reads comments. Needs a free key from Google.",
        {"key_file": "secrets/youtube", "queries": (query,)},
        minutes=180,
        live=False,
    )
    yield Place(
        "web",
        "websearch",
        "Searches the web, Mumsnet and other forums among it, within a budget. Needs a key from "
        "Brave and a card; set a spending limit there.",
        {
            "backend": "brave",
            "key_file": "secrets/brave",
            "monthly_calls": 900,
            **({"own_sites": domains} if domains else {}),
        },
        live=False,
    )


def _plain(words: str) -> str:
    """Words that can stand inside a phrase in quotation marks."""
    return " ".join(words.replace('"', " ").split())

"""The pages of mentions: what has been found by level, and one mention whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from monitor import notices
from monitor.judge.terms import Level, Sentiment
from monitor.settings import School
from monitor.store import evidence, mentions, pages
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.web import cards, words
from monitor.web.cards import Card
from monitor.web.links import link
from monitor.web.report_pages import pictures_of
from monitor.web.seer import Seer
from monitor.web.site import Site, known_id
from monitor.web.viewing_pages import ViewingPages, is_waiting, looked

WEEK = timedelta(days=7)
SHOWN = {"urgent": 5, "respond": 5, "watch": 3, "routine": 3}
PAGE = 30


@dataclass(frozen=True, slots=True)
class Section:
    """The mentions of one level; `older` is the id to go on from where there are more."""

    level: str
    cards: tuple[Card, ...]
    older: str


class MentionPages:
    """Handlers; each reads one moment of the database."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def index(
        self, request: Request, level: str = "", school: str = "", before: str = ""
    ) -> HTMLResponse:
        """By level, newest first; with `level` that one alone, a page at a time."""
        site, now = self._site, self._site.clock()
        if level and level not in words.LEVELS:
            raise HTTPException(404)
        seer = Seer(request.state.viewer, site)
        chosen = seer.schools(school)
        ids = tuple(one.id for one in chosen)
        with site.store.reading() as connection:
            found = self._found(connection, seer, ids, level, before)
            return site.page(
                request,
                connection,
                "mentions.html",
                now,
                sections=self._sections(connection, found),
                count=seer.count(pages.since(connection, ids, now - WEEK)),
                level=level,
                school=school,
                chosen=chosen,
                before=before if level else "",
                refresh=0 if before else site.refresh,
            )

    def _found(
        self, connection: Connection, seer: Seer, ids: Sequence[str], level: str, before: str
    ) -> dict[str, tuple[Mention, ...]]:
        """One more than is shown, to know whether there are more."""
        if not level:
            return {name: self._newest(connection, seer, ids, name) for name in words.LEVELS}
        start = self._mention(connection, seer, before) if before else None
        return {level: seer.found(connection, ids, level, limit=PAGE + 1, before=start)}

    def _newest(
        self, connection: Connection, seer: Seer, ids: Sequence[str], level: str
    ) -> tuple[Mention, ...]:
        praise = "praise" if level == Level.ROUTINE.value else ""
        return seer.found(connection, ids, level, limit=SHOWN[level] + 1, category=praise)

    def _sections(
        self, connection: Connection, found: Mapping[str, Sequence[Mention]]
    ) -> tuple[Section, ...]:
        every = [mention for section in found.values() for mention in section]
        places = pages.elsewhere(connection, every)
        told = _told(connection, places)
        sections = []
        for level, several in found.items():
            shown = several[: SHOWN[level] if len(found) > 1 else PAGE]
            made = tuple(self._card(one, places[one.id], told) for one in shown)
            older = shown[-1].id if len(several) > len(shown) else ""
            sections.append(Section(level, made, older))
        return tuple(sections)

    def _card(
        self,
        mention: Mention,
        places: Sequence[pages.Elsewhere],
        told: Mapping[str, Sequence[pages.Told]],
    ) -> Card:
        school = self._site.school(mention.school)
        return cards.card(mention, school, places, told, self._site.clock(), self._site.way)

    def _mention(self, connection: Connection, seer: Seer, name: str) -> Mention:
        """A relevant mention of a watched school; 404 where there is none that they may see."""
        mention = mentions.one(connection, known_id(name))
        if mention is None or not mention.relevant or not seer.may_see(mention):
            raise HTTPException(404)
        return mention

    def mention(self, request: Request, mention_id: str) -> HTMLResponse:
        """One mention whole; or, where one account's posts are opened again and again, what has to
        be written down first.
        """
        site, now, seer = self._site, self._site.clock(), Seer(request.state.viewer, self._site)
        with site.store.reading() as connection:
            mention = self._mention(connection, seer, mention_id)
        standing = looked(site, mention)
        with site.store.reading() as connection:
            if is_waiting(mention, standing):
                return ViewingPages(site).shut(request, connection, mention, standing)
            school = site.school(mention.school)
            found = pages.elsewhere(connection, [mention])
            places, told = found[mention.id], _told(connection, found)
            title, text = cards.pieces(mention)
            steps, avoid = _advice(mention, school, now)
            return site.page(
                request,
                connection,
                "mention.html",
                now,
                mention=mention,
                warning=standing.warning,
                card=self._card(mention, places, told),
                certainty=cards.certainty(mention),
                title=title,
                text=text,
                is_marked=any(piece.is_marked for piece in (*title, *text)),
                places=[(place, link(place.url)) for place in places],
                evidence=pages.first_evidence(connection, mention.id),
                pictures=list(pictures_of(mentions.record(connection, mention.id))),
                kept=evidence.of_mentions(connection, [mention.id]),
                capture=evidence.how_it_went(connection, mention.id),
                steps=steps,
                avoid=avoid,
            )


def _told(
    connection: Connection, places: Mapping[str, Sequence[pages.Elsewhere]]
) -> dict[str, tuple[pages.Told, ...]]:
    """The letters about these mentions, and about what is the same in other places."""
    others = {place.id for several in places.values() for place in several}
    return pages.told(connection, {*places, *others})


def _advice(mention: Mention, school: School, now: datetime) -> tuple[tuple[str, ...], str]:
    """What an alert would say to do, and not to do; nothing for a level that owes none."""
    level = Level(mention.level)
    if not level.needs_response:
        return (), ""
    # That it may be fair stands beside the post's words already.
    mood = cast(Sentiment, mention.sentiment)
    said = notices.advice(mention.categories, school, now, level, mood)
    return said.steps, said.avoid

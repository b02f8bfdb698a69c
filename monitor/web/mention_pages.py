"""The pages of mentions: what has been found, by level or as it is wished for, and one whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, cast

from fastapi import Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse

from monitor import notices
from monitor.incidents import NotAllowed
from monitor.judge.rules import rule_book
from monitor.judge.terms import Level, Sentiment
from monitor.masks import masked
from monitor.settings import School
from monitor.store import evidence, incidents, mentions, pages, searching
from monitor.store.engine import Connection
from monitor.store.mentions import Mention
from monitor.store.searching import History, Page
from monitor.viewing import Standing
from monitor.web import acts, cards, posts, words
from monitor.web.cards import Card
from monitor.web.cases import IMAGE
from monitor.web.incident_pages import correction_says
from monitor.web.links import link
from monitor.web.report_pages import pictures_of
from monitor.web.seer import Seer
from monitor.web.site import Site, known_id
from monitor.web.translating import gettext as _
from monitor.web.viewing_pages import ViewingPages, is_waiting, looked
from monitor.web.wishes import Wishes

WEEK = timedelta(days=7)
SHOWN = {"urgent": 5, "respond": 5, "watch": 3, "routine": 3}
PAGE = 30
Asked = Annotated[Wishes, Depends(Wishes)]


@dataclass(frozen=True, slots=True)
class Section:
    """The mentions of one level; `older` is where to go on from where there are more."""

    level: str
    cards: tuple[Card, ...]
    older: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became of a post; `who` is empty for the program."""

    at: datetime
    says: str
    who: str = ""


class MentionPages:
    """Handlers; each reads one moment of the database."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def index(self, request: Request, wishes: Asked) -> HTMLResponse:
        """By level, newest first; with any wish what fits it, a page at a time."""
        site, now = self._site, self._site.clock()
        seer = Seer(request.state.viewer, site)
        chosen = seer.schools(wishes.school)
        ids = tuple(one.id for one in chosen)
        with site.store.reading() as connection:
            self.check_start(connection, seer, wishes)
            lists = wishes.is_plain and not wishes.level
            found = (
                self._by_level(connection, seer, ids)
                if lists
                else {wishes.level: self.fitting(connection, seer, ids, wishes)}
            )
            return site.page(
                request,
                connection,
                "mentions.html",
                now,
                sections=self._sections(connection, found),
                count=seer.counts(connection, ids, now - WEEK) if wishes.is_plain else {},
                wishes=wishes,
                problem=wishes.problem,
                waiting=searching.waiting(connection) if wishes.q else 0,
                categories=_categories(),
                sources=_sources(site, ids, wishes.source),
                chosen=chosen,
                refresh=0 if wishes.before or not wishes.is_plain else site.refresh,
            )

    def check_start(self, connection: Connection, seer: Seer, wishes: Wishes) -> None:
        """404 where a list is to go on from what there is not, or what they may not see."""
        if wishes.before and not wishes.q:
            self._mention(connection, seer, wishes.before)

    def fitting(
        self, connection: Connection, seer: Seer, ids: Sequence[str], wishes: Wishes
    ) -> Page:
        """One page of what is wished for; nothing where the days are no days."""
        if wishes.problem:
            return Page(())
        wanted, before = wishes.wanted(), wishes.before
        if wishes.q:
            terms = wishes.terms
            return seer.with_words(connection, ids, terms, wanted, limit=PAGE, before=before)
        return seer.found(connection, ids, wanted, limit=PAGE, before=before)

    def _by_level(self, connection: Connection, seer: Seer, ids: Sequence[str]) -> dict[str, Page]:
        """The newest of each level; of what is routine praise alone, so that it can be thanked."""
        praise = {Level.ROUTINE.value: "praise"}
        wanted = {
            name: searching.Wanted(level=name, category=praise.get(name, ""))
            for name in words.LEVELS
        }
        return {
            name: seer.found(connection, ids, wish, limit=SHOWN[name])
            for name, wish in wanted.items()
        }

    def _sections(self, connection: Connection, found: Mapping[str, Page]) -> tuple[Section, ...]:
        every = [mention for page in found.values() for mention in page.mentions]
        places = pages.elsewhere(connection, every)
        told = _told(connection, places)
        shut = with_image(connection, every)
        return tuple(
            Section(
                level,
                tuple(self._card(one, places[one.id], told, shut) for one in page.mentions),
                page.goes_on,
            )
            for level, page in found.items()
        )

    def _card(
        self,
        mention: Mention,
        places: Sequence[pages.Elsewhere],
        told: Mapping[str, Sequence[pages.Told]],
        shut: Collection[str],
    ) -> Card:
        school = self._site.school(mention.school)
        is_shut = mention.id in shut or posts.is_not_to_look_at(mention)
        shown = veiled(mention, school, is_shut=is_shut)
        made = cards.card(shown, school, places, told, self._site.clock(), self._site.way)
        return replace(made, heading=_("The words are hidden")) if is_shut else made

    def _mention(self, connection: Connection, seer: Seer, name: str) -> Mention:
        """A mention of a watched school; 404 where there is none that they may see."""
        mention = mentions.one(connection, known_id(name))
        if mention is None or not seer.may_see(mention):
            raise HTTPException(404)
        return mention

    def mention(self, request: Request, mention_id: str) -> HTMLResponse:
        """One mention whole; or, where one account's posts are opened again and again, what has to
        be written down first.
        """
        mention = self.opened(request, mention_id)
        return self._page(request, mention, looked(self._site, mention))

    def opened(self, request: Request, mention_id: str) -> Mention:
        """The mention of that id; 404 where there is none that whoever asks may see."""
        with self._site.store.reading() as connection:
            return self._mention(connection, Seer(request.state.viewer, self._site), mention_id)

    def reveal(
        self, request: Request, mention_id: str, reason: Annotated[str, Form()] = ""
    ) -> HTMLResponse:
        """The hidden words of a mention, once, to somebody who says why."""
        site = self._site
        mention = self.opened(request, mention_id)
        standing = looked(site, mention)
        if is_waiting(mention, standing):
            return self._page(request, mention, standing)
        problem = ""
        with site.store.writing() as connection:
            if with_image(connection, [mention]):
                raise HTTPException(404)
            try:
                acts.reveal(connection, request.state.viewer, mention, reason, site.clock())
            except NotAllowed as refused:
                problem = f"{words.sentence(str(refused))}."
        page = self._page(request, mention, standing, problem=problem, is_revealed=not problem)
        page.status_code = 409 if problem else 200
        return page

    def _page(
        self,
        request: Request,
        mention: Mention,
        standing: Standing,
        *,
        problem: str = "",
        is_revealed: bool = False,
    ) -> HTMLResponse:
        site, now = self._site, self._site.clock()
        with site.store.reading() as connection:
            if is_waiting(mention, standing):
                return ViewingPages(site).shut(request, connection, mention, standing)
            school = site.school(mention.school)
            found = pages.elsewhere(connection, [mention])
            places, told = found[mention.id], _told(connection, found)
            shut = with_image(connection, [mention])
            steps, avoid = _advice(mention, school, now)
            return site.page(
                request,
                connection,
                "mention.html",
                now,
                mention=mention,
                warning=standing.warning,
                problem=problem,
                card=self._card(mention, places, told, shut),
                certainty=cards.certainty(mention),
                post=_post(mention, school, is_shut=bool(shut), is_revealed=is_revealed),
                has_image=bool(shut),
                is_revealed=is_revealed,
                reasons=acts.REASONS,
                leave=None if shut or posts.is_not_to_look_at(mention) else link(mention.url),
                places=[(place, link(place.url)) for place in places],
                evidence=pages.first_evidence(connection, mention.id),
                kept=evidence.of_mentions(connection, [mention.id]),
                capture=evidence.how_it_went(connection, mention.id),
                pictures=list(pictures_of(mentions.record(connection, mention.id))),
                events=events(searching.history(connection, mention), school),
                steps=steps,
                avoid=avoid,
            )


def veiled(mention: Mention, school: School, *, is_shut: bool) -> Mention:
    """The mention with those of its words that a list may show; none of one that is shut."""

    def shown(text: str) -> str:
        return "" if is_shut else masked(text[: posts.LONGEST], school).text

    reasons = tuple({**reason, "text": shown(str(reason["text"]))} for reason in mention.reasons)
    return replace(mention, title=shown(mention.title), text=shown(mention.text), reasons=reasons)


def with_image(connection: Connection, found: Sequence[Mention]) -> frozenset[str]:
    """The ids of those of which somebody said that an image with it may show a child indecently."""
    ours = {one.incident for one in found if one.incident}
    marked = {
        act.incident for act in incidents.acts_of(connection, sorted(ours)) if act.facts.get(IMAGE)
    }
    return frozenset(one.id for one in found if one.incident in marked)


def _post(
    mention: Mention, school: School, *, is_shut: bool, is_revealed: bool
) -> posts.Post | None:
    """The words as they may be shown; None where none may."""
    if is_revealed:
        return posts.whole(mention)
    hides = is_shut or posts.is_not_to_look_at(mention)
    return None if hides else posts.post(mention, school)


def events(history: History, school: School) -> tuple[Event, ...]:
    """What became of a post, in words, the first first."""
    made = []
    for one in history.judged:
        level = _(words.LEVELS.get(one.level, one.level)) if one.relevant else _("Not about us")
        says = (
            _("Its words changed: {level}") if one.revision > 1 else _("Read and judged: {level}")
        )
        made.append(Event(one.at, says.format(level=level)))
    names = {person.email.casefold(): person.name for person in school.people}
    for record in history.corrected:
        who = names.get(record.made_by.casefold(), record.made_by)
        made.append(Event(record.made_at, correction_says(record.kind, record.level), who))
        if record.undone_at:
            by = record.undone_by or ""
            undone = names.get(by.casefold(), by)
            made.append(Event(record.undone_at, _("This correction was taken back"), undone))
    return tuple(sorted(made, key=lambda event: event.at))


def _categories() -> list[tuple[str, str]]:
    return [(name, _(one.title)) for name, one in rule_book().categories.items()]


def _sources(site: Site, ids: Collection[str], wished: str) -> list[str]:
    """The configured sources of these schools, and the one that is wished for."""
    ours = {s.id for s in site.settings.sources if any(s.listens_for(school) for school in ids)}
    return sorted(ours | {wished} - {""})


def _told(
    connection: Connection, places: Mapping[str, Sequence[pages.Elsewhere]]
) -> dict[str, tuple[pages.Told, ...]]:
    """The letters about these mentions, and about what is the same in other places."""
    others = {place.id for several in places.values() for place in several}
    return pages.told(connection, {*places, *others})


def _advice(mention: Mention, school: School, now: datetime) -> tuple[tuple[str, ...], str]:
    """What an alert would say to do, and not to do; nothing for a level that owes none."""
    level = Level(mention.level)
    if not level.needs_response or not mention.relevant:
        return (), ""
    # That it may be fair stands beside the post's words already.
    mood = cast(Sentiment, mention.sentiment)
    said = notices.advice(mention.categories, school, now, level, mood)
    return said.steps, said.avoid

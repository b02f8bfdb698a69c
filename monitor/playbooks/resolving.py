"""Makes a category's playbook for one school at one minute: plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from monitor.judge.terms import Level, Sentiment
from monitor.playbooks.facts import (
    PUBLIC,
    Asking,
    Body,
    Category,
    Fact,
    Part,
    Platform,
    PlaybookError,
    ReplyKind,
    ReplyRow,
)
from monitor.playbooks.hours import opening
from monitor.playbooks.loading import BLANKS, Book
from monitor.playbooks.loading import book as packaged
from monitor.playbooks.said import (
    Help,
    LawSaid,
    Missing,
    Playbook,
    Reach,
    Reply,
    Route,
    Said,
    TakeDown,
    Who,
)
from monitor.problems import quoted, suggestion
from monitor.school_settings import Language, Nation
from monitor.settings import KNOWN_CONTACTS, School

ANONYMITY = "ANON"
NO_ACCOUNT = "No official account: answer privately."
_RouteName = Literal["none", "public", "private", "journalist", "if_asked"]
_ELSEWHERE: Mapping[ReplyKind, tuple[_RouteName, str]] = {
    "none": ("none", "No public reply."),
    "private": ("private", "No public reply: write or ring in private."),
    "journalist": ("journalist", "To the journalist alone, by email; nothing in the comments."),
    "if_asked": ("if_asked", "Normally no reply; if somebody asks, this line and no more."),
}
_PUBLICLY: Mapping[ReplyKind, str] = {
    "public": "A public reply may help.",
    "optional": "No reply is the rule; one may be given.",
    "own_channel": "Nothing under the post: one statement on the school's own channel.",
    "moderation": "No reply: only a notice on the school's own page.",
}


def playbook(
    category: str,
    school: School,
    now: datetime,
    level: Level | None = None,
    mood: Sentiment = "negative",
    *,
    grounds: Collection[str] = (),
    teacher_accused: bool = False,
    bank_holidays: Collection[date] = (),
    book: Book | None = None,
) -> Playbook:
    """What the school is told about a post of this category.

    Without `level` it is the category's usual one. `mood` is the post's towards the school: what
    is not negative may be no criticism. `grounds` are keys of laws and of platforms'
    rules that the post is known to offend against: a complaint may be asked down for no other
    reason. `now` carries a time zone. Raises PlaybookError for a category, a level or a ground
    that there is not.
    """
    source = book or packaged()
    found = source.categories.get(category)
    if found is None:
        raise PlaybookError(
            f"there is no category {quoted(category)}{suggestion(category, source.categories)}"
        )
    chosen = _level(found, level)
    _refuse_unknown(grounds, source)
    desk = _Desk(source, school, now, bank_holidays, _words(source, school))
    return desk.playbook(found, chosen, mood, grounds, teacher_accused=teacher_accused)


def role_name(role: str, nation: Nation, language: Language = "en") -> str:
    """What a school of that nation calls who holds a role; one that is not known is somebody."""
    return packaged().nations.told(role, nation, language)


def _level(category: Category, level: Level | None) -> Level:
    """The wanted level, or the usual one, which stands last. A higher one always fits: another
    category of the same post may bring it.
    """
    if level is None:
        return category.levels[-1].level
    least = min(row.level.rank for row in category.levels)
    if level.rank < least:
        usual = category.levels[-1].level
        raise PlaybookError(f"{category.name} is never at {level}: its usual level is {usual}")
    return level


def _refuse_unknown(grounds: Collection[str], book: Book) -> None:
    for key in grounds:
        if key not in book.laws and key not in book.platforms.rules:
            raise PlaybookError(f'there is no ground "{key}": name a law or a platform\'s rule')


def _words(book: Book, school: School) -> Mapping[str, str]:
    """What stands for each word in braces at this school."""
    roles = book.nations.roles
    called = {role: book.nations.called(role, school.nation).says for role in roles}
    own = {key: school.contacts.get(key) or blank for key, blank in BLANKS.items()}
    return {**called, **own}


@dataclass(frozen=True, slots=True)
class _Desk:
    """One school at one minute, with the book open; `words` stand for those in braces."""

    book: Book
    school: School
    now: datetime
    bank_holidays: Collection[date]
    words: Mapping[str, str]

    def playbook(
        self,
        category: Category,
        level: Level,
        mood: Sentiment,
        grounds: Collection[str],
        *,
        teacher_accused: bool,
    ) -> Playbook:
        common = self.book.common
        nation = self.book.nations.nations[self.school.nation]
        removal = self._taken_down(category.removal, common.removal, grounds)
        report = self._taken_down(category.platform, common.platform, grounds)
        return Playbook(
            category=category.name,
            title=category.title,
            school=self.school.name,
            nation=self.school.nation,
            level=level,
            levels=tuple((row.level, row.when) for row in category.levels),
            fair=common.fair.says if _may_be_fair(category, level, mood) else "",
            warnings=self._warnings(category, teacher_accused=teacher_accused),
            missing=self._missing(category, level),
            lead=tuple(map(self._who, self._parts(category.lead))),
            told=tuple(map(self._who, self._parts(category.told))),
            now=self._all(category.now),
            same_day=self._all(category.same_day),
            follow_up=self._all(category.follow_up),
            common=self._all(common.steps[key] for key in category.common),
            never=self._all((*category.never, *common.never)),
            evidence=self._all(
                (*category.evidence, *(common.evidence if category.screen_print else ()))
            ),
            police=self._said(common.police[category.police]),
            removal=removal,
            platform=report,
            routes=tuple(self._routes(category.platform)) if report.steps else (),
            bodies=tuple(self._help(key, body) for key, body in self._bodies(category, level)),
            law=tuple(self._laws(category.law)),
            law_elsewhere=self._law_elsewhere(category.law),
            differs=self._all(nation.differs),
            not_legal_advice=common.law.says,
            decides=common.decides.says,
            reply=self._reply(category.reply, level),
        )

    def _named(self, text: str) -> str:
        """The text with what this nation calls each role, and the school's own contacts."""
        return text.format_map(self.words)

    def _said(self, fact: Fact) -> Said:
        return Said(self._named(fact.says), fact.source, fact.checked)

    def _all(self, facts: Iterable[Fact]) -> tuple[Said, ...]:
        """Those that hold in this nation."""
        return tuple(self._said(fact) for fact in facts if self.school.nation in fact.nations)

    def _who(self, part: Part) -> Who:
        name = self.book.nations.called(part.role, self.school.nation)
        own = self.school.contacts.get(name.contact, "")
        return Who(part.role, name.says, part.when, name.note, own)

    def _parts(self, parts: Iterable[Part]) -> Iterator[Part]:
        return (part for part in parts if self.school.nation in part.nations)

    def _warnings(self, category: Category, *, teacher_accused: bool) -> tuple[Said, ...]:
        common = self.book.common
        chosen = [common.warnings[key] for key in category.warnings]
        if teacher_accused or ANONYMITY in category.law:
            chosen.append(common.anonymity)
        return self._all(chosen)

    def _bodies(self, category: Category, level: Level) -> Iterator[tuple[str, Body]]:
        first = category.urgent_bodies if level is Level.URGENT else ()
        for key in dict.fromkeys((*first, *category.bodies)):
            body = self.book.bodies[key]
            if self.school.nation in body.nations:
                yield key, body

    def _help(self, key: str, body: Body) -> Help:
        own = self.school.contacts.get(body.local, "")
        name, when = _capital(self._named(body.name)), self._said(body.when)
        if own:
            entered = Said(own, "the school's own contacts", "entered by the school")
            return Help(key, name, when, (Reach("own", entered),), "", None, None)
        ways = tuple(
            Reach(way.kind, self._said(way))
            for way in body.contacts
            if self.school.nation in way.nations
        )
        if body.hours is None:
            return Help(key, name, when, ways, "", None, None)
        state = opening(body.hours, self.now, self.bank_holidays)
        if not state.is_open:
            ways = tuple(sorted(ways, key=lambda way: way.kind == "phone"))
        return Help(key, name, when, ways, state.says, state.is_open, self._said(body.hours))

    def _missing(self, category: Category, level: Level) -> tuple[Missing, ...]:
        named = {body.local: self._named(body.name) for _, body in self._bodies(category, level)}
        called = self.book.nations.called
        parts = self._parts((*category.lead, *category.told))
        roles = (called(part.role, self.school.nation).contact for part in parts)
        needed = dict.fromkeys((*named, *roles, *category.contacts))
        blank = (key for key in needed if key and not self.school.contacts.get(key))
        return tuple(Missing(key, named.get(key) or KNOWN_CONTACTS[key]) for key in blank)

    def _standing(self, key: str) -> str:
        """The law that holds in this nation under this key or in its place; empty where none."""
        law, nation = self.book.laws[key], self.school.nation
        return key if nation in law.nations else law.instead.get(nation, "")

    def _laws(self, keys: Iterable[str]) -> Iterator[LawSaid]:
        for standing in dict.fromkeys(filter(None, map(self._standing, keys))):
            law = self.book.laws[standing]
            yield LawSaid(standing, law.name, self._all(law.facts))

    def _law_elsewhere(self, keys: Iterable[str]) -> str:
        """Which laws do not hold in this nation, where nothing is known to stand in their place."""
        silent = "; ".join(self.book.laws[key].name for key in keys if not self._standing(key))
        if not silent:
            return ""
        where = self.book.nations.nations[self.school.nation].name
        ask = self._named("ask your {authority}")
        return f"Not in {where}: {silent}. What holds there instead is not known here: {ask}."

    def _taken_down(
        self, asking: Asking, common: tuple[Fact, ...], known: Collection[str]
    ) -> TakeDown:
        grounds = tuple(self._grounds(asking, known)) if asking.steps else ()
        if not grounds:
            return TakeDown((), (), self._said(asking.otherwise))
        return TakeDown(grounds, self._all((*asking.steps, *common)), None)

    def _grounds(self, asking: Asking, known: Collection[str]) -> Iterator[str]:
        for key in asking.grounds:
            if asking.only_if_known and key not in known:
                continue
            law = self.book.laws.get(key)
            if law is None:
                yield self.book.platforms.rules[key].says
            elif self.school.nation in law.nations:
                yield law.name

    def _routes(self, asking: Asking) -> Iterator[Route]:
        for platform in self.book.platforms.platforms.values():
            ways = self._all((platform.report, *_addresses(platform, asking.routes)))
            yield Route(platform.name, ways, self._all(platform.notes))

    def _reply(self, row: ReplyRow, level: Level) -> Reply:
        rules = self.book.common.reply
        route, says = self._route(row, level)
        text = self._said(row.template) if row.template and route != "none" else None
        welsh = self._said(row.welsh) if row.welsh and text and self._is_welsh() else None
        never = self._all(rules.never)
        if text is None:
            return Reply(route, says, None, None, (), (), never)
        conditions = self._all(rules.conditions) if route == "public" else ()
        return Reply(route, says, text, welsh, conditions, self._all(rules.shape), never)

    def _route(self, row: ReplyRow, level: Level) -> tuple[_RouteName, str]:
        if row.kind not in PUBLIC:
            return _ELSEWHERE[row.kind]
        if level is Level.URGENT:
            return "none", "No public reply while it is urgent."
        if not self.school.official_accounts:
            # Only a page of the school's own can be moderated.
            return ("none" if row.kind == "moderation" else "private"), NO_ACCOUNT
        accounts = ", ".join(self.school.official_accounts)
        return "public", f"{_PUBLICLY[row.kind]} Only from {accounts}, and only if all this holds:"

    def _is_welsh(self) -> bool:
        return self.school.nation == "wales" or "cy" in self.school.languages


def _may_be_fair(category: Category, level: Level, mood: Sentiment) -> bool:
    """Criticism is called fair, but not where somebody may come to harm."""
    if level is Level.URGENT:
        return False
    return category.fair == "always" or (category.fair == "negative" and mood == "negative")


def _addresses(platform: Platform, routes: Collection[str]) -> Iterator[Fact]:
    for address in platform.addresses:
        if address.route == "report" or address.route in routes:
            yield address


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

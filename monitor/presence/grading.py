"""PURE: is a result about the person, and what is it? Judged by words alone, with reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from monitor.judge import Judge
from monitor.judge.canonical import canonical
from monitor.judge.match import Matcher
from monitor.judge.ruled import triage
from monitor.judge.terms import Judgement, Staff, Watch
from monitor.judge.terms import Words as Judged
from monitor.presence.names import Strength, Words, name, phrase, words_of
from monitor.presence.record import Grade, Identity, Kind
from monitor.presence.signs import Places, signs

_HARMS: tuple[tuple[frozenset[str], Kind, str], ...] = (
    (
        frozenset(("threat", "hate", "harassment", "cyberbullying", "sexual", "self_harm")),
        "abuse",
        "It reads as abuse.",
    ),
    (
        frozenset(
            (
                "defamation",
                "safeguarding",
                "staff_conduct",
                "extremism",
                "impersonation",
                "misinformation",
            )
        ),
        "allegation",
        "It reads as an accusation, or as something that you would be blamed for.",
    ),
    (frozenset(("complaint",)), "allegation", "It reads as a complaint."),
)
# A shorter user name may be anybody's.
_OWN_HANDLE = 6
_NAMING = ("name", "alias", "handle", "hashtag", "url")
_LIVED = re.compile(
    r"\b1[5-9]\d\d\s?[-\u2013]\s?(?:1[6-9]\d\d|20[0-2]\d)\b|\b[bd]\.\s?1[5-9]\d\d\b"
)
_OLD = re.compile(r"\baged? (?:7[5-9]|[89]\d|10\d)\b", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\d-])(?:\+44\s?|\(?0)\d(?:[\s().-]?\d){8,9}(?!\d)")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b")
_STREET = re.compile(
    r"\b\d{1,4}[a-z]?,? (?:[A-Z][\w'\u2019]+ ){1,3}(?:Road|Rd|Street|St|Lane|Close|Avenue|Ave|Drive"
    r"|Crescent|Terrace|Way|Gardens|Grove|Court|Place|Rise|Walk|Mews|Heol|Ffordd|Stryd)\b"
)
# What many schools' names are made of; what is left is a school's own word.
_OF_SCHOOLS = frozenset(
    """a academy and boys c catholic ce church college comprehensive community e england first for
    girls grammar gynradd high in infant infants junior juniors middle mixed nursery of our prep
    preparatory primary rc roman saint school secondary special st the trust upper uwchradd
    voluntary ysgol""".split()  # noqa: SIM905 - a list of words is easier to read as words
)


@dataclass(frozen=True, slots=True)
class Result:
    """A page as a place named it in its answer; `url` is its address."""

    url: str
    title: str
    text: str
    place: str = ""
    medium: str = ""

    @property
    def whole(self) -> str:
        """All its words."""
        return f"{self.title}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a result is about the person, what it is, and why, the weightiest first.

    `named` says that a first name and a surname of theirs stand there, whoever is meant.
    """

    grade: Grade
    kind: Kind
    reasons: tuple[str, ...]
    named: bool = False


class Grader:
    """Grades results for one person at one school; the words that matter are made ready once."""

    def __init__(self, identity: Identity, school: Watch) -> None:
        self._identity, self._school = identity, school
        self._names = tuple(map(name, identity.names))
        self._places = tuple((place, phrase(place)) for place in school.places)
        self._schools = Matcher((school,))
        own = tuple(word for word in phrase(school.name) if word not in _OF_SCHOOLS)
        self._said = tuple(filter(None, (own, *map(phrase, school.aliases))))
        self._judge = Judge((_person(identity, school),))

    def opinion(self, result: Result) -> Opinion:
        """What to think of a result."""
        scene = _Scene(result, words_of(result.whole))
        named = self._named(scene.words)[1] is Strength.FULL
        grade, reasons = self._graded(scene)
        kind, why = self._kind(scene, grade, named=named)
        return Opinion(grade, kind, tuple(filter(None, (*reasons, why))), named)

    def _graded(self, scene: _Scene) -> tuple[Grade, list[str]]:
        own = self._own_mark(scene)
        if own:
            return "likely", [own]
        named, strength = self._named(scene.words)
        if strength is Strength.NONE:
            return "not", ["None of your names stands in it."]
        says = f"It names {named}." if strength is Strength.FULL else _SHORTLY[strength]
        if self._names_school(scene):
            return "likely", [says, f"It speaks of {self._school.name}."]
        if strength >= Strength.SHORT and self._hints_at_school(scene, strength):
            return "likely", [says, "It speaks of a school that is called like yours."]
        if strength is not Strength.FULL:
            return "not", [says, "Nothing in it points to you or to your school."]
        return self._by_name(scene, says)

    def _by_name(self, scene: _Scene, says: str) -> tuple[Grade, list[str]]:
        """A first name and a surname stand there: what else speaks for it, or against?"""
        place = next((word for word, parts in self._places if scene.words.has(parts)), "")
        near = [f"It names {place}, where your school is."] if place else []
        against = list(_against(scene))
        if against:
            # Another person of the name lives near the school, perhaps.
            return ("perhaps" if place else "not"), [says, *near, *against]
        if place:
            return "likely", [says, *near]
        if _any(scene.words, signs().teaching):
            return "perhaps", [says, "It speaks of a school or of teaching, but not of yours."]
        return "perhaps", [says, "Nothing in it tells whether it is you or a namesake."]

    def _own_mark(self, scene: _Scene) -> str:
        """A sentence where an address or an account that is theirs stands in it."""
        for email in self._identity.emails:
            if email.casefold() in scene.result.whole.casefold():
                return f"Your e-mail address {email} stands in it."
        for handle in self._identity.handles:
            if len(handle.removeprefix("@")) >= _OWN_HANDLE and scene.shows(handle):
                return f"It is of, or names, your account {handle}."
        return ""

    def _named(self, text: Words) -> tuple[str, Strength]:
        found = [(one.strength(text), one.whole) for one in self._names]
        strength, whole = max(found)
        return whole, strength

    def _names_school(self, scene: _Scene) -> bool:
        judged = Judged(scene.result.title, scene.result.text, scene.result.url)
        match = self._schools.match(judged, self._school.id)[0]
        return match.relevant and any(one.kind in _NAMING for one in match.evidence)

    def _hints_at_school(self, scene: _Scene, strength: Strength) -> bool:
        """True where what people call the school stands there, and nothing speaks against it.

        "Miss Hill at Kirkbrae" is of Kirkbrae Primary School; "Ann Hill, Kirkbrae" need not be.
        """
        text = scene.words
        if not any(map(text.has, self._said)) or any(_against(scene)):
            return False
        return strength is Strength.SHORT or bool(_any(text, signs().teaching))

    def _kind(self, scene: _Scene, grade: Grade, *, named: bool) -> tuple[Kind, str]:
        harm = self._harm(scene)
        if grade == "not":
            if harm and named:
                return (
                    "namesake",
                    "It speaks ill of somebody of your name, who may be taken for you.",
                )
            return "mention", ""
        look = _by_look(scene)
        if look is None and "privacy" in self._said_of(scene):
            look = "address", "It tells where you live, or something as private."
        return harm or look or _account(scene, self._identity)

    def _harm(self, scene: _Scene) -> tuple[Kind, str] | None:
        said = self._said_of(scene)
        for categories, kind, why in _HARMS:
            if said & categories:
                return kind, why
        return None

    def _said_of(self, scene: _Scene) -> set[str]:
        """The categories that rules see, and those that the learned part sees in unkind words.

        What it sees in a bare list of staff or on an account's front page is chance.
        """
        judgement = self._judgement(scene.result)
        by_rules = set(triage(canonical(scene.result.whole)).categories)
        unkind = judgement.compound < 0 and judgement.level.needs_response
        return by_rules | (set(judgement.categories) if unkind else set())

    def _judgement(self, result: Result) -> Judgement:
        words = Judged(result.title, result.text, result.url, found=True, medium=result.medium)
        return self._judge.judge(words, self._school.id)[0]


@dataclass(frozen=True)
class _Scene:
    result: Result
    words: Words

    @cached_property
    def address(self) -> str:
        """The host without www., and the path."""
        parts = urlsplit(self.result.url)
        return f"{(parts.hostname or '').removeprefix('www.')}{parts.path}".casefold()

    def shows(self, handle: str) -> bool:
        """True where an account of that name is the page's, or is named on it."""
        bare = handle.removeprefix("@").casefold()
        if bare in re.split(r"[/@.]+", self.address):
            return True
        text = self.result.whole.casefold()
        return re.search(rf"(?<![\w.]){re.escape(bare)}(?!\w)", text) is not None


_SHORTLY = {
    Strength.SHORT: "It names somebody with your surname and a title or your initial.",
    Strength.SURNAME: "It holds your surname alone.",
}


def _person(identity: Identity, school: Watch) -> Watch:
    """The school as it is watched, with the person's own names among its names."""
    return Watch(
        id=school.id,
        name=school.name,
        aliases=(*school.aliases, *identity.names),
        handles=(*school.handles, *identity.handles),
        urls=school.urls,
        places=school.places,
        exclude=school.exclude,
        staff=tuple(Staff(one) for one in identity.names),
    )


def _any(text: Words, phrases: Iterable[str]) -> str:
    """The first of the phrases that stands there, else ""."""
    return next((one for one in phrases if text.has(phrase(one))), "")


def _against(scene: _Scene) -> Iterable[str]:
    """Sentences that say why it may be somebody else."""
    text, whole = scene.words, scene.result.whole
    for found, says in (
        (_any(text, signs().abroad), "It speaks of {}, far from your school."),
        (_any(text, signs().other_work), "It speaks of other work than a school's ({})."),
        (_any(text, signs().departed), "It is about somebody who has died ({})."),
    ):
        if found:
            yield says.format(found)
    if _LIVED.search(whole) or _OLD.search(whole):
        yield "Its dates are of another life than yours."


def _by_look(scene: _Scene) -> tuple[Kind, str] | None:
    whole = scene.result.whole
    if _is(scene, signs().brokers):
        return "broker", "It sells or shows people's particulars."
    if _PHONE.search(whole):
        return "phone", "It shows a telephone number."
    if _POSTCODE.search(whole) or _STREET.search(whole):
        return "address", "It shows an address."
    if _is(scene, signs().photographs):
        return "photograph", "It is a page of photographs."
    return None


def _is(scene: _Scene, sort: Places) -> bool:
    by_host = any(
        scene.address.startswith(host) or f".{host}" in scene.address.partition("/")[0]
        for host in sort.hosts
    )
    return by_host or bool(_any(scene.words, sort.words))


def _account(scene: _Scene, identity: Identity) -> tuple[Kind, str]:
    if any(scene.shows(handle) for handle in identity.handles):
        return "old account", "It is an account of yours: close it if you do not use it."
    return "mention", ""

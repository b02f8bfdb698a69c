"""PURE: what a school is called in short, which schools have nearly its name, and what tells them
apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from monitor.judge.canonical import phrase
from monitor.setup.facts import School
from monitor.watch_words import weakness

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['\u2018\u2019\u02bc`.]")
# What says only what kind of school it is, whose, or how it is kept.
_KIND_WORDS = """academy aided and c catholic ce church city co coed cofe college community comp
    comprehensive controlled e endowed england first for foundation free girls boys grammar gynradd
    gyfun high in infant infants junior juniors ltd lower methodist middle mixed nursery of prep
    preparatory primary ps r rc roman school schools secondary senior special state studio
    technology the trust uchaf upper uwchradd va vc voluntary with y ysgol"""
_KINDS = frozenset(_KIND_WORDS.split())
# Of these, the ones that nobody adds to the name of a school that is none.
_TELLING_WORDS = """boys catholic church first girls grammar gynradd gyfun high infant infants
    junior juniors lower methodist middle nursery prep preparatory primary secondary special
    uwchradd upper"""
_TELLING = frozenset(_TELLING_WORDS.split())
_SAME = {"saint": "st", "saints": "st", "sts": "st"}
# The longer form of what a school is called by, and the shorter.
_SHORTER = (
    (re.compile(r"\b(?:Church of England|C of E|CofE|CE)\b(?: ?\(?V[AC]\)?)?", re.IGNORECASE), ""),
    (re.compile(r"\b(?:Roman Catholic|R\.?C|Catholic)\b\.?", re.IGNORECASE), ""),
    (re.compile(r"\b(?:Voluntary (?:Aided|Controlled)|V\.?[AC]\.?|Community)\b"), ""),
)
_FULL = re.compile(r",? (?:School|Schools)$", re.IGNORECASE)
_INITIALS_LEAST = 3
# Nothing with a vowel can be told from a word; these have none and mean something else.
_OTHER_INITIALS = "bbc cps dbs dfs dvd gps hgv hmp ltd mps nhs phd pps pts sms"
_KNOWN_INITIALS = frozenset(_OTHER_INITIALS.split())


def name_key(name: str) -> str:
    """The same for names that differ only in what kind of school they say it is."""
    plain = _APOSTROPHE.sub("", name.casefold())
    words = [_SAME.get(word, word) for word in _WORD.findall(plain)]
    return " ".join([word for word in words if word not in _KINDS] or words)


def aliases(school: School) -> tuple[str, ...]:
    """The short names of two words or more that people will use."""
    short = _FULL.sub("", school.name)
    plainer = short
    for long, less in _SHORTER:
        plainer = long.sub(less, plainer)
    plainer = " ".join(plainer.replace("(", " ").replace(")", " ").split()).strip(" ,-")
    return tuple(_own(school, (short, plainer)))


def _own(school: School, names: Iterable[str]) -> Iterator[str]:
    seen = {school.name.casefold()}
    for name in names:
        if " " in name and name.casefold() not in seen and not weakness(name, school.places):
            seen.add(name.casefold())
            yield name


def initials(school: School) -> str:
    """The initials where they are no ordinary word; "" otherwise."""
    words = [word for word in _WORD.findall(_APOSTROPHE.sub("", school.name)) if word[0].isupper()]
    letters = "".join(word[0] for word in words)
    ordinary = set("AEIOUY") & set(letters) or letters.casefold() in _KNOWN_INITIALS
    return "" if ordinary or len(letters) < _INITIALS_LEAST else letters


def identifier(name: str) -> str:
    """A school's id: the words of its name that are its own."""
    return slug(name_key(name)) or "school"


def slug(name: str) -> str:
    """A name as small letters and digits with "-" between them."""
    plain = _APOSTROPHE.sub("", name.casefold()).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-")


def tags(school: School) -> tuple[str, ...]:
    """Hashtags without "#" that people make of its names."""
    names = (school.name, *aliases(school))
    made = ["".join(_WORD.findall(_APOSTROPHE.sub("", name))) for name in names]
    return tuple({tag.casefold(): tag for tag in made if tag and not tag.isdigit()}.values())


def exclusions(school: School, namesakes: Iterable[School]) -> tuple[str, ...]:
    """Phrases that mean those other schools and never this one, the likeliest mix-ups first.

    Another kind of school is told by its name; one of the same kind by its name with its place,
    unless that is a place of this school's too.
    """
    found: dict[str, str] = {}
    for other in sorted(namesakes, key=lambda other: _distance(school, other)):
        for text in _phrases(school, other):
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def _distance(school: School, other: School) -> tuple[bool, bool, str, str]:
    near = other.authority.casefold() == school.authority.casefold()
    return not near, phrase(other.name) != phrase(school.name), other.name, other.where


def _phrases(school: School, other: School) -> Iterator[str]:
    more = set(phrase(other.name)).difference(phrase(school.name))
    if more & _TELLING:
        yield other.name
        return
    home = {word for place in school.places for word in phrase(place)}
    if not other.where or home.issuperset(phrase(other.where)):
        return
    short = _FULL.sub("", other.name)
    yield f"{short} {other.where}"
    if short.casefold() != other.name.casefold():
        yield f"{other.name} {other.where}"

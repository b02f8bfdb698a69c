"""PURE: hides what a post tells of a child, and how to find somebody, from who need not know.

Hidden are a child's name, telephone numbers, postal and mail addresses, words of a child's health
or needs, and slurs. A school's own numbers and places and the names of its staff stay. It finds
what people write in plain words and no more: it is a courtesy to whoever is spoken of, never a
reason to show a post to somebody who must not see it.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from monitor.settings import School

# What stands in place of each kind; plain words, so that a screen reader says them.
NAME = "[name hidden]"
PHONE = "[number hidden]"
ADDRESS = "[address hidden]"
EMAIL = "[email hidden]"
HEALTH = "[health or needs hidden]"
SLUR = "[slur hidden]"
KINDS = (NAME, PHONE, ADDRESS, EMAIL, HEALTH, SLUR)

# Takes the place of what is hidden already, letter for letter, so that nothing is found across it.
_GONE, _NAMED = "\ufffc", "\ufff9"
_HIDDEN = re.compile("|".join(map(re.escape, KINDS)))
_MOST_DIGITS, _FEWEST_DIGITS = 14, 10
_LOOK_BACK = 14
_LONGEST_NAME = 3

# The possessive is no part of a name, though "O'Neill" is one.
_WORD = r"[^\W\d_](?:[^\W\d_]|(?!['\u2019]s\b)['\u2019-](?=[^\W\d_])){0,30}"
_PART = r"[^\W\d_][\w'\u2019-]{1,20}"
_S = r"['\u2019]s"
_AGES = "three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
_OLD = rf"(?:1[0-8]|[3-9]|{_AGES})[ -]?(?:years?|yrs?|yo)\b(?:[ -]?olds?)?"
_KIN = "mum|mam|mother|dad|father|parents?|nan|gran|grandma|carers?"
_CHILD = (
    r"(?:grand)?(?:sons?|daughters?)|child|boys?|girls?|lads?|lass(?:ie)?|kid|pupils?|students?|"
    r"schoolboy|schoolgirl|eldest|youngest|nephew|niece|toddler|teenager|youngster|twins?|bairn|wean|"
    r"little (?:one|boy|girl|lad|man)|merch|mab|plentyn|disgybl"
)
_FORM = (
    r"(?:year|yr|y|blwyddyn|mlwyddyn|primary|p|s|form|class|set)[ .-]?(?:1[0-3]|[1-9])\b[a-z]?|"
    rf"year (?:one|two|{_AGES})|"
    r"(?:1[0-3]|[1-9])[a-f]\b|reception|nursery|pre-?school|sixth form"
)
# Words that make a child of the name after them.
_BEFORE = re.compile(
    rf"(?<!\w)(?P<cue>(?P<own>my|our|little|poor|wee)|(?P<theirs>his|her|their)|"
    rf"(?:{_KIN}) (?:of|to)|(?:{_OLD}[ ,]{{0,2}})?(?:{_CHILD})|(?P<form>{_FORM})(?:{_S})?|{_OLD})"
    r"(?P<pause>[ ,:(\u2013-]{1,3}(?:is )?(?:(?:called|named) )?)"
    # Looked at and not taken: a word of it may be the next cue ("my little boy Tom").
    rf"(?=(?P<name>{_WORD}))",
    re.IGNORECASE,
)
# Words that make a child of the name before them.
_AFTER = re.compile(
    rf"(?<!\w)(?P<name>{_WORD})"
    rf"(?:{_S} (?:{_KIN}|teacher|ehcp|class)\b"
    rf"|[ ,(]{{1,2}}(?:who(?:{_S}| is) |is |was )?(?:in |from |of |y[mn] )?(?:{_FORM})(?!\w)"
    rf"|[ ,(]{{1,2}}(?:aged? |is |who(?:{_S}| is) )?(?:1[0-8]|[3-9])(?=[,)]|[.!?]?(?:\s|$))"
    rf"|[ ,(]{{1,2}}(?:is |aged? )?(?:a )?{_OLD})",
    re.IGNORECASE,
)
# What follows a name, and seldom another word with a capital after "my" or "pupil".
_NEXT = re.compile(
    rf"{_S}\b|[ ]?[,.!?;:)\n]|[ ]?$|[ ](?:is|was|has|had|can|could|came|comes|got|gets|goes|went|"
    r"said|says|will|would|won't|can't|did|does|didn't|doesn't|loves?|loved|hates?|hated|home|back|"
    r"and|who|cried|crying|in|from|at|to|on|with|hit|being|been|again)\b",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"(?<!\w)(?:mr|mrs|miss|ms|mx|dr|sir|rev|father|cllr|councillor|coach|head|headteacher|teacher|"
    r"principal|st|saint|king|queen|prince|princess|lady|lord)\.? $",
    re.IGNORECASE,
)
# That a sentence speaks of one child: what else it tells is that child's.
_ONE_CHILD = re.compile(
    r"(?<!\w)(?:(?:my|our|his|her|their|your|this|that|the|an?|one|poor|little|another|some)"
    rf"(?: [\w'\u2019-]{{1,20}}){{0,3}} (?:{_CHILD})(?!\w)|{_OLD}(?!\w)|fy (?:mab|merch|mhlentyn))",
    re.IGNORECASE,
)
_SCHOOLING = re.compile(rf"(?<!\w)(?:{_CHILD}|children|kids|{_FORM})(?!\w)", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+")

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}(?:@| ?[\[(]at[\])] ?)[\w-]{1,63}"
    r"(?:(?:\.| ?[\[(]dot[\])] ?)[\w-]{1,63}){1,5}",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.])(?:\+\d|00\d|\(?0(?!\.))(?:[ \t().-]{0,3}\d){8,14}(?![\w]|[.,]\d)")
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{2,4}")
# Numbers of organisations: 03 and 08 belong to nobody's home.
_OFFICIAL = re.compile(r"(?:0|\+?44|0044)[38]")
_ROAD = (
    r"road|rd|street|st|lane|ln|avenue|ave|close|drive|way|crescent|cres|court|ct|place|pl|terrace|"
    r"gardens|gdns|grove|hill|mews|row|square|walk|rise|gate|parade|green|heights|wynd|brae|loan"
)
_HOUSE = "cottage|farm|house|lodge|barn|flats|towers|estate"
_NUMBERED = re.compile(
    r"(?<![\w.:/£-])(?:(?:flat|apt|apartment|unit) \w{1,4},? )?\d{1,4}[a-z]?,? (?P<street>"
    rf"(?:{_PART} ){{1,3}}(?:{_ROAD})(?!\w)|"
    rf"(?:heol|ffordd|stryd|lôn|maes|rhodfa|clos|clôs|bryn) (?:yr? )?{_PART})",
    re.IGNORECASE,
)
_LIVED_AT = re.compile(
    r"(?<!\w)(?:lives?|living|lived|moved|stays?|staying|home is|house is|address is) "
    r"(?:(?:at|on|in|down|up|to|near) )?(?:the )?"
    rf"(?P<street>(?:{_PART} ){{1,3}}(?:{_ROAD}|{_HOUSE})(?!\w))",
    re.IGNORECASE,
)
_SMALL = re.compile(r"(?:[a-z]+ ){1,3}(?:road|rd|street|lane|avenue|ave|crescent|close|drive)")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with what was hidden in it; `count` says how many pieces were.

    `cuts` are those pieces: where each began and ended in the text as it was, and how long what
    stands there now is.
    """

    text: str
    count: int
    cuts: tuple[tuple[int, int, int], ...] = ()

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the text as it was stands now; a mask that it meets is in it whole."""
        return self._moved(start, is_end=False), self._moved(end, is_end=True)

    def _moved(self, place: int, *, is_end: bool) -> int:
        shift = 0
        for begin, end, length in self.cuts:
            if end <= place:
                shift += length - (end - begin)
            elif begin < place:
                return begin + shift + (length if is_end else 0)
            else:
                break
        return place + shift


def masked(text: str, school: School) -> Masked:
    """The text as it may be shown; what is masked already stays as it is."""
    sheet = _Sheet(text, school)
    sheet.hide(EMAIL, _emails(sheet))
    sheet.hide(ADDRESS, _addresses(sheet))
    sheet.hide(PHONE, _phones(sheet))
    sheet.hide(SLUR, _spans(_lists().slurs, sheet.open))
    sheet.hide(NAME, _names(sheet))
    sheet.hide(HEALTH, _health(sheet))
    return sheet.masked()


Span = tuple[int, int]


@dataclass(slots=True)
class _Sheet:
    """A text of which more and more is hidden; in `open` that is blotted out, letter for letter."""

    text: str
    school: School
    open: str = ""
    cuts: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open = _HIDDEN.sub(lambda found: _blot(found[0], found[0]), self.text)

    def hide(self, kind: str, spans: Iterable[Span]) -> None:
        """Hide what is not hidden yet."""
        parts, done = [], 0
        for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
            if start < done:
                continue
            parts += [self.open[done:start], _blot(kind, self.open[start:end])]
            self.cuts.append((start, end, kind))
            done = end
        self.open = "".join([*parts, self.open[done:]])

    def masked(self) -> Masked:
        """The text with masks in place of what is hidden."""
        parts, done, cuts = [], 0, sorted(self.cuts)
        for start, end, kind in cuts:
            parts += [self.text[done:start], kind]
            done = end
        whole = "".join([*parts, self.text[done:]])
        return Masked(whole, len(cuts), tuple((start, end, len(kind)) for start, end, kind in cuts))


def _blot(kind: str, words: str) -> str:
    return (_NAMED if kind == NAME else _GONE) * len(words)


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    return (found.span() for found in pattern.finditer(text))


def _emails(sheet: _Sheet) -> Iterator[Span]:
    own = sheet.school.contacts.get("office_email", "").casefold()
    for found in _EMAIL.finditer(sheet.open):
        if found[0].casefold() != own:
            yield found.span()


def _phones(sheet: _Sheet) -> Iterator[Span]:
    own = {_last_digits(contact) for contact in sheet.school.contacts.values()}
    for found in _PHONE.finditer(sheet.open):
        digits = re.sub(r"\D", "", found[0])
        is_long_enough = _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS
        is_public = _last_digits(digits) in own or _OFFICIAL.match(digits)
        if is_long_enough and not is_public and not _DATE.match(found[0]):
            yield found.span()


def _last_digits(number: str) -> str:
    """What two ways to write one number have in common: "+44 1604 …" and "01604 …"."""
    return re.sub(r"\D", "", number)[-9:]


def _addresses(sheet: _Sheet) -> Iterator[Span]:
    school = sheet.school
    own = " ".join("".join((*school.places, *school.contacts.values())).casefold().split())
    for found in _lists().postcode.finditer(sheet.open):
        is_ordinal = found[0].islower() and found[0][-2:] in {"st", "nd", "rd", "th"}
        if not is_ordinal and found[0].casefold().replace(" ", "") not in own.replace(" ", ""):
            yield found.span()
    for pattern in (_NUMBERED, _LIVED_AT):
        for found in pattern.finditer(sheet.open):
            street = " ".join(found["street"].casefold().split())
            if _is_street(found["street"]) and street not in own:
                yield (
                    (found.start() if pattern is _NUMBERED else found.start("street")),
                    found.end(),
                )


def _is_street(street: str) -> bool:
    """A name, and not "2 cars down the road": small letters need a name of their own too."""
    words = street.split()
    if words[0][0].isupper():
        return True
    is_plain = _lists().no_street.isdisjoint(word.casefold() for word in words[:-1])
    return is_plain and (_SMALL.fullmatch(street) is not None or not street.isascii())


def _health(sheet: _Sheet) -> Iterator[Span]:
    """Words of health and needs, in a sentence that speaks of one child."""
    for sentence in _SENTENCE.finditer(sheet.open):
        words = sentence[0]
        if _NAMED in words or _ONE_CHILD.search(words):
            for found in _lists().health.finditer(words):
                yield found.start() + sentence.start(), found.end() + sentence.start()


def is_first_name(word: str) -> bool:
    """True for a first name that children in the four nations often bear."""
    return word.casefold() in _lists().known


def _names(sheet: _Sheet) -> Iterator[Span]:
    """Names that the words beside them make a child's, and the same wherever they stand again."""
    namer = _Namer(sheet.school, sheet.open)
    found = [*namer.before(), *namer.after(), *namer.beside()]
    yield from found
    yield from namer.again({sheet.open[slice(*span)].split()[0].casefold() for span in found})


class _Namer:
    """Tells children's names in one text from other words with a capital."""

    def __init__(self, school: School, text: str) -> None:
        self._text = text
        self._lists = _lists()
        own = " ".join((school.name, *school.aliases, *school.places)).casefold()
        self._others = self._lists.others | (set(re.findall(_WORD, own)) - self._lists.known)
        self._tokens = [found.span() for found in re.finditer(_WORD, text)]
        self._at = {start: index for index, (start, _) in enumerate(self._tokens)}
        self._adults = set(self._with_titles()) | self._staff(school)

    def before(self) -> Iterator[Span]:
        """Names after a word that makes a child of them: "my son Tom Harris"."""
        for found in _BEFORE.finditer(self._text):
            run = self._run(self._at[found.start("name")])
            if run and self._fits(found, run):
                yield run

    def after(self) -> Iterator[Span]:
        """Names before such words: "Tom Harris in Year 3"."""
        for found in _AFTER.finditer(self._text):
            first = index = self._at[found.start("name")]
            while index >= 0 and self._is_name(index) and first - index < _LONGEST_NAME:
                index -= 1
                if index >= 0 and not self._joined(index):
                    break
            if index < first:
                yield self._tokens[index + 1][0], self._tokens[first][1]

    def beside(self) -> Iterator[Span]:
        """Names that children bear, where a sentence speaks of a child, a class or health."""
        schooling = [
            found.span()
            for found in _SENTENCE.finditer(self._text)
            if any(each.search(found[0]) for each in (_SCHOOLING, self._lists.health))
        ]
        for start, end in schooling:
            inside = (
                bisect_left(self._tokens, (start, start)),
                bisect_left(self._tokens, (end, end)),
            )
            for index in range(*inside):
                word = self._word(index)
                if word[0].isupper() and word.casefold() in self._lists.known:
                    yield from filter(None, [self._run(index)])

    def again(self, names: Collection[str]) -> Iterator[Span]:
        """Wherever one of these first names stands."""
        for index in range(len(self._tokens)):
            if self._word(index).casefold() in names:
                yield from filter(None, [self._run(index, most=1)])

    def _fits(self, found: re.Match[str], run: Span) -> bool:
        words = self._text[slice(*run)].split()
        if self._is_known(words[0]):
            return True
        needs_known = found["theirs"] or found["form"] or found["cue"].casefold().startswith("our")
        if needs_known or " of" in found["cue"] or " to" in found["cue"]:
            return False
        is_said = "called" in found["pause"] or "named" in found["pause"]
        is_full = len(words) > 1 and not found["own"]
        return is_said or is_full or _NEXT.match(self._text, run[1]) is not None

    def _run(self, index: int, most: int = _LONGEST_NAME) -> Span | None:
        """From the first name there to the last of its words; None where no name begins there."""
        last = index
        while last - index < most and last < len(self._tokens) and self._is_name(last):
            last += 1
            if not self._joined(last - 1):
                break
        return (self._tokens[index][0], self._tokens[last - 1][1]) if last > index else None

    def _joined(self, index: int) -> bool:
        """One space stands between this word and the next."""
        if index + 1 >= len(self._tokens):
            return False
        return self._text[self._tokens[index][1] : self._tokens[index + 1][0]] == " "

    def _word(self, index: int) -> str:
        return self._text[slice(*self._tokens[index])]

    def _is_known(self, word: str) -> bool:
        name = word.casefold().partition("-")[0]
        return name in self._lists.known or (word[0].isupper() and name in self._lists.capital)

    def _is_name(self, index: int) -> bool:
        word = self._word(index)
        if index in self._adults or word.casefold() in self._others:
            return False
        after = self._word(index + 1).casefold() if self._joined(index) else ""
        is_place = after in self._lists.after_a_place
        is_shouted = word.isupper() and len(word) > 1
        return not is_place and (self._is_known(word) or (word[0].isupper() and not is_shouted))

    def _with_titles(self) -> Iterator[int]:
        """Words after a title, and those with a capital that follow them."""
        last = -1
        for index in range(len(self._tokens)):
            joined = index > 0 and self._joined(index - 1)
            follows = last == index - 1 >= 0 and joined and self._word(index)[0].isupper()
            start = self._tokens[index][0]
            if follows or _TITLED.search(self._text[max(0, start - _LOOK_BACK) : start]):
                last = index
                yield index

    def _staff(self, school: School) -> set[int]:
        """The words of the whole names of the school's people."""
        said = {member.name for member in school.staff} | {person.name for person in school.people}
        names = sorted(said, key=len, reverse=True)
        if not names:
            return set()
        whole = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)", re.IGNORECASE)
        spans = [found.span() for found in whole.finditer(self._text)]
        return {
            index
            for start, end in spans
            for index in range(
                bisect_left(self._tokens, (start, start)), bisect_left(self._tokens, (end, end))
            )
        }


@dataclass(frozen=True, slots=True)
class _Lists:
    """What the data file says, ready for use."""

    known: frozenset[str]
    capital: frozenset[str]
    others: frozenset[str]
    after_a_place: frozenset[str]
    no_street: frozenset[str]
    health: re.Pattern[str]
    slurs: re.Pattern[str]
    postcode: re.Pattern[str]


@cache
def _lists() -> _Lists:
    table = tomllib.loads(files("monitor").joinpath("masks.toml").read_text("utf-8"))
    health = "|".join(table["health"].split("\n")).strip("|")
    slurs = "|".join(codecs.decode(table["slurs"], "rot13").split())
    areas = "|".join(table["areas"].split())
    return _Lists(
        known=frozenset(table["names"].split()),
        capital=frozenset(table["capital"].split()),
        others=frozenset(table["not_names"].split()),
        after_a_place=frozenset(table["after_a_place"].split()),
        no_street=frozenset(table["no_street"].split()),
        health=re.compile(
            rf"(?<!\w)(?:{health}|(?-i:{table['health_exact']}))(?!\w)", re.IGNORECASE
        ),
        slurs=re.compile(rf"(?<!\w)(?:{slurs})(?!\w)", re.IGNORECASE),
        postcode=re.compile(
            rf"(?<!\w)(?:{areas})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{{2}}(?!\w)", re.IGNORECASE
        ),
    )

"""PURE: whom a text is about: who is named in it, and whose title stands there as the doer.

What is not certain is said to be so; who is told then is decided in hearing.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from monitor.settings import Person

TITLES = r"(?:mr|mrs|ms|miss|mx|dr|rev|revd|reverend|sir|dame|father|fr|sister|canon|prof)"
# Surnames that are ordinary words as well: they count with a title or a first name only.
WORDS_TOO = frozenset(
    """april august baker bell best bishop black brown church cook day field france good gray green
    grey head hill hope house joy june king long lord love march may moore park parish price rich
    rose short street summer summers taylor teacher white will winter wood young""".split()  # noqa: SIM905
)
# What stands behind a surname and is none, as it is written.
_POST_NOMINALS = frozenset(
    """ACA ACCA BA BD BEM BEd BMus BSc CBE CBiol CMgr CPhys CSci CTeach DBE DL DPhil DProf DSc EdD
    FCA FCCA FCCT FCIPD FHEA FRSA FRSC GCB Hons JP KBE KC LLB LLM MA MBA MBE MBBS MChem MCIPD MEd
    MEng MMath MPhil MPhys MRes MSc MSci MTeach NPQEL NPQH NPQSL OBE PGCE PGDE PhD QC QTS RN TD
    """.split()  # noqa: SIM905
)
_NOT_THE_NAME = re.compile(
    r"[(\[][^)\]]*[)\]]?|(?:,|\s[-\u2010-\u2015/|]\s).*|\b(?:[^\W\d_]\.){2,}"
)
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u02b9\u00b4`\u2032", "'"))
_HYPHENS = re.compile(r"[-\u2010-\u2015]")

# What people call those whose name they leave out. "On the head" is no headteacher.
_HEAD = (
    r"(?<!deputy )(?<!depute )(?<!vice )(?<!vice-)(?<!assistant )"
    r"\b(?:head ?-?(?:teacher|master|mistress)|principal|pennaeth|prifathro|prifathrawes"
    r"|(?<!on )(?<!in )(?<!over )(?<!against )the head"
    r"(?! (?:boy|girl|office|lice|injury|start|of (?!school)))"
    r")\b"
)
_CALLED: Mapping[str, str] = {
    "headteacher": _HEAD,
    "deputy": r"\b(?:deput[ye]|assistant) head ?-?(?:teacher|master|mistress)?\b"
    r"|\bvice[- ]principal\b",
    "dsl": r"(?<!deputy )(?<!depute )\b(?:(?:designated )?safeguarding (?:lead|officer|person)"
    r"|dsl|dsp|designated teacher|child protection (?:co-?ordinator|officer))\b",
    "chair": r"(?<!vice )(?<!vice-)\bchair(?:man|woman|person)? of (?:the )?"
    r"(?:governors|governing body|trustees|board|trust|parent council)\b",
}
_BETWEEN = (
    r"(?:(?:has|have|had|been|is|was|be|being|who|whos|that|he|she|also|just|always|often|keeps|kept"
    r"|still|then|openly|regularly|repeatedly|physically|sexually|inappropriately|actually|once"
    r"|twice|again|here|there|really|clearly|obviously|seen|caught|a|an|such|the|so|absolute|total"
    r"|complete|right|bit|of|and|us|our|my|pupils|kids|children|wedi|yn)\W+){0,6}"
)
# What nobody may have done at a school, and what the worst are called.
_GRAVE = (
    r"hits?|hitting|slap\w*|smack\w*|punch\w*|kick(?:s|ed|ing)|grabb?\w*|shov(?:es?|ed|ing)|drag\w*"
    r"|push(?:es|ed|ing)|pinn\w*|restrain\w*|strangl\w*|chok(?:es?|ed|ing)|threw|throws|throwing"
    r"|hurt\w*|harm(?:s|ed|ing)|beat\w*|touch(?:es|ed|ing)|grop\w*|fondl\w*|abus\w*|assault\w*"
    r"|molest\w*|rap(?:es?|ed|ing|ist)|groom\w*|kiss\w*|sext\w*|messag(?:es|ed|ing)|flirt\w*"
    r"|film(?:s|ed|ing)|lock(?:s|ed|ing)|paedo\w*|pedo\w*|nonce|pervert\w*|perv|predator\w*|creep"
    r"|drunk|high|taro|bwrw|cam-?drin\w*"
)
_FAULT = (
    r"useless|joke|disgrace\w*|bull(?:y|ies|ied|ying)|liar|lie[sd]|lying|clueless|incompetent"
    r"|pathetic|awful|terrible|rude|horrible|racist|sexist|homophobic|thief|crook|corrupt|idiot"
    r"|moron|prick|dick|cunt|bitch|bastard|wanker|twat|evil|vile|rubbish|appalling|shocking"
    r"|arrogant|spineless|shout\w*|scream\w*|ignor(?:es?|ed|ing)|refus(?:es?|ed|ing)|st(?:ole|eals)"
    r"|(?:did|does|do|done) nothing|cover(?:s|ed|ing)|(?:does ?n.?t|did ?n.?t) care"
    r"|(?:needs|should|must|has to|ought to) (?:be sacked|sacking|resign|go|be fired)"
)
_CANNOT_TELL = re.compile(
    r"\b(?:person|people|one|ones|man|woman|lady|bloke|guy|lot|whoever|them|those|somebody|someone)"
    r"(?: who)?(?:'s|\u2019s| is| are)?"
    r" (?:in charge|running (?:it|the (?:school|place))|at the top)\b"
    r"|\bwhoever runs (?:it|this|that|the) ?(?:school|place)?\b",
    re.IGNORECASE,
)
_TITLE = {role: re.compile(words, re.IGNORECASE) for role, words in _CALLED.items()}


def _doers(deeds: str) -> Mapping[str, re.Pattern[str]]:
    return {
        role: re.compile(
            rf"(?:{words})\W+{_BETWEEN}(?:{deeds})\b"
            rf"|\b(?:{deeds})\W+(?:\w+\W+){{0,3}}by\W+(?:the|our|this|that|their)?\W*(?:{words})",
            re.IGNORECASE,
        )
        for role, words in _CALLED.items()
    }


_GRAVELY = _doers(_GRAVE)
_AT_ALL = _doers(f"{_GRAVE}|{_FAULT}")


def is_named(person: Person, words: str) -> bool:
    """True where a text names the person: in full, by title and surname, or by a surname alone
    that is written as a name.

    Accents, apostrophes, hyphens and the space behind a title are as people leave them out.
    """
    parts = _parts(person.name)
    if not parts:
        return False
    first, surname = _loosely(parts[0]), _loosely(parts[-1])
    full = rf"\b{first}\s+(?:[\w']+\s+){{0,3}}{surname}\b"
    titled = rf"\b{TITLES}\.?\s*(?:\w\.?\s+)?{surname}\b"
    is_a_name = parts[-1][0].isupper() and parts[-1].casefold() not in WORDS_TOO
    alone = rf"\b{surname}\b" if is_a_name else r"(?!)"
    plain = _HYPHENS.sub(" ", _plain(words))
    return bool(re.search(f"{full}|{titled}", plain, re.IGNORECASE) or re.search(alone, plain))


def may_be_named(person: Person, words: str) -> bool:
    """True where a text says what "King" did, with a capital, and the person is called so: it may
    be the name or the word.
    """
    surname = "".join(_parts(person.name)[-1:])
    if surname.casefold() not in WORDS_TOO:
        return False
    surname = f"(?:{surname.capitalize()}|{surname.upper()})"
    by_name = rf"\b{surname}\W+(?i:{_BETWEEN}(?:{_GRAVE}))\b"
    by_them = rf"\b(?i:{_GRAVE})\W+(?:\w+\W+){{0,3}}by\W+{surname}\b"
    return bool(re.search(f"{by_name}|{by_them}", _plain(words)))


def _parts(name: str) -> list[str]:
    """First names and surname, without titles, degrees, honours and what is in brackets."""
    # A comma first is nobody's name; one inside ends it.
    plain = _NOT_THE_NAME.sub(" ", _plain(name).lstrip(" ,"))
    parts = re.findall(r"\w(?:[\w'\u2010-\u2015-]*\w)?", plain)
    parts = [part for part in parts if not re.fullmatch(TITLES, part, re.IGNORECASE)]
    while len(parts) > 1 and parts[-1] in _POST_NOMINALS:
        parts.pop()
    return parts


def _plain(words: str) -> str:
    """The words without accents, each apostrophe a straight one."""
    apart = unicodedata.normalize("NFKD", words.translate(_APOSTROPHES))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _loosely(part: str) -> str:
    """A pattern of one part of a name, in a text whose hyphens are spaces."""
    return _HYPHENS.sub(r"\\s*", re.escape(part).replace("\\-", "-")).replace("'", r"'?\s?")


def is_about(person: Person, words: str, *, gravely: bool) -> bool:
    """True where a text that speaks ill of somebody names the person, or says by the title what
    they did; `gravely` asks for deeds that nobody may be told of who is said to have done them.
    """
    doers = _GRAVELY if gravely else _AT_ALL
    by_title = any(doers[role].search(words) for role in person.roles if role in doers)
    return by_title or is_named(person, words)


def speaks_of_head(words: str) -> bool:
    """True where the head is spoken of by the title, in whatever part."""
    return bool(_TITLE["headteacher"].search(words))


def cannot_tell(words: str) -> bool:
    """True where somebody who leads is meant, and nobody can tell who ("the person in charge")."""
    return bool(_CANNOT_TELL.search(words))

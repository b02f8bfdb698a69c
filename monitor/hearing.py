"""PURE: who hears of a judgement at a school as it stands now, and who must not.

A serious allegation is never sent to the person it names: the chair of governors and another
leader hear instead (guidance for schools on allegations against staff). What cannot be told for
certain goes to the headteacher and to the chair.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from monitor.judge import routing
from monitor.judge.routing import Due
from monitor.judge.terms import Judgement, Level
from monitor.settings import Person, School

# What may be an allegation against a person who is named; elsewhere the named may be the harmed.
ALLEGATIONS = frozenset({"safeguarding", "staff_conduct"})
TITLES = r"(?:mr|mrs|ms|miss|mx|dr|rev|revd|reverend|sir|dame|father|fr|sister|canon|prof)"
THE_HEAD = re.compile(
    r"\b(?:head ?-?(?:teacher|master|mistress)|the head|principal)\b", re.IGNORECASE
)
# Surnames that are ordinary words as well: they count with a title or a first name only.
WORDS_TOO = frozenset(
    """april august baker bell best bishop black brown church cook day field france good gray green
    grey head hill hope house joy june king long lord love march may moore park parish price rich
    rose short street summer summers taylor teacher white will winter wood young""".split()  # noqa: SIM905
)
GOVERNORS = ("chair", "vice_chair", "trust")
# Who is the next to hear, where those who should cannot or must not.
NEXT = {
    Level.URGENT: ("headteacher", "dsl", "deputy_dsl", "deputy", *GOVERNORS, "duty"),
    Level.RESPOND: ("headteacher", "deputy", "chair", "office"),
}


def holders(school: School, role: str) -> tuple[Person, ...]:
    """The people who hold a role at a school now."""
    return tuple(person for person in school.people if role in person.roles)


def is_named(person: Person, words: str) -> bool:
    """True where a text names the person: in full, by title and surname, or by a surname alone
    that is written as a name.
    """
    parts = [re.escape(part) for part in re.findall(r"[\w'\u2019-]+", person.name)]
    parts = [part for part in parts if not re.fullmatch(TITLES, part, re.IGNORECASE)]
    if not parts:
        return False
    surname = parts[-1]
    full = rf"\b{parts[0]}\s+(?:[\w'\u2019-]+\s+){{0,2}}{surname}\b"
    titled = rf"\b{TITLES}\.?\s+(?:\w\.?\s+)?{surname}\b"
    is_a_name = surname[0].isupper() and surname.casefold() not in WORDS_TOO
    alone = rf"\b{surname}\b" if is_a_name else r"(?!)"
    return bool(re.search(f"{full}|{titled}", words, re.IGNORECASE) or re.search(alone, words))


def signs(categories: Collection[str], rules: Iterable[str]) -> frozenset[str]:
    """The categories of a judgement, and those that its reasons only hint at: a rule of theirs
    that was set aside, or one that does not fit the level.
    """
    return ALLEGATIONS.intersection(part for rule in rules for part in rule.split(".")).union(
        categories
    )


def who_may_hear(school: School, categories: Collection[str], words: str) -> School:
    """The school with only those people who may be told: not one whom an allegation names.

    `categories` are the signs of the judgement.

    Where that would leave no leader at all, everybody: somebody has to hear.
    """
    if ALLEGATIONS.isdisjoint(categories):
        return school
    able = tuple(person for person in school.people if not is_named(person, words))
    leaders = {role for person in able for role in person.roles} & set(NEXT[Level.URGENT])
    # A post that names every leader must still reach somebody.
    return school.model_copy(update={"people": able}) if leaders else school


def dues(
    judgement: Judgement,
    school: School,
    words: str,
    now: datetime,
    *,
    published: datetime | None,
    old: bool,
) -> tuple[tuple[Person, Due], ...]:
    """Who is owed an alert, and when; each person once. Empty where nobody is.

    `old` says that the post was there before this school was looked for.
    """
    told = signs(judgement.categories, (reason.rule for reason in judgement.reasons))
    able = who_may_hear(school, told, words)
    planned = routing.plan(
        judgement,
        roles=frozenset(role for person in able.people for role in person.roles),
        opens=school.hours.respond[0],
        closes=school.hours.respond[1],
        now=now,
        published=published,
        first_sight=old,
    )
    if planned and _needs_governors(told, school, able, words):
        planned += _first(able, GOVERNORS, planned[0].at)
    return _people(_enough(planned, judgement.level, able), able)


def next_to_hear(able: School, told: Collection[str], level: Level) -> tuple[str, Person] | None:
    """The next leader who has not been told, with the role; None where all have been."""
    for role in NEXT.get(level, ()):
        for person in holders(able, role):
            if person.email not in told:
                return role, person
    return None


def _needs_governors(told: Collection[str], school: School, able: School, words: str) -> bool:
    """An allegation that names the head, or speaks of the head in a way nobody can be sure of."""
    if ALLEGATIONS.isdisjoint(told):
        return False
    left_out = len(holders(school, "headteacher")) > len(holders(able, "headteacher"))
    return left_out or bool(THE_HEAD.search(words))


def _first(able: School, roles: Sequence[str], at: datetime) -> tuple[Due, ...]:
    return next(((Due(role, at),) for role in roles if holders(able, role)), ())


def _enough(planned: tuple[Due, ...], level: Level, able: School) -> tuple[Due, ...]:
    """What is urgent reaches two different people, where one holds both roles too."""
    told = {person.email for due in planned for person in holders(able, due.role)}
    if level is not Level.URGENT or len(told) != 1:
        return planned
    found = next_to_hear(able, told, level)
    return (*planned, Due(found[0], planned[0].at)) if found else planned


def _people(planned: Sequence[Due], able: School) -> tuple[tuple[Person, Due], ...]:
    owed: dict[str, tuple[Person, Due]] = {}
    for due in planned:
        for person in holders(able, due.role):
            owed.setdefault(person.email.casefold(), (person, due))
    return tuple(owed.values())
